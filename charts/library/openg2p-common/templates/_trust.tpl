{{/* The CA bundle of `global.caBundle`: a ConfigMap with certificates in PEM, mounted at /etc/openg2p/trust. */}}

{{/* Variables that make a kind of program read the bundle, as JSON. The kind is "java", "node", "python", "openssl" or empty. */}}
{{- define "openg2p.trustEnv" -}}
{{- $file := "/etc/openg2p/trust/ca.crt" -}}
{{- if eq . "java" -}}
{{- dict "JAVA_TOOL_OPTIONS" "-Djavax.net.ssl.trustStore=/etc/openg2p/truststore/cacerts -Djavax.net.ssl.trustStorePassword=changeit" | toJson -}}
{{- else if eq . "node" -}}
{{- dict "NODE_EXTRA_CA_CERTS" $file | toJson -}}
{{- else if eq . "python" -}}
{{- dict "SSL_CERT_FILE" $file "REQUESTS_CA_BUNDLE" $file | toJson -}}
{{- else if eq . "openssl" -}}
{{- dict "SSL_CERT_FILE" $file "CURL_CA_BUNDLE" $file | toJson -}}
{{- else -}}
{}
{{- end -}}
{{- end -}}

{{/* The volumes of the bundle, in the notation of descriptions, as JSON: (dict "root" $ "description" DESCRIPTION). */}}
{{- define "openg2p.trustVolumes" -}}
{{- $bundle := ((.root.Values.global).caBundle) | default dict -}}
{{- $volumes := dict -}}
{{- if and $bundle.configMap .description.trust -}}
{{- $items := list (dict "key" ($bundle.key | default "ca.crt") "path" "ca.crt") -}}
{{- $_ := set $volumes "trust" (dict "configMap" $bundle.configMap "items" $items "mount" "/etc/openg2p/trust" "readOnly" true) -}}
{{- if eq .description.trust "java" -}}
{{- $_ := set $volumes "truststore" (dict "emptyDir" dict "mount" "/etc/openg2p/truststore") -}}
{{- end -}}
{{- end -}}
{{- toJson $volumes -}}
{{- end -}}

{{/* Java reads no PEM: an init container of the same image adds each certificate to a copy of the image's own trust store. */}}
{{- define "openg2p.javaTrust" -}}
name: trust
image:
  {{- toYaml .image | nindent 2 }}
command:
  - /bin/sh
  - -ec
  - |
    home="${JAVA_HOME:-}"
    [ -n "$home" ] || home="$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")"
    cp "$home/lib/security/cacerts" /etc/openg2p/truststore/cacerts
    chmod u+w /etc/openg2p/truststore/cacerts
    number=0
    certificate=""
    while IFS= read -r line || [ -n "$line" ]; do
      certificate="$certificate$line
    "
      case "$line" in
        *"END CERTIFICATE"*)
          number=$((number + 1))
          printf '%s' "$certificate" | "$home/bin/keytool" -importcert -noprompt -trustcacerts -storepass changeit \
            -keystore /etc/openg2p/truststore/cacerts -alias "openg2p-$number"
          certificate="" ;;
      esac
    done < /etc/openg2p/trust/ca.crt
    echo "added $number certificates"
mounts:
  trust: {path: /etc/openg2p/trust, readOnly: true}
  truststore: /etc/openg2p/truststore
{{- end -}}
