//! `chartwright images`.

use super::args::GlobalArgs;
use super::images_gather::{GatherArgs, gather};
use super::images_lock::LockArgs;
use super::report::harmless;
use super::system::SystemWorld;
use super::ui::{ExitStatus, Outcome, Ui};
use crate::chart::Chart;
use crate::images::{self, Listing};
use crate::world::World;
use clap::{Args, Subcommand};

/// List every image that a chart can run.
///
/// Containers of all sorts, hooks, tests, image volumes, and images in arguments, variables, annotations and custom
/// resources. References are printed as the chart writes them.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct ImagesArgs {
    #[command(subcommand)]
    command: Option<ImagesCommand>,
    /// The chart: a folder, an archive, or a name with --repo
    #[arg(value_name = "CHART", required = true)]
    path: Option<String>,
    /// Tell the chart, template line and value key of each image
    #[arg(long)]
    why: bool,
    /// What is printed
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    output: Output,
    #[command(flatten)]
    gather: GatherArgs,
}

#[derive(Debug, Subcommand)]
enum ImagesCommand {
    Lock(Box<LockArgs>),
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
    /// Lists the images of a chart, or runs the command below.
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        if let Some(ImagesCommand::Lock(args)) = &self.command {
            return args.run(global, ui);
        }
        let found = gather(self.path.as_deref().unwrap_or_default(), &self.gather, global, ui)?;
        ui.print(self.text(&found.listing, &found.chart))?;
        Ok(ExitStatus::Success)
    }

    fn text(&self, listing: &Listing, chart: &Chart) -> String {
        match self.output {
            Output::Text => listing.images().map(|image| self.lines(listing, image)).collect(),
            Output::Json => json(listing),
            Output::Annotations => listing.annotations(),
            Output::Lock => listing.lock(&chart.metadata, &now()).to_string(),
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
            let who = format!("{} of {}, {}", place.kind, place.resource, place.rule);
            let why = format!("  {}{line}: {who}{hook}{key}{case}\n", place.template);
            text.push_str(&harmless(&why));
        }
        text
    }
}

fn json(listing: &Listing) -> String {
    let images = listing.images().map(|image| {
        let uses = listing.uses(image).map(|(place, case)| {
            serde_json::json!({
                "chart": place.chart, "template": place.template, "line": place.line, "resource": place.resource,
                "field": place.path, "kind": place.kind, "rule": place.rule.name(), "hook": place.hook, "value": place.key, "case": case,
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

/// The time of this machine in RFC 3339.
pub(super) fn now() -> String {
    let now = i64::try_from(SystemWorld::default().now() / 1_000_000_000).unwrap_or_default();
    jiff::Timestamp::from_second(now).map(|at| at.to_string()).unwrap_or_default()
}
