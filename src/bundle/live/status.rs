//! Which step of a bundle stands where.

use super::{Cluster, items, live_charts, revisions, text};
use crate::bundle::{AnyStep, Bundle, Release};
use crate::diagnostic::Error;
use std::collections::{BTreeMap, BTreeSet};

/// How far a release is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleaseState {
    /// Helm knows nothing of it.
    Missing,
    /// Helm works on it, or was killed.
    Pending,
    /// Its last revision failed.
    Failed,
    /// It is there with another chart or version.
    Other,
    /// It is there, and not all of it is ready.
    Unready,
    /// It is there and ready.
    Ready,
    /// Only people can tell, or the command that the step names.
    Unknown,
}

impl ReleaseState {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            ReleaseState::Missing => "missing",
            ReleaseState::Pending => "pending",
            ReleaseState::Failed => "failed",
            ReleaseState::Other => "other version",
            ReleaseState::Unready => "not ready",
            ReleaseState::Ready => "ready",
            ReleaseState::Unknown => "unknown",
        }
    }
}

/// One step and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepStatus {
    /// What it is called.
    pub id: String,
    /// `release`, `manual`, `hosts` or `check`.
    pub kind: &'static str,
    /// Its wave.
    pub wave: usize,
    /// Where it stands.
    pub state: ReleaseState,
    /// What there is to say.
    pub detail: String,
}

/// Asks where the releases of the cluster `name` stand; other steps of it are named with the command that tells.
///
/// # Errors
/// A cluster that cannot be reached or refuses to be read.
pub fn status(bundle: &Bundle, name: &str, cluster: &dyn Cluster) -> Result<Vec<StepStatus>, Error> {
    let revisions = revisions(cluster)?;
    let mut charts: BTreeMap<String, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    let mut ready: BTreeMap<String, BTreeMap<String, bool>> = BTreeMap::new();
    let mut all = Vec::new();
    for step in bundle.all_steps() {
        let release = match step {
            AnyStep::Release(release) if release.cluster == name => release,
            AnyStep::Other(step) if step.cluster.as_deref().is_none_or(|cluster| cluster == name) => {
                let detail = step.work.verify().unwrap_or_default().to_owned();
                let (id, kind, wave) = (step.id.clone(), step.work.kind(), step.wave);
                all.push(StepStatus { id, kind, wave, state: ReleaseState::Unknown, detail });
                continue;
            }
            _ => continue,
        };
        let namespace = &release.namespace;
        if !charts.contains_key(namespace) {
            charts.insert(namespace.clone(), live_charts(cluster, namespace)?);
            ready.insert(namespace.clone(), readiness(cluster, namespace)?);
        }
        let live = charts.get(namespace).and_then(|all| all.get(&release.name)).cloned().unwrap_or_default();
        let ready = ready.get(namespace).cloned().unwrap_or_default();
        let key = (namespace.clone(), release.name.clone());
        let (state, detail) = match revisions.get(&key) {
            None => (ReleaseState::Missing, String::new()),
            Some(revision) => judged(release, (revision.number, &revision.status), &live, &ready),
        };
        all.push(StepStatus { id: release.id(), kind: "release", wave: release.wave, state, detail });
    }
    Ok(all)
}

fn judged(
    release: &Release,
    (number, status): (u64, &str),
    live: &BTreeSet<String>,
    ready: &BTreeMap<String, bool>,
) -> (ReleaseState, String) {
    if status.starts_with("pending") || status == "uninstalling" {
        return (ReleaseState::Pending, format!("revision {number} is {status}"));
    }
    if status != "deployed" {
        return (ReleaseState::Failed, format!("revision {number} is {status}"));
    }
    let own = format!("{}-{}", release.chart, release.version.replace('+', "_"));
    if !live.is_empty() && !live.contains(&own) {
        let names: Vec<&str> = live.iter().map(String::as_str).collect();
        return (ReleaseState::Other, format!("{} is there", names.join(", ")));
    }
    let waiting: Vec<&str> = release
        .readiness
        .iter()
        .map(String::as_str)
        .filter(|one| ready.get(*one).is_some_and(|ready| !ready) || is_watched(one) && !ready.contains_key(*one))
        .collect();
    match waiting.is_empty() {
        true => (ReleaseState::Ready, format!("revision {number}")),
        false => (ReleaseState::Unready, format!("waiting for {}", waiting.join(", "))),
    }
}

const WATCHED: [&str; 4] = ["Deployment", "StatefulSet", "DaemonSet", "Job"];

fn is_watched(name: &str) -> bool {
    name.split_once('/').is_some_and(|(kind, _)| WATCHED.contains(&kind))
}

/// Whether each workload of a namespace is ready, by `KIND/NAME`.
fn readiness(cluster: &dyn Cluster, namespace: &str) -> Result<BTreeMap<String, bool>, Error> {
    let answer = cluster.get(&["deployments,statefulsets,daemonsets,jobs", "-n", namespace, "-o", "json"], None)?;
    let mut ready = BTreeMap::new();
    for one in items(&answer)? {
        let count = |path: &str| one.pointer(path).and_then(serde_json::Value::as_i64);
        let kind = text(&one, &["kind"]);
        let seen = count("/status/observedGeneration").is_none_or(|seen| Some(seen) >= count("/metadata/generation"));
        let is_ready = match kind {
            "Deployment" | "StatefulSet" => {
                let wanted = count("/spec/replicas").unwrap_or(1);
                let updated = count("/status/updatedReplicas").unwrap_or(0) >= wanted;
                seen && updated && count("/status/readyReplicas").unwrap_or(0) >= wanted
            }
            "DaemonSet" => {
                let wanted = count("/status/desiredNumberScheduled").unwrap_or(0);
                seen && count("/status/numberReady").unwrap_or(0) >= wanted
            }
            _ => count("/status/succeeded").unwrap_or(0) >= count("/spec/completions").unwrap_or(1),
        };
        ready.insert(format!("{kind}/{}", text(&one, &["metadata", "name"])), is_ready);
    }
    Ok(ready)
}
