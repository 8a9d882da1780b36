//! `chartwright pull`.

use super::args::GlobalArgs;
use super::flags::help;
use super::run_pull::{self, PullOptions};
use super::template::ChartArgs;
use super::ui::{Outcome, Ui};
use clap::Args;

/// Fetch charts from repositories and registries.
///
/// The path of what was written is printed for each.
#[derive(Debug, Args)]
pub(super) struct PullArgs {
    /// Charts: REPO/NAME, @ALIAS/NAME, a URL, oci://HOST/PATH, or a name with --repo
    #[arg(required = true, value_name = "CHART")]
    references: Vec<String>,
    #[arg(short, long, help = help("destination"), value_name = "DIR", default_value = ".")]
    destination: String,
    #[arg(long, help = help("untar"))]
    untar: bool,
    #[arg(long, help = help("untardir"), value_name = "DIR", default_value = ".")]
    untardir: String,
    #[arg(long, help = help("prov"))]
    prov: bool,
    #[command(flatten)]
    chart: ChartArgs,
}

impl PullArgs {
    /// Fetches the charts.
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        let options = PullOptions {
            references: self.references.clone(),
            chart: self.chart.options(),
            limits: global.limits(),
            compat: global.helm_compat,
            destination: self.destination.clone(),
            untar: self.untar,
            untar_folder: self.untardir.clone(),
            provenance: self.prov,
        };
        run_pull::run(&options, ui)
    }
}
