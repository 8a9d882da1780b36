{{/* Where things are. */}}
{{- define "spar.host" -}}
{{- with .Values.host -}}
{{- tpl . $ -}}
{{- else -}}
spar.{{ required "global.baseDomain or host is needed" .Values.global.baseDomain }}
{{- end -}}
{{- end -}}

{{- define "spar.databaseHost" -}}
{{- tpl (.Values.database.host | default .Values.global.postgresql.host | default "postgresql") . -}}
{{- end -}}

{{- define "spar.databasePort" -}}
{{- .Values.database.port | default .Values.global.postgresql.port | default 5432 | int -}}
{{- end -}}

{{- define "spar.databaseSecret" -}}
{{- tpl (.Values.database.existingSecret | default (printf "postgres-init-%s" (.Values.database.user | replace "_" "-"))) . -}}
{{- end -}}

{{- define "spar.clientSecret" -}}
{{- tpl (.Values.auth.existingSecret | default .Values.auth.clientId) . -}}
{{- end -}}

{{- define "spar.keycloakUrl" -}}
{{- $url := .Values.global.keycloak.internalUrl | default .Values.global.keycloak.url -}}
{{- if not $url -}}
{{- $url = printf "https://keycloak.%s" (required "global.keycloak.url or global.baseDomain is needed" .Values.global.baseDomain) -}}
{{- end -}}
{{- trimSuffix "/" (tpl $url .) -}}
{{- end -}}

{{- define "spar.keymanagerUrl" -}}
{{- trimSuffix "/" (tpl (.Values.keymanager.url | default "http://keymanager") .) -}}
{{- end -}}

{{- define "spar.esignetUrl" -}}
{{- $url := .Values.esignet.url -}}
{{- if not $url -}}
{{- $url = printf "https://esignet.%s" (required "esignet.url or global.baseDomain is needed" .Values.global.baseDomain) -}}
{{- end -}}
{{- trimSuffix "/" (tpl $url .) -}}
{{- end -}}

{{/* The name with the namespace: a proxy is not asked for it. */}}
{{- define "spar.mapperUrl" -}}
{{- with .Values.mapper.url -}}
{{- trimSuffix "/" (tpl . $) -}}
{{- else -}}
http://{{ include "openg2p.name" (dict "root" . "name" "mapper-api") }}.{{ .Release.Namespace }}
{{- end -}}
{{- end -}}

{{/* The port that a URL names, or that of its scheme. */}}
{{- define "spar.urlPort" -}}
{{- $authority := (urlParse .).host -}}
{{- if regexMatch ":[0-9]+$" $authority -}}
{{- regexFind "[0-9]+$" $authority -}}
{{- else -}}
{{- hasPrefix "https:" . | ternary 443 80 -}}
{{- end -}}
{{- end -}}

{{/* Variables of psql, as YAML. */}}
{{- define "spar.psqlEnv" -}}
PGHOST: {{ include "spar.databaseHost" . | quote }}
PGPORT: {{ include "spar.databasePort" . }}
PGDATABASE: {{ .Values.database.name | quote }}
PGUSER: {{ .Values.database.user | quote }}
PGPASSWORD: {secret: {{ include "spar.databaseSecret" . | quote }}, key: {{ .Values.database.passwordKey | quote }}}
PGCONNECT_TIMEOUT: 5
{{- end -}}

{{/* An API: what mapper and self-service have in common. It makes its tables before it starts, and only then: so it waits for the database. */}}
{{- define "spar.api" -}}
{{- $root := .root -}}
{{- $prefix := .prefix -}}
ports:
  http: {container: 8000, service: 80}
user: 1001
writable: [/tmp]
trust: python
initContainers:
  - name: wait
    image: {{ toJson $root.Values.client.image }}
    command: [/bin/sh, -c, "until psql -qAtc 'select 1' > /dev/null; do sleep 3; done"]
    env:
      {{- include "spar.psqlEnv" $root | nindent 6 }}
    resources: {{ toJson $root.Values.client.resources }}
env:
  {{ $prefix }}_DB_HOSTNAME: {{ include "spar.databaseHost" $root | quote }}
  {{ $prefix }}_DB_PORT: {{ include "spar.databasePort" $root }}
  {{ $prefix }}_DB_DBNAME: {{ $root.Values.database.name | quote }}
  {{ $prefix }}_DB_USERNAME: {{ $root.Values.database.user | quote }}
  {{ $prefix }}_DB_PASSWORD: {secret: {{ include "spar.databaseSecret" $root | quote }}, key: {{ $root.Values.database.passwordKey | quote }}}
probes:
  startup: {http: /ping, failureThreshold: 60}
  readiness: {http: /ping}
  liveness: {http: /ping, periodSeconds: 30, failureThreshold: 6}
{{- end -}}

{{/* Renders a component with where its pods may run: (dict "root" $ "name" NAME "workload" MAP "values" VALUES). */}}
{{- define "spar.component" -}}
{{- $values := merge (omit .values "enabled") (pick .root.Values "nodeSelector" "tolerations" "affinity" "priorityClassName") -}}
{{- include "openg2p.component" (dict "root" .root "name" .name "workload" .workload "values" $values) -}}
{{- end -}}
