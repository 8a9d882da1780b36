//! What is too much: requests beyond the nodes, releases and archives beyond a Secret, names beyond a label.

use super::Proof;
use super::facts::{At, Phase, Pods};
use crate::kubernetes::bytes;
use crate::lint::{Findings, Spot};
use std::collections::BTreeMap;

/// The most bytes of a Secret, and so of what Helm stores.
const LARGEST_SECRET: usize = 1 << 20;

pub(super) fn invalid_object_name(proof: &Proof<'_>, findings: &mut Findings<'_>) {
    for (release, facts) in proof.facts.iter().enumerate() {
        for object in &facts.objects {
            let Some(fault) = &object.name_fault else { continue };
            let spot = proof.spot(release, object.at, &object.name, findings);
            let finding = findings.add(spot, format!("{fault} (`{}`)", proof.called(release)));
            finding.hint("a shorter name of the release may do, or what the chart makes of it");
        }
    }
}

pub(super) fn release_too_large(proof: &Proof<'_>, findings: &mut Findings<'_>) {
    for (release, facts) in proof.facts.iter().enumerate().filter(|(_, facts)| facts.stored > LARGEST_SECRET) {
        let Some(spans) = proof.spans.get(release) else { continue };
        let message = format!(
            "Helm would store about {} bytes of `{}`, and a Secret holds {LARGEST_SECRET}",
            facts.stored,
            proof.called(release)
        );
        findings.add(spans.chart, message).hint("split the chart, or move large files out of it");
    }
}

pub(super) fn archive_too_large(proof: &Proof<'_>, findings: &mut Findings<'_>) {
    let mut told: Vec<&str> = Vec::new();
    for (release, spans) in proof.bundle.releases.iter().zip(proof.spans) {
        let Some(archive) = release.archive().and_then(|file| proof.bundle.archives.get(file)) else { continue };
        if archive.bytes.len() <= LARGEST_SECRET || told.contains(&archive.file.as_str()) {
            continue;
        }
        told.push(&archive.file);
        let message = format!(
            "the archive of `{}` has {} bytes; Rancher Apps and Fleet's Bundles keep it in an object of at most {LARGEST_SECRET}",
            release.chart,
            archive.bytes.len()
        );
        findings.add(spans.chart, message).hint("install it with another engine, or split the chart");
    }
}

/// What the lasting pods of a release ask for: thousandths of processors, bytes.
fn asked(pods: &[Pods], nodes: u64) -> (u64, u64) {
    let mut sum = (0u64, 0u64);
    for one in pods.iter().filter(|one| one.is_lasting) {
        let count = if one.is_daemon { nodes } else { one.replicas };
        sum.0 = sum.0.saturating_add(one.cpu.saturating_mul(count));
        sum.1 = sum.1.saturating_add(one.memory.saturating_mul(count));
    }
    sum
}

pub(super) fn over_capacity(proof: &Proof<'_>, findings: &mut Findings<'_>) {
    for cluster in &proof.surroundings.clusters {
        let nodes: Option<Vec<(u64, u64)>> = cluster
            .nodes
            .iter()
            .map(|(_, cpu, memory)| Some((cpu.as_ref()?.saturating_mul(1000), bytes(memory.as_ref()?)?)))
            .collect();
        let Some(nodes) = nodes.filter(|nodes| !nodes.is_empty()) else { continue };
        let have =
            nodes.iter().fold((0u64, 0u64), |sum, one| (sum.0.saturating_add(one.0), sum.1.saturating_add(one.1)));
        let mut sum = (0u64, 0u64);
        let mut shares: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for (at, release) in proof.bundle.releases.iter().enumerate().filter(|(_, one)| one.cluster == cluster.name) {
            let Some(facts) = proof.facts.get(at) else { continue };
            let one = asked(&facts.pods, nodes.len() as u64);
            sum = (sum.0.saturating_add(one.0), sum.1.saturating_add(one.1));
            let share = shares.entry(&release.environment).or_default();
            *share = (share.0.saturating_add(one.0), share.1.saturating_add(one.1));
            too_large_pod(proof, at, &nodes, findings);
        }
        for (what, asked, have, unit) in
            [("processors", sum.0, have.0, 1000), ("GiB of memory", sum.1, have.1, 1 << 30)]
        {
            if asked <= have {
                continue;
            }
            let mut heavy: Vec<(&str, u64)> =
                shares.iter().map(|(name, share)| (*name, if unit == 1000 { share.0 } else { share.1 })).collect();
            heavy.sort_by_key(|(_, share)| std::cmp::Reverse(*share));
            let heavy: Vec<String> =
                heavy.iter().take(3).map(|(name, share)| format!("{name} ({})", amount(*share, unit))).collect();
            let message = format!(
                "the pods of cluster {} ask for {} {what}, and its nodes have {}",
                cluster.name,
                amount(asked, unit),
                amount(have, unit)
            );
            let finding = findings.add(Spot::from(cluster.span), message);
            finding.hint(format!("add nodes, or ask for less; most is asked for by {}", heavy.join(", ")));
        }
    }
}

fn amount(number: u64, unit: u64) -> String {
    let tenths = number.saturating_mul(10).div_ceil(unit);
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// A pod that no node has room for.
fn too_large_pod(proof: &Proof<'_>, release: usize, nodes: &[(u64, u64)], findings: &mut Findings<'_>) {
    let Some(facts) = proof.facts.get(release) else { return };
    for pods in &facts.pods {
        if nodes.iter().any(|node| pods.cpu <= node.0 && pods.memory <= node.1) {
            continue;
        }
        let Some(object) = facts.objects.get(pods.by).filter(|object| object.phase != Phase::Never) else { continue };
        let message = format!(
            "a pod of {} `{}` of `{}` asks for {} processors and {} GiB of memory, which no node has",
            object.kind,
            object.name,
            proof.called(release),
            amount(pods.cpu, 1000),
            amount(pods.memory, 1 << 30)
        );
        let at: At = object.at;
        let spot = proof.spot(release, at, &object.name, findings);
        findings.add(spot, message).hint("ask for less in `resources`");
    }
}
