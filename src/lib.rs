//! chartwright: Helm charts rendered, checked, packaged and bundled.
//!
//! Four languages, one direction: [`template`] is Go's text/template, [`funcs`] is Sprig, [`chart`], [`values`] and
//! [`render`] are Helm, [`environment`] and [`bundle`] are ours. A room imports only rooms above it in this list.

pub mod source;
pub mod diagnostic;
pub mod threads;
pub mod value;
pub mod world;
pub mod version;
pub mod json;
pub mod toml;
pub mod yaml;
pub mod edit;
pub mod template;
pub mod funcs;
pub mod chart;
pub mod config;
pub mod provenance;
pub mod values;
pub mod schema;
pub mod render;
pub mod kubernetes;
pub mod images;
pub mod semantic_diff;
pub mod schema_inference;
pub mod chart_docs;
pub mod lint;
pub mod repository;
pub mod dependency;
#[cfg(feature = "network")]
pub mod locate;
pub mod tree;
pub mod freeze;
pub mod environment;
pub mod unit_test;
pub mod bundle;
#[cfg(feature = "cli")]
pub mod cli;
