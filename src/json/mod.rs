//! Go's `encoding/json`: values written as `Marshal` writes them and read as `Unmarshal` reads them.
//!
//! Texts enter and leave as bytes. Object keys are written in byte order, floats in Go's form, and every invalid
//! byte as U+FFFD; what is read has the types that Go gives an `interface {}` (`float64`, `map[string]interface {}`,
//! ...). The reference is Go 1.26's package `encoding/json`, its error texts included. Neither direction recurses.

mod read;
mod write;

pub use read::{Decoded, Next, decode, decode_list, decode_map, from_json, is_valid, next_value};
pub use write::{to_json, to_pretty_json, to_raw_json, write_json_string};
