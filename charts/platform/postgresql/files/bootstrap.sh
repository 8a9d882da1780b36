# Copies the primary once, into a folder that gets its name only when it is whole.
slot="$(printf '%s' "$HOSTNAME" | tr -c 'a-z0-9_' '_')"
export PGPASSWORD="$REPLICATION_PASSWORD" PGUSER=replicator PGHOST="$PRIMARY_HOST" PGPORT="$PRIMARY_PORT" PGCONNECT_TIMEOUT=10

if [ -s "$PGDATA/PG_VERSION" ]; then
  echo "the copy is there"
  exit 0
fi

until pg_isready --quiet && psql --no-psqlrc --dbname postgres --quiet --command 'select' > /dev/null; do
  echo "waiting for the primary at $PGHOST:$PGPORT and the role replicator"
  sleep 5
done

# The slot makes the primary keep what this replica has not read yet.
psql --no-psqlrc --quiet --tuples-only --dbname postgres --set ON_ERROR_STOP=1 --set "slot=$slot" <<'SQL'
SELECT pg_create_physical_replication_slot(:'slot', true) WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = :'slot');
SQL

rm -rf "$PGDATA.copying"
mkdir -p "$(dirname "$PGDATA")"
pg_basebackup --pgdata "$PGDATA.copying" --wal-method stream --checkpoint fast --slot "$slot" --no-password
touch "$PGDATA.copying/standby.signal"
chmod 700 "$PGDATA.copying"
mv "$PGDATA.copying" "$PGDATA"
echo "copied the primary, slot $slot"
