//! What is checked: a chart's values, or a schema document against its meta-schema.

use super::json::{Data, Document, NodeId};
use super::number::Number;
use super::program::Type;
use crate::value::{Map, Value};
use std::borrow::Cow;
use std::hash::{Hash, Hasher};

/// One value to be checked.
#[derive(Clone, Copy)]
pub(super) enum Instance<'a> {
    Value(&'a Value),
    Node(&'a Document, NodeId),
    /// The name of a property.
    Name(&'a str),
}

impl Data {
    pub(super) fn kind(&self) -> Type {
        match self {
            Data::Null => Type::Null,
            Data::Bool(_) => Type::Boolean,
            Data::Number(_) => Type::Number,
            Data::Text(_) => Type::String,
            Data::List(_) => Type::Array,
            Data::Map(_) => Type::Object,
        }
    }
}

impl<'a> Instance<'a> {
    /// The type; `None` for what JSON does not have: objects of Go and floats that are no numbers.
    pub(super) fn kind(self) -> Option<Type> {
        Some(match self {
            Instance::Node(document, node) => document.data(node).kind(),
            Instance::Name(_) => Type::String,
            Instance::Value(value) => match value {
                Value::Invalid | Value::Nil => Type::Null,
                Value::Bool(_) => Type::Boolean,
                Value::Float(number) if !number.is_finite() => return None,
                Value::Int(_) | Value::Int64(_) | Value::Uint64(_) | Value::Uint8(_) | Value::Float(_) => Type::Number,
                Value::Str(_) => Type::String,
                Value::List(_) => Type::Array,
                Value::Map(_) => Type::Object,
                Value::Object(_) => return None,
            },
        })
    }

    /// The Go type, for a value without a JSON type.
    pub(super) fn go_type(self) -> Cow<'static, str> {
        match self {
            Instance::Value(value) => value.go_type(),
            _ => "interface {}".into(),
        }
    }

    pub(super) fn number(self) -> Option<Number> {
        match self {
            Instance::Node(document, node) => match document.data(node) {
                Data::Number(literal) => literal.value.clone(),
                _ => None,
            },
            Instance::Name(_) => None,
            Instance::Value(value) => match value {
                Value::Int(number) | Value::Int64(number) => Some(Number::Int(*number)),
                Value::Uint64(number) => Some(Number::from_u64(*number)),
                Value::Uint8(number) => Some(Number::Int(i64::from(*number))),
                Value::Float(number) => Some(Number::from_float(*number)),
                _ => None,
            },
        }
    }

    pub(super) fn is_integer(self) -> bool {
        match self {
            Instance::Value(Value::Float(number)) => number.is_finite() && number.fract() == 0.0,
            _ => self.number().is_some_and(|number| number.is_integer()),
        }
    }

    pub(super) fn text(self) -> Option<Cow<'a, str>> {
        match self {
            Instance::Value(Value::Str(text)) => Some(text.to_str_lossy()),
            Instance::Node(document, node) => match document.data(node) {
                Data::Text(text) => Some(Cow::Borrowed(text)),
                _ => None,
            },
            Instance::Name(name) => Some(Cow::Borrowed(name)),
            Instance::Value(_) => None,
        }
    }

    /// How many items or members there are.
    pub(super) fn len(self) -> usize {
        match self {
            Instance::Value(Value::List(list)) => list.len(),
            Instance::Value(Value::Map(map)) => map.len(),
            Instance::Node(document, node) => match document.data(node) {
                Data::List(children) | Data::Map(children) => children.len(),
                _ => 0,
            },
            _ => 0,
        }
    }

    /// An item of a list.
    pub(super) fn item(self, at: usize) -> Option<Instance<'a>> {
        match self {
            Instance::Value(Value::List(list)) => list.items().get(at).map(Instance::Value),
            Instance::Node(document, node) => document.items(node).get(at).map(|item| Instance::Node(document, *item)),
            _ => None,
        }
    }

    /// Shows position, name and value of each member of a map, in order of the names.
    pub(super) fn members(self, visit: &mut dyn FnMut(usize, &str, Instance<'_>)) {
        match self {
            Instance::Value(Value::Map(map)) => visit_values(map, visit),
            Instance::Node(document, node) => {
                for (at, (name, value)) in document.members(node).enumerate() {
                    visit(at, name, Instance::Node(document, value));
                }
            }
            _ => {}
        }
    }

    /// Whether a map has such a member.
    pub(super) fn has(self, name: &str) -> bool {
        match self {
            Instance::Value(Value::Map(map)) => map.contains(name),
            Instance::Node(document, node) => document.get(node, name).is_some(),
            _ => false,
        }
    }

    /// Looks at one member of a map.
    fn member(self, name: &str, look: &mut dyn FnMut(Instance<'_>) -> bool) -> bool {
        match self {
            Instance::Value(Value::Map(map)) => {
                map.entries().get(name.as_bytes()).is_some_and(|value| look(Instance::Value(value)))
            }
            Instance::Node(document, node) => {
                document.get(node, name).is_some_and(|value| look(Instance::Node(document, value)))
            }
            _ => false,
        }
    }

    /// Whether both are the same JSON value; numbers count, not how they are written. Past `depth` levels nothing is
    /// equal.
    pub(super) fn equals(self, other: Instance<'_>, depth: usize) -> bool {
        let (Some(kind), Some(deeper)) = (self.kind(), depth.checked_sub(1)) else { return false };
        if other.kind() != Some(kind) {
            return false;
        }
        match kind {
            Type::Null => true,
            Type::Boolean => self.flag() == other.flag(),
            Type::Number | Type::Integer => self.number().is_some() && self.number() == other.number(),
            Type::String => self.text() == other.text(),
            Type::Array => {
                let equal = |at| match (self.item(at), other.item(at)) {
                    (Some(own), Some(other)) => own.equals(other, deeper),
                    _ => false,
                };
                self.len() == other.len() && (0..self.len()).all(equal)
            }
            Type::Object => {
                let mut equal = self.len() == other.len();
                self.members(&mut |_, name, own| {
                    equal = equal && other.member(name, &mut |other| own.equals(other, deeper));
                });
                equal
            }
        }
    }

    /// Feeds a hasher so that equal values feed it alike.
    pub(super) fn hash(self, state: &mut dyn Hasher, depth: usize) {
        let Some(deeper) = depth.checked_sub(1) else { return };
        match self.kind() {
            Some(kind @ (Type::Array | Type::Object)) => {
                state.write_u8(kind as u8);
                state.write_usize(self.len());
                (0..self.len()).filter_map(|at| self.item(at)).for_each(|item| item.hash(state, deeper));
                self.members(&mut |_, name, value| {
                    state.write(name.as_bytes());
                    value.hash(state, deeper);
                });
            }
            Some(Type::Number) => {
                let mut state = state;
                self.number().hash(&mut state);
            }
            Some(Type::String) => state.write(self.text().unwrap_or_default().as_bytes()),
            Some(Type::Boolean) => state.write_u8(u8::from(self.flag() == Some(true))),
            _ => {}
        }
    }

    fn flag(self) -> Option<bool> {
        match self {
            Instance::Value(Value::Bool(flag)) => Some(*flag),
            Instance::Node(document, node) => match document.data(node) {
                Data::Bool(flag) => Some(*flag),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Stands alone to keep the stack of deep walks small.
fn visit_values(map: &Map, visit: &mut dyn FnMut(usize, &str, Instance<'_>)) {
    for (at, (name, value)) in map.entries().iter().enumerate() {
        visit(at, &name.to_str_lossy(), Instance::Value(value));
    }
}
