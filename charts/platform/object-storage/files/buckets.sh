#!/bin/sh
# Makes the buckets of buckets.tsv by signed S3 requests: name, versioning (yes or -), reading (public or -), days until objects expire (or 0).
# What is already so is not written again; nothing is deleted or taken back.
set -eu

: "${BUCKETS:=/etc/openg2p/buckets/buckets.tsv}"
: "${ENDPOINT:?}"
: "${REGION:=us-east-1}"
: "${ACCESS_KEY:?}"
: "${SECRET_KEY:?}"
: "${WAIT_SECONDS:=600}"
work=$(mktemp -d)
tab=$(printf '\t')
escaped() { printf '%s' "$1" | sed 's/[\\"]/\\&/g'; }
login="$(escaped "$ACCESS_KEY"):$(escaped "$SECRET_KEY")"

# request METHOD PATH [FILE [HEADER]]: leaves the answer in $work/answer and the status in $status. The keys stand in no list of processes.
request() {
  set -- "$1" "$2" "${3:-}" "${4:-}"
  {
    printf 'silent\nshow-error\nmax-time = 60\n'
    printf 'aws-sigv4 = "aws:amz:%s:s3"\nuser = "%s"\n' "$REGION" "$login"
    printf 'output = "%s/answer"\nwrite-out = "%%{http_code}"\n' "$work"
    if [ "$1" = HEAD ]; then printf 'head\n'; else printf 'request = "%s"\n' "$1"; fi
    if [ -n "$3" ]; then printf 'data-binary = "@%s"\nheader = "Content-Type: application/xml"\n' "$3"; fi
    if [ -n "$4" ]; then printf 'header = "%s"\n' "$4"; fi
    printf 'url = "%s/%s"\n' "${ENDPOINT%/}" "$2"
  } > "$work/request"
  status=$(curl --config "$work/request") || status=000
  rm -f "$work/request"
}

refused() {
  echo "$1: the server answers $status" >&2
  if [ -s "$work/answer" ]; then sed -n 's/.*<Code>\([^<]*\)<\/Code>.*/\1/p' "$work/answer" >&2; fi
  exit 1
}

md5() { printf 'Content-MD5: %s' "$(md5sum "$1" | cut -d ' ' -f 1 | xxd -r -p | base64)"; }

waited=0
while :; do
  request GET ""
  case "$status" in
    000 | 5??)
      if [ "$waited" -ge "$WAIT_SECONDS" ]; then refused "$ENDPOINT"; fi
      sleep 5
      waited=$((waited + 5)) ;;
    *) break ;;
  esac
done

while IFS="$tab" read -r name versioning reading days; do
  [ -n "$name" ] || continue
  request HEAD "$name"
  case "$status" in
    200) echo "$name: there" ;;
    404)
      if [ "$REGION" = us-east-1 ]; then
        request PUT "$name"
      else
        printf '<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>%s</LocationConstraint></CreateBucketConfiguration>' "$REGION" > "$work/body"
        request PUT "$name" "$work/body"
      fi
      case "$status" in 2??) echo "$name: made" ;; *) refused "$name" ;; esac ;;
    *) refused "$name" ;;
  esac

  if [ "$versioning" = yes ]; then
    request GET "$name?versioning="
    if ! grep -q '<Status>Enabled</Status>' "$work/answer"; then
      printf '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>' > "$work/body"
      request PUT "$name?versioning=" "$work/body" "$(md5 "$work/body")"
      case "$status" in 2??) echo "$name: keeps versions" ;; *) refused "$name: versioning" ;; esac
    fi
  fi

  if [ "$reading" = public ]; then
    request GET "$name?policy="
    if ! { [ "$status" = 200 ] && grep -q 's3:GetObject' "$work/answer" && grep -q "arn:aws:s3:::$name/\\*" "$work/answer"; }; then
      printf '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["*"]},"Action":["s3:GetObject"],"Resource":["arn:aws:s3:::%s/*"]}]}' "$name" > "$work/body"
      request PUT "$name?policy=" "$work/body" "$(md5 "$work/body")"
      case "$status" in 2??) echo "$name: objects may be read by everybody" ;; *) refused "$name: policy" ;; esac
    fi
  fi

  if [ "${days:-0}" -gt 0 ]; then
    request GET "$name?lifecycle="
    if ! { [ "$status" = 200 ] && grep -q "<Days>$days</Days>" "$work/answer"; }; then
      printf '<LifecycleConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Rule><ID>openg2p-expire</ID><Status>Enabled</Status><Filter><Prefix></Prefix></Filter><Expiration><Days>%s</Days></Expiration></Rule></LifecycleConfiguration>' "$days" > "$work/body"
      request PUT "$name?lifecycle=" "$work/body" "$(md5 "$work/body")"
      case "$status" in 2??) echo "$name: objects expire after $days days" ;; *) refused "$name: lifecycle" ;; esac
    fi
  fi
done < "$BUCKETS"
rm -rf "$work"
