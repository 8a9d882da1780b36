//! An index as text: untouched lines stay as they are, byte for byte.

use super::entry::{item_text, write_json_value};
use super::{IndexFile, Item, Versions};
use crate::diagnostic::Fault;
use crate::json;
use crate::value::{Map, Value};
use crate::yaml;

impl IndexFile {
    /// The text of the index. Where nothing was changed it is the text that was read.
    ///
    /// # Errors
    /// An entry of an index in a layout of its own that cannot be written.
    pub fn to_yaml(&self) -> Result<Vec<u8>, Fault> {
        let Some(place) = &self.entries else {
            return if self.is_changed { self.rewritten() } else { Ok(self.text.to_vec()) };
        };
        let has_new_chart = self.charts.iter().any(|chart| chart.lines.is_empty());
        let grown: usize = self.new_items().map(|text| text.len() + 64).sum();
        let mut out = Vec::with_capacity(self.text.len() + grown + 128);
        let generated = self.head.get("generated").and_then(|value| value.as_str().map(ToString::to_string));
        let generated = generated.filter(|_| self.is_changed);
        let head = self.text.get(..place.start).unwrap_or_default();
        let tail = self.text.get(place.end..).unwrap_or_default();
        let mut is_said = put_around(&mut out, head, generated.as_deref());
        if !has_new_chart && self.charts.iter().all(|chart| !chart.is_changed) {
            out.extend_from_slice(self.text.get(place.clone()).unwrap_or_default());
        } else {
            self.put_entries(&mut out)?;
        }
        is_said |= put_around(&mut out, tail, generated.as_deref().filter(|_| !is_said));
        if let Some(time) = generated.filter(|_| !is_said) {
            end_line(&mut out);
            out.extend_from_slice(generated_line(&time).as_bytes());
        }
        Ok(out)
    }

    fn new_items(&self) -> impl Iterator<Item = &str> {
        self.charts.iter().flat_map(|chart| &chart.items).filter_map(|item| match item {
            Item::New(new) => Some(new.text.as_str()),
            _ => None,
        })
    }

    fn put_entries(&self, out: &mut Vec<u8>) -> Result<(), Fault> {
        end_line(out);
        let filled = |chart: &&Versions| !chart.items.is_empty() || !chart.is_changed;
        let (mut known, mut new): (Vec<_>, Vec<_>) =
            self.charts.iter().filter(filled).partition(|chart| !chart.lines.is_empty());
        if known.is_empty() && new.is_empty() {
            out.extend_from_slice(b"entries: {}\n");
            return Ok(());
        }
        out.extend_from_slice(b"entries:\n");
        let first = known.first().map_or(0, |chart| chart.lines.start);
        if let Some(place) = self.entries.as_ref().filter(|_| first > 0) {
            // Comments between the key and the first chart.
            let line = self.lines(super::offset(place.start), first);
            let behind = memchr::memchr(b'\n', line).map_or(line.len(), |at| at + 1);
            out.extend_from_slice(&line[behind..]);
        }
        sort_names(&mut new);
        let mut new = new.into_iter().peekable();
        for chart in known.drain(..) {
            while let Some(before) = new.next_if(|new| yaml::key_less(new.name.as_bytes(), chart.name.as_bytes())) {
                self.put_chart(out, before)?;
            }
            self.put_chart(out, chart)?;
        }
        new.try_for_each(|chart| self.put_chart(out, chart))
    }

    fn put_chart(&self, out: &mut Vec<u8>, chart: &Versions) -> Result<(), Fault> {
        end_line(out);
        if !chart.is_changed {
            out.extend_from_slice(self.lines(chart.lines.start, chart.lines.end));
            return Ok(());
        }
        if chart.lines.is_empty() {
            let names = self.charts.iter().find(|chart| !chart.lines.is_empty());
            let line = names.map_or(&[][..], |chart| self.lines(chart.lines.start, chart.lines.end));
            let indent = line.iter().take_while(|byte| **byte == b' ').count();
            out.resize(out.len() + if indent == 0 { 2 } else { indent }, b' ');
            out.extend_from_slice(key_text(&chart.name)?.as_bytes());
            out.push(b'\n');
        } else {
            let lines = self.lines(chart.lines.start, chart.lines.end);
            out.extend_from_slice(&lines[..memchr::memchr(b'\n', lines).map_or(lines.len(), |at| at + 1)]);
        }
        for item in &chart.items {
            end_line(out);
            match item {
                Item::Lines { start, end, .. } => out.extend_from_slice(self.lines(*start, *end)),
                Item::New(new) => put_indented(out, &new.text, chart.indent as usize),
                Item::Tree(node) => put_indented(out, &item_text(&node.to_value())?, chart.indent as usize),
            }
        }
        Ok(())
    }

    /// The whole index in Helm's layout, from a layout of its own.
    fn rewritten(&self) -> Result<Vec<u8>, Fault> {
        let head = self.head.shallow_copy(self.head.kind());
        let entries = Map::new();
        for chart in &self.charts {
            let items = chart.items.iter().map(|item| Ok(self.node(item)?.to_value()));
            let items = items.collect::<Result<Vec<_>, Fault>>()?;
            if !items.is_empty() || !chart.is_changed {
                entries.insert(&*chart.name, Value::list(items));
            }
        }
        head.insert("entries", Value::Map(entries));
        yaml::to_yaml(&Value::Map(head))
    }

    /// The index as Helm writes it with `--json`: fields that Helm does not know are left out.
    ///
    /// # Errors
    /// An entry that cannot be read.
    pub fn to_json(&self) -> Result<Vec<u8>, Fault> {
        let mut out = b"{".to_vec();
        let mut fields = 0;
        for name in ["serverInfo", "apiVersion", "generated", "entries", "publicKeys", "annotations"] {
            let value = self.head.get(name);
            if value.is_none() && name != "entries" {
                continue;
            }
            out.extend_from_slice(if fields > 0 { b",\n  " } else { b"\n  " });
            fields += 1;
            json::write_json_string(&mut out, name.as_bytes());
            out.extend_from_slice(b": ");
            match value {
                Some(value) => write_json_value(&mut out, &value, 1)?,
                None => self.put_json_entries(&mut out)?,
            }
        }
        out.extend_from_slice(b"\n}");
        Ok(out)
    }

    fn put_json_entries(&self, out: &mut Vec<u8>) -> Result<(), Fault> {
        let mut charts: Vec<_> = self.charts.iter().filter(|chart| !chart.is_changed || !chart.items.is_empty()).collect();
        charts.sort_by(|a, b| a.name.cmp(&b.name));
        out.push(b'{');
        for (at, chart) in charts.iter().enumerate() {
            out.extend_from_slice(if at > 0 { b",\n    " } else { b"\n    " });
            json::write_json_string(out, chart.name.as_bytes());
            out.extend_from_slice(b": [");
            for (at, item) in chart.items.iter().enumerate() {
                out.extend_from_slice(if at > 0 { b",\n      " } else { b"\n      " });
                self.entry(item)?.write_json(out, 3)?;
            }
            out.extend_from_slice(if chart.items.is_empty() { b"]" } else { b"\n    ]" });
        }
        out.extend_from_slice(if charts.is_empty() { b"}" } else { b"\n  }" });
        Ok(())
    }
}

/// Sorts charts as YAML is printed; for some mixes of names this is no order, which a merge sort bears.
fn sort_names(charts: &mut Vec<&Versions>) {
    yaml::sort_keys(charts, |chart| chart.name.as_bytes());
}

/// Appends the part in front of or behind the entries, with the time in its place; whether it was said.
fn put_around(out: &mut Vec<u8>, text: &[u8], generated: Option<&str>) -> bool {
    const KEY: &[u8] = b"generated:";
    end_line(out);
    let starts = |at: &usize| *at == 0 || text.get(at - 1) == Some(&b'\n');
    let place = memchr::memmem::find_iter(text, KEY).find(starts);
    let (Some(at), Some(time)) = (place, generated) else {
        out.extend_from_slice(text);
        return place.is_some() && generated.is_none();
    };
    let rest = &text[at..];
    let line = &rest[..memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1)];
    out.extend_from_slice(&text[..at]);
    out.extend_from_slice(generated_line(time).as_bytes());
    out.extend_from_slice(&rest[line.len()..]);
    true
}

fn generated_line(time: &str) -> String {
    format!("generated: \"{time}\"\n")
}

fn end_line(out: &mut Vec<u8>) {
    if out.last().is_some_and(|byte| *byte != b'\n') {
        out.push(b'\n');
    }
}

/// A name as a key with its colon.
fn key_text(name: &str) -> Result<String, Fault> {
    let map: Map = [(name, Value::Nil)].into_iter().collect();
    let text = String::from_utf8_lossy(&yaml::to_yaml(&Value::Map(map))?).into_owned();
    Ok(text.trim_end().strip_suffix("null").unwrap_or(&text).trim_end().to_owned())
}

/// Appends lines that stand two spaces in, so that they stand `indent` in.
fn put_indented(out: &mut Vec<u8>, text: &str, indent: usize) {
    if indent == 2 {
        return out.extend_from_slice(text.as_bytes());
    }
    for line in text.split_inclusive('\n') {
        let inner = line.strip_prefix("  ").unwrap_or(line);
        if inner != "\n" {
            out.resize(out.len() + indent, b' ');
        }
        out.extend_from_slice(inner.as_bytes());
    }
}
