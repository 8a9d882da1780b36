//! How people come in: the names, addresses and certificates that follow from what is stated, and who they are.

use super::check::membership::entering;
use super::part::find;
use super::{Cluster, Entry, Environment, Located, Organisation};

/// A record of the domain name system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsRecord {
    /// The name, perhaps with a star.
    pub name: String,
    /// `A` or `CNAME`.
    pub kind: &'static str,
    /// The address or name that it leads to.
    pub value: String,
    /// What it is for.
    pub why: String,
    /// Whether it belongs to an environment and not to the organisation.
    pub environment: bool,
}

/// The host of an entry of a cluster.
fn entry_host(entry: &Entry, what: &str, organisation: &Organisation) -> String {
    let host = entry.host.as_ref().map(|host| host.text.clone());
    host.unwrap_or_else(|| format!("{what}.{}", organisation.domain.text))
}

/// The hosts of a cluster's Rancher and Keycloak.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryHosts {
    /// That of Rancher.
    pub rancher: String,
    /// That of Keycloak.
    pub keycloak: String,
}

/// The hosts of a cluster's Rancher and Keycloak, stated or derived.
pub fn entry_hosts(organisation: &Organisation, cluster: &Cluster) -> EntryHosts {
    EntryHosts {
        rancher: entry_host(&cluster.rancher, "rancher", organisation),
        keycloak: entry_host(&cluster.keycloak, "keycloak", organisation),
    }
}

/// Something of a cluster that has a host of its own.
pub(super) struct EntryHost {
    /// What it is, in words.
    pub(super) what: String,
    /// Its host.
    pub(super) host: String,
    /// The addresses that answer for it.
    pub(super) addresses: Vec<String>,
    /// Whether TLS ends in the cluster.
    pub(super) in_cluster: bool,
}

/// Hosts of Rancher and Keycloak.
pub(super) fn entries(organisation: &Organisation) -> Vec<EntryHost> {
    let mut entries = Vec::new();
    for (name, cluster) in &organisation.estate.clusters {
        for (entry, what) in [(&cluster.rancher, "rancher"), (&cluster.keycloak, "keycloak")] {
            if entry.span.is_none() {
                continue;
            }
            entries.push(EntryHost {
                what: format!("{what} of cluster {}", name.text),
                host: entry_host(entry, what, organisation),
                addresses: answering(&entry.listen, Some(cluster), None, organisation),
                in_cluster: cluster.is_a_box(),
            });
        }
    }
    entries
}

/// The addresses that answer for something: where the load balancer listens for it, or else the nodes themselves where
/// nothing stands before them.
fn answering(
    listen: &Option<Located>,
    cluster: Option<&Cluster>,
    front: Option<&Located>,
    organisation: &Organisation,
) -> Vec<String> {
    if let Some(listen) = listen {
        return vec![listen.text.clone()];
    }
    let front = front.or(organisation.estate.load_balancer.kind.as_ref());
    let stands_alone = front.is_none_or(|kind| kind.text == "none");
    match cluster.filter(|cluster| stands_alone || cluster.is_a_box()) {
        Some(cluster) => cluster.ingress_addresses().map(|address| address.text.clone()).collect(),
        None => vec!["the load balancer".to_owned()],
    }
}

/// The records that have to be there: those of the organisation, then those of the environments, then those of the
/// access channels.
pub fn dns_records(organisation: &Organisation, environments: &[&Environment]) -> Vec<DnsRecord> {
    let record = |name: &str, kind: &'static str, value: &str, why: String, environment: bool| DnsRecord {
        name: name.to_owned(),
        kind,
        value: value.to_owned(),
        why,
        environment,
    };
    let mut records: Vec<DnsRecord> = Vec::new();
    for EntryHost { what, host, addresses, .. } in entries(organisation) {
        records.extend(addresses.iter().map(|to| record(&host, "A", to, what.clone(), false)));
    }
    for environment in environments {
        let domain = &environment.domain.text;
        let why = format!("environment {}", environment.name.text);
        let front = &environment.settings.load_balancer;
        let cluster = find(&organisation.estate.clusters, &environment.cluster.text);
        let addresses = answering(&front.listen, cluster, front.kind.as_ref(), organisation);
        records.extend(addresses.iter().map(|to| record(domain, "A", to, why.clone(), true)));
        records.push(record(&format!("*.{domain}"), "CNAME", domain, why, true));
    }
    for (name, channel) in &organisation.estate.channels {
        let Some(endpoint) = channel.endpoint.as_ref().filter(|endpoint| endpoint.text.contains(char::is_alphabetic))
        else {
            continue;
        };
        let why = format!("channel {}", name.text);
        let Some(named) = &channel.host else {
            // Its server is a pod, which takes the port of the node.
            let nodes = organisation.estate.clusters.iter().filter(|(_, cluster)| cluster.is_a_box());
            let nodes = nodes.flat_map(|(_, cluster)| &cluster.nodes).filter_map(|(_, node)| node.address.as_ref());
            records.extend(nodes.map(|address| record(&endpoint.text, "A", &address.text, why.clone(), false)));
            continue;
        };
        let host = find(&organisation.estate.hosts, &named.text);
        let address = host.and_then(|host| host.public_address.as_ref().or(host.address.as_ref()));
        let address = address.map_or("the WireGuard host", |address| address.text.as_str());
        records.push(record(&endpoint.text, "A", address, why, false));
    }
    records
}

/// The certificate of an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificatePlaces {
    /// Who issues it: `files`, `lets-encrypt`, `local-ca` or `acm`.
    pub source: String,
    /// The names that it covers.
    pub covers: Vec<String>,
    /// Where it lies on the load balancer.
    pub certificate: String,
    /// Where its key lies.
    pub key: String,
    /// Whether both places were stated.
    pub stated: bool,
    /// Whether TLS ends in the cluster, so that the certificate is a Secret beside the ingress gateway and no file.
    pub in_cluster: bool,
}

pub(super) fn certificate_source(organisation: &Organisation) -> String {
    let source = &organisation.estate.certificates.source;
    source.as_ref().map_or("files", |source| source.text.as_str()).to_owned()
}

/// Where the certificate of an environment comes from and goes to.
pub fn certificate_places(organisation: &Organisation, environment: &Environment) -> CertificatePlaces {
    let stated = &organisation.estate.certificates;
    let folder = stated.folder.as_ref().map_or("/etc/openg2p/certs", |folder| folder.text.as_str());
    let domain = &environment.domain.text;
    let tls = &environment.settings.tls;
    let covers = match tls.covers.is_empty() {
        true => vec![domain.clone(), format!("*.{domain}")],
        false => tls.covers.iter().map(|cover| cover.text.clone()).collect(),
    };
    let own = tls.certificate.as_ref().zip(tls.key.as_ref());
    let (certificate, key) = match own {
        Some((certificate, key)) => (certificate.text.clone(), key.text.clone()),
        None => (format!("{folder}/{domain}/fullchain.pem"), format!("{folder}/{domain}/privkey.pem")),
    };
    let cluster = find(&organisation.estate.clusters, &environment.cluster.text);
    let in_cluster =
        cluster.is_some_and(Cluster::is_a_box) || tls.ends_at.as_ref().is_some_and(|ends| ends.text == "istio");
    let source = certificate_source(organisation);
    CertificatePlaces { source, covers, certificate, key, stated: own.is_some(), in_cluster }
}

/// A group of people with what they may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// The group.
    pub name: String,
    /// Its roles, in words.
    pub roles: Vec<String>,
}

/// The groups that enter an environment, with their roles in Keycloak and Kubernetes.
pub fn signed_in(organisation: &Organisation, environment: &Environment) -> Vec<SignedIn> {
    let groups = entering(environment, organisation);
    let roles = |group: &super::Group| {
        let keycloak = group.keycloak_roles.iter().map(|role| format!("{} in Keycloak", role.text));
        let kubernetes = group.kubernetes.iter().filter(|role| role.text != "none");
        keycloak.chain(kubernetes.map(|role| format!("{} in Rancher", role.text))).collect()
    };
    groups.into_iter().map(|(name, group)| SignedIn { name: name.text.clone(), roles: roles(group) }).collect()
}
