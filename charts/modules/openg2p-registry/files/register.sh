#!/bin/sh
# Tells IAM of the staff portal: the message PAYLOAD, with a token of the portal's own Keycloak client. IAM overwrites what it knew.
set -eu

tell() { printf '%s\n' "$*"; }

until=$(($(date +%s) + WAIT_SECONDS))

# Tries a command until it succeeds or the time is up.
try() {
  until "$@"; do
    if [ "$(date +%s)" -ge "$until" ]; then
      tell "$1: no success after $WAIT_SECONDS seconds"
      exit 1
    fi
    sleep 5
  done
}

ping_iam() { curl -sf -m 5 -o /dev/null "$IAM_URL/ping" || { tell "waiting for $IAM_URL"; return 1; }; }

fetch_token() {
  printf %s "$CLIENT_SECRET" | curl -s -m 10 -o /tmp/token "$TOKEN_URL" -d grant_type=client_credentials \
    --data-urlencode "client_id=$CLIENT_ID" --data-urlencode client_secret@- || true
  token=$(sed -n 's/.*"access_token" *: *"\([^"]*\)".*/\1/p' /tmp/token)
  rm -f /tmp/token
  [ -n "$token" ] || { tell "no token yet from $TOKEN_URL"; return 1; }
}

register() {
  status=$(printf 'Authorization: Bearer %s' "$token" | curl -s -m 30 -o /tmp/answer -w '%{http_code}' -H @- \
    -H 'Content-Type: application/json' --data-binary "@$PAYLOAD" "$IAM_URL/user-access/staff_portal_applications" || true)
  case $status in
    2*) tell "IAM knows $CLIENT_ID: $(cat /tmp/answer)" ;;
    400 | 422) tell "IAM refuses the message: $(cat /tmp/answer)"; exit 1 ;;
    *) tell "IAM answered $status"; return 1 ;;
  esac
}

try ping_iam
try fetch_token
try register
