//! Adding, replacing and removing versions; what nobody asked for stays as it is.

use super::{Added, IndexFile, Item, New, NewVersion, Overwrite, Versions, entry, time_text};
use crate::chart::Chart;
use crate::diagnostic::Fault;
use crate::repository::Archive;
use crate::repository::index::ChartVersion;
use crate::repository::index::entry::Entry;
use crate::value::Value;
use crate::version::Version;
use crate::world::Timestamp;

impl IndexFile {
    /// Adds an archive.
    ///
    /// # Errors
    /// The version is there with other bytes.
    pub fn add(&mut self, chart: &Chart, archive: &Archive, now: Timestamp) -> Result<Added, Fault> {
        let created = time_text(now);
        let (digest, url) = (archive.digest.as_str(), archive.file.as_str());
        let new = NewVersion { metadata: &chart.metadata, digest, url, created: &created };
        let added = self.insert(&new, Overwrite::Never)?;
        if added != Added::Unchanged {
            self.set_generated(&created);
        }
        Ok(added)
    }

    /// Adds a version, newer ones in front of it; an entry with the same digest stays as it is.
    ///
    /// # Errors
    /// The version is there with other bytes, unless they may be overwritten; metadata that cannot be written.
    pub fn insert(&mut self, new: &NewVersion<'_>, overwrite: Overwrite) -> Result<Added, Fault> {
        let known = self.find(&new.metadata.name, &new.metadata.version)?;
        match known {
            Some(known) if is_same(&known, new.digest, new.url, overwrite) => Ok(Added::Unchanged),
            _ => self.insert_item(new_item(new)?, overwrite),
        }
    }

    /// Adds a version whose lines are made.
    pub(super) fn insert_item(&mut self, new: New, overwrite: Overwrite) -> Result<Added, Fault> {
        let (name, version) = (new.version.name.clone(), new.version.version.clone());
        let position = self.position(&name, &version)?;
        if let Some(known) = self.find(&name, &version)? {
            let url = new.version.urls.first().map_or("", String::as_str);
            if is_same(&known, &new.version.digest, url, overwrite) {
                return Ok(Added::Unchanged);
            }
            if overwrite == Overwrite::Never {
                return Err(other_bytes(&name, &version, &known.digest, &new.version.digest));
            }
        }
        let at = match position {
            Some(at) => at,
            None => self.rank_of(&name, &version),
        };
        self.is_changed = true;
        let chart = self.chart_mut(&name)?;
        chart.is_changed = true;
        let item = Item::New(Box::new(new));
        match position.and_then(|at| chart.items.get_mut(at)) {
            Some(old) => {
                *old = item;
                Ok(Added::Replaced)
            }
            None => {
                chart.items.insert(at.min(chart.items.len()), item);
                Ok(Added::New)
            }
        }
    }

    /// Adds the versions of another index that are not here; how many there were.
    ///
    /// # Errors
    /// An entry of the other index that cannot be read.
    pub fn merge(&mut self, other: &IndexFile) -> Result<usize, Fault> {
        let mut added = 0;
        for chart in &other.charts {
            for item in &chart.items {
                let version = other.version_of(item)?;
                if self.position(&chart.name, &version)?.is_some() {
                    continue;
                }
                let mut known = other.read_item(item)?;
                known.name = chart.name.to_string();
                let text = entry::item_text(&other.node(item)?.to_value())?;
                self.insert_item(New { version: known, text }, Overwrite::Never)?;
                added += 1;
            }
        }
        Ok(added)
    }

    fn chart_mut(&mut self, name: &str) -> Result<&mut Versions, Fault> {
        if !self.places.contains_key(name) {
            let filled = self.charts.iter().find(|chart| !chart.items.is_empty()).or(self.charts.first());
            let indent = filled.map_or(2, |chart| chart.indent);
            self.push(Versions { name: name.into(), lines: 0..0, indent, items: Vec::new(), is_changed: true })?;
        }
        let at = self.places.get(name).map_or(usize::MAX, |at| *at as usize);
        self.charts.get_mut(at).ok_or_else(|| Fault::new(format!("chart `{name}` is not in the index")))
    }

    /// Where a version belongs: behind all that are not older.
    fn rank_of(&self, name: &str, version: &str) -> usize {
        let Some(chart) = self.chart(name) else { return 0 };
        let Ok(own) = Version::parse(version) else { return chart.items.len() };
        let older = |item: &Item| match self.version_of(item).ok().map(Version::parse) {
            Some(Ok(known)) => known < own,
            _ => true,
        };
        chart.items.iter().position(older).unwrap_or(chart.items.len())
    }

    /// Removes a version; whether it was there.
    ///
    /// # Errors
    /// As [`IndexFile::find`].
    pub fn remove(&mut self, name: &str, version: &str) -> Result<bool, Fault> {
        let Some(at) = self.position(name, version)? else { return Ok(false) };
        let chart = self.chart_mut(name)?;
        chart.items.remove(at);
        chart.is_changed = true;
        self.is_changed = true;
        Ok(true)
    }

    /// An index of the versions that fit, with other URLs; everything else of their entries stays.
    ///
    /// # Errors
    /// An entry that cannot be read.
    pub fn filtered(
        &self,
        fits: &dyn Fn(&ChartVersion) -> bool,
        url: &dyn Fn(&str) -> String,
    ) -> Result<IndexFile, Fault> {
        let mut index = IndexFile::empty();
        for chart in &self.charts {
            let mut items = Vec::new();
            for item in &chart.items {
                let mut version = self.read_item(item)?;
                if !fits(&version) {
                    continue;
                }
                let Value::Map(entry) = self.node(item)?.to_value() else { continue };
                version.urls = version.urls.iter().map(|one| url(one)).collect();
                entry.insert("urls", Value::strings(&version.urls));
                let text = entry::item_text(&Value::Map(entry))?;
                items.push(Item::New(Box::new(New { version, text })));
            }
            if !items.is_empty() {
                let name = chart.name.clone();
                index.push(Versions { name, lines: 0..0, indent: 2, items, is_changed: true })?;
            }
        }
        Ok(index)
    }

    /// Says when the index was made: RFC 3339.
    pub fn set_generated(&mut self, time: &str) {
        self.head.insert("generated", Value::str(time));
        self.is_changed = true;
    }
}

pub(super) fn new_item(new: &NewVersion<'_>) -> Result<New, Fault> {
    let entry = Entry {
        metadata: new.metadata.clone(),
        urls: Some(vec![new.url.to_owned()]),
        created: new.created.to_owned(),
        digest: new.digest.to_owned(),
        ..Entry::default()
    };
    New::of(&entry)
}

impl New {
    pub(super) fn of(entry: &Entry) -> Result<New, Fault> {
        Ok(New { version: ChartVersion::of(entry), text: entry.to_yaml()? })
    }
}

fn is_same(known: &ChartVersion, digest: &str, url: &str, overwrite: Overwrite) -> bool {
    known.digest == digest && (overwrite != Overwrite::Entry || known.urls.first().is_some_and(|first| first == url))
}

/// A version that is published with other bytes.
fn other_bytes(name: &str, version: &str, known: &str, new: &str) -> Fault {
    let message = format!("`{name}` {version} is published with other bytes: digest {known}, now {new}");
    Fault::new(message).hint("give the chart a new version")
}
