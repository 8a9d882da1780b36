{{/* Security contexts: "restricted" by default, and what a description changes of it, key by key. */}}

{{/* Of a pod: takes a DESCRIPTION. `user` and `group` are numbers; files of volumes belong to the group. */}}
{{- define "openg2p.podSecurityContext" -}}
{{- $context := dict "runAsNonRoot" true "seccompProfile" (dict "type" "RuntimeDefault") -}}
{{- if hasKey . "user" -}}
{{- $group := .user -}}
{{- if hasKey . "group" -}}{{- $group = .group -}}{{- end -}}
{{- $_ := set $context "runAsUser" (int64 .user) -}}
{{- $_ := set $context "runAsGroup" (int64 $group) -}}
{{- $_ := set $context "fsGroup" (int64 $group) -}}
{{- $_ := set $context "fsGroupChangePolicy" "OnRootMismatch" -}}
{{- end -}}
{{- include "openg2p.overlay" (list $context (.podSecurityContext | default dict)) | fromJson | toYaml -}}
{{- end -}}

{{/* Of a container: takes the container's description. */}}
{{- define "openg2p.containerSecurityContext" -}}
{{- $context := dict "allowPrivilegeEscalation" false "capabilities" (dict "drop" (list "ALL")) "readOnlyRootFilesystem" true -}}
{{- include "openg2p.overlay" (list $context (.containerSecurityContext | default dict)) | fromJson | toYaml -}}
{{- end -}}
