{{/* The hosts of the environment. */}}
{{- define "environment.hosts" -}}
{{- $domain := required "global.baseDomain is required: the domain of the environment" .Values.global.baseDomain -}}
{{- concat (list $domain (printf "*.%s" $domain)) .Values.gateway.extraHosts | uniq | toYaml -}}
{{- end -}}

{{/* The Secret with the certificate of those hosts. */}}
{{- define "environment.tlsSecret" -}}
{{- .Values.gateway.tls.secret | default (printf "tls-openg2p-%s-ingress" .Release.Namespace) -}}
{{- end -}}

{{/* Whether something is to be written at the namespace itself. */}}
{{- define "environment.settles" -}}
{{- if or .Values.namespace.labels .Values.namespace.pullSecrets -}}true{{- end -}}
{{- end -}}

{{/* Metadata of an object that keeps one name whatever the release is called: (dict "root" $ "as" NAME "name" COMPONENT). */}}
{{- define "environment.fixed" -}}
name: {{ .as }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "openg2p.labels" . | nindent 2 }}
{{- with .root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
