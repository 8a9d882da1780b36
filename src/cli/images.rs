//! `chartwright images`.

use super::args::GlobalArgs;
use super::failure::Writers;
use super::report::harmless;
use super::run_template::{self, Render};
use super::system::SystemWorld;
use super::template::{ChartArgs, ValueArgs};
use super::ui::{ExitStatus, Outcome, Stop, Ui};
use super::validate::ReleaseArgs;
use crate::chart::Chart;
use crate::diagnostic::Error;
use crate::images::{self, Case, Listing, Matrix, Use};
use crate::kubernetes::ResourceId;
use crate::render::Tracing;
use crate::render::hooks::Hook;
use crate::render::manifest::{Manifest, TextFile, sort_manifests, without_notes};
use crate::source::SourceId;
use crate::value::Map;
use crate::world::{KeepingWorld, World};
use crate::yaml;
use clap::Args;

/// List every image that a chart can run.
///
/// Containers of all sorts, hooks, tests, image volumes, and images in arguments, variables, annotations and custom
/// resources. References are printed as the chart writes them.
#[derive(Debug, Args)]
pub(super) struct ImagesArgs {
    /// The chart: a folder, an archive, or a name with --repo
    #[arg(value_name = "CHART")]
    path: String,
    /// Render also with everything switched on, and with each condition and `enabled` value turned alone
    #[arg(long)]
    all_conditions: bool,
    /// The most renders that --all-conditions makes
    #[arg(long, value_name = "COUNT", default_value_t = 1000)]
    max_cases: usize,
    /// Tell the chart, template line and value key of each image
    #[arg(long)]
    why: bool,
    /// What is printed
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    output: Output,
    /// Version of Kubernetes to render for
    #[arg(long, value_name = "VERSION", default_value = "", hide_default_value = true)]
    kube_version: String,
    #[command(flatten)]
    release: ReleaseArgs,
    #[command(flatten)]
    chart: ChartArgs,
    #[command(flatten)]
    values: ValueArgs,
}

/// The forms of a list of images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    /// One image a line.
    #[default]
    Text,
    /// One JSON document.
    Json,
    /// An Images.lock; only digests that a reference has are in it.
    Lock,
    /// Annotations for Chart.yaml.
    Annotations,
}

impl ImagesArgs {
    /// Lists the images of a chart.
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        let options = self.release.options(&self.path, (&self.chart, &self.values), &self.kube_version, global)?;
        let (_, chart, user) = run_template::load(&self.path, &options, ui)?;
        let job = Render::prepare(&options, ui)?;
        let (cases, left) = match self.all_conditions {
            true => Matrix::of(&chart, &user).cases(self.max_cases.max(1)),
            false => (Matrix::default().cases(1).0, 0),
        };
        let mut listing = Listing::default();
        let world = KeepingWorld::default();
        let mut failed = 0;
        for case in &cases {
            let added = add_case(case, (&job, &world.again()), (&chart, &user), &mut listing);
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
        ui.print(self.text(&listing, &chart))?;
        Ok(ExitStatus::Success)
    }

    fn text(&self, listing: &Listing, chart: &Chart) -> String {
        match self.output {
            Output::Text => listing.images().map(|image| self.lines(listing, image)).collect(),
            Output::Json => json(listing),
            Output::Annotations => listing.annotations(),
            Output::Lock => {
                let now = i64::try_from(SystemWorld::default().now() / 1_000_000_000).unwrap_or_default();
                let at = jiff::Timestamp::from_second(now).map(|at| at.to_string()).unwrap_or_default();
                listing.lock(&chart.metadata, &at)
            }
        }
    }

    fn lines(&self, listing: &Listing, image: &images::Reference) -> String {
        let mut text = format!("{}\n", harmless(&image.to_string()));
        if !self.why {
            return text;
        }
        for (place, case) in listing.uses(image) {
            let line = place.line.map(|line| format!(":{line}")).unwrap_or_default();
            let hook = if place.hook.is_empty() { String::new() } else { format!(", hook {}", place.hook) };
            let key = place.key.as_ref().map(|key| format!(", value {key}")).unwrap_or_default();
            let case = if case == "as given" { String::new() } else { format!(", with {case}") };
            let why = format!("  {}{line}: {} of {}{hook}{key}{case}\n", place.template, place.kind, place.resource);
            text.push_str(&harmless(&why));
        }
        text
    }
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
    (job, world): (&Render<'_>, &KeepingWorld),
    (chart, user): (&Chart, &Map),
    listing: &mut Listing,
) -> Result<(), Trouble> {
    let job = job.with_values(chart.clone(), &case.values(user)).map_err(Trouble::Values)?;
    let rendered = job.execute_in(world, Tracing::On).map_err(|failure| Trouble::Render(Box::new(failure)))?;
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

fn json(listing: &Listing) -> String {
    let images = listing.images().map(|image| {
        let uses = listing.uses(image).map(|(place, case)| {
            serde_json::json!({
                "chart": place.chart, "template": place.template, "line": place.line, "resource": place.resource,
                "field": place.path, "kind": place.kind, "hook": place.hook, "value": place.key, "case": case,
            })
        });
        serde_json::json!({
            "image": image.to_string(), "registry": image.registry(), "repository": image.repository(),
            "tag": image.tag(), "digest": image.digest(), "uses": uses.collect::<Vec<_>>(),
        })
    });
    let whole = serde_json::json!({ "images": images.collect::<Vec<_>>() });
    format!("{}\n", serde_json::to_string_pretty(&whole).unwrap_or_default())
}
