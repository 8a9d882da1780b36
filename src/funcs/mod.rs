//! Sprig's functions, by Sprig's own chapters.
//!
//! Each chapter is a table of rows that give a name, the Go types of the parameters and a Rust function. The reference is
//! Sprig 3.3.0 with the libraries that it calls; `env` and `expandenv`, which Helm removes, are not here.

mod copy;
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
    lists::FUNCS,
    dicts::FUNCS,
    defaults::FUNCS,
    encoding::FUNCS,
    types::FUNCS,
    flow::FUNCS,
    numbers::FUNCS,
    paths::FUNCS,
    regex::FUNCS,
    strings::FUNCS,
    urls::FUNCS,
    versions::FUNCS,
    types::FUNCS,
    flow::FUNCS,
    numbers::FUNCS,
    dates::FUNCS,
    strings::FUNCS,
    numbers::FUNCS,
    lists::FUNCS,
    defaults::FUNCS,
    types::FUNCS,
    paths::FUNCS,
    encoding::FUNCS,
    dicts::FUNCS,
    versions::FUNCS,
    flow::FUNCS,
    regex::FUNCS,
    urls::FUNCS,
];
