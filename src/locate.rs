//! Charts by the names that people give them: `repo/name`, `@alias/name`, a name with a repository, URLs, `oci://`.
//!
//! What enters is a [`Wish`]; what leaves is an archive whose digest was checked where somebody stated one. Paths are
//! not looked at here. The references are Helm's `pkg/downloader` and `LocateChart` of `pkg/action`, whose texts the
//! errors have.

use crate::dependency::repositories::{Entry, Repositories};
use crate::dependency::urls;
use crate::diagnostic::{Error, ErrorKind, nearest};
use crate::repository::cache::{Content, ContentCache, IndexCache};
use crate::repository::credentials::{Credential, Keychain};
use crate::repository::http::{
    Call, Failure, Http, HttpOptions, Method, PassCredentials, Verification, same_origin, shown,
};
use crate::repository::index::{ChartVersion, IndexFile};
use crate::repository::oci::{Layers, PulledArtifact, Reference, Registry, RegistryOptions, Scheme};
use crate::repository::settings::Settings;
use crate::repository::sha256;
use crate::repository::transport::{Credentials, Request, Transport};
use crate::schema::url::Url;
use crate::value::print;
use crate::version::{Constraint, Version};
use bytes::Bytes;
use std::path::PathBuf;
use std::sync::Arc;

/// The most bytes of an index.
const LARGEST_INDEX: u64 = crate::repository::index::LARGEST_INDEX;
/// The most bytes of an archive.
const LARGEST_CHART: u64 = 100 << 20;
/// The most bytes of a `.prov` file.
const LARGEST_PROVENANCE: u64 = 1 << 20;
/// What Helm says of an artifact without provenance.
const NO_LAYER: &str =
    "manifest does not contain a layer with mediatype application/vnd.cncf.helm.chart.provenance.v1.prov";
/// What Helm accepts of a server.
const ACCEPT: &str = "application/gzip,application/octet-stream";

/// A chart that somebody wants.
#[derive(Clone, Debug, Default)]
pub struct Wish<'a> {
    /// `repo/name`, `@alias/name`, a URL, `oci://...`; with `repository` a name alone.
    pub reference: &'a str,
    /// A version or a constraint; empty for the newest.
    pub version: &'a str,
    /// `--repo`: the URL of a repository; empty where the reference says it all.
    pub repository: &'a str,
    /// Whether the `.prov` file is wanted.
    pub provenance: Provenance,
}

/// Whether a `.prov` file is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Provenance {
    /// It is not.
    #[default]
    Leave,
    /// It is, and without it the archive alone will do.
    IfThere,
    /// Nothing is done without it.
    Needed,
}

/// Whether the cached index of a repository will do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Freshness {
    /// Its server is asked whether it is the newest.
    #[default]
    Asked,
    /// It will do, as for Helm; where there is none, that is an error.
    Cached,
}

/// Whose words failures of servers are told in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Words {
    /// Ours.
    #[default]
    Own,
    /// Those of Helm, Go and the registry client of Helm.
    Helm,
}

/// How charts are fetched.
#[derive(Clone, Debug, Default)]
pub struct FetchOptions {
    /// Where Helm keeps its files.
    pub settings: Settings,
    /// Certificates, proxies, limits.
    pub http: HttpOptions,
    /// `--username`.
    pub username: String,
    /// `--password`.
    pub password: String,
    /// `--plain-http`.
    pub scheme: Scheme,
    /// The credentials of registries.
    pub keychain: Option<Keychain>,
    /// How old an index may be.
    pub freshness: Freshness,
    /// The words of failures.
    pub words: Words,
}

/// A chart that was fetched.
#[derive(Clone, Debug)]
pub struct FetchedChart {
    /// The archive.
    pub bytes: Bytes,
    /// The sha256 of the archive.
    pub digest: String,
    /// The name of its file.
    pub file: String,
    /// The `.prov` file.
    pub provenance: Option<Bytes>,
    /// Why there is no `.prov` file, where one was wanted that is not needed.
    pub no_provenance: Option<String>,
    /// Where the archive is kept in the cache.
    pub path: PathBuf,
    /// What a registry said of it.
    pub artifact: Option<PulledArtifact>,
}

/// Fetches charts.
#[derive(Debug)]
pub struct Fetcher {
    options: FetchOptions,
    http: Arc<Http>,
}

/// One archive at a URL with everything that is needed to get it.
struct Place {
    url: String,
    /// The digest that an index states; empty where none does.
    digest: String,
    /// The repository that it belongs to, with the credentials for it.
    entry: Entry,
}

impl Fetcher {
    /// A fetcher. Nothing is sent yet.
    ///
    /// # Errors
    /// Files of certificates or keys that cannot be read.
    pub fn new(options: FetchOptions) -> Result<Fetcher, Error> {
        let http = Arc::new(Http::new(options.http.clone())?);
        Ok(Fetcher { options, http })
    }

    /// The client for registries.
    pub fn registry(&self) -> Registry {
        let options = &self.options;
        let given = !options.username.is_empty() && !options.password.is_empty();
        let credential = given.then(|| Credential::basic(&options.username, &options.password));
        let (scheme, keychain) = (options.scheme, options.keychain.clone());
        let options = RegistryOptions { scheme, credential, keychain, ..RegistryOptions::default() };
        Registry::new(Arc::clone(&self.http), options)
    }

    /// The client for repositories that asks with the certificates and the generosity of one repository.
    ///
    /// # Errors
    /// Files of certificates or keys that cannot be read.
    pub fn client(&self, entry: &Entry) -> Result<Arc<Http>, Error> {
        let own = self.entry("", "");
        let same = own.ca_file == entry.ca_file
            && own.cert_file == entry.cert_file
            && own.key_file == entry.key_file
            && own.insecure == entry.insecure
            && own.pass_credentials == entry.pass_credentials;
        if same {
            return Ok(Arc::clone(&self.http));
        }
        let path = |text: &str| (!text.is_empty()).then(|| PathBuf::from(text));
        let skip = entry.insecure || own.insecure;
        Http::new(HttpOptions {
            ca_file: path(&entry.ca_file),
            cert_file: path(&entry.cert_file),
            key_file: path(&entry.key_file),
            verification: if skip { Verification::Skip } else { Verification::Full },
            pass_credentials: pass(entry.pass_credentials || own.pass_credentials),
            ..self.options.http.clone()
        })
        .map(Arc::new)
    }

    /// A repository that the command line alone describes.
    fn entry(&self, name: &str, url: &str) -> Entry {
        let text = |path: &Option<PathBuf>| path.as_ref().map(|path| path.to_string_lossy().into_owned());
        let http = &self.options.http;
        Entry {
            name: name.to_owned(),
            url: url.to_owned(),
            username: self.options.username.clone(),
            password: self.options.password.clone(),
            cert_file: text(&http.cert_file).unwrap_or_default(),
            key_file: text(&http.key_file).unwrap_or_default(),
            ca_file: text(&http.ca_file).unwrap_or_default(),
            insecure: http.verification == Verification::Skip,
            pass_credentials: http.pass_credentials == PassCredentials::AllHosts,
        }
    }

    /// Fetches a chart.
    ///
    /// # Errors
    /// A name that nobody knows, a version that is not there, a server that refuses, other bytes than an index or a
    /// registry states.
    pub fn fetch(&self, wish: &Wish<'_>) -> Result<FetchedChart, Error> {
        if wish.repository.is_empty() && Reference::is_oci(wish.reference) {
            return self.pull(wish);
        }
        let place = self.place(wish)?;
        if Reference::is_oci(&place.url) {
            return self.pull(&Wish { reference: &place.url, repository: "", ..wish.clone() });
        }
        self.download(&place, wish)
    }

    fn pull(&self, wish: &Wish<'_>) -> Result<FetchedChart, Error> {
        let registry = self.registry();
        let told = |error| self.registry_words("FetchReference", "source", error);
        let reference = registry.choose(&Reference::parse(wish.reference)?, wish.version);
        let reference = reference.map_err(|error| self.registry_words("", "", error))?;
        let wanted = match wish.provenance {
            Provenance::Leave => Layers::Chart,
            Provenance::IfThere => Layers::ChartAndProvenanceIfThere,
            Provenance::Needed => Layers::ChartAndProvenanceIfThere,
        };
        let pulled = registry.pull(&reference, wanted).map_err(told)?;
        if pulled.provenance.is_none() && wish.provenance == Provenance::Needed {
            return Err(no_provenance(&format!("oci://{reference}.prov"), NO_LAYER));
        }
        let bytes = pulled.chart.clone().unwrap_or_default();
        let file = self.file_name(&pulled);
        let provenance = pulled.provenance.clone();
        let missing = provenance.is_none() && wish.provenance == Provenance::IfThere;
        let no_provenance = missing.then(|| match self.options.words {
            Words::Own => "the registry has none".to_owned(),
            Words::Helm => NO_LAYER.to_owned(),
        });
        self.kept(FetchedChart {
            digest: sha256(&bytes),
            bytes,
            file,
            provenance,
            no_provenance,
            path: PathBuf::new(),
            artifact: Some(pulled),
        })
    }

    /// The name of the file of a pulled chart.
    fn file_name(&self, pulled: &PulledArtifact) -> String {
        let (name, digest) = (pulled.reference.name(), pulled.digest.as_str().replace(':', "-"));
        let tag = pulled.reference.tag.as_ref().map(|tag| tag.replace('_', "+"));
        match (self.options.words, &pulled.reference.digest, tag) {
            (Words::Helm, Some(_), _) => format!("{name}@{digest}.tgz"),
            (_, _, Some(version)) => format!("{name}-{version}.tgz"),
            (_, _, None) => {
                let config: Option<serde_json::Value> = serde_json::from_slice(&pulled.config).ok();
                let version = config.as_ref().and_then(|config| config.get("version")?.as_str());
                let plain = |text: &&str| pulled.reference.with_version(text).is_ok();
                format!("{name}-{}.tgz", version.filter(plain).unwrap_or(&digest))
            }
        }
    }

    /// Where the archive of a chart lies that is not in a registry.
    fn place(&self, wish: &Wish<'_>) -> Result<Place, Error> {
        if !wish.repository.is_empty() {
            return self.in_unnamed(wish);
        }
        let repositories = Repositories::read(&self.options.settings.repository_config)?;
        if wish.reference.contains("://") {
            return self.at_url(wish, &repositories);
        }
        // The sign of an alias is ours here; in Helm only dependencies have it.
        let own = wish.reference.strip_prefix('@').filter(|_| self.options.words == Words::Own);
        let (alias, chart) = match own.unwrap_or(wish.reference).split_once('/') {
            Some((alias, chart)) => (alias, chart),
            None => return Err(no_reference(wish.reference)),
        };
        let Some(entry) = repositories.named(alias) else { return Err(no_repository(alias, &repositories)) };
        if entry.url.is_empty() {
            return Err(Error::new(ErrorKind::Content, format!("no URL found for repository {alias}")));
        }
        self.in_named(wish, entry, chart)
    }

    fn at_url(&self, wish: &Wish<'_>, repositories: &Repositories) -> Result<Place, Error> {
        let wrong = || Error::new(ErrorKind::Usage, format!("invalid chart URL format: {}", shown(wish.reference)));
        let url = Url::parse(wish.reference).map_err(|_| wrong())?;
        if !matches!(url.scheme.as_str(), "http" | "https") {
            let message = format!("scheme {} not supported", quoted(&url.scheme));
            return Err(Error::new(ErrorKind::Usage, message).hint("give a URL of http, https or oci, or a path"));
        }
        let cache = IndexCache::new(&self.options.settings.repository_cache);
        // The repository to which a URL belongs is the one whose index names it.
        let owner = repositories.0.iter().filter(|entry| is_special(entry)).find(|entry| {
            let text = cache.read(&entry.name).unwrap_or_default();
            memchr::memmem::find(&text, wish.reference.as_bytes()).is_some()
        });
        let entry = match owner {
            Some(owner) => owner.clone(),
            None => self.entry("", wish.reference),
        };
        Ok(Place { url: wish.reference.to_owned(), digest: String::new(), entry })
    }

    fn in_named(&self, wish: &Wish<'_>, entry: &Entry, chart: &str) -> Result<Place, Error> {
        let cache = IndexCache::new(&self.options.settings.repository_cache);
        let text = match self.options.freshness {
            Freshness::Cached => cache.read(&entry.name).map_err(|error| {
                let why = go_open(&cache.path(&entry.name), &error);
                let message = format!("no cached repo found. (try 'helm repo update'): {why}");
                Error::new(ErrorKind::Io, message)
            })?,
            Freshness::Asked => self.refresh(&cache, entry)?,
        };
        let index = parse_index(&text, &entry.url)?;
        let version = choose(&index, chart, wish.version).map_err(|why| {
            let wanted = wish.version;
            let message = format!(
                "chart {} matching {wanted} not found in {} index. (try 'helm repo update'): {why}",
                quoted(chart),
                entry.name
            );
            with_names(Error::new(ErrorKind::Content, message), &index, chart)
        })?;
        let mut entry = entry.clone();
        // What the command line says counts where the repository knows nobody.
        if credentials(&entry).is_none() {
            (entry.username, entry.password) = (self.options.username.clone(), self.options.password.clone());
        }
        self.of_version(version, entry, &format!("chart {} has no downloadable URLs", quoted(wish.reference)))
    }

    fn in_unnamed(&self, wish: &Wish<'_>) -> Result<Place, Error> {
        let url = wish.repository;
        let known = Url::parse(url)
            .map_err(|_| Error::new(ErrorKind::Usage, format!("invalid chart URL format: {}", shown(url))))?;
        if !matches!(known.scheme.as_str(), "http" | "https") {
            let message = format!("could not find protocol handler for: {}", known.scheme);
            return Err(Error::new(ErrorKind::Usage, message).hint("give the URL of an http or https repository"));
        }
        let entry = self.entry(&format!("chartwright-{}", sha256(url.as_bytes())), url);
        let cache = IndexCache::new(&self.options.settings.repository_cache);
        let text = self.refresh(&cache, &entry)?;
        let index = parse_index(&text, url)?;
        let mut what = format!("chart {}", quoted(wish.reference));
        if !wish.version.is_empty() {
            what.push_str(&format!(" version {}", quoted(wish.version)));
        }
        let version = choose(&index, wish.reference, wish.version).map_err(|_| {
            let message = format!("{what} not found in {} repository", shown(url));
            with_names(Error::new(ErrorKind::Content, message), &index, wish.reference)
        })?;
        self.of_version(version, entry, &format!("{what} has no downloadable URLs"))
    }

    fn refresh(&self, cache: &IndexCache, entry: &Entry) -> Result<Bytes, Error> {
        let client = self.client(entry)?;
        let credentials = credentials(entry);
        let place = urls::resolve(&entry.url, "index.yaml").map_err(|why| Error::new(ErrorKind::Usage, why))?;
        let ask = |etag: Option<&str>| {
            let (url, credentials) = (place.as_str(), credentials.as_ref());
            client.get(&Request { url, credentials, accept: None, etag, limit: LARGEST_INDEX })
        };
        cache.refresh(&entry.name, &place, ask).map_err(|error| {
            let start = format!(
                "looks like {} is not a valid chart repository or cannot be reached: ",
                quoted(&shown(&entry.url))
            );
            self.wrapped(&start, error)
        })
    }

    fn of_version(&self, version: ChartVersion, entry: Entry, no_url: &str) -> Result<Place, Error> {
        let Some(url) = version.urls.first() else { return Err(Error::new(ErrorKind::Content, no_url)) };
        let url = urls::resolve(&entry.url, url).map_err(|why| Error::new(ErrorKind::Content, why))?;
        let digest = version.digest.split_once(':').map_or(version.digest.as_str(), |(_, digits)| digits);
        Ok(Place { url, digest: digest.to_ascii_lowercase(), entry })
    }

    fn download(&self, place: &Place, wish: &Wish<'_>) -> Result<FetchedChart, Error> {
        let cache = ContentCache::new(&self.options.settings.content_cache);
        let client = self.client(&place.entry)?;
        let bytes = match cache.chart(&place.digest) {
            Some(bytes) => bytes,
            None => self.get(&client, place, &place.url, LARGEST_CHART).map_err(|error| self.plain_words(error))?,
        };
        let digest = sha256(&bytes);
        if !place.digest.is_empty() && place.digest != digest {
            let message = format!(
                "`{}` has another digest than index.yaml says: expected {}, found {digest}",
                shown(&place.url),
                place.digest.escape_debug()
            );
            return Err(Error::new(ErrorKind::Content, message).hint("the archive was changed, or the index is old"));
        }
        let mut fetched = FetchedChart {
            bytes,
            digest,
            file: urls::base(&place.url),
            provenance: None,
            no_provenance: None,
            path: PathBuf::new(),
            artifact: None,
        };
        if wish.provenance != Provenance::Leave {
            let url = format!("{}.prov", place.url);
            match (self.get(&client, place, &url, LARGEST_PROVENANCE), wish.provenance) {
                (Ok(bytes), _) => fetched.provenance = Some(bytes),
                (Err(error), Provenance::Needed) => {
                    return Err(no_provenance(&shown(&url), error.message()));
                }
                (Err(error), _) => fetched.no_provenance = Some(self.plain_words(error).message().to_owned()),
            }
        }
        self.kept(fetched)
    }

    fn get(&self, client: &Http, place: &Place, url: &str, limit: u64) -> Result<Bytes, Error> {
        let who: Option<Credentials> = credentials(&place.entry);
        let own = place.entry.pass_credentials || same_origin(url, &place.entry.url);
        let call = Call::new(Method::Get, url).credentials(who.as_ref().filter(|_| own));
        let answer = client.send(&call.header("Accept", ACCEPT).limit(limit))?;
        if answer.status == 200 { Ok(answer.body) } else { Err(answer.into_error()) }
    }

    fn kept(&self, mut fetched: FetchedChart) -> Result<FetchedChart, Error> {
        let cache = ContentCache::new(&self.options.settings.content_cache);
        fetched.path = cache.keep(&fetched.digest, Content::Chart, &fetched.bytes)?;
        if let Some(provenance) = &fetched.provenance {
            cache.keep(&fetched.digest, Content::Provenance, provenance)?;
        }
        Ok(fetched)
    }

    /// A failure in the words that are wanted.
    pub fn plain_words(&self, error: Error) -> Error {
        self.wrapped("", error)
    }

    fn wrapped(&self, start: &str, error: Error) -> Error {
        let inner = match (self.options.words, Failure::behind(&error)) {
            (Words::Helm, Some(failure)) => failure.helm_text(),
            _ => error.message().to_owned(),
        };
        let hints = error.hints().to_vec();
        let told = Error::new(error.kind(), format!("{start}{inner}"));
        hints.into_iter().fold(told, Error::hint).because(error)
    }

    /// A registry's failure as Helm's client tells it: what it did, and on which side; empty for its words alone.
    pub fn registry_words(&self, doing: &str, side: &str, error: Error) -> Error {
        if self.options.words == Words::Own {
            return error;
        }
        let own = Failure::behind(&error).map(Failure::registry_text);
        let known = error.message().ends_with(": not found");
        let message = match own {
            Some(text) if doing.is_empty() => text,
            Some(text) => format!("failed to perform {} on {side}: {text}", quoted(doing)),
            None if known && !doing.is_empty() => {
                format!("failed to perform {} on {side}: {}", quoted(doing), error.message())
            }
            None => return error,
        };
        Error::new(error.kind(), message).because(error)
    }
}

fn no_provenance(url: &str, why: &str) -> Error {
    Error::new(ErrorKind::Network, format!("failed to fetch provenance {}", quoted(url))).hint(why)
}

/// Who asks a repository: nobody, where user or password are missing.
fn credentials(entry: &Entry) -> Option<Credentials> {
    let (username, password) = (entry.username.clone(), entry.password.clone());
    (!username.is_empty() && !password.is_empty()).then_some(Credentials::Basic { username, password })
}

fn pass(on: bool) -> PassCredentials {
    if on { PassCredentials::AllHosts } else { PassCredentials::SameHost }
}

fn quoted(text: &str) -> String {
    String::from_utf8_lossy(&print::quote(text.as_bytes())).into_owned()
}

/// Whether a repository is asked in a way of its own.
fn is_special(entry: &Entry) -> bool {
    credentials(entry).is_some() || [&entry.ca_file, &entry.cert_file].into_iter().any(|file| !file.is_empty())
}

fn no_reference(reference: &str) -> Error {
    let message = format!("non-absolute URLs should be in form of repo_name/path_to_chart, got: {reference}");
    Error::new(ErrorKind::Io, message).hint("there is no file or folder of that name")
}

fn no_repository(name: &str, repositories: &Repositories) -> Error {
    let error = Error::new(ErrorKind::Io, format!("repo {name} not found"));
    match nearest(name, repositories.0.iter().map(|entry| entry.name.as_bytes())) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint("add it with `chartwright repo add NAME URL`, or name the chart's folder or archive"),
    }
}

/// A failed `open` in Go's words.
fn go_open(path: &std::path::Path, error: &Error) -> String {
    match path.exists() {
        true => error.message().to_owned(),
        false => format!("open {}: no such file or directory", path.display()),
    }
}

fn parse_index(text: &[u8], url: &str) -> Result<IndexFile, Error> {
    IndexFile::parse(text).map_err(|fault| {
        let message = format!("the index of `{}` cannot be read: {}", shown(url), fault.message());
        Error::new(ErrorKind::Content, message)
    })
}

fn with_names(error: Error, index: &IndexFile, chart: &str) -> Error {
    let versions = index.versions(chart);
    if !versions.is_empty() {
        let known: Vec<&str> = versions.iter().take(5).map(|version| version.version.as_str()).collect();
        return error.hint(format!("versions there: {}", known.join(", ")));
    }
    let names = index.names();
    match nearest(chart, names.iter().map(|name| name.as_bytes())) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error,
    }
}

/// The version of a chart that is meant: the one of that text, or else the newest that fits. The error is Helm's.
pub fn choose(index: &IndexFile, chart: &str, wanted: &str) -> Result<ChartVersion, String> {
    let versions = index.versions(chart);
    if versions.is_empty() {
        let known = index.names().iter().any(|name| name == chart);
        return Err(if known { "no chart version found" } else { "no chart name found" }.to_owned());
    }
    let constraint = Constraint::parse(if wanted.is_empty() { "*" } else { wanted });
    let constraint = constraint.map_err(|fault| fault.message().to_owned())?;
    if let Some(same) = versions.iter().find(|version| !wanted.is_empty() && version.version == wanted) {
        return Ok(same.clone());
    }
    let fitting = versions.into_iter().filter_map(|entry| {
        let version = Version::parse(&entry.version).ok()?;
        constraint.check(&version).then_some((version, entry))
    });
    let newest = fitting.max_by(|one, other| one.0.cmp(&other.0));
    newest.map(|(_, entry)| entry).ok_or_else(|| format!("no chart version found for {chart}-{wanted}"))
}
