{{/* The policy by which OpenSearch deletes old indices. Its description tells whether it is this very one. */}}
{{- define "logging.policy" -}}
{{- $days := divf (.Values.retention | trimSuffix "h" | float64) 24 | ceil | int -}}
{{- $description := printf "openg2p: %s-* for %d days" .Values.opensearch.prefix $days -}}
{{- $delete := dict "name" "delete" "actions" (list (dict "delete" dict)) "transitions" list -}}
{{- $keep := dict "name" "keep" "actions" list "transitions" (list (dict "state_name" "delete" "conditions" (dict "min_index_age" (printf "%dd" $days)))) -}}
{{- $template := list (dict "index_patterns" (list (printf "%s-*" .Values.opensearch.prefix)) "priority" 100) -}}
{{- dict "policy" (dict "description" $description "default_state" "keep" "states" (list $keep $delete) "ism_template" $template) | toPrettyJson -}}
{{- end -}}

{{- define "logging.retention" -}}
command: [/bin/sh, /policy/retention.sh]
user: 100
group: 101
env:
  OPENSEARCH: {{ printf "%s://%s:%d" .Values.opensearch.scheme .Values.opensearch.host (int .Values.opensearch.port) }}
  USERNAME: {{ .Values.opensearch.user }}
  PASSWORD: {secret: {{ .Values.opensearch.secret.name }}, key: {{ .Values.opensearch.secret.key }}}
  PREFIX: {{ .Values.opensearch.prefix }}
  VERIFY: {{ .Values.opensearch.verify | toString | quote }}
  POLICY: /policy/policy.json
podAnnotations:
  {{- include "logging.hash" (include "logging.policy" .) | nindent 2 }}
resources:
  requests: {cpu: 10m, memory: 16Mi}
  limits: {memory: 64Mi}
trust: openssl
volumes:
  policy: {configMap: {{ include "openg2p.name" (dict "root" . "name" "retention") }}, mount: /policy, readOnly: true}
writable: [/tmp]
networkPolicy:
  closed: true
  egress:
    - {ports: [{{ .Values.opensearch.port }}]}
{{- end -}}
