//! `eq ne lt le gt ge`.

use super::basic;
use crate::diagnostic::Fault;
use crate::template::func::{Args, Outcome};
use crate::value::print::{Complex, sprintf};
use crate::value::{Kind, Object, Value};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::rc::Rc;

/// How deeply structs inside structs are compared.
const MAX_STRUCT_DEPTH: usize = 32;

pub(super) fn eq(args: Args<'_>) -> Outcome {
    if args.len() < 2 {
        return Err(Fault::new("missing argument for comparison"));
    }
    for other in args.rest(1) {
        if equal(args.value(0), other)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

pub(super) fn ne(args: Args<'_>) -> Outcome {
    Ok(Value::Bool(!equal(args.value(0), args.value(1))?))
}

pub(super) fn lt(args: Args<'_>) -> Outcome {
    less(args.value(0), args.value(1)).map(Value::Bool)
}

pub(super) fn le(args: Args<'_>) -> Outcome {
    less_or_equal(args.value(0), args.value(1)).map(Value::Bool)
}

// Go negates here, so that `gt` and `ge` hold for NaN.
pub(super) fn gt(args: Args<'_>) -> Outcome {
    less_or_equal(args.value(0), args.value(1)).map(|holds| Value::Bool(!holds))
}

pub(super) fn ge(args: Args<'_>) -> Outcome {
    less(args.value(0), args.value(1)).map(|holds| Value::Bool(!holds))
}

fn less_or_equal(left: &Value, right: &Value) -> Result<bool, Fault> {
    Ok(less(left, right)? || equal(left, right)?)
}

/// A value of a basic kind, as the comparisons see it.
enum Basic<'v> {
    Bool(bool),
    Complex(Complex),
    Int(i64),
    Float(f64),
    Text(Cow<'v, [u8]>),
    Uint(u64),
}

impl Basic<'_> {
    fn of(value: &Value) -> Option<Basic<'_>> {
        Some(match value {
            Value::Bool(flag) => Basic::Bool(*flag),
            Value::Int(number) | Value::Int64(number) => Basic::Int(*number),
            Value::Uint64(number) => Basic::Uint(*number),
            Value::Uint8(number) => Basic::Uint(u64::from(*number)),
            Value::Float(number) => Basic::Float(*number),
            Value::Str(text) => Basic::Text(Cow::Borrowed(text)),
            Value::Object(object) => return Basic::named(&**object),
            _ => return None,
        })
    }

    fn named(object: &dyn Object) -> Option<Basic<'static>> {
        if let Some(number) = object.as_any().downcast_ref::<Complex>() {
            return Some(Basic::Complex(*number));
        }
        if matches!(object.kind(), Kind::Ptr | Kind::Struct | Kind::Func) {
            return None;
        }
        Some(match object.underlying()? {
            Value::Bool(flag) => Basic::Bool(flag),
            Value::Int(number) | Value::Int64(number) => Basic::Int(number),
            Value::Uint64(number) => Basic::Uint(number),
            Value::Uint8(number) => Basic::Uint(u64::from(number)),
            Value::Float(number) => Basic::Float(number),
            Value::Str(text) => Basic::Text(Cow::Owned(text.to_vec())),
            _ => return None,
        })
    }
}

fn incompatible(left: &Value, right: &Value) -> Fault {
    Fault::new(format!("incompatible types for comparison: {} and {}", left.go_type(), right.go_type()))
}

fn less(left: &Value, right: &Value) -> Result<bool, Fault> {
    let (Some(first), Some(second)) = (Basic::of(left), Basic::of(right)) else {
        return Err(Fault::new("invalid type for comparison"));
    };
    Ok(match (first, second) {
        (Basic::Bool(_), Basic::Bool(_)) | (Basic::Complex(_), Basic::Complex(_)) => {
            return Err(Fault::new("invalid type for comparison"));
        }
        (Basic::Int(first), Basic::Int(second)) => first < second,
        (Basic::Uint(first), Basic::Uint(second)) => first < second,
        (Basic::Float(first), Basic::Float(second)) => first < second,
        (Basic::Text(first), Basic::Text(second)) => first < second,
        (Basic::Int(first), Basic::Uint(second)) => compare_signs(first, second) == Ordering::Less,
        (Basic::Uint(first), Basic::Int(second)) => compare_signs(second, first) == Ordering::Greater,
        _ => return Err(incompatible(left, right)),
    })
}

fn compare_signs(signed: i64, unsigned: u64) -> Ordering {
    i128::from(signed).cmp(&i128::from(unsigned))
}

fn equal(left: &Value, right: &Value) -> Result<bool, Fault> {
    Ok(match (Basic::of(left), Basic::of(right)) {
        (None, None) => return equal_others(left, right),
        (Some(Basic::Bool(first)), Some(Basic::Bool(second))) => first == second,
        (Some(Basic::Complex(first)), Some(Basic::Complex(second))) => first == second,
        (Some(Basic::Int(first)), Some(Basic::Int(second))) => first == second,
        (Some(Basic::Uint(first)), Some(Basic::Uint(second))) => first == second,
        (Some(Basic::Float(first)), Some(Basic::Float(second))) => first == second,
        (Some(Basic::Text(first)), Some(Basic::Text(second))) => first == second,
        (Some(Basic::Int(signed)), Some(Basic::Uint(unsigned)))
        | (Some(Basic::Uint(unsigned)), Some(Basic::Int(signed))) => compare_signs(signed, unsigned) == Ordering::Equal,
        _ if left.is_nil() || right.is_nil() => false,
        _ => return Err(incompatible(left, right)),
    })
}

/// Equality of nil, maps, slices, structs, pointers and functions.
fn equal_others(left: &Value, right: &Value) -> Result<bool, Fault> {
    let kinds = (left.kind(), right.kind());
    if kinds.0 != kinds.1 && !left.is_nil() && !right.is_nil() {
        let (first, second) =
            (sprintf(b"%s", std::slice::from_ref(left))?, sprintf(b"%v", std::slice::from_ref(right))?);
        let (first, second) = (String::from_utf8_lossy(&first), String::from_utf8_lossy(&second));
        let (left, right) = (left.go_type(), right.go_type());
        return Err(Fault::new(format!("non-comparable types {first}: {left}, {right}: {second}")));
    }
    match (nil_of_its_type(left), nil_of_its_type(right)) {
        (false, false) => {}
        (first, second) => return Ok(first == second),
    }
    if !comparable(right, MAX_STRUCT_DEPTH) {
        let shown = sprintf(b"%s", std::slice::from_ref(right))?;
        let shown = String::from_utf8_lossy(&shown);
        return Err(Fault::new(format!("non-comparable type {shown}: {}", right.go_type())));
    }
    Ok(identical(left, right, MAX_STRUCT_DEPTH))
}

fn nil_of_its_type(value: &Value) -> bool {
    match value {
        Value::Invalid | Value::Nil => true,
        Value::List(list) => list.is_nil(),
        Value::Map(map) => map.is_nil(),
        _ => false,
    }
}

/// Whether Go's `==` is defined for the type of the value.
fn comparable(value: &Value, depth: usize) -> bool {
    match value {
        Value::List(_) | Value::Map(_) => false,
        Value::Object(object) => match object.kind() {
            Kind::Func | Kind::Map | Kind::Slice => false,
            Kind::Struct => depth > 0 && object.fields().iter().all(|(_, field)| comparable(field, depth - 1)),
            _ => true,
        },
        _ => true,
    }
}

/// Go's `==` of two interface values: the same type and the same content.
fn identical(left: &Value, right: &Value, depth: usize) -> bool {
    let (Value::Object(first), Value::Object(second)) = (left, right) else {
        return left.is_nil() && right.is_nil()
            || left.go_type() == right.go_type() && matches!(equal(left, right), Ok(true));
    };
    if Rc::ptr_eq(first, second) {
        return true;
    }
    if first.go_type() != second.go_type() || first.kind() == Kind::Ptr || depth == 0 {
        return false;
    }
    if let (Some(first), Some(second)) = (basic(left), basic(right)) {
        return identical(&first, &second, depth - 1);
    }
    let (first, second) = (first.fields(), second.fields());
    !first.is_empty()
        && first.len() == second.len()
        && first.iter().zip(&second).all(|(first, second)| identical(&first.1, &second.1, depth - 1))
}
