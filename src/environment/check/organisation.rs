//! Clusters and what belongs to all of them.

use super::super::environments::Kind;
use super::super::fields::{Findings, Located};
use super::super::organisation::Estate;
use super::super::part::find;
use super::{lies_below, unknown};
use crate::diagnostic::Diagnostic;

pub(in super::super) fn check(estate: &Estate, domain: &Located, found: &mut Findings) {
    for (name, cluster) in &estate.clusters {
        managed(estate, name, cluster, found);
        control_planes(name, cluster, found);
        for (entry, what) in [(&cluster.rancher, "rancher"), (&cluster.keycloak, "keycloak")] {
            if let Some(host) = &entry.host {
                below(host, domain, found);
            }
            let workload = cluster.role.as_ref().is_some_and(|role| role.text == "workload");
            if let Some(span) = entry.span.filter(|_| workload) {
                let message = format!("cluster `{}` holds environments only, but has a `{what}`", name.text);
                let hint = "Rancher and its Keycloak have a cluster of their own; take the role `management` or `all`";
                found.push(Diagnostic::error(message).at(span).hint(hint));
            }
        }
        if let Some(realm) = &cluster.rancher.realm {
            let message = "Rancher has no realm";
            found.push(Diagnostic::error(message).at(realm.span).hint("state it of `keycloak`"));
        }
        let rancher = cluster.role.as_ref().filter(|role| role.text == "management" && cluster.rancher.span.is_none());
        if let Some(role) = rancher {
            let message = format!("cluster `{}` is for Rancher, but has no `rancher`", name.text);
            found.push(Diagnostic::error(message).at(role.span).hint("state its `rancher` and `keycloak`"));
        }
    }
    for (kind, _) in &estate.kinds {
        if Kind::of(&kind.text).is_none() {
            let known = Kind::ALL.into_iter().map(Kind::name);
            found.push(unknown(format!("there is no kind `{}`", kind.text), kind, known));
        }
    }
    if let Some(url) = estate.keycloak.url.as_ref().filter(|_| shared(estate)) {
        url_below(url, domain, found);
    }
    kafka_and_backups(estate, found);
}

fn shared(estate: &Estate) -> bool {
    estate.keycloak.mode.as_ref().is_none_or(|mode| mode.text == "organisation")
}

fn managed(estate: &Estate, name: &Located, cluster: &super::super::Cluster, found: &mut Findings) {
    let Some(by) = &cluster.managed_by else { return };
    let known = estate.clusters.iter().map(|(name, _)| name.text.as_str());
    match find(&estate.clusters, &by.text) {
        None => {
            let message = format!("cluster `{}` is managed by `{}`, which is no cluster", name.text, by.text);
            found.push(unknown(message, by, known));
        }
        Some(manager) if manager.rancher.span.is_none() => {
            let message = format!("cluster `{}` is managed by `{}`, which has no Rancher", name.text, by.text);
            found.push(
                Diagnostic::error(message).at(by.span).hint("name a cluster with the role `management` or `all`"),
            );
        }
        Some(_) => {}
    }
}

/// etcd needs more than half of its members, so that an even number is no safer than one less.
fn control_planes(name: &Located, cluster: &super::super::Cluster, found: &mut Findings) {
    let mut servers =
        cluster.nodes.iter().filter(|(_, node)| node.role.as_ref().is_none_or(|role| role.text == "server"));
    let count = servers.clone().count();
    if let Some((last, _)) = servers.next_back()
        && count % 2 == 0
    {
        let message = format!("cluster `{}` has {count} control planes, an even number", name.text);
        let hint = "take an odd number: one, or three for high availability; others get `role: agent`";
        found.push(Diagnostic::error(message).at(last.span).hint(hint));
    }
    if let Some((first, _)) = cluster.nodes.first()
        && count == 0
    {
        let message = format!("cluster `{}` has nodes but no control plane", name.text);
        found.push(Diagnostic::error(message).at(first.span).hint("give one node the role `server`"));
    }
    let off = |node: &super::super::Machine| node.ingress.is_some_and(|flag| !flag.value);
    if !cluster.nodes.is_empty() && cluster.nodes.iter().all(|(_, node)| off(node)) {
        let message = format!("no node of cluster `{}` runs the ingress gateway", name.text);
        found.push(Diagnostic::error(message).at(name.span).hint("leave `ingress` out on some nodes"));
    }
}

/// A host lies below the domain.
pub(super) fn below(host: &Located, domain: &Located, found: &mut Findings) {
    if !lies_below(&host.text, &domain.text) {
        let message = format!("host `{}` lies outside of the domain `{}`", host.text, domain.text);
        found.push(Diagnostic::error(message).at(host.span).label(domain.span, "the domain"));
    }
}

/// The host of a URL lies below the domain.
pub(super) fn url_below(url: &Located, domain: &Located, found: &mut Findings) {
    let rest = url.text.split_once("://").map_or("", |(_, rest)| rest);
    let host = rest.split(['/', ':', '?']).next().unwrap_or_default();
    if !host.is_empty() && !lies_below(host, &domain.text) {
        let message = format!("host `{host}` lies outside of the domain `{}`", domain.text);
        found.push(Diagnostic::error(message).at(url.span).label(domain.span, "the domain"));
    }
}

fn kafka_and_backups(estate: &Estate, found: &mut Findings) {
    let backup = &estate.backup;
    if backup.enabled.is_some_and(|flag| flag.value) && backup.host.is_none() && !estate.hosts.is_empty() {
        let span = backup.enabled.map(|flag| flag.span).or(backup.span);
        let message = "backups have no `host` that keeps them";
        found.extend(span.map(|span| Diagnostic::error(message).at(span).hint("name a host with the role `backup`")));
    }
    for (group, _) in &backup.schedules {
        let known = ["pg", "etcd", "rancher", "nfs", "configs"];
        if !known.contains(&group.text.as_str()) {
            let message = format!("there is no group `{}` of backups", group.text);
            found.push(unknown(message, group, known.into_iter()));
        } else if !backup.groups.is_empty() && !backup.groups.iter().any(|saved| saved.text == group.text) {
            let message = format!("`{}` has a schedule, but is not saved", group.text);
            let diagnostic = Diagnostic::warning(message).at(group.span);
            let diagnostic =
                backup.groups.iter().take(1).fold(diagnostic, |one, first| one.label(first.span, "what is saved"));
            found.push(diagnostic.hint(format!("add `{}` to `groups` of `backup`", group.text)));
        }
    }
}
