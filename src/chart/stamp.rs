//! Changing fields of `Chart.yaml` without touching anything else: comments, order and layout stay.

use super::{Chart, File};
use crate::diagnostic::Error;
use crate::edit::{self, Edits};
use crate::source::SourceId;
use crate::yaml;
use bytes::Bytes;

/// New values of two fields of `Chart.yaml`; an empty text leaves a field as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// `version`.
    pub version: String,
    /// `appVersion`.
    pub app_version: String,
}

impl Chart {
    /// Sets version and appVersion, in the metadata and in the text of `Chart.yaml`.
    ///
    /// # Errors
    /// None but those of [`Metadata::to_yaml`](super::Metadata::to_yaml).
    pub fn stamp(&mut self, stamp: &Stamp) -> Result<(), Error> {
        let fields = [("version", stamp.version.as_str()), ("appVersion", stamp.app_version.as_str())];
        let fields: Vec<_> = fields.into_iter().filter(|(_, text)| !text.is_empty()).collect();
        if fields.is_empty() {
            return Ok(());
        }
        let pick = |own: &mut String, text: &String| {
            if !text.is_empty() {
                own.clone_from(text);
            }
        };
        pick(&mut self.metadata.version, &stamp.version);
        pick(&mut self.metadata.app_version, &stamp.app_version);
        let Some(file) = self.raw.iter_mut().find(|file| &*file.name == "Chart.yaml") else { return Ok(()) };
        let text = match with_fields(&file.data, &fields) {
            Some(text) => text,
            None => self.metadata.to_yaml()?,
        };
        *file = File { data: Bytes::from(text), ..file.clone() };
        Ok(())
    }
}

/// The text with other values; `None` where it is laid out in a way that cannot be edited in place.
fn with_fields(text: &[u8], fields: &[(&str, &str)]) -> Option<Vec<u8>> {
    let root = yaml::parse(text, SourceId::default()).ok()?;
    let mut edits = Edits::new(text);
    for (key, value) in fields {
        if edits.set(&root, &[key], value) {
            continue;
        }
        let start = root.get("version")?.span().end as usize;
        let end = memchr::memchr(b'\n', text.get(start..)?).map_or(text.len(), |at| start + at);
        edits.insert(end, format!("\n{key}: {}", edit::scalar(value)));
        edits.expect(&[key], value);
    }
    edits.apply("Chart.yaml").ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamped(text: &str, version: &str, app_version: &str) -> String {
        let mut chart = Chart { raw: vec![File::new("Chart.yaml", text.as_bytes().to_vec())], ..Chart::default() };
        chart.metadata.version = "1.0.0".to_owned();
        chart.metadata.name = "c".to_owned();
        let stamp = Stamp { version: version.to_owned(), app_version: app_version.to_owned() };
        chart.stamp(&stamp).expect("stamps");
        String::from_utf8_lossy(&chart.raw[0].data).into_owned()
    }

    #[test]
    fn comments_and_layout_stay() {
        let text = "# top\nname: c   # name\nversion:   1.0.0 # here\nappVersion: '2'\n# end\n";
        let wanted = "# top\nname: c   # name\nversion:   1.2.3 # here\nappVersion: '2'\n# end\n";
        assert_eq!(stamped(text, "1.2.3", ""), wanted);
        let wanted = "# top\nname: c   # name\nversion:   \"1.2\" # here\nappVersion: '3'\n# end\n";
        assert_eq!(stamped(text, "1.2", "3"), wanted);
    }

    #[test]
    fn missing_field_is_added_and_odd_layouts_are_rewritten() {
        let text = "name: c\nversion: 1.0.0 # here\ntype: library";
        assert_eq!(stamped(text, "", "9.9"), "name: c\nversion: 1.0.0 # here\nappVersion: \"9.9\"\ntype: library");
        assert_eq!(stamped("{name: c, version: 1.0.0}", "2.0.0", ""), "{name: c, version: 2.0.0}");
        assert!(stamped("{name: c, version: 1.0.0}", "2.0.0", "x").starts_with("appVersion: x\nname: c\n"));
    }
}
