# Makes the roles `replicator` and `monitoring`; writes nothing where they are as they should be.
until pg_isready --quiet; do
  echo "waiting for the server at $PGHOST:$PGPORT"
  sleep 3
done

# apply QUERY: the query writes statements, which are run and shown.
apply() {
  statements="$(printf '%s\n' "$1" | psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1)"
  [ -z "$statements" ] || printf '%s\n' "$statements" | psql --no-psqlrc --quiet --echo-queries --set ON_ERROR_STOP=1
}

# password ROLE VALUE: sets a password only if the role cannot log in with it. The server never sees it as text.
password() {
  if PGUSER="$1" PGPASSWORD="$2" psql --no-psqlrc --quiet --command 'select' > /dev/null 2>&1; then return 0; fi
  printf '%s\n%s\n' "$2" "$2" | psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --set "role=$1" --command '\password :"role"' > /dev/null 2>&1
  echo "set the password of $1"
}

if [ -n "${REPLICATION_PASSWORD:-}" ]; then
  apply "SELECT 'CREATE ROLE replicator LOGIN REPLICATION' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'replicator')"
  apply "SELECT 'ALTER ROLE replicator LOGIN REPLICATION' FROM pg_roles WHERE rolname = 'replicator' AND NOT (rolcanlogin AND rolreplication)"
  password replicator "$REPLICATION_PASSWORD"
fi
if [ -n "${MONITORING_PASSWORD:-}" ]; then
  apply "SELECT 'CREATE ROLE monitoring LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'monitoring')"
  apply "SELECT 'GRANT pg_monitor TO monitoring' WHERE NOT pg_has_role('monitoring', 'pg_monitor', 'MEMBER')"
  password monitoring "$MONITORING_PASSWORD"
fi
echo "roles are as they should be"
