{{/*
Routes from outside: VirtualService, Ingress or HTTPRoute, as `global.routes.kind` or the route's own `kind` says. A route is
  {enabled, kind, hosts: [HOST], host: HOST, paths: [PATH], gateway: {name, namespace}, ingressClassName, tlsSecret, annotations, timeout, cors, headers: {set, add, remove}}
with texts that may be templates, and a path is
  {prefix: /a | exact: /a, rewrite: /b, redirect: /c, redirectHost: HOST, component: NAME | service: NAME, port: NUMBER, timeout: 60s}.
*/}}

{{/* The route of a component: (dict "root" $ "name" "api" "workload" FIXED "values" .Values.api). */}}
{{- define "openg2p.route" -}}
{{- $description := include "openg2p.description" . | fromJson -}}
{{- with $description.route -}}
{{- include "openg2p.routeOf" (dict "root" $.root "name" $.name "route" . "ports" $description.ports) -}}
{{- end -}}
{{- end -}}

{{/* Any route: (dict "root" $ "name" "ui" "route" ROUTE "ports" PORTS-OF-THE-COMPONENT). The object is named after "name"; the component too, unless paths say otherwise. */}}
{{- define "openg2p.routeOf" -}}
{{- $global := ((.root.Values.global).routes) | default dict -}}
{{- $kind := .route.kind | default $global.kind | default "istio" -}}
{{- if and .route.enabled (ne $kind "none") -}}
{{- $hosts := list -}}
{{- range concat (.route.host | default list | list | compact) (.route.hosts | default list) -}}
{{- with tpl . $.root | trim -}}{{- $hosts = append $hosts . -}}{{- end -}}
{{- end -}}
{{- if not $hosts -}}{{- fail (printf "the route of %s has no host: set its `host`" (include "openg2p.name" .)) -}}{{- end -}}
{{- $paths := list -}}
{{- range .route.paths | default (list (dict "prefix" "/")) -}}
{{- $service := include "openg2p.name" (dict "root" $.root "name" (hasKey . "component" | ternary .component $.name)) -}}
{{- if .service -}}{{- $service = tpl .service $.root -}}{{- end -}}
{{- $port := .port | default (include "openg2p.servicePort" (dict "ports" $.ports)) | int -}}
{{- $paths = append $paths (merge (dict "service" $service "port" $port) .) -}}
{{- end -}}
{{- $gateway := include "openg2p.overlay" (list ($global.gateway | default dict) (.route.gateway | default dict)) | fromJson -}}
{{- $context := dict "root" .root "name" .name "route" .route "hosts" $hosts "paths" $paths "gateway" $gateway -}}
{{- $annotations := include "openg2p.overlayEntries" (list ($global.annotations | default dict) (.route.annotations | default dict)) | fromJson -}}
{{- $_ := set $context "annotations" $annotations -}}
{{- $_ := set $context "ingressClassName" (.route.ingressClassName | default $global.ingressClassName) -}}
{{- $_ := set $context "tlsSecret" (.route.tlsSecret | default $global.tlsSecret) -}}
{{- if eq $kind "istio" -}}
{{- include "openg2p.virtualService" $context -}}
{{- else if eq $kind "ingress" -}}
{{- include "openg2p.ingress" $context -}}
{{- else if eq $kind "gateway" -}}
{{- include "openg2p.httpRoute" $context -}}
{{- else -}}
{{- fail (printf "routes are of the kind istio, ingress, gateway or none, not %q" $kind) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The outer number of a port of a Service: (dict "ports" PORTS), of the main one. */}}
{{- define "openg2p.servicePort" -}}
{{- if .ports -}}
{{- $port := get .ports (include "openg2p.mainPort" .ports) -}}
{{- if kindIs "map" $port -}}{{- $port.service | default $port.container -}}{{- else -}}{{- $port -}}{{- end -}}
{{- else -}}
80
{{- end -}}
{{- end -}}

{{- define "openg2p.virtualService" -}}
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  {{- include "openg2p.metadata" . | nindent 2 }}
spec:
  hosts:
    {{- toYaml .hosts | nindent 4 }}
  gateways:
    - {{ include "openg2p.gatewayName" . | quote }}
  http:
    {{- $several := gt (len .hosts) 1 }}
    {{- range $host := .hosts }}
    {{- range $path := $.paths }}
    - match:
        - uri:
            {{- if $path.exact }}
            exact: {{ $path.exact | quote }}
            {{- else }}
            prefix: {{ $path.prefix | default "/" | quote }}
            {{- end }}
          {{- if $several }}
          authority:
            exact: {{ $host | quote }}
          {{- end }}
      {{- if or $path.redirect $path.redirectHost }}
      redirect:
        {{- with $path.redirect }}
        uri: {{ . | quote }}
        {{- end }}
        {{- with $path.redirectHost }}
        authority: {{ tpl . $.root | quote }}
        {{- end }}
      {{- else }}
      {{- with $path.rewrite }}
      rewrite:
        uri: {{ . | quote }}
      {{- end }}
      {{- with $path.timeout | default $.route.timeout }}
      timeout: {{ . }}
      {{- end }}
      {{- with $.route.cors }}
      corsPolicy:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      headers:
        request:
          set:
            {{- include "openg2p.forwardedHeaders" (dict "root" $.root "host" $host "route" $.route) | nindent 12 }}
          {{- with ($.route.headers).add }}
          add:
            {{- include "openg2p.texts" (dict "root" $.root "map" .) | nindent 12 }}
          {{- end }}
          {{- with ($.route.headers).remove }}
          remove:
            {{- toYaml . | nindent 12 }}
          {{- end }}
      route:
        - destination:
            host: {{ $path.service | quote }}
            port:
              number: {{ $path.port }}
      {{- end }}
    {{- end }}
    {{- end }}
{{- end -}}

{{/* Headers that tell the program under which address it was called, since TLS ends before it. */}}
{{- define "openg2p.forwardedHeaders" -}}
{{- $headers := dict "x-forwarded-host" .host "x-forwarded-proto" "https" -}}
{{- $headers = include "openg2p.overlayEntries" (list $headers ((.route.headers).set | default dict)) | fromJson -}}
{{- include "openg2p.texts" (dict "root" .root "map" $headers) -}}
{{- end -}}

{{/* NAME or NAMESPACE/NAME of the Gateway. */}}
{{- define "openg2p.gatewayName" -}}
{{- $name := tpl (.gateway.name | default "internal") .root -}}
{{- with .gateway.namespace -}}{{- printf "%s/" (tpl . $.root) -}}{{- end -}}{{- $name -}}
{{- end -}}

{{- define "openg2p.ingress" -}}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  {{- include "openg2p.metadata" . | nindent 2 }}
spec:
  {{- with .ingressClassName }}
  ingressClassName: {{ . }}
  {{- end }}
  {{- with .tlsSecret }}
  tls:
    - secretName: {{ tpl . $.root }}
      hosts:
        {{- toYaml $.hosts | nindent 8 }}
  {{- end }}
  rules:
    {{- range $host := .hosts }}
    - host: {{ $host | quote }}
      http:
        paths:
          {{- range $path := $.paths }}
          {{- if and $path.rewrite (not $.annotations) }}
          {{- fail (printf "the route of %s rewrites %s, which an Ingress cannot say: name your controller's annotations in `annotations` of the route, or take another kind" (include "openg2p.name" $) ($path.prefix | default $path.exact)) }}
          {{- end }}
          {{- if not (or $path.redirect $path.redirectHost) }}
          - path: {{ $path.exact | default $path.prefix | default "/" | quote }}
            pathType: {{ $path.exact | empty | ternary "Prefix" "Exact" }}
            backend:
              service:
                name: {{ $path.service | quote }}
                port:
                  number: {{ $path.port }}
          {{- end }}
          {{- end }}
    {{- end }}
{{- end -}}

{{- define "openg2p.httpRoute" -}}
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  {{- include "openg2p.metadata" . | nindent 2 }}
spec:
  parentRefs:
    - group: gateway.networking.k8s.io
      kind: Gateway
      name: {{ tpl (.gateway.name | default "internal") .root | quote }}
      {{- with .gateway.namespace }}
      namespace: {{ tpl . $.root }}
      {{- end }}
  hostnames:
    {{- toYaml .hosts | nindent 4 }}
  rules:
    {{- range $path := .paths }}
    - matches:
        - path:
            type: {{ $path.exact | empty | ternary "PathPrefix" "Exact" }}
            value: {{ $path.exact | default $path.prefix | default "/" | quote }}
      filters:
        {{- if or $path.redirect $path.redirectHost }}
        - type: RequestRedirect
          requestRedirect:
            {{- with $path.redirectHost }}
            hostname: {{ tpl . $.root | quote }}
            {{- end }}
            {{- with $path.redirect }}
            path:
              type: ReplaceFullPath
              replaceFullPath: {{ . | quote }}
            {{- end }}
            statusCode: 302
        {{- else }}
        - type: RequestHeaderModifier
          requestHeaderModifier:
            set:
              {{- range $name, $value := include "openg2p.forwardedHeaders" (dict "root" $.root "host" (first $.hosts) "route" $.route) | fromYaml }}
              - {name: {{ $name }}, value: {{ $value | quote }}}
              {{- end }}
            {{- with ($.route.headers).add }}
            add:
              {{- range $name, $value := . }}
              - {name: {{ $name }}, value: {{ include "openg2p.text" (dict "root" $.root "value" $value) | quote }}}
              {{- end }}
            {{- end }}
            {{- with ($.route.headers).remove }}
            remove:
              {{- toYaml . | nindent 14 }}
            {{- end }}
        {{- with $path.rewrite }}
        - type: URLRewrite
          urlRewrite:
            path:
              {{- if $path.exact }}
              type: ReplaceFullPath
              replaceFullPath: {{ . | quote }}
              {{- else }}
              type: ReplacePrefixMatch
              replacePrefixMatch: {{ . | quote }}
              {{- end }}
        {{- end }}
        {{- end }}
      {{- if not (or $path.redirect $path.redirectHost) }}
      {{- with $path.timeout | default $.route.timeout }}
      timeouts:
        request: {{ . }}
      {{- end }}
      backendRefs:
        - name: {{ $path.service | quote }}
          port: {{ $path.port }}
      {{- end }}
    {{- end }}
{{- end -}}

{{/*
An Istio Gateway of the chart's own, and the VirtualService that leads its TCP port to the component:
(dict "root" $ "name" "" "tcp" {enabled, host, port, selector} "ports" PORTS). On one port Istio honours one Gateway for the host `*`.
*/}}
{{- define "openg2p.tcpRoute" -}}
{{- if .tcp.enabled -}}
{{- $port := .tcp.port | default (include "openg2p.servicePort" .) | int -}}
{{- $host := tpl (.tcp.host | default "*") .root -}}
apiVersion: networking.istio.io/v1
kind: Gateway
metadata:
  {{- include "openg2p.metadata" (dict "root" .root "name" .name) | nindent 2 }}
spec:
  selector:
    {{- toYaml (.tcp.selector | default (dict "istio" "ingressgateway")) | nindent 4 }}
  servers:
    - port:
        number: {{ $port }}
        name: tcp
        protocol: TCP
      hosts:
        - {{ $host | quote }}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  {{- include "openg2p.metadata" (dict "root" .root "name" .name) | nindent 2 }}
spec:
  hosts:
    - {{ $host | quote }}
  gateways:
    - {{ include "openg2p.name" . | quote }}
  tcp:
    - match:
        - port: {{ $port }}
      route:
        - destination:
            host: {{ include "openg2p.name" . | quote }}
            port:
              number: {{ include "openg2p.servicePort" . | int }}
{{- end -}}
{{- end -}}
