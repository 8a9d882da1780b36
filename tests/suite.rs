//! tests

mod strings;
