{{/*
Volumes, as a map from names to
  {configMap: NAME} | {secret: NAME} | {claim: NAME} | {emptyDir: {}} | {source: BODY}, the first two with `items`, `defaultMode`, `optional`;
  mount: PATH of the main container, with `subPath` and `readOnly`, or mounts: [{path, subPath, readOnly}].
*/}}

{{/* All volumes of a description with those that follow from `writable` and `trust`, as JSON: (dict "root" $ "description" DESCRIPTION). */}}
{{- define "openg2p.allVolumes" -}}
{{- $writable := dict -}}
{{- range .description.writable -}}
{{- $_ := set $writable (include "openg2p.volumeName" .) (dict "emptyDir" dict "mount" .) -}}
{{- end -}}
{{- range $name, $claim := .description.claims -}}
{{- if eq (toString $claim.enabled) "false" -}}
{{- $_ := set $writable $name (merge (dict "emptyDir" dict) (pick $claim "mount" "mounts" "subPath")) -}}
{{- end -}}
{{- end -}}
{{- include "openg2p.overlayEntries" (list $writable (include "openg2p.trustVolumes" . | fromJson) (.description.volumes | default dict)) -}}
{{- end -}}

{{/* The name of a volume that a path gets: /var/run/postgresql becomes var-run-postgresql. */}}
{{- define "openg2p.volumeName" -}}
{{- . | trimPrefix "/" | replace "/" "-" | replace "." "-" | replace "_" "-" | lower | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* The `volumes` of a pod: (dict "root" $ "volumes" MAP). */}}
{{- define "openg2p.volumes" -}}
{{- range $name, $volume := .volumes }}
- name: {{ $name | quote }}
  {{- $items := pick $volume "items" "defaultMode" "optional" }}
  {{- if $volume.configMap }}
  configMap:
    {{- toYaml (merge (dict "name" (tpl $volume.configMap $.root)) $items) | nindent 4 }}
  {{- else if $volume.secret }}
  secret:
    {{- toYaml (merge (dict "secretName" (tpl $volume.secret $.root)) $items) | nindent 4 }}
  {{- else if $volume.claim }}
  persistentVolumeClaim:
    claimName: {{ tpl $volume.claim $.root | quote }}
  {{- else if $volume.source }}
  {{- tpl (toYaml $volume.source) $.root | nindent 2 }}
  {{- else if hasKey $volume "emptyDir" }}
  emptyDir: {{ toJson $volume.emptyDir }}
  {{- else }}
  {{- fail (printf "volume %s has no source: configMap, secret, claim, emptyDir or source" $name) }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* The `volumeMounts` of a container: (dict "volumes" MAP-OR-NOTHING "mounts" MAP-OR-NOTHING). The first is what the main container mounts. */}}
{{- define "openg2p.volumeMounts" -}}
{{- range $name, $volume := .volumes }}
{{- $places := list }}
{{- if $volume.mount }}
{{- $places = append $places (dict "path" $volume.mount "subPath" $volume.subPath "readOnly" $volume.readOnly) }}
{{- end }}
{{- range concat $places ($volume.mounts | default list) }}
{{ include "openg2p.volumeMount" (dict "name" $name "place" .) }}
{{- end }}
{{- end }}
{{- range $name, $place := .mounts }}
{{- range (kindIs "slice" $place | ternary $place (list $place)) }}
{{ include "openg2p.volumeMount" (dict "name" $name "place" .) }}
{{- end }}
{{- end }}
{{- end -}}

{{/* One mount: (dict "name" VOLUME "place" PATH-OR-MAP). */}}
{{- define "openg2p.volumeMount" -}}
{{- $place := .place -}}
{{- if kindIs "string" $place -}}{{- $place = dict "path" .place -}}{{- end -}}
- name: {{ .name | quote }}
  mountPath: {{ $place.path | quote }}
  {{- with $place.subPath }}
  subPath: {{ . | quote }}
  {{- end }}
  {{- if $place.readOnly }}
  readOnly: true
  {{- end }}
{{- end -}}

{{/* What a claim asks for: (dict "root" $ "claim" {size, accessModes, storageClass, selector}). The class "-" stands for none at all. */}}
{{- define "openg2p.claimSpec" -}}
{{- $class := .claim.storageClass | default ((.root.Values.global).storageClass) -}}
accessModes:
  {{- toYaml (.claim.accessModes | default (list "ReadWriteOnce")) | nindent 2 }}
{{- if eq (toString $class) "-" }}
storageClassName: ""
{{- else if $class }}
storageClassName: {{ $class | quote }}
{{- end }}
resources:
  requests:
    storage: {{ required "a claim has no size" .claim.size | quote }}
{{- with .claim.selector }}
selector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The `volumeClaimTemplates` of a StatefulSet, from `claims` of its description, a map from names to
{size, accessModes, storageClass, selector, annotations, mount, subPath, enabled}; what is not enabled is an emptyDir. Helm never owns these claims: they stay. */}}
{{- define "openg2p.claimTemplates" -}}
{{- range $name, $claim := .claims }}
{{- if ne (toString $claim.enabled) "false" }}
- metadata:
    name: {{ $name | quote }}
    labels:
      {{- include "openg2p.selectorLabels" $.context | nindent 6 }}
    {{- with $claim.annotations }}
    annotations:
      {{- toYaml . | nindent 6 }}
    {{- end }}
  spec:
    {{- include "openg2p.claimSpec" (dict "root" $.context.root "claim" $claim) | nindent 4 }}
{{- end }}
{{- end }}
{{- end -}}

{{/* A PersistentVolumeClaim of its own, which stays when the release goes: (dict "root" $ "name" "data" "claim" CLAIM). */}}
{{- define "openg2p.claim" -}}
{{- $annotations := merge (dict "helm.sh/resource-policy" "keep") (.claim.annotations | default dict) -}}
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  {{- include "openg2p.metadata" (dict "root" .root "name" .name "annotations" $annotations) | nindent 2 }}
spec:
  {{- include "openg2p.claimSpec" . | nindent 2 }}
{{- end -}}
