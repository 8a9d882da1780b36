{{/* The configuration of Loki. Credentials are read from the environment. */}}
{{- define "logging.lokiConfig" -}}
auth_enabled: false
server:
  http_listen_port: 3100
  grpc_listen_port: 9095
  log_level: info
common:
  path_prefix: /var/loki
  replication_factor: 1
  ring:
    instance_addr: 127.0.0.1
    kvstore: {store: inmemory}
  storage:
    {{- if eq .Values.storage.type "s3" }}
    s3:
      endpoint: {{ include "logging.s3Endpoint" . | quote }}
      region: {{ .Values.storage.s3.region | default .Values.global.objectStorage.region }}
      bucketnames: {{ required "storage.s3.bucket is required" .Values.storage.s3.bucket }}
      access_key_id: ${S3_ACCESS_KEY}
      secret_access_key: ${S3_SECRET_KEY}
      s3forcepathstyle: {{ .Values.storage.s3.pathStyle }}
      insecure: {{ hasPrefix "http://" (include "logging.s3Endpoint" .) }}
    {{- else }}
    filesystem:
      chunks_directory: /var/loki/chunks
      rules_directory: /var/loki/rules
    {{- end }}
schema_config:
  configs:
    - from: "2024-04-01"
      store: tsdb
      object_store: {{ .Values.storage.type }}
      schema: v13
      index: {prefix: index_, period: 24h}
limits_config:
  retention_period: {{ .Values.retention }}
  ingestion_rate_mb: {{ .Values.limits.ingestionRateMB }}
  ingestion_burst_size_mb: {{ .Values.limits.ingestionBurstMB }}
  max_query_series: {{ .Values.limits.maxQuerySeries }}
  allow_structured_metadata: true
  reject_old_samples: true
  reject_old_samples_max_age: {{ .Values.retention }}
  volume_enabled: true
compactor:
  working_directory: /var/loki/compactor
  retention_enabled: true
  delete_request_store: {{ .Values.storage.type }}
{{- if .Values.alerting.enabled }}
ruler:
  enable_api: true
  enable_alertmanager_v2: true
  alertmanager_url: {{ .Values.alerting.alertmanagerUrl }}
  storage:
    type: local
    local: {directory: /etc/loki/rules}
  rule_path: /var/loki/rules-scratch
{{- end }}
query_range:
  align_queries_with_step: true
analytics:
  reporting_enabled: false
{{- end -}}

{{/* What Loki watches. */}}
{{- define "logging.alerts" -}}
groups:
  - name: logs
    rules:
      - alert: ManyErrorsInLogs
        expr: sum by (k8s_namespace_name) (rate({k8s_namespace_name=~".+"} |~ `(?i)\b(error|fatal|critical)\b` [5m])) > {{ .Values.alerting.errorsPerSecond }}
        for: 10m
        labels: {severity: warning}
        annotations:
          summary: {{ `Programs in {{ $labels.k8s_namespace_name }} write many errors` | quote }}
          description: {{ `{{ $value | printf "%.1f" }} lines a second name an error.` | quote }}
      - alert: PanicInLogs
        expr: sum by (k8s_namespace_name, k8s_pod_name) (count_over_time({k8s_namespace_name=~".+"} |~ `panic:|OutOfMemoryError|Out of memory|oom-kill` [5m])) > 0
        labels: {severity: critical}
        annotations:
          summary: {{ `{{ $labels.k8s_namespace_name }}/{{ $labels.k8s_pod_name }} panicked or ran out of memory` | quote }}
          description: Look at the log of the pod around this time.
      - alert: ManyFailedLogins
        expr: sum by (k8s_namespace_name) (count_over_time({k8s_namespace_name=~".+"} |~ `(?i)(authentication failed|login failed|LOGIN_ERROR|invalid_user_credentials|password authentication failed)` [5m])) > {{ .Values.alerting.failedLogins }}
        labels: {severity: critical}
        annotations:
          summary: {{ `Many logins fail in {{ $labels.k8s_namespace_name }}` | quote }}
          description: {{ `{{ $value | printf "%.0f" }} failed within five minutes.` | quote }}
      - alert: NoLogs
        expr: absent_over_time({k8s_namespace_name=~".+"}[{{ .Values.alerting.silence }}])
        labels: {severity: critical}
        annotations:
          summary: No log line has come
          description: Nothing has reached Loki for {{ .Values.alerting.silence }}. Look at the agents and the gateway.
{{- end -}}

{{- define "logging.loki" -}}
args: [-config.file=/etc/loki/config/config.yaml, -config.expand-env=true, -target=all]
user: 10001
ports: {http: 3100, grpc: 9095}
podAnnotations:
  {{- include "logging.hash" (printf "%s%s" (include "logging.lokiConfig" .) (include "logging.alerts" .)) | nindent 2 }}
{{- if eq .Values.storage.type "s3" }}
env:
  S3_ACCESS_KEY: {secret: {{ include "logging.s3Secret" . }}, key: {{ .Values.storage.s3.accessKeyKey }}}
  S3_SECRET_KEY: {secret: {{ include "logging.s3Secret" . }}, key: {{ .Values.storage.s3.secretKeyKey }}}
{{- end }}
trust: openssl
probes:
  readiness: {http: /ready, initialDelaySeconds: 15}
  liveness: {http: /ready, failureThreshold: 10}
writable: [/tmp]
claims:
  data: {mount: /var/loki}
volumes:
  config: {configMap: {{ include "openg2p.name" (dict "root" . "name" "loki") }}, items: [{key: config.yaml, path: config.yaml}], mount: /etc/loki/config, readOnly: true}
  rules: {configMap: {{ include "openg2p.name" (dict "root" . "name" "loki") }}, items: [{key: rules.yaml, path: rules.yaml}], mount: /etc/loki/rules/fake, readOnly: true}
metrics: {enabled: true, port: http}
networkPolicy:
  callers:
    - {component: gateway, ports: [http]}
  egress:
    {{- if eq .Values.storage.type "s3" }}
    - {ports: [{{ include "logging.s3Port" . }}]}
    {{- end }}
    {{- if .Values.alerting.enabled }}
    - {ports: [9093]}
    {{- end }}
{{- end -}}

{{/* The port of the bucket's server. */}}
{{- define "logging.s3Port" -}}
{{- $url := include "logging.s3Endpoint" . | urlParse -}}
{{- $port := regexFind ":[0-9]+$" $url.host | trimPrefix ":" -}}
{{- $port | default (eq $url.scheme "https" | ternary "443" "80") -}}
{{- end -}}
