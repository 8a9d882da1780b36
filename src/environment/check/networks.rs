//! Addresses: no two networks overlap, every machine lies in its network, no address or port is taken twice.

use super::super::clusters::{DEFAULT_PODS, DEFAULT_SERVICES};
use super::super::fields::{Findings, Located};
use super::super::network::Range;
use super::super::organisation::Estate;
use super::twice;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// The networks of an organisation with what they are.
struct Claim {
    what: String,
    range: Range,
    span: Span,
    kind: ClaimKind,
    /// The cluster to which it belongs, if to one.
    cluster: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ClaimKind {
    /// Nodes of several clusters may share one network.
    Nodes,
    Stated,
    /// RKE2's default, which several clusters may have.
    Default,
}

pub(in super::super) fn check(estate: &Estate, found: &mut Findings) {
    let claims = claims(estate, found);
    overlaps(&claims, found);
    names(estate, found);
    machines(estate, &claims, found);
    moving(estate, &claims, found);
    addresses(estate, found);
    lists(estate, found);
    node_ports(estate, found);
}

/// Networks that are listed: of administrators, of those who may reach an export.
fn lists(estate: &Estate, found: &mut Findings) {
    for network in &estate.admin_networks {
        range(network, "network", found);
    }
    twice(&estate.admin_networks, "network", found);
    let storages = estate.clusters.iter().map(|(_, cluster)| &cluster.storage).chain([&estate.storage]);
    for (_, class) in storages.flat_map(|storage| &storage.classes) {
        for network in &class.clients {
            range(network, "network", found);
        }
    }
}

/// What Kubernetes asks of the size of a network: each node takes a `/24` of the pods' one, and the services' one has
/// between a `/12` and the `/28` in which the address of DNS, the tenth, has its place.
fn sized(which: &str, network: &Located, nodes: usize, found: &mut Findings) {
    let Some(range) = Range::parse(&network.text) else { return };
    let told = match (which, range.prefix()) {
        ("pod", prefix) => {
            let room = 1_u64.checked_shl(24_u32.saturating_sub(prefix)).filter(|_| prefix <= 24).unwrap_or(0);
            (room < nodes.max(1) as u64).then(|| {
                (format!("has room for {room} nodes, not for {}", nodes.max(1)), "each node takes a /24 of it")
            })
        }
        ("service", 29..) => Some(("is too small".to_owned(), "take a /28 or larger, such as 10.43.0.0/16")),
        ("service", ..12) => Some(("is too large".to_owned(), "Kubernetes takes a /12 or smaller")),
        _ => None,
    };
    if let Some((what, hint)) = told {
        let message = format!("{which} network `{}` {what}", network.text);
        found.push(Diagnostic::error(message).at(network.span).hint(hint));
    }
}

/// An address that a machine can have: no loopback, no multicast, neither the first nor the last of its network.
fn usable(address: &Located, range: Range, claims: &[Claim], found: &mut Findings) {
    let nobodys = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"];
    let within = |network: &&str| Range::parse(network).is_some_and(|network| network.contains(range));
    if let Some(network) = nobodys.iter().find(|network| within(network)) {
        let message = format!("no machine can have address `{}` (of {network})", address.text);
        found.push(Diagnostic::error(message).at(address.span).hint("write the address that the network team gave it"));
        return;
    }
    let edge = |claim: &&Claim| {
        let last = u32::try_from(claim.range.size() - 1).unwrap_or(u32::MAX);
        let own = [0, last].map(|at| Range::parse(&claim.range.nth(at).to_string()));
        claim.kind == ClaimKind::Nodes && claim.range.prefix() < 31 && own.contains(&Some(range))
    };
    if let Some(network) = claims.iter().find(edge) {
        let message = format!("address `{}` is the first or last one of network `{}`", address.text, network.range);
        let hint = "no machine can have these two: they mean the network itself and everybody in it";
        found.push(Diagnostic::error(message).at(address.span).label(network.span, "the network").hint(hint));
    }
}

fn range(stated: &Located, what: &str, found: &mut Findings) -> Option<Range> {
    let range = Range::parse(&stated.text)?;
    if !range.is_network() {
        let message = format!("{what} `{}` has bits behind its prefix", stated.text);
        found.push(Diagnostic::error(message).at(stated.span).hint(format!("write `{}`", range.network())));
    }
    Some(range)
}

fn claims(estate: &Estate, found: &mut Findings) -> Vec<Claim> {
    let mut claims = Vec::new();
    for (at, (name, cluster)) in estate.clusters.iter().enumerate() {
        let networks = &cluster.networks;
        let mut stated = |which: &str, network: &Option<Located>, kind: ClaimKind| {
            let what = format!("{which} network of cluster `{}`", name.text);
            if let Some(network) = network
                && let Some(range) = range(network, &what, found)
            {
                claims.push(Claim { what, range, span: network.span, kind, cluster: Some(at) });
            }
        };
        stated("node", &networks.nodes, ClaimKind::Nodes);
        stated("pod", &networks.pods, ClaimKind::Stated);
        stated("service", &networks.services, ClaimKind::Stated);
        for (which, network) in [("pod", &networks.pods), ("service", &networks.services)] {
            network.iter().for_each(|network| sized(which, network, cluster.nodes.len(), found));
        }
        if cluster.span.is_none() || (networks.span.is_none() && cluster.nodes.is_empty()) {
            continue;
        }
        let defaults = [("pod", &networks.pods, DEFAULT_PODS), ("service", &networks.services, DEFAULT_SERVICES)];
        for (which, _, default) in defaults.into_iter().filter(|(_, network, _)| network.is_none()) {
            let what = format!("{which} network of cluster `{}` (RKE2's default {default})", name.text);
            if let Some(range) = Range::parse(default) {
                claims.push(Claim { what, range, span: name.span, kind: ClaimKind::Default, cluster: Some(at) });
            }
        }
    }
    for (name, channel) in &estate.channels {
        let what = format!("subnet of channel `{}`", name.text);
        let Some(subnet) = &channel.subnet else { continue };
        let Some(range) = range(subnet, &what, found) else { continue };
        if !range.is_private() {
            let message = format!("{what} `{}` belongs to the internet", subnet.text);
            found.push(
                Diagnostic::error(message)
                    .at(subnet.span)
                    .hint("take one of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16"),
            );
        }
        claims.push(Claim { what, range, span: subnet.span, kind: ClaimKind::Stated, cluster: None });
    }
    claims
}

fn overlaps(claims: &[Claim], found: &mut Findings) {
    for (at, one) in claims.iter().enumerate() {
        for other in &claims[..at] {
            let shared = one.kind == ClaimKind::Nodes && other.kind == ClaimKind::Nodes && one.range == other.range;
            let defaults = one.kind == ClaimKind::Default && other.kind == ClaimKind::Default;
            if !one.range.overlaps(other.range) || shared || (defaults && one.cluster != other.cluster) {
                continue;
            }
            // The stated one is the one to change.
            let (one, other) = if one.kind == ClaimKind::Default { (other, one) } else { (one, other) };
            let message = format!("{} `{}` overlaps the {} `{}`", one.what, one.range, other.what, other.range);
            found.push(
                Diagnostic::error(message)
                    .at(one.span)
                    .label(other.span, "with this one")
                    .hint("give each network addresses of its own"),
            );
        }
    }
}

/// No two machines have one name: each has a folder of that name with its files.
fn names(estate: &Estate, found: &mut Findings) {
    let nodes = estate.clusters.iter().flat_map(|(cluster, stated)| {
        stated.nodes.iter().map(move |(name, _)| (format!("a node of cluster `{}`", cluster.text), name))
    });
    let all: Vec<(String, &Located)> =
        nodes.chain(estate.hosts.iter().map(|(name, _)| ("a host".to_owned(), name))).collect();
    for (at, (_, name)) in all.iter().enumerate() {
        if let Some((first, place)) = all[..at].iter().find(|(_, first)| first.text == name.text) {
            let message = format!("machine `{}` has the name of {first}", name.text);
            let hint = "give each machine a name of its own";
            found.push(Diagnostic::error(message).at(name.span).label(place.span, "here").hint(hint));
        }
    }
}

fn machines(estate: &Estate, claims: &[Claim], found: &mut Findings) {
    for (at, (cluster, stated)) in estate.clusters.iter().enumerate() {
        let network = claims.iter().find(|claim| claim.kind == ClaimKind::Nodes && claim.cluster == Some(at));
        for (node, machine) in &stated.nodes {
            let Some(address) = &machine.address else { continue };
            let Some(range) = Range::parse(&address.text) else { continue };
            if let Some(network) = network
                && !network.range.contains(range)
            {
                let message = format!(
                    "node `{}` has address `{}` outside of the node network `{}` of cluster `{}`",
                    node.text, address.text, network.range, cluster.text
                );
                found.push(Diagnostic::error(message).at(address.span).label(network.span, "the node network"));
            }
            usable(address, range, claims, found);
            within_others(&format!("node `{}`", node.text), address, range, claims, found);
        }
    }
    for (name, host) in &estate.hosts {
        for address in host.address.iter().chain(&host.addresses) {
            let Some(range) = Range::parse(&address.text) else { continue };
            usable(address, range, claims, found);
            within_others(&format!("host `{}`", name.text), address, range, claims, found);
        }
    }
}

/// Addresses that move between hosts.
fn moving(estate: &Estate, claims: &[Claim], found: &mut Findings) {
    let front = &estate.load_balancer;
    for address in &front.virtual_addresses {
        let Some(range) = Range::parse(&address.text) else { continue };
        usable(address, range, claims, found);
        within_others("the load balancer", address, range, claims, found);
    }
    let Some(first) = front.virtual_addresses.first() else { return };
    if front.kind.as_ref().is_none_or(|kind| kind.text != "nginx") {
        let message = "virtual addresses are for nginx, so nobody reads them";
        found.push(Diagnostic::warning(message).at(first.span));
    } else if front.hosts.len() < 2 {
        let message = "the load balancer has virtual addresses, but no second host that takes them";
        found.push(Diagnostic::error(message).at(first.span).hint("list two `hosts`, or give the host `addresses`"));
    }
}

/// Machines have no address of a pod, a service or a peer.
fn within_others(what: &str, address: &Located, range: Range, claims: &[Claim], found: &mut Findings) {
    // A network that overlaps one of nodes was told as such.
    let apart = |claim: &&Claim| {
        !claims.iter().any(|other| other.kind == ClaimKind::Nodes && other.range.overlaps(claim.range))
    };
    let mut others = claims.iter().filter(|claim| claim.kind != ClaimKind::Nodes && claim.range.contains(range));
    let other = others.find(apart);
    if let Some(other) = other {
        let message = format!("{what} has address `{}` of the {} `{}`", address.text, other.what, other.range);
        found.push(Diagnostic::error(message).at(address.span).label(other.span, "this network"));
    }
}

/// Every address that a machine has, by what has it.
fn addresses(estate: &Estate, found: &mut Findings) {
    let mut taken: Vec<(String, &Located)> = Vec::new();
    for (name, cluster) in &estate.clusters {
        let nodes = cluster.nodes.iter();
        taken.extend(nodes.filter_map(|(node, machine)| {
            Some((format!("node `{}` of cluster `{}`", node.text, name.text), machine.address.as_ref()?))
        }));
    }
    for (name, host) in &estate.hosts {
        let addresses = host.address.iter().chain(&host.addresses).chain(&host.public_address);
        taken.extend(addresses.map(|address| (format!("host `{}`", name.text), address)));
    }
    let moving = estate.load_balancer.virtual_addresses.iter();
    taken.extend(moving.map(|address| ("the load balancer".to_owned(), address)));
    once(&taken, found);
    let entries = estate.clusters.iter().flat_map(|(name, cluster)| {
        let of = |what: &str, listen: &'_ Option<Located>| {
            listen.clone().map(|listen| (format!("{what} of cluster `{}`", name.text), listen))
        };
        [of("Rancher", &cluster.rancher.listen), of("Keycloak", &cluster.keycloak.listen)]
    });
    let entries: Vec<(String, Located)> = entries.flatten().collect();
    let listens: Vec<(String, &Located)> = entries.iter().map(|(what, listen)| (what.clone(), listen)).collect();
    once(&listens, found);
    for (what, listen) in &listens {
        listens_on_a_balancer(estate, what, listen, found);
    }
}

/// An address on which the load balancer is to listen is one that it has.
pub(super) fn listens_on_a_balancer(estate: &Estate, what: &str, listen: &Located, found: &mut Findings) {
    let node = estate.clusters.iter().flat_map(|(_, cluster)| &cluster.nodes);
    let is_node = node.filter_map(|(_, machine)| machine.address.as_ref()).find(|have| have.text == listen.text);
    if let Some(node) = is_node {
        let message = format!("{what} listens on `{}`, the address of a node", listen.text);
        found.push(Diagnostic::error(message).at(listen.span).label(node.span, "the node"));
        return;
    }
    let balancers: Vec<&str> = estate.load_balancer.hosts.iter().map(|host| host.text.as_str()).collect();
    let hosts = estate.hosts.iter().filter(|(name, _)| balancers.contains(&name.text.as_str()));
    let own = hosts.flat_map(|(_, host)| host.address.iter().chain(&host.addresses));
    let mut known = own.chain(&estate.load_balancer.virtual_addresses).peekable();
    if known.peek().is_none() || known.any(|address| address.text == listen.text) {
        return;
    }
    let message = format!("{what} listens on `{}`, which no host of the load balancer has", listen.text);
    let hint = "add it to `addresses` of the host, or to `virtualAddresses` of the load balancer";
    found.push(Diagnostic::error(message).at(listen.span).hint(hint));
}

/// Tells of each address that something has which had it before.
pub(super) fn once(taken: &[(String, &Located)], found: &mut Findings) {
    for (at, (what, address)) in taken.iter().enumerate() {
        if let Some((first, place)) = taken[..at].iter().find(|(_, first)| first.text == address.text) {
            let message = match what == first {
                true => format!("address `{}` of {what} stands twice", address.text),
                false => format!("{what} has address `{}`, which {first} has", address.text),
            };
            found.push(Diagnostic::error(message).at(address.span).label(place.span, "here"));
        }
    }
}

fn node_ports(estate: &Estate, found: &mut Findings) {
    for (_, cluster) in &estate.clusters {
        let ingress = &cluster.ingress;
        let ports = [&ingress.http_node_port, &ingress.status_node_port, &ingress.postgresql_node_port];
        let ports: Vec<_> = ports.into_iter().flatten().collect();
        for (at, port) in ports.iter().enumerate() {
            if !(30_000..=32_767).contains(&port.value) {
                let message = format!("expected a node port between 30000 and 32767, found {}", port.value);
                found.push(Diagnostic::error(message).at(port.span));
            }
            if let Some(first) = ports[..at].iter().find(|first| first.value == port.value) {
                let message = format!("node port {} is taken twice", port.value);
                found.push(Diagnostic::error(message).at(port.span).label(first.span, "here first"));
            }
        }
    }
}
