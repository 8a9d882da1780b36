//! What no chart can install, from the same model: WireGuard servers, nginx, RKE2, NFS, firewalls, kernel settings.
//!
//! What leaves is a folder for each machine: `install.sh`, idempotent and resumable, and below `files/` what it puts
//! where. No file holds a secret; keys and tokens are made on the machines.

mod firewall;
mod keepalived;
mod nginx;
mod reach;
mod rke2;
mod script;
mod storage;
mod wireguard;

pub use reach::{Reach, ReachKind, reach};

use super::{Cluster, Environment, Host, Located, Machine, Organisation};
use std::collections::BTreeMap;

/// A file for a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostFile {
    /// Where it lies in the folder: `MACHINE/install.sh` or `MACHINE/files/etc/...`.
    pub path: String,
    /// Its text.
    pub text: String,
    /// Whether it is a program.
    pub executable: bool,
}

/// Everything that the machines of an organisation need, sorted by path.
pub fn host_files(organisation: &Organisation, environments: &[&Environment]) -> Vec<HostFile> {
    let mut files = Vec::new();
    let estate = &organisation.estate;
    for (name, host) in &estate.hosts {
        files.extend(of_host(name, host, organisation, environments).finish());
    }
    for (cluster_name, cluster) in &estate.clusters {
        for (name, node) in &cluster.nodes {
            files.extend(of_node((cluster_name, cluster), (name, node), organisation, environments).finish());
        }
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    files
}

/// What one machine gets: files by path, and the steps of its script in order.
struct Setup {
    machine: String,
    about: String,
    packages: Vec<&'static str>,
    /// Files by absolute path, with their modes.
    files: BTreeMap<String, (String, &'static str)>,
    steps: Vec<Step>,
    /// Files of the folder that are for people.
    extra: Vec<HostFile>,
}

/// A step of a script.
struct Step {
    /// Its name, which its marker has.
    name: &'static str,
    /// What it does, for people.
    about: String,
    /// Shell lines. They run again when one of the files before them changed.
    lines: Vec<String>,
}

impl Setup {
    fn new(machine: &str, about: String) -> Setup {
        let (files, steps, extra) = (BTreeMap::new(), Vec::new(), Vec::new());
        Setup { machine: machine.to_owned(), about, packages: Vec::new(), files, steps, extra }
    }

    fn file(&mut self, path: impl Into<String>, text: String, mode: &'static str) {
        self.files.insert(path.into(), (text, mode));
    }

    fn step(&mut self, name: &'static str, about: impl Into<String>, lines: &[&str]) {
        let lines = lines.iter().map(|line| (*line).to_owned()).collect();
        self.steps.push(Step { name, about: about.into(), lines });
    }

    fn finish(self) -> Vec<HostFile> {
        let script = script::text(&self);
        let machine = &self.machine;
        let mut files = vec![HostFile { path: format!("{machine}/install.sh"), text: script, executable: true }];
        files.extend(self.files.into_iter().map(|(path, (text, _))| HostFile {
            path: format!("{machine}/files{path}"),
            text,
            executable: false,
        }));
        files.extend(self.extra);
        files
    }
}

fn has(host: &Host, role: &str) -> bool {
    host.roles.iter().any(|known| known.text == role)
}

fn of_host(name: &Located, host: &Host, organisation: &Organisation, environments: &[&Environment]) -> Setup {
    let roles: Vec<&str> = host.roles.iter().map(|role| role.text.as_str()).collect();
    let mut setup = Setup::new(&name.text, format!("host {} ({})", name.text, roles.join(", ")));
    setup.packages.push("nftables");
    let forwards = has(host, "wireguard");
    let peers = keepalived::peers(name, organisation);
    kernel(&mut setup, forwards, false, !peers.is_empty());
    firewall::host(&mut setup, (name, host), &peers, organisation, environments);
    if forwards {
        wireguard::servers(&mut setup, name, host, organisation, environments);
    }
    if has(host, "load-balancer") && organisation.estate.load_balancer.kind.as_ref().is_some_and(|k| k.text == "nginx")
    {
        nginx::servers(&mut setup, host, organisation, environments);
        keepalived::router(&mut setup, (name, host), &peers, organisation);
    }
    if has(host, "nfs") {
        storage::exports(&mut setup, name, organisation);
    }
    setup
}

fn of_node(
    (cluster_name, cluster): (&Located, &Cluster),
    (name, node): (&Located, &Machine),
    organisation: &Organisation,
    environments: &[&Environment],
) -> Setup {
    let about = format!("node {} of cluster {}", name.text, cluster_name.text);
    let mut setup = Setup::new(&name.text, about);
    setup.packages.extend(["nftables", "nfs-common", "curl"]);
    kernel(&mut setup, true, true, false);
    firewall::node(&mut setup, (cluster_name, cluster), name, organisation, environments);
    storage::exports(&mut setup, name, organisation);
    rke2::node(&mut setup, cluster_name, cluster, (name, node), organisation);
    setup
}

/// Kernel settings. Kubernetes and WireGuard forward packets; OpenSearch maps many files.
fn kernel(setup: &mut Setup, forwards: bool, node: bool, stands_by: bool) {
    let mut text = String::from("# Kernel settings.\n");
    if forwards {
        text.push_str("net.ipv4.ip_forward = 1\nnet.ipv4.conf.all.src_valid_mark = 1\n");
    }
    if node {
        text.push_str(
            "vm.max_map_count = 262144\nfs.inotify.max_user_instances = 8192\nfs.inotify.max_user_watches = 524288\n",
        );
    }
    if stands_by {
        text.push_str(
            "# nginx listens on addresses that this machine does not have yet.\nnet.ipv4.ip_nonlocal_bind = 1\n",
        );
    }
    if !forwards && !node {
        text.push_str("net.ipv4.conf.all.rp_filter = 2\n");
    }
    setup.file("/etc/sysctl.d/90-openg2p.conf", text, "0644");
    setup.step("kernel", "kernel settings", &["run sysctl --quiet --load /etc/sysctl.d/90-openg2p.conf"]);
}
