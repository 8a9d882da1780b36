//! WireGuard: one server for each channel. Keys are made where they are used and leave no machine.

use super::super::access::{Channel, DEFAULT_PEERS};
use super::super::network::Range;
use super::super::{Environment, Host, Located, Organisation};
use super::{HostFile, Setup, reach};

pub(super) fn servers(
    setup: &mut Setup,
    name: &Located,
    host: &Host,
    organisation: &Organisation,
    environments: &[&Environment],
) {
    let channels = organisation.estate.channels.iter();
    let own: Vec<_> =
        channels.filter(|(_, channel)| channel.host.as_ref().is_some_and(|h| h.text == name.text)).collect();
    if own.is_empty() {
        return;
    }
    setup.packages.push("wireguard-tools");
    let mut lines = vec!["run install -d -m 0700 /etc/wireguard".to_owned()];
    for (channel_name, channel) in own {
        let name = &channel_name.text;
        setup.file(format!("/etc/wireguard/{name}.conf"), server(name, channel), "0600");
        lines.push(format!("make_key /etc/wireguard/{name}.key"));
        lines.push(format!("run touch /etc/wireguard/{name}.peers"));
        lines.push(format!("run systemctl enable --quiet wg-quick@{name}"));
        lines.push(format!("run systemctl restart wg-quick@{name}"));
        let path = format!("{}/peers/{name}.sh", setup.machine);
        let text = peers(name, channel, host, organisation, environments);
        setup.extra.push(HostFile { path, text, executable: true });
    }
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    setup.step("wireguard", "WireGuard servers", &lines);
}

fn range(channel: &Channel) -> Option<Range> {
    channel.subnet.as_ref().and_then(|subnet| Range::parse(&subnet.text))
}

fn server(name: &str, channel: &Channel) -> String {
    let address = range(channel).map(|range| format!("{}/{}", range.nth(1), range.prefix())).unwrap_or_default();
    let port = channel.port.map_or(0, |port| port.value);
    format!(
        "# WireGuard server of channel {name}. Its private key is made on this machine and lies beside this file;\n\
         # peers are added with peers/{name}.sh. What peers reach is limited in /etc/nftables.conf.\n\
         [Interface]\n\
         Address = {address}\n\
         ListenPort = {port}\n\
         PostUp = wg set %i private-key /etc/wireguard/{name}.key\n\
         PostUp = wg addconf %i /etc/wireguard/{name}.peers\n"
    )
}

/// A program that registers a peer: the next free address, once for each device, and prints the peer's own file.
fn peers(
    name: &str,
    channel: &Channel,
    host: &Host,
    organisation: &Organisation,
    environments: &[&Environment],
) -> String {
    let Some(range) = range(channel) else { return String::new() };
    let most = channel.peers.map_or(DEFAULT_PEERS, |peers| peers.value);
    let mut allowed: Vec<String> =
        reach::reach(channel, organisation, environments).into_iter().map(|reach| reach.address).collect();
    allowed.sort();
    allowed.dedup();
    let allowed = allowed.iter().map(|address| format!("{address}/32")).collect::<Vec<_>>().join(", ");
    let endpoint = channel.endpoint.as_ref().or(host.public_address.as_ref()).or(host.address.as_ref());
    let endpoint = endpoint.map_or("", |endpoint| endpoint.text.as_str());
    let port = channel.port.map_or(0, |port| port.value);
    let dns = channel.dns.as_ref().map_or(String::new(), |dns| format!("DNS = {}\n", dns.text));
    let first = u32::from(range.nth(0));
    format!(
        r#"#!/usr/bin/env bash
# Registers a device as a peer of channel {name} and prints the file for it.
#
#   peers/{name}.sh DEVICE PUBLIC_KEY
#
# The device makes its key itself, so that nobody else ever has it:  wg genkey | tee private.key | wg pubkey
# A device keeps its address; addresses of removed devices are not given again. Keep the register in version control.
set -euo pipefail
device=${{1:?usage: $0 DEVICE PUBLIC_KEY}}
key=${{2:?usage: $0 DEVICE PUBLIC_KEY}}
root=${{ROOT:-}}
register=$root/etc/wireguard/{name}.assigned
peers=$root/etc/wireguard/{name}.peers
[[ $device =~ ^[a-z0-9][a-z0-9.-]*$ ]] || {{ echo "expected a device of lower-case letters, digits, dots and hyphens" >&2; exit 1; }}
[[ $key =~ ^[A-Za-z0-9+/]{{43}}=$ ]] || {{ echo "expected a public key of WireGuard's" >&2; exit 1; }}
touch "$register" "$peers"
number=$(awk -v device="$device" '$1 == device {{ print $2 }}' "$register")
if [ -z "$number" ]; then
  number=$(( $(wc -l <"$register") + 2 ))
  [ "$number" -le {last} ] || {{ echo "channel {name} has room for {most} peers" >&2; exit 1; }}
  printf '%s %s %s\n' "$device" "$number" "$key" >>"$register"
  value=$(( {first} + number ))
  address=$(( value >> 24 & 255 )).$(( value >> 16 & 255 )).$(( value >> 8 & 255 )).$(( value & 255 ))
  printf '[Peer]\nPublicKey = %s\nAllowedIPs = %s/32\n' "$key" "$address" >>"$peers"
  [ -n "$root" ] || wg set {name} peer "$key" allowed-ips "$address/32"
elif ! grep -qxF "$device $number $key" "$register"; then
  echo "device $device is registered with another key" >&2
  exit 1
fi
value=$(( {first} + number ))
address=$(( value >> 24 & 255 )).$(( value >> 16 & 255 )).$(( value >> 8 & 255 )).$(( value & 255 ))
server=$(wg pubkey <"$root/etc/wireguard/{name}.key")
cat <<EOF
[Interface]
# PrivateKey = put the content of private.key here, on the device
Address = $address/32
{dns}
[Peer]
PublicKey = $server
Endpoint = {endpoint}:{port}
AllowedIPs = {allowed}
PersistentKeepalive = 25
EOF
"#,
        last = most + 1,
    )
}
