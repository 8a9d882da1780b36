{{/* Probes: {startup, readiness, liveness}, each {http: PATH} | {tcp: true} | {exec: [COMMAND]} | {grpc: true}, with `port`, timings, and `enabled`. */}}

{{/* All probes of a container: (dict "probes" PROBES "ports" PORTS). Without one for the start, the liveness probe gets five minutes. */}}
{{- define "openg2p.probes" -}}
{{- $probes := .probes | default dict -}}
{{- range $kind := list "startup" "readiness" "liveness" -}}
{{- $probe := get $probes $kind | default dict -}}
{{- $defaults := dict "periodSeconds" 10 "timeoutSeconds" 5 "failureThreshold" 3 -}}
{{- if eq $kind "startup" -}}
{{- $defaults = dict "periodSeconds" 5 "timeoutSeconds" 5 "failureThreshold" 60 -}}
{{- if not (include "openg2p.probeHandler" (dict "probe" $probe "ports" $.ports)) -}}
{{- $handler := pick ($probes.liveness | default dict) "http" "tcp" "exec" "grpc" "port" "scheme" "headers" "enabled" "httpGet" "tcpSocket" -}}
{{- $probe = include "openg2p.overlay" (list $handler $probe) | fromJson -}}
{{- end -}}
{{- end -}}
{{- $enabled := true -}}
{{- if hasKey $probe "enabled" -}}{{- $enabled = $probe.enabled -}}{{- end -}}
{{- $handler := include "openg2p.probeHandler" (dict "probe" $probe "ports" $.ports) -}}
{{- if and $enabled $handler }}
{{ $kind }}Probe:
  {{- $handler | nindent 2 }}
  {{- $timings := omit $probe "http" "tcp" "exec" "grpc" "port" "scheme" "headers" "enabled" "httpGet" "tcpSocket" }}
  {{- toYaml (include "openg2p.overlay" (list $defaults $timings) | fromJson) | nindent 2 }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What a probe does. The port is a name or number; by default the port `http`, or the only one. */}}
{{- define "openg2p.probeHandler" -}}
{{- $probe := .probe -}}
{{- $port := $probe.port | default (include "openg2p.mainPort" .ports) -}}
{{- if $probe.exec -}}
exec:
  command:
    {{- toYaml $probe.exec | nindent 4 }}
{{- else if $probe.tcp -}}
tcpSocket:
  port: {{ $port }}
{{- else if $probe.grpc -}}
grpc:
  port: {{ $port }}
{{- else if $probe.http -}}
httpGet:
  path: {{ $probe.http | quote }}
  port: {{ $port }}
  {{- with $probe.scheme }}
  scheme: {{ . }}
  {{- end }}
  {{- with $probe.headers }}
  httpHeaders:
    {{- range $name, $value := . }}
    - {name: {{ $name | quote }}, value: {{ $value | quote }}}
    {{- end }}
  {{- end }}
{{- else if $probe.httpGet -}}
httpGet:
  {{- toYaml $probe.httpGet | nindent 2 }}
{{- else if $probe.tcpSocket -}}
tcpSocket:
  {{- toYaml $probe.tcpSocket | nindent 2 }}
{{- end -}}
{{- end -}}

{{/* The port that is meant where none is named: `http`, or the first one by name. */}}
{{- define "openg2p.mainPort" -}}
{{- $ports := . | default dict -}}
{{- if hasKey $ports "http" -}}
http
{{- else -}}
{{- keys $ports | sortAlpha | first -}}
{{- end -}}
{{- end -}}
