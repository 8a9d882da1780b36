//! Values that must not reach a log: passwords, tokens, keys.

use std::borrow::Cow;

/// Words in a key that make its value a secret.
const WORDS: [&str; 9] =
    ["password", "passwd", "passphrase", "token", "secret", "apikey", "api-key", "privatekey", "credential"];

/// Keys below a secret that say where it is.
const REFERENCES: [&str; 7] = ["name", "key", "env", "file", "path", "namespace", "kind"];

/// The key of a variable's value.
const VALUE: &str = "value";

/// Whether the value of a key is a secret, by the key's name alone.
pub(crate) fn is_secret_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase().replace('_', "");
    WORDS.iter().any(|word| key.contains(word))
}

/// A line of YAML, or the text of a `--set`, with secret values covered by `*`, byte for byte.
///
/// Template actions stay readable: they say where a secret comes from, not what it is.
pub(crate) fn cover_line(line: &str) -> Cow<'_, str> {
    let secret_value = |line: &str, from: usize| match (secret_value(line, from), url_password(line, from)) {
        (Some(value), Some(password)) => Some(value.min(password)),
        (value, password) => value.or(password),
    };
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
        let is_secret = is_secret_key(key) || is_below_secret(line, mark, key);
        let end = start + value_length(&line[start..]);
        if is_secret && end > start && !line[start..end].contains("{{") {
            return Some((start, end));
        }
        at = mark + 1;
    }
    None
}

/// The bytes of the next password in a URL at or behind `from`: `scheme://user:password@host`.
fn url_password(line: &str, from: usize) -> Option<(usize, usize)> {
    let mut at = from;
    while let Some(found) = line[at..].find("://") {
        let start = at + found + 3;
        let authority = line[start..].split(['/', '?', '#', ' ', '"', '\'']).next().unwrap_or_default();
        let user = authority.rfind('@').map(|end| &authority[..end]);
        if let Some((name, password)) = user.and_then(|user| user.split_once(':'))
            && !password.is_empty()
            && !password.contains("{{")
        {
            let start = start + name.len() + 1;
            return Some((start, start + password.len()));
        }
        at = start;
    }
    None
}

/// Whether a key in braces belongs to a secret: `secret: {value: x}`, or `{name: SECRET, value: x}`.
fn is_below_secret(line: &str, mark: usize, key: &str) -> bool {
    let Some(brace) = opening_brace(line, mark) else { return false };
    let opener = line[..brace].trim_end().strip_suffix([':', '=']);
    let opener = opener.and_then(|text| text.rsplit([' ', ',', '{', '\t', '&']).next());
    if !REFERENCES.contains(&key) && opener.is_some_and(is_secret_key) {
        return true;
    }
    let inside = line[brace + 1..].split('}').next().unwrap_or_default();
    key == VALUE && inside.split(',').filter_map(named).any(is_secret_key)
}

/// The brace that opens the map of the place `at`.
fn opening_brace(line: &str, at: usize) -> Option<usize> {
    let mut closed = 0;
    line[..at].bytes().rposition(|byte| {
        closed += usize::from(byte == b'}');
        let opens = byte == b'{' && closed == 0;
        closed -= usize::from(byte == b'{' && closed > 0);
        opens
    })
}

/// What `name: X`, perhaps the first of an item, names.
fn named(line: &str) -> Option<&str> {
    let text = line.trim_start().trim_start_matches("- ").trim_start();
    Some(text.strip_prefix("name:")?.trim().trim_matches(['"', '\'']))
}

/// Whether a line is the `value` of a variable that `neighbour`, the line above or below it, names as a secret.
pub(crate) fn is_value_of_secret(line: &str, neighbour: &str) -> bool {
    let text = line.trim_start().trim_start_matches("- ").trim_start();
    text.strip_prefix(VALUE).is_some_and(|rest| rest.starts_with(':')) && named(neighbour).is_some_and(is_secret_key)
}

/// The length of the scalar or list that a text starts with; what opens a block or a map has none.
fn value_length(text: &str) -> usize {
    match text.as_bytes().first() {
        None | Some(b'|' | b'>' | b'{' | b'#' | b'&' | b'*') => 0,
        Some(b'[') => text.find(']').map_or(text.len(), |end| end + 1),
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
            ("adminSecret: {value: hunter2}", "adminSecret: {value: *******}"),
            (
                "a: {b: c}, tokenRef: {name: x, key: y, z: hunter2}, d: e",
                "a: {b: c}, tokenRef: {name: x, key: y, z: *******}, d: e",
            ),
            (
                "- {name: DB_PASSWORD, value: a b}, {name: X, value: y}",
                "- {name: DB_PASSWORD, value: ***}, {name: X, value: y}",
            ),
            ("url: https://me:hunter2@host:80/x", "url: https://me:*******@host:80/x"),
            ("passwords: [a, b] # two", "passwords: ****** # two"),
            ("password: {{ .Values.password }}", "password: {{ .Values.password }}"),
            ("password: |", "password: |"),
            ("image: nginx:1.27", "image: nginx:1.27"),
            ("url: https://host/path", "url: https://host/path"),
        ];
        for (line, covered) in cases {
            assert_eq!(cover_line(line), covered);
            assert_eq!(cover_line(line).len(), line.len());
        }
        assert!(
            is_value_of_secret("    value: x", "  - name: API_TOKEN")
                && is_value_of_secret("- value: x", "  name: TOKEN")
        );
        assert!(
            !is_value_of_secret("    value: x", "  - name: PORT") && !is_value_of_secret("values: x", "name: TOKEN")
        );
        assert!(opens_secret("  tls_private_key: |") || !is_secret_key("tls"));
        assert!(opens_secret("secret: >-") && !opens_secret("secret: x"));
    }
}
