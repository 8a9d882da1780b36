{{/* The pod template of a workload: (dict "root" $ "name" NAME "description" DESCRIPTION "kind" KIND). */}}
{{- define "openg2p.podTemplate" -}}
{{- $root := .root -}}
{{- $description := .description -}}
{{- $context := dict "root" $root "name" .name -}}
{{- $isJob := eq .kind "Job" -}}
{{- $volumes := include "openg2p.allVolumes" . | fromJson -}}
{{- $mounted := $volumes -}}
{{- if not $isJob -}}
{{- $mounted = include "openg2p.overlayEntries" (list ($description.claims | default dict) $volumes) | fromJson -}}
{{- end -}}
{{- $env := include "openg2p.globalEnv" . | fromJson -}}
metadata:
  labels:
    {{- include "openg2p.selectorLabels" $context | nindent 4 }}
    app.kubernetes.io/part-of: openg2p
    {{- if $isJob }}
    sidecar.istio.io/inject: "false"
    {{- end }}
    {{- with $description.podLabels }}
    {{- include "openg2p.texts" (dict "root" $root "map" .) | nindent 4 }}
    {{- end }}
  {{- $annotations := include "openg2p.overlayEntries" (list (include "openg2p.checksums" . | fromJson) ($description.podAnnotations | default dict)) | fromJson }}
  {{- with $annotations }}
  annotations:
    {{- include "openg2p.texts" (dict "root" $root "map" .) | nindent 4 }}
  {{- end }}
spec:
  serviceAccountName: {{ include "openg2p.serviceAccountName" . | quote }}
  automountServiceAccountToken: {{ $description.token | default false }}
  enableServiceLinks: false
  {{- with include "openg2p.imagePullSecrets" $root }}
  {{- . | nindent 2 }}
  {{- end }}
  {{- if $isJob }}
  restartPolicy: Never
  {{- end }}
  securityContext:
    {{- include "openg2p.podSecurityContext" $description | nindent 4 }}
  {{- range $key := list "priorityClassName" "terminationGracePeriodSeconds" }}
  {{- if get $description $key }}
  {{ $key }}: {{ get $description $key }}
  {{- end }}
  {{- end }}
  {{- $init := $description.initContainers | default list }}
  {{- if hasKey $volumes "truststore" }}
  {{- $init = prepend $init (include "openg2p.javaTrust" $description | fromYaml) }}
  {{- end }}
  {{- with $init }}
  initContainers:
    {{- range . }}
    - {{ include "openg2p.container" (dict "root" $root "container" (include "openg2p.sibling" (dict "container" . "description" $description) | fromJson) "env" $env) | nindent 6 | trim }}
    {{- end }}
  {{- end }}
  containers:
    {{- $main := include "openg2p.overlayEntries" (list (dict "name" (.name | default "main")) (omit $description "volumes")) | fromJson }}
    - {{ include "openg2p.container" (dict "root" $root "container" $main "env" $env "volumes" $mounted) | nindent 6 | trim }}
    {{- range $description.sidecars }}
    - {{ include "openg2p.container" (dict "root" $root "container" (include "openg2p.sibling" (dict "container" . "description" $description) | fromJson) "env" $env) | nindent 6 | trim }}
    {{- end }}
  {{- with include "openg2p.volumes" (dict "root" $root "volumes" $volumes) | trim }}
  volumes:
    {{- . | nindent 4 }}
  {{- end }}
  {{- range $key := list "nodeSelector" "tolerations" "affinity" "hostAliases" }}
  {{- with get $description $key }}
  {{ $key }}:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- end }}
  {{- with include "openg2p.topologySpread" . }}
  topologySpreadConstraints:
    {{- . | nindent 4 }}
  {{- end }}
  {{- with $description.podSpec }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* An init container or sidecar, as JSON. What it does not say of image and resources it has from the main container. */}}
{{- define "openg2p.sibling" -}}
{{- include "openg2p.overlayEntries" (list (pick .description "image" "resources") .container) -}}
{{- end -}}

{{/* Annotations with the checksums of the chart's own templates, from `checksums: {config: configmap.yaml}`, as JSON. Labels that only tell versions do not count. */}}
{{- define "openg2p.checksums" -}}
{{- $root := .root -}}
{{- $annotations := dict -}}
{{- range $name, $file := .description.checksums -}}
{{- $_ := set $annotations (printf "checksum/%s" $name) (regexReplaceAll "(?m)^ *(helm.sh/chart|app.kubernetes.io/version):.*$" (include (printf "%s/%s" $root.Template.BasePath $file) $root) "" | sha256sum) -}}
{{- end -}}
{{- toJson $annotations -}}
{{- end -}}

{{/* Spread over nodes where there are several pods; a description may say it otherwise. */}}
{{- define "openg2p.topologySpread" -}}
{{- if .description.topologySpreadConstraints -}}
{{- toYaml .description.topologySpreadConstraints -}}
{{- else if and (not (has .kind (list "Job" "DaemonSet"))) (gt (include "openg2p.leastReplicas" .description | int) 1) -}}
- topologyKey: kubernetes.io/hostname
  maxSkew: 1
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      {{- include "openg2p.selectorLabels" . | nindent 6 }}
{{- end -}}
{{- end -}}
