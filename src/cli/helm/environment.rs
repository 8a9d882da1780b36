//! `helm env`, and what Helm takes from the environment.

use super::go;
use super::pflag::Parsed;
use crate::cli::options::{self, Homes, NetworkOptions};
use crate::cli::ui::{ExitStatus, Outcome, Ui};
use std::path::PathBuf;

fn variable(name: &str) -> String {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()).unwrap_or_default()
}

fn variable_or(name: &str, default: impl FnOnce() -> String) -> String {
    std::env::var_os(name).map_or_else(default, |value| value.to_string_lossy().into_owned())
}

/// `--debug` or HELM_DEBUG.
pub(super) fn is_debug(parsed: &Parsed) -> bool {
    if parsed.is_given("debug") {
        parsed.is_on("debug")
    } else {
        go::parse_bool(&variable("HELM_DEBUG")).unwrap_or(false)
    }
}

/// One of Helm's folders: HELM_x_HOME, XDG_x_HOME/helm, or below the home folder.
fn folder(kind: &str, below_home: &str, inner: &str) -> String {
    let own = variable(&format!("HELM_{kind}_HOME"));
    let base = match own.is_empty() {
        false => own,
        true => {
            let xdg = variable(&format!("XDG_{kind}_HOME"));
            let above = if xdg.is_empty() { format!("{}/{below_home}", variable("HOME")) } else { xdg };
            format!("{above}/helm")
        }
    };
    if inner.is_empty() { base } else { format!("{base}/{inner}") }
}

/// Helm's files and folders, as flags and environment name them.
pub(super) fn homes(parsed: &Parsed) -> Homes {
    let place = |flag: &str, name: &str, default: &dyn Fn() -> String| {
        let given = parsed.is_given(flag).then(|| parsed.text(flag).to_owned());
        PathBuf::from(given.unwrap_or_else(|| variable_or(name, default)))
    };
    Homes {
        repository_config: place("repository-config", "HELM_REPOSITORY_CONFIG", &|| {
            folder("CONFIG", ".config", "repositories.yaml")
        }),
        repository_cache: place("repository-cache", "HELM_REPOSITORY_CACHE", &|| folder("CACHE", ".cache", "repository")),
    }
}

/// How registries are spoken to, as flags and environment say.
pub(super) fn network(parsed: &Parsed) -> NetworkOptions {
    let text = |name: &str| parsed.text(name).to_owned();
    let config = parsed.is_given("registry-config").then(|| text("registry-config"));
    NetworkOptions {
        ca_file: text("ca-file"),
        cert_file: text("cert-file"),
        key_file: text("key-file"),
        insecure: parsed.is_on("insecure-skip-tls-verify"),
        plain_http: parsed.is_on("plain-http"),
        username: text("username"),
        password: text("password"),
        registry_config: PathBuf::from(config.unwrap_or_else(|| {
            variable_or("HELM_REGISTRY_CONFIG", || folder("CONFIG", ".config", "registry/config.json"))
        })),
    }
}

/// How registries are spoken to, as the environment alone says.
pub(crate) fn network_of_environment() -> NetworkOptions {
    network(&Parsed::default())
}

/// Helm's files and folders, as the environment alone names them.
pub(crate) fn homes_of_environment() -> Homes {
    homes(&Parsed::default())
}

fn number_or<T: std::str::FromStr>(name: &str, default: T) -> T {
    variable(name).parse().unwrap_or(default)
}

/// All variables, sorted by name.
fn variables(program: &str, parsed: &Parsed) -> Vec<(&'static str, String)> {
    let flag_or = |flag: &str, name: &str| {
        if parsed.is_given(flag) { parsed.text(flag).to_owned() } else { variable(name) }
    };
    let path_or = |flag: &str, name: &str, default: &dyn Fn() -> String| {
        if parsed.is_given(flag) { parsed.text(flag).to_owned() } else { variable_or(name, default) }
    };
    let cache = |inner: &str| folder("CACHE", ".cache", inner);
    let config = |inner: &str| folder("CONFIG", ".config", inner);
    let data = |inner: &str| folder("DATA", ".local/share", inner);
    let given = |flag: &str| parsed.is_given(flag).then(|| parsed.text(flag));
    let groups = match parsed.list("kube-as-group") {
        [] => variable("HELM_KUBEASGROUPS").trim_matches([',', ' ']).to_owned(),
        groups => groups.join(","),
    };
    let insecure = match given("kube-insecure-skip-tls-verify") {
        Some(text) => text == "true",
        None => go::parse_bool(&variable("HELM_KUBEINSECURE_SKIP_TLS_VERIFY")).unwrap_or(false),
    };
    let burst = given("burst-limit").and_then(|text| text.parse().ok());
    let qps = given("qps").and_then(|text| text.parse().ok());
    let mut all = vec![
        ("HELM_BIN", program.to_owned()),
        ("HELM_BURST_LIMIT", burst.unwrap_or_else(|| number_or("HELM_BURST_LIMIT", 100_i64)).to_string()),
        ("HELM_CACHE_HOME", cache("")),
        ("HELM_CONFIG_HOME", config("")),
        ("HELM_CONTENT_CACHE", path_or("content-cache", "HELM_CONTENT_CACHE", &|| cache("content"))),
        ("HELM_DATA_HOME", data("")),
        ("HELM_DEBUG", is_debug(parsed).to_string()),
        ("HELM_KUBEAPISERVER", flag_or("kube-apiserver", "HELM_KUBEAPISERVER")),
        ("HELM_KUBEASGROUPS", groups),
        ("HELM_KUBEASUSER", flag_or("kube-as-user", "HELM_KUBEASUSER")),
        ("HELM_KUBECAFILE", flag_or("kube-ca-file", "HELM_KUBECAFILE")),
        ("HELM_KUBECONTEXT", flag_or("kube-context", "HELM_KUBECONTEXT")),
        ("HELM_KUBEINSECURE_SKIP_TLS_VERIFY", insecure.to_string()),
        ("HELM_KUBETLS_SERVER_NAME", flag_or("kube-tls-server-name", "HELM_KUBETLS_SERVER_NAME")),
        ("HELM_KUBETOKEN", flag_or("kube-token", "HELM_KUBETOKEN")),
        ("HELM_MAX_HISTORY", number_or("HELM_MAX_HISTORY", 10_i64).to_string()),
        ("HELM_NAMESPACE", options::namespace(parsed.text("namespace"))),
        ("HELM_PLUGINS", variable_or("HELM_PLUGINS", || data("plugins"))),
        ("HELM_QPS", format!("{:.2}", qps.unwrap_or_else(|| number_or("HELM_QPS", 0_f32)))),
        (
            "HELM_REGISTRY_CONFIG",
            path_or("registry-config", "HELM_REGISTRY_CONFIG", &|| config("registry/config.json")),
        ),
        ("HELM_REPOSITORY_CACHE", path_or("repository-cache", "HELM_REPOSITORY_CACHE", &|| cache("repository"))),
        (
            "HELM_REPOSITORY_CONFIG",
            path_or("repository-config", "HELM_REPOSITORY_CONFIG", &|| config("repositories.yaml")),
        ),
    ];
    let kubeconfig = flag_or("kubeconfig", "KUBECONFIG");
    if !kubeconfig.is_empty() {
        all.push(("KUBECONFIG", kubeconfig));
    }
    all
}

/// Prints all variables, or the value of one.
pub(super) fn print(program: &str, parsed: &Parsed, ui: &mut Ui) -> Outcome {
    let all = variables(program, parsed);
    let text = match parsed.arguments.first() {
        Some(name) => {
            let value = all.into_iter().find(|(known, _)| known == name).map(|(_, value)| value);
            format!("{}\n", value.unwrap_or_default())
        }
        None => all.iter().map(|(name, value)| format!("{name}=\"{value}\"\n")).collect(),
    };
    ui.print(text)?;
    Ok(ExitStatus::Success)
}
