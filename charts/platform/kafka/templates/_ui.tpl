{{/* The host of Kafka UI. */}}
{{- define "kafka.uiHost" -}}
{{- tpl .Values.ui.route.host . | default (printf "kafka.%s" .Values.global.baseDomain) -}}
{{- end -}}

{{/* The Secret with the client's secret. */}}
{{- define "kafka.uiSecret" -}}
{{- tpl .Values.ui.oidc.existingSecret . | default .Values.ui.oidc.clientId -}}
{{- end -}}

{{/* The port of a URL. */}}
{{- define "kafka.urlPort" -}}
{{- $url := urlParse . -}}
{{- regexFind "[0-9]+$" (regexFind ":[0-9]+$" $url.host) | default (eq $url.scheme "https" | ternary "443" "80") -}}
{{- end -}}

{{/* What Kafka UI reads. */}}
{{- define "kafka.uiConfig" -}}
{{- $ui := .Values.ui -}}
{{- $keycloak := .Values.global.keycloak -}}
server:
  forward-headers-strategy: framework
  max-http-request-header-size: 200KB
logging:
  level:
    io.kafbat.ui: INFO
kafka:
  clusters:
    - name: main
      bootstrapServers: {{ include "kafka.bootstrapServers" . | quote }}
      {{- with $ui.schemaRegistry }}
      schemaRegistry: {{ tpl . $ | quote }}
      {{- end }}
      {{- with $ui.connects }}
      kafkaConnect:
        {{- range . }}
        - name: {{ .name | quote }}
          address: {{ tpl .address $ | quote }}
        {{- end }}
      {{- end }}
{{- if not $ui.oidc.enabled }}
auth:
  type: DISABLED
{{- else }}
{{- if not $keycloak.url }}{{ fail "Kafka UI's login needs global.keycloak.url, or ui.oidc.enabled=false" }}{{ end }}
{{- $realm := printf "realms/%s" $keycloak.realm }}
{{- $public := printf "%s/%s" (tpl $keycloak.url . | trimSuffix "/") $realm }}
auth:
  type: OAUTH2
  oauth2:
    client:
      keycloak:
        provider: keycloak
        clientName: Keycloak
        clientId: {{ $ui.oidc.clientId | quote }}
        clientSecret: ${CLIENT_SECRET}
        scope: [openid, profile, email]
        authorizationGrantType: authorization_code
        redirectUri: {{ $ui.route.enabled | ternary (printf "https://%s/login/oauth2/code/keycloak" (include "kafka.uiHost" .)) "{baseUrl}/login/oauth2/code/keycloak" | quote }}
        {{- with $keycloak.internalUrl }}
        {{- $inside := printf "%s/%s/protocol/openid-connect" (tpl . $ | trimSuffix "/") $realm }}
        authorizationUri: {{ printf "%s/protocol/openid-connect/auth" $public | quote }}
        tokenUri: {{ printf "%s/token" $inside | quote }}
        userInfoUri: {{ printf "%s/userinfo" $inside | quote }}
        jwkSetUri: {{ printf "%s/certs" $inside | quote }}
        {{- else }}
        issuerUri: {{ $public | quote }}
        {{- end }}
        userNameAttribute: {{ $ui.oidc.userNameAttribute | quote }}
        customParams:
          type: oauth
          roles-field: client_roles
rbac:
  roles:
    - name: admins
      clusters: [main]
      subjects:
        - {provider: oauth, type: role, value: {{ $ui.oidc.role | quote }}}
      permissions:
        {{- range list "applicationconfig" "clusterconfig" "ksql" "acl" "audit" "client_quotas" }}
        - {resource: {{ . }}, actions: [all]}
        {{- end }}
        {{- range list "topic" "consumer" "schema" "connect" "connector" }}
        - {resource: {{ . }}, value: ".*", actions: [all]}
        {{- end }}
    {{- with $ui.oidc.readRole }}
    - name: readers
      clusters: [main]
      subjects:
        - {provider: oauth, type: role, value: {{ . | quote }}}
      permissions:
        - {resource: clusterconfig, actions: [view]}
        - {resource: topic, value: ".*", actions: [view, messages_read]}
        {{- range list "consumer" "schema" "connect" "connector" }}
        - {resource: {{ . }}, value: ".*", actions: [view]}
        {{- end }}
    {{- end }}
{{- end }}
{{ end -}}

{{- define "kafka.ui" -}}
{{- $keycloak := .Values.global.keycloak -}}
ports:
  http: {container: 8080, service: 80}
user: 100
group: 101
writable: [/tmp]
trust: java
checksums: {config: ui-config.yaml}
env:
  SPRING_CONFIG_ADDITIONAL-LOCATION: /etc/openg2p/kafka-ui/config.yml
  JAVA_OPTS: {{ .Values.ui.javaOpts | quote }}
  {{- if .Values.ui.oidc.enabled }}
  CLIENT_SECRET: {secret: {{ include "kafka.uiSecret" . }}, key: {{ .Values.ui.oidc.key | quote }}}
  {{- end }}
volumes:
  config: {configMap: {{ include "openg2p.name" (dict "root" . "name" "ui") }}, mount: /etc/openg2p/kafka-ui, readOnly: true}
probes:
  startup: {http: /actuator/health, failureThreshold: 120}
  readiness: {http: /actuator/health}
  liveness: {http: /actuator/health, periodSeconds: 30, failureThreshold: 6}
route:
  host: {{ include "kafka.uiHost" . | quote }}
networkPolicy:
  callers: []
  egress:
    {{- include "kafka.egress" . | fromJsonArray | toYaml | nindent 4 }}
    {{- $inside := compact (list $keycloak.internalUrl .Values.ui.schemaRegistry) }}
    {{- $urls := concat $inside (compact (list $keycloak.url)) }}
    {{- range .Values.ui.connects }}{{ $inside = append $inside .address }}{{ $urls = append $urls .address }}{{ end }}
    {{- if $inside }}
    - sameNamespace: true   # policies see the ports of pods, not those of Services
    {{- end }}
    {{- $ports := list }}
    {{- range $urls }}
    {{- $port := include "kafka.urlPort" (tpl . $) | int }}
    {{- $ports = append $ports $port }}
    {{- if has $port (list 80 443) }}{{ $ports = append $ports (eq $port 80 | ternary 8080 8443) }}{{ end }}
    {{- end }}
    {{- with $ports }}
    - ports: {{ uniq . | toJson }}
    {{- end }}
{{- end -}}
