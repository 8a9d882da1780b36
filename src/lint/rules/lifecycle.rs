//! Rules that ask what has ended and what goes together.

use crate::lint::lifecycle::{ENDED, Ended, SUPPORTED, Supported, image_parts, lies_in, names_image};
use crate::lint::rule::{Check, Doc, Group, Rule};
use crate::lint::subject::text;
use crate::lint::{Case, Findings, Subject};
use crate::yaml::Node;

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "end-of-life",
        group: Group::Suspicious,
        doc: Doc {
            what: "An image or a dependency that nobody maintains any more, as of November 2026.",
            why: "It gets no fixes, and its image may vanish.",
            bad: "image: provectuslabs/kafka-ui:v0.7.2",
            good: "image: kafbat/kafka-ui:v1.4.0",
        },
        check: Check::Chart(end_of_life),
    },
    Rule {
        name: "unsupported-combination",
        group: Group::Suspicious,
        doc: Doc {
            what: "A chart, dependency or image that does not support the version of Kubernetes that is meant \
                   (`--kube-version`), or the version of Rancher beside it.",
            why: "It cannot be installed, or runs where nobody has tested it.",
            bad: "dependencies:\n  - name: rancher-monitoring\n    version: 105.0.0+up57.0.3   # on Kubernetes 1.33",
            good: "# a version whose `kubeVersion` admits the cluster's",
        },
        check: Check::Chart(unsupported_combination),
    },
];

/// The images of all pods of a case with the objects that name them.
fn images(case: &Case) -> impl Iterator<Item = (&crate::lint::Manifest, &Node, String)> {
    case.manifests.iter().flat_map(|manifest| {
        let images = manifest.containers().into_iter().filter_map(|container| container.get("image"));
        images.map(move |image| (manifest, image, text(image, &[])))
    })
}

fn entries<'s>(subject: &'s Subject<'_>) -> impl Iterator<Item = (&'s Node, String, String)> {
    let entries = subject.document("Chart.yaml").and_then(|node| node.get("dependencies")).map(Node::items);
    entries.unwrap_or_default().iter().map(|entry| (entry, text(entry, &["name"]), text(entry, &["version"])))
}

/// The version of a dependency: that of the chart that is there, or the one that is written.
fn version_of(subject: &Subject<'_>, name: &str, written: &str) -> String {
    let sub = subject.chart.dependencies.iter().find(|sub| sub.name() == name);
    sub.map_or_else(|| written.to_owned(), |sub| sub.metadata.version.clone())
}

fn end_of_life(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (entry, name, written) in entries(subject) {
        let version = version_of(subject, &name, &written);
        let ended = |row: &&Ended| row.charts.contains(&name.as_str()) && lies_in(&version, row.versions);
        if let Some(row) = ENDED.iter().find(ended) {
            let message = format!("chart `{name}` {version} {} (since {})", row.what, row.since);
            findings.add(entry.span(), message).hint(row.instead);
        }
    }
    for case in &subject.cases {
        for (manifest, node, image) in images(case) {
            let (repository, tag) = image_parts(&image);
            let ended = |row: &&Ended| names_image(row.images, repository) && lies_in(tag, row.versions);
            if let Some(row) = ENDED.iter().find(ended) {
                let spot = manifest.spot(node, findings.sources);
                let message = format!("image `{image}` {} (since {})", row.what, row.since);
                findings.add(spot, message).hint(row.instead);
            }
        }
    }
}

fn unsupported_combination(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let kubernetes = format!("1.{}.0", subject.minor);
    let refuses = |range: &str| !range.is_empty() && !lies_in(&kubernetes, range) && is_range(range);
    let own = &subject.chart.metadata.kube_version;
    if refuses(own) {
        let message = format!("the chart takes Kubernetes `{own}`, and Kubernetes 1.{} is meant", subject.minor);
        let finding = findings.add(subject.spot("Chart.yaml", &["kubeVersion"]), message);
        finding.hint("name the cluster's version with --kube-version");
    }
    for (entry, name, written) in entries(subject) {
        let version = version_of(subject, &name, &written);
        let sub = subject.chart.dependencies.iter().find(|sub| sub.name() == name);
        let own = sub.map(|sub| sub.metadata.kube_version.as_str()).unwrap_or_default();
        let known = |row: &&Supported| row.charts.contains(&name.as_str()) && lies_in(&version, row.versions);
        let row = SUPPORTED.iter().find(known);
        let range = row.map_or(own, |row| row.kubernetes);
        if refuses(range) || refuses(own) {
            let range = if refuses(own) { own } else { range };
            let message = format!("`{name}` {version} takes Kubernetes `{range}`, and 1.{} is meant", subject.minor);
            findings.add(entry.span(), message).hint("take a version that supports it");
        }
        let rancher = entries(subject).find(|(_, other, _)| other == "rancher");
        if let (Some(row), Some((_, other, written))) = (row, rancher) {
            let beside = version_of(subject, &other, &written);
            if !row.rancher.is_empty() && !lies_in(&beside, row.rancher) {
                let message =
                    format!("`{name}` {version} takes Rancher `{}`, and {beside} stands beside it", row.rancher);
                findings.add(entry.span(), message).hint("take a version that supports it");
            }
        }
    }
    for case in &subject.cases {
        for (manifest, node, image) in images(case) {
            let (repository, tag) = image_parts(&image);
            let known = |row: &&Supported| names_image(row.images, repository) && lies_in(tag, row.versions);
            if let Some(row) = SUPPORTED.iter().find(known).filter(|row| refuses(row.kubernetes)) {
                let spot = manifest.spot(node, findings.sources);
                let range = row.kubernetes;
                let message = format!("image `{image}` takes Kubernetes `{range}`, and 1.{} is meant", subject.minor);
                findings.add(spot, message).hint("take a version that supports it");
            }
        }
    }
}

/// Whether a text is a range of versions at all.
fn is_range(range: &str) -> bool {
    crate::version::Constraint::parse(range).is_ok()
}
