{{/*
What a Job runs that makes an application known to the IAM service: MESSAGE is the file to send, IAM_URL, TOKEN_URL, CLIENT_ID, CLIENT_SECRET and WAIT_SECONDS
say where and as whom. It needs a shell and curl.
*/}}
{{- define "openg2p.iamRegister" -}}
#!/bin/sh
# Tells the IAM service of an application, its roles and permissions: the message in MESSAGE, with a token of a client of Keycloak. IAM writes it over what it knew.
set -eu
end=$(($(date +%s) + WAIT_SECONDS))

# until_done WHAT COMMAND...: tries a command again and again, for WAIT_SECONDS.
until_done() {
  what="$1"
  shift
  until "$@"; do
    if [ "$(date +%s)" -ge "$end" ]; then
      echo "$what: given up after $WAIT_SECONDS seconds" >&2
      exit 1
    fi
    echo "waiting for $what"
    sleep 5
  done
}

answers() { curl --silent --fail --max-time 5 --output /dev/null "$IAM_URL/ping"; }

token() {
  printf '%s' "$CLIENT_SECRET" | curl --silent --max-time 10 --output /tmp/token --data grant_type=client_credentials \
    --data-urlencode "client_id=$CLIENT_ID" --data-urlencode client_secret@- "$TOKEN_URL" || return 1
  token="$(sed -n 's/.*"access_token" *: *"\([^"]*\)".*/\1/p' /tmp/token)"
  rm -f /tmp/token
  [ -n "$token" ]
}

told() {
  status="$(printf 'Authorization: Bearer %s' "$token" | curl --silent --max-time 30 --output /tmp/answer --write-out '%{http_code}' --header @- \
    --header 'Content-Type: application/json' --data-binary "@$MESSAGE" "$IAM_URL/user-access/staff_portal_applications" || true)"
  case "$status" in
    2*) echo "IAM knows the application" ;;
    400 | 422) cat /tmp/answer >&2; exit 1 ;;
    *) echo "IAM answers $status"; return 1 ;;
  esac
}

until_done "$IAM_URL" answers
until_done "a token of $CLIENT_ID" token
until_done "the answer of IAM" told
{{ end -}}
