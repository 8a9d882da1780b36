//! The script of a machine.

use super::Setup;

pub(super) fn text(setup: &Setup) -> String {
    let mut text = head(&setup.about);
    text.push_str(FUNCTIONS);
    text.push_str("\n# Packages.\n");
    text.push_str(&format!("packages {}\n", setup.packages.join(" ")));
    text.push_str("\n# Files.\n");
    for (path, (_, mode)) in &setup.files {
        text.push_str(&format!("put {mode} {path}\n"));
    }
    for step in &setup.steps {
        text.push_str(&format!("\n# {}.\nstep_{}() {{\n", step.about, step.name));
        text.extend(step.lines.iter().map(|line| format!("  {line}\n")));
        text.push_str(&format!("}}\nstep {} step_{}\n", step.name, step.name));
    }
    text.push_str("\nsay \"all done\"\n");
    text
}

fn head(about: &str) -> String {
    format!(
        r#"#!/usr/bin/env bash
# Sets up {about}.
#
#   install.sh [--dry-run] [--force]
#
# Run it as root, again and again: what is as it should be is left alone, and after a failure it goes on where it
# stopped. --dry-run says what would be done and changes nothing; --force does steps again that are done.
"#
    )
}

/// `ROOT` stands before all paths, so that a test can look at what would lie where.
const FUNCTIONS: &str = r#"set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=${ROOT:-}
marks=$root/var/lib/openg2p/steps
dry=
force=
for word in "$@"; do
  case $word in
    --dry-run) dry=1 ;;
    --force) force=1 ;;
    *) echo "unknown option $word; see the head of $0" >&2; exit 2 ;;
  esac
done

say() { printf '%s\n' "$*"; }

run() {
  if [ -n "$dry" ]; then say "would run: $*"; else "$@"; fi
}

packages() {
  local missing=() name
  for name in "$@"; do
    dpkg-query --show --showformat='${db:Status-Status}\n' "$name" 2>/dev/null | grep -qx installed || missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "packages: ${missing[*]}"
  run env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet "${missing[@]}"
}

# Puts a file in its place, whole or not at all.
put() {
  local mode=$1 path=$2
  if cmp --silent "$here/files$path" "$root$path"; then return 0; fi
  say "file: $path"
  [ -z "$dry" ] || return 0
  install -d "$(dirname "$root$path")"
  install -m "$mode" "$here/files$path" "$root$path.new"
  mv "$root$path.new" "$root$path"
}

# Runs a step that is not done, or whose files or commands changed since.
step() {
  local name=$1 mark
  mark=$( { declare -f "$2"; find "$here/files" -type f -exec sha256sum {} + | sed "s|$here||" | sort; } | sha256sum)
  if [ -z "$force" ] && [ "$(cat "$marks/$name" 2>/dev/null)" = "$mark" ]; then
    say "done: $name"
    return 0
  fi
  say "step: $name"
  "$2"
  [ -z "$dry" ] || return 0
  install -d "$marks"
  printf '%s\n' "$mark" >"$marks/$name"
}

# shellcheck disable=SC2329 # not every machine has every step
need_file() {
  [ -s "$root$1" ] && return 0
  if [ -n "$dry" ]; then say "would need: $1"; return 0; fi
  echo "$1 is not there yet: bring it here, then run this again" >&2
  exit 75
}

# The interface that has an address of this machine.
# shellcheck disable=SC2329
interface_of() {
  local interface
  interface=$(ip -o -4 address show to "$1/32" 2>/dev/null | awk '{ print $2; exit }')
  if [ -n "$dry" ]; then say "would write $2: interface ${interface:-with $1}"; return 0; fi
  [ -n "$interface" ] || { echo "no interface of this machine has the address $1" >&2; exit 1; }
  install -d "$(dirname "$root$2")"
  printf 'interface %s\n' "$interface" >"$root$2"
}

# shellcheck disable=SC2329
make_key() {
  [ -s "$root$1" ] && return 0
  if [ -n "$dry" ]; then say "would make the key $1"; return 0; fi
  (umask 077 && wg genkey >"$root$1")
  say "public key of $1: $(wg pubkey <"$root$1")"
}

# shellcheck disable=SC2329
make_token() {
  [ -s "$root$1" ] && return 0
  if [ -n "$dry" ]; then say "would make the token $1"; return 0; fi
  install -d "$(dirname "$root$1")"
  (umask 077 && head -c 32 /dev/urandom | sha256sum | cut -d ' ' -f 1 >"$root$1")
  say "token: bring $1 to the other nodes of the cluster"
}

# shellcheck disable=SC2329
install_rke2() {
  if command -v rke2 >/dev/null && { [ -z "$2" ] || rke2 --version | grep -qF "$2"; }; then return 0; fi
  if [ -n "$dry" ]; then say "would install RKE2 $2 ($1)"; return 0; fi
  curl --fail --silent --show-error --location https://get.rke2.io --output /tmp/rke2-install.sh
  INSTALL_RKE2_TYPE=$1 INSTALL_RKE2_VERSION=$2 sh /tmp/rke2-install.sh
}
"#;
