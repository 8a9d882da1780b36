//! `chartwright freeze` and `chartwright unfreeze`.

use super::args::GlobalArgs;
use super::helm::environment;
use super::report::harmless;
use super::run_dependency::now;
use super::run_template::load_options;
use super::ui::{ExitStatus, Outcome, Stop, Ui};
use crate::dependency::pins;
use crate::dependency::repositories::Repositories;
use crate::diagnostic::{Diagnostic, Error, ErrorKind};
use crate::freeze;
use crate::tree::Tree;
use crate::tree::release::{Plan, Release};
use clap::Args;
use std::path::PathBuf;

/// Make a chart fit for a release: exact versions, nothing inside that moves; list what stands in the way.
#[derive(Debug, Args)]
pub(super) struct FreezeArgs {
    /// The chart's folder
    chart: PathBuf,
    /// The version of the release, three numbers; left out where Chart.yaml has it
    version: Option<String>,
    /// List what would be written and what stands in the way, and write nothing; status 1 unless the chart is frozen
    #[arg(long)]
    check: bool,
}

/// Put a chart back under development, at version 0.0.0-develop.
#[derive(Debug, Args)]
pub(super) struct UnfreezeArgs {
    /// The chart's folder
    chart: PathBuf,
}

fn find(chart: &std::path::Path, global: &GlobalArgs) -> Result<(Tree, usize), Error> {
    let load = load_options(global.helm_compat, global.limits());
    let root = pins::root_of(chart).unwrap_or_else(|| chart.to_owned());
    let tree = Tree::find(&root, &load)?;
    let at = tree.at(chart).ok_or_else(|| {
        Error::new(ErrorKind::Io, format!("no chart in `{}`", chart.display()))
            .hint("name the folder of a chart, with a file `Chart.yaml`")
    })?;
    Ok((tree, at))
}

fn tell(plan: &Plan, ui: &mut Ui) -> Result<(), Stop> {
    ui.print(plan.told.iter().map(|line| format!("{}\n", harmless(line))).collect::<String>())?;
    plan.notes.iter().for_each(|note| ui.warn(&Diagnostic::warning(note)));
    Ok(())
}

impl FreezeArgs {
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        let version = self.version.as_deref().unwrap_or_default();
        if !version.is_empty() {
            freeze::check_release_version(version)?;
        }
        let load = load_options(global.helm_compat, global.limits());
        let (tree, at) = find(&self.chart, global)?;
        let repositories = Repositories::read(&environment::homes_of_environment().repository_config)?;
        let release = Release { version, changelog: None, repositories: &repositories, generated: &now() };
        let frozen = freeze::freeze(&tree, (at, &self.chart.to_string_lossy()), &release, (&load, &mut ui.sources))?;
        if !self.check {
            frozen.plan.apply()?;
        }
        tell(&frozen.plan, ui)?;
        if !frozen.obstacles.is_empty() {
            return Err(frozen.obstacles.into());
        }
        let is_frozen = !self.check || frozen.plan.writes.is_empty();
        Ok(if is_frozen { ExitStatus::Success } else { ExitStatus::Content })
    }
}

impl UnfreezeArgs {
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        let (tree, at) = find(&self.chart, global)?;
        let repositories = Repositories::read(&environment::homes_of_environment().repository_config)?;
        let release =
            Release { version: freeze::DEVELOPMENT, changelog: None, repositories: &repositories, generated: &now() };
        let plan = freeze::unfreeze(&tree, at, &release)?;
        plan.apply()?;
        tell(&plan, ui)?;
        Ok(ExitStatus::Success)
    }
}
