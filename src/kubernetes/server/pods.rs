//! Pods: containers, their ports, variables, probes and mounts.

use super::names;
use super::{Server, as_text, integer, is_set, items, text_of};
use crate::yaml::Node;
use std::collections::HashSet;

/// Who runs a pod: that decides how it may be restarted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Pod,
    /// Something that keeps pods running.
    Controller,
    Job,
}

/// Handlers of probes and hooks.
const HANDLERS: [&str; 5] = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"];

impl<'n> Server<'n> {
    /// A `PodTemplateSpec`.
    pub(super) fn template(&mut self, template: Option<&'n Node>, owner: Owner) {
        self.template_with(template, owner, &[]);
    }

    /// A `PodTemplateSpec` whose owner brings volumes of its own.
    pub(super) fn template_with(&mut self, template: Option<&'n Node>, owner: Owner, volumes: &[&'n str]) {
        let Some(template) = template else { return };
        if let Some(metadata) = template.get("metadata") {
            self.labels(metadata);
            self.annotations(metadata);
        }
        match template.get("spec").filter(|spec| !spec.is_null()) {
            Some(spec) => self.pod_with(spec, owner, volumes),
            None => {
                self.wrong(template, "missing-field", "expected a field `spec`, found none");
            }
        }
    }

    /// A `PodSpec`.
    pub(super) fn pod(&mut self, spec: Option<&'n Node>, owner: Owner) {
        match spec.filter(|spec| !spec.is_null()) {
            Some(spec) => self.pod_with(spec, owner, &[]),
            None => {
                self.wrong(self.root, "missing-field", "expected a field `spec`, found none");
            }
        }
    }

    fn pod_with(&mut self, spec: &'n Node, owner: Owner, volumes: &[&'n str]) {
        let mut known: HashSet<&str> = volumes.iter().copied().collect();
        self.volumes(spec, &mut known);
        let containers = items(spec, "containers");
        if containers.is_empty() && spec.get("containers").is_none_or(|list| list.is_null() || list.entries().is_empty() && list.as_str().is_none()) {
            self.wrong(spec.get("containers").unwrap_or(spec), "missing-field", "expected at least one container, found none");
        }
        let mut names = HashSet::new();
        for key in ["initContainers", "containers", "ephemeralContainers"] {
            for container in items(spec, key) {
                self.container(container, key, &known);
                // Equal names in one list are told as equal merge keys.
                let again = text_of(container, "name").is_some_and(|name| !names.insert((name, key)) || other_list(&names, name, key));
                if again && let Some(name) = container.get("name") {
                    self.duplicate_name(name, key, spec);
                }
            }
        }
        self.pod_fields(spec, owner);
    }

    fn duplicate_name(&mut self, name: &'n Node, key: &str, spec: &'n Node) {
        let same = |container: &&Node| container.get("name").and_then(as_text) == as_text(name);
        if items(spec, key).iter().filter(same).count() < 2 {
            self.wrong(name, "duplicate-merge-key", "expected a name that no other container of the pod has");
        }
    }

    fn pod_fields(&mut self, spec: &'n Node, owner: Owner) {
        let restart: &[&str] = match owner {
            Owner::Pod => &["Always", "OnFailure", "Never"],
            Owner::Controller => &["Always"],
            Owner::Job => &["OnFailure", "Never"],
        };
        self.one_of(spec, "restartPolicy", restart);
        if owner == Owner::Job && text_of(spec, "restartPolicy").unwrap_or_default().is_empty() {
            let hint = "write `restartPolicy: Never` or `OnFailure`";
            self.wrong_hint(spec, "missing-field", "expected a `restartPolicy` in the pods of a Job, found none", hint);
        }
        self.one_of(spec, "dnsPolicy", &["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"]);
        self.one_of(spec, "preemptionPolicy", &["Never", "PreemptLowerPriority"]);
        self.not_negative(spec, &["terminationGracePeriodSeconds"]);
        self.in_range(spec, "activeDeadlineSeconds", 1, i64::from(i32::MAX));
        for key in ["serviceAccountName", "nodeName", "priorityClassName", "runtimeClassName"] {
            spec.get(key).into_iter().for_each(|name| self.named(name, names::dns_subdomain));
        }
        for key in ["hostname", "subdomain"] {
            spec.get(key).into_iter().for_each(|name| self.named(name, names::dns_label));
        }
        self.label_map(spec.get("nodeSelector"));
        if let Some(context) = spec.get("securityContext") {
            self.users(context);
            self.not_negative(context, &["fsGroup"]);
            self.one_of(context, "fsGroupChangePolicy", &["OnRootMismatch", "Always"]);
        }
        for toleration in items(spec, "tolerations") {
            self.toleration(toleration);
        }
        self.affinity(spec.get("affinity"));
        for constraint in items(spec, "topologySpreadConstraints") {
            self.in_range(constraint, "maxSkew", 1, i64::MAX);
            self.one_of(constraint, "whenUnsatisfiable", &["DoNotSchedule", "ScheduleAnyway"]);
            self.selector(constraint.get("labelSelector"));
        }
    }

    fn toleration(&mut self, toleration: &'n Node) {
        self.one_of(toleration, "operator", &["Exists", "Equal", "Lt", "Gt"]);
        self.one_of(toleration, "effect", &["NoSchedule", "PreferNoSchedule", "NoExecute"]);
        let exists = text_of(toleration, "operator") == Some("Exists");
        let empty = |key: &str| text_of(toleration, key).unwrap_or_default().is_empty();
        if let Some(key) = toleration.get("key") {
            self.named(key, names::qualified);
        }
        if exists && !empty("value") {
            self.wrong(toleration, "wrong-value", "expected no `value` beside `operator: Exists`, found one");
        }
        if !exists && empty("key") {
            self.wrong(toleration, "wrong-value", "expected `operator: Exists` where there is no `key`, found another one");
        }
    }

    fn affinity(&mut self, affinity: Option<&'n Node>) {
        let Some(affinity) = affinity else { return };
        for kind in ["podAffinity", "podAntiAffinity"] {
            let Some(rules) = affinity.get(kind) else { continue };
            let preferred = items(rules, "preferredDuringSchedulingIgnoredDuringExecution");
            preferred.iter().for_each(|term| self.in_range(term, "weight", 1, 100));
            let terms = preferred.iter().filter_map(|term| term.get("podAffinityTerm"));
            for term in terms.chain(items(rules, "requiredDuringSchedulingIgnoredDuringExecution")) {
                self.selector(term.get("labelSelector"));
                self.required_text(term, "topologyKey");
            }
        }
        let Some(rules) = affinity.get("nodeAffinity") else { return };
        let preferred = items(rules, "preferredDuringSchedulingIgnoredDuringExecution");
        preferred.iter().for_each(|term| self.in_range(term, "weight", 1, 100));
        let required = rules.get("requiredDuringSchedulingIgnoredDuringExecution");
        if let Some(required) = required.filter(|required| !required.entries().is_empty() && items(required, "nodeSelectorTerms").is_empty()) {
            self.wrong(required, "missing-field", "expected at least one of `nodeSelectorTerms`, found none");
        }
        let terms = required.map(|required| items(required, "nodeSelectorTerms")).unwrap_or_default();
        for term in terms.iter().chain(preferred.iter().filter_map(|term| term.get("preference"))) {
            for requirement in items(term, "matchExpressions") {
                self.one_of(requirement, "operator", &["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]);
                self.operands(requirement);
            }
        }
    }

    fn users(&mut self, context: &'n Node) {
        self.not_negative(context, &["runAsUser", "runAsGroup"]);
        if let Some(profile) = context.get("seccompProfile") {
            self.one_of(profile, "type", &["RuntimeDefault", "Unconfined", "Localhost"]);
        }
    }

    fn container(&mut self, container: &'n Node, list: &str, volumes: &HashSet<&str>) {
        self.required_text(container, "name");
        if let Some(name) = container.get("name") {
            self.named(name, names::dns_label);
        }
        self.image(container);
        self.one_of(container, "imagePullPolicy", &["Always", "IfNotPresent", "Never"]);
        self.one_of(container, "terminationMessagePolicy", &["File", "FallbackToLogsOnError"]);
        self.ports(container);
        items(container, "env").iter().for_each(|variable| self.variable(variable));
        items(container, "envFrom").iter().for_each(|source| self.variables_from(source));
        self.container_resources(container);
        self.mounts(container, volumes);
        for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
            self.probe(container, probe);
        }
        if let Some(lifecycle) = container.get("lifecycle") {
            for hook in ["postStart", "preStop"] {
                lifecycle.get(hook).into_iter().for_each(|hook| self.handler(hook, "a handler"));
            }
        }
        self.container_security(container);
        if list == "initContainers" && text_of(container, "restartPolicy") != Some("Always") {
            for key in ["livenessProbe", "readinessProbe", "startupProbe", "lifecycle"] {
                if let Some(node) = container.get(key).filter(|node| !node.is_null()) {
                    self.wrong(node, "wrong-value", "expected no such field in an init container, found one");
                }
            }
        }
    }

    fn image(&mut self, container: &'n Node) {
        let Some(image) = self.required_text(container, "image") else { return };
        let Some(node) = container.get("image") else { return };
        if image.trim() != image {
            self.wrong(node, "wrong-value", "expected an image without white space around it");
        }
    }

    fn container_security(&mut self, container: &'n Node) {
        let Some(context) = container.get("securityContext") else { return };
        self.users(context);
        let flag = |key: &str| context.get(key).map(Node::kind);
        let (privileged, escalation) = (flag("privileged"), flag("allowPrivilegeEscalation"));
        use crate::yaml::NodeKind::Bool;
        if privileged == Some(&Bool(true)) && escalation == Some(&Bool(false)) {
            self.wrong(context, "wrong-value", "expected not both `privileged: true` and `allowPrivilegeEscalation: false`");
        }
    }

    fn ports(&mut self, container: &'n Node) {
        let mut names = HashSet::new();
        for port in items(container, "ports") {
            self.port(port, "containerPort");
            self.in_range(port, "hostPort", 0, 65535);
            self.one_of(port, "protocol", &["TCP", "UDP", "SCTP"]);
            let Some(name) = port.get("name") else { continue };
            self.named(name, names::port_name);
            let text = as_text(name).filter(|text| !text.is_empty());
            if text.is_some_and(|text| !names.insert(text)) {
                self.wrong(name, "duplicate-merge-key", "expected a name that no other port of the container has");
            }
        }
    }

    fn variable(&mut self, variable: &'n Node) {
        self.required_text(variable, "name");
        let minor = self.minor;
        if let Some(name) = variable.get("name") {
            self.named(name, |text| names::variable(text, minor));
        }
        let Some(from) = variable.get("valueFrom").filter(|from| !from.is_null()) else { return };
        if !text_of(variable, "value").unwrap_or_default().is_empty() {
            self.wrong(from, "wrong-value", "expected `value` or `valueFrom`, found both");
        }
        let sources = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"];
        self.exactly_one(from, &sources, "a source");
        for source in ["configMapKeyRef", "secretKeyRef"] {
            if let Some(source) = from.get(source).filter(|source| !source.is_null()) {
                self.required_text(source, "key");
                self.required_text(source, "name");
            }
        }
    }

    fn variables_from(&mut self, source: &'n Node) {
        self.exactly_one(source, &["configMapRef", "secretRef"], "a source");
        for key in ["configMapRef", "secretRef"] {
            if let Some(source) = source.get(key).filter(|source| !source.is_null()) {
                self.required_text(source, "name");
            }
        }
    }

    /// One of some fields must be set, and no more.
    pub(super) fn exactly_one(&mut self, node: &'n Node, keys: &[&str], what: &str) {
        let count = keys.iter().filter(|key| is_set(node, key)).count();
        let known: Vec<String> = keys.iter().take(6).map(|key| format!("`{key}`")).collect();
        match count {
            1 => {}
            0 => {
                let text = format!("expected {what}, found none");
                self.wrong_hint(node, "missing-field", text, format!("set one of {}", known.join(", ")));
            }
            _ => {
                self.wrong(node, "wrong-value", format!("expected {what}, found {count} of them"));
            }
        }
    }

    fn handler(&mut self, node: &'n Node, what: &str) {
        self.exactly_one(node, &HANDLERS, what);
        if let Some(get) = node.get("httpGet") {
            self.port_or_name(get, "port");
            self.one_of(get, "scheme", &["HTTP", "HTTPS"]);
            if !is_set(get, "port") {
                self.wrong(get, "missing-field", "expected a `port`, found none");
            }
        }
        if let Some(socket) = node.get("tcpSocket") {
            self.port_or_name(socket, "port");
            if !is_set(socket, "port") {
                self.wrong(socket, "missing-field", "expected a `port`, found none");
            }
        }
        if let Some(grpc) = node.get("grpc") {
            self.port(grpc, "port");
        }
        if let Some(exec) = node.get("exec")
            && items(exec, "command").is_empty()
        {
            self.wrong(exec, "missing-field", "expected a `command`, found none");
        }
    }

    fn probe(&mut self, container: &'n Node, key: &str) {
        let Some(probe) = container.get(key).filter(|probe| !probe.is_null()) else { return };
        self.handler(probe, "a handler");
        let counts = ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"];
        self.not_negative(probe, &counts);
        let Some((value, number)) = integer(probe, "successThreshold") else { return };
        if key != "readinessProbe" && number > 1 {
            self.wrong(value, "out-of-range", format!("expected 1 in a {key}, found {number}"));
        }
    }
}

fn other_list(names: &HashSet<(&str, &str)>, name: &str, key: &str) -> bool {
    ["initContainers", "containers", "ephemeralContainers"].iter().any(|list| *list != key && names.contains(&(name, *list)))
}
