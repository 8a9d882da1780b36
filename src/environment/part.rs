//! Typed parts of our files: a struct, its table of fields and its reader are written as one.

use super::fields::{Located, text};
use crate::source::Span;
use crate::yaml::{Node, NodeKind};

/// A whole number and where it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    /// The number.
    pub value: u64,
    /// Its place.
    pub span: Span,
}

/// `true` or `false`, and where it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flag {
    /// Whether it is `true`.
    pub value: bool,
    /// Its place.
    pub span: Span,
}

/// Things by name, in the order of the file.
pub type Named<T> = Vec<(Located, T)>;

/// What can be read from a node whose shape was checked before; whatever does not fit counts as absent.
pub(super) trait Read: Sized {
    fn read(node: Option<&Node>) -> Self;
}

impl Read for Option<Located> {
    fn read(node: Option<&Node>) -> Self {
        let node = node?;
        let NodeKind::Str(bytes) = node.kind() else { return None };
        Some(Located { text: String::from_utf8_lossy(bytes).into_owned(), span: node.span() })
    }
}

impl Read for Option<Number> {
    fn read(node: Option<&Node>) -> Self {
        let node = node?;
        let value = match node.kind() {
            NodeKind::Int(number) => u64::try_from(*number).ok()?,
            NodeKind::Uint(number) => *number,
            _ => return None,
        };
        Some(Number { value, span: node.span() })
    }
}

impl Read for Option<Flag> {
    fn read(node: Option<&Node>) -> Self {
        let node = node?;
        let NodeKind::Bool(value) = node.kind() else { return None };
        Some(Flag { value: *value, span: node.span() })
    }
}

impl Read for Vec<Located> {
    fn read(node: Option<&Node>) -> Self {
        node.map_or(&[][..], Node::items).iter().filter_map(|item| Option::<Located>::read(Some(item))).collect()
    }
}

impl Read for Option<Node> {
    fn read(node: Option<&Node>) -> Self {
        node.filter(|node| !node.is_null()).cloned()
    }
}

impl<T: Read> Read for Named<T> {
    fn read(node: Option<&Node>) -> Self {
        let entries = node.map_or(&[][..], Node::entries).iter();
        entries
            .map(|entry| (Located { text: text(&entry.key), span: entry.key.span() }, T::read(Some(&entry.value))))
            .collect()
    }
}

/// Names of things, for messages.
pub(super) fn names<T>(named: &Named<T>) -> String {
    named.iter().map(|(name, _)| name.text.as_str()).collect::<Vec<_>>().join(", ")
}

/// The thing of a name.
pub(super) fn find<'n, T>(named: &'n Named<T>, name: &str) -> Option<&'n T> {
    named.iter().find(|(known, _)| known.text == name).map(|(_, thing)| thing)
}

/// The place of a node that is a mapping.
pub(super) fn mapping(node: Option<&Node>) -> Option<Span> {
    node.filter(|node| matches!(node.kind(), NodeKind::Map(_))).map(Node::span)
}

/// A part: fields as `rust_name "fileName": Type = Shape;`, with `(required)` where the field has to be there.
macro_rules! part {
    ($(#[doc = $about:literal])+ $vis:vis $name:ident = $word:literal {
        $( $(#[doc = $field_about:literal])+ $field:ident $key:literal $(($need:ident))? : $type:ty = $shape:expr; )*
    }) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug, Default)]
        // Of parts that only this room reads, some fields are only checked.
        #[allow(dead_code)]
        $vis struct $name {
            /// Where it was written, if it was.
            pub span: Option<$crate::source::Span>,
            $( $(#[doc = $field_about])+ pub $field: $type, )*
        }

        impl $name {
            /// Its fields.
            $vis const PART: $crate::environment::shape::Part = $crate::environment::shape::Part {
                name: $word,
                about: concat!($($about),+),
                fields: &[$($crate::environment::shape::Field {
                    name: $key,
                    shape: $shape,
                    required: false $(|| !stringify!($need).is_empty())?,
                    about: concat!($($field_about),+),
                }),*],
                base: None,
            };
        }

        impl $crate::environment::part::Read for $name {
            fn read(node: Option<&$crate::yaml::Node>) -> Self {
                let get = |key: &str| node?.get(key);
                let _ = &get;
                $name {
                    span: $crate::environment::part::mapping(node),
                    $( $field: $crate::environment::part::Read::read(get($key)), )*
                }
            }
        }
    };
}
pub(super) use part;
