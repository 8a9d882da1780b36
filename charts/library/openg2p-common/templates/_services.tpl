{{/* Services: (dict "root" $ "name" "api" "workload" FIXED "values" .Values.api). */}}

{{- define "openg2p.headlessName" -}}
{{- include "openg2p.name" (dict "root" .root "name" .name "limit" 54) -}}-headless
{{- end -}}

{{/* The Service of a component, with all ports of its description; `service: {type, annotations, loadBalancerIP ...}`. */}}
{{- define "openg2p.service" -}}
{{- $description := include "openg2p.description" . | fromJson -}}
{{- if $description.ports -}}
{{- $service := $description.service | default dict -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "openg2p.metadata" (dict "root" .root "name" .name "annotations" $service.annotations) | nindent 2 }}
spec:
  type: {{ $service.type | default "ClusterIP" }}
  {{- range $key := list "loadBalancerClass" "externalTrafficPolicy" "sessionAffinity" }}
  {{- with get $service $key }}
  {{ $key }}: {{ . }}
  {{- end }}
  {{- end }}
  {{- with $service.loadBalancerSourceRanges }}
  loadBalancerSourceRanges:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  selector:
    {{- include "openg2p.selectorLabels" . | nindent 4 }}
    {{- with $service.selector }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  ports:
    {{- include "openg2p.servicePorts" (dict "ports" $description.ports "service" $service) | trim | nindent 4 }}
{{- end -}}
{{- end -}}

{{/* The Service that gives each pod of a StatefulSet a name of its own, also before it is ready. */}}
{{- define "openg2p.headlessService" -}}
{{- $description := include "openg2p.description" . | fromJson -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "openg2p.headlessName" . | quote }}
  namespace: {{ .root.Release.Namespace | quote }}
  labels:
    {{- include "openg2p.labels" . | nindent 4 }}
    openg2p.org/headless: "true"
spec:
  type: ClusterIP
  clusterIP: None
  publishNotReadyAddresses: true
  selector:
    {{- include "openg2p.selectorLabels" . | nindent 4 }}
  ports:
    {{- include "openg2p.servicePorts" (dict "ports" $description.ports "service" dict) | trim | nindent 4 }}
{{- end -}}

{{/* The ports of a Service. `service.ports.NAME` changes the outer port, `service.nodePorts.NAME` fixes the one of the nodes. */}}
{{- define "openg2p.servicePorts" -}}
{{- $service := .service -}}
{{- range $name, $port := .ports }}
{{- $whole := kindIs "map" $port | ternary $port (dict "container" $port) }}
- name: {{ $name | quote }}
  port: {{ get ($service.ports | default dict) $name | default $whole.service | default $whole.container | int }}
  targetPort: {{ $name | quote }}
  protocol: {{ $whole.protocol | default "TCP" }}
  {{- with $whole.appProtocol }}
  appProtocol: {{ . }}
  {{- end }}
  {{- with get ($service.nodePorts | default dict) $name }}
  nodePort: {{ . | int }}
  {{- end }}
{{- end }}
{{- end -}}

{{/*
A Service that stands for a server elsewhere, so that clients keep one name wherever it is: (dict "root" $ "name" "" "host" HOST "ports" PORTS).
A host name gets an alias, an address endpoints of its own. PORTS is a map from names to numbers or {container, service}: the server's port and the Service's;
an alias cannot change ports. Without PORTS only a host name will do.
*/}}
{{- define "openg2p.externalService" -}}
{{- $host := required "an external service has no host" .host -}}
{{- $isAddress := regexMatch "^[0-9]+([.][0-9]+){3}$|:" $host -}}
{{- if and $isAddress (not .ports) -}}{{- fail (printf "%s: %s is an address; a name is needed" (include "openg2p.name" .) $host) -}}{{- end -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "openg2p.metadata" (dict "root" .root "name" .name) | nindent 2 }}
spec:
  {{- if $isAddress }}
  type: ClusterIP
  ports:
    {{- include "openg2p.servicePorts" (dict "ports" .ports "service" dict) | trim | nindent 4 }}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: {{ include "openg2p.name" (dict "root" .root "name" .name) | quote }}
  namespace: {{ .root.Release.Namespace | quote }}
  labels:
    {{- include "openg2p.labels" . | nindent 4 }}
    kubernetes.io/service-name: {{ include "openg2p.name" (dict "root" .root "name" .name) | quote }}
addressType: {{ contains ":" $host | ternary "IPv6" "IPv4" }}
ports:
  {{- range $name, $port := .ports }}
  {{- $whole := kindIs "map" $port | ternary $port (dict "container" $port) }}
  - name: {{ $name | quote }}
    port: {{ $whole.container | int }}
    protocol: {{ $whole.protocol | default "TCP" }}
  {{- end }}
endpoints:
  - addresses:
      - {{ $host | quote }}
    conditions:
      ready: true
  {{- else }}
  type: ExternalName
  externalName: {{ $host | quote }}
  {{- with .ports }}
  ports:
    {{- range $name, $port := . }}
    {{- $whole := kindIs "map" $port | ternary $port (dict "container" $port) }}
    - name: {{ $name | quote }}
      port: {{ $whole.container | int }}
      protocol: {{ $whole.protocol | default "TCP" }}
    {{- end }}
  {{- end }}
  {{- end }}
{{- end -}}
