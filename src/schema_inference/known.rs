//! What a walk without execution knows of a template's value.

use super::shape::ShapeId;
use std::collections::BTreeMap;
use std::rc::Rc;

/// One thing that a value may be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Atom {
    /// The dot of a chart's templates, by the chart's number.
    Root(usize),
    /// `.Template` or `.Chart` of a chart, whose fields are texts.
    Facts(usize),
    /// `.Subcharts` of a chart.
    Subcharts(usize),
    /// `.Files` of a chart, or something made of it.
    Files(usize),
    /// A value.
    Value(ShapeId),
    /// The text of a value: `toYaml`.
    Written(ShapeId),
    /// What `dict` made.
    Dict(Rc<BTreeMap<String, Known>>),
    /// What `list` made: all its items.
    List(Rc<Known>),
    /// A text; where `wild`, some of it is not known and stands as a NUL.
    Text {
        /// The text.
        text: Rc<[u8]>,
        /// Whether there are gaps.
        wild: bool,
    },
    /// A list of texts that are known, in their order.
    Words(Rc<Vec<Rc<[u8]>>>),
    /// A number that is written in the template.
    Number,
    /// A bool that is written in the template.
    Bool,
    /// `nil`.
    Nil,
}

/// Everything that a value may be, sorted; nothing where that is not known or does not come from values.
pub(super) type Known = Vec<Atom>;

/// A value that may be more than this many things counts as the first of them.
const MOST: usize = 24;

/// Both of them, each of which is sorted.
pub(super) fn either(mut one: Known, other: Known) -> Known {
    if other.is_empty() {
        return one;
    }
    if one.is_empty() {
        return other;
    }
    if one == other {
        return one;
    }
    one.extend(other);
    sorted(one)
}

/// The same things sorted, each once.
pub(super) fn sorted(mut known: Known) -> Known {
    if known.len() > 1 {
        known.sort_unstable();
        known.dedup();
        known.truncate(MOST);
    }
    known
}

/// A text without gaps.
pub(super) fn text(bytes: &[u8]) -> Known {
    vec![Atom::Text { text: bytes.into(), wild: false }]
}

/// The text, if a value is one that is known whole.
pub(super) fn as_text(known: &Known) -> Option<&[u8]> {
    match known.as_slice() {
        [Atom::Text { text, wild: false }] => Some(text),
        _ => None,
    }
}

/// The text as a key of a map.
pub(super) fn as_key(known: &Known) -> Option<String> {
    as_text(known).map(|text| String::from_utf8_lossy(text).into_owned())
}
