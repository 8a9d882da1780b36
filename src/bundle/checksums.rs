//! `SHA256SUMS`: the digest of every file of a bundle, as coreutils' `sha256sum --check` reads it.
//!
//! Blobs of images are not listed: their names are their digests, and `images/index.json`, which is listed, leads to
//! each of them.

use crate::diagnostic::{Error, ErrorKind};
use crate::repository::sha256;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Component, Path};

/// The file with the digests.
pub(super) const CHECKSUMS: &str = "SHA256SUMS";
/// The OpenPGP signature: the digests again, signed in clear.
pub(super) const OPENPGP_SIGNATURE: &str = "SHA256SUMS.asc";
/// The signature in the format of `cosign sign-blob`.
pub(super) const COSIGN_SIGNATURE: &str = "SHA256SUMS.sig";
/// Where the blobs of images lie.
pub(super) const BLOBS: &str = "images/blobs/sha256/";

/// The most files of a bundle.
pub(super) const MOST_FILES: usize = 1_000_000;
/// The most bytes of the file with the digests.
const LARGEST: u64 = 256 << 20;

/// Digests by path.
pub(super) type Checksums = BTreeMap<String, String>;

/// The text of the digests of some files.
pub(super) fn of_files(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    text(&files.iter().map(|(path, bytes)| (path.clone(), sha256(bytes))).collect())
}

/// Digests as text, sorted by path.
pub(super) fn text(sums: &Checksums) -> Vec<u8> {
    sums.iter().map(|(path, digest)| format!("{digest}  {path}\n")).collect::<String>().into_bytes()
}

/// Reads the digests of the bundle in a folder; `None` where it has none.
///
/// # Errors
/// A file that cannot be read, a line that is none, a path that leads out of the bundle.
pub(super) fn read(folder: &Path) -> Result<Option<Checksums>, Error> {
    let path = folder.join(CHECKSUMS);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io("cannot read", &path, error)),
    };
    let mut text = String::new();
    let read = file.take(LARGEST + 1).read_to_string(&mut text).map_err(|error| Error::io("cannot read", &path, error));
    if read? as u64 > LARGEST {
        return Err(Error::new(ErrorKind::Limit, format!("`{}` is larger than {LARGEST} bytes", path.display())));
    }
    parse(&text).map(Some)
}

/// Reads digests.
///
/// # Errors
/// A line that is none, a path that leads out of the bundle or comes twice, more files than a bundle may have.
pub(super) fn parse(text: &str) -> Result<Checksums, Error> {
    let mut sums = Checksums::new();
    for (number, line) in text.lines().enumerate() {
        let wrong = |why: &str| {
            let shown: String = line.escape_debug().take(200).collect();
            Error::new(ErrorKind::Content, format!("line {} of `{CHECKSUMS}` {why}: `{shown}`", number + 1))
        };
        let Some((digest, path)) = line.split_once("  ") else {
            return Err(wrong("is not `DIGEST  PATH`"));
        };
        let is_digest = digest.len() == 64 && digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if !is_digest {
            return Err(wrong("has no sha256 of 64 lower-case digits"));
        }
        if !is_inside(path) {
            return Err(wrong("names no file of a bundle"));
        }
        if sums.insert(path.to_owned(), digest.to_owned()).is_some() {
            return Err(wrong("names a file twice"));
        }
        if sums.len() > MOST_FILES {
            return Err(Error::new(ErrorKind::Limit, format!("`{CHECKSUMS}` names more than {MOST_FILES} files")));
        }
    }
    Ok(sums)
}

/// Whether a path with `/` is plain and stays below its folder.
pub(super) fn is_inside(path: &str) -> bool {
    let plain = !path.is_empty() && path.len() <= 1024 && !path.contains(|letter: char| letter.is_control());
    let normal = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    plain && normal && !path.contains('\\') && !path.contains("//") && !path.ends_with('/')
}

/// The digest and the bytes of a file, read in pieces.
pub(super) fn digest_file(path: &Path) -> Result<(String, u64), Error> {
    let failed = |error| Error::io("cannot read", path, error);
    let mut file = File::open(path).map_err(failed)?;
    let (mut digest, mut size, mut piece) = (Sha256::new(), 0, vec![0; 1 << 18]);
    loop {
        let count = file.read(&mut piece).map_err(failed)?;
        let Some(read) = piece.get(..count).filter(|read| !read.is_empty()) else { break };
        digest.update(read);
        size += count as u64;
    }
    Ok((digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect(), size))
}

/// Every regular file below a folder with `/` between its parts, sorted; and everything that is neither file nor
/// folder.
pub(super) fn list(folder: &Path) -> Result<(Vec<String>, Vec<String>), Error> {
    let (mut files, mut strange) = (Vec::new(), Vec::new());
    for entry in walkdir::WalkDir::new(folder).min_depth(1).sort_by_file_name() {
        let entry = entry.map_err(|error| Error::new(ErrorKind::Io, error.to_string()))?;
        if entry.file_type().is_dir() {
            continue;
        }
        let name = entry.path().strip_prefix(folder).unwrap_or(entry.path());
        let parts: Vec<_> = name.iter().map(|part| part.to_string_lossy()).collect();
        let list = if entry.file_type().is_file() { &mut files } else { &mut strange };
        list.push(parts.join("/"));
        if files.len() + strange.len() > MOST_FILES {
            let message = format!("`{}` holds more than {MOST_FILES} files", folder.display());
            return Err(Error::new(ErrorKind::Limit, message));
        }
    }
    Ok((files, strange))
}

/// Writes the digests of everything that lies in a bundle's folder now. Signatures hold no longer and are removed;
/// their names come back.
///
/// # Errors
/// Files that cannot be read or written.
pub(super) fn renew(folder: &Path) -> Result<Vec<&'static str>, Error> {
    let (files, _) = list(folder)?;
    let mut sums = Checksums::new();
    for path in files.into_iter().filter(|path| is_listed(path)) {
        let (digest, _) = digest_file(&folder.join(&path))?;
        sums.insert(path, digest);
    }
    let text = text(&sums);
    let path = folder.join(CHECKSUMS);
    if std::fs::read(&path).is_ok_and(|before| before == text) {
        return Ok(Vec::new());
    }
    let mut removed = Vec::new();
    for name in [OPENPGP_SIGNATURE, COSIGN_SIGNATURE] {
        match std::fs::remove_file(folder.join(name)) {
            Ok(()) => removed.push(name),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(Error::io("cannot remove", &folder.join(name), error)),
        }
    }
    crate::repository::replace(&path, &text)?;
    Ok(removed)
}

/// Whether the digests of a file belong into `SHA256SUMS`.
pub(super) fn is_listed(path: &str) -> bool {
    !matches!(path, CHECKSUMS | OPENPGP_SIGNATURE | COSIGN_SIGNATURE) && !path.starts_with(BLOBS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_read_as_written() {
        let sums = of_files(&[("b/c.yaml".to_owned(), b"x".to_vec()), ("a".to_owned(), Vec::new())]);
        let read = parse(std::str::from_utf8(&sums).expect("text")).expect("digests");
        assert_eq!(read.keys().collect::<Vec<_>>(), ["a", "b/c.yaml"]);
        assert_eq!(text(&read), sums);
    }

    #[test]
    fn other_lines_are_refused() {
        let digest = "0a".repeat(32);
        for line in [
            "x".to_owned(),
            format!("{digest} a"),
            format!("{digest}  ../a"),
            format!("{digest}  /a"),
            format!("{digest}  a//b"),
            format!("{digest}  a\\b"),
            format!("{}  a", digest.to_uppercase()),
            format!("{digest}  a\n{digest}  a"),
        ] {
            assert!(parse(&line).is_err(), "{line}");
        }
    }
}
