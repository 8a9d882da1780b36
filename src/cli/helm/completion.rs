//! `helm completion SHELL`: completions made from the same tables.

use super::commands::{self, Command};
use crate::cli::flags::{Flag, Kind};
use crate::cli::ui::{ExitStatus, Outcome, Ui};
use clap::{Arg, ArgAction};
use clap_complete::Shell;

pub(super) fn print(shell: Shell, ui: &mut Ui) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut described(&commands::ROOT), "helm", &mut script);
    ui.print(script)?;
    Ok(ExitStatus::Success)
}

/// A command in clap's words.
fn described(command: &'static Command) -> clap::Command {
    let flags = command.flag_set();
    let shown = flags.iter().filter(|flag| !flag.help.is_empty() && flag.name != "help");
    clap::Command::new(command.name())
        .about(command.about)
        .visible_aliases(command.aliases)
        .disable_help_subcommand(true)
        .args(shown.map(argument))
        .subcommands(command.children.iter().map(described))
}

fn argument(flag: &'static Flag) -> Arg {
    let action = if flag.kind == Kind::Switch { ArgAction::SetTrue } else { ArgAction::Append };
    let argument = Arg::new(flag.name).long(flag.name).help(flag.help).action(action);
    match flag.short {
        Some(short) => argument.short(short),
        None => argument,
    }
}
