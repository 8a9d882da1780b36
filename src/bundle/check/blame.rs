//! The line to change: from a byte of what a release renders back to the template, the values or the environment.

use super::Proof;
use super::facts::At;
use crate::chart::Chart;
use crate::environment::ValueOrigins;
use crate::environment::notes::note_of;
use crate::lint::{Origin, Output, Spot};
use crate::render::action::Prepared;
use crate::render::{Rendered, Trace, template_files};
use crate::source::{Source, SourceId, Sources, Span, position};
use crate::template::TracePlace;
use crate::value::{Map, Value};
use crate::yaml;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

/// The places at which a release was stated.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spans {
    pub(crate) release: Span,
    pub(crate) chart: Span,
    pub(crate) version: Span,
    pub(crate) needs: Span,
    pub(crate) wait: Span,
    /// The versions of Kubernetes that the chart takes.
    pub(crate) kube_version: String,
}

/// A release rendered again, with a record.
pub(crate) struct Again {
    pub(crate) rendered: Rendered,
    pub(crate) prepared: Prepared,
    /// Where its values come from, while a bundle is built.
    pub(crate) origins: Option<ValueOrigins>,
    /// The release's own values, with the name of their file.
    pub(crate) values: (String, Vec<u8>),
    /// What files of the chart are called: this, and the path in the chart.
    pub(crate) shown: String,
}

/// Renders a release again.
pub(crate) type Rerender<'a> = dyn Fn(usize) -> Option<Again> + 'a;

/// How many releases are kept with their records.
const KEPT: usize = 32;

/// Releases that were rendered again.
#[derive(Default)]
pub(crate) struct Cache {
    releases: Vec<(usize, Option<Rc<Kept>>)>,
    /// Texts of charts by their shown names.
    texts: HashMap<String, SourceId>,
}

/// A release with what every search in it needs.
struct Kept {
    again: Again,
    /// The texts of the chart's template files, by Helm's names.
    templates: HashMap<String, SourceId>,
    /// The release's own values.
    own: Value,
}

impl Cache {
    fn again(&mut self, proof: &Proof<'_>, release: usize, sources: &mut Sources) -> Option<Rc<Kept>> {
        if let Some((_, again)) = self.releases.iter().find(|(at, _)| *at == release) {
            return again.clone();
        }
        let again = (proof.rerender)(release).map(|again| {
            let own = yaml::from_yaml_map(&again.values.1).map_or(Value::Nil, Value::Map);
            Rc::new(Kept { templates: self.templates(&again, sources), own, again })
        });
        if self.releases.len() >= KEPT {
            self.releases.remove(0);
        }
        self.releases.push((release, again.clone()));
        again
    }

    fn templates(&mut self, again: &Again, sources: &mut Sources) -> HashMap<String, SourceId> {
        let prefix = format!("{}/", again.prepared.chart.name());
        let named = template_files(&again.prepared.chart).into_iter().map(|file| {
            let inner = file.name.strip_prefix(&prefix).unwrap_or(&file.name);
            let id = self.text(format!("{}/{inner}", again.shown), &file.text, sources);
            (file.name.clone(), id)
        });
        named.collect()
    }

    fn text(&mut self, name: String, text: &[u8], sources: &mut Sources) -> SourceId {
        match self.texts.get(&name) {
            Some(id) => *id,
            None => {
                let id = sources.add(Source::new(name.clone(), text));
                self.texts.insert(name, id);
                id
            }
        }
    }
}

pub(super) fn spot(proof: &Proof<'_>, release: usize, at: At, text: &str, sources: &mut Sources) -> Spot {
    let stated = proof.spans.get(release).map(|spans| spans.release).unwrap_or_default();
    let mut cache = proof.traced.borrow_mut();
    let Some(kept) = cache.again(proof, release, sources) else { return Spot::from(stated) };
    let mut blame = Blame { again: &kept.again, kept: &kept, cache: &mut cache, sources };
    blame.spot(at, text).unwrap_or_else(|| Spot::from(stated))
}

struct Blame<'b> {
    again: &'b Again,
    kept: &'b Kept,
    cache: &'b mut Cache,
    sources: &'b mut Sources,
}

/// A line of a template, by its number from 1.
type Line = (String, usize);

impl Blame<'_> {
    fn spot(&mut self, at: At, text: &str) -> Option<Spot> {
        let again = self.again;
        let trace = again.rendered.trace.as_ref()?;
        let (file, written) = again.rendered.files().nth(at.file as usize)?;
        let offset = (at.offset as usize).min(written.len());
        let note = note_of(file);
        let written_line = memchr::memchr_iter(b'\n', &written[..offset]).count() + 1;
        let output = Some(Output { file: file.to_owned(), line: written_line, case: String::new() });
        let (span, frames) = Origin::new(trace, at.file as usize, &self.kept.templates).find(offset, self.sources);
        let lines = lines_of(trace, at.file as usize, line_around(written, offset));
        let values = self.values_line(trace, &lines, text);
        if let Some(values) = values {
            return Some(Spot { span: Some(values), output, frames: span.into_iter().collect() });
        }
        if let Some((annotation, _)) = note {
            let line = lines.first().map_or(1, |(_, line)| *line);
            return Some(Spot { span: self.annotation_line(annotation, line), output, frames: Vec::new() });
        }
        Some(Spot { span, output, frames })
    }

    /// The line of `Chart.yaml` that holds line `line` of an annotation.
    fn annotation_line(&mut self, annotation: &str, line: usize) -> Option<Span> {
        let file = self.again.prepared.chart.raw_file("Chart.yaml")?;
        let start = memchr::memmem::find(&file.data, format!("{annotation}:").as_bytes())?;
        let first = position(&file.data, start).line;
        let id = self.cache.text(format!("{}/Chart.yaml", self.again.shown), &file.data, self.sources);
        let source = self.sources.get(id)?;
        let is_block = source
            .line(first)
            .is_some_and(|line| line.trim_ascii_end().ends_with(b"|") || line.trim_ascii_end().ends_with(b"|-"));
        let wanted = if is_block { first + line } else { first };
        whole_line(source, id, wanted)
    }

    /// The line of the value that is to blame for a text.
    fn values_line(&mut self, trace: &Trace, lines: &[Line], text: &str) -> Option<Span> {
        if text.is_empty() {
            return None;
        }
        let mut search =
            Search { trace, lines: lines.iter().cloned().collect(), text, best: None, own: &self.kept.own };
        search.walk(&self.again.prepared.values, &mut Vec::new());
        let (_, path) = search.best?;
        self.stated(&path).or_else(|| self.default_line(&path))
    }

    /// Where the release's own values state a path.
    fn stated(&mut self, path: &[String]) -> Option<Span> {
        find(&self.kept.own, path)?;
        let Some(origins) = &self.again.origins else {
            let (name, text) = &self.again.values;
            let id = self.cache.text(name.clone(), text, self.sources);
            let node = yaml::parse(text, id).ok()?;
            return node.span_at(path);
        };
        let origin = origins.of(path)?;
        let Some(template) = origin.template else { return origin.read.last().copied() };
        let source = self.sources.get(template.source)?;
        let scalar = source.text().get(template.start as usize..template.end as usize).unwrap_or_default();
        let scalar = String::from_utf8_lossy(scalar);
        let scalar = scalar.trim().trim_matches(['"', '\'']).trim().to_owned();
        let is_alone = scalar.starts_with("{{") && scalar.ends_with("}}") && scalar.matches("{{").count() == 1;
        match origin.read.last() {
            Some(read) if is_alone => Some(*read),
            _ => Some(template),
        }
    }

    /// Where a chart's `values.yaml` states a path.
    fn default_line(&mut self, path: &[String]) -> Option<Span> {
        let mut chart: &Chart = &self.again.prepared.chart;
        let mut folder = self.again.shown.clone();
        let mut path = path;
        loop {
            if let Some(file) = chart.raw_file("values.yaml") {
                let id = self.cache.text(format!("{folder}/values.yaml"), &file.data, self.sources);
                let span = yaml::parse(&file.data, id).ok().and_then(|node| node.span_at(path));
                if span.is_some() {
                    return span;
                }
            }
            let (first, rest) = path.split_first()?;
            chart = chart.dependencies.iter().find(|sub| sub.name() == first)?;
            folder = format!("{folder}/charts/{first}");
            path = rest;
        }
    }
}

fn find(value: &Value, path: &[String]) -> Option<Value> {
    path.iter().try_fold(value.clone(), |value, key| match &value {
        Value::Map(map) => map.get(key),
        Value::List(list) => list.items().get(key.parse::<usize>().ok()?).cloned(),
        _ => None,
    })
}

/// The bytes of the line around a byte.
fn line_around(text: &[u8], at: usize) -> std::ops::Range<usize> {
    let start = memchr::memrchr(b'\n', &text[..at]).map_or(0, |found| found + 1);
    let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |found| at + found);
    start..end.max(start + 1)
}

/// The template lines that wrote a range of a file, and those that called them; the writer of its start first.
fn lines_of(trace: &Trace, file: usize, range: std::ops::Range<usize>) -> Vec<Line> {
    let segments = trace.segments.get(file).map_or(&[][..], |segments| segments.all());
    let first = segments.partition_point(|segment| segment.out <= range.start).saturating_sub(1);
    let mut lines: Vec<Line> = Vec::new();
    let mut add = |place: TracePlace, along: usize| {
        if let Some(source) = trace.source_of(place) {
            let line = (source.name.clone(), position(&source.text, place.pos as usize + along).line);
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    };
    for segment in segments.iter().skip(first).take_while(|segment| segment.out < range.end) {
        let along = if segment.verbatim { range.start.saturating_sub(segment.out) } else { 0 };
        add(segment.place, along);
        let mut frame = segment.frames.as_deref();
        while let Some(outer) = frame {
            add(outer.place, 0);
            frame = outer.parent.as_deref();
        }
    }
    lines
}

/// The visible part of a line.
fn whole_line(source: &Source, id: SourceId, line: usize) -> Option<Span> {
    let start = source.line_start(line)?;
    let text = source.line(line)?;
    let indent = text.len() - text.trim_ascii_start().len();
    Some(Span::new(id, start + indent, start + indent + text.trim_ascii().len()))
}

/// How deep values are searched.
const DEEPEST: usize = 100;

/// A search for the value that a text comes from.
struct Search<'s> {
    trace: &'s Trace,
    lines: BTreeSet<Line>,
    text: &'s str,
    best: Option<(u32, Vec<String>)>,
    own: &'s Value,
}

impl Search<'_> {
    fn walk(&mut self, table: &Map, path: &mut Vec<String>) {
        if path.len() >= DEEPEST {
            return;
        }
        let whole = self.is_on_lines(self.trace.recorder.reads_of_all(table));
        for (key, value) in table.snapshot() {
            path.push(key.to_str_lossy().into_owned());
            let is_read = whole || self.is_on_lines(self.trace.recorder.reads_of(table, &key));
            self.value(&value, path, is_read);
            path.pop();
        }
    }

    fn value(&mut self, value: &Value, path: &mut Vec<String>, is_read: bool) {
        match value {
            Value::Map(below) => self.walk(below, path),
            Value::List(list) if path.len() < DEEPEST => {
                for (number, item) in list.items().iter().enumerate() {
                    path.push(number.to_string());
                    self.value(item, path, is_read);
                    path.pop();
                }
            }
            Value::Nil => {}
            value => {
                let have = crate::value::print::to_text(value)
                    .map(|text| text.to_str_lossy().into_owned())
                    .unwrap_or_default();
                let weight = self.weight(&have, path, is_read);
                if weight > self.best.as_ref().map_or(0, |(best, _)| *best) {
                    self.best = Some((weight, path.clone()));
                }
            }
        }
    }

    /// How likely a value is the cause; 0 if it is not.
    fn weight(&self, have: &str, path: &[String], is_read: bool) -> u32 {
        let first = self.text.split('.').next().unwrap_or(self.text);
        let is_equal = have == self.text || (have == first && first != self.text && !first.is_empty());
        let holds = self.text.len() > 2 && have.contains(self.text);
        let is_own = find(self.own, path).is_some();
        match (is_equal, holds, is_read, is_own) {
            (true, _, true, true) => 6,
            (true, _, true, false) => 5,
            (_, true, true, true) => 4,
            (_, true, true, false) => 3,
            (true, _, false, true) if self.text.len() > 2 => 2,
            (_, true, false, true) if self.text.len() > 4 => 1,
            _ => 0,
        }
    }

    fn is_on_lines(&self, places: &[TracePlace]) -> bool {
        places.iter().any(|place| {
            let source = self.trace.source_of(*place);
            source.is_some_and(|file| {
                self.lines.contains(&(file.name.clone(), position(&file.text, place.pos as usize).line))
            })
        })
    }
}
