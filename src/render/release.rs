//! `.Release`: what a chart may know of the release it is rendered for.

use crate::value::{Map, MapKind, Text, Value};

/// What `.Release` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The name of the release.
    pub name: String,
    /// The namespace it goes to.
    pub namespace: String,
    /// What is done with it.
    pub operation: Operation,
    /// The number of the revision; `helm template` always says 1.
    pub revision: i64,
}

/// What is done with a release.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Operation {
    /// The first installation.
    #[default]
    Install,
    /// An upgrade (`--is-upgrade`).
    Upgrade,
    /// Nothing: the chart is only looked at, as `helm lint` does.
    Lint,
}

impl Release {
    /// The first revision of an installation of `name` into `namespace`.
    pub fn install(name: impl Into<String>, namespace: impl Into<String>) -> Release {
        Release { name: name.into(), namespace: namespace.into(), operation: Operation::Install, revision: 1 }
    }

    /// The value of `.Release`, a `map[string]interface {}` that templates may change.
    pub fn to_map(&self) -> Map {
        let entries: Vec<(Text, Value)> = vec![
            ("IsInstall".into(), Value::Bool(self.operation == Operation::Install)),
            ("IsUpgrade".into(), Value::Bool(self.operation == Operation::Upgrade)),
            ("Name".into(), Value::str(&self.name)),
            ("Namespace".into(), Value::str(&self.namespace)),
            ("Revision".into(), Value::Int(self.revision)),
            ("Service".into(), Value::from("Helm")),
        ];
        Map::from_entries(MapKind::Any, entries)
    }
}
