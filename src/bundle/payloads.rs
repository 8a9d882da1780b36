//! What programs of the charts fetch when they start, brought along: `payloads.yaml` of each chart.

use super::Bundle;
use crate::chart::{Chart, LoadOptions, Notices};
use crate::diagnostic::{Error, ErrorKind};
use crate::repository::{replace, sha256};
use crate::value::{Map, Value};
use crate::yaml;
use std::fs;
use std::path::Path;

/// The file of a chart that names its payloads.
const PAYLOADS: &str = "payloads.yaml";

/// Something that a chart's programs fetch when they start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payload {
    /// The chart.
    pub chart: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub what: String,
    /// Where it comes from, in words.
    pub source: String,
    /// Where it goes.
    pub goes: String,
    /// Whether the chart does not work without it.
    pub required: bool,
    /// Where it can be fetched.
    pub url: String,
    /// The sha256 that it must have.
    pub sha256: String,
}

impl Payload {
    /// Where it lies in a bundle.
    pub fn path(&self) -> String {
        let file = self.url.split(['?', '#']).next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
        let plain = !file.is_empty() && file.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        let file = if plain && !file.starts_with('.') { file } else { &self.sha256 };
        format!("payloads/{}/{file}", self.chart)
    }
}

impl Bundle {
    /// The payloads of all charts of the bundle, by chart and in their order.
    ///
    /// # Errors
    /// A chart that cannot be read, a `payloads.yaml` that is none.
    pub fn payloads(&self, load: &LoadOptions) -> Result<Vec<Payload>, Error> {
        let mut all = Vec::new();
        for archive in self.archives.values() {
            let chart = Chart::from_archive(Path::new(&archive.file), &archive.bytes, load, &mut Notices::new())?;
            let files =
                chart.raw.iter().filter(|file| &*file.name == PAYLOADS || file.name.ends_with(&format!("/{PAYLOADS}")));
            for file in files {
                let wrong = |why: String| {
                    Error::new(ErrorKind::Content, format!("`{}` of `{}`: {why}", file.name, archive.file))
                };
                let root = yaml::from_yaml_map(&file.data).map_err(|error| wrong(error.to_string()))?;
                let Some(Value::List(list)) = root.get("payloads") else { continue };
                for entry in list.items() {
                    let Value::Map(entry) = entry else { return Err(wrong("expected mappings".to_owned())) };
                    all.push(read(entry, &archive.chart).map_err(wrong)?);
                }
            }
        }
        for (at, one) in all.iter().enumerate().filter(|(_, one)| !one.url.is_empty()) {
            let other = all[..at].iter().find(|other: &&Payload| !other.url.is_empty() && other.path() == one.path());
            if let Some(other) = other.filter(|other| other.sha256 != one.sha256) {
                let message = format!(
                    "payloads `{}` and `{}` of `{}` would both be `{}`",
                    other.name,
                    one.name,
                    one.chart,
                    one.path()
                );
                return Err(Error::new(ErrorKind::Content, message).hint("serve one of them under another name"));
            }
        }
        Ok(all)
    }
}

fn read(entry: &Map, chart: &str) -> Result<Payload, String> {
    let text = |key: &str| {
        entry.get(key).and_then(|value| value.as_str().map(|text| text.to_str_lossy().into_owned())).unwrap_or_default()
    };
    let payload = Payload {
        chart: chart.to_owned(),
        name: text("name"),
        what: text("what"),
        source: text("source"),
        goes: text("goes"),
        required: matches!(entry.get("required"), Some(Value::Bool(true))),
        url: text("url"),
        sha256: text("sha256"),
    };
    let is_digest =
        payload.sha256.len() == 64 && payload.sha256.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    match (payload.url.is_empty(), is_digest) {
        (false, false) => Err(format!("payload `{}` has a `url` and no `sha256` of 64 digits", payload.name)),
        _ => Ok(payload),
    }
}

/// Puts the bytes of a payload into the bundle in a folder.
///
/// # Errors
/// Other bytes than its digest says; a place that cannot be written.
pub fn keep_payload(folder: &Path, payload: &Payload, bytes: &[u8]) -> Result<(), Error> {
    let found = sha256(bytes);
    if found != payload.sha256 {
        let message = format!("payload `{}`: expected sha256 {}, found {found}", payload.name, payload.sha256);
        return Err(Error::new(ErrorKind::Content, message).hint("whoever serves it changed it; nothing was kept"));
    }
    let path = folder.join(payload.path());
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(|error| Error::io("cannot make", parent, error))?;
    }
    replace(&path, bytes)
}

/// Whether a payload lies in the bundle in a folder.
pub fn has_payload(folder: &Path, payload: &Payload) -> bool {
    !payload.url.is_empty() && fs::read(folder.join(payload.path())).is_ok_and(|bytes| sha256(&bytes) == payload.sha256)
}

/// Writes the digests of a bundle's files anew; returns the signatures that no longer hold and were removed.
///
/// # Errors
/// Files that cannot be read or written.
pub fn renew_checksums(folder: &Path) -> Result<Vec<&'static str>, Error> {
    super::checksums::renew(folder)
}
