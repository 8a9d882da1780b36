//! JSON Schema: `values.schema.json` against coalesced values.
//!
//! In go the bytes of a schema and a chart's values, out come Helm's verdict, Helm's text and findings with paths for
//! our own reports. The reference is santhosh-tekuri/jsonschema v6 as Helm drives it: drafts 4, 6, 7, 2019-09 and
//! 2020-12, formats asserted up to draft 7, Go's regular expressions, limits compared as exact decimals. Compiling and
//! checking are bounded in depth and steps. Documents that a schema refers to come from a [`Loader`].

mod address;
mod compile;
mod draft;
mod evaluate;
mod failure;
mod format;
mod instance;
mod json;
mod message;
mod number;
mod pattern;
mod program;
mod registry;
pub(crate) mod url;

pub use failure::{Finding, Key};
pub use registry::{Loader, Offline};

use crate::value::Value;
use evaluate::Walk;
use instance::Instance;
use json::Document;

/// Where Helm pretends that every schema stands.
const URL: &str = "file:///values.schema.json";

/// What one schema says about values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The values satisfy the schema.
    Valid,
    /// The values violate the schema.
    Invalid(Problem),
    /// The schema cannot be used: it is no JSON, breaks its meta-schema, or refers to something that is not there.
    /// The findings, if any, are about the schema.
    Unusable(Problem),
}

/// Why values or a schema are refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Helm's text.
    pub text: String,
    /// The violated keywords one by one, sorted by path as the walk meets them.
    pub findings: Vec<Finding>,
}

impl From<String> for Problem {
    fn from(text: String) -> Problem {
        Problem { text, findings: Vec::new() }
    }
}

/// The verdict of a schema and what came up on the way to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The verdict.
    pub verdict: Verdict,
    /// `urn:` addresses that nobody knows: Helm warns of each and lets it stand for a schema that takes everything.
    pub unresolved: Vec<String>,
}

impl Outcome {
    /// The error of Helm's `ValidateAgainstSingleSchema`, if there is one; a verdict on values ends with a line break.
    pub fn error(&self) -> Option<String> {
        match &self.verdict {
            Verdict::Valid => None,
            Verdict::Invalid(problem) => Some(format!("{}\n", problem.text)),
            Verdict::Unusable(problem) => Some(problem.text.clone()),
        }
    }
}

/// Checks `values` against one schema.
///
/// The values are a map as the chart sees it, coalesced. The rules are those of Helm's `ValidateAgainstSingleSchema`.
pub fn validate(schema: &[u8], values: &Value, loader: &dyn Loader) -> Outcome {
    let document = match Document::parse(schema) {
        Ok(document) => document,
        Err(text) => return Outcome { verdict: Verdict::Unusable(text.into()), unresolved: Vec::new() },
    };
    let compiled = compile::compile(URL, document, loader);
    let verdict = match compiled.program {
        Err(problem) => Verdict::Unusable(problem),
        Ok(program) => match Walk::default().run(&program, Instance::Value(values)) {
            Ok(()) => Verdict::Valid,
            Err(problem) => Verdict::Invalid(without_headline(problem)),
        },
    };
    Outcome { verdict, unresolved: compiled.unresolved }
}

/// Helm cuts the line that names the schema, since it is always the same.
fn without_headline(problem: Problem) -> Problem {
    let headline = format!("jsonschema validation failed with '{URL}#'\n");
    let text = problem.text.strip_prefix(&headline).map(str::to_owned).unwrap_or(problem.text);
    Problem { text, ..problem }
}

/// A chart or subchart to be checked, as Helm's `ValidateAgainstSchema` walks them: a chart before its subcharts.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The chart's name.
    pub chart: &'a str,
    /// Its `values.schema.json`, if it has one.
    pub schema: Option<&'a [u8]>,
    /// Its values. A subchart without values is no subject; one whose values are no map is, but its own subcharts are
    /// not.
    pub values: &'a Value,
}

/// The outcome for one chart that has something to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The chart's name.
    pub chart: String,
    /// Its outcome.
    pub outcome: Outcome,
}

/// Checks charts and subcharts; charts without schema are passed over.
pub fn validate_charts<'a>(subjects: impl IntoIterator<Item = Subject<'a>>, loader: &dyn Loader) -> Vec<Checked> {
    let check = |subject: Subject<'a>| {
        let outcome = match (subject.values, subject.schema) {
            (Value::Map(_), None) => return None,
            (Value::Map(_), Some(schema)) => validate(schema, subject.values, loader),
            (other, _) => {
                let text = format!("invalid type for values: expected object (map), got {}", other.go_type());
                Outcome { verdict: Verdict::Invalid(text.into()), unresolved: Vec::new() }
            }
        };
        Some(Checked { chart: subject.chart.to_owned(), outcome })
    };
    subjects.into_iter().filter_map(check).collect()
}

/// The error of Helm's `ValidateAgainstSchema`: for each chart that fails its name, a colon and its error.
pub fn error_text(checked: &[Checked]) -> Option<String> {
    let failing = checked.iter().filter_map(|checked| Some((&checked.chart, checked.outcome.error()?)));
    let text: String = failing.map(|(chart, error)| format!("{chart}:\n{error}")).collect();
    if text.is_empty() { None } else { Some(text) }
}
