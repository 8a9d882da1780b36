//! The plain script: Helm 3 or 4, one release after the other, resumable.

use super::{Export, secrets, steps};
use crate::bundle::{AnyStep, Bundle, Origin, Release};
use std::fmt::Write;

pub(super) fn export(bundle: &Bundle) -> Export {
    let mut files = vec![
        ("install.sh".to_owned(), install(bundle).into_bytes()),
        ("uninstall.sh".to_owned(), uninstall(bundle).into_bytes()),
    ];
    files.extend(bundle.carried());
    Export { files, notes: Vec::new() }
}

/// What both scripts begin with.
const SETUP: &str = r#"set -euo pipefail
origin=$PWD
cd "$(dirname "$0")"

# HELM names the program, TIMEOUT the longest that one release may take. CONTEXT_NAME is the context of cluster NAME in
# kubectl's configuration (upper case, `_` for `-`); by default it is called as the cluster is. DRY_RUN=1 only tells.
HELM=${HELM:-helm}
TIMEOUT=${TIMEOUT:-20m}

fail() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

context() {
  local variable=CONTEXT_${1^^}
  variable=${variable//-/_}
  printf '%s' "${!variable:-$1}"
}
"#;

const HELM: &str = r#"
command -v "$HELM" >/dev/null || fail "there is no $HELM: install Helm 3 or 4, or name it with HELM"
case $("$HELM" version --short) in
  v3.* | v4.*) ;;
  *) fail "expected Helm 3 or 4, found $("$HELM" version --short)" ;;
esac
"#;

const RELEASE: &str = r#"
# A namespace with its labels.
namespace() {
  local cluster=$1 name=$2 place=(--context "$1")
  shift 2
  [ -z "${DRY_RUN:-}" ] || return 0
  kubectl "${place[@]}" get namespace "$name" >/dev/null 2>&1 || kubectl "${place[@]}" create namespace "$name" >/dev/null
  kubectl "${place[@]}" label --overwrite namespace "$name" "$@" >/dev/null || fail "cannot label namespace $name of $cluster"
}

# A release that stands as this bundle has it is left alone: the description of its last revision says so.
stands() {
  local status
  status=$("$HELM" status "$name" "${place[@]}" --output json 2>/dev/null) || return 1
  [[ $status == *'"description":"'"$state"'"'* && $status == *'"status":"deployed"'* ]]
}

release() {
  local name=$1 chart=$2 cluster=$3 namespace=$4 state="bundle $5" wait=$6 timeout=$7
  shift 7
  local waiting=(--timeout "${timeout/#-/$TIMEOUT}")
  [ "$wait" = no ] || waiting+=(--wait --wait-for-jobs)
  local values=values/$cluster/$namespace/$name.yaml
  local place=(--kube-context "$(context "$cluster")" --namespace "$namespace")
  local inside=(--context "$cluster" --namespace "$namespace") handed
  if stands; then
    printf 'unchanged  %s\n' "$cluster/$namespace/$name"
    secrets=()
    return
  fi
  printf 'install    %s (%s)\n' "$cluster/$namespace/$name" "$chart"
  [ -z "${DRY_RUN:-}" ] || { secrets=(); return 0; }
  hand_over
  secrets=()
  "$HELM" upgrade --install "$name" "$chart" "$@" "${place[@]}" --create-namespace --values "$values" \
    ${handed[@]+"${handed[@]}"} "${waiting[@]}" --description "$state" >/dev/null \
    || fail "$cluster/$namespace/$name failed; mend the cause and run this again, it goes on from here"
}
"#;

const REMOVAL: &str = r#"
release() {
  local name=$1 cluster=$2 namespace=$3
  local place=(--kube-context "$(context "$cluster")" --namespace "$namespace")
  if ! "$HELM" status "$name" "${place[@]}" >/dev/null 2>&1; then
    printf 'not there  %s\n' "$cluster/$namespace/$name"
    return
  fi
  printf 'uninstall  %s\n' "$cluster/$namespace/$name"
  [ -z "${DRY_RUN:-}" ] || return 0
  "$HELM" uninstall "$name" "${place[@]}" --wait --timeout "$TIMEOUT" >/dev/null \
    || fail "$cluster/$namespace/$name could not be removed"
}
"#;

fn install(bundle: &Bundle) -> String {
    let mut text =
        "#!/usr/bin/env bash\n# Goes through the steps of this bundle in their order. Run it again at any time.\n"
            .to_owned();
    text.push_str(SETUP);
    text.push_str(HELM);
    text.push_str(RELEASE);
    text.push_str(steps::FUNCTIONS);
    text.push_str(&bundle.secret_functions());
    let mut labelled = Vec::new();
    let mut wave = None;
    for step in bundle.all_steps() {
        if wave != Some(step.wave()) {
            wave = Some(step.wave());
            let _ = writeln!(text, "\n# wave {}", step.wave());
        }
        match step {
            AnyStep::Release(release) => {
                let place = (&release.cluster, &release.namespace);
                if !release.labels.is_empty() && !labelled.contains(&place) {
                    labelled.push(place);
                    text.push_str(&labels(release));
                }
                text.push_str(&secrets::calls(release));
                text.push_str(&call(bundle, release));
            }
            AnyStep::Other(step) => text.push_str(&steps::call(step)),
        }
    }
    text.push_str("\nprintf 'everything is there\\n'\n");
    text
}

fn labels(release: &Release) -> String {
    let labels = release.labels.iter().map(|(name, label)| format!(" {}", steps::quoted(&format!("{name}={label}"))));
    format!("namespace {} {}{}\n", release.cluster, release.namespace, labels.collect::<String>())
}

/// What a script needs that makes Secrets.
pub(super) fn for_secrets() -> String {
    format!("{SETUP}{}", steps::FUNCTIONS)
}

fn call(bundle: &Bundle, release: &Release) -> String {
    let Release { name, chart, version, cluster, namespace, .. } = release;
    let (chart, more) = match &release.origin {
        Origin::Archive(file) => (format!("charts/{file}"), String::new()),
        Origin::Reference(reference) => {
            let version = steps::quoted(version);
            let repository = reference.repository.trim_end_matches('/');
            match repository.starts_with("oci://") {
                true => (format!("{repository}/{chart}"), format!(" --version {version}")),
                false => (chart.clone(), format!(" --repo {} --version {version}", steps::quoted(repository))),
            }
        }
    };
    let wait = if release.wait { "yes" } else { "no" };
    let timeout = release.timeout.as_deref().map_or("-".to_owned(), steps::quoted);
    let (chart, state) = (steps::quoted(&chart), bundle.state_of(release));
    format!("release {name} {chart} {cluster} {namespace} {state} {wait} {timeout}{more}\n")
}

fn uninstall(bundle: &Bundle) -> String {
    let mut text = "#!/usr/bin/env bash\n# Removes the releases of this bundle, last first. Claims and Secrets that charts keep stay.\n".to_owned();
    text.push_str(SETUP);
    text.push_str(HELM);
    text.push_str(REMOVAL);
    text.push('\n');
    for Release { name, cluster, namespace, .. } in bundle.releases.iter().rev() {
        let _ = writeln!(text, "release {name} {cluster} {namespace}");
    }
    text
}
