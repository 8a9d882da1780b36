//! One environment on its own: names, hosts, what its kind asks for.

use super::super::environments::{Environment, Kind};
use super::super::fields::{Findings, Located};
use super::super::organisation::Organisation;
use super::access::ENTRIES;
use super::{lies_below, twice, unknown};
use crate::diagnostic::Diagnostic;

/// Namespaces that belong to Kubernetes and to base components.
const RESERVED: [&str; 14] = [
    "default",
    "local",
    "tigera-operator",
    "metallb-system",
    "ingress-nginx",
    "cis-operator-system",
    "keycloak-system",
    "observability",
    "istio-system",
    "longhorn-system",
    "cert-manager",
    "kube-system",
    "kube-public",
    "kube-node-lease",
];

pub(in super::super) fn check(environment: &Environment, organisation: Option<&Organisation>, found: &mut Findings) {
    namespace(&environment.namespace, found);
    let name = &environment.name;
    if ENTRIES.contains(&name.text.as_str()) {
        let message = format!("name `{}` means something else in `reaches` of access channels", name.text);
        found.push(Diagnostic::error(message).at(name.span).hint("give the environment another `name`"));
    }
    twice(&environment.groups, "group", found);
    hosts(environment, found);
    tls(environment, found);
    replicas(environment, found);
    let settings = &environment.settings;
    let sample = settings.sample_data.filter(|flag| flag.value && environment.kind == Kind::Production);
    if let Some(sample) = sample {
        let message = "a production takes no sample data";
        found.push(Diagnostic::error(message).at(sample.span).label(environment.kind_span(), "its kind"));
    }
    let routes = &settings.routes;
    let ports: Vec<_> =
        [routes.http_port, routes.redirect_port, routes.postgresql_port].into_iter().flatten().collect();
    for (at, port) in ports.iter().enumerate() {
        if let Some(first) = ports[..at].iter().find(|first| first.value == port.value) {
            let message = format!("port {} of the Gateway is taken twice", port.value);
            found.push(Diagnostic::error(message).at(port.span).label(first.span, "here first"));
        }
    }
    if let Some(organisation) = organisation
        && !lies_below(&environment.domain.text, &organisation.domain.text)
    {
        let (domain, outer) = (&environment.domain, &organisation.domain);
        let message = format!("domain `{}` lies outside the organisation's domain `{}`", domain.text, outer.text);
        found.push(Diagnostic::error(message).at(domain.span).label(outer.span, "the organisation's domain"));
    }
    organisation.iter().for_each(|organisation| entrances(environment, organisation, found));
    let levels = ["privileged", "baseline", "restricted"];
    let modes = ["enforce", "audit", "warn"].map(|mode| format!("pod-security.kubernetes.io/{mode}"));
    for (key, level) in &settings.namespace_labels {
        let Some(level) = level else { continue };
        if modes.contains(&key.text) && !levels.contains(&level.text.as_str()) {
            found.push(unknown(format!("there is no pod security `{}`", level.text), level, levels.into_iter()));
        }
    }
}

/// No environment has the host of Rancher, or that of a Keycloak of the organisation beside a Keycloak of its own.
fn entrances(environment: &Environment, organisation: &Organisation, found: &mut Findings) {
    let domain = &environment.domain;
    let mode = environment.settings.keycloak.mode.as_ref();
    let own = mode.filter(|mode| mode.text == "environment" && environment.settings.keycloak.url.is_none());
    for (name, cluster) in &organisation.estate.clusters {
        for (what, entry) in [("Rancher", &cluster.rancher), ("Keycloak", &cluster.keycloak)] {
            let Some(host) = &entry.host else { continue };
            let taken = format!("host `{}` belongs to {what} of cluster `{}`", host.text, name.text);
            let hosts = environment.hosts.iter().filter_map(|(_, host)| host.as_ref()).chain([domain]);
            for other in hosts.filter(|other| other.text == host.text) {
                found.push(Diagnostic::error(taken.clone()).at(other.span).label(host.span, "here"));
            }
            let moved = environment.hosts.iter().any(|(service, host)| service.text == "keycloak" && host.is_some());
            if let Some(mode) = own.filter(|_| !moved && host.text == format!("keycloak.{}", domain.text)) {
                let hint = "set `hosts: {keycloak: HOST}` of the environment, or give it a domain of its own";
                found.push(Diagnostic::error(taken).at(mode.span).label(host.span, "here").hint(hint));
            }
        }
    }
}

fn namespace(namespace: &Located, found: &mut Findings) {
    let name = namespace.text.as_str();
    let prefixes = ["cattle-", "kube-", "fleet-", "cluster-fleet-", "istio-", "calico-"];
    if RESERVED.contains(&name) || prefixes.iter().any(|prefix| name.starts_with(prefix)) {
        let message = format!("namespace `{name}` belongs to the cluster itself");
        found.push(Diagnostic::error(message).at(namespace.span).hint("give the environment a namespace of its own"));
    }
}

fn hosts(environment: &Environment, found: &mut Findings) {
    let domain = &environment.domain;
    let mut taken: Vec<&Located> = Vec::new();
    for (service, host) in &environment.hosts {
        let Some(host) = host else { continue };
        super::organisation::below(host, domain, found);
        if let Some(first) = taken.iter().find(|first| first.text == host.text) {
            let message = format!("host `{}` of `{}` is taken twice", host.text, service.text);
            found.push(Diagnostic::error(message).at(host.span).label(first.span, "here first"));
        }
        taken.push(host);
        covered(environment, host, found);
    }
}

/// A wildcard stands for one label, so that `a.b.DOMAIN` is not covered by `*.DOMAIN`.
fn covered(environment: &Environment, host: &Located, found: &mut Findings) {
    let domain = &environment.domain;
    if !lies_below(&host.text, &domain.text) {
        return;
    }
    let covers = &environment.settings.tls.covers;
    let usual = [domain.text.clone(), format!("*.{}", domain.text)];
    let patterns: Vec<&str> = match covers.is_empty() {
        true => usual.iter().map(String::as_str).collect(),
        false => covers.iter().map(|cover| cover.text.as_str()).collect(),
    };
    let fits = |pattern: &&str| match pattern.strip_prefix("*.") {
        Some(rest) => host.text.split_once('.').is_some_and(|(_, below)| below == rest),
        None => host.text == **pattern,
    };
    if !patterns.iter().any(fits) {
        let message = format!("no certificate covers host `{}`", host.text);
        let mut diagnostic = Diagnostic::error(message)
            .at(host.span)
            .hint(format!("they cover {}; a `*` stands for one label", patterns.join(", ")));
        if let Some(first) = covers.first() {
            diagnostic = diagnostic.label(first.span, "what they cover");
        }
        found.push(diagnostic);
    }
}

fn tls(environment: &Environment, found: &mut Findings) {
    let tls = &environment.settings.tls;
    let strict = environment.settings.requires.load_balancer.is_some_and(|flag| flag.value);
    let kind = environment.kind.name();
    if let Some(ends) = tls.ends_at.as_ref().filter(|ends| ends.text == "istio" && strict) {
        let message = format!("TLS of a {kind} ends before the cluster, not at the ingress gateway");
        found.push(Diagnostic::error(message).at(ends.span).hint("take `nginx` or `load-balancer`"));
    }
    let front = environment.settings.load_balancer.kind.as_ref();
    if let Some(none) = front.filter(|front| front.text == "none" && strict) {
        let message = format!("a {kind} has a load balancer before its cluster");
        found.push(Diagnostic::error(message).at(none.span).hint("take `nginx` or `aws-nlb`"));
    }
    let ends = tls.ends_at.as_ref().map(|ends| ends.text.as_str());
    if let (Some("nginx"), Some(none)) = (ends, front.filter(|front| front.text == "none")) {
        let message = "TLS ends at nginx, but there is no load balancer";
        found.push(Diagnostic::error(message).at(none.span));
    }
    for cover in &tls.covers {
        let bare = cover.text.strip_prefix("*.").unwrap_or(&cover.text);
        if !lies_below(bare, &environment.domain.text) {
            let message =
                format!("the certificate covers `{}` outside of the domain `{}`", cover.text, environment.domain.text);
            found.push(Diagnostic::error(message).at(cover.span).label(environment.domain.span, "the domain"));
        }
    }
    let below = |cover: &Located| cover.text != environment.domain.text;
    if let Some(first) = tls.covers.first().filter(|_| !tls.covers.iter().any(below)) {
        let message = format!("the certificate covers no host of a service, such as `keycloak.{}`", first.text);
        let hint = format!("add `\"*.{}\"`", environment.domain.text);
        found.push(Diagnostic::error(message).at(first.span).hint(hint));
    }
    if tls.certificate.is_some() != tls.key.is_some() {
        let stated = tls.certificate.as_ref().or(tls.key.as_ref());
        let missing = if tls.certificate.is_some() { "key" } else { "certificate" };
        let message = format!("tls has no `{missing}`");
        found.extend(
            stated.map(|stated| Diagnostic::error(message).at(stated.span).hint("state both, or none of them")),
        );
    }
}

fn replicas(environment: &Environment, found: &mut Findings) {
    let settings = &environment.settings;
    let wanted = settings.requires.replicas.map_or(0, |number| number.value);
    let stated = [settings.replicas, settings.keycloak.replicas].into_iter().flatten();
    for replicas in stated.filter(|replicas| replicas.value < wanted) {
        let message =
            format!("a {} runs at least {wanted} pods of a service, not {}", environment.kind.name(), replicas.value);
        found.push(Diagnostic::warning(message).at(replicas.span));
    }
}

impl Environment {
    /// Where its kind stands.
    pub(super) fn kind_span(&self) -> crate::source::Span {
        self.node.get("kind").map_or(self.namespace.span, crate::yaml::Node::span)
    }
}
