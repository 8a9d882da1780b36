//! Checks of what is stated, one file for each subject. None of them needs a chart.

pub(super) mod access;
pub(super) mod environment;
pub(super) mod membership;
pub(super) mod modules;
pub(super) mod networks;
pub(super) mod organisation;
pub(super) mod secrets;
pub(super) mod services;
pub(super) mod together;
pub(super) mod versions;

use super::fields::Located;
use crate::diagnostic::{Diagnostic, nearest};

/// Whether a host is a domain or lies below it.
pub(super) fn lies_below(host: &str, domain: &str) -> bool {
    host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

/// A diagnostic about a name that nothing bears, with the nearest one that something does.
fn unknown<'a>(message: String, name: &Located, known: impl Iterator<Item = &'a str> + Clone) -> Diagnostic {
    let hint = match nearest(&name.text, known.clone().map(str::as_bytes)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let known: Vec<&str> = known.collect();
            if known.is_empty() { "state it first".to_owned() } else { format!("known: {}", known.join(", ")) }
        }
    };
    Diagnostic::error(message).at(name.span).hint(hint)
}

/// Tells of every name of a list that stands there before.
fn twice(names: &[Located], what: &str, found: &mut Vec<Diagnostic>) {
    for (at, name) in names.iter().enumerate() {
        if let Some(first) = names[..at].iter().find(|first| first.text == name.text) {
            let message = format!("{what} `{}` stands twice", name.text);
            found.push(Diagnostic::error(message).at(name.span).label(first.span, "here first"));
        }
    }
}
