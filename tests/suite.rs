//! One test program: each module is one folder or file beside this one.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod collections;
#[cfg(all(unix, feature = "cli"))]
mod conformance;
mod crypto;
mod dates;
mod json;
mod manifest;
mod numbers;
mod print;
mod schema;
mod strings;
mod template;
mod version;
mod toml;
mod yaml;
