#!/bin/bash
# Writes how people log in, and the passwords of the chart's own users, into a cluster that runs already. Users and roles of other origin stay.
set -euo pipefail
umask 077

: "${OPENSEARCH_HOME:=/usr/share/opensearch}"
: "${SETTINGS:=/etc/openg2p/opensearch}"
: "${CERTIFICATES:=/etc/openg2p/certificates}"
: "${HOST:?}"
: "${PORT:=9200}"
: "${WAIT_SECONDS:=900}"
url="https://${HOST}:${PORT}"
password=$(cat "${CERTIFICATES}/password")
tools="${OPENSEARCH_HOME}/plugins/opensearch-security/tools"

# call CURL-OPTIONS...: options that tell secrets come on standard input
call() { curl --silent --max-time 30 --cacert "${CERTIFICATES}/ca.crt" --config - "$@"; }
as_admin() { printf 'cert = "%s/admin.p12:%s"\ncert-type = "P12"\n' "$CERTIFICATES" "$password" | call "$@"; }
escaped() { printf '%s' "$1" | sed 's/[\\"]/\\&/g'; }

until [ "$(call --output /dev/null --write-out '%{http_code}' "$url/" < /dev/null)" = 401 ]; do
  if [ "$SECONDS" -ge "$WAIT_SECONDS" ]; then echo "${url} is not ready" >&2; exit 1; fi
  sleep 5
done

sign=$(sed -n 's/.*(openg2p \([0-9a-f]*\)).*/\1/p' "${SETTINGS}/security.yml" | head -n 1)
if as_admin "$url/_plugins/_security/api/securityconfig" | grep -qF "(openg2p ${sign})"; then
  echo "how people log in is as it should be"
else
  bash "${tools}/securityadmin.sh" -icl -nhnv -h "$HOST" -p "$PORT" -t config -f "${SETTINGS}/security.yml" \
    -ks "${CERTIFICATES}/admin.p12" -kst PKCS12 -kspass "$password" -ts "${CERTIFICATES}/truststore.p12" -tst PKCS12 -tspass "$password"
fi

while read -r name variable role; do
  [ -n "$name" ] || continue
  status=$(printf 'user = "%s:%s"\n' "$name" "$(escaped "${!variable}")" | call --output /dev/null --write-out '%{http_code}' "$url/_plugins/_security/authinfo")
  if [ "$status" = 200 ]; then
    echo "${name}: the password is as it should be"
    continue
  fi
  hash=$("${tools}/hash.sh" -env "$variable" | tail -n 1)
  roles=''
  if [ "$role" != - ]; then roles="\"${role}\""; fi
  status=$(as_admin --request PUT --header 'Content-Type: application/json' --data "{\"hash\":\"${hash}\",\"reserved\":true,\"backend_roles\":[${roles}]}" --output /tmp/answer --write-out '%{http_code}' \
    "$url/_plugins/_security/api/internalusers/${name}")
  case "$status" in
    200 | 201) echo "${name}: has its password" ;;
    *) echo "${name}: the server answers ${status}" >&2; cat /tmp/answer >&2; exit 1 ;;
  esac
done <<< "$USERS"
