//! Files for machines: which hosts each channel reaches is derived from the generated rules and compared with the
//! organisation's `reaches`, read as plain YAML.

use chartwright::environment::hosts::{HostFile, host_files};
use chartwright::environment::{Environment, Organisation};
use chartwright::source::{Source, Sources};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

fn read(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/example").join(name);
    std::fs::read(path).expect("reads an example")
}

fn files() -> Vec<HostFile> {
    files_with("")
}

/// The files, where the pilot's file has further lines.
fn files_with(further: &str) -> Vec<HostFile> {
    let mut sources = Sources::new();
    let organisation = Source::new("organisation.yaml", read("organisation.yaml"));
    let organisation = Organisation::load(organisation, &mut sources).expect("loads");
    let names = ["pilot", "production", "published-1x", "sandbox"];
    let environments: Vec<Environment> = names
        .iter()
        .map(|name| {
            let name = format!("environments/{name}.yaml");
            let mut text = read(&name);
            if name.ends_with("/pilot.yaml") {
                text.extend_from_slice(further.as_bytes());
            }
            Environment::load(Source::new(name, text), Some(&organisation), &mut sources).expect("loads")
        })
        .collect();
    host_files(&organisation, &environments.iter().collect::<Vec<_>>())
}

fn text<'f>(files: &'f [HostFile], path: &str) -> &'f str {
    files.iter().find(|file| file.path == path).map_or_else(|| panic!("no {path}"), |file| &file.text)
}

/// What packets from an interface may reach, by the rules of the bastion's forward chain.
fn allowed(files: &[HostFile], interface: &str) -> BTreeSet<(String, String)> {
    let rules = text(files, "bastion/files/etc/nftables.conf");
    let chain = rules.split("chain forward {").nth(1).expect("has the chain").split('}').collect::<Vec<_>>().join("}");
    assert!(chain.contains("policy drop"));
    let wanted = format!("iifname \"{interface}\" ip daddr ");
    let mut found = BTreeSet::new();
    for rule in rules.lines().filter_map(|line| line.trim().strip_prefix(wanted.as_str())) {
        let (address, rest) = rule.split_once(' ').expect("has an address");
        let ports = rest.split_once('{').and_then(|(_, rest)| rest.split_once('}')).expect("has ports").0;
        assert!(rest.contains("accept"), "{rule}");
        found.extend(ports.split(',').map(|port| (address.to_owned(), port.trim().to_owned())));
    }
    found
}

/// The addresses of everything that channels may name, read without the model.
fn addresses() -> BTreeMap<String, Vec<(String, Vec<&'static str>)>> {
    let organisation: serde_json::Value = serde_saphyr::from_slice(&read("organisation.yaml")).expect("is YAML");
    let mut found: BTreeMap<String, Vec<(String, Vec<&'static str>)>> = BTreeMap::new();
    let address = |value: &serde_json::Value| value.as_str().expect("an address").to_owned();
    for (_, cluster) in organisation["clusters"].as_object().expect("clusters") {
        for entry in ["rancher", "keycloak"] {
            if let Some(listen) = cluster[entry]["listen"].as_str() {
                found.entry(entry.to_owned()).or_default().push((listen.to_owned(), vec!["80", "443"]));
            }
        }
        for (_, node) in cluster["nodes"].as_object().expect("nodes") {
            found.entry("nodes".to_owned()).or_default().push((address(&node["address"]), vec!["22", "6443"]));
        }
    }
    for (_, host) in organisation["hosts"].as_object().expect("hosts") {
        found.entry("nodes".to_owned()).or_default().push((address(&host["address"]), vec!["22"]));
    }
    for name in ["pilot", "production", "published-1x", "sandbox"] {
        let environment: serde_json::Value =
            serde_saphyr::from_slice(&read(&format!("environments/{name}.yaml"))).expect("is YAML");
        let listen = address(&environment["loadBalancer"]["listen"]);
        found.entry(name.to_owned()).or_default().push((listen, vec!["80", "443"]));
    }
    found
}

#[test]
fn channels_reach_what_they_name_and_nothing_else() {
    let (files, addresses) = (files(), addresses());
    let organisation: serde_json::Value = serde_saphyr::from_slice(&read("organisation.yaml")).expect("is YAML");
    for (name, channel) in organisation["channels"].as_object().expect("channels") {
        let mut wanted = BTreeSet::new();
        for target in channel["reaches"].as_array().expect("targets") {
            for (address, ports) in &addresses[target.as_str().expect("a text")] {
                wanted.extend(ports.iter().map(|port| (address.clone(), (*port).to_owned())));
            }
        }
        assert_eq!(allowed(&files, name), wanted, "{name}");
        // Peers send nothing else into the tunnel.
        let peers = text(&files, &format!("bastion/peers/{name}.sh"));
        let routed = peers.lines().filter_map(|line| line.strip_prefix("AllowedIPs = ")).next_back().expect("routes");
        let routed: BTreeSet<&str> = routed.split(", ").map(|one| one.trim_end_matches("/32")).collect();
        assert_eq!(routed, wanted.iter().map(|(address, _)| address.as_str()).collect(), "{name}");
    }
    assert!(allowed(&files, "eth0").is_empty());
}

#[test]
fn nginx_listens_on_an_address_for_each_thing() {
    let files = files();
    let mut listens = BTreeMap::new();
    for file in files.iter().filter(|file| file.path.starts_with("gateway/files/etc/nginx/conf.d/")) {
        for line in file.text.lines().filter_map(|line| line.trim().strip_prefix("listen ")) {
            let address = line.split(':').next().expect("an address").to_owned();
            let other = listens.insert(address.clone(), file.path.clone());
            assert!(other.is_none_or(|other| other == file.path), "{address} is taken twice");
        }
    }
    let wanted: BTreeSet<String> = addresses()
        .into_iter()
        .filter(|(name, _)| name != "nodes")
        .flat_map(|(_, things)| things.into_iter().map(|(address, _)| address))
        .collect();
    assert_eq!(listens.keys().cloned().collect::<BTreeSet<_>>(), wanted);
}

#[test]
fn no_file_holds_a_private_key_and_all_are_stable() {
    let files = files();
    for file in &files {
        assert!(!file.text.contains("PRIVATE KEY") && !file.text.contains("\nPrivateKey"), "{}", file.path);
    }
    assert_eq!(files, self::files());
    let machines = files.iter().filter(|file| file.path.ends_with("install.sh")).count();
    assert_eq!(machines, 11);
    let config: serde_json::Value =
        serde_saphyr::from_str(text(&files, "openg2p-2/files/etc/rancher/rke2/config.yaml")).expect("is YAML");
    assert_eq!(config["server"], "https://172.16.0.21:9345");
    assert_eq!(config["cluster-cidr"], "10.44.0.0/16");
    assert!(config.get("token").is_none() && config["token-file"].is_string());
}

#[test]
fn ssh_is_for_administrators_and_the_web_for_the_public_only_where_stated() {
    let ssh = "    ip saddr { 172.16.0.0/24, 10.16.0.0/16 } tcp dport 22 accept";
    let public = "ip daddr 172.16.0.34 tcp dport { 80, 443 } accept comment \"pilot, public\"";
    let (files, opened) = (files(), files_with("publicAccess: true\n"));
    let rules = |files: &[HostFile]| -> Vec<HostFile> {
        files.iter().filter(|file| file.path.ends_with("/etc/nftables.conf")).cloned().collect()
    };
    assert_eq!(rules(&files).len(), 11);
    for file in rules(&files) {
        assert!(file.text.contains(ssh) && !file.text.contains("public\""), "{}", file.path);
    }
    for file in rules(&opened) {
        assert_eq!(file.text.contains(public), file.path.starts_with("gateway"), "{}", file.path);
    }
}

/// The files of the box, where its environment has further lines.
fn box_files(further: &str) -> Vec<HostFile> {
    let read = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("values/examples").join(name);
        std::fs::read_to_string(path).expect("reads an example")
    };
    let mut sources = Sources::new();
    let organisation = Source::new("organisation.yaml", read("organisation-in-a-box.yaml").into_bytes());
    let organisation = Organisation::load(organisation, &mut sources).expect("loads");
    let text = read("environments-in-a-box/sandbox.yaml") + further;
    let environment =
        Environment::load(Source::new("sandbox.yaml", text.into_bytes()), Some(&organisation), &mut sources);
    host_files(&organisation, &[&environment.expect("loads")])
}

#[test]
fn the_node_of_a_box_takes_what_machines_beside_it_take_elsewhere() {
    let (files, opened) = (box_files(""), box_files("publicAccess: true\n"));
    let inside = "{ 172.16.0.0/24, 10.42.0.0/16, 10.43.0.0/16 }";
    let rules = text(&files, "box-1/files/etc/nftables.conf");
    for rule in [
        format!("ip saddr {inside} tcp dport {{ 80, 443, 5432 }} accept"),
        format!("ip daddr {{ 172.16.0.10 }} ip saddr != {inside} tcp dport {{ 80, 443, 5432 }} drop"),
        format!("ip saddr {inside} tcp dport {{ 111, 2049 }} accept"),
        "udp dport 51820 accept".to_owned(),
    ] {
        assert!(rules.contains(&rule), "{rule}\n{rules}");
    }
    let public = text(&opened, "box-1/files/etc/nftables.conf");
    assert!(
        !rules.contains("public") && public.contains("    tcp dport { 80, 443 } accept comment \"sandbox, public\"")
    );
    assert!(public.contains(&format!("ip saddr != {inside} tcp dport {{ 5432 }} drop")), "{public}");
    assert!(text(&files, "box-1/files/etc/exports.d/openg2p.exports").contains("/srv/nfs/box 172.16.0.0/24("));
    assert!(text(&files, "box-1/install.sh").contains("nfs-kernel-server"));
    let config = text(&files, "box-1/files/etc/rancher/rke2/config.yaml");
    assert!(config.contains("allowed-unsafe-sysctls=net.ipv4.ip_forward,"), "{config}");
}

#[test]
fn addresses_of_the_load_balancer_move_between_its_hosts() {
    let files = files();
    let config = |host: &str| text(&files, &format!("{host}/files/etc/keepalived/keepalived.conf")).to_owned();
    let (first, second) = (config("gateway"), config("gateway-2"));
    let addresses = |config: &str| -> Vec<String> {
        config.lines().filter(|line| line.ends_with("/32")).map(|line| line.trim().to_owned()).collect()
    };
    let listens: BTreeSet<String> = addresses(&first).into_iter().collect();
    assert_eq!(listens.len(), 6, "{first}");
    assert_eq!(addresses(&first), addresses(&second));
    for (config, own, other, priority) in
        [(&first, "172.16.0.30", "172.16.0.29", 200), (&second, "172.16.0.29", "172.16.0.30", 190)]
    {
        assert!(config.contains(&format!("unicast_src_ip {own}\n")), "{config}");
        assert!(config.contains(&format!("unicast_peer {{\n        {other}\n    }}")), "{config}");
        assert!(config.contains(&format!("priority {priority}\n")), "{config}");
    }
    for (host, peer) in [("gateway", "172.16.0.29"), ("gateway-2", "172.16.0.30")] {
        let rules = text(&files, &format!("{host}/files/etc/nftables.conf"));
        assert!(rules.contains(&format!("ip saddr {{ {peer} }} ip protocol 112 accept")), "{rules}");
        assert!(text(&files, &format!("{host}/files/etc/sysctl.d/90-openg2p.conf")).contains("ip_nonlocal_bind = 1"));
        assert!(text(&files, &format!("{host}/install.sh")).contains("interface_of 172.16.0."));
    }
    let servers = |host: &str| -> Vec<String> {
        let folder = format!("{host}/files/etc/nginx/");
        files.iter().filter_map(|file| Some(file.path.strip_prefix(&folder)?.to_owned() + &file.text)).collect()
    };
    assert_eq!(servers("gateway"), servers("gateway-2"));
}
