//! Helm's charts: a folder or an archive becomes a [`Chart`], checked as Helm checks it.
//!
//! What enters is a path or a list of files; what leaves is the chart with its subcharts, each file a slice of the
//! buffer it was read into. The reference is Helm's `pkg/chart/loader`, `pkg/chart/v2` and `pkg/ignore` of version
//! 4.3.1; where older Helms differ, [`Compat`] says which rules hold. Error messages are Helm's own.

mod archive;
pub mod check;
mod clock;
mod contents;
mod decode;
mod files;
mod gzip;
pub(crate) mod glob;
mod ignore;
mod load;
mod metadata;
mod notice;
mod object;
pub(crate) mod os;
pub mod pack;
mod peek;
mod sniff;
mod stamp;
pub mod starter;
mod tar;
mod text;
mod unpack;

pub(crate) use clock::check_rfc3339;
pub(crate) use decode::{Decoder, METADATA, Shape, WHILE_DECODING, merge_maps, sorted, values as values_of};
pub use files::{File, Name};
pub use load::{LoadOptions, read_file};
pub use metadata::{Dependency, Lock, Maintainer, Metadata};
pub use notice::{Level, Notice, Notices};
pub use peek::metadata_of_archive;
pub use stamp::Stamp;
pub use unpack::unpack;

use crate::value::Map;
use bytes::Bytes;

/// The Helm whose rules hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Compat {
    /// Helm 3.22.0.
    Helm3,
    /// Helm 4.2.3.
    Helm42,
    /// Helm 4.3.1.
    #[default]
    Helm43,
}

/// How much a chart may take.
///
/// The first two are Helm's own limits and speak with Helm's words; the others keep hostile input from eating memory or
/// stack, and their errors name them.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of all files of one archive or folder; Helm's `MaxDecompressedChartSize`.
    pub chart_bytes: u64,
    /// Bytes of one file; Helm's `MaxDecompressedFileSize`, which Helm 4.3 no longer applies.
    pub file_bytes: u64,
    /// Bytes of all files of an archive and of all archives inside it.
    pub total_bytes: u64,
    /// Entries of all archives together, or files and folders of a folder.
    pub entries: usize,
    /// How deep charts may lie in charts.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        let chart_bytes = 100 * 1024 * 1024;
        Limits { chart_bytes, file_bytes: 5 * 1024 * 1024, total_bytes: 2 * chart_bytes, entries: 200_000, depth: 64 }
    }
}

/// A chart with everything that belongs to it.
#[derive(Clone, Debug, Default)]
pub struct Chart {
    /// `Chart.yaml`, with the dependencies of a `requirements.yaml`.
    pub metadata: Metadata,
    /// `Chart.lock` or `requirements.lock`.
    pub lock: Option<Lock>,
    /// The files below `templates/`, in the order of the archive or folder.
    pub templates: Vec<File>,
    /// All other files that are neither metadata nor subcharts, in the same order.
    pub files: Vec<File>,
    /// The default values; `None` without a `values.yaml`. Everybody who holds them treats them as read-only.
    pub values: Option<Map>,
    /// `values.schema.json`.
    pub schema: Option<Bytes>,
    /// The subcharts in `charts/`, in the order of their first file.
    pub dependencies: Vec<Chart>,
    /// Every file as it was read, those of `charts/` included.
    pub raw: Vec<File>,
    /// What it was read from below `charts/` of its parent, a folder or an archive; empty for a chart of nobody.
    pub place: String,
    /// Whether somebody has seen that no table of `values` holds a null.
    pub(crate) null_free: bool,
}

impl Chart {
    /// The name, which an alias may have changed.
    pub fn name(&self) -> &str {
        &self.metadata.name
    }

    /// Whether this is a library chart, whose templates are only there to be included.
    pub fn is_library(&self) -> bool {
        self.metadata.kind.eq_ignore_ascii_case("library")
    }

    /// Whether the default values are known to hold no null, so that nobody needs to look for them again.
    pub(crate) fn is_free_of_nulls(&self) -> bool {
        self.null_free
    }

    /// The file of this name as it was read.
    pub fn raw_file(&self, name: &str) -> Option<&File> {
        self.raw.iter().find(|file| &*file.name == name)
    }

    /// The chart's own resource definitions: manifests in `crds/`.
    pub fn own_crds(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.name.starts_with("crds/") && is_manifest(&file.name))
    }

    /// Every resource definition of this chart and its subcharts with the path under which Helm names it
    /// (`parent/charts/sub/crds/x.yaml`), own ones first.
    pub fn crds(&self) -> Vec<(String, &File)> {
        let mut found = Vec::new();
        self.collect_crds(self.name(), &mut found);
        found
    }

    fn collect_crds<'a>(&'a self, full_path: &str, found: &mut Vec<(String, &'a File)>) {
        found.extend(self.own_crds().map(|file| (os::join(full_path, &file.name), file)));
        for sub in &self.dependencies {
            sub.collect_crds(&format!("{full_path}/charts/{}", sub.name()), found);
        }
    }
}

fn is_manifest(name: &str) -> bool {
    let base = name.rsplit('/').next().unwrap_or(name);
    let Some((_, extension)) = base.rsplit_once('.') else { return false };
    ["yaml", "yml", "json"].iter().any(|wanted| extension.eq_ignore_ascii_case(wanted))
}
