//! One test's chart, rendered.

use super::check::RAW;
use super::data::{Data, DataKind};
use super::run::Options;
use super::select::{Outputs, full_name, keep_templates, route_of};
use super::suite::{ApiVersions, SetStep, Settings, Suite, Test};
use super::world::TestWorld;
use crate::chart::{Chart, Compat, Notices, merge_maps, read_file};
use crate::diagnostic::{Error, ErrorKind, Fault};
use crate::render::action::{Failure, Prepared, RenderOptions, SchemaCheck, prepare};
use crate::render::manifest::documents;
use crate::render::names::check_name;
use crate::render::release::Operation;
use crate::render::{Capabilities, Coverage, KubeVersion, Release, Rendered, Tracing};
use crate::source::{SourceId, Span};
use crate::value::{List, ListKind, Map, Text, Value};
use crate::values::{Layer, merge_layers};
use crate::yaml;
use std::path::Path;

/// A chart ready to be rendered for one test, as often as somebody likes.
pub(super) struct Stage {
    prepared: Prepared,
    release: Release,
    capabilities: Capabilities,
    objects: Vec<Map>,
}

/// What became of a render.
pub(super) enum Outcome {
    /// The documents of all template files.
    Done(Outputs),
    /// A template failed; its error stands where its documents would.
    Failed(Outputs),
    /// Nothing was rendered, for this reason.
    Refused(String),
    /// A file has what is no document.
    Broken(Broken),
}

/// What is no document.
pub(super) struct Broken {
    pub(super) file: String,
    pub(super) message: String,
    pub(super) at: usize,
}

impl Stage {
    /// Merges the values of a test and prepares the chart.
    ///
    /// # Errors
    /// Helm's text; values that do not fit the chart's schema among them.
    pub(super) fn new(chart: &Chart, suite: &Suite, test: &Test, options: &Options<'_>) -> Result<Stage, Error> {
        let compat = options.compat;
        let user = user_values(suite, test, options)?;
        let name = test.settings.release_name.as_ref().or(suite.settings.release_name.as_ref());
        if let Some(name) = name {
            check_name(name, compat).map_err(|fault| Error::new(ErrorKind::Content, fault.message()))?;
        }
        let mut prepared = prepare(chart.clone(), &user, SchemaCheck::Validate, compat, &mut Notices::new())?;
        keep_templates(&mut prepared.chart, suite);
        claim_versions(&mut prepared.chart, &suite.settings, &test.settings);
        Ok(Stage {
            prepared,
            release: release(&suite.settings, &test.settings),
            capabilities: capabilities(&suite.settings, &test.settings, compat)?,
            objects: objects(&suite.settings, &test.settings),
        })
    }

    /// The path of the chart that the suite lies in.
    pub(super) fn route(&self, suite: &Suite) -> String {
        route_of(&self.prepared.chart, suite)
    }

    /// Renders with or without a trace, and into a coverage if there is one.
    pub(super) fn render(
        &self,
        tracing: Tracing,
        options: &Options<'_>,
        coverage: Option<&mut Coverage>,
    ) -> Result<Rendered, Failure> {
        let world = TestWorld::new(self.objects.clone());
        let (release, capabilities) = (&self.release, &self.capabilities);
        let options = RenderOptions { release, capabilities, limits: options.limits, tracing };
        match coverage {
            Some(coverage) => self.prepared.render_covered(&options, &world, coverage),
            None => self.prepared.render(&options, &world),
        }
    }

    /// The documents of a render, or its error in the place that helm-unittest gives it.
    pub(super) fn outcome(&self, rendered: Result<Rendered, Failure>, suite: &Suite, test: &Test) -> Outcome {
        let needs_success = test.assertions.iter().all(|assertion| assertion.check.needs_success(assertion.name));
        match rendered {
            Ok(rendered) => self.documents(&rendered, suite),
            Err(failure) => {
                // Tests quote the texts of Helm 3, whatever Helm's rules the chart is rendered by.
                let text = failure.helm_text(Compat::Helm3);
                match (needs_success, failed_file(&text)) {
                    (false, Some((file, error))) => Outcome::Failed(self.blame(file, error, suite)),
                    _ => Outcome::Refused(text),
                }
            }
        }
    }

    /// The error of a partial counts for every template of the suite.
    fn blame(&self, file: &str, error: &str, suite: &Suite) -> Outputs {
        let is_partial = file.rsplit('/').next().is_some_and(|base| base.starts_with('_'));
        let route = self.route(suite);
        let files: Vec<String> = match (is_partial, suite.templates.is_empty()) {
            (true, true) => vec![full_name(&route, "**")],
            (true, false) => suite.templates.iter().map(|name| full_name(&route, name)).collect(),
            (false, _) => vec![file.to_owned()],
        };
        files.into_iter().map(|file| (file, vec![raw(error.trim_start_matches('\n').as_bytes())])).collect()
    }

    fn documents(&self, rendered: &Rendered, suite: &Suite) -> Outcome {
        let mut outputs = Outputs::new();
        let crds = if suite.crds { self.prepared.chart.crds() } else { Vec::new() };
        let crds = crds.iter().map(|(name, file)| (name.as_str(), &file.data[..]));
        for (name, text) in rendered.files().chain(crds) {
            let documents = match Path::new(name).extension().and_then(|end| end.to_str()) {
                Some("yaml" | "yml" | "tpl" | "json") => match manifests(text, self.prepared.compat) {
                    Ok(documents) => documents,
                    Err((message, at)) => {
                        return Outcome::Broken(Broken { file: name.to_owned(), message, at });
                    }
                },
                Some("txt") => vec![raw(text)],
                _ => continue,
            };
            outputs.insert(name.to_owned(), documents);
        }
        Outcome::Done(outputs)
    }
}

/// The documents of a text as Helm splits it, or what is none and where.
fn manifests(text: &[u8], compat: Compat) -> Result<Vec<Data>, (String, usize)> {
    let mut found = Vec::new();
    for chunk in documents(text, compat) {
        let offset = (chunk.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
        let node = yaml::parse(chunk, SourceId::default()).map_err(|error| {
            (format!("what is not YAML: {}", error.message()), offset + error.offset().unwrap_or(0))
        })?;
        if node.is_null() {
            continue;
        }
        let data = Data::of_node(&node, chunk).map_err(|why| (why, offset))?.moved(offset);
        match &data.kind {
            DataKind::Map(entries) if entries.is_empty() => {}
            DataKind::Map(_) => found.push(data),
            _ => return Err(("a document that is no mapping".to_owned(), offset)),
        }
    }
    Ok(found)
}

/// A text that is no YAML, as a document.
fn raw(text: &[u8]) -> Data {
    let span = Span::new(SourceId::default(), 0, text.len());
    let value = Data { span, kind: DataKind::Text(text.to_vec()) };
    Data { span, kind: DataKind::Map(vec![(RAW.as_bytes().to_vec(), value)]) }
}

/// The template that Helm's text of an error names first, and what the text says behind the place: of several lines
/// all but the first.
fn failed_file(text: &str) -> Option<(&str, &str)> {
    let (line, more) = text.split_once('\n').map_or((text, None), |(line, more)| (line, Some(more)));
    for (at, _) in line.match_indices([' ', '(']) {
        let rest = line.get(at + 1..).unwrap_or_default();
        if rest.starts_with('(') {
            continue;
        }
        let word = rest.split([' ', ')']).next().unwrap_or_default().trim_end_matches(':');
        let mut parts = word.rsplitn(3, ':');
        let numbers = [parts.next(), parts.next()].into_iter().flatten().filter(|part| is_number(part)).count();
        let Some(file) = parts.next().filter(|_| numbers == 2) else { continue };
        // The place ends with a colon or a bracket, which is no separator.
        let behind = rest.get(word.len() + 1..)?;
        return Some((file, more.unwrap_or(behind.split_once(": ")?.1)));
    }
    None
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn user_values(suite: &Suite, test: &Test, options: &Options<'_>) -> Result<Map, Error> {
    let folder = suite.file.parent().unwrap_or(Path::new(""));
    let own = |settings: &Settings| settings.values.iter().map(|(name, _)| folder.join(name)).collect::<Vec<_>>();
    let files = own(&suite.settings).into_iter().chain(options.values.iter().cloned()).chain(own(&test.settings));
    let mut values = Map::new();
    for file in files {
        let layer = Layer::File(file.to_string_lossy().into_owned());
        let more = merge_layers(&[layer], options.compat, &mut |name| read_file(Path::new(name)))?;
        values = merge_maps(&values, &scoped(more, &suite.route));
    }
    for (path, value) in suite.settings.set.iter().chain(&test.settings.set) {
        if let Value::Map(more) = built(path, value.to_helm()) {
            values = merge_maps(&values, &scoped(more, &suite.route));
        }
    }
    Ok(values)
}

/// The values of a subchart as its parents hold them, who share its globals.
fn scoped(values: Map, route: &[String]) -> Map {
    route.iter().rev().fold(values, |values, sub| {
        let outer = Map::new();
        if let Some(global) = values.get("global") {
            outer.insert("global", global);
        }
        outer.insert(sub.as_str(), Value::Map(values));
        outer
    })
}

/// A value below its path; the items of a list before it are null.
fn built(path: &[SetStep], value: Value) -> Value {
    path.iter().rev().fold(value, |value, step| match step {
        SetStep::Key(key) => {
            let map = Map::new();
            map.insert(Text::from(key.as_str()), value);
            Value::Map(map)
        }
        SetStep::Index(index) => {
            let mut items = vec![Value::Nil; *index];
            items.push(value);
            Value::List(List::new(ListKind::Any, items))
        }
    })
}

fn claim_versions(chart: &mut Chart, suite: &Settings, test: &Settings) {
    let version = test.version.as_ref().or(suite.version.as_ref());
    let app = test.app_version.as_ref().or(suite.app_version.as_ref());
    let claim = |chart: &mut Chart| {
        if let Some(version) = version {
            chart.metadata.version.clone_from(version);
        }
        if let Some(version) = app {
            chart.metadata.app_version.clone_from(version);
        }
    };
    claim(chart);
    chart.dependencies.iter_mut().for_each(claim);
}

fn release(suite: &Settings, test: &Settings) -> Release {
    let text = |own: &Option<String>, outer: &Option<String>, default: &str| {
        own.clone().or_else(|| outer.clone()).unwrap_or_else(|| default.to_owned())
    };
    let upgrade = test.upgrade || suite.upgrade;
    Release {
        name: text(&test.release_name, &suite.release_name, "RELEASE-NAME"),
        namespace: text(&test.namespace, &suite.namespace, "NAMESPACE"),
        operation: if upgrade { Operation::Upgrade } else { Operation::Install },
        revision: if test.revision == 0 { suite.revision } else { test.revision },
    }
}

fn capabilities(suite: &Settings, test: &Settings, compat: Compat) -> Result<Capabilities, Error> {
    let mut capabilities = Capabilities::of_helm(compat);
    let default = capabilities.kube_version().clone();
    let major = test.major.as_ref().or(suite.major.as_ref());
    let minor = test.minor.as_ref().or(suite.minor.as_ref());
    if major.is_some() || minor.is_some() {
        let version = format!("v{}.{}.0", major.unwrap_or(&default.major), minor.unwrap_or(&default.minor));
        let refuse = |fault: Fault| Error::new(ErrorKind::Content, fault.message());
        capabilities = capabilities.with_kube_version(KubeVersion::parse(&version, compat).map_err(refuse)?);
    }
    let of_suite = match &suite.api_versions {
        ApiVersions::These(names) => names.as_slice(),
        _ => &[],
    };
    let names: Vec<String> = match &test.api_versions {
        ApiVersions::None => Vec::new(),
        ApiVersions::Unsaid => of_suite.to_vec(),
        ApiVersions::These(names) => names.iter().chain(of_suite).cloned().collect(),
    };
    Ok(capabilities.with_only_api_versions(names))
}

fn objects(suite: &Settings, test: &Settings) -> Vec<Map> {
    let objects = test.objects.iter().chain(&suite.objects).map(Data::to_helm);
    objects.filter_map(|object| object.as_map().cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::failed_file;

    #[test]
    fn errors_name_their_file() {
        let fail = "execution error at (c/templates/a.yaml:1:3): no host";
        assert_eq!(failed_file(fail), Some(("c/templates/a.yaml", "no host")));
        let other = "template: c/templates/a.yaml:2:4: executing \"c/templates/a.yaml\" at <.x.y>: nil pointer: x";
        assert_eq!(failed_file(other), Some(("c/templates/a.yaml", "nil pointer: x")));
        let lines = "execution error at (c/templates/a.yaml:1:3): one\ntwo\nthree";
        assert_eq!(failed_file(lines), Some(("c/templates/a.yaml", "two\nthree")));
        assert_eq!(failed_file("parse error at (c/templates/a.yaml:3): unclosed action"), None);
        assert_eq!(failed_file("values don't meet the specifications"), None);
    }
}
