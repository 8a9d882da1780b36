//! Sprig's string functions.
//!
//! Strings are bytes: lengths and positions count bytes, and what is no UTF-8 passes through as Go passes it through.
//! The reference is Sprig 3.3.0 with goutils 1.1.1 and xstrings 1.5.0 beneath it, and Go's package `strings`.

mod case;
mod cut;
mod fill;
mod lists;
mod output;
mod quoting;
mod random;
mod search;
mod trim;
mod unicode;
mod words;

pub use output::MAX_TEXT;
pub(crate) use output::{assemble, check_size};
pub(crate) use unicode::is_word;

use crate::template::func::{Args, Func, Outcome, Param};
use crate::value::Value;

/// The functions of this chapter.
pub const FUNCS: &[Func] = &[
    Func::new("abbrev", &[Param::Int, Param::Str], cut::abbrev),
    Func::new("abbrevboth", &[Param::Int, Param::Int, Param::Str], cut::abbrevboth),
    Func::new("trunc", &[Param::Int, Param::Str], cut::trunc),
    Func::new("substr", &[Param::Int, Param::Int, Param::Str], cut::substr),
    Func::new("trim", &[Param::Str], trim::trim),
    Func::new("trimall", &[Param::Str, Param::Str], trim::trim_all),
    Func::new("trimAll", &[Param::Str, Param::Str], trim::trim_all),
    Func::new("trimPrefix", &[Param::Str, Param::Str], trim::trim_prefix),
    Func::new("trimSuffix", &[Param::Str, Param::Str], trim::trim_suffix),
    Func::new("nospace", &[Param::Str], trim::nospace),
    Func::new("upper", &[Param::Str], case::upper),
    Func::new("lower", &[Param::Str], case::lower),
    Func::new("title", &[Param::Str], case::title),
    Func::new("untitle", &[Param::Str], case::untitle),
    Func::new("swapcase", &[Param::Str], case::swapcase),
    Func::new("initials", &[Param::Str], case::initials),
    Func::new("camelcase", &[Param::Str], words::camelcase),
    Func::new("snakecase", &[Param::Str], words::snakecase),
    Func::new("kebabcase", &[Param::Str], words::kebabcase),
    Func::new("contains", &[Param::Str, Param::Str], search::contains),
    Func::new("hasPrefix", &[Param::Str, Param::Str], search::has_prefix),
    Func::new("hasSuffix", &[Param::Str, Param::Str], search::has_suffix),
    Func::new("replace", &[Param::Str, Param::Str, Param::Str], search::replace),
    Func::new("repeat", &[Param::Int, Param::Str], fill::repeat),
    Func::new("indent", &[Param::Int, Param::Str], fill::indent),
    Func::new("nindent", &[Param::Int, Param::Str], fill::nindent),
    Func::new("wrap", &[Param::Int, Param::Str], fill::wrap),
    Func::new("wrapWith", &[Param::Int, Param::Str, Param::Str], fill::wrap_with),
    Func::new("plural", &[Param::Str, Param::Str, Param::Int], plural),
    Func::new("quote", &[Param::Any], quoting::quote).variadic(),
    Func::new("squote", &[Param::Any], quoting::squote).variadic(),
    Func::new("cat", &[Param::Any], quoting::cat).variadic(),
    Func::new("toString", &[Param::Any], quoting::to_string),
    Func::new("toStrings", &[Param::Any], lists::to_strings),
    Func::new("join", &[Param::Str, Param::Any], lists::join),
    Func::new("sortAlpha", &[Param::Any], lists::sort_alpha),
    Func::new("split", &[Param::Str, Param::Str], lists::split),
    Func::new("splitn", &[Param::Str, Param::Int, Param::Str], lists::splitn),
    Func::new("splitList", &[Param::Str, Param::Str], lists::split_list),
    Func::world("shuffle", &[Param::Str], random::shuffle),
    Func::world("randAlpha", &[Param::Int], random::rand_alpha),
    Func::world("randAlphaNum", &[Param::Int], random::rand_alpha_num),
    Func::world("randNumeric", &[Param::Int], random::rand_numeric),
    Func::world("randAscii", &[Param::Int], random::rand_ascii),
    Func::world("randBytes", &[Param::Int], random::rand_bytes),
];

fn plural(args: Args<'_>) -> Outcome {
    let at = if args.int(2)? == 1 { 0 } else { 1 };
    Ok(Value::Str(args.text(at)?.clone()))
}
