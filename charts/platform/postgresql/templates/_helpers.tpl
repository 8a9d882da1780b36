{{/* The Secret with the credentials. */}}
{{- define "postgresql.secret" -}}
{{- if .Values.auth.existingSecret -}}
{{- tpl .Values.auth.existingSecret . -}}
{{- else -}}
{{- include "openg2p.fullname" . -}}
{{- end -}}
{{- end -}}

{{/* Its keys, as a YAML list. */}}
{{- define "postgresql.secretKeys" -}}
{{- $keys := list .Values.auth.usernameKey .Values.auth.passwordKey -}}
{{- if gt (int .Values.read.replicas) 0 -}}{{- $keys = append $keys .Values.auth.replicationPasswordKey -}}{{- end -}}
{{- if .Values.metrics.enabled -}}{{- $keys = append $keys .Values.auth.monitoringPasswordKey -}}{{- end -}}
{{- printf "[%s]" (join ", " $keys) -}}
{{- end -}}

{{- define "postgresql.dataPath" -}}
/var/lib/postgresql/{{ .Values.dataFolder }}
{{- end -}}

{{/* What primary and replicas have in common: the fixed part of their description. */}}
{{- define "postgresql.server" -}}
ports:
  postgresql: 5432
  {{- if .Values.metrics.enabled }}
  metrics: {container: 9187, sidecar: true}
  {{- end }}
user: 999
writable: [/tmp, /var/run/postgresql]
checksums: {config: config.yaml}
env:
  PGDATA: {{ include "postgresql.dataPath" . }}
claims:
  data: {{ toJson (merge (dict "mount" "/var/lib/postgresql") .Values.storage) }}
volumes:
  config: {configMap: {{ include "openg2p.fullname" . }}, mount: /etc/postgresql, readOnly: true}
  shared-memory: {emptyDir: {medium: Memory, sizeLimit: {{ .Values.sharedMemory }}}, mount: /dev/shm}
  {{- if .Values.tls.enabled }}
  # The server takes the key only if nobody but root and its own group can read it: mode 0440.
  tls: {secret: {{ required "tls.secret names the Secret with the certificate" .Values.tls.secret | quote }}, mount: /etc/postgresql-tls, readOnly: true, defaultMode: 288}
  {{- end }}
probes:
  startup: {exec: [pg_isready, --quiet, --host=127.0.0.1], failureThreshold: 120}
  readiness: {exec: [pg_isready, --quiet, --host=127.0.0.1]}
  liveness: {exec: [pg_isready, --quiet, --host=127.0.0.1], periodSeconds: 20, failureThreshold: 6}
networkPolicy:
  {{- if .Values.networkPolicy.callers }}
  callers:
    {{- toYaml .Values.networkPolicy.callers | nindent 4 }}
    - {component: read}
    - {component: roles}
  {{- end }}
  {{- if .Values.tcpRoute.enabled }}
  gateway: [postgresql]
  {{- end }}
  extraIngress: {{ toJson .Values.networkPolicy.extraIngress }}
{{- if .Values.metrics.enabled }}
metrics: {enabled: true, port: metrics, interval: {{ .Values.metrics.interval }}, serviceMonitor: {{ .Values.metrics.serviceMonitor }}}
sidecars:
  - name: metrics
    image: {{ toJson .Values.metrics.image }}
    ports: {metrics: 9187}
    env:
      DATA_SOURCE_URI: 127.0.0.1:5432/postgres?sslmode={{ .Values.tls.enabled | ternary "require" "disable" }}
      DATA_SOURCE_USER: monitoring
      DATA_SOURCE_PASS: {secret: {{ include "postgresql.secret" . }}, key: {{ .Values.auth.monitoringPasswordKey }}}
    probes:
      readiness: {http: /, port: metrics}
      liveness: {http: /, port: metrics}
    resources: {{ toJson .Values.metrics.resources }}
{{- end }}
{{- end -}}

{{/* What of the values holds for primary and replicas alike, as JSON. */}}
{{- define "postgresql.common" -}}
{{- pick .Values "image" "resources" "env" "podLabels" "podAnnotations" "nodeSelector" "tolerations" "affinity" "priorityClassName" "terminationGracePeriodSeconds" | toJson -}}
{{- end -}}
