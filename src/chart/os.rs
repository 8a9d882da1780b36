//! Paths and system errors in Go's words, because Helm's messages carry them.

use crate::diagnostic::{Error, ErrorKind};
use std::io;
use std::path::Path;

/// Go's text for a failed system call on a path: `open x: no such file or directory`.
pub(crate) fn error(call: &str, path: &Path, cause: io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("{call} {}: {}", path.display(), reason(&cause))).because(cause)
}

/// The system's text for an error as Go prints it: in lower case and without a number.
pub(crate) fn reason(cause: &io::Error) -> String {
    let text = cause.to_string();
    let text = match text.find(" (os error") {
        Some(at) => &text[..at],
        None => &text,
    };
    match cause.raw_os_error() {
        Some(_) => text.to_lowercase(),
        None => text.to_owned(),
    }
}

/// Go's `path.Clean`: the shortest path that means the same.
pub(crate) fn clean(path: &str) -> String {
    if is_clean(path) {
        return path.to_owned();
    }
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            _ => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// Whether nothing is to be cleaned, as nothing is in nearly all paths; false for some others too.
fn is_clean(path: &str) -> bool {
    let parts_are_plain = path.as_bytes().windows(2).all(|two| !matches!(two, [b'/', b'/' | b'.']));
    parts_are_plain && !path.is_empty() && !path.starts_with('.') && !path.ends_with('/')
}

/// Go's `path.Join` of two elements.
pub(crate) fn join(folder: &str, name: &str) -> String {
    match (folder.is_empty(), name.is_empty()) {
        (true, true) => String::new(),
        (true, false) => clean(name),
        (false, true) => clean(folder),
        (false, false) => {
            let joined = [folder, "/", name].concat();
            if is_clean(&joined) { joined } else { clean(&joined) }
        }
    }
}

/// Go's `path.Base`: the last element.
pub(crate) fn base(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    match (path.is_empty(), trimmed.is_empty()) {
        (true, _) => ".",
        (false, true) => "/",
        _ => trimmed.rsplit('/').next().unwrap_or(trimmed),
    }
}

/// Go's `path.Ext`: the last dot and what follows it in the last element.
pub(crate) fn extension(path: &str) -> &str {
    let base = path.rsplit('/').next().unwrap_or(path);
    base.rfind('.').map_or("", |at| &base[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_as_go_does() {
        for (path, want) in [
            ("", "."),
            ("a//b/./c/..", "a/b"),
            ("../a/../..", "../.."),
            ("/../a/", "/a"),
            ("/", "/"),
            ("a/..", "."),
            ("./a", "a"),
        ] {
            assert_eq!(clean(path), want, "{path:?}");
        }
        assert_eq!((base("a/b/"), base(""), base("//")), ("b", ".", "/"));
        assert_eq!((extension("a.b/c"), extension("c.tgz"), extension("x.")), ("", ".tgz", "."));
    }
}
