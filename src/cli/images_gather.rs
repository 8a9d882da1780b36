//! The images of a chart over its cases, for `images` and `images lock`.

use super::args::GlobalArgs;
use super::failure::Writers;
use super::run_template::{self, Render};
use super::template::{ChartArgs, ValueArgs};
use super::ui::{Stop, Ui};
use super::validate::ReleaseArgs;
use crate::chart::{Chart, Compat};
use crate::diagnostic::Error;
use crate::images::{self, Case, Kinds, Listing, Matrix, Use};
use crate::kubernetes::ResourceId;
use crate::render::hooks::Hook;
use crate::render::manifest::{Manifest, TextFile, sort_manifests, without_notes};
use crate::render::{Parses, Tracing};
use crate::source::SourceId;
use crate::value::Map;
use crate::world::KeepingWorld;
use crate::yaml;
use clap::Args;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::PathBuf;

/// What a chart is rendered with, and how often.
#[derive(Debug, Args)]
pub(super) struct GatherArgs {
    /// Render also with everything switched on, and with each condition and `enabled` value turned alone, as far as a
    /// template reads it
    #[arg(long)]
    all_conditions: bool,
    /// The most renders that --all-conditions makes
    #[arg(long, value_name = "COUNT", default_value_t = 1000)]
    max_cases: usize,
    /// Version of Kubernetes to render for
    #[arg(long, value_name = "VERSION", default_value = "", hide_default_value = true)]
    kube_version: String,
    #[command(flatten)]
    release: ReleaseArgs,
    #[command(flatten)]
    pub(super) chart: ChartArgs,
    #[command(flatten)]
    values: ValueArgs,
}

/// A chart with its images.
pub(super) struct Gathered {
    /// Where the chart lies.
    pub(super) path: PathBuf,
    /// The chart.
    pub(super) chart: Chart,
    /// Its images.
    pub(super) listing: Listing,
}

/// Renders a chart as often as asked for and gathers its images.
pub(super) fn gather(reference: &str, args: &GatherArgs, global: &GlobalArgs, ui: &mut Ui) -> Result<Gathered, Stop> {
    let options = args.release.options(reference, (&args.chart, &args.values), &args.kube_version, global)?;
    let (path, chart, user) = run_template::load(reference, &options, ui)?;
    let job = Render::prepare(&options, ui)?;
    let matrix = if args.all_conditions { Matrix::of(&chart, &user) } else { Matrix::default() };
    let most = if args.all_conditions { args.max_cases.max(1) } else { 1 };
    let (cases, left) = matrix.cases(most);
    let left = if args.all_conditions { left } else { 0 };
    let mut found = Found::new(&chart, matrix, options.compat);
    let mut failed = 0;
    for case in &cases {
        match found.add_case(case, &job, (&chart, &user)) {
            Ok(()) => {}
            // The chart as the user asked for it has to render.
            Err(error) if case.switches.is_empty() => return Err(told(error, &job, ui)),
            Err(_) => failed += 1,
        }
    }
    if left > 0 {
        ui.say(&format!("note: {left} cases were left out; see --max-cases"));
    }
    if failed > 0 {
        ui.say(&format!("note: {failed} of {} cases do not render and are left out", cases.len()));
    }
    Ok(Gathered { path, listing: found.listing, chart })
}

/// Why a case has no images.
enum Trouble {
    Values(Error),
    Render(Box<crate::render::action::Failure>),
    Manifest(Error),
}

fn told(trouble: Trouble, job: &Render<'_>, ui: &mut Ui) -> Stop {
    match trouble {
        Trouble::Values(error) | Trouble::Manifest(error) => error.into(),
        Trouble::Render(failure) => super::failure::of_render(&failure, job, ui),
    }
}

/// A switch by its path of keys.
type Switch = (Vec<String>, bool);

/// What the cases of a chart share.
struct Found {
    world: KeepingWorld,
    parses: Parses,
    matrix: Matrix,
    /// The switches that cases do not look at, by what these set: to turn one changes nothing.
    unread: BTreeMap<Vec<Switch>, BTreeSet<Vec<String>>>,
    /// The custom kinds of the chart's `crds/`.
    kinds: Kinds,
    /// The documents that were searched, by the file that wrote them: most cases change few.
    seen: HashSet<(String, Vec<u8>)>,
    /// The files of `crds/` that were searched.
    crds: HashSet<String>,
    listing: Listing,
}

impl Found {
    fn new(chart: &Chart, matrix: Matrix, compat: Compat) -> Found {
        let mut kinds = Kinds::default();
        chart.crds().iter().for_each(|(_, file)| kinds.add_crds(&file.data));
        let (world, parses) = (KeepingWorld::default(), Parses::new(compat));
        let (unread, seen, crds) = (BTreeMap::new(), HashSet::new(), HashSet::new());
        Found { world, parses, matrix, unread, kinds, seen, crds, listing: Listing::default() }
    }

    /// Whether a case comes out as the one without its last switch, which was rendered.
    fn is_known(&self, case: &Case) -> bool {
        let Some(((path, _), before)) = case.switches.split_last() else { return false };
        self.unread.get(before).is_some_and(|unread| unread.contains(path))
    }

    fn add_case(&mut self, case: &Case, job: &Render<'_>, (chart, user): (&Chart, &Map)) -> Result<(), Trouble> {
        if self.is_known(case) {
            return Ok(());
        }
        let job = job.with_values(chart.clone(), &case.values(user)).map_err(Trouble::Values)?;
        let rendered = job
            .execute_parsed(&self.world.again(), Tracing::On, &self.parses)
            .map_err(|failure| Trouble::Render(Box::new(failure)))?;
        if let Some(trace) = &rendered.trace {
            let unread = self.matrix.unread(&job.prepared.values, &trace.recorder);
            self.unread.insert(case.switches.clone(), unread);
        }
        let files = without_notes(rendered.files().map(|(path, text)| TextFile { path, text }));
        let found = sort_manifests(&files, job.options.compat).map_err(|fault| {
            Trouble::Manifest(Error::new(crate::diagnostic::ErrorKind::Content, fault.text(job.options.compat)))
        })?;
        let filter = job.hooks();
        let hooks = found.hooks.iter().filter(|hook| filter.shows(hook)).map(|hook| (&hook.manifest, events(hook)));
        let all = found.manifests.iter().map(|manifest| (manifest, String::new())).chain(hooks);
        let new: Vec<_> = all.filter(|(manifest, _)| self.is_new(manifest)).collect();
        new.iter().for_each(|(manifest, _)| self.kinds.add_crds(manifest.text));
        let writers = Writers::new(&job, &rendered);
        for (manifest, hook) in new {
            self.add_manifest(manifest, &hook, (&writers, &job.prepared.values), &case.name);
        }
        for (path, file) in job.prepared.chart.crds() {
            self.add_crds(&path.to_string(), &file.data, &case.name);
        }
        Ok(())
    }

    fn is_new(&mut self, manifest: &Manifest<'_>) -> bool {
        self.seen.insert((manifest.path.to_owned(), manifest.text.to_vec()))
    }

    fn add_manifest(
        &mut self,
        manifest: &Manifest<'_>,
        hook: &str,
        (writers, values): (&Writers<'_, '_>, &Map),
        case: &str,
    ) {
        let Ok(node) = yaml::parse(manifest.text, SourceId::default()) else { return };
        let resource = ResourceId::of(&node);
        for place in images::find_among(&node, &self.kinds) {
            let at = manifest.offset + place.span.start as usize;
            let written = writers.line(manifest.path, at).or_else(|| Some((manifest.path.to_owned(), 0)));
            let key = images::value_key(&place.image, values);
            let use_of = used(&place, (&resource, hook), written, key);
            self.listing.add(place.image, use_of, case);
        }
    }

    /// Adds what a file of `crds/` names.
    fn add_crds(&mut self, path: &str, text: &[u8], case: &str) {
        if !self.crds.insert(path.to_owned()) {
            return;
        }
        for document in crate::kubernetes::documents(text) {
            let Ok(node) = yaml::parse(document.text, SourceId::default()) else { continue };
            for place in images::find(&node) {
                let line = crate::source::position(text, document.offset + place.span.start as usize).line;
                let use_of = used(&place, (&ResourceId::of(&node), ""), Some((path.to_owned(), line)), None);
                self.listing.add(place.image, use_of, case);
            }
        }
    }
}

fn events(hook: &Hook<'_>) -> String {
    hook.manifest.head.annotation("helm.sh/hook").unwrap_or_default().to_owned()
}

fn used(
    place: &images::Place,
    (resource, hook): (&ResourceId, &str),
    written: Option<(String, usize)>,
    key: Option<String>,
) -> Use {
    let (template, line) = written.unwrap_or_default();
    let chart = template.rsplit_once("/templates/").or_else(|| template.rsplit_once("/crds/"));
    Use {
        chart: chart.map_or(template.as_str(), |(chart, _)| chart).to_owned(),
        line: (line > 0).then_some(line),
        resource: resource.to_string(),
        path: place.path.clone(),
        kind: place.kind,
        rule: place.rule,
        hook: hook.to_owned(),
        key,
        template,
    }
}
