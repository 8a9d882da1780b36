{{/* Containers. A container is described by name, image, command, args, workingDir, ports, env, envFrom, probes, resources, mounts, containerSecurityContext, containerSpec. */}}

{{/* One container: (dict "root" $ "container" CONTAINER "env" GLOBAL-ENV "volumes" MAP-THAT-IT-MOUNTS). */}}
{{- define "openg2p.container" -}}
{{- $container := .container -}}
{{- $image := required (printf "container %s has no image" $container.name) $container.image -}}
name: {{ $container.name | quote }}
image: {{ include "openg2p.image" (dict "root" .root "image" $image "of" (printf "container %s of %s" $container.name .root.Chart.Name)) }}
imagePullPolicy: {{ $image.pullPolicy | default "IfNotPresent" }}
{{- range $key := list "command" "args" }}
{{- with get $container $key }}
{{ $key }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- with $container.workingDir }}
workingDir: {{ . | quote }}
{{- end }}
{{- with include "openg2p.containerPorts" ($container.ports | default dict) | trim }}
ports:
  {{- . | nindent 2 }}
{{- end }}
{{- $env := include "openg2p.overlayEntries" (list (.env | default dict) ($container.env | default dict)) | fromJson }}
{{- with include "openg2p.env" (dict "root" .root "env" $env) }}
env:
  {{- . | nindent 2 }}
{{- end }}
{{- with include "openg2p.envFrom" (dict "root" .root "from" $container.envFrom) | trim }}
envFrom:
  {{- . | nindent 2 }}
{{- end }}
{{- include "openg2p.probes" (dict "probes" $container.probes "ports" $container.ports) }}
{{- with $container.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- include "openg2p.containerSecurityContext" $container | nindent 2 }}
{{- with include "openg2p.volumeMounts" (dict "volumes" .volumes "mounts" $container.mounts) | trim }}
volumeMounts:
  {{- . | nindent 2 }}
{{- end }}
{{- with $container.containerSpec }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The ports of a container, from a map of names to numbers or {container, service, host, protocol}; with `sidecar: true` it is another container's. */}}
{{- define "openg2p.containerPorts" -}}
{{- range $name, $port := . }}
{{- $whole := kindIs "map" $port | ternary $port (dict "container" $port) }}
{{- if not $whole.sidecar }}
- name: {{ $name | quote }}
  containerPort: {{ $whole.container | int }}
  protocol: {{ $whole.protocol | default "TCP" }}
  {{- with $whole.host }}
  hostPort: {{ . | int }}
  {{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* `envFrom`, from a list of {secret: NAME} and {configMap: NAME}, with `prefix` and `optional`. */}}
{{- define "openg2p.envFrom" -}}
{{- range .from }}
- {{ if .secret }}secretRef{{ else }}configMapRef{{ end }}:
    name: {{ tpl (.secret | default .configMap) $.root | quote }}
    {{- if .optional }}
    optional: true
    {{- end }}
  {{- with .prefix }}
  prefix: {{ . | quote }}
  {{- end }}
{{- end }}
{{- end -}}
