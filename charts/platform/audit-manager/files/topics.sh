# Makes the topics that are missing and adds partitions where there are fewer.
PATH=$PATH:/opt/kafka/bin
topics() {
  kafka-topics.sh --bootstrap-server "$BROKERS" "$@"
}
until topics --list > /tmp/topics; do
  echo "waiting for $BROKERS"
  sleep 5
done
for topic in "$EVENTS" "$FAILED"; do
  if grep -qxF "$topic" /tmp/topics; then
    partitions=$(topics --describe --topic "$topic" | sed -n 's/.*PartitionCount: *\([0-9]*\).*/\1/p' | head -n 1)
    if [ "$partitions" -lt "$PARTITIONS" ]; then
      topics --alter --topic "$topic" --partitions "$PARTITIONS"
      echo "$topic has $PARTITIONS partitions instead of $partitions"
    fi
  else
    topics --create --if-not-exists --topic "$topic" --partitions "$PARTITIONS" --replication-factor "$REPLICATION_FACTOR" \
      --config "retention.ms=$RETENTION_MS" --config "compression.type=$COMPRESSION"
  fi
done
echo "the topics are there"
