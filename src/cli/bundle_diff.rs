//! `chartwright bundle diff`.

use super::bundle_open::{ReportFormat, open, pretty};
use super::report::harmless;
use super::ui::{Stop, Ui};
use crate::bundle::{Bundle, BundleDiff, StepDiff};
use clap::Args;
use std::path::PathBuf;

/// Compare two bundles: releases, versions, values, order, images
#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    /// The older bundle
    #[arg(value_name = "BUNDLE")]
    one: PathBuf,
    /// The newer bundle
    #[arg(value_name = "BUNDLE")]
    other: PathBuf,
    /// How it is told
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    output: ReportFormat,
}

impl DiffArgs {
    /// Reads both and tells how they differ; differences are no failure.
    pub(super) fn run(&self, ui: &mut Ui) -> Result<(), Stop> {
        let (one, other) = (open(&self.one)?, open(&self.other)?);
        let one = Bundle::load(one.root(), &mut ui.sources)?;
        let other = Bundle::load(other.root(), &mut ui.sources)?;
        let diff = BundleDiff::of(&one, &other);
        ui.print(match self.output {
            ReportFormat::Text => text(&diff),
            ReportFormat::Json => json(&diff),
        })
    }
}

fn text(diff: &BundleDiff) -> String {
    if diff.is_empty() {
        return "no difference\n".to_owned();
    }
    let mut lines = Vec::new();
    lines.extend(diff.removed.iter().map(|(release, chart)| format!("- {release}  {chart}")));
    lines.extend(diff.added.iter().map(|(release, chart)| format!("+ {release}  {chart}")));
    diff.changed.iter().for_each(|release| release_lines(release, &mut lines));
    lines.extend(diff.images_removed.iter().map(|image| format!("- image {image}")));
    lines.extend(diff.images_added.iter().map(|image| format!("+ image {image}")));
    lines.iter().map(|line| harmless(line) + "\n").collect()
}

fn release_lines(release: &StepDiff, lines: &mut Vec<String>) {
    lines.push(format!("~ {}", release.step));
    lines.extend(release.facts.iter().map(|(name, before, after)| format!("    {name}: {before} -> {after}")));
    for (path, before, after) in &release.values {
        match (before, after) {
            (Some(before), Some(after)) => lines.push(format!("    ~ {path}: {before} -> {after}")),
            (Some(before), None) => lines.push(format!("    - {path}: {before}")),
            (None, Some(after)) => lines.push(format!("    + {path}: {after}")),
            (None, None) => lines.push("    values cannot be compared".to_owned()),
        }
    }
}

fn json(diff: &BundleDiff) -> String {
    let releases = |list: &[(String, String)]| {
        let entries = list.iter().map(|(release, chart)| serde_json::json!({ "step": release, "what": chart }));
        entries.collect::<Vec<_>>()
    };
    let changed = diff.changed.iter().map(|one| {
        let fields = one
            .facts
            .iter()
            .map(|(name, before, after)| serde_json::json!({ "field": name, "before": before, "after": after }));
        let values = one
            .values
            .iter()
            .map(|(path, before, after)| serde_json::json!({ "path": path, "before": before, "after": after }));
        serde_json::json!({
            "step": one.step, "fields": fields.collect::<Vec<_>>(), "values": values.collect::<Vec<_>>(),
        })
    });
    pretty(&serde_json::json!({
        "equal": diff.is_empty(), "added": releases(&diff.added), "removed": releases(&diff.removed),
        "changed": changed.collect::<Vec<_>>(),
        "images": { "added": diff.images_added, "removed": diff.images_removed },
    }))
}
