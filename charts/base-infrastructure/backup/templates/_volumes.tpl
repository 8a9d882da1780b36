{{- define "backup.snapshots" -}}
{{- $volumes := .Values.volumes -}}
token: true
user: 999
command: [/bin/sh, /scripts/snapshots.sh]
backoffLimit: 1
env:
  NAMESPACES: {{ $volumes.namespaces | default (list .Release.Namespace) | join " " }}
  SNAPSHOTS: {{ $volumes.snapshots | toString | quote }}
  SELECTOR: {{ $volumes.selector | replace "=" "%3D" | replace "," "%2C" | replace "/" "%2F" | quote }}
  CLASS: {{ $volumes.class }}
  KEEP: {{ $volumes.keep | quote }}
  WORK: {{ include "backup.work" (dict "root" . "job" "volumes") }}
  {{- include "backup.storageEnv" (dict "root" . "source" "volumes") | nindent 2 }}
trust: openssl
writable: [/tmp]
volumes:
  {{- include "backup.volumes" (dict "root" .) | nindent 2 }}
networkPolicy:
  closed: true
  egress:
    - {api: true}
    {{- include "backup.storagePeers" (dict "root" .) | nindent 4 }}
{{- end -}}

{{- define "backup.etcd" -}}
token: true
user: 999
command: [/bin/sh, /scripts/etcd.sh]
backoffLimit: 0
env:
  MAX_AGE: {{ .Values.etcd.maxAgeHours | quote }}
writable: [/tmp]
volumes:
  scripts: {configMap: {{ include "openg2p.name" (dict "root" . "name" "scripts") }}, mount: /scripts, readOnly: true}
networkPolicy:
  closed: true
  egress:
    - {api: true}
{{- end -}}
