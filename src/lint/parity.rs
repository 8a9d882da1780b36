//! What other linters check, and where it is checked here.

/// A check of another linter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parity {
    /// The linter.
    pub tool: &'static str,
    /// Its check, by its name or in our words where it has none.
    pub check: &'static str,
    /// Our rules.
    pub rules: &'static [&'static str],
    /// Why there is no rule; empty where there is one.
    pub reason: &'static str,
}

const fn helm(check: &'static str, rules: &'static [&'static str]) -> Parity {
    Parity { tool: "helm lint", check, rules, reason: "" }
}

const fn ct(check: &'static str, rules: &'static [&'static str]) -> Parity {
    Parity { tool: "ct lint", check, rules, reason: "" }
}

const fn ah(check: &'static str) -> Parity {
    Parity { tool: "ah lint", check, rules: &["invalid-annotation"], reason: "" }
}

const fn kube(check: &'static str, rules: &'static [&'static str]) -> Parity {
    Parity { tool: "kube-linter", check, rules, reason: "" }
}

const fn none(tool: &'static str, check: &'static str, reason: &'static str) -> Parity {
    Parity { tool, check, rules: &[], reason }
}

const LAYOUT: &str = "layout does not change what a chart does; a formatter sees to it";

/// Every check of `helm lint`, of `ct lint` with its own settings, of `ah lint`, and of kube-linter's default set.
pub const PARITY: &[Parity] = &[
    helm("Chart.yaml is a file", &["unreadable-file"]),
    helm("Chart.yaml is YAML", &["unreadable-file"]),
    helm("Chart.yaml has known fields", &["unknown-field"]),
    helm("name is there and is one", &["invalid-chart-name"]),
    helm("apiVersion", &["unknown-api-version"]),
    helm("version is there and is one", &["invalid-version"]),
    helm("version is strictly one", &["loose-version"]),
    helm("version and appVersion are texts", &["number-for-text"]),
    helm("maintainers have names, mails, addresses", &["invalid-maintainer"]),
    helm("sources are addresses", &["invalid-source-url"]),
    helm("icon is there", &["missing-icon"]),
    helm("icon is an address", &["invalid-icon"]),
    helm("type and dependencies fit apiVersion", &["misplaced-field"]),
    helm("dependencies are in charts/", &["missing-dependency"]),
    helm("charts/ is declared", &["undeclared-dependency"]),
    helm("dependencies have different names", &["repeated-dependency"]),
    helm("crds/ is YAML", &["invalid-crd"]),
    helm("crds/ holds definitions", &["invalid-crd"]),
    helm("templates/ is there", &["missing-templates"]),
    helm("endings of template files", &["bad-template-extension"]),
    helm("templates render", &["render-failure"]),
    helm("documents start unindented", &["indented-document"]),
    helm("templates write YAML", &["invalid-yaml"]),
    helm("objects have names", &["invalid-object-name"]),
    helm("API versions are current", &["deprecated-api"]),
    helm("workloads have selectors", &["missing-selector"]),
    helm("resource-policy inside of a List", &["ignored-resource-policy"]),
    helm("values.yaml is there", &["missing-values-file"]),
    helm("values.yaml is YAML", &["unreadable-file"]),
    helm("values fit the schema", &["unfit-values"]),
    ct("version is incremented", &["unincremented-version"]),
    ct("maintainers are there", &["missing-maintainers"]),
    none("ct lint", "maintainers have accounts", "asks a service; lint uses no network"),
    ct("Chart.yaml fits ct's schema", &["unreadable-file"]),
    ct("key-duplicates", &["duplicate-key"]),
    ct("truthy", &["boolean-key"]),
    none("ct lint", "braces, brackets, colons, commas, hyphens, indentation", LAYOUT),
    none("ct lint", "comments, comments-indentation, document-start, document-end", LAYOUT),
    none("ct lint", "empty-lines, line-length, new-line-at-end-of-file, new-lines, trailing-spaces", LAYOUT),
    ct("each ci/*-values.yaml", &["render-failure"]),
    none("ct lint", "additional commands", "a shell script runs them as well"),
    ah("category"),
    ah("changes"),
    ah("containsSecurityUpdates"),
    ah("crds"),
    ah("crdsExamples"),
    ah("images"),
    ah("links"),
    ah("maintainers"),
    ah("operator"),
    ah("operatorCapabilities"),
    ah("prerelease"),
    ah("recommendations"),
    ah("screenshots"),
    ah("signKey"),
    none("ah lint", "license", "the hub takes any text"),
    kube("dangling-service", &["dangling-service"]),
    kube("deprecated-service-account-field", &["deprecated-service-account-field"]),
    kube("docker-sock", &["docker-socket"]),
    kube("drop-net-raw-capability", &["kept-net-raw"]),
    kube("duplicate-env-var", &["duplicate-merge-key"]),
    kube("env-var-secret", &["secret-in-environment"]),
    kube("host-ipc", &["host-namespace"]),
    kube("host-network", &["host-namespace"]),
    kube("host-pid", &["host-namespace"]),
    kube("invalid-target-ports", &["invalid-target-port"]),
    kube("job-ttl-seconds-after-finished", &["job-without-ttl"]),
    kube("latest-tag", &["moving-image-tag"]),
    kube("liveness-port", &["probe-without-port", "undeclared-probe-port"]),
    kube("mismatching-selector", &["selector-mismatch"]),
    kube("no-anti-affinity", &["replicas-without-anti-affinity"]),
    kube("no-extensions-v1beta", &["deprecated-api"]),
    kube("no-read-only-root-fs", &["writable-root-filesystem"]),
    kube("non-existent-service-account", &["dangling-reference"]),
    kube("pdb-max-unavailable", &["single-replica-budget"]),
    kube("pdb-min-available", &["single-replica-budget"]),
    kube("pdb-unhealthy-pod-eviction-policy", &["budget-keeps-unhealthy-pods"]),
    kube("privilege-escalation-container", &["privilege-escalation"]),
    kube("privileged-container", &["privileged-container"]),
    kube("readiness-port", &["probe-without-port", "undeclared-probe-port"]),
    kube("run-as-non-root", &["root-user"]),
    kube("sensitive-host-mounts", &["sensitive-host-mount"]),
    kube("ssh-port", &["ssh-port"]),
    kube("startup-port", &["probe-without-port", "undeclared-probe-port"]),
    kube("unsafe-sysctls", &["unsafe-sysctl"]),
    kube("unset-cpu-requirements", &["missing-resources"]),
    kube("unset-memory-requirements", &["missing-resources"]),
];
