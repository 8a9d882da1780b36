//! `chartwright bundle export` and `bundle graph`.

use super::ui::{Stop, Ui};
use crate::bundle::{Bundle, Engine, ExportOptions, Picture};
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
    to: Target,
    /// The folder to write to, not there yet
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The repository that the charts were pushed to (`https://`, `oci://`), for engines that fetch them
    #[arg(long, value_name = "URL")]
    repository: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Target {
    /// A shell script that calls Helm 3 or 4
    Script,
    /// helmfile
    Helmfile,
    /// Applications of Argo CD
    Argocd,
    /// HelmReleases of Flux
    Flux,
    /// HelmOps of Rancher Fleet
    Fleet,
}

impl Target {
    fn engine(self) -> Engine {
        match self {
            Target::Script => Engine::Script,
            Target::Helmfile => Engine::Helmfile,
            Target::Argocd => Engine::ArgoCd,
            Target::Flux => Engine::Flux,
            Target::Fleet => Engine::Fleet,
        }
    }
}

impl ExportArgs {
    pub(super) fn run(&self, ui: &mut Ui) -> Result<(), Stop> {
        let bundle = Bundle::load(&self.bundle, &mut ui.sources)?;
        let options = ExportOptions { repository: self.repository.clone() };
        let export = bundle.export(self.to.engine(), &options)?;
        export.write(&self.out)?;
        let (files, releases) = (export.files.len(), bundle.releases.len());
        ui.print(format!("{files} files for {releases} releases: {}\n", self.out.display()))?;
        export.notes.iter().for_each(|note| ui.say(&format!("note: {note}")));
        if let Target::Script = self.to {
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
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    output: Drawing,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Drawing {
    /// Lines for people
    #[default]
    Text,
    /// Mermaid, as Markdown pages of GitHub and GitLab draw it
    Mermaid,
    /// An SVG drawing
    Svg,
}

impl GraphArgs {
    pub(super) fn run(&self, ui: &mut Ui) -> Result<(), Stop> {
        let picture = match self.output {
            Drawing::Text => Picture::Text,
            Drawing::Mermaid => Picture::Mermaid,
            Drawing::Svg => Picture::Svg,
        };
        let bundle = Bundle::load(&self.bundle, &mut ui.sources)?;
        ui.print(bundle.graph(picture))
    }
}
