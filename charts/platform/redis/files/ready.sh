#!/bin/sh
# Ready: the server answers, and a replica has what its primary has.
set -eu
export REDISCLI_AUTH="${PASSWORD:-}"
: "${CLIENT:=valkey-cli}"
: "${PORT:=6379}"

answer=$("$CLIENT" -h 127.0.0.1 -p "$PORT" ping)
[ "$answer" = PONG ] || { echo "$answer"; exit 1; }
if [ -n "${REPLICA_OF:-}" ]; then
  "$CLIENT" -h 127.0.0.1 -p "$PORT" info replication | grep -q '^master_link_status:up'
fi
