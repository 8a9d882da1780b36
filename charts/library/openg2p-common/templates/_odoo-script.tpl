{{/*
How Odoo is started, in any image that has bash, psql and Odoo's program: `initialise` (the Job), `wait` (before a server starts) and `serve`.
The settings come from the variables of the pod and from odoo.conf beside this script, which wins; passwords reach only a file in memory.
*/}}
{{- define "openg2p.odooScript" -}}
#!/usr/bin/env bash
set -euo pipefail
here=/opt/openg2p/odoo
conf=/run/odoo/odoo.conf
export PGHOST="$ODOO_DATABASE_HOST" PGPORT="$ODOO_DATABASE_PORT_NUMBER" PGUSER="$ODOO_DATABASE_USER" PGDATABASE="$ODOO_DATABASE_NAME"
export PGPASSWORD="$ODOO_DATABASE_PASSWORD" PGSSLMODE="$ODOO_DATABASE_SSLMODE" PGCONNECT_TIMEOUT=5

query() {
  psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 --command "$1"
}

has_table() {
  [ "$(query "select to_regclass('public.$1') is not null")" = t ]
}

# What the last initialisation left behind, if there was one.
mark() {
  if has_table ir_config_parameter; then
    query "select value from ir_config_parameter where key = 'openg2p.initialisation'"
  fi
}

# Add-ons of the image, of the site's volume, and fetched ones: each folder that holds add-ons.
addons_path() {
  local folder path=""
  for folder in /opt/bitnami/odoo/addons /opt/bitnami/odoo/extraaddons/*/ /opt/odoo/extraaddons/*/ /opt/openg2p/addons /opt/openg2p/addons/*/ /opt/openg2p/fetched/*/; do
    if compgen -G "${folder%/}/*/__manifest__.py" > /dev/null; then
      path="$path,${folder%/}"
    fi
  done
  echo "${path#,}"
}

# git://BRANCH//https://HOST/REPOSITORY, separated by commas.
fetch_addons() {
  local IFS=, one rest address folder
  for one in ${EXTRA_ADDONS_URLS_TO_PULL:-}; do
    rest="${one#git://}"
    address="${rest#*//}"
    folder="/opt/openg2p/fetched/$(basename "$address" .git)"
    if [ ! -d "$folder" ]; then
      git clone --quiet --depth 1 --branch "${rest%%//*}" "$address" "$folder"
    fi
  done
}

# One line of the configuration, unless odoo.conf of the chart's values has it or there is nothing to say.
option() {
  if [ -n "$2" ] && ! grep -q "^$1 = " "$here/odoo.conf"; then
    printf '%s = %s\n' "$1" "$2"
  fi
}

configure() {
  umask 077
  fetch_addons
  {
    cat "$here/odoo.conf"
    option addons_path "$(addons_path)"
    option data_dir "$ODOO_DATA_DIR"
    option http_port 8069
    option gevent_port 8072
    option proxy_mode True
    option workers "$ODOO_WORKERS"
    option max_cron_threads "$ODOO_MAX_CRON_THREADS"
    option server_wide_modules "$SERVER_WIDE_MODULES"
    option limit_time_real "$LIMIT_TIME_REAL"
    option db_host "$ODOO_DATABASE_HOST"
    option db_port "$ODOO_DATABASE_PORT_NUMBER"
    option db_name "$ODOO_DATABASE_NAME"
    option db_user "$ODOO_DATABASE_USER"
    option db_sslmode "$ODOO_DATABASE_SSLMODE"
    option dbfilter "$ODOO_DATABASE_FILTER"
    option list_db "$LIST_DB"
    option admin_passwd "$ODOO_PASSWORD"
    option email_from "$ODOO_EMAIL"
    option smtp_server "$OPENG2P_SMTP_HOST"
    option smtp_port "$OPENG2P_SMTP_PORT"
    option log_handler "$LOG_HANDLER"
    option log_db "$LOG_DB"
  } > "$conf"
  umask 022
}

run() {
  odoo --config "$conf" --no-http --workers 0 --max-cron-threads 0 --stop-after-init "$@"
}

# Modules that are wanted, but not installed.
missing_modules() {
  query "select coalesce(string_agg(name, ','), '') from unnest(string_to_array('$ODOO_BOOTSTRAP_MODULES', ',')) as name
    where name not in (select m.name from ir_module_module m where m.state = 'installed')"
}

# Leaves the mark; the administrator's login is set as long as the password is the one that every new database has.
finish() {
  odoo shell --config "$conf" --no-http <<'PYTHON'
import os
admin = env.ref("base.user_admin")
env.cr.execute("SELECT coalesce(password, '') FROM res_users WHERE id = %s", [admin.id])
known = env.cr.fetchone()[0]
if known and admin._crypt_context().verify("admin", known):
    admin.write({"login": os.environ["ODOO_EMAIL"], "password": os.environ["ODOO_PASSWORD"]})
    print("set login and password of the administrator")
env["ir.config_parameter"].sudo().set_param("openg2p.initialisation", os.environ["OPENG2P_INITIALISATION"])
env.cr.commit()
PYTHON
  [ "$(mark)" = "$OPENG2P_INITIALISATION" ]
}

initialise() {
  until query "select 1" > /dev/null; do
    echo "waiting for the database $PGDATABASE at $PGHOST:$PGPORT"
    sleep 5
  done
  if [ "$(mark)" = "$OPENG2P_INITIALISATION" ]; then
    echo "the database is as it is wanted: nothing to do"
    return
  fi
  configure
  local modules="$ODOO_BOOTSTRAP_MODULES" demo=(--without-demo=all)
  if [ "$ODOO_LOAD_DEMO_DATA" = yes ]; then
    demo=()
  fi
  if [ "$ODOO_SKIP_BOOTSTRAP" = yes ]; then
    modules=""
  elif has_table ir_module_module; then
    modules="$(missing_modules)"
  fi
  if [ -n "$modules" ]; then
    echo "installing $modules"
    run --init "$modules" "${demo[@]}"
  fi
  if [ "$ODOO_SKIP_MODULES_UPDATE" = no ]; then
    echo "updating $ODOO_UPDATE_MODULES"
    run --update "$ODOO_UPDATE_MODULES"
  fi
  finish
  echo "the database is initialised"
}

case "$1" in
  initialise) initialise ;;
  wait)
    until [ "$(mark || true)" = "$OPENG2P_INITIALISATION" ]; do
      echo "waiting for the initialisation of the database $PGDATABASE at $PGHOST:$PGPORT"
      sleep 5
    done ;;
  serve)
    configure
    exec odoo --config "$conf" ;;
esac
{{ end -}}
