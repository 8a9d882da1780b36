{{/* The ports that are switched on, by name, as JSON. */}}
{{- define "istio-ingress.ports" -}}
{{- $ports := dict -}}
{{- range $name, $port := .Values.gateway.ports -}}
{{- if $port.enabled -}}{{- $_ := set $ports $name $port -}}{{- end -}}
{{- end -}}
{{- if not $ports -}}{{- fail "gateway.ports: the gateway has no port that is switched on" -}}{{- end -}}
{{- toJson $ports -}}
{{- end -}}

{{/* What the library has to know for budget and autoscaler. */}}
{{- define "istio-ingress.workload" -}}
replicas: {{ .Values.gateway.replicas }}
autoscaling:
  {{- toYaml .Values.gateway.autoscaling | nindent 2 }}
podDisruptionBudget:
  {{- toYaml .Values.gateway.podDisruptionBudget | nindent 2 }}
{{- end -}}

{{/* The labels of the gateway's pods. */}}
{{- define "istio-ingress.podLabels" -}}
{{- $labels := include "openg2p.selectorLabels" . | fromYaml -}}
{{- range $key, $value := .Values.gateway.labels -}}
{{- $_ := set $labels $key $value -}}
{{- end -}}
{{- toYaml $labels -}}
{{- end -}}

{{/* The pod. Istio's injector fills in what a gateway needs: its arguments, certificates and the token by which istiod knows it. */}}
{{- define "istio-ingress.pod" -}}
metadata:
  labels:
    {{- include "istio-ingress.podLabels" . | nindent 4 }}
    app.kubernetes.io/part-of: openg2p
    sidecar.istio.io/inject: "true"
  annotations:
    inject.istio.io/templates: gateway
    {{- with .Values.gateway.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "openg2p.fullname" . }}
  automountServiceAccountToken: false
  {{- with include "openg2p.imagePullSecrets" . }}
  {{- . | nindent 2 }}
  {{- end }}
  securityContext:
    {{- include "openg2p.podSecurityContext" (dict "user" 1337) | nindent 4 }}
  terminationGracePeriodSeconds: {{ .Values.gateway.terminationGracePeriodSeconds }}
  containers:
    - name: istio-proxy
      image: {{ include "openg2p.image" (dict "root" . "image" .Values.gateway.image) }}
      imagePullPolicy: {{ .Values.gateway.image.pullPolicy }}
      ports:
        {{- range $name, $port := include "istio-ingress.ports" . | fromJson }}
        - name: {{ $name }}
          containerPort: {{ $port.container }}
          protocol: TCP
          {{- if and $port.host (eq $.Values.gateway.kind "DaemonSet") }}
          hostPort: {{ $port.host }}
          {{- end }}
        {{- end }}
        - name: http-envoy-prom
          containerPort: 15090
          protocol: TCP
      startupProbe:
        httpGet: {path: /healthz/ready, port: 15021}
        periodSeconds: 1
        failureThreshold: 60
        timeoutSeconds: 3
      readinessProbe:
        httpGet: {path: /healthz/ready, port: 15021}
        periodSeconds: 15
        failureThreshold: 4
        timeoutSeconds: 3
      livenessProbe:
        httpGet: {path: /healthz/ready, port: 15021}
        periodSeconds: 20
        failureThreshold: 12
        timeoutSeconds: 5
      securityContext:
        {{- include "openg2p.containerSecurityContext" dict | nindent 8 }}
      resources:
        {{- toYaml .Values.gateway.resources | nindent 8 }}
  {{- with .Values.gateway.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.gateway.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.gateway.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if eq .Values.gateway.kind "Deployment" }}
  topologySpreadConstraints:
    - topologyKey: kubernetes.io/hostname
      maxSkew: 1
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "openg2p.selectorLabels" . | nindent 10 }}
  {{- end }}
{{- end -}}
