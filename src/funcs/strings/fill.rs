//! Functions that repeat, indent and wrap.

use super::output::{assemble, check_size};
use crate::diagnostic::Fault;
use crate::template::func::{Args, Outcome};
use crate::value::{Text, Value};

pub(super) fn repeat(args: Args<'_>) -> Outcome {
    let (count, text) = (repetitions(args.int(0)?)?, args.text(1)?);
    let size = text.len().checked_mul(count);
    if size.is_none_or(|size| i64::try_from(size).is_err()) {
        return Err(Fault::new("strings: Repeat output length overflow"));
    }
    check_size(size)?;
    match size {
        _ if count == 1 => Ok(Value::Str(text.clone())),
        Some(0) | None => Ok(Value::str("")),
        Some(size) => assemble(|out| {
            out.reserve(size);
            for _ in 0..count {
                out.extend_from_slice(text);
            }
            Ok(())
        }),
    }
}

/// Puts spaces before each line, empty ones included.
pub(super) fn indent(args: Args<'_>) -> Outcome {
    indented(b"", args.int(0)?, args.text(1)?)
}

/// Does the same as `indent`, on a new line.
pub(super) fn nindent(args: Args<'_>) -> Outcome {
    indented(b"\n", args.int(0)?, args.text(1)?)
}

/// Breaks at spaces into lines of at most that many bytes; longer words stay whole.
pub(super) fn wrap(args: Args<'_>) -> Outcome {
    wrapped(args.text(1)?, args.int(0)?, b"\n", LongWords::Keep)
}

/// Breaks as `wrap` does, with another text for the line break; longer words are broken, too.
pub(super) fn wrap_with(args: Args<'_>) -> Outcome {
    let line_break = args.text(1)?.as_bytes();
    let line_break = if line_break.is_empty() { b"\n" } else { line_break };
    wrapped(args.text(2)?, args.int(0)?, line_break, LongWords::Break)
}

fn repetitions(count: i64) -> Result<usize, Fault> {
    usize::try_from(count).map_err(|_| Fault::new("strings: negative Repeat count"))
}

fn indented(lead: &[u8], spaces: i64, text: &Text) -> Outcome {
    let spaces = repetitions(spaces)?;
    if spaces == 0 && lead.is_empty() {
        return Ok(Value::Str(text.clone()));
    }
    let lines = memchr::memchr_iter(b'\n', text).count() + 1;
    let size = lines.checked_mul(spaces).and_then(|size| size.checked_add(text.len() + lead.len()));
    check_size(size)?;
    assemble(|out| {
        out.reserve(size.unwrap_or_default());
        out.extend_from_slice(lead);
        let mut done = 0;
        for at in memchr::memchr_iter(b'\n', text) {
            push_spaces(out, spaces);
            out.extend_from_slice(&text[done..=at]);
            done = at + 1;
        }
        push_spaces(out, spaces);
        out.extend_from_slice(&text[done..]);
        Ok(())
    })
}

fn push_spaces(out: &mut Vec<u8>, spaces: usize) {
    out.resize(out.len() + spaces, b' ');
}

/// What becomes of a word that is longer than a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LongWords {
    Keep,
    Break,
}

fn wrapped(text: &Text, width: i64, line_break: &[u8], long_words: LongWords) -> Outcome {
    let width = usize::try_from(width.max(1)).unwrap_or(usize::MAX);
    if text.len() <= width {
        return Ok(Value::Str(text.clone()));
    }
    assemble(|out| {
        let mut rest: &[u8] = text;
        while rest.len() > width {
            if let Some(next) = rest.strip_prefix(b" ") {
                rest = next;
                continue;
            }
            // A space right behind the line is a place to break, too.
            let (line, next) = match (memchr::memrchr(b' ', &rest[..=width]), long_words) {
                (Some(space), _) => (&rest[..space], &rest[space + 1..]),
                (None, LongWords::Break) => rest.split_at(width),
                (None, LongWords::Keep) => match memchr::memchr(b' ', &rest[width..]) {
                    Some(space) => (&rest[..width + space], &rest[width + space + 1..]),
                    None => break,
                },
            };
            out.extend_from_slice(line);
            out.extend_from_slice(line_break);
            check_size(Some(out.len()))?;
            rest = next;
        }
        out.extend_from_slice(rest);
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_a_limit() {
        let most = i64::MAX;
        let long = Value::from("a\n".repeat(1 << 16));
        let limit = "result is larger than the limit of 67108864 bytes";
        for (outcome, wanted) in [
            (repeat(Args(&[Value::Int(1 << 40), Value::str("ab")])), limit),
            (repeat(Args(&[Value::Int(most), Value::str("abc")])), "strings: Repeat output length overflow"),
            (repeat(Args(&[Value::Int(-1), Value::str("")])), "strings: negative Repeat count"),
            (indent(Args(&[Value::Int(most), Value::str("a\nb")])), limit),
            (nindent(Args(&[Value::Int(1 << 30), Value::str("")])), limit),
            (wrap_with(Args(&[Value::Int(1), long.clone(), long])), limit),
        ] {
            assert_eq!(outcome.expect_err(wanted).message(), wanted);
        }
        let empty = repeat(Args(&[Value::Int(most), Value::str("")])).expect("nothing");
        assert!(empty.as_str().is_some_and(|text| text.is_empty()));
    }
}
