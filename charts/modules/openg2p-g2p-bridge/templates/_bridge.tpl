{{/* Where things are. */}}
{{- define "bridge.hostOf" -}}
{{- with .host -}}
{{- tpl . $.root -}}
{{- else -}}
{{ .name }}.{{ required (printf "global.baseDomain or %s is needed" .key) .root.Values.global.baseDomain }}
{{- end -}}
{{- end -}}

{{- define "bridge.host" -}}
{{- include "bridge.hostOf" (dict "root" . "host" .Values.host "name" "g2p-bridge" "key" "host") -}}
{{- end -}}

{{/* A database: (dict "root" $ "database" {host, port, name, user, existingSecret, passwordKey}). */}}
{{- define "bridge.databaseHost" -}}
{{- tpl (.database.host | default .root.Values.database.host | default .root.Values.global.postgresql.host | default "postgresql") .root -}}
{{- end -}}

{{- define "bridge.databasePort" -}}
{{- .database.port | default .root.Values.database.port | default .root.Values.global.postgresql.port | default 5432 | int -}}
{{- end -}}

{{- define "bridge.databaseSecret" -}}
{{- tpl (.database.existingSecret | default (printf "postgres-init-%s" (.database.user | replace "_" "-"))) .root -}}
{{- end -}}

{{/* Its variables, as YAML: (dict "root" $ "database" MAP "prefix" "X_DB" "suffix" "_PBMS"). */}}
{{- define "bridge.databaseEnv" -}}
{{- $suffix := .suffix | default "" -}}
{{ .prefix }}_HOSTNAME{{ $suffix }}: {{ include "bridge.databaseHost" . | quote }}
{{ .prefix }}_PORT{{ $suffix }}: {{ include "bridge.databasePort" . }}
{{ .prefix }}_DBNAME{{ $suffix }}: {{ .database.name | quote }}
{{ .prefix }}_USERNAME{{ $suffix }}: {{ .database.user | quote }}
{{ .prefix }}_PASSWORD{{ $suffix }}: {secret: {{ include "bridge.databaseSecret" . | quote }}, key: {{ .database.passwordKey | quote }}}
{{- end -}}

{{- define "bridge.redisHost" -}}
{{- tpl (.Values.redis.host | default .Values.global.redis.host | default "redis") . -}}
{{- end -}}

{{- define "bridge.redisPort" -}}
{{- .Values.redis.port | default .Values.global.redis.port | default 6379 | int -}}
{{- end -}}

{{- define "bridge.redisSecret" -}}
{{- tpl (.Values.redis.existingSecret | default .Values.global.redis.secret.name | default "redis") . -}}
{{- end -}}

{{- define "bridge.redisKey" -}}
{{- .Values.redis.passwordKey | default .Values.global.redis.secret.passwordKey | default "password" -}}
{{- end -}}

{{/* The variables of a queue, as YAML: (dict "root" $ "prefix" "X" "queue" {database}). */}}
{{- define "bridge.queueEnv" -}}
{{- $login := "" -}}
{{- if .root.Values.redis.auth -}}
{{- $login = ":$(REDIS_PASSWORD)@" }}
REDIS_PASSWORD: {secret: {{ include "bridge.redisSecret" .root | quote }}, key: {{ include "bridge.redisKey" .root | quote }}}
{{- end }}
{{- $url := printf "redis://%s%s:%s/%d" $login (include "bridge.redisHost" .root) (include "bridge.redisPort" .root) (int .queue.database) }}
{{ .prefix }}_CELERY_BROKER_URL: {{ $url | quote }}
{{ .prefix }}_CELERY_BACKEND_URL: {{ $url | quote }}
{{- end -}}

{{- define "bridge.keycloakUrl" -}}
{{- $url := .Values.global.keycloak.internalUrl | default .Values.global.keycloak.url -}}
{{- if not $url -}}
{{- $url = printf "https://keycloak.%s" (required "global.keycloak.url or global.baseDomain is needed" .Values.global.baseDomain) -}}
{{- end -}}
{{- trimSuffix "/" (tpl $url .) -}}
{{- end -}}

{{- define "bridge.keymanagerUrl" -}}
{{- trimSuffix "/" (tpl (.Values.keymanager.url | default "http://keymanager") .) -}}
{{- end -}}

{{- define "bridge.clientSecret" -}}
{{- tpl (.Values.keymanager.auth.existingSecret | default .Values.keymanager.auth.clientId) . -}}
{{- end -}}

{{/* Names with the namespace: a proxy is not asked for them. */}}
{{- define "bridge.mapperUrl" -}}
{{- trimSuffix "/" (tpl (.Values.mapper.url | default (printf "http://spar-mapper-api.%s" .Release.Namespace)) .) -}}
{{- end -}}

{{- define "bridge.bankUrl" -}}
http://{{ include "openg2p.name" (dict "root" . "name" "example-bank-api") }}.{{ .Release.Namespace }}
{{- end -}}

{{/* The port that a URL names, or that of its scheme. */}}
{{- define "bridge.urlPort" -}}
{{- $authority := (urlParse .).host -}}
{{- if regexMatch ":[0-9]+$" $authority -}}
{{- regexFind "[0-9]+$" $authority -}}
{{- else -}}
{{- hasPrefix "https:" . | ternary 443 80 -}}
{{- end -}}
{{- end -}}

{{/* Variables of Keymanager, as YAML: (dict "root" $ "prefix" "X" "app" "NAME-OF-THE-VARIABLE"). */}}
{{- define "bridge.keymanagerEnv" -}}
{{- $values := .root.Values.keymanager -}}
{{ .prefix }}_{{ .app }}: {{ $values.appId | quote }}
{{ .prefix }}_KEYMANAGER_API_BASE_URL: {{ include "bridge.keymanagerUrl" .root }}/v1/keymanager
{{ .prefix }}_OAUTH_ENABLED: {{ $values.auth.enabled | quote }}
{{- if $values.auth.enabled }}
{{ .prefix }}_OAUTH_URL: {{ include "bridge.keycloakUrl" .root }}/realms/{{ .root.Values.global.keycloak.realm }}/protocol/openid-connect/token
{{ .prefix }}_OAUTH_CLIENT_ID: {{ $values.auth.clientId | quote }}
{{ .prefix }}_OAUTH_CLIENT_SECRET: {secret: {{ include "bridge.clientSecret" .root | quote }}, key: {{ $values.auth.key | quote }}}
{{- end }}
{{- end -}}

{{/* Ways to Keymanager and Keycloak, as a YAML list. */}}
{{- define "bridge.keymanagerEgress" -}}
- {sameNamespace: true, ports: [{{ .Values.keymanager.podPort }}]}
{{- if .Values.keymanager.url }}
- {ports: [{{ include "bridge.urlPort" (include "bridge.keymanagerUrl" .) }}]}
{{- end }}
{{- if .Values.keymanager.auth.enabled }}
# Keycloak: its URL's port, and that of its pods.
- {ports: [{{ include "bridge.urlPort" (include "bridge.keycloakUrl" .) }}, 8080]}
{{- end }}
{{- end -}}

{{/* What all pods have in common, as YAML: (dict "root" $ "database" MAP "queue" true). They make or read tables when they start, and only then: so they wait. */}}
{{- define "bridge.pod" -}}
{{- $values := .root.Values -}}
user: 1001
writable: [/tmp]
trust: python
initContainers:
  - name: wait
    image: {{ toJson $values.client.image }}
    command: [/bin/bash, -c]
    args:
      - |
        until psql -qAtc 'select 1' > /dev/null; do sleep 3; done
        {{- if .queue }}
        until (exec 3<> /dev/tcp/{{ include "bridge.redisHost" .root }}/{{ include "bridge.redisPort" .root }}) 2> /dev/null; do sleep 3; done
        {{- end }}
    env:
      PGHOST: {{ include "bridge.databaseHost" . | quote }}
      PGPORT: {{ include "bridge.databasePort" . }}
      PGDATABASE: {{ .database.name | quote }}
      PGUSER: {{ .database.user | quote }}
      PGPASSWORD: {secret: {{ include "bridge.databaseSecret" . | quote }}, key: {{ .database.passwordKey | quote }}}
      PGCONNECT_TIMEOUT: 5
    resources: {{ toJson $values.client.resources }}
networkPolicy:
  egress:
    - {ports: [{{ include "bridge.databasePort" . }}]}
    {{- if .queue }}
    - {ports: [{{ include "bridge.redisPort" .root }}]}
    {{- end }}
{{- end -}}

{{/* What the APIs have in common, as YAML. */}}
{{- define "bridge.api" -}}
ports:
  http: {container: 8000, service: 80}
probes:
  startup: {http: /ping, failureThreshold: 60}
  readiness: {http: /ping}
  liveness: {http: /ping, periodSeconds: 30, failureThreshold: 6}
{{- end -}}

{{/* Renders a component: (dict "root" $ "name" NAME "parts" LIST-OF-YAML "egress" LIST "values" VALUES). */}}
{{- define "bridge.component" -}}
{{- $workload := dict -}}
{{- $egress := list -}}
{{- range .parts -}}
{{- $part := . | fromYaml -}}
{{- $egress = concat $egress (($part.networkPolicy).egress | default list) -}}
{{- $workload = include "openg2p.overlay" (list $workload $part) | fromJson -}}
{{- end -}}
{{- $_ := set $workload "networkPolicy" (merge (dict "egress" $egress) ($workload.networkPolicy | default dict)) -}}
{{- $own := omit .values "enabled" "host" "processes" "tasks" "frequencies" "retryMinutes" "staleMinutes" "futureSchedules" "attempts" "suppressNotifications" "bankPorts" "mapperUrl" "timeoutSeconds" "database" -}}
{{- $values := merge $own (pick .root.Values "nodeSelector" "tolerations" "affinity" "priorityClassName") -}}
{{/* chartwright: allow moving-image-tag, no public source names a tag of the cash transfer bridge: an empty one stops the rendering */}}
{{- include "openg2p.component" (dict "root" .root "name" .name "workload" $workload "values" $values) -}}
{{- end -}}

{{/* Settings by camelCase names as variables, as YAML: (dict "prefix" "X_" "suffix" "_Y" "map" MAP). */}}
{{- define "bridge.settings" -}}
{{- range $name, $value := .map }}
{{ $.prefix }}{{ $name | snakecase | upper }}{{ $.suffix }}: {{ $value }}
{{- end }}
{{- end -}}

{{/* The pattern that takes a financial address apart, from a list of its parts. */}}
{{- define "bridge.pattern" -}}
{{- $patterns := list -}}
{{- range . -}}{{- $patterns = append $patterns (printf "%s:(?P<%s>.*)" . .) -}}{{- end -}}
^{{ join "\\." $patterns }}$
{{- end -}}

{{/* Ports of the proxies, as a YAML list of peers. */}}
{{- define "bridge.proxyEgress" -}}
{{- range list .Values.global.proxy.http .Values.global.proxy.https | compact | uniq }}
- {ports: [{{ include "bridge.urlPort" . }}]}
{{- end }}
{{- end -}}
