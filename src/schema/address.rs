//! IP addresses as Go's `net/netip` parses them, with its error texts.

use super::message::go_quoted;

/// What an address is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Family {
    V4,
    V6 {
        /// Whether a zone such as `%eth0` follows.
        zone: bool,
    },
}

pub(super) fn parse(text: &str) -> Result<Family, String> {
    let problem = |problem: Problem<'_>| {
        let at = if problem.at.is_empty() { String::new() } else { format!(" (at {})", go_quoted(problem.at)) };
        format!("ParseAddr({}): {}{at}", go_quoted(text), problem.text)
    };
    match text.bytes().find(|byte| matches!(byte, b'.' | b':' | b'%')) {
        Some(b'.') => v4(text).map(|()| Family::V4).map_err(problem),
        Some(b':') => v6(text).map_err(problem),
        Some(_) => Err(problem(Problem::new("missing IPv6 address"))),
        None => Err(problem(Problem::new("unable to parse IP"))),
    }
}

struct Problem<'a> {
    text: &'static str,
    at: &'a str,
}

impl<'a> Problem<'a> {
    fn new(text: &'static str) -> Problem<'a> {
        Problem { text, at: "" }
    }

    fn at(text: &'static str, at: &'a str) -> Problem<'a> {
        Problem { text, at }
    }
}

fn v4(text: &str) -> Result<(), Problem<'_>> {
    let bytes = text.as_bytes();
    let (mut value, mut digits, mut dots) = (0_u32, 0, 0);
    for (at, byte) in text.char_indices() {
        match byte {
            '0'..='9' => {
                if digits == 1 && value == 0 {
                    return Err(Problem::new("IPv4 field has octet with leading zero"));
                }
                value = value * 10 + (byte as u32 - '0' as u32);
                digits += 1;
                if value > 255 {
                    return Err(Problem::new("IPv4 field has value >255"));
                }
            }
            '.' => {
                if at == 0 || at + 1 == bytes.len() || bytes[at - 1] == b'.' {
                    return Err(Problem::at("IPv4 field must have at least one digit", &text[at..]));
                }
                if dots == 3 {
                    return Err(Problem::new("IPv4 address too long"));
                }
                (value, digits, dots) = (0, 0, dots + 1);
            }
            _ => return Err(Problem::at("unexpected character", &text[at..])),
        }
    }
    if dots < 3 { Err(Problem::new("IPv4 address too short")) } else { Ok(()) }
}

fn v6(text: &str) -> Result<Family, Problem<'_>> {
    let (mut rest, zone) = match text.split_once('%') {
        Some((_, "")) => return Err(Problem::new("zone must be a non-empty string")),
        Some((address, _)) => (address, true),
        None => (text, false),
    };
    let mut ellipsis = rest.starts_with("::");
    if ellipsis {
        rest = &rest[2..];
        if rest.is_empty() {
            return Ok(Family::V6 { zone });
        }
    }
    let mut size = 0;
    while size < 16 {
        let digits = hex_group(rest)?;
        if rest[digits..].starts_with('.') {
            let short = !ellipsis && size != 12;
            if short {
                let wanted = "embedded IPv4 address must replace the final 2 fields of the address";
                return Err(Problem::at(wanted, rest));
            }
            if size + 4 > 16 {
                let wanted = "too many hex fields to fit an embedded IPv4 at the end of the address";
                return Err(Problem::at(wanted, rest));
            }
            v4(rest)?;
            size += 4;
            rest = "";
            break;
        }
        size += 2;
        rest = &rest[digits..];
        match rest.as_bytes() {
            [] => break,
            [b':'] => return Err(Problem::at("colon must be followed by more characters", rest)),
            [b':', ..] => rest = &rest[1..],
            _ => return Err(Problem::at("unexpected character, want colon", rest)),
        }
        if rest.starts_with(':') {
            if ellipsis {
                return Err(Problem::at("multiple :: in address", rest));
            }
            ellipsis = true;
            rest = &rest[1..];
            if rest.is_empty() {
                break;
            }
        }
    }
    if !rest.is_empty() {
        return Err(Problem::at("trailing garbage after address", rest));
    }
    match (size < 16, ellipsis) {
        (true, false) => Err(Problem::new("address string too short")),
        (false, true) => Err(Problem::new("the :: must expand to at least one field of zeros")),
        _ => Ok(Family::V6 { zone }),
    }
}

/// How many hexadecimal digits start `text`: one to four.
fn hex_group(text: &str) -> Result<usize, Problem<'_>> {
    match text.bytes().take_while(u8::is_ascii_hexdigit).count() {
        0 => Err(Problem::at("each colon-separated field must have at least one digit", text)),
        digits @ 1..=4 => Ok(digits),
        _ => Err(Problem::at("each group must have 4 or less digits", text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_of_go() {
        for good in ["::", "::1", "1::", "fe80::1", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4", "1:2:3:4:5:6:1.2.3.4"] {
            assert_eq!(parse(good), Ok(Family::V6 { zone: false }), "{good}");
        }
        assert_eq!(parse("fe80::1%eth0"), Ok(Family::V6 { zone: true }));
        assert_eq!(parse("1.2.3.4"), Ok(Family::V4));
        for (bad, wanted) in [
            ("x", "ParseAddr(\"x\"): unable to parse IP"),
            ("1::2::3", "ParseAddr(\"1::2::3\"): multiple :: in address (at \":3\")"),
            ("12345::", "ParseAddr(\"12345::\"): each group must have 4 or less digits (at \"12345::\")"),
            ("1:2", "ParseAddr(\"1:2\"): address string too short"),
            ("1:2:3:4:5:6:7:8:9", "ParseAddr(\"1:2:3:4:5:6:7:8:9\"): trailing garbage after address (at \"9\")"),
            ("1:", "ParseAddr(\"1:\"): colon must be followed by more characters (at \":\")"),
            ("::g", "ParseAddr(\"::g\"): each colon-separated field must have at least one digit (at \"g\")"),
            ("::1.2.3", "ParseAddr(\"::1.2.3\"): IPv4 address too short"),
            ("256.1.1.1", "ParseAddr(\"256.1.1.1\"): IPv4 field has value >255"),
        ] {
            assert_eq!(parse(bad), Err(wanted.to_owned()), "{bad}");
        }
    }
}
