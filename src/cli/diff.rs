//! `chartwright diff`.

use super::args::GlobalArgs;
use super::options::TemplateOptions;
use super::report::harmless;
use super::run_template::Render;
use super::secrets;
use super::template::{ChartArgs, ValueArgs};
use super::ui::{ExitStatus, Outcome, Stop, Ui};
use super::validate::ReleaseArgs;
use super::{failure, run_template};
use crate::chart;
use crate::diagnostic::{Error, ErrorKind};
use crate::json;
use crate::kubernetes;
use crate::render::Tracing;
use crate::render::manifest::{TextFile, sort_manifests, without_notes};
use crate::semantic_diff::{Change, Field, Side, compare};
use crate::source::SourceId;
use crate::value::Value;
use crate::world::KeepingWorld;
use crate::yaml::{self, Node};
use clap::Args;
use std::path::Path;

/// The longest value that is printed whole.
const LONGEST: usize = 200;

/// Compare two charts, versions of one, or sets of values, by object and field.
///
/// Ends with 0 when both render to the same, 1 when they differ, 2 when one cannot be rendered. Fields that are random
/// in one of them are left out.
#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    /// The first side: a chart, or a file of manifests
    #[arg(value_name = "A")]
    one: String,
    /// The second side; without it, the first one with other values
    #[arg(value_name = "B")]
    other: Option<String>,
    /// Values of the second side alone
    #[arg(long, value_name = "FILE")]
    values_b: Vec<String>,
    /// A value of the second side alone
    #[arg(long, value_name = "KEY=VALUE")]
    set_b: Vec<String>,
    /// Version of the second side, with --repo
    #[arg(long, value_name = "VERSION")]
    version_b: Option<String>,
    /// How the differences are told
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    output: Output,
    /// Print what Secrets and passwords hold
    #[arg(long)]
    show_secrets: bool,
    /// Version of Kubernetes to render for
    #[arg(long, value_name = "VERSION", default_value = "", hide_default_value = true)]
    kube_version: String,
    #[command(flatten)]
    release: ReleaseArgs,
    #[command(flatten)]
    chart: ChartArgs,
    #[command(flatten)]
    values: ValueArgs,
}

/// How differences are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON document.
    Json,
}

impl DiffArgs {
    /// Compares and tells what differs.
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        let options = |path: &str| self.release.options(path, (&self.chart, &self.values), &self.kube_version, global);
        let one = options(&self.one)?;
        let mut other = options(self.other.as_ref().unwrap_or(&self.one))?;
        other.values.files.extend(self.values_b.iter().cloned());
        other.values.set.extend(self.set_b.iter().cloned());
        if let Some(version) = &self.version_b {
            other.chart.version.clone_from(version);
        }
        let sides = objects(&self.one, &one, ui)
            .and_then(|one_side| Ok((one_side, objects(self.other.as_ref().unwrap_or(&self.one), &other, ui)?)));
        // A side that does not render is no difference: that is told with another status.
        let (one, other) = match sides {
            Ok(sides) => sides,
            Err(Stop::Content(diagnostics)) => {
                diagnostics.iter().for_each(|diagnostic| ui.warn(diagnostic));
                return Ok(ExitStatus::Failure);
            }
            Err(Stop::Error(error)) => {
                let failed = Error::new(ErrorKind::Io, error.message());
                return Err(error.hints().iter().cloned().fold(failed, Error::hint).into());
            }
            Err(stop) => return Err(stop),
        };
        let changes = compare(one.side(), other.side());
        let text = match self.output {
            Output::Text => changes.iter().map(|change| self.lines(change)).collect(),
            Output::Json => self.json(&changes),
        };
        ui.print(text)?;
        Ok(if changes.is_empty() { ExitStatus::Success } else { ExitStatus::Content })
    }

    fn lines(&self, change: &Change) -> String {
        let text = match change {
            Change::Added(resource) => format!("+ {resource}\n"),
            Change::Removed(resource) => format!("- {resource}\n"),
            Change::Changed(resource, fields) => {
                let line = |field: &Field| {
                    let (before, after) = self.shown(&resource.kind, field);
                    format!("    {}: {before} -> {after}\n", field.path)
                };
                format!("~ {resource}\n{}", fields.iter().map(line).collect::<String>())
            }
        };
        harmless(&text).into_owned()
    }

    /// Both values of a field as texts.
    fn shown(&self, kind: &str, field: &Field) -> (String, String) {
        let covered = !self.show_secrets && is_secret(kind, &field.path);
        let text = |value: &Option<Value>| match value {
            None => "(none)".to_owned(),
            Some(_) if covered => "(covered)".to_owned(),
            Some(value) => {
                let text = json::to_raw_json(value).unwrap_or_default();
                let text = String::from_utf8_lossy(&text).into_owned();
                let cut = text.char_indices().nth(LONGEST).and_then(|(at, _)| text.get(..at));
                let shown = cut.map_or_else(|| text.clone(), |start| format!("{start}... ({} bytes)", text.len()));
                if self.show_secrets { shown } else { secrets::cover_line(&shown).into_owned() }
            }
        };
        (text(&field.before), text(&field.after))
    }

    fn json(&self, changes: &[Change]) -> String {
        let of = |value: &Option<Value>, covered: bool| match value {
            None => serde_json::Value::Null,
            Some(_) if covered => serde_json::json!("(covered)"),
            Some(value) => {
                let text = json::to_raw_json(value).unwrap_or_default();
                serde_json::from_slice(&text).unwrap_or_default()
            }
        };
        let each = changes.iter().map(|change| {
            let resource = change.resource();
            let (what, fields) = match change {
                Change::Added(_) => ("added", [].as_slice()),
                Change::Removed(_) => ("removed", [].as_slice()),
                Change::Changed(_, fields) => ("changed", fields.as_slice()),
            };
            let fields = fields.iter().map(|field| {
                let covered = !self.show_secrets && is_secret(&resource.kind, &field.path);
                serde_json::json!({
                    "path": field.path, "before": of(&field.before, covered), "after": of(&field.after, covered),
                })
            });
            serde_json::json!({
                "change": what, "apiVersion": resource.api_version, "kind": resource.kind,
                "namespace": resource.namespace, "name": resource.name, "fields": fields.collect::<Vec<_>>(),
            })
        });
        let whole = serde_json::json!({ "changes": each.collect::<Vec<_>>() });
        format!("{}\n", serde_json::to_string_pretty(&whole).unwrap_or_default())
    }
}

/// Whether a field holds what nobody should read in a log.
fn is_secret(kind: &str, path: &str) -> bool {
    let data = kind == "Secret" && (path.starts_with("data") || path.starts_with("stringData"));
    data || path.split(['.', '[', ']', '=']).any(secrets::is_secret_key)
}

/// The objects of two renders of one side.
struct Objects {
    first: Vec<Node>,
    second: Vec<Node>,
}

impl Objects {
    fn side(&self) -> Side<'_> {
        Side { objects: &self.first, again: &self.second }
    }
}

fn objects(path: &str, options: &TemplateOptions, ui: &mut Ui) -> Result<Objects, Stop> {
    let is_manifest = Path::new(path).extension().is_some_and(|end| end == "yaml" || end == "yml" || end == "json");
    if path == "-" || is_manifest && Path::new(path).is_file() {
        let text = if path == "-" { run_template::read_values_file(path)? } else { chart::read_file(Path::new(path))? };
        return Ok(Objects { first: read(&text, path)?, second: Vec::new() });
    }
    let job = Render::prepare(options, ui)?;
    let first = render(&job, &world(1), ui)?;
    let second = render(&job, &world(2), ui)?;
    Ok(Objects { first, second })
}

/// A world whose random bytes and time follow from a number.
fn world(number: u64) -> KeepingWorld {
    const YEAR: i128 = 365 * 24 * 3600 * 1_000_000_000;
    KeepingWorld::new(i128::from(number) * 20 * YEAR, number)
}

/// The objects of one render.
fn render(job: &Render<'_>, world: &KeepingWorld, ui: &mut Ui) -> Result<Vec<Node>, Stop> {
    let rendered = job.execute_in(world, Tracing::Off).map_err(|error| failure::of_render(&error, job, ui))?;
    let files = without_notes(rendered.files().map(|(path, text)| TextFile { path, text }));
    let found = sort_manifests(&files, job.options.compat).map_err(|fault| failure::of_manifest(&fault, job, ui))?;
    let filter = job.hooks();
    let hooks = found.hooks.iter().filter(|hook| filter.shows(hook)).map(|hook| &hook.manifest);
    let mut objects = Vec::new();
    for (path, file) in job.prepared.chart.crds() {
        objects.extend(read(&file.data, &path)?);
    }
    for manifest in found.manifests.iter().chain(hooks) {
        objects.extend(read(manifest.text, manifest.path)?);
    }
    Ok(objects)
}

fn read(text: &[u8], name: &str) -> Result<Vec<Node>, Stop> {
    let documents = kubernetes::documents(text);
    let parse = |document: &kubernetes::Document<'_>| {
        yaml::parse(document.text, SourceId::default()).map_err(|error| {
            Error::new(ErrorKind::Content, format!("cannot read `{name}`: {}", error.message())).into()
        })
    };
    documents.iter().map(parse).collect()
}
