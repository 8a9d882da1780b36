//! Who may enter: channels, groups, hosts that they name.

use super::super::Cluster;
use super::super::access::{DEFAULT_PEERS, WIREGUARD_PORTS};
use super::super::fields::{Findings, Located};
use super::super::network::Range;
use super::super::organisation::Estate;
use super::super::part::{find, names};
use super::{twice, unknown};
use crate::diagnostic::Diagnostic;

/// What a channel can reach beside environments.
pub(in super::super) const ENTRIES: [&str; 3] = ["rancher", "keycloak", "nodes"];

/// The roles of Keycloak's own client for administration.
const ADMINISTRATION: [&str; 17] = [
    "manage-authorization",
    "manage-clients",
    "manage-events",
    "manage-identity-providers",
    "manage-organizations",
    "manage-realm",
    "manage-users",
    "query-clients",
    "query-groups",
    "query-realms",
    "query-users",
    "view-authorization",
    "view-clients",
    "view-events",
    "view-identity-providers",
    "view-realm",
    "view-users",
];

pub(in super::super) fn check(estate: &Estate, found: &mut Findings) {
    channels(estate, found);
    ports(estate, found);
    groups(estate, found);
    hosts(estate, found);
}

fn channels(estate: &Estate, found: &mut Findings) {
    for (name, channel) in &estate.channels {
        let enters = |group: &super::super::Group| {
            group.channel.iter().chain(&group.channels).any(|channel| channel.text == name.text)
        };
        if !estate.groups.iter().any(|(_, group)| enters(group)) {
            let message = format!("no group enters by channel `{}`", name.text);
            found.push(Diagnostic::error(message).at(name.span).hint("name it as `channel` of a group, or remove it"));
        }
        if let Some(host) = &channel.host {
            role(estate, host, "wireguard", found);
        } else if !estate.hosts.is_empty() {
            let message = format!("channel `{}` has no `host` on which its server runs", name.text);
            found.push(Diagnostic::error(message).at(name.span).hint(format!("known hosts: {}", names(&estate.hosts))));
        }
        if let (Some(subnet), Some(range)) =
            (&channel.subnet, channel.subnet.as_ref().and_then(|subnet| Range::parse(&subnet.text)))
        {
            // Without the network, the server and the broadcast address.
            let room = range.size().saturating_sub(3);
            let peers = channel.peers.map_or(DEFAULT_PEERS, |peers| peers.value);
            if peers > room {
                let message = format!("subnet `{}` has room for {room} peers, not for {peers}", subnet.text);
                let span = channel.peers.map_or(subnet.span, |peers| peers.span);
                found.push(Diagnostic::error(message).at(span));
            }
        }
        if channel.reaches.is_empty() && channel.span.is_some() {
            let message = format!("channel `{}` reaches nothing", name.text);
            found.push(
                Diagnostic::error(message)
                    .at(name.span)
                    .hint("list `rancher`, `keycloak` or environments in `reaches`"),
            );
        }
        twice(&channel.reaches, "target", found);
        for target in &channel.reaches {
            reachable(estate, target, found);
        }
    }
}

/// Targets with a slash, and those of clusters, are known here; environments are not.
fn reachable(estate: &Estate, target: &Located, found: &mut Findings) {
    let (cluster, entry) = match target.text.split_once('/') {
        Some((cluster, entry)) => (Some(cluster), entry),
        None => (None, target.text.as_str()),
    };
    if let Some(cluster) = cluster {
        let known = estate.clusters.iter().map(|(name, _)| name.text.as_str());
        if !known.clone().any(|name| name == cluster) {
            let name = Located { text: cluster.to_owned(), span: target.span };
            found.push(unknown(format!("the organisation has no cluster `{cluster}`"), &name, known));
            return;
        }
        if !ENTRIES.contains(&entry) {
            let name = Located { text: entry.to_owned(), span: target.span };
            found.push(unknown(format!("a cluster has no `{entry}` to reach"), &name, ENTRIES.into_iter()));
            return;
        }
    }
    if !ENTRIES.contains(&entry) || entry == "nodes" {
        return;
    }
    let clusters = estate.clusters.iter().filter(|(name, _)| cluster.is_none_or(|cluster| cluster == name.text));
    let has = clusters.clone().any(|(_, stated)| {
        let which = if entry == "rancher" { &stated.rancher } else { &stated.keycloak };
        which.span.is_some()
    });
    if !has && clusters.clone().any(|(_, stated)| stated.span.is_some()) {
        let message = format!("no cluster has a `{entry}` that a channel could reach");
        found.push(
            Diagnostic::error(message)
                .at(target.span)
                .hint(format!("state `{entry}` of a cluster with the address on which it listens")),
        );
    }
}

fn ports(estate: &Estate, found: &mut Findings) {
    let channels = &estate.channels;
    for (at, (name, channel)) in channels.iter().enumerate() {
        let Some(port) = channel.port else { continue };
        if !WIREGUARD_PORTS.contains(&port.value) {
            let (least, most) = (WIREGUARD_PORTS.start(), WIREGUARD_PORTS.end());
            let message = format!(
                "port {} of channel `{}` lies outside of {least}-{most}, which firewalls open",
                port.value, name.text
            );
            found.push(Diagnostic::warning(message).at(port.span));
        }
        let same = |(other, one): &&(Located, super::super::Channel)| {
            let place = |host: &Option<Located>| host.as_ref().map(|host| host.text.clone());
            one.port.is_some_and(|one| one.value == port.value)
                && other.text != name.text
                && place(&one.host) == place(&channel.host)
        };
        if let Some((first, one)) = channels[..at].iter().find(same) {
            let message = format!("port {} of channel `{}` is that of channel `{}`", port.value, name.text, first.text);
            let mut diagnostic = Diagnostic::error(message).at(port.span).hint("each server has a port of its own");
            if let Some(place) = one.port {
                diagnostic = diagnostic.label(place.span, "taken here");
            }
            found.push(diagnostic);
        }
    }
}

fn groups(estate: &Estate, found: &mut Findings) {
    let known = estate.channels.iter().map(|(name, _)| name.text.as_str()).chain(["public"]);
    for (name, group) in &estate.groups {
        for channel in group.channel.iter().chain(&group.channels) {
            if !known.clone().any(|known| known == channel.text) {
                let message = format!("group `{}` enters by channel `{}`, which is not there", name.text, channel.text);
                found.push(unknown(message, channel, known.clone()));
            }
        }
        for cluster in &group.clusters {
            let known = estate.clusters.iter().map(|(name, _)| name.text.as_str());
            if !known.clone().any(|known| known == cluster.text) {
                let message = format!("group `{}` enters cluster `{}`, which is not there", name.text, cluster.text);
                found.push(unknown(message, cluster, known));
            }
        }
        twice(&group.clusters, "cluster", found);
        twice(&group.environments, "environment", found);
        // Others are roles of applications; these would fail in the middle of an installation.
        let administers =
            |role: &&Located| ["manage-", "view-", "query-"].iter().any(|word| role.text.starts_with(word));
        for role in group.keycloak_roles.iter().filter(administers) {
            if !ADMINISTRATION.contains(&role.text.as_str()) {
                let message = format!("Keycloak has no role `{}`", role.text);
                found.push(unknown(message, role, ADMINISTRATION.iter().copied()));
            }
        }
        let role = group.kubernetes.as_ref();
        let public = group.channel.as_ref().is_some_and(|channel| channel.text == "public");
        if let Some(role) = role.filter(|role| public && role.text != "none") {
            let message = format!("group `{}` enters from the internet and has the role `{}`", name.text, role.text);
            found.push(Diagnostic::error(message).at(role.span).hint("give it a channel, or no role"));
        }
    }
}

/// A host that is named has to be there, and to have the role.
pub(super) fn role(estate: &Estate, host: &Located, wanted: &str, found: &mut Findings) {
    let Some(known) = find(&estate.hosts, &host.text) else {
        let names = estate.hosts.iter().map(|(name, _)| name.text.as_str());
        found.push(unknown(format!("the organisation has no host `{}`", host.text), host, names));
        return;
    };
    if !known.roles.iter().any(|role| role.text == wanted) {
        let message = format!("host `{}` has no role `{wanted}`", host.text);
        let mut diagnostic = Diagnostic::error(message).at(host.span).hint(format!("add `{wanted}` to its `roles`"));
        if let Some(role) = known.roles.first() {
            diagnostic = diagnostic.label(role.span, "its roles");
        }
        found.push(diagnostic);
    }
}

fn hosts(estate: &Estate, found: &mut Findings) {
    for host in &estate.load_balancer.hosts {
        role(estate, host, "load-balancer", found);
    }
    twice(&estate.load_balancer.hosts, "host", found);
    let nginx = estate.load_balancer.kind.as_ref().filter(|kind| kind.text == "nginx");
    if let Some(kind) = nginx.filter(|_| estate.load_balancer.hosts.is_empty()) {
        let message = "nginx has no host on which it runs";
        found.push(Diagnostic::error(message).at(kind.span).hint("list `hosts` of the load balancer"));
    }
    if let Some(host) = &estate.backup.host {
        role(estate, host, "backup", found);
    }
    let of_clusters = estate.clusters.iter().map(|(_, cluster)| (Some(cluster), &cluster.storage));
    for (cluster, storage) in of_clusters.chain([(None, &estate.storage)]) {
        for (name, class) in &storage.classes {
            let nfs = class.kind.as_ref().filter(|kind| kind.text == "nfs");
            match (&class.host, nfs) {
                (Some(host), Some(_)) => nfs_server(estate, cluster, host, found),
                (None, Some(kind)) => {
                    let message = format!("storage class `{}` has no `host` with its NFS server", name.text);
                    let is_a_box = cluster.is_some_and(Cluster::is_a_box);
                    let hint = if is_a_box {
                        "name a node, or a host with the role `nfs`"
                    } else {
                        "name a host with the role `nfs`"
                    };
                    found.push(Diagnostic::error(message).at(kind.span).hint(hint));
                }
                (Some(host), None) => {
                    let message = format!("storage class `{}` is no NFS, so nobody reads its `host`", name.text);
                    found.push(Diagnostic::warning(message).at(host.span));
                }
                (None, None) => {}
            }
        }
        if let Some(class) = &storage.class {
            storage_class(estate, storage, class, found);
        }
    }
}

/// The NFS server of a class is a host; in a box it may be a node.
fn nfs_server(estate: &Estate, cluster: Option<&Cluster>, host: &Located, found: &mut Findings) {
    let of = |(_, other): &&(Located, Cluster)| find(&other.nodes, &host.text).is_some();
    let Some((name, other)) = estate.clusters.iter().find(of).filter(|_| find(&estate.hosts, &host.text).is_none())
    else {
        return role(estate, host, "nfs", found);
    };
    let alone = estate.clusters.len() == 1;
    let is_own = cluster.map_or(alone, |cluster| find(&cluster.nodes, &host.text).is_some());
    if is_own && other.is_a_box() {
        return;
    }
    let message = format!("the NFS server `{}` is a node of cluster `{}`", host.text, name.text);
    let hint = "only a box keeps its storage on its own nodes; name a host with the role `nfs`";
    found.push(Diagnostic::error(message).at(host.span).label(name.span, "the cluster").hint(hint));
}

/// A storage class that is named has to be stated.
pub(super) fn storage_class(estate: &Estate, own: &super::super::Storage, class: &Located, found: &mut Findings) {
    let known = own.classes.iter().chain(&estate.storage.classes).map(|(name, _)| name.text.as_str());
    if known.clone().next().is_some() && !known.clone().any(|known| known == class.text) {
        found.push(unknown(format!("there is no storage class `{}`", class.text), class, known));
    }
}
