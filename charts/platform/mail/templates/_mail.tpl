{{/* The port that clients call. */}}
{{- define "mail.port" -}}
{{- eq .Values.mode "external" | ternary .Values.external.port 25 -}}
{{- end -}}

{{/* The relay's pod. Exim starts as root: its entry script writes /etc/exim4 and gives files to the user of Exim, who then takes and sends the mail. */}}
{{- define "mail.relay" -}}
{{- $host := tpl .Values.smartHost.host . -}}
ports:
  smtp: {container: 2525, service: 25}
user: 0
podSecurityContext:
  runAsNonRoot: false            # Exim's entry script writes its configuration below /etc and then changes its user
containerSecurityContext:
  readOnlyRootFilesystem: false  # configuration in /etc/exim4, /etc/mailname, /var/lib/exim4; spool and log belong to Exim's user
  capabilities:
    add: [CHOWN, SETGID, SETUID] # no other one is needed, and no escalation: the port is above 1024
env:
  MAILNAME: {{ .Values.mailname | default .Values.global.baseDomain | quote }}
  PORT: 2525
  RELAY_NETWORKS: {{ printf ":%s" (join ":" .Values.relayNetworks) | quote }}
  DISABLE_IPV6: "true"
  {{- with .Values.relayDomains }}
  RELAY_DOMAINS: {{ join " : " . | quote }}
  {{- end }}
  {{- if $host }}
  SMARTHOST_ADDRESS: {{ $host | quote }}
  SMARTHOST_PORT: {{ .Values.smartHost.port }}
  {{- with .Values.smartHost.existingSecret }}
  SMARTHOST_ALIASES: {{ $.Values.smartHost.loginAt | quote }}
  SMARTHOST_USER: {secret: {{ . | quote }}, key: {{ $.Values.smartHost.usernameKey | quote }}}
  SMARTHOST_PASSWORD: {secret: {{ . | quote }}, key: {{ $.Values.smartHost.passwordKey | quote }}}
  {{- end }}
  {{- end }}
{{- if .Values.settings }}
volumes:
  settings:
    configMap: {{ include "openg2p.name" (dict "root" . "name" "settings") }}
    mount: /etc/exim4/_docker_additional_macros
    subPath: settings
    readOnly: true
checksums: {settings: settings.yaml}
{{- end }}
probes:
  startup: {tcp: true}
  readiness: {tcp: true}
  liveness: {tcp: true, periodSeconds: 30, failureThreshold: 4}
networkPolicy:
  egress:
    - ports: [{{ empty $host | ternary 25 .Values.smartHost.port }}]
{{- end -}}
