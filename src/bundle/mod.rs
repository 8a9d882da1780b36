//! Bundles: what an environment needs, in the order in which it must be installed.
//!
//! What enters is an organisation, environments and a place with charts; what leaves is a [`Bundle`]: steps in waves
//! (releases, and what people and scripts do between them), the values of each release, the archives of their charts
//! with digests. Every release was rendered and its manifests read before the bundle exists. The same input gives the
//! same bytes.

mod again;
mod build;
mod carrier;
mod checksums;
mod diff;
mod check;
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
pub mod live;
#[cfg(feature = "network")]
mod load;
mod lock;
mod opened;
mod payloads;
mod plan;
mod push;
mod read;
mod read_step;
mod report;
mod rewrite;
mod rendered;
mod reprove;
mod secret_value;
mod sign;
mod steps;
mod surroundings;
mod third_party;
mod verify;
mod write;

pub use crate::environment::{Thing, ThingKind};
pub use build::{Request, build};
pub use carrier::{BUNDLE_ANNOTATION, FetchChart, WantedChart, assemble, settle};
pub use check::rule_names;
pub use diff::{BundleDiff, StepDiff};
pub use example::EXAMPLE;
pub use export::{Engine, Export, ExportOptions};
#[cfg(feature = "network")]
pub use fetch::{FetchOptions, Fetched, fetch_images};
pub use graph::Picture;
pub use images::{ImageList, ImageUse};
#[cfg(feature = "network")]
pub use load::{Loaded, load_images};
pub use opened::{Opened, archive_folder, is_archive};
pub use payloads::{Payload, has_payload, keep_payload, renew_checksums};
pub use plan::{Plan, Planned, plan, waves};
pub use read::FIELDS;
pub use report::{Finding, ReportFacts, report};
pub use reprove::{CheckRequest, check};
pub use rewrite::{Places, Rewritten, far_name, rewrite};
pub use secret_value::SecretValue;
pub use sign::{Signer, Trust, sign};
pub use steps::derive_steps;
pub use surroundings::{ClusterState, Space, Surroundings};
pub use third_party::{ThirdParty, third_party};
pub use verify::{Problem, Verified, Wrong, verify};

use crate::repository::Archive;
use std::collections::BTreeMap;

/// The version of the format of `bundle.yaml`.
const API_VERSION: &str = "chartwright.io/v1alpha2";
/// The kind of a `bundle.yaml`.
const KIND: &str = "Bundle";

/// An ordered, checked and pinned set of steps.
#[derive(Clone, Debug, Default)]
pub struct Bundle {
    /// The releases, by wave and then in the order in which they were stated.
    pub releases: Vec<Release>,
    /// What else is done, by wave.
    pub steps: Vec<Step>,
    /// What it is installed into.
    pub surroundings: Surroundings,
    /// The archives of all charts by file name.
    pub archives: BTreeMap<String, Archive>,
    /// The images that the releases run.
    pub images: ImageList,
}

/// A step of a bundle, of whatever kind.
#[derive(Clone, Copy, Debug)]
pub enum AnyStep<'b> {
    /// A release.
    Release(&'b Release),
    /// Something else.
    Other(&'b Step),
}

impl AnyStep<'_> {
    /// What no other step is called.
    pub fn id(&self) -> String {
        match self {
            AnyStep::Release(release) => release.id(),
            AnyStep::Other(step) => step.id.clone(),
        }
    }

    /// The steps that have to be done first.
    pub fn needs(&self) -> &[String] {
        match self {
            AnyStep::Release(release) => &release.needs,
            AnyStep::Other(step) => &step.needs,
        }
    }

    /// Its wave.
    pub fn wave(&self) -> usize {
        match self {
            AnyStep::Release(release) => release.wave,
            AnyStep::Other(step) => step.wave,
        }
    }
}

impl Bundle {
    /// The steps of a wave: what people and scripts do first, then the releases.
    pub fn wave(&self, wave: usize) -> impl Iterator<Item = AnyStep<'_>> {
        let others = self.steps.iter().filter(move |step| step.wave == wave).map(AnyStep::Other);
        let releases = self.releases.iter().filter(move |release| release.wave == wave).map(AnyStep::Release);
        others.chain(releases)
    }

    /// All steps in their order.
    pub fn all_steps(&self) -> Vec<AnyStep<'_>> {
        let others = self.steps.iter().map(AnyStep::Other);
        let mut all: Vec<_> = others.chain(self.releases.iter().map(AnyStep::Release)).collect();
        all.sort_by_key(AnyStep::wave);
        all
    }

    /// How many waves there are.
    pub fn wave_count(&self) -> usize {
        self.all_steps().last().map_or(0, |step| step.wave() + 1)
    }

    /// The releases whose charts were not fetched.
    pub fn references(&self) -> impl Iterator<Item = &Release> {
        self.releases.iter().filter(|release| matches!(release.origin, Origin::Reference(_)))
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
    /// Where its chart is.
    pub origin: Origin,
    /// The steps that must be done first.
    pub needs: Vec<String>,
    /// The wave: 0 for steps without needs, otherwise one more than the last wave of what it needs.
    pub wave: usize,
    /// Its values as YAML.
    pub values: Vec<u8>,
    /// Values that are secrets and stand in no file; they are handed over at the installation.
    pub secret_values: Vec<SecretValue>,
    /// Labels of its namespace.
    pub labels: BTreeMap<String, String>,
    /// Whether the installation waits until it is ready.
    pub wait: bool,
    /// How long it may wait, as Helm takes it: `20m`.
    pub timeout: Option<String>,
    /// What has to be ready before the next wave: `Deployment/NAME`, sorted.
    pub readiness: Vec<String>,
    /// How many manifests it renders to, hooks included; 0 for a chart that was not fetched.
    pub manifests: usize,
}

/// Where the chart of a release is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// In the bundle: the file name of its archive.
    Archive(String),
    /// Elsewhere: a chart of others that was not fetched.
    Reference(Reference),
}

/// A chart that is not in the bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The URL of its repository.
    pub repository: String,
    /// What is there once it is installed.
    pub provides: Vec<Thing>,
}

impl Release {
    /// What no other step is called: `CLUSTER/NAMESPACE/RELEASE`.
    pub fn id(&self) -> String {
        format!("{}/{}/{}", self.cluster, self.namespace, self.name)
    }

    /// Where the values lie in the bundle.
    pub fn values_path(&self) -> String {
        format!("values/{}.yaml", self.id())
    }

    /// The file name of its chart's archive, if that is in the bundle.
    pub fn archive(&self) -> Option<&str> {
        match &self.origin {
            Origin::Archive(file) => Some(file),
            Origin::Reference(_) => None,
        }
    }
}

/// Something that is done beside the releases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What no other step is called: `dns/sandbox`.
    pub id: String,
    /// What is done, in a few words.
    pub title: String,
    /// The cluster that it is about.
    pub cluster: Option<String>,
    /// The environment that it is about.
    pub environment: Option<String>,
    /// The steps that must be done first.
    pub needs: Vec<String>,
    /// The wave.
    pub wave: usize,
    /// What it is.
    pub work: Work,
}

/// What is done in a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// Machines are set up with what `chartwright env hosts` writes.
    Hosts {
        /// The machines, whose folders have these names.
        machines: Vec<String>,
        /// A shell command that succeeds once it is done, if there is one.
        verify: Option<String>,
    },
    /// People do it.
    Manual {
        /// What they do.
        instruction: String,
        /// What they type: the name of a field and what to put there.
        values: Vec<(String, String)>,
        /// A shell command that succeeds once it is done.
        verify: String,
    },
    /// Nothing is changed.
    Check {
        /// A shell command that has to succeed.
        command: String,
    },
}

impl Work {
    /// The word in `bundle.yaml`.
    pub fn kind(&self) -> &'static str {
        match self {
            Work::Hosts { .. } => "hosts",
            Work::Manual { .. } => "manual",
            Work::Check { .. } => "check",
        }
    }

    /// The shell command that succeeds once it is done.
    pub fn verify(&self) -> Option<&str> {
        match self {
            Work::Hosts { verify, .. } => verify.as_deref(),
            Work::Manual { verify, .. } => Some(verify),
            Work::Check { command } => Some(command),
        }
    }
}
