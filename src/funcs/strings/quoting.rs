//! Functions that print values: `quote`, `squote`, `cat`, `toString`.

use super::output::{assemble, check_size};
use crate::template::func::{Args, Outcome};
use crate::value::Value;
use crate::value::print::{quote as quoted, strval, write_value};

/// Puts each value that is not nil between double quotes, escaped as Go does it.
pub(super) fn quote(args: Args<'_>) -> Outcome {
    assemble(|out| {
        for value in present(args) {
            separate(out);
            match value {
                Value::Str(text) => push_quoted(out, text),
                _ => push_quoted(out, &strval(value)?),
            }
            check_size(Some(out.len()))?;
        }
        Ok(())
    })
}

/// Puts each value that is not nil between single quotes; nothing is escaped.
pub(super) fn squote(args: Args<'_>) -> Outcome {
    assemble(|out| {
        for value in present(args) {
            separate(out);
            out.push(b'\'');
            write_value(out, value)?;
            out.push(b'\'');
            check_size(Some(out.len()))?;
        }
        Ok(())
    })
}

/// Joins all values that are not nil with spaces.
pub(super) fn cat(args: Args<'_>) -> Outcome {
    assemble(|out| {
        for (at, value) in present(args).enumerate() {
            if at > 0 {
                out.push(b' ');
            }
            write_value(out, value)?;
            check_size(Some(out.len()))?;
        }
        Ok(())
    })
}

pub(super) fn to_string(args: Args<'_>) -> Outcome {
    strval(args.value(0)).map(Value::Str)
}

fn present(args: Args<'_>) -> impl Iterator<Item = &Value> {
    args.0.iter().filter(|value| !value.is_nil())
}

/// What was quoted before is never empty, so an empty buffer is the beginning.
fn separate(out: &mut Vec<u8>) {
    if !out.is_empty() {
        out.push(b' ');
    }
}

fn push_quoted(out: &mut Vec<u8>, text: &[u8]) {
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    if !text.iter().all(is_plain) {
        out.extend_from_slice(&quoted(text));
        return;
    }
    out.reserve(text.len() + 2);
    out.push(b'"');
    out.extend_from_slice(text);
    out.push(b'"');
}
