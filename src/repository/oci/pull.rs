//! Charts out of a registry.

use super::registry::Registry;
use super::{CHART_CONFIG, CHART_LAYER, Descriptor, Digest, Manifest, OLD_CHART_LAYER, PROVENANCE_LAYER, Reference};
use crate::diagnostic::{Error, ErrorKind};
use crate::repository::transport::{ChartRegistry, PulledChart};
use bytes::Bytes;

/// What is wanted of an artifact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layers {
    /// The archive.
    Chart,
    /// The archive and its provenance.
    ChartAndProvenance,
    /// The archive, and its provenance where there is one.
    ChartAndProvenanceIfThere,
    /// The provenance alone.
    Provenance,
}

/// What was pulled; every digest was checked.
#[derive(Clone, Debug)]
pub struct PulledArtifact {
    /// Where it was.
    pub reference: Reference,
    /// The digest of its manifest.
    pub digest: Digest,
    /// The manifest.
    pub manifest: Manifest,
    /// The metadata as JSON.
    pub config: Bytes,
    /// The archive.
    pub chart: Option<Bytes>,
    /// The `.prov` file.
    pub provenance: Option<Bytes>,
}

impl PulledArtifact {
    /// Whether the archive has the media type of old Helms.
    pub fn is_old(&self) -> bool {
        self.manifest.layer(CHART_LAYER).is_none()
    }
}

impl Registry {
    /// Pulls a chart by its tag or digest.
    ///
    /// # Errors
    /// Nothing there, something else than a chart there, other bytes than the digests say.
    pub fn pull(&self, reference: &Reference, wanted: Layers) -> Result<PulledArtifact, Error> {
        let Some((manifest, digest)) = self.artifact(reference)? else { return Err(not_found(reference)) };
        let config = &manifest.config;
        if config.media_type != CHART_CONFIG {
            return Err(no_chart(reference, format!("could not load config with mediatype {CHART_CONFIG}")));
        }
        let chart = match wanted {
            Layers::Provenance => None,
            _ => Some(chart_layer(&manifest).ok_or_else(|| missing(reference, CHART_LAYER))?),
        };
        let provenance = match (wanted, manifest.layer(PROVENANCE_LAYER)) {
            (Layers::Chart, _) => None,
            (Layers::ChartAndProvenanceIfThere, found) => found,
            (_, Some(found)) => Some(found),
            (_, None) => return Err(missing(reference, PROVENANCE_LAYER)),
        };
        let fetch = |layer: Option<&Descriptor>| layer.map(|layer| self.blob(reference, layer)).transpose();
        let (config, chart, provenance) = (self.blob(reference, config)?, fetch(chart)?, fetch(provenance)?);
        let reference = reference.clone();
        Ok(PulledArtifact { reference, digest, manifest, config, chart, provenance })
    }
}

impl ChartRegistry for Registry {
    fn chart_versions(&self, chart: &str) -> Result<Vec<String>, Error> {
        self.versions(&Reference::parse(chart)?)
    }

    fn chart(&self, chart: &str, version: &str) -> Result<PulledChart, Error> {
        let reference = self.choose(&Reference::parse(chart)?, version)?;
        let pulled = self.pull(&reference, Layers::ChartAndProvenanceIfThere)?;
        let version = reference.tag.as_deref().unwrap_or_default().replace('_', "+");
        let (digest, provenance) = (pulled.digest.to_string(), pulled.provenance);
        Ok(PulledChart { version, chart: pulled.chart.unwrap_or_default(), provenance, digest })
    }
}

pub(super) fn chart_layer(manifest: &Manifest) -> Option<&Descriptor> {
    manifest.layer(CHART_LAYER).or_else(|| manifest.layer(OLD_CHART_LAYER))
}

/// The error for a tag or digest that is not there.
pub(super) fn not_found(reference: &Reference) -> Error {
    let message = format!("{reference}: not found");
    Error::new(ErrorKind::Network, message).hint("look at the name, the version and the registry")
}

fn no_chart(reference: &Reference, why: String) -> Error {
    Error::new(ErrorKind::Content, why).hint(format!("`{reference}` is something else than a chart"))
}

fn missing(reference: &Reference, media_type: &str) -> Error {
    let message = format!("manifest does not contain a layer with mediatype {media_type}");
    let error = Error::new(ErrorKind::Content, message);
    match media_type {
        PROVENANCE_LAYER => error.hint(format!("`{reference}` was pushed without a .prov file")),
        _ => error.hint(format!("`{reference}` is something else than a chart")),
    }
}
