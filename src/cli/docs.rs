//! `chartwright docs`.

use super::args::GlobalArgs;
use super::generated::{Destination, Generated, GeneratedArgs};
use super::template::ChartArgs;
use super::ui::{Outcome, Ui};
use super::{locate, run_template};
use crate::chart_docs;
use clap::Args;

/// Write README.md from a chart's metadata and the comments of its values.
///
/// A README that has the lines `<!-- chartwright: values -->` and `<!-- chartwright: end -->` keeps everything outside
/// of them; other pieces have marks of their own, see docs/schema.md.
#[derive(Debug, Args)]
pub(super) struct DocsArgs {
    #[command(flatten)]
    file: GeneratedArgs,
    /// Replace a README that has no marks
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    chart: ChartArgs,
}

impl DocsArgs {
    /// Writes the README, or compares it with the one that is there.
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        let path = locate::locate(&self.file.path, &self.chart.options(), ui)?;
        let chart = run_template::load_chart(&path, global.helm_compat, global.limits(), ui)?;
        let mut file = Generated {
            destination: Destination::of(&path, self.file.output.as_deref(), "README.md"),
            command: format!("chartwright docs {}", self.file.path),
            text: String::new(),
        };
        let present = file.present()?.map(|text| String::from_utf8_lossy(&text).into_owned());
        file.text = match present.filter(|_| !self.force) {
            Some(old) => chart_docs::update(&chart, &old)?,
            None => chart_docs::readme(&chart)?,
        };
        if self.file.check { file.check(ui) } else { file.write(ui) }
    }
}
