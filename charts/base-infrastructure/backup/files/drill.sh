# Restores the fetched dumps into a server of its own, which nobody else reaches, and counts the tables.
set -euo pipefail
umask 077
export PGHOST="$WORK/socket" PGUSER=postgres PGDATA="$WORK/data"
mkdir -p "$PGHOST"
initdb --username=postgres --auth=trust --no-sync >/dev/null
pg_ctl --wait --silent --options="-c listen_addresses='' -c unix_socket_directories=$PGHOST -c fsync=off -c full_page_writes=off" --log="$WORK/log" start || { cat "$WORK/log"; exit 1; }
leave() { pg_ctl --silent --mode=immediate stop || true; }
trap leave EXIT
gunzip -c "$WORK/set/globals.sql.gz" | grep -vE '^(CREATE|ALTER) ROLE "?postgres"?[ ;]' | psql --quiet --set=ON_ERROR_STOP=1 --dbname=postgres --output=/dev/null
failed=0
for first in "$WORK"/set/*.dump.aa; do
  [ -f "$first" ] || { echo "the set has no dump" >&2; exit 1; }
  database=$(basename "$first" .dump.aa)
  [ "$database" = postgres ] || createdb --template=template0 "$database"
  cat "$WORK/set/$database.dump."* | pg_restore --exit-on-error --dbname="$database" || { echo "$database cannot be restored" >&2; failed=1; continue; }
  found=$(psql --no-align --tuples-only --dbname="$database" --command="select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_'")
  expected=$(cat "$WORK/set/$database.tables")
  if [ "$found" -eq "$expected" ]; then echo "$database: $found tables"; else echo "$database: $found tables of $expected" >&2; failed=1; fi
done
[ "$failed" = 0 ] && echo "the backup $(cat "$WORK/stamp") can be restored"
exit "$failed"
