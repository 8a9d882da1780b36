{{/* Names and labels. Each helper takes (dict "root" $ "name" "COMPONENT"); without a component it takes the chart's context as well. */}}

{{/* A name of at most so many characters: (list NAME LIMIT). What is cut ends in a hash of the whole, so that two long names stay apart. */}}
{{- define "openg2p.cut" -}}
{{- $name := index . 0 -}}
{{- $limit := index . 1 | int -}}
{{- if gt (len $name) $limit -}}
{{- printf "%s-%s" ($name | trunc (sub $limit 6 | int) | trimSuffix "-") (sha256sum $name | trunc 5) -}}
{{- else -}}
{{- $name -}}
{{- end -}}
{{- end -}}

{{/* The name of the chart, or what takes its place. */}}
{{- define "openg2p.chartName" -}}
{{- $root := .root | default . -}}
{{- $root.Values.nameOverride | default $root.Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* The name that all objects of a release of the chart start with. */}}
{{- define "openg2p.fullname" -}}
{{- $root := .root | default . -}}
{{- $chart := include "openg2p.chartName" $root -}}
{{- if $root.Values.fullnameOverride -}}
{{- include "openg2p.cut" (list (tpl $root.Values.fullnameOverride $root) 63) -}}
{{- else if contains $chart $root.Release.Name -}}
{{- include "openg2p.cut" (list $root.Release.Name 63) -}}
{{- else -}}
{{- include "openg2p.cut" (list (printf "%s-%s" $root.Release.Name $chart) 63) -}}
{{- end -}}
{{- end -}}

{{/* The name of a component's objects: the full name, followed by the component. "limit" makes it shorter than 63 characters. */}}
{{- define "openg2p.name" -}}
{{- $root := .root | default . -}}
{{- $name := include "openg2p.fullname" $root -}}
{{- if and .root .name -}}
{{- $name = printf "%s-%s" $name .name -}}
{{- end -}}
{{- include "openg2p.cut" (list $name (.limit | default 63)) -}}
{{- end -}}

{{/* The labels that select the pods of a component. */}}
{{- define "openg2p.selectorLabels" -}}
{{- $root := .root | default . -}}
app.kubernetes.io/name: {{ include "openg2p.chartName" $root | quote }}
app.kubernetes.io/instance: {{ $root.Release.Name | quote }}
app.kubernetes.io/component: {{ (and .root .name) | default "main" | quote }}
{{- end -}}

{{/* The labels of a component's objects. */}}
{{- define "openg2p.labels" -}}
{{- $root := .root | default . -}}
{{- $labels := include "openg2p.selectorLabels" . | fromYaml -}}
{{- $_ := set $labels "helm.sh/chart" (printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-") -}}
{{- $_ := set $labels "app.kubernetes.io/managed-by" $root.Release.Service -}}
{{- $_ := set $labels "app.kubernetes.io/part-of" "openg2p" -}}
{{- with $root.Chart.AppVersion -}}
{{- $_ := set $labels "app.kubernetes.io/version" (. | replace "+" "_" | trunc 63) -}}
{{- end -}}
{{- range $key, $value := $root.Values.commonLabels -}}
{{- $_ := set $labels $key (tpl (toString $value) $root) -}}
{{- end -}}
{{- toYaml $labels -}}
{{- end -}}

{{/* The metadata of a component's object: name, namespace, labels, annotations. "suffix" is put behind the name. */}}
{{- define "openg2p.metadata" -}}
{{- $limit := sub (.limit | default 63) (len (.suffix | default "")) -}}
name: {{ printf "%s%s" (include "openg2p.name" (dict "root" .root "name" .name "limit" $limit)) (.suffix | default "") | quote }}
namespace: {{ .root.Release.Namespace | quote }}
labels:
  {{- include "openg2p.labels" . | nindent 2 }}
{{- $annotations := include "openg2p.overlay" (list (.root.Values.commonAnnotations | default dict) (.annotations | default dict)) | fromJson }}
{{- with $annotations }}
annotations:
  {{- include "openg2p.texts" (dict "root" $.root "map" .) | nindent 2 }}
{{- end }}
{{- end -}}

{{/* A map of texts, each of which may be a template. */}}
{{- define "openg2p.texts" -}}
{{- $texts := dict -}}
{{- range $key, $value := .map -}}
{{- $_ := set $texts $key (include "openg2p.text" (dict "root" $.root "value" $value)) -}}
{{- end -}}
{{- toYaml $texts -}}
{{- end -}}

{{/* A scalar as text. Texts may be templates; whole numbers keep all their digits. */}}
{{- define "openg2p.text" -}}
{{- if kindIs "string" .value -}}
{{- if contains "{{" .value -}}{{- tpl .value .root -}}{{- else -}}{{- .value -}}{{- end -}}
{{- else if and (kindIs "float64" .value) (eq (floor .value) .value) -}}
{{- .value | int64 -}}
{{- else -}}
{{- .value -}}
{{- end -}}
{{- end -}}
