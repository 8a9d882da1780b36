{{/* The Secret with the private key of a channel: (dict "root" $ "name" NAME "channel" CHANNEL). */}}
{{- define "access-channels.secret" -}}
{{- .channel.secret | default (include "openg2p.name" (dict "root" .root "name" (printf "%s-key" .name))) -}}
{{- end -}}

{{/* The first address of a subnet, with its length. */}}
{{- define "access-channels.address" -}}
{{- $parts := splitList "/" . -}}
{{- $octets := splitList "." (first $parts) -}}
{{- printf "%s.%s.%s.%d/%s" (index $octets 0) (index $octets 1) (index $octets 2) (add1 (int (index $octets 3))) (last $parts) -}}
{{- end -}}

{{/* Firewall rules of a channel: nothing passes but to what it reaches, and the answers. */}}
{{- define "access-channels.rules" -}}
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -i wg0 -p icmp -j ACCEPT
-A INPUT -i wg0 -j DROP
-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
{{- range .reaches }}
{{- if .ports }}
-A FORWARD -i wg0 -d {{ .cidr }} -p {{ .protocol | default "TCP" | lower }} -m multiport --dports {{ range $index, $port := .ports }}{{ if $index }},{{ end }}{{ $port }}{{ end }} -j ACCEPT
{{- else }}
-A FORWARD -i wg0 -d {{ .cidr }}{{ with .protocol }} -p {{ lower . }}{{ end }} -j ACCEPT
{{- end }}
{{- end }}
{{- with .dns }}
-A FORWARD -i wg0 -d {{ . }}/32 -p udp --dport 53 -j ACCEPT
-A FORWARD -i wg0 -d {{ . }}/32 -p tcp --dport 53 -j ACCEPT
{{- end }}
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING -s {{ .subnet }} ! -o wg0 -j MASQUERADE
COMMIT
{{ end -}}

{{/* The register of peers: a line with name, address and public key each. */}}
{{- define "access-channels.peers" -}}
{{- range $name, $peer := .peers }}
{{ $name }} {{ $peer.address }} {{ $peer.publicKey }}
{{- end }}
{{ end -}}

{{/* What a device routes into the tunnel. */}}
{{- define "access-channels.routes" -}}
{{- $routes := list (printf "%s" (include "access-channels.address" .subnet | splitList "/" | first | printf "%s/32")) -}}
{{- range .reaches -}}{{- $routes = append $routes .cidr -}}{{- end -}}
{{- with .dns -}}{{- $routes = append $routes (printf "%s/32" .) -}}{{- end -}}
{{- $routes | uniq | join ", " -}}
{{- end -}}

{{/* The server of a channel: (dict "root" $ "name" NAME "channel" CHANNEL). */}}
{{- define "access-channels.server" -}}
{{- $channel := .channel -}}
command: [/bin/sh, /channel/server.sh]
strategy: Recreate
{{- if .root.Values.hostPort }}
ports: {wireguard: {container: {{ $channel.port }}, host: {{ $channel.port }}, protocol: UDP}}
{{- else }}
ports: {wireguard: {container: {{ $channel.port }}, protocol: UDP}}
{{- end }}
env:
  NAME: {{ .name }}
  PORT: {{ $channel.port | quote }}
  ADDRESS: {{ include "access-channels.address" $channel.subnet }}
  MTU: {{ .root.Values.mtu | quote }}
  KEYS: /keys
  PRESHARED: /preshared
  CHANNEL: /channel
  STATE: /run/channel
podSecurityContext:
  runAsNonRoot: false
  runAsUser: 0
  {{- with .root.Values.sysctls }}
  sysctls:
    {{- range $name, $value := . }}
    - {name: {{ $name }}, value: {{ $value | quote }}}
    {{- end }}
  {{- end }}
containerSecurityContext:
  capabilities: {drop: [ALL], add: [NET_ADMIN]}
podAnnotations:
  openg2p.org/channel: {{ printf "%s%s" (include "access-channels.rules" $channel) (.root.Files.Get "files/server.sh") | sha256sum | trunc 16 | quote }}
probes:
  readiness: {exec: [wg, show, wg0, public-key]}
  liveness: {exec: [wg, show, wg0, public-key], periodSeconds: 30}
terminationGracePeriodSeconds: 10
writable: [/run/channel]
volumes:
  channel: {configMap: {{ include "openg2p.name" (dict "root" .root "name" .name) }}, mount: /channel, readOnly: true}
  keys: {secret: {{ include "access-channels.secret" . }}, items: [{key: private-key, path: private-key}], defaultMode: 256, mount: /keys, readOnly: true}
  {{- with $channel.presharedKeys }}
  preshared: {secret: {{ . }}, defaultMode: 256, mount: /preshared, readOnly: true}
  {{- end }}
networkPolicy:
  closed: true
  extraIngress:
    - ports: [{port: {{ $channel.port }}, protocol: UDP}]
  extraEgress:
    {{- range $channel.reaches }}
    - to: [{ipBlock: {cidr: {{ .cidr }}}}]
      {{- $protocol := .protocol | default "TCP" }}
      {{- with .ports }}
      ports:
        {{- range . }}
        - {port: {{ . }}, protocol: {{ $protocol }}}
        {{- end }}
      {{- end }}
    {{- end }}
    {{- $web := false }}
    {{- range $channel.reaches }}
    {{- range .ports }}{{- if has (int .) (list 80 443) }}{{- $web = true }}{{- end }}{{- end }}
    {{- end }}
    {{- with .root.Values.gateway }}
    {{- if and .enabled $web }}
    - to:
        - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: {{ .namespace }}}}
          podSelector: {matchLabels: {{ toJson .labels }}}
      ports:
        {{- range .ports }}
        - {port: {{ . }}, protocol: TCP}
        {{- end }}
    {{- end }}
    {{- end }}
    {{- with $channel.dns }}
    - to: [{ipBlock: {cidr: {{ . }}/32}}]
      ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
    {{- end }}
{{- end -}}
