#!/bin/sh
# What Superset's programs run: start.sh web | worker | beat | init
set -eu
# Wheels of pure Python are read as they are, without being unpacked.
for wheel in /app/packages/*/*.whl; do
  if [ -f "$wheel" ]; then PYTHONPATH="$PYTHONPATH:$wheel"; fi
done
if [ -n "${PACKAGES:-}" ]; then
  # shellcheck disable=SC2086
  pip install --no-cache-dir --disable-pip-version-check --target /tmp/packages $PACKAGES
  PYTHONPATH="$PYTHONPATH:/tmp/packages"
fi
export PYTHONPATH

case "$1" in
  web)
    exec gunicorn --bind "0.0.0.0:$SUPERSET_PORT" --workers "$SERVER_WORKER_AMOUNT" --worker-class gthread --threads "$SERVER_THREADS_AMOUNT" \
      --timeout 60 --keep-alive 2 --worker-tmp-dir /dev/shm --access-logfile - --error-logfile - --forwarded-allow-ips '*' \
      --limit-request-line 0 --limit-request-field_size 0 "superset.app:create_app()"
    ;;
  worker)
    exec celery --app=superset.tasks.celery_app:app worker --pool=prefork --concurrency="$CELERY_CONCURRENCY" -O fair
    ;;
  beat)
    exec celery --app=superset.tasks.celery_app:app beat --pidfile /tmp/beat.pid --schedule /tmp/beat-schedule
    ;;
  init)
    until python3 -c 'import os, socket; socket.create_connection((os.environ["DB_HOST"], int(os.environ["DB_PORT"])), 5)' 2>/dev/null; do
      echo "waiting for $DB_HOST:$DB_PORT"
      sleep 3
    done
    superset db upgrade
    superset init
    if [ -s /app/pythonpath/datasources.yaml ]; then
      superset import_datasources -p /app/pythonpath/datasources.yaml
    fi
    ;;
esac
