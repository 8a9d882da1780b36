//! Go's quoted strings and characters (`strconv.Quote` and its family), and Go's way of cutting bytes into runes.

use super::printable::is_printable;
use std::borrow::Cow;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// The first rune and its length in bytes; a byte that begins no valid sequence is U+FFFD of length 1.
/// The length is 0 only for an empty input.
pub fn decode_rune(bytes: &[u8]) -> (char, usize) {
    let Some(first) = bytes.first() else { return (char::REPLACEMENT_CHARACTER, 0) };
    let len = match first {
        0..=0x7f => return (char::from(*first), 1),
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 1,
    };
    let decoded = bytes.get(..len).and_then(|head| std::str::from_utf8(head).ok()).and_then(|head| head.chars().next());
    match decoded {
        Some(rune) => (rune, len),
        None => (char::REPLACEMENT_CHARACTER, 1),
    }
}

/// How many runes there are; each byte of an invalid sequence counts.
pub fn rune_count(mut bytes: &[u8]) -> usize {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.chars().count();
    }
    let mut count = 0;
    while !bytes.is_empty() {
        let (_, len) = decode_rune(bytes);
        bytes = &bytes[len..];
        count += 1;
    }
    count
}

/// `strconv.Quote`.
pub fn quote(bytes: &[u8]) -> Vec<u8> {
    quote_with(bytes, Charset::Printable)
}

/// `strconv.QuoteToASCII`.
pub fn quote_ascii(bytes: &[u8]) -> Vec<u8> {
    quote_with(bytes, Charset::Ascii)
}

/// `strconv.QuoteRune`.
pub fn quote_rune(rune: char) -> String {
    quote_rune_with(rune, Charset::Printable)
}

/// `strconv.QuoteRuneToASCII`.
pub fn quote_rune_ascii(rune: char) -> String {
    quote_rune_with(rune, Charset::Ascii)
}

/// `strconv.CanBackquote`: whether a raw string literal on one line can hold the bytes unchanged.
pub fn can_backquote(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    text.chars().all(|rune| match rune {
        '\t' => true,
        '`' | '\u{7f}' | '\u{feff}' => false,
        _ => rune >= ' ',
    })
}

/// Which characters stand for themselves between quotes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Charset {
    Printable,
    Ascii,
}

impl Charset {
    fn admits(self, rune: char) -> bool {
        match self {
            Charset::Printable => is_printable(rune),
            Charset::Ascii => matches!(rune, ' '..='~'),
        }
    }
}

fn quote_with(mut bytes: &[u8], charset: Charset) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 2);
    out.push(b'"');
    while let Some(first) = bytes.first() {
        let (rune, len) = decode_rune(bytes);
        if len == 1 && *first >= 0x80 {
            push_byte_escape(&mut out, *first);
        } else {
            push_escaped(&mut out, rune, '"', charset);
        }
        bytes = &bytes[len..];
    }
    out.push(b'"');
    out
}

fn quote_rune_with(rune: char, charset: Charset) -> String {
    let mut out = vec![b'\''];
    push_escaped(&mut out, rune, '\'', charset);
    out.push(b'\'');
    match String::from_utf8_lossy(&out) {
        Cow::Borrowed(text) => text.to_owned(),
        Cow::Owned(text) => text,
    }
}

fn push_byte_escape(out: &mut Vec<u8>, byte: u8) {
    out.extend_from_slice(&[b'\\', b'x', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
}

fn push_escaped(out: &mut Vec<u8>, rune: char, mark: char, charset: Charset) {
    if rune == mark || rune == '\\' {
        out.push(b'\\');
        out.extend_from_slice(rune.encode_utf8(&mut [0; 4]).as_bytes());
        return;
    }
    if charset.admits(rune) {
        out.extend_from_slice(rune.encode_utf8(&mut [0; 4]).as_bytes());
        return;
    }
    let short = match rune {
        '\x07' => b'a',
        '\x08' => b'b',
        '\x0c' => b'f',
        '\n' => b'n',
        '\r' => b'r',
        '\t' => b't',
        '\x0b' => b'v',
        _ => return push_code_escape(out, u32::from(rune)),
    };
    out.extend_from_slice(&[b'\\', short]);
}

fn push_code_escape(out: &mut Vec<u8>, code: u32) {
    let text = match code {
        0..=0x1f | 0x7f => format!("\\x{code:02x}"),
        0..=0xffff => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    };
    out.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_as_go_does() {
        let cases: [(&[u8], &str); 8] = [
            (b"", r#""""#),
            (b"a\"b\\", r#""a\"b\\""#),
            (b"\x07\x08\x0c\n\r\t\x0b\x00\x7f", r#""\a\b\f\n\r\t\v\x00\x7f""#),
            (b"\xff\xc3", r#""\xff\xc3""#),
            ("h\u{e9}\u{a0}".as_bytes(), "\"h\u{e9}\\u00a0\""),
            ("\u{200b}\u{feff}".as_bytes(), r#""\u200b\ufeff""#),
            ("\u{1f600}\u{e0001}".as_bytes(), "\"\u{1f600}\\U000e0001\""),
            ("\u{fffd}".as_bytes(), "\"\u{fffd}\""),
        ];
        for (input, expected) in cases {
            assert_eq!(String::from_utf8_lossy(&quote(input)), expected);
        }
        assert_eq!(quote_ascii("h\u{e9}\u{1f600}".as_bytes()), br#""h\u00e9\U0001f600""#);
        assert_eq!(quote_rune('\''), r"'\''");
        assert_eq!(quote_rune('"'), "'\"'");
        assert_eq!(quote_rune_ascii('\u{e9}'), r"'\u00e9'");
    }

    #[test]
    fn invalid_bytes_are_single_runes() {
        assert_eq!(rune_count(b"a\xe2\x98b"), 4);
        assert_eq!(decode_rune(b"\xed\xa0\x80"), (char::REPLACEMENT_CHARACTER, 1));
        assert!(!can_backquote(b"a`b") && !can_backquote(b"\xff") && can_backquote(b"a\tb"));
    }
}
