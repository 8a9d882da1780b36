//! The metadata of an archive without the rest of it.

use super::archive::{self, Budget, Refusal};
use super::decode::Document;
use super::gzip::Inflater;
use super::tar::Walk;
use super::{LoadOptions, Metadata};
use crate::diagnostic::{Error, ErrorKind};
use std::path::Path;

/// Reads the metadata of an archive and inflates no more of it than that takes.
///
/// What lies behind `Chart.yaml` is not looked at, so a damaged archive may pass; only charts of version v1 are read to
/// their `requirements.yaml`. `name` stands for the archive in messages.
///
/// # Errors
/// What is no archive, or holds no chart; metadata that Helm refuses.
pub fn metadata_of_archive(name: &Path, bytes: &[u8], options: &LoadOptions) -> Result<Metadata, Error> {
    archive::ensure_archive(name, bytes)?;
    let mut found = Found::default();
    // Of an archive that announces much, little is asked for: it grows as the walk goes on.
    let room = usize::try_from(options.limits.total_bytes).unwrap_or(usize::MAX).min(ROOM);
    let mut stream = Inflater::new(bytes, room).map_err(|stop| content(stop.to_string()))?;
    let mut budget = Budget::new(&options.limits, options.compat);
    let mut walk = Walk::default();
    while let Some(entry) = walk.next(&mut stream).map_err(|fault| content(fault.to_string()))? {
        let name = archive::admit(&entry, &mut budget).map_err(Refusal::into_error)?;
        // What stands in front of Chart.yaml is inflated too.
        budget.take_bytes(entry.len as u64)?;
        let Some(name) = name.filter(|name| matches!(&**name, "Chart.yaml" | "requirements.yaml")) else { continue };
        let data = stream.bytes(entry.start, entry.len).map_err(|stop| content(stop.to_string()))?;
        let data = data.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(data);
        found.take(&name, data, options)?;
        if found.is_whole() {
            break;
        }
    }
    found.finish()
}

/// How many bytes are made room for before anything is inflated.
const ROOM: usize = 64 << 10;

fn content(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Content, message)
}

#[derive(Default)]
struct Found {
    metadata: Option<Metadata>,
    /// A `requirements.yaml` in front of `Chart.yaml`.
    requirements: Option<Vec<u8>>,
}

impl Found {
    fn take(&mut self, name: &str, data: &[u8], options: &LoadOptions) -> Result<(), Error> {
        let wrong = |error: Error| Error::new(error.kind(), format!("cannot load {name}: {error}"));
        match (&mut self.metadata, name) {
            (None, "requirements.yaml") => self.requirements = Some(data.to_vec()),
            (known, _) => {
                let metadata = known.get_or_insert_default();
                let read = Document::read(data).and_then(|document| document.decode(metadata, options.compat));
                read.map_err(wrong)?;
                if let Some(earlier) = self.requirements.take() {
                    return self.take("requirements.yaml", &earlier, options);
                }
            }
        }
        Ok(())
    }

    /// Charts of version v1 may have their dependencies in another file.
    fn is_whole(&self) -> bool {
        self.metadata.as_ref().is_some_and(|metadata| !matches!(metadata.api_version.as_str(), "" | "v1"))
    }

    fn finish(self) -> Result<Metadata, Error> {
        let Some(mut metadata) = self.metadata else { return Err(content("Chart.yaml file is missing")) };
        if metadata.api_version.is_empty() {
            metadata.api_version = "v1".to_owned();
        }
        metadata.validate()?;
        Ok(metadata)
    }
}
