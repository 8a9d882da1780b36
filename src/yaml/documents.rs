//! Streams of several documents, split as Kubernetes' YAML reader splits them.

use super::error::Error;
use std::borrow::Cow;
use std::fmt;

/// One document of a stream, not parsed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document<'a> {
    /// Where it starts in the stream.
    pub offset: usize,
    /// How many lines lie before it.
    pub lines_before: usize,
    /// Its bytes; the last line ends with a break.
    pub text: Cow<'a, [u8]>,
}

impl Document<'_> {
    /// An error of this document as one of the stream.
    pub fn locate(&self, error: Error) -> Error {
        error.shift(self.offset, self.lines_before)
    }
}

/// A line that starts with `---` but goes on with something other than a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentError {
    /// Where the line starts.
    pub offset: usize,
    rest: String,
}

impl fmt::Display for DocumentError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "invalid Yaml document separator: {}", self.rest)
    }
}

impl std::error::Error for DocumentError {}

/// Splits a stream into documents at lines that start with `---`, as Helm reads `values.yaml`.
///
/// An empty stream has no document. After an error the iterator ends.
pub fn documents(text: &[u8]) -> impl Iterator<Item = Result<Document<'_>, DocumentError>> {
    Documents { text, pos: 0, lines: 0 }
}

struct Documents<'a> {
    text: &'a [u8],
    pos: usize,
    lines: usize,
}

impl<'a> Iterator for Documents<'a> {
    type Item = Result<Document<'a>, DocumentError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (start, lines_before) = (self.pos, self.lines);
        while self.pos < self.text.len() {
            let at = self.pos;
            let line = self.next_line();
            let Some(rest) = line.strip_prefix(b"---") else { continue };
            if let Some(error) = bad_separator(rest, at) {
                self.pos = self.text.len();
                return Some(Err(error));
            }
            // The separator belongs to a document only if nothing of it was read before.
            if at > start {
                return Some(Ok(self.document(start, at, lines_before)));
            }
        }
        (self.pos > start).then(|| Ok(self.document(start, self.pos, lines_before)))
    }
}

impl<'a> Documents<'a> {
    fn next_line(&mut self) -> &'a [u8] {
        let rest = &self.text[self.pos..];
        let len = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
        self.pos += len;
        self.lines += 1;
        &rest[..len]
    }

    /// The reader ends every line with a break, also the last one.
    fn document(&self, offset: usize, end: usize, lines_before: usize) -> Document<'a> {
        let text = &self.text[offset..end];
        let text = match text.last() {
            Some(b'\n') => Cow::Borrowed(text),
            _ => Cow::Owned([text, b"\n"].concat()),
        };
        Document { offset, lines_before, text }
    }
}

fn bad_separator(rest: &[u8], offset: usize) -> Option<DocumentError> {
    let rest = String::from_utf8_lossy(rest);
    let rest = rest.trim();
    let bad = !rest.is_empty() && !rest.starts_with('#');
    bad.then(|| DocumentError { offset, rest: rest.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<Result<String, String>> {
        let text_of = |document: Document<'_>| String::from_utf8_lossy(&document.text).into_owned();
        documents(text.as_bytes()).map(|found| found.map(text_of).map_err(|error| error.to_string())).collect()
    }

    #[test]
    fn separators_end_documents_and_are_dropped() {
        let texts = |texts: &[&str]| texts.iter().map(|text| Ok((*text).to_owned())).collect::<Vec<_>>();
        assert_eq!(split(""), []);
        assert_eq!(split("a: 1"), texts(&["a: 1\n"]));
        assert_eq!(split("a: 1\n---\nb: 2\n--- # c\n"), texts(&["a: 1\n", "b: 2\n"]));
        assert_eq!(split("---\na: 1\n"), texts(&["---\na: 1\n"]));
        assert_eq!(split("a: 1\n ---\n"), texts(&["a: 1\n ---\n"]));
    }

    #[test]
    fn text_behind_a_separator_is_an_error() {
        let error = Err("invalid Yaml document separator: b: 2".to_owned());
        assert_eq!(split("a: 1\n--- b: 2\nc: 3\n"), [error]);
    }

    #[test]
    fn errors_are_moved_to_their_place_in_the_stream() {
        let text = b"a: 1\n---\nb: [\n";
        let document = documents(text).flatten().nth(1).expect("two documents");
        let error = crate::yaml::from_yaml(&document.text).map_err(|error| document.locate(error));
        assert_eq!(error.expect_err("an open bracket").line(), Some(4));
    }
}
