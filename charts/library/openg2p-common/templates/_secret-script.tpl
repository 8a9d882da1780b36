{{/* What the Job of openg2p.secretJob runs. Each line of WANTED is: SECRET KEY KIND LENGTH EXTRA, the last in Base64. */}}
{{- define "openg2p.secretScript" -}}
account="${ACCOUNT_DIR:-/var/run/secrets/kubernetes.io/serviceaccount}"
api="${API_URL:-https://kubernetes.default.svc}/api/v1/namespaces/$NAMESPACE/secrets"

# call METHOD URL TYPE: sends standard input, leaves the answer in /tmp/answer, prints the status.
call() {
  curl --silent --show-error --max-time 30 --cacert "$account/ca.crt" --header "Authorization: Bearer $(cat "$account/token")" \
    --header "Content-Type: $3" --request "$1" --data-binary @- --output /tmp/answer --write-out '%{http_code}' "$2"
}

# random ALPHABET LENGTH
random() {
  case "$1" in
    alnum) set='A-Za-z0-9' ;;
    lower) set='a-z0-9' ;;
    hex) set='0-9a-f' ;;
    digits) set='0-9' ;;
    base64) head -c "$2" /dev/urandom | base64 | tr -d '\n'; return ;;
  esac
  # Bytes outside of the set are dropped, so that all characters are equally likely.
  text=""
  while [ "${#text}" -lt "$2" ]; do
    text="$text$(head -c 256 /dev/urandom | LC_ALL=C tr -dc "$set")"
  done
  printf '%s' "$text" | head -c "$2"
}

# content KIND LENGTH EXTRA: the value in Base64.
content() {
  if [ "$1" = value ]; then
    printf '%s' "$3"
  else
    { printf '%s' "$3" | base64 -d; random "$1" "$2"; } | base64 | tr -d '\n'
  fi
}

# data SECRET [PRESENT]: the members of `data` for the keys of a Secret that do not stand in the file PRESENT.
data() {
  comma=""
  printf '%s\n' "$WANTED" | while read -r secret key kind length extra; do
    [ "$secret" = "$1" ] || continue
    if [ -n "${2:-}" ] && grep -qxF "$key" "$2"; then continue; fi
    printf '%s"%s":"%s"' "$comma" "$key" "$(content "$kind" "$length" "$extra")"
    comma=","
  done
}

ensure() {
  labels="\"app.kubernetes.io/name\":\"$CHART\",\"app.kubernetes.io/instance\":\"$INSTANCE\",\"app.kubernetes.io/part-of\":\"openg2p\""
  status="$(printf '{"apiVersion":"v1","kind":"Secret","type":"Opaque","metadata":{"name":"%s","labels":{%s}},"data":{%s}}' "$1" "$labels" "$(data "$1")" \
    | call POST "$api" application/json)"
  case "$status" in
    201) echo "Secret $1: made"; return 0 ;;
    409) ;;
    *) echo "Secret $1: the API server answers $status" >&2; sed -n 's/.*"message": *"\([^"]*\)".*/\1/p' /tmp/answer >&2; return 1 ;;
  esac
  status="$(printf '' | call GET "$api/$1?pretty=true" application/json)"
  [ "$status" = 200 ] || { echo "Secret $1: cannot be read, status $status" >&2; return 1; }
  sed -n '/^  "data": {/,/^  }/s/^    "\([^"]*\)":.*/\1/p' /tmp/answer > /tmp/present
  version="$(sed -n 's/^    "resourceVersion": "\([^"]*\)".*/\1/p' /tmp/answer | head -n 1)"
  rm -f /tmp/answer
  missing="$(data "$1" /tmp/present)"
  if [ -z "$missing" ]; then
    echo "Secret $1: there, left as it is"
    return 0
  fi
  # With the version that was read, the server refuses the change if somebody else was faster.
  status="$(printf '{"metadata":{"resourceVersion":"%s"},"data":{%s}}' "$version" "$missing" \
    | call PATCH "$api/$1" application/merge-patch+json)"
  rm -f /tmp/answer
  [ "$status" = 200 ] || { echo "Secret $1: keys cannot be added, status $status" >&2; return 1; }
  echo "Secret $1: missing keys added"
}

for secret in $(printf '%s\n' "$WANTED" | cut -d ' ' -f 1 | sort -u); do
  ensure "$secret"
done
{{- end -}}
