#!/usr/bin/env bash
# Writes an organisation with many environments of the shipped charts, and measures what `env check`, `env values` and
# `bundle build` take: seconds, and the most memory.
#
#   benches/many_environments.sh PROGRAM [ENVIRONMENTS]
set -euo pipefail
program=$(realpath "$1")
count=${2:-200}
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/environments"

names= addresses=
for ((number = 1; number <= count; number++)); do
  address=172.$((20 + number / 250)).0.$((number % 250 + 1))
  names+=", trial-$number"
  addresses+=", $address"
  sed -e "s/^namespace: .*/namespace: trial-$number/" -e "s/^domain: .*/domain: trial-$number.example.org/" \
    -e "s/listen: .*/listen: $address/" \
    "$here/values/examples/environments/sandbox.yaml" >"$work/environments/trial-$number.yaml"
done
sed -e "s/reaches: \[.*/reaches: [rancher, keycloak, nodes$names]/" -e '/^    environments: /d' \
  -e "s/cpu: 16, memory: 64Gi/cpu: 1024, memory: 8192Gi/" -e "s/virtualAddresses: \[\(.*\)\]/virtualAddresses: [\1$addresses]/" "$here/values/examples/organisation.yaml" >"$work/organisation.yaml"

cd "$work"
measure() {
  local name=$1
  shift
  command time -f '%e s (%U s of processors), %M KiB' -o "$work/time" "$@" >"$work/out" 2>"$work/err" || { head -n 20 "$work/err" >&2; exit 1; }
  printf '%-14s %s  (%s)\n' "$name" "$(<"$work/time")" "$(tail -1 "$work/out" | cut -c1-100)"
}
measure 'env check' "$program" env check
measure 'env values' "$program" env values --out "$work/values"
measure 'bundle build' "$program" bundle build --organisation organisation.yaml environments/*.yaml --out "$work/bundle"
