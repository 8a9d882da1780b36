//! Variables of values templates about a cluster and who enters it, beside those of one release.

use super::super::check::membership::entering;
use super::super::hosts::reach;
use super::super::part::find;
use super::super::scope::{Table, choices, leaf, list, located};
use super::super::{Cluster, Environment, Group, Located, Organisation, StorageClass};
use crate::source::Span;
use crate::yaml::{Node, NodeKind};
use std::collections::{BTreeMap, BTreeSet};

/// Names of variables with their values.
pub(super) type Facts = Vec<(&'static str, Node)>;

/// What holds for a cluster. `environments` are those that lie there.
pub(super) fn of_cluster(organisation: &Organisation, name: &Located, environments: &[&Environment]) -> Facts {
    let nothing = Cluster::default();
    let cluster = find(&organisation.estate.clusters, &name.text).unwrap_or(&nothing);
    let span = name.span;
    vec![
        ("backups", backups(organisation)),
        ("base", base(organisation, name, cluster, environments)),
        ("certificateSource", source(organisation)),
        ("channels", channels(organisation, environments)),
        ("groups", groups(of_groups(organisation, name), span)),
        ("versions", versions(organisation, name)),
    ]
}

/// What only base infrastructure asks for.
pub(super) fn of_base(organisation: &Organisation, name: &Located, environments: &[&Environment]) -> Facts {
    let own = environments.iter().filter(|one| one.cluster.text == name.text);
    let own = Node::new(name.span, NodeKind::Seq(own.map(|one| environment(organisation, one)).collect()));
    vec![("environments", own), ("managed", managed(organisation, name, environments))]
}

/// What only an environment asks for.
pub(super) fn of_environment(organisation: Option<&Organisation>, environment: &Environment) -> Facts {
    let span = environment.namespace.span;
    let entering = organisation.map(|organisation| entering(environment, organisation)).unwrap_or_default();
    vec![("members", members(&entering, span))]
}

/// What an environment without an organisation knows of its cluster: nothing.
pub(super) fn alone(environment: &Environment) -> Facts {
    let span = environment.cluster.span;
    let empty = |kind: NodeKind| Node::new(span, kind);
    let mut base = Table::new(span);
    base.put("name", located(&environment.cluster));
    base.put("inABox", flag(false, span));
    vec![
        ("backups", empty(NodeKind::Seq(Vec::new()))),
        ("base", base.finish()),
        ("certificateSource", leaf("files", span)),
        ("channels", empty(NodeKind::Map(Vec::new()))),
        ("groups", empty(NodeKind::Seq(Vec::new()))),
        ("versions", empty(NodeKind::Map(Vec::new()))),
    ]
}

fn flag(value: bool, span: Span) -> Node {
    Node::new(span, NodeKind::Bool(value))
}

fn backups(organisation: &Organisation) -> Node {
    let backup = &organisation.estate.backup;
    let span = backup.span.unwrap_or(organisation.name.span);
    let on = backup.enabled.is_some_and(|flag| flag.value);
    list(if on { &backup.groups } else { &[] }, span)
}

fn source(organisation: &Organisation) -> Node {
    let source = organisation.estate.certificates.source.as_ref();
    source.map_or_else(|| leaf("files", organisation.name.span), located)
}

/// Versions of the cluster over those of the organisation.
fn versions(organisation: &Organisation, name: &Located) -> Node {
    let own = organisation.node.at(&["clusters", &name.text, "versions"]);
    let mut all = Table::new(own.map_or(name.span, Node::span));
    let shared = organisation.node.get("versions");
    let mut seen = Vec::new();
    for entry in [own, shared].into_iter().flatten().flat_map(Node::entries) {
        let key = super::super::fields::text(&entry.key);
        if !seen.contains(&key) && !entry.value.is_null() {
            all.put(&key, entry.value.clone());
            seen.push(key);
        }
    }
    all.finish()
}

fn base(organisation: &Organisation, name: &Located, cluster: &Cluster, environments: &[&Environment]) -> Node {
    let span = name.span;
    let estate = &organisation.estate;
    let own = || environments.iter().filter(|one| one.cluster.text == name.text);
    let mut base = Table::new(span);
    let role = cluster.role.as_ref().map_or("workload", |role| role.text.as_str());
    base.put("name", located(name));
    base.put("role", cluster.role.as_ref().map_or_else(|| leaf(role, span), located));
    base.put("inABox", flag(role == "all", cluster.role.as_ref().map_or(span, |role| role.span)));
    base.text("rancherId", &cluster.rancher_id);
    for (key, entry, what) in [("Rancher", &cluster.rancher, "rancher"), ("Keycloak", &cluster.keycloak, "keycloak")] {
        let has = entry.span.is_some() || (role == "management" && what == "rancher");
        base.put(&format!("has{key}"), flag(has, entry.span.unwrap_or(span)));
        if has {
            let mut table = Table::new(entry.span.unwrap_or(span));
            let usual = || leaf(&format!("{what}.{}", organisation.domain.text), organisation.domain.span);
            table.put("host", entry.host.as_ref().map_or_else(usual, located));
            table.number("replicas", entry.replicas);
            table.text("adminSecret", &entry.admin_secret.secret);
            table.text("adminKey", &entry.admin_secret.key);
            base.put(what, table.finish());
        }
    }
    let listens = [&cluster.rancher.listen, &cluster.keycloak.listen].into_iter().flatten().cloned();
    base.put("listen", list(&listens.collect::<Vec<_>>(), span));
    let mut ingress = Table::new(cluster.ingress.span.unwrap_or(span));
    ingress.number("httpNodePort", cluster.ingress.http_node_port);
    ingress.number("statusNodePort", cluster.ingress.status_node_port);
    ingress.number("postgresqlNodePort", cluster.ingress.postgresql_node_port);
    base.put("ingress", ingress.finish());
    let addresses = cluster.nodes.iter().filter(|(_, node)| node.ingress.is_none_or(|flag| flag.value));
    let addresses: Vec<Located> = addresses.filter_map(|(_, node)| node.address.clone()).collect();
    base.put("nodes", list(&addresses, span));
    let classes = classes(organisation, cluster);
    let is_nfs = |class: &&(&Located, &StorageClass)| class.1.kind.as_ref().is_some_and(|kind| kind.text == "nfs");
    base.put("hasNfs", flag(classes.iter().any(|class| is_nfs(&class)), cluster.storage.span.unwrap_or(span)));
    let nfs: Vec<_> = classes.iter().filter(is_nfs).copied().collect();
    base.put("nfs", nfs_classes(organisation, cluster, &nfs, span));
    base.text("storageClass", &cluster.storage.class.clone().or_else(|| estate.storage.class.clone()));
    let monitored = own().find_map(|one| one.settings.monitoring.enabled.filter(|flag| flag.value));
    base.put("monitored", flag(monitored.is_some(), monitored.map_or(span, |flag| flag.span)));
    let stacks: Vec<&Located> = own().filter_map(|one| one.settings.logging.stack.as_ref()).collect();
    let stack = ["loki", "fluentd"].into_iter().find_map(|wanted| stacks.iter().find(|stack| stack.text == wanted));
    base.put("logsTo", stack.map_or_else(|| leaf("none", span), |stack| located(stack)));
    let front = &estate.load_balancer;
    let nginx = front.kind.as_ref().is_some_and(|kind| kind.text == "nginx");
    base.put("proxied", flag(nginx && front.hosts.is_empty() && role != "management", front.span.unwrap_or(span)));
    base.finish()
}

fn classes<'o>(organisation: &'o Organisation, cluster: &'o Cluster) -> Vec<(&'o Located, &'o StorageClass)> {
    let shared = organisation.estate.storage.classes.iter();
    let shared = shared.filter(|(name, _)| find(&cluster.storage.classes, &name.text).is_none());
    cluster.storage.classes.iter().chain(shared).map(|(name, class)| (name, class)).collect()
}

/// Classes on NFS by name: the server's address, the folder, whether it is the cluster's default.
fn nfs_classes(
    organisation: &Organisation,
    cluster: &Cluster,
    classes: &[(&Located, &StorageClass)],
    span: Span,
) -> Node {
    let default = cluster.storage.class.as_ref().or(organisation.estate.storage.class.as_ref());
    let mut all = Table::new(span);
    for (name, class) in classes {
        let mut table = Table::new(class.span.unwrap_or(name.span));
        let server = class.host.as_ref().and_then(|host| {
            let machine = find(&organisation.estate.hosts, &host.text).map(|machine| &machine.address);
            machine.or_else(|| find(&cluster.nodes, &host.text).map(|node| &node.address))?.clone()
        });
        table.text("server", &server);
        table.text("share", &class.path);
        let is_default = default.is_some_and(|default| default.text == name.text);
        table.put("default", flag(is_default, default.map_or(name.span, |default| default.span)));
        all.put(&name.text, table.finish());
    }
    all.finish()
}

/// Access channels that no machine serves, by name.
fn channels(organisation: &Organisation, environments: &[&Environment]) -> Node {
    let mut all = Table::new(organisation.name.span);
    for (name, channel) in organisation.estate.channels.iter().filter(|(_, channel)| channel.host.is_none()) {
        let mut table = Table::new(name.span);
        table.text("subnet", &channel.subnet);
        table.number("port", channel.port);
        table.text("endpoint", &channel.endpoint);
        table.text("dns", &channel.dns);
        // In a box several things have one address.
        let mut by_address: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
        for reach in reach(channel, organisation, environments) {
            by_address.entry(reach.address).or_default().extend(reach.ports);
        }
        let reaches = by_address.into_iter().map(|(address, ports)| {
            let mut one = Table::new(name.span);
            one.put("cidr", leaf(&format!("{address}/32"), name.span));
            let ports = ports.iter().filter_map(|port| i64::try_from(*port).ok());
            let ports = ports.map(|port| Node::new(name.span, NodeKind::Int(port))).collect();
            one.put("ports", Node::new(name.span, NodeKind::Seq(ports)));
            one.finish()
        });
        table.put("reaches", Node::new(name.span, NodeKind::Seq(reaches.collect())));
        all.put(&name.text, table.finish());
    }
    all.finish()
}

/// The groups that enter a cluster.
fn of_groups<'o>(organisation: &'o Organisation, cluster: &'o Located) -> impl Iterator<Item = &'o (Located, Group)> {
    let estate = &organisation.estate;
    estate.groups.iter().filter(|(_, group)| group.enters_cluster(estate, &cluster.text))
}

fn groups<'g>(groups: impl Iterator<Item = &'g (Located, Group)>, span: Span) -> Node {
    let one = |(name, group): &(Located, Group)| {
        let mut table = Table::new(name.span);
        table.put("name", located(name));
        let role = group.kubernetes.as_ref().map_or_else(|| leaf("none", name.span), located);
        table.put("kubernetes", role);
        table.put("keycloakRoles", list(&group.keycloak_roles, name.span));
        table.finish()
    };
    Node::new(span, NodeKind::Seq(groups.map(one).collect()))
}

/// The groups with a role in the namespace: `{group, role}` with Rancher's names of roles.
fn members(entering: &[&(Located, Group)], span: Span) -> Node {
    let one = |(name, group): &&(Located, Group)| {
        let role = group.kubernetes.as_ref().filter(|role| !matches!(role.text.as_str(), "none" | "cluster-owner"))?;
        let mut table = Table::new(name.span);
        table.put("group", located(name));
        table.put("role", located(role));
        Some(table.finish())
    };
    Node::new(span, NodeKind::Seq(entering.iter().filter_map(one).collect()))
}

/// An environment as base infrastructure sees it: its choices and who enters it.
fn environment(organisation: &Organisation, environment: &Environment) -> Node {
    let node = choices(environment);
    let mut entries = node.entries().to_vec();
    let span = environment.name.span;
    let members = members(&entering(environment, organisation), span);
    entries.push(crate::yaml::Entry { key: leaf("members", span), value: members });
    Node::new(node.span(), NodeKind::Map(entries))
}

/// The clusters that a cluster's Rancher manages, with their environments.
fn managed(organisation: &Organisation, name: &Located, environments: &[&Environment]) -> Node {
    let clusters = organisation.estate.clusters.iter();
    let clusters = clusters.filter(|(_, one)| one.managed_by.as_ref().is_some_and(|by| by.text == name.text));
    let one = |(name, cluster): &(Located, Cluster)| {
        let mut table = Table::new(name.span);
        table.put("name", located(name));
        table.text("rancherId", &cluster.rancher_id);
        table.put("groups", groups(of_groups(organisation, name), name.span));
        let own = environments.iter().filter(|one| one.cluster.text == name.text);
        table.put(
            "environments",
            Node::new(name.span, NodeKind::Seq(own.map(|one| environment(organisation, one)).collect())),
        );
        table.finish()
    };
    Node::new(name.span, NodeKind::Seq(clusters.map(one).collect()))
}
