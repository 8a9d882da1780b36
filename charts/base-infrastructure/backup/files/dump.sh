# Writes a backup of one PostgreSQL server into the folder $WORK: a base backup, or roles and a dump of each database.
set -euo pipefail
umask 077
rm -rf "${WORK:?}"
mkdir -p "$WORK"
if [ "$KIND" = base ]; then
  pg_basebackup --pgdata="$WORK" --format=tar --gzip --checkpoint=fast --wal-method=stream --no-password
  cd "$WORK"
  for file in *.tar.gz; do
    split -b "$PART" "$file" "$file."
    rm "$file"
  done
else
  pg_dumpall --globals-only --no-role-passwords --database=postgres | gzip > "$WORK/globals.sql.gz"
  databases=${DATABASES:-$(psql --no-align --tuples-only --dbname=postgres --command="select datname from pg_database where datallowconn and not datistemplate order by datname")}
  for database in $databases; do
    pg_dump --format=custom --dbname="$database" | split -b "$PART" - "$WORK/$database.dump."
    psql --no-align --tuples-only --dbname="$database" --command="select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_'" > "$WORK/$database.tables"
  done
fi
echo "dumped $PGHOST: $(du -sh "$WORK" | cut -f1)"
