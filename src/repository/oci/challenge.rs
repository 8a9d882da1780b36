//! `WWW-Authenticate`: how a registry wants to be asked.

/// One way to be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// A user and a password with each request.
    Basic,
    /// A token that somebody else gives.
    Bearer {
        realm: String,
        service: String,
        /// The scopes that the registry names.
        scope: String,
    },
}

impl Challenge {
    /// The best of several headers: a token is better than a password.
    pub(super) fn choose<'a>(headers: impl Iterator<Item = &'a str>) -> Option<Challenge> {
        let mut found: Vec<Challenge> = headers.flat_map(read).collect();
        let bearer = found.iter().position(|one| matches!(one, Challenge::Bearer { .. })).unwrap_or(0);
        (!found.is_empty()).then(|| found.swap_remove(bearer))
    }
}

/// Every challenge of one header that we know.
fn read(header: &str) -> Vec<Challenge> {
    let mut found = Vec::new();
    let mut rest = header;
    while let Some((scheme, after)) = token(rest.trim_start_matches([' ', '\t', ','])) {
        let (pairs, after) = parameters(after);
        let value = |name: &str| {
            let pair = pairs.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            pair.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        match scheme.to_ascii_lowercase().as_str() {
            "basic" => found.push(Challenge::Basic),
            "bearer" => found.push(Challenge::Bearer {
                realm: value("realm"),
                service: value("service"),
                scope: value("scope"),
            }),
            _ => {}
        }
        rest = after;
    }
    found
}

/// The pairs behind a scheme, up to the next scheme.
fn parameters(text: &str) -> (Vec<(String, String)>, &str) {
    let mut pairs = Vec::new();
    let mut rest = text;
    loop {
        let start = rest.trim_start_matches([' ', '\t', ',']);
        let Some((key, after)) = token(start) else { return (pairs, skip_one(start)) };
        // A word without `=` is the next scheme.
        let Some(after) = after.trim_start_matches([' ', '\t']).strip_prefix('=') else { return (pairs, start) };
        let after = after.trim_start_matches([' ', '\t']);
        let (value, after) = match after.strip_prefix('"') {
            Some(inner) => quoted(inner),
            None => token(after).map_or((String::new(), skip_one(after)), |(value, after)| (value.to_owned(), after)),
        };
        pairs.push((key.to_owned(), value));
        rest = after;
    }
}

/// A text up to its closing quote.
fn quoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return (value, &text[at + 1..]),
            '\\' => value.extend(letters.next().map(|(_, letter)| letter)),
            other => value.push(other),
        }
    }
    (value, "")
}

fn token(text: &str) -> Option<(&str, &str)> {
    let word = |letter: char| letter.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(letter);
    let end = text.find(|letter| !word(letter)).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// Passes over a letter that belongs to nothing, so that reading always comes to an end.
fn skip_one(text: &str) -> &str {
    let mut letters = text.chars();
    letters.next();
    letters.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read() {
        let bearer = |realm: &str, service: &str, scope: &str| {
            let (realm, service, scope) = (realm.to_owned(), service.to_owned(), scope.to_owned());
            Some(Challenge::Bearer { realm, service, scope })
        };
        for (headers, wanted) in [
            (&["Basic realm=\"x\""][..], Some(Challenge::Basic)),
            (&["basic"], Some(Challenge::Basic)),
            (
                &["Bearer realm=\"https://a/token\",service=\"s\",scope=\"repository:x:pull,push\""],
                bearer("https://a/token", "s", "repository:x:pull,push"),
            ),
            (&["Basic realm=\"b\", Bearer realm=\"https://a\" , service = s"], bearer("https://a", "s", "")),
            (&["Basic realm=\"b\"", "Bearer realm=\"https://a\""], bearer("https://a", "", "")),
            (&["Bearer realm=\"a\\\"b\",error=\"invalid_token\""], bearer("a\"b", "", "")),
            (&["Bearer realm=\"never closed"], bearer("never closed", "", "")),
            (&["Negotiate"], None),
            (&["", "=", "\"", ",,,", "Digest a=b, c"], None),
            (&["Bearer ==,=\u{e4}\"", "Basic"], bearer("", "", "")),
        ] {
            assert_eq!(Challenge::choose(headers.iter().copied()), wanted, "{headers:?}");
        }
    }
}
