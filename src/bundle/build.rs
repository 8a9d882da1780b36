//! From environments to a bundle: plan, values, rendering.

use super::{Bundle, Release, failure, plan};
use crate::chart::{Compat, LoadOptions, Notices, check};
use crate::diagnostic::{Checked, Diagnostic, Error, Valid};
use crate::environment::values::release_values;
use crate::environment::{Environment, Known, Module, Organisation, check_together};
use crate::render::action::{RenderOptions, SchemaCheck, prepare};
use crate::render::manifest::{TextFile, sort_manifests, without_notes};
use crate::render::{Capabilities, Release as RenderRelease, Tracing};
use crate::repository::{Found, Shelf};
use crate::source::{Source, Sources, Span};
use crate::template::Limits;
use crate::value::Value;
use crate::world::World;
use crate::yaml;
use std::collections::HashMap;
use std::rc::Rc;

/// Looks for the values template of a chart for an environment.
pub type FindTemplate<'a> = dyn Fn(&Environment, &str) -> Result<Option<Source>, Error> + 'a;

/// What a bundle is built from.
pub struct Request<'a> {
    /// What holds for all environments, if it was stated.
    pub organisation: Option<&'a Organisation>,
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
    /// Called before each release is rendered, with its name.
    pub progress: &'a mut dyn FnMut(&str),
}

/// Builds a bundle.
///
/// # Errors
/// Every problem of every environment: cycles, charts that are not there, values templates that fail, charts that
/// cannot be rendered with their values.
pub fn build<'a>(request: Request<'a>, world: &'a dyn World, sources: &'a mut Sources) -> Valid<Checked<Bundle>> {
    let (bundle, charts) = (Bundle::default(), HashMap::new());
    let mut builder = Builder { request, world, sources, bundle, charts, warnings: Vec::new() };
    let mut problems = Vec::new();
    for environment in builder.request.environments {
        let waves = plan::waves(environment).unwrap_or_else(|found| {
            problems.extend(found);
            vec![0; environment.modules.len()]
        });
        builder.environment(environment, &waves, &mut problems);
    }
    let together: Vec<&Environment> = builder.request.environments.iter().collect();
    problems.extend(check_together(builder.request.organisation, &together, Known::Some));
    if !problems.is_empty() {
        return Err(problems);
    }
    let Builder { mut bundle, mut warnings, request, .. } = builder;
    let stated = request.organisation.iter().flat_map(|organisation| &organisation.warnings);
    warnings.splice(0..0, stated.chain(request.environments.iter().flat_map(|one| &one.warnings)).cloned());
    bundle.releases.sort_by_key(|release| release.wave);
    Ok(Checked { output: bundle, warnings })
}

struct Builder<'a> {
    request: Request<'a>,
    world: &'a dyn World,
    sources: &'a mut Sources,
    bundle: Bundle,
    /// Charts that were found, by name and version.
    charts: HashMap<(String, String), Rc<Found>>,
    warnings: Vec<Diagnostic>,
}

impl Builder<'_> {
    fn environment(&mut self, environment: &Environment, waves: &[usize], problems: &mut Vec<Diagnostic>) {
        for (module, wave) in environment.modules.iter().zip(waves) {
            (self.request.progress)(&module.release.text);
            match self.module(environment, module, *wave) {
                Ok(release) => self.bundle.releases.push(release),
                Err(found) => problems.extend(found),
            }
        }
    }

    fn module(&mut self, environment: &Environment, module: &Module, wave: usize) -> Valid<Release> {
        let found = self.chart(module);
        let values = self.values(environment, module);
        let (found, values) = both(found, values)?;
        let text = yaml::to_yaml(&values).map_err(|fault| vec![fault.at(module.release.span)])?;
        let manifests = self.render(environment, module, &found, &text)?;
        let archive = found.archive.file.clone();
        self.bundle.archives.entry(archive.clone()).or_insert_with(|| found.archive.clone());
        Ok(Release {
            environment: environment.name.text.clone(),
            cluster: environment.cluster.text.clone(),
            namespace: environment.namespace.text.clone(),
            name: module.release.text.clone(),
            chart: module.chart.text.clone(),
            version: module.version.text.clone(),
            archive,
            needs: module.needs.iter().map(|need| need.text.clone()).collect(),
            wave,
            values: text,
            manifests,
        })
    }

    fn chart(&mut self, module: &Module) -> Valid<Rc<Found>> {
        let (name, version) = (&module.chart.text, &module.version.text);
        let key = (name.clone(), version.clone());
        if let Some(found) = self.charts.get(&key) {
            return Ok(Rc::clone(found));
        }
        let found = self.request.charts.find(name, version, &self.request.load).map_err(|missing| {
            let span = if missing.is_version() { module.version.span } else { module.chart.span };
            vec![at(&missing.into_error(), span)]
        })?;
        self.check_metadata(&found, module)?;
        let found = Rc::new(found);
        self.charts.insert(key, Rc::clone(&found));
        Ok(found)
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
        let checked = check::check_installable(&found.chart);
        let checked = checked.and_then(|()| check::check_dependencies(&found.chart, self.request.compat));
        checked.map_err(|error| vec![at(&error, module.chart.span)])
    }

    fn values(&mut self, environment: &Environment, module: &Module) -> Valid<Value> {
        let template = (self.request.template)(environment, &module.chart.text);
        let template = template.map_err(|error| vec![at(&error, module.chart.span)])?;
        let values = release_values(self.request.organisation, environment, module, template, self.sources)?;
        for (path, _) in &module.secret_values {
            let message = format!("`{}` of `{}` is not in the bundle", path.text, module.release.text);
            let hint = "hand it over at the installation with `--set-file`";
            self.warnings.push(Diagnostic::warning(message).at(path.span).hint(hint));
        }
        Ok(values.value)
    }

    /// Renders the release as Helm will and counts its manifests.
    fn render(&mut self, environment: &Environment, module: &Module, found: &Found, text: &[u8]) -> Valid<usize> {
        let compat = self.request.compat;
        let release = failure::Place { module, shown: found.shown.as_deref() };
        let user = yaml::from_yaml_map(text).map_err(|error| vec![release.wrong(&error.to_string())])?;
        let mut notices = Notices::new();
        let prepared = prepare(found.chart.clone(), &user, SchemaCheck::Validate, compat, &mut notices);
        let prepared = prepared.map_err(|error| vec![release.refused(&error)])?;
        for notice in notices.iter() {
            let attributes = notice.attributes.iter().map(|(name, value)| format!(" ({name}: {value})"));
            let message = format!("{}{}", notice.message, attributes.collect::<String>());
            self.warnings.push(Diagnostic::warning(message).at(module.release.span));
        }
        let capabilities = Capabilities::of_helm(compat);
        let options = RenderOptions {
            release: &RenderRelease::install(module.release.text.clone(), environment.namespace.text.clone()),
            capabilities: &capabilities,
            limits: Limits::default(),
            tracing: Tracing::Off,
        };
        let rendered = prepared
            .render(&options, self.world)
            .map_err(|cause| vec![release.failed(&cause, &prepared.chart, self.sources)])?;
        let files = without_notes(rendered.files().map(|(path, text)| TextFile { path, text }));
        let sorted = sort_manifests(&files, compat).map_err(|fault| vec![release.not_yaml(&fault, self.sources)])?;
        let place = format!("{}/{}/{}", environment.cluster.text, environment.namespace.text, module.release.text);
        self.bundle.images.add(&place, &prepared, &sorted);
        Ok(sorted.manifests.len() + sorted.hooks.len())
    }
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
