//! Functions that take something off a text.

use super::output::{assemble, part_of, push_rune};
use crate::template::func::{Args, Outcome};
use crate::value::print::decode_rune;
use crate::value::{Text, Value};

/// Takes white space off both ends, Unicode's included.
pub(super) fn trim(args: Args<'_>) -> Outcome {
    let text = args.text(0)?;
    if let [first, .., last] = text.as_bytes()
        && first.is_ascii_graphic()
        && last.is_ascii_graphic()
    {
        return Ok(Value::Str(text.clone()));
    }
    Ok(part_of(text, trimmed(text, char::is_whitespace)))
}

/// Takes all characters of a set off both ends; an invalid byte in the set stands for all invalid bytes.
pub(super) fn trim_all(args: Args<'_>) -> Outcome {
    let (set, text) = (args.text(0)?, args.text(1)?);
    if let [byte] = set.as_bytes()
        && byte.is_ascii()
    {
        let kept = |slice: &[u8]| slice.iter().position(|have| have != byte);
        let Some(start) = kept(text) else { return Ok(part_of(text, b"")) };
        let end = text.iter().rposition(|have| have != byte).map_or(start, |last| last + 1);
        return Ok(part_of(text, &text[start..end]));
    }
    let set = String::from_utf8_lossy(set);
    Ok(part_of(text, trimmed(text, |rune| set.contains(rune))))
}

pub(super) fn trim_prefix(args: Args<'_>) -> Outcome {
    let (prefix, text) = (args.text(0)?, args.text(1)?);
    Ok(part_of(text, text.strip_prefix(prefix.as_bytes()).unwrap_or(text)))
}

pub(super) fn trim_suffix(args: Args<'_>) -> Outcome {
    let (suffix, text) = (args.text(0)?, args.text(1)?);
    Ok(part_of(text, text.strip_suffix(suffix.as_bytes()).unwrap_or(text)))
}

/// Removes white space.
// The library looks at single bytes: 0x85 and 0xA0 go even from within a character, and once anything went, the bytes
// that stay are written as characters of Latin-1.
pub(super) fn nospace(args: Args<'_>) -> Outcome {
    let text = args.text(0)?;
    let is_space = |byte: u8| matches!(byte, b'\t'..=b'\r' | b' ' | 0x85 | 0xa0);
    if !text.iter().any(|byte| is_space(*byte)) {
        return Ok(Value::Str(text.clone()));
    }
    assemble(|out| {
        for byte in text.iter().filter(|byte| !is_space(**byte)) {
            push_rune(out, char::from(*byte));
        }
        Ok(())
    })
}

fn trimmed(text: &Text, is_trimmed: impl Fn(char) -> bool) -> &[u8] {
    let mut kept: &[u8] = text;
    while !kept.is_empty() {
        let (rune, length) = decode_rune(kept);
        if !is_trimmed(rune) {
            break;
        }
        kept = &kept[length..];
    }
    while !kept.is_empty() {
        let (rune, length) = decode_last_rune(kept);
        if !is_trimmed(rune) {
            break;
        }
        kept = &kept[..kept.len() - length];
    }
    kept
}

/// The last character and its length; a byte that ends no valid sequence is U+FFFD of length 1.
fn decode_last_rune(bytes: &[u8]) -> (char, usize) {
    for length in 1..=bytes.len().min(4) {
        let (rune, decoded) = decode_rune(&bytes[bytes.len() - length..]);
        if decoded == length && (rune != char::REPLACEMENT_CHARACTER || length > 1) {
            return (rune, length);
        }
    }
    (char::REPLACEMENT_CHARACTER, 1)
}
