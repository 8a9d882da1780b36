//! E-mail addresses and URLs as the library `govalidator` judges them.

use crate::funcs::urls::{is_request, is_url_reference};
use regex::Regex;
use std::sync::LazyLock;

/// Whether a text is an e-mail address.
pub(in crate::lint) fn is_email(text: &str) -> bool {
    static EMAIL: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(&email()).ok());
    EMAIL.as_ref().is_some_and(|email| email.is_match(text))
}

/// The longest URL, in characters.
const LONGEST_URL: usize = 2082;

/// Whether a text is a URL, with or without a scheme.
pub(in crate::lint) fn is_url(text: &str) -> bool {
    static URL: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(&url()).ok());
    if text.len() <= 3 || text.starts_with('.') || text.chars().count() > LONGEST_URL {
        return false;
    }
    // A host with a port and no scheme would be read as a scheme.
    let parses = match text.contains(':') && !text.contains("://") {
        true => is_url_reference(format!("http://{text}").as_bytes()),
        false => is_url_reference(text.as_bytes()),
    };
    parses && URL.as_ref().is_some_and(|url| url.is_match(text))
}

/// Whether a text is a URL with a scheme, as it stands in the first line of a request.
pub(in crate::lint) fn is_request_url(text: &str) -> bool {
    is_request(text.as_bytes())
}

/// Letters beyond ASCII that an address may have.
const WIDE: &str = r"\x{A0}-\x{D7FF}\x{F900}-\x{FDCF}\x{FDF0}-\x{FFEF}";

fn email() -> String {
    let atom = format!(r"[0-9A-Za-z!#$%&'*+/=?^_`{{|}}~\-{WIDE}]+");
    let space = r"(?:(?:[ \t]*\r\n)?[ \t]+)?";
    let inner = format!(r"[\x01-\x08\x0B\x0C\x0E-\x1F\x7F!\x23-\x5B\x5D-\x7E{WIDE}]|\([\x01-\x09\x0B-\x7F]");
    // The library repeats the opening quote with each letter.
    let local = format!(r#"{atom}(?:\.{atom})*|(?:"{space}(?:{inner}))*{space}""#);
    let (letter, digit) = (format!("A-Za-z{WIDE}"), format!("0-9A-Za-z{WIDE}"));
    let label = format!(r"[{digit}](?:[{digit}\-._~]*[{digit}])?");
    let last = format!(r"[{letter}](?:[{digit}\-_~]*[{letter}])?");
    format!(r"^(?:{local})@(?:{label}\.)+{last}\.?$")
}

fn url() -> String {
    let any = r"[^\t\n\f\r ]";
    let scheme = "(?:(?:ftp|tcp|udp|wss?|https?)://)?";
    let (narrow, wide) = ("[0-9A-Za-z]", r"[0-9A-Za-z\x{A1}-\x{FFFF}]");
    let prefix = format!(r"{narrow}(?:[0-9A-Za-z_\-]+)?{narrow}(?:[\-.]{narrow}+)*");
    let subdomain = format!(r"www\.|{narrow}(?:[_.\-]?{narrow})*{narrow}\.{narrow}+");
    let host = format!(r"(?:{prefix}|{subdomain})?{wide}(?:-{{0,2}}{wide})*(?:\.[A-Za-z\x{{A1}}-\x{{FFFF}}]+)?");
    let (v4, v6) = (ipv4(), ipv6());
    format!(r"^{scheme}(?:{any}+@)?(?:{v4}|\[(?:{v6})\]|{host})\.?(?::[0-9]{{1,5}})?(?:[/?#]{any}*)?$")
}

fn ipv4() -> String {
    let first = "(?:[1-9][0-9]?|1[0-9]{2}|2[01][0-9]|22[0-3]|24[0-9]|25[0-5])";
    let other = r"\.(?:[0-9]{1,2}|1[0-9]{2}|2[0-4][0-9]|25[0-5])";
    format!("{first}(?:{other}){{3}}")
}

fn ipv6() -> String {
    let group = "[0-9A-Fa-f]{1,4}";
    let mut forms = vec![format!("(?:{group}:){{7}}{group}"), format!("(?:{group}:){{1,7}}:")];
    // A gap after at most `n` groups leaves room for the rest behind it.
    forms.extend((1..=6).map(|n| format!("(?:{group}:){{1,{n}}}(?::{group}){{1,{}}}", 7 - n)));
    forms.push(format!(":(?:(?::{group}){{1,7}}|:)"));
    forms.push("fe80:(?::[0-9A-Fa-f]{0,4}){0,4}%[0-9A-Za-z]+".to_owned());
    let octet = "(?:25[0-5]|(?:2[0-4]|1?[0-9])?[0-9])";
    let v4 = format!(r"(?:{octet}\.){{3}}{octet}");
    forms.push(format!("::(?:ffff(?::0{{1,4}})?:)?{v4}"));
    forms.push(format!("(?:{group}:){{1,4}}:{v4}"));
    forms.join("|")
}

#[cfg(test)]
mod tests {
    use super::*;

    // The verdicts of govalidator a9d515a09cc2: which texts are an e-mail address, a URL, a URL of a request.
    #[test]
    fn addresses_are_judged_as_govalidator_does() {
        for (text, wanted) in CASES {
            let judged = [("e", is_email(text)), ("u", is_url(text)), ("r", is_request_url(text))];
            let found: String = judged.iter().filter(|(_, yes)| *yes).map(|(name, _)| *name).collect();
            assert_eq!(found, *wanted, "{text}");
        }
    }

    #[rustfmt::skip]
    const CASES: &[(&str, &str)] = &[
        ("nope", ""),
        ("a@b.example", "eu"),
        ("a@b", ""),
        ("a.b+c@d-e.example.org", "eu"),
        (".a@b.example", ""),
        ("a..b@c.example", "u"),
        ("\"a b\"@c.example", ""),
        ("\"a@c.example", "u"),
        ("a@b.c1", ""),
        ("a@b.example.", "eu"),
        ("ä@ö.example", "eu"),
        ("a@-b.example", ""),
        ("a@b_c.example", "eu"),
        ("a@b.e", "eu"),
        ("https://x.example/i", "ur"),
        ("http://x", "ur"),
        ("x.example", "u"),
        ("x", ""),
        ("www.x.example", "u"),
        ("localhost", ""),
        ("localhost:8080", "ur"),
        ("http://localhost:8080/a b", "r"),
        ("http://1.2.3.4:80/x?y#z", "ur"),
        ("http://300.2.3.4/", "r"),
        ("http://user:pass@host.example/", "ur"),
        ("ftp://a.b", "ur"),
        ("mailto:a@b.example", "ur"),
        ("http://[::1]:80/", "ur"),
        ("http://[1:2:3:4:5:6:7:8]/", "ur"),
        ("http://[1:2:3:4:5:6:7]/", ""),
        ("http://[::ffff:1.2.3.4]", "ur"),
        ("http://a_b.example", "ur"),
        ("http://a..b", "r"),
        ("http://.a.b", "r"),
        ("http://a.b.", "ur"),
        ("http://a-.b", "r"),
        ("/a/b.c", ""),
        ("//a.b", ""),
        ("a/b", ""),
        ("a.b/c", "u"),
        ("a.b:99999", "ur"),
        ("a.b:999999", "r"),
        ("http://a.b:x", ""),
        ("http://a%20b.c", ""),
        ("http://a.b/%zz", ""),
        ("http://a.b?q=1", "ur"),
        ("http://münchen.example", "ur"),
        ("https://github.com/a/b", "ur"),
        ("git@github.com:a/b", ""),
        ("ssh://git@github.com/a/b", "ur"),
        ("http:a.b", "r"),
        ("http:///a.b", "r"),
        ("urn:a:b", "r"),
        ("https://", "r"),
        ("://a", ""),
        ("a b.c", ""),
        ("http://a.b c", ""),
        ("http://10.0.0.1", "ur"),
        ("http://0.0.0.1", "r"),
        ("10.0.0.1", "u"),
        ("-a.b", ""),
        ("a--b.c", "u"),
        ("a---b.c", ""),
        ("a.b.c.d.e.f1", ""),
        ("x.1", ""),
        ("oci://r.example/c", "r"),
        ("http://a@b@c.example", "ur"),
    ];
}
