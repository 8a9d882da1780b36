//! One version of a chart as those see it who look for charts.

use super::entry::Entry;
use crate::yaml::Node;
use std::collections::BTreeMap;

/// One version of a chart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChartVersion {
    /// The version.
    pub version: String,
    /// The sha256 of the archive; empty where the index does not say.
    pub digest: String,
    /// Where the archive lies, relative to the index or absolute.
    pub urls: Vec<String>,
    /// The chart's name as the entry states it; empty where it does not.
    pub name: String,
    /// When it was added; empty where the index does not say.
    pub created: String,
    /// `appVersion`.
    pub app_version: String,
    /// `description`.
    pub description: String,
    /// `keywords`.
    pub keywords: Vec<String>,
    /// `annotations`.
    pub annotations: BTreeMap<String, String>,
    /// `deprecated`.
    pub deprecated: bool,
}

impl ChartVersion {
    /// What an entry says, read leniently; `None` where it has no version.
    pub(super) fn read(node: &Node) -> Option<ChartVersion> {
        let text = |key: &str| node.get(key).and_then(text_of);
        let texts = |key: &str| node.get(key).map(|list| list.items().iter().filter_map(text_of).collect());
        let annotations = node.get("annotations").map(Node::entries).unwrap_or_default().iter();
        let annotations = annotations.filter_map(|entry| {
            let key = String::from_utf8_lossy(&entry.key.key_text()?).into_owned();
            Some((key, text_of(&entry.value).unwrap_or_default()))
        });
        Some(ChartVersion {
            version: text("version")?,
            digest: text("digest").unwrap_or_default(),
            urls: texts("urls").unwrap_or_default(),
            name: text("name").unwrap_or_default(),
            created: text("created").unwrap_or_default(),
            app_version: text("appVersion").unwrap_or_default(),
            description: text("description").unwrap_or_default(),
            keywords: texts("keywords").unwrap_or_default(),
            annotations: annotations.collect(),
            deprecated: text("deprecated").is_some_and(|text| text == "true"),
        })
    }

    pub(super) fn of(entry: &Entry) -> ChartVersion {
        let metadata = &entry.metadata;
        ChartVersion {
            version: metadata.version.clone(),
            digest: entry.digest.clone(),
            urls: entry.urls.clone().unwrap_or_default(),
            name: metadata.name.clone(),
            created: entry.created.clone(),
            app_version: metadata.app_version.clone(),
            description: metadata.description.clone(),
            keywords: metadata.keywords.clone(),
            annotations: metadata.annotations.clone().unwrap_or_default(),
            deprecated: metadata.deprecated,
        }
    }
}

fn text_of(node: &Node) -> Option<String> {
    node.to_text().map(|text| String::from_utf8_lossy(&text).into_owned())
}

/// The version of an entry from its lines, where it stands there plainly.
///
/// Lines that belong to a longer text stand further in than the keys of the entry, so they are not mistaken for one.
pub(super) fn peek(lines: &[u8]) -> Option<&str> {
    let dash = lines.iter().position(|byte| *byte != b' ')?;
    let first = dash + 1 + lines.get(dash + 1..)?.iter().position(|byte| *byte != b' ')?;
    if lines.get(dash) != Some(&b'-') || lines.get(first) == Some(&b'\n') {
        return None;
    }
    const KEY: &[u8] = b"version:";
    let is_key = |at: usize| {
        let before = lines.get(..at)?;
        let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        let plain = at == first || (at - start == first && before[start..].iter().all(|byte| *byte == b' '));
        plain.then_some(at + KEY.len())
    };
    let mut found = memchr::memmem::find_iter(lines, KEY).filter_map(is_key);
    let value = lines.get(found.next()?..)?;
    if found.next().is_some() {
        return None;
    }
    let value = &value[..memchr::memchr(b'\n', value).unwrap_or(value.len())];
    plain_text(value.strip_prefix(b" ")?.trim_ascii())
}

/// A text that YAML reads as it is: quoted without escapes, or plain with two dots, which no number has.
fn plain_text(value: &[u8]) -> Option<&str> {
    let quoted = |quote: u8| value.strip_prefix(&[quote])?.strip_suffix(&[quote]);
    let (text, is_quoted) = match quoted(b'"').or_else(|| quoted(b'\'')) {
        Some(text) => (text, true),
        None => (value, false),
    };
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+');
    let dots = memchr::memchr_iter(b'.', text).count();
    let is_plain = text.first().is_some_and(u8::is_ascii_alphanumeric) && text.iter().all(fits);
    if !is_plain || (!is_quoted && dots < 2) {
        return None;
    }
    std::str::from_utf8(text).ok()
}

#[cfg(test)]
mod tests {
    use super::peek;

    #[test]
    fn versions_are_seen_only_where_they_stand_plainly() {
        for (lines, wanted) in [
            ("  - apiVersion: v2\n    version: 1.2.3\n", Some("1.2.3")),
            ("  - version: \"1.2\"\n    name: x\n", Some("1.2")),
            ("- version: '1.2.3-rc.1+b'\r\n", Some("1.2.3-rc.1+b")),
            ("  - version: 1.2\n", None),
            ("  - description: |\n      version: 1.2.3\n", None),
            ("  - {version: 1.2.3}\n", None),
            ("  -\n    version: 1.2.3\n", None),
            ("  - version: 1.2.3\n    version: 1.2.4\n", None),
            ("  - version: 1.2.3 # old\n", None),
            ("  - version: \"1.2\\n3\"\n", None),
        ] {
            assert_eq!(peek(lines.as_bytes()), wanted, "{lines:?}");
        }
    }
}
