//! The compressed stream around the entries.

use super::tar::{self, Entry};
use crate::diagnostic::{Error, ErrorKind};
use flate2::{Compression, GzBuilder};
use std::io::Write;

/// The level of compression: the one that gzip programs and Go take when nobody asks for another.
const LEVEL: u32 = 6;
/// "Unknown", which Go writes on every system.
const SYSTEM: u8 = 255;
/// How much is handed to the compressor at a time.
const CHUNK: usize = 256 * 1024;

/// What stands in front of the compressed bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Header {
    /// Nothing but what gzip demands.
    Plain,
    /// Helm's comment and extra field.
    Helm,
    /// The same before Helm 4.3, which gave the extra field its frame.
    OlderHelm,
}

/// What Helm writes into the extra field of every archive.
const EXTRA: &[u8] = b"aHR0cHM6Ly95b3V0dS5iZS96OVV6MWljandyTQo=";

impl Header {
    fn builder(self) -> GzBuilder {
        let plain = GzBuilder::new().mtime(0).operating_system(SYSTEM);
        match self {
            Header::Plain => plain,
            Header::Helm => plain.comment("Helm").extra([b"rr\x28\x00", EXTRA].concat()),
            Header::OlderHelm => plain.comment("Helm").extra([b"+", EXTRA].concat()),
        }
    }
}

/// Writes an archive.
pub(super) fn compress(entries: &[Entry<'_>], header: Header) -> Result<Vec<u8>, Error> {
    let room = entries.iter().map(Entry::room).sum::<usize>();
    let out = Vec::with_capacity(room / 4 + 1024);
    let mut stream = header.builder().write(out, Compression::new(LEVEL));
    let mut waiting = Vec::with_capacity(CHUNK + 4 * tar::BLOCK);
    for entry in entries {
        entry.headers(&mut waiting)?;
        if entry.data.len() >= CHUNK {
            flush(&mut stream, &mut waiting)?;
            stream.write_all(entry.data).map_err(failed)?;
        } else {
            waiting.extend_from_slice(entry.data);
        }
        tar::pad(&mut waiting, entry.data.len());
        if waiting.len() >= CHUNK {
            flush(&mut stream, &mut waiting)?;
        }
    }
    waiting.resize(waiting.len() + 2 * tar::BLOCK, 0);
    flush(&mut stream, &mut waiting)?;
    stream.finish().map_err(failed)
}

fn flush(stream: &mut impl Write, waiting: &mut Vec<u8>) -> Result<(), Error> {
    stream.write_all(waiting).map_err(failed)?;
    waiting.clear();
    Ok(())
}

fn failed(error: std::io::Error) -> Error {
    Error::new(ErrorKind::Internal, format!("cannot compress an archive: {error}")).because(error)
}
