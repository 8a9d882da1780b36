//! Helm's own lint, with its findings, texts and order.
//!
//! In go a path, values and options, out come [`Message`]s. The reference is Helm's `pkg/action/lint.go` and
//! `pkg/chart/v2/lint` of version 4.3.1, with the validation of names in `k8s.io/apimachinery`, the decoder of manifests
//! there, and `govalidator` for addresses.

pub(super) mod address;
mod chartfile;
mod crds;
mod dependencies;
mod names;
mod object;
mod place;
mod stream;
mod templates;
mod values;

pub(crate) use names::name_faults;
use stream::{Step, Stream};

use crate::chart::{LoadOptions, Notices};
use crate::diagnostic::Error;
use crate::render::{Capabilities, Parses, action::SchemaCheck};
use crate::value::Map;
use crate::world::World;
use place::Place;
use std::fmt;
use std::path::Path;

/// How much a message weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Breaks with convention.
    Warning,
    /// Will probably not work.
    Error,
}

/// One finding of Helm's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its weight.
    pub severity: Severity,
    /// The file or folder that it is about, as Helm names it.
    pub path: String,
    /// What is wrong.
    pub text: String,
}

impl fmt::Display for Message {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Info => "INFO",
            Severity::Warning => "WARNING",
            Severity::Error => "ERROR",
        };
        write!(out, "[{severity}] {}: {}", self.path, self.text)
    }
}

/// What a chart is linted with.
pub struct Options<'a> {
    /// How charts are loaded.
    pub load: LoadOptions,
    /// The namespace of the release that is rendered.
    pub namespace: &'a str,
    /// What templates may ask for, with the Kubernetes version that deprecations are judged by.
    pub capabilities: &'a Capabilities,
    /// Whether values are checked against `values.schema.json`.
    pub schema: SchemaCheck,
    /// The world that templates see.
    pub world: &'a dyn World,
    /// What templates are parsed by, under the rules of the Helm in `load`.
    pub parses: &'a Parses,
}

/// Lints the chart in a folder or an archive.
///
/// `values` are the user's. As in Helm, tables in them are filled from the chart's `values.yaml`, which the next chart
/// that is linted with them will see. What Helm logs goes to `notices`.
///
/// # Errors
/// What is no chart at all, with Helm's text.
pub fn lint(path: &Path, values: &Map, options: &Options<'_>, notices: &mut Notices) -> Result<Vec<Message>, Error> {
    let place = Place::open(path, &options.load)?;
    let mut linter = Linter { messages: Vec::new(), place, options, notices };
    linter.check_chartfile();
    linter.check_values(values);
    linter.check_templates(values);
    linter.check_dependencies();
    linter.check_crds();
    Ok(linter.messages)
}

/// One run over one chart.
struct Linter<'a> {
    messages: Vec<Message>,
    place: Place,
    options: &'a Options<'a>,
    notices: &'a mut Notices,
}

impl Linter<'_> {
    /// Notes what a check found, if it found something; whether it did not.
    fn note<E: fmt::Display>(&mut self, severity: Severity, path: &str, checked: Result<(), E>) -> bool {
        let Err(error) = checked else { return true };
        self.messages.push(Message { severity, path: path.to_owned(), text: error.to_string() });
        false
    }
}
