{{/* The database's host and port, whose own values come before those of the environment. */}}
{{- define "mock.databaseHost" -}}
{{- tpl (.Values.database.host | default .Values.global.postgresql.host | default "postgresql") . -}}
{{- end -}}
{{- define "mock.databasePort" -}}
{{- .Values.database.port | default .Values.global.postgresql.port | default 5432 | int -}}
{{- end -}}

{{- define "mock.databaseSecret" -}}
{{- tpl .Values.database.existingSecret . -}}
{{- end -}}

{{/* Address of the artifacts server, without a slash at its end. */}}
{{- define "mock.artifacts" -}}
{{- tpl .Values.artifacts.url . | trimSuffix "/" -}}
{{- end -}}

{{- define "mock.host" -}}
{{- tpl .Values.hostname . -}}
{{- end -}}

{{/* The ConfigMap with the property files. */}}
{{- define "mock.properties" -}}
{{- if .Values.springConfig.files -}}
{{- include "openg2p.name" (dict "root" . "name" "properties") -}}
{{- else -}}
{{- tpl .Values.springConfig.configMap . -}}
{{- end -}}
{{- end -}}

{{/* Variables of the start script and of the keystore. */}}
{{- define "mock.springEnv" -}}
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
mosip_kernel_keymgr_hsm_health_check_enabled: {{ .Values.keystore.healthCheck }}
PKCS11_PROXY_SOCKET: "tcp://{{ tpl .Values.keystore.host . }}:{{ .Values.keystore.port }}"
softhsm_mock_identity_system_security_pin: {secret: {{ tpl .Values.keystore.existingSecret . | quote }}, key: {{ .Values.keystore.key | quote }}}
db_dbuser_password: {secret: {{ include "mock.databaseSecret" . | quote }}, key: {{ .Values.database.passwordKey | quote }}}
artifactory_url_env: {{ include "mock.artifacts" . | quote }}
iam_adapter_url_env: "{{ include "mock.artifacts" . }}{{ .Values.artifacts.adapter }}"
zip_file_path: {{ .Values.artifacts.hsmClient | quote }}
is_glowroot_env: {{ .Values.glowroot | ternary "present" "" | quote }}
{{- end -}}

{{/* Where start script and properties lie. */}}
{{- define "mock.volumes" -}}
startup: {configMap: {{ include "openg2p.name" (dict "root" . "name" "startup") }}, mount: /startup.sh, subPath: startup.sh, readOnly: true}
{{- if not .Values.springConfig.git.enabled }}
properties: {configMap: {{ include "mock.properties" . | quote }}, mount: /home/mosip/springConfig, readOnly: true}
{{- end }}
{{- if .Values.springConfig.overrides }}
overrides: {configMap: {{ include "openg2p.name" (dict "root" . "name" "overrides") }}, mount: /etc/openg2p/overrides, readOnly: true}
{{- end }}
{{- end -}}

{{/* The Service of this namespace that a host names, if it does: (dict "root" $ "host" HOST). */}}
{{- define "mock.neighbour" -}}
{{- $host := trimSuffix (printf ".%s" .root.Release.Namespace) .host -}}
{{- if not (contains "." $host) -}}{{- $host -}}{{- end -}}
{{- end -}}
