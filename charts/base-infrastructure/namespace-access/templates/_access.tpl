{{/* The labels, and annotations if there are any: (dict "root" $ "annotations" MAP). */}}
{{- define "namespace-access.marks" -}}
labels:
  {{- include "openg2p.labels" (dict "root" .root) | nindent 2 }}
{{- $annotations := merge dict (.annotations | default dict) .root.Values.commonAnnotations }}
{{- with $annotations }}
annotations:
  {{- include "openg2p.texts" (dict "root" $.root "map" .) | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The subject of a binding, as a list of one: (dict "root" $ "namespace" NAME "member" ENTRY). The schema sees to it that there is one. */}}
{{- define "namespace-access.subjects" -}}
{{- $member := .member -}}
{{- if $member.serviceAccount -}}
- kind: ServiceAccount
  name: {{ $member.serviceAccount }}
  namespace: {{ $member.serviceAccountNamespace | default .namespace }}
{{- else if $member.group -}}
- apiGroup: rbac.authorization.k8s.io
  kind: Group
  name: {{ printf "%s%s" .root.Values.groupPrefix $member.group | quote }}
{{- else -}}
- apiGroup: rbac.authorization.k8s.io
  kind: User
  name: {{ printf "%s%s" .root.Values.userPrefix $member.user | quote }}
{{- end -}}
{{- end -}}

{{/*
The name of a binding. The role of a binding cannot be changed, so that the name has all of it: another member or role is another binding.
(list MEMBER)
*/}}
{{- define "namespace-access.bindingName" -}}
{{- $member := index . 0 -}}
{{- $who := printf "%s:%s" (ternary "group" (ternary "user" "account" (not (empty $member.user))) (not (empty $member.group))) (coalesce $member.group $member.user $member.serviceAccount) -}}
{{- include "openg2p.cut" (list (printf "openg2p:%s:%s" $member.role $who | replace "/" "_") 253) -}}
{{- end -}}

{{/*
What a member of a namespace may do: (dict "write" true). Secrets are left out on purpose. The verbs are written out where all are meant,
so that verbs such as `bind` or `impersonate` are not among them.
*/}}
{{- define "namespace-access.rules" -}}
{{- $read := list "get" "list" "watch" -}}
{{- $verbs := ternary (list "get" "list" "watch" "create" "update" "patch" "delete" "deletecollection") $read .write -}}
{{- $scaled := list "deployments" "deployments/scale" "replicasets" "replicasets/scale" "statefulsets" "statefulsets/scale" -}}
- apiGroups: [""]
  resources: [pods, pods/log, services, endpoints, configmaps, serviceaccounts, persistentvolumeclaims]
  verbs: {{ toJson $verbs }}
{{- if .write }}
- apiGroups: [""]
  resources: [pods/exec, pods/attach, pods/portforward]
  verbs: [get, create]
- apiGroups: [""]
  resources: [pods/eviction]
  verbs: [create]
{{- end }}
- apiGroups: [apps]
  resources: {{ toJson (concat $scaled (list "daemonsets")) }}
  verbs: {{ toJson $verbs }}
- apiGroups: [batch]
  resources: [jobs, cronjobs]
  verbs: {{ toJson $verbs }}
- apiGroups: [networking.k8s.io]
  resources: [ingresses, networkpolicies]
  verbs: {{ toJson $verbs }}
- apiGroups: [autoscaling]
  resources: [horizontalpodautoscalers]
  verbs: {{ toJson $verbs }}
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: {{ toJson $verbs }}
- apiGroups: ["", events.k8s.io]
  resources: [events]
  verbs: {{ toJson $read }}
- apiGroups: [""]
  resources: [resourcequotas, limitranges, namespaces]
  verbs: {{ toJson $read }}
{{- end -}}
