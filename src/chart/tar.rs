//! tar headers over an inflated buffer: names and ranges, no copies.
//!
//! What is accepted and what is refused follows Go's `archive/tar`: the formats V7, USTAR, PAX, GNU and STAR, long names
//! of both kinds, and its error texts. Sparse files, which no chart holds, are refused.

use super::gzip::{Inflater, Stop};
use std::fmt;

const BLOCK: usize = 512;

/// The largest extended header or long name that Go reads.
const MAX_SPECIAL: usize = 1024 * 1024;

const FOLDER_BITS: i64 = 0o040_000;
const TYPE_BITS: i64 = 0o170_000;

/// Why an archive cannot be read; the texts are Go's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// `archive/tar: invalid tar header`.
    Header,
    /// `archive/tar: header field too long`.
    FieldTooLong,
    /// The stream below failed or ended too early.
    Stream(Stop),
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Header => out.write_str("archive/tar: invalid tar header"),
            Fault::FieldTooLong => out.write_str("archive/tar: header field too long"),
            Fault::Stream(Stop::End) => out.write_str("unexpected EOF"),
            Fault::Stream(stop) => stop.fmt(out),
        }
    }
}

/// One entry that Go's reader returns.
#[derive(Debug)]
pub(super) struct Entry {
    /// The name; bytes that are no UTF-8 are replaced.
    pub(super) name: String,
    /// The size that the header gives, which for a link may be larger than its content.
    pub(super) size: u64,
    /// The kind as the header's letter.
    pub(super) kind: u8,
    /// Whether Go calls it a folder.
    pub(super) folder: bool,
    /// Seconds since 1970.
    pub(super) modified: i64,
    /// Where the content starts in the buffer.
    pub(super) start: usize,
    /// How long the content is.
    pub(super) len: usize,
}

/// Walks the headers of an archive.
#[derive(Default)]
pub(super) struct Walk {
    /// Where the next header starts.
    at: usize,
}

#[derive(Default)]
struct Extended {
    path: Option<Vec<u8>>,
    size: Option<i64>,
    modified: Option<i64>,
}

impl Walk {
    /// The next entry, or `None` at the end. The content is not inflated yet.
    pub(super) fn next(&mut self, stream: &mut Inflater<'_>) -> Result<Option<Entry>, Fault> {
        let (mut extended, mut long_name) = (Extended::default(), None);
        loop {
            let Some(mut entry) = self.header(stream)? else { return Ok(None) };
            match entry.kind {
                b'x' => extended = parse_extended(self.special(stream, &entry)?)?,
                b'g' => {
                    parse_extended(self.special(stream, &entry)?)?;
                    entry.size = 0;
                    return Ok(Some(entry));
                }
                b'L' => long_name = Some(text(self.special(stream, &entry)?).to_vec()),
                b'K' => drop(self.special(stream, &entry)?),
                b'S' => return Err(Fault::Header),
                _ => {
                    self.finish(&mut entry, extended, long_name)?;
                    return Ok(Some(entry));
                }
            }
        }
    }

    /// Applies extended headers and steps over the content.
    fn finish(&mut self, entry: &mut Entry, extended: Extended, long: Option<Vec<u8>>) -> Result<(), Fault> {
        if let Some(name) = long.filter(|name| !name.is_empty()).or(extended.path) {
            entry.name = String::from_utf8_lossy(&name).into_owned();
        }
        if let Some(size) = extended.size {
            entry.size = u64::try_from(size).map_err(|_| Fault::Header)?;
        }
        entry.modified = extended.modified.unwrap_or(entry.modified);
        entry.folder |= entry.kind == b'5' || (entry.kind == 0 && entry.name.ends_with('/'));
        let header_only = (b'1'..=b'6').contains(&entry.kind);
        entry.len = if header_only { 0 } else { usize::try_from(entry.size).map_err(|_| Fault::Header)? };
        self.at = padded_end(entry.start, entry.len)?;
        Ok(())
    }

    /// The content of a header that describes the next one.
    fn special<'a>(&mut self, stream: &'a mut Inflater<'_>, entry: &Entry) -> Result<&'a [u8], Fault> {
        let len = usize::try_from(entry.size).map_err(|_| Fault::FieldTooLong)?;
        if len > MAX_SPECIAL {
            return Err(Fault::FieldTooLong);
        }
        self.at = padded_end(entry.start, len)?;
        stream.bytes(entry.start, len).map_err(Fault::Stream)
    }

    fn header(&mut self, stream: &mut Inflater<'_>) -> Result<Option<Entry>, Fault> {
        let Some(block) = self.block(stream)? else { return Ok(None) };
        if block == [0; BLOCK] {
            return match self.block(stream)? {
                None => Ok(None),
                Some(second) if second == [0; BLOCK] => Ok(None),
                Some(_) => Err(Fault::Header),
            };
        }
        let start = self.at;
        parse_header(&block, start).map(Some)
    }

    /// The next block, or `None` where the stream ends.
    fn block(&mut self, stream: &mut Inflater<'_>) -> Result<Option<[u8; BLOCK]>, Fault> {
        let at = self.at;
        if let Ok(bytes) = stream.bytes(at, BLOCK) {
            self.at += BLOCK;
            let mut block = [0; BLOCK];
            block.copy_from_slice(bytes);
            return Ok(Some(block));
        }
        // A stream that stops inside the padding of the last entry is complete.
        match (stream.available(at, BLOCK), stream.stop()) {
            (0, Stop::End) => Ok(None),
            (_, stop) => Err(Fault::Stream(stop)),
        }
    }
}

fn padded_end(start: usize, len: usize) -> Result<usize, Fault> {
    let padded = len.checked_next_multiple_of(BLOCK).ok_or(Fault::Header)?;
    start.checked_add(padded).ok_or(Fault::Header)
}

fn parse_header(block: &[u8; BLOCK], start: usize) -> Result<Entry, Fault> {
    let sum = octal(&block[148..156])?;
    if sum != checksum(block, i64::from) && sum != checksum(block, |byte| i64::from(byte.cast_signed())) {
        return Err(Fault::Header);
    }
    let mode = number(&block[100..108])?;
    number(&block[108..116])?;
    number(&block[116..124])?;
    let size = u64::try_from(number(&block[124..136])?).map_err(|_| Fault::Header)?;
    let modified = number(&block[136..148])?;
    let name = text(&block[..100]);
    let prefix = prefix(block)?;
    let name = String::from_utf8_lossy(name);
    let name = match prefix {
        [] => name.into_owned(),
        prefix => format!("{}/{name}", String::from_utf8_lossy(prefix)),
    };
    let folder = mode & TYPE_BITS == FOLDER_BITS;
    Ok(Entry { name, size, kind: block[156], folder, modified, start, len: 0 })
}

/// The part of the name that stands in the second name field of some formats.
fn prefix(block: &[u8; BLOCK]) -> Result<&[u8], Fault> {
    let ustar = &block[257..263] == b"ustar\0";
    let gnu = &block[257..265] == b"ustar  \0";
    if ustar || gnu {
        number(&block[329..337])?;
        number(&block[337..345])?;
    }
    if ustar && &block[508..512] == b"tar\0" {
        return Ok(text(&block[345..476]));
    }
    if ustar {
        return Ok(text(&block[345..500]));
    }
    // Old Go wrote a prefix into GNU headers where others have two times.
    let times_wrong = [&block[345..357], &block[357..369]].iter().any(|time| time[0] != 0 && number(time).is_err());
    let prefix = text(&block[345..500]);
    Ok(if gnu && times_wrong && prefix.is_ascii() { prefix } else { &[] })
}

/// A field up to its first NUL.
fn text(field: &[u8]) -> &[u8] {
    &field[..memchr::memchr(0, field).unwrap_or(field.len())]
}

fn checksum(block: &[u8; BLOCK], as_number: fn(u8) -> i64) -> i64 {
    let byte_at = |at: usize, byte: u8| if (148..156).contains(&at) { b' ' } else { byte };
    block.iter().enumerate().map(|(at, byte)| as_number(byte_at(at, *byte))).sum()
}

/// A number in octal digits or, with the high bit set, in base 256.
fn number(field: &[u8]) -> Result<i64, Fault> {
    let first = field[0];
    if first & 0x80 == 0 {
        return octal(field);
    }
    let invert = if first & 0x40 == 0 { 0 } else { 0xFF };
    let mut value: u64 = 0;
    for (at, byte) in field.iter().enumerate() {
        let byte = byte ^ invert;
        let byte = if at == 0 { byte & 0x7F } else { byte };
        if value >> 56 > 0 {
            return Err(Fault::Header);
        }
        value = value << 8 | u64::from(byte);
    }
    let value = i64::try_from(value).map_err(|_| Fault::Header)?;
    Ok(if invert == 0 { value } else { !value })
}

fn octal(field: &[u8]) -> Result<i64, Fault> {
    let pad = |byte: &u8| matches!(byte, b' ' | 0);
    let start = field.iter().position(|byte| !pad(byte)).unwrap_or(field.len());
    let end = field.iter().rposition(|byte| !pad(byte)).map_or(start, |at| at + 1);
    let digits = text(&field[start..end]);
    if field[start..end].is_empty() {
        return Ok(0);
    }
    if digits.is_empty() {
        return Err(Fault::Header);
    }
    digits.iter().try_fold(0_i64, |value, digit| match digit {
        b'0'..=b'7' => value.checked_mul(8).map(|value| value + i64::from(digit - b'0')).ok_or(Fault::Header),
        _ => Err(Fault::Header),
    })
}

/// Reads the records `LENGTH KEY=VALUE\n` of an extended header.
fn parse_extended(mut records: &[u8]) -> Result<Extended, Fault> {
    let mut extended = Extended::default();
    while !records.is_empty() {
        let space = memchr::memchr(b' ', records).ok_or(Fault::Header)?;
        let len: usize = decimal(&records[..space])?.try_into().map_err(|_| Fault::Header)?;
        if len < 5 || len > records.len() || len <= space + 1 {
            return Err(Fault::Header);
        }
        let (record, rest) = records.split_at(len);
        let record = record[space + 1..].strip_suffix(b"\n").ok_or(Fault::Header)?;
        let equals = memchr::memchr(b'=', record).ok_or(Fault::Header)?;
        let (key, value) = (&record[..equals], &record[equals + 1..]);
        let named = matches!(key, b"path" | b"linkpath" | b"uname" | b"gname");
        if key.is_empty() || memchr::memchr(0, if named { value } else { key }).is_some() {
            return Err(Fault::Header);
        }
        extended.set(key, value)?;
        records = rest;
    }
    Ok(extended)
}

impl Extended {
    fn set(&mut self, key: &[u8], value: &[u8]) -> Result<(), Fault> {
        match key {
            b"path" => self.path = Some(value.to_vec()).filter(|value| !value.is_empty()),
            _ if value.is_empty() => {}
            b"size" => self.size = Some(decimal(value)?),
            b"mtime" => {
                let whole = value.split(|byte| *byte == b'.').next().unwrap_or(value);
                self.modified = Some(decimal(whole)?);
            }
            b"uid" | b"gid" => drop(decimal(value)?),
            _ if key.starts_with(b"GNU.sparse.") => return Err(Fault::Header),
            _ => {}
        }
        Ok(())
    }
}

fn decimal(digits: &[u8]) -> Result<i64, Fault> {
    std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()).ok_or(Fault::Header)
}
