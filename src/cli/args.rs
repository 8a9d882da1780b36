//! Our own command line: what every command takes, and the commands.

use super::options::{self, Compat, LimitOptions};
use super::ui::{Color, ExitStatus, Face, Outcome, Ui};
use super::{
    bundle, completion, create, dependency, diff, docs, env, freeze, images, lint, man, package, provenance, pull,
    push, registry, repo, schema, search, serve, show, template, test, validate, values, version,
};
use clap::{Args, Parser, Subcommand};
use std::ffi::OsString;

/// Renders, explains and bundles Helm charts.
#[derive(Debug, Parser)]
#[command(name = "chartwright", version, propagate_version = false, max_term_width = 100)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) global: GlobalArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Template(template::TemplateArgs),
    Show(show::ShowArgs),
    Values(values::ValuesArgs),
    Validate(validate::ValidateArgs),
    Test(test::TestArgs),
    Images(images::ImagesArgs),
    Diff(diff::DiffArgs),
    Lint(lint::LintArgs),
    Schema(schema::SchemaArgs),
    Docs(docs::DocsArgs),
    Env(env::EnvArgs),
    Bundle(bundle::BundleArgs),
    Push(push::PushArgs),
    Repo(repo::RepoArgs),
    Search(search::SearchArgs),
    Serve(serve::ServeArgs),
    Dependency(dependency::DependencyArgs),
    Pull(pull::PullArgs),
    Registry(registry::RegistryArgs),
    Create(create::CreateArgs),
    Version(version::VersionArgs),
    Changed(version::ChangedArgs),
    Package(package::PackageArgs),
    Sign(provenance::SignArgs),
    Verify(provenance::VerifyArgs),
    Freeze(freeze::FreezeArgs),
    Unfreeze(freeze::UnfreezeArgs),
    Completion(completion::CompletionArgs),
    Man(man::ManArgs),
}

/// One command alone: to describe all of them takes longer than to render or lint a small chart.
#[derive(Debug, Parser)]
#[command(name = "chartwright")]
struct Alone<C: Subcommand> {
    #[command(flatten)]
    global: GlobalArgs,
    #[command(subcommand)]
    command: C,
}

#[derive(Debug, Subcommand)]
enum TemplateAlone {
    Template(template::TemplateArgs),
}

#[derive(Debug, Subcommand)]
enum LintAlone {
    Lint(lint::LintArgs),
}

impl From<TemplateAlone> for Command {
    fn from(TemplateAlone::Template(args): TemplateAlone) -> Command {
        Command::Template(args)
    }
}

impl From<LintAlone> for Command {
    fn from(LintAlone::Lint(args): LintAlone) -> Command {
        Command::Lint(args)
    }
}

/// How problems are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum MessageFormat {
    /// Source lines, carets and hints.
    #[default]
    Text,
    /// One line of JSON for each problem.
    Json,
}

/// Arguments of every command.
#[derive(Debug, Args)]
pub(super) struct GlobalArgs {
    /// When to colour messages
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    color: Color,
    /// Print no warnings and no progress
    #[arg(short, long, global = true)]
    quiet: bool,
    /// How problems are told
    #[arg(long, global = true, value_enum, default_value_t, value_name = "FORMAT")]
    message_format: MessageFormat,
    /// Tell problems in Helm's words, and end with its status
    #[arg(long, global = true)]
    helm_output: bool,
    /// The Helm whose rules hold: 4.3, 4.2 or 3
    #[arg(long, global = true, value_name = "VERSION", default_value = "4.3", value_parser = options::compat)]
    pub(super) helm_compat: Compat,
    #[command(flatten)]
    limits: LimitArgs,
}

/// Bounds for hostile input.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
struct LimitArgs {
    /// Bytes that the files of one chart may have
    #[arg(long, global = true, value_name = "BYTES")]
    max_chart_bytes: Option<u64>,
    /// Files and folders that a chart may have
    #[arg(long, global = true, value_name = "COUNT")]
    max_entries: Option<u64>,
    /// Steps that the templates of a chart may take
    #[arg(long, global = true, value_name = "COUNT")]
    max_steps: Option<u64>,
    /// Bytes that a chart may render to
    #[arg(long, global = true, value_name = "BYTES")]
    max_output_bytes: Option<u64>,
}

impl GlobalArgs {
    fn ui(&self) -> Ui {
        let face = match (self.helm_output, self.message_format) {
            (true, _) => Face::Helm,
            (_, MessageFormat::Json) => Face::Json,
            (_, MessageFormat::Text) => Face::People,
        };
        Ui::new(face, self.color, self.quiet)
    }

    /// The limits asked for.
    pub(super) fn limits(&self) -> LimitOptions {
        LimitOptions {
            chart_bytes: self.limits.max_chart_bytes,
            entries: self.limits.max_entries,
            steps: self.limits.max_steps,
            output_bytes: self.limits.max_output_bytes,
        }
    }
}

/// Runs the command line and returns the number for the shell.
pub(super) fn run(words: &[OsString]) -> u8 {
    let cli = match parse(words) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version come this way too. A closed stream is no fault of the caller's.
            let _ = error.print();
            return if error.use_stderr() { ExitStatus::Failure.code() } else { ExitStatus::Success.code() };
        }
    };
    let mut ui = cli.global.ui();
    let outcome = dispatch(&cli, &mut ui);
    ui.finish(outcome)
}

fn parse(words: &[OsString]) -> Result<Cli, clap::Error> {
    let quick = match words.get(1).and_then(|word| word.to_str()) {
        Some("template") => alone::<TemplateAlone>(words),
        Some("lint") => alone::<LintAlone>(words),
        _ => None,
    };
    // Whatever was wrong, or help, is told with all commands in view.
    quick.map_or_else(|| Cli::try_parse_from(words), Ok)
}

fn alone<C: Subcommand + Into<Command>>(words: &[OsString]) -> Option<Cli> {
    let Alone { global, command } = Alone::<C>::try_parse_from(words).ok()?;
    Some(Cli { global, command: command.into() })
}

fn dispatch(cli: &Cli, ui: &mut Ui) -> Outcome {
    match &cli.command {
        Command::Template(args) => args.run(&cli.global, ui),
        Command::Show(args) => args.run(&cli.global, ui),
        Command::Values(args) => args.run(&cli.global, ui),
        Command::Validate(args) => args.run(&cli.global, ui),
        Command::Test(args) => args.run(&cli.global, ui),
        Command::Images(args) => args.run(&cli.global, ui),
        Command::Diff(args) => args.run(&cli.global, ui),
        Command::Lint(args) => args.run(&cli.global, ui),
        Command::Schema(args) => args.run(&cli.global, ui),
        Command::Docs(args) => args.run(&cli.global, ui),
        Command::Env(args) => args.run(&cli.global, ui),
        Command::Bundle(args) => args.run(&cli.global, ui),
        Command::Push(args) => args.run(&cli.global, ui),
        Command::Repo(args) => args.run(&cli.global, ui),
        Command::Search(args) => args.run(&cli.global, ui),
        Command::Serve(args) => args.run(ui),
        Command::Dependency(args) => args.run(&cli.global, ui),
        Command::Pull(args) => args.run(&cli.global, ui),
        Command::Registry(args) => args.run(ui),
        Command::Create(args) => args.run(&cli.global, ui),
        Command::Version(args) => args.run(&cli.global, ui),
        Command::Changed(args) => args.run(&cli.global, ui),
        Command::Package(args) => args.run(&cli.global, ui),
        Command::Sign(args) => args.run(&cli.global, ui),
        Command::Verify(args) => args.run(&cli.global, ui),
        Command::Freeze(args) => args.run(&cli.global, ui),
        Command::Unfreeze(args) => args.run(&cli.global, ui),
        Command::Completion(args) => args.run(ui),
        Command::Man(args) => args.run(ui),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::flags::{self, Kind};
    use clap::CommandFactory;

    #[test]
    fn command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn flags_of_template_agree_with_helms() {
        let cli = Cli::command();
        let template = cli.find_subcommand("template").map(|command| command.get_arguments()).into_iter().flatten();
        let tables = [flags::VALUES, flags::CHART, flags::TEMPLATE, flags::GLOBAL];
        for argument in template.filter(|argument| argument.get_long().is_some()) {
            let long = argument.get_long().unwrap_or_default();
            let Some(flag) = tables.into_iter().flatten().find(|flag| flag.name == long) else { continue };
            assert_eq!(argument.get_short(), flag.short, "{long}");
            assert_eq!(argument.get_action().takes_values(), flag.kind != Kind::Switch, "{long}");
        }
    }
}
