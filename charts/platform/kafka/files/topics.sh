#!/bin/bash
# Makes the topics of topics.tsv: name, partitions, replication factor, settings (a=b|c=d). What is already so is not written again; nothing is deleted.
set -euo pipefail

: "${KAFKA_HOME:=/opt/kafka}"
: "${TOPICS:=/etc/openg2p/topics/topics.tsv}"
: "${BOOTSTRAP_SERVERS:?}"
: "${WAIT_SECONDS:=600}"

topics() { "${KAFKA_HOME}/bin/kafka-topics.sh" --bootstrap-server "$BOOTSTRAP_SERVERS" "$@"; }
configs() { "${KAFKA_HOME}/bin/kafka-configs.sh" --bootstrap-server "$BOOTSTRAP_SERVERS" --entity-type topics "$@"; }

until=$((SECONDS + WAIT_SECONDS))
until known=$(topics --list 2>/tmp/list.err); do
  if [ "$SECONDS" -ge "$until" ]; then
    cat /tmp/list.err >&2
    echo "no broker answers at ${BOOTSTRAP_SERVERS}" >&2
    exit 1
  fi
  sleep 5
done

while IFS=$'\t' read -r name partitions replication settings; do
  [ -n "$name" ] || continue
  if ! grep -qxF -- "$name" <<< "$known"; then
    arguments=()
    IFS='|' read -ra pairs <<< "$settings"
    for pair in "${pairs[@]}"; do arguments+=(--config "$pair"); done
    topics --create --if-not-exists --topic "$name" --partitions "$partitions" --replication-factor "$replication" "${arguments[@]}"
    echo "created ${name}"
    continue
  fi

  # The summary line: Topic: x  TopicId: ...  PartitionCount: 3  ReplicationFactor: 1  Configs: a=b,c=d
  summary=$(topics --describe --topic "$name" | grep -m1 'PartitionCount:')
  have=$(sed -n 's/.*PartitionCount:[[:space:]]*\([0-9]*\).*/\1/p' <<< "$summary")
  if [ "$have" -lt "$partitions" ]; then
    topics --alter --topic "$name" --partitions "$partitions"
    echo "${name}: ${have} partitions became ${partitions}"
  elif [ "$have" -gt "$partitions" ]; then
    echo "${name}: has ${have} partitions and keeps them, ${partitions} are asked for (Kafka takes none away)"
  fi

  replicas=$(sed -n 's/.*ReplicationFactor:[[:space:]]*\([0-9]*\).*/\1/p' <<< "$summary")
  if [ "$replicas" != "$replication" ]; then
    echo "${name}: has ${replicas} replicas and keeps them, ${replication} are asked for (move them with kafka-reassign-partitions.sh)"
  fi

  current=",$(sed -n 's/.*Configs:[[:space:]]*//p' <<< "$summary"),"
  changed=()
  IFS='|' read -ra pairs <<< "$settings"
  for pair in "${pairs[@]}"; do
    case "$current" in
      *",${pair},"*) ;;
      *) changed+=("$pair") ;;
    esac
  done
  if [ "${#changed[@]}" -gt 0 ]; then
    wanted=()
    for pair in "${changed[@]}"; do
      case "$pair" in
        *,*) wanted+=("${pair%%=*}=[${pair#*=}]") ;; # a list of values goes into brackets
        *) wanted+=("$pair") ;;
      esac
    done
    configs --alter --entity-name "$name" --add-config "$(IFS=','; echo "${wanted[*]}")"
    echo "${name}: set ${changed[*]}"
  else
    echo "${name}: nothing to do"
  fi
done < "$TOPICS"
