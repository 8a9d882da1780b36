{{- define "reporting.bootstrapServers" -}}
{{- tpl (.Values.kafka.bootstrapServers | default .Values.global.kafka.bootstrapServers) . | default "kafka:9092" -}}
{{- end -}}

{{- define "reporting.databaseHost" -}}
{{- tpl (.Values.database.host | default .Values.global.postgresql.host) . | default "postgresql" -}}
{{- end -}}

{{- define "reporting.databasePort" -}}
{{- .Values.database.port | default .Values.global.postgresql.port | int -}}
{{- end -}}

{{- define "reporting.databaseSecret" -}}
{{- tpl .Values.database.existingSecret . | default (printf "postgres-init-%s" (.Values.database.user | replace "_" "-")) -}}
{{- end -}}

{{- define "reporting.opensearchUrl" -}}
{{- tpl .Values.opensearch.url . | default "https://opensearch:9200" | trimSuffix "/" -}}
{{- end -}}

{{- define "reporting.opensearchSecret" -}}
{{- tpl .Values.opensearch.existingSecret . | default "opensearch" -}}
{{- end -}}

{{- define "reporting.certificates" -}}
{{- tpl .Values.opensearch.certificatesSecret . | default "opensearch-certificates" -}}
{{- end -}}

{{- define "reporting.prefix" -}}
{{- tpl .Values.prefix . | default (printf "%s_%s" .Release.Namespace .Release.Name | replace "-" "_") -}}
{{- end -}}

{{/* The port of a URL. */}}
{{- define "reporting.urlPort" -}}
{{- $url := urlParse . -}}
{{- regexFind "[0-9]+$" (regexFind ":[0-9]+$" $url.host) | default (eq $url.scheme "https" | ternary "443" "80") -}}
{{- end -}}

{{/* The ports of brokers, as a JSON list. */}}
{{- define "reporting.kafkaPorts" -}}
{{- $ports := list -}}
{{- range include "reporting.bootstrapServers" . | splitList "," -}}
{{- $ports = append $ports (regexFind "[0-9]+$" . | int) -}}
{{- end -}}
{{- uniq $ports | toJson -}}
{{- end -}}

{{/* What both kinds of workers have: (dict "root" $ "name" COMPONENT "values" VALUES "calls" PORTS). */}}
{{- define "reporting.worker" -}}
ports:
  http: {container: 8083, service: 80}
  {{- if .values.jmx }}
  http-metrics: 9012
  {{- end }}
user: 1001
probes:
  startup: {http: /, periodSeconds: 10, failureThreshold: 60}
  readiness: {http: /}
  liveness: {http: /, periodSeconds: 30, failureThreshold: 6}
networkPolicy:
  {{- /* who calls may change connectors, and these read Secrets */}}
  callers:
    - {component: connectors, ports: [http]}
    - {self: true, ports: [http]}
    - {pods: {app.kubernetes.io/name: kafka, app.kubernetes.io/component: ui}, ports: [http]}
    {{- range .values.networkPolicy.callers }}
    - {{ toJson . }}
    {{- end }}
  egress:
    - {ports: {{ include "reporting.kafkaPorts" .root }}}
    - {self: true, ports: [8083]}
    - {ports: {{ toJson .calls }}}
    {{- range .values.networkPolicy.egress }}
    - {{ toJson . }}
    {{- end }}
env:
  LOG_DIR: /tmp/logs
  {{- if .values.jmx }}
  JMXHOST: 0.0.0.0
  JMXPORT: 9012
  JMXAUTH: "false"
  JMXSSL: "false"
  {{- end }}
volumes:
  {{- range $name, $secret := .root.Values.secrets }}
  secret-{{ $name }}: {secret: {{ $secret | quote }}, mount: /etc/openg2p/secrets/{{ $name }}, readOnly: true}
  {{- end }}
{{- end -}}
