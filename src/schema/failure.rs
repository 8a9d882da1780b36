//! What is wrong: a tree of failures, its text as Helm prints it, and its findings for our own reports.

use super::json::push_step;

/// A step from a value to one inside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// A key of a map.
    Name(String),
    /// An index of a list, from 0.
    Index(usize),
}

/// One violated keyword.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where the value stands.
    pub path: Vec<Key>,
    /// The keyword that it violates; empty for the schema `false` and the like.
    pub keyword: &'static str,
    /// Helm's words, without the place.
    pub message: String,
    /// The URL of the schema that has the keyword, with a JSON pointer as fragment.
    pub schema: String,
    /// Why, where the keyword is one that combines schemas.
    pub causes: Vec<Finding>,
}

/// How a failure is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Plain,
    /// Several failures of one schema.
    Group,
    /// A reference; with a single cause it is not shown.
    Reference,
}

#[derive(Debug)]
pub(super) struct Failure {
    pub(super) path: Vec<Key>,
    pub(super) keyword: &'static str,
    pub(super) message: String,
    pub(super) schema: String,
    pub(super) role: Role,
    pub(super) causes: Vec<Failure>,
}

impl Failure {
    /// The failures to show under a headline.
    pub(super) fn into_causes(self) -> Vec<Failure> {
        match self.role {
            Role::Group => self.causes,
            _ => vec![self],
        }
    }
}

/// Helm's text of several failures: a line each, causes indented below.
pub(super) fn text(failures: &[Failure]) -> String {
    let mut out = String::new();
    failures.iter().for_each(|failure| write(failure, 0, &mut out));
    out.pop();
    out
}

fn write(failure: &Failure, indent: usize, out: &mut String) {
    let hidden = failure.role == Role::Reference && failure.causes.len() == 1;
    if !hidden {
        out.extend(std::iter::repeat_n("  ", indent));
        let pointer = super::message::quoted(&pointer(&failure.path));
        out.push_str(&format!("- at {pointer}: {}\n", failure.message));
    }
    let indent = if hidden { indent } else { indent + 1 };
    failure.causes.iter().for_each(|cause| write(cause, indent, out));
}

fn pointer(path: &[Key]) -> String {
    let mut pointer = String::new();
    for key in path {
        match key {
            Key::Name(name) => push_step(&mut pointer, name),
            Key::Index(index) => pointer.push_str(&format!("/{index}")),
        }
    }
    pointer
}

/// The findings behind failures: groups and references give way to what they hold.
pub(super) fn findings(failures: Vec<Failure>) -> Vec<Finding> {
    let mut found = Vec::with_capacity(failures.len());
    for failure in failures {
        let Failure { path, keyword, message, schema, role, causes } = failure;
        let causes = findings(causes);
        if role != Role::Plain && !causes.is_empty() {
            found.extend(causes);
        } else {
            found.push(Finding { path, keyword, message, schema, causes });
        }
    }
    found
}
