//! Releases, clusters and environments that an upgrade leaves behind or brings to another version.

use super::{Comparison, Key, objects};
use crate::bundle::{Bundle, Release};
use crate::render::Rendered;
use crate::version::Version;
use crate::yaml::Node;
use std::collections::HashMap;

impl Comparison<'_, '_, '_> {
    /// A release that had data and is not there any more.
    pub(super) fn gone(&mut self, earlier: &Release, rendered: &Rendered, known: &HashMap<String, &Release>) {
        let mut kept: Vec<String> = Vec::new();
        let all = objects(rendered);
        let mut keys: Vec<&Key> = all.keys().collect();
        keys.sort();
        for key in keys {
            let (Some(placed), (kind, _, name)) = (all.get(key), key) else { continue };
            let templates = placed.node.at(&["spec", "volumeClaimTemplates"]).map(Node::items).unwrap_or_default();
            if kind == "PersistentVolumeClaim" || !templates.is_empty() {
                kept.push(format!("{kind} `{name}`"));
            }
        }
        let Some(first) = kept.first().filter(|_| self.enter("removed-claim")) else { return };
        let releases = self.proof.bundle.releases.iter().enumerate();
        let heir = releases.clone().find(|(_, one)| one.chart == earlier.chart && !known.contains_key(&one.id()));
        let beside = || releases.clone().find(|(_, one)| one.environment == earlier.environment);
        let place = heir.or_else(beside).and_then(|(at, _)| self.proof.spans.get(at)).map(|spans| spans.release);
        let place = place.or_else(|| self.proof.surroundings.cluster(&earlier.cluster).map(|cluster| cluster.span));
        let message =
            format!("`{}` is not in the bundle any more, and its data would stay behind ({first})", earlier.id());
        let hint = match heir {
            Some((_, heir)) => format!("`{}` begins without it: keep name and namespace, or move the data", heir.id()),
            None => "keep the release, or save its data before it is uninstalled".to_owned(),
        };
        self.findings.add(place.unwrap_or_default(), message).hint(hint);
    }

    /// The version of a release's chart.
    pub(super) fn chart(&mut self, old: &Release, new: &Release) {
        let span = self.proof.spans.get(self.release).map(|spans| spans.version).unwrap_or_default();
        if !self.enter("skipped-version") {
            return;
        }
        if old.chart != new.chart {
            let message = format!("`{}` would be of chart `{}`, not of `{}`", self.called(), new.chart, old.chart);
            self.findings.add(span, message).hint("install the other chart as a release of another name");
            return;
        }
        let (Ok(was), Ok(is)) = (Version::parse(&old.version), Version::parse(&new.version)) else { return };
        let stepwise = ["istiod", "base", "gateway", "rancher"].contains(&new.chart.as_str());
        let said = match () {
            () if is < was => Some("goes back"),
            () if is.major() > was.major() + 1 => Some("skips a major version"),
            () if stepwise && is.major() == was.major() && is.minor() > was.minor() + 1 => {
                Some("skips a minor version")
            }
            () => None,
        };
        if let Some(said) = said {
            let message =
                format!("`{}` {said}: chart `{}` from {} to {}", self.called(), new.chart, old.version, new.version);
            let hint = match said {
                "goes back" => format!("name {} or a later version", old.version),
                _ => "upgrade one version after the other".to_owned(),
            };
            self.findings.add(span, message).hint(hint);
        }
    }

    /// The versions of clusters, and the keystores of environments.
    pub(super) fn versions(&mut self, old: &Bundle) {
        for cluster in &self.proof.surroundings.clusters {
            let Some(earlier) = old.surroundings.cluster(&cluster.name) else { continue };
            for (what, was, is) in [
                ("Kubernetes", &earlier.kubernetes, &cluster.kubernetes),
                ("Rancher", &earlier.rancher, &cluster.rancher),
            ] {
                let (Some(was), Some(is)) = (was, is) else { continue };
                let (Ok(from), Ok(to)) =
                    (Version::parse(was.trim_start_matches('v')), Version::parse(is.trim_start_matches('v')))
                else {
                    continue;
                };
                let said = match () {
                    () if (to.major(), to.minor(), to.patch()) < (from.major(), from.minor(), from.patch()) => {
                        "goes back"
                    }
                    () if to.major() == from.major() && to.minor() > from.minor() + 1 => "skips a minor version",
                    () => continue,
                };
                if self.enter("skipped-version") {
                    let message = format!("{what} of cluster {} {said}: from {was} to {is}", cluster.name);
                    let hint = match said {
                        "goes back" => format!("state {was} or a later version"),
                        _ => "upgrade one minor version after the other".to_owned(),
                    };
                    self.findings.add(cluster.span, message).hint(hint);
                }
            }
        }
        for space in &self.proof.surroundings.environments {
            let earlier =
                old.surroundings.environments.iter().find(|one| one.name == space.name && one.cluster == space.cluster);
            let (Some(was), Some(is)) = (earlier.and_then(|one| one.keystore.as_ref()), &space.keystore) else {
                continue;
            };
            if was != is && self.enter("keystore-change") {
                let message = format!("the keystore of environment `{}` would go from {was} to {is}", space.name);
                self.findings.add(space.keystore_span, message).hint("keep the type of the keystore");
            }
        }
    }
}
