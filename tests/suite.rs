//! One test program: each module is one folder or file beside this one.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[cfg(all(unix, feature = "cli"))]
mod conformance;
mod numbers;
mod print;

mod strings;
mod schema;
