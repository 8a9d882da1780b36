{{- define "shop.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end -}}
{{- define "shop.host" -}}
{{- if not .Values.host }}
{{- fail "host must be set" }}
{{- end }}
{{- .Values.host }}
{{- end -}}
