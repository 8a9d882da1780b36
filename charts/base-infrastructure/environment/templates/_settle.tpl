{{/* The Job that writes at the namespace: (dict "root" $ "files" FILES). */}}
{{- define "environment.settle" -}}
token: true
command: [/bin/sh, /patches/settle.sh]
env:
  NAMESPACE: {{ .root.Release.Namespace }}
  PATCHES: /patches
user: 100
group: 101
podAnnotations:
  openg2p.org/patches: {{ toJson .files | sha256sum | trunc 16 | quote }}
resources:
  requests: {cpu: 10m, memory: 16Mi}
  limits: {memory: 64Mi}
volumes:
  patches:
    configMap: {{ include "openg2p.name" (dict "root" .root "name" "settle") }}
    mount: /patches
    readOnly: true
networkPolicy:
  closed: true
  egress:
    - api: true
{{- end -}}

{{/* It may change this one namespace and its default service account. */}}
{{- define "environment.settleRules" -}}
- apiGroups: [""]
  resources: [namespaces]
  resourceNames: [{{ .Release.Namespace }}]
  verbs: [get, patch]
- apiGroups: [""]
  resources: [serviceaccounts]
  resourceNames: [default]
  verbs: [get, patch]
{{- end -}}
