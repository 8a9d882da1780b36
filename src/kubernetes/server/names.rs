//! Rules for names, labels and annotations.

/// Why a text breaks a rule, as the end of "expected ...".
pub(super) type Broken = Option<&'static str>;

fn label_letters(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

fn bounded_by(text: &str, inner: fn(u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    bytes.first().copied().is_some_and(inner) && bytes.last().copied().is_some_and(inner)
}

fn lower_or_digit(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

/// A label of RFC 1123.
pub(super) fn dns_label(text: &str) -> Broken {
    if text.len() > 63 {
        return Some("at most 63 characters");
    }
    let fits = bounded_by(text, lower_or_digit) && label_letters(text);
    (!fits).then_some("lower-case letters, digits and `-`, with a letter or digit at both ends")
}

/// A label of RFC 1035, which starts with a letter.
pub(super) fn dns_1035_label(text: &str) -> Broken {
    if text.bytes().next().is_some_and(|byte| byte.is_ascii_digit()) {
        return Some("a letter at the start");
    }
    dns_label(text)
}

/// A name of RFC 1123: labels with dots between them.
pub(super) fn dns_subdomain(text: &str) -> Broken {
    if text.len() > 253 {
        return Some("at most 253 characters");
    }
    let fits = text.split('.').all(|label| bounded_by(label, lower_or_digit) && label_letters(label));
    (!fits).then_some("lower-case letters, digits, `-` and `.`, with a letter or digit at both ends of each part")
}

/// A name that may have a wildcard as its first part.
pub(super) fn dns_subdomain_or_wildcard(text: &str) -> Broken {
    dns_subdomain(text.strip_prefix("*.").unwrap_or(text))
}

/// A name that is a part of a URL's path.
pub(super) fn path_segment(text: &str) -> Broken {
    let fits = !matches!(text, "." | "..") && !text.contains(['/', '%']);
    (!fits).then_some("a name without `/` and `%`")
}

fn name_part(text: &str) -> bool {
    let letters = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    text.len() <= 63 && letters && bounded_by(text, |byte| byte.is_ascii_alphanumeric())
}

/// A key of labels or annotations: a name, with or without a prefix and `/`.
pub(super) fn qualified(text: &str) -> Broken {
    let (prefix, name) = match text.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, text),
    };
    if prefix.is_some_and(|prefix| dns_subdomain(prefix).is_some()) {
        return Some("a DNS name before the `/`");
    }
    (!name_part(name)).then_some("at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends")
}

/// The value of a label.
pub(super) fn label_value(text: &str) -> Broken {
    match text.is_empty() || name_part(text) {
        true => None,
        false if text.len() > 63 => Some("at most 63 characters"),
        false => Some("letters, digits, `-`, `_` and `.`, with a letter or digit at both ends"),
    }
}

/// The name of a container's port.
pub(super) fn port_name(text: &str) -> Broken {
    let fits = (1..=15).contains(&text.len())
        && label_letters(text)
        && text.bytes().any(|byte| byte.is_ascii_lowercase())
        && bounded_by(text, lower_or_digit)
        && !text.contains("--");
    (!fits).then_some("1 to 15 lower-case letters, digits and single `-`, with at least one letter")
}

/// The name of an environment variable; `minor` 30 and newer take everything printable but `=`.
pub(super) fn variable(text: &str, minor: u32) -> Broken {
    if minor >= 32 {
        let fits = !text.is_empty() && text.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'=');
        return (!fits).then_some("printable ASCII characters without `=`");
    }
    let letters = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    let fits = letters && text.bytes().next().is_some_and(|byte| !byte.is_ascii_digit()) && !matches!(text, "." | "..");
    (!fits).then_some("letters, digits, `_`, `-` and `.`, with no digit at the start")
}

/// A key of a ConfigMap or Secret.
pub(super) fn data_key(text: &str) -> Broken {
    let letters = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    let fits = !text.is_empty() && text.len() <= 253 && letters && text != "." && !text.starts_with("..");
    (!fits).then_some("at most 253 letters, digits, `-`, `_` and `.`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_their_rules() {
        type Rule = fn(&str) -> Broken;
        let long = "a".repeat(64);
        for (rule, good, bad) in [
            (dns_label as Rule, vec!["a", "0-a"], vec!["", "-a", "a-", "A", "a.b", &long]),
            (dns_1035_label, vec!["a0"], vec!["0a"]),
            (dns_subdomain, vec!["a.b-c", &long], vec!["a..b", "a_b", ".a", ""]),
            (dns_subdomain_or_wildcard, vec!["*.a"], vec!["*", "a.*"]),
            (path_segment, vec!["system:x", "A"], vec!["a/b", ".."]),
            (qualified, vec!["a.b/C_d", "A"], vec!["a/b/c", "/a", "A_/b", "-a", &long]),
            (label_value, vec!["", "A.b"], vec!["a b", "-", &long]),
            (port_name, vec!["http-1"], vec!["80", "a--b", "", "sixteen-letters-"]),
            (data_key, vec!["a.b_C"], vec!["", "..", "a b", "..a"]),
        ] {
            for text in good {
                assert_eq!(rule(text), None, "{text}");
            }
            for text in bad {
                assert!(rule(text).is_some(), "{text}");
            }
        }
        assert!(variable("a b", 36).is_none() && variable("a b", 29).is_some() && variable("a=b", 36).is_some());
    }
}
