//! Sprig's functions on lists.
//!
//! Each takes any slice and gives a new `[]interface {}`. What Go does by a panic, the functions do by a fault with the
//! text of that panic, so a function and its `must` twin share one body.

use super::numbers::cast::to_int;
use crate::diagnostic::Fault;
use crate::template::func::{Args, Func, Outcome, Param};
use crate::value::{List, ListKind, Text, Value, deep_equal};
use std::collections::HashSet;

use Param::{Any, Int};

/// The chapter.
pub const FUNCS: &[Func] = &[
    Func::new("list", &[Any], list).variadic(),
    Func::new("tuple", &[Any], list).variadic(),
    Func::new("append", &[Any, Any], push),
    Func::new("push", &[Any, Any], push),
    Func::new("mustAppend", &[Any, Any], push),
    Func::new("mustPush", &[Any, Any], push),
    Func::new("prepend", &[Any, Any], prepend),
    Func::new("mustPrepend", &[Any, Any], prepend),
    Func::new("concat", &[Any], concat).variadic(),
    Func::new("first", &[Any], first),
    Func::new("mustFirst", &[Any], first),
    Func::new("last", &[Any], last),
    Func::new("mustLast", &[Any], last),
    Func::new("rest", &[Any], rest),
    Func::new("mustRest", &[Any], rest),
    Func::new("initial", &[Any], initial),
    Func::new("mustInitial", &[Any], initial),
    Func::new("reverse", &[Any], reverse),
    Func::new("mustReverse", &[Any], reverse),
    Func::new("uniq", &[Any], uniq),
    Func::new("mustUniq", &[Any], uniq),
    Func::new("without", &[Any, Any], without).variadic(),
    Func::new("mustWithout", &[Any, Any], without).variadic(),
    Func::new("compact", &[Any], compact),
    Func::new("mustCompact", &[Any], compact),
    Func::new("has", &[Any, Any], has),
    Func::new("mustHas", &[Any, Any], has),
    Func::new("slice", &[Any, Any], slice).variadic(),
    Func::new("mustSlice", &[Any, Any], slice).variadic(),
    Func::new("chunk", &[Int, Any], chunk),
    Func::new("mustChunk", &[Int, Any], chunk),
];

/// The slice, or Go's panic for a nil interface, or `attempt` with the kind that was found instead.
fn slice_of<'a>(value: &'a Value, attempt: &str) -> Result<&'a List, Fault> {
    match value {
        Value::List(list) => Ok(list),
        Value::Invalid | Value::Nil => Err(nil_pointer()),
        other => Err(Fault::new(format!("{attempt} {}", other.kind().name()))),
    }
}

/// Go's panic where a method of a nil interface is called.
pub(super) fn nil_pointer() -> Fault {
    Fault::new("runtime error: invalid memory address or nil pointer dereference")
}

fn list(args: Args<'_>) -> Outcome {
    Ok(Value::list(args.0.to_vec()))
}

fn push(args: Args<'_>) -> Outcome {
    let list = slice_of(args.value(0), "Cannot push on type")?;
    let mut items = Vec::with_capacity(list.len() + 1);
    items.extend_from_slice(list);
    items.push(args.value(1).clone());
    Ok(Value::list(items))
}

fn prepend(args: Args<'_>) -> Outcome {
    let list = slice_of(args.value(0), "Cannot prepend on type")?;
    let mut items = Vec::with_capacity(list.len() + 1);
    items.push(args.value(1).clone());
    items.extend_from_slice(list);
    Ok(Value::list(items))
}

fn concat(args: Args<'_>) -> Outcome {
    let mut items = Vec::new();
    for value in args.0 {
        match value {
            Value::List(list) => items.extend_from_slice(list),
            Value::Invalid | Value::Nil => return Err(nil_pointer()),
            other => return Err(Fault::new(format!("Cannot concat type {} as list", other.kind().name()))),
        }
    }
    // Go appends to a nil slice, which stays nil when there is nothing to append.
    Ok(if items.is_empty() { List::nil(ListKind::Any).into() } else { Value::list(items) })
}

fn first(args: Args<'_>) -> Outcome {
    let list = slice_of(args.value(0), "Cannot find first on type")?;
    Ok(list.first().cloned().unwrap_or(Value::Nil))
}

fn last(args: Args<'_>) -> Outcome {
    let list = slice_of(args.value(0), "Cannot find last on type")?;
    Ok(list.last().cloned().unwrap_or(Value::Nil))
}

fn rest(args: Args<'_>) -> Outcome {
    let list = slice_of(args.value(0), "Cannot find rest on type")?;
    Ok(list.split_first().map_or_else(nil_list, |(_, rest)| Value::list(rest.to_vec())))
}

fn initial(args: Args<'_>) -> Outcome {
    let list = slice_of(args.value(0), "Cannot find initial on type")?;
    Ok(list.split_last().map_or_else(nil_list, |(_, initial)| Value::list(initial.to_vec())))
}

fn nil_list() -> Value {
    List::nil(ListKind::Any).into()
}

fn reverse(args: Args<'_>) -> Outcome {
    let list = slice_of(args.value(0), "Cannot find reverse on type")?;
    Ok(Value::list(list.iter().rev().cloned().collect()))
}

fn uniq(args: Args<'_>) -> Outcome {
    let list = slice_of(args.value(0), "Cannot find uniq on type")?;
    let mut texts: HashSet<&Text> = HashSet::new();
    let mut others: Vec<&Value> = Vec::new();
    let mut items = Vec::new();
    for item in list.iter() {
        let new = match item {
            Value::Str(text) => texts.insert(text),
            other => {
                let new = !others.iter().any(|have| deep_equal(other, have));
                if new {
                    others.push(other);
                }
                new
            }
        };
        if new {
            items.push(item.clone());
        }
    }
    Ok(Value::list(items))
}

fn without(args: Args<'_>) -> Outcome {
    let list = slice_of(args.value(0), "Cannot find without on type")?;
    let omitted = args.rest(1);
    let kept = list.iter().filter(|item| !omitted.iter().any(|omit| deep_equal(item, omit)));
    Ok(Value::list(kept.cloned().collect()))
}

fn compact(args: Args<'_>) -> Outcome {
    let list = slice_of(args.value(0), "Cannot compact on type")?;
    Ok(Value::list(list.iter().filter(|item| item.truth()).cloned().collect()))
}

fn has(args: Args<'_>) -> Outcome {
    let (needle, haystack) = (args.value(0), args.value(1));
    if haystack.is_nil() {
        return Ok(false.into());
    }
    let list = slice_of(haystack, "Cannot find has on type")?;
    Ok(list.iter().any(|item| deep_equal(needle, item)).into())
}

fn slice(args: Args<'_>) -> Outcome {
    let list = slice_of(args.value(0), "list should be type of slice or array but")?;
    if list.is_empty() {
        return Ok(Value::Nil);
    }
    let bound = |at: usize, missing: usize| match args.0.get(at) {
        Some(index) => to_int(index).try_into().ok(),
        None => Some(missing),
    };
    let bounds = bound(1, 0).zip(bound(2, list.len()));
    let items = bounds.and_then(|(start, end)| list.get(start..end));
    let Some(items) = items else {
        return Err(Fault::new("reflect.Value.Slice: slice index out of bounds"));
    };
    Ok(List::new(list.kind(), items.to_vec()).into())
}

fn chunk(args: Args<'_>) -> Outcome {
    let size = args.int(0)?;
    let list = slice_of(args.value(1), "Cannot chunk type")?;
    let chunks = chunks(list, size).ok_or_else(|| Fault::new("runtime error: makeslice: len out of range"))?;
    let chunks = chunks.into_iter().map(|chunk| Value::list(chunk.to_vec())).collect();
    Ok(List::new(ListKind::List, chunks).into())
}

/// The pieces of a list; a size below 1 is nonsense that Go's formula for the number of pieces decides about.
fn chunks(list: &List, size: i64) -> Option<Vec<&[Value]>> {
    let positive = usize::try_from(size).ok().filter(|size| *size > 0);
    if let Some(size) = positive {
        return Some(list.chunks(size).collect());
    }
    let length = list.len() as f64;
    let count = ((length - 1.0) / size as f64).floor() + 1.0;
    // No pieces, or a single one as long as the remainder; every other piece has the negative length `size`.
    let remainder = length % size as f64;
    match count {
        0.0 => Some(Vec::new()),
        1.0 if remainder > 0.0 => list.get(..remainder as usize).map(|chunk| vec![chunk]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::to_json;

    fn show(outcome: Outcome) -> String {
        match outcome {
            Ok(value) => format!("{} {}", value.go_type(), String::from_utf8(to_json(&value).unwrap()).unwrap()),
            Err(fault) => fault.message().to_owned(),
        }
    }

    fn ints(numbers: &[i64]) -> Value {
        Value::list(numbers.iter().copied().map(Value::Int).collect())
    }

    /// Outcomes as Sprig 3.3.0 gives them.
    #[test]
    fn pieces_of_nonsense_sizes() {
        let refused = "runtime error: makeslice: len out of range";
        let table: &[(i64, &[i64], &str)] = &[
            (2, &[1, 2, 3], "[][]interface {} [[1,2],[3]]"),
            (5, &[1, 2], "[][]interface {} [[1,2]]"),
            (3, &[], "[][]interface {} []"),
            (0, &[1, 2], refused),
            (0, &[1], refused),
            (0, &[], refused),
            (-1, &[1], refused),
            (-1, &[1, 2], "[][]interface {} []"),
            (-2, &[1], "[][]interface {} [[1]]"),
            (-2, &[1, 2, 3], "[][]interface {} []"),
            (-1, &[], refused),
            (-2, &[], refused),
            (i64::MAX, &[1], "[][]interface {} [[1]]"),
            (i64::MIN, &[1], "[][]interface {} [[1]]"),
        ];
        for (size, numbers, wanted) in table {
            assert_eq!(show(chunk(Args(&[Value::Int(*size), ints(numbers)]))), *wanted, "chunk {size} {numbers:?}");
        }
    }

    #[test]
    fn nothing_left_is_a_nil_slice() {
        let empty = ints(&[]);
        assert_eq!(show(rest(Args(std::slice::from_ref(&empty)))), "[]interface {} null");
        assert_eq!(show(initial(Args(std::slice::from_ref(&empty)))), "[]interface {} null");
        assert_eq!(show(concat(Args(std::slice::from_ref(&empty)))), "[]interface {} null");
        assert_eq!(show(first(Args(std::slice::from_ref(&empty)))), "<nil> null");
        assert_eq!(show(slice(Args(&[empty, Value::Int(9)]))), "<nil> null");
    }

    #[test]
    fn equal_elements_are_dropped() {
        let mixed = || {
            let map = Value::Map([("a", Value::Int(1))].into_iter().collect());
            vec![Value::str("a"), Value::Int(1), Value::Int64(1), map, Value::Nil]
        };
        let twice = Value::list(mixed().into_iter().chain(mixed()).collect());
        assert_eq!(show(uniq(Args(&[twice]))), r#"[]interface {} ["a",1,1,{"a":1},null]"#);
        let omit = [Value::list(mixed()), Value::str("a"), Value::Int(1)];
        assert_eq!(show(without(Args(&omit))), r#"[]interface {} [1,{"a":1},null]"#);
    }
}
