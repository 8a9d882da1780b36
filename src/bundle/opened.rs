//! A bundle in a folder or in one archive; commands see a folder in both cases.
//!
//! An archive has one folder at its top; its entries are sorted, their times and owners fixed, so that the same bundle
//! always gives the same bytes.

use super::checksums;
use crate::diagnostic::{Error, ErrorKind};
use crate::source::Sources;
use flate2::read::MultiGzDecoder;
use flate2::{Compression, GzBuilder};
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// The folder at the top of an archive.
const TOP: &str = "bundle";
/// The time of every entry: 1980-01-01T00:00:00Z.
const ENTRY_TIME: u64 = 315_532_800;
/// The most bytes that an archive may unpack to, images included.
const LARGEST: u64 = 1 << 40;
/// gzip's "unknown system".
const SYSTEM: u8 = 255;

/// A bundle that can be worked on as a folder.
#[derive(Debug)]
pub struct Opened {
    root: PathBuf,
    /// The archive that the folder was unpacked from.
    archive: Option<PathBuf>,
    scratch: Option<Scratch>,
}

impl Opened {
    /// Opens a folder, or unpacks an archive below `scratch`; what was unpacked goes with the value.
    ///
    /// # Errors
    /// Nothing there, an archive that is none, that leads out of its folder or unpacks to more than 1 TiB.
    pub fn open(path: &Path, scratch: &Path) -> Result<Opened, Error> {
        let about = fs::metadata(path).map_err(|error| Error::io("cannot read", path, error))?;
        if about.is_dir() {
            return Ok(Opened { root: path.to_owned(), archive: None, scratch: None });
        }
        let scratch = Scratch::make(scratch)?;
        let file = File::open(path).map_err(|error| Error::io("cannot read", path, error))?;
        unpack(BufReader::new(file), &scratch.folder()).map_err(|error| {
            let message = format!("`{}` is no archive of a bundle: {}", path.display(), error.message());
            Error::new(error.kind(), message).hint("expected a folder or a .tgz that `bundle build` wrote")
        })?;
        Ok(Opened { root: scratch.folder(), archive: Some(path.to_owned()), scratch: Some(scratch) })
    }

    /// A place for a new bundle that [`Opened::save`] packs into an archive at `path`; an older bundle there may be
    /// replaced.
    ///
    /// # Errors
    /// Something else than a bundle at `path`.
    pub fn new_archive(path: &Path, scratch: &Path) -> Result<Opened, Error> {
        if path.symlink_metadata().is_ok() {
            let is_bundle = Opened::open(path, scratch).is_ok_and(|old| old.root.join("bundle.yaml").is_file());
            if !is_bundle || path.is_dir() {
                let message = format!("`{}` is no bundle in an archive", path.display());
                return Err(Error::new(ErrorKind::Usage, message).hint("name a file that is not there yet"));
            }
        }
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            fs::create_dir_all(parent).map_err(|error| Error::io("cannot make", parent, error))?;
        }
        let scratch = Scratch::make(scratch)?;
        Ok(Opened { root: scratch.folder(), archive: Some(path.to_owned()), scratch: Some(scratch) })
    }

    /// A place for a bundle that is put together; it goes with the value.
    ///
    /// # Errors
    /// A folder for temporary files that cannot be written.
    pub fn temporary(scratch: &Path) -> Result<Opened, Error> {
        let scratch = Scratch::make(scratch)?;
        Ok(Opened { root: scratch.folder(), archive: None, scratch: Some(scratch) })
    }

    /// The bundle's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Lets messages about files of an archive name the archive and what is in it, not where it was unpacked.
    pub(crate) fn name_members(&self, sources: &mut Sources) {
        if let (Some(archive), Some(scratch)) = (&self.archive, &self.scratch) {
            let (from, to) = (scratch.0.to_string_lossy(), archive.to_string_lossy());
            sources.rename(|name| match name.strip_prefix(&*from) {
                Some(rest) => format!("{to}{rest}"),
                None => name.to_owned(),
            });
        }
    }

    /// Brings what was changed in the folder back into the archive that it came from.
    ///
    /// # Errors
    /// A place that cannot be written.
    pub fn save(&self) -> Result<(), Error> {
        match (&self.archive, &self.scratch) {
            (Some(archive), Some(scratch)) => archive_folder(&scratch.folder(), archive),
            _ => Ok(()),
        }
    }
}

/// Whether a bundle at this place is to be one archive.
pub fn is_archive(out: &Path) -> bool {
    out.extension().is_some_and(|end| end == "tgz") || out.to_string_lossy().ends_with(".tar.gz")
}

/// Packs a bundle's folder into an archive, which is written beside its place and then renamed.
///
/// # Errors
/// A folder that cannot be read or holds what is no file; a place that cannot be written.
pub fn archive_folder(folder: &Path, out: &Path) -> Result<(), Error> {
    let (files, strange) = checksums::list(folder)?;
    if let Some(strange) = strange.first() {
        let message = format!("`{}` is neither a file nor a folder", folder.join(strange).display());
        return Err(Error::new(ErrorKind::Content, message));
    }
    let name = out.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let beside = out.with_file_name(format!(".{name}.{}.part", std::process::id()));
    let written = write_archive(folder, &files, &beside)
        .and_then(|()| fs::rename(&beside, out).map_err(|error| Error::io("cannot write", out, error)));
    if written.is_err() {
        // The half-written file is ours alone; the first error tells more.
        let _ = fs::remove_file(&beside);
    }
    written
}

fn write_archive(folder: &Path, files: &[String], out: &Path) -> Result<(), Error> {
    let failed = |error: io::Error| Error::io("cannot write", out, error);
    let file = File::create(out).map_err(failed)?;
    let stream = GzBuilder::new().mtime(0).operating_system(SYSTEM).write(BufWriter::new(file), Compression::new(6));
    let mut archive = tar::Builder::new(stream);
    for name in files {
        let path = folder.join(name);
        let content = File::open(&path).map_err(|error| Error::io("cannot read", &path, error))?;
        let about = content.metadata().map_err(|error| Error::io("cannot read", &path, error))?;
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Regular);
        header.set_mode(if name.ends_with(".sh") { 0o755 } else { 0o644 });
        header.set_mtime(ENTRY_TIME);
        header.set_size(about.len());
        let content = content.take(about.len());
        archive.append_data(&mut header, format!("{TOP}/{name}"), content).map_err(failed)?;
    }
    let stream = archive.into_inner().map_err(failed)?;
    let mut file = stream.finish().map_err(failed)?;
    file.flush().map_err(failed)?;
    file.into_inner().map_err(|error| failed(error.into_error()))?.sync_all().map_err(failed)
}

pub(super) fn unpack(file: impl Read, root: &Path) -> Result<(), Error> {
    let broken = |error: io::Error| Error::new(ErrorKind::Content, error.to_string());
    let mut archive = tar::Archive::new(MultiGzDecoder::new(file));
    let (mut left, mut count) = (LARGEST, 0);
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let kind = entry.header().entry_type();
        if kind.is_dir() || kind.is_pax_global_extensions() {
            continue;
        }
        let path = entry.path().map_err(broken)?.to_string_lossy().into_owned();
        let inner = path.split_once('/').map_or("", |(_, inner)| inner);
        if !kind.is_file() || !checksums::is_inside(inner) || !checksums::is_inside(&path) {
            let shown: String = path.escape_debug().take(200).collect();
            return Err(Error::new(ErrorKind::Content, format!("`{shown}` is no file below one folder")));
        }
        count += 1;
        if count > checksums::MOST_FILES || entry.size() > left {
            let message = format!("more than {} files or {LARGEST} bytes", checksums::MOST_FILES);
            return Err(Error::new(ErrorKind::Limit, message));
        }
        left -= entry.size();
        write_entry(&mut entry, &root.join(inner))?;
    }
    if count == 0 {
        return Err(Error::new(ErrorKind::Content, "it holds no file"));
    }
    Ok(())
}

fn write_entry(entry: &mut impl Read, path: &Path) -> Result<(), Error> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(|error| Error::io("cannot make", parent, error))?;
    }
    let mut file = File::create_new(path).map_err(|error| Error::io("cannot write", path, error))?;
    io::copy(entry, &mut file).map_err(|error| Error::new(ErrorKind::Content, error.to_string()))?;
    Ok(())
}

/// A folder of our own that nobody else reads, removed with the value.
#[derive(Debug)]
struct Scratch(PathBuf);

impl Scratch {
    /// The bundle's folder inside.
    fn folder(&self) -> PathBuf {
        self.0.join(TOP)
    }

    fn make(parent: &Path) -> Result<Scratch, Error> {
        let mut random = [0; 8];
        getrandom::fill(&mut random)
            .map_err(|error| Error::new(ErrorKind::Io, format!("cannot get random bytes: {error}")))?;
        let name: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let folder = parent.join(format!("chartwright-bundle-{name}"));
        let mut maker = fs::DirBuilder::new();
        #[cfg(unix)]
        {
            use std::os::unix::fs::DirBuilderExt;
            maker.mode(0o700);
        }
        maker.create(&folder).map_err(|error| Error::io("cannot make", &folder, error))?;
        Ok(Scratch(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays behind is a copy, and nobody can be told.
        let _ = fs::remove_dir_all(&self.0);
    }
}
