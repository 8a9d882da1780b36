//! Secrets in plain text, wherever they stand, and references that say too much or too little.

use super::super::fields::{Findings, text};
use super::super::secret::{SecretRef, SecretSource};
use crate::diagnostic::Diagnostic;
use crate::yaml::{Entry, Node, NodeKind};

/// Words in a key whose text is a secret.
const WORDS: [&str; 10] = [
    "password",
    "passwd",
    "passphrase",
    "token",
    "apikey",
    "privatekey",
    "credential",
    "clientsecret",
    "secretkey",
    "securitypin",
];
/// Keys that name a Secret, or a key in one, instead of holding it.
const NAMING: [&str; 10] =
    ["existing", "secretname", "name", "secretref", "keyref", "file", "path", "tokenurl", "usernamekey", "passwordkey"];

/// Tells of every text that is a secret: below a key that says so, in a URL, a private key.
pub(in super::super) fn plain(node: &Node, found: &mut Findings) {
    walk(node, &mut Vec::new(), found);
}

fn walk(node: &Node, path: &mut Vec<String>, found: &mut Findings) {
    match node.kind() {
        NodeKind::Str(bytes) => anywhere(&String::from_utf8_lossy(bytes), node, found),
        NodeKind::Seq(items) => items.iter().for_each(|item| walk(item, path, found)),
        NodeKind::Map(entries) => {
            variable(node, path, found);
            for entry in entries {
                let key = text(&entry.key);
                below(entry, &key, path, found);
                path.push(key);
                walk(&entry.value, path, found);
                path.pop();
            }
        }
        _ => {}
    }
}

/// A variable with its value: `{name: DB_PASSWORD, value: ..}`.
fn variable(node: &Node, path: &[String], found: &mut Findings) {
    let text = |name: &str| node.get(name).and_then(Node::as_str).map(String::from_utf8_lossy);
    let (Some(name), Some(value), Some(place)) = (text("name"), text("value"), node.get("value")) else { return };
    let in_module = path.iter().any(|part| part == "values" || part == "settings");
    if in_module && !value.is_empty() && !value.contains("{{") && is_secret(&name, &value) {
        let message = format!("variable `{}` is a secret in plain text", name.escape_debug());
        let hint = "take it from a Secret: `valueFrom: {secretKeyRef: {name: NAME, key: KEY}}`";
        found.push(Diagnostic::error(message).at(place.span()).hint(hint));
    }
}

fn anywhere(stated: &str, node: &Node, found: &mut Findings) {
    if stated.contains("-----BEGIN ") && stated.contains("PRIVATE KEY-----") {
        let message = "a private key stands here in plain text";
        found.push(
            Diagnostic::error(message)
                .at(node.span())
                .hint("refer to it: `{secret: NAME, key: KEY}` or `{file: PATH}`"),
        );
    }
    let authority = stated.split_once("://").map(|(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let user = authority.and_then(|authority| authority.rsplit_once('@')).and_then(|(user, _)| user.split_once(':'));
    if user.is_some_and(|(_, password)| !password.is_empty() && !password.contains("{{") && !password.contains('$')) {
        let message = "a password stands in this URL in plain text";
        found.push(Diagnostic::error(message).at(node.span()).hint("keep it in a Secret, and refer to that"));
    }
}

/// Whether the text of a key is a secret.
fn is_secret(key: &str, value: &str) -> bool {
    let plain: String =
        key.chars().filter(|letter| letter.is_ascii_alphanumeric()).collect::<String>().to_ascii_lowercase();
    if NAMING.iter().any(|word| plain.contains(word) && plain != "name") || plain.ends_with("key") && names_a_key(value)
    {
        return false;
    }
    if WORDS.iter().any(|word| plain.contains(word)) || plain == "pin" {
        return true;
    }
    // `secret` alone may name a Secret: what looks like the name of an object does.
    plain.ends_with("secret") && !names_an_object(value)
}

fn names_a_key(value: &str) -> bool {
    let words = ["password", "secret", "token", "key", "postgres", "username"];
    value.len() < 40
        && words.iter().any(|word| value.contains(word))
        && !value.contains(|letter: char| letter.is_ascii_uppercase())
}

fn names_an_object(value: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_lowercase() || letter == '-' || letter == '.';
    value.chars().all(plain) && value.contains('-')
}

fn below(entry: &Entry, key: &str, path: &[String], found: &mut Findings) {
    // Our own references are checked as such; paths of secret values are names.
    if path.last().is_some_and(|last| last == "secretValues") {
        return;
    }
    let stated = match entry.value.kind() {
        NodeKind::Str(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        NodeKind::Int(number) => number.to_string(),
        _ => return,
    };
    let ours = matches!(path.last().map(String::as_str), Some("adminSecret" | "joinToken" | "passphrase" | "secret"));
    if stated.is_empty() || stated.contains("{{") || ours || key == "secret" && path.iter().all(|part| part != "values")
    {
        return;
    }
    if matches!(entry.value.kind(), NodeKind::Int(_))
        && !key.to_ascii_lowercase().contains("pin")
        && !key.to_ascii_lowercase().contains("password")
    {
        return;
    }
    let in_module = path.iter().any(|part| part == "values" || part == "settings");
    if !in_module || !is_secret(key, &stated) {
        return;
    }
    let at = path.iter().position(|part| part == "values" || part == "settings").map_or(0, |at| at + 1);
    let whole: Vec<&str> = path[at..].iter().map(String::as_str).chain([key]).collect();
    let message = format!("`{}` is a secret in plain text", whole.join("."));
    found.push(Diagnostic::error(message).at(entry.value.span()).hint(format!(
        "name an existing Secret if the chart takes one, else refer to it: `secretValues: {{{}: {{env: NAME}}}}`",
        whole.join(".")
    )));
}

/// What a reference is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A Secret in the namespace, which pods read by its name.
    Object,
    /// A value that is handed over at the installation, or read on a host.
    Value,
}

/// A reference has one source, and a Secret's name where pods read it.
pub(super) fn reference(reference: &SecretRef, what: &str, purpose: Purpose, found: &mut Findings) {
    let Some(span) = reference.span else { return };
    let sources = reference.sources();
    if let [(_, first), (_, second), ..] = sources.as_slice() {
        let message = format!("the reference of {what} has more than one source");
        found.push(Diagnostic::error(message).at(*second).label(*first, "the first one").hint("keep one of them"));
    }
    if reference.secret.is_some() {
        return;
    }
    let message = match purpose {
        Purpose::Object => format!("the reference of {what} names no Secret"),
        Purpose::Value if sources.is_empty() => format!("the reference of {what} says nowhere where the secret is"),
        Purpose::Value if reference.source() == SecretSource::Generate => {
            format!("the reference of {what} names no Secret that keeps what is made")
        }
        Purpose::Value => return,
    };
    found.push(Diagnostic::error(message).at(span).hint("add `secret: NAME`"));
}
