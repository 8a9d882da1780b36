//! `chartwright bundle verify` and `bundle sign`.

use super::args::GlobalArgs;
use super::bundle_open::{ReportFormat, open, pretty};
use super::cosign;
use super::package::KeyArgs;
use super::report::harmless;
use super::shown::counted;
use super::system::SystemWorld;
use super::ui::{ExitStatus, Outcome, Stop, Ui};
use crate::bundle::{Signer, Trust, Verified, sign, verify};
use crate::provenance::Keyring;
use crate::world::World;
use clap::Args;
use std::path::{Path, PathBuf};

/// Check every digest of a bundle, that nothing is missing or extra, and its signature
///
/// A signature is checked when --keyring or --cosign-key says who is trusted.
#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// The bundle
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
    /// File of OpenPGP public keys, one of which has to have signed
    #[arg(long, value_name = "FILE")]
    keyring: Option<PathBuf>,
    /// File of the public key on P-256 that has to have signed
    #[arg(long, value_name = "FILE", conflicts_with = "keyring")]
    cosign_key: Option<PathBuf>,
    /// How it is told
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    output: ReportFormat,
}

impl VerifyArgs {
    /// Checks, and tells everything that is wrong.
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        let ring = self.keyring.as_deref().map(|path| Keyring::load(path, global.helm_compat)).transpose()?;
        let key = self.cosign_key.as_deref().map(cosign::public_key).transpose()?;
        let trust = match (&ring, &key) {
            (Some(ring), _) => Trust::OpenPgp(ring, SystemWorld::default().now()),
            (None, Some(key)) => Trust::Cosign(key),
            (None, None) => Trust::Nobody,
        };
        let opened = open(&self.bundle)?;
        let found = verify(opened.root(), &trust)?;
        ui.print(match self.output {
            ReportFormat::Text => text(&found, &self.bundle),
            ReportFormat::Json => json(&found),
        })?;
        Ok(if found.problems.is_empty() { ExitStatus::Success } else { ExitStatus::Content })
    }
}

fn text(found: &Verified, bundle: &Path) -> String {
    let mut text: String =
        found.problems.iter().map(|problem| format!("{}\n", harmless(&problem.to_string()))).collect();
    let bundle = bundle.display();
    if !found.problems.is_empty() {
        text.push_str(&format!("{bundle}: {}\n", counted(found.problems.len(), "problem")));
        return text;
    }
    let (files, charts) = (counted(found.files, "file"), counted(found.charts, "chart"));
    text.push_str(&format!("{bundle}: {}, {charts}, {files}", counted(found.releases, "release")));
    if found.images > 0 {
        text.push_str(&format!(", {} in {}", counted(found.images, "image"), counted(found.blobs, "blob")));
    }
    text.push_str(" as they were built\n");
    if let Some(signer) = &found.signer {
        text.push_str(&format!("signed by {}\n", harmless(signer)));
    }
    text
}

fn json(found: &Verified) -> String {
    let problems = found.problems.iter().map(|problem| {
        serde_json::json!({ "path": problem.path, "problem": problem.wrong.name(), "message": problem.to_string() })
    });
    pretty(&serde_json::json!({
        "ok": found.problems.is_empty(), "files": found.files, "charts": found.charts, "releases": found.releases,
        "images": found.images, "blobs": found.blobs, "signer": found.signer,
        "problems": problems.collect::<Vec<_>>(),
    }))
}

/// Sign a bundle: its digests, and with them all of it
///
/// Writes `SHA256SUMS.asc` with an OpenPGP key, or with --cosign-key `SHA256SUMS.sig` as `cosign sign-blob` does. A
/// bundle that `bundle verify` finds fault with is not signed.
#[derive(Debug, Args)]
pub(super) struct SignArgs {
    /// The bundle
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
    #[command(flatten)]
    key: KeyArgs,
    /// File of a private key on P-256, as `cosign generate-key-pair` or openssl writes it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["key", "keyring"])]
    cosign_key: Option<PathBuf>,
}

impl SignArgs {
    /// Signs, and tells where the signature is.
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Result<(), Stop> {
        let opened = open(&self.bundle)?;
        let written = match &self.cosign_key {
            Some(file) => {
                let key = cosign::signing_key(file, self.key.passphrase_file())?;
                sign(opened.root(), &Signer::Cosign(&key))?
            }
            None => {
                let key = self.key.unlocked(global)?;
                sign(opened.root(), &Signer::OpenPgp(&key, SystemWorld::default().now()))?
            }
        };
        opened.save()?;
        let name = written.file_name().unwrap_or_default().to_string_lossy();
        ui.print(format!("{}\n", self.bundle.join(&*name).display()))
    }
}
