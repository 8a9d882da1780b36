//! Values that are neither scalar, slice nor map: structs with fields and methods.

use super::{Kind, Text, Value};
use crate::diagnostic::Fault;
use std::any::Any;
use std::borrow::Cow;
use std::fmt::Debug;

/// What a name after a dot means on an object.
#[derive(Clone, Debug)]
pub enum Field {
    /// An exported struct field with this value.
    Value(Value),
    /// A method that takes this many arguments of these Go types (`string`, `int`, `interface {}`, ...), the last
    /// one repeated when `variadic`.
    Method {
        /// The types of the parameters, as Go prints them.
        params: &'static [&'static str],
        /// Whether the last parameter may be repeated or absent.
        variadic: bool,
    },
}

/// A Go struct, pointer or named type that a template can meet.
pub trait Object: Debug + Any {
    /// The type as Go's `%T` prints it, for example `*semver.Version`.
    fn go_type(&self) -> Cow<'static, str>;
    /// The kind of the type.
    fn kind(&self) -> Kind;
    /// This object as `Any`, for functions that know the Rust type.
    fn as_any(&self) -> &dyn Any;

    /// Whether the object counts as true; structs and set pointers do.
    fn truth(&self) -> bool {
        true
    }

    /// What `.name` means, if there is such a field or method.
    fn field(&self, name: &str) -> Option<Field> {
        let _ = name;
        None
    }

    /// Calls a method that [`Object::field`] announced; the arguments have the announced types.
    fn call(&self, name: &str, args: &[Value]) -> Result<Value, Fault> {
        let _ = args;
        Err(Fault::new(format!("no method {name}")))
    }

    /// What the type's `Error` or `String` method prints, if it has one.
    fn display(&self) -> Option<String> {
        None
    }

    /// What the type's `GoString` method prints for `%#v`, if it has one.
    fn go_syntax(&self) -> Option<String> {
        None
    }

    /// The fields of a struct in order of declaration, for `%v` and JSON; empty for other kinds.
    fn fields(&self) -> Vec<(Cow<'static, str>, Value)> {
        Vec::new()
    }

    /// The basic value under a named scalar type (a duration is an `int64`, a month an `int`).
    fn underlying(&self) -> Option<Value> {
        None
    }

    /// How Go's `encoding/json` writes the object, as an ordinary value; `None` writes [`Object::json_fields`].
    fn to_plain(&self) -> Option<Value> {
        None
    }

    /// The members of a struct as Go's `encoding/json` writes them: the exported fields, under the names of their tags.
    fn json_fields(&self) -> Vec<(Cow<'static, str>, Value)> {
        let exported = |name: &str| name.starts_with(|first: char| first.is_uppercase());
        self.fields().into_iter().filter(|(name, _)| exported(name)).collect()
    }

    /// The entries of an object whose kind is a map, in byte order of their keys, as `range`, `index`, `len` and `%v`
    /// see them; `None` for other kinds.
    fn entries(&self) -> Option<Vec<(Text, Value)>> {
        None
    }

    /// The element under a key of an object whose kind is a map; a missing key is the zero of the element type.
    fn entry(&self, key: &[u8]) -> Value {
        let found = self.entries().into_iter().flatten().find(|(have, _)| have.as_bytes() == key);
        found.map_or(Value::Nil, |(_, value)| value)
    }

    /// What the `String` method of the pointer to this value prints where Go can take its address: a struct field
    /// reached through a pointer and written by an action. Functions never see it, [`Object::copied`] loses it.
    fn display_in_place(&self) -> Option<String> {
        None
    }

    /// The copy that an interface holds (an argument of a function, an element of a `dict`), where it differs from
    /// the value in place because methods of the pointer are lost.
    fn copied(&self) -> Option<Value> {
        None
    }
}
