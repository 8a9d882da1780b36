{{- define "md.databaseHost" -}}
{{- tpl (.Values.database.host | default .Values.global.postgresql.host) . | default "postgresql" -}}
{{- end -}}

{{- define "md.databasePort" -}}
{{- .Values.database.port | default .Values.global.postgresql.port | int -}}
{{- end -}}

{{- define "md.databaseSecret" -}}
{{- tpl .Values.database.existingSecret . | default (printf "postgres-init-%s" (.Values.database.user | replace "_" "-")) -}}
{{- end -}}

{{- define "md.redisHost" -}}
{{- tpl (.Values.redis.host | default .Values.global.redis.host) . | default "redis" -}}
{{- end -}}

{{- define "md.redisPort" -}}
{{- .Values.redis.port | default .Values.global.redis.port | int -}}
{{- end -}}

{{- define "md.redisSecret" -}}
{{- tpl .Values.global.redis.secret.name . | default "redis" -}}
{{- end -}}

{{/* The address of Redis; the password is put in by Kubernetes. */}}
{{- define "md.redisUrl" -}}
{{- printf "redis://%s%s:%s/%d" (.Values.redis.auth | ternary ":$(REDIS_PASSWORD)@" "") (include "md.redisHost" .) (include "md.redisPort" .) (int .Values.redis.database) -}}
{{- end -}}

{{/* The port of a URL. */}}
{{- define "md.urlPort" -}}
{{- $url := urlParse . -}}
{{- regexFind "[0-9]+$" (regexFind ":[0-9]+$" $url.host) | default (eq $url.scheme "https" | ternary "443" "80") -}}
{{- end -}}

{{/* Peers for network policies: (dict "root" $ "urls" LIST "ports" LIST), as a JSON list. In the namespace whatever port the pods have, elsewhere the ports of the addresses. */}}
{{- define "md.egress" -}}
{{- $ports := .ports -}}
{{- range compact .urls -}}
{{- $port := include "md.urlPort" (tpl . $.root) | int -}}
{{- $ports = append $ports $port -}}
{{- if has $port (list 80 443) -}}{{- $ports = append $ports (eq $port 80 | ternary 8080 8443) -}}{{- end -}}
{{- end -}}
{{- list (dict "sameNamespace" true) (dict "ports" (uniq $ports)) | toJson -}}
{{- end -}}

{{/* The init container that waits until the database lets the role in: programs make their tables once, at their start. */}}
{{- define "md.wait" -}}
initContainers:
  - name: database
    image: {{ toJson .Values.wait.image }}
    command: [/bin/sh, -ec, 'until psql -qtc "select 1" >/dev/null; do echo "waiting for $PGHOST:$PGPORT"; sleep 3; done']
    resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {memory: 64Mi}}
    env:
      HOME: /tmp
      PGHOST: {{ include "md.databaseHost" . | quote }}
      PGPORT: {{ include "md.databasePort" . }}
      PGDATABASE: {{ .Values.database.name | quote }}
      PGUSER: {{ .Values.database.user | quote }}
      PGPASSWORD: {secret: {{ include "md.databaseSecret" . | quote }}, key: {{ .Values.database.passwordKey | quote }}}
      PGCONNECT_TIMEOUT: 10
    mounts: {tmp: /tmp}
{{- end -}}

{{- define "md.host" -}}
{{- tpl .Values.host . | default (printf "master-data.%s" .Values.global.baseDomain) -}}
{{- end -}}

{{- define "md.uiHost" -}}
{{- tpl .Values.uiHost . | default (printf "master-data-ui.%s" .Values.global.baseDomain) -}}
{{- end -}}

{{- define "md.iamUrl" -}}
{{- tpl .Values.iam.url . | default "http://iam" | trimSuffix "/" -}}
{{- end -}}

{{- define "md.aweUrl" -}}
{{- tpl .Values.catalogue.awe.url . | default "http://awe" | trimSuffix "/" -}}
{{- end -}}

{{- define "md.boundariesEndpoint" -}}
{{- tpl (.Values.boundaries.endpoint | default .Values.global.objectStorage.endpoint) . | default "http://object-storage:9000" | trimSuffix "/" -}}
{{- end -}}

{{- define "md.boundariesSecret" -}}
{{- tpl (.Values.boundaries.existingSecret | default .Values.global.objectStorage.secret.name) . | default "object-storage" -}}
{{- end -}}
