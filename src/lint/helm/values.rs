//! `values.yaml`, and its schema.

use super::place::Found;
use super::{Linter, Severity};
use crate::chart::Notices;
use crate::render::action::SchemaCheck;
use crate::schema::{self, Offline};
use crate::value::{Map, MapKind, Text, Value, print};
use crate::yaml;

const FILE: &str = "values.yaml";
const SCHEMA: &str = "values.schema.json";

impl Linter<'_> {
    /// Checks that `values.yaml` can be read, and with the user's values over it against the schema beside it.
    pub(super) fn check_values(&mut self, user: &Map) {
        if self.place.find(FILE) == Found::Nothing {
            self.note(Severity::Info, FILE, Err("file does not exist"));
            return;
        }
        let checked = self.values_faults(user);
        self.note(Severity::Error, FILE, checked);
    }

    fn values_faults(&mut self, user: &Map) -> Result<(), String> {
        let unreadable = |error: &dyn std::fmt::Display| format!("unable to parse YAML: {error}");
        let text = self.place.read(FILE).map_err(|error| unreadable(&error))?;
        // The type that the values are read into has another name here than where a chart is loaded.
        let defaults = yaml::from_yaml_map(&text).map_err(|error| {
            unreadable(&error.to_string().replace("of type map[string]interface {}", "of type common.Values"))
        })?;
        let values = user.shallow_copy(MapKind::Any);
        fill(&values, &defaults, self.notices);
        let schema = self.place.read(SCHEMA).unwrap_or_default();
        if schema.is_empty() || self.options.schema == SchemaCheck::Skip {
            return Ok(());
        }
        let outcome = schema::validate(&schema, &Value::Map(values), &Offline);
        outcome.error().map_or(Ok(()), Err)
    }
}

/// Helm's `CoalesceTables`: fills `over`, which wins, and the tables in it from `under`.
///
/// It changes the tables in place, as Helm does: what it did to the user's values is seen by everybody after it.
fn fill(over: &Map, under: &Map, notices: &mut Notices) {
    let mut todo = vec![(String::new(), over.clone(), under.clone())];
    while let Some((prefix, over, under)) = todo.pop() {
        for (key, value) in under.snapshot() {
            let name = || format!("{prefix}{}", String::from_utf8_lossy(&key));
            match (over.get(&key), value) {
                (Some(Value::Nil), value) if !value.is_nil() => drop(over.remove(&key)),
                (None, value) => drop(over.insert(Text::from(&*key), value)),
                (Some(Value::Map(over)), Value::Map(under)) => todo.push((format!("{}.", name()), over, under)),
                (Some(Value::Map(_)), value) if !value.is_nil() => {
                    let (name, value) = (name(), shown(&value));
                    notices
                        .log(format!("warning: destination for {name} is a table. Ignoring non-table value ({value})"));
                }
                (Some(known), value @ Value::Map(_)) if !known.is_nil() => {
                    let (name, value) = (name(), shown(&value));
                    notices.log(format!("warning: cannot overwrite table with non table for {name} ({value})"));
                }
                _ => {}
            }
        }
    }
}

/// A value as Go's `%v` prints it.
fn shown(value: &Value) -> String {
    let text = print::sprintf(b"%v", std::slice::from_ref(value));
    text.map_or_else(|_| String::new(), |text| String::from_utf8_lossy(&text).into_owned())
}
