//! A bundle for the engines that install: the plain script, helmfile, Argo CD, Flux and Fleet.
//!
//! What enters is a [`Bundle`]; what leaves is the files of one engine. Order, values, names and exact versions are the
//! bundle's in each of them. What an engine has no words for is said in [`Export::notes`], never left out in silence.

mod argocd;
mod fleet;
mod flux;
mod helmfile;
mod needs;
mod script;
mod secrets;
mod steps;

use super::{Bundle, Origin, Release, Work};
use crate::diagnostic::{Error, ErrorKind, Fault};
use crate::funcs::dates::Duration;
use crate::repository::sha256;
use crate::value::{Map, Value};
use crate::yaml;
use std::collections::BTreeMap;

/// What installs the releases of a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A shell script that calls Helm 3 or 4.
    Script,
    /// <https://helmfile.readthedocs.io>
    Helmfile,
    /// Applications of <https://argo-cd.readthedocs.io>.
    ArgoCd,
    /// HelmReleases of <https://fluxcd.io>.
    Flux,
    /// HelmOps of <https://fleet.rancher.io>.
    Fleet,
}

impl Engine {
    /// All of them.
    pub const ALL: [Engine; 5] = [Engine::Script, Engine::Helmfile, Engine::ArgoCd, Engine::Flux, Engine::Fleet];

    /// The word on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Script => "script",
            Engine::Helmfile => "helmfile",
            Engine::ArgoCd => "argocd",
            Engine::Flux => "flux",
            Engine::Fleet => "fleet",
        }
    }
}

/// What an engine has to know besides the bundle.
#[derive(Clone, Debug, Default)]
pub struct ExportOptions {
    /// The URL of the repository that the charts were pushed to (`https://` or `oci://`). Script and helmfile take the
    /// archives that lie beside them.
    pub repository: Option<String>,
    /// Whether the registry at `oci://` is spoken to over HTTP without TLS.
    pub plain_http: bool,
}

/// The files of one engine.
#[derive(Clone, Debug, Default)]
pub struct Export {
    /// Paths with `/` and bytes, in a fixed order. Those that end in `.sh` are programs.
    pub files: Vec<(String, Vec<u8>)>,
    /// What the engine does not do by itself, one sentence each.
    pub notes: Vec<String>,
}

impl Bundle {
    /// The bundle for an engine.
    ///
    /// # Errors
    /// An engine that fetches charts itself, without the URL of a repository; a value that cannot be written as YAML.
    pub fn export(&self, engine: Engine, options: &ExportOptions) -> Result<Export, Error> {
        self.refuse_secrets(engine)?;
        let exported = match engine {
            Engine::Script => Ok(script::export(self)),
            Engine::Helmfile => helmfile::export(self),
            Engine::ArgoCd => argocd::export(self, repository(engine, options)?),
            Engine::Flux => {
                let repository = repository(engine, options)?;
                let digests = if repository.is_registry() { self.digests()? } else { BTreeMap::new() };
                flux::export(self, repository, &digests)
            }
            Engine::Fleet => fleet::export(self, repository(engine, options)?),
        };
        let mut export = exported.map_err(|fault| Error::new(ErrorKind::Internal, fault.message()))?;
        if engine != Engine::Script {
            export.notes.extend(self.by_hand());
        }
        if matches!(engine, Engine::Flux | Engine::Fleet)
            && let Some(script) = self.secrets_script(engine, &script::for_secrets())
        {
            export
                .notes
                .push("Run `secrets.sh` first: it makes the Secrets with values that no file holds.".to_owned());
            export.files.push(("secrets.sh".to_owned(), script.into_bytes()));
        }
        if !export.notes.is_empty() {
            let notes: String = export.notes.iter().map(|note| format!("- {note}\n")).collect();
            export.files.push(("NOTES.md".to_owned(), format!("# Before you install\n\n{notes}").into_bytes()));
        }
        Ok(export)
    }

    /// The archives and values of the bundle, for engines that take them from beside them.
    fn carried(&self) -> impl Iterator<Item = (String, Vec<u8>)> {
        let values = self.releases.iter().map(|release| (release.values_path(), release.values.clone()));
        let charts = self.archives.iter().map(|(name, archive)| (format!("charts/{name}"), archive.bytes.clone()));
        values.chain(charts)
    }

    /// What tells one state of a release from another: chart and values.
    fn state_of(&self, release: &Release) -> String {
        let chart = match &release.origin {
            Origin::Archive(file) => self.archives.get(file).map_or("", |archive| archive.digest.as_str()).to_owned(),
            Origin::Reference(reference) => format!("{} {}", reference.repository, release.version),
        };
        sha256(format!("{chart} {}", sha256(&release.values)).as_bytes())
    }

    /// The steps that only people and the script do, for engines that know releases alone.
    fn by_hand(&self) -> Vec<String> {
        let told = |step: &super::Step| {
            let verify = step.work.verify().map(|verify| format!("; done once `{verify}` succeeds"));
            let what = match &step.work {
                Work::Hosts { machines, .. } => {
                    format!("run what `chartwright env hosts` writes on {}", machines.join(", "))
                }
                Work::Manual { .. } => "by hand, as bundle.yaml says".to_owned(),
                Work::Check { .. } => "a check".to_owned(),
            };
            format!(
                "Before wave {}: {} (`{}`): {what}{}.",
                step.wave + 1,
                step.title,
                step.id,
                verify.unwrap_or_default()
            )
        };
        self.steps.iter().map(told).collect()
    }

    /// The clusters, in the order in which they come first.
    fn clusters(&self) -> Vec<&str> {
        let mut clusters = Vec::new();
        for release in &self.releases {
            if !clusters.contains(&release.cluster.as_str()) {
                clusters.push(&release.cluster);
            }
        }
        clusters
    }
}

/// Where the charts of a bundle are fetched from.
#[derive(Clone, Copy)]
struct Repository<'u> {
    /// Without an ending slash.
    url: &'u str,
    /// Whether it is a registry that is spoken to over HTTP without TLS.
    plain_http: bool,
}

impl Repository<'_> {
    fn is_registry(self) -> bool {
        self.url.starts_with("oci://")
    }
}

fn repository(engine: Engine, options: &ExportOptions) -> Result<Repository<'_>, Error> {
    let usage = |message: String| {
        let hint = "push the charts with `bundle push`, then name that repository with --repository";
        Error::new(ErrorKind::Usage, message).hint(hint)
    };
    let Some(url) = &options.repository else {
        return Err(usage(format!("{} fetches charts itself, from a repository that was not named", engine.name())));
    };
    if !["https://", "http://", "oci://"].iter().any(|scheme| url.starts_with(scheme)) {
        return Err(usage(format!("expected a repository at `https://` or `oci://`, found `{}`", url.escape_debug())));
    }
    let url = url.trim_end_matches('/');
    if options.plain_http && !url.starts_with("oci://") {
        return Err(usage(format!("only a registry can be spoken to over plain HTTP, found `{}`", url.escape_debug())));
    }
    Ok(Repository { url, plain_http: options.plain_http })
}

/// The repository of a release's chart: its own, where the chart was not fetched, or that of the bundle's charts.
fn repository_of<'u>(release: &'u Release, common: Repository<'u>) -> Repository<'u> {
    match &release.origin {
        Origin::Reference(reference) => {
            Repository { url: reference.repository.trim_end_matches('/'), plain_http: false }
        }
        Origin::Archive(_) => common,
    }
}

/// A name for a release that no other release of the bundle has.
fn unique_name(release: &Release) -> String {
    let name = format!("{}-{}-{}", release.cluster, release.namespace, release.name);
    if name.len() <= LONGEST_NAME {
        return name;
    }
    let hash = sha256(name.as_bytes());
    let cut = name[..LONGEST_NAME - 9].trim_end_matches('-');
    format!("{cut}-{}", &hash[..8])
}

/// How long the installation of a release may take, in whole seconds; at least one.
fn seconds(release: &Release) -> Result<i64, Fault> {
    let Some(timeout) = &release.timeout else { return Ok(TIMEOUT) };
    let nanoseconds = Duration::parse(timeout.as_bytes())?.0;
    Ok(nanoseconds.saturating_add(999_999_999).div_euclid(1_000_000_000).max(1))
}

/// How long the installation of a release may take unless it says so, in seconds.
const TIMEOUT: i64 = 1200;

/// Engines put the names of objects into labels, which hold 63 characters; Fleet takes 53.
const LONGEST_NAME: usize = 53;

/// A map of texts and values.
fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    let map = Map::new();
    for (key, value) in entries {
        map.insert(key, value);
    }
    Value::Map(map)
}

/// A map of as many entries as there are.
fn fields(entries: Vec<(&str, Value)>) -> Value {
    let map = Map::new();
    for (key, value) in entries {
        map.insert(key, value);
    }
    Value::Map(map)
}

/// A map of texts.
fn texts(texts: &std::collections::BTreeMap<String, String>) -> Value {
    fields(texts.iter().map(|(name, text)| (name.as_str(), Value::str(text))).collect())
}

/// Documents one below the other.
fn documents(documents: &[Value]) -> Result<Vec<u8>, Fault> {
    let mut text = Vec::new();
    for document in documents {
        text.extend_from_slice(b"---\n");
        text.extend_from_slice(&yaml::to_yaml(document)?);
    }
    Ok(text)
}
