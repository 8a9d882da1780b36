//! The notation of `schemas/kubernetes/definitions.txt.gz` and `schemas/custom/*.txt`; `make.py` there describes it.

use super::types::{Bits, Field, Kind, Limits, Literal, Object, Others, Text, Type, Unique};
use std::rc::Rc;

/// One line `FIELD TYPE [VERSIONS]` or the head of a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub(super) name: &'a str,
    pub(super) of: &'a str,
    pub(super) versions: &'a str,
}

impl<'a> Line<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Line<'a>> {
        let mut words = text.trim_start().splitn(3, ' ');
        let (name, of) = (words.next()?, words.next()?);
        Some(Line { name, of, versions: words.next().unwrap_or_default() })
    }
}

/// Whether `25-30,33` names a version; an empty text names all.
pub(super) fn holds(versions: &str, version: u32) -> bool {
    versions.is_empty() || ranges(versions).any(|(first, last)| (first..=last).contains(&version))
}

/// The ranges of `25-30,33`.
pub(super) fn ranges(versions: &str) -> impl Iterator<Item = (u32, u32)> {
    versions.split(',').filter_map(|part| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some((first.parse().ok()?, last.parse().ok()?))
    })
}

/// Builds types from the notation; `named` gives the number of a definition.
pub(super) struct Notation<'a> {
    pub(super) named: &'a dyn Fn(&str) -> Option<usize>,
}

/// A type and whether its field is required.
type Read = Option<(Type, bool)>;

impl Notation<'_> {
    /// The object or alias of a definition: its head and the lines of its fields that hold.
    pub(super) fn definition<'t>(&self, head: &str, fields: impl Iterator<Item = Line<'t>>, id: usize) -> Option<Type> {
        let (mut of, _) = self.parse(head)?;
        if head.trim_end_matches('?') != "object" {
            return Some(of);
        }
        let mut known: Vec<Field> = fields
            .filter_map(|line| {
                let (of, required) = self.parse(line.of)?;
                Some(Field { name: line.name.into(), required, of: Rc::new(of), default: None })
            })
            .collect();
        known.sort_by(|a, b| a.name.cmp(&b.name));
        let others = if known.is_empty() { Others::Free } else { Others::Unknown };
        of.kind = Kind::Object(Object { fields: known, others, definition: Some(id) });
        Some(of)
    }

    /// Reads one TYPE.
    pub(super) fn parse(&self, text: &str) -> Read {
        self.nested(text, 0)
    }

    fn nested(&self, text: &str, depth: usize) -> Read {
        if depth > 16 {
            return None;
        }
        let (kind, marks) = match text.as_bytes().first()? {
            b'[' => {
                let end = text.rfind(']')?;
                let (items, _) = self.nested(text.get(1..end)?, depth + 1)?;
                (Kind::List { items: Rc::new(items), unique: Unique::No }, text.get(end + 1..)?)
            }
            b'{' => {
                let end = text.rfind('}')?;
                let (values, _) = self.nested(text.get(1..end)?, depth + 1)?;
                (Kind::Map(Rc::new(values)), text.get(end + 1..)?)
            }
            _ => {
                let end = text.find(['?', '!', '~', '^', '=']).unwrap_or(text.len());
                (self.plain(text.get(..end)?)?, text.get(end..)?)
            }
        };
        Some(marked(kind, marks))
    }

    fn plain(&self, word: &str) -> Option<Kind> {
        if let Some(name) = word.strip_prefix('@') {
            return Some(Kind::Named((self.named)(name)?));
        }
        Some(match word {
            "object" => Kind::Object(Object { fields: Vec::new(), others: Others::Free, definition: None }),
            "string" => Kind::String(Text::Free),
            "bytes" => Kind::String(Text::Base64),
            "date-time" => Kind::String(Text::DateTime),
            "int32" => Kind::Integer(Bits::Int32),
            "int64" => Kind::Integer(Bits::Int64),
            "integer" => Kind::Integer(Bits::Free),
            "number" => Kind::Number,
            "boolean" => Kind::Boolean,
            "int-or-string" => Kind::IntOrString,
            "number-or-string" => Kind::NumberOrString,
            _ => Kind::Any,
        })
    }
}

fn marked(kind: Kind, marks: &str) -> (Type, bool) {
    let (marks, values) = marks.split_once('=').map_or((marks, None), |(marks, values)| (marks, Some(values)));
    let (marks, keys) = marks.split_once('^').map_or((marks, None), |(marks, keys)| (marks, Some(keys)));
    let mut of = Type { kind, nullable: marks.contains('?'), limits: None };
    if let Kind::List { unique, .. } = &mut of.kind {
        *unique = match keys {
            Some(keys) => Unique::Keys(keys.split(',').map(Box::from).collect()),
            None if marks.contains('~') => Unique::Items,
            None => Unique::No,
        };
    }
    if let Some(values) = values {
        let values = values.split('|').map(|value| Literal::Text(value.into())).collect();
        of.limits = Some(Box::new(Limits { values: Some(values), ..Limits::default() }));
    }
    (of, marks.contains('!'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_with_their_marks() {
        let notation = Notation { named: &|name| (name == "x.Y").then_some(7) };
        let (list, required) = notation.parse("[@x.Y?]?!^name,port").expect("a list");
        assert!(list.nullable && required);
        let Kind::List { items, unique } = &list.kind else { panic!("{list:?}") };
        assert!(matches!(items.kind, Kind::Named(7)) && items.nullable);
        assert_eq!(*unique, Unique::Keys(["name".into(), "port".into()].into()));
        let (text, required) = notation.parse("string?=a|b").expect("a string");
        assert!(text.nullable && !required && text.limits.is_some());
        assert!(notation.parse("@z").is_none() && notation.parse("[").is_none() && notation.parse("").is_none());
    }

    #[test]
    fn versions_are_ranges() {
        assert!(holds("25-30,33", 30) && holds("25-30,33", 33) && !holds("25-30,33", 31) && holds("", 1));
    }
}
