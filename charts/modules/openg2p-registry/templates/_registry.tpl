{{/* Where things are. */}}
{{- define "registry.host" -}}
{{- with .Values.host -}}
{{- tpl . $ -}}
{{- else -}}
{{ .Release.Name }}.{{ required "global.baseDomain or host is needed" .Values.global.baseDomain }}
{{- end -}}
{{- end -}}

{{/* A database: (dict "root" $ "database" {host, port, name, user, existingSecret, passwordKey}). */}}
{{- define "registry.databaseHost" -}}
{{- tpl (.database.host | default .root.Values.database.host | default .root.Values.global.postgresql.host | default "postgresql") .root -}}
{{- end -}}

{{- define "registry.databasePort" -}}
{{- .database.port | default .root.Values.database.port | default .root.Values.global.postgresql.port | default 5432 | int -}}
{{- end -}}

{{- define "registry.databaseSecret" -}}
{{- tpl (.database.existingSecret | default (printf "postgres-init-%s" (.database.user | replace "_" "-"))) .root -}}
{{- end -}}

{{/* Those that are used, by what they are for, as JSON. */}}
{{- define "registry.databases" -}}
{{- $used := dict -}}
{{- $values := .Values -}}
{{- if or $values.staffApi.enabled $values.partnerApi.enabled $values.beneApi.enabled $values.beat.enabled $values.workers.enabled $values.seed.enabled -}}
{{- $_ := set $used "registry" $values.database -}}
{{- end -}}
{{- if or $values.staffApi.enabled $values.partnerApi.enabled $values.workers.enabled $values.seed.enabled -}}
{{- $_ := set $used "master data" $values.masterData.database -}}
{{- end -}}
{{- if and $values.seed.enabled $values.awe.enabled -}}
{{- $_ := set $used "approval workflow engine" $values.awe.database -}}
{{- end -}}
{{- if $values.sunbird.core.enabled -}}
{{- $_ := set $used "Sunbird RC" $values.sunbird.database -}}
{{- end -}}
{{- toJson $used -}}
{{- end -}}

{{/* Variables of a database, as YAML: (dict "root" $ "database" MAP "prefix" "X_DB" "names" {...}). */}}
{{- define "registry.databaseEnv" -}}
{{ .prefix }}_HOSTNAME: {{ include "registry.databaseHost" . | quote }}
{{ .prefix }}_PORT: {{ include "registry.databasePort" . }}
{{ .prefix }}_DBNAME: {{ .database.name | quote }}
{{ .prefix }}_USERNAME: {{ .database.user | quote }}
{{ .prefix }}_PASSWORD: {secret: {{ include "registry.databaseSecret" . | quote }}, key: {{ .database.passwordKey | quote }}}
{{- end -}}

{{/* The same in the words of psql: (dict "root" $ "database" MAP "prefix" "AWE_"). */}}
{{- define "registry.psqlEnv" -}}
{{ .prefix }}PGHOST: {{ include "registry.databaseHost" . | quote }}
{{ .prefix }}PGPORT: {{ include "registry.databasePort" . }}
{{ .prefix }}PGDATABASE: {{ .database.name | quote }}
{{ .prefix }}PGUSER: {{ .database.user | quote }}
{{ .prefix }}PGPASSWORD: {secret: {{ include "registry.databaseSecret" . | quote }}, key: {{ .database.passwordKey | quote }}}
{{- end -}}

{{- define "registry.masterDataEnv" -}}
{{ .prefix }}_MASTER_DATA_DB_DRIVER: postgresql+asyncpg
{{ include "registry.databaseEnv" (dict "root" .root "database" .root.Values.masterData.database "prefix" (printf "%s_MASTER_DATA_DB" .prefix)) }}
{{- end -}}

{{- define "registry.redisHost" -}}
{{- tpl (.Values.redis.host | default .Values.global.redis.host | default "redis") . -}}
{{- end -}}

{{- define "registry.redisPort" -}}
{{- .Values.redis.port | default .Values.global.redis.port | default 6379 | int -}}
{{- end -}}

{{- define "registry.redisSecret" -}}
{{- tpl (.Values.redis.existingSecret | default .Values.global.redis.secret.name | default "redis") . -}}
{{- end -}}

{{- define "registry.redisKey" -}}
{{- .Values.redis.passwordKey | default .Values.global.redis.secret.passwordKey | default "password" -}}
{{- end -}}

{{/* Variables that hold the URL of a database in Redis, as YAML: (dict "root" $ "names" LIST "database" NUMBER). */}}
{{- define "registry.redisEnv" -}}
{{- $login := "" -}}
{{- if .root.Values.redis.auth -}}
{{- $login = ":$(REDIS_PASSWORD)@" }}
REDIS_PASSWORD: {secret: {{ include "registry.redisSecret" .root | quote }}, key: {{ include "registry.redisKey" .root | quote }}}
{{- end }}
{{- $url := printf "redis://%s%s:%s/%d" $login (include "registry.redisHost" .root) (include "registry.redisPort" .root) (int .database) }}
{{- range .names }}
{{ . }}: {{ $url | quote }}
{{- end }}
{{- end -}}

{{- define "registry.storageUrl" -}}
{{- $url := .Values.objectStorage.url | default .Values.global.objectStorage.publicUrl -}}
{{- if not $url -}}
{{- $url = printf "https://minio-api.%s" (required "objectStorage.url or global.baseDomain is needed" .Values.global.baseDomain) -}}
{{- end -}}
{{- trimSuffix "/" (tpl $url .) -}}
{{- end -}}

{{- define "registry.storageSecret" -}}
{{- tpl (.Values.objectStorage.existingSecret | default .Values.global.objectStorage.secret.name | default "object-storage") . -}}
{{- end -}}

{{- define "registry.storageKey" -}}
{{- get .root.Values.objectStorage .key | default (get .root.Values.global.objectStorage.secret .key) -}}
{{- end -}}

{{/* Variables of the object storage, as YAML: (dict "root" $ "prefix" "X_"). */}}
{{- define "registry.storageEnv" -}}
{{- $url := include "registry.storageUrl" .root | urlParse -}}
{{ .prefix }}MINIO_ENDPOINT: {{ $url.host | quote }}
{{ .prefix }}MINIO_SECURE: {{ eq $url.scheme "https" | quote }}
{{ .prefix }}MINIO_ACCESS_KEY: {secret: {{ include "registry.storageSecret" .root | quote }}, key: {{ include "registry.storageKey" (dict "root" .root "key" "accessKeyKey") | quote }}}
{{ .prefix }}MINIO_SECRET_KEY: {secret: {{ include "registry.storageSecret" .root | quote }}, key: {{ include "registry.storageKey" (dict "root" .root "key" "secretKeyKey") | quote }}}
{{- end -}}

{{- define "registry.clientId" -}}
{{- tpl (.Values.auth.clientId | default (printf "%s-staff-portal" (include "openg2p.fullname" .))) . -}}
{{- end -}}

{{- define "registry.clientSecret" -}}
{{- tpl (.Values.auth.existingSecret | default (include "registry.clientId" .)) . -}}
{{- end -}}

{{/* The realm's URL: inside of the cluster if there is one and "inside" is asked for. */}}
{{- define "registry.realmUrl" -}}
{{- $keycloak := .root.Values.global.keycloak -}}
{{- $url := .inside | ternary ($keycloak.internalUrl | default $keycloak.url) $keycloak.url -}}
{{- if not $url -}}
{{- $url = printf "https://keycloak.%s" (required "global.keycloak.url or global.baseDomain is needed" .root.Values.global.baseDomain) -}}
{{- end -}}
{{ trimSuffix "/" (tpl $url .root) }}/realms/{{ $keycloak.realm }}
{{- end -}}

{{/* A neighbour's URL: (dict "root" $ "url" URL "default" DEFAULT). Names have the namespace: a proxy is not asked for them. */}}
{{- define "registry.url" -}}
{{- trimSuffix "/" (tpl (.url | default (printf "http://%s.%s%s" .service .root.Release.Namespace (.path | default ""))) .root) -}}
{{- end -}}

{{- define "registry.iamUrl" -}}{{ include "registry.url" (dict "root" . "url" .Values.iam.url "service" "iam") }}{{- end -}}
{{- define "registry.masterDataUrl" -}}{{ include "registry.url" (dict "root" . "url" .Values.masterData.url "service" "master-data") }}{{- end -}}
{{- define "registry.aweUrl" -}}{{ include "registry.url" (dict "root" . "url" .Values.awe.url "service" "awe") }}{{- end -}}
{{- define "registry.auditUrl" -}}{{ include "registry.url" (dict "root" . "url" .Values.audit.url "service" "audit-manager") }}{{- end -}}
{{- define "registry.idGeneratorUrl" -}}{{ include "registry.url" (dict "root" . "url" .Values.idGenerator.url "service" "id-generator" "path" "/v1") }}{{- end -}}
{{- define "registry.keymanagerUrl" -}}{{ include "registry.url" (dict "root" . "url" .Values.keymanager.url "service" "keymanager") }}{{- end -}}

{{- define "registry.callbackSecret" -}}
{{- tpl (.Values.awe.callback.existingSecret | default (printf "%s-awe-callback" (include "openg2p.fullname" .))) . -}}
{{- end -}}

{{- define "registry.callbackUrl" -}}
{{- $api := include "openg2p.name" (dict "root" . "name" "staff-portal-api") -}}
{{- include "registry.url" (dict "root" . "url" .Values.awe.callback.url "service" $api "path" "/awe/webhooks/decision") -}}
{{- end -}}

{{- define "registry.callbackId" -}}
{{- tpl (.Values.awe.callback.id | default (include "openg2p.fullname" .)) . -}}
{{- end -}}

{{/* The port that a URL names, or that of its scheme. */}}
{{- define "registry.urlPort" -}}
{{- $authority := (urlParse .).host -}}
{{- if regexMatch ":[0-9]+$" $authority -}}
{{- regexFind "[0-9]+$" $authority -}}
{{- else -}}
{{- hasPrefix "https:" . | ternary 443 80 -}}
{{- end -}}
{{- end -}}

{{/* Ways to neighbours, as a YAML list: (dict "urls" LIST-OF-STATED-URLS "ports" PODS'-PORTS-OF-THOSE-IN-THE-NAMESPACE). */}}
{{- define "registry.ways" -}}
{{- if .ports }}
- {sameNamespace: true, ports: {{ toJson .ports }}}
{{- end }}
{{- $ports := list -}}
{{- range .urls }}{{ if . }}{{ $ports = append $ports (include "registry.urlPort" . | int) }}{{ end }}{{ end }}
{{- with uniq $ports }}
- {ports: {{ toJson . }}}
{{- end }}
{{- end -}}

{{/* Ways to Keycloak and the proxies. */}}
{{- define "registry.waysOut" -}}
{{- $urls := list (include "registry.realmUrl" (dict "root" . "inside" true)) .Values.global.proxy.http .Values.global.proxy.https -}}
{{- include "registry.ways" (dict "urls" $urls) }}
# Keycloak's pods
- {ports: [8080]}
{{- end -}}

{{/* What all pods have in common, as YAML: (dict "root" $ "queue" true). They make or read tables when they start, and only then: so they wait. */}}
{{- define "registry.pod" -}}
{{- $values := .root.Values -}}
user: 1001
writable: [/tmp]
trust: python
proxy: true
initContainers:
  - name: wait
    image: {{ toJson $values.client.image }}
    command: [/bin/bash, -c]
    args:
      - |
        until psql -qAtc 'select 1' > /dev/null; do sleep 3; done
        {{- if .queue }}
        until (exec 3<> /dev/tcp/{{ include "registry.redisHost" .root }}/{{ include "registry.redisPort" .root }}) 2> /dev/null; do sleep 3; done
        {{- end }}
    env:
      {{- include "registry.psqlEnv" (dict "root" .root "database" $values.database "prefix" "") | nindent 6 }}
      PGCONNECT_TIMEOUT: 5
    resources: {{ toJson $values.client.resources }}
networkPolicy:
  egress:
    - {ports: {{ list (include "registry.databasePort" (dict "root" .root "database" $values.database) | int) (include "registry.databasePort" (dict "root" .root "database" $values.masterData.database) | int) | uniq | toJson }}}
    {{- if .queue }}
    - {ports: [{{ include "registry.redisPort" .root }}]}
    {{- end }}
    # Object storage: its URL's port, and that of its pods.
    - {ports: [{{ include "registry.urlPort" (include "registry.storageUrl" .root) }}, {{ $values.objectStorage.podPort }}]}
{{- end -}}

{{/* What the APIs have in common, as YAML. */}}
{{- define "registry.api" -}}
ports:
  http: {container: 8000, service: 80}
probes:
  startup: {http: /ping, failureThreshold: 60}
  readiness: {http: /ping}
  liveness: {http: /ping, periodSeconds: 30, failureThreshold: 6}
{{- end -}}

{{- define "registry.auditEnv" -}}
{{ .prefix }}_AUDIT_ENABLED: {{ .root.Values.audit.enabled | quote }}
{{ .prefix }}_AUDIT_MANAGER_URL: {{ include "registry.auditUrl" .root | quote }}
{{ .prefix }}_AUDIT_ANONYMOUS_FAILURES: {{ .root.Values.audit.anonymousFailures | quote }}
{{- end -}}

{{/* Renders a component: (dict "root" $ "name" NAME "parts" LIST-OF-YAML "values" VALUES). */}}
{{- define "registry.component" -}}
{{- $workload := dict -}}
{{- $egress := list -}}
{{- range .parts -}}
{{- $part := . | fromYaml -}}
{{- $egress = concat $egress (($part.networkPolicy).egress | default list) -}}
{{- $workload = include "openg2p.overlay" (list $workload $part) | fromJson -}}
{{- end -}}
{{- $_ := set $workload "networkPolicy" (merge (dict "egress" $egress) ($workload.networkPolicy | default dict)) -}}
{{- $own := omit .values "enabled" "processes" "signatures" "pageSize" "partnerImportExport" "presentationId" "presentationPurpose" "batch" "tasks" "frequencies" "attempts" "callbackUrl" -}}
{{- $values := merge $own (pick .root.Values "nodeSelector" "tolerations" "affinity" "priorityClassName") -}}
{{/* chartwright: allow moving-image-tag, no public source names the tags: an empty one stops the rendering */}}
{{- include "openg2p.component" (dict "root" .root "name" .name "workload" $workload "values" $values) -}}
{{- end -}}

{{/* Renders a Job with what it needs: (dict "root" $ "name" NAME "workload" MAP "values" VALUES). */}}
{{- define "registry.job" -}}
{{- $values := merge .values (pick .root.Values "nodeSelector" "tolerations" "affinity" "priorityClassName") -}}
{{- $job := dict "root" .root "name" .name "workload" .workload "values" $values -}}
{{/* chartwright: allow moving-image-tag, no public source names the tags: an empty one stops the rendering */}}
{{ include "openg2p.job" $job }}
---
{{ include "openg2p.serviceAccount" $job }}
{{- with include "openg2p.networkPolicy" $job }}
---
{{ . }}
{{- end }}
{{- end -}}
