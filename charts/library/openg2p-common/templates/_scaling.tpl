{{/* What keeps enough pods: a PodDisruptionBudget where there are several, a HorizontalPodAutoscaler where it is asked for. */}}

{{/* `podDisruptionBudget: {enabled, maxUnavailable}`; never for one pod, which could then not be moved. */}}
{{- define "openg2p.podDisruptionBudget" -}}
{{- $description := include "openg2p.description" . | fromJson -}}
{{- $budget := $description.podDisruptionBudget | default dict -}}
{{- $enabled := true -}}
{{- if hasKey $budget "enabled" -}}{{- $enabled = $budget.enabled -}}{{- end -}}
{{- if and $enabled (gt (include "openg2p.leastReplicas" $description | int) 1) -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "openg2p.metadata" (dict "root" .root "name" .name) | nindent 2 }}
spec:
  maxUnavailable: {{ $budget.maxUnavailable | default 1 }}
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "openg2p.selectorLabels" . | nindent 6 }}
{{- end -}}
{{- end -}}

{{/* `autoscaling: {enabled, minReplicas, maxReplicas, targetCPU, targetMemory}`. */}}
{{- define "openg2p.horizontalPodAutoscaler" -}}
{{- $description := include "openg2p.description" . | fromJson -}}
{{- $scaling := $description.autoscaling | default dict -}}
{{- if $scaling.enabled -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  {{- include "openg2p.metadata" (dict "root" .root "name" .name) | nindent 2 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: {{ .kind | default "Deployment" }}
    name: {{ include "openg2p.name" (dict "root" .root "name" .name "limit" (eq (toString .kind) "StatefulSet" | ternary 52 63)) | quote }}
  minReplicas: {{ $scaling.minReplicas | default 2 | int }}
  maxReplicas: {{ $scaling.maxReplicas | default 4 | int }}
  metrics:
    {{- range $resource, $target := dict "cpu" ($scaling.targetCPU | default 80) "memory" $scaling.targetMemory }}
    {{- if $target }}
    - type: Resource
      resource:
        name: {{ $resource }}
        target:
          type: Utilization
          averageUtilization: {{ $target | int }}
    {{- end }}
    {{- end }}
{{- end -}}
{{- end -}}
