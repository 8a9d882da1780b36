//! Coalescing: defaults of a chart and its subcharts below what parents and users set.

use super::tables::{Nulls, Pass, Path, Source, cleaned};
use crate::chart::{Chart, Compat, Notices};
use crate::diagnostic::{Error, ErrorKind};
use crate::value::{Map, MapKind, Text, Value, print};

/// The values that templates see: `user` over the defaults of `chart`, with the table of every subchart filled in.
///
/// Helm's `CoalesceValues`. Nobody else holds a table of the result, except where Helm shares tables too: below the first
/// level of tables in `global`, parents and subcharts hold the same ones. The map has the type that `.Values` has.
pub fn coalesce(chart: &Chart, user: &Map, compat: Compat, notices: &mut Notices) -> Result<Map, Error> {
    let mut pass = Pass::new(compat, Nulls::Delete, notices);
    let tree = pass.coalesce_chart(chart, user)?;
    pass.detach(&tree);
    let kind = if compat == Compat::Helm3 { MapKind::ChartutilValues } else { MapKind::CommonValues };
    Ok(tree.of_type(kind))
}

/// A chart and what stands before its name in warnings.
struct Place<'a> {
    chart: &'a Chart,
    prefix: String,
}

impl Pass<'_> {
    /// Merges `user` and the chart into a new owned tree.
    pub(super) fn coalesce_chart(&mut self, chart: &Chart, user: &Map) -> Result<Map, Error> {
        let tree = self.copy(user);
        self.coalesce(&Place { chart, prefix: String::new() }, &tree)?;
        self.check_depth()?;
        Ok(tree)
    }

    fn coalesce(&mut self, place: &Place<'_>, dest: &Map) -> Result<(), Error> {
        let prefix = dotted(&place.prefix, place.chart.name());
        if let Some(defaults) = &place.chart.values {
            self.fill(place.chart, dest, defaults, &prefix);
        }
        self.coalesce_subcharts(place.chart, dest, &prefix)
    }

    fn coalesce_subcharts(&mut self, chart: &Chart, dest: &Map, prefix: &str) -> Result<(), Error> {
        for sub in &chart.dependencies {
            let key = Text::from(sub.name());
            let table = match dest.get(&key) {
                None => {
                    let table = self.table();
                    dest.insert(key, table.clone());
                    table
                }
                Some(Value::Map(table)) => self.own(dest, &key, table),
                Some(other) => return Err(type_mismatch(sub.name(), other)),
            };
            self.push_globals(&table, dest, prefix);
            self.coalesce(&Place { chart: sub, prefix: prefix.to_owned() }, &table)?;
        }
        Ok(())
    }

    /// Helm's `coalesceValues`: fills the owned table of one chart from its defaults.
    fn fill(&mut self, chart: &Chart, dest: &Map, defaults: &Map, prefix: &str) {
        let cleans = self.compat > Compat::Helm3 && !chart.is_free_of_nulls();
        for (key, value) in defaults.entries().iter() {
            match (dest.get(key), value) {
                (None, value) => self.fill_absent(dest, key.clone(), value.clone(), cleans),
                (Some(Value::Nil), _) if self.nulls == Nulls::Delete => {
                    dest.remove(key);
                }
                (Some(Value::Map(table)), Value::Map(defaults)) => {
                    if table.ptr_eq(defaults) {
                        continue;
                    }
                    let is_subchart = chart.dependencies.iter().any(|sub| sub.name().as_bytes() == key.as_bytes());
                    let nulls = if is_subchart { Nulls::Keep } else { self.nulls };
                    let kind = if cleans && nulls == Nulls::Delete { Source::Cleaned } else { Source::Spent };
                    let table = self.own(dest, key, table);
                    self.merge(&table, defaults, &Path::root(prefix, nulls).below(key), kind);
                }
                (Some(Value::Map(_)), value) if !value.is_nil() => {
                    self.notices.log(format!("warning: skipped value for {prefix}.{key}: Not a table."));
                }
                _ => {}
            }
        }
    }

    fn fill_absent(&self, dest: &Map, key: Text, value: Value, cleans: bool) {
        if !cleans || self.nulls == Nulls::Keep {
            dest.insert(key, value);
        } else if !value.is_nil() {
            dest.insert(key, cleaned(value));
        }
    }
}

/// Helm's `concatPrefix`.
fn dotted(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}

fn type_mismatch(name: &str, found: Value) -> Error {
    let hint = format!("`{name}` is a subchart, so that its values must be a map");
    let args = [Value::str(name), found];
    let text = print::sprintf(b"type mismatch on %s: %t", &args);
    let text = text.map_or_else(|fault| fault.to_string(), |text| String::from_utf8_lossy(&text).into_owned());
    Error::new(ErrorKind::Content, text).hint(hint)
}
