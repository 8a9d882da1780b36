//! `chartwright push`.

use super::args::GlobalArgs;
use super::fetch;
use super::flags::help;
use super::helm::environment::{homes_of_environment, network_of_environment};
use super::options::ChartOptions;
use super::report::harmless;
use super::run_template::{load_chart, load_options};
use super::shown::counted;
use super::system::SystemWorld;
use super::ui::{ExitStatus, Outcome, Stop, Ui};
use crate::chart::{Chart, LoadOptions, Notices, pack};
use crate::config::Config;
use crate::dependency::repositories::{Entry, Repositories};
use crate::diagnostic::{Error, ErrorKind};
use crate::locate::Fetcher;
use crate::repository::chartmuseum::ChartMuseum;
use crate::repository::oci::push::Change;
use crate::repository::oci::{ChartArtifact, Overwrite, Reference};
use crate::repository::transport::Credentials;
use crate::repository::{Archive, GitTarget, Mutable, PublishOptions, Published, publish, publish_to_git};
use crate::world::World;
use bytes::Bytes;
use clap::Args;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The longest password.
const LONGEST_PASSWORD: u64 = 64 << 10;
/// The largest signature file.
const LARGEST_PROVENANCE: u64 = 16 << 20;

/// Publish charts in a repository.
///
/// TARGET is a folder, `git+https://HOST/PATH#BRANCH`, `git+file:///PATH#BRANCH`, the URL of a ChartMuseum, or
/// `oci://HOST/PATH`. What is published stays as it is:
/// a version with other bytes is refused, unless `mutable-versions` in chartwright.toml names it.
#[derive(Debug, Args)]
pub(super) struct PushArgs {
    /// Archives, or chart folders, which are packed
    #[arg(required = true, value_name = "ARCHIVE|DIR")]
    charts: Vec<PathBuf>,
    /// The repository
    #[arg(value_name = "TARGET")]
    target: String,
    /// URL that the repository is served at; relative URLs when left out
    #[arg(long, default_value = "", hide_default_value = true)]
    url: String,
    /// Replace versions that are published with other bytes
    #[arg(long)]
    force: bool,
    /// Path at which the ChartMuseum was started
    #[arg(long, value_name = "PATH", default_value = "", hide_default_value = true)]
    context_path: String,
    #[arg(long, help = help("username"), default_value = "", hide_default_value = true)]
    username: String,
    /// Read the password from standard input
    #[arg(long, requires = "username")]
    password_stdin: bool,
    #[arg(long, help = help("plain-http"))]
    plain_http: bool,
}

/// Where charts go.
enum Target {
    Folder(PathBuf),
    Git(GitTarget),
    Museum(String),
    Registry(String),
}

impl Target {
    fn of(text: &str) -> Result<Target, Error> {
        if let Some(target) = GitTarget::parse(text)? {
            return Ok(Target::Git(target));
        }
        match text.split_once("://") {
            None => Ok(Target::Folder(PathBuf::from(text))),
            Some(("file", path)) => Ok(Target::Folder(PathBuf::from(path))),
            Some(("http" | "https", _)) => Ok(Target::Museum(text.to_owned())),
            Some(("oci", _)) => Ok(Target::Registry(text.to_owned())),
            Some((scheme, _)) => {
                let message =
                    format!("cannot push to `{}`: {} is not spoken here", text.escape_debug(), scheme.escape_debug());
                Err(Error::new(ErrorKind::Usage, message)
                    .hint("expected a folder, `git+https://`, `git+file://`, `https://`, `http://` or `oci://`"))
            }
        }
    }
}

impl PushArgs {
    /// Publishes the charts and tells what became of them.
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        let target = Target::of(&self.target)?;
        let load = load_options(global.helm_compat, global.limits());
        let mut charts = Vec::with_capacity(self.charts.len());
        for path in &self.charts {
            charts.push(read(path, global, &load, ui)?);
        }
        let charts: Vec<(&Chart, &Archive)> = charts.iter().map(|(chart, archive)| (chart, archive)).collect();
        let options = PublishOptions {
            url: self.url.clone(),
            mutable: self.mutable(ui)?,
            ..PublishOptions::new(SystemWorld::default().now())
        };
        let published = match &target {
            Target::Folder(folder) => publish(folder, &charts, &options)?,
            Target::Git(target) => publish_to_git(target, &charts, &options, &scratch())?,
            Target::Museum(url) => self.to_museum(url, &charts, &options.mutable, ui)?,
            Target::Registry(reference) => self.to_registry(reference, &charts, &options.mutable, ui)?,
        };
        ui.print(told(&published))?;
        Ok(ExitStatus::Success)
    }

    /// A client with the user that the command line names, and the password.
    fn fetcher(&self, ui: &Ui) -> Result<(Fetcher, String), Stop> {
        let mut network = network_of_environment();
        network.username.clone_from(&self.username);
        network.plain_http = self.plain_http;
        if self.password_stdin {
            let mut text = String::new();
            let read = std::io::stdin().lock().take(LONGEST_PASSWORD).read_to_string(&mut text);
            read.map_err(|error| Error::io("cannot read", Path::new("standard input"), error))?;
            network.password = text.trim_end_matches(['\r', '\n']).to_owned();
        }
        let password = network.password.clone();
        let options = ChartOptions { network, homes: homes_of_environment(), ..ChartOptions::default() };
        Ok((fetch::fetcher(&options, ui.face())?, password))
    }

    fn to_museum(
        &self,
        url: &str,
        charts: &[(&Chart, &Archive)],
        mutable: &Mutable,
        ui: &Ui,
    ) -> Result<Published, Stop> {
        let (fetcher, password) = self.fetcher(ui)?;
        let known = Repositories::read(&homes_of_environment().repository_config)?;
        let entry = known.at(url).cloned().unwrap_or_default();
        let client = fetcher.client(&entry)?;
        let given = (!self.username.is_empty())
            .then(|| Credentials::Basic { username: self.username.clone(), password: password.clone() });
        let museum = ChartMuseum::new(&client, url, &self.context_path, given.or_else(|| known_user(&entry)))?;
        let mut published = Published::default();
        for (_, archive) in charts {
            let change = museum.push(archive, archive.provenance.as_deref(), overwrite(mutable, &archive.version))?;
            list(&mut published, change).push(archive.file.clone());
        }
        Ok(published)
    }

    fn to_registry(
        &self,
        remote: &str,
        charts: &[(&Chart, &Archive)],
        mutable: &Mutable,
        ui: &Ui,
    ) -> Result<Published, Stop> {
        let registry = self.fetcher(ui)?.0.registry();
        let created = crate::repository::index::time_text(SystemWorld::default().now());
        let mut published = Published::default();
        for (chart, archive) in charts {
            let provenance = archive.provenance.clone().map(Bytes::from);
            let artifact = ChartArtifact::new(&chart.metadata, archive.bytes.clone().into(), provenance, &created);
            let artifact = artifact.map_err(|fault| Error::new(ErrorKind::Content, fault.message()))?;
            let target = Reference::chart(remote, &artifact.name, &artifact.version)?;
            let pushed = registry.push(&target, &artifact, overwrite(mutable, &archive.version))?;
            list(&mut published, pushed.change).push(archive.file.clone());
        }
        Ok(published)
    }

    fn mutable(&self, ui: &mut Ui) -> Result<Mutable, Stop> {
        if self.force {
            return Ok(Mutable::All);
        }
        let config = Config::find(Path::new("."), &mut ui.sources)?;
        Ok(if config.mutable_versions.is_empty() { Mutable::None } else { Mutable::Matching(config.mutable_versions) })
    }
}

/// The user and password that the list of repositories has for one.
fn known_user(entry: &Entry) -> Option<Credentials> {
    let (username, password) = (entry.username.clone(), entry.password.clone());
    (!username.is_empty() && !password.is_empty()).then_some(Credentials::Basic { username, password })
}

fn overwrite(mutable: &Mutable, version: &str) -> Overwrite {
    if mutable.allows(version) { Overwrite::Allow } else { Overwrite::Refuse }
}

fn list(published: &mut Published, change: Change) -> &mut Vec<String> {
    match change {
        Change::Added => &mut published.added,
        Change::Replaced => &mut published.replaced,
        Change::Unchanged => &mut published.unchanged,
    }
}

/// Where work on git repositories is done.
fn scratch() -> PathBuf {
    let cache = homes_of_environment().repository_cache;
    cache.parent().unwrap_or(&cache).join("chartwright/git")
}

/// A chart with its archive, and its signature if it lies beside.
fn read(path: &Path, global: &GlobalArgs, load: &LoadOptions, ui: &mut Ui) -> Result<(Chart, Archive), Stop> {
    if path.is_dir() {
        let chart = load_chart(path, global.helm_compat, global.limits(), ui)?;
        let archive = Archive::new(chart.name(), chart.metadata.version.clone(), pack::pack(&chart)?);
        return Ok((chart, archive));
    }
    let bytes = read_limited(path, load.limits.chart_bytes)?;
    let mut notices = Notices::new();
    let chart = Chart::from_archive(path, &bytes, load, &mut notices);
    ui.log_all(notices);
    let chart = chart.map_err(|error| named(path, &error))?;
    let mut archive = Archive::new(chart.name(), chart.metadata.version.clone(), bytes);
    let beside = PathBuf::from(format!("{}.prov", path.display()));
    if beside.is_file() {
        archive.provenance = Some(read_limited(&beside, LARGEST_PROVENANCE)?);
    }
    Ok((chart, archive))
}

fn named(path: &Path, error: &Error) -> Error {
    let told = Error::new(error.kind(), format!("cannot push `{}`: {error}", path.display()));
    error.hints().iter().fold(told, |told, hint| told.hint(hint))
}

fn read_limited(path: &Path, most: u64) -> Result<Vec<u8>, Error> {
    let about = fs::metadata(path).map_err(|error| Error::io("cannot read", path, error))?;
    if about.len() > most {
        return Err(Error::new(ErrorKind::Limit, format!("`{}` is larger than {most} bytes", path.display())));
    }
    fs::read(path).map_err(|error| Error::io("cannot read", path, error))
}

fn told(published: &Published) -> String {
    let lines = |verb: &str, files: &[String]| {
        files.iter().map(|file| format!("{verb} {}\n", harmless(file))).collect::<String>()
    };
    let mut text = lines("added", &published.added);
    text.push_str(&lines("replaced", &published.replaced));
    text.push_str(&lines("unchanged", &published.unchanged));
    let (added, replaced) = (published.added.len(), published.replaced.len());
    let unchanged = published.unchanged.len();
    text.push_str(&format!("{} added, {replaced} replaced, {unchanged} unchanged\n", counted(added, "chart")));
    text
}
