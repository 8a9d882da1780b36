#!/bin/sh
# Starts Valkey with the chart's configuration; the password comes from the environment, so that it stands in no ConfigMap and in no list of processes.
set -eu
umask 077

: "${SETTINGS:=/etc/openg2p/valkey/valkey.conf}"
: "${WORK:=/run/valkey}"
: "${SERVER:=valkey-server}"

configuration="$WORK/valkey.conf"
cat "$SETTINGS" > "$configuration"

if [ -n "${PASSWORD:-}" ]; then
  quoted=$(printf '%s' "$PASSWORD" | sed 's/[\\"]/\\&/g')
  printf 'requirepass "%s"\nmasterauth "%s"\n' "$quoted" "$quoted" >> "$configuration"
fi
if [ -n "${REPLICA_OF:-}" ]; then
  printf 'replicaof %s 6379\nreplica-announce-ip %s.%s\n' "$REPLICA_OF" "$HOSTNAME" "$PEERS_DOMAIN" >> "$configuration"
fi

exec "$SERVER" "$configuration"
