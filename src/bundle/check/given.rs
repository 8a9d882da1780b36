//! What releases name and need: whether it is given, by whom, and in time.

use super::Proof;
use super::facts::{Facts, Phase, Reference};
use super::index::Giver;
use super::text::targets;
use crate::bundle::{Thing, ThingKind};
use crate::diagnostic::nearest;
use crate::lint::Findings;

/// What Kubernetes makes in every namespace.
const EVERYWHERE: &[(&str, &str)] =
    &[("ConfigMap", "kube-root-ca.crt"), ("ConfigMap", "istio-ca-root-cert"), ("ServiceAccount", "default")];

/// Who gives what a reference names.
enum Given<'p> {
    /// Nobody has to.
    Elsewhere,
    By(&'p [Giver<'p>]),
    Nobody,
}

fn thing_kind(kind: &str) -> Option<ThingKind> {
    Some(match kind {
        "Secret" => ThingKind::Secret,
        "ConfigMap" => ThingKind::ConfigMap,
        "PersistentVolumeClaim" => ThingKind::Claim,
        "ServiceAccount" => ThingKind::ServiceAccount,
        "StorageClass" => ThingKind::StorageClass,
        "Service" => ThingKind::Service,
        "Gateway" => ThingKind::Gateway,
        _ => return None,
    })
}

fn giver<'p>(proof: &'p Proof<'_>, release: usize, reference: &'p Reference) -> Given<'p> {
    let Some(user) = proof.bundle.releases.get(release) else { return Given::Elsewhere };
    let Reference { kind, name, .. } = reference;
    let in_cluster = matches!(*kind, "StorageClass" | "ClusterIssuer" | "ClusterRole" | "PriorityClass");
    let namespace = if in_cluster { "" } else { reference.namespace.as_str() };
    let cluster = user.cluster.as_str();
    if let Some(givers) = proof.index.objects.get(&(cluster, namespace, kind, name.as_str())) {
        return Given::By(givers);
    }
    let home = if in_cluster { user.namespace.as_str() } else { namespace };
    let external = thing_kind(kind).is_some_and(|kind| proof.index.is_external(cluster, home, kind, name));
    let everywhere = EVERYWHERE.contains(&(*kind, name.as_str()));
    let made = matches!(*kind, "Secret" | "ConfigMap" | "PersistentVolumeClaim" | "ServiceAccount")
        && proof.index.made.contains(&(cluster, namespace, name.as_str()));
    if external || everywhere || made || is_assumed(proof, release, reference) {
        return Given::Elsewhere;
    }
    Given::Nobody
}

/// What is there because of the cluster or because nothing is known of the place where it would be.
fn is_assumed(proof: &Proof<'_>, release: usize, reference: &Reference) -> bool {
    let Some(user) = proof.bundle.releases.get(release) else { return true };
    let cluster = user.cluster.as_str();
    match reference.kind {
        "StorageClass" => match proof.surroundings.cluster(cluster) {
            Some(stated) => stated.storage_classes.is_empty() || stated.storage_classes.contains(&reference.name),
            None => true,
        },
        // Of charts that were not fetched nobody knows what they make for all.
        "ClusterRole" => {
            let own = ["cluster-admin", "admin", "edit", "view"];
            own.contains(&reference.name.as_str())
                || reference.name.starts_with("system:")
                || proof.index.partly.contains(cluster)
        }
        "PriorityClass" => {
            let own = ["system-cluster-critical", "system-node-critical"];
            own.contains(&reference.name.as_str()) || proof.index.partly.contains(cluster)
        }
        "Gateway" => {
            let spaces = &proof.surroundings.environments;
            let space = spaces.iter().find(|one| one.cluster == cluster && one.namespace == reference.namespace);
            // That of the environment may be made by hand.
            space.is_some_and(|space| space.gateway == reference.name)
                || !is_known(proof, cluster, &reference.namespace)
        }
        _ => !is_known(proof, cluster, &reference.namespace),
    }
}

/// Whether the bundle says what a namespace holds.
fn is_known(proof: &Proof<'_>, cluster: &str, namespace: &str) -> bool {
    proof.index.namespaces.contains_key(&(cluster, namespace)) || proof.index.based.contains(cluster)
}

fn references<'a>(proof: &Proof<'a>) -> impl Iterator<Item = (usize, &'a Facts, &'a Reference)> {
    let all = proof.facts.iter().enumerate();
    all.flat_map(|(at, facts)| facts.references.iter().map(move |reference| (at, facts, reference)))
}

fn called(facts: &Facts, by: usize) -> String {
    facts.objects.get(by).map(|object| format!("{} `{}`", object.kind, object.name)).unwrap_or_default()
}

/// Whether what an object names matters at the installation.
fn matters(facts: &Facts, reference: &Reference) -> bool {
    !reference.optional && facts.objects.get(reference.by).is_some_and(|object| object.phase != Phase::Never)
}

pub(super) fn missing_reference(proof: &Proof<'_>, findings: &mut Findings<'_>) {
    for (release, facts, reference) in references(proof) {
        if !matters(facts, reference) || !matches!(giver(proof, release, reference), Given::Nobody) {
            continue;
        }
        let spot = proof.spot(release, reference.at, &reference.name, findings);
        let Reference { kind, name, .. } = reference;
        let message = format!(
            "{} of `{}` names the {kind} `{name}`, which nothing gives",
            called(facts, reference.by),
            proof.called(release)
        );
        let near = near_object(proof, release, reference);
        let finding = findings.add(spot, message);
        match near {
            Some(near) => finding.hint(format!("did you mean `{near}`?")),
            None if thing_kind(kind).is_none() => finding
                .hint("let a release give it, or write `# chartwright: allow missing-reference, REASON` at the line"),
            None => finding
                .hint("let a release give it, or list it under `external` of the environment if it is made otherwise"),
        };
    }
}

/// The object of the same kind and namespace whose name is nearest.
fn near_object(proof: &Proof<'_>, release: usize, reference: &Reference) -> Option<String> {
    let cluster = proof.bundle.releases.get(release)?.cluster.as_str();
    let names = proof.index.objects.keys().filter(|(of, namespace, kind, _)| {
        *of == cluster && *kind == reference.kind && (*namespace == reference.namespace || namespace.is_empty())
    });
    let mut names: Vec<&str> = names.map(|(.., name)| *name).collect();
    names.sort_unstable();
    nearest(&reference.name, names.into_iter().map(str::as_bytes))
}

pub(super) fn missing_key(proof: &Proof<'_>, findings: &mut Findings<'_>) {
    for (release, facts, reference) in references(proof) {
        let Some(key) = reference.key.as_ref().filter(|_| matters(facts, reference)) else { continue };
        let known: Option<Vec<&[String]>> = match giver(proof, release, reference) {
            Given::By(givers) => givers.iter().map(|giver| giver.keys).collect(),
            _ => thing_kind(reference.kind)
                .and_then(|kind| external_keys(proof, release, (kind, &reference.namespace, &reference.name)))
                .map(|keys| vec![keys]),
        };
        let Some(known) = known.filter(|all| !all.iter().any(|keys| keys.contains(key))) else { continue };
        let spot = proof.spot(release, reference.at, key, findings);
        let Reference { kind, name, .. } = reference;
        let message = format!(
            "the {kind} `{name}` has no key `{key}`, which {} of `{}` reads",
            called(facts, reference.by),
            proof.called(release)
        );
        let mut keys: Vec<&str> = known.into_iter().flatten().map(String::as_str).collect();
        keys.sort_unstable();
        keys.dedup();
        findings.add(spot, message).hint(format!("it has {}", keys.join(", ")));
    }
    for (release, facts) in proof.facts.iter().enumerate() {
        for (thing, at) in facts.needs.iter().filter(|(thing, _)| !thing.optional) {
            let Some(user) = proof.bundle.releases.get(release) else { continue };
            let namespace = thing.namespace.as_deref().unwrap_or(&user.namespace);
            let Some(keys) = external_keys(proof, release, (thing.kind, namespace, &thing.name)) else { continue };
            let Some(missing) = thing.keys.iter().find(|key| !keys.contains(key)) else { continue };
            let spot = proof.spot(release, *at, &thing.name, findings);
            let (kind, name) = (thing.kind.name(), &thing.name);
            let message = format!("`{}` needs key `{missing}` of the {kind} `{name}`", user.id());
            let hint = format!("`external` of the environment says that it has {}", keys.join(", "));
            findings.add(spot, message).hint(hint);
        }
    }
}

/// The keys that an environment says something has.
fn external_keys<'p>(
    proof: &Proof<'p>,
    release: usize,
    (kind, namespace, name): (ThingKind, &str, &str),
) -> Option<&'p [String]> {
    let cluster = proof.bundle.releases.get(release)?.cluster.as_str();
    proof.index.external.get(&(cluster, namespace, kind, name)).copied().filter(|keys| !keys.is_empty())
}

pub(super) fn late_need(proof: &Proof<'_>, findings: &mut Findings<'_>) {
    for (release, facts, reference) in references(proof) {
        // What a route or a budget names may come later.
        if !matters(facts, reference) || matches!(reference.kind, "Gateway" | "Issuer" | "ClusterIssuer") {
            continue;
        }
        let Given::By(givers) = giver(proof, release, reference) else { continue };
        if givers.iter().any(|giver| proof.comes_before(giver.release, release)) {
            continue;
        }
        let Some(late) = givers.first() else { continue };
        let Reference { kind, name, .. } = reference;
        let what = format!("the {kind} `{name}`");
        add_late(proof, release, late.release, &what, findings);
    }
    for (release, facts) in proof.facts.iter().enumerate() {
        for (thing, _) in facts.needs.iter().filter(|(thing, _)| !thing.optional) {
            let Some(givers) = thing_givers(proof, release, thing) else { continue };
            if let (false, Some(late)) =
                (givers.iter().any(|giver| proof.comes_before(*giver, release)), givers.first())
            {
                let what = format!("the {} `{}`", thing.kind.name(), thing.name);
                add_late(proof, release, *late, &what, findings);
            }
        }
    }
}

/// The line to change is that of the release that comes too early.
fn add_late(proof: &Proof<'_>, release: usize, late: usize, what: &str, findings: &mut Findings<'_>) {
    let Some((spans, giver)) = proof.spans.get(release).zip(proof.bundle.releases.get(late)) else { return };
    let message = format!("`{}` needs {what}, which `{}` gives no earlier", proof.called(release), giver.id());
    let finding = findings.add(spans.needs, message);
    let own = proof.bundle.releases.get(release);
    finding.hint(match own.is_some_and(|own| own.cluster != giver.cluster) {
        true => format!("install environment `{}` of cluster `{}` before it", giver.environment, giver.cluster),
        false => format!("add `{}` to its `needs`", giver.name),
    });
    if let Some(spans) = proof.spans.get(late) {
        finding.label(spans.release, "this gives it");
    }
}

/// The releases that give a thing; none where nobody has to.
fn thing_givers(proof: &Proof<'_>, release: usize, thing: &Thing) -> Option<Vec<usize>> {
    let user = proof.bundle.releases.get(release)?;
    let namespace = thing.namespace.as_deref().unwrap_or(&user.namespace);
    let cluster = user.cluster.as_str();
    if proof.index.is_external(cluster, namespace, thing.kind, &thing.name) {
        return None;
    }
    let mut givers: Vec<usize> = Vec::new();
    if let Some(kind) = thing.kind.object() {
        let in_cluster = matches!(kind, "StorageClass" | "Namespace" | "CustomResourceDefinition");
        let namespace = if in_cluster { "" } else { namespace };
        let found = proof.index.objects.get(&(cluster, namespace, kind, thing.name.as_str()));
        givers.extend(found.into_iter().flatten().map(|giver| giver.release));
    }
    for (giver, given) in proof.index.things.get(&(cluster, thing.kind, thing.name.as_str())).into_iter().flatten() {
        if fits(proof, release, thing, *giver, given) {
            givers.push(*giver);
        }
    }
    let assumed = match thing.kind {
        ThingKind::Url => return url_givers(proof, release, thing),
        ThingKind::Service => {
            let found = proof.index.services.get(&(cluster, namespace, thing.name.as_str())).into_iter().flatten();
            let has = |known: &&super::index::Known<'_>| match (thing.port, known.service) {
                (Some(port), Some(service)) => service.ports.iter().any(|(_, number, _)| *number == port),
                (Some(port), None) => known.port.is_none_or(|known| known == port),
                (None, _) => true,
            };
            givers = found.filter(has).map(|known| known.release).collect();
            !is_known(proof, cluster, namespace)
        }
        ThingKind::Crd => {
            let defined = proof.index.plurals.get(&(cluster, thing.name.as_str()));
            givers.extend(defined.copied().filter(|at| *at != usize::MAX));
            defined == Some(&usize::MAX) || super::order::is_assumed_crd(proof, cluster, &thing.name)
        }
        ThingKind::StorageClass => {
            let stated = proof.surroundings.cluster(cluster).map(|stated| &stated.storage_classes);
            stated.is_none_or(|classes| classes.is_empty() || classes.contains(&thing.name))
        }
        ThingKind::Namespace => {
            givers.extend(proof.index.namespaces.get(&(cluster, thing.name.as_str())));
            !proof.index.based.contains(cluster)
        }
        ThingKind::Webhook | ThingKind::Chart => !proof.index.based.contains(cluster),
        ThingKind::Database => thing.field("host").is_some_and(|host| !is_inside(proof, release, host)),
        // The realm `master` is there with Keycloak, and others are made in the organisation's by its people.
        ThingKind::KeycloakRealm | ThingKind::KeycloakClient => is_elsewhere(proof, cluster, namespace),
        ThingKind::Topic | ThingKind::Bucket => false,
        _ => !is_known(proof, cluster, namespace),
    };
    givers.sort_unstable();
    givers.dedup();
    if givers.is_empty() && assumed { None } else { Some(givers) }
}

/// Whether the Keycloak of a namespace is not part of the bundle.
fn is_elsewhere(proof: &Proof<'_>, cluster: &str, namespace: &str) -> bool {
    let mut spaces = proof.surroundings.environments.iter();
    let shared = spaces.any(|space| space.cluster == cluster && space.namespace == namespace && space.shares_realm);
    shared && !proof.bundle.releases.iter().any(|release| release.chart == "keycloak-init")
}

/// Whether a host is a Service of the cluster.
fn is_inside(proof: &Proof<'_>, release: usize, host: &str) -> bool {
    let Some(user) = proof.bundle.releases.get(release) else { return false };
    let Some(target) = super::text::service_host(host) else { return false };
    target.is_sure
        || target.labels.len() == 1
        || proof.index.service(&user.cluster, &user.namespace, &target.labels).is_some()
}

/// Whether what is given is what is needed, beyond its name.
fn fits(proof: &Proof<'_>, release: usize, thing: &Thing, giver: usize, given: &Thing) -> bool {
    let home = |at: usize| proof.bundle.releases.get(at).map(|release| release.namespace.as_str()).unwrap_or_default();
    let (wanted, have) = (home(release), home(giver));
    let equal = |field: &str| match (thing.field(field), given.field(field)) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    };
    match thing.kind {
        ThingKind::Database => {
            let short = |host: &str, home: &str| match host.split('.').collect::<Vec<_>>()[..] {
                [name] => format!("{name}.{home}"),
                [name, namespace, ..] => format!("{name}.{namespace}"),
                [] => String::new(),
            };
            match (thing.field("host"), given.field("host")) {
                (Some(one), Some(other)) => one == other || short(one, wanted) == short(other, have),
                _ => true,
            }
        }
        ThingKind::KeycloakClient => equal("realm"),
        ThingKind::KeycloakRealm | ThingKind::Crd | ThingKind::StorageClass | ThingKind::Webhook | ThingKind::Chart => {
            true
        }
        _ => {
            let namespace = |thing: &Thing, home: &str| thing.namespace.clone().unwrap_or_else(|| home.to_owned());
            namespace(thing, wanted) == namespace(given, have)
        }
    }
}

/// The releases of other clusters that answer at a URL or above it.
fn beyond(proof: &Proof<'_>, cluster: &str, url: &str) -> Vec<usize> {
    let is_elsewhere = |at: usize| proof.bundle.releases.get(at).is_some_and(|release| release.cluster != cluster);
    let answers = |given: &str| {
        let given = given.trim_end_matches('/');
        given.starts_with("https://")
            && url.strip_prefix(given).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let urls = proof.index.urls.iter().filter(|(given, at)| answers(given) && is_elsewhere(*at));
    urls.map(|(_, at)| *at).collect()
}

/// The releases behind a URL of the cluster; none for one of the world outside.
fn url_givers(proof: &Proof<'_>, release: usize, thing: &Thing) -> Option<Vec<usize>> {
    let user = proof.bundle.releases.get(release)?;
    let found = proof.index.things.get(&(user.cluster.as_str(), ThingKind::Url, thing.name.as_str()));
    if let Some(found) = found {
        return Some(found.iter().map(|(giver, _)| *giver).collect());
    }
    let beyond = beyond(proof, &user.cluster, &thing.name);
    if !beyond.is_empty() {
        return Some(beyond);
    }
    let (target, _) = targets(&thing.name).into_iter().next()?;
    if !target.is_sure && target.labels.len() > 1 {
        return None;
    }
    let (known, _) = proof.index.service(&user.cluster, &user.namespace, &target.labels).unwrap_or_default();
    Some(known.iter().map(|known| known.release).collect())
}

pub(super) fn missing_need(proof: &Proof<'_>, findings: &mut Findings<'_>) {
    for (release, facts) in proof.facts.iter().enumerate() {
        for (thing, at) in facts.needs.iter().filter(|(thing, _)| !thing.optional) {
            if thing_givers(proof, release, thing).is_none_or(|givers| !givers.is_empty()) {
                continue;
            }
            let spot = proof.spot(release, *at, &thing.name, findings);
            let port = thing.port.map(|port| format!(" with port {port}")).unwrap_or_default();
            let why = thing.why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
            let message = format!(
                "`{}` needs the {} `{}`{port}{why}, which nothing gives",
                proof.called(release),
                thing.kind.name(),
                thing.name
            );
            let hint = "let a release give it, or list it under `external` of the environment if it is made otherwise";
            findings.add(spot, message).hint(hint);
        }
    }
}

pub(super) fn unreadable_needs(proof: &Proof<'_>, findings: &mut Findings<'_>) {
    for (release, facts) in proof.facts.iter().enumerate() {
        if let Some((fault, at)) = &facts.notes_fault {
            let spot = proof.spot(release, *at, "", findings);
            findings.add(
                spot,
                format!("what the chart of `{}` needs or provides cannot be read: {fault}", proof.called(release)),
            );
        }
    }
}
