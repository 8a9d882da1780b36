//! PEM as Go's `encoding/pem` writes and finds it.

use crate::funcs::encoding::decode_base64;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"\n-----END ";
const DASHES: &[u8] = b"-----";

/// The bytes between two lines that name their type.
pub(crate) struct Block {
    pub(crate) kind: String,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) fn encode(kind: &str, bytes: &[u8]) -> String {
    let mut text = format!("-----BEGIN {kind}-----\n");
    for line in STANDARD.encode(bytes).as_bytes().chunks(64) {
        text.extend(line.iter().map(|byte| char::from(*byte)));
        text.push('\n');
    }
    text.push_str(&format!("-----END {kind}-----\n"));
    text
}

/// The first block in a text that is well formed.
pub(crate) fn decode(text: &[u8]) -> Option<Block> {
    let mut rest = text;
    loop {
        let end = memchr::memmem::find(rest, END)?;
        let after = &rest[end + END.len()..];
        if let Some(block) = memchr::memmem::rfind(&rest[..end], BEGIN)
            .filter(|begin| *begin == 0 || rest[begin - 1] == b'\n')
            .and_then(|begin| block(&rest[begin + BEGIN.len()..=end], after))
        {
            return Some(block);
        }
        rest = after;
    }
}

/// A block from what follows `BEGIN ` up to the line of its end, and what follows `END `.
fn block(text: &[u8], after: &[u8]) -> Option<Block> {
    let (first, mut body) = line(text);
    let kind = first.strip_suffix(DASHES)?;
    let tail = after.strip_prefix(kind)?.strip_prefix(DASHES)?;
    if !line(tail).0.is_empty() {
        return None;
    }
    while let (header, next) = line(body)
        && header.contains(&b':')
    {
        body = next;
    }
    let digits: Vec<u8> = body.iter().copied().filter(|byte| !matches!(byte, b' ' | b'\t')).collect();
    let bytes = decode_base64(&digits).ok()?;
    Some(Block { kind: String::from_utf8_lossy(kind).into_owned(), bytes })
}

/// A first line without white space at its end, and what follows it.
fn line(text: &[u8]) -> (&[u8], &[u8]) {
    let (line, rest) = match memchr::memchr(b'\n', text) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, &[][..]),
    };
    let end = line.iter().rposition(|byte| !matches!(byte, b' ' | b'\t' | b'\r')).map_or(0, |at| at + 1);
    (&line[..end], rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_found() {
        let bytes: Vec<u8> = (0..200).map(|byte| byte as u8).collect();
        let text = format!("junk\n{}more", encode("SOME THING", &bytes));
        assert!(text.lines().all(|line| line.len() <= 64));
        let block = decode(text.as_bytes()).unwrap();
        assert_eq!((block.kind.as_str(), block.bytes), ("SOME THING", bytes));
        assert!(decode(b"").is_none() && decode(b"-----BEGIN X-----\nAA==\n-----END Y-----\n").is_none());
        let headed = b"-----BEGIN X-----\nA: b\n\nAA==\r\n-----END X-----";
        assert_eq!(decode(headed).unwrap().bytes, [0]);
    }
}
