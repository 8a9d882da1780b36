//! Several environments of one organisation: what no two of them may share.

use super::super::environments::Environment;
use super::super::fields::Located;
use super::super::organisation::Organisation;
use super::access::ENTRIES;
use super::membership::entered;
use super::unknown;
use crate::diagnostic::{Diagnostic, nearest};

/// Whether all environments of the organisation are at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// All of them, so that a name that none of them bears is wrong.
    All,
    /// Some of them.
    Some,
}

/// Tells what environments share that they may not (names, namespaces, domains, hosts, addresses, ports), which of their
/// groups do not reach them, and, where all are known, what channels reach that is not there.
pub fn check_together(
    organisation: Option<&Organisation>,
    environments: &[&Environment],
    known: Known,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (at, environment) in environments.iter().enumerate() {
        for earlier in &environments[..at] {
            pair(earlier, environment, &mut found);
        }
    }
    let names = || environments.iter().map(|environment| environment.name.text.as_str());
    for environment in environments.iter().filter(|environment| !environment.is_base) {
        let is_this = |name: &Located| {
            let text = name.text.as_str();
            let is_known = text.contains('/') || ENTRIES.contains(&text) || names().any(|known| known == text);
            let near = nearest(text, names().map(str::as_bytes)).filter(|_| !is_known && known == Known::All);
            near.is_some_and(|near| near == environment.name.text)
        };
        if let Some(organisation) = organisation {
            entered(environment, organisation, &|stated| stated.iter().any(is_this), &mut found);
        }
    }
    if let Some(organisation) = organisation.filter(|_| known == Known::All) {
        targets(organisation, environments, &mut found);
    }
    found
}

fn clash(message: String, one: &Located, other: &Located, found: &mut Vec<Diagnostic>) {
    found.push(Diagnostic::error(message).at(one.span).label(other.span, "it is taken here"));
}

fn pair(earlier: &Environment, environment: &Environment, found: &mut Vec<Diagnostic>) {
    let same_cluster = earlier.cluster.text == environment.cluster.text;
    let (one, other) = (&environment.namespace, &earlier.namespace);
    let same_namespace = same_cluster && one.text == other.text;
    if same_namespace {
        clash(format!("namespace `{}` is taken by another environment", one.text), one, other, found);
    }
    let (one, other) = (&environment.name, &earlier.name);
    if one.text == other.text && !same_namespace {
        clash(format!("name `{}` is taken by another environment", one.text), one, other, found);
    }
    let (one, other) = (&environment.domain, &earlier.domain);
    if one.text == other.text {
        clash(format!("domain `{}` is taken by another environment", one.text), one, other, found);
    }
    for (_, host) in &environment.hosts {
        let taken = earlier.hosts.iter().filter_map(|(_, other)| other.as_ref());
        let taken = taken.chain([&earlier.domain]);
        let Some(host) = host else { continue };
        if let Some(other) = taken.into_iter().find(|other| other.text == host.text) {
            clash(format!("host `{}` is taken by another environment", host.text), host, other, found);
        }
    }
    let listen = |environment: &Environment| environment.settings.load_balancer.listen.clone();
    if let (Some(one), Some(other)) = (listen(environment), listen(earlier))
        && one.text == other.text
    {
        clash(format!("address `{}` is taken by another environment", one.text), &one, &other, found);
    }
    let port = |environment: &Environment| environment.settings.routes.postgresql_port;
    if let (Some(one), Some(other)) = (port(environment), port(earlier))
        && one.value == other.value
        && same_cluster
    {
        let message = format!("port {} of the ingress gateway is taken by another environment", one.value);
        let diagnostic = Diagnostic::error(message).at(one.span).label(other.span, "it is taken here");
        found.push(diagnostic.hint("of two Gateways for one TCP port Istio honours one"));
    }
}

fn targets(organisation: &Organisation, environments: &[&Environment], found: &mut Vec<Diagnostic>) {
    let names = environments.iter().map(|environment| environment.name.text.as_str());
    for (name, channel) in &organisation.estate.channels {
        for target in &channel.reaches {
            let text = target.text.as_str();
            if text.contains('/') || ENTRIES.contains(&text) || names.clone().any(|name| name == text) {
                continue;
            }
            let message = format!("channel `{}` reaches `{text}`, which is not there", name.text);
            found.push(unknown(message, target, names.clone().chain(ENTRIES)));
        }
    }
    for (name, group) in &organisation.estate.groups {
        for environment in &group.environments {
            if !names.clone().any(|name| name == environment.text) {
                let message = format!("group `{}` enters `{}`, which is no environment", name.text, environment.text);
                found.push(unknown(message, environment, names.clone()));
            }
            let named = environments.iter().find(|one| one.name.text == environment.text);
            if let Some(one) = named.filter(|one| !group.enters_cluster(&organisation.estate, &one.cluster.text)) {
                let cluster = &one.cluster.text;
                let message =
                    format!("group `{}` enters `{}`, but not its cluster `{cluster}`", name.text, environment.text);
                let mut diagnostic = Diagnostic::error(message).at(environment.span);
                if let Some(first) = group.clusters.first() {
                    diagnostic = diagnostic.label(first.span, "its clusters");
                }
                found.push(diagnostic.hint(format!("add `{cluster}` to `clusters` of the group")));
            }
        }
    }
}
