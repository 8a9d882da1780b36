//! gzip, inflated through one window and only as far as somebody asks.
//!
//! An archive says in each header how much follows, so the reader checks a size before the bytes are inflated. Bytes
//! that were read are forgotten: the window stays small, however large the archive is. Checksums are not compared: Go's
//! tar reader never gets to the end where Go would compare them.

use flate2::{Decompress, FlushDecompress, Status};
use std::fmt;

/// Deflate never packs more than about 1,032 bytes into one.
const MAX_RATIO: usize = 1032;

/// The size of the window, which grows only for larger entries.
const WINDOW: usize = 256 * 1024;

/// Why no more bytes come; the texts are Go's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The stream ended where it may end.
    End,
    /// The stream ended in the middle.
    Truncated,
    /// No gzip header where one must be.
    Header,
    /// The deflated data are wrong after this many bytes.
    Corrupt(u64),
}

impl fmt::Display for Stop {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stop::End => out.write_str("EOF"),
            Stop::Truncated => out.write_str("unexpected EOF"),
            Stop::Header => out.write_str("gzip: invalid header"),
            Stop::Corrupt(offset) => write!(out, "flate: corrupt input before offset {offset}"),
        }
    }
}

/// The inflated bytes of a gzip stream, from the first that is still needed as far as they were asked for.
pub(super) struct Inflater<'a> {
    /// The deflated bytes that are left.
    input: &'a [u8],
    inflate: Decompress,
    buffer: Vec<u8>,
    /// Where in the stream the buffer starts.
    base: usize,
    /// Bytes before this place of the stream are not asked for again.
    needed: usize,
    stop: Option<Stop>,
}

impl<'a> Inflater<'a> {
    /// Reads the header of `input` and makes room for what its trailer announces, at most `limit` bytes.
    pub(super) fn new(input: &'a [u8], limit: usize) -> Result<Inflater<'a>, Stop> {
        let deflated = after_header(input)?;
        let announced = match input.last_chunk::<4>() {
            Some(trailer) => u32::from_le_bytes(*trailer) as usize,
            None => 0,
        };
        let capacity = announced.min(limit).min(input.len().saturating_mul(MAX_RATIO));
        let buffer = Vec::with_capacity(capacity.min(WINDOW));
        Ok(Inflater { input: deflated, inflate: Decompress::new(false), buffer, base: 0, needed: 0, stop: None })
    }

    /// Makes bytes `at..at + len` available.
    pub(super) fn bytes(&mut self, at: usize, len: usize) -> Result<&[u8], Stop> {
        let end = at.saturating_add(len);
        self.fill(end);
        let inside = at.checked_sub(self.base).and_then(|start| self.buffer.get(start..end - self.base));
        inside.ok_or_else(|| self.stop.clone().unwrap_or(Stop::Truncated))
    }

    /// Says that bytes before `at` will not be asked for again.
    pub(super) fn forget(&mut self, at: usize) {
        self.needed = self.needed.max(at);
    }

    /// How many bytes are there from `at` on, at most `len`.
    pub(super) fn available(&mut self, at: usize, len: usize) -> usize {
        self.fill(at.saturating_add(len));
        (self.base + self.buffer.len()).saturating_sub(at).min(len)
    }

    /// Why no more bytes come; only set once somebody has asked for too many.
    pub(super) fn stop(&self) -> Stop {
        self.stop.clone().unwrap_or(Stop::Truncated)
    }

    fn fill(&mut self, end: usize) {
        while self.base + self.buffer.len() < end && self.stop.is_none() {
            if self.buffer.capacity() == self.buffer.len() {
                self.make_room();
            }
            self.step();
        }
    }

    /// Drops what is not needed, or grows when everything is.
    fn make_room(&mut self) {
        let dropped = (self.needed.saturating_sub(self.base)).min(self.buffer.len());
        self.buffer.drain(..dropped);
        self.base += dropped;
        // A trailer may announce nothing, and then there is no room yet.
        if dropped <= self.buffer.capacity() / 4 {
            self.buffer.reserve(WINDOW.max(self.buffer.len() / 2));
        }
    }

    fn step(&mut self) {
        let (input_before, output_before) = (self.inflate.total_in(), self.buffer.len());
        let status = self.inflate.decompress_vec(self.input, &mut self.buffer, FlushDecompress::None);
        let taken = usize::try_from(self.inflate.total_in() - input_before).unwrap_or(usize::MAX);
        self.input = self.input.get(taken..).unwrap_or_default();
        match status {
            Ok(Status::StreamEnd) => self.next_member(),
            Ok(_) if taken == 0 && self.buffer.len() == output_before => self.stop = Some(Stop::Truncated),
            Ok(_) => {}
            Err(_) => self.stop = Some(Stop::Corrupt(self.inflate.total_in())),
        }
    }

    /// Goes on with the next member behind the eight bytes of the trailer, if there is one.
    fn next_member(&mut self) {
        self.stop = match self.input.get(8..) {
            None => Some(Stop::Truncated),
            Some([]) => Some(Stop::End),
            Some(rest) => match after_header(rest) {
                Err(stop) => Some(stop),
                Ok(deflated) => {
                    self.input = deflated;
                    self.inflate.reset(false);
                    None
                }
            },
        };
    }
}

/// What follows the gzip header at the start of `input`.
fn after_header(input: &[u8]) -> Result<&[u8], Stop> {
    if input.is_empty() {
        return Err(Stop::End);
    }
    let (fixed, mut rest) = input.split_at_checked(10).ok_or(Stop::Truncated)?;
    if !fixed.starts_with(b"\x1F\x8B\x08") {
        return Err(Stop::Header);
    }
    let flags = fixed[3];
    if flags & 4 != 0 {
        let (length, after) = rest.split_at_checked(2).ok_or(Stop::Truncated)?;
        rest = after.get(usize::from(length[0]) + 256 * usize::from(length[1])..).ok_or(Stop::Truncated)?;
    }
    for text in [8, 16] {
        if flags & text != 0 {
            let end = memchr::memchr(0, rest).ok_or(Stop::Truncated)?;
            if end >= 512 {
                return Err(Stop::Header);
            }
            rest = &rest[end + 1..];
        }
    }
    if flags & 2 != 0 {
        rest = rest.get(2..).ok_or(Stop::Truncated)?;
    }
    Ok(rest)
}
