//! `chartwright validate`.

use super::args::GlobalArgs;
use super::failure::{self, Writers};
use super::options::{self, TemplateOptions};
use super::report;
use super::run_template::{self, Render};
use super::schema_location::SchemaLocations;
use super::template::{ChartArgs, ValueArgs};
use super::ui::{ExitStatus, Outcome, Stop, Ui};
use crate::chart;
use crate::diagnostic::{Diagnostic, Error, ErrorKind};
use crate::kubernetes::{self, Checked, Depth, Document, MissingSchemas, Settings, Strictness, Validator, Verdict};
use crate::render::manifest::{Manifest, TextFile, sort_manifests, without_notes};
use crate::render::{Capabilities, KubeVersion, Tracing};
use crate::source::{Source, SourceId, Span};
use crate::world::FixedWorld;
use clap::Args;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Check manifests against the types of Kubernetes.
///
/// Each finding points at the field, in a chart at the template line that wrote it. CRDs of a chart, or among the
/// files, are used by themselves.
#[derive(Debug, Args)]
pub(super) struct ValidateArgs {
    /// Charts, files of manifests, folders of such files, or `-` for standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<String>,
    /// Version of Kubernetes whose types hold
    #[arg(long, value_name = "VERSION", default_value = "", hide_default_value = true)]
    kube_version: String,
    /// Pass over unknown fields and keys that stand twice, as an API server can
    #[arg(long, conflicts_with = "strict")]
    lenient: bool,
    /// Refuse unknown fields and keys that stand twice; this is the default
    #[arg(long)]
    strict: bool,
    /// Check nothing that only an API server knows: ranges, names, selectors, unique keys
    #[arg(long)]
    schema_only: bool,
    /// Further schemas: a folder or a template of paths, as kubeconform takes it
    #[arg(long, value_name = "PLACE")]
    schema_location: Vec<String>,
    /// Skip kinds that have no schema
    #[arg(long)]
    ignore_missing_schemas: bool,
    /// How the verdicts are told
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    output: Output,
    #[command(flatten)]
    release: ReleaseArgs,
    #[command(flatten)]
    chart: ChartArgs,
    #[command(flatten)]
    values: ValueArgs,
}

/// What a chart is rendered with.
#[derive(Debug, Args)]
#[command(next_help_heading = "Release")]
pub(super) struct ReleaseArgs {
    /// Name of the release
    #[arg(long = "release-name", value_name = "NAME", default_value = "release-name")]
    name: String,
    /// Namespace of the release
    #[arg(short, long, default_value = "", hide_default_value = true)]
    namespace: String,
    /// API versions that the cluster has
    #[arg(short, long, value_name = "VERSIONS")]
    api_versions: Vec<String>,
    /// Render as an upgrade
    #[arg(long)]
    is_upgrade: bool,
    /// Leave out hooks
    #[arg(long)]
    no_hooks: bool,
    /// Leave out the hooks that are tests
    #[arg(long)]
    skip_tests: bool,
    /// Render whether or not the values fit the chart's schema
    #[arg(long)]
    skip_schema_validation: bool,
}

impl ReleaseArgs {
    /// The options with which `template` would render a chart.
    pub(super) fn options(
        &self,
        path: &str,
        (chart, values): (&ChartArgs, &ValueArgs),
        kube_version: &str,
        global: &GlobalArgs,
    ) -> Result<TemplateOptions, Stop> {
        let split = options::split_commas(&self.api_versions);
        let api_versions = split.map_err(|why| {
            Error::new(ErrorKind::Usage, format!("cannot read the value of `--api-versions`: {why}"))
        })?;
        Ok(TemplateOptions {
            arguments: vec![self.name.clone(), path.to_owned()],
            chart: chart.options(),
            values: values.options()?,
            limits: global.limits(),
            compat: global.helm_compat,
            namespace: options::namespace(&self.namespace),
            kube_version: kube_version.to_owned(),
            api_versions,
            is_upgrade: self.is_upgrade,
            no_hooks: self.no_hooks,
            skip_tests: self.skip_tests,
            skip_schema_validation: self.skip_schema_validation,
            ..TemplateOptions::default()
        })
    }
}

/// How verdicts are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    /// Findings for people, and a count.
    #[default]
    Text,
    /// One line of JSON for each object.
    Json,
}

/// What one path is.
enum Subject {
    Chart,
    /// A file of manifests: its name and its bytes.
    Files(Vec<(String, Vec<u8>)>),
}

impl ValidateArgs {
    /// Checks everything that the paths name; one that cannot be read keeps none of the others from being checked.
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        let settings = self.settings(global)?;
        let locations = SchemaLocations {
            templates: &self.schema_location,
            minor: settings.minor,
            strictness: settings.strictness,
            transport: None,
        };
        let mut tally = Tally { output: self.output, counts: HashMap::new(), failed: false };
        let mut validator = Validator::new(settings, &locations)?;
        let (mut files, mut charts) = (Vec::new(), Vec::new());
        for path in &self.paths {
            match subject(path) {
                Ok(Subject::Chart) => charts.push(path),
                Ok(Subject::Files(found)) => files.extend(found),
                Err(error) => tally.refuse(path, error.into(), ui)?,
            }
        }
        // CRDs among the files hold for the charts too, those of a chart for itself.
        files.iter().for_each(|(_, text)| validator.add_crds(text));
        for (name, text) in files {
            check_file(name, text, &validator, (&mut tally, ui))?;
        }
        for path in charts {
            validator.open_scope();
            let done = self.check_chart(path, &mut validator, global, (&mut tally, ui));
            validator.close_scope();
            done.or_else(|stop| tally.refuse(path, stop, ui))?;
        }
        if self.output == Output::Text {
            ui.print(tally.summary())?;
        }
        Ok(tally.status())
    }

    fn settings(&self, global: &GlobalArgs) -> Result<Settings, Stop> {
        let version = match self.kube_version.as_str() {
            "" => Capabilities::of_helm(global.helm_compat).kube_version().version.clone(),
            text => {
                let read = KubeVersion::parse(text, global.helm_compat);
                read.map_err(|fault| Error::new(ErrorKind::Usage, fault.message()))?.version
            }
        };
        let refuse = || Error::new(ErrorKind::Usage, format!("expected a Kubernetes version such as 1.33, found `{version}`"));
        let mut numbers = version.trim_start_matches('v').split('.');
        let minor = match (numbers.next(), numbers.next().and_then(|minor| minor.parse().ok())) {
            (Some("1"), Some(minor)) => minor,
            _ => return Err(refuse().into()),
        };
        Ok(Settings {
            minor,
            strictness: if self.lenient { Strictness::Lenient } else { Strictness::Strict },
            depth: if self.schema_only { Depth::Schema } else { Depth::Server },
            missing: if self.ignore_missing_schemas { MissingSchemas::Skip } else { MissingSchemas::Refuse },
        })
    }

    fn check_chart(
        &self,
        path: &str,
        validator: &mut Validator<'_>,
        global: &GlobalArgs,
        (tally, ui): (&mut Tally, &mut Ui),
    ) -> Result<(), Stop> {
        let options = self.release.options(path, (&self.chart, &self.values), &self.kube_version, global)?;
        let job = Render::prepare(&options, ui)?;
        // A render in a world that stands still can be repeated to learn which template line wrote what.
        let world = FixedWorld::default();
        let rendered = job.execute_in(&world, Tracing::Off).map_err(|error| failure::of_render(&error, &job, ui))?;
        let files = without_notes(rendered.files().map(|(path, text)| TextFile { path, text }));
        let found = sort_manifests(&files, options.compat).map_err(|fault| failure::of_manifest(&fault, &job, ui))?;
        let crds = job.prepared.chart.crds();
        crds.iter().for_each(|(_, file)| validator.add_crds(&file.data));
        files.iter().for_each(|file| validator.add_crds(file.text));
        let mut results = Vec::new();
        for (path, file) in &crds {
            let id = ui.sources.add(Source::new(path.to_string(), file.data.to_vec()));
            for document in kubernetes::documents(&file.data) {
                results.extend(validator.check(&document, id)?);
            }
        }
        results.into_iter().try_for_each(|checked| tally.take(checked, ui))?;
        let hooks = job.hooks();
        let hooks = found.hooks.iter().filter(|hook| hooks.shows(hook)).map(|hook| &hook.manifest);
        let mut outputs = Outputs { files: &files, known: HashMap::new() };
        let mut checked = Vec::new();
        for manifest in found.manifests.iter().chain(hooks) {
            let (id, document) = outputs.document(manifest, ui);
            checked.extend(validator.check(&document, id)?.into_iter().map(|checked| (manifest.path, checked)));
        }
        let wrong = checked.iter().any(|(_, checked)| !checked.findings.is_empty());
        let traced = if wrong { job.execute_in(&world, Tracing::On).ok() } else { None };
        let mut writers = traced.as_ref().map(|traced| Writers::new(&job, traced));
        for (path, mut checked) in checked {
            checked.findings = checked.findings.into_iter().map(|finding| match (&mut writers, finding.primary) {
                (Some(writers), Some(span)) => {
                    let finding = Diagnostic { primary: None, ..finding };
                    writers.point(finding, path, (span.start as usize, span), ui)
                }
                _ => finding,
            }).collect();
            tally.take(checked, ui)?;
        }
        Ok(())
    }
}

/// The rendered files that documents stand in, as sources.
struct Outputs<'a> {
    files: &'a [TextFile<'a>],
    known: HashMap<&'a str, SourceId>,
}

impl<'a> Outputs<'a> {
    fn document(&mut self, manifest: &Manifest<'a>, ui: &mut Ui) -> (SourceId, Document<'a>) {
        let id = *self.known.entry(manifest.path).or_insert_with(|| {
            let text = self.files.iter().find(|file| file.path == manifest.path).map_or(manifest.text, |file| file.text);
            ui.sources.add(Source::new(format!("{} (rendered)", manifest.path), text.to_vec()))
        });
        (id, Document { text: manifest.text, offset: manifest.offset })
    }
}

fn check_file(
    name: String,
    text: Vec<u8>,
    validator: &Validator<'_>,
    (tally, ui): (&mut Tally, &mut Ui),
) -> Result<(), Stop> {
    let id = ui.sources.add(Source::new(name, text));
    let text = ui.sources.get(id).map(Source::shared_text).unwrap_or_default();
    for document in kubernetes::documents(&text) {
        for checked in validator.check(&document, id)? {
            tally.take(checked, ui)?;
        }
    }
    Ok(())
}

fn subject(path: &str) -> Result<Subject, Error> {
    if path == "-" {
        let text = run_template::read_values_file(path)?;
        return Ok(Subject::Files(vec![("standard input".to_owned(), text)]));
    }
    let place = Path::new(path);
    if place.is_dir() {
        return match place.join("Chart.yaml").is_file() {
            true => Ok(Subject::Chart),
            false => Ok(Subject::Files(manifests_below(place)?)),
        };
    }
    let is_manifest = |end: &std::ffi::OsStr| end == "yaml" || end == "yml" || end == "json";
    if place.is_file() && place.extension().is_some_and(is_manifest) {
        return Ok(Subject::Files(vec![(path.to_owned(), chart::read_file(place)?)]));
    }
    Ok(Subject::Chart)
}

/// The YAML and JSON files below a folder, in the order of their paths.
fn manifests_below(folder: &Path) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.map_err(|error| Error::io("cannot read", folder, error.into()))?;
        let path: PathBuf = entry.into_path();
        let is_manifest = path.extension().is_some_and(|end| end == "yaml" || end == "yml" || end == "json");
        if is_manifest && path.is_file() {
            found.push((path.to_string_lossy().into_owned(), chart::read_file(&path)?));
        }
    }
    if found.is_empty() {
        let message = format!("`{}` has neither a Chart.yaml nor YAML or JSON files", folder.display());
        return Err(Error::new(ErrorKind::Usage, message).hint("name a chart, a file or a folder of manifests"));
    }
    Ok(found)
}

/// What was found so far.
struct Tally {
    output: Output,
    counts: HashMap<Verdict, usize>,
    /// Whether a chart could not be rendered.
    failed: bool,
}

impl Tally {
    fn take(&mut self, checked: Checked, ui: &mut Ui) -> Result<(), Stop> {
        *self.counts.entry(checked.verdict).or_default() += 1;
        match self.output {
            Output::Text => checked.findings.into_iter().for_each(|finding| {
                let named = finding.frame_resource(&checked.resource);
                ui.warn(&named);
            }),
            Output::Json => ui.print(line_of_json(&checked, ui))?,
        }
        Ok(())
    }

    fn fail(&mut self, diagnostics: &[Diagnostic], ui: &mut Ui) {
        self.failed = true;
        diagnostics.iter().for_each(|diagnostic| ui.warn(diagnostic));
    }

    /// Tells why one path could not be checked; what keeps the others from being checked too is passed on.
    fn refuse(&mut self, path: &str, stop: Stop, ui: &mut Ui) -> Result<(), Stop> {
        match stop {
            Stop::Content(diagnostics) => self.fail(&diagnostics, ui),
            Stop::Error(error) if matches!(error.kind(), ErrorKind::Content | ErrorKind::Limit) => {
                let hints = error.hints().to_vec();
                self.fail(&[Diagnostic { hints, ..Diagnostic::error(format!("`{path}`: {error}")) }], ui);
            }
            other => return Err(other),
        }
        Ok(())
    }

    fn count(&self, verdict: Verdict) -> usize {
        self.counts.get(&verdict).copied().unwrap_or(0)
    }

    fn summary(&self) -> String {
        let objects: usize = self.counts.values().sum::<usize>() - self.count(Verdict::Empty);
        let of = |verdict: Verdict| format!("{} {}", self.count(verdict), verdict.name());
        let noun = if objects == 1 { "object" } else { "objects" };
        let told = [Verdict::Valid, Verdict::Invalid, Verdict::Error, Verdict::Skipped].map(of);
        format!("{objects} {noun}: {}\n", told.join(", "))
    }

    fn status(&self) -> ExitStatus {
        let wrong = self.failed || self.count(Verdict::Invalid) + self.count(Verdict::Error) > 0;
        if wrong { ExitStatus::Content } else { ExitStatus::Success }
    }
}

impl Diagnostic {
    /// Tells which object a finding is about.
    fn frame_resource(mut self, resource: &kubernetes::ResourceId) -> Diagnostic {
        if !resource.kind.is_empty() {
            self.message = format!("{resource}: {}", self.message);
        }
        self
    }
}

fn line_of_json(checked: &Checked, ui: &Ui) -> String {
    let findings = checked.findings.iter().map(|finding| {
        serde_json::from_str::<serde_json::Value>(&report::json(finding, &ui.sources)).unwrap_or_default()
    });
    let place = |span: Span| {
        let (source, position) = ui.sources.locate(span)?;
        Some(serde_json::json!({ "file": source.name(), "line": position.line }))
    };
    let line = serde_json::json!({
        "apiVersion": checked.resource.api_version, "kind": checked.resource.kind,
        "namespace": checked.resource.namespace, "name": checked.resource.name,
        "verdict": checked.verdict.name(), "place": place(checked.span), "findings": findings.collect::<Vec<_>>(),
    });
    format!("{line}\n")
}
