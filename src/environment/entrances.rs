//! How people come in: the names, addresses and certificates that follow from what is stated, and who they are.

use super::check::membership::entering;
use super::part::find;
use super::{Cluster, Entry, Environment, Organisation};

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

/// Hosts of Rancher and Keycloak: what they are, the host, the address.
pub(super) fn entries(organisation: &Organisation) -> Vec<(String, String, String)> {
    let mut entries = Vec::new();
    for (name, cluster) in &organisation.estate.clusters {
        for (entry, what) in [(&cluster.rancher, "rancher"), (&cluster.keycloak, "keycloak")] {
            if entry.span.is_none() {
                continue;
            }
            let listen = entry.listen.as_ref().map_or("the load balancer", |listen| listen.text.as_str());
            let host = entry_host(entry, what, organisation);
            entries.push((format!("{what} of cluster {}", name.text), host, listen.to_owned()));
        }
    }
    entries
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
    let mut records: Vec<DnsRecord> =
        entries(organisation).iter().map(|(what, host, to)| record(host, "A", to, what.clone(), false)).collect();
    for environment in environments {
        let domain = &environment.domain.text;
        let why = format!("environment {}", environment.name.text);
        let listen = environment.settings.load_balancer.listen.as_ref();
        let cluster = find(&organisation.estate.clusters, &environment.cluster.text);
        match listen {
            Some(listen) => records.push(record(domain, "A", &listen.text, why.clone(), true)),
            // Without a load balancer the name leads to the nodes themselves.
            None => records.extend(
                cluster
                    .iter()
                    .flat_map(|cluster| &cluster.nodes)
                    .filter_map(|(_, node)| Some(record(domain, "A", &node.address.as_ref()?.text, why.clone(), true))),
            ),
        }
        records.push(record(&format!("*.{domain}"), "CNAME", domain, why, true));
    }
    for (name, channel) in &organisation.estate.channels {
        let Some(endpoint) = channel.endpoint.as_ref().filter(|endpoint| endpoint.text.contains(char::is_alphabetic))
        else {
            continue;
        };
        let host = channel.host.as_ref().and_then(|host| find(&organisation.estate.hosts, &host.text));
        let address = host.and_then(|host| host.public_address.as_ref().or(host.address.as_ref()));
        let address = address.map_or("the WireGuard host", |address| address.text.as_str());
        records.push(record(&endpoint.text, "A", address, format!("channel {}", name.text), false));
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
    CertificatePlaces { source: certificate_source(organisation), covers, certificate, key, stated: own.is_some() }
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
