//! What a scalar means: go-yaml's rules for plain scalars and for tags.

use super::number::{self, Integer};

/// The prefix of the tags that YAML itself defines.
const YAML_TAG: &[u8] = b"tag:yaml.org,2002:";

/// A scalar's meaning. Strings are the characters themselves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Int(i64),
    /// Above the range of `Int`.
    Uint(u64),
    Float(f64),
    Str,
    /// A date or time, which go-yaml keeps as the string that it is.
    Timestamp,
}

impl Scalar {
    /// go-yaml's short tag for it.
    fn tag(self) -> &'static str {
        match self {
            Scalar::Null => "!!null",
            Scalar::Bool(_) => "!!bool",
            Scalar::Int(_) | Scalar::Uint(_) => "!!int",
            Scalar::Float(_) => "!!float",
            Scalar::Str => "!!str",
            Scalar::Timestamp => "!!timestamp",
        }
    }
}

/// What a plain scalar means, dates aside: they are strings.
#[inline]
pub(super) fn plain(text: &[u8]) -> Scalar {
    let Some(&first) = text.first() else { return Scalar::Null };
    match first {
        b'~' | b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' => word(text),
        b'.' => point(text),
        b'0'..=b'9' | b'+' | b'-' => numeric(text),
        _ => Scalar::Str,
    }
}

/// The words of YAML 1.1; no word is longer than five letters.
fn word(text: &[u8]) -> Scalar {
    match text {
        b"y" | b"Y" | b"yes" | b"Yes" | b"YES" | b"true" | b"True" | b"TRUE" | b"on" | b"On" | b"ON" => {
            Scalar::Bool(true)
        }
        b"n" | b"N" | b"no" | b"No" | b"NO" | b"false" | b"False" | b"FALSE" | b"off" | b"Off" | b"OFF" => {
            Scalar::Bool(false)
        }
        b"~" | b"null" | b"Null" | b"NULL" => Scalar::Null,
        _ => Scalar::Str,
    }
}

fn point(text: &[u8]) -> Scalar {
    match text {
        b".nan" | b".NaN" | b".NAN" => Scalar::Float(f64::NAN),
        b".inf" | b".Inf" | b".INF" => Scalar::Float(f64::INFINITY),
        _ => number::parse_point_float(text).map_or(Scalar::Str, Scalar::Float),
    }
}

fn numeric(text: &[u8]) -> Scalar {
    match text {
        b"+.inf" | b"+.Inf" | b"+.INF" => return Scalar::Float(f64::INFINITY),
        b"-.inf" | b"-.Inf" | b"-.INF" => return Scalar::Float(f64::NEG_INFINITY),
        _ => {}
    }
    // Whatever the base, no number holds another byte.
    let possible = |byte: &u8| {
        matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' | b'_' | b'+' | b'-' | b'.')
            || matches!(byte, b'x' | b'X' | b'o' | b'O')
    };
    if !text.iter().all(possible) {
        return Scalar::Str;
    }
    if text.contains(&b'_') {
        let plain: Vec<u8> = text.iter().copied().filter(|byte| *byte != b'_').collect();
        return number_without_marks(&plain);
    }
    number_without_marks(text)
}

fn number_without_marks(text: &[u8]) -> Scalar {
    let integer = number::parse_int(text).or_else(|| match text {
        [b'0', b'b', digits @ ..] => number::parse_signed(digits, 2),
        _ => None,
    });
    match integer {
        Some(Integer::Signed(number)) => Scalar::Int(number),
        Some(Integer::Unsigned(number)) => Scalar::Uint(number),
        None => number::parse_float(text).map_or(Scalar::Str, Scalar::Float),
    }
}

/// What a tag makes of a scalar.
pub(super) enum Tagged {
    /// The scalar, resolved; strings and dates keep their characters.
    Scalar(Scalar),
    /// The characters are base64.
    Binary,
}

/// What a scalar with this tag means, in go-yaml's words if it cannot.
pub(super) fn tagged(tag: &[u8], text: &[u8]) -> Result<Tagged, String> {
    let Some(name) = tag.strip_prefix(YAML_TAG) else { return Ok(Tagged::Scalar(Scalar::Str)) };
    let found = match name {
        b"binary" => return Ok(Tagged::Binary),
        b"bool" | b"int" | b"float" | b"null" => plain(text),
        b"timestamp" if is_timestamp(text) => Scalar::Timestamp,
        b"timestamp" => plain(text),
        _ => return Ok(Tagged::Scalar(Scalar::Str)),
    };
    #[allow(clippy::cast_precision_loss)]
    match (name, found) {
        (b"float", Scalar::Int(number)) => Ok(Tagged::Scalar(Scalar::Float(number as f64))),
        _ if found.tag().as_bytes()[2..] == *name => Ok(Tagged::Scalar(found)),
        _ => {
            let (text, name) = (String::from_utf8_lossy(text), String::from_utf8_lossy(name));
            Err(format!("cannot decode {} `{text}` as a !!{name}", found.tag()))
        }
    }
}

/// Whether go-yaml takes a text for a date or a time.
pub(super) fn is_timestamp(text: &[u8]) -> bool {
    let [a, b, c, d, b'-', rest @ ..] = text else { return false };
    if ![a, b, c, d].iter().all(|digit| digit.is_ascii_digit()) {
        return false;
    }
    let year = [a, b, c, d].iter().fold(0, |year, digit| year * 10 + u32::from(**digit - b'0'));
    let Some((month, [b'-', rest @ ..])) = one_or_two_digits(rest) else { return false };
    let Some((day, rest)) = one_or_two_digits(rest) else { return false };
    if !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) {
        return false;
    }
    match rest {
        [] => true,
        [b'T' | b't', rest @ ..] => clock(rest).is_some_and(is_zone),
        [b' ', ..] => {
            // Go lets one space of a layout stand for many.
            let spaces = rest.iter().take_while(|byte| **byte == b' ').count();
            clock(&rest[spaces..]).is_some_and(<[u8]>::is_empty)
        }
        _ => false,
    }
}

fn one_or_two_digits(text: &[u8]) -> Option<(u32, &[u8])> {
    match text {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9', rest @ ..] => {
            Some((u32::from(tens - b'0') * 10 + u32::from(ones - b'0'), rest))
        }
        [ones @ b'0'..=b'9', rest @ ..] => Some((u32::from(ones - b'0'), rest)),
        _ => None,
    }
}

fn days_in(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Hours, minutes, seconds and a fraction; what follows them.
fn clock(text: &[u8]) -> Option<&[u8]> {
    let (hour, rest) = one_or_two_digits(text)?;
    let (minute, rest) = one_or_two_digits(rest.strip_prefix(b":")?)?;
    let (second, rest) = one_or_two_digits(rest.strip_prefix(b":")?)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    match rest {
        [b'.' | b',', b'0'..=b'9', rest @ ..] => {
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            Some(&rest[digits..])
        }
        _ => Some(rest),
    }
}

fn is_zone(text: &[u8]) -> bool {
    let [b'+' | b'-', h1, h2, b':', m1, m2] = text else { return text == b"Z" };
    let two = |tens: &u8, ones: &u8| match (tens, ones) {
        (b'0'..=b'9', b'0'..=b'9') => u32::from(tens - b'0') * 10 + u32::from(ones - b'0'),
        _ => u32::MAX,
    };
    two(h1, h2) <= 24 && two(m1, m2) <= 60
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_follow_yaml_1_1() {
        let cases: [(&str, Scalar); 16] = [
            ("", Scalar::Null),
            ("yes", Scalar::Bool(true)),
            ("Off", Scalar::Bool(false)),
            ("tRue", Scalar::Str),
            ("0777", Scalar::Int(511)),
            ("0o17", Scalar::Int(15)),
            ("0b-101", Scalar::Int(-5)),
            ("08", Scalar::Float(8.0)),
            ("1_000", Scalar::Int(1000)),
            ("18446744073709551615", Scalar::Uint(u64::MAX)),
            ("18446744073709551616", Scalar::Float(18_446_744_073_709_551_616.0)),
            ("1e400", Scalar::Str),
            (".1_0", Scalar::Float(0.1)),
            ("._1", Scalar::Str),
            ("1:30", Scalar::Str),
            ("-.inf", Scalar::Float(f64::NEG_INFINITY)),
        ];
        for (text, expected) in cases {
            assert_eq!(plain(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn timestamps_are_those_of_go() {
        let dates =
            ["2001-01-01", "2001-1-1", "2001-12-14t21:59:43.10-05:00", "2001-1-1   1:2:3,5", "2000-02-29T1:2:3Z"];
        for text in dates {
            assert!(is_timestamp(text.as_bytes()), "{text}");
        }
        for text in ["2001-02-29", "2001-13-01", "201-01-01", "2001-01-01 ", "2001-01-01T24:00:00Z", "2001-01-01T1:2:3"]
        {
            assert!(!is_timestamp(text.as_bytes()), "{text}");
        }
    }
}
