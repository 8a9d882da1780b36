//! A folder that commands write files into again and again: a list of what they wrote says what is theirs to remove.

use super::stated::write_whole;
use crate::diagnostic::{Error, ErrorKind};
use std::fs;
use std::path::{Component, Path};

/// The list: one path a line, sorted, with `/` between folders.
const LIST: &str = ".chartwright-values";
/// The most bytes of a list that is read.
const LARGEST: u64 = 16 << 20;

/// Writes the list anew and removes the files of the former one that are not written any more, with folders that are
/// empty then. Returns how many files went. What no list names stays.
///
/// # Errors
/// A list that cannot be read or names a path outside of the folder; a file that cannot be removed.
pub(super) fn renew(folder: &Path, written: &[&str]) -> Result<usize, Error> {
    let place = folder.join(LIST);
    let former = match fs::metadata(&place) {
        Ok(about) if about.len() > LARGEST => {
            return Err(Error::new(ErrorKind::Limit, format!("`{}` is larger than {LARGEST} bytes", place.display())));
        }
        Ok(_) => fs::read_to_string(&place).map_err(|error| Error::io("cannot read", &place, error))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(Error::io("cannot read", &place, error)),
    };
    let stale: Vec<&str> = former.lines().filter(|line| !line.is_empty() && !written.contains(line)).collect();
    if let Some(strange) = stale.iter().find(|path| !is_inner(path)) {
        let message = format!("`{}` names `{}`, which lies outside of the folder", place.display(), strange.escape_debug());
        return Err(Error::new(ErrorKind::Content, message).hint("remove that line"));
    }
    // The new list first: a run that ends here leaves files that both lists name.
    let mut all: Vec<&str> = written.iter().chain(&stale).copied().collect();
    all.sort_unstable();
    write_whole(&place, lines(&all).as_bytes(), 0o644)?;
    let mut gone = 0;
    for path in &stale {
        gone += usize::from(remove(folder, path)?);
    }
    let mut all = written.to_vec();
    all.sort_unstable();
    write_whole(&place, lines(&all).as_bytes(), 0o644)?;
    Ok(gone)
}

fn lines(paths: &[&str]) -> String {
    paths.iter().map(|path| format!("{path}\n")).collect()
}

fn is_inner(path: &str) -> bool {
    Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}

/// Removes a file and the folders that held nothing else; a link or folder in its place is somebody else's.
fn remove(folder: &Path, path: &str) -> Result<bool, Error> {
    let file = folder.join(path);
    let Ok(about) = fs::symlink_metadata(&file) else { return Ok(false) };
    if !about.is_file() {
        return Ok(false);
    }
    fs::remove_file(&file).map_err(|error| Error::io("cannot remove", &file, error))?;
    let inner = Path::new(path).ancestors().skip(1).filter(|above| !above.as_os_str().is_empty());
    for above in inner {
        // A folder with anything in it stays.
        if fs::remove_dir(folder.join(above)).is_err() {
            break;
        }
    }
    Ok(true)
}
