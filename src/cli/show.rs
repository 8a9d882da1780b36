//! `chartwright show`.

use super::args::GlobalArgs;
use super::flags::help;
use super::options::{Part, ShowOptions};
use super::run_show;
use super::template::ChartArgs;
use super::ui::{Outcome, Ui};
use clap::{Args, Subcommand};

/// Print what is in a chart.
#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    #[command(subcommand)]
    part: PartCommand,
}

#[derive(Debug, Subcommand)]
enum PartCommand {
    /// Print everything below
    All(OnePartArgs),
    /// Print Chart.yaml
    Chart(OnePartArgs),
    /// Print the custom resource definitions
    Crds(OnePartArgs),
    /// Print the README
    Readme(OnePartArgs),
    /// Print values.yaml
    Values(ValuesPartArgs),
}

#[derive(Debug, Args)]
struct OnePartArgs {
    /// The chart: a path, REPO/NAME, a URL, oci://..., or a name with --repo
    path: String,
    #[command(flatten)]
    chart: ChartArgs,
}

#[derive(Debug, Args)]
struct ValuesPartArgs {
    #[command(flatten)]
    part: OnePartArgs,
    #[arg(long, help = help("jsonpath"), value_name = "PATH", default_value = "", hide_default_value = true)]
    jsonpath: String,
}

impl ShowArgs {
    /// Prints the part asked for.
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        let (part, args, jsonpath) = match &self.part {
            PartCommand::All(args) => (Part::All, args, ""),
            PartCommand::Chart(args) => (Part::Chart, args, ""),
            PartCommand::Crds(args) => (Part::Crds, args, ""),
            PartCommand::Readme(args) => (Part::Readme, args, ""),
            PartCommand::Values(args) => (Part::Values, &args.part, args.jsonpath.as_str()),
        };
        let options = ShowOptions {
            part,
            path: args.path.clone(),
            chart: args.chart.options(),
            jsonpath: jsonpath.to_owned(),
            limits: global.limits(),
            compat: global.helm_compat,
            debug: false,
        };
        run_show::run(&options, ui)
    }
}
