//! Rules: what each is called, how much it weighs, what its manual page says, and the function that looks.

use super::findings::Findings;
use super::subject::{Case, Manifest, Subject};
use std::collections::BTreeMap;

/// One thing that can be wrong with a chart.
pub struct Rule {
    /// The bad pattern, in kebab case; it reads well behind "allow".
    pub name: &'static str,
    /// Its group, which gives its level where nobody says otherwise.
    pub group: Group,
    /// Its manual page.
    pub doc: Doc,
    /// What looks for it.
    pub check: Check,
}

/// The manual page of a rule.
pub struct Doc {
    /// What is found, one sentence.
    pub what: &'static str,
    /// What happens to those who leave it.
    pub why: &'static str,
    /// What is found, as it stands in a chart.
    pub bad: &'static str,
    /// What to write instead.
    pub good: &'static str,
}

/// What a rule reads, and its function.
#[derive(Clone, Copy)]
pub enum Check {
    /// A chart as it lies there, and all its renders together.
    Chart(fn(&Subject<'_>, &mut Findings<'_>)),
    /// The same, and what templates read of the values; renders record what they read for these rules alone.
    Values(fn(&Subject<'_>, &mut Findings<'_>)),
    /// One render.
    Case(fn(&Case, &mut Findings<'_>)),
    /// One rendered object.
    Manifest(fn(&Manifest, &mut Findings<'_>)),
    /// Nothing: the finding comes up while the chart is read or rendered.
    Reading,
    /// A bundle: whoever builds or checks it looks.
    Bundle,
}

/// Rules of one temper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// The chart cannot work as it is.
    Correctness,
    /// Somebody will be surprised.
    Suspicious,
    /// Rights that a workload should not have, and secrets where they should not be.
    Security,
    /// Conventions.
    Style,
    /// Demands that not everybody makes.
    Pedantic,
}

impl Group {
    /// All groups.
    pub const ALL: [Group; 5] = [Group::Correctness, Group::Suspicious, Group::Security, Group::Style, Group::Pedantic];

    /// The name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Group::Correctness => "correctness",
            Group::Suspicious => "suspicious",
            Group::Security => "security",
            Group::Style => "style",
            Group::Pedantic => "pedantic",
        }
    }

    /// The level of its rules where nobody says otherwise.
    pub fn level(self) -> Level {
        match self {
            Group::Correctness => Level::Error,
            Group::Suspicious | Group::Security => Level::Warning,
            Group::Style => Level::Info,
            Group::Pedantic => Level::Off,
        }
    }
}

/// How much the findings of a rule weigh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The rule does not look.
    Off,
    /// Worth knowing.
    Info,
    /// Fails under `--strict`.
    Warning,
    /// Fails.
    Error,
}

impl Level {
    /// The level of this name.
    pub fn named(name: &str) -> Option<Level> {
        Some(match name {
            "off" => Level::Off,
            "info" => Level::Info,
            "warning" => Level::Warning,
            "error" => Level::Error,
            _ => return None,
        })
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Level::Off => "off",
            Level::Info => "info",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }
}

/// What settings say of rules and groups; a rule's own level wins over its group's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Levels(BTreeMap<String, Level>);

impl Levels {
    /// Sets the level of a rule or a group.
    ///
    /// # Errors
    /// The name, if there is no such rule or group.
    pub fn set(&mut self, name: &str, level: Level) -> Result<(), String> {
        let known = super::rule(name).is_some() || Group::ALL.iter().any(|group| group.name() == name);
        if !known {
            return Err(name.to_owned());
        }
        self.0.insert(name.to_owned(), level);
        Ok(())
    }

    /// The level of a rule.
    pub fn of(&self, rule: &Rule) -> Level {
        let said = self.0.get(rule.name).or_else(|| self.0.get(rule.group.name()));
        said.copied().unwrap_or_else(|| rule.group.level())
    }
}
