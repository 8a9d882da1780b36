# Fails when the newest usable etcd snapshot that RKE2 knows of is too old. Taking snapshots is RKE2's own work, on the nodes.
set -euo pipefail
. /scripts/api.sh
newest=$(api GET "/apis/k3s.cattle.io/v1/etcdsnapshotfiles?pretty=true" | awk -F '"' '
  /^    {/ { time = ""; ready = 0 }
  /^        "creationTime":/ { time = $4 }
  /^        "readyToUse": true/ { ready = 1 }
  /^    }/ { if (ready && time != "") print time }' | sort | tail -n 1)
[ -n "$newest" ] || { echo "there is no usable etcd snapshot" >&2; exit 1; }
taken=$(date -u -d "$(echo "$newest" | sed 's/T/ /; s/Z$//')" +%s)
age=$(( ($(date -u +%s) - taken) / 3600 ))
[ "$age" -le "$MAX_AGE" ] || { echo "the newest etcd snapshot, of $newest, is $age hours old" >&2; exit 1; }
echo "the newest etcd snapshot is of $newest"
