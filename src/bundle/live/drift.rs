//! What differs in a cluster from what the bundle says: objects that are gone and fields that somebody changed.

use super::{Cluster, items, keys_of, revisions, text};
use crate::bundle::{Bundle, Release};
use crate::chart::LoadOptions;
use crate::diagnostic::Error;
use crate::kubernetes::quantity::Quantity;
use crate::world::World;
use crate::{json, yaml};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Objects that nest deeper are not compared below.
const DEEPEST: usize = 100;

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// The release, `CLUSTER/NAMESPACE/NAME`.
    pub release: String,
    /// The object: `Deployment portal`; empty for the release as a whole.
    pub object: String,
    /// The field; empty where the object is not there.
    pub field: String,
    /// What the bundle says.
    pub wanted: String,
    /// What is live; `None` where nothing is.
    pub live: Option<String>,
}

/// Compares the live objects of the cluster `name` with those that the bundle's releases render to. Fields that the
/// bundle does not state are the cluster's business. Of Secrets only their being there is compared.
///
/// # Errors
/// A cluster that cannot be reached or refuses to be read; a release that cannot be rendered.
pub fn drift(
    bundle: &Bundle,
    name: &str,
    cluster: &dyn Cluster,
    load: &LoadOptions,
    world: &dyn World,
) -> Result<Vec<Drift>, Error> {
    let revisions = revisions(cluster)?;
    let mut found = Vec::new();
    let own: Vec<&Release> = bundle.releases.iter().filter(|release| release.cluster == name).collect();
    for release in &own {
        if !revisions.contains_key(&(release.namespace.clone(), release.name.clone())) {
            found.push(Drift::whole(release.id(), "installed", Some("not installed")));
            continue;
        }
        compare(bundle, release, cluster, (load, world), &mut found)?;
    }
    let spaces: BTreeSet<&str> = own.iter().map(|release| release.namespace.as_str()).collect();
    for (namespace, other) in revisions.keys().filter(|(namespace, _)| spaces.contains(namespace.as_str())) {
        if !own.iter().any(|release| release.namespace == *namespace && release.name == *other) {
            found.push(Drift::whole(format!("{name}/{namespace}/{other}"), "no such release", Some("installed")));
        }
    }
    Ok(found)
}

impl Drift {
    fn whole(release: String, wanted: &str, live: Option<&str>) -> Drift {
        let (object, field) = (String::new(), String::new());
        Drift { release, object, field, wanted: wanted.to_owned(), live: live.map(str::to_owned) }
    }
}

fn compare(
    bundle: &Bundle,
    release: &Release,
    cluster: &dyn Cluster,
    (load, world): (&LoadOptions, &dyn World),
    found: &mut Vec<Drift>,
) -> Result<(), Error> {
    let mut wanted: Vec<Value> = Vec::new();
    let mut secrets = Vec::new();
    for object in bundle.objects(release, load, world)?.into_iter().filter(|object| !object.is_hook) {
        let text =
            json::to_json(&yaml::from_yaml(&object.text).unwrap_or(crate::value::Value::Nil)).unwrap_or_default();
        let Ok(mut value) = serde_json::from_slice::<Value>(&text) else { continue };
        if self::text(&value, &["kind"]) == "Secret" {
            secrets.push(self::text(&value, &["metadata", "name"]).to_owned());
            continue;
        }
        if value.pointer("/metadata/namespace").is_none()
            && let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut)
        {
            // kubectl leaves it out again for kinds without a namespace.
            metadata.insert("namespace".to_owned(), Value::from(release.namespace.clone()));
        }
        wanted.push(value);
    }
    if !secrets.is_empty() {
        let live = keys_of(cluster, "secrets", &release.namespace)?;
        for name in secrets.iter().filter(|name| !live.contains_key(*name)) {
            found.push(gone(release, format!("Secret {name}")));
        }
    }
    if wanted.is_empty() {
        return Ok(());
    }
    let list = serde_json::json!({ "apiVersion": "v1", "kind": "List", "items": &wanted }).to_string();
    let arguments = ["-f", "-", "-o", "json", "--ignore-not-found"];
    let answer = cluster.get(&arguments, Some(list.as_bytes()))?;
    let live: BTreeMap<(String, String), Value> = match answer.iter().all(u8::is_ascii_whitespace) {
        true => BTreeMap::new(),
        false => items(&answer)?.into_iter().map(|one| (key(&one), one)).collect(),
    };
    for one in &wanted {
        let object = format!("{} {}", self::text(one, &["kind"]), self::text(one, &["metadata", "name"]));
        let Some(other) = live.get(&key(one)) else {
            found.push(gone(release, object));
            continue;
        };
        let mut walk = Walk { release, object: &object, found };
        walk.value(one, Some(other), &mut Vec::new(), 0);
    }
    Ok(())
}

fn gone(release: &Release, object: String) -> Drift {
    Drift { release: release.id(), object, field: String::new(), wanted: "there".to_owned(), live: None }
}

/// Kind with group, and name; the version of an API may be another one.
fn key(value: &Value) -> (String, String) {
    let version = text(value, &["apiVersion"]);
    let group = version.split_once('/').map_or("", |(group, _)| group);
    (format!("{group}/{}", text(value, &["kind"])), text(value, &["metadata", "name"]).to_owned())
}

struct Walk<'w> {
    release: &'w Release,
    object: &'w str,
    found: &'w mut Vec<Drift>,
}

/// Fields by which the items of a list are told apart.
const NAMES: [&str; 5] = ["name", "mountPath", "containerPort", "port", "key"];

impl Walk<'_> {
    fn value(&mut self, wanted: &Value, live: Option<&Value>, path: &mut Vec<String>, depth: usize) {
        if depth > DEEPEST || depth == 1 && matches!(path.first().map(String::as_str), Some("apiVersion" | "status")) {
            return;
        }
        match (wanted, live) {
            (Value::Object(wanted), Some(Value::Object(live))) => {
                for (name, value) in wanted {
                    if depth == 1 && path == &["metadata"] && matches!(name.as_str(), "namespace" | "creationTimestamp")
                    {
                        continue;
                    }
                    path.push(name.clone());
                    self.value(value, live.get(name), path, depth + 1);
                    path.pop();
                }
            }
            (Value::Array(wanted), Some(Value::Array(live))) => self.list(wanted, live, path, depth),
            (wanted, live) => {
                if !same(wanted, live, path.last().map_or("", String::as_str)) {
                    let live = live.map(shown);
                    let (release, object) = (self.release.id(), self.object.to_owned());
                    self.found.push(Drift { release, object, field: path.join("."), wanted: shown(wanted), live });
                }
            }
        }
    }

    fn list(&mut self, wanted: &[Value], live: &[Value], path: &mut Vec<String>, depth: usize) {
        let name_of = NAMES.into_iter().find(|name| {
            let values: BTreeSet<String> =
                wanted.iter().filter_map(|one| one.get(name).map(Value::to_string)).collect();
            values.len() == wanted.len() && !wanted.is_empty()
        });
        for (at, one) in wanted.iter().enumerate() {
            let (label, other) = match name_of {
                Some(name) => {
                    let value = one.get(name);
                    let other = live.iter().find(|other| other.get(name) == value);
                    (format!("[{name}={}]", value.map(shown).unwrap_or_default()), other)
                }
                None => (format!("[{at}]"), live.get(at)),
            };
            path.push(label);
            self.value(one, other, path, depth + 1);
            path.pop();
        }
        if name_of.is_none() && live.len() > wanted.len() {
            let (release, object) = (self.release.id(), self.object.to_owned());
            let (wanted, live) = (format!("{} items", wanted.len()), Some(format!("{} items", live.len())));
            self.found.push(Drift { release, object, field: path.join("."), wanted, live });
        }
    }
}

/// Whether two values mean the same to an API server.
fn same(wanted: &Value, live: Option<&Value>, name: &str) -> bool {
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
    };
    let Some(live) = live else {
        // An empty table may be all that is kept of one, and an empty value is often not kept at all.
        return is_empty(wanted);
    };
    if wanted == live || is_empty(wanted) && is_empty(live) {
        return true;
    }
    let plain = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let (Some(one), Some(other)) = (plain(wanted), plain(live)) else { return false };
    let is_amount = |name: &str| matches!(name, "cpu" | "memory" | "storage" | "ephemeral-storage" | "sizeLimit");
    one == other
        || is_amount(name) && Quantity::parse(&one).is_some_and(|amount| Quantity::parse(&other) == Some(amount))
}

/// A value in few letters.
fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.char_indices().nth(120) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
