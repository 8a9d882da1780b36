{{/* Environment variables. */}}

{{/*
A list of variables, from a map: (dict "root" $ "env" MAP). Each entry is
  a scalar, whose text may be a template,
  {secret: NAME, key: KEY}, {configMap: NAME, key: KEY}, {field: PATH}, each but the last with `optional`, or the body of a `valueFrom`;
  a map may carry `enabled`, whose text may be a template.
Sorted by name; those that refer to others by $(NAME) come last, since Kubernetes looks only backwards.
*/}}
{{- define "openg2p.env" -}}
{{- $plain := list -}}
{{- $referring := list -}}
{{- range $name, $entry := .env -}}
{{- if kindIs "map" $entry -}}
{{- $enabled := true -}}
{{- if hasKey $entry "enabled" -}}
{{- $enabled = has (include "openg2p.text" (dict "root" $.root "value" $entry.enabled)) (list "true" "yes" "1") -}}
{{- end -}}
{{- if $enabled -}}
{{- $plain = append $plain (dict "name" $name "valueFrom" (include "openg2p.valueFrom" (dict "root" $.root "entry" $entry) | fromYaml)) -}}
{{- end -}}
{{- else if not (kindIs "invalid" $entry) -}}
{{- $text := include "openg2p.text" (dict "root" $.root "value" $entry) -}}
{{- $variable := dict "name" $name "value" $text -}}
{{- if contains "$(" $text -}}
{{- $referring = append $referring $variable -}}
{{- else -}}
{{- $plain = append $plain $variable -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- with concat $plain $referring -}}
{{- toYaml . -}}
{{- end -}}
{{- end -}}

{{/* One `valueFrom`: (dict "root" $ "entry" ENTRY). Its texts may be templates. */}}
{{- define "openg2p.valueFrom" -}}
{{- $entry := .entry -}}
{{- $short := dict -}}
{{- range $key := list "secret" "configMap" "key" "field" -}}
{{- with get $entry $key -}}
{{- $_ := set $short $key (include "openg2p.text" (dict "root" $.root "value" .)) -}}
{{- end -}}
{{- end -}}
{{- if or $short.secret $short.configMap -}}
{{ if $short.secret }}secretKeyRef{{ else }}configMapKeyRef{{ end }}:
  name: {{ $short.secret | default $short.configMap | quote }}
  key: {{ required "a variable names a Secret or ConfigMap but no key" $short.key | quote }}
  {{- if $entry.optional }}
  optional: true
  {{- end }}
{{- else if $short.field -}}
fieldRef:
  fieldPath: {{ $short.field }}
{{- else -}}
{{- tpl (toYaml (omit $entry "enabled")) .root -}}
{{- end -}}
{{- end -}}

{{/* The variables that every container gets from `global`, as JSON: time zone, proxies, CA bundle. (dict "root" $ "description" DESCRIPTION) */}}
{{- define "openg2p.globalEnv" -}}
{{- $global := .root.Values.global | default dict -}}
{{- $env := dict -}}
{{- with $global.timeZone -}}
{{- $_ := set $env "TZ" . -}}
{{- end -}}
{{- if .description.proxy -}}
{{- $env = merge $env (include "openg2p.proxyEnv" .root | fromJson) -}}
{{- end -}}
{{- if (($global.caBundle).configMap) -}}
{{- $env = merge $env (include "openg2p.trustEnv" .description.trust | fromJson) -}}
{{- end -}}
{{- toJson $env -}}
{{- end -}}

{{/* Variables that name the proxy, as JSON. What lies inside of the cluster is never asked of the proxy. */}}
{{- define "openg2p.proxyEnv" -}}
{{- $root := .root | default . -}}
{{- $proxy := (($root.Values.global).proxy) | default dict -}}
{{- $env := dict -}}
{{- with $proxy.http -}}
{{- $_ := set $env "HTTP_PROXY" . -}}
{{- $_ := set $env "http_proxy" . -}}
{{- end -}}
{{- with $proxy.https -}}
{{- $_ := set $env "HTTPS_PROXY" . -}}
{{- $_ := set $env "https_proxy" . -}}
{{- end -}}
{{- if $env -}}
{{- $inside := list "localhost" "127.0.0.1" "::1" ".svc" ".cluster.local" (printf ".%s" $root.Release.Namespace) -}}
{{- with $proxy.none -}}
{{- $inside = append $inside . -}}
{{- end -}}
{{- $_ := set $env "NO_PROXY" (join "," $inside) -}}
{{- $_ := set $env "no_proxy" (join "," $inside) -}}
{{- end -}}
{{- toJson $env -}}
{{- end -}}
