//! `chartwright bundle push` and `bundle pull`.

use super::args::GlobalArgs;
use super::bundle_open::open;
use super::options::ChartOptions;
use super::push::{How, send};
use super::push_remote::Created;
use super::report::harmless;
use super::run_template::load_options;
use super::shown::counted;
use super::system::SystemWorld;
use super::template::NetworkArgs;
use super::ui::{Stop, Ui};
use super::{cosign, fetch};
use crate::bundle::{Bundle, Opened, Trust, WantedChart, assemble, is_archive, settle};
use crate::chart::{Chart, LoadOptions};
use crate::diagnostic::{Error, ErrorKind};
use crate::locate::{Fetcher, Provenance, Wish};
use crate::provenance::Keyring;
use crate::repository::{Archive, Mutable, Published, Shelf};
use crate::world::World;
use clap::Args;
use std::fs;
use std::path::{Path, PathBuf};

/// Put a bundle's charts, and the bundle itself as a chart, into a repository
///
/// TARGET is a folder, `git+https://HOST/PATH#BRANCH`, the `https://` URL of a ChartMuseum, or `oci://HOST/PATH`. The
/// charts come first and the bundle last. A published version stays as it is.
#[derive(Debug, Default, Args)]
pub(super) struct PushArgs {
    /// The bundle
    #[arg(value_name = "BUNDLE")]
    pub(super) bundle: PathBuf,
    /// The repository
    #[arg(value_name = "TARGET")]
    pub(super) target: String,
    /// Name of the bundle's chart; `bundle-ENVIRONMENT` when left out
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Version of the bundle's chart; one that follows from its content when left out
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,
    /// Leave the bundle itself out
    #[arg(long, conflicts_with_all = ["name", "version"])]
    charts_only: bool,
    /// URL that the repository is served at; relative URLs when left out
    #[arg(long, default_value = "", hide_default_value = true)]
    url: String,
    /// Where the paths of the ChartMuseum begin, as it was started with
    #[arg(long, value_name = "PATH", default_value = "", hide_default_value = true)]
    context_path: String,
    /// File whose first line is a bearer token for the ChartMuseum, `-` for standard input
    #[arg(long, value_name = "FILE")]
    token_file: Option<String>,
    #[command(flatten)]
    network: NetworkArgs,
}

impl PushArgs {
    /// A push with nothing but a bundle and a target.
    pub(super) fn plain(bundle: PathBuf, target: String) -> PushArgs {
        PushArgs { bundle, target, ..PushArgs::default() }
    }

    /// Publishes, tells what became of each archive, and returns the name and version of the bundle's chart.
    pub(super) fn run(&self, load: &LoadOptions, ui: &mut Ui) -> Result<Option<(String, String)>, Stop> {
        let opened = open(&self.bundle)?;
        let bundle = Bundle::load(opened.root(), &mut ui.sources)?;
        let local = self.target.strip_prefix("file://").unwrap_or(&self.target);
        if !local.contains("://") {
            refuse_inside(opened.root(), Path::new(local))?;
        }
        let mut charts = bundle.charts(load)?;
        let mut paths: Vec<PathBuf> =
            charts.iter().map(|(_, archive)| opened.root().join("charts").join(&archive.file)).collect();
        let carrier = match self.charts_only {
            true => None,
            false => {
                let name = self.name.clone().unwrap_or_else(|| bundle.carrier_name());
                let version = match &self.version {
                    Some(version) => version.clone(),
                    None => bundle.carrier_version()?,
                };
                charts.push(bundle.carrier(opened.root(), (&name, &version), load)?);
                paths.push(opened.root().join("bundle.yaml"));
                Some((name, version))
            }
        };
        let how = How {
            url: &self.url,
            mutable: Mutable::None,
            context_path: &self.context_path,
            token_file: self.token_file.as_deref(),
            network: &self.network,
            created: Created::Unsaid,
        };
        let charts: Vec<(&Chart, &Archive, &Path)> =
            charts.iter().zip(&paths).map(|((chart, archive), path)| (chart, archive, path.as_path())).collect();
        let published = send(&self.target, &charts, &how, ui)?;
        ui.print(published_text(&published, &self.target))?;
        Ok(carrier)
    }

    /// What to do next, for people.
    pub(super) fn next(&self, carrier: Option<&(String, String)>) -> Option<String> {
        let (name, version) = carrier?;
        let from = match self.target.split_once("://") {
            Some(("oci", _)) => format!("{}/{name}", self.target.trim_end_matches('/')),
            Some(("http" | "https", _)) => format!("{name} --repo {}", self.target),
            Some(_) => format!("{name} --repo URL"),
            None => format!("{name} --repo {}", self.target),
        };
        Some(format!("chartwright bundle pull {from} --version {version} --out DIR"))
    }
}

/// A repository inside the bundle would change the bundle.
fn refuse_inside(bundle: &Path, repository: &Path) -> Result<(), Error> {
    let bundle = fs::canonicalize(bundle).map_err(|error| Error::io("cannot find", bundle, error))?;
    let place = std::path::absolute(repository).map_err(|error| Error::io("cannot find", repository, error))?;
    let known = place.ancestors().find_map(|folder| fs::canonicalize(folder).ok());
    if !known.is_some_and(|known| known.starts_with(&bundle)) {
        return Ok(());
    }
    let message = format!("repository `{}` lies inside the bundle", repository.display());
    Err(Error::new(ErrorKind::Usage, message).hint("name a folder outside of it"))
}

fn published_text(published: &Published, target: &str) -> String {
    let lines = |verb: &str, files: &[String]| {
        files.iter().map(|file| format!("{verb} {}\n", harmless(file))).collect::<String>()
    };
    let mut text = lines("added", &published.added);
    text.push_str(&lines("unchanged", &published.unchanged));
    let (added, unchanged) = (counted(published.added.len(), "chart"), published.unchanged.len());
    let place = match target.contains("://") {
        true => target.to_owned(),
        false => Path::new(target).join("index.yaml").display().to_string(),
    };
    text.push_str(&format!("{added} added, {unchanged} unchanged: {}\n", harmless(&place)));
    text
}

/// Fetch a bundle with its charts from a repository
#[derive(Debug, Args)]
pub(super) struct PullArgs {
    /// Its name in the repository, or `oci://HOST/PATH/NAME`
    #[arg(value_name = "NAME|oci://HOST/PATH/NAME")]
    reference: String,
    /// Its version
    #[arg(long, value_name = "VERSION")]
    version: String,
    /// The repository: a folder or a URL
    #[arg(long, value_name = "DIR|URL")]
    repo: Option<String>,
    /// Folder or archive that the bundle is written to
    #[arg(long, value_name = "DIR|FILE.tgz")]
    out: PathBuf,
    /// File of OpenPGP public keys, one of which has to have signed
    #[arg(long, value_name = "FILE")]
    keyring: Option<PathBuf>,
    /// File of the public key on P-256 that has to have signed
    #[arg(long, value_name = "FILE", conflicts_with = "keyring")]
    cosign_key: Option<PathBuf>,
    #[command(flatten)]
    network: NetworkArgs,
}

/// Where a bundle is pulled from.
enum Place {
    Folder(Box<(Shelf, LoadOptions)>),
    Repository(Box<Fetcher>, String),
    /// The part before the name of a chart.
    Registry(Box<Fetcher>, String),
}

impl PullArgs {
    /// Fetches, checks, writes.
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Result<(), Stop> {
        let load = load_options(global.helm_compat, global.limits());
        let ring = self.keyring.as_deref().map(|path| Keyring::load(path, global.helm_compat)).transpose()?;
        let key = self.cosign_key.as_deref().map(cosign::public_key).transpose()?;
        let trust = match (&ring, &key) {
            (Some(ring), _) => Trust::OpenPgp(ring, SystemWorld::default().now()),
            (None, Some(key)) => Trust::Cosign(key),
            (None, None) => Trust::Nobody,
        };
        let (place, name) = self.place(load.clone(), ui)?;
        let archive = place.chart(&name, &self.version)?;
        let scratch = std::env::temp_dir();
        let opened = match is_archive(&self.out) {
            true => Opened::new_archive(&self.out, &scratch)?,
            false => Opened::temporary(&scratch)?,
        };
        let mut fetch = |wanted: &WantedChart| place.chart(&wanted.name, &wanted.version);
        assemble(&archive, &opened, &mut fetch, &trust)?;
        let bundle = Bundle::load(opened.root(), &mut ui.sources)?;
        settle(&opened, &bundle, &self.out)?;
        let (releases, charts) = (counted(bundle.releases.len(), "release"), counted(bundle.archives.len(), "chart"));
        ui.print(format!("{releases}, {charts}: {}\n", self.out.display()))
    }

    fn place(&self, load: LoadOptions, ui: &Ui) -> Result<(Place, String), Error> {
        let options = ChartOptions {
            homes: super::helm::environment::homes_of_environment(),
            network: self.network.options(),
            ..ChartOptions::default()
        };
        let name = self.reference.clone();
        if let Some(rest) = self.reference.strip_prefix("oci://") {
            let Some((path, name)) = rest.rsplit_once('/') else {
                let message = format!("expected `oci://HOST/PATH/NAME`, found `{}`", harmless(&self.reference));
                return Err(Error::new(ErrorKind::Usage, message));
            };
            let fetcher = Box::new(fetch::fetcher(&options, ui.face())?);
            return Ok((Place::Registry(fetcher, format!("oci://{path}")), name.to_owned()));
        }
        match &self.repo {
            Some(repo) if repo.starts_with("http://") || repo.starts_with("https://") => {
                Ok((Place::Repository(Box::new(fetch::fetcher(&options, ui.face())?), repo.clone()), name))
            }
            Some(repo) => Ok((Place::Folder(Box::new((Shelf::open(repo)?, load))), name)),
            None => {
                let error = Error::new(ErrorKind::Usage, "expected a repository to pull from");
                Err(error.hint("name it with --repo, or pull oci://HOST/PATH/NAME"))
            }
        }
    }
}

impl Place {
    /// The archive of a chart.
    fn chart(&self, name: &str, version: &str) -> Result<Vec<u8>, Error> {
        let (fetcher, reference, repository) = match self {
            Place::Folder(inner) => {
                let (shelf, load) = &**inner;
                let found = shelf.find(name, version, load).map_err(|missing| missing.into_error())?;
                return Ok(found.archive.bytes.clone());
            }
            Place::Repository(fetcher, url) => (fetcher, name.to_owned(), url.as_str()),
            Place::Registry(fetcher, path) => (fetcher, format!("{path}/{name}"), ""),
        };
        let wish = Wish { reference: &reference, version, repository, provenance: Provenance::Leave };
        Ok(fetcher.fetch(&wish)?.bytes.to_vec())
    }
}
