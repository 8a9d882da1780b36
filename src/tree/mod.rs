//! A tree of charts under version control: which charts there are, which need each other, what changed since a commit,
//! and new versions written into all files that name them.
//!
//! What enters is a folder; what leaves is charts with their places, reasons for a new version, and changed files.

pub mod compare;
pub mod git;
pub mod release;
pub mod since;

use crate::chart::{Chart, LoadOptions, Metadata, Notices, os};
use crate::diagnostic::{Error, ErrorKind};
use std::path::{Path, PathBuf};

/// How deep below its root a tree may hold charts.
const DEPTH: usize = 8;
/// The most charts that a tree may hold.
const MOST: usize = 10_000;

/// One chart of a tree.
#[derive(Clone, Debug)]
pub struct TreeChart {
    /// Its folder, with links resolved.
    pub folder: PathBuf,
    /// What its `Chart.yaml` says.
    pub metadata: Metadata,
    /// The charts of this tree that it takes from their folders, by their numbers.
    pub needs: Vec<usize>,
}

/// The charts below a folder.
#[derive(Clone, Debug)]
pub struct Tree {
    /// The folder, with links resolved.
    pub root: PathBuf,
    /// The charts in the order of their folders.
    pub charts: Vec<TreeChart>,
}

impl Tree {
    /// Finds the charts below a folder. Charts inside of charts belong to these; hidden folders are passed over, and so
    /// are charts that cannot be read.
    ///
    /// # Errors
    /// A folder that is not there, more charts than a tree may hold.
    pub fn find(root: &Path, load: &LoadOptions) -> Result<Tree, Error> {
        let root = std::fs::canonicalize(root).map_err(|error| Error::io("cannot find", root, error))?;
        let mut charts = Vec::new();
        let mut walk = walkdir::WalkDir::new(&root).max_depth(DEPTH).sort_by_file_name().into_iter();
        while let Some(entry) = walk.next() {
            let Ok(entry) = entry else { continue };
            if !entry.file_type().is_dir() {
                continue;
            }
            if entry.depth() > 0 && entry.file_name().to_string_lossy().starts_with('.') {
                walk.skip_current_dir();
                continue;
            }
            if !entry.path().join("Chart.yaml").is_file() {
                continue;
            }
            walk.skip_current_dir();
            if charts.len() >= MOST {
                return Err(Error::new(
                    ErrorKind::Limit,
                    format!("`{}` holds more than {MOST} charts", root.display()),
                ));
            }
            if let Some(metadata) = metadata_of(entry.path(), load) {
                charts.push(TreeChart { folder: entry.path().to_owned(), metadata, needs: Vec::new() });
            }
        }
        let mut tree = Tree { root, charts };
        tree.connect();
        Ok(tree)
    }

    fn connect(&mut self) {
        let needs: Vec<Vec<usize>> = self.charts.iter().map(|chart| self.needs_of(chart)).collect();
        self.charts.iter_mut().zip(needs).for_each(|(chart, needs)| chart.needs = needs);
    }

    fn needs_of(&self, chart: &TreeChart) -> Vec<usize> {
        let folders =
            chart.metadata.dependencies().iter().filter_map(|one| local_folder(&chart.folder, &one.repository));
        let mut needs: Vec<usize> = folders.filter_map(|folder| self.at(&folder)).collect();
        needs.sort_unstable();
        needs.dedup();
        needs
    }

    /// The number of the chart in a folder.
    pub fn at(&self, folder: &Path) -> Option<usize> {
        let folder = std::fs::canonicalize(folder).ok()?;
        self.charts.iter().position(|chart| chart.folder == folder)
    }

    /// The charts that need one of these, directly or through others, without these.
    pub fn dependants(&self, of: &[usize]) -> Vec<usize> {
        let mut reached: Vec<usize> = of.to_vec();
        let mut next = 0;
        while let Some(&at) = reached.get(next) {
            next += 1;
            for (other, chart) in self.charts.iter().enumerate() {
                if chart.needs.contains(&at) && !reached.contains(&other) {
                    reached.push(other);
                }
            }
        }
        let mut found: Vec<usize> = reached.into_iter().filter(|at| !of.contains(at)).collect();
        found.sort_unstable();
        found
    }

    /// The folder of a chart relative to the root.
    pub fn shown(&self, at: usize) -> String {
        let folder = self.charts.get(at).map(|chart| chart.folder.as_path()).unwrap_or(Path::new(""));
        let inner = folder.strip_prefix(&self.root).unwrap_or(folder).to_string_lossy().into_owned();
        if inner.is_empty() { ".".to_owned() } else { inner }
    }
}

/// The folder that a `file://` repository names.
pub(crate) fn local_folder(chart: &Path, repository: &str) -> Option<PathBuf> {
    let path = repository.strip_prefix("file://")?;
    let joined = if path.starts_with('/') { os::clean(path) } else { os::join(&chart.to_string_lossy(), path) };
    Some(PathBuf::from(joined))
}

/// What the `Chart.yaml` of a folder says, and its `requirements.yaml`, without the rest of the chart.
fn metadata_of(folder: &Path, load: &LoadOptions) -> Option<Metadata> {
    let read = |name: &'static str| {
        let path = folder.join(name);
        let is_small = std::fs::metadata(&path).ok()?.len() <= load.limits.file_bytes;
        is_small.then(|| Some((name, crate::chart::read_file(&path).ok()?)))?
    };
    metadata_from(&["Chart.yaml", "requirements.yaml"].into_iter().filter_map(read).collect::<Vec<_>>(), load)
}

/// What these files say; `None` where they are no chart.
fn metadata_from(texts: &[(&str, Vec<u8>)], load: &LoadOptions) -> Option<Metadata> {
    let file = |(name, text): &(&str, Vec<u8>)| crate::chart::File {
        name: (*name).into(),
        data: text.clone().into(),
        modified: 0,
    };
    let chart = Chart::from_files(texts.iter().map(file).collect(), load, &mut Notices::new()).ok()?;
    Some(chart.metadata)
}
