//! Functions that change the case of letters.

use super::output::{assemble, push_rune};
use super::unicode::{Category, to_lower, to_title, to_upper};
use crate::template::func::{Args, Outcome};
use crate::value::print::decode_rune;
use crate::value::{Text, Value};

pub(super) fn upper(args: Args<'_>) -> Outcome {
    let text = args.text(0)?;
    if !text.is_ascii() {
        return mapped(text, to_upper);
    }
    recased(text, u8::is_ascii_lowercase, <[u8]>::make_ascii_uppercase)
}

pub(super) fn lower(args: Args<'_>) -> Outcome {
    let text = args.text(0)?;
    if !text.is_ascii() {
        return mapped(text, to_lower);
    }
    recased(text, u8::is_ascii_uppercase, <[u8]>::make_ascii_lowercase)
}

/// Sets the first letter of each word in title case; letters, digits and `_` make a word.
pub(super) fn title(args: Args<'_>) -> Outcome {
    let mut after_separator = true;
    mapped(args.text(0)?, |rune| {
        let written = if after_separator { to_title(rune) } else { rune };
        after_separator = match rune {
            '_' => false,
            _ if rune.is_ascii() => !rune.is_ascii_alphanumeric(),
            _ => rune.is_whitespace(),
        };
        written
    })
}

/// Sets the first letter of each word between white space in lower case.
pub(super) fn untitle(args: Args<'_>) -> Outcome {
    let mut after_space = true;
    mapped(args.text(0)?, |rune| {
        let first = std::mem::replace(&mut after_space, rune.is_whitespace());
        if first && !after_space { to_lower(rune) } else { rune }
    })
}

/// Turns upper to lower case and lower to upper case, at the beginning of a word to title case.
pub(super) fn swapcase(args: Args<'_>) -> Outcome {
    let mut after_space = true;
    mapped(args.text(0)?, |rune| {
        let first = after_space;
        if Category::Upper.has(rune) || Category::Title.has(rune) {
            after_space = false;
            return to_lower(rune);
        }
        if Category::Lower.has(rune) {
            after_space = false;
            return if first { to_title(rune) } else { to_upper(rune) };
        }
        after_space = rune.is_whitespace();
        rune
    })
}

/// The first byte of each word between white space, as a character of Latin-1.
pub(super) fn initials(args: Args<'_>) -> Outcome {
    let text = args.text(0)?;
    assemble(|out| {
        let mut after_space = true;
        for byte in text.iter().map(|byte| char::from(*byte)) {
            let first = std::mem::replace(&mut after_space, byte.is_whitespace());
            if first && !after_space {
                push_rune(out, byte);
            }
        }
        Ok(())
    })
}

fn recased(text: &Text, is_other: fn(&u8) -> bool, recase: fn(&mut [u8])) -> Outcome {
    if !text.iter().any(is_other) {
        return Ok(Value::Str(text.clone()));
    }
    assemble(|out| {
        out.extend_from_slice(text);
        recase(out);
        Ok(())
    })
}

/// Maps each character; each byte of an invalid sequence is mapped as U+FFFD.
fn mapped(text: &Text, mut map: impl FnMut(char) -> char) -> Outcome {
    let value = assemble(|out| {
        let mut rest: &[u8] = text;
        while !rest.is_empty() {
            let (rune, length) = decode_rune(rest);
            push_rune(out, map(rune));
            rest = &rest[length..];
        }
        Ok(())
    })?;
    Ok(value)
}
