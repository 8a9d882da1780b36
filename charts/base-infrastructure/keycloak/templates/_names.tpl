{{- define "keycloak.adminSecret" -}}
{{- tpl .Values.admin.existingSecret . | default (include "openg2p.fullname" .) -}}
{{- end -}}

{{- define "keycloak.databaseSecret" -}}
{{- $given := tpl .Values.database.existingSecret . -}}
{{- if eq .Values.database.mode "external" -}}
{{- required "database.existingSecret is missing: the Secret with name and password of the database's owner" $given -}}
{{- else -}}
{{- $given | default (include "openg2p.name" (dict "root" . "name" "database")) -}}
{{- end -}}
{{- end -}}

{{- define "keycloak.databaseHost" -}}
{{- if eq .Values.database.mode "external" -}}
{{- required "database.host is missing, and so is global.postgresql.host" (tpl .Values.database.host . | default .Values.global.postgresql.host) -}}
{{- else -}}
{{- include "openg2p.name" (dict "root" . "name" "database") -}}
{{- end -}}
{{- end -}}

{{- define "keycloak.databasePort" -}}
{{- if eq .Values.database.mode "external" -}}
{{- .Values.database.port | default .Values.global.postgresql.port | int -}}
{{- else -}}
5432
{{- end -}}
{{- end -}}

{{- define "keycloak.servicePort" -}}
{{- .Values.service.ports.http | int -}}
{{- end -}}

{{/* The address for people. Without a domain of the environment the default of `hostname` would end in a dot. */}}
{{- define "keycloak.publicUrl" -}}
{{- $hostname := tpl .Values.hostname . -}}
{{- if or (not $hostname) (hasSuffix "." $hostname) -}}
{{- fail "hostname is missing: set it, or global.baseDomain" -}}
{{- end -}}
{{- if not (contains "://" $hostname) -}}
{{- $hostname = printf "https://%s" $hostname -}}
{{- end -}}
{{- if not (regexMatch "^https?://[^/]+/." $hostname) -}}
{{- $hostname = printf "%s%s" (trimSuffix "/" $hostname) (trimSuffix "/" .Values.path) -}}
{{- end -}}
{{- $hostname -}}
{{- end -}}

{{/* The name of the host in an address. */}}
{{- define "keycloak.hostOf" -}}
{{- regexReplaceAll "^https?://([^/:]+).*$" . "${1}" -}}
{{- end -}}

{{/* The route for people, with the Gateway that is made here. */}}
{{- define "keycloak.gateway" -}}
{{- if .Values.gateway.create -}}
{"name": {{ include "openg2p.fullname" . | quote }}, "namespace": ""}
{{- else -}}
{}
{{- end -}}
{{- end -}}

{{/* Where a path below Keycloak's own path is. */}}
{{- define "keycloak.below" -}}
{{- printf "%s%s" (trimSuffix "/" (index . 0).Values.path) (index . 1) -}}
{{- end -}}
