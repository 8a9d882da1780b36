//! Chart archives (`.tgz`) in memory: every file becomes a slice of a shared buffer, equal files the same slice.

use super::contents::Contents;
use super::files::{File, trim_byte_order_mark};
use super::gzip::{Inflater, Stop};
use super::tar::{Entry, Walk};
use super::{Compat, Limits, Name, os, sniff};
use crate::diagnostic::{Error, ErrorKind};
use crate::value::print;
use std::path::Path;

/// What archives may still take while charts inside charts are read.
#[derive(Clone, Debug)]
pub(super) struct Budget {
    limits: Limits,
    compat: Compat,
    bytes: u64,
    entries: usize,
}

impl Budget {
    /// The whole of `limits`.
    pub(super) fn new(limits: &Limits, compat: Compat) -> Budget {
        Budget { limits: limits.clone(), compat, bytes: limits.total_bytes, entries: limits.entries }
    }

    fn take_entry(&mut self) -> Result<(), Error> {
        let more = || limit(format!("archives hold more than {} entries", self.limits.entries));
        self.entries = self.entries.checked_sub(1).ok_or_else(more)?;
        Ok(())
    }

    pub(super) fn take_bytes(&mut self, count: u64) -> Result<(), Error> {
        let more = || limit(format!("archives are larger than {} bytes in total", self.limits.total_bytes));
        self.bytes = self.bytes.checked_sub(count).ok_or_else(more)?;
        Ok(())
    }
}

fn limit(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Limit, message)
}

fn content(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Content, message)
}

/// Refuses a file that is no gzip archive, with Helm's guess at what it is.
pub(super) fn ensure_archive(path: &Path, start: &[u8]) -> Result<(), Error> {
    // Helm guesses over a block of 512 bytes, of which a short file leaves the rest zero.
    let mut block = [0; 512];
    let len = start.len().min(block.len());
    block[..len].copy_from_slice(&start[..len]);
    let kind = sniff::content_type(&block);
    let name = path.display().to_string();
    if kind == "application/x-gzip" || block.starts_with(b"\x1F\x8B\x08") {
        return Ok(());
    }
    if name.ends_with(".yml") || name.ends_with(".yaml") {
        let error = content(format!("file '{name}' seems to be a YAML file, but expected a gzipped archive"));
        return Err(error.hint("pass a values file with `-f`"));
    }
    Err(content(format!("file '{name}' does not appear to be a gzipped archive; got '{kind}'")))
}

/// Why an archive was refused: Helm tells a bad gzip header from everything else.
#[derive(Debug)]
pub(super) enum Refusal {
    /// No gzip header.
    NotGzip(Error),
    /// Anything else.
    Other(Error),
}

impl Refusal {
    /// The error with the text of the fault itself.
    pub(super) fn into_error(self) -> Error {
        match self {
            Refusal::NotGzip(error) | Refusal::Other(error) => error,
        }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Refusal {
        Refusal::Other(error)
    }
}

/// Reads all files of an archive; names lose their first folder.
pub(super) fn read_files(archive: &[u8], budget: &mut Budget) -> Result<Vec<File>, Refusal> {
    let limit = usize::try_from(budget.limits.total_bytes).unwrap_or(usize::MAX);
    let mut stream = Inflater::new(archive, limit).map_err(|stop| match stop {
        Stop::Header => Refusal::NotGzip(content(stop.to_string())),
        stop => Refusal::Other(content(stop.to_string())),
    })?;
    let (mut found, mut contents) = (Vec::new(), Contents::default());
    let (mut walk, mut left) = (Walk::default(), budget.limits.chart_bytes);
    while let Some(entry) = walk.next(&mut stream).map_err(|fault| content(fault.to_string()))? {
        let Some(name) = admit(&entry, budget)? else { continue };
        check_size(&entry, left, budget)?;
        let len = entry.len;
        stream.forget(entry.start);
        if stream.available(entry.start, len) < len {
            let stop = stream.stop();
            return Err(content(super::tar::Fault::Stream(stop).to_string()).into());
        }
        budget.take_bytes(len as u64)?;
        left -= (len as u64).min(left);
        if (len as u64) < entry.size || left == 0 {
            return Err(too_large(budget).into());
        }
        let bytes = stream.bytes(entry.start, len).map_err(|stop| content(stop.to_string()))?;
        let data = trim_byte_order_mark(contents.keep(bytes));
        found.push(File { name, data, modified: i128::from(entry.modified) * 1_000_000_000 });
    }
    if found.is_empty() {
        return Err(content("no files in chart archive").into());
    }
    Ok(found)
}

/// Counts an entry; the name of its file, if it is one.
pub(super) fn admit(entry: &Entry, budget: &mut Budget) -> Result<Option<Name>, Refusal> {
    budget.take_entry()?;
    if entry.folder || entry.kind == b'g' {
        return Ok(None);
    }
    Ok(Some(file_name(&entry.name)?))
}

fn check_size(entry: &Entry, left: u64, budget: &Budget) -> Result<(), Error> {
    if entry.size > left {
        return Err(too_large(budget));
    }
    if budget.compat < Compat::Helm43 && entry.size > budget.limits.file_bytes {
        let name = String::from_utf8_lossy(&print::quote(entry.name.as_bytes())).into_owned();
        let most = budget.limits.file_bytes;
        return Err(limit(format!("decompressed chart file {name} is larger than the maximum file size {most}")));
    }
    Ok(())
}

fn too_large(budget: &Budget) -> Error {
    let what = if budget.compat == Compat::Helm3 { "maximum file size" } else { "maximum size" };
    limit(format!("decompressed chart is larger than the {what} {}", budget.limits.chart_bytes))
}

/// The name below the first folder, with `/`; refuses what could leave the chart.
fn file_name(name: &str) -> Result<Name, Error> {
    let delimiter = if name.contains('\\') { '\\' } else { '/' };
    let (first, rest) = name.split_once(delimiter).unwrap_or((name, ""));
    let rest = if delimiter == '/' { rest.to_owned() } else { rest.replace(delimiter, "/") };
    if rest.starts_with('/') {
        return Err(content("chart illegally contains absolute paths"));
    }
    let clean = if is_clean(&rest) { rest } else { os::clean(&rest) };
    if clean == "." {
        let name = String::from_utf8_lossy(&print::quote(name.as_bytes())).into_owned();
        return Err(content(format!("chart illegally contains content outside the base directory: {name}")));
    }
    if clean.starts_with("..") {
        return Err(content("chart illegally references parent directory"));
    }
    if let [drive, b':', b'/', ..] = clean.as_bytes()
        && drive.is_ascii_alphabetic()
    {
        return Err(content("chart contains illegally named files"));
    }
    if first == "Chart.yaml" {
        return Err(content("chart yaml not in base directory"));
    }
    Ok(Name::from(clean))
}

/// Whether cleaning would change nothing: no empty, `.` or `..` element.
fn is_clean(path: &str) -> bool {
    !path.is_empty() && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::write::GzEncoder;
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut out = GzEncoder::new(Vec::new(), flate2::Compression::fast());
        out.write_all(bytes).expect("memory");
        out.finish().expect("memory")
    }

    fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut out = tar::Builder::new(Vec::new());
        for (name, data) in entries {
            let mut header = tar::Header::new_gnu();
            header.set_size(data.len() as u64);
            header.as_old_mut().name[..name.len().min(100)].copy_from_slice(&name.as_bytes()[..name.len().min(100)]);
            header.set_cksum();
            out.append(&header, *data).expect("memory");
        }
        out.into_inner().expect("memory")
    }

    fn read(archive: &[u8]) -> Result<Vec<(String, Vec<u8>)>, String> {
        let mut budget = Budget::new(&Limits::default(), Compat::Helm43);
        let files = read_files(archive, &mut budget).map_err(|refusal| refusal.into_error().to_string())?;
        Ok(files.into_iter().map(|file| (file.name.to_string(), file.data.to_vec())).collect())
    }

    #[test]
    fn names_lose_their_first_folder() {
        let read =
            read(&gzip(&archive(&[("c/Chart.yaml", b"\xEF\xBB\xBFname: c"), ("c/./a//b", b"x"), ("d\\e\\f", b"")])));
        let want = [("Chart.yaml", "name: c"), ("a/b", "x"), ("e/f", "")];
        assert_eq!(read, Ok(want.map(|(name, data)| (name.to_owned(), data.as_bytes().to_vec())).to_vec()));
    }

    #[test]
    fn names_that_leave_the_chart_are_refused() {
        for (name, want) in [
            ("c//etc", "chart illegally contains absolute paths"),
            ("c", "chart illegally contains content outside the base directory: \"c\""),
            ("c/../../x", "chart illegally references parent directory"),
            ("c/c:/x", "chart contains illegally named files"),
            ("Chart.yaml/x", "chart yaml not in base directory"),
        ] {
            assert_eq!(read(&gzip(&archive(&[(name, b"x")]))), Err(want.to_owned()), "{name}");
        }
    }

    #[test]
    fn broken_archives_are_refused_in_go_words() {
        let whole = archive(&[("c/a", &[7; 3000])]);
        let packed = gzip(&whole);
        for (bytes, want) in [
            (packed[..packed.len() / 2].to_vec(), "unexpected EOF"),
            (gzip(b"not a tar archive"), "unexpected EOF"),
            (gzip(&[b'x'; 600]), "archive/tar: invalid tar header"),
            (gzip(b""), "no files in chart archive"),
            (gzip(&whole[..700]), "unexpected EOF"),
            (b"\x1F\x8B\x08".to_vec(), "unexpected EOF"),
        ] {
            assert_eq!(read(&bytes), Err(want.to_owned()));
        }
        assert!(read(&gzip(&whole[..512 + 3000])).is_ok());
    }

    #[test]
    fn sizes_are_checked_before_anything_is_inflated() {
        let mut header = tar::Header::new_gnu();
        header.set_path("c/bomb").expect("short");
        header.set_size(1 << 40);
        header.set_cksum();
        let bomb = gzip(header.as_bytes());
        assert_eq!(read(&bomb), Err("decompressed chart is larger than the maximum size 104857600".to_owned()));
    }

    /// Changes some bytes of a packed and of a plain archive, each time from another seed.
    #[test]
    fn mutated_archives_end_in_files_or_an_error() {
        let plain = archive(&[("c/Chart.yaml", b"name: c"), ("c/templates/a.yaml", &[b'x'; 700]), ("c/d/", b"")]);
        let packed = gzip(&plain);
        for seed in 0..4000_u64 {
            let mut state = seed;
            let mut next = |below: usize| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                usize::try_from(state >> 33).unwrap_or(0) % below
            };
            let mut bytes = if seed % 2 == 0 { packed.clone() } else { plain.clone() };
            for _ in 0..=next(3) {
                let at = next(bytes.len());
                bytes[at] = u8::try_from(next(256)).unwrap_or(0);
            }
            bytes.truncate(bytes.len().saturating_sub(next(4) * next(64)));
            // What comes out does not matter, only that it does.
            drop(read(&if seed % 2 == 0 { bytes } else { gzip(&bytes) }));
        }
    }
}
