//! More rules that read workloads: further defaults of kube-linter, as demands that not everybody makes.

use super::pod::{at, container_name, spec};
use crate::lint::rule::{Check, Doc, Group, Rule};
use crate::lint::subject::text;
use crate::lint::{Findings, Manifest};
use crate::yaml::Node;

const fn rule(name: &'static str, group: Group, doc: Doc, check: fn(&Manifest, &mut Findings<'_>)) -> Rule {
    Rule { name, group, doc, check: Check::Manifest(check) }
}

pub(super) const RULES: &[Rule] = &[
    rule(
        "budget-keeps-unhealthy-pods",
        Group::Pedantic,
        Doc {
            what: "A PodDisruptionBudget that does not say what happens to pods that are not ready.",
            why: "Pods that never become ready keep their node from being drained.",
            bad: "spec:\n  maxUnavailable: 1",
            good: "spec:\n  maxUnavailable: 1\n  unhealthyPodEvictionPolicy: AlwaysAllow",
        },
        budget_keeps_unhealthy,
    ),
    rule(
        "job-without-ttl",
        Group::Pedantic,
        Doc {
            what: "A Job of its own that stays when it has finished.",
            why: "Finished Jobs and their pods pile up.",
            bad: "kind: Job\nspec: {template: {}}",
            good: "kind: Job\nspec:\n  ttlSecondsAfterFinished: 600",
        },
        job_without_ttl,
    ),
    rule(
        "kept-net-raw",
        Group::Pedantic,
        Doc {
            what: "A container that may send raw packets.",
            why: "Whoever breaks in can pretend to be another pod.",
            bad: "securityContext: {}",
            good: "securityContext:\n  capabilities: {drop: [NET_RAW]}   # or ALL",
        },
        kept_net_raw,
    ),
    rule(
        "replicas-without-anti-affinity",
        Group::Pedantic,
        Doc {
            what: "A workload with several replicas that may all run on one node.",
            why: "When the node fails, all of them are gone.",
            bad: "replicas: 3",
            good: "replicas: 3\n# and in the pods: affinity.podAntiAffinity, or topologySpreadConstraints",
        },
        replicas_without_anti_affinity,
    ),
    rule(
        "undeclared-probe-port",
        Group::Pedantic,
        Doc {
            what: "A probe of a port number that its container does not declare.",
            why: "Nobody sees that the port has a use, and it is forgotten when the port changes.",
            bad: "ports: [{containerPort: 80}]\nreadinessProbe: {httpGet: {port: 8080}}",
            good: "ports: [{containerPort: 8080}]\nreadinessProbe: {httpGet: {port: 8080}}",
        },
        undeclared_probe_port,
    ),
    rule(
        "unsafe-sysctl",
        Group::Security,
        Doc {
            what: "A pod that sets a parameter of the kernel which is not its own.",
            why: "Nodes refuse the pod, or let it disturb others.",
            bad: "sysctls: [{name: kernel.msgmax, value: \"65536\"}]",
            good: "sysctls: [{name: net.ipv4.ip_unprivileged_port_start, value: \"0\"}]",
        },
        unsafe_sysctl,
    ),
];

fn budget_keeps_unhealthy(manifest: &Manifest, findings: &mut Findings<'_>) {
    if manifest.kind() != "PodDisruptionBudget" {
        return;
    }
    let Some(entry) = manifest.node.entry("spec") else { return };
    if entry.value.get("unhealthyPodEvictionPolicy").is_none() {
        let message = format!("{} has no `unhealthyPodEvictionPolicy`", manifest.called());
        at(manifest, &entry.key, message, findings);
    }
}

fn job_without_ttl(manifest: &Manifest, findings: &mut Findings<'_>) {
    if manifest.kind() != "Job" || manifest.is_hook() {
        return;
    }
    let Some(entry) = manifest.node.entry("spec") else { return };
    if entry.value.get("ttlSecondsAfterFinished").is_none() {
        let message = format!("{} has no `ttlSecondsAfterFinished`", manifest.called());
        at(manifest, &entry.key, message, findings);
    }
}

fn kept_net_raw(manifest: &Manifest, findings: &mut Findings<'_>) {
    for container in manifest.containers() {
        let dropped = container.at(&["securityContext", "capabilities", "drop"]).map(Node::items).unwrap_or_default();
        let is_dropped = |one: &Node| {
            let name = text(one, &[]).to_uppercase();
            matches!(name.trim_start_matches("CAP_"), "NET_RAW" | "ALL")
        };
        if !dropped.iter().any(is_dropped) {
            let message = format!("container `{}` keeps NET_RAW", container_name(container));
            at(manifest, container, message, findings);
        }
    }
}

fn replicas_without_anti_affinity(manifest: &Manifest, findings: &mut Findings<'_>) {
    let Some(replicas) = manifest.at(&["spec", "replicas"]) else { return };
    let several = text(replicas, &[]).parse::<u32>().is_ok_and(|number| number > 1);
    let spread = |spec: &Node| {
        let apart = spec.at(&["affinity", "podAntiAffinity"]).is_some_and(|rules| !rules.entries().is_empty());
        apart || spec.get("topologySpreadConstraints").is_some_and(|rules| !rules.items().is_empty())
    };
    if several && spec(manifest).is_some_and(|spec| !spread(spec)) {
        at(manifest, replicas, format!("all pods of {} may run on one node", manifest.called()), findings);
    }
}

fn undeclared_probe_port(manifest: &Manifest, findings: &mut Findings<'_>) {
    for container in manifest.containers() {
        let ports = container.get("ports").map(Node::items).unwrap_or_default();
        for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
            for how in ["httpGet", "tcpSocket", "grpc"] {
                let Some(port) = container.at(&[probe, how, "port"]) else { continue };
                let number = text(port, &[]);
                let declared = ports.iter().any(|one| text(one, &["containerPort"]) == number);
                if number.parse::<u32>().is_ok() && !declared {
                    let name = container_name(container);
                    let message = format!("`{probe}` asks port {number}, which container `{name}` does not declare");
                    at(manifest, port, message, findings);
                }
            }
        }
    }
}

/// Parameters that belong to one pod alone and that every node takes.
const SAFE: &[&str] = &[
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
];

fn unsafe_sysctl(manifest: &Manifest, findings: &mut Findings<'_>) {
    let set = spec(manifest).and_then(|spec| spec.at(&["securityContext", "sysctls"])).map(Node::items);
    for one in set.unwrap_or_default() {
        let name = text(one, &["name"]).replace('/', ".");
        if !name.is_empty() && !SAFE.contains(&name.as_str()) {
            let place = one.get("name").unwrap_or(one);
            at(manifest, place, format!("{} sets `{name}` of its node", manifest.called()), findings);
        }
    }
}
