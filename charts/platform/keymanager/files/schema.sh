# Makes what is missing of the tables; running it again changes nothing.
until pg_isready --quiet --timeout=5; do
  echo "waiting for $PGHOST:$PGPORT"
  sleep 3
done
psql --no-psqlrc --quiet --single-transaction --set=ON_ERROR_STOP=1 --set=policies="$KEY_POLICIES" --file=/etc/openg2p/schema/schema.sql
echo "the tables are there"
