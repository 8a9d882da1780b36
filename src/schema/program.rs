//! A compiled schema: for each schema object the keywords in the order in which Helm's library looks at them.

use super::draft::Draft;
use super::format::Check;
use super::json::{Document, NodeId};
use super::number::Number;
use super::pattern::Pattern;
use super::registry::Root;

/// The number of a schema in its program; the one to start with is 0.
pub(super) type SchemaId = u32;

#[derive(Debug)]
pub(super) struct Program {
    pub(super) roots: Vec<Root>,
    pub(super) schemas: Vec<Schema>,
}

impl Program {
    pub(super) fn schema(&self, id: SchemaId) -> Option<&Schema> {
        self.schemas.get(id as usize)
    }

    /// The URL of a schema.
    pub(super) fn location(&self, schema: &Schema) -> String {
        self.roots.get(schema.root).map_or_else(String::new, |root| root.location(schema.node))
    }

    /// The document that a schema stands in.
    pub(super) fn document(&self, schema: &Schema) -> Option<&Document> {
        self.roots.get(schema.root).map(|root| root.document.as_ref())
    }
}

#[derive(Debug)]
pub(super) struct Schema {
    pub(super) root: usize,
    pub(super) node: NodeId,
    pub(super) draft: Draft,
    /// The schema at the start of the resource that this one belongs to.
    pub(super) resource: SchemaId,
    pub(super) recursive_anchor: bool,
    pub(super) dynamic_anchor: Option<Box<str>>,
    /// Of a resource: where `$dynamicRef` may land.
    pub(super) dynamic_anchors: Vec<(Box<str>, SchemaId)>,
    pub(super) body: Body,
    pub(super) evaluated: Evaluated,
    pub(super) unevaluated_properties: Option<SchemaId>,
    pub(super) unevaluated_items: Option<SchemaId>,
}

/// What a schema's own keywords evaluate of any instance.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Evaluated {
    pub(super) all_properties: bool,
    pub(super) all_items: bool,
    pub(super) first_items: usize,
}

#[derive(Debug)]
pub(super) enum Body {
    Always,
    Never,
    Keywords(Vec<Keyword>),
}

#[derive(Debug)]
pub(super) enum Keyword {
    Type(Types),
    /// A node of the schema's own document.
    Const(NodeId),
    Enum {
        values: Vec<NodeId>,
        types: Types,
    },
    Format {
        name: &'static str,
        check: Check,
    },
    FormatRegex,
    Ref(SchemaId),
    MinProperties(i64),
    MaxProperties(i64),
    Required(Vec<Box<str>>),
    Dependencies(Vec<(Box<str>, Dependency)>),
    Properties(Box<Properties>),
    PropertyNames(SchemaId),
    DependentSchemas(Vec<(Box<str>, SchemaId)>),
    DependentRequired(Vec<(Box<str>, Vec<Box<str>>)>),
    MinItems(i64),
    MaxItems(i64),
    UniqueItems,
    Items {
        first: Vec<SchemaId>,
        rest: Rest,
    },
    Contains {
        schema: SchemaId,
        min: Option<i64>,
        max: Option<i64>,
    },
    MinLength(i64),
    MaxLength(i64),
    Pattern(Pattern),
    Limit {
        bound: Bound,
        number: Number,
    },
    RecursiveRef(SchemaId),
    DynamicRef {
        schema: SchemaId,
        anchor: Option<Box<str>>,
    },
    Not(SchemaId),
    AllOf(Vec<SchemaId>),
    AnyOf(Vec<SchemaId>),
    OneOf(Vec<SchemaId>),
    If {
        test: SchemaId,
        then: Option<SchemaId>,
        otherwise: Option<SchemaId>,
    },
}

impl Keyword {
    /// The rank of a keyword: lower ones are looked at first.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Keyword::Type(_) => 0,
            Keyword::Const(_) => 1,
            Keyword::Enum { .. } => 2,
            Keyword::Format { .. } | Keyword::FormatRegex => 3,
            Keyword::Ref(_) => 4,
            Keyword::MinProperties(_) | Keyword::MinItems(_) | Keyword::MinLength(_) => 5,
            Keyword::MaxProperties(_) | Keyword::MaxItems(_) | Keyword::MaxLength(_) => 6,
            Keyword::Required(_) | Keyword::UniqueItems | Keyword::Pattern(_) => 7,
            Keyword::Dependencies(_) | Keyword::Items { .. } => 8,
            Keyword::Properties(_) | Keyword::Contains { .. } => 9,
            Keyword::PropertyNames(_) => 10,
            Keyword::DependentSchemas(_) => 11,
            Keyword::DependentRequired(_) => 12,
            Keyword::Limit { bound, .. } => 13 + *bound as u8,
            Keyword::RecursiveRef(_) => 20,
            Keyword::DynamicRef { .. } => 21,
            Keyword::Not(_) => 22,
            Keyword::AllOf(_) => 23,
            Keyword::AnyOf(_) => 24,
            Keyword::OneOf(_) => 25,
            Keyword::If { .. } => 26,
        }
    }
}

#[derive(Debug)]
pub(super) enum Dependency {
    Required(Vec<Box<str>>),
    Schema(SchemaId),
}

/// `properties`, `patternProperties` and `additionalProperties`.
#[derive(Debug, Default)]
pub(super) struct Properties {
    /// Sorted by name.
    pub(super) named: Vec<(Box<str>, SchemaId)>,
    pub(super) patterns: Vec<(Pattern, SchemaId)>,
    pub(super) rest: Rest,
}

/// What holds for properties or items that nothing else names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Rest {
    #[default]
    Unchecked,
    /// Written as `true`.
    Allowed,
    /// Written as `false`.
    Forbidden,
    Schema(SchemaId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    Minimum,
    Maximum,
    ExclusiveMinimum,
    ExclusiveMaximum,
    MultipleOf,
}

impl Bound {
    pub(super) fn keyword(self) -> &'static str {
        match self {
            Bound::Minimum => "minimum",
            Bound::Maximum => "maximum",
            Bound::ExclusiveMinimum => "exclusiveMinimum",
            Bound::ExclusiveMaximum => "exclusiveMaximum",
            Bound::MultipleOf => "multipleOf",
        }
    }

    pub(super) fn holds(self, number: &Number, limit: &Number) -> bool {
        match self {
            Bound::Minimum => number >= limit,
            Bound::Maximum => number <= limit,
            Bound::ExclusiveMinimum => number > limit,
            Bound::ExclusiveMaximum => number < limit,
            Bound::MultipleOf => number.is_multiple_of(limit),
        }
    }
}

/// The type of a JSON value. A value's own type is never `Integer`; that is asked of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Null,
    Boolean,
    Number,
    Integer,
    String,
    Array,
    Object,
}

impl Type {
    const ALL: [Type; 7] =
        [Type::Null, Type::Boolean, Type::Number, Type::Integer, Type::String, Type::Array, Type::Object];

    pub(super) fn name(self) -> &'static str {
        match self {
            Type::Null => "null",
            Type::Boolean => "boolean",
            Type::Number => "number",
            Type::Integer => "integer",
            Type::String => "string",
            Type::Array => "array",
            Type::Object => "object",
        }
    }
}

/// A set of types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Types(u8);

impl Types {
    pub(super) fn insert(&mut self, kind: Type) {
        self.0 |= 1 << kind as u8;
    }

    /// Adds the type of this name; other names are ignored.
    pub(super) fn insert_named(&mut self, name: &str) {
        if let Some(kind) = Type::ALL.into_iter().find(|kind| kind.name() == name) {
            self.insert(kind);
        }
    }

    pub(super) fn contains(self, kind: Type) -> bool {
        self.0 & (1 << kind as u8) != 0
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// `integer or string`.
    pub(super) fn words(self) -> String {
        let names = Type::ALL.into_iter().filter(|kind| self.contains(*kind)).map(Type::name);
        names.collect::<Vec<_>>().join(" or ")
    }
}
