# Follows the primary. The password stands in a file of the pod, not in the data folder, so that a new one holds from the next start.
slot="$(printf '%s' "$HOSTNAME" | tr -c 'a-z0-9_' '_')"
umask 077
printf '*:*:*:replicator:%s\n' "$REPLICATION_PASSWORD" > /tmp/pgpass
exec postgres -c config_file=/etc/postgresql/postgresql.conf -c "primary_slot_name=$slot" -c hot_standby_feedback=on \
  -c "primary_conninfo=host=$PRIMARY_HOST port=$PRIMARY_PORT user=replicator passfile=/tmp/pgpass application_name=$slot sslmode=$PRIMARY_SSLMODE"
