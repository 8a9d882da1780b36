//! `chartwright schema`.

use super::args::GlobalArgs;
use super::generated::{Destination, Generated, GeneratedArgs};
use super::template::ChartArgs;
use super::ui::{Outcome, Ui};
use super::{locate, options, run_template};
use crate::chart::{Chart, Compat, Notices};
use crate::diagnostic::{Error, ErrorKind};
use crate::render::action::{Prepared, RenderOptions, SchemaCheck, prepare};
use crate::render::{Capabilities, Release, Rendered, Tracing, names};
use crate::schema_inference::{self, Observed};
use crate::template::Limits;
use crate::value::Map;
use crate::world::FixedWorld;
use clap::Args;

/// Infer values.schema.json from a chart's values, their comments and its templates.
///
/// The schema is written into the chart folder, or printed for an archive. A schema that chartwright did not write is
/// only replaced with --force.
#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    #[command(flatten)]
    file: GeneratedArgs,
    /// Replace a schema that chartwright did not write
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    chart: ChartArgs,
}

impl SchemaArgs {
    /// Writes the schema, or compares it with the one that is there.
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        let path = locate::locate(&self.file.path, &self.chart.options(), ui)?;
        let chart = run_template::load_chart(&path, global.helm_compat, global.limits(), ui)?;
        let seen = observe(&chart, global.helm_compat);
        let observed = seen.as_ref().and_then(|(prepared, rendered)| {
            Some(Observed { trace: rendered.trace.as_ref()?, values: &prepared.values })
        });
        let text = schema_inference::infer(&chart, observed)?;
        let file = Generated {
            destination: Destination::of(&path, self.file.output.as_deref(), "values.schema.json"),
            command: format!("chartwright schema {}", self.file.path),
            text,
        };
        if self.file.check {
            return file.check(ui);
        }
        match file.present()? {
            Some(old) if !self.force && !is_ours(&old) => {
                let text = format!("{} was not made by `chartwright schema`", file.destination);
                let error = Error::new(ErrorKind::Usage, text);
                Err(error.hint("see what would change with --check; replace it with --force").into())
            }
            _ => file.write(ui),
        }
    }
}

fn is_ours(text: &[u8]) -> bool {
    memchr::memmem::find(text, schema_inference::MARK.as_bytes()).is_some()
}

/// One render with the chart's own values, if it renders, that tells which keys are read.
fn observe(chart: &Chart, compat: Compat) -> Option<(Prepared, Rendered)> {
    let prepared = prepare(chart.clone(), &Map::new(), SchemaCheck::Skip, compat, &mut Notices::new()).ok()?;
    let release = Release::install(names::DEFAULT_NAME, options::namespace(""));
    let capabilities = Capabilities::of_helm(compat);
    let options = RenderOptions {
        release: &release,
        capabilities: &capabilities,
        limits: Limits::default(),
        tracing: Tracing::On,
    };
    let rendered = prepared.render(&options, &FixedWorld::default()).ok()?;
    Some((prepared, rendered))
}
