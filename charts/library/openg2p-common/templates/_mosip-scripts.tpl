{{/*
How MOSIP's services start: as `startup.sh PROGRAM.jar [PART...]`, in their images, with the variables that those know.
*/}}
{{- define "openg2p.mosipStart" -}}
#!/bin/bash
# start.sh PROGRAM.jar [PART...]: fetches the named parts from the artifacts server, collects the property files and becomes Java.
set -euo pipefail

program=$1
shift
work=/work
mkdir -p "$work/jars"
cd "$work"
options=()

fetch() {
  echo "fetching $1"
  curl --fail --silent --show-error --location --retry 60 --retry-delay 10 --retry-all-errors --connect-timeout 10 --output "$2" "$1"
}

for part in "$@"; do
  case $part in
    adapter)
      fetch "$iam_adapter_url_env" jars/kernel-auth-adapter.jar ;;
    wrapper)
      fetch "$esignet_wrapper_url_env" wrapper
      if unzip -tqq wrapper > /dev/null 2>&1 && ! unzip -l wrapper | grep -q 'META-INF/MANIFEST.MF'; then
        unzip -qo wrapper -d jars
      else
        mv wrapper "jars/$(basename "$esignet_wrapper_url_env")"
      fi ;;
    hsm)
      # The client's own installer copies a library and its configuration; both places are writable here, so that it needs no rights.
      fetch "${artifactory_url_env%/}/${zip_file_path#/}" hsm-client.zip
      rm -rf hsm-client
      unzip -qo hsm-client.zip -d hsm-client
      installer=$(find hsm-client -name install.sh | head -n 1)
      [ -n "$installer" ] || { echo "$zip_file_path holds no install.sh" >&2; exit 1; }
      (cd "$(dirname "$installer")" && bash ./install.sh) ;;
    glowroot)
      fetch "${artifactory_url_env%/}/artifactory/libs-release-local/io/mosip/testing/glowroot.zip" glowroot.zip
      unzip -qo glowroot.zip
      sed -i "s/<service_name>/$(basename "$program" .jar)/g" glowroot/glowroot.properties
      options+=("-javaagent:$work/glowroot/glowroot.jar") ;;
    *)
      echo "unknown part: $part" >&2
      exit 1 ;;
  esac
done

properties=/home/mosip/springConfig
if [ "$SPRING_CONFIG_GIT_ENABLED" = true ]; then
  rm -rf springConfig
  git clone --quiet --depth 1 --branch "$SPRING_CONFIG_GIT_BRANCH" "$SPRING_CONFIG_GIT_REPO" springConfig
  properties=$work/springConfig
fi
locations=classpath:/bootstrap.properties
IFS=, read -ra names <<< "$SPRING_CONFIG_NAMES"
for name in "${names[@]}"; do
  file=$properties/$name${SPRING_CONFIG_PROFILE:+-$SPRING_CONFIG_PROFILE}.properties
  if [ -f "$file" ]; then
    locations+=,file:$file
  else
    echo "there is no $file" >&2
  fi
done
if [ -f /etc/openg2p/overrides/overrides.properties ]; then
  locations+=,file:/etc/openg2p/overrides/overrides.properties
fi

options+=("-Dspring.config.location=$locations" "-Dspring.profiles.active=$SPRING_CONFIG_PROFILE")
options+=(-Dspring.cloud.config.enabled=false -Dspring.cloud.bootstrap.enabled=false)
options+=("-Dloader.path=${loader_path_env:+$loader_path_env,}$work/jars/")
exec java "${options[@]}" -jar "$program"
{{ end -}}
{{/* How the tables of MOSIP's services are made, from /etc/openg2p/schema/schema.sql, in an image with psql. */}}
{{- define "openg2p.mosipSchema" -}}
# Makes what is missing of the tables; running it again changes nothing.
until pg_isready --quiet --timeout=5; do
  echo "waiting for $PGHOST:$PGPORT"
  sleep 3
done
psql --no-psqlrc --quiet --single-transaction --set=ON_ERROR_STOP=1 --set=policies="$KEY_POLICIES" --file=/etc/openg2p/schema/schema.sql
echo "the tables are there"
{{ end -}}
