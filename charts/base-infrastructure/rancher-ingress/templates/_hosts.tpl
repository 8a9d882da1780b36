{{/* The hosts of Rancher, as a list. */}}
{{- define "rancher-ingress.hosts" -}}
{{- $hosts := list (tpl (required "host is missing: the host of Rancher, such as rancher.example.org" .Values.host) .) -}}
{{- range .Values.extraHosts -}}
{{- $hosts = append $hosts (tpl . $) -}}
{{- end -}}
{{- toYaml $hosts -}}
{{- end -}}
