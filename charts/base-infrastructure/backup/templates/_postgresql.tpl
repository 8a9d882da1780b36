{{/* A Job that backs up one server: (dict "root" $ "name" TARGET "target" TARGET "kind" KIND "keep" COUNT). */}}
{{- define "backup.dump" -}}
{{- $root := .root -}}
{{- $login := include "backup.login" . | fromYaml -}}
{{- $work := include "backup.work" (dict "root" $root "job" (printf "%s-%s" .name .kind)) -}}
user: 999
command: [/bin/sh, /scripts/keep.sh]
backoffLimit: 2
env:
  KIND: {{ .kind }}
  KEEP: {{ .keep | quote }}
  WORK: {{ $work }}
  {{- include "backup.storageEnv" (dict "root" $root "source" .name) | nindent 2 }}
trust: openssl
writable: [/tmp]
volumes:
  {{- include "backup.volumes" . | nindent 2 }}
initContainers:
  - name: dump
    image:
      {{- toYaml $root.Values.postgresql.image | nindent 6 }}
    command: [/bin/bash, /scripts/dump.sh]
    env:
      KIND: {{ .kind }}
      WORK: {{ $work }}
      PART: {{ $root.Values.storage.part }}
      DATABASES: {{ join " " .target.databases | quote }}
      PGHOST: {{ include "backup.host" . }}
      PGPORT: {{ .target.port | default $root.Values.global.postgresql.port | quote }}
      PGSSLMODE: {{ $root.Values.postgresql.sslMode }}
      PGUSER: {secret: {{ $login.name }}, key: {{ first $login.keys }}}
      PGPASSWORD: {secret: {{ $login.name }}, key: {{ last $login.keys }}}
    mounts:
      scripts: {path: /scripts, readOnly: true}
      tmp: /tmp
      {{- if eq $root.Values.storage.type "claim" }}
      backups: /backups
      {{- else }}
      work: /work
      {{- end }}
networkPolicy:
  closed: true
  egress:
    - {ports: [{{ .target.port | default $root.Values.global.postgresql.port }}]}
    {{- include "backup.storagePeers" . | nindent 4 }}
{{- end -}}

{{/* A Job that restores what was stored of one server. */}}
{{- define "backup.drill" -}}
{{- $root := .root -}}
user: 999
image:
  {{- toYaml $root.Values.postgresql.image | nindent 2 }}
command: [/bin/bash, /scripts/drill.sh]
backoffLimit: 1
env:
  WORK: /work
trust: openssl
writable: [/tmp]
volumes:
  scripts: {configMap: {{ include "openg2p.name" (dict "root" $root "name" "scripts") }}, mount: /scripts, readOnly: true}
  work: {emptyDir: {sizeLimit: {{ $root.Values.drill.room }}}, mount: /work}
  {{- if eq $root.Values.storage.type "claim" }}
  backups: {claim: {{ include "backup.claim" $root }}}
  {{- end }}
initContainers:
  - name: fetch
    image:
      {{- toYaml $root.Values.jobs.image | nindent 6 }}
    command: [/bin/sh, /scripts/fetch.sh]
    env:
      WORK: /work
      MAX_AGE: {{ $root.Values.drill.maxAgeHours | quote }}
      {{- include "backup.storageEnv" (dict "root" $root "source" .name) | nindent 6 }}
    mounts:
      scripts: {path: /scripts, readOnly: true}
      work: /work
      {{- if eq $root.Values.storage.type "claim" }}
      backups: {path: /backups, readOnly: true}
      {{- end }}
networkPolicy:
  closed: true
  {{- with include "backup.storagePeers" . }}
  egress:
    {{- . | nindent 4 }}
  {{- end }}
{{- end -}}
