//! `chartwright env`.

use super::args::GlobalArgs;
use super::env_explain::ExplainArgs;
use super::env_new::NewArgs;
use super::report::harmless;
use super::run_template::load_options;
use super::shown::counted;
use super::stated::{ReleasesArgs, Stated, StatedArgs, write_all, write_whole};
use super::ui::{ExitStatus, Outcome, Stop, Ui};
use super::written;
use crate::bundle::third_party;
use crate::chart::LoadOptions;
use crate::diagnostic::{Diagnostic, Error, ErrorKind, nearest};
use crate::environment::values::{ReleaseValues, release_values};
use crate::environment::{Environment, Module, annotate, checklist, compare, compare_nodes, hosts, place};
use crate::repository::{Shelf, shipped_charts, shipped_version};
use crate::source::SourceId;
use crate::version::Version;
use crate::yaml;
use clap::{Args, Subcommand};
use std::collections::HashMap;
use std::path::PathBuf;

/// Check environments, and see what follows from them.
#[derive(Debug, Args)]
pub(super) struct EnvArgs {
    #[command(subcommand)]
    command: EnvCommand,
}

#[derive(Debug, Subcommand)]
enum EnvCommand {
    Check(CheckArgs),
    Values(ValuesArgs),
    Explain(ExplainArgs),
    Diff(DiffArgs),
    Docs(DocsArgs),
    Hosts(HostsArgs),
    New(NewArgs),
}

/// Tell everything that is wrong with an organisation and its environments.
#[derive(Debug, Args)]
struct CheckArgs {
    #[command(flatten)]
    stated: StatedArgs,
    #[command(flatten)]
    releases: ReleasesArgs,
    /// Take warnings for errors
    #[arg(long)]
    strict: bool,
}

/// Print the values of all releases, or write them as CLUSTER/NAMESPACE/RELEASE.yaml.
#[derive(Debug, Args)]
struct ValuesArgs {
    #[command(flatten)]
    stated: StatedArgs,
    #[command(flatten)]
    releases: ReleasesArgs,
    /// Only this release
    #[arg(long, value_name = "NAME")]
    release: Option<String>,
    /// Say at each line where it comes from
    #[arg(long)]
    origins: bool,
    /// Folder that the values are written to
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Compare two environments: their choices, modules, and the values of releases of one name.
#[derive(Debug, Args)]
struct DiffArgs {
    /// The first environment
    #[arg(value_name = "ENVIRONMENT")]
    one: PathBuf,
    /// The second environment
    #[arg(value_name = "OTHER")]
    other: PathBuf,
    /// What all environments share
    #[arg(long, value_name = "FILE")]
    organisation: Option<PathBuf>,
}

/// Write the checklist for the network, DNS and certificate teams, as Markdown.
#[derive(Debug, Args)]
struct DocsArgs {
    #[command(flatten)]
    stated: StatedArgs,
    /// File that it is written to
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Write what no chart can install: scripts and files for each machine.
#[derive(Debug, Args)]
struct HostsArgs {
    #[command(flatten)]
    stated: StatedArgs,
    /// Folder that a folder for each machine is written to
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl EnvArgs {
    /// Runs the command asked for.
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        match &self.command {
            EnvCommand::Check(args) => args.run(global, ui),
            EnvCommand::Values(args) => args.run(global, ui),
            EnvCommand::Explain(args) => args.run(global, ui),
            EnvCommand::Diff(args) => args.run(ui),
            EnvCommand::Docs(args) => args.run(ui),
            EnvCommand::Hosts(args) => args.run(ui),
            EnvCommand::New(args) => args.run(ui),
        }
    }
}

/// The values of one module, with its template.
pub(super) fn values_of(
    stated: &Stated,
    environment: &Environment,
    module: &Module,
    ui: &mut Ui,
) -> Result<ReleaseValues, Stop> {
    let template = stated.template(environment, &module.chart.text, &module.version.text)?;
    let values = release_values(stated.organisation.as_ref(), environment, module, template, &mut ui.sources);
    values.map_err(Stop::from)
}

impl CheckArgs {
    fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        let mut stated = self.stated.read(&mut ui.sources)?;
        let load = load_options(global.helm_compat, global.limits());
        let (mut found, mut releases) = (Vec::<Diagnostic>::new(), 0);
        for environment in &stated.environments {
            found.extend(crate::bundle::waves(environment).err().into_iter().flatten());
        }
        let shelf = self.releases.shelf()?;
        match stated.derive(&self.releases, &shelf, &load, &mut ui.sources) {
            Ok(()) => {}
            Err(Stop::Content(wrong)) => found.extend(wrong),
            Err(stop) => return Err(stop),
        }
        if found.is_empty() {
            for environment in stated.all() {
                releases += environment.modules.len();
                // What follows was derived from the values of all releases, so that they are good.
                let modules = environment.modules.iter().filter(|_| self.releases.listed_only);
                for module in modules {
                    match values_of(&stated, environment, module, ui) {
                        Ok(_) => {}
                        Err(Stop::Content(wrong)) => found.extend(wrong),
                        Err(stop) => return Err(stop),
                    }
                }
            }
        }
        let unknown = self.unknown_charts(&stated, &shelf, &load)?;
        stated.warnings.extend(unknown);
        stated.warnings.iter().for_each(|warning| ui.warn(warning));
        if !found.is_empty() {
            return Err(found.into());
        }
        let environments = counted(stated.environments.len(), "environment");
        let warnings = stated.warnings.len();
        let told = if warnings == 0 { "nothing to mend".to_owned() } else { counted(warnings, "warning") };
        ui.print(format!("{environments}, {}: {told}\n", counted(releases, "release")))?;
        if self.strict && warnings > 0 { Ok(ExitStatus::Content) } else { Ok(ExitStatus::Success) }
    }

    /// Modules of charts that nobody has here: neither the program nor `--charts`. Charts that were published before the
    /// program's own, and those with a values template, may come from elsewhere.
    fn unknown_charts(&self, stated: &Stated, shelf: &Shelf, load: &LoadOptions) -> Result<Vec<Diagnostic>, Stop> {
        let mut there = HashMap::new();
        let mut found = Vec::new();
        for environment in &stated.environments {
            for module in environment.modules.iter().filter(|module| module.why.is_none()) {
                let (chart, version) = (&module.chart, &module.version);
                let is_there = there.entry((chart.text.as_str(), version.text.as_str()));
                if *is_there.or_insert_with_key(|(chart, version)| shelf.find(chart, version, load).is_ok()) {
                    continue;
                }
                let listed = third_party().iter().any(|one| one.chart == chart.text && one.version == version.text);
                let shipped = shipped_version(&chart.text);
                let major = |text: &str| Version::parse(text).map_or(0, |version| version.major());
                let is_older = shipped.is_none_or(|shipped| major(&version.text) < major(shipped));
                let has_template = stated.template(environment, &chart.text, &version.text)?.is_some();
                if listed || self.releases.charts.is_none() && has_template && is_older {
                    continue;
                }
                let diagnostic = match shipped {
                    Some(shipped) => {
                        let message = format!("there is no `{}` {} here", chart.text, version.text);
                        let hint = format!("{shipped} comes with the program; `--charts` names a place with others");
                        Diagnostic::warning(message).at(version.span).hint(hint)
                    }
                    None => {
                        let near = nearest(&chart.text, shipped_charts().map(|(name, _)| name.as_bytes()));
                        let hint = match near {
                            Some(near) => format!("did you mean `{near}`?"),
                            None => "`--charts` names the folder or repository that has it".to_owned(),
                        };
                        Diagnostic::warning(format!("there is no chart `{}` here", chart.text))
                            .at(chart.span)
                            .hint(hint)
                    }
                };
                found.push(diagnostic);
            }
        }
        Ok(found)
    }
}

impl ValuesArgs {
    fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        let mut stated = self.stated.read(&mut ui.sources)?;
        stated.warnings.iter().for_each(|warning| ui.warn(warning));
        let load = load_options(global.helm_compat, global.limits());
        stated.derive(&self.releases, &self.releases.shelf()?, &load, &mut ui.sources)?;
        let (mut files, mut found) = (Vec::new(), Vec::new());
        for environment in stated.all() {
            let wanted = |module: &&Module| self.release.as_ref().is_none_or(|name| *name == module.release.text);
            for module in environment.modules.iter().filter(wanted) {
                match values_of(&stated, environment, module, ui) {
                    Ok(values) => files.push((path(environment, module), self.text(&values, ui)?)),
                    Err(Stop::Content(wrong)) => found.extend(wrong),
                    Err(stop) => return Err(stop),
                }
            }
        }
        if !found.is_empty() {
            return Err(found.into());
        }
        if let Some(name) = self.release.as_ref().filter(|_| files.is_empty()) {
            return Err(Error::new(ErrorKind::Usage, format!("no environment has a release `{name}`")).into());
        }
        let Some(out) = &self.out else {
            for (path, text) in &files {
                ui.print(format!("---\n# {path}\n"))?;
                ui.print(text)?;
            }
            return Ok(ExitStatus::Success);
        };
        let wanted: Vec<_> = files.iter().map(|(path, text)| (out.join(path), &text[..], 0o644)).collect();
        write_all(&wanted)?;
        let written: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
        // One release alone says nothing about the others.
        let stale = if self.release.is_some() { 0 } else { written::renew(out, &written)? };
        let stale =
            if stale == 0 { String::new() } else { format!(", {} of a former run removed", counted(stale, "file")) };
        ui.print(format!("{} of values{stale}: {}\n", counted(files.len(), "file"), out.display()))?;
        Ok(ExitStatus::Success)
    }

    fn text(&self, values: &ReleaseValues, ui: &Ui) -> Result<Vec<u8>, Error> {
        let text = yaml::to_yaml(&values.value).map_err(|fault| Error::new(ErrorKind::Internal, fault.message()))?;
        Ok(if self.origins { annotate(&text, &values.origins, &ui.sources) } else { text })
    }
}

fn path(environment: &Environment, module: &Module) -> String {
    format!("{}/{}/{}.yaml", environment.cluster.text, environment.namespace.text, module.release.text)
}

impl DiffArgs {
    fn run(&self, ui: &mut Ui) -> Outcome {
        let environments = vec![self.one.clone(), self.other.clone()];
        let args = StatedArgs { environments, organisation: self.organisation.clone() };
        let stated = args.read(&mut ui.sources)?;
        let [one, other] = stated.environments.as_slice() else {
            return Err(Error::new(ErrorKind::Usage, "expected two environments").into());
        };
        for difference in compare(one, other) {
            ui.print(format!("{}\n", harmless(&difference.path.join("."))))?;
            for (mark, side) in [("-", &difference.one), ("+", &difference.other)] {
                if let Some((text, span)) = side {
                    let at = place(*span, &ui.sources);
                    ui.print(format!("  {mark} {}  # {}\n", harmless(text), harmless(&at)))?;
                }
            }
        }
        for module in &one.modules {
            let same = other.modules.iter().find(|same| same.release.text == module.release.text);
            if let Some(same) = same {
                let (left, right) = (values_of(&stated, one, module, ui)?, values_of(&stated, other, same, ui)?);
                print_values(&module.release.text, [&left, &right], ui)?;
            }
        }
        Ok(ExitStatus::Success)
    }
}

/// Prints the leaves in which the values of two releases differ.
fn print_values(release: &str, sides: [&ReleaseValues; 2], ui: &mut Ui) -> Result<(), Stop> {
    let internal = |message: String| Error::new(ErrorKind::Internal, message);
    let read = |values: &ReleaseValues| {
        let text = yaml::to_yaml(&values.value).map_err(|fault| internal(fault.message().to_owned()))?;
        yaml::parse(&text, SourceId::default()).map_err(|error| internal(error.to_string()))
    };
    let differences = compare_nodes(&read(sides[0])?, &read(sides[1])?);
    if differences.is_empty() {
        return Ok(());
    }
    ui.print(format!("values of {}\n", harmless(release)))?;
    for difference in &differences {
        ui.print(format!("  {}\n", harmless(&difference.path.join("."))))?;
        for ((mark, side), values) in [("-", &difference.one), ("+", &difference.other)].into_iter().zip(sides) {
            let Some((text, _)) = side else { continue };
            let origin = values.origins.of(&difference.path).map(|origin| origin.describe(&ui.sources));
            let origin = origin.map_or(String::new(), |origin| format!("  # {origin}"));
            ui.print(format!("    {mark} {}{}\n", harmless(text), harmless(&origin)))?;
        }
    }
    Ok(())
}

impl DocsArgs {
    fn run(&self, ui: &mut Ui) -> Outcome {
        let stated = self.stated.read(&mut ui.sources)?;
        let environments: Vec<&Environment> = stated.environments.iter().collect();
        let text = checklist(organisation(&stated)?, &environments);
        match &self.out {
            None => ui.print(text)?,
            Some(out) => {
                write_whole(out, text.as_bytes(), 0o644)?;
                ui.print(format!("checklist: {}\n", out.display()))?;
            }
        }
        Ok(ExitStatus::Success)
    }
}

fn organisation(stated: &Stated) -> Result<&crate::environment::Organisation, Error> {
    stated.organisation.as_ref().ok_or_else(|| {
        Error::new(ErrorKind::Usage, "there is no organisation").hint("name its file with --organisation")
    })
}

impl HostsArgs {
    fn run(&self, ui: &mut Ui) -> Outcome {
        let stated = self.stated.read(&mut ui.sources)?;
        stated.warnings.iter().for_each(|warning| ui.warn(warning));
        let environments: Vec<&Environment> = stated.environments.iter().collect();
        let files = hosts::host_files(organisation(&stated)?, &environments);
        let mode = |file: &hosts::HostFile| if file.executable { 0o755 } else { 0o644 };
        let wanted: Vec<_> =
            files.iter().map(|file| (self.out.join(&file.path), file.text.as_bytes(), mode(file))).collect();
        write_all(&wanted)?;
        let machines = files.iter().filter(|file| file.path.ends_with("/install.sh")).count();
        ui.print(format!(
            "{}, {}: {}\n",
            counted(machines, "machine"),
            counted(files.len(), "file"),
            self.out.display()
        ))?;
        ui.say("next: copy each folder to its machine and run `install.sh --dry-run` there");
        Ok(ExitStatus::Success)
    }
}
