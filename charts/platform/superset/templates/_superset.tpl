{{- define "superset.host" -}}
{{- tpl .Values.host . | default (printf "superset.%s" .Values.global.baseDomain) -}}
{{- end -}}

{{- define "superset.databaseHost" -}}
{{- tpl (.Values.database.host | default .Values.global.postgresql.host) . | default "postgresql" -}}
{{- end -}}

{{- define "superset.databasePort" -}}
{{- .Values.database.port | default .Values.global.postgresql.port | int -}}
{{- end -}}

{{- define "superset.databaseSecret" -}}
{{- tpl .Values.database.existingSecret . | default (printf "postgres-init-%s" (.Values.database.user | replace "_" "-")) -}}
{{- end -}}

{{- define "superset.redisHost" -}}
{{- tpl (.Values.redis.host | default .Values.global.redis.host) . | default "redis" -}}
{{- end -}}

{{- define "superset.redisPort" -}}
{{- .Values.redis.port | default .Values.global.redis.port | int -}}
{{- end -}}

{{- define "superset.redisSecret" -}}
{{- tpl .Values.global.redis.secret.name . | default "redis" -}}
{{- end -}}

{{- define "superset.oidcSecret" -}}
{{- tpl .Values.oidc.existingSecret . | default .Values.oidc.clientId -}}
{{- end -}}

{{- define "superset.secret" -}}
{{- tpl .Values.secretKey.existingSecret . | default (include "openg2p.fullname" .) -}}
{{- end -}}

{{/* The realm: (list . URL). */}}
{{- define "superset.realm" -}}
{{- $root := index . 0 -}}
{{- $url := tpl (index . 1) $root | required "oidc.enabled needs global.keycloak.url" -}}
{{- printf "%s/realms/%s/protocol/openid-connect" (trimSuffix "/" $url) $root.Values.global.keycloak.realm -}}
{{- end -}}

{{/* The port of a URL. */}}
{{- define "superset.urlPort" -}}
{{- $url := urlParse . -}}
{{- regexFind "[0-9]+$" (regexFind ":[0-9]+$" $url.host) | default (eq $url.scheme "https" | ternary "443" "80") -}}
{{- end -}}

{{/* What Superset reads at its start. Secrets come from variables. */}}
{{- define "superset.config" -}}
import os

from flask_caching.backends.rediscache import RedisCache


def env(name, default=None):
    return os.environ.get(name, default)


SECRET_KEY = env("SUPERSET_SECRET_KEY")
SQLALCHEMY_DATABASE_URI = "postgresql+psycopg2://{}:{}@{}:{}/{}".format(
    *(env(name) for name in ("DB_USER", "DB_PASS", "DB_HOST", "DB_PORT", "DB_NAME"))
)
SQLALCHEMY_TRACK_MODIFICATIONS = True

_login = "{}:{}@".format(env("REDIS_USER", ""), env("REDIS_PASSWORD")) if env("REDIS_PASSWORD") else ""
_redis = "{}://{}{}:{}".format(env("REDIS_PROTO"), _login, env("REDIS_HOST"), env("REDIS_PORT"))
CACHE_CONFIG = {
    "CACHE_TYPE": "RedisCache",
    "CACHE_DEFAULT_TIMEOUT": 300,
    "CACHE_KEY_PREFIX": "superset_",
    "CACHE_REDIS_URL": "{}/{}".format(_redis, env("REDIS_DB")),
}
DATA_CACHE_CONFIG = CACHE_CONFIG
RESULTS_BACKEND = RedisCache(
    host=env("REDIS_HOST"),
    port=int(env("REDIS_PORT")),
    password=env("REDIS_PASSWORD"),
    username=env("REDIS_USER") or None,
    db=int(env("REDIS_DB")),
    ssl=env("REDIS_PROTO") == "rediss",
    key_prefix="superset_results",
)


class CeleryConfig:
    imports = ("superset.sql_lab", "superset.tasks.scheduler", "superset.tasks.thumbnails", "superset.tasks.cache")
    broker_url = "{}/{}".format(_redis, env("REDIS_CELERY_DB"))
    result_backend = broker_url


CELERY_CONFIG = CeleryConfig

# TLS ends before Superset.
ENABLE_PROXY_FIX = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_SAMESITE = "Lax"
TALISMAN_ENABLED = False
MAPBOX_API_KEY = env("MAPBOX_API_KEY", "")
{{- if .Values.oidc.enabled }}
{{- $public := include "superset.realm" (list . .Values.global.keycloak.url) }}
{{- $inside := include "superset.realm" (list . (.Values.global.keycloak.internalUrl | default .Values.global.keycloak.url)) }}

from flask_appbuilder.security.manager import AUTH_OAUTH
from superset.security import SupersetSecurityManager

AUTH_TYPE = AUTH_OAUTH
OAUTH_PROVIDERS = [
    {
        "name": "keycloak",
        "icon": "fa-key",
        "token_key": "access_token",
        "remote_app": {
            "client_id": env("OIDC_CLIENT_ID"),
            "client_secret": env("OIDC_CLIENT_SECRET"),
            "client_kwargs": {"scope": "openid email profile"},
            "api_base_url": "{{ $inside }}",
            "access_token_url": "{{ $inside }}/token",
            "jwks_uri": "{{ $inside }}/certs",
            "authorize_url": "{{ $public }}/auth",
            "request_token_url": None,
        },
    }
]
AUTH_ROLES_MAPPING = {{ toJson .Values.oidc.roles }}
AUTH_ROLES_SYNC_AT_LOGIN = True
AUTH_USER_REGISTRATION = True
{{- with .Values.oidc.defaultRole }}
AUTH_USER_REGISTRATION_ROLE = {{ . | quote }}
{{- end }}


class KeycloakSecurityManager(SupersetSecurityManager):
    """Takes names and client roles of people from Keycloak."""

    def oauth_user_info(self, provider, response=None):
        answer = self.appbuilder.sm.oauth_remotes[provider].get("{{ $inside }}/userinfo")
        answer.raise_for_status()
        claims = answer.json()
        return {
            "username": claims.get("preferred_username", ""),
            "first_name": claims.get("given_name", ""),
            "last_name": claims.get("family_name", ""),
            "email": claims.get("email", ""),
            "role_keys": claims.get("client_roles", []),
        }


CUSTOM_SECURITY_MANAGER = KeycloakSecurityManager
{{- end }}
{{- with .Values.config }}

{{ tpl . $ | trim }}
{{- end }}
{{ end -}}

{{/* What all of Superset's pods have. */}}
{{- define "superset.program" -}}
image: {{ toJson .Values.image }}
user: 1000
writable: [/tmp, /app/superset_home]
trust: python
proxy: {{ not (empty .Values.packages.fetch) }}
checksums: {config: config.yaml}
env:
  HOME: /tmp
  SUPERSET_HOME: /app/superset_home
  SUPERSET_PORT: 8088
  SUPERSET_SECRET_KEY: {secret: {{ include "superset.secret" . | quote }}, key: {{ .Values.secretKey.key | quote }}}
  PYTHONPATH: /app/pythonpath
  DB_HOST: {{ include "superset.databaseHost" . | quote }}
  DB_PORT: {{ include "superset.databasePort" . }}
  DB_NAME: {{ .Values.database.name | quote }}
  DB_USER: {{ .Values.database.user | quote }}
  DB_PASS: {secret: {{ include "superset.databaseSecret" . | quote }}, key: {{ .Values.database.passwordKey | quote }}}
  REDIS_HOST: {{ include "superset.redisHost" . | quote }}
  REDIS_PORT: {{ include "superset.redisPort" . }}
  REDIS_PROTO: {{ .Values.redis.protocol | quote }}
  REDIS_USER: {{ .Values.redis.user | quote }}
  REDIS_DB: {{ .Values.redis.cacheDatabase }}
  REDIS_CELERY_DB: {{ .Values.redis.celeryDatabase }}
  {{- if .Values.redis.auth }}
  REDIS_PASSWORD: {secret: {{ include "superset.redisSecret" . | quote }}, key: {{ .Values.global.redis.secret.passwordKey | quote }}}
  {{- end }}
  {{- if .Values.oidc.enabled }}
  OIDC_CLIENT_ID: {{ .Values.oidc.clientId | quote }}
  OIDC_CLIENT_SECRET: {secret: {{ include "superset.oidcSecret" . | quote }}, key: {{ .Values.oidc.key | quote }}}
  {{- end }}
  {{- with .Values.packages.fetch }}
  PACKAGES: {{ join " " . | quote }}
  {{- end }}
volumes:
  config: {configMap: {{ include "openg2p.name" (dict "root" . "name" "config") }}, mount: /app/pythonpath, readOnly: true}
  {{- if not .Values.packages.fetch }}
  {{- range $number, $name := .Values.packages.configMaps }}
  packages-{{ $number }}: {configMap: {{ $name | quote }}, mount: /app/packages/{{ $number }}, readOnly: true, optional: true}
  {{- end }}
  {{- end }}
networkPolicy:
  egress: {{ include "superset.egress" . }}
{{- end -}}

{{/* Whom they call, as a JSON list: servers of the namespace by whatever port their pods have, also databases that dashboards read; others by the port that is known. */}}
{{- define "superset.egress" -}}
{{- $ports := list (include "superset.databasePort" . | int) (include "superset.redisPort" . | int) -}}
{{- if .Values.oidc.enabled -}}
{{- $keycloak := .Values.global.keycloak -}}
{{- $port := include "superset.urlPort" (tpl ($keycloak.internalUrl | default $keycloak.url) .) | int -}}
{{- $ports = append $ports $port -}}
{{- if has $port (list 80 443) -}}{{- $ports = append $ports (eq $port 80 | ternary 8080 8443) -}}{{- end -}}
{{- end -}}
{{- if .Values.packages.fetch -}}{{- $ports = append $ports 443 -}}{{- end -}}
{{- list (dict "sameNamespace" true) (dict "ports" (uniq $ports)) | toJson -}}
{{- end -}}

{{/* The init container that waits for the Job. */}}
{{- define "superset.wait" -}}
initContainers:
  - name: database
    command: [python3, /app/pythonpath/migrated.py]
    resources: {requests: {cpu: 10m, memory: 48Mi}, limits: {memory: 256Mi}}
    env:
      HOME: /tmp
      {{- $env := (include "superset.program" . | fromYaml).env }}
      {{- pick $env "DB_HOST" "DB_PORT" "DB_NAME" "DB_USER" "DB_PASS" | toYaml | nindent 6 }}
    mounts:
      config: {path: /app/pythonpath, readOnly: true}
      tmp: /tmp
{{- end -}}
