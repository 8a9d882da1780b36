//! Kubernetes manifests against the types of an API server.
//!
//! In go documents and the version of Kubernetes they are meant for, out comes one of five verdicts for each object,
//! with findings that point at the field. Types come from the program (made by `schemas/kubernetes/make.py` from the API
//! server's OpenAPI), from CRDs among the documents, whose CEL rules are evaluated, and from schema locations in
//! kubeconform's form. The reference is what an API server answers to a dry run; where only the schema is asked
//! ([`Depth::Schema`]), it is kubeconform.

mod address;
mod book;
mod builtin;
mod check;
mod compile;
mod documents;
mod formats;
mod library;
mod notation;
mod path;
pub(crate) mod quantity;
mod rules;
mod schemas;
mod server;
mod types;
mod validator;

pub use builtin::minors;
pub use documents::{Document, documents};
pub use schemas::{Locations, NoLocations};
pub use validator::{Checked, ResourceId, Validator, Verdict};

/// What is done with fields that a type does not have, and with keys that stand twice in a map.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strictness {
    /// They are mistakes.
    #[default]
    Strict,
    /// They are passed over, as an API server does that is not asked for strict checks.
    Lenient,
}

/// How far a check goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// To what an API server says beyond its schema: ranges, names, selectors, unique keys.
    #[default]
    Server,
    /// To the schema.
    Schema,
}

/// What is done with kinds that have no schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingSchemas {
    /// They cannot be checked, which is an error.
    #[default]
    Refuse,
    /// They are skipped.
    Skip,
}

/// How documents are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The minor version of Kubernetes 1.
    pub minor: u32,
    /// What is done with unknown fields.
    pub strictness: Strictness,
    /// How far the check goes.
    pub depth: Depth,
    /// What is done with unknown kinds.
    pub missing: MissingSchemas,
}

/// The thousandths of a quantity, as processors are counted: `500m`, `2`.
pub fn millis(text: &str) -> Option<u64> {
    quantity::Quantity::parse(text)?.scaled(1_000)
}

/// The whole number of a quantity, rounded up, as bytes are counted: `512Mi`.
pub fn bytes(text: &str) -> Option<u64> {
    quantity::Quantity::parse(text)?.scaled(1)
}
