//! The user's values: files and `--set` flags merged in Helm's order.

use super::set::{self, Converter};
use crate::chart::{Compat, merge_maps, values_of};
use crate::diagnostic::{Error, ErrorKind};
use crate::json;
use crate::value::{Map, Value};

/// One flag with which a user sets values, in the text of the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layer {
    /// `-f`: the name of a values file.
    File(String),
    /// `--set-json`: a JSON object or `path=json,...`.
    SetJson(String),
    /// `--set`: `path=value,...` with values that may be numbers, booleans or null.
    Set(String),
    /// `--set-string`: the same with texts only.
    SetString(String),
    /// `--set-file`: `path=file,...`.
    SetFile(String),
    /// `--set-literal`: `path=text`, whose text ends where the flag ends.
    SetLiteral(String),
}

impl Layer {
    /// The flag that brings such a layer.
    pub fn flag(&self) -> &'static str {
        match self {
            Layer::File(_) => "--values",
            Layer::SetJson(_) => "--set-json",
            Layer::Set(_) => "--set",
            Layer::SetString(_) => "--set-string",
            Layer::SetFile(_) => "--set-file",
            Layer::SetLiteral(_) => "--set-literal",
        }
    }

    /// The place in Helm's order: whatever the order of the flags, a later rank wins.
    pub(super) fn rank(&self) -> usize {
        match self {
            Layer::File(_) => 0,
            Layer::SetJson(_) => 1,
            Layer::Set(_) => 2,
            Layer::SetString(_) => 3,
            Layer::SetFile(_) => 4,
            Layer::SetLiteral(_) => 5,
        }
    }
}

/// Reads the file that a user named; the caller knows standard input and URLs, and fails with Go's text.
pub type ReadFile<'a> = dyn FnMut(&str) -> Result<Vec<u8>, Error> + 'a;

/// Merges layers in Helm's order: files, `--set-json`, `--set`, `--set-string`, `--set-file`, `--set-literal`; layers of
/// one kind in their own order.
pub fn merge_layers(layers: &[Layer], compat: Compat, read: &mut ReadFile<'_>) -> Result<Map, Error> {
    let mut ordered: Vec<&Layer> = layers.iter().collect();
    ordered.sort_by_key(|layer| layer.rank());
    ordered.into_iter().try_fold(Map::new(), |values, layer| apply(values, layer, compat, read))
}

/// The values with one more layer over them. Files and JSON objects give a new map, everything else changes the old one.
fn apply(values: Map, layer: &Layer, compat: Compat, read: &mut ReadFile<'_>) -> Result<Map, Error> {
    let failed = |error: &dyn std::fmt::Display| {
        Error::new(ErrorKind::Usage, format!("failed parsing {} data: {error}", layer.flag()))
    };
    match layer {
        Layer::File(name) => {
            let text = read(name)?;
            let more = values_of(&text, compat).map_err(|error| {
                let message = format!("failed to parse {name}: {error}");
                error.hints().iter().fold(Error::new(error.kind(), message), |error, hint| error.hint(hint))
            })?;
            return Ok(merge_maps(&values, &more));
        }
        Layer::SetJson(text) => return apply_json(values, text, compat),
        Layer::Set(text) => set::parse_into(text, &values, Converter::Typed, compat).map_err(|fault| failed(&fault))?,
        Layer::SetString(text) => {
            set::parse_into(text, &values, Converter::Text, compat).map_err(|fault| failed(&fault))?
        }
        Layer::SetFile(text) => {
            set::parse_into(text, &values, Converter::File(read), compat).map_err(|fault| failed(&fault))?;
        }
        Layer::SetLiteral(text) => set::parse_literal_into(text, &values, compat).map_err(|fault| failed(&fault))?,
    }
    Ok(values)
}

fn apply_json(values: Map, text: &str, compat: Compat) -> Result<Map, Error> {
    let failed = |what: &str, cause: String| {
        Error::new(ErrorKind::Usage, format!("failed parsing --set-json data{what} {text}")).hint(cause)
    };
    let document = text.trim();
    if compat > Compat::Helm3 && document.starts_with('{') {
        let more = json::from_json(document.as_bytes()).map_err(|fault| failed(" JSON:", fault.to_string()))?;
        return Ok(match more {
            Value::Map(more) => merge_maps(&values, &more),
            _ => values,
        });
    }
    set::parse_into(text, &values, Converter::Json, compat).map_err(|fault| failed("", fault.to_string()))?;
    Ok(values)
}
