//! One test program: each module is one folder or file beside this one.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod api;
mod chart;
mod bundle;
#[cfg(all(unix, feature = "cli"))]
mod cli;
mod collections;
#[cfg(all(unix, feature = "cli"))]
mod conformance;
mod crypto;
mod dates;
mod environment;
mod json;
mod layers;
mod lint;
mod manifest;
#[cfg(feature = "cli")]
mod network;
mod numbers;
mod print;
mod repository;
mod schema;
mod sections;
mod strings;
mod template;
mod values;
mod version;
mod toml;
mod yaml;
