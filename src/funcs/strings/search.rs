//! Functions that look for a text within another.

use super::output::{assemble, check_size};
use crate::template::func::{Args, Outcome};
use crate::value::print::decode_rune;
use crate::value::{Text, Value};
use memchr::memmem;

pub(super) fn contains(args: Args<'_>) -> Outcome {
    Ok(Value::Bool(memmem::find(args.text(1)?, args.text(0)?).is_some()))
}

pub(super) fn has_prefix(args: Args<'_>) -> Outcome {
    Ok(Value::Bool(args.text(1)?.starts_with(args.text(0)?)))
}

pub(super) fn has_suffix(args: Args<'_>) -> Outcome {
    Ok(Value::Bool(args.text(1)?.ends_with(args.text(0)?)))
}

/// Replaces all occurrences from left to right; an empty text occurs before each character and at the end.
pub(super) fn replace(args: Args<'_>) -> Outcome {
    let (old, new, text) = (args.text(0)?, args.text(1)?, args.text(2)?);
    if old == new {
        return Ok(Value::Str(text.clone()));
    }
    if old.is_empty() {
        return interspersed(text, new);
    }
    if let ([old], [new]) = (old.as_bytes(), new.as_bytes()) {
        return exchanged(text, *old, *new);
    }
    let mut places = memmem::find_iter(text, old.as_bytes()).peekable();
    if places.peek().is_none() {
        return Ok(Value::Str(text.clone()));
    }
    assemble(|out| {
        let mut done = 0;
        for at in places {
            out.extend_from_slice(&text[done..at]);
            out.extend_from_slice(new);
            check_size(Some(out.len()))?;
            done = at + old.len();
        }
        out.extend_from_slice(&text[done..]);
        Ok(())
    })
}

/// Replaces one byte by another.
fn exchanged(text: &Text, old: u8, new: u8) -> Outcome {
    let Some(first) = memchr::memchr(old, text) else { return Ok(Value::Str(text.clone())) };
    assemble(|out| {
        out.extend_from_slice(text);
        out[first..].iter_mut().filter(|byte| **byte == old).for_each(|byte| *byte = new);
        Ok(())
    })
}

fn interspersed(text: &Text, new: &Text) -> Outcome {
    assemble(|out| {
        let mut rest: &[u8] = text;
        out.extend_from_slice(new);
        while !rest.is_empty() {
            let (_, length) = decode_rune(rest);
            let (rune, after) = rest.split_at(length);
            out.extend_from_slice(rune);
            out.extend_from_slice(new);
            check_size(Some(out.len()))?;
            rest = after;
        }
        Ok(())
    })
}
