//! Sprig's defaults: `default`, `empty`, `coalesce`, `all`, `any`, and its JSON functions.
//!
//! Helm's own room replaces `toJson`, `fromJson` and `mustToJson`; they are here for templates of others.

use crate::diagnostic::Fault;
use crate::json;
use crate::template::func::{Args, Func, Outcome, Param};
use crate::value::Value;

use Param::{Any, Str};

/// The chapter.
pub const FUNCS: &[Func] = &[
    Func::new("default", &[Any, Any], default).variadic(),
    Func::new("empty", &[Any], empty),
    Func::new("coalesce", &[Any], coalesce).variadic(),
    Func::new("all", &[Any], all).variadic(),
    Func::new("any", &[Any], any).variadic(),
    Func::new("fromJson", &[Str], from_json),
    Func::new("mustFromJson", &[Str], must_from_json),
    Func::new("toJson", &[Any], |args| swallow(json::to_json(args.value(0)))),
    Func::new("mustToJson", &[Any], |args| json::to_json(args.value(0)).map(Value::from)),
    Func::new("toPrettyJson", &[Any], |args| swallow(json::to_pretty_json(args.value(0)))),
    Func::new("mustToPrettyJson", &[Any], |args| json::to_pretty_json(args.value(0)).map(Value::from)),
    Func::new("toRawJson", &[Any], |args| json::to_raw_json(args.value(0)).map(Value::from)),
    Func::new("mustToRawJson", &[Any], |args| json::to_raw_json(args.value(0)).map(Value::from)),
];

fn default(args: Args<'_>) -> Outcome {
    Ok(args.0.get(1).filter(|given| given.truth()).unwrap_or(args.value(0)).clone())
}

fn empty(args: Args<'_>) -> Outcome {
    Ok((!args.value(0).truth()).into())
}

fn coalesce(args: Args<'_>) -> Outcome {
    Ok(args.0.iter().find(|value| value.truth()).cloned().unwrap_or(Value::Nil))
}

fn all(args: Args<'_>) -> Outcome {
    Ok(args.0.iter().all(Value::truth).into())
}

fn any(args: Args<'_>) -> Outcome {
    Ok(args.0.iter().any(Value::truth).into())
}

/// Sprig drops the error and keeps what was decoded before it.
fn from_json(args: Args<'_>) -> Outcome {
    Ok(json::decode(args.text(0)?).value)
}

fn must_from_json(args: Args<'_>) -> Outcome {
    json::from_json(args.text(0)?)
}

/// A value that cannot be written becomes an empty text.
fn swallow(written: Result<Vec<u8>, Fault>) -> Outcome {
    Ok(written.unwrap_or_default().into())
}
