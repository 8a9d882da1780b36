{{/* Keycloak's address. */}}
{{- define "keycloak-init.url" -}}
{{- $url := .Values.keycloak.url | default .Values.global.keycloak.internalUrl | default .Values.global.keycloak.url -}}
{{- required "keycloak.url is missing, and so are global.keycloak.internalUrl and global.keycloak.url" (tpl $url .) | trimSuffix "/" -}}
{{- end -}}

{{/* The file of a secret below the directory of secrets: (list REALM KIND ID). Ids may be anything, such as addresses. */}}
{{- define "keycloak-init.file" -}}
{{- $id := index . 2 -}}
{{- $plain := regexReplaceAll "[^A-Za-z0-9._-]" $id "_" -}}
{{- if ne $plain $id -}}
{{- $plain = printf "%s-%s" $plain (sha256sum $id | trunc 8) -}}
{{- end -}}
{{- printf "%s/%s/%s" (index . 0) (index . 1) $plain -}}
{{- end -}}

{{/*
What is to be done, as JSON:
  realms    the entries for the program, with files in the place of secrets
  files     the files: a list of {secret, key, path}
  create    Secrets that are made if they are not there, as the library takes them
  given     Secrets that have to be there: names to keys
  clients   clients with secrets: a list of {realm, id, secret}
*/}}
{{- define "keycloak-init.plan" -}}
{{- $root := . -}}
{{- $plan := dict "realms" list "files" list "create" dict "given" dict "clients" list -}}
{{- range $key, $values := .Values.realms -}}
{{- $realm := tpl (toYaml $values) $root | fromYaml -}}
{{- if $realm.Error -}}{{- fail (printf "realms.%s is no YAML once its templates are executed: %s" $key $realm.Error) -}}{{- end -}}
{{- $name := $realm.name | default $key -}}
{{- $clients := dict -}}
{{- range $id, $client := $realm.clients -}}
{{- $secret := $client.secret | default dict -}}
{{- if or $secret.name (has ($client.type | default "confidential") (list "confidential" "service")) -}}
{{- $file := include "keycloak-init.file" (list $name "clients" $id) -}}
{{- $secretName := $secret.name | default $id -}}
{{- if not (regexMatch "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$" $secretName) -}}
{{- fail (printf "realms.%s.clients.%s.secret.name is missing: the id of the client cannot be the name of a Secret" $key $id) -}}
{{- end -}}
{{- include "keycloak-init.secret" (dict "plan" $plan "name" $secretName "key" ($secret.key | default "client_secret") "path" $file "secret" $secret "length" 32) -}}
{{- $_ := set $plan "clients" (append $plan.clients (dict "realm" $name "id" $id "secret" $secretName)) -}}
{{- $client = merge (dict "secret" $file) (omit $client "secret") -}}
{{- end -}}
{{- $_ := set $clients $id $client -}}
{{- end -}}
{{- $users := dict -}}
{{- range $id, $user := $realm.users -}}
{{- with $user.password -}}
{{- $file := include "keycloak-init.file" (list $name "users" $id) -}}
{{- include "keycloak-init.secret" (dict "plan" $plan "name" .name "key" (.key | default "password") "path" $file "secret" . "length" 20) -}}
{{- $password := dict "file" $file "temporary" (ne (toString .temporary) "false") -}}
{{- $user = merge (dict "password" $password) (omit $user "password") -}}
{{- end -}}
{{- $_ := set $users $id $user -}}
{{- end -}}
{{- $smtp := $realm.smtp | default dict -}}
{{- if $smtp -}}
{{- $mail := $root.Values.global.mail -}}
{{- $smtp = merge (omit $smtp "secret") (dict "host" $mail.host "port" $mail.port "from" $mail.from) -}}
{{- if not (and $smtp.host $smtp.from) -}}
{{- fail (printf "realms.%s.smtp needs a host and a from, or global.mail has to have them" $key) -}}
{{- end -}}
{{- with $realm.smtp.secret -}}
{{- $file := include "keycloak-init.file" (list $name "mail" "password") -}}
{{- include "keycloak-init.secret" (dict "plan" $plan "name" .name "key" (.key | default "password") "path" $file "secret" (dict "create" false)) -}}
{{- $smtp = merge (dict "passwordFile" $file "passwordVersion" ($root.Values.runAgain | default "1")) $smtp -}}
{{- end -}}
{{- end -}}
{{- $parts := dict "name" $name "clients" $clients "users" $users "smtp" $smtp -}}
{{- $_ := set $plan "realms" (append $plan.realms (merge $parts (omit $realm "name" "clients" "users" "smtp"))) -}}
{{- end -}}
{{- if $plan.realms -}}
{{- $account := .Values.keycloak -}}
{{- $shared := .Values.global.keycloak.adminSecret -}}
{{- $secret := ternary $account.secret $shared (not (empty $account.secret.name)) -}}
{{- $name := required "keycloak.secret.name is missing, and so is global.keycloak.adminSecret.name: the account that may change Keycloak" (tpl ($secret.name | default "") $root) -}}
{{- if eq $account.grant "password" -}}
{{- include "keycloak-init.secret" (dict "plan" $plan "name" $name "key" $secret.usernameKey "path" "account/username" "secret" (dict "create" false)) -}}
{{- end -}}
{{- include "keycloak-init.secret" (dict "plan" $plan "name" $name "key" $secret.passwordKey "path" "account/password" "secret" (dict "create" false)) -}}
{{- end -}}
{{- toJson $plan -}}
{{- end -}}

{{/* Notes a secret in the plan: (dict "plan" PLAN "name" NAME "key" KEY "path" FILE "secret" ENTRY "length" NUMBER). */}}
{{- define "keycloak-init.secret" -}}
{{- $_ := set .plan "files" (append .plan.files (dict "secret" .name "key" .key "path" .path)) -}}
{{- $kind := ternary "given" "create" (eq (toString .secret.create) "false") -}}
{{- $keys := get (get .plan $kind) .name | default dict -}}
{{- $_ := set $keys .key (ternary (dict "length" .length) dict (eq $kind "create")) -}}
{{- $_ := set (get .plan $kind) .name $keys -}}
{{- end -}}

{{/* The data file of the program. */}}
{{- define "keycloak-init.data" -}}
{{- $plan := include "keycloak-init.plan" . | fromJson -}}
{{- $keycloak := .Values.keycloak -}}
{{- $server := dict "url" (include "keycloak-init.url" .) "waitSeconds" (int $keycloak.waitSeconds) "requestSeconds" (int $keycloak.requestSeconds) -}}
{{- $account := dict "realm" $keycloak.loginRealm "grant" $keycloak.grant "clientId" $keycloak.clientId "passwordFile" "account/password" -}}
{{- if eq $keycloak.grant "password" -}}
{{- $_ := set $account "usernameFile" "account/username" -}}
{{- end -}}
{{- dict "server" $server "account" $account "realms" $plan.realms | toPrettyJson -}}
{{- end -}}
