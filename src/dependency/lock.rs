//! `Chart.lock`: Helm's digest of it, and its text.

use crate::chart::{Dependency, Lock};
use crate::diagnostic::Fault;
use crate::json;
use crate::repository::sha256;
use crate::value::{List, ListKind, Map, Value};
use crate::yaml;

/// The digest of a lock: the sha256 of the dependencies that are declared and of those that are locked, both as JSON.
///
/// `None` is a list that the file does not have, which Helm tells from an empty one.
///
/// # Errors
/// `import-values` that JSON cannot hold.
pub fn digest(declared: Option<&[Dependency]>, locked: Option<&[Dependency]>) -> Result<String, Fault> {
    let both = Value::list(vec![plain(declared), plain(locked)]);
    Ok(format!("sha256:{}", sha256(&json::to_json(&both)?)))
}

/// The digest that Helm 2 wrote: of the declared dependencies alone.
///
/// # Errors
/// `import-values` that JSON cannot hold.
pub fn helm2_digest(declared: Option<&[Dependency]>) -> Result<String, Fault> {
    let map: Map = [("dependencies", plain(declared))].into_iter().collect();
    Ok(format!("sha256:{}", sha256(&json::to_json(&Value::Map(map))?)))
}

fn plain(list: Option<&[Dependency]>) -> Value {
    match list {
        None => Value::List(List::nil(ListKind::Any)),
        Some(list) => Value::list(list.iter().map(Dependency::to_plain).collect()),
    }
}

/// The text of a lock as Helm writes it.
///
/// # Errors
/// `import-values` that YAML cannot hold.
pub fn to_text(lock: &Lock) -> Result<Vec<u8>, Fault> {
    let entries = lock.dependencies.iter().map(entry).collect();
    let generated = if lock.generated.is_empty() { "0001-01-01T00:00:00Z" } else { &lock.generated };
    let map: Map = [
        ("dependencies", Value::list(entries)),
        ("digest", Value::str(&lock.digest)),
        ("generated", Value::str(generated)),
    ]
    .into_iter()
    .collect();
    yaml::to_yaml(&Value::Map(map))
}

/// An entry with its fields in the order of their names.
fn entry(dependency: &Dependency) -> Value {
    match dependency.to_plain() {
        Value::Object(object) => Value::Map(object.entries().unwrap_or_default().into_iter().collect()),
        other => other,
    }
}

/// What stands in a lock for a dependency: its name, its repository, its exact version.
pub fn locked(name: &str, repository: &str, version: &str) -> Dependency {
    Dependency {
        name: name.to_owned(),
        repository: repository.to_owned(),
        version: version.to_owned(),
        ..Dependency::default()
    }
}
