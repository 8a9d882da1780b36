//! Pairs of clusters: which Rancher and Keycloak a cluster has, and which groups they know.

use super::Cluster;
use super::access::Group;
use super::fields::Located;
use super::organisation::{Estate, INHERITED, Organisation};
use super::part::find;
use crate::source::Span;
use crate::yaml::{Entry, Node, NodeKind};

impl Group {
    /// Whether it enters a cluster: each where it names none; one that it names; one whose Rancher it names; and the
    /// Rancher of one that it names.
    pub(super) fn enters_cluster(&self, estate: &Estate, cluster: &str) -> bool {
        let manager = |name: &str| {
            let by = find(&estate.clusters, name).and_then(|cluster| cluster.managed_by.as_ref());
            by.map(|by| by.text.clone())
        };
        let by = manager(cluster);
        self.clusters.is_empty()
            || self.clusters.iter().any(|named| {
                named.text == cluster
                    || by.as_ref().is_some_and(|by| *by == named.text)
                    || manager(&named.text).is_some_and(|by| by == cluster)
            })
    }
}

/// The cluster whose Keycloak serves a cluster: itself, or the one that manages it.
fn holder<'o>(estate: &'o Estate, cluster: &str) -> Option<&'o (Located, Cluster)> {
    let of = |name: &str| estate.clusters.iter().find(|(known, _)| known.text == name);
    let own = of(cluster)?;
    if own.1.keycloak.span.is_some() {
        return Some(own);
    }
    let by = own.1.managed_by.as_ref()?;
    of(&by.text).filter(|(_, manager)| manager.keycloak.span.is_some())
}

/// The Keycloak entry that serves a cluster, with the name of the cluster that has it.
pub(super) fn keycloak_entry<'o>(estate: &'o Estate, cluster: &str) -> Option<(&'o Located, &'o super::Entry)> {
    holder(estate, cluster).map(|(name, cluster)| (name, &cluster.keycloak))
}

/// The host of a cluster's Keycloak, with the place where it was stated.
fn keycloak_host(organisation: &Organisation, name: &Located, cluster: &Cluster) -> Located {
    let usual = || {
        let span = cluster.keycloak.span.unwrap_or(name.span);
        Located { text: format!("keycloak.{}", organisation.domain.text), span }
    };
    cluster.keycloak.host.clone().unwrap_or_else(usual)
}

fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', ':', '?']).next().unwrap_or_default()
}

/// Whether the organisation's provider is none of its clusters' own.
fn is_elsewhere(organisation: &Organisation) -> bool {
    let Some(url) = &organisation.estate.keycloak.url else { return false };
    let clusters = organisation.estate.clusters.iter().filter(|(_, one)| one.keycloak.span.is_some());
    let mut hosts = clusters.map(|(name, cluster)| keycloak_host(organisation, name, cluster));
    !hosts.any(|host| host.text == host_of(&url.text))
}

/// What a cluster's environments take over of the organisation as it stands there. Where the provider is a Keycloak of a
/// cluster, each takes that of its own cluster or of its manager.
///
/// Base infrastructure (`is_base`) always takes its own.
pub(super) fn inherited(organisation: &Organisation, cluster: &str, is_base: bool) -> Node {
    let stated = &organisation.node;
    let known = |key: &[u8]| INHERITED.iter().any(|name| name.as_bytes() == key);
    let entries = stated.entries().iter().filter(|entry| entry.key.as_str().is_some_and(known));
    let mut entries: Vec<Entry> = entries.cloned().collect();
    let own = holder(&organisation.estate, cluster).filter(|_| is_base || !is_elsewhere(organisation));
    if let Some((name, holder)) = own {
        let host = keycloak_host(organisation, name, holder);
        keycloak(&mut entries, organisation, holder, &host);
    }
    Node::new(stated.span(), NodeKind::Map(entries))
}

/// Puts a cluster's own Keycloak in the place of the organisation's, unless it is that.
fn keycloak(entries: &mut Vec<Entry>, organisation: &Organisation, holder: &Cluster, host: &Located) {
    let stated = &organisation.estate.keycloak;
    let is_the_same = stated.url.as_ref().is_some_and(|url| host_of(&url.text) == host.text);
    let mut fields: Vec<Entry> = organisation.node.get("keycloak").map(Node::entries).unwrap_or_default().to_vec();
    let mut put = |name: &str, text: &str, span: Span| {
        fields.retain(|entry| entry.key.as_str() != Some(name.as_bytes()));
        let of = |text: &str| Node::new(span, NodeKind::Str(text.as_bytes().into()));
        fields.push(Entry { key: of(name), value: of(text) });
    };
    if !is_the_same {
        put("url", &format!("https://{}", host.text), host.span);
    }
    if let Some(realm) = &holder.keycloak.realm {
        put("realm", &realm.text, realm.span);
    } else if is_elsewhere(organisation) {
        put("realm", "master", host.span);
    }
    if !is_the_same && stated.url.is_some() {
        // Its address inside of a cluster is that of another Keycloak.
        fields.retain(|entry| entry.key.as_str() != Some(b"internalUrl"));
    }
    let span = organisation.node.get("keycloak").map_or(host.span, Node::span);
    entries.retain(|entry| entry.key.as_str() != Some(b"keycloak"));
    let key = Node::new(span, NodeKind::Str("keycloak".as_bytes().into()));
    entries.push(Entry { key, value: Node::new(span, NodeKind::Map(fields)) });
}

/// The realm of a cluster's own Keycloak in which its administrators sign in.
pub fn admin_realm(organisation: &Organisation, cluster: &Cluster) -> String {
    let shared = organisation.estate.keycloak.realm.as_ref().filter(|_| !is_elsewhere(organisation));
    cluster.keycloak.realm.as_ref().or(shared).map_or("master", |realm| realm.text.as_str()).to_owned()
}
