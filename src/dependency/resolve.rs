//! From a range to one version, in Helm's order of checks and with its texts.

use super::helm::Downloader;
use super::indexes::HelmIndex;
use super::lock::locked;
use super::{Remote, is_oci, repositories};
use crate::chart::{Chart, Dependency, LoadOptions, Notices, os};
use crate::diagnostic::{Error, ErrorKind};
use crate::repository::index::ChartVersion;
use crate::value::print;
use crate::version::{Constraint, Version};
use std::collections::BTreeMap;
use std::path::Path;

pub(super) fn content(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Content, message)
}

/// `%q`.
pub(super) fn quoted(text: &str) -> String {
    String::from_utf8_lossy(&print::quote(text.as_bytes())).into_owned()
}

/// The folder that a `file://` repository or a path inside of the chart names, if something is there.
///
/// # Errors
/// Nothing is there, or it cannot be looked at; the texts are Helm's.
pub(super) fn local_path(repository: &str, chart: &str) -> Result<String, Error> {
    let path = repository.strip_prefix("file://").unwrap_or(repository);
    let path = if path.starts_with('/') { os::clean(path) } else { os::join(chart, path) };
    match std::fs::metadata(&path) {
        Ok(_) => Ok(path),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(Error::new(ErrorKind::Io, format!("directory {path} not found")))
        }
        Err(error) => Err(os::error("stat", Path::new(&path), error)),
    }
}

/// Loads a chart folder as Helm's `LoadDir` does, to which a file is a folder without files.
pub(super) fn load_folder(path: &str, options: &LoadOptions, notices: &mut Notices) -> Result<Chart, Error> {
    let path = Path::new(path);
    if !path.is_dir() {
        return Err(content("Chart.yaml file is missing"));
    }
    Chart::load_undetected(path, options, notices)
}

/// Versions from the newest to the oldest; those that are none come last, in their order.
pub fn newest_first(mut versions: Vec<ChartVersion>) -> Vec<ChartVersion> {
    let parsed = |one: &ChartVersion| Version::parse(&one.version).ok();
    versions.sort_by_cached_key(|one| std::cmp::Reverse(parsed(one)));
    versions
}

impl Downloader<'_> {
    /// The locked form of each declared dependency; `names` says in which repository a name is looked for.
    pub(super) fn resolve(
        &self,
        declared: &[Dependency],
        names: &BTreeMap<String, String>,
        notices: &mut Notices,
    ) -> Result<Vec<Dependency>, Error> {
        let mut found = Vec::new();
        let mut missing = Vec::new();
        for one in declared {
            match self.resolve_one(one, names, notices)? {
                Some(one) => found.push(one),
                None => missing.push(format!(
                    "{} (repository {}, version {})",
                    quoted(&one.name),
                    quoted(&one.repository),
                    quoted(&one.version)
                )),
            }
        }
        if missing.is_empty() {
            return Ok(found);
        }
        Err(content(format!(
            "can't get a valid version for {} subchart(s): {}. Make sure a matching chart version exists in the repo, or \
             change the version constraint in Chart.yaml",
            missing.len(),
            missing.join(", ")
        )))
    }

    /// `None` where no version fits.
    fn resolve_one(
        &self,
        one: &Dependency,
        names: &BTreeMap<String, String>,
        notices: &mut Notices,
    ) -> Result<Option<Dependency>, Error> {
        let constraint = Constraint::parse(&one.version).map_err(|fault| {
            content(format!("dependency {} has an invalid version/constraint format: {fault}", quoted(&one.name)))
        })?;
        if one.repository.is_empty() {
            local_path(&os::join("charts", &one.name), self.chart)?;
            return Ok(Some(locked(&one.name, "", &one.version)));
        }
        if one.repository.starts_with("file://") {
            let folder = local_path(&one.repository, self.chart)?;
            let chart = load_folder(&folder, self.supply.load, notices)?;
            let version = Version::parse(&chart.metadata.version).map_err(|fault| content(fault.message()))?;
            let fits = constraint.check(&version);
            return Ok(fits.then(|| locked(&one.name, &one.repository, &chart.metadata.version)));
        }
        let Some(name) = names.get(&one.name).filter(|name| !name.is_empty()) else {
            return Ok(Some(locked(&one.name, &one.repository, &one.version)));
        };
        if is_oci(&one.repository) {
            return self.in_registry(one, &constraint).map(Some);
        }
        let fits = self.in_index(one, name, &constraint, notices)?;
        Ok(fits.map(|version| locked(&one.name, &one.repository, &version)))
    }

    /// The newest version that a cached index has.
    fn in_index(
        &self,
        one: &Dependency,
        repository: &str,
        constraint: &Constraint,
        notices: &mut Notices,
    ) -> Result<Option<String>, Error> {
        let path = repositories::cached_index(self.supply.cache, repository);
        let index = HelmIndex::load(&path, self.supply.load.compat, notices).map_err(|error| {
            let message = format!("no cached repository for {repository} found. (try 'helm repo update'): {error}");
            Error::new(error.kind(), message)
        })?;
        let Some(versions) = index.versions(&one.name) else {
            return Err(content(format!("{} chart not found in repo {}", one.name, one.repository)));
        };
        Ok(versions.iter().find_map(|entry| {
            let version = Version::parse(&entry.version).ok().filter(|_| !entry.urls.is_empty())?;
            constraint.check(&version).then(|| version.original().to_owned())
        }))
    }

    /// A version in a registry. Where no tag fits Helm keeps the range, and fails only when it fetches.
    fn in_registry(&self, one: &Dependency, constraint: &Constraint) -> Result<Dependency, Error> {
        let versions = match Version::parse(&one.version) {
            Ok(_) => vec![one.version.clone()],
            Err(_) => self.tags(one)?,
        };
        let fits = versions.iter().find_map(|text| {
            let version = Version::parse(text).ok()?;
            constraint.check(&version).then(|| version.original().to_owned())
        });
        Ok(locked(&one.name, &one.repository, fits.as_deref().unwrap_or(&one.version)))
    }

    fn tags(&self, one: &Dependency) -> Result<Vec<String>, Error> {
        let remote: &dyn Remote = self.supply.remote;
        let reference = format!("{}/{}", one.repository.strip_prefix("oci://").unwrap_or_default(), one.name);
        let tags = remote.tags(&reference).map_err(|error| {
            let message = format!("could not retrieve list of tags for repository {}: {error}", one.repository);
            Error::new(error.kind(), message)
        })?;
        let mut tags: Vec<Version> = tags.iter().filter_map(|tag| Version::parse_strict(tag).ok()).collect();
        tags.sort_by(|one, other| other.cmp(one));
        Ok(tags.iter().map(Version::to_string).collect())
    }
}
