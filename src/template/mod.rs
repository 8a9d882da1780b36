//! Go's `text/template`, and nothing of Helm.
//!
//! A template text becomes a tree whose variables, functions and named templates are resolved to slots; the executor
//! walks the tree and writes text. The reference is Go 1.26's package `text/template`, its error texts included.

pub mod exec;
pub mod func;
