//! One test program: each module is one folder or file beside this one.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod chart;
mod collections;
#[cfg(all(unix, feature = "cli"))]
mod conformance;
mod dates;
mod json;
mod manifest;
mod numbers;
mod print;
mod strings;
mod template;
mod values;
mod version;
mod toml;
mod yaml;
