//! What is different between two bundles: releases, versions, values, order, images.

use super::{AnyStep, Bundle, Release, Work};
use crate::environment::compare_nodes;
use crate::source::SourceId;
use crate::yaml;
use std::collections::{BTreeMap, BTreeSet};

/// The differences of two bundles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BundleDiff {
    /// Steps that only the second one has: what they are called, and chart and version or the kind of step.
    pub added: Vec<(String, String)>,
    /// Steps that only the first one has.
    pub removed: Vec<(String, String)>,
    /// Steps of both that differ.
    pub changed: Vec<StepDiff>,
    /// Images that only the second one has.
    pub images_added: Vec<String>,
    /// Images that only the first one has.
    pub images_removed: Vec<String>,
}

/// The differences of one step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepDiff {
    /// What the step is called: `CLUSTER/NAMESPACE/RELEASE` or `dns/sandbox`.
    pub step: String,
    /// Fields that differ (`chart`, `version`, `archive`, `wave`, `needs`, `title` and so on), before and after.
    pub facts: Vec<(&'static str, String, String)>,
    /// Values that differ, by path, before and after.
    pub values: Vec<(String, Option<String>, Option<String>)>,
}

impl BundleDiff {
    /// Compares two bundles.
    pub fn of(one: &Bundle, other: &Bundle) -> BundleDiff {
        let (before, after) = (by_id(one), by_id(other));
        let only = |some: &BTreeMap<String, AnyStep<'_>>, others: &BTreeMap<String, AnyStep<'_>>| {
            let missing = some.iter().filter(|(id, _)| !others.contains_key(*id));
            missing.map(|(id, step)| (id.clone(), what(step))).collect()
        };
        let both = before.iter().filter_map(|(id, old)| Some((id, old, after.get(id)?)));
        let changed = both.filter_map(|(id, old, new)| {
            let facts = differing(facts(one, old), &facts(other, new));
            let values = match (old, new) {
                (AnyStep::Release(old), AnyStep::Release(new)) => values(&old.values, &new.values),
                _ => Vec::new(),
            };
            let same = facts.is_empty() && values.is_empty();
            (!same).then(|| StepDiff { step: id.clone(), facts, values })
        });
        let (had, has): (BTreeSet<&str>, BTreeSet<&str>) =
            (one.images.images().collect(), other.images.images().collect());
        let names = |images: &mut dyn Iterator<Item = &&str>| images.map(|image| (*image).to_owned()).collect();
        BundleDiff {
            added: only(&after, &before),
            removed: only(&before, &after),
            changed: changed.collect(),
            images_added: names(&mut has.difference(&had)),
            images_removed: names(&mut had.difference(&has)),
        }
    }

    /// Whether there is no difference.
    pub fn is_empty(&self) -> bool {
        *self == BundleDiff::default()
    }
}

fn by_id(bundle: &Bundle) -> BTreeMap<String, AnyStep<'_>> {
    bundle.all_steps().into_iter().map(|step| (step.id(), step)).collect()
}

fn what(step: &AnyStep<'_>) -> String {
    match step {
        AnyStep::Release(release) => format!("{} {}", release.chart, release.version),
        AnyStep::Other(step) => format!("{} step", step.work.kind()),
    }
}

type Facts = BTreeMap<&'static str, String>;

/// The fields of a step that are worth a line.
fn facts(bundle: &Bundle, step: &AnyStep<'_>) -> Facts {
    let list = |items: &mut dyn Iterator<Item = String>| {
        let mut items: Vec<String> = items.collect();
        items.sort();
        format!("[{}]", items.join(", "))
    };
    let mut facts = Facts::from([("wave", step.wave().to_string())]);
    facts.insert("needs", list(&mut step.needs().iter().cloned()));
    match step {
        AnyStep::Release(release) => release_facts(bundle, release, &mut facts, &list),
        AnyStep::Other(step) => {
            facts.insert("title", step.title.clone());
            facts.insert("kind", step.work.kind().to_owned());
            facts.insert("verify", step.work.verify().unwrap_or_default().to_owned());
            if let Work::Manual { instruction, values, .. } = &step.work {
                facts.insert("instruction", instruction.clone());
                facts.insert("values", list(&mut values.iter().map(|(name, value)| format!("{name}={value}"))));
            }
        }
    }
    facts
}

fn release_facts(
    bundle: &Bundle,
    release: &Release,
    facts: &mut Facts,
    list: &dyn Fn(&mut dyn Iterator<Item = String>) -> String,
) {
    let digest = release.archive().and_then(|file| bundle.archives.get(file)).map(|archive| archive.digest.clone());
    facts.extend([
        ("chart", release.chart.clone()),
        ("version", release.version.clone()),
        ("environment", release.environment.clone()),
        ("archive", digest.unwrap_or_else(|| "not fetched".to_owned())),
        ("wait", release.wait.to_string()),
        ("timeout", release.timeout.clone().unwrap_or_default()),
        ("labels", list(&mut release.labels.iter().map(|(name, label)| format!("{name}={label}")))),
        ("secretValues", list(&mut release.secret_values.iter().map(|secret| secret.path.clone()))),
    ]);
}

fn differing(old: Facts, new: &Facts) -> Vec<(&'static str, String, String)> {
    let mut all: Vec<(&'static str, String, String)> = old
        .into_iter()
        .map(|(name, before)| (name, before, new.get(name).cloned().unwrap_or_default()))
        .filter(|(_, before, after)| before != after)
        .collect();
    // Another version has another archive; other bytes under the same version are what nobody expects.
    if all.iter().any(|(name, ..)| matches!(*name, "chart" | "version")) {
        all.retain(|(name, ..)| *name != "archive");
    }
    all
}

fn values(old: &[u8], new: &[u8]) -> Vec<(String, Option<String>, Option<String>)> {
    if old == new {
        return Vec::new();
    }
    let source = SourceId::default();
    let (Ok(old), Ok(new)) = (yaml::parse(old, source), yaml::parse(new, source)) else {
        return vec![(String::new(), None, None)];
    };
    // The whole is a leaf only where it is an empty table.
    let found = compare_nodes(&old, &new).into_iter().filter(|one| !one.path.is_empty());
    found.map(|one| (one.path.join("."), one.one.map(|(text, _)| text), one.other.map(|(text, _)| text))).collect()
}
