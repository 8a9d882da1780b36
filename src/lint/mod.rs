//! Faults in charts, each at the line to change.
//!
//! What enters is a chart with the values it is rendered with; what leaves is findings. [`helm`] holds Helm's own lint,
//! word for word; everything else is ours: rules in tables, filed by what they read, each with its manual page.

pub mod deprecated;
pub mod helm;
