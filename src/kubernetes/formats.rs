//! Formats of strings that an API server checks.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Whether bytes are base64 as Go reads it: line breaks are passed over.
pub(super) fn is_base64(text: &[u8]) -> bool {
    let plain: Vec<u8> = text.iter().copied().filter(|byte| !matches!(byte, b'\n' | b'\r')).collect();
    STANDARD.decode(plain).is_ok()
}

/// Whether a text is a time of RFC 3339.
pub(super) fn is_date_time(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let Some((date, time)) = text.split_once(['T', 't']) else { return false };
    is_date(date) && time.contains([':']) && text.parse::<jiff::Timestamp>().is_ok()
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

/// Whether a text has a format of a structural schema; formats that an API server passes over take everything.
pub(super) fn fits(format: &str, text: &str) -> bool {
    match format {
        "date" => is_date(text),
        "date-time" | "datetime" => is_date_time(text.as_bytes()),
        "ipv4" => text.parse::<Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<Ipv6Addr>().is_ok(),
        "cidr" => super::address::is_cidr(text),
        "uuid" | "uuid3" | "uuid4" | "uuid5" => is_uuid(text),
        "duration" => super::quantity::duration(text).is_some(),
        "byte" => is_base64(text.as_bytes()),
        _ => true,
    }
}

fn is_uuid(text: &str) -> bool {
    let plain: Vec<u8> = text.bytes().filter(|byte| *byte != b'-').collect();
    plain.len() == 32 && plain.iter().all(u8::is_ascii_hexdigit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_those_of_an_api_server() {
        assert!(is_base64(b"aGk=\n") && is_base64(b"") && !is_base64(b"hi!"));
        assert!(is_date_time(b"2026-01-31T12:00:00Z") && !is_date_time(b"2026-01-31"));
        for (format, text, wanted) in [
            ("ipv4", "10.0.0.1", true),
            ("ipv4", "10.0.0.256", false),
            ("cidr", "10.0.0.0/8", true),
            ("cidr", "10.0.0.0", false),
            ("duration", "1h30m", true),
            ("duration", "an hour", false),
            ("hostname", "!", true),
        ] {
            assert_eq!(fits(format, text), wanted, "{format} {text}");
        }
    }
}
