//! What Helm checks before it renders a loaded chart, each with the text of the Helm asked for.

use super::{Chart, Compat};
use crate::diagnostic::{Error, ErrorKind};
use crate::json;
use crate::version::{Constraint, Version};

fn content(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Content, message)
}

/// Refuses library charts, which hold nothing to install.
pub fn check_installable(chart: &Chart) -> Result<(), Error> {
    match chart.metadata.kind.as_str() {
        "" | "application" => Ok(()),
        kind => Err(content(format!("{kind} charts are not installable"))),
    }
}

/// Refuses a chart whose declared dependencies are not all in `charts/`, whether they are enabled or not.
pub fn check_dependencies(chart: &Chart, compat: Compat) -> Result<(), Error> {
    let doing = match compat {
        Compat::Helm3 => {
            "An error occurred while checking for chart dependencies. \
             You may need to run `helm dependency build` to fetch missing dependencies"
        }
        _ => {
            "an error occurred while checking for chart dependencies. \
             You may need to run 'helm dependency build' to fetch missing dependencies"
        }
    };
    check_vendored(chart).map_err(|error| content(format!("{doing}: {error}")))
}

/// The same in the words of `package`, which gives no advice.
pub fn check_vendored(chart: &Chart) -> Result<(), Error> {
    let there = |name: &str| chart.dependencies.iter().any(|sub| sub.name() == name);
    let declared = chart.metadata.dependencies().iter().map(|one| one.name.as_str());
    let missing: Vec<&str> = declared.filter(|name| !there(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let missing = missing.join(", ");
    Err(content(format!("found in Chart.yaml, but missing in charts/ directory: {missing}")))
}

/// Refuses a chart, or a subchart, whose schema is no JSON.
pub fn check_schema(chart: &Chart) -> Result<(), Error> {
    if chart.schema.as_ref().is_some_and(|schema| !json::is_valid(schema)) {
        let name = chart.name();
        return Err(content("invalid JSON in values.schema.json").hint(format!("it belongs to chart `{name}`")));
    }
    chart.dependencies.iter().try_for_each(check_schema)
}

/// Refuses charts of the version v3 that Helm 4 can load but not render; Helm 3 does not look.
pub fn check_api_version(chart: &Chart, compat: Compat) -> Result<(), Error> {
    match chart.metadata.api_version.as_str() {
        "v3" if compat > Compat::Helm3 => Err(content("invalid chart apiVersion")),
        _ => Ok(()),
    }
}

/// Refuses a chart whose `kubeVersion` does not allow `normalized`; `version` is what the message shows.
pub fn check_kube_version(chart: &Chart, normalized: &str, version: &str) -> Result<(), Error> {
    let wanted = &chart.metadata.kube_version;
    if wanted.is_empty() || is_compatible(wanted, normalized) {
        return Ok(());
    }
    Err(content(format!("chart requires kubeVersion: {wanted} which is incompatible with Kubernetes {version}")))
}

/// Whether a version fits a constraint; a wrong version or constraint does not.
pub fn is_compatible(constraint: &str, version: &str) -> bool {
    let (Ok(version), Ok(constraint)) = (Version::parse(version), Constraint::parse(constraint)) else { return false };
    constraint.check(&version)
}
