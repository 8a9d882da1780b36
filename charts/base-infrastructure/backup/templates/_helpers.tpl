{{/* The claim that backups lie on. */}}
{{- define "backup.claim" -}}
{{- .Values.storage.claim.existing | default (include "openg2p.name" (dict "root" . "name" "store")) -}}
{{- end -}}

{{- define "backup.s3Endpoint" -}}
{{- required "storage.s3.endpoint or global.objectStorage.endpoint is required" (.Values.storage.s3.endpoint | default .Values.global.objectStorage.endpoint) -}}
{{- end -}}

{{- define "backup.s3Region" -}}
{{- .Values.storage.s3.region | default .Values.global.objectStorage.region -}}
{{- end -}}

{{- define "backup.s3Secret" -}}
{{- required "storage.s3.secret or global.objectStorage.secret.name is required" (.Values.storage.s3.secret | default .Values.global.objectStorage.secret.name) -}}
{{- end -}}

{{/* The host of a target: (dict "root" $ "target" TARGET). */}}
{{- define "backup.host" -}}
{{- required "postgresql.targets: a target has no host, and global.postgresql.host is empty" (.target.host | default .root.Values.global.postgresql.host) -}}
{{- end -}}

{{/* The Secret of a target, as a need: its name and its two keys, user name first. */}}
{{- define "backup.login" -}}
{{- $secret := .target.secret | default dict -}}
{{- $admin := .root.Values.global.postgresql.adminSecret -}}
name: {{ required "postgresql.targets: a target has no secret.name, and global.postgresql.adminSecret.name is empty" ($secret.name | default $admin.name) }}
keys: [{{ $secret.usernameKey | default $admin.usernameKey }}, {{ $secret.passwordKey | default $admin.passwordKey }}]
{{- end -}}

{{/* A plan of a target: what it says itself, over what holds for all. */}}
{{- define "backup.plan" -}}
{{- include "openg2p.overlay" (list (get .root.Values.postgresql .kind) (get .target .kind | default dict)) -}}
{{- end -}}

{{/* Variables by which scripts find the storage, as YAML: (dict "root" $ "source" NAME). */}}
{{- define "backup.storageEnv" -}}
{{- $storage := .root.Values.storage -}}
STORAGE: {{ $storage.type }}
SOURCE: {{ .source }}
{{- if eq $storage.type "claim" }}
BACKUPS: /backups
{{- else }}
S3_BUCKET: {{ required "storage.s3.bucket is required" $storage.s3.bucket }}
S3_PREFIX: {{ $storage.s3.prefix | quote }}
S3_ENDPOINT: {{ include "backup.s3Endpoint" .root }}
S3_REGION: {{ include "backup.s3Region" .root }}
S3_ACCESS_KEY: {secret: {{ include "backup.s3Secret" .root }}, key: {{ $storage.s3.accessKeyKey }}}
S3_SECRET_KEY: {secret: {{ include "backup.s3Secret" .root }}, key: {{ $storage.s3.secretKeyKey }}}
{{- end }}
{{- end -}}

{{/* Volumes of a Job, as YAML. On a claim a set is written beside the others and renamed. */}}
{{- define "backup.volumes" -}}
scripts: {configMap: {{ include "openg2p.name" (dict "root" .root "name" "scripts") }}, mount: /scripts, readOnly: true}
{{- if eq .root.Values.storage.type "claim" }}
backups: {claim: {{ include "backup.claim" .root }}, mount: /backups}
{{- else }}
work: {emptyDir: {}, mount: /work}
{{- end }}
{{- end -}}

{{/* The folder that a Job writes into before it is stored. */}}
{{- define "backup.work" -}}
{{- eq .root.Values.storage.type "claim" | ternary (printf "/backups/.work/%s" .job) "/work/set" -}}
{{- end -}}

{{/* Whom a Job calls for its storage. */}}
{{- define "backup.storagePeers" -}}
{{- if eq .root.Values.storage.type "s3" -}}
{{- $url := include "backup.s3Endpoint" .root | urlParse -}}
{{- $port := regexFind ":[0-9]+$" $url.host | trimPrefix ":" | default (eq $url.scheme "https" | ternary "443" "80") -}}
- {ports: [{{ $port }}]}
{{- end -}}
{{- end -}}

{{/* All scheduled Jobs and whether they run every day, as JSON. */}}
{{- define "backup.names" -}}
{{- $names := list -}}
{{- range $name, $target := .Values.postgresql.targets -}}
{{- range $kind := list "logical" "base" -}}
{{- $plan := include "backup.plan" (dict "root" $ "target" $target "kind" $kind) | fromJson -}}
{{- if $plan.enabled -}}{{- $names = append $names (dict "job" (printf "%s-%s" $name $kind) "daily" (hasSuffix " *" $plan.schedule)) -}}{{- end -}}
{{- end -}}
{{- if and $.Values.drill.enabled (include "backup.plan" (dict "root" $ "target" $target "kind" "logical") | fromJson).enabled -}}
{{- $names = append $names (dict "job" (printf "%s-drill" $name) "daily" (hasSuffix " *" $.Values.drill.schedule)) -}}
{{- end -}}
{{- end -}}
{{- if .Values.volumes.enabled -}}{{- $names = append $names (dict "job" "volumes" "daily" (hasSuffix " *" .Values.volumes.schedule)) -}}{{- end -}}
{{- if .Values.etcd.enabled -}}{{- $names = append $names (dict "job" "etcd" "daily" (hasSuffix " *" .Values.etcd.schedule)) -}}{{- end -}}
{{- toJson $names -}}
{{- end -}}

{{/* All objects of one scheduled Job: (dict "root" $ "name" NAME "workload" FIXED "schedule" SCHEDULE). */}}
{{- define "backup.job" -}}
{{- $context := dict "root" .root "name" .name "workload" .workload "values" (merge (dict "schedule" .schedule) .root.Values.jobs) -}}
{{ include "openg2p.cronjob" $context }}
---
{{ include "openg2p.serviceAccount" $context }}
{{- with include "openg2p.networkPolicy" $context }}
---
{{ . }}
{{- end }}
{{- end -}}
