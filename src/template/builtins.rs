//! Go's predefined functions of `text/template`.

mod compare;
mod element;
mod escape;

use super::func::{Args, Body, Func, Outcome, Param};
use crate::value::Value;
use crate::value::print::{sprint, sprintf, sprintln};

/// The predefined functions.
pub const FUNCS: &[Func] = &[
    Func::of("and", OPERANDS, Body::And).variadic(),
    Func::of("call", OPERANDS, Body::Call).variadic(),
    Func::new("eq", OPERANDS, compare::eq).variadic(),
    Func::new("ge", OPERANDS, compare::ge),
    Func::new("gt", OPERANDS, compare::gt),
    Func::new("html", &[Param::Any], escape::html).variadic(),
    Func::new("index", OPERANDS, element::index).variadic(),
    Func::new("js", &[Param::Any], escape::js).variadic(),
    Func::new("le", OPERANDS, compare::le),
    Func::new("len", &[Param::Reflect], element::len),
    Func::new("lt", OPERANDS, compare::lt),
    Func::new("ne", OPERANDS, compare::ne),
    Func::new("not", &[Param::Reflect], not),
    Func::of("or", OPERANDS, Body::Or).variadic(),
    Func::new("print", &[Param::Any], print).variadic(),
    Func::new("printf", &[Param::Str, Param::Any], printf).variadic(),
    Func::new("println", &[Param::Any], println).variadic(),
    Func::new("slice", OPERANDS, element::slice).variadic(),
    Func::new("urlquery", &[Param::Any], escape::urlquery).variadic(),
];

const OPERANDS: &[Param] = &[Param::Reflect, Param::Reflect];

fn not(args: Args<'_>) -> Outcome {
    Ok(Value::Bool(!args.value(0).truth()))
}

fn print(args: Args<'_>) -> Outcome {
    sprint(args.0).map(Value::from)
}

fn println(args: Args<'_>) -> Outcome {
    sprintln(args.0).map(Value::from)
}

fn printf(args: Args<'_>) -> Outcome {
    sprintf(args.text(0)?, args.rest(1)).map(Value::from)
}

/// The basic value under a named type; other values as they are.
fn basic(value: &Value) -> Option<Value> {
    match value {
        Value::Object(object) => object.underlying(),
        _ => None,
    }
}

/// The type that an error names after pointers were followed.
fn pointed_type(value: &Value) -> String {
    let name = value.go_type();
    name.strip_prefix('*').unwrap_or(&name).to_owned()
}
