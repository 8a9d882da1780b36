//! The documents of a rendered file, as the decoder of Kubernetes' `apimachinery` takes them apart.
//!
//! A text that begins like a JSON object is read as a stream of JSON texts until one is none; from there on, and
//! everything else from the start, it is YAML. Where both ways fail, JSON's words are told.

use super::object::Object;
use crate::json;
use crate::yaml;

/// What a stream gives next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A document; `None` is one that holds nothing.
    Object(Option<Object>),
    /// A document that cannot be read, in Go's words.
    Fault(String),
    /// Nothing is left.
    End,
}

/// How far Helm looks for the brace of a JSON stream.
const WINDOW: usize = 4096;

/// A rendered file.
pub(super) struct Stream<'a> {
    text: &'a [u8],
    /// Where the next JSON text starts, while the stream is JSON.
    json: Option<usize>,
    /// How many documents were read.
    count: usize,
    documents: Box<dyn Iterator<Item = Result<yaml::Document<'a>, yaml::DocumentError>> + 'a>,
}

impl<'a> Stream<'a> {
    /// The documents of `text`.
    pub(super) fn new(text: &'a [u8]) -> Stream<'a> {
        let window = String::from_utf8_lossy(text.get(..WINDOW).unwrap_or(text));
        let json = window.trim_start().starts_with('{').then_some(0);
        Stream { text, json, count: 0, documents: Box::new(yaml::documents(text)) }
    }

    /// The next document.
    pub(super) fn next(&mut self) -> Step {
        match self.json {
            Some(from) => self.next_json(from),
            None => self.next_yaml(None),
        }
    }

    fn next_json(&mut self, from: usize) -> Step {
        let (raw, told) = match json::next_value(self.text, from) {
            json::Next::End => return Step::End,
            json::Next::Value(end) => match Object::from_json(self.text.get(from..end).unwrap_or_default()) {
                Ok(object) => {
                    self.json = Some(end);
                    self.count += 1;
                    return Step::Object(object);
                }
                Err(problem) => (problem.clone(), problem),
            },
            json::Next::Broken(offset, fault) => (fault.to_string(), format!("json: offset {offset}: {fault}")),
            json::Next::Unfinished => ("unexpected EOF".to_owned(), "unexpected EOF".to_owned()),
        };
        // After two objects there is no doubt that JSON was meant.
        if self.count > 1 {
            return Step::Fault(raw);
        }
        self.json = None;
        let rest = self.text.get(from..).unwrap_or_default();
        match start_of_yaml(rest) {
            Some(start) => self.documents = Box::new(yaml::documents(rest.get(start..).unwrap_or_default())),
            None => return Step::Fault(told),
        }
        self.next_yaml(Some(told))
    }

    fn next_yaml(&mut self, told: Option<String>) -> Step {
        let fault = match self.documents.next() {
            None => return Step::End,
            Some(Err(error)) => error.to_string(),
            Some(Ok(document)) => match Object::from_yaml(&document.text) {
                Ok(object) => {
                    self.count += 1;
                    return Step::Object(object);
                }
                Err(fault) => fault,
            },
        };
        Step::Fault(told.unwrap_or(fault))
    }
}

/// Where YAML starts in what JSON left: behind blanks and at most one line break. Helm looks at four bytes at a time and
/// gives up where there are fewer.
fn start_of_yaml(rest: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let window = rest.get(at..at + 4)?;
        let (letter, size) = crate::value::print::decode_rune(window);
        if letter == char::REPLACEMENT_CHARACTER {
            return None;
        }
        if !letter.is_whitespace() {
            return Some(at);
        }
        at += size;
        if letter == '\n' {
            return Some(at);
        }
    }
}
