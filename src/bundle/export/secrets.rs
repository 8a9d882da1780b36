//! Secrets that charts take only as values: read when somebody installs, and handed over as each engine can.

use super::Engine;
use super::steps::quoted;
use crate::bundle::{Bundle, Release, SecretValue};
use crate::diagnostic::{Error, ErrorKind};
use crate::value::{Map, Value};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The key of composed values in a Secret.
pub(super) const VALUES_KEY: &str = "values.yaml";

/// How the scripts read secrets; each reader prints one on standard output.
const READERS: &str = r#"
# Secrets that charts take only as values. They are read now, lie in a folder of their own as long as this runs, and
# are never printed. Relative paths start where this was called.
private=$(umask 077; mktemp -d)
trap 'rm -rf "$private"' EXIT

from_file() {
  local file=${1/#\~/$HOME}
  [[ $file == /* ]] || file=$origin/$file
  [ -r "$file" ] || fail "cannot read the secret in $file"
  printf '%s' "$(<"$file")"
}

from_env() {
  [ -n "${!1:-}" ] || fail "the variable $1 holds no secret"
  printf '%s' "${!1}"
}

from_secret() {
  local text
  text=$(kubectl "${inside[@]}" get secret "$1" -o "go-template={{index .data \"$2\"}}") || fail "there is no Secret $1"
  [ "$text" != '<no value>' ] || fail "Secret $1 has no key $2"
  printf '%s' "$text" | base64 -d
}

# Made once: a Secret that is there keeps what it holds.
from_random() {
  local name=$1 key=$2 length=$3 letters=$4 text
  if ! kubectl "${inside[@]}" get secret "$name" >/dev/null 2>&1; then
    text=$(LC_ALL=C tr -dc "$letters" </dev/urandom 2>/dev/null | head -c "$length" || true)
    printf '%s' "$text" >"$private/made"
    kubectl "${inside[@]}" create secret generic "$name" "--from-file=$key=$private/made" >/dev/null || fail "cannot make Secret $name"
    rm -f "$private/made"
  fi
  from_secret "$name" "$key"
}
"#;

/// How `install.sh` collects the secrets of the next release and hands them to Helm.
const HANDING: &str = r#"
secrets=()
secret() { secrets+=("$1" "$2" "$3" "${4:-}" "${5:-}" "${6:-}"); }

# Sets `handed` to what Helm is told.
hand_over() {
  local at file words
  handed=()
  for ((at = 0; at < ${#secrets[@]}; at += 6)); do
    words=("${secrets[@]:at+1:5}")
    file=$private/$at
    (umask 077; "${words[@]}" >"$file") || exit 1
    handed+=(--set-file "${secrets[at]}=$file")
  done
}
"#;

impl Bundle {
    /// Whether a release has secrets among its values.
    fn has_secrets(&self) -> bool {
        self.releases.iter().any(|release| !release.secret_values.is_empty())
    }

    /// Tells of secrets that an engine cannot hand over.
    pub(super) fn refuse_secrets(&self, engine: Engine) -> Result<(), Error> {
        for release in &self.releases {
            for value in &release.secret_values {
                let Some(why) = refused(engine, value) else { continue };
                let message =
                    format!("{} cannot hand over `{}` of `{}`: {why}", engine.name(), value.path, release.id());
                let hint = "take the engine `script` or `flux`, or a chart that takes the name of a Secret";
                return Err(Error::new(ErrorKind::Usage, message).hint(hint));
            }
        }
        Ok(())
    }

    /// What `install.sh` needs to hand over secrets.
    pub(super) fn secret_functions(&self) -> String {
        if self.has_secrets() {
            format!("{READERS}{HANDING}")
        } else {
            "\nsecrets=()\nhand_over() { handed=(); }\n".to_owned()
        }
    }

    /// `secrets.sh`, which makes the Secrets that hold values of releases; `None` where there are none to make.
    pub(super) fn secrets_script(&self, engine: Engine, setup: &str) -> Option<String> {
        let mut calls = String::new();
        for release in &self.releases {
            let values: Vec<&SecretValue> =
                release.secret_values.iter().filter(|value| engine == Engine::Fleet || !by_key(value)).collect();
            if !values.is_empty() {
                calls.push_str(&compose(release, &values));
            }
        }
        if calls.is_empty() {
            return None;
        }
        let head = "#!/usr/bin/env bash\n# Makes the Secrets with values of releases. Run it before the engine installs, and again when a secret changes.\n";
        Some(format!("{head}{setup}{READERS}{calls}\nprintf 'all Secrets are there\\n'\n"))
    }
}

/// Why an engine cannot hand over a secret.
fn refused(engine: Engine, value: &SecretValue) -> Option<&'static str> {
    let unnamed = value.external.is_some() && value.secret.is_none();
    match engine {
        Engine::ArgoCd => Some("an Application holds its values in plain text"),
        Engine::Helmfile if value.file.is_none() => Some("helmfile takes secrets out of files only"),
        Engine::Helmfile => None,
        Engine::Script | Engine::Flux | Engine::Fleet if unnamed => {
            Some("nobody says which Secret the entry of the external store becomes: name it with `secret`")
        }
        _ => None,
    }
}

/// Whether Flux can take the value out of a key of a Secret that is there without our doing.
pub(super) fn by_key(value: &SecretValue) -> bool {
    value.file.is_none() && value.env.is_none() && value.generate.is_none()
}

/// The name of the Secret with the values that were put together for a release.
pub(super) fn composed_name(release: &Release) -> String {
    format!("{}-secret-values", release.name)
}

/// Where Flux finds the secrets of a release.
pub(super) fn flux_sources(release: &Release) -> Vec<Value> {
    let mut sources = Vec::new();
    if release.secret_values.iter().any(|value| !by_key(value)) {
        sources.push(super::map([
            ("kind", Value::str("Secret")),
            ("name", Value::from(composed_name(release))),
            ("valuesKey", Value::str(VALUES_KEY)),
        ]));
    }
    for value in release.secret_values.iter().filter(|value| by_key(value)) {
        sources.push(super::map([
            ("kind", Value::str("Secret")),
            // Without it Flux reads the secret as `--set` does: a comma or a number would become something else.
            ("literal", Value::Bool(true)),
            ("name", Value::str(value.secret.as_deref().unwrap_or_default())),
            ("targetPath", Value::str(&value.path)),
            ("valuesKey", Value::str(key_of(value))),
        ]));
    }
    sources
}

/// ExternalSecrets that make the Secrets of a release out of a store.
pub(super) fn external_secrets(release: &Release) -> Vec<Value> {
    let mut made = Vec::new();
    for value in &release.secret_values {
        let (Some([store, kind, key, property]), Some(name)) = (&value.external, &value.secret) else { continue };
        let remote = Map::new();
        remote.insert("key", Value::str(key));
        if !property.is_empty() {
            remote.insert("property", Value::str(property));
        }
        let entry = super::map([("remoteRef", Value::Map(remote)), ("secretKey", Value::str(key_of(value)))]);
        let store = super::map([("kind", Value::str(kind)), ("name", Value::str(store))]);
        let target = super::map([("name", Value::str(name))]);
        let spec = super::map([("data", Value::list(vec![entry])), ("secretStoreRef", store), ("target", target)]);
        made.push(super::map([
            ("apiVersion", Value::str("external-secrets.io/v1")),
            ("kind", Value::str("ExternalSecret")),
            ("metadata", super::map([("name", Value::str(name)), ("namespace", Value::str(&release.namespace))])),
            ("spec", spec),
        ]));
    }
    made
}

fn key_of(value: &SecretValue) -> &str {
    value.key.as_deref().unwrap_or("password")
}

/// The command that prints a secret.
fn reader(release: &Release, value: &SecretValue) -> String {
    let secret = value.secret.clone().unwrap_or_else(|| format!("{}-generated", release.name));
    let (name, key) = (quoted(&secret), quoted(key_of(value)));
    if let Some(file) = &value.file {
        return format!("from_file {}", quoted(file));
    }
    if let Some(variable) = &value.env {
        return format!("from_env {}", quoted(variable));
    }
    if let Some((length, alphabet)) = &value.generate {
        // Two values of one release are two Secrets.
        let name = match value.secret {
            Some(_) => name,
            None => quoted(&format!("{secret}-{}", &crate::repository::sha256(value.path.as_bytes())[..6])),
        };
        let letters = match alphabet.as_str() {
            "lower" => "a-z",
            "hex" => "0-9a-f",
            "digits" => "0-9",
            "base64" => "A-Za-z0-9+/",
            _ => "A-Za-z0-9",
        };
        return format!("from_random {name} {key} {length} {letters}");
    }
    format!("from_secret {name} {key}")
}

/// The lines before the call of a release in `install.sh`.
pub(super) fn calls(release: &Release) -> String {
    let line = |value: &SecretValue| {
        let path: String = value.path.chars().fold(String::new(), |mut path, letter| {
            if matches!(letter, ',' | '=' | '[' | ']' | '\\') {
                path.push('\\');
            }
            path.push(letter);
            path
        });
        format!("secret {} {}\n", quoted(&path), reader(release, value))
    };
    release.secret_values.iter().map(line).collect()
}

/// What `secrets.sh` does for one release: a Secret with its values as YAML.
fn compose(release: &Release, values: &[&SecretValue]) -> String {
    #[derive(Default)]
    struct Tree {
        below: BTreeMap<String, Tree>,
        reader: Option<String>,
    }
    fn lines(tree: &Tree, depth: usize, text: &mut String) {
        for (key, below) in &tree.below {
            let name = format!("{}{}:", "  ".repeat(depth), serde_json::Value::from(key.as_str()));
            match &below.reader {
                Some(reader) => {
                    let _ = writeln!(text, "  printf '%s |2-\\n' {}", quoted(&name));
                    let _ = writeln!(text, "  secret=$({reader}) || exit 1");
                    let indent = " ".repeat(depth * 2 + 2);
                    let _ = writeln!(text, "  printf '%s\\n' \"{indent}${{secret//$'\\n'/$'\\n{indent}'}}\"");
                }
                None => {
                    let _ = writeln!(text, "  printf '%s\\n' {}", quoted(&name));
                    lines(below, depth + 1, text);
                }
            }
        }
    }
    let mut tree = Tree::default();
    for value in values {
        let mut place = &mut tree;
        for key in value.path.split('.') {
            place = place.below.entry(key.to_owned()).or_default();
        }
        place.reader = Some(reader(release, value));
    }
    let Release { cluster, namespace, .. } = release;
    let name = composed_name(release);
    let mut text = format!("\ninside=(--context {cluster} --namespace {namespace})\n(\n  umask 077\n");
    lines(&tree, 0, &mut text);
    let _ = writeln!(text, ") >\"$private/{VALUES_KEY}\"");
    let _ = writeln!(
        text,
        "kubectl \"${{inside[@]}}\" create secret generic {name} \"--from-file=$private/{VALUES_KEY}\" --dry-run=client -o yaml \\\n  | kubectl \"${{inside[@]}}\" apply --server-side --field-manager=chartwright --force-conflicts -f - >/dev/null"
    );
    let _ = writeln!(text, "printf 'Secret     %s\\n' {cluster}/{namespace}/{name}");
    text
}
