//! `chartwright man`.

use super::args::Cli;
use super::ui::{ExitStatus, Outcome, Ui};
use crate::diagnostic::Error;
use clap::{Args, CommandFactory};
use clap_mangen::Man;
use std::fs;
use std::path::PathBuf;

/// Print the manual, or write one page for each command.
#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// Folder for the pages; the first page goes to standard output when left out
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

impl ManArgs {
    /// Writes the pages.
    pub(super) fn run(&self, ui: &mut Ui) -> Outcome {
        match &self.folder {
            None => {
                let mut page = Vec::new();
                Man::new(Cli::command()).render(&mut page)?;
                ui.print(page)?;
            }
            Some(folder) => {
                let written =
                    fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(Cli::command(), folder));
                written.map_err(|error| Error::io("cannot write pages to", folder, error))?;
            }
        }
        Ok(ExitStatus::Success)
    }
}
