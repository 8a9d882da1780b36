//! A client for ChartMuseum's HTTP API: charts go in, and what lies there is read back and compared.
//!
//! A repository is named by the URL under which its `index.yaml` lies. The API stands beside it: behind the context
//! path of the server, if it has one, and before the tenant (`/CONTEXT/api/TENANT/charts`). The reference is
//! ChartMuseum's README.

use super::http::{Call, Http, Method, plain, shown};
use super::oci::Overwrite;
use super::oci::push::Change;
use super::transport::Credentials;
use super::{Archive, sha256};
use crate::diagnostic::{Error, ErrorKind};
use crate::schema::url::Url;
use bytes::Bytes;
use serde::Deserialize;
use std::fmt;

/// The most bytes of an index.
const LARGEST_INDEX: u64 = super::index::LARGEST_INDEX;
/// The most bytes of an archive that is read back.
const LARGEST_CHART: u64 = 100 << 20;

/// A repository of a ChartMuseum.
pub struct ChartMuseum<'a> {
    http: &'a Http,
    credentials: Option<Credentials>,
    /// Where `index.yaml` lies, without a slash at the end.
    repository: String,
    /// `.../api/TENANT`.
    api: String,
}

impl fmt::Debug for ChartMuseum<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "ChartMuseum({}, {:?})", shown(&self.repository), self.credentials)
    }
}

/// One version of a chart as the API tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct StoredVersion {
    /// The sha256 of the archive.
    #[serde(default)]
    pub digest: String,
    /// Where the archive lies, relative to the index or absolute.
    #[serde(default)]
    pub urls: Vec<String>,
}

impl<'a> ChartMuseum<'a> {
    /// A client for the repository at a URL. Nothing is sent yet.
    ///
    /// `context_path` is where the server's own paths begin (`--context-path`); empty for the root.
    ///
    /// # Errors
    /// A URL that is none, or does not lie below the context path.
    pub fn new(
        http: &'a Http,
        url: &str,
        context_path: &str,
        credentials: Option<Credentials>,
    ) -> Result<ChartMuseum<'a>, Error> {
        let wrong = |why: &str| Error::new(ErrorKind::Usage, format!("`{}` {why}", shown(url)));
        let parsed = Url::parse(url).map_err(|_| wrong("is no URL"))?;
        let web = matches!(parsed.scheme.as_str(), "http" | "https") && !parsed.host_name().0.is_empty();
        if !web {
            return Err(wrong("is no http or https URL"));
        }
        let credentials = credentials.or_else(|| super::http::own_credentials(&parsed));
        let root = format!("{}://{}", parsed.scheme, parsed.host());
        let path = parsed.path.trim_matches('/').to_owned();
        let context = context_path.trim_matches('/');
        let tenant = match context {
            "" => Some(path.as_str()),
            _ => path.strip_prefix(context).filter(|rest| rest.is_empty() || rest.starts_with('/')),
        };
        let tenant = tenant.map(|tenant| tenant.trim_matches('/')).ok_or_else(|| {
            wrong(&format!("does not lie below the context path `/{}`", plain(context)))
                .hint("give the URL of the repository, and --context-path as the server was started with")
        })?;
        let joined = |parts: &[&str]| {
            let filled = parts.iter().filter(|part| !part.is_empty());
            filled.fold(root.clone(), |text, part| format!("{text}/{part}"))
        };
        let (repository, api) = (joined(&[&path]), joined(&[context, "api", tenant]));
        Ok(ChartMuseum { http, credentials, repository, api })
    }

    fn call<'c>(&'c self, method: Method, url: &'c str) -> Call<'c> {
        Call::new(method, url).credentials(self.credentials.as_ref())
    }

    /// The text of `index.yaml`.
    ///
    /// # Errors
    /// A server that cannot be reached or refuses.
    pub fn index(&self) -> Result<Bytes, Error> {
        let url = format!("{}/index.yaml", self.repository);
        Ok(self.http.fetch(&self.call(Method::Get, &url).limit(LARGEST_INDEX))?.body)
    }

    /// Whether a version is there.
    ///
    /// # Errors
    /// A server that cannot be reached or refuses.
    pub fn has(&self, name: &str, version: &str) -> Result<bool, Error> {
        let url = self.version_url(name, version)?;
        let answer = self.http.send(&self.call(Method::Head, &url))?;
        match answer.status {
            404 => Ok(false),
            _ if answer.is_success() => Ok(true),
            _ => Err(answer.into_error()),
        }
    }

    /// What the server knows of a version; `None` where it is not there.
    ///
    /// # Errors
    /// A server that cannot be reached or refuses, an answer that is none.
    pub fn version(&self, name: &str, version: &str) -> Result<Option<StoredVersion>, Error> {
        let url = self.version_url(name, version)?;
        let answer = self.http.send(&self.call(Method::Get, &url))?;
        match answer.status {
            404 => Ok(None),
            _ if answer.is_success() => serde_json::from_slice(&answer.body).map(Some).map_err(|error| {
                let message = format!("expected a chart's version from `{}`: {error}", shown(&url));
                Error::new(ErrorKind::Network, message).hint("look whether a ChartMuseum is there")
            }),
            _ => Err(answer.into_error()),
        }
    }

    /// The bytes of a version's archive.
    ///
    /// # Errors
    /// A server that cannot be reached or refuses, a version without an archive.
    pub fn archive(&self, stored: &StoredVersion) -> Result<Bytes, Error> {
        let Some(place) = stored.urls.first() else {
            let message = format!("a version in `{}` names no archive", shown(&self.repository));
            return Err(Error::new(ErrorKind::Content, message));
        };
        let base = Url::parse(&format!("{}/", self.repository));
        let url = match (base, Url::parse(place)) {
            (Ok(base), Ok(place)) => base.join(&place).to_string(),
            _ => place.clone(),
        };
        // A repository may keep its archives elsewhere; its password stays here.
        let own = super::http::same_origin(&url, &self.repository);
        let credentials = self.credentials.as_ref().filter(|_| own);
        let call = Call::new(Method::Get, &url).credentials(credentials).limit(LARGEST_CHART);
        Ok(self.http.fetch(&call)?.body)
    }

    /// Pushes an archive, with its provenance if it has one, and reads it back.
    ///
    /// # Errors
    /// Other bytes for the version, unless [`Overwrite::Allow`] and the server allow it; a server that cannot be
    /// reached or refuses; other bytes read back.
    pub fn push(&self, archive: &Archive, provenance: Option<&[u8]>, overwrite: Overwrite) -> Result<Change, Error> {
        let mut change = Change::Added;
        if let Some(stored) = self.version(&archive.chart, &archive.version)? {
            if self.holds(&stored, archive)? {
                return self.add_provenance(archive, provenance).map(|()| Change::Unchanged);
            }
            if overwrite == Overwrite::Refuse {
                return Err(other_bytes(archive, &stored.digest));
            }
            change = Change::Replaced;
        }
        let force = if change == Change::Replaced { "?force" } else { "" };
        let url = format!("{}/charts{force}", self.api);
        let (content_type, body) = form(archive, provenance);
        let answer = self.http.send(&self.call(Method::Post, &url).body(&content_type, body))?;
        match answer.status {
            // Somebody was faster; what counts is what lies there.
            409 => {
                let stored = self.version(&archive.chart, &archive.version)?;
                let same = match &stored {
                    Some(stored) => self.holds(stored, archive)?,
                    None => return Err(answer.into_error()),
                };
                if !same && change == Change::Replaced {
                    return Err(answer.into_error().hint("the server does not let versions be replaced"));
                }
                if !same {
                    return Err(other_bytes(archive, &stored.unwrap_or_default().digest));
                }
                change = Change::Unchanged;
            }
            _ if answer.is_success() => {}
            _ => return Err(answer.into_error()),
        }
        self.read_back(archive)?;
        Ok(change)
    }

    /// Adds the `.prov` file of an archive that is there.
    ///
    /// # Errors
    /// A server that cannot be reached or refuses.
    pub fn push_provenance(&self, provenance: &[u8]) -> Result<(), Error> {
        let url = format!("{}/prov", self.api);
        let call = self.call(Method::Post, &url).body("application/pgp-signature", provenance.to_vec());
        self.http.fetch(&call).map(drop)
    }

    fn add_provenance(&self, archive: &Archive, provenance: Option<&[u8]>) -> Result<(), Error> {
        let Some(provenance) = provenance else { return Ok(()) };
        let stored = self.version(&archive.chart, &archive.version)?.unwrap_or_default();
        let place = stored.urls.iter().map(|url| format!("{url}.prov")).collect();
        let there = self.archive(&StoredVersion { digest: String::new(), urls: place });
        match there {
            Ok(there) if there == provenance => Ok(()),
            _ => self.push_provenance(provenance),
        }
    }

    /// Removes a version; `false` where it was not there.
    ///
    /// # Errors
    /// A server that cannot be reached or refuses.
    pub fn delete(&self, name: &str, version: &str) -> Result<bool, Error> {
        let url = self.version_url(name, version)?;
        let answer = self.http.send(&self.call(Method::Delete, &url))?;
        match answer.status {
            404 => Ok(false),
            _ if answer.is_success() => Ok(true),
            _ => Err(answer.into_error()),
        }
    }

    fn version_url(&self, name: &str, version: &str) -> Result<String, Error> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'+');
        for text in [name, version] {
            if text.is_empty() || text.starts_with('.') || !text.bytes().all(fits) {
                let message = format!("`{}` cannot stand in the URL of a chart", text.escape_debug());
                return Err(Error::new(ErrorKind::Usage, message));
            }
        }
        Ok(format!("{}/charts/{name}/{version}", self.api))
    }

    /// Whether these bytes lie there. The digest of the API is believed where it says no; a yes is looked at.
    fn holds(&self, stored: &StoredVersion, archive: &Archive) -> Result<bool, Error> {
        if !stored.digest.is_empty() && stored.digest != archive.digest {
            return Ok(false);
        }
        Ok(sha256(&self.archive(stored)?) == archive.digest)
    }

    fn read_back(&self, archive: &Archive) -> Result<(), Error> {
        let what = format!("`{}` {} was pushed to `{}`", archive.chart, archive.version, shown(&self.repository));
        let Some(stored) = self.version(&archive.chart, &archive.version)? else {
            let message = format!("{what}, but the server does not have it");
            return Err(Error::new(ErrorKind::Network, message).hint("push it again"));
        };
        if self.holds(&stored, archive)? {
            return Ok(());
        }
        let message = format!("{what}, but reads back with other bytes: {}, not {}", stored.digest, archive.digest);
        Err(Error::new(ErrorKind::Network, message).hint("somebody else may have pushed it, too"))
    }
}

fn other_bytes(archive: &Archive, digest: &str) -> Error {
    let message = format!(
        "`{}` {} is published with other bytes: digest {}, now {}",
        archive.chart,
        archive.version,
        plain(digest),
        archive.digest
    );
    Error::new(ErrorKind::Content, message).hint("give the chart a new version, or use --force")
}

/// What is posted: the archive as it is, or a form that also holds its provenance.
fn form(archive: &Archive, provenance: Option<&[u8]>) -> (String, Vec<u8>) {
    let Some(provenance) = provenance else {
        return ("application/gzip".to_owned(), archive.bytes.clone());
    };
    // A text that stands in neither part: it would have to hold its own digest.
    let boundary = format!("chartwright-{}", sha256(&[&archive.bytes, provenance].concat()));
    let mut body = Vec::new();
    let parts =
        [("chart", archive.file.clone(), &archive.bytes[..]), ("prov", format!("{}.prov", archive.file), provenance)];
    for (name, file, bytes) in parts {
        let file: String = file.chars().filter(|letter| !letter.is_control() && *letter != '"').collect();
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body)
}
