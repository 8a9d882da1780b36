//! What a channel reaches, as addresses and ports.

use super::super::access::Channel;
use super::super::{Environment, Organisation};

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
            name => found.extend(environments.iter().filter(|one| one.name.text == name).filter_map(|one| of(one))),
        }
    }
    found.sort();
    found.dedup();
    found
}

fn of(environment: &Environment) -> Option<Reach> {
    let listen = environment.settings.load_balancer.listen.as_ref()?;
    let mut ports = vec![80, 443];
    ports.extend(environment.settings.routes.postgresql_port.map(|port| port.value));
    let name = environment.name.text.clone();
    Some(Reach { name, address: listen.text.clone(), ports, kind: ReachKind::Web })
}

fn entries(cluster: Option<&str>, entry: &str, organisation: &Organisation, found: &mut Vec<Reach>) {
    for (name, stated) in &organisation.estate.clusters {
        let which = if entry == "rancher" { &stated.rancher } else { &stated.keycloak };
        if cluster.is_some_and(|cluster| cluster != name.text) {
            continue;
        }
        let listen = which.listen.as_ref();
        found.extend(listen.map(|listen| Reach {
            name: format!("{}/{entry}", name.text),
            address: listen.text.clone(),
            ports: vec![80, 443],
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
