//! The state of each declared dependency: what `dependency list` prints.

use crate::chart::{Chart, Dependency, LoadOptions, Notices, glob, os};
use crate::diagnostic::{Error, ErrorKind};
use crate::version::{Constraint, Version};
use std::fmt;
use std::path::Path;

/// How a dependency stands in `charts/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// An archive of the right version.
    Ok,
    /// A folder, or an archive that was only found inside of the loaded chart.
    Unpacked,
    /// Nothing.
    Missing,
    /// Several archives.
    TooManyMatches,
    /// An archive that cannot be read.
    Corrupt,
    /// An archive of another chart.
    Misnamed,
    /// A chart outside of the declared range.
    WrongVersion,
    /// A version or a range that is none.
    InvalidVersion,
    /// A name that is no pattern for file names.
    BadPattern,
}

impl fmt::Display for Status {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Status::Ok => "ok",
            Status::Unpacked => "unpacked",
            Status::Missing => "missing",
            Status::TooManyMatches => "too many matches",
            Status::Corrupt => "corrupt",
            Status::Misnamed => "misnamed",
            Status::WrongVersion => "wrong version",
            Status::InvalidVersion => "invalid version",
            Status::BadPattern => "bad pattern",
        })
    }
}

/// How a declared dependency of the chart at `path` stands, as Helm judges it.
pub fn status(path: &str, dependency: &Dependency, chart: &Chart, options: &LoadOptions) -> Status {
    let folder = os::join(path, "charts");
    let pattern = os::join(&folder, &format!("{}-*.tgz", dependency.name));
    let Ok(archives) = glob::find(&pattern) else { return Status::BadPattern };
    let archive = match archives.as_slice() {
        [] => None,
        [one] => Some(one),
        several => {
            let exact: Vec<_> = several.iter().filter(|path| names_version(path, &dependency.name)).collect();
            match exact.as_slice() {
                [] => None,
                [one] => Some(*one),
                _ => return Status::TooManyMatches,
            }
        }
    };
    archive.and_then(|archive| of_archive(archive, dependency, options)).unwrap_or_else(|| of_loaded(dependency, chart))
}

/// Whether a file name has an exact version behind the name of the chart.
fn names_version(path: &str, name: &str) -> bool {
    let file = os::base(path);
    let stem = file.strip_suffix(".tgz").unwrap_or(file);
    Version::parse_strict(stem.strip_prefix(&format!("{name}-")).unwrap_or(stem)).is_ok()
}

fn of_archive(archive: &str, dependency: &Dependency, options: &LoadOptions) -> Option<Status> {
    std::fs::metadata(archive).ok()?;
    let Ok(chart) = Chart::load_undetected(Path::new(archive), options, &mut Notices::new()) else {
        return Some(Status::Corrupt);
    };
    if chart.name() != dependency.name {
        return Some(Status::Misnamed);
    }
    Some(of_version(&chart, dependency).unwrap_or(Status::Ok))
}

fn of_loaded(dependency: &Dependency, chart: &Chart) -> Status {
    let Some(found) = chart.dependencies.iter().rev().find(|sub| sub.name() == dependency.name) else {
        return Status::Missing;
    };
    of_version(found, dependency).unwrap_or(Status::Unpacked)
}

/// What is wrong with the version of a chart, if anything is.
fn of_version(chart: &Chart, dependency: &Dependency) -> Option<Status> {
    let version = &chart.metadata.version;
    if *version == dependency.version {
        return None;
    }
    let Ok(constraint) = Constraint::parse(&dependency.version) else { return Some(Status::InvalidVersion) };
    let Ok(version) = Version::parse(version) else { return Some(Status::InvalidVersion) };
    (!constraint.check(&version)).then_some(Status::WrongVersion)
}

/// Something in `charts/` that `Chart.yaml` does not ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stray {
    /// A chart that is not declared.
    Undeclared(String),
    /// A folder or archive that is no chart.
    NoChart(String),
    /// Something that could not be looked at: the system's words.
    Unreadable(String),
}

impl fmt::Display for Stray {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |path: &str| String::from_utf8_lossy(&crate::value::print::quote(path.as_bytes())).into_owned();
        match self {
            Stray::Undeclared(path) => write!(out, "WARNING: {} is not in Chart.yaml.", quoted(path)),
            Stray::NoChart(path) => write!(out, "WARNING: {} is not a chart.", quoted(path)),
            Stray::Unreadable(why) => write!(out, "Warning: {why}"),
        }
    }
}

/// What lies in `charts/` of the chart at `path` without being declared, in the order of the file names.
///
/// # Errors
/// A path that is no pattern for file names; the text is Go's.
pub fn strays(path: &str, declared: &[Dependency], options: &LoadOptions) -> Result<Vec<Stray>, Error> {
    let pattern = os::join(&os::join(path, "charts"), "*");
    let files = glob::find(&pattern).map_err(|wrong| Error::new(ErrorKind::Usage, wrong.to_string()))?;
    Ok(files.into_iter().filter_map(|file| stray(file, declared, options)).collect())
}

fn stray(file: String, declared: &[Dependency], options: &LoadOptions) -> Option<Stray> {
    let about = match std::fs::metadata(&file) {
        Ok(about) => about,
        Err(cause) => return Some(Stray::Unreadable(os::error("stat", Path::new(&file), cause).to_string())),
    };
    if !about.is_dir() && os::extension(&file) != ".tgz" {
        return None;
    }
    let Ok(chart) = Chart::load_undetected(Path::new(&file), options, &mut Notices::new()) else {
        return Some(Stray::NoChart(file));
    };
    let known = declared.iter().any(|one| one.name == chart.name());
    (!known).then_some(Stray::Undeclared(file))
}
