# Takes a snapshot of each chosen claim, deletes the oldest ones, and stores the claims and volumes as text.
set -euo pipefail
. /scripts/api.sh
. /scripts/store.sh
stamp=$(date -u +%Y%m%d%H%M%S)
group=/apis/snapshot.storage.k8s.io/v1
mkdir -p "$WORK"
for namespace in $NAMESPACES; do
  if [ "$SNAPSHOTS" = true ]; then
    for claim in $(api GET "/api/v1/namespaces/$namespace/persistentvolumeclaims?pretty=true&labelSelector=$SELECTOR" | names); do
      short=$(echo "$claim" | cut -c 1-40)
      api POST "$group/namespaces/$namespace/volumesnapshots" --header "Content-Type: application/json" > /dev/null --data-binary "{\"apiVersion\": \"snapshot.storage.k8s.io/v1\", \"kind\": \"VolumeSnapshot\",
        \"metadata\": {\"name\": \"$short-$stamp\", \"labels\": {\"openg2p.org/backup-of\": \"$short\", \"app.kubernetes.io/managed-by\": \"openg2p-backup\"}},
        \"spec\": {\"volumeSnapshotClassName\": \"$CLASS\", \"source\": {\"persistentVolumeClaimName\": \"$claim\"}}}"
      echo "asked for a snapshot of $namespace/$claim"
      api GET "$group/namespaces/$namespace/volumesnapshots?pretty=true&labelSelector=openg2p.org/backup-of=$short" | names | sort | awk -v keep="$KEEP" '{ line[NR] = $0 } END { for (i = 1; i <= NR - keep; i++) print line[i] }' | while read -r old; do
        api DELETE "$group/namespaces/$namespace/volumesnapshots/$old" < /dev/null > /dev/null
        echo "deleted the snapshot $namespace/$old"
      done
    done
  fi
  api GET "/api/v1/namespaces/$namespace/persistentvolumeclaims?pretty=true" > "$WORK/$namespace.claims.json"
done
api GET "/api/v1/persistentvolumes?pretty=true" > "$WORK/volumes.json"
put claims "$WORK" "$(date -u +%Y%m%dT%H%M%SZ)"
prune claims "$KEEP"
