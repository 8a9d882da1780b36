//! Sprig's choices and leftovers.

use crate::template::func::{Args, Func, Outcome, Param};

use Param::{Any, Bool};

/// The chapter.
pub const FUNCS: &[Func] =
    &[Func::new("ternary", &[Any, Any, Bool], ternary), Func::new("hello", &[], |_| Ok("Hello!".into()))];

fn ternary(args: Args<'_>) -> Outcome {
    Ok(args.value(if args.flag(2)? { 0 } else { 1 }).clone())
}
