//! tests

mod yaml;
