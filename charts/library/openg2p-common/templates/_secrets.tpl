{{/*
Secrets that are made once: a Job makes each Secret that is not there, with random values, and adds keys that an existing one lacks. What is there is never changed.
Helm does not own these Secrets, so that they stay, like claims, when the release goes.
(dict "root" $ "name" "secrets" "secrets" SECRETS "values" .Values.secretJob), where SECRETS is a map from the names of Secrets to maps from keys to
  {value: TEXT}                          this very text
  {length: 32, alphabet: alnum, prefix: ""}  random: alnum, lower, hex or digits (none of them has a character that OpenG2P's programs stumble over, such as @, # and -),
                                         or base64: so many random bytes in Base64
values.image is an image with a shell and curl; `values` may also set resources, nodeSelector, tolerations, affinity, priorityClassName, podLabels, podAnnotations and backoffLimit.
*/}}
{{- define "openg2p.secretJob" -}}
{{- if .secrets -}}
{{- $lines := list -}}
{{- range $secret, $keys := .secrets -}}
{{- range $key, $how := $keys -}}
{{- if hasKey $how "value" -}}
{{- $lines = append $lines (printf "%s %s value 0 %s" $secret $key (include "openg2p.text" (dict "root" $.root "value" $how.value) | b64enc)) -}}
{{- else -}}
{{- $alphabet := $how.alphabet | default "alnum" -}}
{{- if not (has $alphabet (list "alnum" "lower" "hex" "digits" "base64")) -}}{{- fail (printf "key %s of Secret %s: the alphabet is alnum, lower, hex, digits or base64, not %q" $key $secret $alphabet) -}}{{- end -}}
{{- $lines = append $lines (printf "%s %s %s %d %s" $secret $key $alphabet ($how.length | default 32 | int) ($how.prefix | default "" | b64enc) | trim) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $name := .name | default "secrets" -}}
{{- $labels := include "openg2p.selectorLabels" (dict "root" .root "name" $name) | fromYaml -}}
{{- $workload := dict "token" true "command" (list "/bin/sh" "-ec" (include "openg2p.secretScript" .)) "writable" (list "/tmp") -}}
{{- $_ := set $workload "env" (dict "WANTED" (join "\n" $lines) "NAMESPACE" .root.Release.Namespace "INSTANCE" .root.Release.Name "CHART" (include "openg2p.chartName" .root)) -}}
{{- $_ := set $workload "resources" (dict "requests" (dict "cpu" "10m" "memory" "16Mi") "limits" (dict "memory" "64Mi")) -}}
{{- $_ := set $workload "user" 65532 -}}
{{- $_ := set $workload "networkPolicy" (dict "egress" (list (dict "api" true))) -}}
{{- $context := dict "root" .root "name" $name "workload" $workload "values" (pick (.values | default dict) "image" "resources" "nodeSelector" "tolerations" "affinity" "priorityClassName" "podLabels" "podAnnotations" "backoffLimit") -}}
{{ include "openg2p.job" $context }}
---
{{ include "openg2p.serviceAccount" $context }}
---
{{ include "openg2p.role" (dict "root" .root "name" $name "rules" (list (dict "apiGroups" (list "") "resources" (list "secrets") "verbs" (list "create")) (dict "apiGroups" (list "") "resources" (list "secrets") "resourceNames" (keys .secrets | sortAlpha) "verbs" (list "get" "patch")))) }}
{{- with include "openg2p.networkPolicy" $context }}
---
{{ . }}
{{- end }}
{{- end -}}
{{- end -}}

{{/* A Role and its RoleBinding to the service account of the same name: (dict "root" $ "name" NAME "rules" RULES). */}}
{{- define "openg2p.role" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  {{- include "openg2p.metadata" . | nindent 2 }}
rules:
  {{- toYaml .rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  {{- include "openg2p.metadata" . | nindent 2 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ include "openg2p.name" . | quote }}
subjects:
  - kind: ServiceAccount
    name: {{ include "openg2p.name" . | quote }}
    namespace: {{ .root.Release.Namespace | quote }}
{{- end -}}
