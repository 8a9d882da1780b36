{{/* The labels of what Prometheus has to find: (dict "root" $ "name" COMPONENT). */}}
{{- define "monitoring.labels" -}}
{{- include "openg2p.overlay" (list (include "openg2p.labels" . | fromYaml) .root.Values.global.monitoring.labels) | fromJson | toYaml -}}
{{- end -}}

{{/* Metadata of such an object. */}}
{{- define "monitoring.metadata" -}}
name: {{ include "openg2p.name" . }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "monitoring.labels" . | nindent 2 }}
{{- with .root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The groups of rules that are switched on, as YAML. */}}
{{- define "monitoring.groups" -}}
{{- $known := .Files.Get "files/rules.yaml" | fromYaml -}}
{{- $groups := dict -}}
{{- range $alert, $settings := .Values.rules -}}
{{- $rule := get $known $alert -}}
{{- if not $rule -}}{{- fail (printf "rules.%s: there is no such alert; there are %s" $alert (keys $known | sortAlpha | join ", ")) -}}{{- end -}}
{{- if $settings.enabled -}}
{{- $labels := merge (dict "severity" $settings.severity) $.Values.alertLabels -}}
{{- $expr := $rule.expr | replace "NAMESPACES" $.Values.namespaces | replace "LIMIT" (toString $settings.limit) -}}
{{- $one := dict "alert" $alert "expr" $expr "for" $settings.for "labels" $labels "annotations" (dict "summary" $rule.summary "description" $rule.description) -}}
{{- $_ := set $groups $rule.group (append (get $groups $rule.group | default list) $one) -}}
{{- end -}}
{{- end -}}
{{- $out := list -}}
{{- range $name, $rules := $groups -}}
{{- $out = append $out (dict "name" (printf "openg2p-%s" $name) "rules" $rules) -}}
{{- end -}}
{{- concat $out .Values.extraGroups | toYaml -}}
{{- end -}}

{{/* The names of the dashboards, as JSON. */}}
{{- define "monitoring.dashboards" -}}
{{- $names := list -}}
{{- range $path, $_ := .Files.Glob "files/dashboards/*.json" -}}
{{- $names = append $names (base $path | trimSuffix ".json") -}}
{{- end -}}
{{- toJson $names -}}
{{- end -}}

{{/* Whether anybody is told of alerts. */}}
{{- define "monitoring.receives" -}}
{{- or .Values.receivers.slack.enabled .Values.receivers.email.enabled .Values.receivers.telegram.enabled -}}
{{- end -}}
