//! OpenPGP's ASCII armor, read and written as the library below Helm does: checksums are neither written nor compared.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";
/// Letters of a line that is written.
const WIDTH: usize = 64;
/// The longest line that is read.
const WIDEST: usize = 96;

/// A block between two lines that name its type.
pub(super) struct Block<'a> {
    pub(super) kind: String,
    /// What stands between headers and end, still in base64.
    body: &'a [u8],
}

/// The first block of a text and what follows it.
pub(super) fn find(text: &[u8]) -> Option<(Block<'_>, &[u8])> {
    let mut rest = text;
    'blocks: loop {
        let (start, after) = line(rest)?;
        rest = after;
        let start = start.trim_ascii();
        if start.len() <= BEGIN.len() + DASHES.len() || !start.starts_with(BEGIN) {
            continue;
        }
        let kind = String::from_utf8_lossy(&start[BEGIN.len()..start.len() - DASHES.len()]).into_owned();
        loop {
            let (header, after) = line(rest)?;
            rest = after;
            if header.trim_ascii().is_empty() {
                let (body, rest) = split_body(rest);
                return Some((Block { kind, body }, rest));
            }
            if !header.contains(&b':') {
                continue 'blocks;
            }
        }
    }
}

impl Block<'_> {
    /// The bytes of the block; `None` where they are no base64.
    pub(super) fn bytes(&self) -> Option<Vec<u8>> {
        let mut letters = Vec::with_capacity(self.body.len());
        let mut rest = self.body;
        while let Some((text, after)) = line(rest) {
            rest = after;
            let text = text.trim_ascii();
            if matches!(text, [b'=', a, ..] if *a != b'=') && text.len() == 5 {
                break;
            }
            if text.len() > WIDEST {
                return None;
            }
            letters.extend(text.iter().filter(|byte| **byte != b'\r'));
        }
        STANDARD.decode(&letters).ok()
    }
}

/// What stands before the line of the end, and what follows it.
fn split_body(text: &[u8]) -> (&[u8], &[u8]) {
    let mut rest = text;
    while let Some((end, after)) = line(rest) {
        if end.trim_ascii().starts_with(END) {
            return (&text[..text.len() - rest.len()], after);
        }
        rest = after;
    }
    (text, &[])
}

/// The first line without its end, and the rest.
fn line(text: &[u8]) -> Option<(&[u8], &[u8])> {
    if text.is_empty() {
        return None;
    }
    Some(match memchr::memchr(b'\n', text) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, &[]),
    })
}

/// Writes a block, without a line feed behind its end.
pub(super) fn encode(kind: &str, bytes: &[u8]) -> String {
    let letters = STANDARD.encode(bytes);
    let mut text = format!("-----BEGIN {kind}-----\n\n");
    for line in letters.as_bytes().chunks(WIDTH) {
        text.extend(line.iter().map(|byte| char::from(*byte)));
        text.push('\n');
    }
    text.push_str(&format!("-----END {kind}-----"));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_one_after_the_other() {
        let bytes: Vec<u8> = (0..=255).collect();
        let text = format!("junk\n{}\nmore\n{}\n", encode("PGP ONE", &bytes), encode("PGP TWO", b"x"));
        let (first, rest) = find(text.as_bytes()).expect("a block");
        assert_eq!((first.kind.as_str(), first.bytes()), ("PGP ONE", Some(bytes)));
        let (second, rest) = find(rest).expect("a block");
        assert_eq!((second.kind.as_str(), second.bytes()), ("PGP TWO", Some(b"x".to_vec())));
        assert!(find(rest).is_none());
    }

    #[test]
    fn headers_and_checksums_are_passed_over() {
        let text = b"-----BEGIN X-----\r\nVersion: 1\r\nComment: a: b\r\n\r\neA==\r\n=n6bv\r\n-----END X-----\r\n";
        let (block, _) = find(text).expect("a block");
        assert_eq!(block.bytes(), Some(b"x".to_vec()));
        assert!(find(b"-----BEGIN X-----\nno header\n\neA==\n-----END X-----\n").is_none());
        let broken = b"-----BEGIN X-----\n\n!!!\n-----END X-----\n";
        assert_eq!(find(broken).expect("a block").0.bytes(), None);
    }
}
