//! What the texts of values templates name, without being rendered.

use super::super::fields;
use super::super::scope::NAMES;
use crate::diagnostic::{Diagnostic, nearest};
use crate::yaml::Node;

/// The dotted paths that a template text names, outside of texts in quotes.
pub(super) fn paths(text: &str) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    for tag in text.split('{').skip(1).filter(|tag| !tag.is_empty()) {
        let end = tag.find("}}").or_else(|| tag.find("%}")).unwrap_or(tag.len());
        let mut letters = tag[..end].chars().peekable();
        let mut word = String::new();
        let mut push = |word: &mut String| {
            let whole = std::mem::take(word);
            let keys: Vec<String> = whole.split(['.', '?']).filter(|key| !key.is_empty()).map(str::to_owned).collect();
            if keys.first().is_some_and(|first| NAMES.contains(&first.as_str())) {
                paths.push(keys);
            }
        };
        while let Some(letter) = letters.next() {
            match letter {
                '\'' | '"' | '`' => {
                    push(&mut word);
                    letters.by_ref().find(|end| *end == letter);
                }
                letter if letter.is_alphanumeric() || matches!(letter, '_' | '.' | '?') => word.push(letter),
                _ => push(&mut word),
            }
        }
        push(&mut word);
    }
    paths
}

/// Whether a text holds anything for Tera.
pub(super) fn is_template(text: &[u8]) -> bool {
    memchr::memchr_iter(b'{', text).any(|at| matches!(text.get(at + 1), Some(b'{' | b'%' | b'#')))
}

/// How many `for` tags a scalar holds.
pub(super) fn loops(text: &str) -> usize {
    let tags = text.split("{%").skip(1);
    tags.filter(|tag| tag.trim_start_matches('-').trim_start().starts_with("for")).count()
}

/// The expression of a scalar that holds one and nothing else.
pub(super) fn expression(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    (!inner.contains("{{") && !inner.contains("}}")).then(|| inner.trim_matches('-').trim())
}

/// The paths behind `settings` that a template reads; `None` when it reads settings as a whole.
pub(super) fn reads(template: &[u8]) -> Option<Vec<Vec<String>>> {
    let text = String::from_utf8_lossy(template);
    let mut paths = Vec::new();
    for (at, word) in text.match_indices("settings") {
        let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
        let before = text[..at].chars().next_back();
        if before.is_some_and(|letter| is_word(letter) || letter == '.') {
            continue;
        }
        let rest = &text[at + word.len()..];
        let end = rest.find(|letter: char| !is_word(letter) && letter != '.' && letter != '?');
        let path = &rest[..end.unwrap_or(rest.len())];
        let keys = path.split(['.', '?']).filter(|key| !key.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        let whole = keys.is_empty() && (path.is_empty() && !rest.starts_with(':'));
        if whole {
            return None;
        }
        paths.push(keys);
    }
    Some(paths)
}

/// Settings that no expression reads are misspelt, or meant for another chart.
pub(super) fn unread(settings: &Node, reads: &Option<Vec<Vec<String>>>, found: &mut Vec<Diagnostic>) {
    let Some(reads) = reads else { return };
    let mut pending = vec![(Vec::new(), settings)];
    while let Some((path, node)) = pending.pop() {
        for entry in node.entries() {
            let mut path: Vec<String> = path.clone();
            path.push(fields::text(&entry.key));
            let is_read = reads.iter().any(|read| !read.is_empty() && path.starts_with(read));
            let leads_on = reads.iter().any(|read| read.starts_with(&path));
            if is_read {
                continue;
            }
            if leads_on {
                pending.push((path, &entry.value));
                continue;
            }
            let depth = path.len() - 1;
            let siblings = reads.iter().filter(|read| read.starts_with(&path[..depth]));
            let mut siblings: Vec<&str> = siblings.filter_map(|read| read.get(depth)).map(String::as_str).collect();
            siblings.sort_unstable();
            siblings.dedup();
            let hint = match nearest(&path[depth], siblings.iter().map(|name| name.as_bytes())) {
                Some(near) => format!("did you mean `{near}`?"),
                None if siblings.is_empty() => "remove it".to_owned(),
                None => format!("settings that are read: {}", siblings.join(", ")),
            };
            let message = format!("no values template reads the setting `{}`", path.join("."));
            found.push(Diagnostic::error(message).at(entry.key.span()).hint(hint));
        }
    }
}
