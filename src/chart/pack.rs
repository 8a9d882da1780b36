//! Packing charts into archives: ours, whose bytes follow from the files alone, and Helm's.
//!
//! In ours entries are sorted by name, times and owners are fixed, and so are the settings of gzip: two clones, two
//! users and two time zones give the same bytes. Helm reads such archives as it reads its own. Helm's has the entries,
//! the order, the times and the header that Helm writes, with the same `tar` inside to the byte.

mod check;
mod gzip;
mod helm;
mod repeated;
mod tar;

pub use check::{check_folder, check_vendored};
pub use helm::{HelmTimes, pack_as_helm};

use super::{Chart, os};
use crate::diagnostic::{Error, ErrorKind};
use gzip::Header;
use tar::Entry;

/// The time of every entry: 1980-01-01T00:00:00Z, the first that all archive formats can hold.
const ENTRY_TIME: i64 = 315_532_800;

/// The file name of a chart's archive.
pub fn archive_name(chart: &Chart) -> String {
    format!("{}-{}.tgz", chart.name(), chart.metadata.version)
}

/// Packs the files of a chart as they were read, a library chart that stands above its copies once.
///
/// # Errors
/// A name that cannot stand in an archive, or a name that leaves the chart.
pub fn pack(chart: &Chart) -> Result<Vec<u8>, Error> {
    let folder = chart.name();
    check_name(folder)?;
    let mut files: Vec<_> = chart.raw.iter().map(|file| (&*file.name, &file.data[..])).collect();
    files.sort_by_key(|(name, _)| *name);
    repeated::leave_out_repeated(chart, &mut files);
    let mut names = Vec::with_capacity(files.len());
    for (at, (name, _)) in files.iter().enumerate() {
        check_entry(name)?;
        if at > 0 && files[at - 1].0 == *name {
            return Err(refused(name, "the chart holds two files of this name"));
        }
        names.push(format!("{folder}/{name}"));
    }
    let entries = names.iter().zip(&files).map(|(name, (_, data))| Entry { name, data, modified: ENTRY_TIME });
    compressed(entries.collect(), Header::Plain)
}

/// Writes entries and compresses them.
fn compressed(entries: Vec<Entry<'_>>, header: Header) -> Result<Vec<u8>, Error> {
    gzip::compress(&entries, header)
}

/// Refuses a chart's name that would not be one folder.
fn check_name(name: &str) -> Result<(), Error> {
    if !name.is_empty() && name != "." && name != ".." && !name.contains(['/', '\\', '\0']) {
        return Ok(());
    }
    let message = format!("chart name `{}` cannot be the folder of an archive", name.escape_debug());
    Err(Error::new(ErrorKind::Content, message).hint("change `name` in Chart.yaml"))
}

/// Refuses a file's name that leaves the chart or that Helm would not read back as it is.
fn check_entry(name: &str) -> Result<(), Error> {
    if name.starts_with('/') || name.split('/').any(|part| matches!(part, "" | "." | "..")) || os::clean(name) != name {
        return Err(refused(name, "it is no path below the chart"));
    }
    if name.contains(['\\', '\0']) {
        return Err(refused(name, "Helm would read another name"));
    }
    if matches!(name.as_bytes(), [drive, b':', b'/', ..] if drive.is_ascii_alphabetic()) {
        return Err(refused(name, "Helm refuses names that start as on a drive"));
    }
    Ok(())
}

fn refused(name: &str, why: &str) -> Error {
    let name: String = name.escape_debug().take(200).collect();
    Error::new(ErrorKind::Content, format!("cannot pack `{name}`: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_leave_the_chart_are_refused() {
        for name in ["../a", "a/../b", "/a", "a//b", "./a", "", "a/", "..", "a\\b", "c:/a"] {
            assert!(check_entry(name).is_err(), "{name}");
        }
        for name in ["a", "templates/a.yaml", "..a", "a..b/c", "c:a"] {
            assert!(check_entry(name).is_ok(), "{name}");
        }
        for name in ["", ".", "..", "a/b", "a\\b"] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
