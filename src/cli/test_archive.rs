//! A chart in an archive, unpacked for its tests.

use crate::bundle::Opened;
use crate::chart::{LoadOptions, read_file, unpack};
use crate::diagnostic::{Error, ErrorKind};
use crate::source::Sources;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The folder of a chart: its own, or the one into which its archive was unpacked, which goes with the value.
pub(super) struct TestRoot {
    folder: PathBuf,
    /// The archive, and what holds the folder.
    archive: Option<(PathBuf, Opened)>,
}

impl TestRoot {
    /// Unpacks an archive; a folder stays where it is.
    ///
    /// # Errors
    /// Neither a folder nor an archive of a chart; no place for what is unpacked.
    pub(super) fn open(path: &Path, options: &LoadOptions) -> Result<TestRoot, Error> {
        if path.is_dir() {
            return Ok(TestRoot { folder: path.to_owned(), archive: None });
        }
        if !path.is_file() {
            let message = format!("expected the folder or archive of a chart, found `{}`", path.display());
            return Err(Error::new(ErrorKind::Usage, message).hint("fetch the chart first, with `chartwright pull`"));
        }
        let (_, files) = unpack(&read_file(path)?, options)?;
        let opened = Opened::temporary(&std::env::temp_dir())?;
        let folder = opened.root().join("chart");
        for file in &files {
            // The archive's reader refuses such names too.
            let inner = Path::new(&*file.name);
            if !inner.components().all(|part| matches!(part, Component::Normal(_))) {
                let message = format!("`{}` holds `{}`, which leads out of it", path.display(), inner.display());
                return Err(Error::new(ErrorKind::Content, message));
            }
            let place = folder.join(inner);
            let parent = place.parent().unwrap_or(&folder);
            fs::create_dir_all(parent).map_err(|error| Error::io("cannot make", parent, error))?;
            fs::write(&place, &file.data).map_err(|error| Error::io("cannot write", &place, error))?;
        }
        Ok(TestRoot { folder, archive: Some((path.to_owned(), opened)) })
    }

    /// The chart as a folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether what tests write is lost.
    pub(super) fn is_archive(&self) -> bool {
        self.archive.is_some()
    }

    /// A path as users know it: inside of the archive that they named.
    pub(super) fn shown(&self, path: &Path) -> PathBuf {
        match (&self.archive, path.strip_prefix(&self.folder)) {
            (Some((archive, _)), Ok(inner)) => archive.join(inner),
            _ => path.to_owned(),
        }
    }

    /// Names sources as users know them.
    pub(super) fn rename(&self, sources: &mut Sources) {
        if self.is_archive() {
            sources.rename(|name| self.shown(Path::new(name)).to_string_lossy().into_owned());
        }
    }
}
