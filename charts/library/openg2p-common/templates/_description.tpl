{{/* The description of a workload: what the chart's template fixes ("workload"), overlaid with what the user sets ("values"). */}}

{{/*
Two maps laid over each other: (list BASE OVER), as JSON. Maps are merged at every depth. Of anything else OVER wins,
also 0 and false; an empty text or list in OVER stands for "as the chart has it". Neither map is changed.
*/}}
{{- define "openg2p.overlay" -}}
{{- $base := index . 0 -}}
{{- $out := dict -}}
{{- range $key, $value := $base -}}
{{- $_ := set $out $key $value -}}
{{- end -}}
{{- range $key, $value := index . 1 -}}
{{- if not (hasKey $base $key) -}}
{{- $_ := set $out $key $value -}}
{{- else if and (kindIs "map" $value) (kindIs "map" (get $base $key)) -}}
{{- $_ := set $out $key (include "openg2p.overlay" (list (get $base $key) $value) | fromJson) -}}
{{- else if not (or (kindIs "invalid" $value) (and (kindIs "string" $value) (not $value)) (and (kindIs "slice" $value) (not $value))) -}}
{{- $_ := set $out $key $value -}}
{{- end -}}
{{- end -}}
{{- toJson $out -}}
{{- end -}}

{{/* The same for maps whose entries are replaced whole, such as variables and volumes: (list BASE OVER). */}}
{{- define "openg2p.overlayEntries" -}}
{{- $out := dict -}}
{{- range . -}}
{{- range $key, $value := . -}}
{{- $_ := set $out $key $value -}}
{{- end -}}
{{- end -}}
{{- toJson $out -}}
{{- end -}}

{{/* What a user may set for a component: see README.md. */}}
{{- define "openg2p.keysOfValues" -}}
["affinity", "annotations", "args", "autoscaling", "backoffLimit", "claims", "command", "containerSecurityContext", "deadlineSeconds", "env", "envFrom",
"hostAliases", "image", "initContainers", "metrics", "networkPolicy", "nodeSelector", "podAnnotations", "podDisruptionBudget", "podLabels", "podSecurityContext",
"priorityClassName", "probes", "replicas", "resources", "route", "schedule", "service", "serviceAccount", "sidecars", "strategy", "suspend", "terminationGracePeriodSeconds",
"tolerations", "topologySpreadConstraints", "volumes"]
{{- end -}}

{{/* What only the chart's template says. */}}
{{- define "openg2p.keysOfTemplates" -}}
["checksums", "concurrencyPolicy", "containerSpec", "headless", "history", "podManagementPolicy", "podSpec", "ports", "proxy", "serviceName", "token", "trust", "user", "group", "workingDir", "writable"]
{{- end -}}

{{/* The description itself, as JSON: (dict "root" $ "name" "api" "workload" FIXED "values" .Values.api). */}}
{{- define "openg2p.description" -}}
{{- $who := printf "component %q of %s" (.name | default "main") .root.Chart.Name -}}
{{- $fixed := .workload | default dict -}}
{{- $values := .values | default dict -}}
{{- $settable := include "openg2p.keysOfValues" . | fromJsonArray -}}
{{- $keys := concat $settable (include "openg2p.keysOfTemplates" . | fromJsonArray) -}}
{{- range $key, $value := $fixed -}}
{{- if eq $key "Error" -}}{{- fail (printf "the description of %s is no YAML: %s" $who $value) -}}{{- end -}}
{{- if not (has $key $keys) -}}{{- fail (printf "the description of %s has the unknown key %q; known are %s" $who $key (join ", " (sortAlpha $keys))) -}}{{- end -}}
{{- end -}}
{{- $out := dict -}}
{{- range $key := $keys -}}
{{- if hasKey $fixed $key -}}
{{- $_ := set $out $key (get $fixed $key) -}}
{{- end -}}
{{- if and (has $key $settable) (hasKey $values $key) -}}
{{- $value := get $values $key -}}
{{- if and (has $key (list "env" "volumes")) (kindIs "map" $value) -}}
{{- $_ := set $out $key (include "openg2p.overlayEntries" (list (get $out $key | default dict) $value) | fromJson) -}}
{{- else -}}
{{- $out = include "openg2p.overlay" (list $out (dict $key $value)) | fromJson -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $out -}}
{{- end -}}

{{/* How many pods there are at least, as text: the autoscaler's least, or `replicas`. */}}
{{- define "openg2p.leastReplicas" -}}
{{- $scaling := .autoscaling | default dict -}}
{{- if $scaling.enabled -}}
{{- $scaling.minReplicas | default 2 | int -}}
{{- else if hasKey . "replicas" -}}
{{- .replicas | int -}}
{{- else -}}
1
{{- end -}}
{{- end -}}
