//! `chartwright bundle`.

use super::args::GlobalArgs;
use super::bundle_check::CheckArgs;
use super::bundle_export::{ExportArgs, GraphArgs};
use super::lint;
use super::progress::Progress;
use super::run_template::load_options;
use super::shown::counted;
use super::stated;
use super::system::SystemWorld;
use super::ui::{ExitStatus, Outcome, Stop, Ui};
use crate::bundle::{self, AnyStep, Bundle, EXAMPLE, Request};
use crate::chart::{Compat, LoadOptions};
use crate::diagnostic::{Error, ErrorKind};
use crate::repository::{Published, Shelf};
use crate::world::{FixedWorld, World};
use clap::{Args, Subcommand};
use std::fs;
use std::path::{Path, PathBuf};

/// Make an ordered set of releases from environment files.
#[derive(Debug, Args)]
pub(super) struct BundleArgs {
    #[command(subcommand)]
    command: BundleCommand,
}

#[derive(Debug, Subcommand)]
enum BundleCommand {
    Build(BuildArgs),
    Check(CheckArgs),
    Push(PushArgs),
    Export(ExportArgs),
    Graph(GraphArgs),
    Example(ExampleArgs),
}

/// Check environments, render their releases and write an ordered bundle.
#[derive(Debug, Args)]
struct BuildArgs {
    /// Environment files
    #[arg(required = true, value_name = "ENVIRONMENT")]
    environments: Vec<PathBuf>,
    /// What all environments share
    #[arg(long, value_name = "FILE")]
    organisation: Option<PathBuf>,
    /// Charts: a folder of charts, or a repository
    #[arg(long, value_name = "DIR|REPO")]
    charts: String,
    /// Folder that the bundle is written to; an older bundle there is replaced
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Put a bundle's charts and its index into a repository.
#[derive(Debug, Args)]
struct PushArgs {
    /// The bundle
    #[arg(value_name = "DIR")]
    bundle: PathBuf,
    /// The repository: a folder that a web server may serve
    #[arg(value_name = "REPO_DIR")]
    repository: PathBuf,
}

/// Write an example organisation with an environment and charts, build its bundle and push it.
///
/// Files that are there are kept, so the example can be changed and run again.
#[derive(Debug, Args)]
struct ExampleArgs {
    /// The folder to write to
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl BundleArgs {
    /// Runs the command asked for.
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        let load = load_options(global.helm_compat, global.limits());
        match &self.command {
            BundleCommand::Build(args) => {
                args.run(load, ui)?;
                let push = format!("chartwright bundle push {} REPO_DIR", args.out.display());
                ui.say(&format!("next: {push}"));
            }
            BundleCommand::Check(args) => return args.run(load, ui),
            BundleCommand::Push(args) => {
                args.run(&load, ui)?;
                ui.say(&format!("next: helm pull CHART --repo URL, with {} served at URL", args.repository.display()));
            }
            BundleCommand::Export(args) => args.run(ui)?,
            BundleCommand::Graph(args) => args.run(ui)?,
            BundleCommand::Example(args) => args.run(load, ui)?,
        }
        Ok(ExitStatus::Success)
    }
}

impl BuildArgs {
    fn run(&self, load: LoadOptions, ui: &mut Ui) -> Result<(), Stop> {
        let charts = Shelf::open(&self.charts)?;
        let (stated, found) = stated::load(self.organisation.as_deref(), &self.environments, &mut ui.sources)?;
        if !found.is_empty() {
            return Err(found.into());
        }
        let releases = stated.environments.iter().map(|environment| environment.modules.len() as u64).sum();
        let compat: Compat = load.compat;
        let levels = lint::levels(self.environments.first().map_or(Path::new("."), PathBuf::as_path), ui)?;
        let progress = Progress::new(ui, releases);
        let request = Request {
            organisation: stated.organisation.as_ref(),
            base: &[],
            environments: &stated.environments,
            charts: &charts,
            template: &|environment, chart| stated.template(environment, chart),
            compat,
            load,
            levels: &levels,
            progress: &mut |release| progress.step(release),
        };
        // Nothing random or temporal of a render enters a bundle, so the world stands still: same input, same bytes.
        let built = bundle::build(request, &FixedWorld::default(), &mut ui.sources);
        drop(progress);
        let built = built?;
        built.warnings.iter().for_each(|warning| ui.warn(warning));
        built.output.write(&self.out)?;
        ui.print(summary(&built.output, &self.out))
    }
}

fn summary(bundle: &Bundle, out: &Path) -> String {
    let mut text = String::new();
    let steps = bundle.all_steps();
    let width = steps.iter().map(|step| step.id().len()).max().unwrap_or(0);
    let mut wave = None;
    for step in &steps {
        if wave != Some(step.wave()) {
            wave = Some(step.wave());
            text.push_str(&format!("wave {}\n", step.wave()));
        }
        let what = match step {
            AnyStep::Release(release) => {
                let chart = format!("{} {}", release.chart, release.version);
                match release.archive() {
                    Some(_) => format!("{chart}, {}", counted(release.manifests, "manifest")),
                    None => format!("{chart}, not fetched"),
                }
            }
            AnyStep::Other(step) => format!("{}: {}", step.work.kind(), step.title),
        };
        text.push_str(&format!("  {:width$}  {what}\n", step.id()));
    }
    let releases = counted(bundle.releases.len(), "release");
    let (waves, charts) = (counted(bundle.wave_count(), "wave"), counted(bundle.archives.len(), "chart"));
    let manual = steps.iter().filter(|step| matches!(step, AnyStep::Other(step) if step.work.kind() == "manual"));
    let manual = match manual.count() {
        0 => String::new(),
        count => format!(", {}", counted(count, "manual step")),
    };
    let references = match bundle.references().count() {
        0 => String::new(),
        count => format!(", {} of others not fetched", counted(count, "chart")),
    };
    let place = out.join("bundle.yaml");
    text.push_str(&format!("{releases} in {waves}, {charts}{references}{manual}: {}\n", place.display()));
    text
}

impl PushArgs {
    fn run(&self, load: &LoadOptions, ui: &mut Ui) -> Result<(), Stop> {
        let repository = self.repository.to_string_lossy();
        let repository = PathBuf::from(repository.strip_prefix("file://").unwrap_or(&repository));
        if repository.to_string_lossy().contains("://") {
            let message = format!("cannot push to `{}`: expected a folder", repository.display());
            return Err(Error::new(ErrorKind::Usage, message)
                .hint("push to a folder and bring that to its server")
                .into());
        }
        let bundle = Bundle::load(&self.bundle, &mut ui.sources)?;
        refuse_inside(&self.bundle, &repository)?;
        let published = bundle.push(&repository, load, SystemWorld::default().now())?;
        ui.print(published_text(&published, &repository))
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

fn published_text(published: &Published, repository: &Path) -> String {
    let mut text: String = published.added.iter().map(|file| format!("added {file}\n")).collect();
    text.extend(published.unchanged.iter().map(|file| format!("unchanged {file}\n")));
    let (added, unchanged) = (published.added.len(), published.unchanged.len());
    let index = repository.join("index.yaml");
    text.push_str(&format!("{} added, {unchanged} unchanged: {}\n", counted(added, "chart"), index.display()));
    text
}

impl ExampleArgs {
    fn run(&self, load: LoadOptions, ui: &mut Ui) -> Result<(), Stop> {
        for (name, bytes) in EXAMPLE {
            write_missing(&self.folder.join(name), bytes)?;
        }
        let inner = |name: &str| self.folder.join(name);
        let build = BuildArgs {
            environments: vec![inner("environments/sandbox.yaml")],
            organisation: Some(inner("organisation.yaml")),
            charts: inner("charts").to_string_lossy().into_owned(),
            out: inner("bundle"),
        };
        let push = PushArgs { bundle: inner("bundle"), repository: inner("repository") };
        let shown = |path: &Path| path.display().to_string();
        ui.print(format!(
            "chartwright bundle build --organisation {} {} --charts {} --out {}\n",
            shown(&inner("organisation.yaml")),
            shown(&inner("environments/sandbox.yaml")),
            build.charts,
            shown(&build.out)
        ))?;
        build.run(load.clone(), ui)?;
        ui.print(format!("\nchartwright bundle push {} {}\n", shown(&push.bundle), shown(&push.repository)))?;
        push.run(&load, ui)?;
        let repository = shown(&push.repository);
        let values = shown(&inner("bundle/values/openg2p/sandbox/portal.yaml"));
        ui.say(&format!("\nnext: chartwright template portal hello-portal --repo {repository} -n sandbox -f {values}"));
        ui.say(&format!("or change {} and run this again", shown(&inner("environments/sandbox.yaml"))));
        Ok(())
    }
}

fn write_missing(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    if path.exists() {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| Error::io("cannot make", folder, error))?;
    }
    fs::write(path, bytes).map_err(|error| Error::io("cannot write", path, error))
}
