//! Functions on lists and dictionaries against Sprig: `tests/collections/record.go` tells how the rows were made.

use super::json::column;
use super::print::rows;
use chartwright::diagnostic::Fault;
use chartwright::funcs::{self, SPRIG};
use chartwright::json::{from_json, to_json};
use chartwright::template::func::{Args, Body, Outcome, Param};
use chartwright::value::{ListKind, Map, MapKind, Value};

fn json(value: &Value) -> String {
    String::from_utf8(to_json(value).unwrap_or_default()).unwrap()
}

/// Calls a function as the executor does: nil and numbers become what the parameters want.
fn call(name: &str, args: &[Value]) -> (Outcome, Vec<Value>) {
    let func = SPRIG.iter().copied().flatten().find(|func| func.name == name).unwrap();
    let fitted = args.iter().enumerate().map(|(at, arg)| match (func.params[at.min(func.params.len() - 1)], arg) {
        (Param::Map, Value::Nil) => Map::nil(MapKind::Any).into(),
        (Param::Int, Value::Float(number)) => Value::Int(*number as i64),
        (_, arg) => arg.clone(),
    });
    let fitted: Vec<Value> = fitted.collect();
    let Body::Pure(body) = func.body else { panic!("`{name}` asks the world") };
    (body(Args(&fitted)), args.to_vec())
}

/// Adds a key to every map that is part of a value.
fn mark(value: &Value, seen: &mut Vec<Map>) {
    match value {
        Value::Map(map) if !map.is_nil() && !seen.iter().any(|seen| seen.ptr_eq(map)) => {
            seen.push(map.clone());
            map.snapshot().iter().for_each(|(_, inner)| mark(inner, seen));
            map.insert("zz", Value::Int(1));
        }
        Value::List(list) if list.kind() != ListKind::Text => list.iter().for_each(|inner| mark(inner, seen)),
        _ => {}
    }
}

#[test]
fn calls_return_change_and_share_what_sprigs_do() {
    for row in rows("collections", "calls") {
        let text = column(&row, "call");
        let called = from_json(text.as_bytes()).unwrap();
        let [Value::Str(name), args @ ..] = called.as_list().unwrap().items() else { panic!("{text}") };
        let (outcome, args) = call(&name.to_string(), args);
        let args = Value::list(args);
        match &outcome {
            Ok(value) => assert_eq!(json(value), column(&row, "result"), "{text}"),
            Err(fault) => assert_eq!(fault.message(), column(&row, "error"), "{text}"),
        }
        assert_eq!(json(&args), column(&row, "after"), "arguments after {text}");
        mark(&outcome.unwrap_or(Value::Nil), &mut Vec::new());
        assert_eq!(json(&args), column(&row, "marked"), "what {text} shares");
    }
}

fn nested(levels: usize) -> Value {
    let mut value = Value::from(Map::new());
    for _ in 0..levels {
        value = Value::Map([("a", value)].into_iter().collect());
    }
    value
}

/// Go runs out of stack in these calls; here they end with a fault.
#[test]
fn cycles_and_depth_end() {
    let ring = Map::new();
    ring.insert("a", ring.clone());
    let ring_value = Value::Map(ring.clone());
    let message = |outcome: Outcome| outcome.map_err(|fault: Fault| fault.message().to_owned()).unwrap_err();
    let (merged, _) = call("merge", &[ring_value.clone(), ring_value.clone()]);
    assert_eq!(message(merged), "dictionaries nest deeper than 2000 levels");
    let copied = funcs::deep_copy(&ring_value);
    assert_eq!(message(copied), "deepCopy error: value nests deeper than 2000 levels");
    let (pretty, _) = call("mustToPrettyJson", std::slice::from_ref(&ring_value));
    assert_eq!(message(pretty), "json: unsupported value: encountered a cycle via map[string]interface {}");
    ring.remove("a");
    let (copied, _) = call("deepCopy", &[nested(1_900)]);
    assert_eq!(json(&copied.unwrap()), json(&nested(1_900)));
}

#[test]
fn named_map_types_are_lost_and_kept_as_in_go() {
    let values = Map::of_kind(MapKind::CommonValues);
    let table = [("set", "map[string]interface {}"), ("deepCopy", "common.Values"), ("default", "common.Values")];
    for (name, wanted) in table {
        let args = [Value::from(values.clone()), "key".into(), Value::Int(1)];
        let count = if name == "set" { 3 } else { 1 };
        let (outcome, _) = call(name, &args[..count]);
        assert_eq!(outcome.unwrap().go_type(), wanted, "{name}");
    }
    assert!(values.contains("key"));
    let (refused, _) = call("dig", &["key".into(), "default".into(), values.into()]);
    let text = "interface conversion: interface {} is common.Values, not map[string]interface {}";
    assert_eq!(refused.unwrap_err().message(), text);
}
