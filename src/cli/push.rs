//! `chartwright push`.

use super::args::GlobalArgs;
use super::helm::environment::homes_of_environment;
use super::options::ChartOptions;
use super::passphrase;
use super::push_remote::{Created, Remote, Sent};
use super::report::harmless;
use super::run_template::{load_chart, load_options};
use super::shown::counted;
use super::system::SystemWorld;
use super::template::NetworkArgs;
use super::ui::{ExitStatus, Outcome, Stop, Ui};
use crate::chart::{Chart, LoadOptions, Notices, pack};
use crate::config::Config;
use crate::diagnostic::{Error, ErrorKind};
use crate::repository::{Archive, GitTarget, Mutable, PublishOptions, Published, publish, publish_to_git};
use crate::world::World;
use clap::Args;
use std::fs;
use std::path::{Path, PathBuf};

/// The largest signature file.
const LARGEST_PROVENANCE: u64 = 16 << 20;

/// Publish charts in a repository.
///
/// TARGET is a folder, `git+https://HOST/PATH#BRANCH` or `git+file:///PATH#BRANCH`, the `https://` URL of a ChartMuseum
/// repository, or `oci://HOST/PATH`, below which each chart gets its name. What is published stays as it is:
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
    /// Where the paths of the ChartMuseum begin, as it was started with
    #[arg(long, value_name = "PATH", default_value = "", hide_default_value = true)]
    context_path: String,
    /// File whose first line is a bearer token for the ChartMuseum, `-` for standard input
    #[arg(long, value_name = "FILE")]
    token_file: Option<String>,
    #[command(flatten)]
    network: NetworkArgs,
}

/// Where charts go.
enum Target {
    Folder(PathBuf),
    Git(GitTarget),
    Registry,
    Museum,
}

impl Target {
    fn of(text: &str) -> Result<Target, Error> {
        if let Some(target) = GitTarget::parse(text)? {
            return Ok(Target::Git(target));
        }
        match text.split_once("://") {
            None => Ok(Target::Folder(PathBuf::from(text))),
            Some(("file", path)) => Ok(Target::Folder(PathBuf::from(path))),
            Some(("oci", _)) => Ok(Target::Registry),
            Some(("http" | "https", _)) => Ok(Target::Museum),
            Some((scheme, _)) => {
                let message = format!("cannot push over `{}://`: that is not spoken here", scheme.escape_debug());
                Err(Error::new(ErrorKind::Usage, message).hint(
                    "expected a folder, `git+https://HOST/PATH#BRANCH`, `https://HOST/PATH` or `oci://HOST/PATH`",
                ))
            }
        }
    }
}

impl PushArgs {
    /// Publishes the charts and tells what became of them.
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        Target::of(&self.target)?;
        let load = load_options(global.helm_compat, global.limits());
        let mut charts = Vec::with_capacity(self.charts.len());
        for path in &self.charts {
            charts.push(read(path, global, &load, ui)?);
        }
        let mutable = self.mutable(ui)?;
        let sent: Vec<Sent<'_>> =
            charts.iter().zip(&self.charts).map(|(one, path)| (&one.0, &one.1, &**path)).collect();
        let how = How {
            url: &self.url,
            mutable,
            context_path: &self.context_path,
            token_file: self.token_file.as_deref(),
            network: &self.network,
            created: Created::OfFile,
        };
        let published = send(&self.target, &sent, &how, ui)?;
        ui.print(told(&published))?;
        Ok(ExitStatus::Success)
    }

    fn mutable(&self, ui: &mut Ui) -> Result<Mutable, Stop> {
        if self.force {
            return Ok(Mutable::All);
        }
        let config = Config::find(Path::new("."), &mut ui.sources)?;
        Ok(if config.mutable_versions.is_empty() { Mutable::None } else { Mutable::Matching(config.mutable_versions) })
    }
}

/// How charts are published.
pub(super) struct How<'a> {
    /// The URL that a folder or branch is served at.
    pub(super) url: &'a str,
    pub(super) mutable: Mutable,
    /// `--context-path` of a ChartMuseum.
    pub(super) context_path: &'a str,
    /// The file with a bearer token.
    pub(super) token_file: Option<&'a str>,
    pub(super) network: &'a NetworkArgs,
    /// What manifests in a registry say of time.
    pub(super) created: Created,
}

/// Publishes charts in whatever kind of repository a target is, in their order.
pub(super) fn send(target: &str, sent: &[Sent<'_>], how: &How<'_>, ui: &mut Ui) -> Result<Published, Stop> {
    let charts: Vec<(&Chart, &Archive)> = sent.iter().map(|(chart, archive, _)| (*chart, *archive)).collect();
    let options = PublishOptions {
        url: how.url.to_owned(),
        mutable: how.mutable.clone(),
        ..PublishOptions::new(SystemWorld::default().now())
    };
    let network =
        ChartOptions { homes: homes_of_environment(), network: how.network.options(), ..ChartOptions::default() };
    let token = how.token_file.map(passphrase::from_file).transpose()?;
    let remote = Remote {
        options: &network,
        context_path: how.context_path,
        token: token.map(|token| String::from_utf8_lossy(&token).into_owned()),
        mutable: &how.mutable,
        created: how.created,
    };
    Ok(match &Target::of(target)? {
        Target::Registry => remote.to_registry(target, sent, ui)?,
        Target::Museum => remote.to_museum(target, sent, ui)?,
        Target::Folder(folder) => publish(folder, &charts, &options)?,
        Target::Git(target) => publish_to_git(target, &charts, &options, &scratch())?,
    })
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
