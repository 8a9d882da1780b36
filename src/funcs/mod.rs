//! Sprig's functions, by Sprig's own chapters.
//!
//! Each chapter is a table of rows that give a name, the Go types of the parameters and a Rust function. The reference is
//! Sprig 3.3.0 with the libraries that it calls; `env` and `expandenv`, which Helm removes, are not here.

mod copy;
pub mod crypto;
pub mod dates;
pub mod defaults;
pub mod dicts;
pub mod encoding;
pub mod flow;
pub mod lists;
pub mod merge;
pub mod numbers;
pub mod paths;
pub mod regex;
pub mod strings;
pub mod types;
pub mod urls;
pub mod versions;

use crate::template::func::Func;

pub use copy::deep_copy;

/// All chapters, for a [`FuncTable`](crate::template::func::FuncTable).
pub const SPRIG: &[&[Func]] = &[
    crypto::FUNCS,
    dates::FUNCS,
    defaults::FUNCS,
    dicts::FUNCS,
    encoding::FUNCS,
    flow::FUNCS,
    lists::FUNCS,
    numbers::FUNCS,
    paths::FUNCS,
    regex::FUNCS,
    strings::FUNCS,
    types::FUNCS,
    urls::FUNCS,
    versions::FUNCS,
];
