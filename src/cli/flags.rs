//! Helm's flags: one table for its own command line, for ours, and for the help of both.

mod network;
mod package;

pub(super) use network::{LOGIN, PULL, PUSH};
pub(super) use package::{CREATE, PACKAGE, VERIFY};

use self::Kind::{Array, Duration, Float, Format, Int, Optional, Pairs, Plugin, Slice, Switch, Text, Uint, Wait};

/// What a flag takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing, or a Go bool behind `=`.
    Switch,
    /// One text; the last one wins.
    Text,
    /// One text behind `=`; the given text when the flag stands alone.
    Optional(&'static str),
    /// A text each time.
    Array,
    /// Texts separated by commas, as in a line of CSV, each time.
    Slice,
    /// `key=value` pairs separated by commas.
    Pairs,
    Int,
    Uint,
    Float,
    Duration,
    /// `table`, `json` or `yaml`.
    Format,
    /// The strategy of `--wait`.
    Wait,
    /// The name of a plugin; there are none here.
    Plugin,
}

impl Kind {
    /// The text that a flag standing alone means.
    pub(super) fn alone(self) -> Option<&'static str> {
        match self {
            Kind::Switch => Some("true"),
            Kind::Optional(text) => Some(text),
            Kind::Wait => Some("watcher"),
            _ => None,
        }
    }

    /// How usage calls the value.
    pub(super) fn value_name(self) -> &'static str {
        match self {
            Kind::Switch => "",
            Kind::Text | Kind::Optional(_) => "string",
            Kind::Array => "stringArray",
            Kind::Slice => "strings",
            Kind::Pairs => "stringToString",
            Kind::Int => "int",
            Kind::Uint => "uint",
            Kind::Format => "format",
            Kind::Float => "float32",
            Kind::Duration => "duration",
            Kind::Wait => "WaitStrategy",
            Kind::Plugin => "postRendererString",
        }
    }
}

/// One flag.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flag {
    pub(super) name: &'static str,
    pub(super) short: Option<char>,
    pub(super) kind: Kind,
    /// What it is for; empty hides it from usage.
    pub(super) help: &'static str,
    /// What to do instead, for a flag that should no longer be used.
    pub(super) deprecated: Option<&'static str>,
}

impl Flag {
    pub(super) const fn new(name: &'static str, kind: Kind, help: &'static str) -> Flag {
        Flag { name, short: None, kind, help, deprecated: None }
    }

    pub(super) const fn short(self, short: char) -> Flag {
        Flag { short: Some(short), ..self }
    }

    pub(super) const fn deprecated(self, instead: &'static str) -> Flag {
        Flag { deprecated: Some(instead), ..self }
    }

    /// The flag as pflag names it in errors: `-f, --values`.
    pub(super) fn shown(&self) -> String {
        match self.short {
            Some(short) => format!("-{short}, --{}", self.name),
            None => format!("--{}", self.name),
        }
    }
}

/// The help of a flag, for the command line that clap reads.
pub(super) fn help(name: &str) -> &'static str {
    let tables =
        [GLOBAL, VALUES, CHART, TEMPLATE, SHOW_VALUES, DEPENDENCY, DEPENDENCY_LIST, PACKAGE, CREATE, PULL, LOGIN];
    let flag = tables.into_iter().flatten().find(|flag| flag.name == name);
    flag.map_or("", |flag| flag.help)
}

/// Flags of every Helm command.
pub(super) const GLOBAL: &[Flag] = &[
    Flag::new("burst-limit", Int, "requests to a cluster in one burst; without effect here"),
    Flag::new("color", Text, "when to colour: never, auto, always"),
    Flag::new("colour", Text, "when to colour: never, auto, always"),
    Flag::new("content-cache", Text, "folder of cached charts"),
    Flag::new("debug", Switch, "print also what was rendered when it is no valid YAML"),
    Flag::new("help", Switch, "print this help").short('h'),
    Flag::new("kube-apiserver", Text, "address of the cluster; without effect here"),
    Flag::new("kube-as-group", Array, "group to act as; without effect here"),
    Flag::new("kube-as-user", Text, "user to act as; without effect here"),
    Flag::new("kube-ca-file", Text, "certificate authority of the cluster; without effect here"),
    Flag::new("kube-context", Text, "context of the kubeconfig file, for its namespace"),
    Flag::new("kube-insecure-skip-tls-verify", Switch, "do not check the cluster's certificate; without effect here"),
    Flag::new("kube-tls-server-name", Text, "name in the cluster's certificate; without effect here"),
    Flag::new("kube-token", Text, "token for the cluster; without effect here"),
    Flag::new("kubeconfig", Text, "kubeconfig file, for its namespace"),
    Flag::new("namespace", Text, "namespace of the release").short('n'),
    Flag::new("qps", Float, "requests to a cluster a second; without effect here"),
    Flag::new("registry-config", Text, "file of registry credentials"),
    Flag::new("repository-cache", Text, "folder of cached repository indexes"),
    Flag::new("repository-config", Text, "file of known repositories"),
    // Flags of the logger that Helm's Kubernetes client brings; hidden there too.
    Flag::new("add-dir-header", Switch, ""),
    Flag::new("alsologtostderr", Switch, ""),
    Flag::new("alsologtostderrthreshold", Text, ""),
    Flag::new("legacy-stderr-threshold-behavior", Switch, ""),
    Flag::new("log-backtrace-at", Text, ""),
    Flag::new("log-dir", Text, ""),
    Flag::new("log-file", Text, ""),
    Flag::new("log-file-max-size", Int, ""),
    Flag::new("logtostderr", Switch, ""),
    Flag::new("one-output", Switch, ""),
    Flag::new("skip-headers", Switch, ""),
    Flag::new("skip-log-headers", Switch, ""),
    Flag::new("stderrthreshold", Text, ""),
    Flag::new("v", Int, "").short('v'),
    Flag::new("vmodule", Text, ""),
    // Ours: so that the older Helms can be asked for by the same name.
    Flag::new("helm-compat", Text, ""),
];

/// Flags that set values, in the order in which they win over each other.
pub(super) const VALUES: &[Flag] = &[
    Flag::new("values", Slice, "read values from a YAML file, `-` for standard input (repeatable)").short('f'),
    Flag::new("set-json", Array, "set values written as JSON: `key={...}` or one object (repeatable)"),
    Flag::new("set", Array, "set values: `key1=value1,key2=value2` (repeatable)"),
    Flag::new("set-string", Array, "set values that stay text (repeatable)"),
    Flag::new("set-file", Array, "set values to the content of files: `key=path` (repeatable)"),
    Flag::new("set-literal", Array, "set one value to the whole text behind `=` (repeatable)"),
];

/// Flags that say where a chart is.
pub(super) const CHART: &[Flag] = &[
    Flag::new("ca-file", Text, "certificate authority of the repository"),
    Flag::new("cert-file", Text, "client certificate for the repository"),
    Flag::new("devel", Switch, "accept development versions too, as `--version '>0.0.0-0'` does"),
    Flag::new("insecure-skip-tls-verify", Switch, "do not check the repository's certificate"),
    Flag::new("key-file", Text, "key of the client certificate"),
    Flag::new("keyring", Text, "public keys for --verify"),
    Flag::new("pass-credentials", Switch, "send credentials to every host that the repository names"),
    Flag::new("password", Text, "password for the repository"),
    Flag::new("plain-http", Switch, "fetch charts from registries without TLS"),
    Flag::new("repo", Text, "repository of the chart: a URL or a folder"),
    Flag::new("username", Text, "user name for the repository"),
    Flag::new("verify", Switch, "verify the signature of the chart"),
    Flag::new("version", Text, "version of the chart, or a constraint such as `^2.0.0`; the latest when left out"),
];

/// Flags of `template` besides the two tables above; many belong to an installation and do nothing here.
pub(super) const TEMPLATE: &[Flag] = &[
    Flag::new("api-versions", Slice, "add to .Capabilities.APIVersions (repeatable)").short('a'),
    Flag::new("atomic", Switch, "").deprecated("use --rollback-on-failure instead"),
    Flag::new("create-namespace", Switch, "create the namespace; without effect here"),
    Flag::new("dependency-update", Switch, "fetch missing dependencies; they must be in charts/ here"),
    Flag::new("description", Text, "description of the release; without effect here"),
    Flag::new("disable-openapi-validation", Switch, "do not validate against the cluster; without effect here"),
    Flag::new("dry-run", Optional("unset"), "`client`; `server` needs a cluster, which is not spoken to here"),
    Flag::new("enable-dns", Switch, "let templates look up host names"),
    Flag::new("force", Switch, "").deprecated("use --force-replace instead"),
    Flag::new("force-conflicts", Switch, "win conflicts in the cluster; without effect here"),
    Flag::new("force-replace", Switch, "replace resources in the cluster; without effect here"),
    Flag::new("generate-name", Switch, "leave NAME out").short('g'),
    Flag::new("hide-notes", Switch, "").deprecated(NOTES),
    Flag::new("include-crds", Switch, "print the chart's custom resource definitions too"),
    Flag::new("is-upgrade", Switch, "set .Release.IsUpgrade instead of .Release.IsInstall"),
    Flag::new("kube-version", Text, "Kubernetes version of .Capabilities.KubeVersion"),
    Flag::new("labels", Pairs, "labels of the release; without effect here").short('l'),
    Flag::new("name-template", Text, "template that makes the name of the release"),
    Flag::new("no-hooks", Switch, "leave hooks out"),
    Flag::new("output-dir", Text, "write one file per template into this folder"),
    Flag::new("post-renderer", Plugin, "plugin that changes the manifests; there are none here"),
    Flag::new("post-renderer-args", Array, "argument for the post-renderer; without effect here"),
    Flag::new("release-name", Switch, "put the release name into the paths of --output-dir"),
    Flag::new("render-subchart-notes", Switch, "").deprecated(NOTES),
    Flag::new("replace", Switch, "reuse a name; without effect here"),
    Flag::new("rollback-on-failure", Switch, "roll back a failed installation; without effect here"),
    Flag::new("server-side", Switch, "apply on the server; without effect here"),
    Flag::new("show-only", Array, "print only what these templates wrote (repeatable)").short('s'),
    Flag::new("skip-crds", Switch, "leave custom resource definitions out"),
    Flag::new("skip-schema-validation", Switch, "do not check values against values.schema.json"),
    Flag::new("skip-tests", Switch, "leave test hooks out"),
    Flag::new("take-ownership", Switch, "adopt resources in the cluster; without effect here"),
    Flag::new("timeout", Duration, "time for one operation in the cluster; without effect here"),
    Flag::new("validate", Switch, "").deprecated("use '--dry-run=server' instead"),
    Flag::new("wait", Wait, "wait for resources; without effect here"),
    Flag::new("wait-for-jobs", Switch, "wait for jobs; without effect here"),
    // Ours.
    Flag::new("lookup", Text, ""),
];

const NOTES: &str = "this flag has no effect for 'helm template' and will be removed in Helm 5";

/// Flags of `template` of which only one may be given.
pub(super) const TEMPLATE_GROUPS: &[&[&str]] =
    &[&["force", "force-conflicts"], &["force-replace", "force-conflicts"], &["validate", "dry-run"]];

/// The further flag of `show values`.
pub(super) const SHOW_VALUES: &[Flag] =
    &[Flag::new("jsonpath", Text, "print what a JSONPath expression finds, for example `{.image.tag}`")];

/// Flags of `lint` besides those that set values.
pub(super) const LINT: &[Flag] = &[
    Flag::new("kube-version", Text, "Kubernetes version of .Capabilities and of the check for deprecated kinds"),
    Flag::new("quiet", Switch, "print only warnings and errors"),
    Flag::new("skip-schema-validation", Switch, "do not check values against values.schema.json"),
    Flag::new("strict", Switch, "fail on warnings too"),
    Flag::new("with-subcharts", Switch, "lint the charts in charts/ too"),
];

/// Flags of `version`.
pub(super) const VERSION: &[Flag] = &[
    Flag::new("short", Switch, "print only the version"),
    Flag::new("template", Text, "print what a template makes of .Version, .GitCommit, .GitTreeState and .GoVersion"),
];

/// Flags of `repo index`.
pub(super) const REPO_INDEX: &[Flag] = &[
    Flag::new("json", Switch, "write JSON"),
    Flag::new("merge", Text, "keep the entries of this index"),
    Flag::new("url", Text, "URL that the folder is served at; relative URLs when left out"),
];

/// Flags of `repo add`.
pub(super) const REPO_ADD: &[Flag] = &[
    Flag::new("allow-deprecated-repos", Switch, "add repositories that are known to be gone, too"),
    Flag::new("ca-file", Text, "certificate authority of the repository"),
    Flag::new("cert-file", Text, "client certificate for the repository"),
    Flag::new("force-update", Switch, "replace the repository of that name"),
    Flag::new("insecure-skip-tls-verify", Switch, "do not check the repository's certificate"),
    Flag::new("key-file", Text, "key of the client certificate"),
    Flag::new("no-update", Switch, ""),
    Flag::new("pass-credentials", Switch, "send credentials to every host"),
    Flag::new("password", Text, "password for the repository"),
    Flag::new("password-stdin", Switch, "read the password from standard input"),
    Flag::new("timeout", Duration, "time that fetching the index may take"),
    Flag::new("username", Text, "user name for the repository"),
];

/// Flags of `repo list`.
pub(super) const REPO_LIST: &[Flag] = &[
    Flag::new("no-headers", Switch, "print no headings"),
    Flag::new("output", Format, "table, json or yaml").short('o'),
];

/// Flags of `repo update`.
pub(super) const REPO_UPDATE: &[Flag] = &[Flag::new("timeout", Duration, "time that fetching an index may take")];

/// Flags of `search repo`.
pub(super) const SEARCH_REPO: &[Flag] = &[
    Flag::new("devel", Switch, "accept development versions too, as `--version '>0.0.0-0'` does"),
    Flag::new("fail-on-no-result", Switch, "fail when nothing was found"),
    Flag::new("max-col-width", Uint, "characters of the widest column of a table (50)"),
    Flag::new("output", Format, "table, json or yaml").short('o'),
    Flag::new("regexp", Switch, "the keyword is a regular expression").short('r'),
    Flag::new("version", Text, "constraint that versions have to fit, such as `^2.0.0`"),
    Flag::new("versions", Switch, "print every version of a chart").short('l'),
];

/// Flags of `dependency build` and `dependency update`.
pub(super) const DEPENDENCY: &[Flag] = &[
    Flag::new("ca-file", Text, "certificate authority of the repositories"),
    Flag::new("cert-file", Text, "client certificate for the repositories"),
    Flag::new("insecure-skip-tls-verify", Switch, "do not check the certificates of the repositories"),
    Flag::new("key-file", Text, "key of the client certificate"),
    Flag::new("keyring", Text, "public keys for --verify"),
    Flag::new("password", Text, "password for the registry"),
    Flag::new("plain-http", Switch, "ask registries without TLS"),
    Flag::new("skip-refresh", Switch, "take the cached indexes as they are"),
    Flag::new("username", Text, "user name for the registry"),
    Flag::new("verify", Switch, "verify the signatures of the fetched charts"),
];

/// The flag of `dependency list`.
pub(super) const DEPENDENCY_LIST: &[Flag] =
    &[Flag::new("max-col-width", Uint, "the most characters of a column, 0 for no limit")];
