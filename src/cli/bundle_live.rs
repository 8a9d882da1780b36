//! `chartwright bundle preflight`, `status` and `drift`: a bundle beside a live cluster, which is only read.

use super::args::GlobalArgs;
use super::bundle_open::{ReportFormat, open, pretty};
use super::fetch;
use super::options::ChartOptions;
use super::report::harmless;
use super::run_template::load_options;
use super::shown::counted;
use super::table::table;
use super::template::NetworkArgs;
use super::ui::{ExitStatus, Outcome, Stop, Ui};
use crate::bundle::Bundle;
use crate::bundle::live::{Kubectl, Level, LiveFinding, ReleaseState, StepStatus, drift, preflight, reach, status};
use crate::diagnostic::{Error, ErrorKind};
use crate::repository::http::{Http, HttpOptions};
use crate::world::FixedWorld;
use clap::Args;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

/// The time that a host gets to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What all three share.
#[derive(Debug, Args)]
pub(super) struct LiveArgs {
    /// The bundle
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
    /// kubectl's context of a cluster; the current one where the bundle has one cluster, else the cluster's name
    #[arg(long, value_name = "[CLUSTER=]CONTEXT")]
    context: Vec<String>,
    /// Only this cluster of the bundle
    #[arg(long, value_name = "CLUSTER")]
    cluster: Option<String>,
    /// The program
    #[arg(long, value_name = "PROGRAM", default_value = "kubectl")]
    kubectl: PathBuf,
    /// How it is told
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    output: ReportFormat,
}

impl LiveArgs {
    fn load(&self, ui: &mut Ui) -> Result<Bundle, Stop> {
        let opened = open(&self.bundle)?;
        Ok(Bundle::load(opened.root(), &mut ui.sources)?)
    }

    /// The clusters that are asked, each through its context.
    fn clusters(&self, bundle: &Bundle) -> Result<Vec<(String, Kubectl)>, Error> {
        let all: BTreeSet<&str> = bundle.releases.iter().map(|release| release.cluster.as_str()).collect();
        if let Some(cluster) = self.cluster.as_deref().filter(|cluster| !all.contains(cluster)) {
            let message = format!("the bundle has no release on cluster `{}`", harmless(cluster));
            let names: Vec<&str> = all.into_iter().collect();
            return Err(Error::new(ErrorKind::Usage, message).hint(format!("it has {}", names.join(", "))));
        }
        let wanted: Vec<&str> =
            all.iter().copied().filter(|name| self.cluster.as_deref().is_none_or(|one| one == *name)).collect();
        let alone = wanted.len() == 1;
        let clusters = wanted.into_iter().map(|name| {
            let named = self.context.iter().find_map(|text| text.split_once('=').filter(|(of, _)| *of == name));
            let plain = self.context.iter().find(|text| !text.contains('=')).filter(|_| alone);
            let context = match (named, plain) {
                (Some((_, context)), _) => Some(context.to_owned()),
                (None, Some(context)) => Some(context.clone()),
                (None, None) if alone && all.len() == 1 => None,
                (None, None) => Some(name.to_owned()),
            };
            (name.to_owned(), Kubectl { program: self.kubectl.clone(), context })
        });
        Ok(clusters.collect())
    }
}

/// Ask a live cluster whether a bundle can be installed on it; nothing is written
///
/// Versions, nodes and their capacity, storage classes, kinds of objects, live releases of other charts under the same
/// names, Secrets, DNS, certificates and registries. Of Secrets only names and names of keys are asked for.
#[derive(Debug, Args)]
pub(super) struct PreflightArgs {
    #[command(flatten)]
    live: LiveArgs,
    /// Leave DNS, certificates and registries out
    #[arg(long)]
    cluster_only: bool,
    #[command(flatten)]
    network: NetworkArgs,
}

impl PreflightArgs {
    /// Asks all clusters; an error among the findings is a failure.
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        let load = load_options(global.helm_compat, global.limits());
        let bundle = self.live.load(ui)?;
        let world = FixedWorld::default();
        let mut all: Vec<(String, LiveFinding)> = Vec::new();
        for (name, kubectl) in self.live.clusters(&bundle)? {
            let mut found = preflight(&bundle, &name, &kubectl, &load, &world)?;
            if !self.cluster_only {
                let options = ChartOptions { network: self.network.options(), ..ChartOptions::default() };
                let registry = fetch::fetcher(&options, ui.face())?.registry();
                let http = HttpOptions { timeout: PATIENCE, ..HttpOptions::from_variables(&fetch::variable) };
                found.extend(reach(&bundle, &name, (&Http::new(http)?, &registry), &load, &world)?);
            }
            all.extend(found.into_iter().map(|one| (name.clone(), one)));
        }
        ui.print(match self.live.output {
            ReportFormat::Text => findings_text(&all),
            ReportFormat::Json => findings_json(&all),
        })?;
        let stops = all.iter().any(|(_, one)| one.level == Level::Error);
        Ok(if stops { ExitStatus::Content } else { ExitStatus::Success })
    }
}

fn findings_text(all: &[(String, LiveFinding)]) -> String {
    let mut text = String::new();
    let mut last = "";
    for (cluster, one) in all {
        if cluster != last {
            text.push_str(&format!("cluster {}\n", harmless(cluster)));
            last = cluster;
        }
        let line = format!("  {:<7}  {}: {}", one.level.name(), one.subject, one.message);
        text.push_str(&harmless(&line));
        text.push('\n');
    }
    let count = |level: Level| all.iter().filter(|(_, one)| one.level == level).count();
    let (errors, warnings) = (counted(count(Level::Error), "error"), counted(count(Level::Warning), "warning"));
    text.push_str(&format!("{errors}, {warnings}\n"));
    text
}

fn findings_json(all: &[(String, LiveFinding)]) -> String {
    let list = all.iter().map(|(cluster, one)| {
        let (level, subject, message) = (one.level.name(), &one.subject, &one.message);
        serde_json::json!({ "cluster": cluster, "level": level, "subject": subject, "message": message })
    });
    let ok = !all.iter().any(|(_, one)| one.level == Level::Error);
    pretty(&serde_json::json!({ "ok": ok, "findings": list.collect::<Vec<_>>() }))
}

/// Tell which step of a bundle stands where on a live cluster; nothing is written
#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    #[command(flatten)]
    live: LiveArgs,
}

impl StatusArgs {
    /// Asks all clusters.
    pub(super) fn run(&self, ui: &mut Ui) -> Result<(), Stop> {
        let bundle = self.live.load(ui)?;
        let mut all: Vec<StepStatus> = Vec::new();
        for (name, kubectl) in self.live.clusters(&bundle)? {
            for step in status(&bundle, &name, &kubectl)? {
                if !all.iter().any(|known| known.id == step.id) {
                    all.push(step);
                }
            }
        }
        all.sort_by_key(|step| step.wave);
        ui.print(match self.live.output {
            ReportFormat::Text => status_text(&all),
            ReportFormat::Json => {
                let steps = all.iter().map(|one| {
                    let (id, kind, wave, detail) = (&one.id, one.kind, one.wave, &one.detail);
                    serde_json::json!({ "step": id, "kind": kind, "wave": wave, "state": one.state.name(), "detail": detail })
                });
                pretty(&serde_json::json!({ "steps": steps.collect::<Vec<_>>() }))
            }
        })
    }
}

fn status_text(all: &[StepStatus]) -> String {
    let mut rows = vec![["WAVE", "STEP", "KIND", "STATE", "DETAIL"].map(str::to_owned).to_vec()];
    rows.extend(all.iter().map(|one| {
        let (id, detail) = (harmless(&one.id).into_owned(), harmless(&one.detail).into_owned());
        vec![one.wave.to_string(), id, one.kind.to_owned(), one.state.name().to_owned(), detail]
    }));
    let releases = all.iter().filter(|one| one.kind == "release");
    let ready = releases.clone().filter(|one| one.state == ReleaseState::Ready).count();
    let next = releases.clone().find(|one| one.state != ReleaseState::Ready);
    let next = next.map(|one| format!("; next: {}", harmless(&one.id))).unwrap_or_default();
    format!("{}\n{ready} of {} ready{next}\n", table(&rows, 80), counted(releases.count(), "release"))
}

/// Tell what differs on a live cluster from what a bundle says; nothing is written
#[derive(Debug, Args)]
pub(super) struct DriftArgs {
    #[command(flatten)]
    live: LiveArgs,
}

impl DriftArgs {
    /// Asks all clusters; a difference is a failure.
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        let load = load_options(global.helm_compat, global.limits());
        let bundle = self.live.load(ui)?;
        let mut all = Vec::new();
        for (name, kubectl) in self.live.clusters(&bundle)? {
            all.extend(drift(&bundle, &name, &kubectl, &load, &FixedWorld::default())?);
        }
        let mut text = String::new();
        for one in &all {
            let object = if one.object.is_empty() { String::new() } else { format!(" {}", one.object) };
            let field = if one.field.is_empty() { String::new() } else { format!(" {}", one.field) };
            let live = one.live.as_deref().unwrap_or("nothing");
            text.push_str(&harmless(&format!("{}{object}{field}: expected {}, found {live}", one.release, one.wanted)));
            text.push('\n');
        }
        text.push_str(&format!("{}\n", counted(all.len(), "difference")));
        ui.print(match self.live.output {
            ReportFormat::Text => text,
            ReportFormat::Json => {
                let list = all.iter().map(|one| {
                    serde_json::json!({
                        "release": one.release, "object": one.object, "field": one.field, "wanted": one.wanted,
                        "live": one.live,
                    })
                });
                pretty(&serde_json::json!({ "equal": all.is_empty(), "differences": list.collect::<Vec<_>>() }))
            }
        })?;
        Ok(if all.is_empty() { ExitStatus::Success } else { ExitStatus::Content })
    }
}
