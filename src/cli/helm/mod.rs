//! The program as `helm`: Helm's commands, flags, texts and statuses, for scripts that call it by that name.
//!
//! The references are cobra 1.10 and pflag 1.0 as Helm 4.3.1 uses them. clap cannot give their texts, so the words are
//! read here; the options that come out are the same as those of our own command line.

mod commands;
mod completion;
mod dependency;
pub(crate) mod environment;
pub(crate) mod go;
mod help;
mod lint;
mod package;
mod pflag;
mod repo;
mod registry;
mod template;
mod version;

use super::options::{self, ChartOptions, Part, ShowOptions};
use super::ui::{Color, ExitStatus, Face, Outcome, Stop, Ui};
use super::{run_dependency, run_show, run_template};
use crate::diagnostic::{Error, ErrorKind};
use commands::{Arity, Found, RepoWork, Work};
use pflag::Parsed;

/// Runs Helm's command line: `words` are the arguments behind the program's name.
pub(crate) fn run(program: &str, words: &[String]) -> u8 {
    let mut ui = Ui::new(Face::Helm, Color::Never, false);
    if let Some(mode) = bad_color(words) {
        let error = format!("invalid color mode {}: must be one of: never, auto, always", go::quote(&mode));
        ui.complain(&format!("level=WARN msg=\"command failed\" error={}", go::quote(&error)));
        return ui.finish(Ok(ExitStatus::Content));
    }
    let outcome = dispatch(program, commands::find(words), &mut ui);
    ui.finish(outcome)
}

/// A usage error: cobra's text goes out as it is.
fn refuse(text: impl Into<String>) -> Stop {
    Stop::Error(Error::new(ErrorKind::Usage, text))
}

fn dispatch(program: &str, found: Found, ui: &mut Ui) -> Outcome {
    let command = found.command();
    match command.work {
        Work::Cluster => return Err(refuse(elsewhere(&found, "it needs a cluster, and chartwright speaks to none"))),
        Work::Absent => return Err(refuse(elsewhere(&found, "this version of chartwright does not have it"))),
        Work::Help => return help::topic(&found.words, ui),
        _ => {}
    }
    let first = commands::first_argument(&found.words, command.flag_set());
    let stranger = first.and_then(|at| found.words.get(at));
    if let (true, Some(word)) = (found.is_root(), stranger) {
        ui.complain(&format!("Error: {}", commands::unknown(word)));
        ui.complain("Run 'helm --help' for usage.");
        return Ok(ExitStatus::Content);
    }
    let (parsed, outcome) = pflag::parse(&found.words, command.flag_set());
    parsed.notes.iter().for_each(|note| ui.complain(note));
    outcome.map_err(refuse)?;
    if parsed.is_on("help") || command.work == Work::Parent {
        ui.print(help::of(&found))?;
        return Ok(ExitStatus::Success);
    }
    check_arity(&found, &parsed)?;
    work(program, command.work, &parsed, ui)
}

fn work(program: &str, work: Work, parsed: &Parsed, ui: &mut Ui) -> Outcome {
    match work {
        Work::Template => {
            let options = template::options(parsed, ui)?;
            run_template::run(&options, ui)
        }
        Work::Lint => lint::run(parsed, ui),
        Work::Show(part) => run_show::run(&show_options(part, parsed)?, ui),
        Work::Dependency(task) => run_dependency::run(&dependency::options(task, parsed)?, ui),
        Work::Version => version::print(parsed, ui),
        Work::Env => environment::print(program, parsed, ui),
        Work::Repo(RepoWork::Index) => repo::index(parsed, ui),
        Work::Repo(RepoWork::Add) => repo::add(parsed, ui),
        Work::Repo(RepoWork::List) => repo::list(parsed, ui),
        Work::Repo(RepoWork::Remove) => repo::remove(parsed, ui),
        Work::Repo(RepoWork::Update) => repo::update(parsed, ui),
        Work::SearchRepo => repo::search(parsed, ui),
        Work::Completion(shell) => completion::print(shell, ui),
        Work::Pull => registry::pull(parsed, ui),
        Work::Push => registry::push(parsed, ui),
        Work::Login => registry::login(parsed, ui),
        Work::Logout => registry::logout(parsed, ui),
        Work::Package => package::package(parsed, ui),
        Work::Verify => package::verify(parsed, ui),
        Work::Create => package::create(parsed, ui),
        Work::Help | Work::Parent | Work::Cluster | Work::Absent => Ok(ExitStatus::Success),
    }
}

/// Something in Helm's folder of data.
pub(super) fn data_folder(inner: &str) -> String {
    environment::folder("DATA", ".local/share", inner)
}

fn elsewhere(found: &Found, why: &str) -> String {
    format!("{}: {why}; run it with the real Helm (https://helm.sh)", go::quote(&found.full_name()))
}

fn check_arity(found: &Found, parsed: &Parsed) -> Result<(), Stop> {
    let count = parsed.arguments.len();
    let arguments = |number: usize| format!("{number} argument{}", if number == 1 { "" } else { "s" });
    let demand = match found.command().arity {
        Arity::None if count > 0 => "accepts no arguments".to_owned(),
        Arity::Exactly(wanted) if count != wanted => format!("requires {}", arguments(wanted)),
        Arity::AtLeast(wanted) if count < wanted => format!("requires at least {}", arguments(wanted)),
        Arity::AtMost(wanted) if count > wanted => format!("accepts at most {}", arguments(wanted)),
        _ => return Ok(()),
    };
    Err(refuse(format!("{} {demand}\n\nUsage:  {}", go::quote(&found.full_name()), found.usage())))
}

/// The colour mode of the command line if it is none; Helm looks at it before anything else.
fn bad_color(words: &[String]) -> Option<String> {
    let mut mode = None;
    let mut words = words.iter().take_while(|word| *word != "--");
    while let Some(word) = words.next() {
        match word.split_once('=') {
            Some(("--color" | "--colour", value)) => mode = Some(value.to_owned()),
            None if word == "--color" || word == "--colour" => mode = words.next().cloned(),
            _ => {}
        }
    }
    mode.filter(|mode| !matches!(mode.as_str(), "never" | "auto" | "always"))
}

fn chart_options(parsed: &Parsed, compat: options::Compat) -> ChartOptions {
    ChartOptions {
        repository: parsed.text("repo").to_owned(),
        version: ChartOptions::version_or_devel(parsed.text("version"), parsed.is_on("devel")),
        verify: parsed.is_on("verify"),
        keyring: package::keyring(parsed, compat),
        homes: environment::homes(parsed),
        network: environment::network(parsed),
    }
}

fn show_options(part: Part, parsed: &Parsed) -> Result<ShowOptions, Stop> {
    let compat = options::compat(parsed.text("helm-compat")).map_err(refuse)?;
    Ok(ShowOptions {
        part,
        path: parsed.arguments.first().cloned().unwrap_or_default(),
        chart: chart_options(parsed, compat),
        jsonpath: parsed.text("jsonpath").to_owned(),
        limits: options::LimitOptions::default(),
        compat,
        debug: environment::is_debug(parsed),
    })
}
