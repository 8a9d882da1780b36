//! `chartwright env explain`: from a manifest line to the values, from values to what an implementer stated.

use super::args::GlobalArgs;
use super::env::values_of;
use super::report::harmless;
use super::run_template::load_options;
use super::secrets;
use super::stated::{ReleasesArgs, Stated, StatedArgs};
use super::ui::{ExitStatus, Outcome, Stop, Ui};
use crate::chart::{Compat, LoadOptions, Notices};
use crate::dependency::local;
use crate::diagnostic::{Error, ErrorKind};
use crate::environment::values::ReleaseValues;
use crate::environment::{Environment, Module, Organisation, misspelt_field, place, unstated};
use crate::render::action::{Prepared, RenderOptions, SchemaCheck, prepare};
use crate::render::{Capabilities, Release, Rendered, Tracing};
use crate::repository::Shelf;
use crate::source::position;
use crate::template::Limits;
use crate::value::{Map, Value};
use crate::world::FixedWorld;
use crate::yaml::{self, Node};
use clap::Args;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// How deep values are searched.
const DEEPEST: usize = 100;

/// Follow a line back: `database.size` of an environment, `global.baseDomain` of a release's values, or
/// `templates/deployment.yaml:12` of its manifests; `releases` lists all releases with the reason of each.
#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The environment
    #[arg(value_name = "ENVIRONMENT")]
    environment: PathBuf,
    /// A key of the environment, `releases`, or with --release one of its values or a line of its manifests
    #[arg(value_name = "KEY|FILE:LINE")]
    what: String,
    /// The release; one of the base infrastructure by NAMESPACE/NAME
    #[arg(long, value_name = "NAME")]
    release: Option<String>,
    #[command(flatten)]
    releases: ReleasesArgs,
    /// What all environments share
    #[arg(long, value_name = "FILE")]
    organisation: Option<PathBuf>,
}

impl ExplainArgs {
    /// Prints where the key or line comes from.
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        let args = StatedArgs { environments: vec![self.environment.clone()], organisation: self.organisation.clone() };
        let mut stated = args.read(&mut ui.sources)?;
        let load = load_options(global.helm_compat, global.limits());
        let lists = self.what == "releases" && self.release.is_none();
        if let Some(environment) = stated.environments.first().filter(|_| self.release.is_none() && !lists) {
            return self.choice(stated.organisation.as_ref(), environment, ui);
        }
        let shelf = self.releases.shelf()?;
        stated.derive(&self.releases, &shelf, &load, &mut ui.sources)?;
        let Some(release) = &self.release else { return list(&stated, ui) };
        let Some(own) = stated.environments.first() else { return Ok(ExitStatus::Success) };
        let fits = |environment: &Environment, module: &Module| {
            let (namespace, name) = (&environment.namespace.text, &module.release.text);
            let place = format!("{namespace}/{name}");
            let whole = format!("{}/{place}", environment.cluster.text);
            place == *release || whole == *release || (!environment.is_base && name == release)
        };
        let around = std::iter::once(own).chain(stated.base.iter().rev());
        let mut all = around.flat_map(|one| one.modules.iter().map(move |module| (one, module)));
        let Some((environment, module)) = all.find(|(environment, module)| fits(environment, module)) else {
            let names: Vec<&str> = own.modules.iter().map(|module| module.release.text.as_str()).collect();
            let error = Error::new(ErrorKind::Usage, format!("there is no release `{release}`"));
            return Err(error.hint(format!("releases: {}", names.join(", "))).into());
        };
        let values = values_of(&stated, environment, module, ui)?;
        match manifest_line(&self.what) {
            Some((file, line)) => {
                let found = Manifests { environment, module, values: &values };
                found.explain(&shelf, (file, line), (load, global.helm_compat), ui)
            }
            None => {
                let path: Vec<String> = self.what.split('.').map(str::to_owned).collect();
                print_value(&path, &values, ui)
            }
        }
    }

    /// Who states a choice of the environment, the weakest layer first; the winner has a star.
    fn choice(&self, organisation: Option<&Organisation>, environment: &Environment, ui: &mut Ui) -> Outcome {
        let keys: Vec<&str> = self.what.split('.').collect();
        let effective = environment.node.at(&keys);
        let history: Vec<&Node> = environment.layers.iter().filter_map(|layer| layer.at(&keys)).collect();
        if let Some(unstated) = unstated(organisation, environment, &keys).filter(|_| history.is_empty()) {
            match &unstated.follows {
                Some((value, span)) => {
                    ui.print(format!("{} = {}\n", harmless(&self.what), harmless(value)))?;
                    ui.print(format!(
                        "  nobody states it; it follows from {}\n",
                        harmless(&place(*span, &ui.sources))
                    ))?;
                }
                None => ui.print(format!("{} is not stated\n", harmless(&self.what)))?,
            }
            ui.print(format!("  {}\n", unstated.about))?;
            return Ok(ExitStatus::Success);
        }
        if history.is_empty() {
            let error = Error::new(ErrorKind::Content, format!("nobody states `{}`", self.what));
            let hint = match misspelt_field(&keys) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`docs/environments.md` lists all fields".to_owned(),
            };
            return Err(error.hint(hint).into());
        }
        ui.print(format!("{} = {}\n", harmless(&self.what), harmless(&shown(effective))))?;
        for node in history {
            let wins = effective.is_some_and(|effective| effective.span() == node.span());
            let mark = if wins { "*" } else { " " };
            let at = place(node.span(), &ui.sources);
            ui.print(format!("{mark} {}: {}\n", harmless(&at), harmless(&shown(Some(node)))))?;
        }
        Ok(ExitStatus::Success)
    }
}

/// Lists all releases: what each waits for, and who states it or why it follows.
fn list(stated: &Stated, ui: &mut Ui) -> Outcome {
    for environment in stated.all() {
        ui.print(format!("{}/{}\n", harmless(&environment.cluster.text), harmless(&environment.namespace.text)))?;
        for module in &environment.modules {
            let (name, chart) = (harmless(&module.release.text), harmless(&module.chart.text));
            ui.print(format!("  {name}  {chart} {}\n", harmless(&module.version.text)))?;
            let at = place(module.release.span, &ui.sources);
            let why = module.why.as_deref().map_or("stated".to_owned(), |why| format!("follows: {why}"));
            ui.print(format!("    {}  ({})\n", harmless(&why), harmless(&at)))?;
            let needs: Vec<&str> = module.needs.iter().map(|need| need.text.as_str()).collect();
            if !needs.is_empty() {
                ui.print(format!("    waits for {}\n", harmless(&needs.join(", "))))?;
            }
        }
    }
    Ok(ExitStatus::Success)
}

fn shown(node: Option<&Node>) -> String {
    let Some(node) = node else { return "(not set)".to_owned() };
    match node.to_text() {
        Some(text) => String::from_utf8_lossy(&text).into_owned(),
        None => {
            let text = crate::json::to_raw_json(&node.to_value()).unwrap_or_default();
            String::from_utf8_lossy(&text).into_owned()
        }
    }
}

/// A file and a line of it, if that is what a text names.
fn manifest_line(text: &str) -> Option<(&str, usize)> {
    let (file, line) = text.rsplit_once(':')?;
    Some((file, line.parse().ok()?))
}

fn find(value: &Value, path: &[String]) -> Option<Value> {
    path.iter().try_fold(value.clone(), |value, key| match &value {
        Value::Map(map) => map.get(key),
        Value::List(list) => list.items().get(key.parse::<usize>().ok()?).cloned(),
        _ => None,
    })
}

fn print_value(path: &[String], values: &ReleaseValues, ui: &mut Ui) -> Outcome {
    let key = path.join(".");
    let Some(value) = find(&values.value, path) else {
        let error = Error::new(ErrorKind::Content, format!("the values have no `{key}`"));
        return Err(error.hint("what they lack has the chart's default; see `chartwright values explain`").into());
    };
    print_origin(path, Some(&value), values, ui)?;
    Ok(ExitStatus::Success)
}

fn print_origin(path: &[String], value: Option<&Value>, values: &ReleaseValues, ui: &mut Ui) -> Result<(), Stop> {
    let key = path.join(".");
    let secret = path.iter().any(|part| secrets::is_secret_key(part));
    let text = match value {
        Some(Value::Map(_) | Value::List(_)) | None => String::new(),
        Some(_) if secret => " = (covered)".to_owned(),
        Some(value) => format!(" = {}", String::from_utf8_lossy(&crate::json::to_raw_json(value).unwrap_or_default())),
    };
    ui.print(format!("{}{}\n", harmless(&key), harmless(&text)))?;
    let Some(origin) = values.origins.of(path).filter(|_| find(&values.value, path).is_some()) else {
        return ui.print("  from the chart's default\n");
    };
    if let Some(template) = origin.template {
        ui.print(format!("  written by {}\n", harmless(&place(template, &ui.sources))))?;
    }
    for span in &origin.read {
        let at = place(*span, &ui.sources);
        let line = ui.sources.locate(*span).and_then(|(source, at)| source.line(at.line));
        let line = line.map(|line| String::from_utf8_lossy(line).trim().to_owned()).unwrap_or_default();
        ui.print(format!("  stated in {}: {}\n", harmless(&at), harmless(&secrets::cover_line(&line))))?;
    }
    Ok(())
}

/// The manifests of one release.
struct Manifests<'a> {
    environment: &'a Environment,
    module: &'a Module,
    values: &'a ReleaseValues,
}

impl Manifests<'_> {
    fn explain(&self, shelf: &Shelf, at: (&str, usize), how: (LoadOptions, Compat), ui: &mut Ui) -> Outcome {
        let (load, compat) = how;
        let (name, version) = (&self.module.chart.text, &self.module.version.text);
        let mut found = shelf.find(name, version, &load).map_err(|missing| missing.into_error())?;
        if let Some(folder) = &found.shown {
            local::attach(&mut found.chart, folder, &load, (&mut Notices::new(), &mut ui.sources))?;
        }
        let text = yaml::to_yaml(&self.values.value);
        let text = text.map_err(|fault| Error::new(ErrorKind::Internal, fault.message()))?;
        let user = yaml::from_yaml_map(&text).map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))?;
        let mut notices = Notices::new();
        let prepared = prepare(found.chart.clone(), &user, SchemaCheck::Skip, compat, &mut notices)?;
        let release = Release::install(self.module.release.text.clone(), self.environment.namespace.text.clone());
        let capabilities = Capabilities::of_helm(compat);
        let options = RenderOptions {
            release: &release,
            capabilities: &capabilities,
            limits: Limits::default(),
            tracing: Tracing::On,
        };
        let rendered = prepared.render(&options, &FixedWorld::default());
        let rendered = rendered.map_err(|_| {
            let message = format!("chart `{name}` does not render with these values");
            Error::new(ErrorKind::Content, message).hint("see what is wrong with `chartwright bundle build`")
        })?;
        self.print(&prepared, &rendered, at, ui)
    }

    fn print(&self, prepared: &Prepared, rendered: &Rendered, (file, line): (&str, usize), ui: &mut Ui) -> Outcome {
        let known = rendered.files().find(|(name, _)| *name == file || name.ends_with(&format!("/{file}")));
        let Some((name, text)) = known else {
            let names: Vec<&str> = rendered.files().map(|(name, _)| name).collect();
            let error = Error::new(ErrorKind::Usage, format!("the chart renders no `{file}`"));
            return Err(error.hint(format!("it renders {}", names.join(", "))).into());
        };
        let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
        let Some(shown) = line.checked_sub(1).and_then(|at| lines.get(at)) else {
            let message = format!("`{name}` has {} lines, not {line}", lines.len());
            return Err(Error::new(ErrorKind::Usage, message).into());
        };
        let start: usize = lines[..line - 1].iter().map(|line| line.len() + 1).sum();
        let shown = String::from_utf8_lossy(shown);
        ui.print(format!("{}:{line}: {}\n", harmless(name), harmless(&secrets::cover_line(shown.trim()))))?;
        let mut writers = BTreeSet::new();
        for at in start..start + shown.len().max(1) {
            if let Some((template, offset)) = rendered.writer(name, at) {
                writers.insert((template.name.clone(), position(&template.text, offset).line));
            }
        }
        for (template, line) in &writers {
            ui.print(format!("  rendered by {}:{line}\n", harmless(template)))?;
        }
        let mut paths = Vec::new();
        read_at(&prepared.values, &mut Vec::new(), rendered, &writers, &mut paths);
        if paths.is_empty() {
            ui.print("  reads no values\n")?;
        }
        for path in paths {
            print_origin(&path, find(&Value::Map(prepared.values.clone()), &path).as_ref(), self.values, ui)?;
        }
        Ok(ExitStatus::Success)
    }
}

/// The paths of values that template lines read.
fn read_at(
    table: &Map,
    path: &mut Vec<String>,
    rendered: &Rendered,
    lines: &BTreeSet<(String, usize)>,
    found: &mut Vec<Vec<String>>,
) {
    let Some(trace) = rendered.trace.as_ref().filter(|_| path.len() < DEEPEST) else { return };
    for (key, value) in table.snapshot() {
        path.push(key.to_str_lossy().into_owned());
        let is_read = trace.recorder.reads_of(table, &key).iter().any(|place| {
            let file = trace.source_of(*place);
            file.is_some_and(|file| lines.contains(&(file.name.clone(), position(&file.text, place.pos as usize).line)))
        });
        match &value {
            Value::Map(below) => read_at(below, path, rendered, lines, found),
            _ if is_read => found.push(path.clone()),
            _ => {}
        }
        path.pop();
    }
}
