#!/bin/sh
# Makes the policies of retention (Index State Management) of policies.tsv: id, days, priority, patterns with commas between. What is already so is not written again; nothing is deleted.
set -eu

: "${POLICIES:=/etc/openg2p/retention/policies.tsv}"
: "${URL:?}"
: "${USERNAME:?}"
: "${PASSWORD:?}"
: "${WAIT_SECONDS:=900}"
work=$(mktemp -d)
tab=$(printf '\t')
escaped() { printf '%s' "$1" | sed 's/[\\"]/\\&/g'; }

# call METHOD PATH [FILE]: leaves the answer in $work/answer and the status in $status
call() {
  {
    printf 'silent\nmax-time = 30\nuser = "%s:%s"\nrequest = "%s"\n' "$USERNAME" "$(escaped "$PASSWORD")" "$1"
    printf 'output = "%s/answer"\nwrite-out = "%%{http_code}"\nurl = "%s%s"\n' "$work" "${URL%/}" "$2"
    if [ -n "${CACERT:-}" ]; then printf 'cacert = "%s"\n' "$CACERT"; fi
    if [ -n "${3:-}" ]; then printf 'header = "Content-Type: application/json"\ndata-binary = "@%s"\n' "$3"; fi
  } > "$work/request"
  status=$(curl --config "$work/request") || status=000
  rm -f "$work/request"
}

refused() {
  echo "$1: the server answers $status" >&2
  cat "$work/answer" >&2 2> /dev/null || true
  exit 1
}

waited=0
while :; do
  call GET /_plugins/_ism/policies
  [ "$status" != 200 ] || break
  if [ "$waited" -ge "$WAIT_SECONDS" ]; then refused "$URL"; fi
  sleep 5
  waited=$((waited + 5))
done

while IFS="$tab" read -r id days priority patterns; do
  [ -n "$id" ] || continue
  quoted=$(printf '%s' "$patterns" | sed 's/,/","/g')
  sign=$(printf '%s %s %s' "$days" "$priority" "$patterns" | sha256sum | cut -c 1-12)
  printf '{"policy":{"description":"Deletes after %s days (openg2p %s)","default_state":"kept","states":[{"name":"kept","actions":[],"transitions":[{"state_name":"deleted","conditions":{"min_index_age":"%sd"}}]},{"name":"deleted","actions":[{"delete":{}}],"transitions":[]}],"ism_template":[{"index_patterns":["%s"],"priority":%s}]}}' \
    "$days" "$sign" "$days" "$quoted" "$priority" > "$work/policy"
  call GET "/_plugins/_ism/policies/$id"
  case "$status" in
    404)
      call PUT "/_plugins/_ism/policies/$id" "$work/policy"
      case "$status" in 200 | 201) echo "$id: made" ;; *) refused "$id" ;; esac
      # Indices that are there already
      printf '{"policy_id":"%s"}' "$id" > "$work/add"
      call POST "/_plugins/_ism/add/$patterns" "$work/add"
      case "$status" in 200 | 404) ;; *) refused "$id: indices" ;; esac ;;
    200)
      if grep -qF "(openg2p $sign)" "$work/answer"; then
        echo "$id: nothing to do"
        continue
      fi
      number=$(sed -n 's/.*"_seq_no":\([0-9]*\).*/\1/p' "$work/answer")
      term=$(sed -n 's/.*"_primary_term":\([0-9]*\).*/\1/p' "$work/answer")
      call PUT "/_plugins/_ism/policies/$id?if_seq_no=$number&if_primary_term=$term" "$work/policy"
      case "$status" in 200 | 201) echo "$id: changed" ;; *) refused "$id" ;; esac
      printf '{"policy_id":"%s"}' "$id" > "$work/add"
      call POST "/_plugins/_ism/change_policy/$patterns" "$work/add"
      case "$status" in 200 | 404) ;; *) refused "$id: indices" ;; esac ;;
    *) refused "$id" ;;
  esac
done < "$POLICIES"
rm -rf "$work"
