//! Rules that read pods and what stands around them: what kube-linter checks unless told otherwise.

use super::manifest::selects;
use crate::lint::rule::{Check, Doc, Group, Rule};
use crate::lint::subject::text;
use crate::lint::{Case, Findings, Manifest};
use crate::yaml::Node;

/// A rule about one rendered object.
const fn rule(name: &'static str, group: Group, doc: Doc, check: fn(&Manifest, &mut Findings<'_>)) -> Rule {
    Rule { name, group, doc, check: Check::Manifest(check) }
}

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "dangling-service",
        group: Group::Suspicious,
        doc: Doc {
            what: "A Service that selects no pods of the chart.",
            why: "Nobody answers.",
            bad: "selector: {app: shpo}",
            good: "selector: {app: shop}",
        },
        check: Check::Case(dangling_service),
    },
    rule(
        "deprecated-service-account-field",
        Group::Style,
        Doc {
            what: "`serviceAccount` in a pod.",
            why: "The field is deprecated for `serviceAccountName`.",
            bad: "serviceAccount: shop",
            good: "serviceAccountName: shop",
        },
        deprecated_service_account,
    ),
    rule(
        "docker-socket",
        Group::Security,
        Doc {
            what: "A pod that mounts the socket of the container runtime.",
            why: "Whoever owns the pod owns the node.",
            bad: "hostPath: {path: /var/run/docker.sock}",
            good: "# build images outside of the cluster",
        },
        docker_socket,
    ),
    rule(
        "host-namespace",
        Group::Security,
        Doc {
            what: "A pod in the network, process or IPC namespace of its node.",
            why: "It sees and reaches what belongs to other pods and to the node.",
            bad: "hostNetwork: true",
            good: "hostNetwork: false",
        },
        host_namespace,
    ),
    rule(
        "invalid-target-port",
        Group::Correctness,
        Doc {
            what: "A port of a Service or container whose name Kubernetes refuses.",
            why: "The API server refuses the object.",
            bad: "targetPort: my_http_port_name",
            good: "targetPort: http",
        },
        invalid_target_port,
    ),
    rule(
        "missing-resources",
        Group::Pedantic,
        Doc {
            what: "A container without requests for CPU and memory or without a limit of memory.",
            why: "The scheduler cannot plan, and one pod can take a node's memory.",
            bad: "resources: {}",
            good: "resources:\n  requests: {cpu: 100m, memory: 128Mi}\n  limits: {memory: 256Mi}",
        },
        missing_resources,
    ),
    rule(
        "moving-image-tag",
        Group::Suspicious,
        Doc {
            what: "A container image without a tag, or with the tag `latest`.",
            why: "The same manifest runs other software tomorrow.",
            bad: "image: nginx:latest",
            good: "image: nginx:1.27.3",
        },
        moving_image_tag,
    ),
    rule(
        "privilege-escalation",
        Group::Security,
        Doc {
            what: "A container that allows its processes to gain more rights.",
            why: "A hole in the program becomes a hole in the node.",
            bad: "securityContext: {allowPrivilegeEscalation: true}",
            good: "securityContext: {allowPrivilegeEscalation: false}",
        },
        privilege_escalation,
    ),
    rule(
        "privileged-container",
        Group::Security,
        Doc {
            what: "A privileged container.",
            why: "It can do to the node whatever root can.",
            bad: "securityContext: {privileged: true}",
            good: "securityContext: {capabilities: {add: [NET_BIND_SERVICE]}}",
        },
        privileged_container,
    ),
    rule(
        "probe-without-port",
        Group::Suspicious,
        Doc {
            what: "A probe of a port that its container does not declare by that name.",
            why: "The probe fails, and the pod is restarted for ever.",
            bad: "ports: [{name: web, containerPort: 80}]\nreadinessProbe: {httpGet: {port: http}}",
            good: "ports: [{name: http, containerPort: 80}]\nreadinessProbe: {httpGet: {port: http}}",
        },
        probe_without_port,
    ),
    rule(
        "root-user",
        Group::Pedantic,
        Doc {
            what: "A container that may run as root.",
            why: "A hole in the container runtime gives the node away.",
            bad: "securityContext: {}",
            good: "securityContext: {runAsNonRoot: true}",
        },
        root_user,
    ),
    rule(
        "secret-in-environment",
        Group::Security,
        Doc {
            what: "A variable whose name says secret and whose value stands in the manifest.",
            why: "Everybody who may read pods reads the secret.",
            bad: "env: [{name: DB_PASSWORD, value: hunter2}]",
            good: "env: [{name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: db, key: password}}}]",
        },
        secret_in_environment,
    ),
    rule(
        "sensitive-host-mount",
        Group::Security,
        Doc {
            what: "A pod that mounts a folder of the node's system.",
            why: "It reads, or changes, what keeps the node together.",
            bad: "hostPath: {path: /etc}",
            good: "emptyDir: {}",
        },
        sensitive_host_mount,
    ),
    rule(
        "ssh-port",
        Group::Security,
        Doc {
            what: "A container that opens port 22.",
            why: "A login server in a container is a door that nobody watches.",
            bad: "ports: [{containerPort: 22}]",
            good: "# kubectl exec",
        },
        ssh_port,
    ),
    rule(
        "writable-root-filesystem",
        Group::Pedantic,
        Doc {
            what: "A container whose root file system can be written.",
            why: "Who breaks in can change the program.",
            bad: "securityContext: {}",
            good: "securityContext: {readOnlyRootFilesystem: true}",
        },
        writable_root,
    ),
];

pub(super) fn spec(manifest: &Manifest) -> Option<&Node> {
    manifest.pod()?.get("spec")
}

pub(super) fn container_name(container: &Node) -> String {
    text(container, &["name"])
}

/// Adds a finding at a node of the object.
pub(super) fn at(manifest: &Manifest, node: &Node, message: String, findings: &mut Findings<'_>) {
    let spot = manifest.spot(node, findings.sources);
    findings.add(spot, message);
}

fn dangling_service(case: &Case, findings: &mut Findings<'_>) {
    for service in case.of_kind("Service") {
        let Some(entry) = service.at(&["spec"]).and_then(|spec| spec.entry("selector")) else { continue };
        if entry.value.entries().is_empty() {
            continue;
        }
        let mut pods = case.manifests.iter().filter_map(Manifest::pod).peekable();
        // A chart without workloads serves pods of others.
        let custom =
            case.manifests.iter().any(|one| one.api_version().contains('.') && one.at(&["spec", "replicas"]).is_some());
        if pods.peek().is_some() && !custom && !pods.any(|pod| selects(&entry.value, pod.at(&["metadata", "labels"]))) {
            at(service, &entry.key, format!("{} selects no pods of the chart", service.called()), findings);
        }
    }
}

fn deprecated_service_account(manifest: &Manifest, findings: &mut Findings<'_>) {
    if let Some(entry) = spec(manifest).and_then(|spec| spec.entry("serviceAccount")) {
        at(manifest, &entry.key, "expected `serviceAccountName`, found `serviceAccount`".to_owned(), findings);
    }
}

fn host_paths(manifest: &Manifest) -> Vec<&Node> {
    let volumes = spec(manifest).and_then(|spec| spec.get("volumes")).map(Node::items).unwrap_or_default();
    volumes.iter().filter_map(|volume| volume.at(&["hostPath", "path"])).collect()
}

fn docker_socket(manifest: &Manifest, findings: &mut Findings<'_>) {
    for path in host_paths(manifest) {
        let shown = text(path, &[]);
        if shown.ends_with("docker.sock") || shown.ends_with("containerd.sock") {
            at(manifest, path, format!("{} mounts `{shown}`", manifest.called()), findings);
        }
    }
}

/// Folders of a node's system.
const SENSITIVE: &[&str] = &["/", "/boot", "/dev", "/etc", "/lib", "/proc", "/sys", "/usr"];

fn sensitive_host_mount(manifest: &Manifest, findings: &mut Findings<'_>) {
    for path in host_paths(manifest) {
        let shown = text(path, &[]);
        let trimmed = if shown.len() > 1 { shown.trim_end_matches('/') } else { &shown };
        if SENSITIVE.contains(&trimmed) {
            at(manifest, path, format!("{} mounts `{shown}` of its node", manifest.called()), findings);
        }
    }
}

fn host_namespace(manifest: &Manifest, findings: &mut Findings<'_>) {
    for key in ["hostNetwork", "hostPID", "hostIPC"] {
        let Some(entry) = spec(manifest).and_then(|spec| spec.entry(key)) else { continue };
        if text(&entry.value, &[]) == "true" {
            at(manifest, &entry.key, format!("{} has `{key}`", manifest.called()), findings);
        }
    }
}

/// Whether a text is the name of a port: at most 15 small letters, digits and single dashes, with a letter.
fn is_port_name(name: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=15).contains(&name.len())
        && name.bytes().all(inside)
        && name.bytes().any(|byte| byte.is_ascii_lowercase())
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.contains("--")
}

fn invalid_target_port(manifest: &Manifest, findings: &mut Findings<'_>) {
    let ports =
        manifest.at(&["spec", "ports"]).filter(|_| manifest.kind() == "Service").map(Node::items).unwrap_or_default();
    let targets = ports.iter().filter_map(|port| port.get("targetPort"));
    let containers = manifest.containers();
    let named = containers.iter().filter_map(|container| container.get("ports")).flat_map(Node::items);
    let names = named.filter_map(|port| port.get("name"));
    for port in targets.chain(names) {
        let shown = text(port, &[]);
        let fits = match shown.parse::<u32>() {
            Ok(number) => (1..=65535).contains(&number),
            Err(_) => is_port_name(&shown),
        };
        if !fits && !shown.is_empty() {
            at(manifest, port, format!("`{shown}` is no port"), findings);
        }
    }
}

fn missing_resources(manifest: &Manifest, findings: &mut Findings<'_>) {
    for container in manifest.containers() {
        let wanted: [&[&str]; 3] = [
            &["resources", "requests", "cpu"],
            &["resources", "requests", "memory"],
            &["resources", "limits", "memory"],
        ];
        let missing: Vec<String> = wanted
            .iter()
            .filter(|path| container.at(path).is_none())
            .map(|path| format!("`{}`", path.get(1..).unwrap_or_default().join(".")))
            .collect();
        if !missing.is_empty() {
            let message = format!("container `{}` has no {}", container_name(container), missing.join(", "));
            at(manifest, container, message, findings);
        }
    }
}

fn moving_image_tag(manifest: &Manifest, findings: &mut Findings<'_>) {
    for container in manifest.containers() {
        let Some(image) = container.get("image") else { continue };
        let shown = text(image, &[]);
        let base = shown.rsplit('/').next().unwrap_or_default();
        if shown.contains('@') || shown.is_empty() {
            continue;
        }
        match base.split_once(':') {
            None => at(manifest, image, format!("image `{shown}` has no tag"), findings),
            Some((_, "latest")) => at(manifest, image, format!("image `{shown}` moves"), findings),
            Some((_, "")) => at(manifest, image, format!("image `{shown}` has an empty tag"), findings),
            Some(_) => {}
        }
    }
}

fn privilege_escalation(manifest: &Manifest, findings: &mut Findings<'_>) {
    for container in manifest.containers() {
        let Some(context) = container.get("securityContext") else { continue };
        let entry = context.entry("allowPrivilegeEscalation");
        if let Some(entry) = entry.filter(|entry| text(&entry.value, &[]) == "true") {
            let message = format!("container `{}` allows privilege escalation", container_name(container));
            at(manifest, &entry.key, message, findings);
        }
        for added in context.at(&["capabilities", "add"]).map(Node::items).unwrap_or_default() {
            if matches!(text(added, &[]).to_uppercase().as_str(), "SYS_ADMIN" | "CAP_SYS_ADMIN" | "ALL") {
                let message = format!("container `{}` has `{}`", container_name(container), text(added, &[]));
                at(manifest, added, message, findings);
            }
        }
    }
}

fn privileged_container(manifest: &Manifest, findings: &mut Findings<'_>) {
    for container in manifest.containers() {
        let entry = container.get("securityContext").and_then(|context| context.entry("privileged"));
        if let Some(entry) = entry.filter(|entry| text(&entry.value, &[]) == "true") {
            at(manifest, &entry.key, format!("container `{}` is privileged", container_name(container)), findings);
        }
    }
}

fn probe_without_port(manifest: &Manifest, findings: &mut Findings<'_>) {
    for container in manifest.containers() {
        let ports = container.get("ports").map(Node::items).unwrap_or_default();
        for (probe, how) in ["livenessProbe", "readinessProbe", "startupProbe"]
            .into_iter()
            .flat_map(|probe| ["httpGet", "tcpSocket"].map(|how| (probe, how)))
        {
            let Some(port) = container.at(&[probe, how, "port"]) else { continue };
            let shown = text(port, &[]);
            let known = ports.iter().any(|one| text(one, &["name"]) == shown);
            if shown.parse::<u32>().is_err() && !known {
                let message = format!(
                    "`{probe}` asks port `{shown}`, which container `{}` does not declare",
                    container_name(container)
                );
                at(manifest, port, message, findings);
            }
        }
    }
}

fn root_user(manifest: &Manifest, findings: &mut Findings<'_>) {
    let pod = spec(manifest).and_then(|spec| spec.get("securityContext"));
    let safe = |context: Option<&Node>| {
        context.is_some_and(|context| {
            let user = text(context, &["runAsUser"]);
            text(context, &["runAsNonRoot"]) == "true" || (!user.is_empty() && user != "0")
        })
    };
    for container in manifest.containers() {
        if !safe(container.get("securityContext")) && !safe(pod) {
            at(manifest, container, format!("container `{}` may run as root", container_name(container)), findings);
        }
    }
}

/// Endings of names that say where a secret is, or something about it.
const ABOUT_SECRETS: &[&str] =
    &["_name", "_names", "_file", "_path", "_ref", "_dir", "_url", "_uri", "_type", "_ttl", "_enabled", "_mount"];

/// Beginnings of names that switch something.
const SWITCHES: &[&str] = &["allow_", "enable_", "disable_", "use_", "has_", "is_", "require_", "skip_"];

/// Whether a variable of this name holds a secret.
fn is_secret_name(name: &str) -> bool {
    let lower = name.to_lowercase();
    let ends = ["password", "token", "private_key"].iter().any(|word| lower.ends_with(word));
    let about = ABOUT_SECRETS.iter().any(|end| lower.ends_with(end));
    let switches = SWITCHES.iter().any(|start| lower.starts_with(start));
    (ends || lower.contains("secret")) && !about && !switches
}

/// Whether a value only says where a secret is, or is none: a switch, a path, another variable.
fn is_no_secret(value: &str) -> bool {
    let is_switch =
        ["true", "false", "yes", "no", "on", "off", "none", "null"].contains(&value.to_lowercase().as_str());
    let is_path = value.starts_with('/') && !value.contains(char::is_whitespace);
    let is_variable = value.starts_with("$(") && value.ends_with(')');
    value.is_empty() || is_switch || is_path || is_variable
}

fn secret_in_environment(manifest: &Manifest, findings: &mut Findings<'_>) {
    for container in manifest.containers() {
        for variable in container.get("env").map(Node::items).unwrap_or_default() {
            let (name, value) = (text(variable, &["name"]), text(variable, &["value"]));
            if let (true, false, Some(node)) = (is_secret_name(&name), is_no_secret(&value), variable.get("value")) {
                at(manifest, node, format!("the value of `{name}` stands in the manifest"), findings);
            }
        }
    }
}

fn ssh_port(manifest: &Manifest, findings: &mut Findings<'_>) {
    for container in manifest.containers() {
        for port in container.get("ports").map(Node::items).unwrap_or_default() {
            let Some(number) = port.get("containerPort").filter(|port| text(port, &[]) == "22") else { continue };
            at(manifest, number, format!("container `{}` opens port 22", container_name(container)), findings);
        }
    }
}

fn writable_root(manifest: &Manifest, findings: &mut Findings<'_>) {
    for container in manifest.containers() {
        if text(container, &["securityContext", "readOnlyRootFilesystem"]) != "true" {
            let message = format!("container `{}` can write its root file system", container_name(container));
            at(manifest, container, message, findings);
        }
    }
}
