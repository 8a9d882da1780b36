# Stores what dump.sh wrote, and deletes what is older than the newest sets.
set -euo pipefail
. /scripts/store.sh
put "$KIND" "$WORK" "$(date -u +%Y%m%dT%H%M%SZ)"
prune "$KIND" "$KEEP"
