//! Conversions of any value to a number, by the rules of Sprig's casting library: texts are parsed, bools count,
//! everything else is 0.

use super::parse::{parse_float, parse_int};
use crate::value::Value;

/// Go's `int`, which has 64 bits.
pub(crate) fn to_int(value: &Value) -> i64 {
    to_int64(value)
}

/// Go's `int64`. A text may have a base prefix, underscores and a fraction of zeros.
pub(crate) fn to_int64(value: &Value) -> i64 {
    match value {
        Value::Int(number) | Value::Int64(number) => *number,
        Value::Uint64(number) => *number as i64,
        Value::Uint8(number) => i64::from(*number),
        Value::Float(number) => truncate(*number),
        Value::Bool(flag) => i64::from(*flag),
        Value::Str(text) => parse_int(without_zero_fraction(text), 0).unwrap_or_default(),
        Value::Object(_) => calendar_number(value).unwrap_or_default(),
        _ => 0,
    }
}

/// Go's `float64`.
pub(crate) fn to_float64(value: &Value) -> f64 {
    match value {
        Value::Int(number) | Value::Int64(number) => *number as f64,
        Value::Uint64(number) => *number as f64,
        Value::Uint8(number) => f64::from(*number),
        Value::Float(number) => *number,
        Value::Bool(flag) => f64::from(u8::from(*flag)),
        Value::Str(text) => parse_float(text).unwrap_or_default(),
        Value::Object(_) => calendar_number(value).unwrap_or_default() as f64,
        _ => 0.0,
    }
}

/// Months and weekdays are the only named types that count as numbers.
fn calendar_number(value: &Value) -> Option<i64> {
    let Value::Object(object) = value else { return None };
    if !matches!(object.go_type().as_ref(), "time.Month" | "time.Weekday") {
        return None;
    }
    match object.underlying()? {
        Value::Int(number) => Some(number),
        _ => None,
    }
}

/// A float without its fraction. What does not fit becomes the smallest integer, as on amd64.
pub(crate) fn truncate(number: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&number) { number as i64 } else { i64::MIN }
}

/// `1.00` without its `.00`. The library stops at the first point from the right that has a zero behind it.
fn without_zero_fraction(text: &[u8]) -> &[u8] {
    let mut zero = false;
    for (at, byte) in text.iter().enumerate().rev() {
        match byte {
            b'.' if zero => return &text[..at],
            b'.' => {}
            b'0' => zero = true,
            _ => break,
        }
    }
    text
}
