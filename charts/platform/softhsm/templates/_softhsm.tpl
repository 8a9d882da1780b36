{{/* The port that clients call. */}}
{{- define "softhsm.port" -}}
{{- eq .Values.mode "external" | ternary .Values.external.port 5666 -}}
{{- end -}}

{{/* The Secret with the PIN. */}}
{{- define "softhsm.secret" -}}
{{- if .Values.pin.existingSecret -}}
{{- tpl .Values.pin.existingSecret . -}}
{{- else -}}
{{- include "openg2p.fullname" . -}}
{{- end -}}
{{- end -}}

{{/* The ConfigMap that tells clients where the proxy is. */}}
{{- define "softhsm.share" -}}
{{- include "openg2p.name" (dict "root" . "name" "share") -}}
{{- end -}}

{{- define "softhsm.server" -}}
ports: {pkcs11: 5666}
user: 1001
group: 2001
writable: [/tmp]
checksums: {config: config.yaml}
env:
  SOFTHSM2_CONF: /etc/openg2p/softhsm/softhsm.conf
  SECURITY_OFFICER_PIN: {secret: {{ include "softhsm.secret" . }}, key: {{ .Values.pin.key | quote }}}
volumes:
  config: {configMap: {{ include "openg2p.name" (dict "root" . "name" "config") }}, mount: /etc/openg2p/softhsm, readOnly: true}
  {{- with .Values.storage.existingClaim }}
  tokens: {claim: {{ . | quote }}, mount: /softhsm/tokens}
  {{- end }}
{{- if not .Values.storage.existingClaim }}
claims:
  tokens: {{ toJson (merge (dict "mount" "/softhsm/tokens") (omit .Values.storage "existingClaim")) }}
{{- end }}
probes:
  startup: {tcp: true}
  readiness: {tcp: true}
  liveness: {tcp: true, periodSeconds: 30, failureThreshold: 6}
{{- end -}}
