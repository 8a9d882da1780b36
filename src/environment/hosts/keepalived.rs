//! Addresses of the load balancer that move between its hosts: VRRP by keepalived.

use super::super::part::find;
use super::super::{Host, Located, Organisation};
use super::Setup;

/// The number of the virtual router where none is stated.
const ROUTER_ID: u64 = 51;
/// The priority of the first host; each further one has less.
const PRIORITY: usize = 200;
/// How many addresses one announcement names; further ones move along unnamed.
const ANNOUNCED: usize = 20;

/// The addresses of the other hosts between which addresses move; none where there is no such thing for this host.
pub(super) fn peers(name: &Located, organisation: &Organisation) -> Vec<String> {
    let front = &organisation.estate.load_balancer;
    if front.virtual_addresses.is_empty() || !front.hosts.iter().any(|host| host.text == name.text) {
        return Vec::new();
    }
    let others = front.hosts.iter().filter(|host| host.text != name.text);
    let addresses = others.filter_map(|host| find(&organisation.estate.hosts, &host.text)?.address.as_ref());
    addresses.map(|address| address.text.clone()).collect()
}

pub(super) fn router(
    setup: &mut Setup,
    (name, host): (&Located, &Host),
    peers: &[String],
    organisation: &Organisation,
) {
    let Some(address) = host.address.as_ref().filter(|_| !peers.is_empty()) else { return };
    setup.packages.push("keepalived");
    let text = config(name, &address.text, peers, organisation);
    setup.file("/etc/keepalived/keepalived.conf", text, "0644");
    let interface = format!("interface_of {} /etc/keepalived/interface.conf", address.text);
    setup.step(
        "keepalived",
        "addresses that move between the hosts of the load balancer",
        &[
            &interface,
            "run keepalived --config-test",
            "run systemctl enable --quiet keepalived",
            "run systemctl reload-or-restart keepalived",
        ],
    );
}

fn config(name: &Located, address: &str, peers: &[String], organisation: &Organisation) -> String {
    let front = &organisation.estate.load_balancer;
    let place = front.hosts.iter().position(|host| host.text == name.text).unwrap_or(0);
    let priority = PRIORITY.saturating_sub(10 * place).max(1);
    let id = front.router_id.map_or(ROUTER_ID, |id| id.value);
    let addresses: Vec<String> =
        front.virtual_addresses.iter().map(|address| format!("        {}/32\n", address.text)).collect();
    let (announced, further) = addresses.split_at(addresses.len().min(ANNOUNCED));
    let further = match further.is_empty() {
        true => String::new(),
        false => format!("    virtual_ipaddress_excluded {{\n{}    }}\n", further.concat()),
    };
    format!(
        "# One of the hosts of the load balancer has these addresses; where its nginx or the host itself fails, another\n\
         # one takes them. The interface is found out when this is set up.\n\
         global_defs {{\n    router_id {name}\n    script_user root\n    enable_script_security\n}}\n\
         vrrp_script nginx {{\n    script \"/usr/bin/systemctl is-active --quiet nginx\"\n    interval 2\n    \
         fall 2\n    rise 2\n}}\n\
         vrrp_instance load_balancer {{\n    state BACKUP\n    nopreempt\n    \
         include /etc/keepalived/interface.conf\n    virtual_router_id {id}\n    priority {priority}\n    \
         advert_int 1\n    unicast_src_ip {address}\n    unicast_peer {{\n{peers}    }}\n    \
         virtual_ipaddress {{\n{announced}    }}\n{further}    track_script {{\n        nginx\n    }}\n}}\n",
        name = name.text,
        peers = peers.iter().map(|peer| format!("        {peer}\n")).collect::<String>(),
        announced = announced.concat(),
    )
}
