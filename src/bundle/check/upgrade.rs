//! What an upgrade from one bundle to another would be refused, or would destroy.

mod releases;

use super::Proof;
use super::reader::text_of;
use crate::bundle::{Bundle, Release};
use crate::chart::Chart;
use crate::environment::notes::note_of;
use crate::kubernetes::bytes;
use crate::lint::lifecycle::image_parts;
use crate::lint::{Finding, Findings, Level, Levels};
use crate::render::Rendered;
use crate::source::{SourceId, Sources};
use crate::yaml::{self, Node, NodeKind};
use std::collections::HashMap;

/// The rules that compare two bundles.
pub(super) const RULES: &[&str] = &[
    "database-major",
    "immutable-field",
    "keystore-change",
    "removed-claim",
    "service-selector-change",
    "shrinking-claim",
    "skipped-version",
];

/// Renders a release of a bundle.
type Render<'a> = dyn Fn(&Release) -> Option<(Rendered, Chart)> + 'a;

/// An object with where it starts: the number of its file and the byte.
struct Placed {
    node: Node,
    file: u32,
    offset: u32,
}

type Key = (String, String, String);

/// Tells what an upgrade from `old` cannot do.
pub(crate) fn compare(
    proof: &Proof<'_>,
    old: &Bundle,
    (before, now): (&Render<'_>, &Render<'_>),
    levels: &Levels,
    sources: &mut Sources,
) -> Vec<Finding> {
    let known: HashMap<String, &Release> = old.releases.iter().map(|release| (release.id(), release)).collect();
    let mut findings = Findings::new(sources);
    let mut comparison = Comparison { proof, levels, findings: &mut findings, release: 0 };
    comparison.versions(old);
    for (at, release) in proof.bundle.releases.iter().enumerate() {
        let Some(earlier) = known.get(&release.id()) else { continue };
        comparison.release = at;
        comparison.chart(earlier, release);
        let same = earlier.values == release.values
            && earlier.version == release.version
            && archive(old, earlier) == archive(proof.bundle, release);
        if same {
            continue;
        }
        if let (Some((before, _)), Some((now, _))) = (before(earlier), now(release)) {
            comparison.objects(&before, &now);
        }
    }
    let gone: Vec<&Release> = old
        .releases
        .iter()
        .filter(|release| !proof.bundle.releases.iter().any(|one| one.id() == release.id()))
        .collect();
    for earlier in gone {
        if let Some((rendered, _)) = before(earlier) {
            comparison.gone(earlier, &rendered, &known);
        }
    }
    findings.finish()
}

fn archive<'b>(bundle: &'b Bundle, release: &Release) -> Option<&'b str> {
    bundle.archives.get(release.archive()?).map(|archive| archive.digest.as_str())
}

struct Comparison<'c, 'f, 's> {
    proof: &'c Proof<'c>,
    levels: &'c Levels,
    findings: &'f mut Findings<'s>,
    release: usize,
}

/// The objects of a render by kind, namespace and name.
fn objects(rendered: &Rendered) -> HashMap<Key, Placed> {
    let mut found = HashMap::new();
    for (number, (file, text)) in rendered.files().enumerate() {
        let name = file.rsplit('/').next().unwrap_or_default();
        if note_of(file).is_some() || name.starts_with('_') || file.ends_with("NOTES.txt") {
            continue;
        }
        for document in yaml::documents(text) {
            let Ok(document) = document else { break };
            let Ok(node) = yaml::parse(&document.text, SourceId::default()) else { break };
            let at = |path: &[&str]| text_of(node.at(path));
            let key = (at(&["kind"]), at(&["metadata", "namespace"]), at(&["metadata", "name"]));
            let (file, offset) = (u32::try_from(number).unwrap_or(0), u32::try_from(document.offset).unwrap_or(0));
            found.insert(key, Placed { node, file, offset });
        }
    }
    found
}

/// Fields that nobody may change, by kind.
const FIXED: &[(&str, &[&str])] = &[
    ("Deployment", &["spec", "selector"]),
    ("DaemonSet", &["spec", "selector"]),
    ("ReplicaSet", &["spec", "selector"]),
    ("Job", &["spec", "template"]),
    ("Job", &["spec", "selector"]),
    ("Job", &["spec", "completionMode"]),
    ("Job", &["spec", "completions"]),
    ("StorageClass", &["provisioner"]),
    ("StorageClass", &["parameters"]),
    ("StorageClass", &["reclaimPolicy"]),
    ("StorageClass", &["volumeBindingMode"]),
    ("RoleBinding", &["roleRef"]),
    ("ClusterRoleBinding", &["roleRef"]),
    ("PriorityClass", &["value"]),
    ("Secret", &["type"]),
    ("RuntimeClass", &["handler"]),
    ("CustomResourceDefinition", &["spec", "scope"]),
    ("CustomResourceDefinition", &["spec", "group"]),
    ("CustomResourceDefinition", &["spec", "names", "kind"]),
    ("PersistentVolumeClaim", &["spec", "accessModes"]),
    ("PersistentVolumeClaim", &["spec", "storageClassName"]),
    ("PersistentVolumeClaim", &["spec", "volumeName"]),
    ("PersistentVolumeClaim", &["spec", "volumeMode"]),
    ("PersistentVolumeClaim", &["spec", "selector"]),
    ("PersistentVolumeClaim", &["spec", "dataSource"]),
];

/// Fields of a StatefulSet's `spec` that may change.
const OPEN: &[&str] = &[
    "minReadySeconds",
    "ordinals",
    "persistentVolumeClaimRetentionPolicy",
    "replicas",
    "revisionHistoryLimit",
    "template",
    "updateStrategy",
];

/// Fields that the API server fills in where nobody states them, with what it fills in.
const DEFAULTS: &[(&str, &str)] = &[
    ("podManagementPolicy", "OrderedReady"),
    ("reclaimPolicy", "Delete"),
    ("volumeBindingMode", "Immediate"),
    ("volumeMode", "Filesystem"),
    ("type", "Opaque"),
    ("completionMode", "NonIndexed"),
];

/// A node as a value that does not depend on where and how it was written.
fn plain(node: Option<&Node>) -> String {
    let Some(node) = node.filter(|node| !node.is_null()) else { return String::new() };
    match node.kind() {
        NodeKind::Map(entries) => {
            let mut parts: Vec<String> = entries
                .iter()
                .map(|entry| format!("{}={}", text_of(Some(&entry.key)), plain(Some(&entry.value))))
                .collect();
            parts.retain(|part| !part.ends_with('='));
            parts.sort();
            format!("{{{}}}", parts.join(","))
        }
        NodeKind::Seq(items) => {
            format!("[{}]", items.iter().map(|item| plain(Some(item))).collect::<Vec<_>>().join(","))
        }
        _ => text_of(Some(node)),
    }
}

impl Comparison<'_, '_, '_> {
    /// Lets the findings that follow be those of a rule; false if it is off.
    fn enter(&mut self, name: &str) -> bool {
        let Some(rule) = crate::lint::rule(name) else { return false };
        let level = self.levels.of(rule);
        self.findings.enter(rule, level);
        level != Level::Off
    }

    fn called(&self) -> String {
        self.proof.called(self.release)
    }

    /// Adds a finding at a node of a new object.
    fn add(&mut self, rule: &str, placed: &Placed, node: &Node, (message, hint): (String, &str)) {
        if self.enter(rule) {
            let at = super::At { file: placed.file, offset: placed.offset.saturating_add(node.span().start) };
            let text = text_of(Some(node));
            let spot = self.proof.spot(self.release, at, &text, self.findings);
            self.findings.add(spot, message).hint(hint);
        }
    }

    fn objects(&mut self, before: &Rendered, now: &Rendered) {
        let (old, new) = (objects(before), objects(now));
        let mut keys: Vec<&Key> = new.keys().collect();
        keys.sort();
        for key in keys {
            let (Some(one), Some(other)) = (old.get(key), new.get(key)) else { continue };
            let hook =
                |placed: &Placed| placed.node.at(&["metadata", "annotations", crate::render::hooks::HOOK]).is_some();
            if hook(one) || hook(other) {
                continue;
            }
            self.fixed(key, one, other);
            match key.0.as_str() {
                "StatefulSet" => self.stateful_set(key, one, other),
                "Service" => self.service(key, one, other),
                "PersistentVolumeClaim" => {
                    let size = &["spec", "resources", "requests", "storage"];
                    self.claim(&key.2, one.node.at(size), other.node.at(size), other);
                }
                "ConfigMap" | "Secret" => self.sealed(key, one, other),
                "CustomResourceDefinition" => self.definition(key, one, other),
                _ => {}
            }
            self.images(key, one, other);
            self.keystore(one, other);
        }
        self.removed(&old, &new);
    }

    fn fixed(&mut self, (kind, _, name): &Key, one: &Placed, other: &Placed) {
        for (_, path) in FIXED.iter().filter(|(of, _)| of == kind) {
            let last = path.last().copied().unwrap_or_default();
            let filled = |placed: &Placed| match plain(placed.node.at(path)) {
                none if none.is_empty() => DEFAULTS
                    .iter()
                    .find(|(field, _)| *field == last)
                    .map_or(String::new(), |(_, value)| (*value).to_owned()),
                stated => stated,
            };
            let (was, is) = (filled(one), filled(other));
            // The API server chooses a storage class where none is stated.
            if was == is || (last == "storageClassName" && was.is_empty()) {
                continue;
            }
            let (was_node, is_node) = differing(one.node.at(path), other.node.at(path));
            let node = is_node.or_else(|| other.node.at(&["metadata", "name"])).unwrap_or(&other.node);
            let message = format!(
                "`{}` of {kind} `{name}` of `{}` cannot be changed{}",
                path.join("."),
                self.called(),
                from_to(was_node, is_node)
            );
            let hint = match kind.as_str() {
                "Job" => "let the name change with its pods, for example with a hash of them",
                _ => "keep it, or give the object another name",
            };
            self.add("immutable-field", other, node, (message, hint));
        }
    }

    fn stateful_set(&mut self, (_, _, name): &Key, one: &Placed, other: &Placed) {
        let entries = |placed: &Placed| -> Vec<String> {
            let entries = placed.node.get("spec").map(Node::entries).unwrap_or_default();
            entries.iter().map(|entry| text_of(Some(&entry.key))).collect()
        };
        let mut fields = entries(other);
        fields.extend(entries(one));
        fields.sort();
        fields.dedup();
        for field in fields.iter().filter(|field| !OPEN.contains(&field.as_str())) {
            let (was, is) = (one.node.at(&["spec", field]), other.node.at(&["spec", field]));
            if field == "volumeClaimTemplates" {
                self.templates(name, was, is, other);
                continue;
            }
            let filled = |node| match plain(node) {
                none if none.is_empty() => DEFAULTS
                    .iter()
                    .find(|(known, _)| known == field)
                    .map_or(String::new(), |(_, value)| (*value).to_owned()),
                stated => stated,
            };
            if filled(was) == filled(is) {
                continue;
            }
            let (was_node, is_node) = differing(was, is);
            let node = is_node.or_else(|| other.node.at(&["metadata", "name"])).unwrap_or(&other.node);
            let message = format!(
                "`spec.{field}` of StatefulSet `{name}` of `{}` cannot be changed{}",
                self.called(),
                from_to(was_node, is_node)
            );
            self.add(
                "immutable-field",
                other,
                node,
                (message, "keep it, or give the StatefulSet another name and move its data"),
            );
        }
    }

    fn templates(&mut self, name: &str, was: Option<&Node>, is: Option<&Node>, other: &Placed) {
        if plain(was) == plain(is) {
            return;
        }
        let size = &["spec", "resources", "requests", "storage"];
        let items = |node: Option<&Node>| node.map(Node::items).unwrap_or_default().to_vec();
        let (was_items, is_items) = (items(was), items(is));
        for template in &is_items {
            let called = text_of(template.at(&["metadata", "name"]));
            let earlier = was_items.iter().find(|one| text_of(one.at(&["metadata", "name"])) == called);
            if let Some(earlier) = earlier
                && shrinks(earlier.at(size), template.at(size))
            {
                self.claim(&format!("{called}-{name}"), earlier.at(size), template.at(size), other);
                return;
            }
        }
        let (was_node, is_node) = differing(was, is);
        let node = is_node.or_else(|| other.node.at(&["metadata", "name"])).unwrap_or(&other.node);
        let message = format!(
            "`spec.volumeClaimTemplates` of StatefulSet `{name}` of `{}` cannot be changed{}",
            self.called(),
            from_to(was_node, is_node)
        );
        let hint = "keep it; claims that grow are changed one by one, and the StatefulSet is made anew with `--cascade=orphan`";
        self.add("immutable-field", other, node, (message, hint));
    }

    fn claim(&mut self, name: &str, was: Option<&Node>, is: Option<&Node>, other: &Placed) {
        if let (true, Some(node)) = (shrinks(was, is), is) {
            let message = format!("claim `{name}` of `{}` would shrink{}", self.called(), from_to(was, is));
            self.add(
                "shrinking-claim",
                other,
                node,
                (message, "volumes only grow; keep the size, or move the data to a new claim"),
            );
        }
    }

    fn service(&mut self, (_, _, name): &Key, one: &Placed, other: &Placed) {
        let ip = |placed: &Placed| text_of(placed.node.at(&["spec", "clusterIP"]));
        let kind = |placed: &Placed| text_of(placed.node.at(&["spec", "type"]));
        let (was, is) = (ip(one), ip(other));
        let is_name = |kind: String| kind == "ExternalName";
        // An address that nobody states stays as it is; only one that is stated, or none at all, is refused.
        let refused = was != is && !is_name(kind(one)) && !is_name(kind(other)) && (!is.is_empty() || was == "None");
        if refused {
            let node = other.node.at(&["spec", "clusterIP"]).or_else(|| other.node.at(&["metadata", "name"]));
            let shown = |text: &str| if text.is_empty() { "an address".to_owned() } else { format!("`{text}`") };
            let message = format!(
                "`spec.clusterIP` of Service `{name}` of `{}` cannot be changed from {} to {}",
                self.called(),
                shown(&was),
                shown(&is)
            );
            self.add(
                "immutable-field",
                other,
                node.unwrap_or(&other.node),
                (message, "keep it, or give the Service another name"),
            );
        }
        let selector = &["spec", "selector"];
        let (was, is) = (one.node.at(selector), other.node.at(selector));
        if plain(was) != plain(is) && was.is_some() && is.is_some() {
            let (was_node, is_node) = differing(was, is);
            let message = format!(
                "Service `{name}` of `{}` would select other pods{}",
                self.called(),
                from_to(was_node, is_node)
            );
            let node = is_node.or(is).unwrap_or(&other.node);
            self.add(
                "service-selector-change",
                other,
                node,
                (message, "keep the labels of the pods, or expect that it leads nowhere for a while"),
            );
        }
    }

    /// ConfigMaps and Secrets that say that they never change.
    fn sealed(&mut self, (kind, _, name): &Key, one: &Placed, other: &Placed) {
        if text_of(one.node.get("immutable")) != "true" {
            return;
        }
        for part in ["data", "stringData", "binaryData", "immutable"] {
            let (was, is) = (one.node.get(part), other.node.get(part));
            if plain(was) == plain(is) {
                continue;
            }
            let (_, node) = differing(was, is);
            let message =
                format!("`{part}` of {kind} `{name}` of `{}` cannot be changed: it is immutable", self.called());
            let node = node.or_else(|| other.node.at(&["metadata", "name"])).unwrap_or(&other.node);
            self.add("immutable-field", other, node, (message, "let the name change with the content"));
            return;
        }
    }

    /// Versions of a definition that go while objects may be stored in them.
    fn definition(&mut self, (_, _, name): &Key, one: &Placed, other: &Placed) {
        let versions = |placed: &Placed| {
            let versions = placed.node.at(&["spec", "versions"]).map(Node::items).unwrap_or_default();
            versions.iter().map(|version| text_of(version.get("name"))).collect::<Vec<_>>()
        };
        let is = versions(other);
        if let Some(gone) = versions(one).iter().find(|version| !is.contains(version)) {
            let node = other.node.at(&["spec", "versions"]).unwrap_or(&other.node);
            let message = format!("definition `{name}` of `{}` would lose version `{gone}`", self.called());
            let hint = "keep it with `served: false` until no object is stored in it";
            self.add("immutable-field", other, node, (message, hint));
        }
    }

    fn images(&mut self, (kind, _, name): &Key, one: &Placed, other: &Placed) {
        if !matches!(kind.as_str(), "StatefulSet" | "Deployment") {
            return;
        }
        let path = &["spec", "template", "spec", "containers"];
        let containers = |placed: &Placed| placed.node.at(path).map(Node::items).unwrap_or_default().to_vec();
        let earlier = containers(one);
        for container in containers(other) {
            let called = text_of(container.get("name"));
            let Some(was) = earlier.iter().find(|one| text_of(one.get("name")) == called) else { continue };
            let (was, node) = (text_of(was.get("image")), container.get("image"));
            let is = text_of(node);
            let ((repository, old), (new_repository, new)) = (image_parts(&was), image_parts(&is));
            let is_server = |repository: &str| {
                let last = repository.rsplit('/').next().unwrap_or_default();
                ["postgres", "postgresql", "postgis", "postgresql-repmgr", "timescaledb"].contains(&last)
            };
            let major = |tag: &str| {
                tag.split(|letter: char| !letter.is_ascii_digit()).next().and_then(|first| first.parse::<u32>().ok())
            };
            let changed = major(old).zip(major(new)).is_some_and(|(old, new)| old != new);
            if let (true, true, true, Some(node)) = (changed, is_server(repository), is_server(new_repository), node) {
                let message = format!(
                    "PostgreSQL of {kind} `{name}` of `{}` would go from `{old}` to `{new}` beside its data",
                    self.called()
                );
                self.add(
                    "database-major",
                    other,
                    node,
                    (message, "stay at the major version, or dump and restore into a new server"),
                );
            }
        }
    }

    /// The type of a keystore in variables and configuration.
    fn keystore(&mut self, one: &Placed, other: &Placed) {
        let kinds = |placed: &Placed| {
            let mut found: Vec<(String, String, Node)> = Vec::new();
            let mut todo = vec![&placed.node];
            while let Some(node) = todo.pop() {
                todo.extend(node.items());
                let (name, value) = (text_of(node.get("name")), node.get("value"));
                let pair = value.map(|value| (name, value));
                let own = node.entries().iter().map(|entry| (text_of(Some(&entry.key)), &entry.value));
                for (name, value) in own.chain(pair) {
                    let text = text_of(Some(value));
                    let is_type = name.to_ascii_lowercase().replace(['-', '_', '.'], "").contains("keystoretype");
                    if is_type {
                        found.push((name, text, value.clone()));
                    } else {
                        found.extend(told_type(&text).map(|kind| (name, kind, value.clone())));
                    }
                }
                todo.extend(node.entries().iter().map(|entry| &entry.value));
            }
            found
        };
        let earlier = kinds(one);
        for (name, is, node) in kinds(other) {
            let Some((_, was, _)) = earlier.iter().find(|(known, ..)| *known == name) else { continue };
            if *was != is && !was.is_empty() && !is.is_empty() {
                let message = format!("the keystore of `{}` would go from {was} to {is}", self.called());
                self.add("keystore-change", other, &node, (message, "keep the type of the keystore"));
                return;
            }
        }
    }

    fn removed(&mut self, old: &HashMap<Key, Placed>, new: &HashMap<Key, Placed>) {
        let mut gone: Vec<&Key> =
            old.keys().filter(|key| key.0 == "PersistentVolumeClaim" && !new.contains_key(*key)).collect();
        gone.sort();
        for key in gone {
            let policy = old
                .get(key)
                .map(|placed| text_of(placed.node.at(&["metadata", "annotations", "helm.sh/resource-policy"])));
            if policy.as_deref() == Some("keep") || !self.enter("removed-claim") {
                continue;
            }
            let span = self.proof.spans.get(self.release).map(|spans| spans.version).unwrap_or_default();
            let message =
                format!("claim `{}` of `{}` is not rendered any more, and Helm would delete it", key.2, self.called());
            self.findings
                .add(span, message)
                .hint("annotate it with `helm.sh/resource-policy: keep` before the upgrade");
        }
    }
}

/// The type that a line of configuration gives a keystore.
fn told_type(text: &str) -> Option<String> {
    let mut lines =
        text.lines().filter(|line| line.to_ascii_lowercase().replace(['-', '_', '.'], "").contains("keystoretype"));
    let line = lines.next()?;
    let value = line.rsplit(['=', ':']).next()?.trim().trim_matches(['"', '\'']);
    (value.starts_with("PKCS")).then(|| value.to_owned())
}

fn shrinks(was: Option<&Node>, is: Option<&Node>) -> bool {
    let size = |node: Option<&Node>| bytes(&text_of(node));
    size(was).zip(size(is)).is_some_and(|(was, is)| is < was)
}

/// The innermost nodes that differ.
fn differing<'n>(was: Option<&'n Node>, is: Option<&'n Node>) -> (Option<&'n Node>, Option<&'n Node>) {
    let (Some(one), Some(other)) = (was, is) else { return (was, is) };
    for entry in other.entries() {
        let earlier = one.get(entry.key.key_text().unwrap_or_default());
        if plain(earlier) != plain(Some(&entry.value)) {
            return differing(earlier, Some(&entry.value));
        }
    }
    let (was_items, is_items) = (one.items(), other.items());
    for (number, item) in is_items.iter().enumerate() {
        if plain(was_items.get(number)) != plain(Some(item)) {
            return differing(was_items.get(number), Some(item));
        }
    }
    (was, is)
}

/// ` from A to B`, where both are short.
fn from_to(was: Option<&Node>, is: Option<&Node>) -> String {
    let (was, is) = (plain(was), plain(is));
    if was.len() + is.len() > 120 || was.contains(['{', '[']) || is.contains(['{', '[']) {
        return String::new();
    }
    let shown = |text: String| if text.is_empty() { "nothing".to_owned() } else { format!("`{text}`") };
    format!(" from {} to {}", shown(was), shown(is))
}
