//! What `template` does, for both command lines, in the order of Helm's command: that order decides which of several
//! errors is told.

use super::failure;
use super::options::{Compat, LimitOptions, TemplateOptions, ValueOptions};
use super::system::SystemWorld;
use super::ui::{ExitStatus, Face, Outcome, Stop, Ui};
use super::{locate, name_template, run_dependency};
use crate::chart::{self, Chart, Level, LoadOptions, Notice, Notices, check};
use crate::dependency::local;
use crate::diagnostic::{Error, ErrorKind, Fault};
use crate::render::action::{Prepared, RenderOptions, SchemaCheck, prepare};
use crate::render::manifest::{ManifestFault, Manifests, TextFile, sort_manifests, without_notes};
use crate::render::names::{self, NameFlags, NameSource};
use crate::render::output::{HookFilter, OutputDir, Stream};
use crate::render::release::Operation;
use crate::render::{Capabilities, KubeVersion, Parses, Release, Rendered, Tracing};
use crate::template::Limits;
use crate::value::Map;
use crate::values::{Layer, merge_layers};
use crate::world::World;
use std::io::Read;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

/// Renders a chart and prints its manifests, or writes them to a folder.
pub(super) fn run(options: &TemplateOptions, ui: &mut Ui) -> Outcome {
    if options.debug {
        ui.show_debug();
    }
    // The process ends next: to free charts and values one by one would only take time.
    ManuallyDrop::new(Render::prepare(options, ui)?).run(ui)
}

/// The chart and its values, ready to be rendered.
fn job<'a>(options: &'a TemplateOptions, ui: &mut Ui) -> Result<Render<'a>, Stop> {
    let capabilities = capabilities(options)?;
    ui.debug("Original chart version", &[("version", &options.chart.version)]);
    let flags = NameFlags { generate: options.generate_name, template: &options.name_template };
    let (source, chart) = names::name_and_chart(&options.arguments, flags).map_err(usage)?;
    let name = release_name(source)?;
    let world = SystemWorld::new(options)?;
    let (path, chart, user) = load(chart, options, ui)?;
    names::check_name(&name, options.compat).map_err(|fault| refuse_name(fault, options.compat, ui))?;
    let prepared = prepared(chart, &user, options, ui)?;
    let operation = if options.is_upgrade { Operation::Upgrade } else { Operation::Install };
    let release = Release { name, namespace: options.namespace.clone(), operation, revision: 1 };
    Ok(Render { options, path, prepared, release, capabilities, world })
}

/// A fault of the command line, with Helm's text.
fn usage(fault: Fault) -> Stop {
    let error = Error::new(ErrorKind::Usage, fault.message());
    Stop::Error(fault.hints().iter().fold(error, |error, hint| error.hint(hint)))
}

fn capabilities(options: &TemplateOptions) -> Result<Capabilities, Stop> {
    let known = Capabilities::of_helm(options.compat).with_api_versions(options.api_versions.iter().cloned());
    if options.kube_version.is_empty() {
        return Ok(known);
    }
    let version = KubeVersion::parse(&options.kube_version, options.compat).map_err(usage)?;
    Ok(known.with_kube_version(version))
}

fn release_name(source: NameSource<'_>) -> Result<String, Stop> {
    match source {
        NameSource::Argument(name) => Ok(name.to_owned()),
        NameSource::Default => Ok(names::DEFAULT_NAME.to_owned()),
        NameSource::Template(text) => name_template::execute(text).map_err(|text| usage(Fault::new(text))),
    }
}

fn refuse_name(fault: Fault, compat: Compat, ui: &mut Ui) -> Stop {
    let doing = "release name check failed";
    if compat != Compat::Helm3 {
        let why = fault.message().strip_prefix(doing).and_then(|text| text.strip_prefix(": "));
        ui.log(&Notice::new(Level::Error, doing).with("error", why.unwrap_or_default()));
    }
    usage(fault)
}

/// The place of the chart, the chart, and the user's values.
pub(super) fn load(reference: &str, options: &TemplateOptions, ui: &mut Ui) -> Result<(PathBuf, Chart, Map), Stop> {
    let path = locate::locate(reference, &options.chart, ui)?;
    ui.debug("Chart path", &[("path", &path.to_string_lossy())]);
    let user = user_values(&options.values, options.compat)?;
    let chart = load_chart(&path, options.compat, options.limits, ui)?;
    check::check_installable(&chart)?;
    if chart.metadata.deprecated {
        ui.log(&Notice::new(Level::Warn, "this chart is deprecated"));
    }
    let chart = match check::check_dependencies(&chart, options.compat) {
        Err(_) if options.dependency_update => {
            run_dependency::update(&path.to_string_lossy(), options, ui)?;
            load_chart(&path, options.compat, options.limits, ui)?
        }
        checked => checked.map(|()| chart)?,
    };
    check::check_api_version(&chart, options.compat)?;
    Ok((path, chart, user))
}

/// The rules and limits that were asked for.
pub(super) fn load_options(compat: Compat, limits: LimitOptions) -> LoadOptions {
    let mut bounds = chart::Limits::default();
    if let Some(bytes) = limits.chart_bytes {
        (bounds.chart_bytes, bounds.file_bytes, bounds.total_bytes) = (bytes, bytes, bytes.saturating_mul(2));
    }
    if let Some(entries) = limits.entries {
        bounds.entries = usize::try_from(entries).unwrap_or(usize::MAX);
    }
    LoadOptions { compat, limits: bounds }
}

/// Loads a chart and tells what Helm logs about it.
pub(super) fn load_chart(path: &Path, compat: Compat, limits: LimitOptions, ui: &mut Ui) -> Result<Chart, Stop> {
    let (load, mut notices) = (load_options(compat, limits), Notices::new());
    let chart = Chart::load(path, &load, &mut notices);
    ui.log_all(notices);
    let mut chart = chart?;
    // Helm wants dependencies in `charts/`; for people they may stay where they are.
    if ui.face() != Face::Helm && path.is_dir() {
        let mut notices = Notices::new();
        let attached = local::attach(&mut chart, path, &load, (&mut notices, &mut ui.sources));
        ui.log_all(notices);
        attached?.iter().for_each(|warning| ui.warn(warning));
    }
    Ok(chart)
}

/// The user's values as layers, in the order in which they win.
pub(super) fn layers(values: &ValueOptions) -> Vec<Layer> {
    let files = values.files.iter().cloned().map(Layer::File);
    let set_json = values.set_json.iter().cloned().map(Layer::SetJson);
    let set = values.set.iter().cloned().map(Layer::Set);
    let set_string = values.set_string.iter().cloned().map(Layer::SetString);
    let set_file = values.set_file.iter().cloned().map(Layer::SetFile);
    let set_literal = values.set_literal.iter().cloned().map(Layer::SetLiteral);
    files.chain(set_json).chain(set).chain(set_string).chain(set_file).chain(set_literal).collect()
}

/// The user's values, merged.
pub(super) fn user_values(values: &ValueOptions, compat: Compat) -> Result<Map, Stop> {
    Ok(merge_layers(&layers(values), compat, &mut read_values_file)?)
}

/// Reads what a user named: a file, or standard input for `-`.
pub(super) fn read_values_file(name: &str) -> Result<Vec<u8>, Error> {
    if name.trim() == "-" {
        let mut text = Vec::new();
        let read = std::io::stdin().lock().read_to_end(&mut text);
        return read.map(|_| text).map_err(|error| Error::io("cannot read", Path::new("standard input"), error));
    }
    if let Some((scheme @ ("http" | "https" | "oci"), _)) = name.split_once("://") {
        let text = format!("cannot read values from `{name}`: {scheme} is not spoken here");
        return Err(Error::new(ErrorKind::Network, text).hint("fetch the file and name its path"));
    }
    chart::read_file(Path::new(name))
}

fn prepared(chart: Chart, user: &Map, options: &TemplateOptions, ui: &mut Ui) -> Result<Prepared, Stop> {
    let check = if options.skip_schema_validation { SchemaCheck::Skip } else { SchemaCheck::Validate };
    let mut notices = Notices::new();
    let prepared = prepare(chart, user, check, options.compat, &mut notices);
    ui.log_all(notices);
    let prepared = prepared?;
    if check == SchemaCheck::Validate && options.debug {
        tell_dependencies(&prepared.chart, ui);
    }
    Ok(prepared)
}

fn tell_dependencies(chart: &Chart, ui: &mut Ui) {
    let count = chart.dependencies.len().to_string();
    ui.debug("number of dependencies in the chart", &[("chart", chart.name()), ("dependencies", &count)]);
    chart.dependencies.iter().for_each(|sub| tell_dependencies(sub, ui));
}

/// Everything that a render needs.
pub(super) struct Render<'a> {
    pub(super) options: &'a TemplateOptions,
    /// Where the chart lies.
    pub(super) path: PathBuf,
    pub(super) prepared: Prepared,
    pub(super) release: Release,
    pub(super) capabilities: Capabilities,
    pub(super) world: SystemWorld,
}

impl<'a> Render<'a> {
    /// Loads the chart and prepares its values.
    pub(super) fn prepare(options: &'a TemplateOptions, ui: &mut Ui) -> Result<Render<'a>, Stop> {
        job(options, ui)
    }

    /// The same release of a chart with other values, without a check against its schema.
    ///
    /// What Helm would log is not told: it is told where the chart is rendered as the user asked.
    pub(super) fn with_values(&self, chart: Chart, user: &Map) -> Result<Render<'a>, Error> {
        let prepared = prepare(chart, user, SchemaCheck::Skip, self.options.compat, &mut Notices::new())?;
        Ok(Render {
            options: self.options,
            path: self.path.clone(),
            prepared,
            release: self.release.clone(),
            capabilities: self.capabilities.clone(),
            world: SystemWorld::default(),
        })
    }
}

impl Render<'_> {
    /// Executes all templates.
    pub(super) fn execute(&self, tracing: Tracing) -> Result<Rendered, crate::render::action::Failure> {
        self.execute_in(&self.world, tracing)
    }

    /// Executes all templates in another world than that of this machine.
    pub(super) fn execute_in(
        &self,
        world: &dyn World,
        tracing: Tracing,
    ) -> Result<Rendered, crate::render::action::Failure> {
        self.prepared.render(&self.render_options(tracing), world)
    }

    /// As [`Render::execute_in`]; what was parsed before is not parsed again.
    pub(super) fn execute_parsed(
        &self,
        world: &dyn World,
        tracing: Tracing,
        parses: &Parses,
    ) -> Result<Rendered, crate::render::action::Failure> {
        self.prepared.render_parsed(&self.render_options(tracing), world, parses)
    }

    fn render_options(&self, tracing: Tracing) -> RenderOptions<'_> {
        let mut limits = Limits::default();
        if let Some(steps) = self.options.limits.steps {
            limits.steps = steps;
        }
        if let Some(bytes) = self.options.limits.output_bytes {
            limits.output = usize::try_from(bytes).unwrap_or(usize::MAX);
        }
        RenderOptions { release: &self.release, capabilities: &self.capabilities, limits, tracing }
    }

    fn run(&self, ui: &mut Ui) -> Outcome {
        let rendered = match self.execute(Tracing::Off) {
            Ok(rendered) => ManuallyDrop::new(rendered),
            Err(error) => {
                if self.options.debug && self.options.show_only.is_empty() {
                    ui.print("\n")?;
                }
                return Err(failure::of_render(&error, self, ui));
            }
        };
        let files = without_notes(rendered.files().map(|(path, text)| TextFile { path, text }));
        match sort_manifests(&files, self.options.compat) {
            Ok(found) => {
                self.tell_unknown_hooks(&found, ui);
                self.write(&found, ui)
            }
            Err(fault) => Err(self.refuse(&files, &fault, ui)?),
        }
    }

    fn tell_unknown_hooks(&self, found: &Manifests<'_>, ui: &mut Ui) {
        for names in &found.unknown_hooks {
            ui.log(&Notice::new(Level::Info, "skipping unknown hooks").with("hookTypes", names));
        }
    }

    /// Ends a run whose output is not YAML; `--debug` shows it all the same.
    fn refuse(&self, files: &[TextFile<'_>], fault: &ManifestFault<'_>, ui: &mut Ui) -> Result<Stop, Stop> {
        self.tell_unknown_hooks(&fault.before, ui);
        if self.options.debug {
            let stream = Stream::of_failed_release(files, &fault.before, self.hooks());
            match self.options.show_only.as_slice() {
                [] => ui.print(&stream.text)?,
                // A template that is not among what could be read changes nothing: the first error is told.
                patterns => stream.show_only(patterns, self.options.compat).map_or(Ok(()), |text| ui.print(text))?,
            }
        }
        Ok(failure::of_manifest(fault, self, ui))
    }

    /// The hooks that were asked for.
    pub(super) fn hooks(&self) -> HookFilter {
        match (self.options.no_hooks, self.options.skip_tests) {
            (true, _) => HookFilter::None,
            (false, true) => HookFilter::NoTests,
            (false, false) => HookFilter::All,
        }
    }

    fn write(&self, found: &Manifests<'_>, ui: &mut Ui) -> Outcome {
        let crds = if self.options.include_crds { self.prepared.chart.crds() } else { Vec::new() };
        let crds: Vec<_> = crds.iter().map(|(path, file)| TextFile { path, text: &file.data }).collect();
        let patterns = self.options.show_only.as_slice();
        if !self.options.output_dir.is_empty() {
            let release = self.options.release_in_path.then_some(self.release.name.as_str());
            let folder = OutputDir { dir: &self.options.output_dir, release };
            let report = folder.write(&crds, found, self.hooks())?;
            if let Some(pattern) = patterns.first() {
                ui.print(report.strip_suffix(b"\n").unwrap_or(&report))?;
                return Err(usage(Fault::new(format!("could not find template {pattern} in chart"))));
            }
            ui.print(report)?;
            return Ok(ExitStatus::Success);
        }
        let stream = Stream::of_release(&crds, found, self.hooks());
        match patterns {
            [] => ui.print(&stream.text)?,
            _ => ui.print(stream.show_only(patterns, self.options.compat).map_err(usage)?)?,
        }
        Ok(ExitStatus::Success)
    }

    /// Whose words errors are told in, and whether Helm would point to `--debug`.
    pub(super) fn asks_for_debug(&self, ui: &Ui) -> bool {
        ui.face() == Face::Helm && !self.options.debug
    }
}
