//! What the user asked for, resolved once: both command lines, ours and Helm's, fill these and the work reads them.

pub(crate) use crate::chart::Compat;
use crate::cli::helm::go;
use std::fmt;
use std::path::PathBuf;

/// Where a chart comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ChartOptions {
    /// `--repo`: a URL or a folder; empty when the chart is named otherwise.
    pub(crate) repository: String,
    /// `--version`; empty for the latest.
    pub(crate) version: String,
    /// `--verify`.
    pub(crate) verify: bool,
    /// `--keyring`: the keys for `--verify`.
    pub(crate) keyring: PathBuf,
    pub(crate) homes: Homes,
    pub(crate) network: NetworkOptions,
}

/// What sets values, each in the order of the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ValueOptions {
    /// `--values`, split at commas.
    pub(crate) files: Vec<String>,
    /// `--set-json`.
    pub(crate) set_json: Vec<String>,
    /// `--set`.
    pub(crate) set: Vec<String>,
    /// `--set-string`.
    pub(crate) set_string: Vec<String>,
    /// `--set-file`.
    pub(crate) set_file: Vec<String>,
    /// `--set-literal`.
    pub(crate) set_literal: Vec<String>,
}

/// How much a run may take; `None` leaves the library's own limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LimitOptions {
    /// Bytes of all files of a chart.
    pub(crate) chart_bytes: Option<u64>,
    /// Files and folders of a chart.
    pub(crate) entries: Option<u64>,
    /// Steps of all templates.
    pub(crate) steps: Option<u64>,
    /// Bytes of the output.
    pub(crate) output_bytes: Option<u64>,
}

/// What `template` does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TemplateOptions {
    /// `[NAME] CHART`.
    pub(crate) arguments: Vec<String>,
    pub(crate) chart: ChartOptions,
    pub(crate) values: ValueOptions,
    pub(crate) limits: LimitOptions,
    pub(crate) compat: Compat,
    /// The namespace; never empty.
    pub(crate) namespace: String,
    pub(crate) name_template: String,
    pub(crate) generate_name: bool,
    /// `--kube-version`; empty for the default of the Helm asked for.
    pub(crate) kube_version: String,
    pub(crate) api_versions: Vec<String>,
    pub(crate) is_upgrade: bool,
    pub(crate) show_only: Vec<String>,
    pub(crate) include_crds: bool,
    pub(crate) skip_crds: bool,
    pub(crate) skip_tests: bool,
    pub(crate) no_hooks: bool,
    /// `--output-dir`; empty for standard output.
    pub(crate) output_dir: String,
    /// `--release-name`: the name of the release stands in the paths below the output folder.
    pub(crate) release_in_path: bool,
    pub(crate) skip_schema_validation: bool,
    pub(crate) dependency_update: bool,
    pub(crate) homes: Homes,
    pub(crate) network: NetworkOptions,
    pub(crate) enable_dns: bool,
    /// Objects for `lookup`.
    pub(crate) lookup: Option<PathBuf>,
    pub(crate) debug: bool,
}

/// What `show` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    All,
    Chart,
    Crds,
    Readme,
    Values,
}

/// What `show` does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ShowOptions {
    pub(crate) part: Part,
    /// Path or name of the chart.
    pub(crate) path: String,
    pub(crate) chart: ChartOptions,
    /// `--jsonpath`; empty for the whole file.
    pub(crate) jsonpath: String,
    pub(crate) limits: LimitOptions,
    pub(crate) compat: Compat,
    pub(crate) debug: bool,
}

/// What `dependency` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    List,
    Build,
    Update,
}

/// How the dependencies of a chart are listed or fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DependencyOptions {
    pub(crate) task: Task,
    /// The chart's folder, clean.
    pub(crate) path: String,
    pub(crate) compat: Compat,
    pub(crate) limits: LimitOptions,
    /// Where Helm keeps its files.
    pub(crate) homes: Homes,
    pub(crate) network: NetworkOptions,
    pub(crate) skip_refresh: bool,
    pub(crate) verify: bool,
    /// The public keys for `--verify`.
    pub(crate) keyring: PathBuf,
    pub(crate) debug: bool,
    /// The widest column of a list; 0 for no limit.
    pub(crate) column_width: usize,
}

/// How repositories and registries are spoken to.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct NetworkOptions {
    pub(crate) ca_file: String,
    pub(crate) cert_file: String,
    pub(crate) key_file: String,
    pub(crate) insecure: bool,
    pub(crate) plain_http: bool,
    /// `--pass-credentials`.
    pub(crate) pass_credentials: bool,
    pub(crate) username: String,
    pub(crate) password: String,
    /// The file of registry credentials.
    pub(crate) registry_config: PathBuf,
}

impl fmt::Debug for NetworkOptions {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "NetworkOptions({}, ***)", self.username)
    }
}

/// Files and folders of Helm's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Homes {
    /// `repositories.yaml`.
    pub(crate) repository_config: PathBuf,
    /// The folder of cached indexes.
    pub(crate) repository_cache: PathBuf,
    /// The folder of cached archives.
    pub(crate) content_cache: PathBuf,
}

impl ChartOptions {
    /// The version that holds: `--devel` alone means every version, those under development too.
    pub(crate) fn version_or_devel(version: &str, devel: bool) -> String {
        if version.is_empty() && devel { ">0.0.0-0".to_owned() } else { version.to_owned() }
    }
}

/// Splits the values of a flag that takes commas, as Helm does.
pub(crate) fn split_commas(texts: &[String]) -> Result<Vec<String>, String> {
    texts.iter().try_fold(Vec::new(), |mut all, text| {
        all.extend(go::split_csv(text)?);
        Ok(all)
    })
}

/// The Helm that a `--helm-compat` names.
pub(crate) fn compat(text: &str) -> Result<Compat, String> {
    match text {
        "" | "4.3" => Ok(Compat::Helm43),
        "4.2" => Ok(Compat::Helm42),
        "3" => Ok(Compat::Helm3),
        _ => Err(format!("expected `4.3`, `4.2` or `3` for --helm-compat, found `{}`", text.escape_debug())),
    }
}

/// The namespace that holds: the one given, then HELM_NAMESPACE, then `default`.
pub(crate) fn namespace(given: &str) -> String {
    if !given.is_empty() {
        return given.to_owned();
    }
    let named = std::env::var_os("HELM_NAMESPACE").map(|name| name.to_string_lossy().into_owned());
    named.filter(|name| !name.is_empty()).unwrap_or_else(|| "default".to_owned())
}
