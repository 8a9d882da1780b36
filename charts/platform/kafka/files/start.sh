#!/bin/bash
# Starts one Kafka node. The number of the pod gives the node its id; storage is formatted once, with the id of the cluster that the Secret holds.
set -euo pipefail

: "${KAFKA_HOME:=/opt/kafka}"
: "${KAFKA_SETTINGS:=/etc/openg2p/kafka}"
: "${KAFKA_WORK:=/tmp}"
: "${CLUSTER_ID:?the Secret with the id of the cluster is missing}"
: "${PEERS_DOMAIN:?}"
: "${NODE_ID_BASE:?}"
: "${ROLES:?}"

ordinal="${HOSTNAME##*-}"
node_id=$((NODE_ID_BASE + ordinal))
address="${HOSTNAME}.${PEERS_DOMAIN}"
properties="${KAFKA_WORK}/server.properties"

cp "${KAFKA_SETTINGS}/server.properties" "$properties"
chmod u+w "$properties"
{
  echo
  echo "node.id=${node_id}"
  case ",${ROLES}," in
    *,broker,*) echo "advertised.listeners=CLIENT://${address}:9092,INTERNAL://${address}:9094" ;;
  esac
} >> "$properties"

"${KAFKA_HOME}/bin/kafka-storage.sh" format --ignore-formatted --cluster-id "$CLUSTER_ID" --config "$properties"

exec "${KAFKA_HOME}/bin/kafka-server-start.sh" "$properties"
