//! Go's `fmt`: `%v`, the other verbs, and the number and string forms of `strconv` beneath them.
//!
//! Values enter, bytes leave. The reference is Go 1.26's packages `fmt` and `strconv`, the texts for bad verbs included.
//! Values that contain themselves (which Go answers with a stack overflow) and outputs beyond [`MAX_PRINTED`] are faults.

mod complex;
mod float;
mod operand;
mod printable;
mod printf;
mod quote;
mod scalar;

pub use complex::Complex;
pub use float::{format_float, format_float32, write_float};
pub use printable::is_printable;
pub use printf::sprintf;
pub use quote::{can_backquote, decode_rune, quote, quote_ascii, quote_rune, quote_rune_ascii, rune_count};

use super::{Kind, List, ListKind, Text, Value};
use crate::diagnostic::Fault;
use bytes::Bytes;
use operand::Printer;

/// How deeply a value may be nested to be printed.
pub const MAX_PRINT_DEPTH: usize = 1000;

/// How many bytes one call may print.
pub const MAX_PRINTED: usize = 64 << 20;

/// Appends `%v` of a value, as `fmt.Fprint` of one operand does; nil is `<nil>`.
pub fn write_value(out: &mut Vec<u8>, value: &Value) -> Result<(), Fault> {
    match value {
        Value::Str(text) => out.extend_from_slice(text),
        Value::Float(number) => write_float(out, *number, 'g', -1),
        Value::Bool(flag) => out.extend_from_slice(if *flag { b"true" } else { b"false" }),
        Value::Int(number) | Value::Int64(number) => scalar::write_decimal(out, *number),
        _ => return Printer::new(out).print(value),
    }
    Ok(())
}

/// Appends a value as a template action prints it: nothing and nil are `<no value>`, pointers are followed.
///
/// Functions cannot be printed in Go; the caller checks [`Kind::Func`] first, because the message quotes the node.
pub fn write_printable(out: &mut Vec<u8>, value: &Value) -> Result<(), Fault> {
    match value {
        Value::Invalid | Value::Nil => out.extend_from_slice(b"<no value>"),
        Value::Object(object) => match object.display_in_place() {
            Some(text) => out.extend_from_slice(text.as_bytes()),
            None if object.kind() == Kind::Ptr && object.display().is_none() => {
                return Printer::new(out).print_pointed(&**object);
            }
            None => return write_value(out, value),
        },
        _ => return write_value(out, value),
    }
    Ok(())
}

/// `%v` of a value as a text; a string is only shared.
pub fn to_text(value: &Value) -> Result<Text, Fault> {
    if let Value::Str(text) = value {
        return Ok(text.clone());
    }
    let mut out = Vec::new();
    write_value(&mut out, value)?;
    Ok(Text::from(out))
}

/// Sprig's `strval`: strings and byte slices as they are, everything else as `%v`.
pub fn strval(value: &Value) -> Result<Text, Fault> {
    match value {
        Value::List(list) if list.kind() == ListKind::Byte => Ok(Text::from(bytes_of(list).as_ref())),
        _ => to_text(value),
    }
}

/// The bytes of a `[]byte`.
fn bytes_of(list: &List) -> Bytes {
    list.to_bytes().unwrap_or_default()
}

/// `fmt.Sprint`: `%v` of each value, with a space between two that are both no strings.
pub fn sprint(values: &[Value]) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::new();
    let mut after_text = true;
    for value in values {
        let is_text = value.kind() == Kind::String;
        if !is_text && !after_text {
            out.push(b' ');
        }
        write_value(&mut out, value)?;
        check_size(out.len())?;
        after_text = is_text;
    }
    Ok(out)
}

/// `fmt.Sprintln`: `%v` of each value, with a space between and a line break at the end.
pub fn sprintln(values: &[Value]) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::new();
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            out.push(b' ');
        }
        write_value(&mut out, value)?;
        check_size(out.len())?;
    }
    out.push(b'\n');
    Ok(out)
}

fn check_size(len: usize) -> Result<(), Fault> {
    if len > MAX_PRINTED {
        return Err(Fault::new(format!("printed text is larger than {MAX_PRINTED} bytes")));
    }
    Ok(())
}
