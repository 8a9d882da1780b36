//! Helm's own template functions: `include`, `tpl`, `required`, `lookup`, and the YAML, JSON and TOML families.
//!
//! The reference is Helm's `pkg/engine/funcs.go` and `engine.go`. The families come in two tempers: the plain ones
//! never fail and give an empty text or a map with `Error`, the `must` ones fail.

use crate::diagnostic::Fault;
use crate::template::func::{Args, Func, Outcome, Param};
use crate::template::{Exec, Raised};
use crate::value::{Map, Value};
use crate::world::{Lookup, Refusal, World};
use crate::{json, toml, yaml};

/// How often one named template may be included within itself.
const MOST_NESTED: u32 = 1_000;
/// Marks around messages of `required` and `fail`, by which Helm finds them in Go's error text.
pub(super) const MESSAGE_START: &str = "HELM_ERR_START";
pub(super) const MESSAGE_END: &str = "HELM_ERR_END";

/// Helm's functions; they stand after Sprig's and replace those of the same name.
pub(super) const FUNCS: &[Func] = &[
    Func::world("fail", &[Param::Str], fail),
    Func::new("fromJson", &[Param::Str], from_json),
    Func::new("fromJsonArray", &[Param::Str], from_json_array),
    Func::new("fromToml", &[Param::Str], from_toml),
    Func::new("fromYaml", &[Param::Str], from_yaml),
    Func::new("fromYamlArray", &[Param::Str], from_yaml_array),
    Func::world("getHostByName", &[Param::Str], get_host_by_name),
    Func::exec("include", &[Param::Str, Param::Any], include),
    Func::world("lookup", &[Param::Str, Param::Str, Param::Str, Param::Str], lookup),
    Func::new("mustToJson", &[Param::Any], must_to_json),
    Func::new("mustToToml", &[Param::Any], must_to_toml),
    Func::new("mustToYaml", &[Param::Any], must_to_yaml),
    Func::world("required", &[Param::Str, Param::Any], required),
    Func::new("toJson", &[Param::Any], to_json),
    Func::new("toToml", &[Param::Any], to_toml),
    Func::new("toYaml", &[Param::Any], to_yaml),
    Func::new("toYamlPretty", &[Param::Any], to_yaml_pretty),
    Func::exec("tpl", &[Param::Str, Param::Any], tpl),
];

fn include(exec: &mut Exec<'_>, args: Args<'_>) -> Result<Value, Raised> {
    exec.include(args.text(0)?, args.value(1), MOST_NESTED).map(Value::Str)
}

fn tpl(exec: &mut Exec<'_>, args: Args<'_>) -> Result<Value, Raised> {
    exec.tpl(args.text(0)?, args.value(1)).map(Value::Str)
}

fn marked(args: Args<'_>) -> Result<Fault, Fault> {
    let message = args.text(0)?.to_str_lossy();
    Ok(Fault::new(format!("{MESSAGE_START}{message}{MESSAGE_END}")))
}

fn fail(world: &dyn World, args: Args<'_>) -> Outcome {
    refuse(world, args, Refusal::Failed)
}

fn required(world: &dyn World, args: Args<'_>) -> Outcome {
    match args.value(1) {
        Value::Nil | Value::Invalid => refuse(world, args, Refusal::Missing),
        Value::Str(text) if text.is_empty() => refuse(world, args, Refusal::Empty),
        value => Ok(value.clone()),
    }
}

/// Ends the render with the message of the first argument, unless the world overlooks it.
fn refuse(world: &dyn World, args: Args<'_>, refusal: Refusal) -> Outcome {
    if world.overlooks(refusal, &args.text(0)?.to_str_lossy()) {
        return Ok(Value::str(""));
    }
    Err(marked(args)?)
}

fn lookup(world: &dyn World, args: Args<'_>) -> Outcome {
    let word = |at| args.text(at).map(|text| text.to_string());
    let wanted = Lookup { api_version: word(0)?, kind: word(1)?, namespace: word(2)?, name: word(3)? };
    Ok(world.lookup(&wanted).unwrap_or_else(|| Value::Map(Map::new())))
}

fn get_host_by_name(world: &dyn World, args: Args<'_>) -> Outcome {
    Ok(Value::from(world.lookup_host(&args.text(0)?.to_str_lossy()).unwrap_or_default()))
}

/// The text without its last line feed.
fn chomped(mut text: Vec<u8>) -> Value {
    if text.last() == Some(&b'\n') {
        text.pop();
    }
    Value::from(text)
}

fn to_yaml(args: Args<'_>) -> Outcome {
    Ok(yaml::to_yaml(args.value(0)).map_or_else(|_| Value::str(""), chomped))
}

fn must_to_yaml(args: Args<'_>) -> Outcome {
    yaml::to_yaml(args.value(0)).map(chomped)
}

fn to_yaml_pretty(args: Args<'_>) -> Outcome {
    Ok(yaml::to_yaml_pretty(args.value(0)).map_or_else(|_| Value::str(""), chomped))
}

fn to_json(args: Args<'_>) -> Outcome {
    Ok(json::to_json(args.value(0)).map_or_else(|_| Value::str(""), Value::from))
}

fn must_to_json(args: Args<'_>) -> Outcome {
    json::to_json(args.value(0)).map(Value::from)
}

fn to_toml(args: Args<'_>) -> Outcome {
    toml::to_toml_or_error_text(args.value(0)).map(Value::from)
}

fn must_to_toml(args: Args<'_>) -> Outcome {
    toml::to_toml(args.value(0)).map(Value::from)
}

/// The map that a reader leaves behind, with the reader's words under `Error` if it failed.
fn with_error(value: Value, error: Option<Fault>) -> Value {
    let map = match value {
        Value::Map(map) => map,
        _ => Map::new(),
    };
    let Some(error) = error else { return Value::Map(map) };
    let map = if map.is_nil() { Map::new() } else { map };
    map.insert("Error", Value::str(error.message()));
    Value::Map(map)
}

fn list_or_error(value: Value, error: Option<Fault>) -> Value {
    match (error, value) {
        (Some(error), _) => Value::list(vec![Value::str(error.message())]),
        (None, value) => value,
    }
}

fn from_json(args: Args<'_>) -> Outcome {
    let decoded = json::decode_map(args.text(0)?);
    Ok(with_error(decoded.value, decoded.fault))
}

fn from_json_array(args: Args<'_>) -> Outcome {
    let decoded = json::decode_list(args.text(0)?);
    Ok(list_or_error(decoded.value, decoded.fault))
}

fn from_toml(args: Args<'_>) -> Outcome {
    Ok(match toml::from_toml(args.text(0)?) {
        Ok(value) => with_error(value, None),
        Err(fault) => with_error(Value::Nil, Some(fault)),
    })
}

fn from_yaml(args: Args<'_>) -> Outcome {
    Ok(match yaml::from_yaml_map(args.text(0)?) {
        Ok(map) => Value::Map(map),
        Err(error) => with_error(Value::Nil, Some(Fault::new(error.to_string()))),
    })
}

fn from_yaml_array(args: Args<'_>) -> Outcome {
    Ok(match yaml::from_yaml_array(args.text(0)?) {
        Ok(list) => Value::List(list),
        Err(error) => list_or_error(Value::Nil, Some(Fault::new(error.to_string()))),
    })
}
