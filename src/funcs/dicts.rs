//! Sprig's functions on dictionaries, which are maps that every holder shares: `set`, `unset` and the merges change
//! their first argument.

use super::copy::deep_copy;
use super::merge::{Policy, Stop, merge_into};
use crate::diagnostic::Fault;
use crate::template::func::{Args, Effect::Changes, Func, Outcome, Param};
use crate::value::{List, ListKind, Map, MapKind, Value, print};

use Param::{Any, Map as Dict, Str};

/// The chapter.
pub const FUNCS: &[Func] = &[
    Func::new("dict", &[Any], dict).variadic(),
    Func::new("get", &[Dict, Str], get),
    Func::new("set", &[Dict, Str, Any], set).with_effect(Changes),
    Func::new("unset", &[Dict, Str], unset).with_effect(Changes),
    Func::new("hasKey", &[Dict, Str], has_key),
    Func::new("pluck", &[Str, Dict], pluck).variadic(),
    Func::new("keys", &[Dict], keys).variadic(),
    Func::new("values", &[Dict], values),
    Func::new("pick", &[Dict, Str], pick).variadic(),
    Func::new("omit", &[Dict, Str], omit).variadic(),
    Func::new("dig", &[Any], dig).variadic(),
    Func::new("merge", &[Dict, Dict], merge).variadic().with_effect(Changes),
    Func::new("mergeOverwrite", &[Dict, Dict], merge_overwrite).variadic().with_effect(Changes),
    Func::new("mustMerge", &[Dict, Dict], must_merge).variadic().with_effect(Changes),
    Func::new("mustMergeOverwrite", &[Dict, Dict], must_merge_overwrite).variadic().with_effect(Changes),
    Func::new("deepCopy", &[Any], deep_copy_of),
    Func::new("mustDeepCopy", &[Any], deep_copy_of),
];

fn dict(args: Args<'_>) -> Outcome {
    let mut entries = Vec::with_capacity(args.len().div_ceil(2));
    for pair in args.0.chunks(2) {
        let key = match pair.first() {
            Some(Value::Str(key)) => key.clone(),
            other => print::strval(other.unwrap_or(&Value::Nil))?,
        };
        entries.push((key, pair.get(1).cloned().unwrap_or_else(|| "".into())));
    }
    Ok(Map::from_entries(MapKind::Any, entries).into())
}

fn get(args: Args<'_>) -> Outcome {
    Ok(args.map(0)?.get(args.text(1)?).unwrap_or_else(|| "".into()))
}

fn set(args: Args<'_>) -> Outcome {
    let map = args.map(0)?;
    let key = args.text(1)?;
    if map.is_nil() {
        return Err(Fault::new("assignment to entry in nil map"));
    }
    map.insert(key.clone(), args.value(2).clone());
    Ok(as_dict(map))
}

fn unset(args: Args<'_>) -> Outcome {
    let map = args.map(0)?;
    map.remove(args.text(1)?);
    Ok(as_dict(map))
}

/// The map as a parameter of type `map[string]interface {}` holds it, whatever its named type was.
fn as_dict(map: &Map) -> Value {
    map.of_type(MapKind::Any).into()
}

fn has_key(args: Args<'_>) -> Outcome {
    Ok(args.map(0)?.contains(args.text(1)?).into())
}

fn pluck(args: Args<'_>) -> Outcome {
    let key = args.text(0)?;
    let mut found = Vec::new();
    for at in 1..args.len() {
        found.extend(args.map(at)?.get(key));
    }
    Ok(Value::list(found))
}

fn keys(args: Args<'_>) -> Outcome {
    let mut keys = Vec::new();
    for at in 0..args.len() {
        keys.extend(args.map(at)?.entries().iter().map(|(key, _)| Value::Str(key.clone())));
    }
    Ok(List::new(ListKind::Text, keys).into())
}

fn values(args: Args<'_>) -> Outcome {
    Ok(Value::list(args.map(0)?.entries().iter().map(|(_, value)| value.clone()).collect()))
}

fn pick(args: Args<'_>) -> Outcome {
    let map = args.map(0)?;
    let mut entries = Vec::new();
    for at in 1..args.len() {
        let key = args.text(at)?;
        entries.extend(map.get(key).map(|value| (key.clone(), value)));
    }
    Ok(Map::from_entries(MapKind::Any, entries).into())
}

fn omit(args: Args<'_>) -> Outcome {
    let entries = args.map(0)?.snapshot();
    let omitted = args.rest(1);
    let is_kept = |key: &[u8]| !omitted.iter().any(|omit| omit.as_str().is_some_and(|omit| omit.as_bytes() == key));
    let kept = entries.into_iter().filter(|(key, _)| is_kept(key)).collect();
    Ok(Map::from_entries(MapKind::Any, kept).into())
}

fn dig(args: Args<'_>) -> Outcome {
    let [keys @ .., default, last] = args.0 else { return Err(few_for_dig()) };
    if keys.is_empty() {
        return Err(few_for_dig());
    }
    let mut map = asserted_map(last)?.clone();
    if let Some(other) = keys.iter().find(|key| key.as_str().is_none()) {
        return Err(assertion(other, "string"));
    }
    let mut keys = keys.iter().filter_map(Value::as_str).peekable();
    while let Some(key) = keys.next() {
        let Some(step) = map.get(key) else { return Ok(default.clone()) };
        if keys.peek().is_none() {
            return Ok(step);
        }
        map = asserted_map(&step)?.clone();
    }
    Ok(default.clone())
}

fn few_for_dig() -> Fault {
    Fault::new("dig needs at least three arguments")
}

/// Go's `value.(map[string]interface {})`, which no named map type passes.
fn asserted_map(value: &Value) -> Result<&Map, Fault> {
    match value {
        Value::Map(map) if map.kind() == MapKind::Any => Ok(map),
        other => Err(assertion(other, MapKind::Any.go_type())),
    }
}

/// The panic of Go's type assertion on an `interface {}`.
fn assertion(found: &Value, wanted: &str) -> Fault {
    let found = if found.is_nil() { "nil".into() } else { found.go_type() };
    Fault::new(format!("interface conversion: interface {{}} is {found}, not {wanted}"))
}

fn merge(args: Args<'_>) -> Outcome {
    swallow(merge_all(args, Policy::Fill))
}

fn merge_overwrite(args: Args<'_>) -> Outcome {
    swallow(merge_all(args, Policy::Overwrite))
}

fn must_merge(args: Args<'_>) -> Outcome {
    merge_all(args, Policy::Fill).map_err(Stop::into_fault)
}

fn must_merge_overwrite(args: Args<'_>) -> Outcome {
    merge_all(args, Policy::Overwrite).map_err(Stop::into_fault)
}

/// An error becomes an empty text; a panic stays.
fn swallow(merged: Result<Value, Stop>) -> Outcome {
    match merged {
        Ok(value) => Ok(value),
        Err(Stop::Refused(_)) => Ok("".into()),
        Err(Stop::Panicked(fault)) => Err(fault),
    }
}

fn merge_all(args: Args<'_>, policy: Policy) -> Result<Value, Stop> {
    let mut target = args.map(0).map_err(Stop::Panicked)?.clone();
    for at in 1..args.len() {
        let source = args.map(at).map_err(Stop::Panicked)?;
        if target.is_nil() && !source.is_nil() {
            target = Map::new();
        }
        merge_into(&target, source, policy)?;
    }
    Ok(as_dict(&target))
}

fn deep_copy_of(args: Args<'_>) -> Outcome {
    deep_copy(args.value(0))
}
