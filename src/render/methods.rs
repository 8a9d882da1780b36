//! The methods of `.Values`: Go looks for them before it looks for keys.
//!
//! The reference is the type `Values` of Helm's `pkg/chart/common` (`pkg/chartutil` in Helm 3). A method is a function
//! whose name is that of the type, a dot and that of the method; the receiver is its first argument.

use crate::diagnostic::Fault;
use crate::template::func::{Args, Func, Outcome, Param};
use crate::value::{Map, MapKind, Value, print};
use crate::yaml;

/// The methods under the names of both types.
pub(super) const FUNCS: &[Func] = &[
    Func::new("chartutil.Values.AsMap", &[Param::Map], as_map),
    Func::new("chartutil.Values.PathValue", &[Param::Map, Param::Str], path_value),
    Func::new("chartutil.Values.Table", &[Param::Map, Param::Str], table),
    Func::new("chartutil.Values.YAML", &[Param::Map], to_yaml),
    Func::new("common.Values.AsMap", &[Param::Map], as_map),
    Func::new("common.Values.PathValue", &[Param::Map, Param::Str], path_value),
    Func::new("common.Values.Table", &[Param::Map, Param::Str], table),
    Func::new("common.Values.YAML", &[Param::Map], to_yaml),
];

fn as_map(args: Args<'_>) -> Outcome {
    Ok(Value::Map(args.map(0)?.of_type(MapKind::Any)))
}

fn to_yaml(args: Args<'_>) -> Outcome {
    yaml::to_yaml(args.value(0)).map(Value::from)
}

fn table(args: Args<'_>) -> Outcome {
    let values = args.map(0)?;
    find_table(values, &args.text(1)?.to_str_lossy()).map(|found| Value::Map(found.of_type(values.kind())))
}

fn find_table(values: &Map, path: &str) -> Result<Map, Fault> {
    path.split('.').try_fold(values.clone(), |table, name| match table.get(name) {
        Some(Value::Map(inner)) => Ok(inner),
        _ => Err(Fault::new(format!("{} is not a table", quoted(name)))),
    })
}

fn path_value(args: Args<'_>) -> Outcome {
    let path = args.text(1)?.to_str_lossy();
    if path.is_empty() {
        return Err(Fault::new("YAML path cannot be empty"));
    }
    let (table, key) = match path.rsplit_once('.') {
        Some((parents, key)) => (find_table(args.map(0)?, parents).ok(), key),
        None => (Some(args.map(0)?.clone()), &*path),
    };
    match table.and_then(|table| table.get(key)) {
        Some(value) if !matches!(value, Value::Map(_)) => Ok(value),
        _ => Err(Fault::new(format!("{} is not a value", quoted(key)))),
    }
}

fn quoted(text: &str) -> String {
    String::from_utf8_lossy(&print::quote(text.as_bytes())).into_owned()
}
