//! Why a chart could not be rendered, as diagnostics: every place that execution went through, with its source line.

use super::run_template::{self, Render};
use super::ui::{Face, Stop, Ui};
use crate::diagnostic::{Diagnostic, Error, ErrorKind};
use crate::render::action::Failure;
use crate::render::manifest::ManifestFault;
use crate::render::{RenderError, Rendered, TemplateFile, Trace, Tracing};
use crate::source::{Source, SourceId, Span, position};
use crate::template::{ExecError, ParseError, Place, Segment};
use crate::values::{Effect, Layer, Origins};
use std::collections::HashMap;
use std::path::Path;

/// What ends a run whose templates failed.
pub(super) fn of_render(failure: &Failure, job: &Render<'_>, ui: &mut Ui) -> Stop {
    if ui.face() == Face::Helm {
        return helm(failure.helm_text(job.options.compat), job, ui);
    }
    let mut files = Files::new(job, ui);
    match failure {
        Failure::Refused(error) => {
            let hints = error.hints().iter().cloned();
            Stop::Error(hints.fold(Error::new(error.kind(), error.message()), Error::hint))
        }
        Failure::Template(RenderError::Parse { file, error }) => Stop::Content(vec![files.parse(file, error)]),
        Failure::Template(RenderError::Exec { error, .. }) => Stop::Content(vec![files.exec(error)]),
    }
}

/// What ends a run whose output is not YAML. The chart is rendered again to learn which line wrote the fault.
pub(super) fn of_manifest(fault: &ManifestFault<'_>, job: &Render<'_>, ui: &mut Ui) -> Stop {
    if ui.face() == Face::Helm {
        return helm(fault.text(job.options.compat), job, ui);
    }
    let message = format!("`{}` wrote what is not YAML: {}", fault.file.path, fault.fault.message());
    let at = fault.offset + fault.fault.offset().unwrap_or(0);
    let shown = Source::new(format!("{} (rendered)", fault.file.path), fault.file.text.to_vec());
    let line = shown.position(at).line;
    let (start, end) = line_range(fault.file.text, line);
    let id = ui.sources.add(shown);
    let output = Span::new(id, start, end);
    let diagnostic = Diagnostic::error(message);
    let diagnostic = match job.execute(Tracing::On) {
        Ok(traced) => Writers::new(job, &traced).point(diagnostic, fault.file.path, (start.max(at), output), ui),
        Err(_) => diagnostic.at(output).caption("this line"),
    };
    Stop::Content(vec![diagnostic])
}

/// Who wrote which bytes of a chart's output.
pub(super) struct Writers<'a, 'b> {
    job: &'a Render<'b>,
    rendered: &'a Rendered,
    known: HashMap<String, SourceId>,
}

impl<'a, 'b> Writers<'a, 'b> {
    /// The writers of a traced render.
    pub(super) fn new(job: &'a Render<'b>, rendered: &'a Rendered) -> Writers<'a, 'b> {
        Writers { job, rendered, known: HashMap::new() }
    }

    /// Points a diagnostic at the template line that wrote byte `at` of a file's output, and at the output itself,
    /// `shown`.
    pub(super) fn point(
        &mut self,
        diagnostic: Diagnostic,
        path: &str,
        (at, shown): (usize, Span),
        ui: &mut Ui,
    ) -> Diagnostic {
        let writer = self.rendered.trace.as_ref().and_then(|trace| Some((trace, self.segment(trace, path, at)?)));
        let Some((trace, segment)) = writer else { return diagnostic.at(shown).caption("this line") };
        let along = if segment.verbatim { at.saturating_sub(segment.out) } else { 0 };
        let mut files = Files { job: self.job, ui, known: std::mem::take(&mut self.known) };
        let mut diagnostic = match files.line_of(trace, segment.place, segment.place.pos as usize + along) {
            Some(span) => diagnostic.at(span).caption("written here").label(shown, "this line"),
            None => diagnostic.at(shown).caption("this line"),
        };
        let mut frame = segment.frames.as_deref();
        while let Some(outer) = frame {
            let place = files.line_of(trace, outer.place, outer.place.pos as usize);
            diagnostic = diagnostic.frame("this line", place);
            frame = outer.parent.as_deref();
        }
        diagnostic.trace.reverse();
        self.known = files.known;
        diagnostic
    }

    /// The file and line (from 1) of the template that wrote byte `at` of a file's output.
    pub(super) fn line(&self, path: &str, at: usize) -> Option<(String, usize)> {
        let (file, offset) = self.rendered.writer(path, at)?;
        Some((file.name.clone(), position(&file.text, offset).line))
    }

    fn segment(&self, trace: &'a Trace, path: &str, at: usize) -> Option<&'a Segment> {
        let index = self.rendered.files().position(|(file, _)| file == path)?;
        trace.segments.get(index)?.find(at)
    }
}

fn helm(mut text: String, job: &Render<'_>, ui: &Ui) -> Stop {
    if job.asks_for_debug(ui) {
        text.push_str("\n\nUse --debug flag to render out invalid YAML");
    }
    Stop::Error(Error::new(ErrorKind::Content, text))
}

/// The path in the values of the whole chart whose value has no field of the name that an error complains of.
fn missing_value(place: &Place, message: &str) -> Option<Vec<String>> {
    let name = message.strip_prefix("nil pointer evaluating interface {}.").or_else(|| {
        let rest = message.strip_prefix("can't evaluate field ")?;
        rest.split_once(" in type ").map(|(name, _)| name)
    })?;
    let context = place.context.strip_prefix('$').unwrap_or(&place.context);
    let fields = context.strip_prefix(".Values.")?;
    let subcharts = place.file.split("/charts/").skip(1).filter_map(|rest| rest.split('/').next());
    let mut path: Vec<String> = subcharts.map(str::to_owned).collect();
    for field in fields.split('.') {
        if field == name {
            return Some(path);
        }
        path.push(field.to_owned());
    }
    None
}

/// The bytes of line `line` (from 1).
fn line_range(text: &[u8], line: usize) -> (usize, usize) {
    let start = match line.checked_sub(2) {
        None => 0,
        Some(breaks) => memchr::memchr_iter(b'\n', text).nth(breaks).map_or(text.len(), |at| at + 1),
    };
    let end = text.get(start..).and_then(|rest| memchr::memchr(b'\n', rest)).map_or(text.len(), |at| start + at);
    (start, end)
}

/// The template files of a job as sources, read as they are needed.
struct Files<'a, 'b> {
    job: &'a Render<'b>,
    ui: &'a mut Ui,
    known: HashMap<String, SourceId>,
}

impl<'a, 'b> Files<'a, 'b> {
    fn new(job: &'a Render<'b>, ui: &'a mut Ui) -> Files<'a, 'b> {
        Files { job, ui, known: HashMap::new() }
    }

    /// The source of a template file by Helm's name for it.
    fn source(&mut self, name: &str) -> Option<SourceId> {
        if let Some(id) = self.known.get(name) {
            return Some(*id);
        }
        let text =
            crate::render::template_files(&self.job.prepared.chart).into_iter().find(|file| file.name == name)?;
        Some(self.add(&text))
    }

    fn add(&mut self, file: &TemplateFile) -> SourceId {
        let shown = shown_name(&self.job.path, &file.name);
        let id = self.ui.sources.add(Source::new(shown, file.text.to_vec()));
        self.known.insert(file.name.clone(), id);
        id
    }

    fn parse(&mut self, file: &str, error: &ParseError) -> Diagnostic {
        let diagnostic = Diagnostic::error(&error.message);
        let Some(id) = self.source(file) else { return diagnostic };
        let Some(source) = self.ui.sources.get(id) else { return diagnostic };
        let (start, end) = line_range(source.text(), error.line);
        let start =
            if (start..end).contains(&error.offset) { error.offset } else { first_visible(source.text(), start, end) };
        let until = if start == error.offset { word_end(source.text(), start, end) } else { end };
        diagnostic.at(Span::new(id, start, until))
    }

    fn exec(&mut self, error: &ExecError) -> Diagnostic {
        let places: Vec<&Place> = error.parts().filter_map(|part| part.place.as_ref()).collect();
        let mut diagnostic = Diagnostic::error(cause(error));
        diagnostic.hints.extend(error.hints().iter().cloned());
        let Some((inner, outer)) = places.split_last() else { return diagnostic };
        for place in outer {
            diagnostic = diagnostic.frame(format!("`{}`", place.context), self.span(place));
        }
        if let Some(path) = missing_value(inner, &diagnostic.message) {
            diagnostic = self.explain(diagnostic, &path);
        }
        match self.span(inner) {
            Some(span) => diagnostic.at(span),
            None => diagnostic.frame(format!("`{}` of a `tpl` text, line {}", inner.context, inner.line), None),
        }
    }

    /// Tells who left a value unset, or set it to something that has no fields.
    fn explain(&mut self, diagnostic: Diagnostic, path: &[String]) -> Diagnostic {
        let layers = run_template::layers(&self.job.options.values);
        let name = path.join(".");
        // Standard input is gone once it was read.
        if layers.iter().any(|layer| matches!(layer, Layer::File(file) if file.trim() == "-")) {
            return diagnostic;
        }
        let (chart, compat) = (&self.job.prepared.chart, self.job.options.compat);
        let mut read = run_template::read_values_file;
        let Ok(origins) = Origins::collect(chart, &layers, compat, &mut read, &mut self.ui.sources) else {
            return diagnostic;
        };
        let history = origins.of(path);
        let Some(last) = history.last() else {
            return diagnostic.hint(format!("`{name}` is not set; set it, or guard this with `if` or `with`"));
        };
        let (what, caption) = match &last.effect {
            Effect::Removed => ("is not set; removed by", "removed here"),
            _ => ("has no fields; set by", "set here"),
        };
        let place = last.span.and_then(|span| super::report::place(span, &self.ui.sources));
        let who = place.unwrap_or_else(|| last.setter.to_string());
        let diagnostic = diagnostic.hint(format!("`{name}` {what} {who}"));
        match last.span {
            Some(span) => diagnostic.label(span, caption),
            None => diagnostic,
        }
    }

    fn span(&mut self, place: &Place) -> Option<Span> {
        let id = self.source(&place.file)?;
        let text = self.ui.sources.get(id)?.text();
        let length = place.context.len().max(1);
        let from = place.offset.saturating_sub(length);
        let near = text.get(from..(place.offset + length).min(text.len()))?;
        let found = memchr::memmem::rfind(near, place.context.as_bytes()).map(|at| from + at);
        let start = found.unwrap_or(place.offset);
        let end = if found.is_some() { start + length } else { word_end(text, start, text.len()) };
        Some(Span::new(id, start, end))
    }

    /// The line of a traced place.
    fn line_of(&mut self, trace: &Trace, place: crate::template::TracePlace, offset: usize) -> Option<Span> {
        let file = trace.source_of(place)?;
        let id = match self.known.get(&file.name) {
            Some(id) => *id,
            None => self.add(file),
        };
        let (start, end) = line_range(&file.text, self.ui.sources.get(id)?.position(offset).line);
        Some(Span::new(id, first_visible(&file.text, start, end), end))
    }
}

/// The innermost message, without the marks and wrappers that only Helm's own texts need.
fn cause(error: &ExecError) -> String {
    let text = error.cause().trim();
    let place = error.place().map(|place| format!(" at <{}>: ", place.context)).unwrap_or_default();
    let text = text.split_once(place.as_str()).filter(|_| !place.is_empty()).map_or(text, |(_, own)| own);
    text.replace("HELM_ERR_START", "").replace("HELM_ERR_END", "")
}

fn first_visible(text: &[u8], start: usize, end: usize) -> usize {
    let line = text.get(start..end).unwrap_or_default();
    start + line.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

fn word_end(text: &[u8], start: usize, end: usize) -> usize {
    let word = text.get(start..end).unwrap_or_default();
    start + word.iter().take_while(|byte| !byte.is_ascii_whitespace() && **byte != b'}').count().max(1)
}

/// The path of a template file on disk where the chart is a folder that has it, or else Helm's name for it.
fn shown_name(chart: &Path, name: &str) -> String {
    let inner = name.split_once('/').map_or(name, |(_, inner)| inner);
    let path = chart.join(inner);
    if !path.is_file() {
        return name.to_owned();
    }
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(&here).unwrap_or(&path).to_string_lossy().into_owned()
}
