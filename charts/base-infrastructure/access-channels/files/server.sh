# Runs the WireGuard server of one channel. Peers are read again whenever their register changes.
set -eu
umask 077
INTERFACE=${INTERFACE:-wg0}
tables=iptables
# The tables of nftables need no capability beyond NET_ADMIN.
if command -v iptables-nft-restore >/dev/null 2>&1; then tables=iptables-nft; fi

configuration() {
  echo "[Interface]"
  echo "ListenPort = $PORT"
  echo "PrivateKey = $(cat "$KEYS/private-key")"
  while read -r peer address key; do
    [ -n "$peer" ] || continue
    echo "[Peer]"
    echo "PublicKey = $key"
    echo "AllowedIPs = $address/32"
    if [ -f "$PRESHARED/$peer" ]; then echo "PresharedKey = $(cat "$PRESHARED/$peer")"; fi
  done < "$CHANNEL/peers"
}

leave() { ip link delete "$INTERFACE" 2>/dev/null || true; exit 0; }
trap leave TERM INT

"$tables-restore" < "$CHANNEL/rules"
ip link show "$INTERFACE" >/dev/null 2>&1 || ip link add "$INTERFACE" type wireguard
configuration > "$STATE/now.conf"
wg setconf "$INTERFACE" "$STATE/now.conf"
ip address replace "$ADDRESS" dev "$INTERFACE"
ip link set "$INTERFACE" mtu "$MTU" up
echo "channel $NAME listens on UDP $PORT with the public key $(wg show "$INTERFACE" public-key)"

while :; do
  sleep "${INTERVAL:-30}" &
  wait $! || true
  configuration > "$STATE/next.conf"
  if ! cmp -s "$STATE/now.conf" "$STATE/next.conf"; then
    wg syncconf "$INTERFACE" "$STATE/next.conf"
    mv "$STATE/next.conf" "$STATE/now.conf"
    echo "channel $NAME has $(wg show "$INTERFACE" peers | wc -l) peers"
  fi
done
