//! tests

mod strings;
mod version;
