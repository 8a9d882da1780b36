//! Functions that keep a piece of a text, counted in bytes.

use super::output::{assemble, part_of};
use crate::diagnostic::Fault;
use crate::template::func::{Args, Outcome};
use crate::value::{Text, Value};

/// Keeps the first bytes of a text, or the last ones when the count is negative.
// Bytes, not characters, as Sprig counts them: charts cut names to 63 this way.
pub(super) fn trunc(args: Args<'_>) -> Outcome {
    let (count, text) = (args.int(0)?, args.text(1)?);
    let kept = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    if kept >= text.len() {
        return Ok(Value::Str(text.clone()));
    }
    Ok(part_of(text, if count < 0 { &text[text.len() - kept..] } else { &text[..kept] }))
}

/// Cuts from one position to another; a negative start means the beginning, an end that is negative or too big the end.
pub(super) fn substr(args: Args<'_>) -> Outcome {
    let (start, end, text) = (args.int(0)?, args.int(1)?, args.text(2)?);
    let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
    let out_of_range = |what: String| Err(Fault::new(format!("runtime error: slice bounds out of range {what}")));
    let (from, to) = match (start, end) {
        (..0, ..0) => return out_of_range(format!("[:{end}]")),
        (..0, _) if end > length => return out_of_range(format!("[:{end}] with length {length}")),
        (..0, _) => (0, end),
        _ if end < 0 || end > length => (start, length),
        _ => (start, end),
    };
    let range = usize::try_from(from).ok().zip(usize::try_from(to).ok());
    match range.and_then(|(from, to)| text.get(from..to)) {
        Some(part) => Ok(part_of(text, part)),
        None => out_of_range(format!("[{from}:{to}]")),
    }
}

pub(super) fn abbrev(args: Args<'_>) -> Outcome {
    let (width, text) = (args.int(0)?, args.text(1)?);
    if width < 4 {
        return Ok(Value::Str(text.clone()));
    }
    abbreviated(text, 0, width)
}

pub(super) fn abbrevboth(args: Args<'_>) -> Outcome {
    let (left, right, text) = (args.int(0)?, args.int(1)?, args.text(2)?);
    if right < 4 || left > 0 && right < 7 {
        return Ok(Value::Str(text.clone()));
    }
    abbreviated(text, left, right)
}

/// Shortens a text to `width` (at least 4) bytes with dots behind it, and before it when `offset` lies past 4.
fn abbreviated(text: &Text, offset: i64, width: i64) -> Outcome {
    let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
    if length <= width {
        return Ok(Value::Str(text.clone()));
    }
    let kept = width - 3;
    let offset = offset.min(length);
    let offset = if length.wrapping_sub(offset) < kept { length - kept } else { offset };
    if offset <= 4 {
        return dotted(b"", &text[..position(kept)], b"...");
    }
    if width < 7 {
        return Ok(Value::str(""));
    }
    if offset + kept < length {
        let rest = &text[position(offset)..];
        return dotted(b"...", &rest[..position(kept - 3)], b"...");
    }
    dotted(b"...", &text[position(length - kept)..], b"")
}

fn position(number: i64) -> usize {
    usize::try_from(number).unwrap_or(0)
}

fn dotted(before: &[u8], text: &[u8], after: &[u8]) -> Outcome {
    assemble(|out| {
        for part in [before, text, after] {
            out.extend_from_slice(part);
        }
        Ok(())
    })
}
