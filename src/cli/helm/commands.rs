//! Helm's commands: names, arguments, flags, and what each does here.

use super::pflag::Flags;
use crate::cli::flags::{self, Flag};
use crate::cli::options::{Part, Task};
use clap_complete::Shell;

/// What a command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    Template,
    Lint,
    Show(Part),
    Dependency(Task),
    Pull,
    Push,
    Login,
    Logout,
    Version,
    Env,
    Help,
    Completion(Shell),
    Repo(RepoWork),
    SearchRepo,
    Package,
    Verify,
    Create,
    /// It only holds other commands, and prints its help.
    Parent,
    /// It needs a cluster, which chartwright never speaks to.
    Cluster,
    /// It works on files or repositories, and is not part of this version.
    Absent,
}

/// What a command below `repo` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RepoWork {
    Add,
    Index,
    List,
    Remove,
    Update,
}

/// How many arguments a command takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arity {
    Any,
    None,
    Exactly(usize),
    AtLeast(usize),
    AtMost(usize),
}

/// One command.
pub(super) struct Command {
    /// How it is called, its name first: `template [NAME] [CHART]`.
    pub(super) usage: &'static str,
    pub(super) aliases: &'static [&'static str],
    pub(super) about: &'static str,
    pub(super) arity: Arity,
    /// Tables of flags, those of every command first.
    pub(super) flags: &'static [&'static [Flag]],
    pub(super) children: &'static [Command],
    pub(super) work: Work,
}

impl Command {
    const fn new(usage: &'static str, work: Work, about: &'static str) -> Command {
        Command { usage, aliases: &[], about, arity: Arity::Any, flags: &[flags::GLOBAL], children: &[], work }
    }

    const fn cluster(usage: &'static str, about: &'static str) -> Command {
        Command::new(usage, Work::Cluster, about)
    }

    const fn absent(usage: &'static str, about: &'static str) -> Command {
        Command::new(usage, Work::Absent, about)
    }

    const fn aliases(self, aliases: &'static [&'static str]) -> Command {
        Command { aliases, ..self }
    }

    const fn arity(self, arity: Arity) -> Command {
        Command { arity, ..self }
    }

    const fn flags(self, flags: &'static [&'static [Flag]]) -> Command {
        Command { flags, ..self }
    }

    const fn children(self, children: &'static [Command]) -> Command {
        Command { children, ..self }
    }

    /// The name.
    pub(super) fn name(&self) -> &'static str {
        self.usage.split(' ').next().unwrap_or(self.usage)
    }

    /// All its flags.
    pub(super) fn flag_set(&self) -> Flags<'static> {
        Flags(self.flags)
    }

    /// The command below this one that a word names.
    pub(super) fn child(&self, word: &str) -> Option<&'static Command> {
        self.children.iter().find(|child| child.name() == word || child.aliases.contains(&word))
    }
}

const SHOW_FLAGS: &[&[Flag]] = &[flags::GLOBAL, flags::CHART];

/// The program itself. Commands stand in the order of Helm's registration, which suggestions follow.
pub(super) const ROOT: Command =
    Command::new("helm", Work::Parent, "chartwright in Helm's clothes: renders charts and shows what is in them")
        .children(COMMANDS);

const COMMANDS: &[Command] = &[
    Command::new("dependency update|build|list", Work::Parent, "fetch and list a chart's dependencies")
        .aliases(&["dep", "dependencies"])
        .children(DEPENDENCY),
    Command::new("create NAME", Work::Create, "start a chart").arity(ONE).flags(&[flags::GLOBAL, flags::CREATE]),
    Command::new("pull [chart URL | repo/chartname] [...]", Work::Pull, "fetch a chart")
        .aliases(&["fetch"])
        .arity(Arity::AtLeast(1))
        .flags(&[flags::GLOBAL, flags::CHART, flags::PULL]),
    Command::new("show", Work::Parent, "print what is in a chart").aliases(&["inspect"]).children(SHOW),
    Command::new("lint PATH", Work::Lint, "look for faults in a chart").arity(Arity::AtLeast(1)).flags(&[
        flags::GLOBAL,
        flags::LINT,
        flags::VALUES,
    ]),
    Command::new("package [CHART_PATH] [...]", Work::Package, "pack a chart into an archive")
        .flags(&[flags::GLOBAL, flags::PACKAGE]),
    Command::new("repo add|remove|list|index|update [ARGS]", Work::Parent, "keep a list of repositories")
        .arity(Arity::None)
        .children(REPO),
    Command::new("search [keyword]", Work::Parent, "look for charts").children(SEARCH),
    Command::new("verify PATH", Work::Verify, "verify the signature of a chart")
        .arity(ONE)
        .flags(&[flags::GLOBAL, flags::VERIFY]),
    Command::cluster("get", "print what is known of a release"),
    Command::cluster("history RELEASE_NAME", "list the revisions of a release").aliases(&["hist"]),
    Command::cluster("install [NAME] [CHART]", "install a chart"),
    Command::cluster("list", "list releases").aliases(&["ls"]),
    Command::cluster("test [RELEASE]", "run the tests of a release"),
    Command::cluster("rollback <RELEASE> [REVISION]", "go back to an earlier revision"),
    Command::cluster("status RELEASE_NAME", "print the state of a release"),
    Command::new("template [NAME] [CHART]", Work::Template, "render a chart's templates")
        .arity(Arity::AtLeast(1))
        .flags(&[flags::GLOBAL, flags::TEMPLATE, flags::VALUES, flags::CHART]),
    Command::cluster("uninstall RELEASE_NAME [...]", "remove a release").aliases(&["del", "delete", "un"]),
    Command::cluster("upgrade [RELEASE] [CHART]", "upgrade a release"),
    Command::new("completion", Work::Parent, "print completions for a shell").children(COMPLETION),
    Command::new("env", Work::Env, "print Helm's environment").arity(Arity::AtMost(1)),
    Command::absent("plugin", "install and list plugins"),
    Command::new("version", Work::Version, "print the version of the Helm that is spoken")
        .arity(Arity::None)
        .flags(&[flags::GLOBAL, flags::VERSION]),
    Command::new("registry", Work::Parent, "log in to a registry, and out").children(REGISTRY),
    Command::new("push [chart] [remote]", Work::Push, "push a chart to a registry")
        .arity(Arity::AtLeast(2))
        .flags(&[flags::GLOBAL, flags::PUSH]),
    Command::new("help [command]", Work::Help, "print help for a command"),
];

const SHOW: &[Command] = &[
    Command::new("all [CHART]", Work::Show(Part::All), "print everything below").arity(ONE).flags(SHOW_FLAGS),
    Command::new("readme [CHART]", Work::Show(Part::Readme), "print the README").arity(ONE).flags(SHOW_FLAGS),
    Command::new("values [CHART]", Work::Show(Part::Values), "print values.yaml").arity(ONE).flags(&[
        flags::GLOBAL,
        flags::CHART,
        flags::SHOW_VALUES,
    ]),
    Command::new("chart [CHART]", Work::Show(Part::Chart), "print Chart.yaml").arity(ONE).flags(SHOW_FLAGS),
    Command::new("crds [CHART]", Work::Show(Part::Crds), "print crds/").arity(ONE).flags(SHOW_FLAGS),
];

const DEPENDENCY: &[Command] = &[
    Command::new("list CHART", Work::Dependency(Task::List), "list the dependencies of a chart")
        .aliases(&["ls"])
        .arity(Arity::AtMost(1))
        .flags(&[flags::GLOBAL, flags::DEPENDENCY_LIST]),
    Command::new("update CHART", Work::Dependency(Task::Update), "fill charts/ as Chart.yaml says")
        .aliases(&["up"])
        .arity(Arity::AtMost(1))
        .flags(&[flags::GLOBAL, flags::DEPENDENCY]),
    Command::new("build CHART", Work::Dependency(Task::Build), "fill charts/ as Chart.lock says")
        .arity(Arity::AtMost(1))
        .flags(&[flags::GLOBAL, flags::DEPENDENCY]),
];

const REGISTRY: &[Command] = &[
    Command::new("login [host]", Work::Login, "log in to a registry")
        .arity(Arity::AtLeast(1))
        .flags(&[flags::GLOBAL, flags::LOGIN]),
    Command::new("logout [host]", Work::Logout, "log out of a registry").arity(Arity::AtLeast(1)),
];

const ONE: Arity = Arity::Exactly(1);

const REPO: &[Command] = &[
    Command::new("add [NAME] [URL]", Work::Repo(RepoWork::Add), "add a repository to the list")
        .arity(Arity::Exactly(2))
        .flags(&[flags::GLOBAL, flags::REPO_ADD]),
    Command::new("list", Work::Repo(RepoWork::List), "print the list of repositories")
        .aliases(&["ls"])
        .arity(Arity::None)
        .flags(&[flags::GLOBAL, flags::REPO_LIST]),
    Command::new("remove [REPO1 [REPO2 ...]]", Work::Repo(RepoWork::Remove), "take repositories off the list")
        .aliases(&["rm"])
        .arity(Arity::AtLeast(1)),
    Command::new("index [DIR]", Work::Repo(RepoWork::Index), "make the index of a folder of archives")
        .arity(ONE)
        .flags(&[flags::GLOBAL, flags::REPO_INDEX]),
    Command::new("update [REPO1 [REPO2 ...]]", Work::Repo(RepoWork::Update), "fetch the indexes of repositories")
        .aliases(&["up"])
        .arity(Arity::AtLeast(0))
        .flags(&[flags::GLOBAL, flags::REPO_UPDATE]),
];

const SEARCH: &[Command] = &[
    Command::absent("hub [KEYWORD]", "look for charts in a hub"),
    Command::new("repo [keyword]", Work::SearchRepo, "look for charts in the repositories of the list")
        .flags(&[flags::GLOBAL, flags::SEARCH_REPO]),
];

const COMPLETION: &[Command] = &[
    Command::new("bash", Work::Completion(Shell::Bash), "print completions for bash").arity(Arity::None),
    Command::new("zsh", Work::Completion(Shell::Zsh), "print completions for zsh").arity(Arity::None),
    Command::new("fish", Work::Completion(Shell::Fish), "print completions for fish").arity(Arity::None),
    Command::new("powershell", Work::Completion(Shell::PowerShell), "print completions for PowerShell")
        .arity(Arity::None),
];

/// A command with the commands above it.
#[derive(Clone)]
pub(super) struct Found {
    path: Vec<&'static Command>,
    /// The words that are not part of the path: flags and arguments.
    pub(super) words: Vec<String>,
}

impl Found {
    /// The command itself.
    pub(super) fn command(&self) -> &'static Command {
        self.path.last().copied().unwrap_or(&ROOT)
    }

    /// Whether no command was named.
    pub(super) fn is_root(&self) -> bool {
        self.path.len() == 1
    }

    /// `helm show chart`.
    pub(super) fn full_name(&self) -> String {
        self.path.iter().map(|command| command.name()).collect::<Vec<_>>().join(" ")
    }

    /// `helm show chart [CHART] [flags]`.
    pub(super) fn usage(&self) -> String {
        let parents = self.path.iter().rev().skip(1).rev().map(|command| command.name());
        let words: Vec<_> = parents.chain([self.command().usage, "[flags]"]).collect();
        words.join(" ")
    }
}

/// Follows the words to a command as cobra does: flags and what they take are stepped over.
pub(super) fn find(words: &[String]) -> Found {
    let mut found = Found { path: vec![&ROOT], words: words.to_vec() };
    while let Some(at) = first_argument(&found.words, found.command().flag_set()) {
        let child = found.words.get(at).and_then(|word| found.command().child(word));
        let Some(child) = child else { break };
        found.path.push(child);
        found.words.remove(at);
    }
    found
}

/// Where the first word stands that is neither a flag nor what a flag takes.
pub(super) fn first_argument(words: &[String], flags: Flags<'_>) -> Option<usize> {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        match word.as_str() {
            "--" => return None,
            "" => at += 1,
            flag if flag.starts_with('-') => at += 1 + usize::from(flags.takes_next_word(flag)),
            _ => return Some(at),
        }
    }
    None
}

/// The error for a word that names no command of Helm's.
pub(super) fn unknown(word: &str) -> String {
    let offered = COMMANDS.iter().filter(|command| command.work != Work::Help);
    let near = offered.map(Command::name).filter(|name| {
        let close = distance(&word.to_ascii_lowercase(), name) <= 2;
        close || name.starts_with(&word.to_ascii_lowercase())
    });
    let mut near: Vec<_> = near.collect();
    if matches!(word, "remove" | "rm") {
        near.push("uninstall");
    }
    let mut text = format!("unknown command {} for \"helm\"", super::go::quote(word));
    if !near.is_empty() {
        text.push_str("\n\nDid you mean this?\n");
        near.iter().for_each(|name| text.push_str(&format!("\t{name}\n")));
    }
    text
}

/// Levenshtein's distance between two short words.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], at + 1);
        for (column, wanted) in other.bytes().enumerate() {
            let above = row[column + 1];
            let step = if letter == wanted { diagonal } else { 1 + diagonal.min(above).min(row[column]) };
            diagonal = std::mem::replace(&mut row[column + 1], step);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    #[test]
    fn finds_commands_behind_flags() {
        let cases = [
            ("template r c", "helm template", "r c"),
            ("-n template template c", "helm template", "-n template c"),
            ("--debug inspect chart c --devel", "helm show chart", "--debug c --devel"),
            ("--foo template c", "helm", "--foo template c"),
            ("show nope", "helm show", "nope"),
            ("-- template", "helm", "-- template"),
        ];
        for (line, name, rest) in cases {
            let found = find(&words(line));
            assert_eq!((found.full_name().as_str(), found.words), (name, words(rest)), "{line}");
        }
        assert_eq!(find(&words("show values")).usage(), "helm show values [CHART] [flags]");
    }

    // Recorded from Helm 4.3.1.
    #[test]
    fn suggests_as_cobra_does() {
        let cases = [
            ("foo", ""),
            ("tempalte", "template"),
            ("lsit", "lint list"),
            ("temp", "test template"),
            ("versoin", "version"),
            ("envv", "env"),
            ("tes", "get test"),
        ];
        for (word, wanted) in cases {
            let text = unknown(word);
            let near: Vec<_> = text.lines().filter_map(|line| line.strip_prefix('\t')).collect();
            assert_eq!(near.join(" "), wanted, "{word}");
        }
    }
}
