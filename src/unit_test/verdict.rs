//! The verdict about one test: its assertions, and a diagnostic for each that does not hold.

use super::assertion::Assertion;
use super::check::{Problem, RAW, Session, Subject, problems};
use super::data::Data;
use super::render::{Outcome, Stage};
use super::run::{Options, TestOutcome};
use super::select::{Outputs, documents, templates_of};
use super::snapshot::Snapshots;
use super::suite::{Suite, Test};
use crate::chart::Chart;
use crate::diagnostic::{Diagnostic, Error};
use crate::render::{Coverage, Rendered, TemplateFile, Tracing};
use crate::source::{Source, SourceId, Sources, Span};
use std::cell::Cell;
use std::collections::HashMap;
use std::path::Path;

/// Renders the chart for a test and checks its assertions.
pub(super) fn of_test(
    (chart, suite, test): (&Chart, &Suite, &Test),
    options: &Options<'_>,
    (snapshots, sources): (&mut Snapshots, &mut Sources),
    coverage: Option<&mut Coverage>,
) -> TestOutcome {
    let mut case = match Stage::new(chart, suite, test, options) {
        Ok(stage) => {
            let rendered = stage.render(Tracing::Off, options, coverage);
            let outcome = stage.outcome(rendered, suite, test);
            let route = stage.route(suite);
            Case::new((Some(stage), outcome, route), (suite, test), options)
        }
        // What keeps a chart from being rendered can be asserted, too.
        Err(error) => {
            let outcome = Outcome::Refused(full_text(&error));
            let route = super::select::route_of(chart, suite);
            Case::new((None, outcome, route), (suite, test), options)
        }
    };
    let found = case.check(snapshots, sources);
    match found.is_empty() {
        true if !test.assertions.is_empty() && case.unasked.get() == test.assertions.len() => {
            TestOutcome::Skipped("no template has a document that the selector wants".to_owned())
        }
        true => TestOutcome::Passed,
        false => TestOutcome::Failed(found),
    }
}

fn full_text(error: &Error) -> String {
    error.message().to_owned()
}

/// One test that was rendered.
struct Case<'a> {
    stage: Option<Stage>,
    outcome: Outcome,
    route: String,
    suite: &'a Suite,
    test: &'a Test,
    options: &'a Options<'a>,
    /// The same render with its trace, made when the first value is pointed at.
    traced: Option<Option<Rendered>>,
    known: HashMap<String, SourceId>,
    /// How many assertions were about no document, because the selector of the test skips empty templates.
    unasked: Cell<usize>,
}

impl<'a> Case<'a> {
    fn new(
        (stage, outcome, route): (Option<Stage>, Outcome, String),
        (suite, test): (&'a Suite, &'a Test),
        options: &'a Options<'a>,
    ) -> Case<'a> {
        let (traced, known, unasked) = (None, HashMap::new(), Cell::new(0));
        Case { stage, outcome, route, suite, test, options, traced, known, unasked }
    }

    fn check(&mut self, snapshots: &mut Snapshots, sources: &mut Sources) -> Vec<Diagnostic> {
        if let Outcome::Broken(broken) = &self.outcome {
            let (file, at) = (broken.file.clone(), broken.at);
            let diagnostic = Diagnostic::error(format!("`{file}` wrote {}", broken.message));
            let diagnostic = diagnostic.at(self.test.span).caption("in this test");
            return vec![self.point(diagnostic, &file, Span::new(SourceId::default(), at, at + 1), sources)];
        }
        let mut session = Session { snapshots, test: &self.test.name, count: 0 };
        let mut diagnostics = Vec::new();
        for assertion in &self.test.assertions {
            for (template, problem) in self.of_assertion(assertion, &mut session) {
                diagnostics.push((assertion, template, problem));
            }
        }
        diagnostics.into_iter().map(|(one, template, problem)| self.tell(one, template, problem, sources)).collect()
    }

    /// What keeps an assertion from holding, each with its template.
    fn of_assertion(&self, assertion: &Assertion, session: &mut Session<'_>) -> Vec<(Option<String>, Problem)> {
        let nothing = Outputs::new();
        let (outputs, succeeded, refused) = match &self.outcome {
            Outcome::Done(outputs) => (outputs, true, None),
            Outcome::Failed(outputs) => (outputs, false, None),
            Outcome::Refused(text) => (&nothing, false, Some(text.as_str())),
            Outcome::Broken(_) => (&nothing, false, None),
        };
        let problem = |message: String| Problem { document: None, message, at: None };
        let templates = templates_of(assertion, self.test, self.suite, &self.route, outputs);
        let targets = match documents(assertion, self.test, &templates, outputs) {
            Ok(targets) => targets,
            Err(why) => {
                let why = refused.map_or(why, |refused| format!("the chart was not rendered: {refused}"));
                return vec![(None, problem(why))];
            }
        };
        let needs_success = assertion.check.needs_success(assertion.name);
        let skips = self.test.selector.as_ref().is_some_and(|selector| selector.skip_empty);
        if targets.is_empty() && skips {
            self.unasked.set(self.unasked.get() + 1);
            return Vec::new();
        }
        if needs_success && let Some(refused) = refused {
            return vec![(None, problem(format!("the chart was not rendered: {refused}")))];
        }
        if targets.is_empty() {
            if needs_success != succeeded {
                return vec![(None, problem("expected the chart to fail, found that it is rendered".to_owned()))];
            }
            let subject = Subject { all: 0, documents: Vec::new(), refused };
            return problems(assertion, &subject, session).into_iter().map(|problem| (None, problem)).collect();
        }
        let mut found = Vec::new();
        for (template, documents) in targets {
            let name = Some(template.clone());
            let all = outputs.get(&template).map_or(0, Vec::len);
            if documents.is_none() && needs_success && !outputs.contains_key(&template) {
                found.push((None, problem(self.unknown(&template, outputs))));
                continue;
            }
            if needs_success != succeeded {
                found.push((name, problem(unlike(outputs.get(&template), succeeded))));
                continue;
            }
            let subject = Subject { all, documents: documents.unwrap_or_default(), refused };
            found.extend(problems(assertion, &subject, session).into_iter().map(|problem| (name.clone(), problem)));
        }
        found
    }

    fn unknown(&self, template: &str, outputs: &Outputs) -> String {
        let near = crate::diagnostic::nearest(template, outputs.keys().map(|name| name.as_bytes()));
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        format!("expected the template `{template}`, which the chart does not have or the suite does not select{near}")
    }

    fn tell(
        &mut self,
        assertion: &Assertion,
        template: Option<String>,
        problem: Problem,
        sources: &mut Sources,
    ) -> Diagnostic {
        let document = problem.document.map(|number| format!(", document {number}")).unwrap_or_default();
        let place = match &template {
            Some(template) => format!(" ({template}{document})"),
            None => String::new(),
        };
        let diagnostic = Diagnostic::error(format!("`{}` fails: {}{place}", assertion.name, problem.message));
        let diagnostic = diagnostic.at(assertion.span).caption("this assertion");
        match (template, problem.at) {
            (Some(template), Some(at)) if matches!(self.outcome, Outcome::Done(_)) => {
                self.point(diagnostic, &template, at, sources)
            }
            _ => diagnostic,
        }
    }

    /// Points at the template line that wrote a value.
    fn point(&mut self, diagnostic: Diagnostic, template: &str, at: Span, sources: &mut Sources) -> Diagnostic {
        let options = self.options;
        let stage = self.stage.as_ref();
        let render = || stage.and_then(|stage| stage.render(Tracing::On, options, None).ok());
        let Some(traced) = self.traced.get_or_insert_with(render) else { return diagnostic };
        let Some((file, offset)) = traced.writer(template, at.start as usize) else { return diagnostic };
        let id = match self.known.get(&file.name) {
            Some(id) => *id,
            None => {
                let id = sources.add(Source::new(shown_name(options.root, file), file.text.to_vec()));
                self.known.insert(file.name.clone(), id);
                id
            }
        };
        diagnostic.label(line_at(&file.text, offset, id), "written here")
    }
}

/// What a render that should have failed did, or the other way round.
fn unlike(documents: Option<&Vec<Data>>, succeeded: bool) -> String {
    if succeeded {
        return "expected the template to fail, found that it is rendered".to_owned();
    }
    let raw = documents.and_then(|documents| documents.first()).and_then(|document| document.get(RAW));
    let text = raw.and_then(Data::as_text).map(|text| String::from_utf8_lossy(text).into_owned());
    match text {
        Some(text) => format!("the template was not rendered: {text}"),
        None => "another template failed, so that nothing was rendered".to_owned(),
    }
}

/// The visible part of the line that byte `offset` lies in.
fn line_at(text: &[u8], offset: usize, source: SourceId) -> Span {
    let offset = offset.min(text.len());
    let start = memchr::memrchr(b'\n', &text[..offset]).map_or(0, |at| at + 1);
    let end = memchr::memchr(b'\n', &text[offset..]).map_or(text.len(), |at| offset + at);
    let line = &text[start..end];
    let blank = line.len() - line.trim_ascii_start().len();
    Span::new(source, start + blank, end)
}

/// The path of a template file where the chart is a folder that has it, or else Helm's name for it.
fn shown_name(root: &Path, file: &TemplateFile) -> String {
    let inner = file.name.split_once('/').map_or(file.name.as_str(), |(_, inner)| inner);
    let path = root.join(inner);
    if path.is_file() { path.to_string_lossy().into_owned() } else { file.name.clone() }
}
