//! The checklist for the people around: DNS, certificates, network, machines. Ports and sizes are those of the
//! deployment guide (sections on firewalls and hardware).

use super::check::membership::entering;
use super::entrances::{DnsRecord, EntryHost, certificate_places, certificate_source, dns_records, entries};
use super::hosts::{ReachKind, reach};
use super::{Environment, Organisation};

/// The least that the deployment guide asks of a machine by what it does: processors, memory, disk.
const SIZES: &[(&str, &str)] = &[
    ("wireguard", "2 CPU, 4 GB, 32 GB"),
    ("nfs", "2 CPU, 8 GB, 128 GB"),
    ("load-balancer", "2 CPU, 8 GB, 64 GB"),
    ("postgresql", "8 CPU, 32 GB, 256 GB"),
    ("backup", "2 CPU, 8 GB, 1 TB"),
    ("management", "4 CPU, 16 GB, 128 GB"),
    ("workload", "8 CPU, 32 GB, 128 GB; together 16 CPU, 64 GB, 256 GB"),
    ("all", "16 CPU, 64 GB, 256 GB"),
];

/// Where a certificate goes whose TLS ends at the ingress gateway.
const IN_CLUSTER: &str = "Secret in `istio-system`";

/// The checklist of an organisation and its environments, as Markdown.
pub fn checklist(organisation: &Organisation, environments: &[&Environment]) -> String {
    let mut out = format!("# Checklist for {}\n\n", organisation.name.text);
    out.push_str("What the teams around have to do before the installation. Tick what is done.\n");
    dns(&mut out, organisation, environments);
    certificates(&mut out, organisation, environments);
    firewall(&mut out, organisation, environments);
    channels(&mut out, organisation, environments);
    machines(&mut out, organisation);
    networks(&mut out, organisation);
    out
}

fn table(out: &mut String, title: &str, head: &[&str], rows: &[Vec<String>]) {
    if rows.is_empty() {
        return;
    }
    out.push_str(&format!("\n## {title}\n\n| done | {} |\n|---{}|\n", head.join(" | "), "|---".repeat(head.len())));
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| cell.replace('|', "\\|")).collect();
        out.push_str(&format!("| [ ] | {} |\n", cells.join(" | ")));
    }
}

fn dns(out: &mut String, organisation: &Organisation, environments: &[&Environment]) {
    let row = |one: &DnsRecord| {
        vec![format!("`{}`", one.name), one.kind.to_owned(), format!("`{}`", one.value), one.why.clone()]
    };
    let mut rows: Vec<Vec<String>> = dns_records(organisation, environments).iter().map(row).collect();
    rows.dedup_by(|one, other| one[..3] == other[..3]);
    table(out, "DNS records (DNS team)", &["name", "type", "value", "for"], &rows);
}

fn certificates(out: &mut String, organisation: &Organisation, environments: &[&Environment]) {
    let stated = &organisation.estate.certificates;
    let folder = stated.folder.as_ref().map_or("/etc/openg2p/certs", |folder| folder.text.as_str());
    let mut rows = Vec::new();
    for EntryHost { what, host, in_cluster, .. } in entries(organisation) {
        let place = match in_cluster {
            true => IN_CLUSTER.to_owned(),
            false => format!("`{folder}/{host}/{{fullchain.pem,privkey.pem}}`"),
        };
        rows.push(vec![format!("`{host}`"), place, what]);
    }
    let mut source = certificate_source(organisation);
    for environment in environments {
        let places = certificate_places(organisation, environment);
        let covers = places.covers.iter().map(|cover| format!("`{cover}`")).collect::<Vec<_>>().join(", ");
        let place = match places.stated {
            _ if places.in_cluster => IN_CLUSTER.to_owned(),
            true => format!("`{}`, `{}`", places.certificate, places.key),
            false => format!("`{folder}/{}/{{fullchain.pem,privkey.pem}}`", environment.domain.text),
        };
        rows.push(vec![covers, place, format!("environment {}", environment.name.text)]);
        source = places.source;
    }
    let title = match source.as_str() {
        "lets-encrypt" => "Certificates (Let's Encrypt, DNS-01: TXT records `_acme-challenge` for each domain)",
        "local-ca" => "Certificates (of a local authority)",
        "acm" => "Certificates (the cloud's certificate manager)",
        _ => "Certificates (certificate team; PEM with the whole chain)",
    };
    table(out, title, &["names", "where", "for"], &rows);
}

fn firewall(out: &mut String, organisation: &Organisation, environments: &[&Environment]) {
    let estate = &organisation.estate;
    let mut rows = Vec::new();
    let mut add = |to: &str, ports: &str, from: &str, what: &str| {
        rows.push(vec![to.to_owned(), ports.to_owned(), from.to_owned(), what.to_owned()]);
    };
    let admins = match estate.admin_networks.is_empty() {
        true => "administrators".to_owned(),
        false => estate.admin_networks.iter().map(|network| network.text.as_str()).collect::<Vec<_>>().join(", "),
    };
    add("all machines", "22/tcp", &admins, "SSH");
    for (name, channel) in &estate.channels {
        let nodes = format!("nodes of {}", boxes(organisation).join(", "));
        let host = channel.host.as_ref().map_or(nodes.as_str(), |host| host.text.as_str());
        let port = channel.port.map_or(0, |port| port.value);
        add(host, &format!("{port}/udp"), "internet", &format!("channel {}", name.text));
    }
    for host in &estate.load_balancer.hosts {
        let public = environments.iter().any(|one| one.settings.public_access.is_some_and(|flag| flag.value));
        add(&host.text, "80, 443/tcp", if public { "internet" } else { "WireGuard hosts, nodes" }, "HTTP, HTTPS");
    }
    for (name, cluster) in &estate.clusters {
        let nodes = format!("nodes of {}", name.text);
        let from = cluster.networks.nodes.as_ref().map_or(nodes.as_str(), |network| network.text.as_str());
        let ingress = &cluster.ingress;
        let port =
            |stated: Option<super::Number>, default| stated.map_or(default, |number: super::Number| number.value);
        let (http, status) = (port(ingress.http_node_port, 30_080), port(ingress.status_node_port, 30_521));
        add(&nodes, "6443, 9345/tcp", from, "Kubernetes API, RKE2 supervisor");
        add(&nodes, "2379, 2380/tcp", from, "etcd");
        add(&nodes, "8472/udp", from, "VXLAN");
        add(&nodes, "9796, 10250/tcp", from, "node exporter, kubelet");
        let own = || environments.iter().filter(|one| one.cluster.text == name.text);
        let outside = own().any(|one| one.settings.routes.postgresql_port.is_some());
        if cluster.is_a_box() {
            let public = own().any(|one| one.settings.public_access.is_some_and(|flag| flag.value));
            let web = if public { "internet" } else { from };
            add(&nodes, "80, 443/tcp", web, "HTTP, HTTPS; channels come from the nodes");
            if outside {
                add(&nodes, "5432/tcp", from, "PostgreSQL from outside");
            }
        } else {
            add(&nodes, &format!("{http}, {status}/tcp"), "load balancer", "ingress gateway, its health");
            if outside {
                let postgresql = port(ingress.postgresql_node_port, 30_432);
                add(&nodes, &format!("{postgresql}/tcp"), "load balancer", "PostgreSQL from outside");
            }
        }
        let classes = cluster.storage.classes.iter().chain(&estate.storage.classes);
        let servers: Vec<&str> = classes.filter_map(|(_, class)| Some(class.host.as_ref()?.text.as_str())).collect();
        for (node, _) in cluster.nodes.iter().filter(|(node, _)| servers.contains(&node.text.as_str())) {
            add(&node.text, "111, 2049/tcp", from, "NFS");
        }
    }
    for (name, host) in &estate.hosts {
        for (role, ports, what) in [("nfs", "111, 2049/tcp", "NFS"), ("postgresql", "5432/tcp", "PostgreSQL")] {
            if host.roles.iter().any(|known| known.text == role) {
                add(&name.text, ports, "nodes", what);
            }
        }
    }
    add("get.rke2.io, image registries", "443/tcp", "all machines", "installation");
    table(out, "Firewall (network team)", &["to", "ports", "from", "for"], &rows);
}

/// The clusters that hold everything, where channels without a host have their servers.
fn boxes(organisation: &Organisation) -> Vec<&str> {
    let clusters = organisation.estate.clusters.iter().filter(|(_, cluster)| cluster.is_a_box());
    clusters.map(|(name, _)| name.text.as_str()).collect()
}

fn channels(out: &mut String, organisation: &Organisation, environments: &[&Environment]) {
    let mut rows = Vec::new();
    for (name, channel) in &organisation.estate.channels {
        let reached = reach(channel, organisation, environments);
        let web = reached.iter().filter(|one| one.kind == ReachKind::Web);
        let mut what: Vec<String> = web.map(|one| format!("{} ({})", one.name, one.address)).collect();
        if reached.iter().any(|one| one.kind == ReachKind::Machine) {
            what.push("machines".to_owned());
        }
        let enters =
            |group: &super::Group| group.channel.iter().chain(&group.channels).any(|channel| channel.text == name.text);
        let groups = organisation.estate.groups.iter().filter(|(_, group)| enters(group));
        let groups: Vec<&str> = groups.map(|(name, _)| name.text.as_str()).collect();
        let subnet = channel.subnet.as_ref().map_or("", |subnet| subnet.text.as_str());
        rows.push(vec![name.text.clone(), subnet.to_owned(), groups.join(", "), what.join(", ")]);
    }
    table(out, "Access channels (network team)", &["channel", "peers", "groups", "reaches"], &rows);
    let mut rows = Vec::new();
    for environment in environments {
        for (name, group) in entering(environment, organisation) {
            let role = group.kubernetes.as_ref().map_or("none", |role| role.text.as_str());
            let keycloak: Vec<&str> = group.keycloak_roles.iter().map(|role| role.text.as_str()).collect();
            let cells = [environment.name.text.as_str(), name.text.as_str(), role];
            let mut row: Vec<String> = cells.iter().map(|cell| (*cell).to_owned()).collect();
            row.push(keycloak.join(", "));
            rows.push(row);
        }
    }
    table(out, "Groups (administrators)", &["environment", "group", "Kubernetes", "Keycloak roles"], &rows);
}

fn machines(out: &mut String, organisation: &Organisation) {
    let size = |role: &str| SIZES.iter().find(|(known, _)| *known == role).map_or("", |(_, size)| *size).to_owned();
    let stated = |cpu: Option<super::Number>, memory: &Option<super::Located>, disk: &Option<super::Located>| {
        let cpu = cpu.map(|cpu| format!("{} CPU", cpu.value));
        let parts = [cpu, memory.as_ref().map(|m| m.text.clone()), disk.as_ref().map(|d| d.text.clone())];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    };
    let mut rows = Vec::new();
    for (name, host) in &organisation.estate.hosts {
        let roles: Vec<&str> = host.roles.iter().map(|role| role.text.as_str()).collect();
        let mut addresses: Vec<&str> = host.address.iter().chain(&host.addresses).map(|a| a.text.as_str()).collect();
        let public = host.public_address.as_ref().map(|address| format!("{} (public)", address.text));
        addresses.extend(public.as_deref());
        let least: Vec<String> = roles.iter().map(|role| size(role)).collect();
        rows.push(vec![
            name.text.clone(),
            roles.join(", "),
            addresses.join(", "),
            stated(host.cpu, &host.memory, &host.disk),
            least.join("; "),
        ]);
    }
    for (cluster, stated_cluster) in &organisation.estate.clusters {
        let role = stated_cluster.role.as_ref().map_or("workload", |role| role.text.as_str());
        for (name, node) in &stated_cluster.nodes {
            let address = node.address.as_ref().map_or("", |address| address.text.as_str());
            rows.push(vec![
                name.text.clone(),
                format!("node of {}", cluster.text),
                address.to_owned(),
                stated(node.cpu, &node.memory, &node.disk),
                size(role),
            ]);
        }
    }
    table(out, "Machines (Ubuntu 24.04)", &["name", "does", "addresses", "size", "recommended"], &rows);
}

fn networks(out: &mut String, organisation: &Organisation) {
    let mut rows = Vec::new();
    for (name, cluster) in &organisation.estate.clusters {
        let networks = &cluster.networks;
        let all = [("nodes", &networks.nodes), ("pods", &networks.pods), ("services", &networks.services)];
        rows.extend(all.into_iter().filter_map(|(what, network)| {
            Some(vec![format!("`{}`", network.as_ref()?.text), format!("{what} of cluster {}", name.text)])
        }));
    }
    for (name, channel) in &organisation.estate.channels {
        let subnet = channel.subnet.as_ref();
        rows.extend(subnet.map(|subnet| vec![format!("`{}`", subnet.text), format!("peers of channel {}", name.text)]));
    }
    table(out, "Networks that are taken (network team)", &["network", "by"], &rows);
}
