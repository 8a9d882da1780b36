{{/* The configuration of the agent. */}}
{{- define "logging.agentConfig" -}}
extensions:
  health_check: {endpoint: "0.0.0.0:13133"}
  file_storage: {directory: /var/lib/agent, create_directory: true}
receivers:
  file_log:
    include:
      {{- toYaml .Values.agent.include | nindent 6 }}
    exclude:
      - /var/log/pods/{{ .Release.Namespace }}_{{ include "openg2p.name" (dict "root" . "name" "agent") }}-*_*/*/*.log
      {{- with .Values.agent.exclude }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    start_at: end
    include_file_path: true
    include_file_name: false
    storage: file_storage
    retry_on_failure: {enabled: true}
    operators:
      - {type: container, id: container}
processors:
  memory_limiter: {check_interval: 5s, limit_percentage: 80, spike_limit_percentage: 25}
  k8s_attributes:
    passthrough: false
    filter: {node_from_env_var: NODE_NAME}
    extract:
      metadata: [k8s.namespace.name, k8s.pod.name, k8s.container.name, k8s.deployment.name, k8s.statefulset.name, k8s.daemonset.name, k8s.job.name, k8s.node.name]
      labels:
        - {tag_name: app, key: app.kubernetes.io/name, from: pod}
        - {tag_name: component, key: app.kubernetes.io/component, from: pod}
    pod_association:
      - sources: [{from: resource_attribute, name: k8s.pod.uid}]
  {{- if .Values.redaction.enabled }}
  transform/redaction:
    error_mode: propagate
    log_statements:
      - context: log
        conditions: [IsString(log.body)]
        statements:
          {{- include "logging.redaction" . | trim | nindent 10 }}
  {{- end }}
  batch: {send_batch_size: 1024, timeout: 5s}
exporters:
  otlp_grpc:
    endpoint: {{ include "openg2p.name" (dict "root" . "name" "gateway") }}.{{ .Release.Namespace }}.svc:4317
    tls: {insecure: true}
    sending_queue: {enabled: true, storage: file_storage}
    retry_on_failure: {enabled: true, max_elapsed_time: 0s}
service:
  {{- include "logging.selfReport" "health_check, file_storage" | nindent 2 }}
  pipelines:
    logs:
      receivers: [file_log]
      processors: [memory_limiter, k8s_attributes{{ if .Values.redaction.enabled }}, transform/redaction{{ end }}, batch]
      exporters: [otlp_grpc]
{{- end -}}

{{/* The agent: one per node. It reads files that belong to root and are closed to others, so it is root, with all capabilities dropped. */}}
{{- define "logging.agent" -}}
token: true
args: [--config=/etc/agent/config.yaml]
ports: {metrics: 8888, health: 13133}
env:
  NODE_NAME: {field: spec.nodeName}
  GOMEMLIMIT: 200MiB
podSecurityContext: {runAsNonRoot: false, runAsUser: 0, runAsGroup: 0}
podAnnotations:
  {{- include "logging.hash" (include "logging.agentConfig" .) | nindent 2 }}
probes:
  readiness: {http: /, port: health}
  liveness: {http: /, port: health}
volumes:
  config: {configMap: {{ include "openg2p.name" (dict "root" . "name" "agent") }}, mount: /etc/agent, readOnly: true}
  pods: {source: {hostPath: {path: /var/log/pods}}, mount: /var/log/pods, readOnly: true}
  {{- if .Values.agent.checkpoints }}
  checkpoints: {source: {hostPath: {path: {{ .Values.agent.checkpoints }}, type: DirectoryOrCreate}}, mount: /var/lib/agent}
  {{- else }}
  checkpoints: {emptyDir: {}, mount: /var/lib/agent}
  {{- end }}
metrics: {enabled: true}
networkPolicy:
  closed: true
  egress:
    - {component: gateway, ports: [4317]}
    - {api: true}
{{- end -}}
