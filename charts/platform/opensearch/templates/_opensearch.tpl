{{/* The Secret with the passwords. */}}
{{- define "opensearch.secret" -}}
{{- tpl .Values.auth.existingSecret . | default (include "openg2p.fullname" .) -}}
{{- end -}}

{{/* A variable with one of the passwords: (dict "root" $ "key" "adminKey"). */}}
{{- define "opensearch.password" -}}
{secret: {{ include "opensearch.secret" .root }}, key: {{ get .root.Values.auth .key | quote }}}
{{- end -}}

{{/* The Secret with the certificates. */}}
{{- define "opensearch.certificates" -}}
{{- tpl .Values.certificates.existingSecret . | default (include "openg2p.name" (dict "root" . "name" "certificates")) -}}
{{- end -}}

{{/* The Secret with the client's secret. */}}
{{- define "opensearch.clientSecret" -}}
{{- tpl .Values.oidc.existingSecret . | default .Values.oidc.clientId -}}
{{- end -}}

{{- define "opensearch.host" -}}
{{- printf "%s.%s.svc" (include "openg2p.fullname" .) .Release.Namespace -}}
{{- end -}}

{{/* Where Dashboards and Jobs call. */}}
{{- define "opensearch.url" -}}
{{- if eq .Values.mode "external" -}}
{{- tpl .Values.external.url . | trimSuffix "/" -}}
{{- else -}}
{{- printf "https://%s:9200" (include "opensearch.host" .) -}}
{{- end -}}
{{- end -}}

{{/* The port of a URL. */}}
{{- define "opensearch.urlPort" -}}
{{- $url := urlParse . -}}
{{- regexFind "[0-9]+$" (regexFind ":[0-9]+$" $url.host) | default (eq $url.scheme "https" | ternary "443" "80") -}}
{{- end -}}

{{/* Peers for network policies of those who call OpenSearch, as a JSON list. */}}
{{- define "opensearch.egress" -}}
{{- if eq .Values.mode "external" -}}
{{- list (dict "sameNamespace" true) (dict "ports" (list (include "opensearch.urlPort" (include "opensearch.url" .) | int))) | toJson -}}
{{- else -}}
{{- list (dict "component" (include "opensearch.holders" .) "ports" (list 9200)) | toJson -}}
{{- end -}}
{{- end -}}

{{/* Peers for Keycloak: (list of them as JSON). Policies see the ports of pods, not those of Services. */}}
{{- define "opensearch.keycloakEgress" -}}
{{- $keycloak := .Values.global.keycloak -}}
{{- $ports := list -}}
{{- range compact (list $keycloak.url $keycloak.internalUrl) -}}
{{- $port := include "opensearch.urlPort" (tpl . $) | int -}}
{{- $ports = append $ports $port -}}
{{- if has $port (list 80 443) -}}{{- $ports = append $ports (eq $port 80 | ternary 8080 8443) -}}{{- end -}}
{{- end -}}
{{- list (dict "sameNamespace" true) (dict "ports" (uniq $ports)) | toJson -}}
{{- end -}}

{{/* Which component holds data. */}}
{{- define "opensearch.holders" -}}
{{- eq .Values.layout "separate" | ternary "data" "master" -}}
{{- end -}}

{{/* The address of Keycloak's description of itself. */}}
{{- define "opensearch.connectUrl" -}}
{{- $keycloak := .Values.global.keycloak -}}
{{- $url := tpl ($keycloak.internalUrl | default $keycloak.url) . | required "oidc.enabled needs global.keycloak.url" -}}
{{- printf "%s/realms/%s/.well-known/openid-configuration" (trimSuffix "/" $url) $keycloak.realm -}}
{{- end -}}

{{- define "opensearch.dashboardsHost" -}}
{{- tpl .Values.dashboards.route.host . | default (printf "opensearch.%s" .Values.global.baseDomain) -}}
{{- end -}}

{{/* The chart's own users: name, variable with the password, backend role. */}}
{{- define "opensearch.users" -}}
admin ADMIN_PASSWORD admin
logstash LOGSTASH_PASSWORD logstash
kibanaserver DASHBOARDS_PASSWORD -
{{- end -}}

{{- define "opensearch.userEnv" -}}
USERS: {{ include "opensearch.users" . | quote }}
ADMIN_PASSWORD: {{ include "opensearch.password" (dict "root" . "key" "adminKey") }}
LOGSTASH_PASSWORD: {{ include "opensearch.password" (dict "root" . "key" "logstashKey") }}
DASHBOARDS_PASSWORD: {{ include "opensearch.password" (dict "root" . "key" "dashboardsKey") }}
{{- end -}}

{{/* The names of the pods of a component, as JSON. */}}
{{- define "opensearch.pods" -}}
{{- $pods := include "openg2p.name" (dict "root" .root "name" .name "limit" 52) -}}
{{- $names := list -}}
{{- range $i := until (int (get .root.Values .name).replicas) -}}
{{- $names = append $names (printf "%s-%d" $pods $i) -}}
{{- end -}}
{{- toJson $names -}}
{{- end -}}

{{/* opensearch.yml of a component: (dict "root" $ "roles" LIST). */}}
{{- define "opensearch.settings" -}}
{{- $root := .root -}}
cluster.name: {{ include "openg2p.fullname" $root }}
node.name: ${NODE_NAME}
node.roles: [{{ join ", " .roles }}]
network.host: 0.0.0.0
path.data: /usr/share/opensearch/data
path.logs: /usr/share/opensearch/logs
{{- if and (eq $root.Values.layout "combined") (eq (int $root.Values.master.replicas) 1) }}
discovery.type: single-node
{{- else }}
discovery.seed_hosts: [{{ include "openg2p.headlessName" (dict "root" $root "name" "master") }}.{{ $root.Release.Namespace }}.svc]
cluster.initial_cluster_manager_nodes: {{ include "opensearch.pods" (dict "root" $root "name" "master") }}
{{- end }}
node.store.allow_mmap: {{ $root.Values.server.allowMmap }}
{{- range $layer := list "transport" "http" }}
plugins.security.ssl.{{ $layer }}.keystore_type: PKCS12
plugins.security.ssl.{{ $layer }}.keystore_filepath: node.p12
plugins.security.ssl.{{ $layer }}.keystore_alias: node
plugins.security.ssl.{{ $layer }}.keystore_password: ${CERTIFICATES_PASSWORD}
plugins.security.ssl.{{ $layer }}.truststore_type: PKCS12
plugins.security.ssl.{{ $layer }}.truststore_filepath: truststore.p12
plugins.security.ssl.{{ $layer }}.truststore_password: ${CERTIFICATES_PASSWORD}
{{- end }}
plugins.security.ssl.http.enabled: true
plugins.security.ssl.transport.enforce_hostname_verification: false
plugins.security.nodes_dn: ["CN=node,O=openg2p"]
plugins.security.authcz.admin_dn: ["CN=admin,O=openg2p"]
plugins.security.allow_default_init_securityindex: true
plugins.security.restapi.roles_enabled: [all_access, security_rest_api_access]
plugins.security.system_indices.enabled: true
{{- range $name, $value := $root.Values.server.settings }}
{{ $name }}: {{ kindIs "string" $value | ternary (tpl (toString $value) $root | quote) (toJson $value) }}
{{- end }}
{{ end -}}

{{/* How people log in, signed, so that the Job sees whether the cluster has it already. */}}
{{- define "opensearch.security" -}}
{{- $sign := include "opensearch.securityBody" (dict "root" . "sign" "") | sha256sum | trunc 12 -}}
{{- include "opensearch.securityBody" (dict "root" . "sign" $sign) -}}
{{- end -}}

{{- define "opensearch.securityBody" -}}
{{- $values := .root.Values -}}
_meta:
  type: config
  config_version: 2
config:
  dynamic:
    http:
      anonymous_auth_enabled: false
      xff:
        enabled: false
    authc:
      basic_internal_auth_domain:
        description: Users of OpenSearch itself (openg2p {{ .sign }})
        http_enabled: true
        transport_enabled: true
        order: 0
        http_authenticator:
          type: basic
          challenge: {{ not $values.oidc.enabled }}
        authentication_backend:
          type: internal
      {{- if $values.oidc.enabled }}
      openid_auth_domain:
        description: People, by Keycloak
        http_enabled: true
        transport_enabled: false
        order: 1
        http_authenticator:
          type: openid
          challenge: false
          config:
            subject_key: preferred_username
            roles_key: client_roles
            openid_connect_url: {{ include "opensearch.connectUrl" .root | quote }}
            {{- if $values.global.caBundle.configMap }}
            openid_connect_idp:
              enable_ssl: {{ hasPrefix "https:" (include "opensearch.connectUrl" .root) }}
              verify_hostnames: true
              pemtrustedcas_filepath: idp-ca.crt
            {{- end }}
        authentication_backend:
          type: noop
      {{- end }}
    authz: {}
{{ end -}}

{{/* A node: (dict "root" $ "name" COMPONENT). */}}
{{- define "opensearch.node" -}}
{{- $root := .root -}}
{{- $values := get .root.Values .name -}}
ports: {https: 9200, transport: 9300}
image: {{ toJson $root.Values.server.image }}
user: 1000
writable: [/tmp, /usr/share/opensearch/config, /usr/share/opensearch/logs]
checksums: {config: config.yaml}
podManagementPolicy: Parallel   # nodes become ready together
terminationGracePeriodSeconds: 120
env:
  NODE_NAME: {field: metadata.name}
  OPENSEARCH_JAVA_OPTS: {{ printf "-Xms%s -Xmx%s" $values.heap $values.heap | quote }}
  CERTIFICATES_PASSWORD: {secret: {{ include "opensearch.certificates" $root }}, key: password}
  DISABLE_INSTALL_DEMO_CONFIG: "true"
  DISABLE_PERFORMANCE_ANALYZER_AGENT_CLI: "true"
volumes:
  scripts: {configMap: {{ include "openg2p.name" (dict "root" $root "name" "config") }}, mount: /etc/openg2p/opensearch, readOnly: true}
  certificates: {secret: {{ include "opensearch.certificates" $root }}}
  {{- with $root.Values.global.caBundle }}
  {{- if and .configMap $root.Values.oidc.enabled }}
  idp: {configMap: {{ .configMap }}, items: [{key: {{ .key }}, path: ca.crt}]}
  {{- end }}
  {{- end }}
claims:
  data: {{ toJson (merge (dict "mount" "/usr/share/opensearch/data") $values.storage) }}
initContainers:
  - name: prepare
    command: [/bin/bash, /etc/openg2p/opensearch/prepare.sh]
    env:
      ROLE: {{ .name }}
      {{- include "opensearch.userEnv" $root | nindent 6 }}
    mounts:
      scripts: {path: /etc/openg2p/opensearch, readOnly: true}
      certificates: {path: /etc/openg2p/certificates, readOnly: true}
      usr-share-opensearch-config: /work/config
      tmp: /tmp
      {{- if and $root.Values.global.caBundle.configMap $root.Values.oidc.enabled }}
      idp: {path: /etc/openg2p/idp, readOnly: true}
      {{- end }}
probes:
  startup: {tcp: true, port: https, failureThreshold: 120}
  readiness: {exec: [/bin/bash, /etc/openg2p/opensearch/ready.sh], timeoutSeconds: 6}
  liveness: {tcp: true, port: https, periodSeconds: 20, failureThreshold: 6}
networkPolicy:
  callers:
    {{- range $root.Values.server.clients | default (list (dict "sameNamespace" true)) }}
    - {{ toJson (merge (dict "ports" (list "https")) .) }}
    {{- end }}
  {{- $nodes := list }}
  {{- $others := list }}
  {{- range eq $root.Values.layout "separate" | ternary (list "master" "data") (list "master") }}
  {{- $nodes = append $nodes (dict "podSelector" (dict "matchLabels" (include "openg2p.selectorLabels" (dict "root" $root "name" .) | fromYaml))) }}
  {{- end }}
  {{- range list "dashboards" "retention" "security" }}
  {{- $others = append $others (dict "podSelector" (dict "matchLabels" (include "openg2p.selectorLabels" (dict "root" $root "name" .) | fromYaml))) }}
  {{- end }}
  extraIngress:
    - from: {{ toJson $nodes }}
      ports: [{protocol: TCP, port: transport}]
    - from: {{ toJson $others }}
      ports: [{protocol: TCP, port: https}]
  egress:
    {{- range eq $root.Values.layout "separate" | ternary (list "master" "data") (list "master") }}
    - {component: {{ . }}, ports: [9300]}
    {{- end }}
    {{- if $root.Values.oidc.enabled }}
    {{- include "opensearch.keycloakEgress" $root | fromJsonArray | toYaml | nindent 4 }}
    {{- end }}
{{- end -}}
