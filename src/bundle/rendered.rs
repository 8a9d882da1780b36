//! What releases render to, as the proof and the lists of a bundle need it.

use super::check::facts::Facts;
use super::check::{self};
use super::failure::Place;
use super::images::{self, ImageList};
use crate::chart::{Chart, Compat, LoadOptions, Notices};
use crate::diagnostic::{Diagnostic, Valid};
use crate::environment::Module;
use crate::environment::notes::{note_of, render_with_notes};
use crate::images::Kinds;
use crate::render::action::{RenderOptions, SchemaCheck, prepare};
use crate::render::manifest::{Manifest, Manifests, TextFile, sort_manifests, without_notes};
use crate::render::{Capabilities, Parses, Release as RenderRelease, Tracing};
use crate::repository::Archive;
use crate::source::Sources;
use crate::template::Limits;
use crate::threads::each;
use crate::world::FixedWorld;
use crate::yaml;
use std::collections::HashMap;
use std::path::Path;

/// What a release renders to.
#[derive(Default)]
pub(super) struct Rendered {
    /// How many manifests.
    pub(super) manifests: usize,
    /// What has to be ready, as `Kind/name`, sorted.
    pub(super) readiness: Vec<String>,
    pub(super) facts: Facts,
    pub(super) images: ImageList,
    /// What Helm would say of it without refusing it.
    pub(super) warnings: Vec<Diagnostic>,
}

/// A release that is to be rendered.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) module: &'a Module,
    /// `CLUSTER/NAMESPACE/RELEASE`.
    pub(super) place: &'a str,
    pub(super) namespace: &'a str,
    pub(super) values: &'a [u8],
    pub(super) archive: &'a Archive,
    /// The folder of its chart, where it is one.
    pub(super) shown: Option<&'a Path>,
}

/// Renders releases on all processors; `progress` hears the name of each. One that cannot be rendered has its
/// problems instead, which point into `sources`.
pub(super) fn render_all(
    wanted: &[Wanted<'_>],
    (compat, load): (Compat, &LoadOptions),
    progress: &mut dyn FnMut(&str),
    sources: &mut Sources,
) -> Vec<Valid<Rendered>> {
    let kinds = images::kinds(wanted.iter().map(|one| one.archive), load);
    let state = || Renderer::new(compat, load, &kinds);
    // Places of problems need the texts of the caller: what fails is rendered once more, by the caller.
    let work = |renderer: &mut Renderer<'_>, at: usize| renderer.render(&wanted[at], &mut Sources::new()).ok();
    let done = |at: usize| progress(&wanted[at].module.release.text);
    let rendered = each(wanted.len(), state, work, done);
    let mut own = state();
    let again = |(rendered, wanted): (Option<Rendered>, &Wanted<'_>)| match rendered {
        Some(rendered) => Ok(rendered),
        None => own.render(wanted, sources),
    };
    rendered.into_iter().zip(wanted).map(again).collect()
}

/// What one thread renders with.
struct Renderer<'a> {
    compat: Compat,
    load: &'a LoadOptions,
    /// Charts by the digests of their archives.
    charts: HashMap<String, Chart>,
    /// Templates that were parsed: all charts share their library.
    parses: Parses,
    capabilities: Capabilities,
    /// The custom kinds that the charts of all releases bring.
    kinds: &'a Kinds,
}

impl<'a> Renderer<'a> {
    fn new(compat: Compat, load: &'a LoadOptions, kinds: &'a Kinds) -> Renderer<'a> {
        let (parses, capabilities) = (Parses::new(compat), Capabilities::of_helm(compat));
        Renderer { compat, load, charts: HashMap::new(), parses, capabilities, kinds }
    }

    /// Renders a release as Helm will, and reads it.
    fn render(&mut self, wanted: &Wanted<'_>, sources: &mut Sources) -> Valid<Rendered> {
        let (compat, module) = (self.compat, wanted.module);
        let release = Place { module, shown: wanted.shown };
        let user = yaml::from_yaml_map(wanted.values).map_err(|error| vec![release.wrong(&error.to_string())])?;
        let mut notices = Notices::new();
        let chart = self.chart(wanted.archive).map_err(|message| vec![release.wrong(&message)])?;
        let prepared = prepare(chart, &user, SchemaCheck::Validate, compat, &mut notices);
        let mut prepared = prepared.map_err(|error| vec![release.refused(&error)])?;
        let notices = notices.iter().map(|notice| {
            let attributes = notice.attributes.iter().map(|(name, value)| format!(" ({name}: {value})"));
            let message = format!("{}{}", notice.message, attributes.collect::<String>());
            Diagnostic::warning(message).at(module.release.span)
        });
        let warnings = notices.collect();
        let options = RenderOptions {
            release: &RenderRelease::install(module.release.text.clone(), wanted.namespace.to_owned()),
            capabilities: &self.capabilities,
            limits: Limits::default(),
            tracing: Tracing::Off,
        };
        // Nothing random or temporal of a render enters a bundle, so the world stands still: same input, same bytes.
        let rendered = render_with_notes(&mut prepared, &options, &FixedWorld::default(), &self.parses);
        let (rendered, fault) = rendered.map_err(|cause| vec![release.failed(&cause, &prepared.chart, sources)])?;
        // What cannot be said of needs does not keep the release from being installed.
        let fault = fault.map(|cause| release.failed(&cause, &prepared.chart, &mut Sources::new()).message);
        let own = rendered.files().filter(|(path, _)| note_of(path).is_none());
        let files = without_notes(own.map(|(path, text)| TextFile { path, text }));
        let sorted = sort_manifests(&files, compat).map_err(|fault| vec![release.not_yaml(&fault, sources)])?;
        let mut images = ImageList::default();
        images.add(wanted.place, &prepared, &sorted, self.kinds);
        let mut facts = check::read(&rendered, &prepared, wanted.namespace);
        if let Some(fault) = fault {
            facts.notes_fault = Some((fault, check::NO_PLACE));
        }
        let manifests = sorted.manifests.len() + sorted.hooks.len();
        Ok(Rendered { manifests, readiness: readiness(&sorted), facts, images, warnings })
    }

    fn chart(&mut self, archive: &Archive) -> Result<Chart, String> {
        if let Some(chart) = self.charts.get(&archive.digest) {
            return Ok(chart.clone());
        }
        let chart = Chart::from_archive(Path::new(&archive.file), &archive.bytes, self.load, &mut Notices::new());
        let chart = chart.map_err(|error| error.to_string())?;
        self.charts.insert(archive.digest.clone(), chart.clone());
        Ok(chart)
    }
}

/// The kinds whose objects take time until they are ready.
const AWAITED: &[&str] = &["DaemonSet", "Deployment", "Job", "StatefulSet"];

/// What has to be ready, as `Kind/name`, sorted.
fn readiness(sorted: &Manifests<'_>) -> Vec<String> {
    let awaited = sorted.manifests.iter().filter(|one| AWAITED.contains(&one.head.kind.as_ref()));
    let name = |one: &Manifest<'_>| one.head.metadata.as_ref().map_or("", |metadata| metadata.name.as_ref()).to_owned();
    let mut names: Vec<String> = awaited.map(|one| format!("{}/{}", one.head.kind, name(one))).collect();
    names.sort();
    names
}
