//! `helm version`: the Helm that is spoken, so that scripts which ask for it go on.

use super::pflag::Parsed;
use super::refuse;
use crate::cli::options::{self, Compat};
use crate::cli::ui::{ExitStatus, Outcome, Ui};

/// The Go that the official builds of these Helms were compiled with, as `.Capabilities` says it too.
const GO_VERSION: &str = "go1.26.8";

/// Version of Helm and of its Kubernetes client.
fn versions(compat: Compat) -> (&'static str, Option<&'static str>) {
    match compat {
        Compat::Helm43 => ("v4.3.1", Some("v1.37")),
        Compat::Helm42 => ("v4.2.3", Some("v1.36")),
        Compat::Helm3 => ("v3.22.0", None),
    }
}

pub(super) fn print(parsed: &Parsed, ui: &mut Ui) -> Outcome {
    let compat = options::compat(parsed.text("helm-compat")).map_err(refuse)?;
    let (version, client) = versions(compat);
    if parsed.is_given("template") && !parsed.text("template").is_empty() {
        return Err(refuse("--template is not supported yet; use --short"));
    }
    if parsed.is_on("short") {
        ui.print(format!("{version}\n"))?;
        return Ok(ExitStatus::Success);
    }
    let client = client.map(|client| format!(", KubeClientVersion:\"{client}\"")).unwrap_or_default();
    let commit = "GitCommit:\"\", GitTreeState:\"\"";
    ui.print(format!("version.BuildInfo{{Version:\"{version}\", {commit}, GoVersion:\"{GO_VERSION}\"{client}}}\n"))?;
    Ok(ExitStatus::Success)
}
