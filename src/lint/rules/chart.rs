//! Rules that read `Chart.yaml` and the list of files.

use crate::chart::Metadata;
use crate::lint::fix;
use crate::lint::helm::address;
use crate::lint::rule::{Check, Doc, Group, Rule};
use crate::lint::subject::text;
use crate::lint::{Findings, Subject};
use crate::version::Version;
use crate::yaml::{Node, NodeKind};

const FILE: &str = "Chart.yaml";

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "invalid-annotation",
        group: Group::Suspicious,
        doc: Doc {
            what: "An `artifacthub.io` annotation that Artifact Hub does not understand.",
            why: "The hub refuses the package, or shows nothing of what the annotation says.",
            bad: "annotations:\n  artifacthub.io/prerelease: maybe",
            good: "annotations:\n  artifacthub.io/prerelease: \"true\"",
        },
        check: Check::Chart(invalid_annotation),
    },
    Rule {
        name: "invalid-chart-name",
        group: Group::Correctness,
        doc: Doc {
            what: "A chart without a name, or with one that is no name of a folder.",
            why: "Helm refuses to load the chart.",
            bad: "name: my/chart",
            good: "name: my-chart",
        },
        check: Check::Chart(invalid_chart_name),
    },
    Rule {
        name: "invalid-icon",
        group: Group::Correctness,
        doc: Doc {
            what: "An icon that is no URL.",
            why: "Hubs and dashboards cannot show it, and `helm lint` fails.",
            bad: "icon: icon.png",
            good: "icon: https://example.org/icon.png",
        },
        check: Check::Chart(invalid_icon),
    },
    Rule {
        name: "invalid-maintainer",
        group: Group::Correctness,
        doc: Doc {
            what: "A maintainer without a name, or whose e-mail address or URL is none.",
            why: "Nobody can be asked, and `helm lint` fails.",
            bad: "maintainers:\n  - email: nobody",
            good: "maintainers:\n  - name: a-team\n    email: team@example.org",
        },
        check: Check::Chart(invalid_maintainer),
    },
    Rule {
        name: "invalid-source-url",
        group: Group::Correctness,
        doc: Doc {
            what: "An entry of `sources` that is no URL.",
            why: "Readers cannot follow it, and `helm lint` fails.",
            bad: "sources: [our-repository]",
            good: "sources: [https://example.org/our-repository]",
        },
        check: Check::Chart(invalid_source),
    },
    Rule {
        name: "invalid-version",
        group: Group::Correctness,
        doc: Doc {
            what: "A chart version that is missing or no semantic version.",
            why: "Helm refuses to load the chart.",
            bad: "version: first",
            good: "version: 1.0.0",
        },
        check: Check::Chart(invalid_version),
    },
    Rule {
        name: "loose-version",
        group: Group::Suspicious,
        doc: Doc {
            what: "A chart version that is only nearly a semantic version: a leading `v`, or fewer than three numbers.",
            why: "Registries and other tools refuse it or change it.",
            bad: "version: v1.2",
            good: "version: 1.2.0",
        },
        check: Check::Chart(loose_version),
    },
    Rule {
        name: "missing-icon",
        group: Group::Style,
        doc: Doc {
            what: "A chart without an icon.",
            why: "Dashboards show an empty tile.",
            bad: "name: shop",
            good: "name: shop\nicon: https://example.org/shop.png",
        },
        check: Check::Chart(missing_icon),
    },
    Rule {
        name: "missing-maintainers",
        group: Group::Pedantic,
        doc: Doc {
            what: "A chart that names no maintainer.",
            why: "Users do not know whom to ask; chart-testing refuses such charts.",
            bad: "name: shop",
            good: "name: shop\nmaintainers:\n  - name: a-team",
        },
        check: Check::Chart(missing_maintainers),
    },
    Rule {
        name: "missing-values-file",
        group: Group::Style,
        doc: Doc {
            what: "A chart without `values.yaml`.",
            why: "Users cannot see what can be set.",
            bad: "Chart.yaml\ntemplates/",
            good: "Chart.yaml\nvalues.yaml\ntemplates/",
        },
        check: Check::Chart(missing_values_file),
    },
    Rule {
        name: "misplaced-field",
        group: Group::Correctness,
        doc: Doc {
            what: "`type` or `dependencies` in a `Chart.yaml` of version v1, which has neither.",
            why: "Helm 2 ignores them; `helm lint` fails.",
            bad: "apiVersion: v1\ntype: library",
            good: "apiVersion: v2\ntype: library",
        },
        check: Check::Chart(misplaced_field),
    },
    Rule {
        name: "number-for-text",
        group: Group::Correctness,
        doc: Doc {
            what: "`version` or `appVersion` written so that YAML reads a number.",
            why: "`1.10` becomes `1.1`, and another version is installed than meant.",
            bad: "appVersion: 1.10",
            good: "appVersion: \"1.10\"",
        },
        check: Check::Chart(number_for_text),
    },
    Rule {
        name: "unincremented-version",
        group: Group::Correctness,
        doc: Doc {
            what: "A chart whose version is not higher than at the revision that it is compared with (`--since`).",
            why: "Publishing would replace a version that somebody may have installed.",
            bad: "version: 1.2.3   # also at the revision",
            good: "version: 1.2.4",
        },
        check: Check::Chart(unincremented_version),
    },
    Rule {
        name: "unknown-api-version",
        group: Group::Correctness,
        doc: Doc {
            what: "A chart whose `apiVersion` is missing or neither v1 nor v2.",
            why: "Helm refuses the chart, or reads it as one for Helm 2.",
            bad: "apiVersion: v4",
            good: "apiVersion: v2",
        },
        check: Check::Chart(unknown_api_version),
    },
    Rule {
        name: "unknown-field",
        group: Group::Suspicious,
        doc: Doc {
            what: "A field of `Chart.yaml` that Helm does not know.",
            why: "Helm passes over it: what it should do is not done.",
            bad: "appversion2: 1.0.0",
            good: "appVersion: 1.0.0",
        },
        check: Check::Chart(unknown_field),
    },
];

/// `Chart.yaml` as Helm reads it, and as it is written.
fn metadata<'s>(subject: &'s Subject<'_>) -> Option<(&'s Metadata, &'s Node)> {
    Some((subject.metadata()?, subject.document(FILE)?))
}

fn invalid_chart_name(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let Some((metadata, _)) = metadata(subject) else { return };
    let name = &metadata.name;
    if name.is_empty() {
        findings.add(subject.spot(FILE, &[]), "expected a `name`, found none");
    } else if name.contains('/') || name == "." || name == ".." {
        findings.add(subject.spot(FILE, &["name"]), format!("`{name}` is no name of a chart"));
    }
}

fn unknown_api_version(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let Some((metadata, _)) = metadata(subject) else { return };
    match metadata.api_version.as_str() {
        "v1" | "v2" => {}
        "" => drop(
            findings
                .add(subject.spot(FILE, &[]), "expected an `apiVersion`, found none")
                .hint("write `apiVersion: v2`"),
        ),
        other => drop(findings.add(subject.spot(FILE, &["apiVersion"]), format!("expected v1 or v2, found `{other}`"))),
    }
}

fn invalid_version(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let Some((metadata, _)) = metadata(subject) else { return };
    if metadata.version.is_empty() {
        findings.add(subject.spot(FILE, &[]), "expected a `version`, found none");
    } else if Version::parse(&metadata.version).is_err() {
        let message = format!("`{}` is no semantic version", metadata.version);
        findings.add(subject.spot(FILE, &["version"]), message).hint("a version looks like 1.2.3 or 1.2.3-rc.1");
    }
}

fn loose_version(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let Some((metadata, _)) = metadata(subject) else { return };
    let Ok(version) = Version::parse(&metadata.version) else { return };
    if Version::parse_strict(&metadata.version).is_ok() {
        return;
    }
    let exact = format!("{}.{}.{}", version.major(), version.minor(), version.patch());
    let message = format!("`{}` is not by the letter a semantic version", metadata.version);
    findings.add(subject.spot(FILE, &["version"]), message).hint(format!("write `{exact}`"));
}

fn number_for_text(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let Some(node) = subject.document(FILE) else { return };
    for key in ["version", "appVersion"] {
        let Some(value) = node.get(key) else { continue };
        if value.as_str().is_none() {
            let found = match value.kind() {
                NodeKind::Null => "nothing",
                NodeKind::Bool(_) => "a boolean",
                NodeKind::Seq(_) | NodeKind::Map(_) => "a collection",
                _ => "a number",
            };
            let fix = fix::in_quotes(value, findings.sources);
            findings
                .add(value.span(), format!("expected a text for `{key}`, found {found}"))
                .hint("put it into quotes")
                .fix = fix;
        }
    }
}

fn missing_icon(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let Some((metadata, _)) = metadata(subject) else { return };
    if metadata.icon.is_empty() {
        findings.add(subject.spot(FILE, &["name"]), "the chart has no `icon`");
    }
}

fn invalid_icon(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let Some((metadata, _)) = metadata(subject) else { return };
    if !metadata.icon.is_empty() && !address::is_request_url(&metadata.icon) {
        findings.add(subject.spot(FILE, &["icon"]), format!("`{}` is no URL", metadata.icon));
    }
}

fn invalid_source(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let Some((_, node)) = metadata(subject) else { return };
    for item in node.get("sources").map(Node::items).unwrap_or_default() {
        let url = text(item, &[]);
        if !address::is_request_url(&url) {
            findings.add(item.span(), format!("`{url}` is no URL"));
        }
    }
}

fn missing_maintainers(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let Some((metadata, _)) = metadata(subject) else { return };
    if metadata.maintainers.is_empty() {
        findings.add(subject.spot(FILE, &["name"]), "the chart names no maintainer");
    }
}

fn invalid_maintainer(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let Some((_, node)) = metadata(subject) else { return };
    for one in node.get("maintainers").map(Node::items).unwrap_or_default() {
        let (name, email, url) = (text(one, &["name"]), text(one, &["email"]), text(one, &["url"]));
        let fault = if one.is_null() {
            Some("a maintainer is empty".to_owned())
        } else if name.is_empty() {
            Some("a maintainer has no `name`".to_owned())
        } else if !email.is_empty() && !address::is_email(&email) {
            Some(format!("`{email}` is no e-mail address"))
        } else if !url.is_empty() && !address::is_url(&url) {
            Some(format!("`{url}` is no URL"))
        } else {
            None
        };
        if let Some(fault) = fault {
            findings.add(one.span(), fault);
        }
    }
}

fn misplaced_field(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let Some((metadata, node)) = metadata(subject) else { return };
    if metadata.api_version == "v2" {
        return;
    }
    for key in ["type", "dependencies"] {
        if node.get(key).is_some_and(|value| !value.is_null()) {
            let message = format!("`{key}` needs apiVersion v2, found `{}`", metadata.api_version);
            findings.add(subject.spot(FILE, &[key]), message);
        }
    }
}

fn unknown_field(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let Some(node) = subject.document(FILE) else { return };
    let known = crate::chart::METADATA;
    for entry in node.entries() {
        let key = entry.key.key_text().map(|key| String::from_utf8_lossy(&key).into_owned()).unwrap_or_default();
        if known.iter().any(|name| name.eq_ignore_ascii_case(&key)) {
            continue;
        }
        let near = crate::diagnostic::nearest(&key, known.iter().map(|name| name.as_bytes()));
        let finding = findings.add(entry.key.span(), format!("`{key}` is no field of Chart.yaml"));
        match near {
            Some(near) => finding.hint(format!("did you mean `{near}`?")),
            None => finding.hint("what is not Helm's goes below `annotations`"),
        };
    }
}

fn missing_values_file(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    if subject.chart.raw_file("values.yaml").is_none() {
        findings.add(subject.spot(FILE, &["name"]), "the chart has no `values.yaml`");
    }
}

fn unincremented_version(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let Some((metadata, _)) = metadata(subject) else { return };
    let before = subject.previous.as_ref().and_then(|text| Metadata::read(text, subject.compat).ok());
    let Some(before) = before else { return };
    let (Ok(now), Ok(then)) = (Version::parse(&metadata.version), Version::parse(&before.version)) else { return };
    if now <= then {
        let message = format!("expected a version above `{}`, found `{}`", before.version, metadata.version);
        findings.add(subject.spot(FILE, &["version"]), message);
    }
}

/// Annotations with a fixed set of values.
const CHOICES: &[(&str, &[&str])] = &[
    ("artifacthub.io/containsSecurityUpdates", &["true", "false"]),
    ("artifacthub.io/operator", &["true", "false"]),
    ("artifacthub.io/prerelease", &["true", "false"]),
    (
        "artifacthub.io/category",
        &[
            "ai-machine-learning",
            "database",
            "integration-delivery",
            "monitoring-logging",
            "networking",
            "security",
            "storage",
            "streaming-messaging",
            "skip-prediction",
        ],
    ),
    (
        "artifacthub.io/operatorCapabilities",
        &["basic install", "seamless upgrades", "full lifecycle", "deep insights", "auto pilot"],
    ),
];

/// Annotations that hold a YAML list, and the keys that each entry needs.
const LISTS: &[(&str, &[&str])] = &[
    ("artifacthub.io/changes", &[]),
    ("artifacthub.io/crds", &["kind", "version", "name"]),
    ("artifacthub.io/crdsExamples", &[]),
    ("artifacthub.io/images", &["image"]),
    ("artifacthub.io/links", &["name", "url"]),
    ("artifacthub.io/maintainers", &["email"]),
    ("artifacthub.io/recommendations", &["url"]),
    ("artifacthub.io/screenshots", &["url"]),
];

const CHANGES: &[&str] = &["added", "changed", "deprecated", "removed", "fixed", "security"];

fn invalid_annotation(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let Some(annotations) = subject.document(FILE).and_then(|node| node.get("annotations")) else { return };
    for entry in annotations.entries() {
        let name = text(&entry.key, &[]);
        let value = text(&entry.value, &[]);
        let fault = if let Some((_, allowed)) = CHOICES.iter().find(|(known, _)| *known == name) {
            (!allowed.contains(&value.to_lowercase().as_str()))
                .then(|| format!("expected one of {} for `{name}`, found `{value}`", allowed.join(", ")))
        } else if let Some((_, keys)) = LISTS.iter().find(|(known, _)| *known == name) {
            list_fault(&name, &value, keys)
        } else if name == "artifacthub.io/signKey" {
            let key = crate::yaml::parse(value.as_bytes(), Default::default()).ok();
            let url = key.map(|key| text(&key, &["url"])).unwrap_or_default();
            url.is_empty().then(|| format!("`{name}` names no `url`"))
        } else {
            None
        };
        if let Some(fault) = fault {
            findings.add(entry.key.span(), fault);
        }
    }
}

fn list_fault(name: &str, value: &str, keys: &[&str]) -> Option<String> {
    let list = match crate::yaml::parse(value.as_bytes(), Default::default()) {
        Ok(list) if matches!(list.kind(), NodeKind::Seq(_)) => list,
        Ok(_) => return Some(format!("expected a YAML list for `{name}`")),
        Err(error) => return Some(format!("`{name}` is no YAML: {}", error.message())),
    };
    list.items().iter().find_map(|item| {
        let missing = keys.iter().find(|key| text(item, &[key]).is_empty());
        let missing = missing.map(|key| format!("an entry of `{name}` has no `{key}`"));
        let kind = text(item, &["kind"]);
        let wrong = name.ends_with("/changes") && !kind.is_empty() && !CHANGES.contains(&kind.to_lowercase().as_str());
        missing.or_else(|| {
            wrong.then(|| format!("expected one of {} as kind of a change, found `{kind}`", CHANGES.join(", ")))
        })
    })
}
