//! Findings: diagnostics of rules, gathered, allowed away, sorted.

use super::fix::Fix;
use super::rule::{Level, Rule};
use super::suppress;
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{Source, SourceId, Sources, Span};
use std::collections::{HashMap, HashSet};

/// What a rule found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's name, the place to change, what is wrong and what to do.
    pub diagnostic: Diagnostic,
    /// The subchart whose files it is about, if it is one: `charts/a/charts/b`.
    pub subchart: Option<String>,
    /// The rendered line that it is about: the template file that wrote it, the line, from 1, and the case.
    pub output: Option<Output>,
    /// Further places of which the same is to be said, because they lie in this one; people need not read them.
    pub implied: Vec<(Span, String)>,
    /// The change that mends it, where there is no doubt about it.
    pub fix: Option<Fix>,
}

/// A line of rendered output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Helm's name of the template file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The values that it was rendered with: empty for the defaults, or the name of a values file.
    pub case: String,
}

/// Where something stands: the place to change, and the rendered line if there is one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spot {
    /// The place to change.
    pub span: Option<Span>,
    /// The rendered line.
    pub output: Option<Output>,
    /// What led there, outermost first.
    pub frames: Vec<Span>,
}

impl From<Span> for Spot {
    fn from(span: Span) -> Spot {
        Spot { span: Some(span), ..Spot::default() }
    }
}

/// What the rules found so far.
pub struct Findings<'a> {
    pub(super) rule: &'static str,
    pub(super) level: Level,
    /// The texts that findings point into.
    pub sources: &'a mut Sources,
    /// The subchart that a source belongs to.
    subcharts: HashMap<SourceId, String>,
    /// The subchart that a template file belongs to, by Helm's name of the file.
    rendered: HashMap<String, String>,
    found: Vec<Finding>,
    /// How often each rule found something, and where it did for the first time that is not told.
    counts: HashMap<&'static str, Count>,
    /// What is written and not kept.
    untold: Finding,
}

/// The most findings of one rule in one chart that are told one by one.
const MOST: usize = 1000;

/// The findings of one rule.
#[derive(Default)]
struct Count {
    all: usize,
    first_untold: Option<Finding>,
}

impl<'a> Findings<'a> {
    pub(crate) fn new(sources: &'a mut Sources) -> Findings<'a> {
        Findings {
            rule: "",
            level: Level::Error,
            sources,
            subcharts: HashMap::new(),
            rendered: HashMap::new(),
            found: Vec::new(),
            counts: HashMap::new(),
            untold: Finding::new(Diagnostic::error("")),
        }
    }

    /// Lets the findings that follow be those of `rule`.
    pub(crate) fn enter(&mut self, rule: &Rule, level: Level) {
        (self.rule, self.level) = (rule.name, level);
    }

    /// Adds a text that findings may point into; `inner` is its path in the chart.
    pub(super) fn add_source(&mut self, inner: &str, source: Source) -> SourceId {
        let id = self.sources.add(source);
        self.subcharts.extend(subchart_of(inner).map(|subchart| (id, subchart)));
        id
    }

    /// Adds the text of a template file, by Helm's name of it and its path in the chart.
    pub(super) fn add_template(&mut self, (named, inner): (&str, &str), source: Source) -> SourceId {
        self.name_template((named, inner));
        self.add_source(inner, source)
    }

    /// Notes which file of the chart Helm means by a name.
    pub(super) fn name_template(&mut self, (named, inner): (&str, &str)) {
        self.rendered.extend(subchart_of(inner).map(|subchart| (named.to_owned(), subchart)));
    }

    /// Adds a finding of the present rule.
    pub fn add(&mut self, spot: impl Into<Spot>, message: impl Into<String>) -> &mut Finding {
        let spot = spot.into();
        let mut diagnostic = Diagnostic::error(message);
        diagnostic.rule = Some(self.rule);
        diagnostic.primary = spot.span;
        diagnostic.severity = match self.level {
            Level::Error => Severity::Error,
            Level::Warning => Severity::Warning,
            Level::Off | Level::Info => Severity::Info,
        };
        for span in spot.frames {
            diagnostic = diagnostic.frame("this line", Some(span));
        }
        let subchart = match &spot.output {
            // What a chart renders is its own, also where a helper of a library chart wrote it.
            Some(output) => self.rendered.get(&output.file).cloned(),
            None => spot.span.and_then(|span| self.subcharts.get(&span.source).cloned()),
        };
        self.keep(Finding { subchart, output: spot.output, ..Finding::new(diagnostic) })
    }

    /// Keeps a finding, or counts it where its rule has found more than anybody reads.
    fn keep(&mut self, finding: Finding) -> &mut Finding {
        let count = self.counts.entry(self.rule).or_default();
        count.all += 1;
        if count.all <= MOST {
            let at = self.found.len();
            self.found.push(finding);
            return &mut self.found[at];
        }
        count.first_untold.get_or_insert_with(|| finding.clone());
        self.untold = finding;
        &mut self.untold
    }

    /// A finding for each rule that found more than is told, at the first place that is not.
    fn summaries(counts: HashMap<&'static str, Count>) -> impl Iterator<Item = Finding> {
        counts.into_values().filter_map(|count| {
            let mut finding = count.first_untold?;
            let more = count.all - MOST;
            finding.diagnostic.message = format!("{more} further findings of this rule are not shown, from here on");
            finding.diagnostic.hints = vec!["mend those that are shown, then look again".to_owned()];
            finding.diagnostic.labels.clear();
            Some(finding)
        })
    }

    /// The findings that nobody allowed, each once, in the order of their places.
    pub(crate) fn finish(self) -> Vec<Finding> {
        let Findings { sources, mut found, counts, .. } = self;
        found.retain(|finding| !suppress::is_allowed(&finding.diagnostic, sources));
        // What is allowed at the first place that is not told says nothing about the others.
        found.extend(Findings::summaries(counts));
        let place = |finding: &Finding| {
            let located = finding.diagnostic.primary.and_then(|span| sources.locate(span));
            located.map(|(source, at)| (source.name().to_owned(), at.line, at.column))
        };
        let mut placed: Vec<_> = found.into_iter().map(|finding| (place(&finding), finding)).collect();
        placed.sort_by(|a, b| (&a.0, a.1.diagnostic.rule).cmp(&(&b.0, b.1.diagnostic.rule)));
        let mut seen = HashSet::new();
        placed.retain(|(place, finding)| {
            seen.insert((place.clone(), finding.diagnostic.rule, finding.diagnostic.message.clone()))
        });
        placed.into_iter().map(|(_, finding)| finding).collect()
    }
}

impl Finding {
    /// A finding that has nothing but its diagnostic.
    fn new(diagnostic: Diagnostic) -> Finding {
        Finding { diagnostic, subchart: None, output: None, implied: Vec::new(), fix: None }
    }

    /// Adds a cure.
    pub fn hint(&mut self, text: impl Into<String>) -> &mut Finding {
        self.diagnostic.hints.push(text.into());
        self
    }

    /// Adds a place that explains.
    pub fn label(&mut self, span: Span, text: impl Into<String>) -> &mut Finding {
        let diagnostic = std::mem::replace(&mut self.diagnostic, Diagnostic::error(""));
        self.diagnostic = diagnostic.label(span, text);
        self
    }
}

/// The subchart that a file belongs to, by its path in the chart.
fn subchart_of(inner: &str) -> Option<String> {
    let mut parts = inner.split('/');
    let mut path: Vec<&str> = Vec::new();
    while let (Some(charts @ "charts"), Some(sub), true) = (parts.next(), parts.next(), parts.clone().next().is_some())
    {
        path.extend([charts, sub]);
    }
    (!path.is_empty()).then(|| path.join("/"))
}
