//! From the words that name a chart to the folder or archive that holds it.

use super::options::{ChartOptions, LimitOptions};
use crate::chart::Limits;
use crate::diagnostic::{Error, ErrorKind};
use std::path::{Path, PathBuf};

/// The folder or archive that a reference names.
///
/// The reference is Helm's `LocateChart`: a path that exists wins; otherwise the chart must come from a repository.
pub(super) fn chart_path(reference: &str, options: &ChartOptions) -> Result<PathBuf, Error> {
    let reference = reference.trim();
    if options.repository.is_empty() {
        return by_path(reference, options);
    }
    Err(Error::new(ErrorKind::Usage, "`--repo` is not wired yet"))
}

fn by_path(reference: &str, _: &ChartOptions) -> Result<PathBuf, Error> {
    let path = Path::new(reference);
    if std::fs::metadata(path).is_ok() {
        return Ok(path.to_owned());
    }
    if path.is_absolute() || reference.starts_with('.') {
        return Err(Error::new(ErrorKind::Usage, format!("path {} not found", quoted(reference))));
    }
    Err(Error::new(ErrorKind::Usage, format!("{} not found", reference)))
}

fn quoted(text: &str) -> String {
    String::from_utf8_lossy(&crate::value::print::quote(text.as_bytes())).into_owned()
}

/// The limits of a chart.
pub(super) fn limits(options: &LimitOptions) -> Limits {
    let mut limits = Limits::default();
    if let Some(bytes) = options.chart_bytes {
        limits.chart_bytes = bytes;
        limits.total_bytes = bytes.saturating_mul(2);
    }
    if let Some(entries) = options.entries {
        limits.entries = usize::try_from(entries).unwrap_or(usize::MAX);
    }
    limits
}
