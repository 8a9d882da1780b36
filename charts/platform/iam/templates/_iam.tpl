{{- define "iam.databaseHost" -}}
{{- tpl (.Values.database.host | default .Values.global.postgresql.host) . | default "postgresql" -}}
{{- end -}}

{{- define "iam.databasePort" -}}
{{- .Values.database.port | default .Values.global.postgresql.port | int -}}
{{- end -}}

{{- define "iam.databaseSecret" -}}
{{- tpl .Values.database.existingSecret . | default (printf "postgres-init-%s" (.Values.database.user | replace "_" "-")) -}}
{{- end -}}

{{- define "iam.redisHost" -}}
{{- tpl (.Values.redis.host | default .Values.global.redis.host) . | default "redis" -}}
{{- end -}}

{{- define "iam.redisPort" -}}
{{- .Values.redis.port | default .Values.global.redis.port | int -}}
{{- end -}}

{{- define "iam.redisSecret" -}}
{{- tpl .Values.global.redis.secret.name . | default "redis" -}}
{{- end -}}

{{/* The address of Redis; the password is put in by Kubernetes. */}}
{{- define "iam.redisUrl" -}}
{{- printf "redis://%s%s:%s/%d" (.Values.redis.auth | ternary ":$(REDIS_PASSWORD)@" "") (include "iam.redisHost" .) (include "iam.redisPort" .) (int .Values.redis.database) -}}
{{- end -}}

{{/* The port of a URL. */}}
{{- define "iam.urlPort" -}}
{{- $url := urlParse . -}}
{{- regexFind "[0-9]+$" (regexFind ":[0-9]+$" $url.host) | default (eq $url.scheme "https" | ternary "443" "80") -}}
{{- end -}}

{{/* Peers for network policies: (dict "root" $ "urls" LIST "ports" LIST), as a JSON list. In the namespace whatever port the pods have, elsewhere the ports of the addresses. */}}
{{- define "iam.egress" -}}
{{- $ports := .ports -}}
{{- range compact .urls -}}
{{- $port := include "iam.urlPort" (tpl . $.root) | int -}}
{{- $ports = append $ports $port -}}
{{- if has $port (list 80 443) -}}{{- $ports = append $ports (eq $port 80 | ternary 8080 8443) -}}{{- end -}}
{{- end -}}
{{- list (dict "sameNamespace" true) (dict "ports" (uniq $ports)) | toJson -}}
{{- end -}}

{{/* The init container that waits until the database lets the role in: programs make their tables once, at their start. */}}
{{- define "iam.wait" -}}
initContainers:
  - name: database
    image: {{ toJson .Values.wait.image }}
    command: [/bin/sh, -ec, 'until psql -qtc "select 1" >/dev/null; do echo "waiting for $PGHOST:$PGPORT"; sleep 3; done']
    resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {memory: 64Mi}}
    env:
      HOME: /tmp
      PGHOST: {{ include "iam.databaseHost" . | quote }}
      PGPORT: {{ include "iam.databasePort" . }}
      PGDATABASE: {{ .Values.database.name | quote }}
      PGUSER: {{ .Values.database.user | quote }}
      PGPASSWORD: {secret: {{ include "iam.databaseSecret" . | quote }}, key: {{ .Values.database.passwordKey | quote }}}
      PGCONNECT_TIMEOUT: 10
    mounts: {tmp: /tmp}
{{- end -}}

{{- define "iam.host" -}}
{{- tpl .Values.host . | default (printf "staff-iam.%s" .Values.global.baseDomain) -}}
{{- end -}}

{{- define "iam.staffPortalUrl" -}}
{{- tpl .Values.staffPortalUrl . | default (printf "https://staff-portal.%s" .Values.global.baseDomain) | trimSuffix "/" -}}
{{- end -}}

{{- define "iam.cookieDomain" -}}
{{- tpl .Values.cookieDomain . | default (printf ".%s" .Values.global.baseDomain) -}}
{{- end -}}

{{- define "iam.oidcSecret" -}}
{{- tpl .Values.oidc.existingSecret . | default .Values.oidc.clientId -}}
{{- end -}}

{{/* The way to log in, as a row of the table; the program puts the client's secret in the place of its name. */}}
{{- define "iam.loginProviders" -}}
{{- $keycloak := .Values.global.keycloak -}}
{{- $url := tpl $keycloak.url . | required "global.keycloak.url is needed: people log in there" | trimSuffix "/" -}}
{{- $public := printf "%s/realms/%s" $url $keycloak.realm -}}
{{- $inside := printf "%s/realms/%s" (tpl ($keycloak.internalUrl | default $keycloak.url) . | trimSuffix "/") $keycloak.realm -}}
{{- $row := dict
  "id" 1 "user_type" "staff" "provider_name" "Keycloak" "description" "Login with Keycloak" "icon_base64" "NULL"
  "client_id" .Values.oidc.clientId "client_secret" "staff_portal_secret" "token_endpoint_auth_method" "client_secret_basic"
  "keymanager_app_id" "" "keymanager_ref_id" ""
  "authorization_endpoint" (printf "%s/protocol/openid-connect/auth" $public)
  "userinfo_endpoint" (printf "%s/protocol/openid-connect/userinfo" $inside)
  "token_endpoint" (printf "%s/protocol/openid-connect/token" $inside)
  "server_metadata_url" (printf "%s/.well-known/openid-configuration" $inside)
  "jwks_uri" (printf "%s/protocol/openid-connect/certs" $inside)
  "issuer" $public "adapter_name" "" "jwt_assertion_aud" "NULL" "scope" .Values.oidc.scope "enable_pkce" .Values.oidc.pkce
  "extra_authorize_params" "NULL" "audiences" ""
  "oauth_callback_url" (printf "https://%s/auth/callback" (include "iam.host" .)) "default_redirect_uri" (include "iam.staffPortalUrl" .)
  "created_at" "2026-01-01 00:00:00" "updated_at" "2026-01-01 00:00:00" "active" true -}}
{{- list $row | toPrettyJson -}}
{{- end -}}
