//! One run over one chart: it is read, rendered with each set of values, and handed to the rules.

use super::findings::{Finding, Findings};
use super::paths::{self, Placed};
use super::rule::{Check, Level, Levels, Rule};
use super::rules;
use super::subject::{Case, Manifest, Origin, Subject, documents, templates_of};
use crate::chart::{Chart, Compat, Notices, values_of};
use crate::render::action::{Held, Prepared, collect};
use crate::render::{self, Capabilities, Job, Parses, Release, RenderError, Tracing};
use crate::schema::{self, Key, Offline, Verdict};
use crate::source::{Source, SourceId, Sources, Span};
use crate::template::Limits;
use crate::value::{Map, Value};
use crate::values;
use crate::world::{Lenient, World};
use crate::yaml::{self, Node};
use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;

/// What a chart is linted with.
pub struct Request<'a> {
    /// The user's values.
    pub values: &'a Map,
    /// Those files that they come from of which lint should speak: names for people, and texts.
    pub values_files: &'a [(String, Vec<u8>)],
    /// The Helm whose rules hold.
    pub compat: Compat,
    /// What templates may ask for.
    pub capabilities: &'a Capabilities,
    /// The namespace of the release that is rendered.
    pub namespace: &'a str,
    /// The world that templates see.
    pub world: &'a dyn World,
    /// What templates are parsed by; charts that are linted one after the other share it.
    pub parses: &'a Parses,
    /// What settings say of the rules.
    pub levels: &'a Levels,
    /// `Chart.yaml` at the revision that the version is compared with.
    pub previous: Option<Vec<u8>>,
    /// How a file of the chart is named to people, from its path in the chart.
    pub name: &'a dyn Fn(&str) -> String,
}

/// Lints a chart; the findings point into `sources`, sorted by place.
pub fn lint(chart: &Chart, request: &Request<'_>, sources: &mut Sources) -> Vec<Finding> {
    let minor = request.capabilities.kube_version().minor.parse().unwrap_or(0);
    let mut subject = Subject {
        chart,
        compat: request.compat,
        files: HashMap::new(),
        overruled: Vec::new(),
        further: Vec::new(),
        cases: Vec::new(),
        previous: request.previous.clone(),
        minor,
        templates: HashMap::new(),
        paths: HashMap::new(),
        parses: request.parses,
        usage: OnceCell::new(),
        metadata: OnceCell::new(),
    };
    let mut findings = Findings::new(sources);
    let mut reader = Reader { request, minor, tracing: tracing(request.levels) };
    reader.read_files(&mut subject, &mut findings);
    reader.read_values_files(&mut subject, &mut findings);
    reader.check_crds(chart, &mut findings);
    reader.add_templates(&mut subject, &mut findings);
    for (name, values) in reader.value_sets(chart, &mut findings) {
        if let Some(case) = reader.render(name, &values, &mut subject, &mut findings) {
            subject.cases.push(case);
        }
    }
    for rule in rules() {
        let level = request.levels.of(rule);
        if level == Level::Off {
            continue;
        }
        findings.enter(rule, level);
        match rule.check {
            Check::Chart(check) | Check::Values(check) => check(&subject, &mut findings),
            Check::Case(check) => subject.cases.iter().for_each(|case| check(case, &mut findings)),
            Check::Manifest(check) => {
                let manifests = subject.cases.iter().flat_map(|case| &case.manifests);
                manifests.for_each(|manifest| check(manifest, &mut findings));
            }
            Check::Reading | Check::Bundle => {}
        }
    }
    findings.finish()
}

/// Files that rules read with their places.
const YAML_FILES: &[&str] = &["Chart.yaml", "values.yaml", "questions.yaml", "questions.yml"];

struct Reader<'a> {
    request: &'a Request<'a>,
    minor: u32,
    tracing: Tracing,
}

/// What renders have to record for the rules that look.
fn tracing(levels: &Levels) -> Tracing {
    let reads = |rule: &Rule| matches!(rule.check, Check::Values(_)) && levels.of(rule) != Level::Off;
    if rules().any(reads) { Tracing::On } else { Tracing::Places }
}

impl Reader<'_> {
    /// Lets what is found while reading count as a finding of a rule; false if the rule is off.
    fn enter(&self, name: &str, findings: &mut Findings<'_>) -> bool {
        let Some(rule) = super::rule(name) else { return false };
        let level = self.request.levels.of(rule);
        findings.enter(rule, level);
        level != Level::Off
    }

    fn read_files(&mut self, subject: &mut Subject<'_>, findings: &mut Findings<'_>) {
        for name in YAML_FILES {
            let Some(file) = subject.chart.raw_file(name) else { continue };
            let id = findings.add_source(name, Source::of_slice((self.request.name)(name), file.data.clone()));
            match yaml::parse_all_noting_duplicates(&file.data, id) {
                Ok((documents, overruled)) => {
                    subject.files.insert(name, (id, documents));
                    subject.overruled.push((id, overruled));
                }
                Err(error) => {
                    if self.enter("unreadable-file", findings) {
                        let at = error.offset().unwrap_or(0);
                        findings.add(Span::new(id, at, at + 1), format!("`{name}` is no YAML: {}", error.message()));
                    }
                }
            }
        }
    }

    /// Reads the files of values that are not the chart's defaults; what cannot be read is told where it is used.
    fn read_values_files(&self, subject: &mut Subject<'_>, findings: &mut Findings<'_>) {
        for (name, text) in self.request.values_files {
            let id = findings.add_source("", Source::new(name.clone(), &text[..]));
            add_further((id, text), subject);
        }
        for file in subject.chart.raw.iter().filter(|file| is_case(&file.name)) {
            let id =
                findings.add_source(&file.name, Source::of_slice((self.request.name)(&file.name), file.data.clone()));
            add_further((id, &file.data), subject);
        }
    }

    fn check_crds(&self, chart: &Chart, findings: &mut Findings<'_>) {
        let is_crd_file = |name: &str| name.starts_with("crds/") && (name.ends_with(".yaml") || name.ends_with(".yml"));
        for file in chart.raw.iter().filter(|file| is_crd_file(&file.name)) {
            if !self.enter("invalid-crd", findings) {
                return;
            }
            let documents = yaml::parse_all(&file.data, SourceId::default());
            let strange = match &documents {
                Ok(documents) => documents.iter().find(|node| !node.is_null() && !is_definition(node)),
                Err(_) => None,
            };
            let (at, message) = match (&documents, strange) {
                (Err(error), _) => {
                    let at = error.offset().unwrap_or(0);
                    (at..at + 1, format!("`{}` is no YAML: {}", file.name, error.message()))
                }
                (Ok(_), Some(node)) => {
                    let place = node.entry("kind").map_or(node.span(), |entry| entry.value.span());
                    let kind = super::subject::text(node, &["kind"]);
                    let at = place.start as usize..place.end as usize;
                    (at, format!("expected a CustomResourceDefinition, found `{kind}`"))
                }
                (Ok(_), None) => continue,
            };
            let source = Source::of_slice((self.request.name)(&file.name), file.data.clone());
            let id = findings.add_source(&file.name, source);
            findings.add(Span::new(id, at.start, at.end), message).hint("templates/ is the place of other objects");
        }
    }

    fn add_templates(&mut self, subject: &mut Subject<'_>, findings: &mut Findings<'_>) {
        for Placed { file, path } in paths::templates(subject.chart) {
            let source = Source::of_slice((self.request.name)(&path), file.text.clone());
            let id = findings.add_template((&file.name, &path), source);
            subject.templates.insert(file.name, id);
            subject.paths.insert(path, id);
        }
    }

    /// The defaults under the user's values, then those under each `ci/*-values.yaml` too.
    fn value_sets(&mut self, chart: &Chart, findings: &mut Findings<'_>) -> Vec<(String, Map)> {
        let mut sets = vec![(String::new(), self.request.values.clone())];
        for file in chart.raw.iter().filter(|file| is_case(&file.name)) {
            match values_of(&file.data, self.request.compat) {
                Ok(values) => {
                    let merged = crate::chart::merge_maps(&values, self.request.values);
                    sets.push((file.name.to_string(), merged));
                }
                Err(error) => {
                    let source = Source::of_slice((self.request.name)(&file.name), file.data.clone());
                    let id = findings.add_source(&file.name, source);
                    if self.enter("unreadable-file", findings) {
                        findings.add(Span::new(id, 0, 1), error.message().to_owned());
                    }
                }
            }
        }
        sets
    }

    fn render(
        &mut self,
        name: String,
        user: &Map,
        subject: &mut Subject<'_>,
        findings: &mut Findings<'_>,
    ) -> Option<Case> {
        let compat = self.request.compat;
        let mut notices = Notices::new();
        let mut chart = subject.chart.clone();
        let values = values::process_dependencies(&mut chart, user, compat, &mut notices)
            .and_then(|()| values::coalesce(&chart, user, compat, &mut notices));
        let values = match values {
            Ok(values) => values,
            Err(error) => {
                if self.enter("unfit-values", findings) {
                    findings.add(subject.spot("values.yaml", &[]), error.message().to_owned());
                }
                return None;
            }
        };
        self.check_schemas(&chart, &values, subject, findings);
        let templates = self.names(&chart, subject, findings);
        let prepared = Prepared { chart, values, compat };
        let rendered = match self.execute(&prepared) {
            Ok(rendered) => rendered,
            Err(error) => {
                if self.enter("render-failure", findings) {
                    add_failure(&error, &templates, findings);
                }
                return None;
            }
        };
        let (manifests, minor) = (Vec::new(), self.minor);
        let mut case = Case { name, prepared, rendered, manifests, minor, templates };
        self.read_manifests(&mut case, findings);
        Some(case)
    }

    /// The sources of the template files of the chart with its enabled subcharts, by the names that aliases give them.
    fn names(
        &self,
        chart: &Chart,
        subject: &mut Subject<'_>,
        findings: &mut Findings<'_>,
    ) -> HashMap<String, SourceId> {
        let mut known = HashMap::new();
        for Placed { file, path } in paths::templates(chart) {
            let id = match subject.paths.get(&path) {
                Some(id) => {
                    findings.name_template((&file.name, &path));
                    *id
                }
                // Of two subcharts with one name and no alias yet only one was seen.
                None => {
                    let source = Source::of_slice((self.request.name)(&path), file.text.clone());
                    let id = findings.add_template((&file.name, &path), source);
                    subject.paths.insert(path, id);
                    id
                }
            };
            known.insert(file.name, id);
        }
        known
    }

    fn check_schemas(&self, chart: &Chart, values: &Map, subject: &Subject<'_>, findings: &mut Findings<'_>) {
        let mut held = Vec::new();
        collect((chart, Value::Map(values.clone()), Vec::new()), &mut held);
        for Held { chart: owner, values, path: keys } in &held {
            let (Some(schema), Value::Map(_)) = (&owner.schema, values) else { continue };
            let problem = match schema::validate(schema, values, &Offline).verdict {
                Verdict::Valid => continue,
                Verdict::Invalid(problem) => problem,
                Verdict::Unusable(problem) => {
                    if self.enter("unreadable-file", findings) {
                        let message =
                            format!("`values.schema.json` of `{}` cannot be used: {}", owner.name(), problem.text);
                        findings.add(subject.spot("values.yaml", &[]), message);
                    }
                    continue;
                }
            };
            if !self.enter("unfit-values", findings) {
                continue;
            }
            for finding in &problem.findings {
                let keys = keys.iter().map(|key| (*key).to_owned());
                let path: Vec<String> = keys.chain(finding.path.iter().map(step)).collect();
                let mut known: Vec<&str> = path.iter().map(String::as_str).collect();
                while !known.is_empty() && subject.document("values.yaml").and_then(|node| node.at(&known)).is_none() {
                    known.pop();
                }
                let shown = if path.is_empty() { "the values".to_owned() } else { format!("`{}`", path.join(".")) };
                findings.add(subject.spot("values.yaml", &known), format!("{shown}: {}", finding.message));
            }
        }
    }

    fn execute(&self, prepared: &Prepared) -> Result<render::Rendered, RenderError> {
        let release = Release::install("release-name", self.request.namespace);
        let job = Job {
            chart: &prepared.chart,
            values: prepared.values.clone(),
            release: &release,
            capabilities: self.request.capabilities,
            compat: prepared.compat,
            limits: Limits::default(),
            tracing: self.tracing,
        };
        render::render_parsed(&job, &Lenient(self.request.world), self.request.parses)
    }

    fn read_manifests(&self, case: &mut Case, findings: &mut Findings<'_>) {
        let Some(trace) = &case.rendered.trace else { return };
        let mut manifests = Vec::new();
        let templates = templates_of(trace, &case.templates);
        for (index, (file, text)) in case.rendered.files().enumerate() {
            let base = file.rsplit('/').next().unwrap_or_default();
            if base.starts_with('_') || file.ends_with("NOTES.txt") || text.trim_ascii().is_empty() {
                continue;
            }
            let origin = Rc::new(Origin::sharing(trace, index, &templates));
            let file_text: Rc<[u8]> = Rc::from(text);
            let make = |(offset, node): (usize, Node)| Manifest {
                file: file.to_owned(),
                kind: super::subject::text(&node, &["kind"]),
                node,
                file_text: Rc::clone(&file_text),
                case: case.name.clone(),
                minor: case.minor,
                origin: Rc::clone(&origin),
                offset,
            };
            let (found, broken) = documents(text);
            manifests.extend(found.into_iter().map(make));
            if let Some((offset, error)) = broken
                && self.enter("invalid-yaml", findings)
            {
                let stand_in = make((offset, Node::new(Span::default(), yaml::NodeKind::Null)));
                let at = Span::new(SourceId::default(), error.offset().unwrap_or(0), 0);
                let spot = stand_in.spot(&Node::new(at, yaml::NodeKind::Null), findings.sources);
                findings.add(spot, format!("what this line writes is no YAML: {}", error.message()));
            }
        }
        case.manifests = manifests;
    }
}

fn add_further((id, text): (SourceId, &[u8]), subject: &mut Subject<'_>) {
    if let Ok((documents, overruled)) = yaml::parse_all_noting_duplicates(text, id) {
        subject.further.push((id, documents));
        subject.overruled.push((id, overruled));
    }
}

fn is_definition(node: &Node) -> bool {
    let is = |key: &str| super::subject::text(node, &[key]);
    is("kind") == "CustomResourceDefinition" && is("apiVersion").starts_with("apiextensions.k8s.io")
}

fn is_case(name: &str) -> bool {
    name.strip_prefix("ci/").is_some_and(|base| !base.contains('/') && base.ends_with("-values.yaml"))
}

fn step(key: &Key) -> String {
    match key {
        Key::Name(name) => name.clone(),
        Key::Index(index) => index.to_string(),
    }
}

fn add_failure(error: &RenderError, templates: &HashMap<String, SourceId>, findings: &mut Findings<'_>) {
    let (file, offset, message) = match error {
        RenderError::Parse { file, error } => (file.clone(), error.offset, error.message.clone()),
        RenderError::Exec { file, error } => {
            let place = error
                .parts()
                .filter_map(|part| part.place.as_ref())
                .rfind(|place| templates.contains_key(&*place.file));
            let message = error.cause().trim().replace("HELM_ERR_START", "").replace("HELM_ERR_END", "");
            (place.map_or(file.clone(), |place| place.file.to_string()), place.map_or(0, |place| place.offset), message)
        }
    };
    let span = templates.get(&file).and_then(|id| {
        let text = findings.sources.get(*id)?.text();
        let line =
            text.get(offset..).and_then(|rest| memchr::memchr(b'\n', rest)).map_or(text.len(), |end| offset + end);
        Some(Span::new(*id, offset.min(line), line))
    });
    match span {
        Some(span) => findings.add(span, message),
        None => findings.add(super::Spot::default(), message),
    };
}
