{{/* The Secret with the keys. */}}
{{- define "storage.secret" -}}
{{- if .Values.auth.existingSecret -}}
{{- tpl .Values.auth.existingSecret . -}}
{{- else if eq .Values.mode "bundled" -}}
{{- include "openg2p.fullname" . -}}
{{- else if .Values.global.objectStorage.secret.name -}}
{{- tpl .Values.global.objectStorage.secret.name . -}}
{{- else -}}
{{- fail "buckets at an endpoint outside need a Secret with its keys: set auth.existingSecret or global.objectStorage.secret.name" -}}
{{- end -}}
{{- end -}}

{{/* "true" where the Secret is the environment's. */}}
{{- define "storage.global" -}}
{{- if and (eq .Values.mode "external") (not .Values.auth.existingSecret) -}}
true
{{- end -}}
{{- end -}}

{{- define "storage.accessKeyKey" -}}
{{- if include "storage.global" . -}}{{- .Values.global.objectStorage.secret.accessKeyKey -}}{{- else -}}{{- .Values.auth.accessKeyKey -}}{{- end -}}
{{- end -}}

{{- define "storage.secretKeyKey" -}}
{{- if include "storage.global" . -}}{{- .Values.global.objectStorage.secret.secretKeyKey -}}{{- else -}}{{- .Values.auth.secretKeyKey -}}{{- end -}}
{{- end -}}

{{/* Where the Job calls. */}}
{{- define "storage.endpoint" -}}
{{- if eq .Values.mode "bundled" -}}
{{- printf "http://%s.%s.svc:9000" (include "openg2p.fullname" .) .Release.Namespace -}}
{{- else -}}
{{- tpl (.Values.endpoint | default .Values.global.objectStorage.endpoint) . | required "buckets at an endpoint outside need its address: set endpoint or global.objectStorage.endpoint" -}}
{{- end -}}
{{- end -}}

{{/* The host of a part: (dict "root" $ "part" "api"). */}}
{{- define "storage.host" -}}
{{- $values := get .root.Values .part -}}
{{- $names := dict "api" "minio-api" "console" "minio" -}}
{{- tpl $values.route.host .root | default (printf "%s.%s" (get $names .part) .root.Values.global.baseDomain) -}}
{{- end -}}

{{/* "true" where there is a console. */}}
{{- define "storage.console" -}}
{{- and (eq .Values.mode "bundled") (eq .Values.software "minio") .Values.console.enabled -}}
{{- end -}}

{{/* The Secret with the secret of the console's client. */}}
{{- define "storage.consoleSecret" -}}
{{- tpl .Values.console.oidc.existingSecret . | default .Values.console.oidc.clientId -}}
{{- end -}}

{{- define "storage.key" -}}
{secret: {{ include "storage.secret" .root }}, key: {{ include (printf "storage.%s" .part) .root | quote }}}
{{- end -}}

{{/* MinIO. */}}
{{- define "storage.minio" -}}
{{- $console := eq (include "storage.console" .) "true" -}}
ports:
  api: 9000
  {{- if $console }}
  console: 9001
  {{- end }}
image: {{ toJson .Values.minio.image }}
command: [minio]
args:
  - server
  - /data
  - --address=:9000
  - --certs-dir=/tmp/certs
  {{- if $console }}
  - --console-address=:9001
  {{- end }}
trust: openssl
env:
  MINIO_ROOT_USER: {{ include "storage.key" (dict "root" . "part" "accessKeyKey") }}
  MINIO_ROOT_PASSWORD: {{ include "storage.key" (dict "root" . "part" "secretKeyKey") }}
  MINIO_SITE_REGION: {{ .Values.global.objectStorage.region | quote }}
  MINIO_UPDATE: "off"
  MINIO_CALLHOME_ENABLE: "off"
  {{- if .Values.metrics.enabled }}
  MINIO_PROMETHEUS_AUTH_TYPE: public
  {{- end }}
  {{- if not $console }}
  MINIO_BROWSER: "off"
  {{- else }}
  {{- if .Values.console.route.enabled }}
  MINIO_BROWSER_REDIRECT_URL: https://{{ include "storage.host" (dict "root" . "part" "console") }}
  {{- end }}
  {{- if .Values.console.oidc.enabled }}
  {{- $keycloak := .Values.global.keycloak }}
  {{- if not $keycloak.url }}{{ fail "the login at the console needs global.keycloak.url, or console.oidc.enabled=false" }}{{ end }}
  MINIO_IDENTITY_OPENID_CONFIG_URL: {{ printf "%s/realms/%s/.well-known/openid-configuration" (tpl $keycloak.url . | trimSuffix "/") $keycloak.realm | quote }}
  MINIO_IDENTITY_OPENID_CLIENT_ID: {{ .Values.console.oidc.clientId | quote }}
  MINIO_IDENTITY_OPENID_CLIENT_SECRET: {secret: {{ include "storage.consoleSecret" . }}, key: {{ .Values.console.oidc.key | quote }}}
  MINIO_IDENTITY_OPENID_CLAIM_NAME: client_roles
  MINIO_IDENTITY_OPENID_SCOPES: openid,profile,email
  MINIO_IDENTITY_OPENID_DISPLAY_NAME: Keycloak
  MINIO_IDENTITY_OPENID_REDIRECT_URI_DYNAMIC: "on"
  MINIO_IDENTITY_OPENID_CLAIM_USERINFO: "on"
  {{- end }}
  {{- end }}
probes:
  startup: {http: /minio/health/live, port: api}
  readiness: {http: /minio/health/ready, port: api}
  liveness: {http: /minio/health/live, port: api, periodSeconds: 20, failureThreshold: 6}
metrics:
  enabled: {{ .Values.metrics.enabled }}
  serviceMonitor: {{ .Values.metrics.serviceMonitor }}
  interval: {{ .Values.metrics.interval }}
  port: api
  path: /minio/v2/metrics/cluster
{{- end -}}

{{/* SeaweedFS: only the S3 interface listens to other pods. Its gRPC port does, too; the signing key and the network policy close it. */}}
{{- define "storage.seaweedfs" -}}
ports:
  api: {container: 8333, service: 9000}
image: {{ toJson .Values.seaweedfs.image }}
command: [weed]
args:
  - -logtostderr=true
  - server
  - -dir=/data
  - -ip=127.0.0.1
  - -ip.bind=127.0.0.1
  - -master.telemetry=false
  - -s3
  - -s3.ip.bind=0.0.0.0
  - -s3.port=8333
  - -s3.port.grpc=18333
  - -s3.port.iceberg=0
  - -s3.port.lance=0
env:
  AWS_ACCESS_KEY_ID: {{ include "storage.key" (dict "root" . "part" "accessKeyKey") }}
  AWS_SECRET_ACCESS_KEY: {{ include "storage.key" (dict "root" . "part" "secretKeyKey") }}
  WEED_JWT_FILER_SIGNING_KEY: {{ include "storage.key" (dict "root" . "part" "secretKeyKey") }}
probes:
  startup: {http: /healthz}
  readiness: {http: /healthz}
  liveness: {http: /healthz, periodSeconds: 20, failureThreshold: 6}
{{- end -}}

{{/* What both have. */}}
{{- define "storage.server" -}}
{{- $console := eq (include "storage.console" .) "true" -}}
user: 1000
writable: [/tmp]
claims:
  data: {{ toJson (merge (dict "mount" "/data") .Values.server.storage) }}
networkPolicy:
  {{- $gateway := list }}
  {{- if .Values.api.route.enabled }}{{ $gateway = append $gateway "api" }}{{ end }}
  {{- if and $console .Values.console.route.enabled }}{{ $gateway = append $gateway "console" }}{{ end }}
  {{- if $gateway }}
  gateway: {{ toJson $gateway }}
  {{- end }}
  {{- if and $console .Values.console.oidc.enabled }}
  egress:
    - ports: [80, 443, 8080, 8443] # Keycloak, by whatever way its name leads
  {{- end }}
{{ include (printf "storage.%s" .Values.software) . }}
{{- end -}}
