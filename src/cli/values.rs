//! `chartwright values`.

use super::args::GlobalArgs;
use super::template::{ChartArgs, ValueArgs};
use super::ui::{Outcome, Stop, Ui};
use crate::diagnostic::{Error, ErrorKind};
use clap::{Args, Subcommand};

/// Ask about the values of a chart.
#[derive(Debug, Args)]
pub(super) struct ValuesArgs {
    #[command(subcommand)]
    command: ValuesCommand,
}

#[derive(Debug, Subcommand)]
enum ValuesCommand {
    Explain(ExplainArgs),
}

/// Print who set a key, who won, and which template lines read it.
#[derive(Debug, Args)]
struct ExplainArgs {
    /// The chart: a folder, an archive, or a name with --repo
    path: String,
    /// The key, for example `image.tag` or `sub.ingress.hosts[0]`
    key: String,
    #[command(flatten)]
    chart: ChartArgs,
    #[command(flatten)]
    values: ValueArgs,
    /// Print passwords, tokens and keys too
    #[arg(long)]
    show_secrets: bool,
}

impl ValuesArgs {
    /// Runs the command asked for.
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        match &self.command {
            ValuesCommand::Explain(args) => args.run(global, ui),
        }
    }
}

impl ExplainArgs {
    fn run(&self, _: &GlobalArgs, _: &mut Ui) -> Outcome {
        Err(Stop::Error(Error::new(ErrorKind::Internal, "`values explain` is not wired yet")))
    }
}
