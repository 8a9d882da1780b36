//! TOML as Helm reads and writes it (`fromToml`, `toToml`).
//!
//! The reference is BurntSushi/toml 1.6.0 with Go's types: tables are `map[string]interface {}`, arrays of tables
//! `[]map[string]interface {}`, other arrays `[]interface {}`, integers `int64`. Texts that it refuses, and its words for
//! that, templates can see; so reading is our own and follows its order of checks.

mod number;
mod read;
mod scan;
mod text;
mod time;
mod tree;
mod write;

pub use read::{from_toml, from_toml_with};
pub use time::{Datetime, Zone};
pub use write::{to_toml, to_toml_or_error_text};

/// How deep tables and arrays may nest, and how many parts a key may have; the original has no limit but memory.
const DEEPEST: usize = 500;
