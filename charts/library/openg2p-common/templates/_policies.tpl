{{/*
A NetworkPolicy for the pods of a component, where `global.networkPolicy.enabled` is not false. `networkPolicy` of a description:
  enabled: false leaves it out
  callers: [PEER]      who may call; with none given, every pod of the namespace. `closed: true` lets nobody in who is not named
  gateway: true        the ingress gateway may call the main port, or a list of ports; follows from an enabled route
  egress: [PEER]       whom the pods may call, besides DNS (also a node's own cache); `open: true` lets them call everybody
  extraIngress, extraEgress: rules as Kubernetes writes them
A PEER is {component: NAME} of the release, {name: CHART, release: NAME}, {pods: LABELS}, {namespace: NAME}, {sameNamespace: true}, {cidr: RANGE}, {self: true}, {api: true} (the API server),
each with `ports: [NUMBER-OR-NAME]`, `protocol`; {ports: [..]} alone means everybody at that port.
*/}}
{{- define "openg2p.networkPolicy" -}}
{{- $global := ((.root.Values.global).networkPolicy) | default dict -}}
{{- $description := include "openg2p.description" . | fromJson -}}
{{- $policy := $description.networkPolicy | default dict -}}
{{- $enabled := true -}}
{{- range list $global $policy -}}
{{- if hasKey . "enabled" -}}{{- $enabled = and $enabled .enabled -}}{{- end -}}
{{- end -}}
{{- if $enabled -}}
{{- $context := dict "root" .root "name" .name -}}
{{- $ports := list -}}
{{- range $name, $_ := $description.ports -}}{{- $ports = append $ports $name -}}{{- end -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "openg2p.metadata" $context | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "openg2p.selectorLabels" $context | nindent 6 }}
  policyTypes:
    - Ingress
    - Egress
  {{- $ingress := list }}
  {{- if $ports }}
  {{- range $policy.callers }}
  {{- $ingress = append $ingress (include "openg2p.policyRule" (dict "context" $context "peer" . "side" "from" "ports" $ports) | fromYaml) }}
  {{- end }}
  {{- if not (or $policy.callers $policy.closed) }}
  {{- $ingress = append $ingress (dict "from" (list (dict "podSelector" dict)) "ports" (include "openg2p.policyPorts" (dict "ports" $ports) | fromYamlArray)) }}
  {{- end }}
  {{- if or $policy.gateway (($description.route).enabled) }}
  {{- $reached := list (include "openg2p.mainPort" $description.ports) }}
  {{- if kindIs "slice" $policy.gateway }}{{- $reached = $policy.gateway }}{{- end }}
  {{- $peer := dict "namespace" ($global.gatewayNamespace | default "istio-system") "ports" $reached }}
  {{- $ingress = append $ingress (include "openg2p.policyRule" (dict "context" $context "peer" $peer "side" "from") | fromYaml) }}
  {{- end }}
  {{- if (($description.metrics).enabled) }}
  {{- $peer := dict "namespace" ($global.monitoringNamespace | default "cattle-monitoring-system") "ports" (list ($description.metrics.port | default "metrics")) }}
  {{- $ingress = append $ingress (include "openg2p.policyRule" (dict "context" $context "peer" $peer "side" "from") | fromYaml) }}
  {{- end }}
  {{- end }}
  {{- $ingress = concat $ingress ($policy.extraIngress | default list) }}
  {{- with $ingress }}
  ingress:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- $dns := list (dict "protocol" "UDP" "port" 53) (dict "protocol" "TCP" "port" 53) }}
  {{- $egress := list (dict "to" (list (dict "namespaceSelector" dict) (dict "ipBlock" (dict "cidr" "169.254.20.10/32"))) "ports" $dns) }}
  {{- range $policy.egress }}
  {{- $egress = append $egress (include "openg2p.policyRule" (dict "context" $context "peer" . "side" "to") | fromYaml) }}
  {{- end }}
  {{- if $policy.open }}
  {{- $egress = append $egress dict }}
  {{- end }}
  {{- $egress = concat $egress ($policy.extraEgress | default list) }}
  egress:
    {{- toYaml $egress | nindent 4 }}
{{- end -}}
{{- end -}}

{{/* One rule: (dict "context" CONTEXT "peer" PEER "side" "from"-or-"to" "ports" PORTS-IF-THE-PEER-NAMES-NONE). */}}
{{- define "openg2p.policyRule" -}}
{{- $peer := .peer -}}
{{- $root := .context.root -}}
{{- $labels := dict -}}
{{- if $peer.self -}}
{{- $labels = include "openg2p.selectorLabels" .context | fromYaml -}}
{{- else if hasKey $peer "component" -}}
{{- $labels = include "openg2p.selectorLabels" (dict "root" $root "name" $peer.component) | fromYaml -}}
{{- else if $peer.name -}}
{{- $labels = dict "app.kubernetes.io/name" (tpl $peer.name $root) -}}
{{- with $peer.release -}}{{- $_ := set $labels "app.kubernetes.io/instance" (tpl . $root) -}}{{- end -}}
{{- else if $peer.pods -}}
{{- $labels = $peer.pods -}}
{{- end -}}
{{- $selector := dict -}}
{{- if $labels -}}{{- $_ := set $selector "podSelector" (dict "matchLabels" $labels) -}}{{- end -}}
{{- if $peer.sameNamespace -}}{{- $_ := set $selector "podSelector" dict -}}{{- end -}}
{{- with $peer.namespace -}}
{{- $_ := set $selector "namespaceSelector" (dict "matchLabels" (dict "kubernetes.io/metadata.name" (tpl . $root))) -}}
{{- end -}}
{{- with $peer.cidr -}}{{- $_ := set $selector "ipBlock" (dict "cidr" .) -}}{{- end -}}
{{- if $selector }}
{{ .side }}:
  - {{- toYaml $selector | nindent 4 }}
{{- end }}
{{- $ports := $peer.ports | default (ternary (list 443 6443) .ports (eq (toString $peer.api) "true")) }}
{{- with $ports }}
ports:
  {{- include "openg2p.policyPorts" (dict "ports" . "protocol" $peer.protocol) | trim | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "openg2p.policyPorts" -}}
{{- range .ports }}
- protocol: {{ $.protocol | default "TCP" }}
  port: {{ if kindIs "string" . }}{{ . | quote }}{{ else }}{{ int . }}{{ end }}
{{- end }}
{{- end -}}
