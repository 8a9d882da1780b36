//! Helm's engine: a chart, its values and a release become texts, one for each template file.
//!
//! What enters is a loaded [`Chart`], its coalesced values, a [`Release`] and [`Capabilities`]; what leaves is a
//! [`Rendered`] text per file, from which [`manifest`] makes sorted manifests. The reference is Helm's `pkg/engine`:
//! the order in which files are parsed and executed, what `.` holds in each chart, and that a template sees what
//! earlier ones changed.

pub mod action;
pub mod capabilities;
pub mod coverage;
mod funcs;
mod methods;
pub mod errors;
pub mod files;
pub mod glob;
pub mod hooks;
pub mod manifest;
pub mod names;
pub mod order;
pub mod output;
pub mod release;
mod templates;

pub use capabilities::{Capabilities, KubeVersion};
pub use coverage::Coverage;
pub use release::Release;
pub use templates::{Parses, TemplateFile};

use crate::chart::{Chart, Compat};
use crate::funcs as sprig;
use crate::template::func::FuncTable;
use crate::template::{Exec, ExecError, Limits, ParseError, Recorder, Records, Segments, TracePlace, builtins};
use crate::value::{Map, MapKind, Text, Value};
use crate::world::World;
use std::ops::Range;
use std::rc::Rc;

/// What a chart is rendered with.
pub struct Job<'a> {
    /// The chart with its enabled subcharts.
    pub chart: &'a Chart,
    /// The coalesced values of the chart and its subcharts. Templates may change them.
    pub values: Map,
    /// The release.
    pub release: &'a Release,
    /// What the cluster can do.
    pub capabilities: &'a Capabilities,
    /// The Helm whose rules hold.
    pub compat: Compat,
    /// What execution may use up.
    pub limits: Limits,
    /// Whether to record which template line wrote and read what.
    pub tracing: Tracing,
}

/// Whether a render records what it saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tracing {
    /// Nothing is recorded.
    #[default]
    Off,
    /// Places of output are recorded.
    Places,
    /// Places of output and reads of values are recorded.
    On,
}

impl Tracing {
    fn records(self) -> Option<Records> {
        match self {
            Tracing::Off => None,
            Tracing::Places => Some(Records::Places),
            Tracing::On => Some(Records::Reads),
        }
    }
}

/// The texts of a chart's template files, in the order in which Helm executes them.
#[derive(Debug, Default)]
pub struct Rendered {
    text: Vec<u8>,
    files: Vec<RenderedFile>,
    /// What was recorded, if it was asked for.
    pub trace: Option<Trace>,
}

#[derive(Debug)]
struct RenderedFile {
    name: String,
    range: Range<usize>,
}

/// What a traced render saw.
#[derive(Debug, Default)]
pub struct Trace {
    /// The segments of each file's output, in the order of [`Rendered::files`].
    pub segments: Vec<Rc<Segments>>,
    /// Reads of values.
    pub recorder: Recorder,
    /// The file name of each template text, by its number.
    pub sources: Vec<TemplateFile>,
}

impl Rendered {
    /// The template files with their texts.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|file| (file.name.as_str(), &self.text[file.range.clone()]))
    }

    /// The template that wrote byte `at` of a file's text, and the byte of the template; of a traced render only.
    pub fn writer(&self, file: &str, at: usize) -> Option<(&TemplateFile, usize)> {
        let trace = self.trace.as_ref()?;
        let index = self.files().position(|(name, _)| name == file)?;
        let segment = trace.segments.get(index)?.find(at)?;
        let along = if segment.verbatim { at.saturating_sub(segment.out) } else { 0 };
        Some((trace.source_of(segment.place)?, segment.place.pos as usize + along))
    }

    fn push(&mut self, name: &str, text: &[u8]) {
        let start = self.text.len();
        crate::template::append_without_no_value(&mut self.text, text);
        self.files.push(RenderedFile { name: name.to_owned(), range: start..self.text.len() });
    }
}

/// Why a chart could not be rendered.
#[derive(Debug)]
pub enum RenderError {
    /// A template file is no template.
    Parse {
        /// Its name.
        file: String,
        /// Go's complaint.
        error: ParseError,
    },
    /// The execution of a template file failed.
    Exec {
        /// The file whose execution failed; the error may lie in another one.
        file: String,
        /// What happened.
        error: Box<ExecError>,
    },
}

/// The functions that templates of a chart may call under the rules of one Helm.
pub fn functions(compat: Compat) -> FuncTable {
    let mut chapters = vec![builtins::FUNCS];
    chapters.extend(sprig::SPRIG);
    chapters.push(funcs::FUNCS);
    chapters.push(methods::FUNCS);
    if compat == Compat::Helm43 {
        chapters.push(sprig::dates::DURATION_FUNCS);
    }
    let table = FuncTable::new(&chapters);
    if compat == Compat::Helm3 {
        // Helm 3 has these two only in their plain temper.
        return table.without("mustToToml").without("mustToYaml");
    }
    table
}

/// The template files of a chart and its subcharts, in the order in which Helm parses and executes them.
pub fn template_files(chart: &Chart) -> Vec<TemplateFile> {
    templates::of_chart(chart)
}

impl Trace {
    /// The file that a place lies in; `None` for the text of a `tpl`.
    pub fn source_of(&self, place: TracePlace) -> Option<&TemplateFile> {
        self.sources.get(place.template.file())
    }
}

/// Renders all template files of a chart and its subcharts.
///
/// # Errors
/// The first template that cannot be parsed, in Helm's order, or else the first whose execution fails.
pub fn render(job: &Job<'_>, world: &dyn World) -> Result<Rendered, RenderError> {
    render_parsed(job, world, &Parses::new(job.compat))
}

/// Renders as [`render`] does; what `parses`, of the same Helm, has parsed before is not parsed again.
///
/// # Errors
/// Those of [`render`].
pub fn render_parsed(job: &Job<'_>, world: &dyn World, parses: &Parses) -> Result<Rendered, RenderError> {
    let found = templates::of_chart(job.chart);
    let set = parses.set(&found)?;
    let mut exec = Exec::new(&set, parses.funcs(), world, job.limits);
    if let Some(records) = job.tracing.records() {
        exec.record(Recorder::of(records));
    }
    let mut rendered = execute_all(job, &found, &mut exec)?;
    rendered.trace =
        exec.recorded().map(|recorder| Trace { recorder, sources: found, ..rendered.trace.unwrap_or_default() });
    Ok(rendered)
}

/// Renders as [`render`] does and adds what was executed to `coverage`, also where a template fails.
///
/// # Errors
/// Those of [`render`].
pub fn render_covered(job: &Job<'_>, world: &dyn World, coverage: &mut Coverage) -> Result<Rendered, RenderError> {
    let parses = Parses::new(job.compat);
    let found = templates::of_chart(job.chart);
    let set = parses.set(&found)?;
    let mut exec = Exec::new(&set, parses.funcs(), world, job.limits);
    exec.record(Recorder::new());
    let rendered = execute_all(job, &found, &mut exec);
    if let Some(recorder) = exec.recorded() {
        for (at, file) in found.iter().enumerate() {
            coverage.add(&file.name, &file.text, set.coverage(at, &recorder));
        }
    }
    rendered
}

/// Executes all files that are no partials; a recorder's segments come back as the trace of the result.
fn execute_all(job: &Job<'_>, found: &[TemplateFile], exec: &mut Exec<'_>) -> Result<Rendered, RenderError> {
    let scopes = scopes(job);
    let mut rendered = Rendered::default();
    let mut segments = Vec::new();
    for file in found.iter().filter(|file| !file.is_partial()) {
        let scope = &scopes[file.chart];
        scope.map.insert("Template", template_map(file, scope, job.compat));
        let dot = Value::Map(scope.map.of_type(values_kind(job.compat)));
        let result = exec.execute(&file.name, &dot, |text| {
            rendered.push(&file.name, text);
            (job.tracing != Tracing::Off).then(|| (text.to_vec(), crate::template::no_values(text)))
        });
        let written = result.map_err(|error| RenderError::Exec { file: file.name.clone(), error })?;
        if let (Some(recorder), Some((text, gaps))) = (exec.recorder(), written) {
            segments.push(Rc::new(recorder.take_segments(text, gaps)));
        }
    }
    rendered.trace = (job.tracing != Tracing::Off).then(|| Trace { segments, ..Trace::default() });
    Ok(rendered)
}

/// What `.` holds in one chart.
struct Scope {
    map: Map,
    base_path: Text,
}

fn values_kind(compat: Compat) -> MapKind {
    if compat == Compat::Helm3 { MapKind::ChartutilValues } else { MapKind::CommonValues }
}

fn template_map(file: &TemplateFile, scope: &Scope, compat: Compat) -> Map {
    let entries =
        vec![("BasePath".into(), Value::Str(scope.base_path.clone())), ("Name".into(), Value::str(&file.name))];
    Map::from_entries(values_kind(compat), entries)
}

/// The scopes of a chart and its subcharts, in the order in which [`templates::of_chart`] numbers the charts.
fn scopes(job: &Job<'_>) -> Vec<Scope> {
    let mut scopes = Vec::new();
    let shared = Shared {
        release: Value::Map(job.release.to_map()),
        capabilities: job.capabilities.to_value(),
        compat: job.compat,
    };
    let values = job.values.of_type(values_kind(job.compat));
    add_scope(job.chart, job.chart.name(), values, &shared, &mut scopes);
    scopes
}

struct Shared {
    release: Value,
    capabilities: Value,
    compat: Compat,
}

fn add_scope(chart: &Chart, path: &str, values: Map, shared: &Shared, scopes: &mut Vec<Scope>) -> Map {
    let subcharts = Map::new();
    let own_files = chart.files.iter().map(|file| (&*file.name, file.data.clone()));
    let entries = vec![
        ("Capabilities".into(), shared.capabilities.clone()),
        ("Chart".into(), chart_value(chart, path, shared.compat)),
        ("Files".into(), files::Files::new(shared.compat, own_files).into_value()),
        ("Release".into(), shared.release.clone()),
        ("Subcharts".into(), Value::Map(subcharts.clone())),
        ("Values".into(), Value::Map(values.clone())),
    ];
    let map = Map::from_entries(MapKind::Any, entries);
    scopes.push(Scope { map: map.clone(), base_path: Text::from(format!("{path}/templates")) });
    for sub in &chart.dependencies {
        let values = match values.get(sub.name()) {
            Some(Value::Map(table)) => table.of_type(values_kind(shared.compat)),
            _ => Map::of_kind(values_kind(shared.compat)),
        };
        let scope = add_scope(sub, &format!("{path}/charts/{}", sub.name()), values, shared, scopes);
        subcharts.insert(sub.name(), scope);
    }
    map
}

fn chart_value(chart: &Chart, path: &str, compat: Compat) -> Value {
    let is_root = path_depth(path) == 0;
    if compat == Compat::Helm3 {
        return chart.metadata.to_struct(is_root);
    }
    let map = chart.metadata.to_map();
    map.insert("IsRoot", Value::Bool(is_root));
    Value::Map(map)
}

fn path_depth(path: &str) -> usize {
    path.bytes().filter(|byte| *byte == b'/').count()
}
