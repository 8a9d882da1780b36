#!/bin/bash
# Puts a node's configuration together: the image's, the chart's, certificates, and the users with hashes of their passwords.
set -euo pipefail
umask 027

: "${OPENSEARCH_HOME:=/usr/share/opensearch}"
: "${SETTINGS:=/etc/openg2p/opensearch}"
: "${CERTIFICATES:=/etc/openg2p/certificates}"
: "${TRUST:=/etc/openg2p/idp/ca.crt}"
: "${TARGET:=/work/config}"
: "${ROLE:?}"

cp -r "${OPENSEARCH_HOME}/config/." "$TARGET/"
cp "${SETTINGS}/${ROLE}.yml" "${TARGET}/opensearch.yml"
for file in node.p12 truststore.p12; do cp "${CERTIFICATES}/${file}" "${TARGET}/${file}"; done
if [ -f "$TRUST" ]; then cp "$TRUST" "${TARGET}/idp-ca.crt"; fi

security="${TARGET}/opensearch-security"
cp "${SETTINGS}/security.yml" "${security}/config.yml"

# USERS: one line for each user: name, variable with the password, backend role (or -)
{
  printf '_meta:\n  type: internalusers\n  config_version: 2\n'
  while read -r name variable role; do
    [ -n "$name" ] || continue
    hash=$("${OPENSEARCH_HOME}/plugins/opensearch-security/tools/hash.sh" -env "$variable" | tail -n 1)
    case "$hash" in '$2'*) ;; *) echo "the password of ${name} cannot be hashed" >&2; exit 1 ;; esac
    printf '%s:\n  hash: "%s"\n  reserved: true\n' "$name" "$hash"
    if [ "$role" != - ]; then printf '  backend_roles: [%s]\n' "$role"; fi
  done <<< "$USERS"
} > "${security}/internal_users.yml"
echo "configuration of ${HOSTNAME} is ready"
