//! From rendered files to manifests: splitting, heads, hooks, install order.
//!
//! The reference is `SortManifests` of Helm's `releaseutil`. Documents are slices of the rendered text; nothing is
//! copied.

use super::hooks::{self, Hook, HookEvent};
use super::order;
use crate::chart::Compat;
use crate::yaml;
use memchr::memmem;

/// One rendered template file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextFile<'a> {
    /// The path as `# Source:` shows it: `chart/templates/a.yaml`.
    pub path: &'a str,
    /// What the template wrote.
    pub text: &'a [u8],
}

/// One document of a rendered file.
#[derive(Clone, Debug)]
pub struct Manifest<'a> {
    /// The path of the file.
    pub path: &'a str,
    /// The text between two separators, trimmed as the Helm in question trims it.
    pub text: &'a [u8],
    /// Where the text starts in its file, in bytes.
    pub offset: usize,
    /// What the text says of itself.
    pub head: yaml::Head<'a>,
}

/// What [`sort_manifests`] makes of rendered files.
#[derive(Clone, Debug, Default)]
pub struct Manifests<'a> {
    /// What is installed, in install order.
    pub manifests: Vec<Manifest<'a>>,
    /// What runs around the installation, by kind in install order; weights do not count here.
    pub hooks: Vec<Hook<'a>>,
    /// The hook annotations of documents that were left out because they name an unknown event.
    pub unknown_hooks: Vec<String>,
}

/// A document that is not the YAML of a manifest.
#[derive(Debug)]
pub struct ManifestFault<'a> {
    /// The file of the document.
    pub file: TextFile<'a>,
    /// Where the document starts in the file, in bytes.
    pub offset: usize,
    /// What is wrong; its places count from the start of the document.
    pub fault: yaml::Error,
    /// What was sorted before the fault was met, in file order.
    pub before: Manifests<'a>,
}

impl ManifestFault<'_> {
    /// Helm's text; the type that Helm decodes into has another package in Helm 3.
    pub fn text(&self, compat: Compat) -> String {
        let text = self.to_string();
        match compat {
            Compat::Helm3 => text.replace(" util.SimpleHead", " releaseutil.SimpleHead"),
            Compat::Helm42 | Compat::Helm43 => text,
        }
    }

    /// The line of the file, from 1, on which the document starts.
    pub fn line(&self) -> usize {
        let before = self.file.text.get(..self.offset).unwrap_or(self.file.text);
        memchr::memchr_iter(b'\n', before).count() + 1
    }
}

impl std::fmt::Display for ManifestFault<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "YAML parse error on {}: {}", self.file.path, self.fault)
    }
}

/// Leaves out the files that Helm never shows: notes, by the end of their path.
pub fn without_notes<'a>(files: impl IntoIterator<Item = TextFile<'a>>) -> Vec<TextFile<'a>> {
    files.into_iter().filter(|file| !file.path.ends_with("NOTES.txt")).collect()
}

/// Splits rendered files into documents, reads their heads, and puts hooks and manifests into install order.
///
/// Files are taken in byte order of their paths, whatever the order of `files`; partials and blank files give
/// nothing. The first document that cannot be read ends everything.
pub fn sort_manifests<'a>(files: &[TextFile<'a>], compat: Compat) -> Result<Manifests<'a>, Box<ManifestFault<'a>>> {
    let mut files: Vec<TextFile<'a>> = files.to_vec();
    files.sort_by(|a, b| a.path.cmp(b.path));
    let mut found = Manifests::default();
    for file in files {
        let base = file.path.rsplit('/').next().unwrap_or_default();
        if base.starts_with('_') || is_blank(file.text) {
            continue;
        }
        for text in documents(file.text, compat) {
            let offset = text.as_ptr().addr() - file.text.as_ptr().addr();
            match yaml::check(text) {
                Ok(head) => found.take(Manifest { path: file.path, text, offset, head }),
                Err(fault) => return Err(Box::new(ManifestFault { file, offset, fault, before: found })),
            }
        }
    }
    order::sort(&mut found.manifests, compat, |manifest| &manifest.head.kind);
    order::sort(&mut found.hooks, compat, |hook| &hook.manifest.head.kind);
    Ok(found)
}

impl<'a> Manifests<'a> {
    fn take(&mut self, manifest: Manifest<'a>) {
        let Some(names) = manifest.head.annotation(hooks::HOOK) else { return self.manifests.push(manifest) };
        match HookEvent::list(names) {
            Some(events) => self.hooks.push(Hook { manifest, events }),
            None => self.unknown_hooks.push(names.to_string()),
        }
    }
}

/// The documents of a text, blank ones left out.
///
/// Helm 4.3 separates at every line that starts with `---`, whatever follows. Older Helms take the white space around
/// a separator with it, so that of two separators in a row the second one belongs to the document that follows. White
/// space at the end of a document that no separator took stays, but not in Helm 3; that one keeps a document of
/// nothing but white space that is no ASCII, as an empty one.
pub fn documents(text: &[u8], compat: Compat) -> Vec<&[u8]> {
    match compat {
        Compat::Helm43 => documents_by_line(trim_start(text)),
        Compat::Helm42 => {
            let documents = documents_by_space(trim_start(text)).into_iter().map(trim_start);
            documents.filter(|document| !document.is_empty()).collect()
        }
        Compat::Helm3 => documents_by_space(trim(text)).into_iter().map(trim).collect(),
    }
}

fn documents_by_line(text: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    let mut start = 0;
    for at in memmem::find_iter(text, b"---") {
        let starts_line = at == 0 || text[at - 1] == b'\n';
        if starts_line {
            found.push(trim_start(&text[start..at]));
            let blanks = text[at + 3..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            start = at + 3 + blanks;
        }
    }
    found.push(trim_start(&text[start..]));
    found.retain(|document| !document.is_empty());
    found
}

fn documents_by_space(text: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    let mut rest = text;
    let mut separator = if text.starts_with(b"---") { Some(0) } else { next_separator(rest) };
    while let Some(at) = separator {
        let (document, after) = rest.split_at(at);
        found.push(without_spaces(document));
        let after = &after[3..];
        rest = &after[after.iter().take_while(|byte| is_space(byte)).count()..];
        separator = next_separator(rest);
    }
    found.push(rest);
    found.retain(|document| !document.is_empty());
    found
}

/// Where the next line starts that starts with `---`; the start of the text counts as none.
fn next_separator(text: &[u8]) -> Option<usize> {
    memmem::find(text, b"\n---").map(|at| at + 1)
}

/// White space as a regular expression's `\s` has it.
fn is_space(byte: &u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\x0c' | b'\r' | b' ')
}

fn without_spaces(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|byte| !is_space(byte)).map_or(0, |at| at + 1);
    &text[..end]
}

/// Whether a text is nothing but white space.
pub(super) fn is_blank(text: &[u8]) -> bool {
    trim_start(text).is_empty()
}

/// A text without the white space at both ends, in the sense of Unicode.
pub(super) fn trim(text: &[u8]) -> &[u8] {
    trim_end(trim_start(text))
}

/// A text without the white space at its start.
fn trim_start(mut text: &[u8]) -> &[u8] {
    loop {
        text = text.trim_ascii_start();
        match first_letter(text) {
            Some(letter) if letter.is_whitespace() => text = &text[letter.len_utf8()..],
            _ => return text,
        }
    }
}

/// A text without the white space at its end.
pub(super) fn trim_end(mut text: &[u8]) -> &[u8] {
    loop {
        text = text.trim_ascii_end();
        let Some(letter) = last_letter(text) else { return text };
        if !letter.is_whitespace() {
            return text;
        }
        text = &text[..text.len() - letter.len_utf8()];
    }
}

/// The first character of a text, unless its start is no UTF-8.
fn first_letter(text: &[u8]) -> Option<char> {
    let start = &text[..text.len().min(4)];
    start.utf8_chunks().next()?.valid().chars().next()
}

/// The last character of a text, unless its end is no UTF-8.
fn last_letter(text: &[u8]) -> Option<char> {
    let from = text.len().saturating_sub(4);
    let start = (from..text.len()).rev().find(|at| text[*at] & 0xc0 != 0x80)?;
    std::str::from_utf8(&text[start..]).ok()?.chars().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str, compat: Compat) -> Vec<&str> {
        documents(text.as_bytes(), compat).into_iter().map(|document| std::str::from_utf8(document).unwrap()).collect()
    }

    /// By the regular expressions of the Helms.
    #[test]
    fn documents_are_separated_as_each_helm_does() {
        for (text, new, old) in [
            ("a: 1\n---\nb: 2\n", vec!["a: 1\n", "b: 2\n"], vec!["a: 1", "b: 2\n"]),
            ("\n\n---\na: 1\n\n", vec!["a: 1\n\n"], vec!["a: 1\n\n"]),
            ("---a: 1\n---b: 2", vec!["a: 1\n", "b: 2"], vec!["a: 1", "b: 2"]),
            ("a: 1\n---\n---\nb: 2", vec!["a: 1\n", "b: 2"], vec!["a: 1", "---\nb: 2"]),
            ("a: 1\n \n---  \n  b: 2", vec!["a: 1\n \n", "b: 2"], vec!["a: 1", "b: 2"]),
            ("a: 1\n ---\nb: 2", vec!["a: 1\n ---\nb: 2"], vec!["a: 1\n ---\nb: 2"]),
            ("a: |\n  x\n-----BEGIN\ny", vec!["a: |\n  x\n", "--BEGIN\ny"], vec!["a: |\n  x", "--BEGIN\ny"]),
            ("a: 1\r\n---\r\nb: 2\r\n", vec!["a: 1\r\n", "b: 2\r\n"], vec!["a: 1", "b: 2\r\n"]),
            ("\u{a0}a: 1\u{3000}", vec!["a: 1\u{3000}"], vec!["a: 1\u{3000}"]),
            ("# c\n---", vec!["# c\n"], vec!["# c"]),
        ] {
            assert_eq!(split(text, Compat::Helm43), new, "{text:?}");
            assert_eq!(split(text, Compat::Helm42), old, "{text:?}");
            let old: Vec<&str> = old.into_iter().map(str::trim).collect();
            assert_eq!(split(text, Compat::Helm3), old, "{text:?}");
        }
        let wide = "a: 1\n---\n\u{a0}\n---\n";
        assert_eq!(split(wide, Compat::Helm43), ["a: 1\n"]);
        assert_eq!(split(wide, Compat::Helm42), ["a: 1"]);
        assert_eq!(split(wide, Compat::Helm3), ["a: 1", ""]);
    }

    #[test]
    fn white_space_is_that_of_unicode() {
        assert_eq!(trim(b" \x0b\xc2\x85a\xe3\x80\x80\n"), b"a");
        assert_eq!(trim(b"\xff \x80"), b"\xff \x80");
        assert_eq!(trim(b"\xe3\x80"), b"\xe3\x80");
        assert!(is_blank(b"\r\n\t") && is_blank(b""));
    }
}
