//! Values as a Go template sees them.
//!
//! The reference is Go's `reflect` package as `text/template` uses it: a value has a dynamic type (`int` is not
//! `int64`), strings are bytes, maps and slices are references that every holder shares. A [`Value`] is cheap to
//! clone and belongs to one thread; texts that cross threads are made into values where they arrive.

mod equal;
mod list;
mod map;
mod object;
pub mod print;
mod release;
mod text;

pub use equal::deep_equal;
pub use list::{List, ListKind, ListMethod};
pub use map::{Entries, Map, MapKind};
pub use object::{Field, Object};
pub use text::Text;

use std::borrow::Cow;
use std::rc::Rc;

/// One value.
#[derive(Clone, Debug)]
pub enum Value {
    /// Go's zero `reflect.Value`: nothing at all. Only the executor makes and meets it; functions get [`Value::Nil`].
    Invalid,
    /// A nil `interface {}`.
    Nil,
    /// `bool`.
    Bool(bool),
    /// `int`.
    Int(i64),
    /// `int64`.
    Int64(i64),
    /// `uint64`.
    Uint64(u64),
    /// `uint8`, the element of a string or `[]byte`.
    Uint8(u8),
    /// `float64`.
    Float(f64),
    /// `string`.
    Str(Text),
    /// A slice.
    List(List),
    /// A map with string keys.
    Map(Map),
    /// Anything else: structs, times, versions, errors, functions.
    Object(Rc<dyn Object>),
}

/// The kind of a value's type, as Go's `reflect.Kind` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Kind {
    Invalid,
    Bool,
    Int,
    Int32,
    Int64,
    Uint8,
    Uint64,
    Float64,
    Complex128,
    String,
    Slice,
    Map,
    Struct,
    Ptr,
    Func,
    Interface,
}

impl Kind {
    /// Go's word for it, as `kindOf` prints it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Invalid => "invalid",
            Kind::Bool => "bool",
            Kind::Int => "int",
            Kind::Int32 => "int32",
            Kind::Int64 => "int64",
            Kind::Uint8 => "uint8",
            Kind::Uint64 => "uint64",
            Kind::Float64 => "float64",
            Kind::Complex128 => "complex128",
            Kind::String => "string",
            Kind::Slice => "slice",
            Kind::Map => "map",
            Kind::Struct => "struct",
            Kind::Ptr => "ptr",
            Kind::Func => "func",
            Kind::Interface => "interface",
        }
    }
}

impl Value {
    /// A string value.
    pub fn str(text: impl AsRef<[u8]>) -> Value {
        Value::Str(Text::from(text.as_ref()))
    }

    /// A `[]interface {}`.
    pub fn list(items: Vec<Value>) -> Value {
        Value::List(List::new(ListKind::Any, items))
    }

    /// A `[]string`.
    pub fn strings<T: AsRef<[u8]>>(items: impl IntoIterator<Item = T>) -> Value {
        Value::List(List::new(ListKind::Text, items.into_iter().map(Value::str).collect()))
    }

    /// Whether this is nothing or a nil interface.
    pub fn is_nil(&self) -> bool {
        matches!(self, Value::Invalid | Value::Nil)
    }

    /// The kind of the dynamic type.
    pub fn kind(&self) -> Kind {
        match self {
            Value::Invalid | Value::Nil => Kind::Invalid,
            Value::Bool(_) => Kind::Bool,
            Value::Int(_) => Kind::Int,
            Value::Int64(_) => Kind::Int64,
            Value::Uint64(_) => Kind::Uint64,
            Value::Uint8(_) => Kind::Uint8,
            Value::Float(_) => Kind::Float64,
            Value::Str(_) => Kind::String,
            Value::List(_) => Kind::Slice,
            Value::Map(_) => Kind::Map,
            Value::Object(object) => object.kind(),
        }
    }

    /// The name of the dynamic type, as Go's `%T` prints it: `map[string]interface {}`, `<nil>`.
    pub fn go_type(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Value::Invalid | Value::Nil => "<nil>",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Int64(_) => "int64",
            Value::Uint64(_) => "uint64",
            Value::Uint8(_) => "uint8",
            Value::Float(_) => "float64",
            Value::Str(_) => "string",
            Value::List(list) => list.kind().go_type(),
            Value::Map(map) => map.kind().go_type(),
            Value::Object(object) => return object.go_type(),
        })
    }

    /// Whether the value counts as true: not the zero of its type; structs always are.
    pub fn truth(&self) -> bool {
        match self {
            Value::Invalid | Value::Nil => false,
            Value::Bool(flag) => *flag,
            Value::Int(number) | Value::Int64(number) => *number != 0,
            Value::Uint64(number) => *number != 0,
            Value::Uint8(number) => *number != 0,
            Value::Float(number) => *number != 0.0,
            Value::Str(text) => !text.is_empty(),
            Value::List(list) => !list.is_empty(),
            Value::Map(map) => !map.is_empty(),
            Value::Object(object) => object.truth(),
        }
    }

    /// The bytes, if this is a string.
    pub fn as_str(&self) -> Option<&Text> {
        match self {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The map, if this is one.
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The list, if this is one.
    pub fn as_list(&self) -> Option<&List> {
        match self {
            Value::List(list) => Some(list),
            _ => None,
        }
    }

    /// The object of Rust type `T`, if this is one.
    pub fn as_object<T: 'static>(&self) -> Option<&T> {
        match self {
            Value::Object(object) => object.as_any().downcast_ref(),
            _ => None,
        }
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Value {
        Value::Bool(flag)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Value {
        Value::Float(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::str(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Str(Text::from(text.into_bytes()))
    }
}

impl From<Vec<u8>> for Value {
    fn from(text: Vec<u8>) -> Value {
        Value::Str(Text::from(text))
    }
}

impl From<Text> for Value {
    fn from(text: Text) -> Value {
        Value::Str(text)
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Value {
        Value::Map(map)
    }
}

impl From<List> for Value {
    fn from(list: List) -> Value {
        Value::List(list)
    }
}
