//! What may not go into an archive of ours: links, devices, and archives with such entries inside.

use super::refused;
use crate::chart::gzip::Inflater;
use crate::chart::ignore::{Entry, Rules};
use crate::chart::tar::Walk;
use crate::chart::{Chart, Limits, os, read_file};
use crate::diagnostic::{Error, ErrorKind};
use std::collections::HashSet;
use std::fs::DirEntry;
use std::path::Path;

/// Folders that lie deeper are refused.
const MAX_DEPTH: usize = 256;

/// Refuses a chart folder that holds a link, a device or anything else that is no plain file; what `.helmignore` leaves
/// out may be anything.
///
/// # Errors
/// The first such entry by its name.
pub fn check_folder(folder: &Path, limits: &Limits) -> Result<(), Error> {
    let path = folder.join(".helmignore");
    let rules = match std::fs::symlink_metadata(&path) {
        Ok(about) if about.is_file() => Rules::parse(&read_file(&path)?)?,
        _ => Rules::new(),
    };
    let mut walk = FolderWalk { top: folder, rules, left: limits.entries };
    walk.folder(folder, 0)
}

struct FolderWalk<'a> {
    top: &'a Path,
    rules: Rules,
    left: usize,
}

impl FolderWalk<'_> {
    fn folder(&mut self, folder: &Path, depth: usize) -> Result<(), Error> {
        let failed = |error| Error::io("cannot read", folder, error);
        let entries = std::fs::read_dir(folder).map_err(failed)?.collect::<Result<Vec<_>, _>>();
        let mut entries = entries.map_err(failed)?;
        entries.sort_by_key(DirEntry::file_name);
        entries.iter().try_for_each(|entry| self.entry(entry, depth))
    }

    fn entry(&mut self, entry: &DirEntry, depth: usize) -> Result<(), Error> {
        let path = entry.path();
        let name = path.strip_prefix(self.top).unwrap_or(&path).to_string_lossy().into_owned();
        let more = || Error::new(ErrorKind::Limit, "chart folder holds more files or levels of folders than allowed");
        self.left = self.left.checked_sub(1).filter(|_| depth < MAX_DEPTH).ok_or_else(more)?;
        let kind = entry.file_type().map_err(|error| Error::io("cannot read", &path, error))?;
        let looks = match kind.is_dir() || (kind.is_symlink() && path.is_dir()) {
            true => Entry::Folder,
            false => Entry::Other,
        };
        if self.rules.ignores(&name, looks) || kind.is_file() {
            return Ok(());
        }
        if kind.is_dir() {
            return self.folder(&path, depth + 1);
        }
        let what = if kind.is_symlink() { "it is a symbolic link" } else { "it is no plain file" };
        Err(refused(&name, what).hint("put the file itself there, or leave the entry out with `.helmignore`"))
    }
}

/// Refuses the archives in a chart's `charts/` that hold links, devices, or two entries of one name.
///
/// # Errors
/// The first such entry by its name.
pub fn check_vendored(chart: &Chart, limits: &Limits) -> Result<(), Error> {
    let vendored = chart.raw.iter().filter(|file| file.name.starts_with("charts/"));
    vendored
        .filter(|file| os::extension(&file.name) == ".tgz")
        .try_for_each(|file| check_entries(&file.data, &file.name, limits))
}

fn check_entries(archive: &[u8], file: &str, limits: &Limits) -> Result<(), Error> {
    let broken = |why: String| refused(file, &why);
    let most = usize::try_from(limits.total_bytes).unwrap_or(usize::MAX);
    let mut stream = Inflater::new(archive, most).map_err(|stop| broken(stop.to_string()))?;
    let (mut walk, mut seen) = (Walk::default(), HashSet::new());
    while let Some(entry) = walk.next(&mut stream).map_err(|fault| broken(fault.to_string()))? {
        if entry.folder || entry.kind == b'g' {
            continue;
        }
        stream.forget(entry.start);
        let inner = format!("{file}/{}", entry.name);
        if entry.start.saturating_add(entry.len) > most || seen.len() >= limits.entries {
            let message = format!("`{file}` holds more than {} entries or {most} bytes", limits.entries);
            return Err(Error::new(ErrorKind::Limit, message));
        }
        match entry.kind {
            0 | b'0' | b'7' => {}
            b'1' | b'2' => return Err(refused(&inner, "it is a link")),
            _ => return Err(refused(&inner, "it is no plain file")),
        }
        if !seen.insert(entry.name) {
            return Err(refused(&inner, "the archive holds two entries of this name"));
        }
    }
    Ok(())
}
