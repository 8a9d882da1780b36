//! The charts that come with the program: base infrastructure, platform services and modules of OpenG2P, put into it by
//! build.rs.

use super::{Archive, Found};
use crate::chart::{Chart, File, LoadOptions, Notices, pack};
use crate::diagnostic::{Error, ErrorKind};
use crate::source::SourceId;
use crate::yaml;
use bytes::Bytes;
use flate2::read::GzDecoder;
use std::collections::BTreeMap;
use std::io::Read;
use std::sync::LazyLock;

/// For each file a line with its length and `CHART/PATH`, then its bytes.
const PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/shipped_charts.gz"));

/// A chart with its files; those of libraries that it asks for are not among them.
#[derive(Debug, Default)]
struct Shipped {
    version: String,
    /// The names of the charts that it takes from folders.
    libraries: Vec<String>,
    files: Vec<(String, Bytes)>,
}

static CHARTS: LazyLock<BTreeMap<String, Shipped>> = LazyLock::new(unpack);

/// How many bytes the shipped charts take in the program.
pub fn shipped_size() -> usize {
    PACKED.len()
}

/// The shipped charts with their versions, sorted; libraries are not among them.
pub fn shipped_charts() -> impl Iterator<Item = (&'static str, &'static str)> {
    let installable = |chart: &&Shipped| !chart.libraries.is_empty();
    let charts = CHARTS.iter().filter(move |(_, chart)| installable(chart));
    charts.map(|(name, chart)| (name.as_str(), chart.version.as_str()))
}

/// The version in which a chart is shipped, if it is.
pub fn shipped_version(name: &str) -> Option<&'static str> {
    CHARTS.get(name).map(|chart| chart.version.as_str())
}

/// The shipped chart of this name and version.
pub(super) fn find(name: &str, version: &str, load: &LoadOptions) -> Option<Result<Found, Error>> {
    let shipped = CHARTS.get(name).filter(|chart| chart.version == version)?;
    Some(found(name, shipped, load))
}

fn found(name: &str, shipped: &Shipped, load: &LoadOptions) -> Result<Found, Error> {
    let mut files: Vec<File> = shipped.files.iter().map(|(name, data)| File::new(&**name, data.clone())).collect();
    for library in &shipped.libraries {
        let Some(library) = CHARTS.get_key_value(library) else {
            let message = format!("chart `{name}` asks for `{library}`, which is not shipped");
            return Err(Error::new(ErrorKind::Internal, message));
        };
        let below = |(file, data): &(String, Bytes)| File::new(format!("charts/{}/{file}", library.0), data.clone());
        files.extend(library.1.files.iter().map(below));
    }
    let chart = Chart::from_files(files, load, &mut Notices::new())?;
    let archive = Archive::new(name, &shipped.version, pack::pack(&chart)?);
    Ok(Found { chart, archive, shown: None })
}

fn unpack() -> BTreeMap<String, Shipped> {
    let (mut bytes, mut charts) = (Vec::new(), BTreeMap::<String, Shipped>::new());
    // What the program holds was packed together with it; a test reads all of it.
    if GzDecoder::new(PACKED).read_to_end(&mut bytes).is_err() {
        return charts;
    }
    let mut rest = Bytes::from(bytes);
    while let Some((chart, file, data, behind)) = entry(&rest) {
        let chart = charts.entry(chart).or_default();
        if file == "Chart.yaml" {
            read_metadata(chart, &data);
        }
        chart.files.push((file, data));
        rest = behind;
    }
    charts
}

/// The next file: its chart, its name, its bytes, and what follows.
fn entry(rest: &Bytes) -> Option<(String, String, Bytes, Bytes)> {
    let end = memchr::memchr(b'\n', rest)?;
    let (length, path) = std::str::from_utf8(rest.get(..end)?).ok()?.split_once(' ')?;
    let (chart, file) = path.split_once('/')?;
    let start = end + 1;
    let stop = start.checked_add(length.parse().ok()?).filter(|stop| *stop <= rest.len())?;
    Some((chart.to_owned(), file.to_owned(), rest.slice(start..stop), rest.slice(stop..)))
}

fn read_metadata(chart: &mut Shipped, text: &[u8]) {
    let Ok(fields) = yaml::parse(text, SourceId::default()) else { return };
    let word = |node: &yaml::Node| node.to_text().map(|text| String::from_utf8_lossy(&text).into_owned());
    chart.version = fields.get("version").and_then(word).unwrap_or_default();
    let needed = fields.get("dependencies").map_or(&[][..], yaml::Node::items);
    chart.libraries = needed.iter().filter_map(|one| word(one.get("name")?)).collect();
}

#[cfg(test)]
mod tests {
    use super::{shipped_charts, shipped_size};
    use crate::repository::Shelf;

    #[test]
    fn every_shipped_chart_can_be_loaded() {
        let shelf = Shelf::shipped();
        assert!(shipped_charts().count() > 15);
        for (name, version) in shipped_charts() {
            let found = shelf.find(name, version, &Default::default()).map_err(|missing| missing.into_error());
            let found = found.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(!found.chart.dependencies.is_empty(), "{name}");
        }
        assert!(shipped_size() < 1_500_000, "{} bytes of charts", shipped_size());
    }
}
