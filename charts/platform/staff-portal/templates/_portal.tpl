{{/* The port of a URL. */}}
{{- define "portal.urlPort" -}}
{{- $url := urlParse . -}}
{{- regexFind "[0-9]+$" (regexFind ":[0-9]+$" $url.host) | default (eq $url.scheme "https" | ternary "443" "80") -}}
{{- end -}}

{{/* Peers for network policies: (dict "root" $ "urls" LIST "ports" LIST), as a JSON list. In the namespace whatever port the pods have, elsewhere the ports of the addresses. */}}
{{- define "portal.egress" -}}
{{- $ports := .ports -}}
{{- range compact .urls -}}
{{- $port := include "portal.urlPort" (tpl . $.root) | int -}}
{{- $ports = append $ports $port -}}
{{- if has $port (list 80 443) -}}{{- $ports = append $ports (eq $port 80 | ternary 8080 8443) -}}{{- end -}}
{{- end -}}
{{- list (dict "sameNamespace" true) (dict "ports" (uniq $ports)) | toJson -}}
{{- end -}}


{{- define "portal.host" -}}
{{- tpl .Values.host . | default (printf "staff-portal.%s" .Values.global.baseDomain) -}}
{{- end -}}

{{- define "portal.iamUrl" -}}
{{- tpl .Values.iam.url . | default "http://iam" | trimSuffix "/" -}}
{{- end -}}
