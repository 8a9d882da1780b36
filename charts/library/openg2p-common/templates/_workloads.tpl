{{/* Deployment, StatefulSet, Job and CronJob from one description: (dict "root" $ "name" "api" "workload" FIXED "values" .Values.api). */}}

{{- define "openg2p.deployment" -}}
{{- $description := include "openg2p.description" . | fromJson -}}
{{- $context := dict "root" .root "name" .name "description" $description "kind" "Deployment" -}}
{{- $strategy := $description.strategy | default (dict "type" "RollingUpdate" "rollingUpdate" (dict "maxSurge" 1 "maxUnavailable" 0)) -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "openg2p.metadata" (merge (dict "annotations" $description.annotations) $context) | nindent 2 }}
spec:
  {{- include "openg2p.replicas" $description | nindent 2 }}
  revisionHistoryLimit: 5
  strategy:
    {{- if kindIs "string" $strategy }}
    type: {{ $strategy }}
    {{- else }}
    {{- toYaml $strategy | nindent 4 }}
    {{- end }}
  selector:
    matchLabels:
      {{- include "openg2p.selectorLabels" $context | nindent 6 }}
  template:
    {{- include "openg2p.podTemplate" $context | nindent 4 }}
{{- end -}}

{{- define "openg2p.statefulset" -}}
{{- $description := include "openg2p.description" . | fromJson -}}
{{- $context := dict "root" .root "name" .name "description" $description "kind" "StatefulSet" -}}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  {{- include "openg2p.metadata" (merge (dict "annotations" $description.annotations "limit" 52) $context) | nindent 2 }}
spec:
  {{- include "openg2p.replicas" $description | nindent 2 }}
  serviceName: {{ $description.serviceName | default (include "openg2p.headlessName" $context) | quote }}
  podManagementPolicy: {{ $description.podManagementPolicy | default "OrderedReady" }}
  revisionHistoryLimit: 5
  updateStrategy:
    {{- if kindIs "map" $description.strategy }}
    {{- toYaml $description.strategy | nindent 4 }}
    {{- else }}
    type: {{ $description.strategy | default "RollingUpdate" }}
    {{- end }}
  selector:
    matchLabels:
      {{- include "openg2p.selectorLabels" $context | nindent 6 }}
  template:
    {{- include "openg2p.podTemplate" $context | nindent 4 }}
  {{- with include "openg2p.claimTemplates" (dict "context" $context "claims" $description.claims) | trim }}
  volumeClaimTemplates:
    {{- . | nindent 4 }}
  {{- end }}
{{- end -}}

{{- define "openg2p.daemonset" -}}
{{- $description := include "openg2p.description" . | fromJson -}}
{{- $context := dict "root" .root "name" .name "description" $description "kind" "DaemonSet" -}}
apiVersion: apps/v1
kind: DaemonSet
metadata:
  {{- include "openg2p.metadata" (merge (dict "annotations" $description.annotations) $context) | nindent 2 }}
spec:
  revisionHistoryLimit: 5
  updateStrategy:
    {{- if kindIs "map" $description.strategy }}
    {{- toYaml $description.strategy | nindent 4 }}
    {{- else }}
    type: {{ $description.strategy | default "RollingUpdate" }}
    {{- end }}
  selector:
    matchLabels:
      {{- include "openg2p.selectorLabels" $context | nindent 6 }}
  template:
    {{- include "openg2p.podTemplate" $context | nindent 4 }}
{{- end -}}

{{/*
An ordinary Job, whose name ends in a hash of its pod template: another template is another Job, so that no upgrade meets an immutable field;
the Job of the former template goes with the upgrade.
*/}}
{{- define "openg2p.job" -}}
{{- $description := include "openg2p.description" . | fromJson -}}
{{- $context := dict "root" .root "name" .name "description" $description "kind" "Job" -}}
{{- $spec := include "openg2p.jobSpec" $context -}}
apiVersion: batch/v1
kind: Job
metadata:
  {{- include "openg2p.metadata" (merge (dict "annotations" $description.annotations "suffix" (printf "-%s" (sha256sum $spec | trunc 10))) $context) | nindent 2 }}
spec:
  {{- $spec | nindent 2 }}
{{- end -}}

{{- define "openg2p.cronjob" -}}
{{- $description := include "openg2p.description" . | fromJson -}}
{{- $context := dict "root" .root "name" .name "description" $description "kind" "Job" -}}
apiVersion: batch/v1
kind: CronJob
metadata:
  {{- include "openg2p.metadata" (merge (dict "annotations" $description.annotations "limit" 52) $context) | nindent 2 }}
spec:
  schedule: {{ required "a CronJob has no schedule" $description.schedule | quote }}
  {{- with ((.root.Values.global).timeZone) }}
  timeZone: {{ . | quote }}
  {{- end }}
  concurrencyPolicy: {{ $description.concurrencyPolicy | default "Forbid" }}
  suspend: {{ $description.suspend | default false }}
  startingDeadlineSeconds: 600
  successfulJobsHistoryLimit: {{ ($description.history).successful | default 3 | int }}
  failedJobsHistoryLimit: {{ ($description.history).failed | default 3 | int }}
  jobTemplate:
    metadata:
      labels:
        {{- include "openg2p.selectorLabels" $context | nindent 8 }}
    spec:
      {{- include "openg2p.jobSpec" $context | nindent 6 }}
{{- end -}}

{{- define "openg2p.jobSpec" -}}
backoffLimit: {{ hasKey .description "backoffLimit" | ternary .description.backoffLimit 6 | int }}
{{- with .description.deadlineSeconds }}
activeDeadlineSeconds: {{ . | int }}
{{- end }}
template:
  {{- include "openg2p.podTemplate" . | nindent 2 }}
{{- end -}}

{{/* `replicas` of a workload, unless an autoscaler sets it. */}}
{{- define "openg2p.replicas" -}}
{{- if not ((.autoscaling).enabled) -}}
replicas: {{ include "openg2p.leastReplicas" . }}
{{- end -}}
{{- end -}}

{{/* Everything that belongs to a component: its workload ("kind": Deployment or StatefulSet), service, account, budget, autoscaler, policy, monitor and route. */}}
{{- define "openg2p.component" -}}
{{- $kind := .kind | default "Deployment" -}}
{{- $description := include "openg2p.description" . | fromJson -}}
{{- if eq $kind "StatefulSet" }}
{{ include "openg2p.statefulset" . }}
{{- else }}
{{ include "openg2p.deployment" . }}
{{- end }}
{{- $parts := list "openg2p.serviceAccount" "openg2p.service" "openg2p.podDisruptionBudget" "openg2p.horizontalPodAutoscaler" "openg2p.networkPolicy" "openg2p.serviceMonitor" "openg2p.route" }}
{{- if or (eq $kind "StatefulSet") $description.headless }}
{{- $parts = append $parts "openg2p.headlessService" }}
{{- end }}
{{- $context := merge (dict "kind" $kind) . }}
{{- range $part := $parts }}
{{- with include $part $context }}
---
{{ . }}
{{- end }}
{{- end }}
{{- end -}}
