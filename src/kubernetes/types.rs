//! What a field may hold, in the form in which documents are checked.

use crate::yaml::Node;
use std::cell::OnceCell;
use std::rc::Rc;

/// The number of a named type in its [`super::registry::Registry`].
pub(super) type TypeId = usize;

/// A type that is built when it is first asked for.
pub(super) type Slot = OnceCell<Rc<Type>>;

/// A type with what it asks beyond its kind.
#[derive(Debug)]
pub(super) struct Type {
    pub(super) kind: Kind,
    /// Whether null is taken.
    pub(super) nullable: bool,
    pub(super) limits: Option<Box<Limits>>,
}

/// The kind of a type.
#[derive(Debug)]
pub(super) enum Kind {
    Any,
    Boolean,
    Integer(Bits),
    Number,
    String(Text),
    IntOrString,
    NumberOrString,
    List { items: Rc<Type>, unique: Unique },
    Map(Rc<Type>),
    Object(Object),
    Named(TypeId),
    /// Another type cannot say what this one takes: the keyword that stands in the way.
    Unreadable(Box<str>),
}

/// The width of an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bits {
    Free,
    Int32,
    Int64,
}

/// What a string holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Text {
    Free,
    Base64,
    DateTime,
}

/// What no two items of a list may share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unique {
    No,
    Items,
    Keys(Box<[Box<str>]>),
}

/// A map with known fields.
#[derive(Debug)]
pub(super) struct Object {
    /// In byte order of their names.
    pub(super) fields: Vec<Field>,
    pub(super) others: Others,
    /// The definition that the fields come from, to ask for other versions of it.
    pub(super) definition: Option<TypeId>,
}

/// One field of an object.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: Box<str>,
    pub(super) required: bool,
    pub(super) of: Rc<Type>,
    /// What an API server puts in where the field is missing.
    pub(super) default: Option<Node>,
}

/// What an object does with fields that it does not know.
#[derive(Debug)]
pub(super) enum Others {
    /// They are mistakes, unless the check is lenient.
    Unknown,
    /// They are refused, however lenient the check is.
    Refused,
    Free,
    Typed(Rc<Type>),
}

impl Object {
    pub(super) fn field(&self, name: &[u8]) -> Option<&Field> {
        let at = self.fields.binary_search_by(|field| field.name.as_bytes().cmp(name)).ok()?;
        self.fields.get(at)
    }
}

/// What a schema asks beyond a kind.
#[derive(Debug, Default)]
pub(super) struct Limits {
    pub(super) values: Option<Vec<Literal>>,
    pub(super) pattern: Option<(Box<str>, Option<regex::Regex>)>,
    pub(super) format: Option<Box<str>>,
    pub(super) minimum: Option<(f64, Edge)>,
    pub(super) maximum: Option<(f64, Edge)>,
    pub(super) multiple_of: Option<f64>,
    pub(super) length: Span,
    pub(super) items: Span,
    pub(super) properties: Span,
    pub(super) all_of: Vec<Rc<Type>>,
    pub(super) any_of: Vec<Rc<Type>>,
    pub(super) one_of: Vec<Rc<Type>>,
    pub(super) not: Option<Rc<Type>>,
    pub(super) rules: Vec<Rule>,
}

/// Whether a bound itself is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edge {
    Taken,
    Refused,
}

/// The least and the most of something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) least: Option<usize>,
    pub(super) most: Option<usize>,
}

/// One value of an enumeration.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    Null,
    Boolean(bool),
    Number(f64),
    Text(Box<str>),
    /// A list or map, which is not compared.
    Other,
}

/// One of `x-kubernetes-validations`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) rule: Box<str>,
    pub(super) message: Option<Box<str>>,
    pub(super) message_expression: Option<Box<str>>,
}

impl Type {
    pub(super) fn new(kind: Kind) -> Type {
        Type { kind, nullable: false, limits: None }
    }

    /// What it takes, for messages: `integer`, `list of ...`.
    pub(super) fn name(&self) -> &'static str {
        match &self.kind {
            Kind::Any | Kind::Named(_) | Kind::Unreadable(_) => "value",
            Kind::Boolean => "boolean",
            Kind::Integer(_) => "integer",
            Kind::Number => "number",
            Kind::String(_) => "string",
            Kind::IntOrString => "integer or string",
            Kind::NumberOrString => "number or string",
            Kind::List { .. } => "list",
            Kind::Map(_) | Kind::Object(_) => "map",
        }
    }
}
