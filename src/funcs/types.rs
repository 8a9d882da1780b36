//! Sprig's reflection: the types and kinds of values, and `deepEqual`.

use crate::template::func::{Args, Func, Outcome, Param};
use crate::value::{Value, deep_equal};

use Param::{Any, Str};

/// The chapter.
pub const FUNCS: &[Func] = &[
    Func::new("typeOf", &[Any], type_of),
    Func::new("typeIs", &[Str, Any], type_is),
    Func::new("typeIsLike", &[Str, Any], type_is_like),
    Func::new("kindOf", &[Any], kind_of),
    Func::new("kindIs", &[Str, Any], kind_is),
    Func::new("deepEqual", &[Any, Any], |args| Ok(deep_equal(args.value(0), args.value(1)).into())),
];

fn type_of(args: Args<'_>) -> Outcome {
    Ok(Value::str(args.value(0).go_type().as_bytes()))
}

fn type_is(args: Args<'_>) -> Outcome {
    Ok((args.text(0)?.as_bytes() == args.value(1).go_type().as_bytes()).into())
}

/// The type itself or a pointer to it.
fn type_is_like(args: Args<'_>) -> Outcome {
    let found = args.value(1).go_type();
    let wanted = args.text(0)?.as_bytes();
    Ok((wanted == found.as_bytes() || found.as_bytes().strip_prefix(b"*") == Some(wanted)).into())
}

fn kind_of(args: Args<'_>) -> Outcome {
    Ok(args.value(0).kind().name().into())
}

fn kind_is(args: Args<'_>) -> Outcome {
    Ok((args.text(0)?.as_bytes() == args.value(1).kind().name().as_bytes()).into())
}
