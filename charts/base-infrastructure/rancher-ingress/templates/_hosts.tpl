{{/* The hosts of Rancher, as a list. */}}
{{- define "rancher-ingress.hosts" -}}
{{- $hosts := list (tpl .Values.host .) -}}
{{- range .Values.extraHosts -}}
{{- $hosts = append $hosts (tpl . $) -}}
{{- end -}}
{{- toYaml $hosts -}}
{{- end -}}
