{{/* A ConfigMap: (dict "root" $ "name" "config" "data" MAP). Texts of `data` may be templates; of "files" they are taken as they are. */}}
{{- define "openg2p.configMap" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  {{- include "openg2p.metadata" (dict "root" .root "name" .name "annotations" .annotations) | nindent 2 }}
data:
  {{- $data := dict }}
  {{- range $key, $value := .data }}
  {{- $_ := set $data $key (include "openg2p.text" (dict "root" $.root "value" $value)) }}
  {{- end }}
  {{- range $key, $value := .files }}
  {{- $_ := set $data $key $value }}
  {{- end }}
  {{- toYaml $data | nindent 2 }}
{{- end -}}
