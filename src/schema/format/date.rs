//! Dates, times, durations and periods.

use super::{atoi, ensure};
use crate::schema::message::go_quoted_char;

pub(super) fn date(text: &str) -> Result<(), String> {
    const LAYOUT: [(&str, usize); 5] = [("2006", 4), ("-", 1), ("01", 2), ("-", 1), ("02", 2)];
    let problem = |what: &str| format!("parsing time {}: {what} out of range", quoted(text.as_bytes()));
    let (mut rest, mut numbers) = (text.as_bytes(), Vec::with_capacity(3));
    for (element, width) in LAYOUT {
        let part = rest.get(..width).unwrap_or_default();
        let fits = match element {
            "-" => part == b"-",
            _ => !part.is_empty() && part.iter().all(u8::is_ascii_digit),
        };
        if !fits {
            let (text, rest) = (quoted(text.as_bytes()), quoted(rest));
            return Err(format!("parsing time {text} as \"2006-01-02\": cannot parse {rest} as \"{element}\""));
        }
        rest = &rest[width..];
        if element != "-" {
            numbers.push(part.iter().fold(0_u32, |number, digit| number * 10 + u32::from(digit - b'0')));
        }
        if element == "01" && !numbers.get(1).is_some_and(|month| (1..=12).contains(month)) {
            return Err(problem("month"));
        }
    }
    if !rest.is_empty() {
        return Err(format!("parsing time {}: extra text: {}", quoted(text.as_bytes()), quoted(rest)));
    }
    let [year, month, day] = numbers[..] else { return Ok(()) };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    ensure((1..=days).contains(&day), &problem("day"))
}

/// A text in double quotes as Go's `time` package shows it: everything beyond ASCII as bytes.
fn quoted(text: &[u8]) -> String {
    let mut out = String::from("\"");
    for byte in text {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(*byte)]),
            b' '..=b'\x7f' => out.push(char::from(*byte)),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push('"');
    out
}

pub(super) fn time(text: &str) -> Result<(), String> {
    time_of_day(text.as_bytes())
}

fn time_of_day(text: &[u8]) -> Result<(), String> {
    ensure(text.len() >= 9, "less than 9 characters long")?;
    ensure(text[2] == b':' && text[5] == b':', "missing colon in correct place")?;
    let number = |part: &[u8]| std::str::from_utf8(part).ok().and_then(|part| atoi(part).ok());
    let mut parts = [0; 3];
    for (at, part) in parts.iter_mut().enumerate() {
        let Some(found) = number(&text[at * 3..at * 3 + 2]) else { return Err("invalid hour/min/sec".into()) };
        ensure(found >= 0, "non-positive hour/min/sec")?;
        *part = found;
    }
    let [mut hour, mut minute, second] = parts;
    ensure(hour <= 23 && minute <= 59 && second <= 60, "hour/min/sec out of range")?;
    let mut rest = &text[8..];
    if let Some(fraction) = rest.strip_prefix(b".") {
        let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
        ensure(digits > 0, "no digits in second fraction")?;
        rest = &fraction[digits..];
    }
    if !matches!(rest, b"z" | b"Z") {
        ensure(rest.len() == 6, "offset must be 6 characters long")?;
        let sign = match rest[0] {
            b'+' => -1,
            b'-' => 1,
            _ => return Err("offset must begin with plus/minus".into()),
        };
        ensure(rest[3] == b':', "missing colon in offset in correct place")?;
        let mut offset = [0; 2];
        for (at, part) in offset.iter_mut().enumerate() {
            let Some(found) = number(&rest[at * 3 + 1..at * 3 + 3]) else {
                return Err("invalid hour/min in offset".into());
            };
            ensure(found >= 0, "non-positive hour/min in offset")?;
            *part = found;
        }
        ensure(offset[0] <= 23 && offset[1] <= 59, "hour/min in offset out of range")?;
        let mut minutes = hour * 60 + minute + sign * (offset[0] * 60 + offset[1]);
        if minutes < 0 {
            minutes += 24 * 60;
        }
        (hour, minute) = (minutes / 60, minutes % 60);
    }
    ensure(second < 60 || (hour == 23 && minute == 59), "invalid leap second")
}

pub(super) fn date_time(text: &str) -> Result<(), String> {
    let bytes = text.as_bytes();
    ensure(bytes.len() >= 20, "less than 20 characters long")?;
    ensure(matches!(bytes[10], b't' | b'T'), "11th character must be t or T")?;
    let day = String::from_utf8_lossy(&bytes[..10]);
    date(&day).map_err(|problem| format!("invalid date element: {problem}"))?;
    time_of_day(&bytes[11..]).map_err(|problem| format!("invalid time element: {problem}"))
}

pub(super) fn duration(text: &str) -> Result<(), String> {
    let Some(rest) = text.strip_prefix('P') else { return Err("must start with P".into()) };
    ensure(!rest.is_empty(), "nothing after P")?;
    if let Some(weeks) = rest.strip_suffix('W') {
        ensure(!weeks.is_empty(), "no number in week")?;
        return ensure(weeks.bytes().all(|byte| byte.is_ascii_digit()), "invalid week");
    }
    for (at, part) in rest.split('T').enumerate() {
        ensure(at == 0 || !part.is_empty(), "no time elements")?;
        match at {
            0 => elements(part, "YMD")?,
            1 => elements(part, "HMS")?,
            _ => return Err("more than one T".into()),
        }
    }
    Ok(())
}

/// Checks `1Y2M`, whose units stand in the order of `all`.
fn elements(mut text: &str, all: &str) -> Result<(), String> {
    let mut units = all;
    while !text.is_empty() {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        ensure(digits > 0, "missing number")?;
        let Some(unit) = text.as_bytes().get(digits).map(|byte| char::from(*byte)) else {
            return Err("missing unit".into());
        };
        let Some(at) = units.find(unit) else {
            let shown = go_quoted_char(unit);
            return Err(match all.contains(unit) {
                true => format!("unit {shown} out of order"),
                false => format!("invalid unit {shown}"),
            });
        };
        units = &units[at + 1..];
        text = &text[digits + 1..];
    }
    Ok(())
}

pub(super) fn period(text: &str) -> Result<(), String> {
    let Some((start, end)) = text.split_once('/') else { return Err("missing slash".into()) };
    if start.starts_with('P') {
        duration(start).map_err(|problem| format!("invalid start duration: {problem}"))?;
    } else {
        date_time(start).map_err(|problem| format!("invalid start date-time: {problem}"))?;
        if end.starts_with('P') {
            return duration(end).map_err(|problem| format!("invalid end duration: {problem}"));
        }
    }
    date_time(end).map_err(|problem| format!("invalid end date-time: {problem}"))
}
