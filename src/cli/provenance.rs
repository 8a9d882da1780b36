//! `chartwright sign` and `chartwright verify`.

use super::args::GlobalArgs;
use super::options::ChartOptions;
use super::package::KeyArgs;
use super::run_template::load_options;
use super::system::SystemWorld;
use super::template::NetworkArgs;
use super::ui::{ExitStatus, Outcome, Stop, Ui};
use super::{cosign, fetch, keyring, run_package};
use crate::provenance;
use crate::repository::oci::Registry;
use crate::world::World;
use clap::Args;
use std::path::{Path, PathBuf};

/// Sign archives, or charts in registries
///
/// Beside an archive, a provenance file is written: the chart's metadata and the archive's digest, signed with an
/// OpenPGP key. Helm verifies it. With --cosign-key, charts in registries get signatures in cosign's format.
#[derive(Debug, Args)]
pub(super) struct SignArgs {
    /// Archives of charts; with --cosign-key, charts in registries with tag or digest
    #[arg(required = true, value_name = "ARCHIVE|oci://HOST/PATH:TAG")]
    archives: Vec<String>,
    #[command(flatten)]
    key: KeyArgs,
    /// File of a private key on P-256, as `cosign generate-key-pair` or openssl writes it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["key", "keyring"])]
    cosign_key: Option<PathBuf>,
    #[command(flatten)]
    network: NetworkArgs,
}

impl SignArgs {
    /// Signs everything with one key.
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        if let Some(file) = &self.cosign_key {
            let references = cosign::references(&self.archives)?;
            let key = cosign::signing_key(file, self.key.passphrase_file())?;
            let registry = registry(&self.network, ui)?;
            references.iter().try_for_each(|one| cosign::sign(one, &key, &registry, ui))?;
            return Ok(ExitStatus::Success);
        }
        cosign::refuse_references(&self.archives)?;
        let load = load_options(global.helm_compat, global.limits());
        let key = self.key.unlocked(global)?;
        for archive in &self.archives {
            let prov = run_package::sign(Path::new(archive), &key, &load)?;
            ui.print(format!("{}\n", prov.display()))?;
        }
        Ok(ExitStatus::Success)
    }
}

/// Check the signatures of archives, or of charts in registries
///
/// An archive is valid when a key of the ring that has not run out and was not taken back signed its name and digest. A
/// chart in a registry is valid when one of the signatures beside it is of the key that is named.
#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// Archives of charts, whose provenance files have the same name with `.prov` behind it; with --cosign-key, charts in
    /// registries
    #[arg(required = true, value_name = "ARCHIVE|oci://HOST/PATH:TAG")]
    archives: Vec<String>,
    /// File of public keys; GnuPG's own ring when left out
    #[arg(long, value_name = "FILE")]
    keyring: Option<PathBuf>,
    /// File of a public key on P-256
    #[arg(long, value_name = "FILE", conflicts_with = "keyring")]
    cosign_key: Option<PathBuf>,
    #[command(flatten)]
    network: NetworkArgs,
}

impl VerifyArgs {
    /// Checks everything and prints who signed it.
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        if let Some(file) = &self.cosign_key {
            let (references, key) = (cosign::references(&self.archives)?, cosign::public_key(file)?);
            let registry = registry(&self.network, ui)?;
            references.iter().try_for_each(|one| cosign::verify(one, &key, &registry, ui))?;
            return Ok(ExitStatus::Success);
        }
        cosign::refuse_references(&self.archives)?;
        let ring = keyring::chosen(self.keyring.as_deref(), global.helm_compat);
        let now = SystemWorld::default().now();
        for archive in &self.archives {
            let verified = provenance::verify_file(Path::new(archive), &ring, global.helm_compat, now)?;
            let names = verified.identities.join(", ");
            let names: String = names.chars().filter(|letter| !letter.is_control()).collect();
            let (print, digest) = (&verified.fingerprint, &verified.digest);
            ui.print(format!("{archive} {digest}\n  signed by {names}, key {print}\n"))?;
        }
        Ok(ExitStatus::Success)
    }
}

fn registry(network: &NetworkArgs, ui: &Ui) -> Result<Registry, Stop> {
    let options = ChartOptions { network: network.options(), ..ChartOptions::default() };
    Ok(fetch::fetcher(&options, ui.face())?.registry())
}
