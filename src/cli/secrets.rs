//! Values that must not reach a log: passwords, tokens, keys.

use std::borrow::Cow;

/// Words in a key that make its value a secret.
const WORDS: [&str; 9] =
    ["password", "passwd", "passphrase", "token", "secret", "apikey", "api-key", "privatekey", "credential"];

/// Whether the value of a key is a secret, by the key's name alone.
pub(crate) fn is_secret_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase().replace('_', "");
    WORDS.iter().any(|word| key.contains(word))
}

/// A line of YAML, or the text of a `--set`, with secret values covered by `*`, byte for byte.
///
/// Template actions stay readable: they say where a secret comes from, not what it is.
pub(crate) fn cover_line(line: &str) -> Cow<'_, str> {
    let Some(value) = secret_value(line, 0) else { return Cow::Borrowed(line) };
    let (mut covered, mut done, mut next) = (String::with_capacity(line.len()), 0, Some(value));
    while let Some((start, end)) = next {
        covered.push_str(&line[done..start]);
        covered.extend(std::iter::repeat_n('*', end - start));
        done = end;
        next = secret_value(line, end);
    }
    covered.push_str(&line[done..]);
    Cow::Owned(covered)
}

/// Whether a line opens a block whose lines belong to a secret: `password: |`.
pub(crate) fn opens_secret(line: &str) -> bool {
    let Some((key, rest)) = line.split_once(':') else { return false };
    let rest = rest.trim();
    is_secret_key(key) && (rest.is_empty() || rest.starts_with(['|', '>']))
}

/// The bytes of the next secret value at or behind `from`.
fn secret_value(line: &str, from: usize) -> Option<(usize, usize)> {
    let mut at = from;
    while let Some(found) = line[at..].find([':', '=']) {
        let mark = at + found;
        let key = line[..mark].rsplit([' ', ',', '{', '\t', '&']).next().unwrap_or("");
        let behind = &line[mark + 1..];
        let start = mark + 1 + (behind.len() - behind.trim_start().len());
        let end = start + value_length(&line[start..]);
        if is_secret_key(key) && end > start && !line[start..end].contains("{{") {
            return Some((start, end));
        }
        at = mark + 1;
    }
    None
}

/// The length of the scalar that a text starts with; a block or flow opener has none.
fn value_length(text: &str) -> usize {
    match text.as_bytes().first() {
        None | Some(b'|' | b'>' | b'{' | b'[' | b'#' | b'&' | b'*') => 0,
        Some(quote @ (b'"' | b'\'')) => {
            let inner = &text[1..];
            inner.find(char::from(*quote)).map_or(text.len(), |end| end + 2)
        }
        _ => text.find([',', '}']).map_or(text, |end| &text[..end]).trim_end().len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn covers_secrets_and_nothing_else() {
        let cases = [
            ("password: hunter2", "password: *******"),
            ("  dbPassword: \"a b\" # why", "  dbPassword: ***** # why"),
            ("auth.token=abc,replicas=2", "auth.token=***,replicas=2"),
            ("{user: me, apiKey: abc}", "{user: me, apiKey: ***}"),
            ("password: {{ .Values.password }}", "password: {{ .Values.password }}"),
            ("password: |", "password: |"),
            ("image: nginx:1.27", "image: nginx:1.27"),
            ("url: https://host/path", "url: https://host/path"),
        ];
        for (line, covered) in cases {
            assert_eq!(cover_line(line), covered);
            assert_eq!(cover_line(line).len(), line.len());
        }
        assert!(opens_secret("  tls_private_key: |") || !is_secret_key("tls"));
        assert!(opens_secret("secret: >-") && !opens_secret("secret: x"));
    }
}
