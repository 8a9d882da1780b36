//! What changed in the charts of a tree since a commit.

use super::compare::{self, Reason};
use super::git::Git;
use super::{Tree, metadata_from};
use crate::chart::{LoadOptions, Metadata, read_file};
use crate::diagnostic::Error;
use crate::version::Bump;
use std::path::{Path, PathBuf};

/// What changed in one chart.
#[derive(Clone, Debug)]
pub struct Since {
    /// The version then; `None` where there was no chart.
    pub version: Option<String>,
    /// The reasons for a new version, the weightiest first.
    pub reasons: Vec<Reason>,
}

impl Since {
    /// The part of the version that has to be raised; `None` where nothing changed.
    pub fn bump(&self) -> Option<Bump> {
        self.reasons.iter().map(|reason| reason.bump).max()
    }
}

/// What changed in the chart of a folder since a commit; new files count, ignored ones do not.
///
/// # Errors
/// A git that cannot be asked.
pub fn since(git: &Git, commit: &str, folder: &Path, load: &LoadOptions) -> Result<Since, Error> {
    let folder = std::fs::canonicalize(folder).map_err(|error| Error::io("cannot find", folder, error))?;
    let files = git.changed(commit, &folder)?;
    let then = metadata_at(git, commit, &folder, load)?;
    let now = metadata_from(&texts_now(&folder), load);
    let mut reasons = Vec::new();
    for path in &files {
        let name = path.strip_prefix(&folder).unwrap_or(path).to_string_lossy().into_owned();
        match name.as_str() {
            "Chart.yaml" | "requirements.yaml" => {}
            "values.yaml" => {
                let old = git.file(commit, path)?.unwrap_or_default();
                let found = compare::values(&old, &read_file(path).unwrap_or_default());
                let only_text = found.is_empty().then(|| compare::file(&name));
                reasons.extend(found.into_iter().chain(only_text));
            }
            _ => reasons.push(compare::file(&name)),
        }
    }
    if let (Some(then), Some(now)) = (&then, &now) {
        let found = compare::metadata(then, now);
        let differs = found.is_empty() && without_version(then) != without_version(now);
        reasons.extend(found.into_iter().chain(differs.then(|| compare::file("Chart.yaml"))));
    }
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.bump));
    Ok(Since { version: then.map(|then| then.version), reasons })
}

/// Metadata without what a release writes itself.
fn without_version(metadata: &Metadata) -> Metadata {
    let mut metadata = metadata.clone();
    metadata.version.clear();
    if let Some(annotations) = &mut metadata.annotations {
        annotations.remove(super::release::CHANGES);
        if annotations.is_empty() {
            metadata.annotations = None;
        }
    }
    metadata
}

const FILES: [&str; 2] = ["Chart.yaml", "requirements.yaml"];

fn texts_now(folder: &Path) -> Vec<(&'static str, Vec<u8>)> {
    FILES.into_iter().filter_map(|name| Some((name, read_file(&folder.join(name)).ok()?))).collect()
}

fn metadata_at(git: &Git, commit: &str, folder: &Path, load: &LoadOptions) -> Result<Option<Metadata>, Error> {
    let mut texts = Vec::new();
    for name in FILES {
        texts.extend(git.file(commit, &folder.join(name))?.map(|text| (name, text)));
    }
    Ok(metadata_from(&texts, load))
}

/// The charts of a tree that have changed files, with these.
///
/// # Errors
/// A git that cannot be asked.
pub fn changed(tree: &Tree, git: &Git, commit: &str) -> Result<Vec<(usize, Vec<PathBuf>)>, Error> {
    let files = git.changed(commit, &tree.root)?;
    let mut found = Vec::new();
    for (at, chart) in tree.charts.iter().enumerate() {
        let inside: Vec<PathBuf> = files.iter().filter(|path| path.starts_with(&chart.folder)).cloned().collect();
        if !inside.is_empty() {
            found.push((at, inside));
        }
    }
    Ok(found)
}

/// The last `Chart.yaml` in git that a lock's digest fits, for the fields that the lock does not hold.
///
/// # Errors
/// A git that cannot be asked.
pub fn declared_with_digest(
    git: &Git,
    folder: &Path,
    load: &LoadOptions,
    fits: &dyn Fn(&Metadata) -> bool,
) -> Result<Option<Metadata>, Error> {
    /// How far back it is looked.
    const MOST: usize = 30;
    let folder = std::fs::canonicalize(folder).map_err(|error| Error::io("cannot find", folder, error))?;
    for commit in git.commits_of(&folder, MOST)? {
        if let Some(metadata) = metadata_at(git, &commit, &folder, load)?.filter(|metadata| fits(metadata)) {
            return Ok(Some(metadata));
        }
    }
    Ok(None)
}
