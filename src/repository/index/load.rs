//! A whole index as Helm loads it: strictly, with its complaints about entries that it leaves out.

use super::entry::{self, Entry, Form, Wrong};
use super::layout::Layout;
use super::{LARGEST_ENTRY, MOST_VERSIONS};
use crate::chart::{Compat, Decoder, Level, Notice, Notices, Shape, WHILE_DECODING, sorted};
use crate::diagnostic::{Error, ErrorKind};
use crate::json;
use crate::source::SourceId;
use crate::yaml::{self, Node, NodeKind};

/// The entries of an index as Helm keeps them, charts in the order of their keys.
pub(super) type Charts = Vec<(String, Vec<Entry>)>;

const FIELDS: &[&str] = &["serverInfo", "apiVersion", "generated", "entries", "publicKeys", "annotations"];

/// Loads an index; `source` names it in what Helm logs.
///
/// # Errors
/// Helm's texts, without the frame that names the file.
pub(super) fn load(text: &[u8], source: &str, compat: Compat, notices: &mut Notices) -> Result<Charts, Error> {
    if text.is_empty() {
        return Err(content("empty index.yaml file"));
    }
    let mut loader = Loader { source, compat, notices, charts: Vec::new(), versions: 0 };
    let has_version = match Layout::scan(text, MOST_VERSIONS) {
        Ok(layout) if layout.versions > MOST_VERSIONS => return Err(super::too_many()),
        Ok(layout) => {
            let mut places = layout.charts.iter().flat_map(|chart| chart.places().map(|(place, _)| place));
            if places.any(|place| place.len() > LARGEST_ENTRY) {
                let message = format!("an entry of the index cannot be used: {}", super::too_large());
                return Err(Error::new(ErrorKind::Limit, message));
            }
            loader.by_items(text, &layout)
        }
        Err(_) => None,
    };
    let has_version = match has_version {
        Some(has_version) => has_version,
        None => loader.whole(text)?,
    };
    if has_version { Ok(loader.charts) } else { Err(content("no API version specified")) }
}

fn content(text: impl Into<String>) -> Error {
    Error::new(ErrorKind::Content, text)
}

struct Loader<'a> {
    source: &'a str,
    compat: Compat,
    notices: &'a mut Notices,
    charts: Charts,
    versions: usize,
}

impl Loader<'_> {
    /// Reads item by item, which takes little memory; `None` where anything is wrong and the whole has to be read for
    /// Helm's text.
    fn by_items(&mut self, text: &[u8], layout: &Layout) -> Option<bool> {
        let mut head = text.get(..layout.entries.start)?.to_vec();
        head.extend_from_slice(text.get(layout.entries.end..)?);
        let head = yaml::parse_strict(&head, SourceId::default()).ok()?;
        let mut names: Vec<(String, usize)> = Vec::with_capacity(layout.charts.len());
        for (at, chart) in layout.charts.iter().enumerate() {
            let key = yaml::parse(text.get(chart.key.clone())?, SourceId::default()).ok()?;
            names.push((String::from_utf8_lossy(&key.key_text()?).into_owned(), at));
        }
        names.sort();
        if names.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return None;
        }
        let mut decoder = entry::decoder(Form::Yaml, self.compat);
        let has_version = self.head(&head, &mut decoder).ok()?;
        let (mut charts, mut notices) = (Vec::new(), Notices::new());
        for (name, at) in names {
            let chart = layout.charts.get(at)?;
            let mut entries = Vec::with_capacity(chart.items.len());
            for (place, _) in chart.places() {
                let item = yaml::parse_strict(text.get(place)?, SourceId::default()).ok()?;
                let item = item.items().first()?;
                let entry = if item.is_null() { None } else { Some(Entry::decode(item, &mut decoder).ok()?) };
                entries.push(entry);
            }
            charts.push((name.clone(), self.kept(&name, entries, &mut notices)));
        }
        if decoder.problem().is_some() {
            return None;
        }
        self.charts = charts;
        notices.take().into_iter().for_each(|notice| self.notices.push(notice));
        Some(has_version)
    }

    /// Decodes everything but `entries`; whether there is a version of the API.
    fn head(&self, head: &Node, decoder: &mut Decoder) -> Result<bool, Wrong> {
        let (mut version, mut fatal, mut ignored) = (String::new(), None, Vec::new());
        let mut annotations = None;
        let shape = Shape { package: "repo", name: "IndexFile", fields: FIELDS };
        decoder.fields(head, &shape, |decoder, field, value| match field {
            "apiVersion" => decoder.text(value, &mut version),
            "generated" => fatal = fatal.take().or(entry::time(value).err()),
            "publicKeys" => decoder.texts(value, &mut ignored),
            "annotations" => decoder.annotations(value, &mut annotations),
            "serverInfo" if !matches!(value.kind(), NodeKind::Map(_) | NodeKind::Null) => {
                decoder.wrong(value, "map[string]interface {}");
            }
            _ => {}
        });
        match fatal {
            Some(text) => Err(Wrong::Fatal(text)),
            None if decoder.problem().is_some() => Err(Wrong::Kept),
            None => Ok(!version.is_empty()),
        }
    }

    /// Reads the whole as one tree, with Helm's text for what is wrong.
    fn whole(&mut self, text: &[u8]) -> Result<bool, Error> {
        super::check_tree(text).map_err(|fault| {
            let error = Error::new(ErrorKind::Limit, fault.message());
            fault.hints().iter().fold(error, |error, hint| error.hint(hint))
        })?;
        let form = if is_json(text) { Form::Json } else { Form::Yaml };
        let (node, frame) = match form {
            Form::Json => (yaml::parse(text, SourceId::default()), ""),
            Form::Yaml => (yaml::parse_strict(text, SourceId::default()), WHILE_DECODING),
        };
        let node = node.map_err(|error| content(error.to_string()))?;
        let mut decoder = entry::decoder(form, self.compat);
        let told = |text: &str| content(format!("{frame}{text}"));
        let has_version = self.tree(&node, &mut decoder).map_err(|text| told(&text))?;
        match decoder.problem() {
            Some(problem) => Err(told(problem)),
            None if self.versions > MOST_VERSIONS => Err(super::too_many()),
            None => Ok(has_version),
        }
    }

    /// Decodes a tree; the error is one that ends decoding at once.
    fn tree(&mut self, node: &Node, decoder: &mut Decoder) -> Result<bool, String> {
        let mut charts: Vec<(String, Vec<Option<Entry>>)> = Vec::new();
        let (mut version, mut fatal, mut versions) = (String::new(), None, 0);
        let (mut ignored, mut annotations) = (Vec::new(), None);
        let shape = Shape { package: "repo", name: "IndexFile", fields: FIELDS };
        decoder.fields(node, &shape, |decoder, field, value| {
            if fatal.is_some() {
                return;
            }
            match field {
                "apiVersion" => decoder.text(value, &mut version),
                "generated" => fatal = entry::time(value).err(),
                "publicKeys" => decoder.texts(value, &mut ignored),
                "annotations" => decoder.annotations(value, &mut annotations),
                "entries" if matches!(value.kind(), NodeKind::Map(_)) => {
                    for one in sorted(value) {
                        let name = String::from_utf8_lossy(&one.key.key_text().unwrap_or_default()).into_owned();
                        let Some(items) = decoder.items(&one.value, "repo.ChartVersions") else { continue };
                        versions += items.len();
                        let mut entries = Vec::new();
                        for item in items.iter().take(MOST_VERSIONS) {
                            match item.kind() {
                                NodeKind::Null => entries.push(None),
                                NodeKind::Map(_) => match Entry::decode(item, decoder) {
                                    Ok(entry) => entries.push(Some(entry)),
                                    Err(Wrong::Kept) => {}
                                    Err(Wrong::Fatal(text)) => {
                                        fatal = Some(text);
                                        return;
                                    }
                                },
                                _ => decoder.wrong(item, "repo.ChartVersion"),
                            }
                        }
                        charts.push((name, entries));
                    }
                }
                "entries" if !value.is_null() => decoder.wrong(value, "map[string]repo.ChartVersions"),
                "serverInfo" if !matches!(value.kind(), NodeKind::Map(_) | NodeKind::Null) => {
                    decoder.wrong(value, "map[string]interface {}");
                }
                _ => {}
            }
        });
        if let Some(text) = fatal {
            return Err(text);
        }
        self.versions = versions;
        if decoder.problem().is_none() {
            let mut notices = Notices::new();
            self.charts =
                charts.into_iter().map(|(name, all)| (name.clone(), self.kept(&name, all, &mut notices))).collect();
            notices.take().into_iter().for_each(|notice| self.notices.push(notice));
        }
        Ok(!version.is_empty())
    }

    /// The entries that Helm keeps; it looks at them from the last to the first.
    fn kept(&self, name: &str, mut entries: Vec<Option<Entry>>, notices: &mut Notices) -> Vec<Entry> {
        for entry in entries.iter_mut().rev() {
            let Some(one) = entry else {
                notices.push(self.notice("skipping loading invalid entry for chart: empty entry", name, None));
                continue;
            };
            if let Err(text) = one.validate() {
                let message = "skipping loading invalid entry for chart";
                notices.push(self.notice(message, name, Some((&one.metadata.version, &text))));
                *entry = None;
            }
        }
        entries.into_iter().flatten().collect()
    }

    fn notice(&self, message: &str, name: &str, why: Option<(&str, &str)>) -> Notice {
        let notice = Notice::new(Level::Warn, message).with("name", name);
        match why {
            None => notice.with("source", self.source),
            Some((version, error)) => notice.with("version", version).with("source", self.source).with("error", error),
        }
    }
}

/// Whether Go takes the text for JSON.
fn is_json(text: &[u8]) -> bool {
    let first = text.trim_ascii_start().first();
    matches!(first, Some(b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n')) && json::from_json(text).is_ok()
}
