//! A client for one or several registries: manifests and blobs, with credentials when a registry asks for them.

use super::auth::Actions;
use super::manifest::{Document, LARGEST_MANIFEST};
use super::{Descriptor, Digest, INDEX, MANIFEST, Manifest, Reference};
use crate::diagnostic::{Error, ErrorKind};
use crate::repository::credentials::{Credential, Keychain};
use crate::repository::http::{Answer, Call, Http, Method, same_origin, shown};
use crate::repository::transport::Credentials;
use bytes::Bytes;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The most bytes of one blob; the archive of a chart that Helm would load is smaller.
const LARGEST_BLOB: u64 = 100 << 20;
/// How often a request is sent again that a busy server refused, and how long the first pause is.
const RETRIES: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// How a registry is spoken to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scheme {
    /// With TLS.
    #[default]
    Https,
    /// `--plain-http`.
    Http,
}

impl Scheme {
    /// The scheme of a URL.
    pub fn name(self) -> &'static str {
        match self {
            Scheme::Https => "https",
            Scheme::Http => "http",
        }
    }
}

/// How a client speaks to registries.
#[derive(Clone, Debug)]
pub struct RegistryOptions {
    /// With TLS or without.
    pub scheme: Scheme,
    /// Who asks, whatever the keychain says.
    pub credential: Option<Credential>,
    /// What is known of registries; looked at when one asks.
    pub keychain: Option<Keychain>,
    /// The most bytes of one blob.
    pub largest_blob: u64,
}

impl Default for RegistryOptions {
    fn default() -> RegistryOptions {
        RegistryOptions { scheme: Scheme::Https, credential: None, keychain: None, largest_blob: LARGEST_BLOB }
    }
}

/// A client. It remembers tokens, and may be used by several threads.
pub struct Registry {
    pub(super) http: Arc<Http>,
    pub(super) options: RegistryOptions,
    /// By host and scope.
    tokens: Mutex<Vec<(String, String, Credentials)>>,
}

impl fmt::Debug for Registry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Registry").field("options", &self.options).finish_non_exhaustive()
    }
}

/// A request to a registry.
pub(super) struct Ask {
    pub(super) method: Method,
    pub(super) url: String,
    pub(super) accept: Option<String>,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Option<(String, Bytes)>,
    pub(super) limit: u64,
    pub(super) actions: Actions,
}

impl Ask {
    pub(super) fn new(method: Method, url: String, actions: Actions) -> Ask {
        Ask { method, url, accept: None, headers: Vec::new(), body: None, limit: 1 << 20, actions }
    }
}

/// A manifest as it lies in a registry.
#[derive(Clone, Debug)]
pub struct StoredManifest {
    /// What it says.
    pub document: Document,
    /// Its digest.
    pub digest: Digest,
    /// Its bytes.
    pub bytes: Bytes,
}

impl Registry {
    /// A client over HTTP. Nothing is sent yet.
    pub fn new(http: Arc<Http>, options: RegistryOptions) -> Registry {
        Registry { http, options, tokens: Mutex::new(Vec::new()) }
    }

    /// The same client for somebody else, who has no tokens yet.
    pub fn with_credential(self, credential: Credential) -> Registry {
        Registry::new(self.http, RegistryOptions { credential: Some(credential), ..self.options })
    }

    /// The URL of something in a reference's repository.
    pub(super) fn url(&self, reference: &Reference, rest: &str) -> String {
        format!("{}://{}/v2/{}/{rest}", self.options.scheme.name(), reference.host(), reference.repository)
    }

    /// Asks, and asks again with credentials where the registry wants them. Every status comes back.
    pub(super) fn ask(&self, reference: &Reference, ask: &Ask) -> Result<Answer, Error> {
        let key = (reference.host().to_owned(), ask.actions.scope(&reference.repository));
        let known = self.known(&key);
        let answer = self.send(ask, known.as_ref())?;
        // Somebody to whom the registry redirects learns nothing.
        if answer.status != 401 || !same_origin(&ask.url, &answer.url) {
            return Ok(answer);
        }
        match self.authorize(reference, &answer, ask.actions)? {
            Some(credentials) => {
                self.remember(key, credentials.clone());
                self.send(ask, Some(&credentials))
            }
            None => Ok(answer),
        }
    }

    fn known(&self, (host, scope): &(String, String)) -> Option<Credentials> {
        let tokens = self.tokens.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        // A password fits all of a host, a token its scope.
        let fits = |known: &&(String, String, Credentials)| {
            known.0 == *host && (known.1 == *scope || matches!(known.2, Credentials::Basic { .. }))
        };
        tokens.iter().find(fits).map(|(_, _, credentials)| credentials.clone())
    }

    fn remember(&self, (host, scope): (String, String), credentials: Credentials) {
        let mut tokens = self.tokens.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        tokens.retain(|known| known.0 != host || known.1 != scope);
        tokens.push((host, scope, credentials));
    }

    fn send(&self, ask: &Ask, credentials: Option<&Credentials>) -> Result<Answer, Error> {
        let mut call = Call::new(ask.method, &ask.url).credentials(credentials).limit(ask.limit);
        if let Some(accept) = &ask.accept {
            call = call.header("Accept", accept.clone());
        }
        for (name, value) in &ask.headers {
            call = call.header(name, value.clone());
        }
        if let Some((content_type, body)) = &ask.body {
            call = call.body(content_type, body.clone());
        }
        let mut pause = FIRST_PAUSE;
        for _ in 1..RETRIES {
            let answer = self.http.send(&call)?;
            if !matches!(answer.status, 429 | 502 | 503 | 504) {
                return Ok(answer);
            }
            std::thread::sleep(pause);
            pause *= 2;
        }
        self.http.send(&call)
    }

    /// Whether a registry is there and lets this client in: what `registry login` asks.
    ///
    /// # Errors
    /// A registry that is not there, or does not let this client in.
    pub fn ping(&self, host: &str) -> Result<(), Error> {
        let reference = Reference::registry_alone(host)?;
        let url = format!("{}://{}/v2/", self.options.scheme.name(), reference.host());
        let answer = self.ask(&reference, &Ask::new(Method::Get, url, Actions::None))?;
        if answer.is_success() { Ok(()) } else { Err(answer.into_error()) }
    }

    /// The manifest or index under a tag or digest; `None` where there is none.
    ///
    /// # Errors
    /// A registry that refuses, a manifest that is none or whose digest is not the one that was asked for.
    pub fn manifest(&self, reference: &Reference) -> Result<Option<StoredManifest>, Error> {
        let Some(target) = reference.target() else {
            let message = format!("expected a tag or a digest in `{reference}`");
            return Err(Error::new(ErrorKind::Usage, message).hint("give --version"));
        };
        let mut ask = Ask::new(Method::Get, self.url(reference, &format!("manifests/{target}")), Actions::Pull);
        ask.accept = Some(format!("{MANIFEST}, {INDEX}"));
        ask.limit = LARGEST_MANIFEST;
        let answer = self.ask(reference, &ask)?;
        if answer.status == 404 {
            return Ok(None);
        }
        if !answer.is_success() {
            return Err(answer.into_error());
        }
        let bytes = answer.body.clone();
        let digest = match &reference.digest {
            Some(wanted) if wanted.fits(&bytes) => wanted.clone(),
            Some(wanted) => return Err(other_digest(&format!("the manifest of `{reference}`"), wanted, &bytes)),
            None => Digest::of(&bytes),
        };
        if let Some(stated) = answer.header("Docker-Content-Digest").and_then(Digest::parse)
            && !stated.fits(&bytes)
        {
            return Err(other_digest(&format!("the manifest of `{reference}`"), &stated, &bytes));
        }
        let kind = answer.header("Content-Type").unwrap_or_default().split(';').next().unwrap_or_default();
        let document = Document::parse(&bytes, kind.trim());
        let document = document.map_err(|error| {
            Error::new(error.kind(), format!("`{reference}`: {}", error.message()))
                .hint("look whether a chart was pushed there, and not something else")
        })?;
        Ok(Some(StoredManifest { document, digest, bytes }))
    }

    /// The blob of a descriptor, whose size and digest are checked.
    ///
    /// # Errors
    /// A registry that refuses, a blob larger than the limit, other bytes than the descriptor says.
    pub fn blob(&self, reference: &Reference, descriptor: &Descriptor) -> Result<Bytes, Error> {
        let largest = self.options.largest_blob;
        if descriptor.size > largest {
            let message = format!("a layer of `{reference}` has {} bytes, more than {largest}", descriptor.size);
            return Err(Error::new(ErrorKind::Limit, message));
        }
        let url = self.url(reference, &format!("blobs/{}", descriptor.digest));
        let mut ask = Ask::new(Method::Get, url, Actions::Pull);
        ask.limit = descriptor.size;
        let answer = self.ask(reference, &ask)?;
        if answer.status != 200 {
            return Err(answer.into_error());
        }
        let what = || format!("a layer of `{reference}`, `{}`,", shown(&ask.url));
        if answer.body.len() as u64 != descriptor.size {
            let message =
                format!("{} has {} bytes, and its manifest says {}", what(), answer.body.len(), descriptor.size);
            return Err(Error::new(ErrorKind::Content, message));
        }
        if !descriptor.digest.fits(&answer.body) {
            return Err(other_digest(&what(), &descriptor.digest, &answer.body));
        }
        Ok(answer.body)
    }

    /// Whether a blob is there.
    pub(super) fn has_blob(&self, reference: &Reference, descriptor: &Descriptor) -> Result<bool, Error> {
        let url = self.url(reference, &format!("blobs/{}", descriptor.digest));
        let answer = self.ask(reference, &Ask::new(Method::Head, url, Actions::PullPush))?;
        match answer.status {
            404 => Ok(false),
            _ if answer.is_success() => Ok(true),
            _ => Err(answer.into_error()),
        }
    }

    /// The manifest of an artifact, where an index may stand before it: then that of the first chart in it.
    pub(super) fn artifact(&self, reference: &Reference) -> Result<Option<(Manifest, Digest)>, Error> {
        let Some(stored) = self.manifest(reference)? else { return Ok(None) };
        let manifests = match stored.document {
            Document::Manifest(manifest) => return Ok(Some((manifest, stored.digest))),
            Document::Index(manifests) => manifests,
        };
        for inner in manifests.into_iter().filter(|inner| inner.media_type == MANIFEST).take(MOST_INNER) {
            let place = reference.with_digest(inner.digest);
            let Some(stored) = self.manifest(&place)? else { continue };
            if let Document::Manifest(manifest) = stored.document
                && manifest.config.media_type == super::CHART_CONFIG
            {
                return Ok(Some((manifest, stored.digest)));
            }
        }
        let message = format!("`{reference}` is a list of manifests without a chart");
        Err(Error::new(ErrorKind::Content, message))
    }
}

/// The most manifests of a list that are looked into.
const MOST_INNER: usize = 16;

pub(super) fn other_digest(what: &str, wanted: &Digest, bytes: &[u8]) -> Error {
    let message = format!("{what} has another digest: expected {wanted}, found {}", Digest::of(bytes));
    Error::new(ErrorKind::Content, message).hint("the registry or somebody between changed it; nothing was kept")
}
