{{/* The claim with the files. */}}
{{- define "artifacts.claim" -}}
{{- with .Values.content.claim.existing -}}
{{- tpl . $ -}}
{{- else -}}
{{- include "openg2p.fullname" . -}}
{{- end -}}
{{- end -}}

{{/* The ConfigMap that tells others where files are. */}}
{{- define "artifacts.share" -}}
{{- include "openg2p.name" (dict "root" . "name" "share") -}}
{{- end -}}

{{- define "artifacts.host" -}}
{{- tpl .Values.hostname . -}}
{{- end -}}

{{/* What the share tells: names as the programs' variables have them. */}}
{{- define "artifacts.told" -}}
{{- $url := printf "http://%s.%s" (include "openg2p.fullname" .) .Release.Namespace -}}
{{- $paths := .Values.paths -}}
{{- $told := dict "artifactory_url_env" $url "zip_file_path" $paths.hsmClientZip "regproc_jars_env" $paths.regprocJars -}}
{{- range $name, $path := dict "iam_adapter_url_env" $paths.iamAdapter "iam_adapter_regproc_url_env" $paths.iamAdapterRegproc "iam_adapter_regproc_ext_url_env" $paths.iamAdapterRegprocExt
  "cache_provider_url_env" $paths.cacheProvider "runtime_dep_url_env" $paths.runtimeDep "preregistration_i18n_bundle_url_env" $paths.preregistrationBundle "virusscanner_url_env" $paths.virusScanner
  "auth_wrapper_url_env" $paths.authWrapper "esignet_wrapper_url_env" $paths.esignetAuthWrapper -}}
{{- $_ := set $told $name (printf "%s%s" $url $path) -}}
{{- end -}}
{{- toJson $told -}}
{{- end -}}

{{/* nginx's configuration. */}}
{{- define "artifacts.nginx" -}}
{{- $content := "root /usr/share/nginx/html;" -}}
{{- if eq .Values.content.source "bucket" -}}
{{- $content = printf "proxy_pass %s/;\n      proxy_ssl_server_name on;" (tpl .Values.content.bucket.url . | trimSuffix "/") -}}
{{- end -}}
{{- .Files.Get "files/nginx.conf" | replace "CONTENT" $content -}}
{{- end -}}
