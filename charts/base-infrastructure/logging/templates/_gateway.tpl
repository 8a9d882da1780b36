{{/* The configuration of the gateway. */}}
{{- define "logging.gatewayConfig" -}}
extensions:
  health_check: {endpoint: "0.0.0.0:13133"}
receivers:
  otlp:
    protocols:
      grpc: {endpoint: "0.0.0.0:4317"}
      http: {endpoint: "0.0.0.0:4318"}
processors:
  memory_limiter: {check_interval: 5s, limit_percentage: 80, spike_limit_percentage: 25}
  batch: {send_batch_size: {{ .Values.gateway.batchSize }}, timeout: {{ .Values.gateway.batchTimeout }}}
exporters:
  otlp_http:
    endpoint: {{ include "logging.lokiUrl" . }}/otlp
    sending_queue: {enabled: true, queue_size: 5000}
    retry_on_failure: {enabled: true, max_elapsed_time: 15m}
service:
  {{- include "logging.selfReport" "health_check" | nindent 2 }}
  pipelines:
    logs:
      receivers: [otlp]
      processors: [memory_limiter, batch]
      exporters: [otlp_http]
{{- end -}}

{{- define "logging.gateway" -}}
args: [--config=/etc/gateway/config.yaml]
user: 10001
ports: {otlp-grpc: {container: 4317, appProtocol: grpc}, otlp-http: 4318, metrics: 8888, health: 13133}
env:
  GOMEMLIMIT: 400MiB
podAnnotations:
  {{- include "logging.hash" (include "logging.gatewayConfig" .) | nindent 2 }}
probes:
  readiness: {http: /, port: health}
  liveness: {http: /, port: health}
volumes:
  config: {configMap: {{ include "openg2p.name" (dict "root" . "name" "gateway") }}, mount: /etc/gateway, readOnly: true}
metrics: {enabled: true}
networkPolicy:
  callers:
    {{- if .Values.gateway.openToAll }}
    - {ports: [otlp-grpc, otlp-http]}
    {{- else }}
    - {component: agent, ports: [otlp-grpc, otlp-http]}
    {{- end }}
  egress:
    - {component: loki, ports: [3100]}
{{- end -}}
