{{/* The whole configuration of the frontend's nginx: it serves pages, and leads to the server and to Enketo. */}}
{{- define "odk.nginx" -}}
worker_processes auto;
pid /tmp/nginx.pid;
error_log /dev/stderr warn;

events {
  worker_connections 1024;
}

http {
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  access_log /dev/stdout;
  sendfile on;
  server_tokens off;
  client_body_temp_path /tmp/body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;

  gzip on;
  gzip_vary on;
  gzip_min_length 1280;
  gzip_types text/plain text/css application/json application/javascript application/x-javascript text/xml text/csv;

  server {
    listen 80;
    client_max_body_size {{ .Values.frontend.maxBodySize }};

    add_header Referrer-Policy same-origin;
    add_header Strict-Transport-Security "max-age=63072000" always;
    add_header X-Frame-Options SAMEORIGIN;
    add_header X-Content-Type-Options nosniff;

    location = /robots.txt {
      default_type text/plain;
      return 200 "User-agent: *\nDisallow: /\n";
    }
    location = /client-config.json {
      default_type application/json;
      return 200 '{"oidcEnabled": {{ .Values.oidc.enabled }}}';
    }
    {{- if .Values.frontend.webForms }}

    # Links to forms in Enketo lead to pages that show the form there, or by themselves.
    location ~ "^/-/single/(?<form>[a-zA-Z0-9]+)$" {
      return 301 "/f/$form$is_args$args";
    }
    location ~ "^/-/preview/(?<form>[a-zA-Z0-9]+)$" {
      return 301 "/f/$form/preview$is_args$args";
    }
    location ~ "^/-/(?!thanks$|connection$|login$|logout$|api$|preview$)(?<form>[a-zA-Z0-9]+)$" {
      return 301 "/f/$form/new$is_args$args";
    }
    location = /-/single/check-submitted {
      alias /usr/share/nginx/html/blank.html;
      default_type text/html;
    }
    location ~ ^/(?:-|enketo-passthrough)(?:/|$) {
      rewrite ^/enketo-passthrough(/.*)?$ /-$1 break;
    {{- else }}

    location /- {
    {{- end }}
      proxy_pass http://{{ include "openg2p.name" (dict "root" . "name" "enketo") }}:8005;
      proxy_redirect off;
      proxy_set_header Host $host;
    }

    location ~ ^/v\d {
      proxy_pass http://{{ include "openg2p.name" (dict "root" . "name" "backend") }}:8383;
      proxy_redirect off;
      proxy_set_header X-Forwarded-Proto https;
      # What is sent is taken whole, what is answered goes on at once.
      proxy_request_buffering on;
      proxy_buffering off;
      proxy_read_timeout 2m;
    }

    location / {
      root /usr/share/nginx/html;
      {{- if .Values.frontend.webForms }}
      try_files $uri $uri/ /index.html;
      {{- end }}

      location ~ ^/(version\.txt|index\.html)?$ {
        add_header Cache-Control no-cache;
        add_header Referrer-Policy same-origin;
        add_header Strict-Transport-Security "max-age=63072000" always;
        add_header X-Frame-Options SAMEORIGIN;
        add_header X-Content-Type-Options nosniff;
      }
    }

    # Browsers report here what a page was not allowed to load.
    location /csp-report {
      {{- if .Values.sentry.key }}
      proxy_pass https://{{ .Values.sentry.organisation }}.ingest.sentry.io/api/{{ .Values.sentry.project }}/security/?sentry_key={{ .Values.sentry.key }};
      {{- else }}
      return 204;
      {{- end }}
    }
  }
}
{{ end -}}
