//! `chartwright bundle`.

use super::args::GlobalArgs;
use super::bundle_check::CheckArgs;
use super::bundle_diff::DiffArgs;
use super::bundle_export::{ExportArgs, GraphArgs};
use super::bundle_images::{self, CarryArgs, FetchArgs, ImagesArgs, LoadArgs};
use super::bundle_live::{DriftArgs, PreflightArgs, StatusArgs};
use super::bundle_push::{PullArgs, PushArgs};
use super::bundle_report::ReportArgs;
use super::bundle_verify::{SignArgs, VerifyArgs};
use super::lint;
use super::progress::Progress;
use super::run_template::load_options;
use super::shown::counted;
use super::stated::{self, ReleasesArgs};
use super::ui::{ExitStatus, Outcome, Stop, Ui};
use crate::bundle::{self, AnyStep, Bundle, EXAMPLE, Request};
use crate::chart::{Compat, LoadOptions};
use crate::diagnostic::Error;
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
    Build(Box<BuildArgs>),
    Check(CheckArgs),
    Push(Box<PushArgs>),
    Pull(Box<PullArgs>),
    Export(ExportArgs),
    Graph(GraphArgs),
    Verify(VerifyArgs),
    Sign(SignArgs),
    Diff(DiffArgs),
    Images(ImagesArgs),
    FetchImages(FetchArgs),
    Load(LoadArgs),
    Report(ReportArgs),
    Preflight(Box<PreflightArgs>),
    Status(StatusArgs),
    Drift(DriftArgs),
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
    #[command(flatten)]
    releases: ReleasesArgs,
    /// Folder or archive that the bundle is written to; an older bundle there is replaced
    #[arg(long, value_name = "DIR|FILE.tgz")]
    out: PathBuf,
    /// Also fetch all images into the bundle
    #[arg(long)]
    with_images: bool,
    #[command(flatten)]
    carry: CarryArgs,
}

/// Write an example organisation with environments, build the bundle of its sandbox and push it.
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
                let carrier = args.run(&load, ui)?;
                args.next(carrier.as_ref()).into_iter().for_each(|next| ui.say(&format!("next: {next}")));
            }
            BundleCommand::Pull(args) => args.run(global, ui)?,
            BundleCommand::Export(args) => args.run(ui)?,
            BundleCommand::Graph(args) => args.run(ui)?,
            BundleCommand::Verify(args) => return args.run(global, ui),
            BundleCommand::Sign(args) => args.run(global, ui)?,
            BundleCommand::Diff(args) => args.run(ui)?,
            BundleCommand::Images(args) => args.run(ui)?,
            BundleCommand::FetchImages(args) => args.run(global, ui)?,
            BundleCommand::Load(args) => return args.run(global, ui),
            BundleCommand::Report(args) => args.run(global, ui)?,
            BundleCommand::Preflight(args) => return args.run(global, ui),
            BundleCommand::Status(args) => args.run(ui)?,
            BundleCommand::Drift(args) => return args.run(global, ui),
            BundleCommand::Example(args) => args.run(load, ui)?,
        }
        Ok(ExitStatus::Success)
    }
}

impl BuildArgs {
    fn run(&self, load: LoadOptions, ui: &mut Ui) -> Result<(), Stop> {
        let charts = self.releases.shelf()?;
        let (mut stated, found) = stated::load(self.organisation.as_deref(), &self.environments, &mut ui.sources)?;
        if !found.is_empty() {
            return Err(found.into());
        }
        stated.derive(&self.releases, &charts, &load, &mut ui.sources)?;
        let releases = stated.all().map(|environment| environment.modules.len() as u64).sum();
        let compat: Compat = load.compat;
        let kept = load.clone();
        let levels = lint::levels(self.environments.first().map_or(Path::new("."), PathBuf::as_path), ui)?;
        let progress = Progress::new(ui, releases);
        let request = Request {
            organisation: stated.organisation.as_ref(),
            base: &stated.base,
            environments: &stated.environments,
            charts: &charts,
            template: &|environment, chart, version| stated.template(environment, chart, version),
            compat,
            load,
            levels: &levels,
            progress: &mut |release| progress.step(release),
        };
        let built = bundle::build(request, &mut ui.sources);
        drop(progress);
        let built = built?;
        built.warnings.iter().for_each(|warning| ui.warn(warning));
        bundle_images::write(&built.output, &self.out, (self.with_images, &self.carry), &kept, ui)?;
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
    let place = if bundle::is_archive(out) { out.to_owned() } else { out.join("bundle.yaml") };
    text.push_str(&format!("{releases} in {waves}, {charts}{references}{manual}: {}\n", place.display()));
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
            releases: ReleasesArgs::default(),
            out: inner("bundle"),
            with_images: false,
            carry: CarryArgs::default(),
        };
        let repository = inner("repository");
        let target = repository.to_string_lossy().into_owned();
        let push = PushArgs::plain(inner("bundle"), target);
        let shown = |path: &Path| path.display().to_string();
        ui.print(format!(
            "chartwright bundle build --organisation {} {} --out {}\n",
            shown(&inner("organisation.yaml")),
            shown(&inner("environments/sandbox.yaml")),
            shown(&build.out)
        ))?;
        build.run(load.clone(), ui)?;
        ui.print(format!("\nchartwright bundle push {} {}\n", shown(&push.bundle), shown(&repository)))?;
        push.run(&load, ui)?;
        let repository = shown(&repository);
        let values = shown(&inner("bundle/values/openg2p/sandbox/spar.yaml"));
        ui.say(&format!("\nnext: chartwright template spar openg2p-spar --repo {repository} -n sandbox -f {values}"));
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
