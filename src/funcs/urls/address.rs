//! The check of IPv6 addresses in URLs, with the texts of Go's package `net/netip`.

use super::escape::quoted;
use crate::diagnostic::Fault;

/// What is wrong with an address, and with which rest of it.
struct Flaw<'a> {
    message: &'static str,
    at: &'a [u8],
}

impl Flaw<'_> {
    fn new(message: &'static str) -> Flaw<'static> {
        Flaw { message, at: b"" }
    }
}

/// How many groups of 16 bits an address has.
const GROUPS: usize = 8;

/// Checks that a text is an IPv6 address, with or without a zone.
pub(super) fn check_ipv6(text: &[u8]) -> Result<(), Fault> {
    let flawed = |flaw: Flaw<'_>| {
        let place = if flaw.at.is_empty() { String::new() } else { format!(" (at {})", quoted(flaw.at)) };
        Fault::new(format!("invalid host: ParseAddr({}): {}{place}", quoted(text), flaw.message))
    };
    match text.iter().find(|byte| matches!(byte, b'.' | b':' | b'%')) {
        Some(b'.') => {
            check_ipv4(text).map_err(flawed)?;
            Err(Fault::new("invalid IP-literal"))
        }
        Some(b':') => check_groups(text).map_err(flawed),
        Some(_) => Err(flawed(Flaw::new("missing IPv6 address"))),
        None => Err(flawed(Flaw::new("unable to parse IP"))),
    }
}

fn check_groups(text: &[u8]) -> Result<(), Flaw<'_>> {
    let mut rest = match memchr::memchr(b'%', text) {
        Some(at) if at + 1 == text.len() => return Err(Flaw::new("zone must be a non-empty string")),
        Some(at) => &text[..at],
        None => text,
    };
    let mut ellipsis = rest.starts_with(b"::");
    if ellipsis {
        rest = &rest[2..];
        if rest.is_empty() {
            return Ok(());
        }
    }
    let mut groups = 0;
    while groups < GROUPS {
        let digits = check_group(rest)?;
        if rest.get(digits) == Some(&b'.') {
            check_embedded(rest, groups, ellipsis)?;
            rest = b"";
            groups += 2;
            break;
        }
        groups += 1;
        rest = &rest[digits..];
        rest = match rest {
            [] => break,
            [b':'] => return Err(Flaw { message: "colon must be followed by more characters", at: rest }),
            [b':', after @ ..] => after,
            _ => return Err(Flaw { message: "unexpected character, want colon", at: rest }),
        };
        if let Some(after) = rest.strip_prefix(b":") {
            if ellipsis {
                return Err(Flaw { message: "multiple :: in address", at: rest });
            }
            ellipsis = true;
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
    }
    match (rest, groups) {
        ([], GROUPS) if ellipsis => Err(Flaw::new("the :: must expand to at least one field of zeros")),
        ([], ..GROUPS) if !ellipsis => Err(Flaw::new("address string too short")),
        ([], _) => Ok(()),
        _ => Err(Flaw { message: "trailing garbage after address", at: rest }),
    }
}

/// How many hexadecimal digits a group at the beginning of a text has.
fn check_group(text: &[u8]) -> Result<usize, Flaw<'_>> {
    match text.iter().take_while(|byte| byte.is_ascii_hexdigit()).count() {
        0 => Err(Flaw { message: "each colon-separated field must have at least one digit", at: text }),
        digits @ 1..=4 => Ok(digits),
        _ => Err(Flaw { message: "each group must have 4 or less digits", at: text }),
    }
}

fn check_embedded(text: &[u8], groups: usize, ellipsis: bool) -> Result<(), Flaw<'_>> {
    if !ellipsis && groups != GROUPS - 2 {
        let message = "embedded IPv4 address must replace the final 2 fields of the address";
        return Err(Flaw { message, at: text });
    }
    if groups + 2 > GROUPS {
        let message = "too many hex fields to fit an embedded IPv4 at the end of the address";
        return Err(Flaw { message, at: text });
    }
    check_ipv4(text)
}

fn check_ipv4(text: &[u8]) -> Result<(), Flaw<'_>> {
    let (mut value, mut digits, mut dots) = (0, 0, 0);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'0'..=b'9' => {
                if digits == 1 && value == 0 {
                    return Err(Flaw::new("IPv4 field has octet with leading zero"));
                }
                value = value * 10 + u32::from(byte - b'0');
                digits += 1;
                if value > 255 {
                    return Err(Flaw::new("IPv4 field has value >255"));
                }
            }
            b'.' => {
                if digits == 0 || at + 1 == text.len() {
                    return Err(Flaw { message: "IPv4 field must have at least one digit", at: &text[at..] });
                }
                if dots == 3 {
                    return Err(Flaw::new("IPv4 address too long"));
                }
                (value, digits, dots) = (0, 0, dots + 1);
            }
            _ => return Err(Flaw { message: "unexpected character", at: &text[at..] }),
        }
    }
    if dots < 3 { Err(Flaw::new("IPv4 address too short")) } else { Ok(()) }
}
