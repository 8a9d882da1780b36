# Compares the server with plan.json and runs the statements that make up the difference. Where there is none, nothing is written.
set -eu
init="${INIT_DIR:-/init}"
passwords="${PASSWORD_DIR:-/passwords}"
plan="$(cat "$init/plan.json")"
admin_database="$PGDATABASE"
export PGCONNECT_TIMEOUT=10 PGAPPNAME=postgres-init
changes=0

run_psql() {
  psql --no-psqlrc --quiet --no-password --set ON_ERROR_STOP=1 "$@"
}

# query DATABASE FILE: lines that a query over the plan gives.
query() {
  PGDATABASE="$1" run_psql --tuples-only --no-align --field-separator=' ' --set "plan=$plan" --file "$init/$2"
}

# apply DATABASE FILE: the query gives statements; they are shown and run, each in a transaction of its own.
apply() {
  statements="$(query "$1" "$2")"
  [ -n "$statements" ] || return 0
  printf '%s\n' "$statements" | sed "s/^/[$1] /"
  printf '%s\n' "$statements" | PGDATABASE="$1" run_psql
  changes=$((changes + $(printf '%s\n' "$statements" | wc -l)))
}

can_login() {
  PGDATABASE="$1" PGUSER="$2" PGPASSWORD="$3" run_psql --command 'SELECT' > /dev/null 2>&1
}

# password KEY DATABASE ROLE: sets a role's password if the role cannot log in with it. psql hashes it: the server and its log never see the text.
password() {
  text="$(cat "$passwords/$1")"
  [ -n "$text" ] || { echo "the password of $3 is empty" >&2; return 1; }
  if can_login "$2" "$3" "$text"; then return 0; fi
  echo "[$admin_database] set the password of $3"
  printf '%s\n%s\n' "$text" "$text" | PGDATABASE="$admin_database" run_psql --set "role=$3" --command '\password :"role"' > /dev/null 2> /tmp/password-error \
    || { cat /tmp/password-error >&2; return 1; }
  changes=$((changes + 1))
  can_login "$2" "$3" "$text" || echo "warning: $3 cannot log in to $2 from here" >&2
}

waited=0
until pg_isready --quiet; do
  [ "$waited" -lt "${WAIT_SECONDS:-600}" ] || { echo "no answer from $PGHOST:$PGPORT" >&2; exit 1; }
  [ $((waited % 30)) -ne 0 ] || echo "waiting for $PGHOST:$PGPORT"
  waited=$((waited + 2))
  sleep 2
done

for step in create-roles roles memberships create-databases databases; do
  apply "$admin_database" "$step.sql"
done

query "$admin_database" list-databases.sql > /tmp/databases
while IFS= read -r database; do
  apply "$database" schema.sql
  apply "$database" readers.sql
done < /tmp/databases

query "$admin_database" list-logins.sql > /tmp/logins
while read -r key database role; do
  password "$key" "$database" "$role"
done < /tmp/logins

echo "done, $changes changes"
