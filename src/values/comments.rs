//! The comments of a `values.yaml`, with the keys at which they stand.
//!
//! YAML drops comments, so they are found once more in the text: a line that begins with `#` outside of a scalar, and
//! what follows a value on its line. What enters is a text and the node read from it.

use crate::source::Span;
use crate::yaml::{Node, NodeKind};
use std::collections::BTreeMap;

/// Keys that lie deeper have no comments.
const DEEPEST: usize = 100;

/// The comments of one text.
#[derive(Clone, Debug, Default)]
pub struct Comments {
    lines: Vec<CommentLine>,
    keys: BTreeMap<Vec<String>, KeyComments>,
}

/// A line that is nothing but a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommentLine {
    /// Its number, from 1.
    pub line: usize,
    /// What stands after the signs `#` and one blank.
    pub text: String,
}

/// What stands at one key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyComments {
    /// The line of the key, from 1.
    pub line: usize,
    /// The comment lines right above it.
    pub above: Vec<String>,
    /// The comment after its value, on the same line.
    pub beside: Option<String>,
}

impl Comments {
    /// Finds the comments of a text whose first document is `root`.
    pub fn read(text: &[u8], root: &Node) -> Comments {
        let starts: Vec<usize> = std::iter::once(0).chain(memchr::memchr_iter(b'\n', text).map(|at| at + 1)).collect();
        let mut finder = Finder { text, starts, inside: Vec::new(), comments: Comments::default() };
        finder.mark_scalars(root, 0);
        finder.comment_lines();
        finder.keys(root, &mut Vec::new());
        finder.comments
    }

    /// All comment lines, in the order of the text.
    pub fn lines(&self) -> &[CommentLine] {
        &self.lines
    }

    /// What stands at the key at the end of a path.
    pub fn at(&self, path: &[String]) -> Option<&KeyComments> {
        self.keys.get(path)
    }

    /// Every key of a mapping with its path, sorted by path.
    pub fn keys(&self) -> impl Iterator<Item = (&[String], &KeyComments)> {
        self.keys.iter().map(|(path, comments)| (path.as_slice(), comments))
    }
}

struct Finder<'t> {
    text: &'t [u8],
    /// The offset of each line.
    starts: Vec<usize>,
    /// Lines, from 0, that lie within a scalar: first and last.
    inside: Vec<(usize, usize)>,
    comments: Comments,
}

impl Finder<'_> {
    /// The line of an offset, from 0.
    fn line_of(&self, offset: u32) -> usize {
        self.starts.partition_point(|start| *start <= offset as usize).saturating_sub(1)
    }

    fn line(&self, number: usize) -> &[u8] {
        let start = self.starts.get(number).copied().unwrap_or(self.text.len());
        let end = self.starts.get(number + 1).map_or(self.text.len(), |next| next.saturating_sub(1));
        self.text.get(start..end).unwrap_or_default().trim_ascii_end()
    }

    fn mark_scalars(&mut self, node: &Node, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        match node.kind() {
            NodeKind::Map(entries) => entries.iter().for_each(|entry| self.mark_scalars(&entry.value, depth + 1)),
            NodeKind::Seq(items) => items.iter().for_each(|item| self.mark_scalars(item, depth + 1)),
            NodeKind::Str(_) => {
                let Span { start, end, .. } = node.span();
                let (first, last) = (self.line_of(start), self.line_of(end.saturating_sub(1).max(start)));
                if last > first {
                    self.inside.push((first + 1, last));
                }
            }
            _ => {}
        }
    }

    fn comment_lines(&mut self) {
        self.inside.sort_unstable();
        let mut inside = self.inside.iter().peekable();
        let mut found = Vec::new();
        for number in 0..self.starts.len() {
            while inside.peek().is_some_and(|(_, last)| *last < number) {
                inside.next();
            }
            let covered = inside.peek().is_some_and(|(first, _)| *first <= number);
            if let (false, Some(text)) = (covered, comment(self.line(number))) {
                found.push(CommentLine { line: number + 1, text });
            }
        }
        self.comments.lines = found;
    }

    fn keys(&mut self, node: &Node, path: &mut Vec<String>) {
        if path.len() > DEEPEST {
            return;
        }
        for entry in node.entries() {
            let Some(key) = entry.key.key_text() else { continue };
            path.push(String::from_utf8_lossy(&key).into_owned());
            let line = self.line_of(entry.key.span().start);
            let comments = KeyComments {
                line: line + 1,
                above: self.above(line),
                beside: self.beside(line, entry.key.span(), &entry.value),
            };
            self.comments.keys.insert(path.clone(), comments);
            self.keys(&entry.value, path);
            path.pop();
        }
    }

    fn above(&self, line: usize) -> Vec<String> {
        let lines = &self.comments.lines;
        // Line numbers of comments start at 1, so that `line` is the number of the line above.
        let end = lines.partition_point(|comment| comment.line <= line);
        let mut start = end;
        while let Some(before) = start.checked_sub(1).and_then(|at| lines.get(at))
            && before.line == line + 1 - (end - start) - 1
        {
            start -= 1;
        }
        lines.get(start..end).unwrap_or_default().iter().map(|comment| comment.text.clone()).collect()
    }

    fn beside(&self, line: usize, key: Span, value: &Node) -> Option<String> {
        let span = value.span();
        let on_line = span.start >= key.end && self.line_of(span.start) == line;
        let from = if on_line && self.line_of(span.end) == line { span.end } else { key.end } as usize;
        let start = self.starts.get(line).copied()?;
        let rest = self.line(line).get(from.checked_sub(start)?..)?;
        let at = memchr::memmem::find(rest, b" #")?;
        comment(rest.get(at..)?)
    }
}

/// The text of a line that is a comment.
fn comment(line: &[u8]) -> Option<String> {
    let rest = line.trim_ascii_start().strip_prefix(b"#")?;
    let signs = rest.iter().take_while(|byte| **byte == b'#').count();
    let rest = rest.get(signs..).unwrap_or_default();
    let rest = rest.strip_prefix(b" ").unwrap_or(rest);
    Some(String::from_utf8_lossy(rest.trim_ascii_end()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;
    use crate::yaml;

    fn at(text: &str, path: &[&str]) -> KeyComments {
        let root = yaml::parse(text.as_bytes(), SourceId::default()).expect("YAML");
        let path: Vec<String> = path.iter().map(|key| (*key).to_owned()).collect();
        Comments::read(text.as_bytes(), &root).at(&path).cloned().expect("a key")
    }

    #[test]
    fn comments_belong_to_the_key_below_them() {
        let text =
            "# far\n\n# one\n## two\na: # beside\n  # three\n  b: \"x # y\"   # four\nc: |\n  # no comment\nd: 1\n";
        let a = at(text, &["a"]);
        assert_eq!((a.line, a.above, a.beside.as_deref()), (5, vec!["one".into(), "two".into()], Some("beside")));
        let b = at(text, &["a", "b"]);
        assert_eq!((b.above, b.beside.as_deref()), (vec!["three".to_owned()], Some("four")));
        assert_eq!(at(text, &["d"]).above, Vec::<String>::new());
        assert_eq!(at(text, &["c"]).beside, None);
    }

    #[test]
    fn the_first_line_may_have_no_comment_above() {
        assert_eq!(at("a: 1 # x", &["a"]).above, Vec::<String>::new());
        assert_eq!(at("#a\nb:\n", &["b"]).above, vec!["a".to_owned()]);
    }
}
