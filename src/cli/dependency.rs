//! `chartwright dependency`: lists, chooses and fetches the dependencies of charts.

use super::args::GlobalArgs;
use super::helm::environment;
use super::keyring;
use super::options::NetworkOptions;
use super::remote::Network;
use super::run_dependency::now;
use super::run_template::load_options;
use super::system::SystemWorld;
use super::table::table;
use super::ui::{ExitStatus, Outcome, Stop, Ui};
use crate::chart::{Chart, Dependency, LoadOptions, Notices, pack};
use crate::config::Config;
use crate::dependency::list::{self, Status};
use crate::dependency::repositories::Repositories;
use crate::dependency::vendor::{Fix, Local, Step, Vendor};
use crate::dependency::{Refresh, Signatures, Supply};
use crate::diagnostic::{Diagnostic, Error};
use crate::provenance::{self, Keyring};
use crate::tree::git::Git;
use crate::tree::since::declared_with_digest;
use crate::world::World;
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};

/// List, choose and fetch the charts that a chart depends on.
#[derive(Debug, Args)]
#[command(alias = "dep")]
pub(super) struct DependencyArgs {
    #[command(subcommand)]
    command: DependencyCommand,
}

#[derive(Debug, Subcommand)]
enum DependencyCommand {
    List(ListArgs),
    Build(BuildArgs),
    Update(UpdateArgs),
}

/// Print each dependency with its state.
#[derive(Debug, Args)]
struct ListArgs {
    /// The chart: a folder or an archive
    #[arg(default_value = ".")]
    chart: PathBuf,
    /// The most characters of a column, 0 for no limit
    #[arg(long, value_name = "WIDTH", default_value_t = 80)]
    max_col_width: usize,
}

/// Fill charts/ as Chart.lock says; without a lock, as `update` does.
#[derive(Debug, Args)]
struct BuildArgs {
    #[command(flatten)]
    fetch: FetchArgs,
    /// Choose anew what Chart.yaml changed since the lock was written, and nothing else
    #[arg(long)]
    fix: bool,
}

/// Choose the newest versions that fit, fill charts/ with them, and write Chart.lock.
#[derive(Debug, Args)]
struct UpdateArgs {
    #[command(flatten)]
    fetch: FetchArgs,
}

/// What both need.
#[derive(Debug, Default, Args)]
struct FetchArgs {
    /// The chart's folder
    #[arg(default_value = ".")]
    chart: PathBuf,
    /// Take cached indexes as they are
    #[arg(long)]
    skip_refresh: bool,
    /// Leave `file://` dependencies in their folders
    #[arg(long)]
    skip_local: bool,
    /// Ask registries without TLS
    #[arg(long)]
    plain_http: bool,
    /// Take only charts that a key of the ring signed; `file://` ones are yours and need none
    #[arg(long)]
    verify: bool,
    /// File of public keys; GnuPG's own ring when left out
    #[arg(long, value_name = "FILE")]
    keyring: Option<PathBuf>,
}

impl DependencyArgs {
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        let load = load_options(global.helm_compat, global.limits());
        match &self.command {
            DependencyCommand::List(args) => args.run(&load, ui),
            DependencyCommand::Build(args) => {
                let fix = if args.fix { Fix::Drifted } else { Fix::No };
                args.fetch.run(Some(fix), &load, ui)
            }
            DependencyCommand::Update(args) => args.fetch.run(None, &load, ui),
        }
    }
}

impl ListArgs {
    fn run(&self, load: &LoadOptions, ui: &mut Ui) -> Outcome {
        let mut notices = Notices::new();
        let chart = Chart::load(&self.chart, load, &mut notices);
        ui.log_all(notices);
        let chart = chart?;
        let path = self.chart.to_string_lossy();
        let Some(declared) = chart.metadata.dependencies.as_deref().filter(|list| !list.is_empty()) else {
            ui.say(&format!("`{path}` has no dependencies"));
            return Ok(ExitStatus::Success);
        };
        let mut rows = vec![["NAME", "VERSION", "LOCKED", "REPOSITORY", "STATUS"].map(str::to_owned).to_vec()];
        for one in declared {
            let status = match list::status(&path, one, &chart, load) {
                Status::Missing if one.repository.starts_with("file://") => "in its folder".to_owned(),
                status => status.to_string(),
            };
            rows.push(vec![one.name.clone(), one.version.clone(), locked(one, &chart), one.repository.clone(), status]);
        }
        let rows: Vec<Vec<String>> = rows
            .into_iter()
            .map(|row| row.into_iter().map(|cell| super::report::harmless(&cell).into_owned()).collect())
            .collect();
        let text = table(&rows, self.max_col_width);
        let lines = text.lines().map(|line| line.replace('\t', "  ").trim_end().to_owned() + "\n");
        ui.print(lines.collect::<String>())?;
        for stray in list::strays(&path, declared, load)? {
            let text = stray.to_string();
            let text = text.strip_prefix("WARNING: ").or_else(|| text.strip_prefix("Warning: ")).unwrap_or(&text);
            ui.warn(&Diagnostic::warning(text.trim_end_matches('.')));
        }
        Ok(ExitStatus::Success)
    }
}

/// The version in the lock; a hyphen where there is none.
fn locked(one: &Dependency, chart: &Chart) -> String {
    let entry = chart.lock.as_ref().and_then(|lock| lock.dependencies.iter().find(|entry| entry.name == one.name));
    entry.map_or_else(|| "-".to_owned(), |entry| entry.version.clone())
}

impl FetchArgs {
    /// Builds, or updates where no lock is to be looked at.
    fn run(&self, build: Option<Fix>, load: &LoadOptions, ui: &mut Ui) -> Outcome {
        let homes = environment::homes_of_environment();
        let network = NetworkOptions { plain_http: self.plain_http, ..environment::network_of_environment() };
        let remote = Network::new(network, ui.face());
        let config = Config::find(&self.chart, &mut ui.sources)?;
        let repositories = Repositories::read(&homes.repository_config)?;
        let generated = now();
        let ring = match self.verify {
            true => Some(Keyring::load(&keyring::chosen(self.keyring.as_deref(), load.compat), load.compat)?),
            false => None,
        };
        let verify = |file: &str, bytes: &[u8], provenance: &[u8]| match &ring {
            Some(ring) => provenance::verify(bytes, provenance, file, ring, SystemWorld::default().now()).map(drop),
            None => Ok(()),
        };
        let vendor = Vendor {
            folder: &self.chart,
            supply: Supply {
                load,
                cache: &homes.repository_cache,
                remote: &remote,
                refresh: if self.skip_refresh { Refresh::No } else { Refresh::Yes },
                signatures: (if self.verify { Signatures::Needed } else { Signatures::Ignored }, &verify),
                generated: &generated,
                pack: &archive,
            },
            repositories: &repositories,
            config: &config,
            local: if self.skip_local { Local::Leave } else { Local::Pack },
            history: &|fits| {
                let git = Git::open(&self.chart).ok()?;
                declared_with_digest(&git, &self.chart, load, fits).ok()?
            },
        };
        let mut notices = Notices::new();
        let steps = match build {
            Some(fix) => vendor.build(fix, &mut ui.sources, &mut notices),
            None => vendor.update(&mut ui.sources, &mut notices),
        };
        ui.log_all(notices);
        let steps = steps?;
        ui.print(steps.iter().map(told).collect::<String>())?;
        Ok(ExitStatus::Success)
    }
}

/// Chooses and fetches the dependencies of a chart before it is packaged; `file://` ones stay in their folders.
pub(super) fn update(folder: &Path, load: &LoadOptions, ui: &mut Ui) -> Result<(), Stop> {
    let fetch = FetchArgs { chart: folder.to_owned(), skip_local: true, ..FetchArgs::default() };
    fetch.run(None, load, ui).map(|_| ())
}

fn archive(chart: &Chart) -> Result<Vec<u8>, Error> {
    pack::pack(chart)
}

fn told(step: &Step) -> String {
    let text = match step {
        Step::Fetched(what, from) => format!("fetched {what} from {from}"),
        Step::Packed(name, from) => format!("packed {name} from {from}"),
        Step::Left(name, from) => format!("left {name} in {from}"),
        Step::Kept(file) => format!("kept {file}"),
        Step::Removed(file) => format!("removed {file}"),
        Step::Locked(file) => format!("wrote {file}"),
    };
    format!("{}\n", super::report::harmless(&text))
}
