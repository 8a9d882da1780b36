//! An archive as the folder that Helm would unpack it into, without a disk.

use super::archive::{self, Budget};
use super::ignore::{Entry, Rules};
use super::metadata::quoted;
use super::{Chart, File, LoadOptions, Metadata, Notices, os};
use crate::diagnostic::{Error, ErrorKind};
use std::collections::HashMap;

fn content(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Content, message)
}

/// The files that Helm's `Expand` writes, in the order of a walk over the folder, and the folder's name.
///
/// # Errors
/// What is no archive, and a chart whose name is no name of a folder, with Helm's texts.
pub fn unpack(bytes: &[u8], options: &LoadOptions) -> Result<(String, Vec<File>), Error> {
    let mut budget = Budget::new(&options.limits, options.compat);
    let files = archive::read_files(bytes, &mut budget).map_err(archive::Refusal::into_error)?;
    let mut name = String::new();
    for file in files.iter().filter(|file| &*file.name == "Chart.yaml") {
        let metadata = Metadata::read(&file.data, options.compat);
        name = metadata.map_err(|error| content(format!("cannot load Chart.yaml: {error}")))?.name;
    }
    check_name(&name)?;
    Ok((name, on_disk(files)))
}

fn check_name(name: &str) -> Result<(), Error> {
    if name.is_empty() {
        return Err(content("chart name not specified"));
    }
    if name == "." || name == ".." {
        return Err(content(format!("chart name {} is not allowed", quoted(name))));
    }
    if name != os::base(name) {
        return Err(content(format!("chart name {} must not contain path separators", quoted(name))));
    }
    Ok(())
}

/// Files as a folder would hold them: of equal names the last one, sorted folder by folder.
fn on_disk(files: Vec<File>) -> Vec<File> {
    let last: HashMap<String, usize> = files.iter().enumerate().map(|(at, file)| (file.name.to_string(), at)).collect();
    let mut at = 0..;
    let mut files: Vec<File> = files.into_iter().filter(|file| last.get(&*file.name).copied() == at.next()).collect();
    files.sort_by(|a, b| a.name.split('/').cmp(b.name.split('/')));
    files
}

impl Chart {
    /// Makes a chart of files that lie in a folder, which [`unpack`] gives: `.helmignore` holds.
    ///
    /// # Errors
    /// Those of [`Chart::load_undetected`] for such a folder.
    pub fn from_unpacked(files: &[File], options: &LoadOptions, notices: &mut Notices) -> Result<Chart, Error> {
        let rules = match files.iter().find(|file| &*file.name == ".helmignore") {
            Some(file) => Rules::parse(&file.data)?,
            None => Rules::new(),
        };
        let stays = |name: &str| {
            let folders = name.match_indices('/').map(|(at, _)| &name[..at]);
            !rules.ignores(name, Entry::Other)
                && !folders.into_iter().any(|folder| rules.ignores(folder, Entry::Folder))
        };
        let files = files.iter().filter(|file| stays(&file.name)).cloned().collect();
        Chart::from_files(files, options, notices)
    }
}
