{{/* Whether the keys lie in a file of this chart's claim. */}}
{{- define "keymanager.inFile" -}}
{{- eq .Values.keystore.type "PKCS12" | ternary "yes" "" -}}
{{- end -}}

{{/* The Secret with the file's password. */}}
{{- define "keymanager.secret" -}}
{{- with .Values.keystore.pkcs12.existingSecret -}}
{{- tpl . $ -}}
{{- else -}}
{{- include "openg2p.fullname" . -}}
{{- end -}}
{{- end -}}

{{/* The claim with the file. */}}
{{- define "keymanager.claim" -}}
{{- with .Values.keystore.pkcs12.storage.existingClaim -}}
{{- tpl . $ -}}
{{- else -}}
{{- include "openg2p.fullname" . -}}
{{- end -}}
{{- end -}}

{{/* The database's host and port, whose own values come before those of the environment. */}}
{{- define "keymanager.databaseHost" -}}
{{- tpl (.Values.database.host | default .Values.global.postgresql.host | default "postgresql") . -}}
{{- end -}}
{{- define "keymanager.databasePort" -}}
{{- .Values.database.port | default .Values.global.postgresql.port | default 5432 | int -}}
{{- end -}}

{{- define "keymanager.databaseSecret" -}}
{{- tpl .Values.database.existingSecret . -}}
{{- end -}}

{{/* Address of the artifacts server, without a slash at its end. */}}
{{- define "keymanager.artifacts" -}}
{{- tpl .Values.artifacts.url . | trimSuffix "/" -}}
{{- end -}}

{{- define "keymanager.host" -}}
{{- tpl .Values.hostname . -}}
{{- end -}}

{{/* The ConfigMap with the property files, and whether there are settings over them. */}}
{{- define "keymanager.properties" -}}
{{- if .Values.springConfig.files -}}
{{- include "openg2p.name" (dict "root" . "name" "properties") -}}
{{- else -}}
{{- tpl .Values.springConfig.configMap . -}}
{{- end -}}
{{- end -}}

{{/* Variables of the service and of the program that makes its first keys. */}}
{{- define "keymanager.env" -}}
JDK_JAVA_OPTIONS: {{ .Values.javaOpts | quote }}
SPRING_CONFIG_NAMES: {{ .Values.springConfig.names | quote }}
SPRING_CONFIG_PROFILE: {{ .Values.springConfig.profile | quote }}
SPRING_CONFIG_GIT_ENABLED: {{ .Values.springConfig.git.enabled }}
{{- if .Values.springConfig.git.enabled }}
{{- if .Values.springConfig.git.existingSecret }}
SPRING_CONFIG_GIT_REPO: {secret: {{ .Values.springConfig.git.existingSecret | quote }}, key: repoUrl}
SPRING_CONFIG_GIT_BRANCH: {secret: {{ .Values.springConfig.git.existingSecret | quote }}, key: branch}
{{- else }}
SPRING_CONFIG_GIT_REPO: {{ .Values.springConfig.git.url | quote }}
SPRING_CONFIG_GIT_BRANCH: {{ .Values.springConfig.git.branch | quote }}
{{- end }}
{{- end }}
mosip_api_internal_host: {{ include "keymanager.host" . | quote }}
keycloak_internal_url: {{ .Values.global.keycloak.internalUrl | default .Values.global.keycloak.url | quote }}
keycloak_external_url: {{ .Values.global.keycloak.url | quote }}
auth_server_admin_allowed_audience: {{ tpl (join "," .Values.auth.audiences) . | quote }}
mosip_auth_adapter_impl_basepackage: {{ .Values.auth.enabled | ternary "io.mosip.kernel.auth.defaultadapter" "" | quote }}
spring_autoconfigure_exclude: {{ .Values.auth.enabled | ternary "" "org.springframework.boot.autoconfigure.security.servlet.SecurityAutoConfiguration" | quote }}
{{- if .Values.auth.clientSecret.existingSecret }}
mosip_admin_client_secret: {secret: {{ .Values.auth.clientSecret.existingSecret | quote }}, key: {{ .Values.auth.clientSecret.key | quote }}}
{{- else }}
mosip_admin_client_secret: ""
{{- end }}
mosip_kernel_database_hostname: {{ include "keymanager.databaseHost" . | quote }}
mosip_kernel_database_port: {{ include "keymanager.databasePort" . }}
keymanager_database_url: "jdbc:postgresql://{{ include "keymanager.databaseHost" . }}:{{ include "keymanager.databasePort" . }}/{{ .Values.database.name }}"
keymanager_database_username: {{ .Values.database.user | quote }}
db_dbuser_password: {secret: {{ include "keymanager.databaseSecret" . | quote }}, key: {{ .Values.database.passwordKey | quote }}}
{{- range $name, $salt := dict "mosip_kernel_tokenid_uin_salt" .Values.tokenSalts.uinKey "mosip_kernel_tokenid_partnercode_salt" .Values.tokenSalts.partnerCodeKey }}
{{- if $.Values.tokenSalts.existingSecret }}
{{ $name }}: {secret: {{ $.Values.tokenSalts.existingSecret | quote }}, key: {{ $salt | quote }}}
{{- else }}
{{ $name }}: ""
{{- end }}
{{- end }}
mosip_kernel_keymanager_autogen_appids_list: {{ join "," .Values.keys.applications | quote }}
mosip_kernel_keymanager_autogen_basekeys_list: {{ join "," .Values.keys.base | quote }}
mosip_kernel_keymgr_hsm_health_check_enabled: {{ .Values.keystore.healthCheck }}
mosip_kernel_keymanager_hsm_keystore_type: {{ .Values.keystore.type }}
{{- if include "keymanager.inFile" . }}
mosip_kernel_keymanager_hsm_config_path: {{ .Values.keystore.pkcs12.path | quote }}
mosip_kernel_keymanager_hsm_keystore_pass: {secret: {{ include "keymanager.secret" . | quote }}, key: {{ .Values.keystore.pkcs12.key | quote }}}
{{- else }}
mosip_kernel_keymanager_hsm_config_path: {{ .Values.keystore.pkcs11.configPath | quote }}
PKCS11_PROXY_SOCKET: "tcp://{{ tpl .Values.keystore.pkcs11.host . }}:{{ .Values.keystore.pkcs11.port }}"
softhsm_kernel_security_pin: {secret: {{ tpl .Values.keystore.pkcs11.existingSecret . | quote }}, key: {{ .Values.keystore.pkcs11.key | quote }}}
{{- end }}
artifactory_url_env: {{ include "keymanager.artifacts" . | quote }}
iam_adapter_url_env: "{{ include "keymanager.artifacts" . }}{{ .Values.artifacts.adapter }}"
zip_file_path: {{ .Values.artifacts.hsmClient | quote }}
is_glowroot_env: {{ .Values.glowroot | ternary "present" "" | quote }}
{{- end -}}

{{/* Where start script, properties and what is fetched lie: (dict "root" $ "keep" "yes" or ""). */}}
{{- define "keymanager.volumes" -}}
startup: {configMap: {{ include "openg2p.name" (dict "root" . "name" "startup") }}, mount: /startup.sh, subPath: startup.sh, readOnly: true}
{{- if not .Values.springConfig.git.enabled }}
properties: {configMap: {{ include "keymanager.properties" . | quote }}, mount: /home/mosip/springConfig, readOnly: true}
{{- end }}
{{- if .Values.springConfig.overrides }}
overrides: {configMap: {{ include "openg2p.name" (dict "root" . "name" "overrides") }}, mount: /etc/openg2p/overrides, readOnly: true}
{{- end }}
{{- if include "keymanager.inFile" . }}
keys: {claim: {{ include "keymanager.claim" . | quote }}, mount: {{ dir .Values.keystore.pkcs12.path | quote }}}
{{- end }}
{{- end -}}

{{- define "keymanager.writable" -}}
[/tmp, /work{{ if not (include "keymanager.inFile" .) }}, /config, /usr/local/lib/softhsm{{ end }}]
{{- end -}}

{{/* Whom the service and the program that makes its first keys call. */}}
{{- define "keymanager.egress" -}}
- ports: [{{ include "keymanager.databasePort" . }}]
- ports: {{ toJson .Values.artifacts.ports }}
{{- if not (include "keymanager.inFile" .) }}
- ports: [{{ .Values.keystore.pkcs11.port }}]
{{- end }}
{{- if or .Values.auth.enabled .Values.springConfig.git.enabled }}
- ports: {{ toJson .Values.auth.ports }}
{{- end }}
{{- end -}}

{{/* What the start script fetches. */}}
{{- define "keymanager.parts" -}}
{{- $parts := list -}}
{{- if not (include "keymanager.inFile" .) -}}{{- $parts = append $parts "hsm" -}}{{- end -}}
{{- if .Values.glowroot -}}{{- $parts = append $parts "glowroot" -}}{{- end -}}
{{- toJson $parts -}}
{{- end -}}

{{/* What makes the first keys, as a container. */}}
{{- define "keymanager.keygen" -}}
command: [/bin/bash]
args: {{ toJson (concat (list "/startup.sh" "/keys-generator.jar") (include "keymanager.parts" . | fromJsonArray)) }}
env:
  {{- include "keymanager.env" . | nindent 2 }}
{{- end -}}

{{/* The Service of this namespace that a host names, if it does: (dict "root" $ "host" HOST). */}}
{{- define "keymanager.neighbour" -}}
{{- $host := trimSuffix (printf ".%s" .root.Release.Namespace) .host -}}
{{- if not (contains "." $host) -}}{{- $host -}}{{- end -}}
{{- end -}}
