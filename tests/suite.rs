//! One test program: each module is one folder or file beside this one.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod api;
mod chart;
mod chart_docs;
mod charts;
mod bundle;
mod bundle_carry;
#[cfg(feature = "network")]
mod bundle_live;
mod bundle_faults;
#[cfg(all(unix, feature = "cli"))]
mod cli;
mod collections;
#[cfg(all(unix, feature = "cli"))]
mod conformance;
mod crypto;
mod dates;
mod dependency;
mod environment;
mod export;
#[cfg(all(unix, feature = "cli"))]
mod environment_commands;
mod environment_faults;
mod environment_hosts;
mod environment_releases;
mod freeze;
#[cfg(all(unix, feature = "cli"))]
mod generated;
#[cfg(all(unix, feature = "cli"))]
mod images;
mod json;
mod kubernetes;
mod layers;
mod lint;
mod lint_reports;
mod manifest;
#[cfg(feature = "cli")]
mod network;
mod numbers;
mod package;
mod print;
mod provenance;
mod repository;
mod schema;
mod schema_inference;
mod sections;
mod strings;
mod template;
mod values;
mod version;
mod toml;
mod unseen;
mod unit_test;
mod yaml;
