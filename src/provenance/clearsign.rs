//! Texts with a signature beneath them that stay readable: OpenPGP's cleartext framework.
//!
//! What is accepted is what the library below Helm accepts. A text that is no such message, or has any other header
//! than `Hash`, is none.

use super::armor;

const START: &[u8] = b"-----BEGIN PGP SIGNED MESSAGE-----";
const SIGNATURE: &[u8] = b"-----BEGIN PGP SIGNATURE-----";
const END: &[u8] = b"\n-----END PGP SIGNATURE-----";
const HASHES: [&str; 9] = ["MD5", "SHA1", "RIPEMD160", "SHA224", "SHA256", "SHA384", "SHA512", "SHA3-256", "SHA3-512"];

/// A signed text.
pub(super) struct Message {
    /// What was signed: lines without white space at their ends, CR and LF between them.
    pub(super) signed: Vec<u8>,
    /// The same with LF alone.
    pub(super) text: Vec<u8>,
    /// The packets of the signature; `None` where its armor is broken.
    pub(super) signature: Option<Vec<u8>>,
}

/// Finds the first signed text.
pub(super) fn decode(data: &[u8]) -> Option<Message> {
    let (rest_of_start, rest) = line(after_start(data)?);
    if !rest_of_start.is_empty() {
        return None;
    }
    let rest = after_headers(rest)?;
    let (mut signed, mut text) = (Vec::new(), Vec::new());
    let mut rest = rest;
    loop {
        let (found, after) = line(rest);
        if found.is_empty() && after.is_empty() {
            return None;
        }
        if found == SIGNATURE {
            break;
        }
        let found = found.strip_prefix(b"- ").unwrap_or(found);
        let end = found.iter().rposition(|byte| !matches!(byte, b' ' | b'\t')).map_or(0, |at| at + 1);
        if !text.is_empty() {
            signed.extend_from_slice(b"\r\n");
        }
        signed.extend_from_slice(&found[..end]);
        text.extend_from_slice(&found[..end]);
        text.push(b'\n');
        rest = after;
    }
    text.pop();
    let end = memchr::memmem::find(rest, END)? + END.len();
    let (block, _) = armor::find(&rest[..end])?;
    Some(Message { signed, text, signature: block.bytes() })
}

/// What follows the first line of a message.
fn after_start(data: &[u8]) -> Option<&[u8]> {
    if let Some(rest) = data.strip_prefix(START) {
        return Some(rest);
    }
    let at = memchr::memmem::find_iter(data, START).find(|at| data[..*at].ends_with(b"\n"))?;
    Some(&data[at + START.len()..])
}

/// What follows the headers and the empty line behind them.
fn after_headers(mut rest: &[u8]) -> Option<&[u8]> {
    loop {
        if rest.is_empty() {
            return None;
        }
        let (header, after) = line(rest);
        rest = after;
        let Ok(header) = std::str::from_utf8(header) else { return None };
        if header.trim().is_empty() {
            return Some(rest);
        }
        let (name, hashes) =
            header.split_once(':').filter(|_| header.bytes().all(|byte| (b' '..=b'~').contains(&byte)))?;
        let known = |hash: &str| HASHES.contains(&hash.trim().to_ascii_uppercase().as_str());
        if name.trim() != "Hash" || !hashes.split(',').all(known) {
            return None;
        }
    }
}

/// The first line without LF or CR LF, and the rest.
fn line(text: &[u8]) -> (&[u8], &[u8]) {
    let (line, rest) = match memchr::memchr(b'\n', text) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => return (text, &[]),
    };
    (line.strip_suffix(b"\r").unwrap_or(line), rest)
}

/// What has to be signed of a text: its lines without white space at their ends, CR and LF between them.
pub(super) fn canonical(text: &str) -> String {
    trimmed(text).join("\r\n")
}

/// Writes a message around a text, as the library below Helm does; `packets` are those of the signature.
pub(super) fn encode(text: &str, packets: &[u8]) -> String {
    let mut out = format!("{}\nHash: SHA512\n\n", String::from_utf8_lossy(START));
    for (at, line) in trimmed(text).iter().enumerate() {
        if at > 0 {
            out.push('\n');
        }
        if line.starts_with('-') {
            out.push_str("- ");
        }
        out.push_str(line);
    }
    out.push('\n');
    out.push_str(&armor::encode("PGP SIGNATURE", packets));
    out
}

fn trimmed(text: &str) -> Vec<&str> {
    text.split('\n').map(|line| line.trim_end_matches([' ', '\t', '\r'])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read_as_written() {
        for text in ["a\n", "a", "", "- dash\n--- two \t\nFrom x\n\n", "\n\na: b \r\n...\n"] {
            let message = decode(encode(text, b"packets").as_bytes()).expect("a message");
            assert_eq!(String::from_utf8_lossy(&message.signed), canonical(text), "{text:?}");
            assert_eq!(message.text, trimmed(text).join("\n").into_bytes());
            assert_eq!(message.signature.as_deref(), Some(&b"packets"[..]));
        }
    }

    #[test]
    fn other_texts_are_no_messages() {
        let good = encode("a\n", b"x");
        for (from, to) in [
            ("Hash: SHA512", "Hash: CRC32"),
            ("Hash: SHA512", "Comment: x"),
            ("Hash: SHA512", "Hash: SHA512\u{1b}"),
            ("MESSAGE-----", "MESSAGE----- x"),
            ("-----END PGP", "-----end PGP"),
            ("-----BEGIN PGP SIGNATURE", "-----BEGIN PGP MESSAGE"),
        ] {
            assert!(decode(good.replace(from, to).as_bytes()).is_none(), "{to}");
        }
        assert!(decode(format!("before\n{good}\nafter").as_bytes()).is_some());
        assert!(decode(format!("before {good}").as_bytes()).is_none());
        assert!(decode(b"").is_none());
    }
}
