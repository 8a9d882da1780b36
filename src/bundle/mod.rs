//! Bundles: what an environment needs, in the order in which it must be installed.
//!
//! What enters is environments and a place with charts; what leaves is a [`Bundle`]: releases in waves, the values of
//! each, the archives of their charts with digests. Every release was rendered and its manifests read before the
//! bundle exists. The same input gives the same bytes.

mod build;
mod checksums;
mod diff;
mod example;
mod export;
mod failure;
#[cfg(feature = "network")]
mod fetch;
mod folder;
mod graph;
mod images;
mod layout;
#[cfg(feature = "network")]
mod load;
mod opened;
mod payloads;
mod plan;
mod push;
mod read;
mod rewrite;
mod sign;
mod verify;
mod write;

pub use build::{FindTemplate, Request, build};
pub use diff::{BundleDiff, ReleaseDiff};
pub use example::EXAMPLE;
pub use export::{Engine, Export, ExportOptions};
#[cfg(feature = "network")]
pub use fetch::{FetchOptions, Fetched, fetch_images};
pub use graph::Picture;
pub use images::{ImageList, ImageUse};
#[cfg(feature = "network")]
pub use load::{Loaded, load_images};
pub use opened::{Opened, archive_folder, is_archive};
pub use plan::waves;
pub use payloads::{Payload, has_payload, keep_payload, renew_checksums};
pub use read::FIELDS;
pub use rewrite::{Places, Rewritten, far_name, rewrite};
pub use sign::{Signer, Trust, sign};
pub use verify::{Problem, Verified, Wrong, verify};

use crate::repository::Archive;
use std::collections::BTreeMap;

/// The version of the format of `bundle.yaml`.
const API_VERSION: &str = "chartwright.io/v1alpha1";
/// The kind of a `bundle.yaml`.
const KIND: &str = "Bundle";

/// An ordered, checked and pinned set of releases.
#[derive(Clone, Debug, Default)]
pub struct Bundle {
    /// The releases, by wave and then in the order of the environment files.
    pub releases: Vec<Release>,
    /// The archives of all charts by file name.
    pub archives: BTreeMap<String, Archive>,
    /// The images that the releases run.
    pub images: ImageList,
}

impl Bundle {
    /// The releases that a release needs, by their numbers.
    fn needed<'b>(&'b self, release: &'b Release) -> impl Iterator<Item = usize> + 'b {
        release.needs.iter().filter_map(|need| {
            self.releases.iter().position(|other| {
                other.name == *need && other.namespace == release.namespace && other.cluster == release.cluster
            })
        })
    }
}

/// One release of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The environment that it belongs to.
    pub environment: String,
    /// The cluster.
    pub cluster: String,
    /// The namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The chart and its version.
    pub chart: String,
    /// The exact version of the chart.
    pub version: String,
    /// The file name of the chart's archive.
    pub archive: String,
    /// The releases of the same namespace that must be there first.
    pub needs: Vec<String>,
    /// The wave: 0 for releases without needs, otherwise one more than the last wave of what it needs.
    pub wave: usize,
    /// Its values as YAML.
    pub values: Vec<u8>,
    /// How many manifests it renders to, hooks included.
    pub manifests: usize,
}

impl Release {
    /// Where it is installed and what it is called: `CLUSTER/NAMESPACE/NAME`.
    pub fn place(&self) -> String {
        format!("{}/{}/{}", self.cluster, self.namespace, self.name)
    }

    /// Where the values lie in the bundle.
    pub fn values_path(&self) -> String {
        format!("values/{}/{}/{}.yaml", self.cluster, self.namespace, self.name)
    }
}
