//! A bundle beside a live cluster: what stands in the way, which step stands where, what differs. Nothing is written.
//!
//! The cluster is asked through `kubectl`, by `get`, `version` and `api-resources` alone. Of Secrets nothing but their
//! names, labels and the names of their keys leaves kubectl: the templates below say so.

mod drift;
mod kubectl;
mod needs;
mod preflight;
mod reach;
mod status;

pub use drift::{Drift, drift};
pub use kubectl::{Cluster, Kubectl};
pub use preflight::preflight;
pub use reach::reach;
pub use status::{ReleaseState, StepStatus, status};

use crate::diagnostic::Error;
use std::collections::{BTreeMap, BTreeSet};

/// How much something weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// As it should be.
    Good,
    /// Worth a look.
    Warning,
    /// Stands in the way of the installation.
    Error,
}

impl Level {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Level::Good => "ok",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }
}

/// Something that was found out about a live cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LiveFinding {
    /// Its weight.
    pub level: Level,
    /// What it is about: `nodes`, `release openg2p/sandbox/portal`.
    pub subject: String,
    /// What was found.
    pub message: String,
}

impl LiveFinding {
    fn new(level: Level, subject: impl Into<String>, message: impl Into<String>) -> LiveFinding {
        LiveFinding { level, subject: subject.into(), message: message.into() }
    }
}

/// The newest revision of a release that Helm keeps in a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Revision {
    number: u64,
    /// `deployed`, `failed`, `pending-install` and so on.
    status: String,
}

/// Labels of Helm's Secrets; no data.
const REVISIONS: &str = "{{range .items}}{{.metadata.namespace}} {{index .metadata.labels \"name\"}} \
                         {{index .metadata.labels \"version\"}} {{index .metadata.labels \"status\"}}{{\"\\n\"}}{{end}}";
/// The chart that made an object, and its release.
const CHARTS: &str = "{{range .items}}{{.metadata.namespace}} \
                      {{with .metadata.annotations}}{{index . \"meta.helm.sh/release-name\"}}{{end}} \
                      {{with .metadata.labels}}{{index . \"helm.sh/chart\"}}{{end}}{{\"\\n\"}}{{end}}";
/// Names of Secrets or ConfigMaps and of their keys.
const KEYS: &str = "{{range .items}}{{.metadata.name}}{{range $key, $value := .data}} {{$key}}{{end}}\
                    {{range $key, $value := .binaryData}} {{$key}}{{end}}{{\"\\n\"}}{{end}}";
/// Kinds that charts label.
const LABELLED: &str = "deployments,statefulsets,daemonsets,services,serviceaccounts,cronjobs,jobs";

/// The newest revision of each release, by namespace and name.
fn revisions(cluster: &dyn Cluster) -> Result<BTreeMap<(String, String), Revision>, Error> {
    let template = format!("go-template={REVISIONS}");
    let answer = cluster.get(&["secrets", "--all-namespaces", "-l", "owner=helm", "-o", &template], None)?;
    let mut newest: BTreeMap<(String, String), Revision> = BTreeMap::new();
    for line in String::from_utf8_lossy(&answer).lines() {
        let [namespace, name, number, status] = words(line)[..] else { continue };
        let found = Revision { number: number.parse().unwrap_or_default(), status: status.to_owned() };
        let known = newest.entry((namespace.to_owned(), name.to_owned())).or_insert_with(|| found.clone());
        if known.number < found.number {
            *known = found;
        }
    }
    Ok(newest)
}

/// The charts (`NAME-VERSION`) whose objects are live in a namespace, by release.
fn live_charts(cluster: &dyn Cluster, namespace: &str) -> Result<BTreeMap<String, BTreeSet<String>>, Error> {
    let template = format!("go-template={CHARTS}");
    let answer = cluster.get(&[LABELLED, "-n", namespace, "-o", &template], None)?;
    let mut charts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in String::from_utf8_lossy(&answer).lines() {
        if let [_, release, chart] = words(line)[..]
            && !chart.starts_with('<')
            && !release.starts_with('<')
        {
            charts.entry(release.to_owned()).or_default().insert(chart.to_owned());
        }
    }
    Ok(charts)
}

/// The `secrets` or `configmaps` of a namespace with the names of their keys; their contents stay in the cluster.
fn keys_of(cluster: &dyn Cluster, kind: &str, namespace: &str) -> Result<BTreeMap<String, BTreeSet<String>>, Error> {
    let template = format!("go-template={KEYS}");
    let answer = cluster.get(&[kind, "-n", namespace, "-o", &template], None)?;
    let text = String::from_utf8_lossy(&answer);
    let lines = text.lines().filter_map(|line| {
        let (name, keys) = words(line).split_first().map(|(name, keys)| (*name, keys.to_vec()))?;
        Some((name.to_owned(), keys.into_iter().map(str::to_owned).collect()))
    });
    Ok(lines.collect())
}

fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

/// What `kubectl get -o json` answers.
fn items(answer: &[u8]) -> Result<Vec<serde_json::Value>, Error> {
    let wrong = |error: serde_json::Error| {
        Error::new(crate::diagnostic::ErrorKind::Network, format!("kubectl's answer cannot be read: {error}"))
    };
    let value: serde_json::Value = serde_json::from_slice(answer).map_err(wrong)?;
    match value {
        serde_json::Value::Object(mut map) => match map.remove("items") {
            Some(serde_json::Value::Array(items)) => Ok(items),
            _ => Ok(vec![serde_json::Value::Object(map)]),
        },
        _ => Ok(Vec::new()),
    }
}

/// The text at a path of fields.
fn text<'v>(value: &'v serde_json::Value, path: &[&str]) -> &'v str {
    let found = path.iter().try_fold(value, |value, key| value.get(key));
    found.and_then(serde_json::Value::as_str).unwrap_or_default()
}
