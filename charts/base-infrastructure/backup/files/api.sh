# Speaks to the API server. Answers are asked for in lines, so that they can be read without a parser.
account=/var/run/secrets/kubernetes.io/serviceaccount
api() { # METHOD PATH [curl's options]
  method=$1; path=$2; shift 2
  printf 'header = "Authorization: Bearer %s"\n' "$(cat "${TOKEN_FILE:-$account/token}")" | curl --config - --cacert "${CA_FILE:-$account/ca.crt}" --fail-with-body --silent --show-error \
    --retry 5 --retry-delay 3 --retry-all-errors --request "$method" "$@" "https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT$path"
}
# Names of the items of a list.
names() { sed -n 's/^        "name": "\([^"]*\)".*/\1/p'; }
