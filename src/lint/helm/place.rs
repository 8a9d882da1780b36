//! Where a chart lies: a folder, or an archive that counts as the folder it would be unpacked into.

use crate::chart::{Chart, File, LoadOptions, Notices, os, read_file, unpack};
use crate::diagnostic::{Error, ErrorKind};
use std::path::{Path, PathBuf};

/// A chart's place.
pub(super) struct Place {
    /// The folder as messages name it.
    pub(super) folder: String,
    content: Content,
    load: LoadOptions,
    /// The chart and what was logged about it, once somebody asked.
    loaded: Option<(Result<Chart, Error>, Notices)>,
}

enum Content {
    Folder(PathBuf),
    Archive(Vec<File>),
}

/// What lies under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Nothing,
    Folder,
    File,
}

fn failed(doing: &str, error: &Error) -> Error {
    Error::new(error.kind(), format!("{doing}: {error}"))
}

impl Place {
    /// Finds a chart; there must be something called `Chart.yaml`.
    pub(super) fn open(path: &Path, load: &LoadOptions) -> Result<Place, Error> {
        let name = path.to_string_lossy();
        let load = load.clone();
        if name.ends_with(".tgz") || name.ends_with(".tar.gz") {
            let bytes = read_file(path).map_err(|error| failed("unable to open tarball", &error))?;
            let unpacked = unpack(&bytes, &load).map_err(|error| failed("unable to extract tarball", &error))?;
            let (folder, files) = unpacked;
            if !files.iter().any(|file| &*file.name == "Chart.yaml") {
                let text = format!("stat {folder}/Chart.yaml: no such file or directory");
                return Err(failed(NO_CHART, &Error::new(ErrorKind::Content, text)));
            }
            return Ok(Place { folder, content: Content::Archive(files), load, loaded: None });
        }
        let file = PathBuf::from(os::join(&name, "Chart.yaml"));
        std::fs::metadata(&file).map_err(|cause| failed(NO_CHART, &os::error("stat", &file, cause)))?;
        let folder = std::path::absolute(path).map_err(|cause| os::error("getwd", path, cause))?;
        let folder = os::clean(&folder.to_string_lossy());
        let content = Content::Folder(PathBuf::from(&folder));
        Ok(Place { folder, content, load, loaded: None })
    }

    /// What lies under a name of the chart.
    pub(super) fn find(&self, name: &str) -> Found {
        match &self.content {
            Content::Folder(folder) => match std::fs::metadata(folder.join(name)) {
                Err(_) => Found::Nothing,
                Ok(about) if about.is_dir() => Found::Folder,
                Ok(_) => Found::File,
            },
            Content::Archive(files) => {
                let below = |file: &File| file.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('/'));
                if files.iter().any(|file| &*file.name == name) {
                    Found::File
                } else if files.iter().any(below) {
                    Found::Folder
                } else {
                    Found::Nothing
                }
            }
        }
    }

    /// The bytes of a file, without regard to `.helmignore`.
    pub(super) fn read(&self, name: &str) -> Result<Vec<u8>, Error> {
        match &self.content {
            Content::Folder(folder) => read_file(&folder.join(name)),
            Content::Archive(files) => match files.iter().find(|file| &*file.name == name) {
                Some(file) => Ok(file.data.to_vec()),
                None => {
                    let text = format!("open {}/{name}: no such file or directory", self.folder);
                    Err(Error::new(ErrorKind::Io, text))
                }
            },
        }
    }

    /// The chart. Helm loads it again for each part that asks, and so logs again what there is to log.
    pub(super) fn chart(&mut self, notices: &mut Notices) -> Result<&Chart, String> {
        let (content, load) = (&self.content, &self.load);
        let (chart, logged) = self.loaded.get_or_insert_with(|| {
            let mut logged = Notices::new();
            let chart = match content {
                Content::Folder(folder) => Chart::load_undetected(folder, load, &mut logged),
                Content::Archive(files) => Chart::from_unpacked(files, load, &mut logged),
            };
            (chart, logged)
        });
        logged.iter().for_each(|notice| notices.push(notice.clone()));
        chart.as_ref().map_err(|error| error.message().to_owned())
    }
}

const NO_CHART: &str = "unable to check Chart.yaml file in chart";
