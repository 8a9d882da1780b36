{{/* What IAM is told of the portal, as JSON: its roles, and the permissions that any of them has. */}}
{{- define "registry.payload" -}}
{{- $roles := list -}}
{{- $permissions := dict -}}
{{- range $role, $objects := .Values.iam.register.roles -}}
{{- $granted := list -}}
{{- range $object, $actions := $objects -}}
{{- range $actions -}}
{{- $granted = append $granted (printf "%s:%s" $object .) -}}
{{- end -}}
{{- end -}}
{{- range $granted -}}{{- $_ := set $permissions . true -}}{{- end -}}
{{- $roles = append $roles (dict "role_mnemonic" $role "role_description" $role "active" true "permissions" $granted) -}}
{{- end -}}
{{- $all := list -}}
{{- range keys $permissions | sortAlpha -}}
{{- $all = append $all (dict "permission_mnemonic" . "permission_description" . "active" true) -}}
{{- end -}}
{{- $payload := dict "application_mnemonic" (include "registry.clientId" .) "application_url" (printf "https://%s" (include "registry.host" .)) -}}
{{- $_ := set $payload "application_description" .Values.title -}}
{{- $_ := set $payload "active" true -}}
{{- $_ := set $payload "permissions" $all -}}
{{- $_ := set $payload "roles" $roles -}}
{{- toJson $payload -}}
{{- end -}}

{{- define "registry.registerFiles" -}}
{{- $files := dict "register.sh" (.Files.Get "files/register.sh") -}}
{{- if not .Values.iam.register.payload -}}
{{- $_ := set $files "payload.json" (include "registry.payload" .) -}}
{{- end -}}
{{- toJson $files -}}
{{- end -}}

{{- define "registry.register" -}}
image: {{ toJson .Values.curl.image }}
resources: {{ toJson .Values.curl.resources }}
backoffLimit: {{ .Values.iam.register.backoffLimit }}
command: [/bin/sh, /register/register.sh]
user: 1001
writable: [/tmp]
trust: openssl
env:
  IAM_URL: {{ include "registry.iamUrl" . | quote }}
  TOKEN_URL: {{ include "registry.realmUrl" (dict "root" . "inside" true) }}/protocol/openid-connect/token
  CLIENT_ID: {{ include "registry.clientId" . | quote }}
  CLIENT_SECRET: {secret: {{ include "registry.clientSecret" . | quote }}, key: {{ .Values.auth.key | quote }}}
  WAIT_SECONDS: {{ .Values.iam.register.waitSeconds }}
  PAYLOAD: {{ .Values.iam.register.payload | empty | ternary "/register" "/payload" }}/payload.json
podAnnotations:
  checksum/register: {{ include "registry.registerFiles" . | sha256sum }}
volumes:
  register: {configMap: {{ include "openg2p.name" (dict "root" . "name" "register") }}, mount: /register, readOnly: true}
  {{- with .Values.iam.register.payload }}
  payload: {configMap: {{ tpl . $ | quote }}, mount: /payload, readOnly: true}
  {{- end }}
networkPolicy:
  closed: true
  egress:
    # IAM, and Keycloak
    {{- include "registry.ways" (dict "ports" (list 8000) "urls" (list .Values.iam.url)) | nindent 4 }}
    {{- include "registry.waysOut" . | nindent 4 }}
{{- end -}}
