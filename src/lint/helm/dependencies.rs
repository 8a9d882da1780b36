//! What `Chart.yaml` declares against what lies in `charts/`.

use super::{Linter, Severity};
use crate::chart::Chart;

impl Linter<'_> {
    /// Compares declared and present dependencies.
    pub(super) fn check_dependencies(&mut self) {
        let checked = match self.place.chart(self.notices) {
            Ok(chart) => [undeclared(chart), doubled(chart), missing(chart)],
            Err(error) => {
                self.note(Severity::Error, "", Err(format!("unable to load chart\n\t{error}")));
                return;
            }
        };
        let folder = self.place.folder.clone();
        let severities = [Severity::Error, Severity::Error, Severity::Warning];
        for (severity, checked) in severities.into_iter().zip(checked) {
            self.note(severity, &folder, checked);
        }
    }
}

fn none_or(what: &str, names: &[&str]) -> Result<(), String> {
    if names.is_empty() { Ok(()) } else { Err(format!("{what}: {}", names.join(","))) }
}

fn undeclared(chart: &Chart) -> Result<(), String> {
    let declared = |name: &str| chart.metadata.dependencies().iter().any(|one| one.name == name);
    let names: Vec<&str> = chart.dependencies.iter().map(Chart::name).filter(|name| !declared(name)).collect();
    none_or("chart metadata is missing these dependencies", &names)
}

fn doubled(chart: &Chart) -> Result<(), String> {
    let mut known: Vec<&str> = Vec::new();
    let mut doubled = Vec::new();
    for one in chart.metadata.dependencies() {
        let key = if one.alias.is_empty() { one.name.as_str() } else { one.alias.as_str() };
        if known.contains(&key) {
            doubled.push(key);
        }
        known.push(key);
    }
    none_or("multiple dependencies with name or alias", &doubled)
}

fn missing(chart: &Chart) -> Result<(), String> {
    let present = |name: &str| chart.dependencies.iter().any(|sub| sub.name() == name);
    let declared = chart.metadata.dependencies().iter().map(|one| one.name.as_str());
    let names: Vec<&str> = declared.filter(|name| !present(name)).collect();
    none_or("chart directory is missing these dependencies", &names)
}
