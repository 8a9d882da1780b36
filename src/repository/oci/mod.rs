//! Charts in OCI registries: references, manifests, and a client that speaks the distribution protocol.
//!
//! What enters is a reference or a chart's archive; what leaves is bytes whose digests were checked. A chart is an
//! artifact of a config (the chart's metadata), a layer with the archive, and often a layer with its provenance. The
//! references are Helm's `pkg/registry` and the OCI distribution specification. Only `registry` and what stands under
//! it speak to a network.

pub mod artifact;
#[cfg(feature = "network")]
mod auth;
#[cfg(feature = "network")]
mod challenge;
pub mod digest;
#[cfg(feature = "network")]
mod image;
pub mod manifest;
#[cfg(feature = "network")]
mod pull;
#[cfg(feature = "network")]
pub mod push;
pub mod reference;
#[cfg(feature = "network")]
pub mod registry;
#[cfg(feature = "network")]
mod signature;
#[cfg(feature = "network")]
mod tags;
#[cfg(feature = "network")]
mod transfer;

pub use artifact::ChartArtifact;
pub use digest::Digest;
#[cfg(feature = "network")]
pub use image::{ImageDigests, Platforms};
pub use manifest::{Descriptor, Manifest};
#[cfg(feature = "network")]
pub use pull::{Layers, PulledArtifact};
#[cfg(feature = "network")]
pub use push::{Overwrite, Pushed};
pub use reference::Reference;
#[cfg(feature = "network")]
pub use registry::{Registry, RegistryOptions, Scheme};
#[cfg(feature = "network")]
pub use transfer::RawManifest;

/// The media type of an OCI manifest.
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// The media type of a list of manifests.
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// The media type of a chart's metadata.
pub const CHART_CONFIG: &str = "application/vnd.cncf.helm.config.v1+json";
/// The media type of a chart's archive.
pub const CHART_LAYER: &str = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";
/// The media type that archives had before Helm 3.7.
pub const OLD_CHART_LAYER: &str = "application/tar+gzip";
/// The media type of a `.prov` file.
pub const PROVENANCE_LAYER: &str = "application/vnd.cncf.helm.chart.provenance.v1.prov";
