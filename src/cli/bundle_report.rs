//! `chartwright bundle report`.

use super::args::GlobalArgs;
use super::bundle_open::open;
use super::lint;
use super::run_template::load_options;
use super::shown::counted;
use super::stated::{ReleasesArgs, StatedArgs};
use super::ui::{Stop, Ui};
use crate::bundle::{self, Bundle, CheckRequest, Finding, ReportFacts, Trust, report, verify};
use crate::chart::LoadOptions;
use crate::diagnostic::Diagnostic;
use crate::environment::values::release_values;
use crate::environment::{annotate, place};
use crate::repository::replace;
use crate::source::Sources;
use crate::world::FixedWorld;
use crate::yaml;
use clap::Args;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Write a bundle as one HTML page that needs no network
///
/// With the environment files that the bundle was built from, the page shows where each value comes from.
#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// The bundle
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
    /// The page
    #[arg(long, value_name = "FILE.html")]
    out: PathBuf,
    /// Environment files that the bundle was built from
    #[arg(value_name = "ENVIRONMENT")]
    environments: Vec<PathBuf>,
    /// The organisation's file; beside or above the first environment unless named
    #[arg(long, value_name = "FILE")]
    organisation: Option<PathBuf>,
    #[command(flatten)]
    releases: ReleasesArgs,
}

impl ReportArgs {
    /// Writes the page.
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Result<(), Stop> {
        let opened = open(&self.bundle)?;
        let load = load_options(global.helm_compat, global.limits());
        let bundle = Bundle::load(opened.root(), &mut ui.sources)?;
        let mut facts =
            ReportFacts { verified: Some(verify(opened.root(), &Trust::Nobody)?), ..ReportFacts::default() };
        let levels = lint::levels(&self.bundle, ui)?;
        let compat = load.compat;
        let request = CheckRequest { folder: opened.root(), from: None, compat, load: load.clone(), levels: &levels };
        let found = bundle::check(&request, &mut ui.sources)?;
        // Where an archive was unpacked is nobody's business.
        let inside = format!("{}/", opened.root().display());
        facts.findings.extend(found.iter().map(|one| {
            let told = finding(&one.diagnostic, &ui.sources);
            Finding { place: told.place.replace(&inside, ""), ..told }
        }));
        if !self.environments.is_empty() {
            self.origins(&bundle, &mut facts, &load, ui)?;
        }
        let page = report(&bundle, &facts, &load, &FixedWorld::default())?;
        replace(&self.out, page.as_bytes())?;
        let origins = facts.origins.len();
        let releases = counted(bundle.releases.len(), "release");
        ui.print(format!("{releases}, {origins} with origins of values: {}\n", self.out.display()))
    }

    /// Derives the values once more; origins are shown where they are still those of the bundle.
    fn origins(&self, bundle: &Bundle, facts: &mut ReportFacts, load: &LoadOptions, ui: &mut Ui) -> Result<(), Stop> {
        let args = StatedArgs { environments: self.environments.clone(), organisation: self.organisation.clone() };
        let mut stated = args.read(&mut ui.sources)?;
        let charts = self.releases.shelf()?;
        stated.derive(&self.releases, &charts, load, &mut ui.sources)?;
        facts.findings.extend(stated.warnings.iter().map(|warning| finding(warning, &ui.sources)));
        let known: BTreeMap<String, &[u8]> =
            bundle.releases.iter().map(|release| (release.id(), release.values.as_slice())).collect();
        for environment in stated.all() {
            for module in &environment.modules {
                let (cluster, namespace) = (&environment.cluster.text, &environment.namespace.text);
                let id = format!("{cluster}/{namespace}/{}", module.release.text);
                let Some(text) = known.get(&id) else { continue };
                let template = stated.template(environment, &module.chart.text, &module.version.text)?;
                let organisation = stated.organisation.as_ref();
                let values = release_values(organisation, environment, module, template, &mut ui.sources)?;
                let own = yaml::to_yaml(&values.value).unwrap_or_default();
                if own != *text {
                    let warning =
                        Diagnostic::warning(format!("the values of `{id}` are no longer those of the bundle"));
                    facts.findings.push(finding(&warning.at(module.release.span), &ui.sources));
                    continue;
                }
                let annotated = annotate(text, &values.origins, &ui.sources);
                facts.origins.insert(id, lines(text, &annotated));
            }
        }
        Ok(())
    }
}

fn finding(diagnostic: &Diagnostic, sources: &Sources) -> Finding {
    let hints: String = diagnostic.hints.iter().map(|hint| format!("; {hint}")).collect();
    Finding {
        severity: diagnostic.severity,
        text: format!("{}{hints}", diagnostic.message),
        place: diagnostic.primary.map(|span| place(span, sources)).unwrap_or_default(),
    }
}

/// Lines with what stands behind them once they are annotated.
fn lines(text: &[u8], annotated: &[u8]) -> Vec<(String, String)> {
    let (text, annotated) = (String::from_utf8_lossy(text), String::from_utf8_lossy(annotated));
    let pairs = text.lines().zip(annotated.lines());
    let origin = |line: &str, whole: &str| {
        whole.strip_prefix(line).and_then(|rest| rest.strip_prefix("  # ")).unwrap_or_default().to_owned()
    };
    pairs.map(|(line, whole)| (line.to_owned(), origin(line, whole))).collect()
}
