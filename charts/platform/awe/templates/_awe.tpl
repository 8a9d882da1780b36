{{- define "awe.databaseHost" -}}
{{- tpl (.Values.database.host | default .Values.global.postgresql.host) . | default "postgresql" -}}
{{- end -}}

{{- define "awe.databasePort" -}}
{{- .Values.database.port | default .Values.global.postgresql.port | int -}}
{{- end -}}

{{- define "awe.databaseSecret" -}}
{{- tpl .Values.database.existingSecret . | default (printf "postgres-init-%s" (.Values.database.user | replace "_" "-")) -}}
{{- end -}}

{{/* The port of a URL. */}}
{{- define "awe.urlPort" -}}
{{- $url := urlParse . -}}
{{- regexFind "[0-9]+$" (regexFind ":[0-9]+$" $url.host) | default (eq $url.scheme "https" | ternary "443" "80") -}}
{{- end -}}

{{/* Peers for network policies: (dict "root" $ "urls" LIST "ports" LIST), as a JSON list. In the namespace whatever port the pods have, elsewhere the ports of the addresses. */}}
{{- define "awe.egress" -}}
{{- $ports := .ports -}}
{{- range compact .urls -}}
{{- $port := include "awe.urlPort" (tpl . $.root) | int -}}
{{- $ports = append $ports $port -}}
{{- if has $port (list 80 443) -}}{{- $ports = append $ports (eq $port 80 | ternary 8080 8443) -}}{{- end -}}
{{- end -}}
{{- list (dict "sameNamespace" true) (dict "ports" (uniq $ports)) | toJson -}}
{{- end -}}

{{/* The init container that waits until the database lets the role in: programs make their tables once, at their start. */}}
{{- define "awe.wait" -}}
initContainers:
  - name: database
    image: {{ toJson .Values.wait.image }}
    command: [/bin/sh, -ec, 'until psql -qtc "select 1" >/dev/null; do echo "waiting for $PGHOST:$PGPORT"; sleep 3; done']
    resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {memory: 64Mi}}
    env:
      HOME: /tmp
      PGHOST: {{ include "awe.databaseHost" . | quote }}
      PGPORT: {{ include "awe.databasePort" . }}
      PGDATABASE: {{ .Values.database.name | quote }}
      PGUSER: {{ .Values.database.user | quote }}
      PGPASSWORD: {secret: {{ include "awe.databaseSecret" . | quote }}, key: {{ .Values.database.passwordKey | quote }}}
      PGCONNECT_TIMEOUT: 10
    mounts: {tmp: /tmp}
{{- end -}}

{{- define "awe.host" -}}
{{- tpl .Values.host . | default (printf "awe.%s" .Values.global.baseDomain) -}}
{{- end -}}

{{- define "awe.resolverSecret" -}}
{{- tpl .Values.keycloak.existingSecret . | default .Values.keycloak.resolverClientId -}}
{{- end -}}

{{- define "awe.mailPort" -}}
{{- .Values.notifier.port | default .Values.global.mail.port | int -}}
{{- end -}}

{{/* What AWE reads. */}}
{{- define "awe.settings" -}}
{{- $keycloak := .Values.global.keycloak -}}
{{- $public := tpl $keycloak.url . | required "global.keycloak.url is needed: its tokens are checked" | trimSuffix "/" -}}
{{- $inside := tpl ($keycloak.internalUrl | default $keycloak.url) . | trimSuffix "/" -}}
{{- $settings := .Values.settings -}}
awe:
  service_id: {{ $settings.serviceId | quote }}
  api_version: {{ $settings.apiVersion | quote }}
  module: {{ $settings.module | quote }}
  webhook:
    timeout_seconds: {{ $settings.webhook.timeoutSeconds }}
    max_attempts: {{ $settings.webhook.maxAttempts }}
    backoff_seconds: {{ toJson $settings.webhook.backoffSeconds }}
    poll_interval_seconds: {{ $settings.webhook.pollIntervalSeconds }}
    batch_size: {{ $settings.webhook.batchSize }}
  resolver:
    http_timeout_seconds: {{ $settings.resolverTimeoutSeconds }}
  sla:
    check_interval_seconds: {{ $settings.slaIntervalSeconds }}
  keycloak:
    base_url: {{ $inside | quote }}
    realm: {{ $keycloak.realm | quote }}
    admin_client_id: {{ .Values.keycloak.resolverClientId | quote }}
    issuer: {{ printf "%s/realms/%s" $public $keycloak.realm | quote }}
    jwks_url: {{ printf "%s/realms/%s/protocol/openid-connect/certs" $inside $keycloak.realm | quote }}
    audience: {{ .Values.keycloak.audience | quote }}
  {{- if .Values.notifier.enabled }}
  notifier:
    enabled: true
    smtp_host: {{ tpl (.Values.notifier.host | default .Values.global.mail.host) . | default "mail" | quote }}
    smtp_port: {{ include "awe.mailPort" . }}
    from_address: {{ tpl (.Values.notifier.from | default .Values.global.mail.from) . | default (printf "no-reply@%s" .Values.global.baseDomain) | quote }}
    use_tls: {{ .Values.notifier.tls }}
  {{- end }}
{{ end -}}

{{/* What the page reads when it is opened. */}}
{{- define "awe.uiSettings" -}}
{{- dict "keycloak" (dict "url" (tpl .Values.global.keycloak.url . | trimSuffix "/") "realm" .Values.global.keycloak.realm "clientId" .Values.keycloak.portalClientId) | toPrettyJson -}}
{{- end -}}
