//! Faults in charts, each at the line to change.
//!
//! What enters is a chart with the values it is rendered with; what leaves is findings. [`helm`] holds Helm's own lint,
//! word for word; everything else is ours: rules in tables, filed by what they read, each with its manual page. The
//! chart is rendered once for each set of values with a record of which template line wrote what, and followed once
//! through every branch for what it reads; rules look at both.

pub mod deprecated;
mod findings;
pub mod helm;
pub mod lifecycle;
mod manual;
pub mod parity;
mod rule;
mod rules;
mod run;
mod subject;
mod suppress;

pub use findings::{Finding, Findings, Output, Spot};
pub use manual::{manual, page};
pub use rule::{Check, Doc, Group, Level, Levels, Rule};
pub(crate) use rules::stored_size;
pub use rules::{rule, rules};
pub use run::{Request, lint};
pub(crate) use subject::Origin;
pub use subject::{Case, Manifest, Subject};
