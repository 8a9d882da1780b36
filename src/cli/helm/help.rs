//! Help in cobra's shape.

use super::commands::{self, Command, Found, Work};
use super::pflag;
use crate::cli::flags::{self, Flag};
use crate::cli::ui::{ExitStatus, Outcome, Ui};

/// The help of a command.
pub(super) fn of(found: &Found) -> String {
    let command = found.command();
    format!("{}\n\n{}", command.about, usage(found))
}

fn usage(found: &Found) -> String {
    let command = found.command();
    let mut text = String::from("Usage:\n");
    match command.work {
        Work::Parent => text.push_str(&format!("  {} [command]\n", found.full_name())),
        _ => text.push_str(&format!("  {}\n", found.usage())),
    }
    if !command.aliases.is_empty() {
        text.push_str(&format!("\nAliases:\n  {}, {}\n", command.name(), command.aliases.join(", ")));
    }
    if !command.children.is_empty() {
        text.push_str("\nAvailable Commands:\n");
        text.push_str(&list(command.children));
    }
    let own: Vec<&[Flag]> = command.flags.iter().skip(1).copied().collect();
    if !own.is_empty() {
        text.push_str(&format!("\nFlags:\n{}", flag_lines(&own)));
    }
    text.push_str(&format!("\nGlobal Flags:\n{}", flag_lines(&[flags::GLOBAL])));
    if command.work == Work::Parent {
        text.push_str(&format!(
            "\nUse \"{} [command] --help\" for more information about a command.\n",
            found.full_name()
        ));
    }
    text
}

fn list(commands: &[Command]) -> String {
    let mut rows: Vec<_> = commands
        .iter()
        .map(|command| match command.work {
            Work::Cluster | Work::Absent => format!("  {:<11} {} (real Helm only)\n", command.name(), command.about),
            _ => format!("  {:<11} {}\n", command.name(), command.about),
        })
        .collect();
    rows.sort_unstable();
    rows.concat()
}

fn flag_lines(tables: &[&[Flag]]) -> String {
    let shown = |flag: &&Flag| !flag.help.is_empty();
    let mut flags: Vec<&Flag> = tables.iter().flat_map(|table| table.iter()).filter(shown).collect();
    flags.sort_unstable_by_key(|flag| flag.name);
    let heads: Vec<_> = flags
        .iter()
        .map(|flag| {
            let short = flag.short.map_or("    ".to_owned(), |short| format!("-{short}, "));
            format!("  {short}--{} {}", flag.name, flag.kind.value_name()).trim_end().to_owned()
        })
        .collect();
    let width = heads.iter().map(String::len).max().unwrap_or_default();
    heads.iter().zip(flags).map(|(head, flag)| format!("{head:width$}   {}\n", flag.help)).collect()
}

/// `helm help COMMAND...`.
pub(super) fn topic(words: &[String], ui: &mut Ui) -> Outcome {
    let (parsed, outcome) = pflag::parse(words, commands::ROOT.flag_set());
    outcome.map_err(super::refuse)?;
    let found = commands::find(&parsed.arguments);
    if found.is_root() && !found.words.is_empty() {
        let words: Vec<_> = parsed.arguments.iter().map(|word| format!("`{word}`")).collect();
        ui.complain(&format!("Unknown help topic [{}]", words.join(" ")));
        ui.complain(usage(&found).trim_end());
        return Ok(ExitStatus::Success);
    }
    ui.print(of(&found))?;
    Ok(ExitStatus::Success)
}
