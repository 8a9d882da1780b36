//! What a channel reaches, as addresses and ports.

use super::super::access::Channel;
use super::super::part::find;
use super::super::{Cluster, Environment, Organisation};

/// The ports of HTTP and HTTPS.
const WEB: [u64; 2] = [80, 443];

/// Something that a channel reaches.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reach {
    /// What it is: `CLUSTER/rancher`, `CLUSTER/keycloak`, a machine, an environment.
    pub name: String,
    /// The address.
    pub address: String,
    /// TCP ports.
    pub ports: Vec<u64>,
    /// What kind of thing it is.
    pub kind: ReachKind,
}

/// What kind of thing a channel reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReachKind {
    /// Something behind the load balancer.
    Web,
    /// A machine.
    Machine,
}

/// What a channel reaches, sorted; things without a known address are left out.
pub fn reach(channel: &Channel, organisation: &Organisation, environments: &[&Environment]) -> Vec<Reach> {
    let mut found = Vec::new();
    for target in &channel.reaches {
        let (cluster, entry) = match target.text.split_once('/') {
            Some((cluster, entry)) => (Some(cluster), entry),
            None => (None, target.text.as_str()),
        };
        match entry {
            "rancher" | "keycloak" => entries(cluster, entry, organisation, &mut found),
            "nodes" => machines(cluster, organisation, &mut found),
            name => {
                let named = environments.iter().filter(|one| one.name.text == name);
                named.for_each(|one| of(one, organisation, &mut found));
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

/// An environment is reached where the load balancer listens for it; in a box at the nodes themselves.
fn of(environment: &Environment, organisation: &Organisation, found: &mut Vec<Reach>) {
    let cluster = find(&organisation.estate.clusters, &environment.cluster.text);
    let listen = environment.settings.load_balancer.listen.as_ref();
    let mut ports = WEB.to_vec();
    ports.extend(environment.settings.routes.postgresql_port.map(|port| port.value));
    let nodes = cluster.filter(|cluster| cluster.is_a_box() && listen.is_none());
    let addresses = listen.into_iter().chain(nodes.into_iter().flat_map(Cluster::ingress_addresses));
    found.extend(addresses.map(|address| Reach {
        name: environment.name.text.clone(),
        address: address.text.clone(),
        ports: ports.clone(),
        kind: ReachKind::Web,
    }));
}

fn entries(cluster: Option<&str>, entry: &str, organisation: &Organisation, found: &mut Vec<Reach>) {
    for (name, stated) in &organisation.estate.clusters {
        let which = if entry == "rancher" { &stated.rancher } else { &stated.keycloak };
        if cluster.is_some_and(|cluster| cluster != name.text) {
            continue;
        }
        let listen = which.listen.as_ref();
        let nodes = Some(stated).filter(|stated| stated.is_a_box() && listen.is_none() && which.span.is_some());
        let addresses = listen.into_iter().chain(nodes.into_iter().flat_map(Cluster::ingress_addresses));
        found.extend(addresses.map(|address| Reach {
            name: format!("{}/{entry}", name.text),
            address: address.text.clone(),
            ports: WEB.to_vec(),
            kind: ReachKind::Web,
        }));
    }
}

/// SSH of all machines, and the Kubernetes API of nodes.
fn machines(cluster: Option<&str>, organisation: &Organisation, found: &mut Vec<Reach>) {
    let estate = &organisation.estate;
    for (_, stated) in estate.clusters.iter().filter(|(name, _)| cluster.is_none_or(|cluster| cluster == name.text)) {
        found.extend(stated.nodes.iter().filter_map(|(name, node)| {
            let address = node.address.as_ref()?.text.clone();
            Some(Reach { name: name.text.clone(), address, ports: vec![22, 6443], kind: ReachKind::Machine })
        }));
    }
    if cluster.is_some() {
        return;
    }
    found.extend(estate.hosts.iter().filter_map(|(name, host)| {
        let address = host.address.as_ref()?.text.clone();
        Some(Reach { name: name.text.clone(), address, ports: vec![22], kind: ReachKind::Machine })
    }));
}
