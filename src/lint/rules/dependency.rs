//! Rules that read the list of dependencies, and what claims to be frozen.

use crate::lint::rule::{Check, Doc, Group, Rule};
use crate::lint::subject::text;
use crate::lint::{Findings, Subject};
use crate::version::Version;
use crate::yaml::{Node, NodeKind};

const FILE: &str = "Chart.yaml";

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "develop-dependency",
        group: Group::Suspicious,
        doc: Doc {
            what: "A chart that claims a release version and depends on a version under development.",
            why: "The dependency moves; what was tested cannot be built again.",
            bad: "version: 1.2.0\ndependencies:\n  - name: api\n    version: 0.0.0-develop",
            good: "version: 1.2.0\ndependencies:\n  - name: api\n    version: 1.0.3",
        },
        check: Check::Chart(develop_dependency),
    },
    Rule {
        name: "missing-dependency",
        group: Group::Suspicious,
        doc: Doc {
            what: "A dependency of `Chart.yaml` that is not in `charts/`.",
            why: "The chart cannot be installed before `dependency build`.",
            bad: "dependencies: [{name: api}]   # charts/ is empty",
            good: "charts/api-1.0.3.tgz",
        },
        check: Check::Chart(missing_dependency),
    },
    Rule {
        name: "moving-version",
        group: Group::Suspicious,
        doc: Doc {
            what: "A chart that claims a release version and whose values name a branch or a moving tag.",
            why: "The same version of the chart installs other software tomorrow.",
            bad: "image:\n  tag: develop",
            good: "image:\n  tag: 1.4.2",
        },
        check: Check::Chart(moving_version),
    },
    Rule {
        name: "repeated-dependency",
        group: Group::Correctness,
        doc: Doc {
            what: "Two dependencies under one name or alias.",
            why: "Helm refuses the chart.",
            bad: "dependencies: [{name: api}, {name: api}]",
            good: "dependencies: [{name: api}, {name: api, alias: second}]",
        },
        check: Check::Chart(repeated_dependency),
    },
    Rule {
        name: "undeclared-dependency",
        group: Group::Correctness,
        doc: Doc {
            what: "A chart in `charts/` that `Chart.yaml` does not declare.",
            why: "It is always installed; no condition, alias or lock holds for it.",
            bad: "charts/api/   # not in dependencies",
            good: "dependencies:\n  - name: api\n    version: 1.0.3",
        },
        check: Check::Chart(undeclared_dependency),
    },
    Rule {
        name: "version-range",
        group: Group::Suspicious,
        doc: Doc {
            what: "A chart that claims a release version and depends on a range of versions.",
            why: "The next `dependency update` takes another version.",
            bad: "dependencies:\n  - name: api\n    version: 1.x.x",
            good: "dependencies:\n  - name: api\n    version: 1.0.3",
        },
        check: Check::Chart(version_range),
    },
];

/// Whether the chart claims a release version: three numbers and nothing behind them.
fn is_frozen(subject: &Subject<'_>) -> bool {
    Version::parse(&subject.chart.metadata.version)
        .is_ok_and(|version| version.prerelease().is_empty() && version.metadata().is_empty())
}

fn entries<'s>(subject: &'s Subject<'_>) -> &'s [Node] {
    subject.document(FILE).and_then(|node| node.get("dependencies")).map(Node::items).unwrap_or_default()
}

fn version_node(entry: &Node) -> &Node {
    entry.get("version").unwrap_or(entry)
}

fn develop_dependency(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    if !is_frozen(subject) {
        return;
    }
    for entry in entries(subject) {
        let (name, version) = (text(entry, &["name"]), text(entry, &["version"]));
        let word = version.split('-').skip(1).collect::<Vec<_>>().join("-").to_lowercase();
        if ["develop", "alpha", "snapshot", "dev"].iter().any(|mark| word.starts_with(mark)) {
            let message =
                format!("`{}` claims to be a release and depends on `{name}` {version}", subject.chart.name());
            findings.add(version_node(entry).span(), message).hint("depend on a released version");
        }
    }
}

fn version_range(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    if !is_frozen(subject) {
        return;
    }
    for entry in entries(subject) {
        let (name, version) = (text(entry, &["name"]), text(entry, &["version"]));
        let local = text(entry, &["repository"]).starts_with("file://");
        if version.is_empty() || local || Version::parse_strict(version.trim_start_matches('v')).is_ok() {
            continue;
        }
        let message = format!(
            "`{}` claims to be a release and takes `{name}` in any version of `{version}`",
            subject.chart.name()
        );
        let found = subject.chart.dependencies.iter().find(|sub| sub.name() == name);
        let finding = findings.add(version_node(entry).span(), message);
        if let Some(found) = found {
            finding.hint(format!("charts/ has {}", found.metadata.version));
        }
    }
}

fn missing_dependency(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for entry in entries(subject) {
        let name = text(entry, &["name"]);
        if !name.is_empty() && !subject.chart.dependencies.iter().any(|sub| sub.name() == name) {
            findings
                .add(entry.span(), format!("`{name}` is not in charts/"))
                .hint("run `chartwright dependency build`");
        }
    }
}

fn undeclared_dependency(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let declared = subject.chart.metadata.dependencies();
    for sub in &subject.chart.dependencies {
        if !declared.iter().any(|one| one.name == sub.name()) {
            let message = format!("charts/ holds `{}`, which is not declared", sub.name());
            findings.add(subject.spot(FILE, &["dependencies"]), message);
        }
    }
}

fn repeated_dependency(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let mut known: Vec<String> = Vec::new();
    for entry in entries(subject) {
        let alias = text(entry, &["alias"]);
        let key = if alias.is_empty() { text(entry, &["name"]) } else { alias };
        if known.contains(&key) {
            findings.add(entry.span(), format!("a second dependency is called `{key}`")).hint("give it an `alias`");
        }
        known.push(key);
    }
}

/// Keys that name an image or a source by a version.
const VERSION_KEYS: &[&str] = &["tag", "imagetag", "branch", "git_branch", "gitbranch", "ref", "revision"];
/// Words that move.
const MOVING: &[&str] = &["latest", "develop", "master", "main", "dev", "nightly", "edge", "staging"];

fn moving_version(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    if !is_frozen(subject) {
        return;
    }
    let mut todo: Vec<&Node> = subject.documents("values.yaml").iter().collect();
    while let Some(node) = todo.pop() {
        todo.extend(node.items());
        for entry in node.entries() {
            todo.push(&entry.value);
            let key = text(&entry.key, &[]).to_lowercase();
            if !key.ends_with("branch") && !VERSION_KEYS.contains(&key.as_str()) {
                continue;
            }
            let NodeKind::Str(value) = entry.value.kind() else { continue };
            let value = String::from_utf8_lossy(value);
            let moves = MOVING
                .iter()
                .any(|word| value.eq_ignore_ascii_case(word) || value.to_lowercase().ends_with(&format!("-{word}")));
            if moves {
                let message = format!("`{}` claims to be a release and `{value}` moves", subject.chart.name());
                findings.add(entry.value.span(), message).hint("name a released version or a digest");
            }
        }
    }
}
