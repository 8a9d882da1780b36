{{/* The server, from `server` or else `global.postgresql`. */}}
{{- define "postgres-init.host" -}}
{{- $host := .Values.server.host | default ((.Values.global).postgresql).host -}}
{{- tpl (required "no server: set `global.postgresql.host` or `server.host`" $host) . -}}
{{- end -}}

{{- define "postgres-init.port" -}}
{{- .Values.server.port | default ((.Values.global).postgresql).port | default 5432 | int -}}
{{- end -}}

{{- define "postgres-init.adminSecret" -}}
{{- $name := .Values.server.adminSecret.name | default (((.Values.global).postgresql).adminSecret).name -}}
{{- tpl (required "no administrator: set `global.postgresql.adminSecret.name` or `server.adminSecret.name`" $name) . -}}
{{- end -}}

{{/* A key of that Secret: (dict "root" $ "key" "passwordKey"). */}}
{{- define "postgres-init.adminKey" -}}
{{- get .root.Values.server.adminSecret .key | default (get (((.root.Values.global).postgresql).adminSecret | default dict) .key) | default (trimSuffix "Key" .key) -}}
{{- end -}}

{{/* All roles by their keys, as JSON: those of `roles`, and the owners of databases. */}}
{{- define "postgres-init.roles" -}}
{{- $roles := dict -}}
{{- range $key, $database := .Values.databases -}}
{{- $_ := set $roles ($database.owner | default $key) dict -}}
{{- end -}}
{{- range $key, $role := .Values.roles -}}
{{- $_ := set $roles $key $role -}}
{{- end -}}
{{- toJson $roles -}}
{{- end -}}

{{/* The name of a role: (dict "root" $ "roles" ROLES "key" KEY). What is no key of a role is a name. */}}
{{- define "postgres-init.roleName" -}}
{{- $role := get .roles .key | default dict -}}
{{- tpl ($role.name | default .key) .root -}}
{{- end -}}

{{/* What the Job works on, as JSON; files/run.sh and the SQL beside it read it. */}}
{{- define "postgres-init.plan" -}}
{{- $roles := include "postgres-init.roles" . | fromJson -}}
{{- $databases := list -}}
{{- $loginDatabases := dict -}}
{{- $names := list -}}
{{- range $key, $database := .Values.databases -}}
{{- $name := tpl ($database.name | default $key) $ -}}
{{- if has $name $names -}}{{- fail (printf "two databases are called %s" $name) -}}{{- end -}}
{{- $names = append $names $name -}}
{{- $owner := $database.owner | default $key -}}
{{- $_ := set $loginDatabases $owner $name -}}
{{- $readers := list -}}
{{- range $database.readers -}}
{{- $readers = append $readers (include "postgres-init.roleName" (dict "root" $ "roles" $roles "key" .)) -}}
{{- if not (hasKey $loginDatabases .) -}}{{- $_ := set $loginDatabases . $name -}}{{- end -}}
{{- end -}}
{{- $isolated := true -}}
{{- if hasKey $database "isolated" -}}{{- $isolated = $database.isolated -}}{{- end -}}
{{- $databases = append $databases (dict "name" $name "owner" (include "postgres-init.roleName" (dict "root" $ "roles" $roles "key" $owner)) "extensions" ($database.extensions | default list) "readers" $readers "publications" ($database.publications | default list) "isolated" $isolated) -}}
{{- end -}}
{{- $all := list -}}
{{- $names = list -}}
{{- range $key, $role := $roles -}}
{{- $name := include "postgres-init.roleName" (dict "root" $ "roles" $roles "key" $key) -}}
{{- if has $name $names -}}{{- fail (printf "two roles are called %s" $name) -}}{{- end -}}
{{- $names = append $names $name -}}
{{- $login := true -}}
{{- if hasKey $role "login" -}}{{- $login = $role.login -}}{{- end -}}
{{- $limit := -1 -}}
{{- if hasKey $role "connectionLimit" -}}{{- $limit = int $role.connectionLimit -}}{{- end -}}
{{- $groups := list -}}
{{- range $role.memberOf -}}
{{- $groups = append $groups (include "postgres-init.roleName" (dict "root" $ "roles" $roles "key" .)) -}}
{{- end -}}
{{- $all = append $all (dict "key" $key "name" $name "login" $login "replication" ($role.replication | default false) "connectionLimit" $limit "memberOf" $groups "loginDatabase" (get $loginDatabases $key | default $.Values.server.database)) -}}
{{- end -}}
{{- dict "roles" $all "databases" $databases | toPrettyJson -}}
{{- end -}}

{{/* The Secrets with the passwords of roles that log in, as JSON: [{key, name, secret, usernameKey, passwordKey, create}]. */}}
{{- define "postgres-init.secrets" -}}
{{- $secrets := list -}}
{{- $roles := include "postgres-init.roles" . | fromJson -}}
{{- range $key, $role := $roles -}}
{{- if not (and (hasKey $role "login") (not $role.login)) -}}
{{- $secret := $role.secret | default dict -}}
{{- $create := true -}}
{{- if hasKey $secret "create" -}}{{- $create = $secret.create -}}{{- end -}}
{{- $name := tpl ($secret.name | default (printf "%s-%s" (include "openg2p.fullname" $) ($key | replace "_" "-"))) $ -}}
{{- $secrets = append $secrets (dict "key" $key "name" (include "postgres-init.roleName" (dict "root" $ "roles" $roles "key" $key)) "secret" $name "usernameKey" ($secret.usernameKey | default "username") "passwordKey" ($secret.passwordKey | default "password") "create" $create) -}}
{{- end -}}
{{- end -}}
{{- toJson $secrets -}}
{{- end -}}

{{/* All files that the Job reads, as JSON: the plan, and what lies in files/. */}}
{{- define "postgres-init.files" -}}
{{- $files := dict "plan.json" (include "postgres-init.plan" .) }}
{{- range $path, $_ := .Files.Glob "files/*" }}
{{- $_ := set $files (base $path) ($.Files.Get $path) }}
{{- end -}}
{{- toJson $files }}
{{- end -}}
