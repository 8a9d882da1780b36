{{/* Service accounts: `serviceAccount: {create, name, annotations}` of a description; `token: true` where the program speaks to Kubernetes. */}}

{{/* The account's name: (dict "root" $ "name" NAME "description" DESCRIPTION). */}}
{{- define "openg2p.serviceAccountName" -}}
{{- $account := .description.serviceAccount | default dict -}}
{{- $create := true -}}
{{- if hasKey $account "create" -}}{{- $create = $account.create -}}{{- end -}}
{{- if $account.name -}}
{{- tpl $account.name .root -}}
{{- else if $create -}}
{{- include "openg2p.name" (dict "root" .root "name" .name) -}}
{{- else -}}
default
{{- end -}}
{{- end -}}

{{- define "openg2p.serviceAccount" -}}
{{- $description := include "openg2p.description" . | fromJson -}}
{{- $account := $description.serviceAccount | default dict -}}
{{- $create := true -}}
{{- if hasKey $account "create" -}}{{- $create = $account.create -}}{{- end -}}
{{- if $create -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "openg2p.serviceAccountName" (dict "root" .root "name" .name "description" $description) | quote }}
  namespace: {{ .root.Release.Namespace | quote }}
  labels:
    {{- include "openg2p.labels" . | nindent 4 }}
  {{- with $account.annotations }}
  annotations:
    {{- include "openg2p.texts" (dict "root" $.root "map" .) | nindent 4 }}
  {{- end }}
automountServiceAccountToken: {{ $description.token | default false }}
{{- end -}}
{{- end -}}
