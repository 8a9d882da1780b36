//! What has to be there first: definitions, namespaces, webhooks, what hooks make.

use super::Proof;
use super::facts::{Facts, Object, Phase};
use super::reader::is_builtin;
use crate::bundle::{ThingKind, third_party};
use crate::lint::Findings;

/// Groups whose definitions RKE2 and Rancher's agent bring.
const OF_THE_CLUSTER: &[&str] =
    &["helm.cattle.io", "k3s.cattle.io", "snapshot.storage.k8s.io", "crd.projectcalico.org", "metrics.k8s.io"];

/// The plural of a kind, as definitions are named.
fn plural(kind: &str) -> String {
    let lower = kind.to_ascii_lowercase();
    match lower.as_bytes() {
        [.., before, b'y'] if !b"aeiou".contains(before) => format!("{}ies", &lower[..lower.len() - 1]),
        [.., b's' | b'x'] | [.., b'c' | b's', b'h'] => format!("{lower}es"),
        _ => format!("{lower}s"),
    }
}

/// Whether a definition is there without the bundle, which has no base infrastructure for the cluster.
pub(super) fn is_assumed_crd(proof: &Proof<'_>, cluster: &str, name: &str) -> bool {
    let group = name.split_once('.').map_or("", |(_, group)| group);
    if OF_THE_CLUSTER.contains(&group) {
        return true;
    }
    let listed = || third_party().iter().flat_map(|one| &one.provides).filter(|thing| thing.kind == ThingKind::Crd);
    !proof.index.based.contains(cluster) && listed().any(|thing| thing.name == name)
}

pub(super) fn missing_crd(proof: &Proof<'_>, findings: &mut Findings<'_>) {
    for (release, facts) in proof.facts.iter().enumerate() {
        let Some(user) = proof.bundle.releases.get(release) else { continue };
        let cluster = user.cluster.as_str();
        let mut told: Vec<&str> = Vec::new();
        for object in facts.objects.iter().filter(|one| !is_builtin(&one.group) && one.phase != Phase::Never) {
            if told.contains(&object.kind.as_str()) {
                continue;
            }
            let name = format!("{}.{}", plural(&object.kind), object.group);
            let exact = proof.index.kinds.get(&(cluster, object.group.as_str(), object.kind.as_str()));
            let given = exact.or_else(|| proof.index.plurals.get(&(cluster, name.as_str()))).copied();
            let served = proof.index.served.get(&(cluster, object.group.as_str(), object.kind.as_str()));
            if let Some(served) = served.filter(|served| !served.contains(&object.version)) {
                told.push(&object.kind);
                let spot = proof.spot(release, object.at, &object.name, findings);
                let (kind, group, version) = (&object.kind, &object.group, &object.version);
                let message = format!("`{}` has a {kind} of `{group}/{version}`, which is not served", user.id());
                findings.add(spot, message).hint(format!("its definition has {}", served.join(", ")));
                continue;
            }
            let in_time = match given {
                // In the same release a definition is only early enough in `crds/`.
                Some(at) if at == release => defines_early(facts, object),
                Some(at) if at == usize::MAX => true,
                Some(at) => proof.comes_before(at, release),
                None => is_assumed_crd(proof, cluster, &name),
            };
            if in_time {
                continue;
            }
            told.push(&object.kind);
            let what = format!("`{}` has a {} ({}), whose definition", user.id(), object.kind, object.group);
            match given.and_then(|at| proof.bundle.releases.get(at)) {
                Some(giver) if given != Some(release) => {
                    let Some(spans) = proof.spans.get(release) else { continue };
                    let message = format!("{what} `{}` gives no earlier", giver.id());
                    findings.add(spans.needs, message).hint(format!("add `{}` to its `needs`", giver.name));
                }
                Some(_) => {
                    let spot = proof.spot(release, object.at, &object.name, findings);
                    let finding = findings.add(spot, format!("{what} stands in its own templates"));
                    finding.hint("put the definition into `crds/`, or into a release that comes first");
                }
                None => {
                    let spot = proof.spot(release, object.at, &object.name, findings);
                    let finding = findings.add(spot, format!("{what} nothing gives"));
                    finding.hint(format!("let a release bring `{name}`, or switch the object off"));
                }
            }
        }
    }
}

fn defines_early(facts: &Facts, object: &Object) -> bool {
    let definitions = facts.objects.iter().filter(|one| one.kind == "CustomResourceDefinition");
    let early = definitions.filter(|one| one.phase == Phase::Crd || matches!(one.phase, Phase::Before(_)));
    let names: Vec<&str> = early.map(|one| one.name.as_str()).collect();
    let mut defined =
        facts.definitions.iter().filter(|(_, group, kind, _)| *group == object.group && *kind == object.kind);
    defined.any(|(name, ..)| names.contains(&name.as_str()))
}

/// Namespaces that are there in every cluster.
const EVERY_CLUSTER: &[&str] = &["default", "kube-system", "kube-public", "kube-node-lease"];

pub(super) fn missing_namespace(proof: &Proof<'_>, findings: &mut Findings<'_>) {
    for (release, facts) in proof.facts.iter().enumerate() {
        let Some(user) = proof.bundle.releases.get(release) else { continue };
        let cluster = user.cluster.as_str();
        let mut told: Vec<&str> = Vec::new();
        for object in facts.objects.iter().filter(|one| one.phase != Phase::Never) {
            let Some(namespace) = object.namespace.as_deref() else { continue };
            if namespace == user.namespace || EVERY_CLUSTER.contains(&namespace) || told.contains(&namespace) {
                continue;
            }
            let made = proof.index.objects.get(&(cluster, "", "Namespace", namespace)).into_iter().flatten();
            let mut givers: Vec<usize> = made.map(|giver| giver.release).collect();
            givers.extend(proof.index.namespaces.get(&(cluster, namespace)));
            let external = proof.index.is_external(cluster, &user.namespace, ThingKind::Namespace, namespace);
            if external || givers.iter().any(|giver| proof.comes_before(*giver, release)) {
                continue;
            }
            // Namespaces of base infrastructure that is not in the bundle.
            let listed = third_party().iter().any(|one| one.namespace == namespace);
            if givers.is_empty() && listed && !proof.index.based.contains(cluster) {
                continue;
            }
            told.push(namespace);
            let what = format!("{} `{}` of `{}` lies in namespace `{namespace}`", object.kind, object.name, user.id());
            match givers.first().and_then(|at| proof.bundle.releases.get(*at)) {
                Some(giver) => {
                    let Some(spans) = proof.spans.get(release) else { continue };
                    let message = format!("{what}, which `{}` gives no earlier", giver.id());
                    findings
                        .add(spans.needs, message)
                        .hint(format!("add `{}/{}` to its `needs`", giver.namespace, giver.name));
                }
                None => {
                    let place = object.namespace_at.unwrap_or(object.at);
                    let spot = proof.spot(release, place, namespace, findings);
                    let finding = findings.add(spot, format!("{what}, which nothing gives"));
                    finding.hint("Helm makes the namespace of the release alone; leave `metadata.namespace` out");
                }
            }
        }
    }
}

pub(super) fn unready_webhook(proof: &Proof<'_>, findings: &mut Findings<'_>) {
    for (release, facts) in proof.facts.iter().enumerate() {
        let Some(giver) = proof.bundle.releases.get(release) else { continue };
        for (by, groups) in &facts.webhooks {
            let Some(object) = facts.objects.get(*by) else { continue };
            let is_asked =
                |one: &&Object| groups.contains(&one.group) && one.kind != object.kind && !one.group.is_empty();
            let user = proof.facts.iter().enumerate().filter(|(at, _)| *at != release).find_map(|(at, facts)| {
                let user = proof.bundle.releases.get(at).filter(|user| user.cluster == giver.cluster)?;
                let asked = facts.objects.iter().find(is_asked)?;
                let late = !proof.comes_before(release, at) || !giver.wait;
                late.then_some((at, user, asked))
            });
            let Some((at, user, asked)) = user else { continue };
            let (span, hint) = match giver.wait {
                true => (
                    proof.spans.get(at).map(|spans| spans.needs),
                    format!("add `{}` to the `needs` of `{}`", giver.name, user.name),
                ),
                false => (
                    proof.spans.get(release).map(|spans| spans.wait),
                    format!("let the installation of `{}` wait", giver.name),
                ),
            };
            let Some(span) = span else { continue };
            let message = format!(
                "the webhook `{}` of `{}` is asked about {} `{}` of `{}` before it is ready",
                object.name,
                giver.id(),
                asked.kind,
                asked.name,
                user.id()
            );
            findings.add(span, message).hint(hint);
        }
    }
}

/// Hooks that wait for what comes after them, and workloads that wait for hooks.
pub(super) fn hook_deadlock(proof: &Proof<'_>, findings: &mut Findings<'_>) {
    for (release, facts) in proof.facts.iter().enumerate() {
        let Some(one) = proof.bundle.releases.get(release) else { continue };
        let hooks = facts.objects.iter().any(|object| !matches!(object.phase, Phase::Main | Phase::Crd));
        if !hooks {
            continue;
        }
        for reference in facts.references.iter().filter(|reference| !reference.optional) {
            let Some(user) = facts.objects.get(reference.by) else { continue };
            let is_pod =
                !matches!(user.kind.as_str(), "RoleBinding" | "ClusterRoleBinding" | "HorizontalPodAutoscaler");
            let givers: Vec<&Object> = facts
                .objects
                .iter()
                .filter(|object| object.kind == reference.kind && object.name == reference.name)
                .filter(|object| object.namespace.as_deref().is_none_or(|namespace| namespace == reference.namespace))
                .collect();
            let Some(giver) = givers.first().filter(|_| is_pod) else { continue };
            let in_time = |giver: &&Object| match (user.phase, giver.phase) {
                (_, Phase::Crd) | (Phase::Never, _) => true,
                (Phase::Before(user), Phase::Before(giver)) => giver <= user,
                (Phase::Before(_), _) => false,
                (Phase::Main, Phase::After) => !(one.wait && is_awaited(user)),
                (Phase::Main, Phase::Never) => false,
                _ => true,
            };
            if givers.iter().any(in_time) {
                continue;
            }
            let spot = proof.spot(release, giver.at, &giver.name, findings);
            let place = proof.spot(release, reference.at, &reference.name, findings).span;
            let (user, called) = (format!("{} `{}`", user.kind, user.name), format!("{} `{}`", giver.kind, giver.name));
            let (message, hint) = match giver.phase {
                Phase::Main => (
                    format!("{called} of `{}` comes with the release, and the hook {user} needs it before", one.id()),
                    "make it a `pre-install` hook with a lower weight, or the other no hook at all",
                ),
                Phase::Before(_) => (
                    format!("the hook {called} of `{}` comes behind the hook {user}, which needs it", one.id()),
                    "give it a lower `helm.sh/hook-weight`",
                ),
                _ => (
                    format!("{called} of `{}` comes after the installation, and {user} waits for it", one.id()),
                    "make it a `pre-install` hook, or no hook at all",
                ),
            };
            let finding = findings.add(spot, message);
            finding.hint(hint);
            if let Some(place) = place {
                finding.label(place, "needed here");
            }
        }
    }
}

/// Whether Helm waits until an object is ready.
fn is_awaited(object: &Object) -> bool {
    matches!(object.kind.as_str(), "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Pod" | "Job")
}
