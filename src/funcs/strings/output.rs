//! Texts that functions make: one allocation each, and none beyond a limit.

use crate::diagnostic::Fault;
use crate::value::{Text, Value};
use std::cell::Cell;

/// The most bytes that one call of a function may make.
pub const MAX_TEXT: usize = 64 << 20;

/// A buffer that grew beyond this is not kept for the next call.
const MAX_KEPT: usize = 1 << 20;

thread_local! {
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Makes a text of what `write` appends to an empty buffer.
///
/// The buffer stays with the thread, so the text is the only allocation.
pub(crate) fn assemble(write: impl FnOnce(&mut Vec<u8>) -> Result<(), Fault>) -> Result<Value, Fault> {
    let mut buffer = BUFFER.take();
    buffer.clear();
    let outcome = write(&mut buffer).and_then(|()| {
        check_size(Some(buffer.len()))?;
        Ok(Value::Str(Text::from(buffer.as_slice())))
    });
    if buffer.capacity() <= MAX_KEPT {
        BUFFER.set(buffer);
    }
    outcome
}

/// Refuses a result of more than [`MAX_TEXT`] bytes; `None` stands for a size beyond all numbers.
pub(crate) fn check_size(bytes: Option<usize>) -> Result<(), Fault> {
    match bytes {
        Some(bytes) if bytes <= MAX_TEXT => Ok(()),
        _ => Err(Fault::new(format!("result is larger than the limit of {MAX_TEXT} bytes"))),
    }
}

/// The text itself where `part` is all of it, or else a new one.
pub(super) fn part_of(text: &Text, part: &[u8]) -> Value {
    if part.len() == text.len() { Value::Str(text.clone()) } else { Value::Str(Text::from(part)) }
}

/// Appends a character in UTF-8.
pub(super) fn push_rune(out: &mut Vec<u8>, rune: char) {
    out.extend_from_slice(rune.encode_utf8(&mut [0; 4]).as_bytes());
}
