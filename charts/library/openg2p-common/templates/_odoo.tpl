{{/*
Odoo: a Job that prepares the database, the server, and beside it a worker for scheduled actions and queued jobs, where one is wanted.
All from the values of a chart that README.md names; each helper takes (dict "root" $ "host" "registry" "paths" [PATH] "gateway" true): the host's first part,
paths before all others, and whether further routes of the chart lead to Odoo.
*/}}

{{- define "openg2p.odoo.name" -}}
{{- include "openg2p.name" (dict "root" (.root | default .) "name" "odoo") -}}
{{- end -}}

{{/* The Secret with the administrator's password, which is Odoo's master password too. */}}
{{- define "openg2p.odoo.adminSecret" -}}
{{- $root := .root | default . -}}
{{- tpl $root.Values.admin.existingSecret $root | default (include "openg2p.odoo.name" $root) -}}
{{- end -}}

{{/* The Secret with the password of the database's user. */}}
{{- define "openg2p.odoo.databaseSecret" -}}
{{- $root := .root | default . -}}
{{- tpl $root.Values.database.existingSecret $root | default (printf "postgres-init-%s" ($root.Values.database.user | replace "_" "-")) -}}
{{- end -}}

{{- define "openg2p.odoo.databaseHost" -}}
{{- $root := .root | default . -}}
{{- tpl $root.Values.database.host $root | default $root.Values.global.postgresql.host | default "postgresql" -}}
{{- end -}}

{{- define "openg2p.odoo.databasePort" -}}
{{- $root := .root | default . -}}
{{- $root.Values.database.port | default $root.Values.global.postgresql.port | default 5432 | int -}}
{{- end -}}

{{/* The id of the Keycloak client, and the Secret with the client's secret. */}}
{{- define "openg2p.odoo.clientId" -}}
{{- $root := .root | default . -}}
{{- tpl $root.Values.oidc.clientId $root -}}
{{- end -}}

{{- define "openg2p.odoo.clientSecret" -}}
{{- $root := .root | default . -}}
{{- tpl $root.Values.oidc.existingSecret $root | default (include "openg2p.odoo.clientId" $root) -}}
{{- end -}}

{{/* Keycloak's address of the realm; "from" is "inside" for calls of pods, else it is the one of browsers. */}}
{{- define "openg2p.odoo.realm" -}}
{{- $keycloak := .root.Values.global.keycloak -}}
{{- $url := $keycloak.url -}}
{{- if eq .from "inside" -}}{{- $url = $keycloak.internalUrl | default $url -}}{{- end -}}
{{- printf "%s/realms/%s" (tpl $url .root | trimSuffix "/" | required "global.keycloak.url is the address of Keycloak") $keycloak.realm -}}
{{- end -}}

{{- define "openg2p.odoo.claim" -}}
{{- $root := .root | default . -}}
{{- tpl $root.Values.persistence.existingClaim $root | default (include "openg2p.odoo.name" $root) -}}
{{- end -}}

{{- define "openg2p.odoo.host" -}}
{{- with tpl .root.Values.odoo.route.host .root -}}
{{- . -}}
{{- else -}}
{{- printf "%s.%s" .host (.root.Values.global.baseDomain | required "the route needs odoo.route.host or global.baseDomain") -}}
{{- end -}}
{{- end -}}

{{/* What the initialisation shall have done; another text is another run of the Job. */}}
{{- define "openg2p.odoo.mark" -}}
{{- $root := .root | default . -}}
{{- $wanted := pick $root.Values.initialisation "modules" "update" "demoData" "bootstrap" "runAgain" -}}
{{- list $wanted (include "openg2p.image" (dict "root" $root "image" $root.Values.odoo.image "of" "Odoo")) | toJson | sha256sum | trunc 16 -}}
{{- end -}}

{{/* The ConfigMap with script and configuration; it stands in a file of its own, odoo-config.yaml, whose changes restart the pods. */}}
{{- define "openg2p.odooConfig" -}}
{{- $lines := list "[options]" -}}
{{- range $key, $value := .root.Values.odoo.options -}}
{{- $lines = append $lines (printf "%s = %s" $key (include "openg2p.text" (dict "root" $.root "value" $value))) -}}
{{- end -}}
{{- $files := dict "odoo.conf" (printf "%s\n" (join "\n" $lines)) "odoo.sh" (include "openg2p.odooScript" .) -}}
{{- include "openg2p.configMap" (dict "root" .root "name" "odoo" "files" $files) -}}
{{- end -}}

{{/* The variables of every Odoo of the release. */}}
{{- define "openg2p.odoo.env" -}}
{{- $values := .root.Values -}}
ODOO_DATABASE_HOST: {{ include "openg2p.odoo.databaseHost" . | quote }}
ODOO_DATABASE_PORT_NUMBER: {{ include "openg2p.odoo.databasePort" . | quote }}
ODOO_DATABASE_NAME: {{ $values.database.name | quote }}
ODOO_DATABASE_USER: {{ $values.database.user | quote }}
ODOO_DATABASE_PASSWORD: {secret: {{ include "openg2p.odoo.databaseSecret" . }}, key: {{ $values.database.passwordKey }}}
ODOO_DATABASE_SSLMODE: {{ $values.database.sslMode | quote }}
ODOO_DATABASE_FILTER: {{ printf "^%s$" $values.database.name | quote }}
OPENG2P_INITIALISATION: {{ include "openg2p.odoo.mark" . | quote }}
HOME: /tmp
{{- end -}}

{{- define "openg2p.odoo.serverEnv" -}}
{{- $values := .root.Values -}}
{{ include "openg2p.odoo.env" . }}
ODOO_VOLUME_DIR: /bitnami/odoo
ODOO_DATA_DIR: /bitnami/odoo/data
ODOO_EMAIL: {{ tpl $values.admin.email .root | quote }}
ODOO_PASSWORD: {secret: {{ include "openg2p.odoo.adminSecret" . }}, key: {{ $values.admin.passwordKey }}}
EXTRA_ADDONS_URLS_TO_PULL: {{ join "," $values.addons.fetch | quote }}
LIMIT_TIME_REAL: 5000
LIST_DB: "False"
LOG_DB: "False"
LOG_HANDLER: ":INFO"
OPENG2P_SMTP_HOST: {{ $values.global.mail.host | default "mail" | quote }}
OPENG2P_SMTP_PORT: {{ $values.global.mail.port | default 25 | quote }}
KEYMANAGER_API_BASE_URL: {{ tpl $values.keymanager.url .root | quote }}
KEYMANAGER_AUTH_URL: {{ printf "%s/protocol/openid-connect/token" (include "openg2p.odoo.realm" (dict "root" .root "from" "inside")) | quote }}
KEYMANAGER_AUTH_CLIENT_ID: {{ include "openg2p.odoo.clientId" . | quote }}
KEYMANAGER_AUTH_CLIENT_SECRET: {secret: {{ include "openg2p.odoo.clientSecret" . }}, key: {{ $values.oidc.key }}}
{{- end -}}

{{/*
What Job, server and worker have in common. Bitnami's images, which the packages start from, let any user of the group root in; images that start from
Odoo's own have the user 101. All pods share the claim: where it is for one node only, they keep to one node.
*/}}
{{- define "openg2p.odoo.pod" -}}
{{- $values := .root.Values -}}
{{- $together := dict "openg2p.org/claim" (include "openg2p.odoo.claim" . | trunc 63 | trimSuffix "-") -}}
user: 1001
group: 0
trust: python
proxy: true
writable: [/tmp]
volumes:
  scripts: {configMap: {{ include "openg2p.odoo.name" . }}, mount: /opt/openg2p/odoo, readOnly: true}
  configuration: {emptyDir: {medium: Memory, sizeLimit: 1Mi}, mount: /run/odoo}
  files: {claim: {{ include "openg2p.odoo.claim" . }}, mount: /bitnami/odoo}
  {{- if $values.addons.claim }}
  addons: {claim: {{ tpl $values.addons.claim .root }}, mount: /opt/openg2p/addons, readOnly: true}
  {{- else if $values.addons.image.repository }}
  addons: {emptyDir: {}, mount: /opt/openg2p/addons, readOnly: true}
  {{- end }}
  {{- if $values.addons.fetch }}
  fetched: {emptyDir: {}, mount: /opt/openg2p/fetched}
  {{- end }}
podLabels: {{ toJson $together }}
{{- if not (has "ReadWriteMany" $values.persistence.accessModes) }}
affinity:
  podAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      - topologyKey: kubernetes.io/hostname
        labelSelector: {matchLabels: {{ toJson $together }}}
{{- end }}
{{- end -}}

{{- define "openg2p.odoo.egress" -}}
egress:
  - {ports: [{{ include "openg2p.odoo.databasePort" . }}]}
  - {sameNamespace: true}
  - {ports: {{ include "openg2p.odoo.outerPorts" . }}}
{{- end -}}

{{/* Ports outside of the namespace: Keycloak's and the mail server's. A policy sees the port of the gateway's pod, not that of its Service. */}}
{{- define "openg2p.odoo.outerPorts" -}}
{{- $ports := list (.root.Values.global.mail.port | default 25 | int) 443 8443 -}}
{{- range list .root.Values.global.keycloak.url .root.Values.global.keycloak.internalUrl -}}
{{- with tpl . $.root -}}
{{- $url := urlParse . -}}
{{- $port := regexFind "[0-9]+$" (regexFind ":[0-9]+$" $url.host) | default (eq $url.scheme "https" | ternary "443" "80") | int -}}
{{- $ports = append $ports $port -}}
{{- if eq $port 80 -}}{{- $ports = append $ports 8080 -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- range .root.Values.addons.fetch -}}
{{- if contains "//http://" . -}}{{- $ports = append $ports 80 -}}{{- end -}}
{{- end -}}
{{- uniq $ports | toJson -}}
{{- end -}}

{{/* The init container that copies add-ons out of the site's image, as a list. */}}
{{- define "openg2p.odoo.addonsFrom" -}}
{{- $addons := .root.Values.addons -}}
{{- if and $addons.image.repository (not $addons.claim) }}
- name: addons
  image: {{ toJson (omit $addons.image "path") }}
  command: [/bin/sh, -ec, 'cp -R "$1"/. /opt/openg2p/addons', addons, {{ $addons.image.path | quote }}]
  mounts: {addons: /opt/openg2p/addons}
{{- end }}
{{- end -}}

{{/* The Job that prepares the database: modules that are wanted are installed, and updated where that is asked for. A second run changes nothing. */}}
{{- define "openg2p.odoo.initialisation" -}}
{{- $initialisation := .root.Values.initialisation -}}
{{ include "openg2p.odoo.pod" . }}
command: [bash, /opt/openg2p/odoo/odoo.sh, initialise]
env:
  {{- include "openg2p.odoo.serverEnv" . | nindent 2 }}
  ODOO_WORKERS: 0
  ODOO_MAX_CRON_THREADS: 0
  SERVER_WIDE_MODULES: base,web
  ODOO_SKIP_BOOTSTRAP: {{ ternary "no" "yes" $initialisation.bootstrap | quote }}
  ODOO_BOOTSTRAP_MODULES: {{ join "," $initialisation.modules | quote }}
  ODOO_LOAD_DEMO_DATA: {{ ternary "yes" "no" $initialisation.demoData | quote }}
  ODOO_SKIP_MODULES_UPDATE: {{ ternary "yes" "no" (empty $initialisation.update) | quote }}
  ODOO_UPDATE_MODULES: {{ join "," $initialisation.update | quote }}
{{- with include "openg2p.odoo.addonsFrom" . | trim }}
initContainers:
  {{- . | nindent 2 }}
{{- end }}
networkPolicy:
  {{- include "openg2p.odoo.egress" . | nindent 2 }}
{{- end -}}

{{/* What server and worker have in common: they wait for the Job. */}}
{{- define "openg2p.odoo.server" -}}
{{ include "openg2p.odoo.pod" . }}
command: [bash, /opt/openg2p/odoo/odoo.sh, serve]
checksums: {odoo: odoo-config.yaml}
initContainers:
  - name: wait
    command: [bash, /opt/openg2p/odoo/odoo.sh, wait]
    env:
      {{- include "openg2p.odoo.env" . | nindent 6 }}
    mounts: {scripts: {path: /opt/openg2p/odoo, readOnly: true}, tmp: /tmp}
    resources: {requests: {cpu: 10m, memory: 32Mi}, limits: {memory: 128Mi}}
  {{- with include "openg2p.odoo.addonsFrom" . | trim }}
  {{- . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* The server that browsers and programs call. With workers of their own, long-lived connections have a process and a port of their own. */}}
{{- define "openg2p.odoo.web" -}}
{{- $odoo := .root.Values.odoo -}}
{{- $hasWorker := .root.Values.worker.enabled -}}
{{ include "openg2p.odoo.server" . }}
networkPolicy:
  {{- include "openg2p.odoo.egress" . | nindent 2 }}
  {{- if or $odoo.route.enabled .gateway }}
  gateway: {{ gt (int $odoo.workers) 0 | ternary (list "http" "longpolling") (list "http") | toJson }}
  {{- end }}
ports:
  http: {container: 8069, service: 80}
  {{- if gt (int $odoo.workers) 0 }}
  longpolling: 8072
  {{- end }}
{{- if le (include "openg2p.leastReplicas" $odoo | int) 1 }}
strategy: Recreate
{{- end }}
env:
  {{- include "openg2p.odoo.serverEnv" . | nindent 2 }}
  ODOO_WORKERS: {{ $odoo.workers | quote }}
  ODOO_MAX_CRON_THREADS: {{ ternary 0 $odoo.cronThreads $hasWorker | quote }}
  SERVER_WIDE_MODULES: {{ include "openg2p.odoo.serverWide" (dict "modules" $odoo.serverWideModules "hasQueue" (not $hasWorker)) | quote }}
  {{- if not $hasWorker }}
  ODOO_QUEUE_JOB_CHANNELS: {{ .root.Values.worker.channels | quote }}
  {{- end }}
probes:
  startup: {http: /web/health, failureThreshold: 120}
  readiness: {http: /web/health, timeoutSeconds: 5, failureThreshold: 12}
  liveness: {tcp: true, periodSeconds: 30, timeoutSeconds: 5, failureThreshold: 6}
route:
  {{- if $odoo.route.enabled }}
  host: {{ include "openg2p.odoo.host" . | quote }}
  {{- end }}
  paths:
    - {exact: /, redirect: /web}
    {{- range .paths }}
    - {{ toJson . }}
    {{- end }}
    {{- if gt (int $odoo.workers) 0 }}
    - {prefix: /websocket, port: 8072}
    {{- end }}
    - {prefix: /}
{{- end -}}

{{/* Modules that are loaded before any database; without "hasQueue" the one that runs queued jobs is left out. */}}
{{- define "openg2p.odoo.serverWide" -}}
{{- join "," (.hasQueue | ternary .modules (without .modules "queue_job")) -}}
{{- end -}}

{{/* The one pod that runs scheduled actions and queued jobs; it calls itself at its own port. */}}
{{- define "openg2p.odoo.worker" -}}
{{- $worker := .root.Values.worker -}}
{{ include "openg2p.odoo.server" . }}
networkPolicy:
  {{- include "openg2p.odoo.egress" . | nindent 2 }}
  closed: true
ports: {http: 8069}
replicas: 1
strategy: Recreate
env:
  {{- include "openg2p.odoo.serverEnv" . | nindent 2 }}
  ODOO_WORKERS: 0
  ODOO_MAX_CRON_THREADS: {{ $worker.cronThreads | quote }}
  SERVER_WIDE_MODULES: {{ join "," .root.Values.odoo.serverWideModules | quote }}
  ODOO_QUEUE_JOB_CHANNELS: {{ $worker.channels | quote }}
probes:
  startup: {http: /web/health, failureThreshold: 120}
  readiness: {http: /web/health, timeoutSeconds: 5, failureThreshold: 12}
  liveness: {tcp: true, periodSeconds: 30, timeoutSeconds: 5, failureThreshold: 6}
{{- end -}}

{{/* All objects of Odoo but the ConfigMap. */}}
{{- define "openg2p.odoo" -}}
{{- $root := .root -}}
{{- $values := $root.Values -}}
{{- $isMany := or (gt (include "openg2p.leastReplicas" $values.odoo | int) 1) ($values.odoo.autoscaling).enabled -}}
{{- if and $isMany (not $values.worker.enabled) -}}
{{- fail "several pods of odoo need worker.enabled: scheduled actions and queued jobs run in one pod" -}}
{{- end -}}
{{- if and $isMany (not (has "ReadWriteMany" $values.persistence.accessModes)) -}}
{{- fail "several pods of odoo share the file store: persistence.accessModes has to name ReadWriteMany" -}}
{{- end -}}
{{- $context := pick . "root" "host" "paths" "gateway" -}}
{{- $job := dict "root" $root "name" "odoo-init" "workload" (include "openg2p.odoo.initialisation" $context | fromYaml) "values" (merge (pick $values.odoo "image" "podSecurityContext") $values.initialisation) -}}
{{ include "openg2p.job" $job }}
{{- range $part := list "openg2p.serviceAccount" "openg2p.networkPolicy" }}
{{- with include $part $job }}
---
{{ . }}
{{- end }}
{{- end }}
---
{{ include "openg2p.component" (dict "root" $root "name" "odoo" "workload" (include "openg2p.odoo.web" $context | fromYaml) "values" $values.odoo) }}
{{- if $values.worker.enabled }}
{{- $worker := dict "root" $root "name" "odoo-worker" "workload" (include "openg2p.odoo.worker" $context | fromYaml) "values" (merge (pick $values.odoo "image" "podSecurityContext") $values.worker) }}
{{- range $part := list "openg2p.deployment" "openg2p.serviceAccount" "openg2p.networkPolicy" }}
{{- with include $part $worker }}
---
{{ . }}
{{- end }}
{{- end }}
{{- end }}
{{- if not $values.persistence.existingClaim }}
---
{{ include "openg2p.claim" (dict "root" $root "name" "odoo" "claim" $values.persistence) }}
{{- end }}
{{- if not $values.admin.existingSecret }}
---
{{ include "openg2p.secretJob" (dict "root" $root "name" "odoo-secret" "secrets" (dict (include "openg2p.odoo.name" .) (dict $values.admin.passwordKey (dict "length" 24))) "values" $values.secretJob) }}
{{- end }}
{{- end -}}

{{/* What Odoo provides and needs, as the entries of the annotations: for Chart.yaml. */}}
{{- define "openg2p.odoo.provides" -}}
- service: {name: {{ include "openg2p.odoo.name" . }}, port: 80}
{{- if not .Values.persistence.existingClaim }}
- claim: {name: {{ include "openg2p.odoo.claim" . }}}
{{- end }}
{{- if not .Values.admin.existingSecret }}
- secret: {name: {{ include "openg2p.odoo.adminSecret" . }}, keys: [{{ .Values.admin.passwordKey }}]}
{{- end }}
{{- end -}}

{{/* A program that is called by an address, as a need: a Service of the namespace, or the address: (dict "root" $ "url" URL "why" TEXT "optional" true). */}}
{{- define "openg2p.odoo.callee" -}}
{{- $url := urlParse .url -}}
{{- $host := regexReplaceAll ":[0-9]+$" $url.host "" -}}
{{- $port := regexFind "[0-9]+$" (regexFind ":[0-9]+$" $url.host) | default (eq $url.scheme "https" | ternary "443" "80") -}}
{{- $name := regexReplaceAll (printf "[.]%s([.]svc([.].+)?)?$" .root.Release.Namespace) $host "" -}}
{{- if contains "." $name -}}
- url: {url: {{ .url | quote }}, why: {{ .why | quote }}, optional: {{ .optional }}}
{{- else -}}
- service: {name: {{ $name }}, port: {{ $port }}, why: {{ .why | quote }}, optional: {{ .optional }}}
{{- end -}}
{{- end -}}

{{- define "openg2p.odoo.needs" -}}
- database: {host: {{ include "openg2p.odoo.databaseHost" . }}, name: {{ .Values.database.name }}, owner: {{ .Values.database.user }}, secret: {{ include "openg2p.odoo.databaseSecret" . }}}
- secret: {name: {{ include "openg2p.odoo.databaseSecret" . }}, keys: [{{ .Values.database.passwordKey }}], why: "password of the database's user"}
- keycloakClient: {realm: {{ .Values.global.keycloak.realm }}, id: {{ include "openg2p.odoo.clientId" . }}, secret: {{ include "openg2p.odoo.clientSecret" . }}, serviceAccountRoles: {realm: [KEYMANAGER_ADMIN]}}
- secret: {name: {{ include "openg2p.odoo.clientSecret" . }}, keys: [{{ .Values.oidc.key }}], why: "Keymanager is called as this client, and people log in by it"}
- url: {url: "{{ tpl (.Values.global.keycloak.internalUrl | default .Values.global.keycloak.url) . }}", why: Keycloak}
{{ include "openg2p.odoo.callee" (dict "root" . "url" (tpl .Values.keymanager.url .) "why" "Keymanager, which encrypts and signs" "optional" true) }}
{{- if not (contains "." .Values.global.mail.host) }}
- service: {name: {{ .Values.global.mail.host | default "mail" }}, port: {{ .Values.global.mail.port | default 25 }}, why: outgoing mail, optional: true}
{{- end }}
{{- with .Values.admin.existingSecret }}
- secret: {name: {{ tpl . $ }}, keys: [{{ $.Values.admin.passwordKey }}], why: "Odoo's administrator"}
{{- end }}
{{- with .Values.persistence.existingClaim }}
- claim: {name: {{ tpl . $ }}, why: file store}
{{- end }}
{{- with .Values.addons.claim }}
- claim: {name: {{ tpl . $ }}, why: add-ons of the site}
{{- end }}
{{- with .Values.global.caBundle.configMap }}
- configMap: {name: {{ . }}, keys: [{{ $.Values.global.caBundle.key }}], why: authorities of the site}
{{- end }}
{{- if and .Values.odoo.route.enabled (eq (.Values.odoo.route.kind | default .Values.global.routes.kind) "istio") }}
- crd: {name: virtualservices.networking.istio.io}
- gateway: {name: {{ .Values.global.routes.gateway.name | default "internal" }}, namespace: {{ .Values.global.routes.gateway.namespace | default .Release.Namespace }}}
{{- else if and .Values.odoo.route.enabled (eq (.Values.odoo.route.kind | default .Values.global.routes.kind) "gateway") }}
- crd: {name: httproutes.gateway.networking.k8s.io}
- gateway: {name: {{ .Values.global.routes.gateway.name | default "internal" }}, namespace: {{ .Values.global.routes.gateway.namespace | default .Release.Namespace }}}
{{- end }}
{{- end -}}

{{/* What people do by hand after the installation, for NOTES.txt. */}}
{{- define "openg2p.odoo.notes" -}}
{{- $values := .root.Values -}}
{{- $realm := include "openg2p.odoo.realm" (dict "root" .root "from" "outside") -}}
{{- $address := printf "http://%s.%s" (include "openg2p.odoo.name" .) .root.Release.Namespace -}}
{{- if $values.odoo.route.enabled -}}{{- $address = printf "https://%s" (include "openg2p.odoo.host" .) -}}{{- end -}}
Odoo answers at {{ $address }} as soon as the Job {{ include "openg2p.name" (dict "root" .root "name" "odoo-init") }} has prepared the database {{ $values.database.name }}.

The administrator is {{ tpl $values.admin.email .root }}; the password is in the Secret {{ include "openg2p.odoo.adminSecret" . }}, key {{ $values.admin.passwordKey }}:

  kubectl -n {{ .root.Release.Namespace }} get secret {{ include "openg2p.odoo.adminSecret" . }} -o jsonpath='{.data.{{ $values.admin.passwordKey | replace "." "\\." }}}' | base64 -d

By hand, once (README.md, "After the installation"):
1. odoo-parameters: Settings > Technical > System Parameters: web.base.url = {{ $address }}, web.base.url.freeze = True, auth_oauth.authorization_header = True.
2. odoo-modules: Apps > Update Apps List, then install the modules of the programme.
3. odoo-login: Settings > Users > OAuth Providers: client {{ include "openg2p.odoo.clientId" . }},
   {{ $realm }}/protocol/openid-connect/auth, .../token, .../userinfo and .../certs.
4. keycloak-role: the realm role KEYMANAGER_ADMIN for the service account of {{ include "openg2p.odoo.clientId" . }}, unless keycloak-init gives it.
5. odoo-users: make users and ID types, then stop working as the administrator.
{{- if $values.addons.fetch }}

Add-ons are fetched from the internet whenever a pod starts: not for production.
{{- end }}
{{- end -}}
