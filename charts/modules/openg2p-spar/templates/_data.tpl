{{/* The rows as files, one for each: ORDER.TABLE.KEY.json, as JSON. Each has `id` and, unless it says otherwise, `active`. */}}
{{- define "spar.rows" -}}
{{- $files := dict -}}
{{- $active := dict "active" true -}}
{{- range $key, $row := .Values.data.strategies -}}
{{- $strategy := dict "id" $row.id "strategy_type" $row.type "description" ($row.description | default $key) "active" (hasKey $row "active" | ternary $row.active true) -}}
{{- $parts := list -}}
{{- $patterns := list -}}
{{- range $row.fields -}}
{{- $parts = append $parts (printf "%s:{%s}" . .) -}}
{{- $patterns = append $patterns (printf "%s:(?P<%s>.*)" . .) -}}
{{- end -}}
{{- $_ := set $strategy "construct_strategy" ($row.construct | default (join "." $parts)) -}}
{{- $_ := set $strategy "deconstruct_strategy" ($row.deconstruct | default (printf "^%s$" (join "\\." $patterns))) -}}
{{- $_ := set $files (printf "1.strategy.%s.json" $key) (toJson $strategy) -}}
{{- end -}}
{{- range $key, $row := .Values.data.levels -}}
{{- $_ := set $files (printf "2.dfsp_levels.%s.json" $key) (include "openg2p.overlayEntries" (list $active $row)) -}}
{{- end -}}
{{- range $key, $row := .Values.data.levelValues -}}
{{- $_ := set $files (printf "3.dfsp_level_values.%s.json" $key) (include "openg2p.overlayEntries" (list $active $row)) -}}
{{- end -}}
{{- range $key, $row := .Values.data.loginProviders -}}
{{- $provider := include "openg2p.overlayEntries" (list $active (dict "type" "oauth2_auth_code") (omit $row "key")) | fromJson -}}
{{- $_ := set $files (printf "4.login_providers.%s.json" $key) (tpl (toYaml $provider) $ | fromYaml | toJson) -}}
{{- end -}}
{{- toJson $files -}}
{{- end -}}

{{- define "spar.dataFiles" -}}
{{- $own := dict "write.sh" (.Files.Get "files/write.sh") "row.sql" (.Files.Get "files/row.sql") -}}
{{- merge $own (include "spar.rows" . | fromJson) | toJson -}}
{{- end -}}

{{- define "spar.dataJob" -}}
image: {{ toJson .Values.client.image }}
resources: {{ toJson .Values.client.resources }}
backoffLimit: {{ .Values.data.backoffLimit }}
command: [/bin/sh, /data/write.sh]
user: 999
writable: [/tmp]
env:
  {{- include "spar.psqlEnv" . | nindent 2 }}
  WAIT_SECONDS: {{ .Values.data.waitSeconds }}
podAnnotations:
  checksum/rows: {{ include "spar.dataFiles" . | sha256sum }}
  {{- with .Values.data.runAgain }}
  openg2p.org/run: {{ . | quote }}
  {{- end }}
volumes:
  data: {configMap: {{ include "openg2p.name" (dict "root" $ "name" "data") }}, mount: /data, readOnly: true}
  {{- with .Values.data.scripts }}
  scripts: {configMap: {{ tpl . $ | quote }}, mount: /scripts, readOnly: true}
  {{- end }}
  {{- range $key, $row := .Values.data.loginProviders }}
  {{- with $row.key }}
  # Mode 0440: nobody but the Job's own group reads it.
  {{ printf "key-%s" $key }}: {secret: {{ tpl .secret $ | quote }}, items: [{key: {{ .key | quote }}, path: key}], mount: /keys/{{ $key }}, readOnly: true, defaultMode: 288}
  {{- end }}
  {{- end }}
networkPolicy:
  closed: true
  egress: [{ports: [{{ include "spar.databasePort" . }}]}]
{{- end -}}
