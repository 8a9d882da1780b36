//! What Helm says on standard error while it works: log lines that change no result.

use crate::value::print;
use std::fmt;

/// The weight of a [`Notice`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// `INFO`.
    Info,
    /// `WARN`.
    Warn,
    /// `ERROR`.
    Error,
}

/// One log line: a message with attributes.
///
/// `Display` writes it as Helm 4 does: `level=INFO msg="..." path=...`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its weight.
    pub level: Level,
    /// The message, Helm's own words.
    pub message: String,
    /// Names and values that belong to the message.
    pub attributes: Vec<(&'static str, String)>,
}

impl Notice {
    /// A notice without attributes.
    pub fn new(level: Level, message: impl Into<String>) -> Notice {
        Notice { level, message: message.into(), attributes: Vec::new() }
    }

    /// Adds an attribute.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Notice {
        self.attributes.push((name, value.into()));
        self
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Info => "INFO",
            Level::Warn => "WARN",
            Level::Error => "ERROR",
        };
        write!(out, "level={level} msg={}", attribute(&self.message))?;
        self.attributes.iter().try_for_each(|(name, value)| write!(out, " {name}={}", attribute(value)))
    }
}

/// A value as Go's `slog` text handler writes it: quoted unless it is one plain word.
fn attribute(text: &str) -> String {
    let plain = |letter: char| match letter {
        '\\' => true,
        ' ' | '=' | '"' | '\u{FFFD}' => false,
        _ => !letter.is_whitespace() && print::is_printable(letter),
    };
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    String::from_utf8_lossy(&print::quote(text.as_bytes())).into_owned()
}

/// Notices in the order in which they came up.
#[derive(Clone, Debug, Default)]
pub struct Notices(Vec<Notice>);

impl Notices {
    /// An empty list.
    pub fn new() -> Notices {
        Notices::default()
    }

    /// Adds one.
    pub fn push(&mut self, notice: Notice) {
        self.0.push(notice);
    }

    /// Adds a line that Helm writes through Go's plain logger.
    pub(crate) fn log(&mut self, message: impl Into<String>) {
        self.push(Notice::new(Level::Info, message));
    }

    /// All notices so far.
    pub fn iter(&self) -> impl Iterator<Item = &Notice> {
        self.0.iter()
    }

    /// Takes all notices out.
    pub fn take(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.0)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
