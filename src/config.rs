//! `chartwright.toml`: what a tree of charts says about itself.
//!
//! What enters is a folder; what leaves is the settings of the nearest `chartwright.toml` above it. Keys that nobody
//! knows are errors, because a misspelt setting would do nothing.

use crate::chart::{glob, read_file};
use crate::diagnostic::{Diagnostic, Error, ErrorKind, Valid, nearest};
use crate::source::{Source, SourceId, Sources, Span};
use crate::toml;
use crate::value::{Map, Value};
use std::path::{Path, PathBuf};

/// The name of the file.
pub const FILE: &str = "chartwright.toml";
/// The most bytes that it may have.
const LARGEST: u64 = 1 << 20;
/// The keys that it may have.
const KEYS: &[&str] = &["lint", "mutable-versions"];

/// The settings of a tree.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The folder of `chartwright.toml`; `None` where there is no such file.
    pub root: Option<PathBuf>,
    /// Patterns of versions that may be published again with other bytes, such as `*-develop`.
    pub mutable_versions: Vec<String>,
    /// Levels of lint's rules and groups, as they are written, each with its place.
    pub lint: Vec<(String, String, Span)>,
}

impl Config {
    /// Reads the nearest `chartwright.toml` in `start` or a folder above it; without one all settings are the defaults.
    ///
    /// # Errors
    /// A file that cannot be read or is no configuration; the diagnostics point into it.
    pub fn find(start: &Path, sources: &mut Sources) -> Result<Config, Error> {
        // The parent of a bare file name is an empty path.
        let start = if start.as_os_str().is_empty() { Path::new(".") } else { start };
        let start = std::path::absolute(start).map_err(|error| Error::io("cannot find", start, error))?;
        let Some(path) = start.ancestors().map(|folder| folder.join(FILE)).find(|path| path.is_file()) else {
            return Ok(Config::default());
        };
        let size = std::fs::metadata(&path).map_err(|error| Error::io("cannot read", &path, error))?.len();
        if size > LARGEST {
            return Err(Error::new(ErrorKind::Limit, format!("`{}` is larger than {LARGEST} bytes", path.display())));
        }
        let source = Source::new(path.to_string_lossy(), read_file(&path)?);
        let id = sources.add(source.clone());
        let config = Config::parse(source.text(), id).map_err(|problems| {
            let message = problems.first().map(|first| first.message.clone()).unwrap_or_default();
            Error::new(ErrorKind::Content, format!("`{}`: {message}", path.display())).with(problems)
        })?;
        Ok(Config { root: path.parent().map(Path::to_owned), ..config })
    }

    /// Reads the text of a `chartwright.toml`.
    ///
    /// # Errors
    /// A text that is no TOML, unknown keys, values of another type; all of them at once.
    pub fn parse(text: &[u8], source: SourceId) -> Valid<Config> {
        let root = match toml::from_toml(text) {
            Ok(Value::Map(root)) => root,
            Ok(_) => Map::new(),
            Err(fault) => {
                let message = fault.message().strip_prefix("toml: ").unwrap_or(fault.message()).to_owned();
                let line = message.strip_prefix("line ").and_then(|rest| rest.split([' ', ':']).next()?.parse().ok());
                return Err(vec![Diagnostic::error(message).at(line_span(text, line.unwrap_or(1), source))]);
            }
        };
        let mut problems = Vec::new();
        let mut config = Config::default();
        for (key, value) in root.snapshot() {
            let key = key.to_string();
            let place = line_span(text, line_of(text, &key), source);
            match key.as_str() {
                "mutable-versions" => match patterns(&value) {
                    Ok(patterns) => config.mutable_versions = patterns,
                    Err(message) => problems.push(Diagnostic::error(message).at(place)),
                },
                "lint" => match levels(&value, text, source) {
                    Ok(levels) => config.lint = levels,
                    Err(message) => problems.push(Diagnostic::error(message).at(place)),
                },
                unknown => problems.push(unknown_key(unknown).at(place)),
            }
        }
        if problems.is_empty() { Ok(config) } else { Err(problems) }
    }

    /// Whether a version may be published again with other bytes.
    pub fn is_mutable(&self, version: &str) -> bool {
        self.mutable_versions.iter().any(|pattern| glob::matches(pattern, version).unwrap_or(false))
    }
}

fn levels(value: &Value, text: &[u8], source: SourceId) -> Result<Vec<(String, String, Span)>, String> {
    let wrong = || "expected `lint` as a table of levels such as unused-value = \"off\"".to_owned();
    let Value::Map(table) = value else { return Err(wrong()) };
    let levels = table.snapshot().into_iter().map(|(name, level)| {
        let level = level.as_str().ok_or_else(wrong)?.to_string();
        let name = name.to_string();
        let place = line_span(text, line_of(text, &name), source);
        Ok((name, level, place))
    });
    levels.collect()
}

fn unknown_key(key: &str) -> Diagnostic {
    let problem = Diagnostic::error(format!("unknown key `{}`", key.escape_debug()));
    match nearest(key, KEYS.iter().map(|known| known.as_bytes())) {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None => problem.hint(format!("known keys: {}", KEYS.join(", "))),
    }
}

fn patterns(value: &Value) -> Result<Vec<String>, String> {
    let wrong = || "expected `mutable-versions` as a list of texts such as \"*-develop\"".to_owned();
    let Value::List(list) = value else { return Err(wrong()) };
    let mut patterns = Vec::new();
    for item in list.items().iter() {
        let pattern = item.as_str().ok_or_else(wrong)?.to_string();
        if glob::matches(&pattern, "").is_err() {
            return Err(format!("`{}` is no pattern: `*`, `?` and `[a-z]` are known", pattern.escape_debug()));
        }
        patterns.push(pattern);
    }
    Ok(patterns)
}

/// The line that sets a key of the document, or opens its table.
fn line_of(text: &[u8], key: &str) -> usize {
    let text = String::from_utf8_lossy(text);
    let sets = |line: &str| {
        let line = line.trim_start().trim_start_matches('[').trim_start();
        let rest = ["\"", "'", ""].iter().find_map(|quote| line.strip_prefix(&format!("{quote}{key}{quote}")));
        rest.is_some_and(|rest| rest.trim_start().starts_with(['=', ']', '.']))
    };
    text.lines().position(sets).map_or(1, |at| at + 1)
}

/// The span of a line without its break and the blanks around it.
fn line_span(text: &[u8], line: usize, source: SourceId) -> Span {
    let start: usize = text.split_inclusive(|byte| *byte == b'\n').take(line.saturating_sub(1)).map(<[u8]>::len).sum();
    let rest = text.get(start..).unwrap_or_default();
    let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let indent = line.len() - line.trim_ascii_start().len();
    Span::new(source, start + indent, start + indent + line.trim_ascii().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mutable_versions_are_patterns() {
        let config =
            Config::parse(b"# all\nmutable-versions = [\"*-develop\", \"0.0.0\"]\n", SourceId(0)).expect("valid");
        for (version, mutable) in
            [("0.0.0-develop", true), ("1.2.3", false), ("0.0.0", true), ("1.0.0-develop.1", false)]
        {
            assert_eq!(config.is_mutable(version), mutable, "{version}");
        }
    }

    #[test]
    fn unknown_keys_are_told_with_their_line() {
        let text = b"\n# x\n mutable-version = 1\n[lnt]\na = 1\n";
        let problems = Config::parse(text, SourceId(0)).expect_err("two unknown keys");
        let told: Vec<_> = problems
            .iter()
            .map(|one| {
                (one.message.as_str(), one.primary.map(|span| crate::source::position(text, span.start as usize).line))
            })
            .collect();
        assert_eq!(told, [("unknown key `lnt`", Some(4)), ("unknown key `mutable-version`", Some(3))]);
        assert!(problems[1].hints[0].contains("mutable-versions"));
        let wrong = Config::parse(b"a = 1\nb = \n", SourceId(0)).expect_err("no TOML");
        assert_eq!(wrong[0].primary.map(|span| span.start), Some(6));
        assert!(Config::parse(b"mutable-versions = \"*\"", SourceId(0)).is_err());
        assert!(Config::parse(b"mutable-versions = [\"[\"]", SourceId(0)).is_err());
    }
}
