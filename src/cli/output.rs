//! Rows as a table, as JSON or as YAML, for commands with `--output`.

use super::table::table;
use crate::json;
use crate::value::{Map, Value};
use crate::yaml;

/// How rows are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// Columns with headings.
    #[default]
    Table,
    /// One line of JSON.
    Json,
    /// A list in YAML.
    Yaml,
}

impl Format {
    /// The format of this name; the table where there is none.
    pub(super) fn of(name: &str) -> Format {
        match name {
            "json" => Format::Json,
            "yaml" => Format::Yaml,
            _ => Format::Table,
        }
    }
}

/// The cells of a row.
pub(super) type Row = Vec<String>;

/// Writes rows whose cells have a name and a heading; with empty headings a table has none. Columns of a table are at
/// most `widest` characters wide, unless that is 0.
pub(super) fn write_rows(fields: &[(&str, &str)], rows: &[Row], format: Format, widest: usize) -> Vec<u8> {
    match format {
        Format::Table => {
            let headings = fields.iter().map(|(_, heading)| (*heading).to_owned()).collect::<Row>();
            let has_headings = headings.iter().any(|heading| !heading.is_empty());
            let all: Vec<Row> = has_headings.then_some(headings).into_iter().chain(rows.iter().cloned()).collect();
            format!("{}\n", table(&all, widest)).into_bytes()
        }
        Format::Json => {
            let mut out = b"[".to_vec();
            for (at, row) in rows.iter().enumerate() {
                out.extend_from_slice(if at > 0 { b",{" } else { b"{" });
                for (at, ((name, _), cell)) in fields.iter().zip(row).enumerate() {
                    if at > 0 {
                        out.push(b',');
                    }
                    json::write_json_string(&mut out, name.as_bytes());
                    out.push(b':');
                    json::write_json_string(&mut out, cell.as_bytes());
                }
                out.push(b'}');
            }
            out.extend_from_slice(b"]\n");
            out
        }
        Format::Yaml => {
            let rows = rows.iter().map(|row| {
                let map: Map = fields.iter().zip(row).map(|((name, _), cell)| (*name, Value::str(cell))).collect();
                Value::Map(map)
            });
            // Only texts: they can always be written.
            yaml::to_yaml(&Value::list(rows.collect())).unwrap_or_default()
        }
    }
}
