//! Bundles: what an environment needs, in the order in which it must be installed.
//!
//! What enters is environments and a place with charts; what leaves is a [`Bundle`]: releases in waves, the values of
//! each, the archives of their charts with digests. Every release was rendered and its manifests read before the
//! bundle exists. The same input gives the same bytes.

mod build;
mod example;
mod export;
mod failure;
mod folder;
mod graph;
mod plan;
mod push;
mod read;
mod write;

pub use build::{Request, build};
pub use example::EXAMPLE;
pub use export::{Engine, Export, ExportOptions};
pub use graph::Picture;
pub use plan::waves;
pub use read::FIELDS;

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
    /// Where the values lie in the bundle.
    pub fn values_path(&self) -> String {
        format!("values/{}/{}/{}.yaml", self.cluster, self.namespace, self.name)
    }
}
