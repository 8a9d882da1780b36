//! The `format` keyword: what each name asks of a string, with the texts that Helm shows.
//!
//! Drafts 4, 6 and 7 assert formats, the later ones only in their own meta-schemas.

mod date;
mod name;

use super::address::{self, Family};
use super::message::{go_quoted, go_quoted_char};
use super::url::{self, Url};

/// A check of one string.
pub(super) type Check = fn(&str) -> Result<(), String>;

/// The check of a format; `None` for names that Helm does not know. `regex` is not among them.
pub(super) fn find(name: &str) -> Option<(&'static str, Check)> {
    Some(match name {
        "json-pointer" => ("json-pointer", json_pointer),
        "relative-json-pointer" => ("relative-json-pointer", relative_json_pointer),
        "uuid" => ("uuid", uuid),
        "duration" => ("duration", date::duration),
        "period" => ("period", date::period),
        "ipv4" => ("ipv4", ipv4),
        "ipv6" => ("ipv6", ipv6),
        "hostname" => ("hostname", name::hostname),
        "email" => ("email", name::email),
        "date" => ("date", date::date),
        "time" => ("time", date::time),
        "date-time" => ("date-time", date::date_time),
        "uri" => ("uri", uri),
        "iri" => ("iri", uri),
        "uri-reference" => ("uri-reference", uri_reference),
        "iri-reference" => ("iri-reference", uri_reference),
        "uri-template" => ("uri-template", uri_template),
        "semver" => ("semver", name::semver),
        _ => return None,
    })
}

fn ensure(holds: bool, otherwise: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise.into()) }
}

fn json_pointer(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    let Some(tokens) = text.strip_prefix('/') else { return Err("not starting with /".into()) };
    let escaped = |token: &str| {
        let mut parts = token.split('~');
        parts.next();
        parts.all(|part| part.starts_with(['0', '1']))
    };
    ensure(tokens.split('/').all(escaped), "~ must be followed by 0 or 1")
}

fn relative_json_pointer(text: &str) -> Result<(), String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    ensure(digits > 0, "must start with non-negative integer")?;
    ensure(digits == 1 || !text.starts_with('0'), "starts with zero")?;
    match &text[digits..] {
        "#" => Ok(()),
        rest => json_pointer(rest),
    }
}

fn uuid(text: &str) -> Result<(), String> {
    const LENGTHS: [usize; 5] = [8, 4, 4, 4, 12];
    let groups: Vec<&str> = text.split('-').collect();
    ensure(groups.len() == LENGTHS.len(), "must have 5 elements")?;
    for (at, (group, length)) in groups.iter().zip(LENGTHS).enumerate() {
        ensure(group.len() == length, &format!("element {} must be {length} characters long", at + 1))?;
        if let Some(letter) = group.chars().find(|letter| !letter.is_ascii_hexdigit()) {
            return Err(format!("non-hex character {}", go_quoted_char(letter)));
        }
    }
    Ok(())
}

/// Go's `strconv.Atoi`.
fn atoi(text: &str) -> Result<i64, String> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let problem = |problem: &str| format!("strconv.Atoi: parsing {}: {problem}", go_quoted(text));
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(problem("invalid syntax"));
    }
    text.parse().map_err(|_| problem("value out of range"))
}

fn ipv4(text: &str) -> Result<(), String> {
    let groups: Vec<&str> = text.split('.').collect();
    ensure(groups.len() == 4, "expected four decimals")?;
    for group in groups {
        ensure(group.len() <= 1 || !group.starts_with('0'), "leading zeros")?;
        ensure((0..256).contains(&atoi(group)?), "decimal must be between 0 and 255")?;
    }
    Ok(())
}

fn ipv6(text: &str) -> Result<(), String> {
    ensure(text.contains(':'), "missing colon")?;
    let zone = matches!(address::parse(text)?, Family::V6 { zone: true });
    ensure(!zone, "zone id is not a part of ipv6 address")
}

fn parse_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text)?;
    let (host, brackets) = url.host_name();
    if host.contains(':') {
        ensure(brackets, "ipv6 address not enclosed in brackets")?;
        ipv6(host).map_err(|problem| format!("invalid ipv6 address: {problem}"))?;
    }
    Ok(url)
}

fn uri(text: &str) -> Result<(), String> {
    ensure(parse_url(text)?.is_absolute(), "relative url")
}

fn uri_reference(text: &str) -> Result<(), String> {
    ensure(!text.contains('\\'), "contains \\")?;
    parse_url(text).map(|_| ())
}

fn uri_template(text: &str) -> Result<(), String> {
    let url = parse_url(text)?;
    for token in url.raw_path().split('/') {
        let token = url::unescape(token).map_err(|problem| format!("percent decode failed: {problem}"))?;
        let mut open = false;
        for byte in token {
            match byte {
                b'{' if open => return Err("nested curly braces".into()),
                b'}' if !open => return Err("nested curly braces".into()),
                b'{' | b'}' => open = !open,
                _ => {}
            }
        }
        ensure(!open, "no matching closing brace")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(format: &str, text: &str) -> String {
        find(format).unwrap().1(text).err().unwrap_or_default()
    }

    #[test]
    fn formats_have_their_texts() {
        for (format, text, wanted) in [
            ("json-pointer", "/a~1b/~0", ""),
            ("json-pointer", "/a~", "~ must be followed by 0 or 1"),
            ("relative-json-pointer", "01", "starts with zero"),
            ("relative-json-pointer", "1/a", ""),
            ("uuid", "123e4567-e89b-12d3-a456-426614174000", ""),
            ("uuid", "123e4567-e89b-12d3-a456-42661417400g", "non-hex character 'g'"),
            ("uuid", "1-2-3-4-5", "element 1 must be 8 characters long"),
            ("ipv4", "1.2.3.x", "strconv.Atoi: parsing \"x\": invalid syntax"),
            ("ipv4", "1.2.3.256", "decimal must be between 0 and 255"),
            ("ipv6", "fe80::1%eth0", "zone id is not a part of ipv6 address"),
            ("hostname", "a_b", "invalid character '_'"),
            ("hostname", "-a", "label starts with hyphen"),
            ("email", "a..b@c", "consecutive dots"),
            ("email", "a@[1.2.3]", "invalid ipv4 address: expected four decimals"),
            ("email", "\"a b\"@x.org", ""),
            ("date", "2024-02-30", "parsing time \"2024-02-30\": day out of range"),
            ("date", "2024-13-01", "parsing time \"2024-13-01\": month out of range"),
            ("date", "2024-1-01", "parsing time \"2024-1-01\" as \"2006-01-02\": cannot parse \"1-01\" as \"01\""),
            ("date", "x", "parsing time \"x\" as \"2006-01-02\": cannot parse \"x\" as \"2006\""),
            ("date", "2024-01-01x", "parsing time \"2024-01-01x\": extra text: \"x\""),
            ("time", "12:00:60Z", "invalid leap second"),
            ("time", "23:59:60Z", ""),
            ("time", "12:00:00", "less than 9 characters long"),
            ("date-time", "2024-01-01T25:00:00Z", "invalid time element: hour/min/sec out of range"),
            ("duration", "P1Y2M", ""),
            ("duration", "P1D1Y", "unit 'Y' out of order"),
            ("period", "P1D/2024-01-01T00:00:00Z", ""),
            ("uri", "a/b", "relative url"),
            ("uri", "http://a b", "parse \"http://a b\": invalid character \" \" in host name"),
            ("uri-template", "http://x/{a", "no matching closing brace"),
            ("semver", "1.2.3-rc.1+b", ""),
            ("semver", "1.02.3", "minor starts with zero"),
        ] {
            assert_eq!(check(format, text), wanted, "{format} {text}");
        }
    }
}
