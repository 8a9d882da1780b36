//! What rules look at: a chart with its texts, its renders, and the objects in them.

use super::findings::{Output, Spot};
use crate::chart::{Chart, Compat, Metadata};
use crate::render::action::Prepared;
use crate::render::{Parses, Rendered, Trace};
use crate::schema_inference::{Observed, Usage};
use crate::source::{Source, SourceId, Sources, Span};
use crate::template::{Segments, TracePlace};
use crate::value::Value;
use crate::yaml::{self, Node, Overruled};
use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;

/// A chart to be linted.
pub struct Subject<'a> {
    /// The chart as it was loaded.
    pub chart: &'a Chart,
    /// Whose rules hold.
    pub compat: Compat,
    /// The files of the chart that are YAML and were read with their places, by name.
    pub(super) files: HashMap<&'static str, (SourceId, Vec<Node>)>,
    /// Entries of these files, and of the further ones, that a later one of the same key overrules.
    pub(super) overruled: Vec<(SourceId, Vec<Overruled>)>,
    /// Further files of values: those of the user, and each `ci/*-values.yaml`.
    pub(super) further: Vec<(SourceId, Vec<Node>)>,
    /// The renders: the defaults first, then each `ci/*-values.yaml`.
    pub cases: Vec<Case>,
    /// `Chart.yaml` at the revision that the chart is compared with.
    pub(super) previous: Option<Vec<u8>>,
    /// What Helm 4 and others say of the Kubernetes version that is meant.
    pub minor: u32,
    /// Texts of template files, by Helm's name.
    pub(super) templates: HashMap<String, SourceId>,
    /// The same, by their paths in the chart.
    pub(super) paths: HashMap<String, SourceId>,
    /// What its templates were parsed by.
    pub(super) parses: &'a Parses,
    pub(super) usage: OnceCell<Option<Usage>>,
    pub(super) metadata: OnceCell<Option<Metadata>>,
}

impl Subject<'_> {
    /// What templates read of the values, on any branch; `None` where nothing can be said.
    pub fn usage(&self) -> Option<&Usage> {
        let observed = self
            .cases
            .iter()
            .filter_map(|case| Some(Observed { trace: case.rendered.trace.as_ref()?, values: &case.prepared.values }));
        self.usage.get_or_init(|| Usage::of(self.chart, self.parses, observed).ok().flatten()).as_ref()
    }

    /// What `Chart.yaml` says, whether or not the chart can be loaded with it.
    pub(super) fn metadata(&self) -> Option<&Metadata> {
        let read = || Metadata::read(&self.chart.raw_file("Chart.yaml")?.data, self.compat).ok();
        self.metadata.get_or_init(read).as_ref()
    }

    /// The first document of a file.
    pub fn document(&self, name: &str) -> Option<&Node> {
        self.files.get(name)?.1.first()
    }

    /// All documents of a file.
    pub fn documents(&self, name: &str) -> &[Node] {
        self.files.get(name).map_or(&[], |(_, documents)| documents.as_slice())
    }

    /// The documents of `values.yaml` and of all further files of values.
    pub fn values_documents(&self) -> impl Iterator<Item = &Node> {
        let further = self.further.iter().flat_map(|(_, documents)| documents);
        self.documents("values.yaml").iter().chain(further)
    }

    /// The place of a key of a file, or of the start of the file.
    pub fn spot(&self, name: &str, path: &[&str]) -> Spot {
        let Some((id, documents)) = self.files.get(name) else { return Spot::default() };
        let found = documents.iter().rev().find_map(|document| document.key_span_at(path));
        Spot::from(found.unwrap_or(Span::new(*id, 0, 0)))
    }

    /// The source of a template file.
    pub fn template(&self, name: &str) -> Option<SourceId> {
        self.templates.get(name).copied()
    }
}

/// One render of a chart.
pub struct Case {
    /// Empty for the defaults, or the name of a values file.
    pub name: String,
    /// The chart with its enabled subcharts, and the values.
    pub prepared: Prepared,
    /// What was rendered, with its trace.
    pub rendered: Rendered,
    /// The objects, in file order.
    pub manifests: Vec<Manifest>,
    /// The minor version of Kubernetes that is meant.
    pub minor: u32,
    /// Texts of template files, by Helm's name.
    pub(super) templates: HashMap<String, SourceId>,
}

impl Case {
    /// The source of a template file.
    pub fn template(&self, name: &str) -> Option<SourceId> {
        self.templates.get(name).copied()
    }

    /// Whether templates were seen to read the value at a path, whether it is there or not.
    pub fn reads(&self, path: &[String]) -> bool {
        let (Some((last, above)), Some(trace)) = (path.split_last(), &self.rendered.trace) else { return false };
        let mut table = self.prepared.values.clone();
        for key in above {
            match table.get(key.as_str()) {
                Some(Value::Map(inner)) => table = inner,
                _ => return false,
            }
        }
        !trace.recorder.reads_of(&table, last.as_bytes()).is_empty()
    }

    /// The objects of a kind.
    pub fn of_kind<'c>(&'c self, kind: &'c str) -> impl Iterator<Item = &'c Manifest> {
        self.manifests.iter().filter(move |manifest| manifest.kind() == kind)
    }
}

/// One rendered object.
pub struct Manifest {
    /// Helm's name of the template file that wrote it.
    pub file: String,
    /// The object.
    pub node: Node,
    pub(super) kind: String,
    /// The whole file's text has these words somewhere; see Helm's check of selectors.
    pub(super) file_text: Rc<[u8]>,
    pub(super) case: String,
    /// The minor version of Kubernetes that is meant.
    pub minor: u32,
    /// Where the lines of the file come from.
    pub(super) origin: Rc<Origin>,
    /// Where the document starts in the file.
    pub(super) offset: usize,
}

/// Which template line wrote which bytes of one rendered file.
pub(crate) struct Origin {
    segments: Rc<Segments>,
    templates: Templates,
}

/// The sources of the template files of a render, by the numbers that its trace gives them.
pub(super) type Templates = Rc<[Option<SourceId>]>;

/// The sources of the template files of a traced render.
pub(super) fn templates_of(trace: &Trace, known: &HashMap<String, SourceId>) -> Templates {
    trace.sources.iter().map(|file| known.get(&file.name).copied()).collect()
}

impl Origin {
    /// The origins of file number `index` of a traced render whose template files have these sources.
    pub(crate) fn new(trace: &Trace, index: usize, known: &HashMap<String, SourceId>) -> Origin {
        Origin::sharing(trace, index, &templates_of(trace, known))
    }

    /// The same with the sources that all files of the render share.
    pub(super) fn sharing(trace: &Trace, index: usize, templates: &Templates) -> Origin {
        let segments = trace.segments.get(index).map(Rc::clone).unwrap_or_default();
        Origin { segments, templates: Rc::clone(templates) }
    }

    /// The template line that wrote byte `at`, and the lines that led there.
    pub(crate) fn find(&self, at: usize, sources: &Sources) -> (Option<Span>, Vec<Span>) {
        let Some(segment) = self.segments.find(at) else { return (None, Vec::new()) };
        let along = if segment.verbatim { at.saturating_sub(segment.out) } else { 0 };
        let line = |place: TracePlace, along: usize| {
            let id = self.templates.get(place.template.file()).copied().flatten()?;
            Some(line_of(sources.get(id)?, id, place.pos as usize + along))
        };
        let outer = std::iter::successors(segment.frames.as_deref(), |frame| frame.parent.as_deref());
        let mut led: Vec<Span> = outer.filter_map(|frame| line(frame.place, 0)).collect();
        led.reverse();
        match line(segment.place, along) {
            Some(span) => (Some(span), led),
            // The text of a `tpl` has no file; the line that called it does.
            None => (led.pop(), led),
        }
    }
}

/// The visible part of the line that byte `at` of a source stands in.
fn line_of(source: &Source, id: SourceId, at: usize) -> Span {
    let text = source.text();
    let at = at.min(text.len());
    let start = memchr::memrchr(b'\n', &text[..at]).map_or(0, |found| found + 1);
    let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |found| at + found);
    let line = &text[start..end];
    let indent = line.len() - line.trim_ascii_start().len();
    Span::new(id, start + indent, start + indent + line.trim_ascii().len())
}

impl Manifest {
    /// The place in the template that wrote a node of this object.
    pub fn spot(&self, node: &Node, sources: &Sources) -> Spot {
        self.spot_at(node.span().start as usize, sources)
    }

    /// The place of the object's first visible byte.
    pub fn start(&self, sources: &Sources) -> Spot {
        self.spot(self.node.entries().first().map_or(&self.node, |entry| &entry.key), sources)
    }

    fn spot_at(&self, inner: usize, sources: &Sources) -> Spot {
        let at = self.offset + inner;
        let (span, frames) = self.origin.find(at, sources);
        let before = self.file_text.get(..at).unwrap_or(&self.file_text);
        let line = memchr::memchr_iter(b'\n', before).count() + 1;
        Spot { span, output: Some(Output { file: self.file.clone(), line, case: self.case.clone() }), frames }
    }

    /// A text in the object.
    pub fn text(&self, path: &[&str]) -> String {
        text(&self.node, path)
    }

    /// `apiVersion`.
    pub fn api_version(&self) -> String {
        self.text(&["apiVersion"])
    }

    /// `kind`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// `metadata.name`.
    pub fn name(&self) -> String {
        self.text(&["metadata", "name"])
    }

    /// `kind/name`, for messages.
    pub fn called(&self) -> String {
        format!("{} `{}`", self.kind(), self.name())
    }

    /// The node at a path.
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        self.node.at(path)
    }

    /// The value of an annotation.
    pub fn annotation(&self, name: &str) -> Option<String> {
        Some(text(self.at(&["metadata", "annotations"])?, &[name])).filter(|text| !text.is_empty())
    }

    /// Whether this runs around an installation instead of being part of it.
    pub fn is_hook(&self) -> bool {
        self.annotation(crate::render::hooks::HOOK).is_some()
    }

    /// The template of the pods that it makes, or itself if it is a pod.
    pub fn pod(&self) -> Option<&Node> {
        match self.kind() {
            "Pod" => Some(&self.node),
            "CronJob" => self.at(&["spec", "jobTemplate", "spec", "template"]),
            "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "ReplicationController" | "Job" => {
                self.at(&["spec", "template"])
            }
            _ => None,
        }
    }

    /// The containers of its pods, those that run before included.
    pub fn containers(&self) -> Vec<&Node> {
        let Some(spec) = self.pod().and_then(|pod| pod.get("spec")) else { return Vec::new() };
        ["initContainers", "containers"].iter().filter_map(|key| spec.get(key)).flat_map(Node::items).collect()
    }
}

/// A text below a node; empty where there is none.
pub(super) fn text(node: &Node, path: &[&str]) -> String {
    let found = node.at(path).and_then(Node::to_text);
    found.map(|text| String::from_utf8_lossy(&text).into_owned()).unwrap_or_default()
}

/// The documents of a rendered file that can be read, and the first that cannot with its offset.
pub(super) type Broken = (usize, yaml::Error);

pub(super) fn documents(text: &[u8]) -> (Vec<(usize, Node)>, Option<Broken>) {
    let mut found = Vec::new();
    for document in yaml::documents(text) {
        let Ok(document) = document else { break };
        match yaml::parse(&document.text, SourceId::default()) {
            Ok(node) if node.is_null() => {}
            Ok(node) => found.push((document.offset, node)),
            Err(error) => return (found, Some((document.offset, error))),
        }
    }
    (found, None)
}
