{{/* The host of Sunbird RC and its mapper. */}}
{{- define "registry.sunbirdHost" -}}
{{- tpl (.Values.sunbird.host | default (printf "mapper.%s" .Values.global.baseDomain)) . -}}
{{- end -}}
