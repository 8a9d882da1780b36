//! Go's `text/template`, and nothing of Helm.
//!
//! A template text becomes a [`Tree`] whose variables and functions are resolved to slots ([`parse`]); trees of many
//! files form a [`TemplateSet`]; [`Exec`] walks a tree and writes text. The reference is Go 1.26's package
//! `text/template`, its error texts included: positions, quoted context and the chain of wrapped errors.

pub mod builtins;
mod call;
mod complex;
mod coverage;
mod error;
mod eval;
mod exec;
pub mod func;
mod lexer;
mod literal;
mod node;
mod parser;
mod place;
mod range;
mod segments;
mod set;
pub mod syntax;
mod trace;
mod unseen;

pub use coverage::{Covered, Hits};
pub use error::{ExecError, Part, Place, Raised};
pub use exec::{Exec, Limits, MissingKey, TPL_NAME, without_no_value};
pub(crate) use exec::{append_without_no_value, no_values, without_gaps};
pub use node::Tree;
pub use parser::{ParseError, parse};
pub use segments::{Segment, Segments};
pub use set::{TemplateId, TemplateSet};
pub use trace::{Recorder, Records, TraceFrame, TracePlace};

/// A text in quotes as Go's messages show it.
fn quote(text: &[u8]) -> String {
    String::from_utf8(crate::value::print::quote(text)).unwrap_or_default()
}
