{{/* A ServiceMonitor: `metrics: {enabled, port, path, interval}` of a description, and `metrics.serviceMonitor` or `global.monitoring.enabled`. */}}
{{- define "openg2p.serviceMonitor" -}}
{{- $description := include "openg2p.description" . | fromJson -}}
{{- $metrics := $description.metrics | default dict -}}
{{- $monitoring := ((.root.Values.global).monitoring) | default dict -}}
{{- if and $metrics.enabled (or $metrics.serviceMonitor $monitoring.enabled) -}}
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: {{ include "openg2p.name" . | quote }}
  namespace: {{ .root.Release.Namespace | quote }}
  labels:
    {{- $labels := include "openg2p.labels" . | fromYaml }}
    {{- toYaml (include "openg2p.overlay" (list $labels ($monitoring.labels | default dict)) | fromJson) | nindent 4 }}
spec:
  selector:
    matchLabels:
      {{- include "openg2p.selectorLabels" . | nindent 6 }}
    matchExpressions:
      - key: openg2p.org/headless
        operator: DoesNotExist
  endpoints:
    - port: {{ $metrics.port | default "metrics" }}
      path: {{ $metrics.path | default "/metrics" }}
      interval: {{ $metrics.interval | default "30s" }}
{{- end -}}
{{- end -}}
