//! Versions that have ended, do not go together or may move; and issuers that are not the same for everybody.

use super::Proof;
use crate::bundle::{Origin, third_party};
use crate::diagnostic::Severity;
use crate::freeze::moving_tag;
use crate::lint::Findings;
use crate::lint::lifecycle::{ENDED, SUPPORTED, image_parts, lies_in, names_image};

pub(super) fn end_of_life(proof: &Proof<'_>, findings: &mut Findings<'_>) {
    for (at, (release, spans)) in proof.bundle.releases.iter().zip(proof.spans).enumerate() {
        let ended = ENDED
            .iter()
            .find(|row| row.charts.contains(&release.chart.as_str()) && lies_in(&release.version, row.versions));
        if let Some(row) = ended {
            let message = format!("chart `{}` {} {} (since {})", release.chart, release.version, row.what, row.since);
            findings.add(spans.version, message).hint(row.instead);
        }
        let mut told: Vec<&str> = Vec::new();
        for (image, place) in proof.facts.get(at).map(|facts| facts.images.as_slice()).unwrap_or_default() {
            let (repository, tag) = image_parts(image);
            let row = ENDED.iter().find(|row| names_image(row.images, repository) && lies_in(tag, row.versions));
            if let Some(row) = row.filter(|_| !told.contains(&image.as_str())) {
                told.push(image);
                let spot = proof.spot(at, *place, tag, findings);
                let message = format!("image `{image}` of `{}` {} (since {})", release.id(), row.what, row.since);
                findings.add(spot, message).hint(row.instead);
            }
        }
    }
}

/// `v1.33.6+rke2r1` without what stands before and behind the number.
fn plain(version: &str) -> &str {
    version.trim_start_matches('v').split(['+', '-']).next().unwrap_or(version)
}

pub(super) fn unsupported_combination(proof: &Proof<'_>, findings: &mut Findings<'_>) {
    for (release, spans) in proof.bundle.releases.iter().zip(proof.spans) {
        let Some(cluster) = proof.surroundings.cluster(&release.cluster) else { continue };
        let row = SUPPORTED
            .iter()
            .find(|row| row.charts.contains(&release.chart.as_str()) && lies_in(&release.version, row.versions));
        let listed = third_party().iter().find(|one| one.chart == release.chart && one.version == release.version);
        let mut ranges: Vec<(&str, Option<&String>, &str)> = Vec::new();
        if let Some(row) = row {
            ranges.push((row.kubernetes, cluster.kubernetes.as_ref(), "Kubernetes"));
            ranges.push((row.rancher, cluster.rancher.as_ref(), "Rancher"));
        }
        if let Some(listed) = listed {
            ranges.push((&listed.kubernetes, cluster.kubernetes.as_ref(), "Kubernetes"));
            ranges.push((listed.rancher.as_deref().unwrap_or_default(), cluster.rancher.as_ref(), "Rancher"));
        }
        ranges.push((&spans.kube_version, cluster.kubernetes.as_ref(), "Kubernetes"));
        let wrong = ranges.into_iter().find(|(range, version, _)| {
            !range.is_empty() && version.is_some_and(|version| is_range(range) && !lies_in(plain(version), range))
        });
        if let Some((range, Some(version), what)) = wrong {
            let message = format!(
                "`{}` {} takes {what} `{range}`, and cluster {} has {version}",
                release.chart, release.version, cluster.name
            );
            findings.add(spans.version, message).hint("take a version that supports it");
        }
    }
}

fn is_range(range: &str) -> bool {
    crate::version::Constraint::parse(range).is_ok()
}

pub(super) fn unfrozen_release(proof: &Proof<'_>, findings: &mut Findings<'_>) {
    for (at, release) in proof.bundle.releases.iter().enumerate() {
        let spaces = &proof.surroundings.environments;
        let space = spaces.iter().find(|one| one.cluster == release.cluster && one.namespace == release.namespace);
        let Some(space) = space.filter(|space| space.kind != "sandbox") else { continue };
        // What others publish is frozen by its digest or version.
        if matches!(release.origin, Origin::Reference(_)) {
            continue;
        }
        let mut told: Vec<&str> = Vec::new();
        for (image, place) in proof.facts.get(at).map(|facts| facts.images.as_slice()).unwrap_or_default() {
            let (_, tag) = image_parts(image);
            if image.contains('@') || told.contains(&image.as_str()) {
                continue;
            }
            let why = match tag.is_empty() {
                true => Some("it has no tag".to_owned()),
                false => moving_tag(tag).filter(|_| is_certain(tag)),
            };
            if let Some(why) = why {
                told.push(image);
                let text = if tag.is_empty() { image } else { tag };
                let spot = proof.spot(at, *place, text, findings);
                let message =
                    format!("image `{image}` of `{}` can become another one in a {}: {why}", release.id(), space.kind);
                let finding = findings.add(spot, message);
                finding.hint("name a tag of exactly three numbers, or a digest");
                // Published charts have such images, and a pilot is where they are tried.
                if space.kind == "pilot" && finding.diagnostic.severity == Severity::Error {
                    finding.diagnostic.severity = Severity::Warning;
                }
            }
        }
    }
}

/// Tags of two numbers move by OpenG2P's own rules; others publish such tags and leave them alone.
fn is_certain(tag: &str) -> bool {
    let lower = tag.to_ascii_lowercase();
    ["latest", "develop", "main", "master", "edge", "nightly", "snapshot"].iter().any(|word| lower.contains(word))
}

/// The issuer of a realm is one URL: that which browsers see.
pub(super) fn issuer_mismatch(proof: &Proof<'_>, findings: &mut Findings<'_>) {
    for (at, facts) in proof.facts.iter().enumerate() {
        let Some(release) = proof.bundle.releases.get(at) else { continue };
        let spaces = &proof.surroundings.environments;
        let space = spaces.iter().find(|one| one.cluster == release.cluster && one.namespace == release.namespace);
        let Some(space) = space else { continue };
        for (url, place) in &facts.issuers {
            let Some((base, realm)) = url.split_once("/realms/") else { continue };
            let host = |url: &str| {
                let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
                rest.split(['/', ':']).next().unwrap_or_default().to_owned()
            };
            let inside = super::text::service_host(&host(base)).is_some_and(|target| {
                target.is_sure
                    || target.labels.len() == 1
                    || proof.index.service(&release.cluster, &release.namespace, &target.labels).is_some()
            });
            let same_host = host(base) == host(&space.keycloak);
            // Another provider altogether is none of our business.
            if base == space.keycloak || !(inside || same_host || realm == space.realm) {
                continue;
            }
            let spot = proof.spot(at, *place, url, findings);
            let message = format!(
                "`{}` takes `{url}` for the issuer, and browsers get tokens of `{}/realms/{realm}`",
                release.id(),
                space.keycloak
            );
            findings
                .add(spot, message)
                .hint("name the public URL as issuer; keys may still be fetched inside the cluster");
        }
    }
}
