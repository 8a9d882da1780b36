//! `chartwright completion`.

use super::args::Cli;
use super::ui::{ExitStatus, Outcome, Ui};
use clap::{Args, CommandFactory};
use clap_complete::Shell;

/// Print completions for a shell.
#[derive(Debug, Args)]
pub(super) struct CompletionArgs {
    shell: Shell,
}

impl CompletionArgs {
    /// Prints the script.
    pub(super) fn run(&self, ui: &mut Ui) -> Outcome {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "chartwright", &mut script);
        ui.print(script)?;
        Ok(ExitStatus::Success)
    }
}
