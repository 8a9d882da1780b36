{{/* Hosts of the portals. */}}
{{- define "pbms.selfServiceHost" -}}
{{- include "pbms.host" (dict "root" . "route" .Values.selfService.route "first" "selfservice") -}}
{{- end -}}

{{- define "pbms.serviceProviderHost" -}}
{{- include "pbms.host" (dict "root" . "route" .Values.serviceProvider.route "first" "serviceprovider") -}}
{{- end -}}

{{- define "pbms.portalHost" -}}
{{- include "pbms.host" (dict "root" . "route" .Values.beneficiaryPortal.route "first" "beneficiary") -}}
{{- end -}}

{{/* The host of a route: (dict "root" $ "route" ROUTE "first" FIRST-PART). */}}
{{- define "pbms.host" -}}
{{- with tpl .route.host .root -}}
{{- . -}}
{{- else -}}
{{- printf "%s.%s" .first (.root.Values.global.baseDomain | required "a route without host needs global.baseDomain") -}}
{{- end -}}
{{- end -}}

{{/*
The route of a portal that Odoo shows under a path: (dict "root" $ "name" NAME "route" ROUTE "host" HOST "path" PATH "other" OTHER-PATH "otherHost" ITS-HOST).
Pages of the staff lead to the portal, and the other portal's path to its host.
*/}}
{{- define "pbms.portalRoute" -}}
{{- $paths := list -}}
{{- range list (dict "exact" "/") (dict "exact" "/my") (dict "prefix" "/my/") (dict "exact" "/web") (dict "exact" "/web/login") (dict "exact" "/web/database/selector") -}}
{{- $paths = append $paths (merge (dict "redirect" $.path) .) -}}
{{- end -}}
{{- with .otherHost -}}
{{- $paths = append $paths (dict "prefix" $.other "redirectHost" .) -}}
{{- end -}}
{{- if gt (int .root.Values.odoo.workers) 0 -}}
{{- $paths = append $paths (dict "prefix" "/websocket" "component" "odoo" "port" 8072) -}}
{{- end -}}
{{- $paths = append $paths (dict "prefix" "/" "component" "odoo" "port" 80) -}}
{{- $route := merge (dict "host" .host "paths" $paths) .route -}}
{{- include "openg2p.routeOf" (dict "root" .root "name" .name "route" $route) -}}
{{- end -}}
