#!/bin/bash
# Makes an authority, a certificate of the nodes and one of the administrator, and posts them as a Secret. A Secret that is there is left as it is. The authority's key is thrown away.
set -euo pipefail
umask 077

: "${WANTED:?}"
: "${NAMESPACE:?}"
: "${NAMES:?}"
: "${DAYS:=3650}"
: "${WORK:=/tmp/certificates}"
: "${ACCOUNT_DIR:=/var/run/secrets/kubernetes.io/serviceaccount}"
: "${API_URL:=https://kubernetes.default.svc}"
secrets="${API_URL}/api/v1/namespaces/${NAMESPACE}/secrets"

# call METHOD URL [FILE]: prints the status
call() {
  curl --silent --show-error --max-time 30 --cacert "${ACCOUNT_DIR}/ca.crt" --header "Authorization: Bearer $(cat "${ACCOUNT_DIR}/token")" --header 'Content-Type: application/json' \
    --request "$1" ${3:+--data-binary "@$3"} --output /dev/null --write-out '%{http_code}' "$2"
}

if [ "$(call GET "${secrets}/${WANTED}")" = 200 ]; then
  echo "Secret ${WANTED}: there, left as it is"
  exit 0
fi

rm -rf "$WORK"
mkdir -p "$WORK"
cd "$WORK"
PASSWORD=$(head -c 512 /dev/urandom | LC_ALL=C tr -dc 'A-Za-z0-9' | head -c 32)
export PASSWORD
printf '%s' "$PASSWORD" > password
store() { keytool -noprompt -storetype PKCS12 -storepass:env PASSWORD "$@" 2> errors || { cat errors >&2; exit 1; }; }

store -keystore ca.p12 -genkeypair -alias ca -keyalg RSA -keysize 3072 -validity "$DAYS" -dname 'CN=authority,O=openg2p' -ext bc:c=ca:true -ext ku:c=keyCertSign,cRLSign
store -keystore ca.p12 -exportcert -alias ca -rfc > ca.crt
store -keystore truststore.p12 -importcert -alias ca -file ca.crt
issue() { # NAME EXTENSIONS...
  name=$1
  shift
  store -keystore "${name}.p12" -genkeypair -alias "$name" -keyalg RSA -keysize 2048 -validity "$DAYS" -dname "CN=${name},O=openg2p"
  store -keystore "${name}.p12" -certreq -alias "$name" > "${name}.csr"
  store -keystore ca.p12 -gencert -alias ca -validity "$DAYS" -rfc -infile "${name}.csr" -outfile "${name}.crt" -ext 'ku:c=digitalSignature,keyEncipherment' "$@"
  store -keystore "${name}.p12" -importcert -alias ca -file ca.crt
  store -keystore "${name}.p12" -importcert -alias "$name" -file "${name}.crt"
}
issue node -ext eku=serverAuth,clientAuth -ext "san=${NAMES}"
issue admin -ext eku=clientAuth

{
  printf '{"apiVersion":"v1","kind":"Secret","type":"Opaque","metadata":{"name":"%s","labels":{"app.kubernetes.io/name":"%s","app.kubernetes.io/instance":"%s","app.kubernetes.io/part-of":"openg2p"}},"data":{' \
    "$WANTED" "${CHART:-opensearch}" "${INSTANCE:-}"
  comma=''
  for file in ca.crt node.p12 admin.p12 truststore.p12 password; do
    printf '%s"%s":"%s"' "$comma" "$file" "$(base64 -w 0 "$file")"
    comma=','
  done
  printf '}}'
} > secret.json
status=$(call POST "$secrets" secret.json)
cd /
rm -rf "$WORK"
case "$status" in
  201) echo "Secret ${WANTED}: made" ;;
  409) echo "Secret ${WANTED}: there, left as it is" ;;
  *) echo "Secret ${WANTED}: the API server answers ${status}" >&2; exit 1 ;;
esac
