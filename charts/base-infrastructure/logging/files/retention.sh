# Makes the policy by which OpenSearch deletes old indices, or changes it where it is another. A second run writes nothing.
set -eu
policy="$OPENSEARCH/_plugins/_ism/policies/openg2p-$PREFIX"
answer=/tmp/answer.json
ask() {
  insecure=""
  [ "$VERIFY" = true ] || insecure=--insecure
  printf 'user = "%s:%s"\n' "$USERNAME" "$(printf %s "$PASSWORD" | sed 's/[\\"]/\\&/g')" | curl --config - $insecure --silent --show-error --retry 20 --retry-delay 5 --retry-all-errors \
    --header "Content-Type: application/json" --output "$answer" --write-out '%{http_code}' "$@"
}
number() { sed -n "s/.*\"$1\"[[:space:]]*:[[:space:]]*\([0-9]*\).*/\1/p" "$answer" | head -n 1; }
wanted=$(sed -n 's/.*"description": "\(.*\)",*/\1/p' "$POLICY")
status=$(ask "$policy")
case "$status" in
  404) status=$(ask --request PUT --data-binary "@$POLICY" "$policy") ;;
  200)
    if grep -qF "\"$wanted\"" "$answer"; then echo "the policy is there: $wanted"; exit 0; fi
    sequence=$(number _seq_no); term=$(number _primary_term)
    status=$(ask --request PUT --data-binary "@$POLICY" "$policy?if_seq_no=$sequence&if_primary_term=$term") ;;
esac
case "$status" in
  2??) echo "wrote the policy: $wanted" ;;
  *) echo "OpenSearch answered $status:" >&2; cat "$answer" >&2; exit 1 ;;
esac
# Indices that are there already get the policy, too; those that have one answer with a failure that does not matter.
status=$(ask --request POST --data-binary "{\"policy_id\": \"openg2p-$PREFIX\"}" "$OPENSEARCH/_plugins/_ism/add/$PREFIX-*")
echo "attached it to the indices that are there: $status"
