{{/* The Secret with the id of the cluster. */}}
{{- define "kafka.secret" -}}
{{- if .Values.clusterId.existingSecret -}}
{{- tpl .Values.clusterId.existingSecret . -}}
{{- else -}}
{{- include "openg2p.name" (dict "root" . "name" "cluster") -}}
{{- end -}}
{{- end -}}

{{/* Which component holds messages. */}}
{{- define "kafka.brokers" -}}
{{- eq .Values.layout "separate" | ternary "broker" "controller" -}}
{{- end -}}

{{/* Where clients of the chart itself call. */}}
{{- define "kafka.bootstrapServers" -}}
{{- if eq .Values.mode "external" -}}
{{- tpl .Values.external.bootstrapServers . -}}
{{- else -}}
{{- printf "%s.%s:9092" (include "openg2p.fullname" .) .Release.Namespace -}}
{{- end -}}
{{- end -}}

{{/* Peers for network policies: where those clients call, as a JSON list. */}}
{{- define "kafka.egress" -}}
{{- if eq .Values.mode "external" -}}
{{- $ports := list -}}
{{- range splitList "," (include "kafka.bootstrapServers" .) -}}
{{- $ports = append $ports (regexFind "[0-9]+$" . | int) -}}
{{- end -}}
{{- list (dict "ports" (uniq $ports)) | toJson -}}
{{- else -}}
{{- list (dict "component" (include "kafka.brokers" .) "ports" (list 9092)) | toJson -}}
{{- end -}}
{{- end -}}

{{/* The domain of a component's pods. */}}
{{- define "kafka.peersDomain" -}}
{{- printf "%s.%s.svc" (include "openg2p.headlessName" .) .root.Release.Namespace -}}
{{- end -}}

{{/* ID@HOST:9093 of every controller. */}}
{{- define "kafka.voters" -}}
{{- $context := dict "root" . "name" "controller" -}}
{{- $pods := include "openg2p.name" (merge (dict "limit" 52) $context) -}}
{{- $voters := list -}}
{{- range $id := until (int .Values.controller.replicas) -}}
{{- $voters = append $voters (printf "%d@%s-%d.%s:9093" $id $pods $id (include "kafka.peersDomain" $context)) -}}
{{- end -}}
{{- join "," $voters -}}
{{- end -}}

{{/* What cannot be right. */}}
{{- define "kafka.check" -}}
{{- $brokers := int (get .Values (include "kafka.brokers" .)).replicas -}}
{{- $config := .Values.config -}}
{{- if gt (int $config.replicationFactor) $brokers -}}
{{- fail (printf "config.replicationFactor is %d, but there are %d brokers" (int $config.replicationFactor) $brokers) -}}
{{- end -}}
{{- if gt (int $config.minInsyncReplicas) (int $config.replicationFactor) -}}
{{- fail (printf "config.minInsyncReplicas is %d, but only %d brokers hold a message" (int $config.minInsyncReplicas) (int $config.replicationFactor)) -}}
{{- end -}}
{{- range .Values.topics -}}
{{- if gt (int .replicationFactor) $brokers -}}
{{- fail (printf "topics.%s.replicationFactor is %d, but there are %d brokers" .name (int .replicationFactor) $brokers) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* server.properties of a role: (dict "root" $ "roles" LIST). The start script adds the id and the address of the node. */}}
{{- define "kafka.properties" -}}
{{- $config := .root.Values.config -}}
{{- $listeners := list -}}
{{- if has "broker" .roles -}}
{{- $listeners = list "CLIENT://:9092" "INTERNAL://:9094" -}}
{{- end -}}
{{- if has "controller" .roles -}}
{{- $listeners = append $listeners "CONTROLLER://:9093" -}}
{{- end -}}
process.roles={{ join "," .roles }}
controller.quorum.voters={{ include "kafka.voters" .root }}
controller.listener.names=CONTROLLER
listeners={{ join "," $listeners }}
listener.security.protocol.map=CLIENT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=INTERNAL
log.dirs=/var/lib/kafka/data/log
num.partitions={{ $config.partitions }}
default.replication.factor={{ $config.replicationFactor }}
min.insync.replicas={{ $config.minInsyncReplicas }}
offsets.topic.replication.factor={{ $config.replicationFactor }}
transaction.state.log.replication.factor={{ $config.replicationFactor }}
transaction.state.log.min.isr={{ $config.minInsyncReplicas }}
share.coordinator.state.topic.replication.factor={{ $config.replicationFactor }}
share.coordinator.state.topic.min.isr={{ $config.minInsyncReplicas }}
log.retention.hours={{ $config.retentionHours }}
auto.create.topics.enable={{ $config.autoCreateTopics }}
delete.topic.enable=true
{{- range $name, $value := $config.settings }}
{{ $name }}={{ include "openg2p.text" (dict "root" $.root "value" $value) }}
{{- end }}
{{ end -}}

{{/* A node: (dict "root" $ "name" COMPONENT "roles" LIST "base" NUMBER). */}}
{{- define "kafka.node" -}}
{{- $root := .root -}}
{{- $values := get .root.Values .name -}}
{{- $broker := has "broker" .roles -}}
{{- $controller := has "controller" .roles -}}
ports:
  {{- if $broker }}
  client: 9092
  internal: 9094
  {{- end }}
  {{- if $controller }}
  controller: 9093
  {{- end }}
image: {{ toJson $root.Values.server.image }}
command: [/bin/bash, /etc/openg2p/kafka/start.sh]
user: 1000
writable: [/tmp]
checksums: {config: config.yaml}
podManagementPolicy: Parallel   # nodes become ready together, once the quorum is there
terminationGracePeriodSeconds: 120
env:
  CLUSTER_ID: {secret: {{ include "kafka.secret" $root }}, key: {{ $root.Values.clusterId.key | quote }}}
  ROLES: {{ join "," .roles | quote }}
  NODE_ID_BASE: {{ .base }}
  PEERS_DOMAIN: {{ include "kafka.peersDomain" . }}
  KAFKA_HEAP_OPTS: {{ printf "-Xms%s -Xmx%s" $values.heap $values.heap | quote }}
  KAFKA_LOG4J_OPTS: -Dlog4j2.configurationFile=/etc/openg2p/kafka/log4j2.properties
  LOG_DIR: /tmp/logs
  EXTRA_ARGS: -name kafkaServer
volumes:
  config:
    configMap: {{ include "openg2p.name" (dict "root" $root "name" "config") }}
    items:
      {{- range $file := list "start.sh" "log4j2.properties" }}
      - {key: {{ $file }}, path: {{ $file }}}
      {{- end }}
      - {key: {{ .name }}.properties, path: server.properties}
    mount: /etc/openg2p/kafka
    readOnly: true
claims:
  data: {{ toJson (merge (dict "mount" "/var/lib/kafka/data") $values.storage) }}
probes:
  {{- $port := $broker | ternary "client" "controller" }}
  startup: {tcp: true, port: {{ $port }}, failureThreshold: 120}
  readiness: {tcp: true, port: {{ $port }}}
  liveness: {tcp: true, port: {{ $port }}, periodSeconds: 20, failureThreshold: 6}
networkPolicy:
  closed: true
  {{- $peers := list (dict "podSelector" (dict "matchLabels" (include "openg2p.selectorLabels" (dict "root" $root "name" "controller") | fromYaml))) }}
  {{- $egress := list (dict "component" "controller" "ports" (list 9093)) }}
  {{- if eq $root.Values.layout "separate" }}
  {{- $peers = append $peers (dict "podSelector" (dict "matchLabels" (include "openg2p.selectorLabels" (dict "root" $root "name" "broker") | fromYaml))) }}
  {{- end }}
  {{- if $broker }}
  {{- $egress = append $egress (dict "component" .name "ports" (list 9094)) }}
  callers:
    {{- range $root.Values.server.clients | default (list (dict "sameNamespace" true)) }}
    - {{ toJson (merge (dict "ports" (list "client")) .) }}
    {{- end }}
  {{- end }}
  extraIngress:
    - from: {{ toJson $peers }}
      ports:
        {{- if $broker }}
        - {protocol: TCP, port: internal}
        {{- end }}
        {{- if $controller }}
        - {protocol: TCP, port: controller}
        {{- end }}
  egress: {{ toJson $egress }}
{{- end -}}
