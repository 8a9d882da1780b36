//! `chartwright bundle check`.

use super::bundle_open::open;
use super::lint;
use super::lint_report::{self, Linted, Output};
use super::ui::{ExitStatus, Outcome, Ui};
use crate::bundle::{self, CheckRequest, Opened};
use crate::chart::LoadOptions;
use crate::diagnostic::Severity;
use clap::Args;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Tell what would go wrong when a bundle is installed, or when it takes the place of an older one.
///
/// Exit status: 0 without an error, 1 with one (with --strict also with a warning), 2 if chartwright could not work.
#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// The bundle
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
    /// The bundle that is installed now: tells what the upgrade from it would break
    #[arg(long, value_name = "BUNDLE")]
    from: Option<PathBuf>,
    /// Fail on warnings too
    #[arg(long)]
    strict: bool,
    /// How findings are told
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    output: Output,
}

impl CheckArgs {
    pub(super) fn run(&self, load: LoadOptions, ui: &mut Ui) -> Outcome {
        let levels = lint::levels(&self.bundle, ui)?;
        let compat = load.compat;
        let opened = open(&self.bundle)?;
        let old = self.from.as_deref().map(open).transpose()?;
        let from = old.as_ref().map(Opened::root);
        let request = CheckRequest { folder: opened.root(), from, compat, load, levels: &levels };
        let findings = bundle::check(&request, &mut ui.sources);
        old.iter().chain([&opened]).for_each(|one| one.name_members(&mut ui.sources));
        let findings = findings?;
        let lowest = if self.strict { Severity::Warning } else { Severity::Error };
        let status = match findings.iter().any(|finding| finding.diagnostic.severity >= lowest) {
            true => ExitStatus::Content,
            false => ExitStatus::Success,
        };
        let path = self.bundle.to_string_lossy().into_owned();
        lint_report::print(self.output, &[Linted { path, findings, folded: BTreeMap::new() }], ui)?;
        Ok(status)
    }
}
