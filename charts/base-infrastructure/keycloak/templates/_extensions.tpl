{{/* The volume of an extension, in the library's notation: what is fetched goes into an emptyDir. */}}
{{- define "keycloak.extension" -}}
{{- $volume := pick . "claim" "configMap" "secret" "source" "subPath" "items" -}}
{{- if .url -}}
{{- $volume = dict "emptyDir" dict -}}
{{- end -}}
{{- toJson (merge (dict "mount" (printf "/opt/keycloak/%s" .path) "readOnly" true) $volume) -}}
{{- end -}}

{{/* Where the init container that builds sees the extensions: providers are built in. */}}
{{- define "keycloak.extensionMounts" -}}
{{- $mounts := dict -}}
{{- range $name, $extension := .Values.extensions -}}
{{- $place := dict "path" (printf "/opt/keycloak/%s" $extension.path) "readOnly" true -}}
{{- with $extension.subPath -}}{{- $_ := set $place "subPath" . -}}{{- end -}}
{{- $_ := set $mounts (printf "extension-%s" $name) $place -}}
{{- end -}}
{{- toYaml $mounts -}}
{{- end -}}
