//! The images of a chart over its cases, for `images` and `images lock`.

use super::args::GlobalArgs;
use super::failure::Writers;
use super::run_template::{self, Render};
use super::template::{ChartArgs, ValueArgs};
use super::ui::{Stop, Ui};
use super::validate::ReleaseArgs;
use crate::chart::Chart;
use crate::diagnostic::Error;
use crate::images::{self, Case, Listing, Matrix, Use};
use crate::kubernetes::ResourceId;
use crate::render::hooks::Hook;
use crate::render::manifest::{Manifest, TextFile, sort_manifests, without_notes};
use crate::render::{Parses, Tracing};
use crate::source::SourceId;
use crate::value::Map;
use crate::world::KeepingWorld;
use crate::yaml;
use clap::Args;
use std::path::PathBuf;

/// What a chart is rendered with, and how often.
#[derive(Debug, Args)]
pub(super) struct GatherArgs {
    /// Render also with everything switched on, and with each condition and `enabled` value turned alone
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
pub(super) fn gather(
    reference: &str,
    args: &GatherArgs,
    global: &GlobalArgs,
    ui: &mut Ui,
) -> Result<Gathered, Stop> {
    let options = args.release.options(reference, (&args.chart, &args.values), &args.kube_version, global)?;
    let (path, chart, user) = run_template::load(reference, &options, ui)?;
    let job = Render::prepare(&options, ui)?;
    let (cases, left) = match args.all_conditions {
        true => Matrix::of(&chart, &user).cases(args.max_cases.max(1)),
        false => (Matrix::default().cases(1).0, 0),
    };
    let mut listing = Listing::default();
    let (world, parses) = (KeepingWorld::default(), Parses::new(options.compat));
    let mut failed = 0;
    for case in &cases {
        let added = add_case(case, (&job, &world.again(), &parses), (&chart, &user), &mut listing);
        match added {
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
    Ok(Gathered { path, chart, listing })
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

fn add_case(
    case: &Case,
    (job, world, parses): (&Render<'_>, &KeepingWorld, &Parses),
    (chart, user): (&Chart, &Map),
    listing: &mut Listing,
) -> Result<(), Trouble> {
    let job = job.with_values(chart.clone(), &case.values(user)).map_err(Trouble::Values)?;
    let rendered = job.execute_parsed(world, Tracing::On, parses).map_err(|failure| Trouble::Render(Box::new(failure)))?;
    let files = without_notes(rendered.files().map(|(path, text)| TextFile { path, text }));
    let found = sort_manifests(&files, job.options.compat).map_err(|fault| {
        Trouble::Manifest(Error::new(crate::diagnostic::ErrorKind::Content, fault.text(job.options.compat)))
    })?;
    let writers = Writers::new(&job, &rendered);
    let filter = job.hooks();
    let hooks = found.hooks.iter().filter(|hook| filter.shows(hook)).map(|hook| (&hook.manifest, events(hook)));
    for (manifest, hook) in found.manifests.iter().map(|manifest| (manifest, String::new())).chain(hooks) {
        add_manifest(manifest, &hook, (&writers, &job.prepared.values), (listing, &case.name));
    }
    for (path, file) in job.prepared.chart.crds() {
        for document in crate::kubernetes::documents(&file.data) {
            let Ok(node) = yaml::parse(document.text, SourceId::default()) else { continue };
            for place in images::find(&node) {
                let line = crate::source::position(&file.data, document.offset + place.span.start as usize).line;
                let written = Some((path.to_string(), line));
                let use_of = used(&place, (&ResourceId::of(&node), ""), written, None);
                listing.add(place.image, use_of, &case.name);
            }
        }
    }
    Ok(())
}

fn events(hook: &Hook<'_>) -> String {
    hook.manifest.head.annotation("helm.sh/hook").unwrap_or_default().to_owned()
}

fn add_manifest(
    manifest: &Manifest<'_>,
    hook: &str,
    (writers, values): (&Writers<'_, '_>, &Map),
    (listing, case): (&mut Listing, &str),
) {
    let Ok(node) = yaml::parse(manifest.text, SourceId::default()) else { return };
    let resource = ResourceId::of(&node);
    for place in images::find(&node) {
        let at = manifest.offset + place.span.start as usize;
        let written = writers.line(manifest.path, at).or_else(|| Some((manifest.path.to_owned(), 0)));
        let key = images::value_key(&place.image, values);
        let use_of = used(&place, (&resource, hook), written, key);
        listing.add(place.image, use_of, case);
    }
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
        hook: hook.to_owned(),
        key,
        template,
    }
}
