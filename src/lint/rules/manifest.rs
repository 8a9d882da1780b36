//! Rules that read rendered objects.

use crate::chart::Chart;
use crate::lint::deprecated;
use crate::lint::helm::name_faults;
use crate::lint::rule::{Check, Doc, Group, Rule};
use crate::lint::subject::text;
use crate::lint::{Case, Findings, Manifest};
use crate::render::Rendered;
use crate::value::{Map, Value};
use crate::yaml::{Node, NodeKind};
use bytes::Bytes;

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "dangling-reference",
        group: Group::Suspicious,
        doc: Doc {
            what: "A workload that names a ConfigMap, Secret, claim or service account which the chart does not render, \
                   under the name of the release.",
            why: "Pods wait for it for ever. Names that do not start with the release are taken to exist elsewhere.",
            bad: "envFrom:\n  - configMapRef:\n      name: release-name-shop-config   # nothing renders it",
            good: "envFrom:\n  - configMapRef:\n      name: release-name-shop",
        },
        check: Check::Case(dangling_reference),
    },
    Rule {
        name: "deprecated-api",
        group: Group::Suspicious,
        doc: Doc {
            what: "An object of an API version that Kubernetes has deprecated, or removed.",
            why: "A cluster of that version, or of a later one, refuses the object.",
            bad: "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget",
            good: "apiVersion: policy/v1\nkind: PodDisruptionBudget",
        },
        check: Check::Manifest(deprecated_api),
    },
    Rule {
        name: "duplicate-merge-key",
        group: Group::Correctness,
        doc: Doc {
            what: "Two entries of a list that Kubernetes merges by a key, with the same key: variables, ports, volumes.",
            why: "Server-side apply, which Helm 4 uses, refuses the object; else one of the two is lost.",
            bad: "env:\n  - name: MODE\n    value: a\n  - name: MODE\n    value: b",
            good: "env:\n  - name: MODE\n    value: b",
        },
        check: Check::Manifest(duplicate_merge_key),
    },
    Rule {
        name: "hook-deadlock",
        group: Group::Suspicious,
        doc: Doc {
            what: "A hook after the installation that makes what a workload of the chart needs to start.",
            why: "With `--wait` Helm waits for the workload, and the workload for the hook.",
            bad: "# a Secret with helm.sh/hook: post-install that a Deployment mounts",
            good: "annotations:\n  helm.sh/hook: pre-install",
        },
        check: Check::Case(hook_deadlock),
    },
    Rule {
        name: "ignored-resource-policy",
        group: Group::Correctness,
        doc: Doc {
            what: "`helm.sh/resource-policy` on an item of a List.",
            why: "Helm looks only at the List itself: the item is deleted.",
            bad: "kind: List\nitems:\n  - metadata:\n      annotations: {helm.sh/resource-policy: keep}",
            good: "kind: ConfigMap\nmetadata:\n  annotations: {helm.sh/resource-policy: keep}",
        },
        check: Check::Manifest(ignored_resource_policy),
    },
    Rule {
        name: "indented-document",
        group: Group::Suspicious,
        doc: Doc {
            what: "A rendered file whose first line with content is indented.",
            why: "Tools that trim the text read another document than those that do not.",
            bad: "  apiVersion: v1",
            good: "apiVersion: v1",
        },
        check: Check::Case(indented_document),
    },
    Rule {
        name: "invalid-object-name",
        group: Group::Correctness,
        doc: Doc {
            what: "An object without a name, or with one that Kubernetes refuses for its kind.",
            why: "The object cannot be created.",
            bad: "metadata:\n  name: My_App",
            good: "metadata:\n  name: my-app",
        },
        check: Check::Manifest(invalid_object_name),
    },
    Rule {
        name: "job-template-immutable",
        group: Group::Suspicious,
        doc: Doc {
            what: "A Job that is no hook and whose name does not change with the release's revision.",
            why: "The template of a Job cannot be changed: the next upgrade with another image fails.",
            bad: "kind: Job\nmetadata:\n  name: migrate",
            good: "kind: Job\nmetadata:\n  name: migrate-{{ .Release.Revision }}",
        },
        check: Check::Manifest(job_template_immutable),
    },
    Rule {
        name: "missing-selector",
        group: Group::Correctness,
        doc: Doc {
            what: "A workload without a selector.",
            why: "The API server refuses it.",
            bad: "kind: Deployment\nspec:\n  template: {}",
            good: "kind: Deployment\nspec:\n  selector:\n    matchLabels: {app: shop}",
        },
        check: Check::Manifest(missing_selector),
    },
    Rule {
        name: "name-too-long",
        group: Group::Suspicious,
        doc: Doc {
            what: "A name so long that what Kubernetes derives from it is cut or refused: 63 characters for services and \
                   pods' labels, 52 for a CronJob.",
            why: "A release with a longer name than that of the test fails to install.",
            bad: "kind: CronJob\nmetadata:\n  name: a-name-of-more-than-fifty-two-characters-for-a-cron-job",
            good: "name: {{ include \"shop.fullname\" . | trunc 52 }}",
        },
        check: Check::Manifest(name_too_long),
    },
    Rule {
        name: "null-in-custom-resource",
        group: Group::Suspicious,
        doc: Doc {
            what: "A null in an object of a custom kind.",
            why: "Helm 4 applies on the server, which refuses nulls that the schema does not allow; Helm 3 dropped them.",
            bad: "kind: VirtualService\nspec:\n  gateways:",
            good: "kind: VirtualService\nspec:\n  gateways: []",
        },
        check: Check::Manifest(null_in_custom_resource),
    },
    Rule {
        name: "release-too-large",
        group: Group::Correctness,
        doc: Doc {
            what: "A chart whose release record will be larger than a Secret may be.",
            why: "Helm stores chart, values and manifests in one Secret of at most 1 MiB; the installation fails at its end.",
            bad: "files/dump.sql   # 4 MiB",
            good: "# an init container fetches the dump",
        },
        check: Check::Case(release_too_large),
    },
    Rule {
        name: "replicas-with-autoscaling",
        group: Group::Suspicious,
        doc: Doc {
            what: "A workload with `replicas` that a HorizontalPodAutoscaler scales.",
            why: "Every upgrade sets the number back.",
            bad: "spec:\n  replicas: 1   # and an autoscaler",
            good: "{{- if not .Values.autoscaling.enabled }}\n  replicas: {{ .Values.replicas }}\n{{- end }}",
        },
        check: Check::Case(replicas_with_autoscaling),
    },
    Rule {
        name: "selector-mismatch",
        group: Group::Correctness,
        doc: Doc {
            what: "A workload whose selector does not match the labels of its own pods.",
            why: "The API server refuses it.",
            bad: "selector:\n  matchLabels: {app: a}\ntemplate:\n  metadata:\n    labels: {app: b}",
            good: "selector:\n  matchLabels: {app: a}\ntemplate:\n  metadata:\n    labels: {app: a}",
        },
        check: Check::Manifest(selector_mismatch),
    },
    Rule {
        name: "single-replica-budget",
        group: Group::Suspicious,
        doc: Doc {
            what: "A PodDisruptionBudget that lets no pod of its workload go.",
            why: "Nodes cannot be drained, and cluster upgrades hang.",
            bad: "minAvailable: 1   # of a Deployment with one replica",
            good: "maxUnavailable: 1",
        },
        check: Check::Case(single_replica_budget),
    },
];

fn deprecated_api(manifest: &Manifest, findings: &mut Findings<'_>) {
    let (api, kind) = (manifest.api_version(), manifest.kind());
    let Some(warning) = deprecated::warning(&api, kind, manifest.minor) else { return };
    let spot = match manifest.at(&["apiVersion"]) {
        Some(node) => manifest.spot(node, findings.sources),
        None => manifest.start(findings.sources),
    };
    findings.add(spot, warning);
}

fn invalid_object_name(manifest: &Manifest, findings: &mut Findings<'_>) {
    let kind = manifest.kind();
    if kind.is_empty() || kind == "List" || manifest.at(&["metadata", "generateName"]).is_some() {
        return;
    }
    let name = manifest.name();
    let faults = name_faults(kind, &name);
    let Some(fault) = faults.first() else { return };
    let fault = fault.split(" (e.g.").next().unwrap_or(fault);
    let spot = match manifest.at(&["metadata", "name"]) {
        Some(node) if !name.is_empty() => manifest.spot(node, findings.sources),
        _ => manifest.start(findings.sources),
    };
    let message = if name.is_empty() { format!("{kind} has no name") } else { format!("`{name}`: {fault}") };
    findings.add(spot, message);
}

fn name_too_long(manifest: &Manifest, findings: &mut Findings<'_>) {
    let most = match manifest.kind() {
        "CronJob" => 52,
        "Job" | "StatefulSet" | "Deployment" | "DaemonSet" | "Service" => 63,
        _ => return,
    };
    let name = manifest.name();
    if let (true, Some(node)) = (name.len() > most, manifest.at(&["metadata", "name"])) {
        let message = format!("a {} has at most {most} characters, `{name}` has {}", manifest.kind(), name.len());
        let spot = manifest.spot(node, findings.sources);
        findings.add(spot, message).hint(format!("cut it with `trunc {most} | trimSuffix \"-\"`"));
    }
}

fn is_workload(manifest: &Manifest) -> bool {
    matches!(manifest.kind(), "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet")
}

fn missing_selector(manifest: &Manifest, findings: &mut Findings<'_>) {
    if is_workload(manifest) && manifest.at(&["spec", "selector"]).is_none() {
        let spot = manifest.start(findings.sources);
        findings.add(spot, format!("{} has no selector", manifest.called()));
    }
}

fn selector_mismatch(manifest: &Manifest, findings: &mut Findings<'_>) {
    if !is_workload(manifest) {
        return;
    }
    let Some(wanted) = manifest.at(&["spec", "selector", "matchLabels"]) else { return };
    let labels = manifest.at(&["spec", "template", "metadata", "labels"]);
    for entry in wanted.entries() {
        let (key, value) = (text(&entry.key, &[]), text(&entry.value, &[]));
        let found = labels.map(|labels| text(labels, &[&key])).unwrap_or_default();
        if found != value {
            let found = if found.is_empty() { "none".to_owned() } else { format!("`{found}`") };
            let spot = manifest.spot(&entry.key, findings.sources);
            findings.add(spot, format!("expected pods with the label `{key}: {value}`, found {found}"));
        }
    }
}

fn ignored_resource_policy(manifest: &Manifest, findings: &mut Findings<'_>) {
    if manifest.kind() != "List" {
        return;
    }
    for item in manifest.at(&["items"]).map(Node::items).unwrap_or_default() {
        let annotations = item.at(&["metadata", "annotations"]);
        let Some(entry) = annotations.and_then(|all| all.entry("helm.sh/resource-policy")) else { continue };
        let spot = manifest.spot(&entry.key, findings.sources);
        findings.add(spot, "Helm does not hear this annotation inside of a List").hint("render the object on its own");
    }
}

/// Lists that are merged by a key, and the keys that tell entries apart.
const MERGED: &[(&str, &[&str])] = &[
    ("containers", &["name"]),
    ("env", &["name"]),
    ("initContainers", &["name"]),
    ("ports", &["containerPort", "port", "protocol"]),
    ("volumeMounts", &["mountPath"]),
    ("volumes", &["name"]),
    ("imagePullSecrets", &["name"]),
];

fn duplicate_merge_key(manifest: &Manifest, findings: &mut Findings<'_>) {
    let specs = manifest.pod().and_then(|pod| pod.get("spec")).into_iter().chain(manifest.containers());
    let service = manifest.at(&["spec"]).filter(|_| manifest.kind() == "Service");
    for holder in specs.chain(service) {
        for (list, keys) in MERGED {
            let mut known: Vec<Vec<String>> = Vec::new();
            for item in holder.get(list).map(Node::items).unwrap_or_default() {
                let mut key: Vec<String> = keys.iter().map(|key| text(item, &[key])).collect();
                if keys.len() > 1 && key.last().is_some_and(String::is_empty) {
                    key.pop();
                    key.push("TCP".to_owned());
                }
                if key.iter().all(String::is_empty) {
                    continue;
                }
                if known.contains(&key) {
                    let shown = key.iter().find(|part| !part.is_empty()).cloned().unwrap_or_default();
                    let spot = manifest.spot(item, findings.sources);
                    findings.add(spot, format!("`{list}` has `{shown}` twice"));
                }
                known.push(key);
            }
        }
    }
}

/// Whether a group is Kubernetes' own.
fn is_builtin(api_version: &str) -> bool {
    let Some((group, _)) = api_version.split_once('/') else { return true };
    !group.contains('.') || group.ends_with(".k8s.io")
}

fn null_in_custom_resource(manifest: &Manifest, findings: &mut Findings<'_>) {
    if is_builtin(&manifest.api_version()) {
        return;
    }
    let mut todo = vec![&manifest.node];
    while let Some(node) = todo.pop() {
        todo.extend(node.items());
        for entry in node.entries() {
            if entry.value.is_null() {
                let message = format!("`{}` of a custom resource is null", text(&entry.key, &[]));
                let spot = manifest.spot(&entry.key, findings.sources);
                findings.add(spot, message).hint("leave the key out where there is nothing to set");
            }
            todo.push(&entry.value);
        }
    }
}

fn job_template_immutable(manifest: &Manifest, findings: &mut Findings<'_>) {
    if manifest.kind() != "Job" || manifest.is_hook() || manifest.at(&["metadata", "generateName"]).is_some() {
        return;
    }
    let deleted = manifest.at(&["spec", "ttlSecondsAfterFinished"]).is_some();
    let Some(name) = manifest.at(&["metadata", "name"]) else { return };
    if ends_in_hash(&manifest.name()) {
        return;
    }
    let spot = manifest.spot(name, findings.sources);
    let line = spot.span.and_then(|span| {
        let source = findings.sources.get(span.source)?;
        Some(String::from_utf8_lossy(source.text().get(span.start as usize..span.end as usize)?).into_owned())
    });
    if deleted || line.is_some_and(|line| line.contains(".Revision") || line.contains("rand")) {
        return;
    }
    let message = format!("an upgrade that changes the pods of {} fails", manifest.called());
    findings.add(spot, message).hint("make it a hook, or let the name change with `.Release.Revision`");
}

/// Whether a name ends in what a hash of the pods would be.
fn ends_in_hash(name: &str) -> bool {
    let Some((_, last)) = name.rsplit_once('-') else { return false };
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    last.len() >= 6 && last.bytes().all(is_hex) && last.bytes().any(|byte| byte.is_ascii_digit())
}

fn indented_document(case: &Case, findings: &mut Findings<'_>) {
    let mut known: Vec<&str> = Vec::new();
    for manifest in &case.manifests {
        if known.contains(&manifest.file.as_str()) {
            continue;
        }
        known.push(&manifest.file);
        let first = manifest.file_text.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty());
        if first.is_some_and(|line| line.starts_with(b" ") || line.starts_with(b"\t")) {
            let spot = manifest.start(findings.sources);
            findings.add(spot, "the rendered file starts with an indented line");
        }
    }
}

/// The target of an autoscaler or what else names an object by kind and name.
fn target<'c>(case: &'c Case, reference: &Node) -> Option<&'c Manifest> {
    let (kind, name) = (text(reference, &["kind"]), text(reference, &["name"]));
    case.manifests.iter().find(|manifest| manifest.kind() == kind && manifest.name() == name)
}

fn replicas_with_autoscaling(case: &Case, findings: &mut Findings<'_>) {
    for scaler in case.of_kind("HorizontalPodAutoscaler") {
        let reference = scaler.at(&["spec", "scaleTargetRef"]);
        let Some(workload) = reference.and_then(|reference| target(case, reference)) else { continue };
        let spec = workload.at(&["spec"]).and_then(|spec| spec.entry("replicas"));
        if let Some(entry) = spec.filter(|entry| !entry.value.is_null()) {
            let spot = workload.spot(&entry.key, findings.sources);
            let message = format!("the autoscaler `{}` counts the replicas of {}", scaler.name(), workload.called());
            findings.add(spot, message).hint("leave `replicas` out while autoscaling is on");
        }
    }
}

/// Whether the labels of a workload's pods fit a selector of labels.
pub(super) fn selects(selector: &Node, labels: Option<&Node>) -> bool {
    let entries = selector.entries();
    !entries.is_empty()
        && entries.iter().all(|entry| {
            let key = text(&entry.key, &[]);
            labels.is_some_and(|labels| text(labels, &[&key]) == text(&entry.value, &[]))
        })
}

fn single_replica_budget(case: &Case, findings: &mut Findings<'_>) {
    for budget in case.of_kind("PodDisruptionBudget") {
        let Some(selector) = budget.at(&["spec", "selector", "matchLabels"]) else { continue };
        let (least, most) = (budget.text(&["spec", "minAvailable"]), budget.text(&["spec", "maxUnavailable"]));
        let workloads = case.manifests.iter().filter(|one| matches!(one.kind(), "Deployment" | "StatefulSet"));
        for workload in workloads {
            let labels = workload.pod().and_then(|pod| pod.at(&["metadata", "labels"]));
            if !selects(selector, labels) {
                continue;
            }
            let replicas: u64 = workload.text(&["spec", "replicas"]).parse().unwrap_or(1);
            let blocks = most == "0"
                || most == "0%"
                || least == "100%"
                || least.parse::<u64>().is_ok_and(|least| least >= replicas);
            if !blocks {
                continue;
            }
            let key = if least.is_empty() { "maxUnavailable" } else { "minAvailable" };
            let Some(node) = budget.at(&["spec", key]) else { continue };
            let spot = budget.spot(node, findings.sources);
            let message = format!("no pod of {} ({replicas} replicas) may ever go", workload.called());
            findings.add(spot, message).hint("allow one: `maxUnavailable: 1`");
        }
    }
}

/// One name of another object in a pod.
struct Reference<'n> {
    kind: &'static str,
    node: &'n Node,
    optional: bool,
}

/// The name under `key` of something that refers to an object.
fn reference<'n>(kind: &'static str, holder: Option<&'n Node>, key: &str) -> Option<Reference<'n>> {
    let holder = holder?;
    let optional = text(holder, &["optional"]) == "true";
    Some(Reference { kind, node: holder.get(key)?, optional })
}

const VOLUMES: &[(&str, &str, &str)] = &[
    ("ConfigMap", "configMap", "name"),
    ("Secret", "secret", "secretName"),
    ("PersistentVolumeClaim", "persistentVolumeClaim", "claimName"),
];

fn references(manifest: &Manifest) -> Vec<Reference<'_>> {
    let mut found = Vec::new();
    let Some(spec) = manifest.pod().and_then(|pod| pod.get("spec")) else { return found };
    for volume in spec.get("volumes").map(Node::items).unwrap_or_default() {
        found.extend(VOLUMES.iter().filter_map(|(kind, key, name)| reference(kind, volume.get(key), name)));
    }
    for container in manifest.containers() {
        for from in container.get("envFrom").map(Node::items).unwrap_or_default() {
            found.extend(reference("ConfigMap", from.get("configMapRef"), "name"));
            found.extend(reference("Secret", from.get("secretRef"), "name"));
        }
        for variable in container.get("env").map(Node::items).unwrap_or_default() {
            found.extend(reference("ConfigMap", variable.at(&["valueFrom", "configMapKeyRef"]), "name"));
            found.extend(reference("Secret", variable.at(&["valueFrom", "secretKeyRef"]), "name"));
        }
    }
    found.extend(reference("ServiceAccount", Some(spec), "serviceAccountName"));
    found
}

fn dangling_reference(case: &Case, findings: &mut Findings<'_>) {
    for manifest in &case.manifests {
        for Reference { kind, node, optional } in references(manifest) {
            let name = text(node, &[]);
            let is_ours = name.starts_with("release-name-") || name == "release-name";
            if optional || !is_ours || case.of_kind(kind).any(|one| one.name() == name) {
                continue;
            }
            // A claim template or another object may make it: the name alone is enough then.
            if case.manifests.iter().any(|one| !std::ptr::eq(one, manifest) && makes(one, kind, &name)) {
                continue;
            }
            let spot = manifest.spot(node, findings.sources);
            let message = format!("{} names the {kind} `{name}`, which nothing here renders", manifest.called());
            let near = case.of_kind(kind).map(Manifest::name).collect::<Vec<_>>();
            let near = crate::diagnostic::nearest(&name, near.iter().map(String::as_bytes));
            let finding = findings.add(spot, message);
            if let Some(near) = near {
                finding.hint(format!("did you mean `{near}`?"));
            }
        }
    }
}

/// Whether an object of another kind says that it makes what is named: certificates, sealed and external secrets.
fn makes(manifest: &Manifest, kind: &str, name: &str) -> bool {
    if is_builtin(&manifest.api_version()) {
        let file = &manifest.file_text;
        return manifest.kind() == "Job" && memchr::memmem::find(file, name.as_bytes()).is_some();
    }
    matches!(kind, "Secret" | "ConfigMap") && {
        let mut todo = vec![&manifest.node];
        let mut found = false;
        while let Some(node) = todo.pop() {
            todo.extend(node.items());
            todo.extend(node.entries().iter().map(|entry| &entry.value));
            found |= matches!(node.kind(), NodeKind::Str(text) if &**text == name.as_bytes());
        }
        found
    }
}

fn hook_deadlock(case: &Case, findings: &mut Findings<'_>) {
    let late = |manifest: &&Manifest| {
        let events = manifest.annotation(crate::render::hooks::HOOK).unwrap_or_default();
        let mut events = events.split(',').map(str::trim);
        events.clone().any(|event| event == "post-install") && !events.any(|event| event == "pre-install")
    };
    let hooks: Vec<&Manifest> = case.manifests.iter().filter(late).collect();
    let waited = case.manifests.iter().filter(|manifest| !manifest.is_hook() && is_workload(manifest));
    for workload in waited {
        for Reference { kind, node, optional } in references(workload) {
            let name = text(node, &[]);
            let Some(hook) = hooks.iter().find(|hook| hook.kind() == kind && hook.name() == name) else { continue };
            if optional {
                continue;
            }
            let spot = hook.start(findings.sources);
            let message =
                format!("{} comes after the installation, and {} waits for it", hook.called(), workload.called());
            let place = workload.spot(node, findings.sources).span;
            let finding = findings.add(spot, message);
            finding.hint("make it a `pre-install` hook, or no hook at all");
            if let Some(place) = place {
                finding.label(place, "needed here");
            }
        }
    }
}

/// The most bytes of a Secret.
const LARGEST_SECRET: usize = 1 << 20;

/// How many bytes of base64 a text takes once it is compressed.
fn packed_len(text: &[u8], level: flate2::Compression) -> usize {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), level);
    let stored = std::io::Write::write_all(&mut packed, text).and_then(|()| packed.finish());
    stored.map_or(0, |packed| packed.len().div_ceil(3) * 4)
}

/// The files of a chart that Helm stores with a release; those of subcharts are left out.
fn stored_files(chart: &Chart) -> impl Iterator<Item = &Bytes> {
    chart.templates.iter().chain(&chart.files).map(|file| &file.data).chain(&chart.schema)
}

/// What Helm stores of a release, about as it writes it.
fn record(chart: &Chart, values: &[u8], rendered: &Rendered) -> String {
    use base64::Engine;
    let mut record = String::new();
    stored_files(chart).for_each(|data| base64::engine::general_purpose::STANDARD.encode_string(data, &mut record));
    record.push_str(&String::from_utf8_lossy(values));
    for (_, text) in rendered.files() {
        record.push_str(&String::from_utf8_lossy(text));
    }
    record
}

/// About how many bytes Helm stores of a release; 0 where they are far fewer than a Secret holds.
pub(crate) fn stored_size(chart: &Chart, values: &Map, rendered: &Rendered) -> usize {
    // Compressed JSON in base64 is what Helm stores; a chart below the limit needs no closer look.
    let values = crate::json::to_json(&Value::Map(values.clone())).unwrap_or_default();
    let files: usize = stored_files(chart).map(|data| data.len().div_ceil(3) * 4).sum();
    let texts: usize = rendered.files().map(|(_, text)| text.len()).sum();
    if files + values.len() + texts < LARGEST_SECRET {
        return 0;
    }
    let record = record(chart, &values, rendered);
    // Helm packs as tightly as it goes, which takes ten times as long as to see that a looser way does.
    let text = record.as_bytes();
    if packed_len(text, flate2::Compression::fast()) <= LARGEST_SECRET {
        return 0;
    }
    packed_len(text, flate2::Compression::best())
}

fn release_too_large(case: &Case, findings: &mut Findings<'_>) {
    let chart = &case.prepared.chart;
    let stored = stored_size(chart, &case.prepared.values, &case.rendered);
    if stored > LARGEST_SECRET {
        let own = chart.templates.iter().chain(&chart.files).map(|file| (&*file.name, file.data.len()));
        let mut files: Vec<(&str, usize)> =
            own.chain(case.rendered.files().map(|(name, text)| (name, text.len()))).collect();
        files.sort_by_key(|(_, len)| std::cmp::Reverse(*len));
        let heavy = files.iter().take(3).map(|(name, len)| format!("{name} ({len} bytes)")).collect::<Vec<_>>();
        let message = format!("Helm would store about {stored} bytes, and a Secret holds {LARGEST_SECRET}");
        let spot = case.manifests.first().map(|manifest| manifest.start(findings.sources)).unwrap_or_default();
        findings.add(spot, message).hint(format!("the heaviest files: {}", heavy.join(", ")));
    }
}
