//! tar headers as Go's `archive/tar` writes them: USTAR where the name fits, PAX records before it where it does not.

use crate::diagnostic::Error;

pub(super) const BLOCK: usize = 512;
/// Bytes of the name and of the folder in front of it.
const NAME: usize = 100;
const PREFIX: usize = 155;
/// The mode of every file.
const MODE: u64 = 0o644;
const FILE: u8 = b'0';
const EXTENDED: u8 = b'x';

/// One file of an archive.
pub(super) struct Entry<'a> {
    /// The whole path with `/`.
    pub(super) name: &'a str,
    /// The content.
    pub(super) data: &'a [u8],
    /// Seconds since 1970.
    pub(super) modified: i64,
}

impl Entry<'_> {
    /// How many bytes the header, the content and their padding take at most.
    pub(super) fn room(&self) -> usize {
        self.data.len().next_multiple_of(BLOCK) + 3 * BLOCK + self.name.len().next_multiple_of(BLOCK)
    }

    /// The headers of the file.
    pub(super) fn headers(&self, out: &mut Vec<u8>) -> Result<(), Error> {
        if self.name.contains('\0') || self.name.ends_with('/') {
            return Err(super::refused(self.name, "no archive can hold this name"));
        }
        let size = self.data.len() as u64;
        let split = split(self.name);
        let time = u64::try_from(self.modified).ok().filter(|time| fits_octal(12, *time));
        let fits = self.name.is_ascii() && (self.name.len() <= NAME || split.is_some());
        if fits
            && fits_octal(12, size)
            && let Some(time) = time
        {
            let (prefix, name) = split.unwrap_or(("", self.name));
            let mut block = file_header(name, size, time);
            put(&mut block, 345, PREFIX, prefix.as_bytes());
            out.extend_from_slice(&finished(block));
            return Ok(());
        }
        let mut records = String::new();
        if time.is_none() {
            records.push_str(&record("mtime", &self.modified.to_string()));
        }
        if !self.name.is_ascii() || self.name.len() > NAME {
            records.push_str(&record("path", self.name));
        }
        if !fits_octal(12, size) {
            records.push_str(&record("size", &size.to_string()));
        }
        out.extend_from_slice(&finished(extended_header(self.name, records.len())));
        out.extend_from_slice(records.as_bytes());
        pad(out, records.len());
        let block = file_header(&ascii(self.name), size, time.unwrap_or(0));
        out.extend_from_slice(&finished(block));
        Ok(())
    }
}

/// Fills the last block of a content of `length` bytes.
pub(super) fn pad(out: &mut Vec<u8>, length: usize) {
    out.resize(out.len() + (length.next_multiple_of(BLOCK) - length), 0);
}

fn file_header(name: &str, size: u64, time: u64) -> [u8; BLOCK] {
    let mut block = common(name, MODE, size, time, FILE);
    put_octal(&mut block, 329, 8, 0);
    put_octal(&mut block, 337, 8, 0);
    block
}

/// The header of the records that belong to the next file.
fn extended_header(name: &str, size: usize) -> [u8; BLOCK] {
    let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
    let name = ascii(&super::os::join(&super::os::join(folder, "PaxHeaders.0"), file));
    let name = name.get(..NAME).unwrap_or(&name).trim_end_matches('/');
    common(name, 0, size as u64, 0, EXTENDED)
}

fn common(name: &str, mode: u64, size: u64, time: u64, kind: u8) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    block[156] = kind;
    put(&mut block, 0, NAME, name.as_bytes());
    if name.len() > NAME && block[NAME - 1] == b'/' {
        let end = name[..NAME - 1].trim_end_matches('/').len();
        block[end] = 0;
    }
    put_octal(&mut block, 100, 8, mode);
    put_octal(&mut block, 108, 8, 0);
    put_octal(&mut block, 116, 8, 0);
    put_octal(&mut block, 124, 12, size);
    put_octal(&mut block, 136, 12, time);
    block
}

/// Adds magic, version and checksum.
fn finished(mut block: [u8; BLOCK]) -> [u8; BLOCK] {
    put(&mut block, 257, 8, b"ustar\x0000");
    put(&mut block, 148, 8, b"        ");
    let sum = block.iter().map(|byte| u64::from(*byte)).sum();
    put_octal(&mut block, 148, 7, sum);
    block
}

fn put(block: &mut [u8; BLOCK], at: usize, width: usize, bytes: &[u8]) {
    let count = bytes.len().min(width);
    block[at..at + count].copy_from_slice(&bytes[..count]);
}

/// Digits of base 8 with leading zeros and a NUL; a number without room is written as zero.
fn put_octal(block: &mut [u8; BLOCK], at: usize, width: usize, number: u64) {
    let number = if fits_octal(width, number) { number } else { 0 };
    let digits = width - 1;
    put(block, at, width, format!("{number:0digits$o}\0").as_bytes());
}

fn fits_octal(width: usize, number: u64) -> bool {
    number < 1 << (3 * (width - 1))
}

/// Folder and name where a long path can be split so that both fit.
fn split(name: &str) -> Option<(&str, &str)> {
    if name.len() <= NAME || !name.is_ascii() {
        return None;
    }
    let (prefix, _) = name.get(..name.len().min(PREFIX + 1))?.rsplit_once('/')?;
    let rest = name.get(prefix.len() + 1..)?;
    let fits = !prefix.is_empty() && !rest.is_empty() && rest.len() <= NAME;
    fits.then_some((prefix, rest))
}

/// The letters that plain headers can hold.
fn ascii(name: &str) -> String {
    name.chars().filter(|letter| letter.is_ascii() && *letter != '\0').collect()
}

/// A PAX record, which starts with its own length.
fn record(key: &str, value: &str) -> String {
    let rest = key.len() + value.len() + 3;
    let mut size = rest + rest.to_string().len();
    let text = |size: usize| format!("{size} {key}={value}\n");
    if text(size).len() != size {
        size = text(size).len();
    }
    text(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_count_their_own_length() {
        assert_eq!(record("path", "a"), "9 path=a\n");
        for length in 1..2000 {
            let text = record("path", &"x".repeat(length));
            let (count, _) = text.split_once(' ').expect("a length");
            assert_eq!(count.parse(), Ok(text.len()));
        }
    }

    #[test]
    fn long_paths_are_split_at_a_folder() {
        let name = format!("{}/{}", "a".repeat(120), "b".repeat(90));
        assert_eq!(split(&name), Some((&name[..120], &name[121..])));
        assert_eq!(split(&"a".repeat(101)), None);
        assert_eq!(split(&format!("{}/{}", "a".repeat(20), "b".repeat(101))), None);
        assert_eq!(split("short/name"), None);
    }
}
