//! Keys and strings as the encoder and its error texts quote them.

use crate::value::Text;
use std::io::Write;

/// Whether a key needs no quotes with this byte.
pub(super) fn is_bare(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// Appends a dotted key.
pub(super) fn write_key(out: &mut Vec<u8>, key: &[Text]) {
    for (at, part) in key.iter().enumerate() {
        if at > 0 {
            out.push(b'.');
        }
        write_key_part(out, part);
    }
}

/// Appends one part of a key, in quotes where it needs them.
pub(super) fn write_key_part(out: &mut Vec<u8>, part: &[u8]) {
    if !part.is_empty() && part.iter().copied().all(is_bare) {
        out.extend_from_slice(part);
    } else {
        write_quoted(out, part);
    }
}

/// Appends a basic string.
pub(super) fn write_quoted(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    for &byte in text {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            0x08 => out.extend_from_slice(b"\\b"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            0x0c => out.extend_from_slice(b"\\f"),
            b'\r' => out.extend_from_slice(b"\\r"),
            0..0x20 | 0x7f => {
                // Writing to a vector cannot fail.
                let _ = write!(out, "\\u{byte:04x}");
            }
            byte => out.push(byte),
        }
    }
    out.push(b'"');
}
