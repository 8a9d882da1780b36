{{/* The bucket's server, without its scheme. */}}
{{- define "logging.s3Endpoint" -}}
{{- required "storage.s3.endpoint or global.objectStorage.endpoint is required" (.Values.storage.s3.endpoint | default .Values.global.objectStorage.endpoint) -}}
{{- end -}}

{{- define "logging.s3Secret" -}}
{{- required "storage.s3.secret or global.objectStorage.secret.name is required" (.Values.storage.s3.secret | default .Values.global.objectStorage.secret.name) -}}
{{- end -}}

{{/* Where Loki is. */}}
{{- define "logging.lokiUrl" -}}
http://{{ include "openg2p.name" (dict "root" . "name" "loki") }}.{{ .Release.Namespace }}.svc:3100
{{- end -}}

{{/* A part of Loki's form: its context with the hash of its configuration, by which pods are restarted: (dict "root" $ "name" NAME "config" TEXT). */}}
{{- define "logging.hash" -}}
openg2p.org/config: {{ sha256sum . | trunc 16 | quote }}
{{- end -}}

{{/* What every collector answers and tells of itself. */}}
{{- define "logging.selfReport" -}}
extensions: [{{ . }}]
telemetry:
  metrics:
    readers:
      - pull: {exporter: {prometheus: {host: 0.0.0.0, port: 8888}}}
{{- end -}}

{{/* Statements that take what is nobody's business out of a line. `$${n}` is the collector's way of writing `${n}`. */}}
{{- define "logging.redaction" -}}
{{- $patterns := .Files.Get "files/redaction.yaml" | fromYamlArray -}}
{{- range concat $patterns .Values.redaction.extra }}
- {{ printf "replace_pattern(log.body, %s, %s)" (toJson .pattern) (toJson (.replacement | replace "$" "$$")) | quote }}
{{- end }}
{{- end -}}
