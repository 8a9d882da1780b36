{{/* The database's host and port, whose own values come before those of the environment. */}}
{{- define "ids.databaseHost" -}}
{{- tpl (.Values.database.host | default .Values.global.postgresql.host | default "postgresql") . -}}
{{- end -}}
{{- define "ids.databasePort" -}}
{{- .Values.database.port | default .Values.global.postgresql.port | default 5432 | int -}}
{{- end -}}

{{- define "ids.databaseSecret" -}}
{{- tpl .Values.database.existingSecret . -}}
{{- end -}}

{{- define "ids.host" -}}
{{- tpl .Values.hostname . -}}
{{- end -}}


{{/* The types that there are ids of. */}}
{{- define "ids.types" -}}
{{- $types := list -}}
{{- range $name, $type := .Values.idTypes -}}{{- if $type.length -}}{{- $types = append $types $name -}}{{- end -}}{{- end -}}
{{- join ", " $types -}}
{{- end -}}
