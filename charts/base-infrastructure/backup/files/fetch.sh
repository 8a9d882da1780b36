# Fetches the newest set of dumps for the drill, and checks its sums.
set -euo pipefail
. /scripts/store.sh
stamp=$(stamps logical | tail -n 1)
[ -n "$stamp" ] || { echo "there is no backup of $SOURCE" >&2; exit 1; }
get logical "$stamp" "$WORK/set"
cd "$WORK/set"
sha256sum -c SHA256SUMS
echo "$stamp" > "$WORK/stamp"
taken=$(date -u -d "$(echo "$stamp" | sed 's/^\(....\)\(..\)\(..\)T\(..\)\(..\)\(..\)Z$/\1-\2-\3 \4:\5:\6/')" +%s)
age=$(( ($(date -u +%s) - taken) / 3600 ))
[ "$age" -le "$MAX_AGE" ] || { echo "the newest backup of $SOURCE, $stamp, is $age hours old" >&2; exit 1; }
echo "fetched $SOURCE/logical/$stamp, $age hours old"
