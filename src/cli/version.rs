//! `chartwright version` and `chartwright changed`: new versions, and what asks for them.

use super::args::GlobalArgs;
use super::helm::environment;
use super::report::harmless;
use super::run_dependency::now;
use super::run_template::load_options;
use super::ui::{ExitStatus, Outcome, Stop, Ui};
use crate::chart::LoadOptions;
use crate::dependency::pins;
use crate::dependency::repositories::Repositories;
use crate::diagnostic::{Diagnostic, Error, ErrorKind};
use crate::tree::compare::Kind;
use crate::tree::git::Git;
use crate::tree::release::{Release, plan};
use crate::tree::since::{Since, changed, since};
use crate::tree::{Tree, compare};
use crate::version::{Bump, Version};
use clap::Args;
use std::path::{Path, PathBuf};

/// Give a chart a new version, in every file of its tree that names it; or propose one.
#[derive(Debug, Args)]
pub(super) struct VersionArgs {
    /// The chart's folder
    chart: PathBuf,
    /// `major`, `minor`, `patch`, `auto` (with --since), or the version itself; the present one is printed without it
    bump: Option<String>,
    /// Compare with this commit, tag or branch, and say what the changes ask for
    #[arg(long, value_name = "GITREF")]
    since: Option<String>,
    /// An entry for the changelog annotation, for example `added: a value for the timeout` (repeatable)
    #[arg(long = "change", value_name = "KIND: TEXT", value_parser = change)]
    changes: Vec<(Kind, String)>,
    /// Leave the changelog annotation as it is
    #[arg(long, conflicts_with = "changes")]
    no_changelog: bool,
    /// Say what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// The folder in which charts that depend on this one are looked for; the tree's root when left out
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
}

/// List the charts that changed since a commit, and those that depend on them.
#[derive(Debug, Args)]
pub(super) struct ChangedArgs {
    /// The folder that holds the charts
    #[arg(default_value = ".")]
    root: PathBuf,
    /// A commit, tag or branch
    #[arg(long, value_name = "GITREF")]
    since: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Reads `KIND: TEXT`.
fn change(text: &str) -> Result<(Kind, String), String> {
    let wrong =
        || "expected `added: TEXT`, or another of added, changed, deprecated, removed, fixed, security".to_owned();
    let (kind, text) = text.split_once(':').ok_or_else(wrong)?;
    let kind = Kind::named(kind.trim()).ok_or_else(wrong)?;
    if text.trim().is_empty() { Err(wrong()) } else { Ok((kind, text.trim().to_owned())) }
}

/// What the second argument asks for.
enum Wanted {
    Bump(Bump),
    Auto,
    Exactly(Version),
}

impl Wanted {
    fn parse(text: &str) -> Result<Wanted, Error> {
        match text {
            "major" => Ok(Wanted::Bump(Bump::Major)),
            "minor" => Ok(Wanted::Bump(Bump::Minor)),
            "patch" => Ok(Wanted::Bump(Bump::Patch)),
            "auto" => Ok(Wanted::Auto),
            text => Version::parse_strict(text).map(Wanted::Exactly).map_err(|fault| {
                let message = format!("`{}` is no version: {fault}", text.escape_debug());
                Error::new(ErrorKind::Usage, message)
                    .hint("expected `major`, `minor`, `patch`, `auto` or a version such as 1.2.3")
            }),
        }
    }
}

impl VersionArgs {
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        let load = load_options(global.helm_compat, global.limits());
        let root = self.root.clone().or_else(|| pins::root_of(&self.chart)).unwrap_or_else(|| self.chart.clone());
        let tree = Tree::find(&root, &load)?;
        let Some(at) = tree.at(&self.chart) else { return Err(self.no_chart(&root).into()) };
        let current = tree.charts.get(at).map(|chart| chart.metadata.version.clone()).unwrap_or_default();
        let since = self.since.as_deref().map(|reference| compared(&self.chart, reference, &load)).transpose()?;
        let Some(bump) = &self.bump else {
            match &since {
                Some(since) => propose(since, &current, ui)?,
                None => ui.print(format!("{current}\n"))?,
            }
            return Ok(ExitStatus::Success);
        };
        let Some(version) = self.next(&Wanted::parse(bump)?, &current, since.as_ref(), ui)? else {
            return Ok(ExitStatus::Success);
        };
        self.write(&tree, at, &version, since.as_ref(), ui)
    }

    fn no_chart(&self, root: &Path) -> Error {
        let message = format!("no chart in `{}`", self.chart.display());
        let error = Error::new(ErrorKind::Io, message);
        match self.chart.join("Chart.yaml").is_file() {
            true => error.hint(format!("its Chart.yaml cannot be read, or it does not lie in `{}`", root.display())),
            false => error.hint("name the folder of a chart, with a file `Chart.yaml`"),
        }
    }

    /// The version to write; `None` where there is nothing to do.
    fn next(
        &self,
        wanted: &Wanted,
        current: &str,
        since: Option<&Since>,
        ui: &mut Ui,
    ) -> Result<Option<Version>, Stop> {
        let parsed = parse(current)?;
        let bump = match wanted {
            Wanted::Exactly(version) => return Ok(Some(version.clone())),
            Wanted::Bump(bump) => *bump,
            Wanted::Auto => {
                let Some(since) = since else {
                    return Err(Error::new(ErrorKind::Usage, "`auto` compares: name a commit with --since").into());
                };
                let Some(target) = target(since, current)? else {
                    ui.say(&format!("nothing asks for a version above {current}"));
                    return Ok(None);
                };
                return Ok(Some(target.1));
            }
        };
        if let Some(asked) = since.and_then(Since::bump).filter(|asked| *asked > bump) {
            let message = format!("the changes ask for a {} version", asked.name());
            ui.warn(&Diagnostic::warning(message).hint("`--since` without a version prints the reasons"));
        }
        Ok(Some(parsed.next(bump).map_err(|fault| Error::new(ErrorKind::Content, fault.message()))?))
    }

    fn write(&self, tree: &Tree, at: usize, version: &Version, since: Option<&Since>, ui: &mut Ui) -> Outcome {
        let homes = environment::homes_of_environment();
        let repositories = Repositories::read(&homes.repository_config)?;
        let changes = self.changelog(since, version);
        let release = Release {
            version: version.original(),
            changelog: (!self.no_changelog).then_some(changes.as_slice()),
            repositories: &repositories,
            generated: &now(),
        };
        let plan = plan(tree, at, &release)?;
        if !self.dry_run {
            plan.apply()?;
        }
        ui.print(plan.told.iter().map(|line| format!("{}\n", harmless(line))).collect::<String>())?;
        plan.notes.iter().for_each(|note| ui.warn(&Diagnostic::warning(note)));
        Ok(ExitStatus::Success)
    }

    /// The entries of the changelog: what was given, or what changed, or that there is a new version.
    fn changelog(&self, since: Option<&Since>, version: &Version) -> Vec<(Kind, String)> {
        if !self.changes.is_empty() {
            return self.changes.clone();
        }
        let reasons = since.map(|since| since.reasons.as_slice()).unwrap_or_default();
        if reasons.is_empty() {
            return vec![(Kind::Changed, format!("version {}", version.original()))];
        }
        reasons.iter().map(|reason| (reason.kind, reason.text.clone())).collect()
    }
}

fn parse(version: &str) -> Result<Version, Error> {
    Version::parse(version).map_err(|fault| Error::new(ErrorKind::Content, format!("`{version}`: {fault}")))
}

fn compared(chart: &Path, reference: &str, load: &LoadOptions) -> Result<Since, Error> {
    let git = Git::open(chart)?;
    let commit = git.commit(reference)?;
    since(&git, &commit, chart, load)
}

/// The raise and the version that changes ask for, counted from the version then; `None` where it is reached.
fn target(since: &Since, current: &str) -> Result<Option<(Bump, Version)>, Error> {
    let Some(bump) = since.bump() else { return Ok(None) };
    let base = parse(since.version.as_deref().unwrap_or(current))?;
    let target = match since.version {
        Some(_) => base.next(bump).map_err(|fault| Error::new(ErrorKind::Content, fault.message()))?,
        None => return Ok(None),
    };
    Ok((parse(current)? < target).then_some((bump, target)))
}

fn propose(since: &Since, current: &str, ui: &mut Ui) -> Result<(), Stop> {
    let head = match (since.bump(), target(since, current)?) {
        (None, _) => "nothing changed".to_owned(),
        (Some(_), Some((bump, target))) => format!("{}: {current} -> {target}", bump.name()),
        (Some(_), None) if since.version.is_none() => format!("new chart: {current}"),
        (Some(bump), None) => format!("{}: {current} is enough", bump.name()),
    };
    ui.print(format!("{head}\n"))?;
    let line = |reason: &compare::Reason| format!("  {}: {}\n", reason.bump.name(), harmless(&reason.text));
    ui.print(since.reasons.iter().map(line).collect::<String>())
}

impl ChangedArgs {
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        let load = load_options(global.helm_compat, global.limits());
        let tree = Tree::find(&self.root, &load)?;
        let git = Git::open(&self.root)?;
        let commit = git.commit(&self.since)?;
        let changed = changed(&tree, &git, &commit)?;
        let direct: Vec<usize> = changed.iter().map(|(at, _)| *at).collect();
        let indirect = tree.dependants(&direct);
        let mut rows: Vec<Row> = changed.iter().map(|(at, files)| Row::changed(&tree, *at, files)).collect();
        rows.extend(indirect.iter().map(|at| Row::depends(&tree, *at, &direct, &indirect)));
        rows.sort_by(|one, other| one.path.cmp(&other.path));
        if self.json {
            let rows: Vec<_> = rows.iter().map(Row::json).collect();
            ui.print(format!("{}\n", serde_json::Value::Array(rows)))?;
        } else {
            let width = rows.iter().map(|row| row.path.chars().count()).max().unwrap_or_default();
            let line = |row: &Row| format!("{:width$}  {}\n", harmless(&row.path), harmless(&row.reason));
            ui.print(rows.iter().map(line).collect::<String>())?;
        }
        Ok(ExitStatus::Success)
    }
}

/// A chart that a change reaches.
struct Row {
    path: String,
    name: String,
    version: String,
    reason: String,
    is_direct: bool,
}

impl Row {
    fn new(tree: &Tree, at: usize, reason: String, is_direct: bool) -> Row {
        let metadata = tree.charts.get(at).map(|chart| chart.metadata.clone()).unwrap_or_default();
        Row { path: tree.shown(at), name: metadata.name, version: metadata.version, reason, is_direct }
    }

    fn changed(tree: &Tree, at: usize, files: &[PathBuf]) -> Row {
        let count = files.len();
        Row::new(tree, at, format!("changed: {count} file{}", if count == 1 { "" } else { "s" }), true)
    }

    fn depends(tree: &Tree, at: usize, direct: &[usize], indirect: &[usize]) -> Row {
        let needs = tree.charts.get(at).map(|chart| chart.needs.as_slice()).unwrap_or_default();
        let reached = needs.iter().filter(|need| direct.contains(need) || indirect.contains(need));
        let names: Vec<String> = reached.map(|need| tree.shown(*need)).collect();
        Row::new(tree, at, format!("depends on {}", names.join(", ")), false)
    }

    fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "path": self.path,
            "name": self.name,
            "version": self.version,
            "changed": self.is_direct,
            "reason": self.reason,
        })
    }
}
