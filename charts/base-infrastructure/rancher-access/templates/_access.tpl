{{/* The labels, and annotations if there are any: (dict "root" $ "annotations" MAP). */}}
{{- define "rancher-access.marks" -}}
labels:
  {{- include "openg2p.labels" (dict "root" .root) | nindent 2 }}
{{- $annotations := merge dict (.annotations | default dict) .root.Values.commonAnnotations }}
{{- with $annotations }}
annotations:
  {{- include "openg2p.texts" (dict "root" $.root "map" .) | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The id of the cluster, which is known after its import only. */}}
{{- define "rancher-access.cluster" -}}
{{- required "cluster.id is missing: import the cluster in Rancher, then read its id with `kubectl get clusters.management.cattle.io` (`local` is Rancher's own cluster)" .Values.cluster.id -}}
{{- end -}}

{{/* The namespace that Rancher makes for a project: (dict "root" $ "name" NAME "project" ENTRY). */}}
{{- define "rancher-access.projectNamespace" -}}
{{- if .project.namespace -}}
{{- .project.namespace -}}
{{- else if eq .root.Values.bindings.namespaceForm "project" -}}
{{- .name -}}
{{- else -}}
{{- printf "%s-%s" (include "rancher-access.cluster" .root) .name -}}
{{- end -}}
{{- end -}}

{{/* The member of a binding, as fields: (dict "root" $ "member" ENTRY). The schema sees to it that it is one group, user or principal. */}}
{{- define "rancher-access.member" -}}
{{- $member := .member -}}
{{- if $member.group -}}
groupPrincipalName: {{ printf "%s_group://%s" .root.Values.identity.provider $member.group | quote }}
{{- else if $member.user -}}
userPrincipalName: {{ printf "%s_user://%s" .root.Values.identity.provider $member.user | quote }}
{{- else if contains "_user://" $member.principal -}}
userPrincipalName: {{ $member.principal | quote }}
{{- else -}}
groupPrincipalName: {{ $member.principal | quote }}
{{- end -}}
{{- end -}}

{{/*
The name of a binding. What a binding says cannot be changed, so that the name has all of it: another member or role is another binding.
(list START MEMBER ROLE)
*/}}
{{- define "rancher-access.bindingName" -}}
{{- $member := index . 1 -}}
{{- $who := coalesce $member.group $member.user $member.principal -}}
{{- $plain := regexReplaceAll "[^a-z0-9]+" (lower $who) "-" | trimAll "-" -}}
{{- if ne $plain $who -}}
{{- $plain = printf "%s-%s" $plain (sha256sum $who | trunc 5) -}}
{{- end -}}
{{- include "openg2p.cut" (list (printf "%s-%s-%s" (index . 0) $plain (index . 2)) 63) -}}
{{- end -}}

{{/*
What a member of a project may do: (dict "write" true). Secrets are left out on purpose. The verbs are written out where all are meant,
so that verbs such as `bind` or `impersonate` are not among them.
*/}}
{{- define "rancher-access.rules" -}}
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
