#!/bin/sh
# Writes rows into the tables that the APIs made: /data/ORDER.TABLE.KEY.json, one row each, then /scripts/*.sql.
set -eu

tell() { printf '%s\n' "$*"; }

# Runs psql without the settings of a home folder, and stops at the first error.
sql() { psql -X -q -v ON_ERROR_STOP=1 "$@"; }

wait_for() {
  left=$WAIT_SECONDS
  until [ "$(sql -At -c "select to_regclass('$1') is not null" 2> /tmp/error || true)" = t ]; do
    if [ "$left" -le 0 ]; then
      tell "the table $1 is not there after $WAIT_SECONDS seconds"
      cat /tmp/error
      exit 1
    fi
    left=$((left - 5))
    sleep 5
  done
}

for file in /data/[0-9].*.json; do
  [ -e "$file" ] || continue
  name=$(basename "$file" .json)
  table=$(echo "$name" | cut -d . -f 2)
  key=$(echo "$name" | cut -d . -f 3-)
  wait_for "$table"
  secret=/keys/$key/key
  [ "$table" = login_providers ] && [ -e "$secret" ] || secret=/dev/null
  outcome=$(sql -At -v table="$table" -v row="$(cat "$file")" -v jwk="$(cat "$secret")" -f /data/row.sql)
  tell "$table $key: $outcome"
done

for file in /scripts/*.sql; do
  [ -e "$file" ] || continue
  sql --single-transaction -f "$file"
  tell "ran $(basename "$file")"
done
