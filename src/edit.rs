//! Changes to a YAML text at known places, everything else kept byte for byte: comments, order, quotes.
//!
//! What enters is a text and spans of its nodes; what leaves is the changed text, read again to be sure that it says
//! what it should. The rules for plain scalars are those of our YAML reader.

use crate::diagnostic::{Error, ErrorKind};
use crate::source::{SourceId, Span};
use crate::value::Value;
use crate::yaml::{self, Node, NodeKind};
use std::ops::Range;

/// Changes that are gathered for one text.
#[derive(Clone, Debug)]
pub struct Edits {
    text: Vec<u8>,
    changes: Vec<(Range<usize>, Vec<u8>)>,
    /// What the finished text has to say: a path of keys and its text.
    wanted: Vec<(Vec<String>, String)>,
}

impl Edits {
    /// No changes yet.
    pub fn new(text: &[u8]) -> Edits {
        Edits { text: text.to_vec(), changes: Vec::new(), wanted: Vec::new() }
    }

    /// Whether nothing is to be changed.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Replaces the bytes of a span.
    pub fn replace(&mut self, span: Span, with: impl Into<Vec<u8>>) {
        self.changes.push((span.start as usize..span.end as usize, with.into()));
    }

    /// Puts a text in at an offset.
    pub fn insert(&mut self, at: usize, text: impl Into<Vec<u8>>) {
        self.changes.push((at..at, text.into()));
    }

    /// Gives the scalar at the end of a path another text, in the quotes that it has. Keys of sequences are numbers.
    /// Does nothing where it has that text already; whether there is such a scalar.
    pub fn set(&mut self, root: &Node, path: &[&str], value: &str) -> bool {
        let Some(node) = root.at(path) else { return false };
        if matches!(node.kind(), NodeKind::Map(_) | NodeKind::Seq(_)) {
            return false;
        }
        if matches!(node.kind(), NodeKind::Str(text) if &**text == value.as_bytes()) {
            return true;
        }
        let span = node.span();
        let old = self.text.get(span.start as usize..span.end as usize).unwrap_or_default();
        let new = in_quotes_of(old, value);
        // An empty value has no blank behind its colon.
        let glued = old.is_empty() && span.start > 0 && self.text.get(span.start as usize - 1) == Some(&b':');
        // A block scalar ends with its last line break, which has to stay.
        let end = if old.ends_with(b"\n") { "\n" } else { "" };
        self.replace(span, format!("{}{new}{end}", if glued { " " } else { "" }));
        self.expect(path, value);
        true
    }

    /// Says what the finished text has to hold at a path.
    pub fn expect(&mut self, path: &[&str], value: &str) {
        self.wanted.push((path.iter().map(|key| (*key).to_owned()).collect(), value.to_owned()));
    }

    /// The changed text.
    ///
    /// # Errors
    /// Changes that overlap, or a result that does not say what it should: the layout is too unusual to be changed here.
    pub fn apply(mut self, name: &str) -> Result<Vec<u8>, Error> {
        self.changes.sort_by_key(|(range, _)| (range.start, range.end));
        let mut out = Vec::with_capacity(self.text.len() + 64);
        let mut at = 0;
        for (range, new) in &self.changes {
            let Some(kept) = self.text.get(at..range.start) else { return Err(unusual(name)) };
            out.extend_from_slice(kept);
            out.extend_from_slice(new);
            at = range.end.max(range.start);
        }
        out.extend_from_slice(self.text.get(at..).unwrap_or_default());
        if self.holds(&out) { Ok(out) } else { Err(unusual(name)) }
    }

    /// Whether a changed text says what it should, and all else as before.
    fn holds(&self, changed: &[u8]) -> bool {
        let read = |text: &[u8]| yaml::parse(text, SourceId::default());
        let (Ok(old), Ok(new)) = (read(&self.text), read(changed)) else { return false };
        let text_at = |path: &[String]| new.at(path).and_then(Node::to_text).map(|text| text.into_owned());
        let says = |(path, value): &(Vec<String>, String)| text_at(path).is_some_and(|text| text == value.as_bytes());
        let is_meant = |path: &[String]| self.wanted.iter().any(|(wanted, _)| path.starts_with(wanted));
        self.wanted.iter().all(says)
            && leaves(&old).iter().all(|(path, text)| is_meant(path) || text_at(path).as_deref() == text.as_deref())
    }
}

/// The scalars of a tree with their paths; a null has no text.
fn leaves(root: &Node) -> Vec<(Vec<String>, Option<Vec<u8>>)> {
    let mut found = Vec::new();
    let mut open = vec![(Vec::new(), root)];
    while let Some((path, node)) = open.pop() {
        let below = |key: String| path.iter().cloned().chain([key]).collect::<Vec<_>>();
        match node.kind() {
            NodeKind::Map(entries) => open.extend(entries.iter().map(|entry| {
                let key = entry.key.key_text().unwrap_or_default();
                (below(String::from_utf8_lossy(&key).into_owned()), &entry.value)
            })),
            NodeKind::Seq(items) => {
                open.extend(items.iter().enumerate().map(|(at, item)| (below(at.to_string()), item)));
            }
            _ => found.push((path, node.to_text().map(|text| text.into_owned()))),
        }
    }
    found
}

fn unusual(name: &str) -> Error {
    let message = format!("cannot change `{name}` and keep its layout");
    Error::new(ErrorKind::Content, message).hint("write its values plainly, without anchors and tags, or change it by hand")
}

/// A text as a scalar in the style of another one.
fn in_quotes_of(old: &[u8], value: &str) -> String {
    match old.first() {
        Some(b'\'') if !value.contains(['\n', '\r']) => format!("'{}'", value.replace('\'', "''")),
        Some(b'"' | b'|' | b'>') => in_double_quotes(value),
        _ => scalar(value),
    }
}

/// A text as a scalar: plain where that reads as the same text, in double quotes otherwise.
pub fn scalar(value: &str) -> String {
    let plain = value.bytes().all(|byte| matches!(byte, b' '..=b'~') && !b"\"'{}[],&*#|>%@`!?".contains(&byte));
    let trimmed = !value.is_empty() && value.trim() == value && !value.contains(": ") && !value.ends_with(':');
    let reads_back = || {
        let read = yaml::from_yaml(format!("- {value}\n").as_bytes());
        matches!(read, Ok(Value::List(list)) if list.get(0).and_then(|item| item.as_str().map(|text| text.as_bytes() == value.as_bytes())) == Some(true))
    };
    if plain && trimmed && !value.starts_with("- ") && reads_back() { value.to_owned() } else { in_double_quotes(value) }
}

fn in_double_quotes(value: &str) -> String {
    let mut out = String::from("\"");
    for letter in value.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            letter if letter.is_control() || letter == '\u{feff}' => {
                let number = u32::from(letter);
                out.push_str(&if number < 0x100 { format!("\\x{number:02x}") } else { format!("\\u{number:04x}") });
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(text: &str, path: &[&str], value: &str) -> String {
        let root = yaml::parse(text.as_bytes(), SourceId::default()).expect("YAML");
        let mut edits = Edits::new(text.as_bytes());
        assert!(edits.set(&root, path, value), "{text:?}");
        String::from_utf8(edits.apply("x").expect("changes")).expect("UTF-8")
    }

    #[test]
    fn scalars_keep_their_quotes_and_comments() {
        for (text, value, want) in [
            ("a: 1.2.3 # why\nb: 2\n", "1.3.0", "a: 1.3.0 # why\nb: 2\n"),
            ("a: '1.2.3'\n", "it's", "a: 'it''s'\n"),
            ("a: \"x\"\r\nb: 1\r\n", "q\"", "a: \"q\\\"\"\r\nb: 1\r\n"),
            ("a: x", "1.10", "a: \"1.10\""),
            ("a: x\n", "true", "a: \"true\"\n"),
            ("a: x\n", "b: c", "a: \"b: c\"\n"),
            ("{a: x, b: 2}\n", "z", "{a: z, b: 2}\n"),
            ("a:\nb: 1\n", "z", "a: z\nb: 1\n"),
            ("# top\n\na: |\n  x\n  y\nb: 1\n", "y", "# top\n\na: \"y\"\nb: 1\n"),
        ] {
            let got = changed(text, &["a"], value);
            let read = yaml::parse(got.as_bytes(), SourceId::default()).expect("YAML");
            assert_eq!(read.get("a").and_then(Node::to_text).as_deref(), Some(value.as_bytes()), "{got:?}");
            assert_eq!(got, want);
        }
    }

    #[test]
    fn sequences_are_reached_by_numbers() {
        let text = "d:\n- {name: a, version: 1}\n- name: b\n  version: 2 # two\n";
        assert_eq!(changed(text, &["d", "1", "version"], "2.0.0"), text.replace("2 #", "2.0.0 #"));
    }

    #[test]
    fn what_would_say_something_else_is_refused() {
        let text = b"a: &x 1\nb: *x\n";
        let root = yaml::parse(text, SourceId::default()).expect("YAML");
        let mut edits = Edits::new(text);
        assert!(edits.set(&root, &["b"], "2"));
        assert!(edits.apply("x").is_err());
    }
}
