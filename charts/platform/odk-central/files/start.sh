#!/bin/bash
# What ODK Central's server runs: start.sh serve | migrate | task SCRIPT [ARGUMENT...]
set -euo pipefail
cd /usr/odk
NODE_CONFIG="$(node /etc/openg2p/odk/config.js)"
export NODE_CONFIG
if [ -d sentry-versions ]; then
  SENTRY_RELEASE="$(cat sentry-versions/server)"
  SENTRY_TAGS="{ \"version.central\": \"$(cat sentry-versions/central)\", \"version.client\": \"$(cat sentry-versions/client)\" }"
  export SENTRY_RELEASE SENTRY_TAGS
fi

case "$1" in
  migrate)
    until (exec 3<>"/dev/tcp/$DB_HOST/$DB_PORT") 2>/dev/null; do
      echo "waiting for $DB_HOST:$DB_PORT"
      sleep 3
    done
    node lib/bin/run-migrations.js
    for script in check-migrations log-upgrade; do
      # The first one is in images up to v2024.3, the second in newer ones.
      if [ -f "lib/bin/$script.js" ]; then node "lib/bin/$script.js"; fi
    done
    ;;
  serve)
    node /etc/openg2p/odk/migrated.js
    exec ./node_modules/.bin/pm2-runtime ./pm2.config.js
    ;;
  task)
    exec node "lib/bin/$2" "${@:3}"
    ;;
esac
