{{/* Addresses that requests go to: (dict "root" $ "own" LIST "port" NUMBER). */}}
{{- define "reverse-proxy.upstream" -}}
{{- $out := list -}}
{{- $up := .root.Values.upstream -}}
{{- if .own -}}
{{- $out = .own -}}
{{- else if $up.nodes -}}
{{- range $up.nodes -}}{{- $out = append $out (printf "%s:%d" . (int $.port)) -}}{{- end -}}
{{- else -}}
{{- $out = list (printf "%s.%s.svc:%d" $up.service.name $up.service.namespace (int .service)) -}}
{{- end -}}
{{- toJson $out -}}
{{- end -}}

{{/* Who may call. */}}
{{- define "reverse-proxy.allow" -}}
{{- range . }}
allow {{ . }};
{{- end }}
{{- if . }}
deny all;
{{- end }}
{{- end -}}

{{/* The configuration of nginx. */}}
{{- define "reverse-proxy.config" -}}
{{- $proxy := .Values.proxy -}}
worker_processes auto;
pid /tmp/nginx.pid;
error_log /dev/stderr warn;

events {
  worker_connections 4096;
}

http {
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  access_log /dev/stdout;
  server_tokens off;
  client_body_temp_path /tmp/body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;

  client_max_body_size {{ $proxy.maxBodySize }};
  large_client_header_buffers 8 {{ $proxy.bufferSize }};
  proxy_buffers {{ $proxy.buffers }} {{ $proxy.bufferSize }};
  proxy_buffer_size {{ $proxy.bufferSize }};
  proxy_busy_buffers_size {{ $proxy.busyBufferSize }};
  proxy_read_timeout {{ $proxy.timeout }};
  proxy_send_timeout {{ $proxy.timeout }};
  proxy_http_version 1.1;
  proxy_set_header Host $host;
  proxy_set_header X-Real-IP $remote_addr;
  proxy_set_header X-Forwarded-Host $host;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_set_header X-Forwarded-Proto https;
  proxy_set_header Referer $http_referer;
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection $connection_upgrade;
  map $http_upgrade $connection_upgrade {
    default upgrade;
    "" "";
  }

  ssl_protocols {{ join " " $proxy.tlsProtocols }};
  ssl_session_cache shared:tls:10m;
  ssl_session_timeout 1d;
  ssl_session_tickets off;

  # Who asks for no host that is known gets no certificate.
  server {
    listen 8443 ssl default_server;
    ssl_reject_handshake on;
  }
  server {
    listen 8080 default_server;
    return 301 https://$host$request_uri;
  }
  server {
    listen 8081;
    access_log off;
    location = /healthz {
      default_type text/plain;
      return 200 "ready\n";
    }
    location / {
      return 404;
    }
  }
  {{- range $name, $server := .Values.servers }}

  upstream {{ $name }} {
    {{- range include "reverse-proxy.upstream" (dict "root" $ "own" $server.upstream "port" $.Values.upstream.port "service" $.Values.upstream.service.port) | fromJsonArray }}
    server {{ . }};
    {{- end }}
    keepalive 32;
  }
  server {
    listen 8443 ssl;
    http2 on;
    server_name {{ join " " $server.hosts }};
    ssl_certificate /etc/nginx/tls/{{ $name }}/tls.crt;
    ssl_certificate_key /etc/nginx/tls/{{ $name }}/tls.key;
    {{- with $server.maxBodySize }}
    client_max_body_size {{ . }};
    {{- end }}
    {{- if $proxy.hstsDays }}
    add_header Strict-Transport-Security "max-age={{ $proxy.hstsDays | mul 86400 }}" always;
    {{- end }}
    {{- with include "reverse-proxy.allow" $server.allow | trim }}
    {{- . | nindent 4 }}
    {{- end }}
    location / {
      proxy_pass http://{{ $name }};
    }
  }
  {{- end }}
}
{{- if .Values.postgresql.enabled }}

stream {
  upstream postgresql {
    {{- range include "reverse-proxy.upstream" (dict "root" . "port" .Values.postgresql.port "service" .Values.postgresql.servicePort) | fromJsonArray }}
    server {{ . }};
    {{- end }}
  }
  server {
    listen 5432;
    {{- if not .Values.postgresql.allow }}{{ fail "postgresql.allow is required: the networks that may call the database" }}{{ end }}
    {{- include "reverse-proxy.allow" .Values.postgresql.allow | trim | nindent 4 }}
    proxy_connect_timeout 10s;
    proxy_timeout 1h;
    proxy_pass postgresql;
  }
}
{{- end }}
{{ end -}}

{{/* The ports of a pod, by name: those of the container, of the node, and whether they are on. */}}
{{- define "reverse-proxy.ports" -}}
- {name: http, container: 8080, outside: 80}
- {name: https, container: 8443, outside: 443}
{{- if .Values.postgresql.enabled }}
- {name: postgresql, container: 5432, outside: 5432}
{{- end }}
{{- end -}}

{{/* The ports that pods call: those of nodes or of the Service, and those of servers with upstreams of their own. */}}
{{- define "reverse-proxy.calls" -}}
{{- $ports := list -}}
{{- range $name, $server := .Values.servers -}}
{{- range include "reverse-proxy.upstream" (dict "root" $ "own" $server.upstream "port" $.Values.upstream.port "service" $.Values.upstream.service.port) | fromJsonArray -}}
{{- $ports = append $ports (regexFind "[0-9]+$" . | int) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.postgresql.enabled .Values.upstream.nodes -}}{{- $ports = append $ports (int .Values.postgresql.port) -}}{{- end -}}
{{- /* A policy sees the port of the pod behind a Service, not the Service's own. */ -}}
{{- if not .Values.upstream.nodes -}}{{- $ports = concat $ports (list 8080 5432) -}}{{- end -}}
{{- $ports | uniq | toJson -}}
{{- end -}}
