//! Metadata and locks as the texts that Helm writes: known fields only, keys sorted, empty ones left out.

use super::{Dependency, Lock, Metadata};
use crate::diagnostic::{Error, ErrorKind, Fault};
use crate::value::{Map, Value};
use crate::yaml;

impl Metadata {
    /// The text of `Chart.yaml` as Helm writes it into archives and provenance files.
    ///
    /// # Errors
    /// `import-values` that YAML cannot hold.
    pub fn to_yaml(&self) -> Result<Vec<u8>, Error> {
        written("Chart.yaml", &self.as_map())
    }

    fn as_map(&self) -> Map {
        let maintainers = self.maintainers.iter().map(|one| {
            Value::Map(known([("name", text(&one.name)), ("email", text(&one.email)), ("url", text(&one.url))]))
        });
        let annotations = self.annotations.iter().flatten().map(|(key, value)| (key.as_str(), Value::str(value)));
        let annotations: Map = annotations.collect();
        known([
            ("name", text(&self.name)),
            ("home", text(&self.home)),
            ("sources", texts(&self.sources)),
            ("version", text(&self.version)),
            ("description", text(&self.description)),
            ("keywords", texts(&self.keywords)),
            ("maintainers", filled(maintainers.collect())),
            ("icon", text(&self.icon)),
            ("apiVersion", text(&self.api_version)),
            ("condition", text(&self.condition)),
            ("tags", text(&self.tags)),
            ("appVersion", text(&self.app_version)),
            ("deprecated", self.deprecated.then_some(Value::Bool(true))),
            ("annotations", Some(Value::Map(annotations.clone())).filter(|_| !annotations.is_empty())),
            ("kubeVersion", text(&self.kube_version)),
            ("dependencies", filled(self.dependencies().iter().map(as_value).collect())),
            ("type", text(&self.kind)),
        ])
    }
}

impl Lock {
    /// The text of `Chart.lock` as Helm writes it into archives.
    ///
    /// # Errors
    /// `import-values` that YAML cannot hold.
    pub fn to_yaml(&self) -> Result<Vec<u8>, Error> {
        let generated = if self.generated.is_empty() { "0001-01-01T00:00:00Z" } else { &self.generated };
        let map: Map = [
            ("dependencies", Value::list(self.dependencies.iter().map(as_value).collect())),
            ("digest", Value::str(&self.digest)),
            ("generated", Value::str(generated)),
        ]
        .into_iter()
        .collect();
        written("Chart.lock", &map)
    }
}

fn written(file: &str, map: &Map) -> Result<Vec<u8>, Error> {
    let refused = |fault: Fault| Error::new(ErrorKind::Content, fault.message()).hint(format!("see `{file}`"));
    yaml::to_yaml(&Value::Map(map.clone())).map_err(refused)
}

/// Name and repository stand there even if they are empty.
fn as_value(one: &Dependency) -> Value {
    let map = known([
        ("version", text(&one.version)),
        ("condition", text(&one.condition)),
        ("tags", texts(&one.tags)),
        ("enabled", one.enabled.then_some(Value::Bool(true))),
        ("import-values", filled(one.import_values.clone())),
        ("alias", text(&one.alias)),
    ]);
    map.insert("name", Value::str(&one.name));
    map.insert("repository", Value::str(&one.repository));
    Value::Map(map)
}

fn known<const N: usize>(entries: [(&str, Option<Value>); N]) -> Map {
    entries.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
}

fn text(text: &str) -> Option<Value> {
    (!text.is_empty()).then(|| Value::str(text))
}

fn texts(items: &[String]) -> Option<Value> {
    filled(items.iter().map(Value::str).collect())
}

fn filled(items: Vec<Value>) -> Option<Value> {
    (!items.is_empty()).then(|| Value::list(items))
}
