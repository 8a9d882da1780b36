//! From environments to a bundle: plan, values, rendering.

use super::check::facts::Facts;
use super::check::{self, Proof, Spans};
use super::plan::{self, Planned};
use super::rendered::{Rendered, Wanted, render_all};
use super::{Bundle, Origin, Reference, Release, SecretValue, Surroundings, ThirdParty, third_party};
use crate::chart::{self, Compat, LoadOptions, Notices, pack};
use crate::dependency::local;
use crate::diagnostic::{Checked, Diagnostic, Error, Severity, Valid};
use crate::environment::values::{ReleaseValues, release_values};
use crate::environment::{Environment, FindTemplate, Known, Module, Organisation, ValueOrigins, check_together};
use crate::lint::Levels;
use crate::repository::{Archive, Found, Shelf};
use crate::source::{Sources, Span};
use crate::yaml;
use std::collections::HashMap;
use std::rc::Rc;

/// What a bundle is built from.
pub struct Request<'a> {
    /// What holds for all environments, if it was stated.
    pub organisation: Option<&'a Organisation>,
    /// The base infrastructure: for each namespace of it the releases, as if it were an environment.
    pub base: &'a [Environment],
    /// The environments, in order.
    pub environments: &'a [Environment],
    /// Where the charts come from.
    pub charts: &'a Shelf,
    /// The values template of a chart for an environment, if there is one.
    pub template: &'a FindTemplate<'a>,
    /// The Helm whose rules hold.
    pub compat: Compat,
    /// Rules and limits for loading charts.
    pub load: LoadOptions,
    /// What settings say of the rules of bundles.
    pub levels: &'a Levels,
    /// Called before each release is rendered, with its name.
    pub progress: &'a mut dyn FnMut(&str),
}

/// Builds a bundle.
///
/// # Errors
/// Every problem of every environment: cycles, charts that are not there, values templates that fail, charts that
/// cannot be rendered with their values.
pub fn build<'a>(request: Request<'a>, sources: &'a mut Sources) -> Valid<Checked<Bundle>> {
    let (plan, mut problems) = plan::plan(request.organisation, request.base, request.environments);
    let all: Vec<&Environment> = request.base.iter().chain(request.environments).collect();
    let surroundings = Surroundings::of(request.organisation, &all, &mut problems);
    let bundle = Bundle { steps: plan.steps, surroundings, ..Bundle::default() };
    let (charts, kept) = (HashMap::new(), Vec::new());
    let mut builder = Builder { request, sources, bundle, charts, kept, warnings: Vec::new() };
    // In the order of their waves, which is that of the bundle.
    let mut releases: Vec<&Planned<'_>> = plan.releases.iter().collect();
    releases.sort_by_key(|planned| planned.wave);
    let mut drafts = Vec::with_capacity(releases.len());
    for planned in releases {
        match builder.draft(planned) {
            Ok(draft) => drafts.push(draft),
            Err(found) => problems.extend(found),
        }
    }
    let rendered = builder.render(&drafts);
    for (draft, rendered) in drafts.into_iter().zip(rendered) {
        match rendered {
            Ok(rendered) => builder.add(draft, rendered),
            Err(found) => problems.extend(found),
        }
    }
    let together: Vec<&Environment> = builder.request.environments.iter().filter(|one| !one.is_base).collect();
    problems.extend(check_together(builder.request.organisation, &together, Known::Some));
    if problems.is_empty() {
        problems.extend(builder.prove());
    }
    if problems.iter().any(|problem| problem.severity == Severity::Error) {
        return Err(problems);
    }
    let Builder { mut bundle, mut warnings, request, .. } = builder;
    let stated = request.organisation.iter().flat_map(|organisation| &organisation.warnings);
    warnings.splice(0..0, stated.chain(request.environments.iter().flat_map(|one| &one.warnings)).cloned());
    warnings.extend(problems);
    bundle.steps.sort_by_key(|step| step.wave);
    Ok(Checked { output: bundle, warnings })
}

/// What is kept of each release for the proof.
struct Kept {
    facts: Facts,
    spans: Spans,
    origins: ValueOrigins,
    /// The chart, where it was fetched.
    found: Option<Rc<Found>>,
}

/// Where a chart was found.
enum Place {
    /// On the shelf.
    Found(Rc<Found>),
    /// Nowhere, but the list of charts of others has it.
    Listed(&'static ThirdParty),
}

/// A release that is not rendered yet.
struct Draft<'a> {
    release: Release,
    /// `CLUSTER/NAMESPACE/RELEASE`.
    place: String,
    module: &'a Module,
    origins: ValueOrigins,
    found: Option<Rc<Found>>,
}

impl Draft<'_> {
    fn wanted(&self) -> Option<Wanted<'_>> {
        let found = self.found.as_ref()?;
        Some(Wanted {
            module: self.module,
            place: &self.place,
            namespace: &self.release.namespace,
            values: &self.release.values,
            archive: &found.archive,
            shown: found.shown.as_deref(),
        })
    }
}

struct Builder<'a> {
    request: Request<'a>,
    sources: &'a mut Sources,
    bundle: Bundle,
    /// Charts that were found, by name and version.
    charts: HashMap<(String, String), Rc<Found>>,
    /// What the proof needs of each release, in the order of the bundle.
    kept: Vec<Kept>,
    warnings: Vec<Diagnostic>,
}

impl Builder<'_> {
    fn draft<'p>(&mut self, planned: &Planned<'p>) -> Valid<Draft<'p>> {
        let Planned { environment, module, .. } = *planned;
        let place = self.chart(module);
        let values = self.values(environment, module);
        let (place, values) = both(place, values)?;
        let text = yaml::to_yaml(&values.value).map_err(|fault| vec![fault.at(module.release.span)])?;
        let (origin, found) = match place {
            Place::Found(found) => {
                let file = found.archive.file.clone();
                self.bundle.archives.entry(file.clone()).or_insert_with(|| found.archive.clone());
                (Origin::Archive(file), Some(found))
            }
            Place::Listed(listed) => {
                let (repository, provides) = (listed.repository.clone(), listed.provides.clone());
                (Origin::Reference(Reference { repository, provides }), None)
            }
        };
        let release = Release {
            environment: environment.name.text.clone(),
            cluster: environment.cluster.text.clone(),
            namespace: environment.namespace.text.clone(),
            name: module.release.text.clone(),
            chart: module.chart.text.clone(),
            version: module.version.text.clone(),
            origin,
            needs: planned.needs.clone(),
            wave: planned.wave,
            values: text,
            secret_values: secret_values(module),
            labels: environment.labels.clone(),
            wait: module.wait,
            timeout: module.timeout.as_ref().map(|timeout| timeout.text.clone()),
            readiness: Vec::new(),
            manifests: 0,
        };
        Ok(Draft { release, place: planned.id(), module, origins: values.origins, found })
    }

    /// Renders all releases whose charts are there; nothing comes of the others.
    fn render(&mut self, drafts: &[Draft<'_>]) -> Vec<Valid<Rendered>> {
        let there = |draft: &'_ Draft<'_>| draft.found.is_some();
        let wanted: Vec<Wanted<'_>> = drafts.iter().filter_map(Draft::wanted).collect();
        let Request { compat, load, progress, .. } = &mut self.request;
        let mut rendered = render_all(&wanted, (*compat, load), *progress, self.sources).into_iter();
        let of = |draft| if there(draft) { rendered.next() } else { None };
        drafts.iter().map(of).map(|one| one.unwrap_or_else(|| Ok(Rendered::default()))).collect()
    }

    fn add(&mut self, draft: Draft<'_>, rendered: Rendered) {
        let Draft { mut release, module, origins, found, .. } = draft;
        (release.manifests, release.readiness) = (rendered.manifests, rendered.readiness);
        self.bundle.images.join(rendered.images);
        self.warnings.extend(rendered.warnings);
        let kube_version = found.as_ref().map_or("", |found| &found.chart.metadata.kube_version);
        let spans = spans_of(module, kube_version);
        self.kept.push(Kept { facts: rendered.facts, spans, origins, found });
        self.bundle.releases.push(release);
    }

    fn chart(&mut self, module: &Module) -> Valid<Place> {
        let (name, version) = (&module.chart.text, &module.version.text);
        let key = (name.clone(), version.clone());
        if let Some(found) = self.charts.get(&key) {
            return Ok(Place::Found(Rc::clone(found)));
        }
        let mut found = match self.request.charts.find(name, version, &self.request.load) {
            Ok(found) => found,
            Err(missing) => {
                let listed = third_party().iter().find(|one| match &module.third_party {
                    Some(name) => one.name == *name,
                    None => one.chart == *name && one.version == *version,
                });
                if let Some(listed) = listed {
                    return Ok(Place::Listed(listed));
                }
                let span = if missing.is_version() { module.version.span } else { module.chart.span };
                return Err(vec![at(&missing.into_error(), span)]);
            }
        };
        self.attach(&mut found).map_err(|error| vec![at(&error, module.chart.span)])?;
        self.check_metadata(&found, module)?;
        let found = Rc::new(found);
        self.charts.insert(key, Rc::clone(&found));
        Ok(Place::Found(found))
    }

    /// Takes the libraries of a chart folder from their folders, as `package` does.
    fn attach(&mut self, found: &mut Found) -> Result<(), Error> {
        let Some(folder) = &found.shown else { return Ok(()) };
        let before = found.chart.dependencies.len();
        let rest = (&mut Notices::new(), &mut *self.sources);
        self.warnings.extend(local::attach(&mut found.chart, folder, &self.request.load, rest)?);
        if found.chart.dependencies.len() > before {
            let (name, version) = (found.chart.name().to_owned(), found.chart.metadata.version.clone());
            found.archive = Archive::new(name, version, pack::pack(&found.chart)?);
        }
        Ok(())
    }

    fn check_metadata(&self, found: &Found, module: &Module) -> Valid<()> {
        let metadata = &found.chart.metadata;
        if metadata.name != module.chart.text || metadata.version != module.version.text {
            let message = format!(
                "expected chart `{}` {}, found `{}` {} in its archive",
                module.chart.text, module.version.text, metadata.name, metadata.version
            );
            return Err(vec![Diagnostic::error(message).at(module.version.span)]);
        }
        let checked = chart::check::check_installable(&found.chart);
        let checked = checked.and_then(|()| chart::check::check_dependencies(&found.chart, self.request.compat));
        checked.map_err(|error| vec![at(&error, module.chart.span)])
    }

    fn values(&mut self, environment: &Environment, module: &Module) -> Valid<ReleaseValues> {
        let template = (self.request.template)(environment, &module.chart.text, &module.version.text);
        let template = template.map_err(|error| vec![at(&error, module.chart.span)])?;
        let values = release_values(self.request.organisation, environment, module, template, self.sources)?;
        Ok(values)
    }

    /// Looks for what would go wrong at the installation.
    fn prove(&mut self) -> Vec<Diagnostic> {
        let (mut facts, mut spans) = (Vec::new(), Vec::new());
        for kept in &mut self.kept {
            facts.push(std::mem::take(&mut kept.facts));
            spans.push(kept.spans.clone());
        }
        let (kept, bundle, compat) = (&self.kept, &self.bundle, self.request.compat);
        let rerender = |at: usize| {
            let (kept, release) = (kept.get(at)?, bundle.releases.get(at)?);
            let found = kept.found.as_ref()?;
            let shown = match &found.shown {
                Some(folder) => folder.to_string_lossy().into_owned(),
                None => format!("charts/{}", found.archive.file),
            };
            let mut again = check::rerender(&found.chart, release, shown, compat)?;
            again.origins = Some(kept.origins.clone());
            Some(again)
        };
        let proof = Proof::new(bundle, &facts, &spans, &bundle.surroundings, &rerender);
        let found = proof.findings(self.request.levels, self.sources);
        found.into_iter().map(|finding| finding.diagnostic).collect()
    }
}

/// The places of a module.
fn spans_of(module: &Module, kube_version: &str) -> Spans {
    let needs = module.needs.first().map_or(module.release.span, |need| need.span);
    Spans {
        release: module.release.span,
        chart: module.chart.span,
        version: module.version.span,
        needs,
        wait: module.release.span,
        kube_version: kube_version.to_owned(),
    }
}

/// The secrets that a chart takes only as values.
fn secret_values(module: &Module) -> Vec<SecretValue> {
    module.secret_values.iter().map(|(path, reference)| SecretValue::new(&path.text, reference)).collect()
}

/// Both results, or the problems of both.
fn both<A, B>(one: Valid<A>, other: Valid<B>) -> Valid<(A, B)> {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok((one, other)),
        (Err(mut found), Err(more)) => {
            found.extend(more);
            Err(found)
        }
        (Err(found), Ok(_)) | (Ok(_), Err(found)) => Err(found),
    }
}

fn at(error: &Error, span: Span) -> Diagnostic {
    let diagnostic = Diagnostic::error(error.message()).at(span);
    error.hints().iter().fold(diagnostic, |diagnostic, hint| diagnostic.hint(hint))
}
