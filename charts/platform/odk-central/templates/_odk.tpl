{{- define "odk.host" -}}
{{- tpl .Values.host . | default (printf "odk.%s" .Values.global.baseDomain) -}}
{{- end -}}

{{- define "odk.adminEmail" -}}
{{- tpl .Values.adminEmail . | default (printf "admin@%s" .Values.global.baseDomain) -}}
{{- end -}}

{{- define "odk.databaseHost" -}}
{{- tpl (.Values.database.host | default .Values.global.postgresql.host) . | default "postgresql" -}}
{{- end -}}

{{- define "odk.databasePort" -}}
{{- .Values.database.port | default .Values.global.postgresql.port | int -}}
{{- end -}}

{{- define "odk.databaseSecret" -}}
{{- tpl .Values.database.existingSecret . | default (printf "postgres-init-%s" (.Values.database.user | replace "_" "-")) -}}
{{- end -}}

{{- define "odk.oidcSecret" -}}
{{- tpl .Values.oidc.existingSecret . | default .Values.oidc.clientId -}}
{{- end -}}

{{- define "odk.enketoSecret" -}}
{{- tpl .Values.enketo.existingSecret . | default (include "openg2p.name" (dict "root" . "name" "enketo")) -}}
{{- end -}}

{{- define "odk.blobsSecret" -}}
{{- tpl (.Values.blobs.existingSecret | default .Values.global.objectStorage.secret.name) . | default "object-storage" -}}
{{- end -}}

{{- define "odk.blobsEndpoint" -}}
{{- tpl (.Values.blobs.endpoint | default .Values.global.objectStorage.endpoint) . | default "http://object-storage:9000" | trimSuffix "/" -}}
{{- end -}}

{{- define "odk.mailHost" -}}
{{- tpl (.Values.mail.host | default .Values.global.mail.host) . | default "mail" -}}
{{- end -}}

{{- define "odk.mailPort" -}}
{{- .Values.mail.port | default .Values.global.mail.port | int -}}
{{- end -}}

{{- define "odk.mailFrom" -}}
{{- tpl (.Values.mail.from | default .Values.global.mail.from) . | default (printf "no-reply@%s" (include "odk.host" .)) -}}
{{- end -}}

{{- define "odk.redisSecret" -}}
{{- tpl .Values.global.redis.secret.name . | default "redis" -}}
{{- end -}}

{{/* Host and port of one of Enketo's two databases: (dict "root" $ "part" "main"). */}}
{{- define "odk.redisHost" -}}
{{- if eq .root.Values.redis.mode "bundled" -}}
{{- include "openg2p.name" (dict "root" .root "name" (printf "redis-%s" .part)) -}}
{{- else -}}
{{- tpl ((get .root.Values.redis .part).host | default .root.Values.global.redis.host) .root | default "redis" -}}
{{- end -}}
{{- end -}}

{{- define "odk.redisPort" -}}
{{- if eq .root.Values.redis.mode "bundled" -}}
6379
{{- else -}}
{{- (get .root.Values.redis .part).port | default .root.Values.global.redis.port | int -}}
{{- end -}}
{{- end -}}

{{/* The realm, as the server asks it. */}}
{{- define "odk.issuer" -}}
{{- $keycloak := .Values.global.keycloak -}}
{{- $url := tpl ($keycloak.internalUrl | default $keycloak.url) . | required "oidc.enabled needs global.keycloak.url" -}}
{{- printf "%s/realms/%s" (trimSuffix "/" $url) $keycloak.realm -}}
{{- end -}}

{{/* The port of a URL. */}}
{{- define "odk.urlPort" -}}
{{- $url := urlParse . -}}
{{- regexFind "[0-9]+$" (regexFind ":[0-9]+$" $url.host) | default (eq $url.scheme "https" | ternary "443" "80") -}}
{{- end -}}

{{/* What ODK Central's server knows, in a pod of its own or in a Job. */}}
{{- define "odk.server" -}}
image: {{ toJson .Values.backend.image }}
user: 1000
writable: [/tmp]
trust: node
env:
  HOME: /tmp
  DOMAIN: {{ include "odk.host" . | quote }}
  SYSADMIN_EMAIL: {{ include "odk.adminEmail" . | quote }}
  NODE_OPTIONS: ""
  IS_BASIC_AUTH_APIS_ENABLED: {{ .Values.basicAuth | quote }}
  DB_HOST: {{ include "odk.databaseHost" . | quote }}
  DB_PORT: {{ include "odk.databasePort" . }}
  DB_NAME: {{ .Values.database.name | quote }}
  DB_USER: {{ .Values.database.user | quote }}
  DB_PASSWORD: {secret: {{ include "odk.databaseSecret" . | quote }}, key: {{ .Values.database.passwordKey | quote }}}
  DB_SSL: {{ .Values.database.ssl | ternary "true" "null" | quote }}
  ENKETO_HOST: {{ include "openg2p.name" (dict "root" . "name" "enketo") | quote }}
  ENKETO_PORT: 8005
  ENKETO_API_KEY: {secret: {{ include "odk.enketoSecret" . | quote }}, key: enketo-api-key}
  PYXFORM_HOST: {{ include "openg2p.name" (dict "root" . "name" "pyxform") | quote }}
  PYXFORM_PORT: 80
  EMAIL_FROM: {{ include "odk.mailFrom" . | quote }}
  EMAIL_HOST: {{ include "odk.mailHost" . | quote }}
  EMAIL_PORT: {{ include "odk.mailPort" . }}
  EMAIL_SECURE: {{ .Values.mail.secure | quote }}
  EMAIL_IGNORE_TLS: {{ .Values.mail.ignoreTLS | quote }}
  {{- if .Values.mail.existingSecret }}
  EMAIL_USER: {secret: {{ .Values.mail.existingSecret | quote }}, key: {{ .Values.mail.usernameKey | quote }}}
  EMAIL_PASSWORD: {secret: {{ .Values.mail.existingSecret | quote }}, key: {{ .Values.mail.passwordKey | quote }}}
  {{- else }}
  EMAIL_USER: ""
  EMAIL_PASSWORD: ""
  {{- end }}
  OIDC_ENABLED: {{ .Values.oidc.enabled | quote }}
  {{- if .Values.oidc.enabled }}
  OIDC_ISSUER_URL: {{ include "odk.issuer" . | quote }}
  OIDC_CLIENT_ID: {{ .Values.oidc.clientId | quote }}
  OIDC_CLIENT_SECRET: {secret: {{ include "odk.oidcSecret" . | quote }}, key: {{ .Values.oidc.key | quote }}}
  {{- end }}
  SENTRY_ORG_SUBDOMAIN: {{ .Values.sentry.organisation | quote }}
  SENTRY_KEY: {{ .Values.sentry.key | quote }}
  SENTRY_PROJECT: {{ .Values.sentry.project | quote }}
  SENTRY_TRACE_RATE: {{ .Values.sentry.traceRate | quote }}
  {{- if .Values.blobs.enabled }}
  S3_SERVER: {{ include "odk.blobsEndpoint" . | quote }}
  S3_BUCKET_NAME: {{ .Values.blobs.bucket | quote }}
  S3_ACCESS_KEY: {secret: {{ include "odk.blobsSecret" . | quote }}, key: {{ .Values.global.objectStorage.secret.accessKeyKey | quote }}}
  S3_SECRET_KEY: {secret: {{ include "odk.blobsSecret" . | quote }}, key: {{ .Values.global.objectStorage.secret.secretKeyKey | quote }}}
  {{- end }}
volumes:
  scripts: {configMap: {{ include "openg2p.name" (dict "root" . "name" "backend") }}, mount: /etc/openg2p/odk, readOnly: true}
networkPolicy:
  egress: {{ include "odk.serverEgress" . }}
{{- end -}}

{{/* Whom it calls, as a JSON list: servers of the namespace by whatever port their pods have, others by the port that is known. */}}
{{- define "odk.serverEgress" -}}
{{- $ports := list (include "odk.databasePort" . | int) (include "odk.mailPort" . | int) -}}
{{- if .Values.oidc.enabled -}}
{{- $port := include "odk.urlPort" (include "odk.issuer" .) | int -}}
{{- $ports = append $ports $port -}}
{{- if has $port (list 80 443) -}}{{- $ports = append $ports (eq $port 80 | ternary 8080 8443) -}}{{- end -}}
{{- end -}}
{{- if .Values.blobs.enabled -}}{{- $ports = append $ports (include "odk.urlPort" (include "odk.blobsEndpoint" .) | int) -}}{{- end -}}
{{- if .Values.sentry.key -}}{{- $ports = append $ports 443 -}}{{- end -}}
{{- list (dict "sameNamespace" true) (dict "ports" (uniq $ports)) | toJson -}}
{{- end -}}
