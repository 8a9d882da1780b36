//! NFS exports.

use super::super::{Located, Organisation, StorageClass};
use super::Setup;
use std::collections::BTreeMap;

/// The export where a class states none.
const DEFAULT_PATH: &str = "/srv/nfs/global";

/// What a machine exports: a host, or a node of a box.
pub(super) fn exports(setup: &mut Setup, host: &Located, organisation: &Organisation) {
    let mut exports: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let estate = &organisation.estate;
    let mut add = |class: &StorageClass, networks: Vec<&Located>| {
        if class.host.as_ref().is_none_or(|named| named.text != host.text) {
            return;
        }
        let path = class.path.as_ref().map_or(DEFAULT_PATH, |path| path.text.as_str());
        let stated: Vec<&Located> = class.clients.iter().collect();
        let clients = if stated.is_empty() { networks } else { stated };
        let known = exports.entry(path.trim_end_matches('/').to_owned()).or_default();
        for client in clients {
            if !known.contains(&client.text) {
                known.push(client.text.clone());
            }
        }
    };
    let all: Vec<&Located> =
        estate.clusters.iter().filter_map(|(_, cluster)| cluster.networks.nodes.as_ref()).collect();
    for (_, class) in &estate.storage.classes {
        add(class, all.clone());
    }
    for (_, cluster) in &estate.clusters {
        for (_, class) in &cluster.storage.classes {
            add(class, cluster.networks.nodes.iter().collect());
        }
    }
    if exports.is_empty() {
        return;
    }
    setup.packages.push("nfs-kernel-server");
    let mut text = String::from("# Folders for the claims of clusters, for their nodes alone.\n");
    let mut lines: Vec<String> = Vec::new();
    for (path, clients) in &exports {
        let clients: Vec<String> =
            clients.iter().map(|client| format!("{client}(rw,sync,no_subtree_check,no_root_squash)")).collect();
        text.push_str(&format!("{path} {}\n", clients.join(" ")));
        lines.push(format!("run install -d -m 0777 {path}"));
    }
    setup.file("/etc/exports.d/openg2p.exports", text, "0644");
    lines.push("run systemctl enable --quiet --now nfs-server".to_owned());
    lines.push("run exportfs -ra".to_owned());
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    setup.step("nfs", "NFS exports", &lines);
}
