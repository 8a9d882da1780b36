//! `chartwright template`.

use super::args::GlobalArgs;
use super::flags::help;
use super::helm::environment;
use super::keyring;
use super::options::{self, ChartOptions, Compat, NetworkOptions, TemplateOptions, ValueOptions};
use super::run_template;
use super::ui::{Outcome, Stop, Ui};
use crate::diagnostic::{Error, ErrorKind};
use clap::Args;
use std::path::PathBuf;

/// Render a chart's templates, as Helm does.
#[derive(Debug, Args)]
pub(super) struct TemplateArgs {
    /// Name of the release, and the chart: a path, REPO/NAME, a URL, oci://..., or a name with --repo
    #[arg(value_names = ["NAME", "CHART"], num_args = 1.., required = true)]
    arguments: Vec<String>,
    #[command(flatten)]
    chart: ChartArgs,
    #[command(flatten)]
    values: ValueArgs,
    #[arg(short, long, help = help("namespace"), default_value = "", hide_default_value = true)]
    namespace: String,
    #[arg(long, help = help("name-template"), value_name = "TEMPLATE", default_value = "", hide_default_value = true)]
    name_template: String,
    #[arg(short, long, help = help("generate-name"))]
    generate_name: bool,
    #[arg(long, help = help("kube-version"), value_name = "VERSION", default_value = "", hide_default_value = true)]
    kube_version: String,
    #[arg(short, long, help = help("api-versions"), value_name = "VERSIONS")]
    api_versions: Vec<String>,
    #[arg(long, help = help("is-upgrade"))]
    is_upgrade: bool,
    #[arg(short, long, help = help("show-only"), value_name = "TEMPLATE")]
    show_only: Vec<String>,
    #[arg(long, help = help("include-crds"))]
    include_crds: bool,
    #[arg(long, help = help("skip-crds"))]
    skip_crds: bool,
    #[arg(long, help = help("skip-tests"))]
    skip_tests: bool,
    #[arg(long, help = help("no-hooks"))]
    no_hooks: bool,
    #[arg(long, help = help("output-dir"), value_name = "DIR", default_value = "", hide_default_value = true)]
    output_dir: String,
    #[arg(long, help = help("release-name"))]
    release_name: bool,
    #[arg(long, help = help("skip-schema-validation"))]
    skip_schema_validation: bool,
    #[arg(long, help = help("enable-dns"))]
    enable_dns: bool,
    /// Objects that `lookup` finds, one YAML document each
    #[arg(long, value_name = "FILE")]
    lookup: Option<PathBuf>,
    #[arg(long, help = help("debug"))]
    debug: bool,
}

/// Where a chart comes from.
#[derive(Debug, Args)]
#[command(next_help_heading = "Chart")]
pub(super) struct ChartArgs {
    #[arg(long, help = help("repo"), value_name = "URL", default_value = "", hide_default_value = true)]
    repo: String,
    #[arg(long, help = help("version"), default_value = "", hide_default_value = true)]
    version: String,
    #[arg(long, help = help("devel"))]
    devel: bool,
    #[arg(long, help = help("verify"))]
    verify: bool,
    #[arg(long, help = help("keyring"), value_name = "FILE")]
    keyring: Option<PathBuf>,
    #[command(flatten)]
    network: NetworkArgs,
}

/// How repositories and registries are spoken to.
#[derive(Default, Args)]
#[command(next_help_heading = "Network")]
pub(super) struct NetworkArgs {
    #[arg(long, help = help("username"), default_value = "", hide_default_value = true)]
    username: String,
    #[arg(long, help = help("password"), default_value = "", hide_default_value = true)]
    password: String,
    #[arg(long, help = help("ca-file"), value_name = "FILE", default_value = "", hide_default_value = true)]
    ca_file: String,
    #[arg(long, help = help("cert-file"), value_name = "FILE", default_value = "", hide_default_value = true)]
    cert_file: String,
    #[arg(long, help = help("key-file"), value_name = "FILE", default_value = "", hide_default_value = true)]
    key_file: String,
    #[arg(long, help = help("insecure-skip-tls-verify"))]
    insecure_skip_tls_verify: bool,
    #[arg(long, help = help("plain-http"))]
    plain_http: bool,
    #[arg(long, help = help("pass-credentials"))]
    pass_credentials: bool,
}

impl std::fmt::Debug for NetworkArgs {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "NetworkArgs({}, ***)", self.username)
    }
}

impl NetworkArgs {
    pub(super) fn options(&self) -> NetworkOptions {
        NetworkOptions {
            ca_file: self.ca_file.clone(),
            cert_file: self.cert_file.clone(),
            key_file: self.key_file.clone(),
            insecure: self.insecure_skip_tls_verify,
            plain_http: self.plain_http,
            pass_credentials: self.pass_credentials,
            username: self.username.clone(),
            password: self.password.clone(),
            ..environment::network_of_environment()
        }
    }
}

impl ChartArgs {
    pub(super) fn options(&self) -> ChartOptions {
        ChartOptions {
            repository: self.repo.clone(),
            version: ChartOptions::version_or_devel(&self.version, self.devel),
            verify: self.verify,
            keyring: keyring::chosen(self.keyring.as_deref(), Compat::Helm43),
            homes: environment::homes_of_environment(),
            network: self.network.options(),
        }
    }
}

/// What sets values.
#[derive(Debug, Args)]
#[command(next_help_heading = "Values")]
pub(super) struct ValueArgs {
    #[arg(short = 'f', long, help = help("values"), value_name = "FILE")]
    values: Vec<String>,
    #[arg(long, help = help("set-json"), value_name = "KEY=JSON")]
    set_json: Vec<String>,
    #[arg(long, help = help("set"), value_name = "KEY=VALUE")]
    set: Vec<String>,
    #[arg(long, help = help("set-string"), value_name = "KEY=TEXT")]
    set_string: Vec<String>,
    #[arg(long, help = help("set-file"), value_name = "KEY=PATH")]
    set_file: Vec<String>,
    #[arg(long, help = help("set-literal"), value_name = "KEY=TEXT")]
    set_literal: Vec<String>,
}

impl ValueArgs {
    pub(super) fn options(&self) -> Result<ValueOptions, Stop> {
        Ok(ValueOptions {
            files: split("--values", &self.values)?,
            set_json: self.set_json.clone(),
            set: self.set.clone(),
            set_string: self.set_string.clone(),
            set_file: self.set_file.clone(),
            set_literal: self.set_literal.clone(),
        })
    }
}

fn split(flag: &str, texts: &[String]) -> Result<Vec<String>, Stop> {
    let refuse = |why| Error::new(ErrorKind::Usage, format!("cannot read the value of `{flag}`: {why}"));
    options::split_commas(texts).map_err(|why| Stop::Error(refuse(why)))
}

impl TemplateArgs {
    fn options(&self, global: &GlobalArgs) -> Result<TemplateOptions, Stop> {
        Ok(TemplateOptions {
            arguments: self.arguments.clone(),
            chart: self.chart.options(),
            values: self.values.options()?,
            limits: global.limits(),
            compat: global.helm_compat,
            namespace: options::namespace(&self.namespace),
            name_template: self.name_template.clone(),
            generate_name: self.generate_name,
            kube_version: self.kube_version.clone(),
            api_versions: split("--api-versions", &self.api_versions)?,
            is_upgrade: self.is_upgrade,
            show_only: self.show_only.clone(),
            include_crds: self.include_crds,
            skip_crds: self.skip_crds,
            skip_tests: self.skip_tests,
            no_hooks: self.no_hooks,
            output_dir: self.output_dir.clone(),
            release_in_path: self.release_name,
            skip_schema_validation: self.skip_schema_validation,
            dependency_update: false,
            homes: environment::homes_of_environment(),
            network: environment::network_of_environment(),
            enable_dns: self.enable_dns,
            lookup: self.lookup.clone(),
            debug: self.debug,
        })
    }

    /// Renders the chart and prints its manifests.
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        run_template::run(&self.options(global)?, ui)
    }
}
