//! `chartwright env new`: questions on a terminal, flags without one.

use super::stated::{self, read_source, write_whole};
use super::ui::{ExitStatus, Outcome, Stop, Ui};
use crate::diagnostic::{Error, ErrorKind};
use crate::environment::{Answers, Environment, Kind, Organisation, new_environment};
use crate::source::Source;
use clap::Args;
use std::io::{BufRead, IsTerminal};
use std::path::{Path, PathBuf};

/// Write the file of a new environment, with comments; asks on a terminal what no flag says.
#[derive(Debug, Args)]
pub(super) struct NewArgs {
    /// Short name, also the namespace
    name: String,
    /// What it is for
    #[arg(long, value_name = "KIND", value_parser = ["sandbox", "pilot", "production"])]
    kind: Option<String>,
    /// The organisation's file
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// The cluster
    #[arg(long, value_name = "NAME")]
    cluster: Option<String>,
    /// The domain
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<String>,
    /// The namespace, where it is not the name
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,
    /// The address on which the load balancer listens for it
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Groups that enter it
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    groups: Vec<String>,
    /// File that it is written to; environments/NAME.yaml beside the organisation's file unless named
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Ask nothing
    #[arg(long)]
    no_input: bool,
}

impl NewArgs {
    /// Writes the file and checks it.
    pub(super) fn run(&self, ui: &mut Ui) -> Outcome {
        let asks = !self.no_input && std::io::stdin().is_terminal();
        let organisation = match &self.from {
            Some(path) => Some(Organisation::load(read_source(path)?, &mut ui.sources)?),
            None => None,
        };
        let kind = match (&self.kind, asks) {
            (Some(kind), _) => kind.clone(),
            (None, true) => ask("kind: sandbox, pilot or production", "sandbox", ui)?,
            (None, false) => {
                let error = Error::new(ErrorKind::Usage, "the kind of the environment is not stated");
                return Err(error.hint("add --kind sandbox, pilot or production").into());
            }
        };
        let Some(kind) = Kind::of(kind.trim()) else {
            let message = format!("expected kind `sandbox`, `pilot` or `production`, found `{}`", kind.escape_debug());
            return Err(Error::new(ErrorKind::Usage, message).into());
        };
        let taken = self.taken(organisation.as_ref(), ui);
        let guess = Answers::guess(&self.name, kind, organisation.as_ref(), &taken);
        let answers = self.answers(guess, asks, ui)?;
        let text = new_environment(&answers);
        let out = self.place();
        if out.exists() {
            let message = format!("`{}` is there already", out.display());
            return Err(Error::new(ErrorKind::Usage, message).hint("name another file with --out").into());
        }
        // What was answered is checked like what is written by hand, before anything is written. That no channel
        // reaches the environment yet is for the organisation's file, which is told below.
        let source = Source::new(out.to_string_lossy(), text.as_bytes());
        Environment::load(source.clone(), None, &mut ui.sources)?;
        let within = Environment::load(source, organisation.as_ref(), &mut ui.sources);
        write_whole(&out, text.as_bytes(), 0o644)?;
        ui.print(format!("{}\n", out.display()))?;
        for finding in within.err().into_iter().flatten() {
            ui.say(&format!("to do: {}{}", finding.message, hints(&finding.hints)));
        }
        ui.say(&format!("next: state its modules, then chartwright env check {}", out.display()));
        Ok(ExitStatus::Success)
    }

    fn answers(&self, mut guess: Answers, asks: bool, ui: &mut Ui) -> Result<Answers, Stop> {
        let mut answer = |flag: &Option<String>, what: &str, guess: &str| match flag {
            Some(stated) => Ok(stated.clone()),
            None if asks => ask(what, guess, ui),
            None => Ok(guess.to_owned()),
        };
        guess.cluster = answer(&self.cluster, "cluster", &guess.cluster)?;
        guess.domain = answer(&self.domain, "domain", &guess.domain)?;
        let listen = answer(&self.listen, "address on the load balancer", guess.listen.as_deref().unwrap_or(""))?;
        guess.listen = Some(listen).filter(|listen| !listen.is_empty());
        guess.namespace = self.namespace.clone();
        if !self.groups.is_empty() {
            guess.groups = self.groups.clone();
        }
        Ok(guess)
    }

    fn place(&self) -> PathBuf {
        let beside = self.from.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
        self.out.clone().unwrap_or_else(|| beside.join("environments").join(format!("{}.yaml", self.name)))
    }

    /// Addresses of the environments that are there.
    fn taken(&self, organisation: Option<&Organisation>, ui: &mut Ui) -> Vec<String> {
        let folder = self.place().parent().map(Path::to_owned).unwrap_or_default();
        let Ok(listed) = std::fs::read_dir(folder) else { return Vec::new() };
        let files = listed.filter_map(|entry| Some(entry.ok()?.path()));
        let files: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|end| end == "yaml")).collect();
        let from = organisation.and(self.from.as_deref());
        let Ok((stated, _)) = stated::load(from, &files, &mut ui.sources) else { return Vec::new() };
        let listens = stated.environments.iter().filter_map(|one| one.settings.load_balancer.listen.as_ref());
        listens.map(|listen| listen.text.clone()).collect()
    }
}

fn hints(hints: &[String]) -> String {
    if hints.is_empty() { String::new() } else { format!(" ({})", hints.join("; ")) }
}

/// Asks a person; an empty answer takes what was guessed.
fn ask(what: &str, guess: &str, ui: &mut Ui) -> Result<String, Stop> {
    ui.prompt(&format!("{what} [{guess}]: "))?;
    let mut line = String::new();
    let mut input = std::io::Read::take(std::io::stdin().lock(), 4096);
    input.read_line(&mut line).map_err(|error| Error::new(ErrorKind::Io, format!("cannot read an answer: {error}")))?;
    let answer = line.trim();
    Ok(if answer.is_empty() { guess.to_owned() } else { answer.to_owned() })
}
