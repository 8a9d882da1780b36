//! What repositories ask of a network, without naming one.
//!
//! The library alone has no network: callers bring a `Transport`. The one over HTTP stands behind the feature
//! `network`; tests bring servers or tables of their own.

use crate::diagnostic::Error;
use bytes::Bytes;
use std::fmt;

/// Who asks: a user with a password, or a bearer token.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// `Authorization: Basic`.
    Basic {
        /// The user.
        username: String,
        /// The password.
        password: String,
    },
    /// `Authorization: Bearer`.
    Bearer(String),
}

impl fmt::Debug for Credentials {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Credentials::Basic { username, .. } => write!(out, "Basic({username}, ***)"),
            Credentials::Bearer(_) => out.write_str("Bearer(***)"),
        }
    }
}

/// A wish to read one URL.
#[derive(Clone)]
pub struct Request<'a> {
    /// An absolute `http://` or `https://` URL.
    pub url: &'a str,
    /// Sent to the host of `url` alone, never along a redirect to another host.
    pub credentials: Option<&'a Credentials>,
    /// The value of `Accept`.
    pub accept: Option<&'a str>,
    /// The `ETag` of the copy that the caller has.
    pub etag: Option<&'a str>,
    /// The most bytes that the body may have.
    pub limit: u64,
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What stands before an `@` or behind a question mark may be secret.
        let place = self.url.split(['?', '#']).next().unwrap_or_default();
        let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
        write!(out, "Request({place}, {:?}, limit {})", self.credentials, self.limit)
    }
}

/// What a server answered with a status of success, or that the caller's copy is the newest.
#[derive(Clone, Debug)]
pub enum Response {
    /// A body.
    Body {
        /// Its bytes.
        bytes: Bytes,
        /// Its `ETag`, where the server names one.
        etag: Option<String>,
    },
    /// The copy with the request's `ETag` is still the newest.
    NotModified,
}

/// Something that reads URLs.
pub trait Transport {
    /// Reads one URL.
    ///
    /// # Errors
    /// An unreachable host, a status that is no success (the message names status and URL without credentials), a body
    /// beyond the limit, a redirect that leads nowhere.
    fn get(&self, request: &Request<'_>) -> Result<Response, Error>;
}

/// A chart out of an OCI registry.
#[derive(Clone, Debug)]
pub struct PulledChart {
    /// The version that was taken.
    pub version: String,
    /// The archive, whose digest was checked against the registry's manifest.
    pub chart: Bytes,
    /// The `.prov` file, where it was asked for and is there.
    pub provenance: Option<Bytes>,
    /// The digest of the manifest: `sha256:...`.
    pub digest: String,
}

/// Something that reads charts from OCI registries. The one over HTTP is `oci::Registry`.
pub trait ChartRegistry {
    /// The versions of the chart at `oci://HOST/PATH/NAME`, newest first.
    ///
    /// # Errors
    /// A registry that cannot be reached or refuses.
    fn chart_versions(&self, chart: &str) -> Result<Vec<String>, Error>;

    /// The chart at `oci://HOST/PATH/NAME` in a version or the newest that fits a constraint; empty for the newest.
    ///
    /// # Errors
    /// A registry that cannot be reached or refuses, no such version, other bytes than its manifest says.
    fn chart(&self, chart: &str, version: &str) -> Result<PulledChart, Error>;
}
