{{/* The database's host and port, whose own values come before those of the environment. */}}
{{- define "audit.databaseHost" -}}
{{- tpl (.Values.database.host | default .Values.global.postgresql.host | default "postgresql") . -}}
{{- end -}}
{{- define "audit.databasePort" -}}
{{- .Values.database.port | default .Values.global.postgresql.port | default 5432 | int -}}
{{- end -}}

{{- define "audit.databaseSecret" -}}
{{- tpl .Values.database.existingSecret . -}}
{{- end -}}

{{- define "audit.host" -}}
{{- tpl .Values.hostname . -}}
{{- end -}}


{{- define "audit.kafka" -}}
{{- tpl (.Values.kafka.bootstrapServers | default .Values.global.kafka.bootstrapServers | default "kafka:9092") . -}}
{{- end -}}

{{/* The brokers' ports, as a YAML list. */}}
{{- define "audit.kafkaPorts" -}}
{{- $ports := list -}}
{{- range splitList "," (include "audit.kafka" .) -}}{{- $ports = append $ports (splitList ":" . | last | trim | int) -}}{{- end -}}
{{- $ports | uniq | toJson -}}
{{- end -}}

{{/* The Service of this namespace that a host names, if it does: (dict "root" $ "host" HOST). */}}
{{- define "audit.neighbour" -}}
{{- $host := trimSuffix (printf ".%s" .root.Release.Namespace) .host -}}
{{- if not (contains "." $host) -}}{{- $host -}}{{- end -}}
{{- end -}}
