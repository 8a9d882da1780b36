//! Firewalls: what each machine takes, and what each channel reaches. The ports are those of the deployment guide.

use super::super::clusters::{DEFAULT_PODS, DEFAULT_SERVICES};
use super::super::{Cluster, Environment, Host, Located, Organisation};
use super::{Setup, has, nginx, reach};

/// The rules of one machine.
#[derive(Default)]
struct Rules {
    input: Vec<String>,
    forward: Vec<String>,
    /// Whether anything that no rule takes is refused when it is only passed on.
    forwards: bool,
    /// What is judged before packets are led to pods.
    ahead: Vec<String>,
    /// Interfaces whose packets leave with the machine's own address.
    masqueraded: Vec<String>,
}

fn ssh(organisation: &Organisation) -> String {
    let networks: Vec<&str> = organisation.estate.admin_networks.iter().map(|network| network.text.as_str()).collect();
    match networks.is_empty() {
        true => "tcp dport 22 accept comment \"SSH\"".to_owned(),
        false => format!("ip saddr {{ {} }} tcp dport 22 accept comment \"SSH\"", networks.join(", ")),
    }
}

fn node_networks(organisation: &Organisation) -> Vec<&str> {
    let clusters = organisation.estate.clusters.iter();
    let mut networks: Vec<&str> =
        clusters.filter_map(|(_, cluster)| Some(cluster.networks.nodes.as_ref()?.text.as_str())).collect();
    networks.sort_unstable();
    networks.dedup();
    networks
}

pub(super) fn host(
    setup: &mut Setup,
    (name, host): (&Located, &Host),
    standing_by: &[String],
    organisation: &Organisation,
    environments: &[&Environment],
) {
    let mut rules = Rules { input: vec![ssh(organisation)], ..Rules::default() };
    let nodes = node_networks(organisation);
    let from_nodes = if nodes.is_empty() { String::new() } else { format!("ip saddr {{ {} }} ", nodes.join(", ")) };
    if has(host, "load-balancer") {
        web(&mut rules, host, organisation, environments);
        if !standing_by.is_empty() {
            let peers = standing_by.join(", ");
            // The protocol of VRRP.
            rules.input.push(format!("ip saddr {{ {peers} }} ip protocol 112 accept comment \"keepalived\""));
        }
    }
    if has(host, "nfs") {
        rules.input.push(format!("{from_nodes}tcp dport {{ 111, 2049 }} accept comment \"NFS\""));
        rules.input.push(format!("{from_nodes}udp dport 111 accept comment \"NFS\""));
    }
    if has(host, "postgresql") {
        rules.input.push(format!("{from_nodes}tcp dport 5432 accept comment \"PostgreSQL\""));
    }
    if has(host, "wireguard") {
        channels(&mut rules, name, organisation, environments);
    }
    finish(setup, &rules);
}

/// Ports 80 and 443: from machines and channels, and from the internet for what is public.
fn web(rules: &mut Rules, host: &Host, organisation: &Organisation, environments: &[&Environment]) {
    let mut inner: Vec<&str> = node_networks(organisation);
    let hosts = organisation.estate.hosts.iter();
    inner.extend(
        hosts
            .filter(|(_, host)| has(host, "wireguard"))
            .filter_map(|(_, host)| Some(host.address.as_ref()?.text.as_str())),
    );
    if !inner.is_empty() {
        let mut networks: Vec<&str> = Vec::new();
        for one in inner {
            let range = super::super::Range::parse(one);
            let within = |other: &&str| {
                super::super::Range::parse(other).zip(range).is_some_and(|(other, range)| other.contains(range))
            };
            if !networks.iter().any(within) {
                networks.push(one);
            }
        }
        rules
            .input
            .push(format!("ip saddr {{ {} }} tcp dport {{ 80, 443 }} accept comment \"web\"", networks.join(", ")));
    }
    for environment in environments {
        let listen = environment.settings.load_balancer.listen.as_ref();
        let public = environment.settings.public_access.is_some_and(|flag| flag.value);
        let listen = listen.filter(|listen| public && nginx::has_address(host, &listen.text, organisation));
        rules.input.extend(listen.map(|listen| {
            format!(
                "ip daddr {} tcp dport {{ 80, 443 }} accept comment \"{}, public\"",
                listen.text, environment.name.text
            )
        }));
    }
}

/// Nobody passes but from a channel to what it reaches; answers pass.
fn channels(rules: &mut Rules, host: &Located, organisation: &Organisation, environments: &[&Environment]) {
    rules.forwards = true;
    for (name, channel) in &organisation.estate.channels {
        if channel.host.as_ref().is_none_or(|named| named.text != host.text) {
            continue;
        }
        let port = channel.port.map_or(0, |port| port.value);
        rules.input.push(format!("udp dport {port} accept comment \"channel {}\"", name.text));
        rules.masqueraded.push(name.text.clone());
        for one in reach::reach(channel, organisation, environments) {
            let ports: Vec<String> = one.ports.iter().map(u64::to_string).collect();
            rules.forward.push(format!(
                "iifname \"{}\" ip daddr {} tcp dport {{ {} }} accept comment \"{}\"",
                name.text,
                one.address,
                ports.join(", "),
                one.name
            ));
        }
        rules.forward.extend(
            channel.dns.as_ref().map(|dns| {
                format!("iifname \"{}\" ip daddr {} udp dport 53 accept comment \"DNS\"", name.text, dns.text)
            }),
        );
    }
}

pub(super) fn node(
    setup: &mut Setup,
    (cluster_name, cluster): (&Located, &Cluster),
    name: &Located,
    organisation: &Organisation,
    environments: &[&Environment],
) {
    let mut rules = Rules { input: vec![ssh(organisation)], ..Rules::default() };
    let own = own_networks(cluster);
    let within = format!("ip saddr {{ {} }} ", own.join(", "));
    let ports = [
        ("tcp dport { 6443, 9345 }", "Kubernetes and RKE2"),
        ("tcp dport { 2379, 2380, 2381 }", "etcd"),
        ("tcp dport { 9796, 10250 }", "kubelet and node exporter"),
        ("tcp dport 30000-32767", "node ports"),
        ("udp dport 8472", "VXLAN"),
    ];
    rules.input.extend(ports.iter().map(|(ports, what)| format!("{within}{ports} accept comment \"{what}\"")));
    if let Some(pods) = &cluster.networks.pods {
        rules.input.push(format!("ip saddr {} accept comment \"pods\"", pods.text));
    }
    let is_server = |host: &Located| host.text == name.text;
    let mut classes = cluster.storage.classes.iter().chain(&organisation.estate.storage.classes);
    if classes.any(|(_, class)| class.host.as_ref().is_some_and(is_server)) {
        rules.input.push(format!("{within}tcp dport {{ 111, 2049 }} accept comment \"NFS\""));
        rules.input.push(format!("{within}udp dport 111 accept comment \"NFS\""));
    }
    let machines: Vec<&str> = organisation
        .estate
        .hosts
        .iter()
        .filter(|(_, host)| has(host, "load-balancer") || has(host, "wireguard"))
        .flat_map(|(_, host)| host.address.iter().chain(&host.addresses))
        .map(|address| address.text.as_str())
        .collect();
    if !machines.is_empty() {
        rules.input.push(format!(
            "ip saddr {{ {} }} tcp dport {{ 6443, 30000-32767 }} accept comment \"load balancer and channels\"",
            machines.join(", ")
        ));
    }
    if cluster.is_a_box() {
        let inside: Vec<&str> = own.iter().map(String::as_str).chain(machines).collect();
        in_a_box(&mut rules, (cluster_name, cluster), &inside, organisation, environments);
    }
    finish(setup, &rules);
}

/// The networks of a cluster: what is not stated is RKE2's default, or the nodes one by one.
fn own_networks(cluster: &Cluster) -> Vec<String> {
    let stated = |network: &Option<Located>| network.as_ref().map(|network| network.text.clone());
    let networks = &cluster.networks;
    let mut own: Vec<String> = match stated(&networks.nodes) {
        Some(nodes) => vec![nodes],
        None => cluster.nodes.iter().filter_map(|(_, node)| stated(&node.address)).collect(),
    };
    own.push(stated(&networks.pods).unwrap_or_else(|| DEFAULT_PODS.to_owned()));
    own.push(stated(&networks.services).unwrap_or_else(|| DEFAULT_SERVICES.to_owned()));
    own
}

/// The ports that pods take of a box's node: those of the gateway are for channels and machines, unless an environment
/// is public; those of channels are for everybody.
///
/// The container network leads such packets to the pods before the chain of input sees them, so that they are also judged
/// before that.
fn in_a_box(
    rules: &mut Rules,
    (name, cluster): (&Located, &Cluster),
    inside: &[&str],
    organisation: &Organisation,
    environments: &[&Environment],
) {
    let inside = inside.join(", ");
    let own = environments.iter().filter(|one| one.cluster.text == name.text);
    let public: Vec<&str> = own
        .filter(|one| one.settings.public_access.is_some_and(|flag| flag.value))
        .map(|one| one.name.text.as_str())
        .collect();
    rules.input.push(format!("ip saddr {{ {inside} }} tcp dport {{ 80, 443, 5432 }} accept comment \"gateway\""));
    let mut closed = "80, 443, 5432";
    if !public.is_empty() {
        rules.input.push(format!("tcp dport {{ 80, 443 }} accept comment \"{}, public\"", public.join(", ")));
        closed = "5432";
    }
    for (name, channel) in organisation.estate.channels.iter().filter(|(_, channel)| channel.host.is_none()) {
        let port = channel.port.map_or(0, |port| port.value);
        rules.input.push(format!("udp dport {port} accept comment \"channel {}\"", name.text));
    }
    let addresses: Vec<&str> = cluster.ingress_addresses().map(|address| address.text.as_str()).collect();
    if !addresses.is_empty() {
        let addresses = addresses.join(", ");
        rules.ahead.push(format!(
            "ip daddr {{ {addresses} }} ip saddr != {{ {inside} }} tcp dport {{ {closed} }} drop comment \"gateway\""
        ));
    }
}

fn finish(setup: &mut Setup, rules: &Rules) {
    let mut text = String::from(
        "#!/usr/sbin/nft -f\n# What this machine takes. Only this table is replaced; those of Kubernetes stay.\n\
         table inet openg2p\ndelete table inet openg2p\ntable inet openg2p {\n\
         \x20 chain input {\n    type filter hook input priority filter; policy drop;\n\
         \x20   ct state established,related accept\n    ct state invalid drop\n    iifname \"lo\" accept\n\
         \x20   meta l4proto { icmp, ipv6-icmp } accept\n",
    );
    text.extend(rules.input.iter().map(|rule| format!("    {rule}\n")));
    text.push_str("  }\n");
    if !rules.ahead.is_empty() {
        text.push_str("  chain ahead {\n    type filter hook prerouting priority dstnat - 10; policy accept;\n");
        text.extend(rules.ahead.iter().map(|rule| format!("    {rule}\n")));
        text.push_str("  }\n");
    }
    if rules.forwards {
        text.push_str(
            "  chain forward {\n    type filter hook forward priority filter; policy drop;\n\
             \x20   ct state established,related accept\n",
        );
        text.extend(rules.forward.iter().map(|rule| format!("    {rule}\n")));
        text.push_str("  }\n  chain postrouting {\n    type nat hook postrouting priority srcnat; policy accept;\n");
        text.extend(rules.masqueraded.iter().map(|name| format!("    iifname \"{name}\" masquerade\n")));
        text.push_str("  }\n");
    }
    text.push_str("}\n");
    setup.file("/etc/nftables.conf", text, "0755");
    setup.step(
        "firewall",
        "firewall",
        &[
            "run nft --check --file /etc/nftables.conf",
            "run systemctl enable --quiet nftables",
            "run nft --file /etc/nftables.conf",
        ],
    );
}
