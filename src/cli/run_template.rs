//! What `template` does, for both command lines.

use super::options::{TemplateOptions, ValueOptions};
use super::system::SystemWorld;
use super::ui::{ExitStatus, Face, Outcome, Stop, Ui};
use crate::chart::{Chart, Compat, LoadOptions, Notices, check, read_file};
use crate::diagnostic::{Diagnostic, Error, ErrorKind, Fault};
use crate::render::action::{Failure, Prepared, RenderOptions, SchemaCheck, prepare};
use crate::render::manifest::{ManifestFault, Manifests, TextFile, sort_manifests, without_notes};
use crate::render::names::{self, DEFAULT_NAME, NameFlags, NameSource};
use crate::render::output::{HookFilter, OutputDir, Stream};
use crate::render::release::Operation;
use crate::render::{Capabilities, KubeVersion, Release, Rendered, Tracing};
use crate::template;
use crate::value::Map;
use crate::values::{Layer, merge_layers};
use std::io::Read;
use std::path::Path;

/// Runs it.
pub(super) fn run(options: &TemplateOptions, ui: &mut Ui) -> Outcome {
    let mut notices = Notices::new();
    let outcome = steps(options, &mut notices, ui);
    tell(&mut notices, ui);
    outcome
}

fn steps(options: &TemplateOptions, notices: &mut Notices, ui: &mut Ui) -> Outcome {
    let capabilities = capabilities(options)?;
    let flags = NameFlags { generate: options.generate_name, template: &options.name_template };
    let (source, reference) = names::name_and_chart(&options.arguments, flags).map_err(usage)?;
    let name = release_name(source, options)?;
    let path = super::locate::chart_path(reference, &options.chart)?;
    let user = user_values(&options.values, options.compat)?;
    let chart = load(&path, options, notices)?;
    names::check_name(&name, options.compat, notices).map_err(usage)?;
    let schema = if options.skip_schema_validation { SchemaCheck::Skip } else { SchemaCheck::Validate };
    let prepared = prepare(chart, &user, schema, options.compat, notices)?;
    tell(notices, ui);
    let release = Release {
        operation: if options.is_upgrade { Operation::Upgrade } else { Operation::Install },
        ..Release::install(name, options.namespace.clone())
    };
    let world = SystemWorld::new(options)?;
    let render = RenderOptions {
        release: &release,
        capabilities: &capabilities,
        limits: limits(options),
        tracing: Tracing::Off,
    };
    let rendered = prepared.render(&render, &world).map_err(|failure| stop(failure, options, ui))?;
    write(&prepared, &rendered, &release, options, ui)
}

fn usage(fault: Fault) -> Error {
    let error = Error::new(ErrorKind::Usage, fault.message());
    fault.hints().iter().fold(error, |error, hint| error.hint(hint))
}

/// Prints what Helm logs.
fn tell(notices: &mut Notices, ui: &mut Ui) {
    for notice in notices.take() {
        match ui.face() {
            Face::Helm => ui.complain(&notice.to_string()),
            _ => ui.warn(&Diagnostic::warning(notice.to_string())),
        }
    }
}

fn capabilities(options: &TemplateOptions) -> Result<Capabilities, Error> {
    let mut capabilities = Capabilities::of_helm(options.compat);
    if !options.kube_version.is_empty() {
        let version = KubeVersion::parse(&options.kube_version, options.compat).map_err(|fault| {
            let text = format!("invalid kube version '{}': {fault}", options.kube_version);
            Error::new(ErrorKind::Usage, text)
        })?;
        capabilities = capabilities.with_kube_version(version);
    }
    Ok(capabilities.with_api_versions(options.api_versions.iter().cloned()))
}

fn limits(options: &TemplateOptions) -> template::Limits {
    let default = template::Limits::default();
    template::Limits {
        steps: options.limits.steps.unwrap_or(default.steps),
        output: options.limits.output_bytes.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(default.output),
        ..default
    }
}

fn release_name(source: NameSource<'_>, options: &TemplateOptions) -> Result<String, Error> {
    match source {
        NameSource::Argument(name) => Ok(name.to_owned()),
        NameSource::Default => Ok(DEFAULT_NAME.to_owned()),
        NameSource::Template(text) => names_from_template(text, options),
    }
}

fn names_from_template(text: &str, options: &TemplateOptions) -> Result<String, Error> {
    let world = SystemWorld::new(options)?;
    crate::render::run_name_template(text, &world).map_err(|message| Error::new(ErrorKind::Content, message))
}

fn load(path: &Path, options: &TemplateOptions, notices: &mut Notices) -> Result<Chart, Error> {
    let load = LoadOptions { compat: options.compat, limits: super::locate::limits(&options.limits) };
    let chart = Chart::load(path, &load, notices)?;
    check::check_installable(&chart)?;
    if chart.metadata.deprecated {
        let level = crate::chart::Level::Warn;
        notices.push(crate::chart::Notice::new(level, "this chart is deprecated"));
    }
    check::check_dependencies(&chart, options.compat)?;
    check::check_api_version(&chart, options.compat)?;
    Ok(chart)
}

/// The values that the user gives, in Helm's order.
pub(super) fn user_values(options: &ValueOptions, compat: Compat) -> Result<Map, Error> {
    let layers = layers(options);
    let mut read = |name: &str| -> Result<Vec<u8>, Error> {
        if name.trim() == "-" {
            let mut text = Vec::new();
            let failed = |error| Error::io("cannot read", Path::new("-"), error);
            std::io::stdin().lock().read_to_end(&mut text).map_err(failed)?;
            return Ok(text);
        }
        read_file(Path::new(name))
    };
    merge_layers(&layers, compat, &mut read)
}

fn layers(options: &ValueOptions) -> Vec<Layer> {
    let groups: [(&Vec<String>, fn(String) -> Layer); 6] = [
        (&options.files, Layer::File),
        (&options.set_json, Layer::SetJson),
        (&options.set, Layer::Set),
        (&options.set_string, Layer::SetString),
        (&options.set_file, Layer::SetFile),
        (&options.set_literal, Layer::SetLiteral),
    ];
    groups.into_iter().flat_map(|(texts, layer)| texts.iter().cloned().map(layer)).collect()
}

fn stop(failure: Failure, options: &TemplateOptions, ui: &Ui) -> Stop {
    let text = failure.helm_text(options.compat);
    let text = match (ui.face(), &failure) {
        (Face::Helm, Failure::Template(_)) if !options.debug => with_advice(&text),
        _ => text,
    };
    Stop::Error(Error::new(ErrorKind::Content, text))
}

fn with_advice(text: &str) -> String {
    format!("{text}\n\nUse --debug flag to render out invalid YAML")
}

fn hooks(options: &TemplateOptions) -> HookFilter {
    match (options.no_hooks, options.skip_tests) {
        (true, _) => HookFilter::None,
        (false, true) => HookFilter::NoTests,
        (false, false) => HookFilter::All,
    }
}

fn write(
    prepared: &Prepared,
    rendered: &Rendered,
    release: &Release,
    options: &TemplateOptions,
    ui: &mut Ui,
) -> Outcome {
    let files = rendered.files().map(|(path, text)| TextFile { path, text });
    let files = without_notes(files);
    let crds = if options.include_crds { prepared.chart.crds() } else { Vec::new() };
    let crds: Vec<TextFile<'_>> = crds.iter().map(|(path, file)| TextFile { path, text: &file.data }).collect();
    let found = match sort_manifests(&files, options.compat) {
        Ok(found) => found,
        Err(fault) => return faulty(&files, &fault, options, ui),
    };
    log(&found, options, ui);
    if !options.output_dir.is_empty() {
        return write_folder(&crds, &found, release, options, ui);
    }
    let stream = Stream::of_release(&crds, &found, hooks(options));
    print(&stream, options, ui)
}

fn log(found: &Manifests<'_>, options: &TemplateOptions, ui: &mut Ui) {
    let mut notices = Notices::new();
    found.log(options.compat, &mut notices);
    tell(&mut notices, ui);
}

fn print(stream: &Stream<'_>, options: &TemplateOptions, ui: &mut Ui) -> Outcome {
    if options.show_only.is_empty() {
        ui.print(&stream.text)?;
        return Ok(ExitStatus::Success);
    }
    let text = stream.show_only(&options.show_only, options.compat).map_err(usage)?;
    ui.print(text)?;
    Ok(ExitStatus::Success)
}

fn write_folder(
    crds: &[TextFile<'_>],
    found: &Manifests<'_>,
    release: &Release,
    options: &TemplateOptions,
    ui: &mut Ui,
) -> Outcome {
    let release = options.release_in_path.then_some(release.name.as_str());
    let folder = OutputDir { dir: &options.output_dir, release };
    let told = folder.write(crds, found, hooks(options))?;
    ui.print(told)?;
    Ok(ExitStatus::Success)
}

/// A document that cannot be read: with `--debug` everything is shown all the same.
fn faulty(files: &[TextFile<'_>], fault: &ManifestFault<'_>, options: &TemplateOptions, ui: &mut Ui) -> Outcome {
    log(&fault.before, options, ui);
    let text = fault.text(options.compat);
    if options.debug {
        let stream = Stream::of_failed_release(files, &fault.before, hooks(options));
        print(&stream, options, ui)?;
        return Err(Stop::Error(Error::new(ErrorKind::Content, text)));
    }
    let text = if ui.face() == Face::Helm { with_advice(&text) } else { text };
    Err(Stop::Error(Error::new(ErrorKind::Content, text)))
}
