//! RKE2 on nodes: configuration, registries, joining.

use super::super::clusters::{DEFAULT_PODS, DEFAULT_SERVICES, Machine};
use super::super::{Cluster, Located, Organisation, SecretSource};
use super::Setup;

const TOKEN: &str = "/etc/rancher/rke2/token";

pub(super) fn node(
    setup: &mut Setup,
    cluster_name: &Located,
    cluster: &Cluster,
    (name, node): (&Located, &Machine),
    organisation: &Organisation,
) {
    let is_server = is_server(node);
    let first = cluster.nodes.iter().find(|(_, node)| self::is_server(node));
    let is_first = first.is_some_and(|(first, _)| first.text == name.text);
    let token = match cluster.join_token.source() {
        SecretSource::File(file) => file.text.as_str(),
        _ => TOKEN,
    };
    let lead = first.and_then(|(_, node)| node.address.as_ref()).filter(|_| !is_first);
    setup.file(
        "/etc/rancher/rke2/config.yaml",
        config(cluster, (name, node), organisation, lead.map(|lead| lead.text.as_str()), token),
        "0600",
    );
    if let Some(registries) = registries(organisation) {
        setup.file("/etc/rancher/rke2/registries.yaml", registries, "0600");
    }
    let kind = if is_server { "server" } else { "agent" };
    let version = cluster.versions.rke2.as_ref().or(organisation.estate.versions.rke2.as_ref());
    let version = version.map_or("", |version| version.text.as_str());
    let token_line = if is_first { format!("make_token {token}") } else { format!("need_file {token}") };
    let install = format!("install_rke2 {kind} '{version}'");
    let enable = format!("run systemctl enable --quiet rke2-{kind}");
    let restart = format!("run systemctl restart rke2-{kind}");
    let about = format!(
        "RKE2 of cluster {}; {}",
        cluster_name.text,
        if is_first {
            "the token that it makes is brought to the other nodes by hand"
        } else {
            "the token is brought from the first node by hand"
        }
    );
    setup.step("rke2", about, &[&token_line, &install, &enable, &restart]);
}

fn is_server(node: &Machine) -> bool {
    node.role.as_ref().is_none_or(|role| role.text == "server")
}

fn config(
    cluster: &Cluster,
    (name, node): (&Located, &Machine),
    organisation: &Organisation,
    lead: Option<&str>,
    token: &str,
) -> String {
    let address = node.address.as_ref().map_or("", |address| address.text.as_str());
    let mut text = String::from("# Configuration of RKE2. The token lies in its own file on the node.\n");
    if let Some(lead) = lead {
        text.push_str(&format!("server: https://{lead}:9345\n"));
    }
    text.push_str(&format!("token-file: {token}\nnode-name: {}\nnode-ip: {address}\n", name.text));
    if node.ingress.is_none_or(|flag| flag.value) {
        text.push_str("node-label:\n  - shouldInstallIstioIngress=true\n");
    }
    if is_server(node) {
        let network =
            |stated: &Option<Located>, default: &str| stated.as_ref().map_or(default.to_owned(), |n| n.text.clone());
        text.push_str(&format!("cluster-cidr: {}\n", network(&cluster.networks.pods, DEFAULT_PODS)));
        text.push_str(&format!("service-cidr: {}\n", network(&cluster.networks.services, DEFAULT_SERVICES)));
        text.push_str("disable:\n  - rke2-ingress-nginx\nwrite-kubeconfig-mode: \"0600\"\ntls-san:\n");
        for (_, server) in cluster.nodes.iter().filter(|(_, node)| is_server(node)) {
            text.extend(server.address.iter().map(|address| format!("  - {}\n", address.text)));
        }
    }
    text.push_str("kubelet-arg:\n  - container-log-max-size=50Mi\n  - container-log-max-files=5\n");
    // The servers of channels are pods, which forward packets.
    if cluster.is_a_box() && organisation.estate.channels.iter().any(|(_, channel)| channel.host.is_none()) {
        text.push_str("  - allowed-unsafe-sysctls=net.ipv4.ip_forward,net.ipv4.conf.all.src_valid_mark\n");
    }
    text
}

fn registries(organisation: &Organisation) -> Option<String> {
    let images = &organisation.estate.images;
    if images.mirrors.is_empty() {
        return None;
    }
    let mut text = String::from("# Where images come from.\nmirrors:\n");
    for (registry, mirror) in &images.mirrors {
        let Some(mirror) = mirror else { continue };
        let (host, path) = mirror.text.split_once('/').unwrap_or((&mirror.text, ""));
        text.push_str(&format!("  \"{}\":\n    endpoint:\n      - https://{host}\n", registry.text));
        if !path.is_empty() {
            text.push_str(&format!("    rewrite:\n      \"^(.*)$\": \"{path}/$1\"\n"));
        }
    }
    Some(text)
}
