//! `chartwright bundle`.

use super::ui::{Outcome, Stop, Ui};
use crate::diagnostic::{Error, ErrorKind};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Make an ordered set of releases from environment files.
#[derive(Debug, Args)]
pub(super) struct BundleArgs {
    #[command(subcommand)]
    command: BundleCommand,
}

#[derive(Debug, Subcommand)]
enum BundleCommand {
    Build(BuildArgs),
    Push(PushArgs),
}

/// Check environments, render their releases and write an ordered bundle.
#[derive(Debug, Args)]
struct BuildArgs {
    /// Environment files
    #[arg(required = true, value_name = "ENVIRONMENT")]
    environments: Vec<PathBuf>,
    /// What all environments share
    #[arg(long, value_name = "FILE")]
    organisation: Option<PathBuf>,
    /// Charts: a folder of charts, or a repository
    #[arg(long, value_name = "DIR|REPO")]
    charts: String,
    /// Folder that the bundle is written to
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Put a bundle's charts and its index into a repository.
#[derive(Debug, Args)]
struct PushArgs {
    /// The bundle
    #[arg(value_name = "DIR")]
    bundle: PathBuf,
    /// The repository: a folder that a web server may serve
    #[arg(value_name = "REPO_DIR")]
    repository: PathBuf,
}

impl BundleArgs {
    /// Runs the command asked for.
    pub(super) fn run(&self, _: &mut Ui) -> Outcome {
        let name = match &self.command {
            BundleCommand::Build(_) => "bundle build",
            BundleCommand::Push(_) => "bundle push",
        };
        Err(Stop::Error(Error::new(ErrorKind::Internal, format!("`{name}` is not wired yet"))))
    }
}
