//! Archives as Helm writes them: `Chart.yaml` and the lock from what was read, then values, schema, templates, files
//! and subcharts.

use super::gzip::Header;
use super::tar::Entry;
use crate::chart::{Chart, Compat, clock, os};
use crate::diagnostic::{Error, ErrorKind};
use crate::json;
use crate::value::print;
use crate::world::Timestamp;
use std::borrow::Cow;

/// Which times the entries get.
#[derive(Clone, Copy, Debug)]
pub struct HelmTimes {
    /// The present time: for all entries of Helm 3, and in Helm 4 where nothing says another.
    pub now: Timestamp,
    /// SOURCE_DATE_EPOCH, which Helm 4.3 gives to all entries and to the lock.
    pub epoch: Option<Timestamp>,
}

/// Packs a chart as Helm does: the bytes inside of gzip are Helm's own.
///
/// # Errors
/// Helm's text for a schema that is no JSON or for a chart's name that is no file name; a name that no archive can hold.
pub fn pack_as_helm(chart: &Chart, times: HelmTimes, compat: Compat) -> Result<Vec<u8>, Error> {
    let times = match compat {
        Compat::Helm43 => times,
        _ => HelmTimes { epoch: None, ..times },
    };
    let mut contents = Contents { times, compat, entries: Vec::new() };
    contents.chart(chart, "")?;
    let header = if compat == Compat::Helm43 { Header::Helm } else { Header::OlderHelm };
    let entries = contents.entries.iter();
    super::compressed(
        entries.map(|one| Entry { name: &one.name, data: &one.data, modified: seconds(one.modified) }).collect(),
        header,
    )
}

/// The whole second that is nearest, as Go rounds.
fn seconds(time: Timestamp) -> i64 {
    let half = if time < 0 { -500_000_000 } else { 500_000_000 };
    i64::try_from((time + half) / 1_000_000_000).unwrap_or(i64::MAX)
}

struct Content<'a> {
    name: String,
    data: Cow<'a, [u8]>,
    modified: Timestamp,
}

struct Contents<'a> {
    times: HelmTimes,
    compat: Compat,
    entries: Vec<Content<'a>>,
}

impl<'a> Contents<'a> {
    fn chart(&mut self, chart: &'a Chart, above: &str) -> Result<(), Error> {
        let name = chart.name();
        if os::base(name) != name {
            let name = String::from_utf8_lossy(&print::quote(name.as_bytes())).into_owned();
            return Err(Error::new(ErrorKind::Content, format!("{name} is not a valid chart name")));
        }
        let base = os::join(above, name);
        let time_of = |name: &str| chart.raw_file(name).map(|file| file.modified);
        self.add(&base, "Chart.yaml", metadata(chart)?, time_of("Chart.yaml"));
        self.lock(chart, &base)?;
        for file in chart.raw.iter().filter(|file| &*file.name == "values.yaml") {
            self.add(&base, &file.name, &file.data[..], Some(file.modified));
        }
        if let Some(schema) = &chart.schema {
            if !json::is_valid(schema) {
                let start = if self.compat == Compat::Helm3 { "Invalid" } else { "invalid" };
                return Err(Error::new(ErrorKind::Content, format!("{start} JSON in values.schema.json")));
            }
            self.add(&base, "values.schema.json", &schema[..], time_of("values.schema.json"));
        }
        for file in chart.templates.iter().chain(&chart.files) {
            self.add(&base, &file.name, &file.data[..], Some(file.modified));
        }
        let below = os::join(&base, "charts");
        chart.dependencies.iter().try_for_each(|sub| self.chart(sub, &below))
    }

    fn lock(&mut self, chart: &Chart, base: &str) -> Result<(), Error> {
        let Some(lock) = chart.lock.as_ref().filter(|_| chart.metadata.api_version == "v2") else { return Ok(()) };
        let lock = match self.times.epoch {
            Some(epoch) => Cow::Owned(crate::chart::Lock { generated: clock::written(epoch), ..lock.clone() }),
            None => Cow::Borrowed(lock),
        };
        self.add(base, "Chart.lock", lock.to_yaml()?, clock::timestamp(&lock.generated));
        Ok(())
    }

    fn add(&mut self, base: &str, name: &str, data: impl Into<Cow<'a, [u8]>>, modified: Option<Timestamp>) {
        let modified = match (self.compat, self.times.epoch) {
            (Compat::Helm3, _) => self.times.now,
            (_, Some(epoch)) => epoch,
            _ => modified.unwrap_or(self.times.now),
        };
        self.entries.push(Content { name: os::join(base, name), data: data.into(), modified });
    }
}

/// Charts of version v1 keep their dependencies in another file.
fn metadata(chart: &Chart) -> Result<Vec<u8>, Error> {
    if chart.metadata.api_version != "v1" {
        return chart.metadata.to_yaml();
    }
    crate::chart::Metadata { dependencies: None, ..chart.metadata.clone() }.to_yaml()
}
