//! `chartwright sign` and `chartwright verify`.

use super::args::GlobalArgs;
use super::keyring;
use super::package::KeyArgs;
use super::run_package;
use super::run_template::load_options;
use super::system::SystemWorld;
use super::ui::{ExitStatus, Outcome, Ui};
use crate::provenance;
use crate::world::World;
use clap::Args;
use std::path::PathBuf;

/// Write a provenance file beside each archive
///
/// It holds the chart's metadata and the archive's digest, signed with an OpenPGP key. Helm verifies it.
#[derive(Debug, Args)]
pub(super) struct SignArgs {
    /// Archives of charts
    #[arg(required = true, value_name = "ARCHIVE")]
    archives: Vec<PathBuf>,
    #[command(flatten)]
    key: KeyArgs,
}

impl SignArgs {
    /// Signs all archives with one key.
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        let load = load_options(global.helm_compat, global.limits());
        let key = self.key.unlocked(global)?;
        for archive in &self.archives {
            let prov = run_package::sign(archive, &key, &load)?;
            ui.print(format!("{}\n", prov.display()))?;
        }
        Ok(ExitStatus::Success)
    }
}

/// Check the provenance files of archives
///
/// An archive is valid when a key of the ring that has not run out and was not taken back signed its name and digest.
#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// Archives of charts; the provenance file has the same name with `.prov` behind it
    #[arg(required = true, value_name = "ARCHIVE")]
    archives: Vec<PathBuf>,
    /// File of public keys; GnuPG's own ring when left out
    #[arg(long, value_name = "FILE")]
    keyring: Option<PathBuf>,
}

impl VerifyArgs {
    /// Checks all archives and prints who signed them.
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        let ring = keyring::chosen(self.keyring.as_deref(), global.helm_compat);
        let now = SystemWorld::default().now();
        for archive in &self.archives {
            let verified = provenance::verify_file(archive, &ring, global.helm_compat, now)?;
            let names = verified.identities.join(", ");
            let names: String = names.chars().filter(|letter| !letter.is_control()).collect();
            let (file, print, digest) = (archive.display(), &verified.fingerprint, &verified.digest);
            ui.print(format!("{file} {digest}\n  signed by {names}, key {print}\n"))?;
        }
        Ok(ExitStatus::Success)
    }
}
