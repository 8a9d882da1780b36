//! What all commands on a bundle share: opening a folder or an archive, and two ways to tell what was found.

use crate::bundle::Opened;
use crate::diagnostic::Error;
use std::path::Path;

/// Opens a bundle; an archive is unpacked into the system's folder for temporary files.
pub(super) fn open(bundle: &Path) -> Result<Opened, Error> {
    Opened::open(bundle, &std::env::temp_dir())
}

/// How something is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum ReportFormat {
    /// Lines for people
    #[default]
    Text,
    /// One JSON document
    Json,
}

/// JSON for people and programs.
pub(super) fn pretty(value: &serde_json::Value) -> String {
    format!("{}\n", serde_json::to_string_pretty(value).unwrap_or_default())
}
