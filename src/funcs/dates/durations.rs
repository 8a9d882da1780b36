//! Helm 4.3's duration functions.

use super::SECOND;
use super::duration::Duration;
use crate::diagnostic::Fault;
use crate::funcs::numbers::cast::truncate;
use crate::funcs::numbers::parse::parse_float;
use crate::template::func::{Args, Func, Outcome, Param};
use crate::value::Value;
use crate::value::print::{format_float, quote};

/// The duration functions that came with Helm 4.3.
pub const DURATION_FUNCS: &[Func] = &[
    Func::new("durationDays", ONE, |args| Ok(Value::Float(known(args, 0).hours() / 24.0))),
    Func::new("durationHours", ONE, |args| Ok(Value::Float(known(args, 0).hours()))),
    Func::new("durationMicroseconds", ONE, |args| Ok(Value::Int64(known(args, 0).0 / 1_000))),
    Func::new("durationMilliseconds", ONE, |args| Ok(Value::Int64(known(args, 0).0 / 1_000_000))),
    Func::new("durationMinutes", ONE, |args| Ok(Value::Float(known(args, 0).minutes()))),
    Func::new("durationNanoseconds", ONE, |args| Ok(Value::Int64(known(args, 0).0))),
    Func::new("durationRoundTo", TWO, round_to),
    Func::new("durationSeconds", ONE, |args| Ok(Value::Float(known(args, 0).seconds()))),
    Func::new("durationTruncateTo", TWO, truncate_to),
    Func::new("durationWeeks", ONE, |args| Ok(Value::Float(known(args, 0).hours() / 24.0 / 7.0))),
    Func::new("mustToDuration", ONE, |args| Ok(duration_of(args.value(0))?.into())),
];

const ONE: &[Param] = &[Param::Any];
const TWO: &[Param] = &[Param::Any, Param::Any];

/// The duration of an argument, zero if it has none.
fn known(args: Args<'_>, at: usize) -> Duration {
    duration_of(args.value(at)).unwrap_or_default()
}

fn round_to(args: Args<'_>) -> Outcome {
    let duration = known(args, 0);
    Ok(duration.round(known(args, 1)).into())
}

fn truncate_to(args: Args<'_>) -> Outcome {
    let duration = known(args, 0);
    Ok(duration.truncate(known(args, 1)).into())
}

/// A duration, a duration text, or a number of seconds as number or text.
fn duration_of(value: &Value) -> Result<Duration, Fault> {
    if let Some(duration) = value.as_object::<Duration>() {
        return Ok(*duration);
    }
    let named = match value {
        Value::Object(object) => object.underlying(),
        _ => None,
    };
    match named.as_ref().unwrap_or(value) {
        // The underlying text of a named type does not count.
        Value::Str(text) if named.is_none() => text_duration(text),
        Value::Nil | Value::Invalid => Err(Fault::new("invalid duration")),
        Value::Int(seconds) | Value::Int64(seconds) => whole_seconds(i128::from(*seconds)),
        Value::Uint64(seconds) => whole_seconds(i128::from(*seconds)),
        Value::Uint8(seconds) => whole_seconds(i128::from(*seconds)),
        Value::Float(seconds) => fractional_seconds(*seconds),
        _ => Err(Fault::new(format!("unsupported duration type {}", value.go_type()))),
    }
}

fn text_duration(text: &[u8]) -> Result<Duration, Fault> {
    let trimmed = trim_space(text);
    if trimmed.is_empty() {
        return Err(Fault::new("empty duration"));
    }
    if let Ok(duration) = Duration::parse(trimmed) {
        return Ok(duration);
    }
    match parse_float(trimmed) {
        Some(seconds) => fractional_seconds(seconds),
        None => {
            let text = quote(text);
            Err(Fault::new(format!("could not parse duration {}", String::from_utf8_lossy(&text))))
        }
    }
}

/// `strings.TrimSpace`, which leaves bytes alone that are no UTF-8.
fn trim_space(text: &[u8]) -> &[u8] {
    let mut rest = text;
    while let (rune, len @ 1..) = crate::value::print::decode_rune(rest)
        && rune.is_whitespace()
    {
        rest = &rest[len..];
    }
    while let Some(start) = (1..=rest.len().min(4))
        .map(|back| rest.len() - back)
        .find(|start| std::str::from_utf8(&rest[*start..]).is_ok_and(|tail| tail.chars().all(char::is_whitespace)))
    {
        rest = &rest[..start];
    }
    rest
}

fn whole_seconds(seconds: i128) -> Result<Duration, Fault> {
    if seconds.abs() > i128::from(i64::MAX / SECOND) {
        return Err(Fault::new(format!("duration seconds overflow: {seconds}")));
    }
    Ok(Duration((seconds as i64).wrapping_mul(SECOND)))
}

fn fractional_seconds(seconds: f64) -> Result<Duration, Fault> {
    let shown = || format_float(seconds, 'g', -1);
    if !seconds.is_finite() {
        return Err(Fault::new(format!("invalid duration seconds: {}", shown())));
    }
    if seconds.abs() > i64::MAX as f64 / SECOND as f64 {
        return Err(Fault::new(format!("duration seconds overflow: {}", shown())));
    }
    Ok(Duration(truncate(seconds * SECOND as f64)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::print::to_text;

    fn call(name: &str, args: &[Value]) -> Result<String, String> {
        let func = DURATION_FUNCS.iter().find(|func| func.name == name).unwrap();
        let crate::template::func::Body::Pure(body) = func.body else { panic!("{name}") };
        body(Args(args)).map(|value| to_text(&value).unwrap().to_string()).map_err(|fault| fault.message().to_owned())
    }

    #[test]
    fn durations_are_those_that_helm_prints() {
        let days: Value = Duration::parse(b"36h").unwrap().into();
        let cases = [
            ("durationSeconds", Value::from("-2.5"), "-2.5"),
            ("durationMilliseconds", Value::from(" 5m "), "300000"),
            ("durationMinutes", Value::from("1e3"), "16.666666666666668"),
            ("durationHours", Value::Float(1.5), "0.0004166666666666667"),
            ("durationWeeks", days, "0.21428571428571427"),
            ("durationNanoseconds", Value::Int(9_223_372_037), "0"),
            ("mustToDuration", Value::Int(95), "1m35s"),
        ];
        for (name, argument, expected) in cases {
            assert_eq!(call(name, &[argument]).unwrap(), expected, "{name}");
        }
        assert_eq!(call("durationRoundTo", &["90".into(), "1m".into()]).unwrap(), "2m0s");
        assert_eq!(call("durationTruncateTo", &["90".into(), Value::Int(60)]).unwrap(), "1m0s");
    }

    #[test]
    fn errors_are_those_that_helm_prints() {
        let cases = [
            (Value::from("x"), "could not parse duration \"x\""),
            (Value::from(""), "empty duration"),
            (Value::Nil, "invalid duration"),
            (Value::Bool(true), "unsupported duration type bool"),
            (Value::Float(1e300), "duration seconds overflow: 1e+300"),
            (Value::from("NaN"), "invalid duration seconds: NaN"),
        ];
        for (argument, expected) in cases {
            assert_eq!(call("mustToDuration", &[argument]).unwrap_err(), expected);
        }
    }
}
