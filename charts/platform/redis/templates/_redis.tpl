{{/* The port that clients call. */}}
{{- define "redis.port" -}}
{{- eq .Values.mode "external" | ternary .Values.external.port 6379 -}}
{{- end -}}

{{/* The Secret with the password. */}}
{{- define "redis.secret" -}}
{{- if .Values.auth.existingSecret -}}
{{- tpl .Values.auth.existingSecret . -}}
{{- else -}}
{{- include "openg2p.fullname" . -}}
{{- end -}}
{{- end -}}

{{/* "true" where there are replicas. */}}
{{- define "redis.replicas" -}}
{{- if gt (int .Values.replica.replicas) 0 -}}
true
{{- end -}}
{{- end -}}

{{/* The exporter beside a server. */}}
{{- define "redis.exporter" -}}
name: exporter
image: {{ toJson .Values.exporter.image }}
resources: {{ toJson .Values.exporter.resources }}
env:
  REDIS_ADDR: redis://127.0.0.1:6379
  {{- if .Values.auth.enabled }}
  REDIS_PASSWORD: {secret: {{ include "redis.secret" . }}, key: {{ .Values.auth.key | quote }}}
  {{- end }}
probes:
  liveness: {http: /health, port: metrics}
{{- end -}}

{{/* A server: (dict "root" $ "name" COMPONENT "primary" BOOL). */}}
{{- define "redis.server" -}}
{{- $values := .root.Values -}}
{{- $context := dict "root" .root "name" .name -}}
{{- $full := include "openg2p.fullname" .root -}}
ports:
  redis: 6379
  {{- if $values.exporter.enabled }}
  metrics: 9121
  {{- end }}
image: {{ toJson $values.server.image }}
command: [/bin/sh, /etc/openg2p/valkey/start.sh]
user: 999
group: 1000
writable: [/run/valkey, /tmp]
checksums: {config: config.yaml}
env:
  {{- if $values.auth.enabled }}
  PASSWORD: {secret: {{ include "redis.secret" .root }}, key: {{ $values.auth.key | quote }}}
  {{- end }}
  {{- if not .primary }}
  REPLICA_OF: {{ printf "%s.%s.svc" $full .root.Release.Namespace }}
  PEERS_DOMAIN: {{ printf "%s.%s.svc" (include "openg2p.headlessName" $context) .root.Release.Namespace }}
  {{- end }}
volumes:
  config: {configMap: {{ include "openg2p.name" (dict "root" .root "name" "config") }}, mount: /etc/openg2p/valkey, readOnly: true}
claims:
  data: {{ toJson (merge (dict "mount" "/data") $values.storage) }}
probes:
  startup: {exec: [/bin/sh, -ec, "REPLICA_OF= /bin/sh /etc/openg2p/valkey/ready.sh"], failureThreshold: 120}
  readiness: {exec: [/bin/sh, /etc/openg2p/valkey/ready.sh]}
  liveness: {tcp: true, port: redis, periodSeconds: 20, failureThreshold: 5}
{{- if $values.exporter.enabled }}
sidecars: {{ list (include "redis.exporter" .root | fromYaml) | toJson }}
metrics:
  enabled: true
  serviceMonitor: {{ $values.exporter.serviceMonitor }}
  interval: {{ $values.exporter.interval }}
{{- end }}
{{- if and .primary (include "redis.replicas" .root) }}
networkPolicy:
  extraIngress: # also where only named callers are let in
    - from:
        - podSelector:
            matchLabels:
              {{- include "openg2p.selectorLabels" (dict "root" .root "name" "replica") | nindent 14 }}
      ports:
        - {protocol: TCP, port: redis}
{{- end }}
{{- if not .primary }}
podManagementPolicy: Parallel
networkPolicy:
  egress:
    - {component: main, ports: [6379]}
{{- end }}
{{- end -}}
