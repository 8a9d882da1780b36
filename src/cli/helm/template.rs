//! `helm template`: its flags as options.

use super::environment;
use super::pflag::Parsed;
use super::{chart_options, go, refuse};
use crate::cli::flags::TEMPLATE_GROUPS;
use crate::cli::options::{self, LimitOptions, TemplateOptions, ValueOptions};
use crate::cli::ui::{Stop, Ui};

/// The options that a command line means; warnings about old flags are printed on the way.
pub(super) fn options(parsed: &Parsed, ui: &mut Ui) -> Result<TemplateOptions, Stop> {
    check_groups(parsed)?;
    check_dry_run(parsed, ui)?;
    let compat = options::compat(parsed.text("helm-compat")).map_err(refuse)?;
    Ok(TemplateOptions {
        arguments: parsed.arguments.clone(),
        chart: chart_options(parsed, compat),
        values: value_options(parsed),
        limits: LimitOptions::default(),
        compat,
        namespace: options::namespace(parsed.text("namespace")),
        name_template: parsed.text("name-template").to_owned(),
        generate_name: parsed.is_on("generate-name"),
        kube_version: parsed.text("kube-version").to_owned(),
        api_versions: parsed.list("api-versions").to_vec(),
        is_upgrade: parsed.is_on("is-upgrade"),
        show_only: parsed.list("show-only").to_vec(),
        include_crds: parsed.is_on("include-crds"),
        skip_crds: parsed.is_on("skip-crds"),
        skip_tests: parsed.is_on("skip-tests"),
        no_hooks: parsed.is_on("no-hooks"),
        output_dir: parsed.text("output-dir").to_owned(),
        release_in_path: parsed.is_on("release-name"),
        skip_schema_validation: parsed.is_on("skip-schema-validation"),
        dependency_update: parsed.is_on("dependency-update"),
        homes: environment::homes(parsed),
        network: environment::network(parsed),
        enable_dns: parsed.is_on("enable-dns"),
        lookup: parsed.is_given("lookup").then(|| parsed.text("lookup").into()),
        debug: environment::is_debug(parsed),
    })
}

/// What sets values.
pub(super) fn value_options(parsed: &Parsed) -> ValueOptions {
    ValueOptions {
        files: parsed.list("values").to_vec(),
        set_json: parsed.list("set-json").to_vec(),
        set: parsed.list("set").to_vec(),
        set_string: parsed.list("set-string").to_vec(),
        set_file: parsed.list("set-file").to_vec(),
        set_literal: parsed.list("set-literal").to_vec(),
    }
}

/// Flags that exclude each other; cobra looks at the groups in the order of their names.
fn check_groups(parsed: &Parsed) -> Result<(), Stop> {
    for group in TEMPLATE_GROUPS {
        let mut set: Vec<_> = group.iter().copied().filter(|flag| parsed.is_given(flag)).collect();
        if set.len() > 1 {
            set.sort_unstable();
            let (group, set) = (group.join(" "), set.join(" "));
            let text =
                format!("if any flags in the group [{group}] are set none of the others can be; [{set}] were all set");
            return Err(refuse(text));
        }
    }
    Ok(())
}

fn check_dry_run(parsed: &Parsed, ui: &mut Ui) -> Result<(), Stop> {
    let server = || {
        refuse(
            "a server-side dry run needs a cluster, and chartwright speaks to none; run it with the real Helm (https://helm.sh)",
        )
    };
    let mode = if parsed.is_given("dry-run") { parsed.text("dry-run") } else { "client" };
    let invalid = |wanted: &str| refuse(format!("invalid dry-run value ({}). Must be {wanted}", go::quote(mode)));
    match mode {
        "unset" => {
            ui.complain("level=WARN msg=\"--dry-run is deprecated and should be replaced with '--dry-run=client'\"")
        }
        "client" => {}
        "server" => return Err(server()),
        "none" => return Err(invalid("\"server\" or \"client\"")),
        other => match go::parse_bool(other) {
            Err(_) => return Err(invalid("\"none\", \"server\", or \"client\"")),
            Ok(false) => return Err(invalid("\"server\" or \"client\"")),
            Ok(true) => {
                let text = format!(
                    "boolean '--dry-run={other}' flag is deprecated and must be replaced with '--dry-run=client'"
                );
                ui.complain(&format!("level=WARN msg={}", go::quote(&text)));
            }
        },
    }
    if parsed.is_on("validate") { Err(server()) } else { Ok(()) }
}
