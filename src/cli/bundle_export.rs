//! `chartwright bundle export` and `bundle graph`.

use super::bundle_open::open;
use super::ui::{Stop, Ui};
use crate::bundle::{Bundle, Engine, ExportOptions, Picture};
use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Write a bundle for the engine that installs it.
#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// The bundle
    #[arg(value_name = "DIR")]
    bundle: PathBuf,
    /// The engine
    #[arg(long, value_enum)]
    to: Engine,
    /// The folder to write to, not there yet
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The repository that the charts were pushed to (`https://`, `oci://`), for engines that fetch them
    #[arg(long, value_name = "URL")]
    repository: Option<String>,
    /// The registry speaks HTTP without TLS
    #[arg(long, requires = "repository")]
    plain_http: bool,
}

impl ValueEnum for Engine {
    fn value_variants<'a>() -> &'a [Engine] {
        &Engine::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let what = match self {
            Engine::Script => "A shell script that calls Helm 3 or 4",
            Engine::Helmfile => "One helmfile",
            Engine::ArgoCd => "Applications of Argo CD",
            Engine::Flux => "HelmReleases of Flux",
            Engine::Fleet => "HelmOps of Rancher Fleet",
        };
        Some(PossibleValue::new(self.name()).help(what))
    }
}

impl ExportArgs {
    pub(super) fn run(&self, ui: &mut Ui) -> Result<(), Stop> {
        let opened = open(&self.bundle)?;
        let bundle = Bundle::load(opened.root(), &mut ui.sources)?;
        let options = ExportOptions { repository: self.repository.clone(), plain_http: self.plain_http };
        let export = bundle.export(self.to, &options)?;
        export.write(&self.out)?;
        let (files, releases) = (export.files.len(), bundle.releases.len());
        ui.print(format!("{files} files for {releases} releases: {}\n", self.out.display()))?;
        export.notes.iter().for_each(|note| ui.say(&format!("note: {note}")));
        if self.to == Engine::Script {
            ui.say(&format!("next: {}", self.out.join("install.sh").display()));
        }
        Ok(())
    }
}

/// Draw the waves of a bundle and what needs what.
#[derive(Debug, Args)]
pub(super) struct GraphArgs {
    /// The bundle
    #[arg(value_name = "DIR")]
    bundle: PathBuf,
    /// How it is drawn
    #[arg(long, value_enum, default_value = Picture::Text.name(), value_name = "FORMAT")]
    output: Picture,
}

impl ValueEnum for Picture {
    fn value_variants<'a>() -> &'a [Picture] {
        &Picture::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let what = match self {
            Picture::Text => "Lines for people",
            Picture::Mermaid => "Mermaid, as Markdown pages of GitHub and GitLab draw it",
            Picture::Svg => "An SVG drawing",
        };
        Some(PossibleValue::new(self.name()).help(what))
    }
}

impl GraphArgs {
    pub(super) fn run(&self, ui: &mut Ui) -> Result<(), Stop> {
        let opened = open(&self.bundle)?;
        let bundle = Bundle::load(opened.root(), &mut ui.sources)?;
        ui.print(bundle.graph(self.output))
    }
}
