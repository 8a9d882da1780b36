//! Why a text is no YAML that Helm reads.

use super::reader;
use std::fmt;

/// One reason why a text was rejected.
///
/// [`fmt::Display`] prints exactly what Go's `sigs.k8s.io/yaml` returns for the same text; [`Error::line`] and
/// [`Error::offset`] tell the real place, which Go's line number often misses by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<Detail>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Detail {
    stage: Stage,
    problem: String,
    go_line: usize,
    place: Option<Place>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    offset: usize,
    line: usize,
}

/// The step of Go's pipeline (YAML to Go values, Go values to JSON, JSON to the target) that refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// go-yaml itself, whose texts begin with `yaml: `.
    Yaml,
    /// From go-yaml's values to JSON.
    Json,
    /// From JSON to the target.
    Target,
}

impl Error {
    /// A text that go-yaml rejects at `offset`; `go_line` is the line that it prints, 0 for none.
    pub(super) fn syntax(text: &[u8], problem: impl Into<String>, offset: usize, go_line: usize) -> Error {
        Error::new(Stage::Yaml, problem.into(), go_line, Some(place(text, offset)))
    }

    /// A well-formed text whose node at `offset` go-yaml cannot decode.
    pub(super) fn decode(text: &[u8], problem: impl Into<String>, offset: usize) -> Error {
        Error::syntax(text, problem, offset, 0)
    }

    /// A text with bytes that are no YAML characters.
    pub(super) fn reader(problem: impl Into<String>, offset: usize, line: usize) -> Error {
        Error::new(Stage::Yaml, problem.into(), 0, Some(Place { offset, line }))
    }

    /// A value that has no JSON form.
    pub(super) fn json(text: &[u8], problem: impl Into<String>, offset: usize) -> Error {
        Error::new(Stage::Json, problem.into(), 0, Some(place(text, offset)))
    }

    /// A value that does not fit the target type.
    pub(super) fn target(text: &[u8], problem: impl Into<String>, offset: usize) -> Error {
        Error::new(Stage::Target, problem.into(), 0, Some(place(text, offset)))
    }

    fn new(stage: Stage, problem: String, go_line: usize, place: Option<Place>) -> Error {
        Error(Box::new(Detail { stage, problem, go_line, place }))
    }

    /// The same error in a text that starts `by` bytes and `lines` lines further on.
    pub(super) fn shift(mut self, by: usize, lines: usize) -> Error {
        if let Some(place) = &mut self.0.place {
            place.offset += by;
            place.line += lines;
        }
        self
    }

    /// What is wrong, without the frame that Go puts around it.
    pub fn message(&self) -> &str {
        &self.0.problem
    }

    /// The line to look at, from 1.
    pub fn line(&self) -> Option<usize> {
        self.0.place.map(|place| place.line)
    }

    /// The byte to look at, from 0.
    pub fn offset(&self) -> Option<usize> {
        self.0.place.map(|place| place.offset)
    }

    /// The text that `sigs.k8s.io/yaml` returns.
    pub fn go_text(&self) -> String {
        self.to_string()
    }
}

fn place(text: &[u8], offset: usize) -> Place {
    let offset = offset.min(text.len());
    Place { offset, line: reader::count_breaks(&text[..offset]) + 1 }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self.0.stage {
            Stage::Yaml => "error converting YAML to JSON: yaml: ",
            Stage::Json => "error converting YAML to JSON: ",
            Stage::Target => "error unmarshaling JSON: while decoding JSON: ",
        })?;
        if self.0.go_line > 0 {
            write!(out, "line {}: ", self.0.go_line)?;
        }
        out.write_str(&self.0.problem)
    }
}

impl std::error::Error for Error {}
