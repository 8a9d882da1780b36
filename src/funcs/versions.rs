//! Sprig's `semver` and `semverCompare`.

use crate::diagnostic::Fault;
use crate::template::func::{Args, Func, Outcome, Param};
use crate::value::{Field, Kind, List, ListKind, Object, Value};
use crate::version::{Constraint, Version};
use std::any::Any;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::rc::Rc;

/// The functions of this chapter.
pub const FUNCS: &[Func] = &[
    Func::new("semver", &[Param::Str], semver),
    Func::new("semverCompare", &[Param::Str, Param::Str], semver_compare),
];

fn semver(args: Args<'_>) -> Outcome {
    let version = Version::parse(args.text(0)?)?;
    Ok(Value::Object(Rc::new(VersionObject { version, form: Form::Pointer })))
}

fn semver_compare(args: Args<'_>) -> Outcome {
    let constraint = Constraint::parse(args.text(0)?)?;
    let version = Version::parse(args.text(1)?)?;
    Ok(Value::Bool(constraint.check(&version)))
}

/// Whether a template holds a `*semver.Version` or a `semver.Version`, which has fewer methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Pointer,
    Struct,
}

/// A version as a template sees it.
#[derive(Debug)]
struct VersionObject {
    version: Version,
    form: Form,
}

const NONE: &[&str] = &[];
const TEXT: &[&str] = &["string"];
const OTHER: &[&str] = &["*semver.Version"];

impl VersionObject {
    /// The types of a method's parameters, if the form has such a method.
    fn params(&self, name: &str) -> Option<&'static [&'static str]> {
        match name {
            "Major" | "Minor" | "Patch" | "Prerelease" | "Metadata" | "String" => Some(NONE),
            "IncMajor" | "IncMinor" | "IncPatch" | "MarshalJSON" | "MarshalText" | "Value" => Some(NONE),
            "SetPrerelease" | "SetMetadata" => Some(TEXT),
            _ if self.form == Form::Struct => None,
            "Original" => Some(NONE),
            "Compare" | "Equal" => Some(OTHER),
            "LessThan" | "LessThanEqual" | "GreaterThan" | "GreaterThanEqual" => Some(OTHER),
            _ => None,
        }
    }

    fn compare(&self, other: Option<&Value>) -> Result<Ordering, Fault> {
        match other.and_then(Value::as_object::<VersionObject>) {
            Some(other) => Ok(self.version.cmp(&other.version)),
            None => Err(Fault::new("runtime error: invalid memory address or nil pointer dereference")),
        }
    }
}

impl Object for VersionObject {
    fn go_type(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self.form {
            Form::Pointer => "*semver.Version",
            Form::Struct => "semver.Version",
        })
    }

    fn kind(&self) -> Kind {
        match self.form {
            Form::Pointer => Kind::Ptr,
            Form::Struct => Kind::Struct,
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn field(&self, name: &str) -> Option<Field> {
        self.params(name).map(|params| Field::Method { params, variadic: false })
    }

    fn call(&self, name: &str, args: &[Value]) -> Result<Value, Fault> {
        let version = &self.version;
        let text = || Args(args).text(0);
        let order = || self.compare(args.first());
        let made = |version: Version| Value::Object(Rc::new(VersionObject { version, form: Form::Struct }));
        Ok(match name {
            "Major" => Value::Uint64(version.major()),
            "Minor" => Value::Uint64(version.minor()),
            "Patch" => Value::Uint64(version.patch()),
            "Prerelease" => Value::str(version.prerelease()),
            "Metadata" => Value::str(version.metadata()),
            "Original" => Value::str(version.original()),
            "String" | "Value" => Value::from(version.to_string()),
            "MarshalText" => bytes(&version.to_string()),
            "MarshalJSON" => bytes(&format!("\"{version}\"")),
            "IncMajor" => made(version.next_major()?),
            "IncMinor" => made(version.next_minor()?),
            "IncPatch" => made(version.next_patch()?),
            "SetPrerelease" => made(version.with_prerelease(text()?)?),
            "SetMetadata" => made(version.with_metadata(text()?)?),
            "Equal" if Args(args).value(0).is_nil() => Value::Bool(false),
            "Equal" => Value::Bool(order()? == Ordering::Equal),
            "Compare" => Value::Int(order()? as i64),
            "LessThan" => Value::Bool(order()?.is_lt()),
            "LessThanEqual" => Value::Bool(order()?.is_le()),
            "GreaterThan" => Value::Bool(order()?.is_gt()),
            "GreaterThanEqual" => Value::Bool(order()?.is_ge()),
            _ => return Err(Fault::new(format!("no method {name}"))),
        })
    }

    fn display(&self) -> Option<String> {
        Some(self.version.to_string())
    }

    fn fields(&self) -> Vec<(Cow<'static, str>, Value)> {
        let version = &self.version;
        let fields = [
            ("major", Value::Uint64(version.major())),
            ("minor", Value::Uint64(version.minor())),
            ("patch", Value::Uint64(version.patch())),
            ("pre", Value::str(version.prerelease())),
            ("metadata", Value::str(version.metadata())),
            ("original", Value::str(version.original())),
        ];
        fields.into_iter().map(|(name, value)| (Cow::Borrowed(name), value)).collect()
    }

    fn to_plain(&self) -> Option<Value> {
        Some(Value::from(self.version.to_string()))
    }
}

fn bytes(text: &str) -> Value {
    Value::List(List::new(ListKind::Byte, text.bytes().map(Value::Uint8).collect()))
}
