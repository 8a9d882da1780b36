{{/* Images: {registry, repository, tag, digest, pullPolicy}, each a value of its own. */}}

{{/* The reference of an image: (dict "root" $ "image" IMAGE), with "of" naming the values' path for messages. */}}
{{- define "openg2p.image" -}}
{{- $image := .image | default dict -}}
{{- $registry := ((.root.Values.global).imageRegistry) | default $image.registry -}}
{{- $repository := required "an image has no repository" $image.repository -}}
{{- $reference := $repository -}}
{{- if $registry -}}
{{- $reference = printf "%s/%s" $registry $repository -}}
{{- end -}}
{{- if not (or $image.tag $image.digest) -}}
{{- fail (printf "%s: the image %s has neither `tag` nor `digest`: no exact one is known, set it" (.of | default .root.Chart.Name) $reference) -}}
{{- end -}}
{{- with $image.tag -}}
{{- $reference = printf "%s:%s" $reference (toString .) -}}
{{- end -}}
{{- with $image.digest -}}
{{- $reference = printf "%s@%s" $reference . -}}
{{- end -}}
{{- $reference -}}
{{- end -}}

{{/* `imagePullSecrets` of a pod, from `global.imagePullSecrets`: names, or maps with a name. */}}
{{- define "openg2p.imagePullSecrets" -}}
{{- $root := .root | default . -}}
{{- with (($root.Values.global).imagePullSecrets) -}}
imagePullSecrets:
  {{- range . }}
  - name: {{ if kindIs "map" . }}{{ .name | quote }}{{ else }}{{ . | quote }}{{ end }}
  {{- end }}
{{- end -}}
{{- end -}}
