//! What is different between two bundles: releases, versions, values, order, images.

use super::{Bundle, Release};
use crate::environment::compare_nodes;
use crate::source::SourceId;
use crate::yaml;
use std::collections::{BTreeMap, BTreeSet};

/// The differences of two bundles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BundleDiff {
    /// Releases that only the second one has, with chart and version.
    pub added: Vec<(String, String)>,
    /// Releases that only the first one has.
    pub removed: Vec<(String, String)>,
    /// Releases of both that differ.
    pub changed: Vec<ReleaseDiff>,
    /// Images that only the second one has.
    pub images_added: Vec<String>,
    /// Images that only the first one has.
    pub images_removed: Vec<String>,
}

/// The differences of one release.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReleaseDiff {
    /// `CLUSTER/NAMESPACE/NAME`.
    pub release: String,
    /// Facts that differ (`chart`, `version`, `archive`, `environment`, `wave`, `needs`), before and after.
    pub facts: Vec<(&'static str, String, String)>,
    /// Values that differ, by path, before and after.
    pub values: Vec<(String, Option<String>, Option<String>)>,
}

impl BundleDiff {
    /// Compares two bundles.
    pub fn of(one: &Bundle, other: &Bundle) -> BundleDiff {
        let (before, after) = (by_place(one), by_place(other));
        let only = |some: &BTreeMap<String, &Release>, others: &BTreeMap<String, &Release>| {
            let missing = some.iter().filter(|(place, _)| !others.contains_key(*place));
            missing.map(|(place, one)| (place.clone(), format!("{} {}", one.chart, one.version))).collect()
        };
        let both = before.iter().filter_map(|(place, old)| Some((place, *old, *after.get(place)?)));
        let changed = both.filter_map(|(place, old, new)| {
            let facts = facts((one, old), (other, new));
            let values = values(&old.values, &new.values);
            let same = facts.is_empty() && values.is_empty();
            (!same).then(|| ReleaseDiff { release: place.clone(), facts, values })
        });
        let (had, has): (BTreeSet<&str>, BTreeSet<&str>) = (one.images.images().collect(), other.images.images().collect());
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

fn by_place(bundle: &Bundle) -> BTreeMap<String, &Release> {
    bundle.releases.iter().map(|release| (release.place(), release)).collect()
}

fn facts((one, old): (&Bundle, &Release), (other, new): (&Bundle, &Release)) -> Vec<(&'static str, String, String)> {
    let digest = |bundle: &Bundle, release: &Release| {
        bundle.archives.get(&release.archive).map(|archive| archive.digest.clone()).unwrap_or_default()
    };
    let needs = |release: &Release| {
        let mut needs = release.needs.clone();
        needs.sort();
        format!("[{}]", needs.join(", "))
    };
    let mut all = vec![
        ("chart", old.chart.clone(), new.chart.clone()),
        ("version", old.version.clone(), new.version.clone()),
        ("environment", old.environment.clone(), new.environment.clone()),
        ("wave", old.wave.to_string(), new.wave.to_string()),
        ("needs", needs(old), needs(new)),
    ];
    // Other bytes under the same version are what nobody expects.
    if (&old.chart, &old.version) == (&new.chart, &new.version) {
        all.push(("archive", digest(one, old), digest(other, new)));
    }
    all.retain(|(_, before, after)| before != after);
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
