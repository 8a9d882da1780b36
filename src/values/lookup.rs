//! Values at a dotted path, as conditions, tags and imports name them.

use crate::value::{Map, Value};

/// Why a path leads nowhere; the text is Helm's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// There is no table of this name.
    Table(String),
    /// There is no value of this name, or it is a table.
    Value(String),
}

impl std::fmt::Display for Missing {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (key, what) = match self {
            Missing::Table(key) => (key, "table"),
            Missing::Value(key) => (key, "value"),
        };
        let key = crate::value::print::quote(key.as_bytes());
        write!(out, "{} is not a {what}", String::from_utf8_lossy(&key))
    }
}

/// The table at `path` (Helm's `Values.Table`).
pub(super) fn table(values: &Map, path: &str) -> Result<Map, Missing> {
    path.split('.').try_fold(values.clone(), |table, name| match table.get(name) {
        Some(Value::Map(inner)) => Ok(inner),
        _ => Err(Missing::Table(name.to_owned())),
    })
}

/// The value at `path` that is no table (Helm's `Values.PathValue`).
pub(super) fn value(values: &Map, path: &str) -> Result<Value, Missing> {
    let (holder, key) = match path.rsplit_once('.') {
        Some((tables, key)) => (table(values, tables).ok(), key),
        None => (Some(values.clone()), path),
    };
    match holder.and_then(|holder| holder.get(key)) {
        Some(Value::Map(_)) | None => Err(Missing::Value(key.to_owned())),
        Some(value) => Ok(value),
    }
}
