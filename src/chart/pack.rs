//! Packing a chart into an archive whose bytes follow from its files alone.
//!
//! Entries are sorted by name, times and owners are fixed, and so are the settings of gzip: two clones, two users and
//! two time zones give the same bytes. Helm reads such archives as it reads its own.

use super::{Chart, os};
use crate::diagnostic::{Error, ErrorKind};
use flate2::{Compression, GzBuilder};
use std::io::Write;

/// The time of every entry: 1980-01-01T00:00:00Z, the first that all archive formats can hold.
const ENTRY_TIME: u64 = 315_532_800;
/// The mode of every entry.
const MODE: u32 = 0o644;

/// The file name of a chart's archive.
pub fn archive_name(chart: &Chart) -> String {
    format!("{}-{}.tgz", chart.name(), chart.metadata.version)
}

/// Packs the files of a chart as they were read.
///
/// # Errors
/// A name that cannot stand in an archive, or a file name that no tar header can hold.
pub fn pack(chart: &Chart) -> Result<Vec<u8>, Error> {
    let folder = chart.name();
    if folder.is_empty() || folder == "." || folder == ".." || folder.contains(['/', '\\']) {
        let message = format!("chart name `{}` cannot be the folder of an archive", folder.escape_debug());
        return Err(Error::new(ErrorKind::Content, message).hint("change `name` in Chart.yaml"));
    }
    let mut files: Vec<_> = chart.raw.iter().map(|file| (os::join(folder, &file.name), &file.data)).collect();
    files.sort_by(|a, b| a.0.cmp(&b.0));
    let mut tar = tar::Builder::new(Vec::new());
    for (name, data) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(data.len() as u64);
        header.set_mode(MODE);
        header.set_mtime(ENTRY_TIME);
        tar.append_data(&mut header, &name, &data[..]).map_err(|error| refused(&name, &error))?;
    }
    let bytes = tar.into_inner().map_err(|error| refused(folder, &error))?;
    let mut gzip = GzBuilder::new().mtime(0).operating_system(255).write(Vec::new(), Compression::new(6));
    gzip.write_all(&bytes).map_err(|error| refused(folder, &error))?;
    gzip.finish().map_err(|error| refused(folder, &error))
}

fn refused(name: &str, error: &std::io::Error) -> Error {
    Error::new(ErrorKind::Content, format!("cannot pack `{}`: {error}", name.escape_debug()))
}
