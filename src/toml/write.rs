//! `Encoder.Encode` with its default settings.

use super::DEEPEST;
use super::text::{write_key, write_key_part, write_quoted};
use crate::diagnostic::Fault;
use crate::value::print::format_float;
use crate::value::{Kind, List, Object, Text, Value};
use std::io::Write;

/// The longest text that is written, in bytes: shared values can unfold without end.
const LONGEST: usize = 1 << 29;

/// Writes a value as TOML: a table as a document, anything else as the value alone.
///
/// Fails with the encoder's text for lists that hold nil and for functions, and with Go's panic for nil.
pub fn to_toml(value: &Value) -> Result<Vec<u8>, Fault> {
    encode(value).map_err(|failure| match failure {
        Failure::Error(fault) | Failure::Panic(fault) => fault,
    })
}

/// Writes a value as [`to_toml`] does, but where the encoder returns an error the text of that error is the output.
///
/// Fails only where Go panics.
pub fn to_toml_or_error_text(value: &Value) -> Result<Vec<u8>, Fault> {
    match encode(value) {
        Ok(text) => Ok(text),
        Err(Failure::Error(fault)) => Ok(fault.message().as_bytes().to_vec()),
        Err(Failure::Panic(fault)) => Err(fault),
    }
}

/// How the encoder fails: by an error that it returns, or by a panic.
enum Failure {
    Error(Fault),
    Panic(Fault),
}

type Written = Result<(), Failure>;

fn refuse(text: impl Into<String>) -> Failure {
    Failure::Error(Fault::new(text))
}

fn encode(value: &Value) -> Result<Vec<u8>, Failure> {
    if value.is_nil() {
        return Err(Failure::Panic(Fault::new("reflect: call of reflect.Value.Type on zero Value")));
    }
    let mut encoder = Encoder { out: Vec::new(), key: Vec::new(), depth: 0 };
    encoder.entry(value)?;
    Ok(encoder.out)
}

/// What a value is in TOML.
enum Shape {
    Nil,
    Table(Vec<(Text, Value)>),
    Array(List),
    Scalar,
    /// A date or time, already as text.
    Bare(String),
    /// A value that its type writes as a string.
    Quoted(String),
    Unsupported(Kind),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Nil,
    Table,
    Tables,
    Other,
}

fn shape(value: &Value) -> Shape {
    match value {
        Value::Invalid | Value::Nil => Shape::Nil,
        Value::Map(map) if map.is_nil() => Shape::Nil,
        Value::Map(map) => Shape::Table(map.snapshot()),
        Value::List(list) if list.is_nil() => Shape::Nil,
        Value::List(list) => Shape::Array(list.clone()),
        Value::Object(object) => shape_of_object(object.as_ref()),
        _ => Shape::Scalar,
    }
}

fn shape_of_object(object: &dyn Object) -> Shape {
    if let Some(entries) = object.entries() {
        return Shape::Table(entries);
    }
    let text = |value: Value| value.as_str().map(|text| text.to_str_lossy().into_owned());
    match object.go_type().as_ref() {
        "time.Time" => {
            let stamp = object.to_plain().and_then(text).unwrap_or_default();
            return Shape::Bare(local_part(&stamp, &object.display().unwrap_or_default()).to_owned());
        }
        "time.Duration" => return Shape::Quoted(object.display().unwrap_or_default()),
        _ => {}
    }
    if let Some(text) = object.to_plain().and_then(text) {
        return Shape::Quoted(text);
    }
    if matches!(object.kind(), Kind::Func | Kind::Complex128) {
        return Shape::Unsupported(object.kind());
    }
    if object.underlying().is_some() {
        return Shape::Scalar;
    }
    let exported = |name: &str| name.starts_with(|first: char| first.is_uppercase());
    let fields = object.fields().into_iter().filter(|(name, _)| exported(name));
    Shape::Table(fields.map(|(name, value)| (Text::from(name.as_ref()), value)).collect())
}

/// The part of an RFC 3339 time that a local date or time has, which the name of its zone tells.
fn local_part<'a>(stamp: &'a str, display: &str) -> &'a str {
    let zone = display.rsplit(' ').next().unwrap_or_default();
    let without_offset = || {
        let offset = stamp.rfind(['Z', '+']).or_else(|| stamp.rfind('-').filter(|at| *at > 10));
        stamp.get(..offset.unwrap_or(stamp.len())).unwrap_or(stamp)
    };
    match zone {
        "datetime-local" => without_offset(),
        "date-local" => stamp.split('T').next().unwrap_or(stamp),
        "time-local" => without_offset().split('T').nth(1).unwrap_or(stamp),
        _ => stamp,
    }
}

struct Encoder {
    out: Vec<u8>,
    /// The key of the table or value that is being written.
    key: Vec<Text>,
    depth: usize,
}

impl Encoder {
    /// Writes what belongs to [`Encoder::key`].
    fn entry(&mut self, value: &Value) -> Written {
        match shape(value) {
            Shape::Nil if self.key.is_empty() && matches!(value, Value::List(_)) => self.assignment(value),
            Shape::Nil => Ok(()),
            Shape::Table(entries) => self.table(entries),
            Shape::Array(list) if type_of_list(&list, self.depth)? == Type::Tables => self.tables(&list),
            Shape::Unsupported(kind) => {
                let mut key = Vec::new();
                write_key(&mut key, &self.key);
                let key = String::from_utf8_lossy(&key);
                Err(refuse(format!("unsupported type for key '{key}': {}", kind.name())))
            }
            Shape::Array(_) | Shape::Scalar | Shape::Bare(_) | Shape::Quoted(_) => self.assignment(value),
        }
    }

    fn assignment(&mut self, value: &Value) -> Written {
        let Some(name) = self.key.last().cloned() else { return self.element(value) };
        self.indent();
        write_key_part(&mut self.out, &name);
        self.out.extend_from_slice(b" = ");
        self.element(value)?;
        self.out.push(b'\n');
        Ok(())
    }

    fn indent(&mut self) {
        self.out.resize(self.out.len() + 2 * self.key.len().saturating_sub(1), b' ');
    }

    /// An empty line above a table, except at the start.
    fn gap(&mut self) {
        if !self.out.is_empty() {
            self.out.push(b'\n');
        }
    }

    fn header(&mut self, opening: &[u8], closing: &[u8]) {
        self.indent();
        self.out.extend_from_slice(opening);
        write_key(&mut self.out, &self.key);
        self.out.extend_from_slice(closing);
        self.out.push(b'\n');
    }

    fn table(&mut self, entries: Vec<(Text, Value)>) -> Written {
        if self.key.len() == 1 {
            self.gap();
        }
        if !self.key.is_empty() {
            self.header(b"[", b"]");
        }
        self.entries(entries)
    }

    fn tables(&mut self, list: &List) -> Written {
        if self.key.is_empty() {
            return Err(refuse("toml: top-level values must be Go maps or structs"));
        }
        for item in list.iter() {
            let Shape::Table(entries) = shape(item) else { continue };
            self.gap();
            self.header(b"[[", b"]]");
            self.entries(entries)?;
        }
        Ok(())
    }

    /// Plain values first, then tables: what follows a header belongs to it.
    fn entries(&mut self, entries: Vec<(Text, Value)>) -> Written {
        self.enter()?;
        let (plain, tables) = self.split(entries)?;
        for (name, value) in plain.into_iter().chain(tables) {
            self.key.push(name);
            self.entry(&value)?;
            self.key.pop();
        }
        self.depth -= 1;
        Ok(())
    }

    #[allow(clippy::type_complexity)]
    fn split(&self, entries: Vec<(Text, Value)>) -> Result<(Vec<(Text, Value)>, Vec<(Text, Value)>), Failure> {
        let (mut plain, mut tables) = (Vec::new(), Vec::new());
        for (name, value) in entries {
            let is_table = matches!(type_of(&value, self.depth)?, Type::Table | Type::Tables);
            if is_table { &mut tables } else { &mut plain }.push((name, value));
        }
        Ok((plain, tables))
    }

    fn enter(&mut self) -> Written {
        self.depth += 1;
        check_depth(self.depth)?;
        if self.out.len() > LONGEST {
            return Err(refuse(format!("toml: text is longer than {LONGEST} bytes")));
        }
        Ok(())
    }

    fn element(&mut self, value: &Value) -> Written {
        match shape(value) {
            Shape::Table(entries) => self.inline_table(entries),
            Shape::Array(list) => self.array(&list),
            Shape::Bare(text) => {
                self.out.extend_from_slice(text.as_bytes());
                Ok(())
            }
            Shape::Quoted(text) => {
                write_quoted(&mut self.out, text.as_bytes());
                Ok(())
            }
            Shape::Nil => {
                let empty: &[u8] = if matches!(value, Value::Map(_)) { b"{}" } else { b"[]" };
                self.out.extend_from_slice(empty);
                Ok(())
            }
            Shape::Unsupported(kind) => Err(refuse(format!("unsupported type: {}", kind.name()))),
            Shape::Scalar => self.scalar(value),
        }
    }

    fn array(&mut self, list: &List) -> Written {
        self.enter()?;
        self.out.push(b'[');
        for (at, item) in list.iter().enumerate() {
            if at > 0 {
                self.out.extend_from_slice(b", ");
            }
            self.element(item)?;
        }
        self.out.push(b']');
        self.depth -= 1;
        Ok(())
    }

    /// A nil at the end leaves the comma before it, as the original does.
    fn inline_table(&mut self, entries: Vec<(Text, Value)>) -> Written {
        self.enter()?;
        let (plain, tables) = self.split(entries)?;
        self.out.push(b'{');
        let last_plain = if tables.is_empty() { plain.len() } else { usize::MAX };
        self.inline_entries(&plain, last_plain)?;
        self.inline_entries(&tables, tables.len())?;
        self.out.push(b'}');
        self.depth -= 1;
        Ok(())
    }

    fn inline_entries(&mut self, entries: &[(Text, Value)], last: usize) -> Written {
        for (at, (name, value)) in entries.iter().enumerate() {
            if matches!(shape(value), Shape::Nil) {
                continue;
            }
            write_key_part(&mut self.out, name);
            self.out.extend_from_slice(b" = ");
            self.element(value)?;
            if at + 1 != last {
                self.out.extend_from_slice(b", ");
            }
        }
        Ok(())
    }

    fn scalar(&mut self, value: &Value) -> Written {
        // Writing to a vector cannot fail.
        let _ = match value {
            Value::Bool(flag) => write!(self.out, "{flag}"),
            Value::Int(number) | Value::Int64(number) => write!(self.out, "{number}"),
            Value::Uint64(number) => write!(self.out, "{number}"),
            Value::Uint8(number) => write!(self.out, "{number}"),
            Value::Float(number) => write!(self.out, "{}", float(*number)),
            Value::Str(text) => {
                write_quoted(&mut self.out, text);
                Ok(())
            }
            Value::Object(object) => match object.underlying() {
                Some(Value::Object(_)) | None => Ok(()),
                Some(plain) => return self.scalar(&plain),
            },
            _ => Ok(()),
        };
        Ok(())
    }
}

/// A float always shows that it is one.
fn float(number: f64) -> String {
    if number.is_nan() {
        return if number.is_sign_negative() { "-nan" } else { "nan" }.into();
    }
    if number.is_infinite() {
        return if number < 0.0 { "-inf" } else { "inf" }.into();
    }
    let text = format_float(number, 'g', -1);
    if text.contains(['e', '.']) { text } else { text + ".0" }
}

fn check_depth(depth: usize) -> Written {
    if depth > DEEPEST {
        return Err(refuse(format!("toml: value nests deeper than {DEEPEST} levels")));
    }
    Ok(())
}

fn type_of(value: &Value, depth: usize) -> Result<Type, Failure> {
    match value {
        Value::Map(map) => Ok(if map.is_nil() { Type::Nil } else { Type::Table }),
        Value::List(list) => type_of_list(list, depth + 1),
        value => match shape(value) {
            Shape::Nil => Ok(Type::Nil),
            Shape::Table(_) => Ok(Type::Table),
            Shape::Unsupported(kind) => Err(refuse(format!("unsupported type: {}", kind.name()))),
            _ => Ok(Type::Other),
        },
    }
}

/// Looks at every element, also of inner lists: none may be nil.
fn type_of_list(list: &List, depth: usize) -> Result<Type, Failure> {
    check_depth(depth)?;
    if list.is_nil() {
        return Ok(Type::Nil);
    }
    let mut all_tables = !list.is_empty();
    if list.as_bytes().is_some() {
        return Ok(Type::Other);
    }
    for item in list.iter() {
        match type_of(item, depth)? {
            Type::Nil => return Err(refuse("toml: cannot encode array with nil element")),
            Type::Table => {}
            _ => all_tables = false,
        }
    }
    Ok(if all_tables { Type::Tables } else { Type::Other })
}
