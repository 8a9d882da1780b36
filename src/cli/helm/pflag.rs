//! Flags read as Go's pflag reads them: the same forms, the same order, the same texts when one is wrong.

use super::go;
use crate::cli::flags::{Flag, Kind};

/// The flags that a command knows: tables behind one another.
#[derive(Clone, Copy)]
pub(super) struct Flags<'a>(pub(super) &'a [&'static [Flag]]);

impl Flags<'_> {
    pub(super) fn iter(&self) -> impl Iterator<Item = &'static Flag> {
        self.0.iter().flat_map(|table| table.iter())
    }

    fn long(&self, name: &str) -> Option<&'static Flag> {
        self.iter().find(|flag| flag.name == name)
    }

    fn short(&self, letter: char) -> Option<&'static Flag> {
        self.iter().find(|flag| flag.short == Some(letter))
    }

    /// Whether cobra, looking for the subcommand, takes the word after this one for its value.
    pub(super) fn takes_next_word(&self, word: &str) -> bool {
        if word.contains('=') {
            return false;
        }
        let flag = match word.strip_prefix("--") {
            Some(name) => self.long(name),
            None if word.chars().count() == 2 => word.chars().nth(1).and_then(|letter| self.short(letter)),
            None => return false,
        };
        flag.is_none_or(|flag| flag.kind.alone().is_none())
    }
}

/// Flags and arguments of a command line.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    settings: Vec<(&'static str, Vec<String>)>,
    /// What is no flag.
    pub(super) arguments: Vec<String>,
    /// Lines for standard error that came up on the way.
    pub(super) notes: Vec<String>,
}

impl Parsed {
    /// The text of a flag; empty when it was not given.
    pub(super) fn text(&self, name: &str) -> &str {
        self.list(name).last().map_or("", String::as_str)
    }

    /// All texts of a flag that can be repeated.
    pub(super) fn list(&self, name: &str) -> &[String] {
        self.settings.iter().find(|(known, _)| *known == name).map_or(&[], |(_, values)| values)
    }

    /// Whether a switch is on.
    pub(super) fn is_on(&self, name: &str) -> bool {
        self.text(name) == "true"
    }

    /// Whether a flag was given, with whatever value.
    pub(super) fn is_given(&self, name: &str) -> bool {
        self.settings.iter().any(|(known, _)| *known == name)
    }

    /// Sets one flag; the error is that of its type, without the frame.
    fn set(&mut self, flag: &'static Flag, text: &str) -> Result<(), String> {
        let values = match flag.kind {
            Kind::Switch => vec![go::parse_bool(text)?.to_string()],
            Kind::Text | Kind::Optional(_) | Kind::Array => vec![text.to_owned()],
            Kind::Slice => go::split_csv(text)?,
            Kind::Pairs => go::split_pairs(text)?,
            Kind::Int => go::check_int(text).map(|()| vec![text.to_owned()])?,
            Kind::Uint => vec![go::parse_uint(text)?.to_string()],
            Kind::Format if matches!(text, "table" | "json" | "yaml") => vec![text.to_owned()],
            Kind::Format => return Err("invalid format type".to_owned()),
            Kind::Float => go::check_float32(text).map(|()| vec![text.to_owned()])?,
            Kind::Duration => go::check_duration(text).map(|()| vec![text.to_owned()])?,
            Kind::Wait => vec![self.wait(text)?],
            Kind::Plugin if text.is_empty() => Vec::new(),
            Kind::Plugin => return Err(format!("plugin: {{Name:{text} Type:postrenderer/v1}} not found")),
        };
        if let Some(instead) = flag.deprecated {
            self.notes.push(format!("Flag --{} has been deprecated, {instead}", flag.name));
        }
        let at = self.settings.iter().position(|(name, _)| *name == flag.name);
        match at.and_then(|at| self.settings.get_mut(at)) {
            Some((_, kept)) => kept.extend(values),
            None => self.settings.push((flag.name, values)),
        }
        Ok(())
    }

    fn wait(&mut self, text: &str) -> Result<String, String> {
        let strategy = match text {
            "watcher" | "hookOnly" | "legacy" => return Ok(text.to_owned()),
            "true" => "watcher",
            "false" => "hookOnly",
            _ => {
                let valid = "Valid inputs are watcher, hookOnly, and legacy";
                return Err(format!("invalid wait input {}. {valid}", go::quote(text)));
            }
        };
        let message = format!("--wait={text} is deprecated (boolean value) and can be replaced with --wait={strategy}");
        self.notes.push(format!("level=WARN msg=\"{message}\""));
        Ok(strategy.to_owned())
    }

    fn set_framed(&mut self, flag: &'static Flag, text: &str) -> Result<(), String> {
        let frame = |why| format!("invalid argument {} for {} flag: {why}", go::quote(text), go::quote(&flag.shown()));
        self.set(flag, text).map_err(frame)
    }
}

/// Reads a command line; on an error the part read so far comes along.
pub(super) fn parse(words: &[String], flags: Flags<'_>) -> (Parsed, Result<(), String>) {
    let mut parsed = Parsed::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let outcome = match word.strip_prefix("--") {
            Some("") => {
                parsed.arguments.extend(words.by_ref().cloned());
                Ok(())
            }
            Some(rest) => long(&mut parsed, rest, &mut words, flags),
            None if word.len() > 1 && word.starts_with('-') => shorts(&mut parsed, &word[1..], &mut words, flags),
            None => {
                parsed.arguments.push(word.clone());
                Ok(())
            }
        };
        if outcome.is_err() {
            return (parsed, outcome);
        }
    }
    (parsed, Ok(()))
}

type Words<'a> = std::slice::Iter<'a, String>;

fn long(parsed: &mut Parsed, word: &str, words: &mut Words<'_>, flags: Flags<'_>) -> Result<(), String> {
    if word.starts_with(['-', '=']) {
        return Err(format!("bad flag syntax: --{word}"));
    }
    let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
    let Some(flag) = flags.long(name) else {
        return Err(format!("unknown flag: --{name}"));
    };
    let value = value.or(flag.kind.alone()).or_else(|| words.next().map(String::as_str));
    let Some(value) = value else {
        return Err(format!("flag needs an argument: --{name}"));
    };
    parsed.set_framed(flag, value)
}

/// Short flags in one word: `-gn x`, `-nx`, `-n=x`.
fn shorts(parsed: &mut Parsed, word: &str, words: &mut Words<'_>, flags: Flags<'_>) -> Result<(), String> {
    let mut rest = word;
    while let Some(letter) = rest.chars().next() {
        let behind = &rest[letter.len_utf8()..];
        let Some(flag) = flags.short(letter) else {
            return Err(format!("unknown shorthand flag: {} in -{rest}", go::quote_byte(rest)));
        };
        let value = match behind.strip_prefix('=') {
            Some(value) if !value.is_empty() => value,
            _ => match flag.kind.alone() {
                Some(text) => {
                    parsed.set_framed(flag, text)?;
                    rest = behind;
                    continue;
                }
                None if !behind.is_empty() => behind,
                None => match words.next() {
                    Some(word) => word,
                    None => return Err(format!("flag needs an argument: '{letter}' in -{rest}")),
                },
            },
        };
        return parsed.set_framed(flag, value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[Flag] = &[
        Flag::new("namespace", Kind::Text, "").short('n'),
        Flag::new("generate-name", Kind::Switch, "").short('g'),
        Flag::new("values", Kind::Slice, "").short('f'),
        Flag::new("labels", Kind::Pairs, "").short('l'),
        Flag::new("set", Kind::Array, ""),
        Flag::new("dry-run", Kind::Optional("unset"), ""),
        Flag::new("timeout", Kind::Duration, ""),
        Flag::new("wait", Kind::Wait, ""),
        Flag::new("force", Kind::Switch, "").deprecated("use --force-replace instead"),
    ];

    fn read(line: &[&str]) -> (Parsed, Result<(), String>) {
        let words: Vec<String> = line.iter().map(|word| (*word).to_owned()).collect();
        parse(&words, Flags(&[TABLE]))
    }

    // Recorded from Helm 4.3.1.
    #[test]
    fn refuses_as_pflag_does() {
        let cases: [(&[&str], &str); 17] = [
            (&["--foo"], "unknown flag: --foo"),
            (&["--foo=1"], "unknown flag: --foo"),
            (&["-gx"], "unknown shorthand flag: 'x' in -x"),
            (&["-=x"], "unknown shorthand flag: '=' in -=x"),
            (&["--set"], "flag needs an argument: --set"),
            (&["-n"], "flag needs an argument: 'n' in -n"),
            (&["---foo"], "bad flag syntax: ---foo"),
            (&["--=foo"], "bad flag syntax: --=foo"),
            (
                &["--generate-name=maybe"],
                "invalid argument \"maybe\" for \"-g, --generate-name\" flag: strconv.ParseBool: parsing \"maybe\": invalid syntax",
            ),
            (
                &["-f", "\"a\"b,c"],
                "invalid argument \"\\\"a\\\"b,c\" for \"-f, --values\" flag: parse error on line 1, column 3: extraneous or missing \" in quoted-field",
            ),
            (
                &["-f", "a\"b"],
                "invalid argument \"a\\\"b\" for \"-f, --values\" flag: parse error on line 1, column 2: bare \" in non-quoted-field",
            ),
            (&["-lead"], "invalid argument \"ead\" for \"-l, --labels\" flag: ead must be formatted as key=value"),
            (
                &["--timeout", "5"],
                "invalid argument \"5\" for \"--timeout\" flag: time: missing unit in duration \"5\"",
            ),
            (&["--timeout", ""], "invalid argument \"\" for \"--timeout\" flag: time: invalid duration \"\""),
            (
                &["--timeout", "5x"],
                "invalid argument \"5x\" for \"--timeout\" flag: time: unknown unit \"x\" in duration \"5x\"",
            ),
            (
                &["--wait=bad"],
                "invalid argument \"bad\" for \"--wait\" flag: invalid wait input \"bad\". Valid inputs are watcher, hookOnly, and legacy",
            ),
            (&["--dry-run", "x", "--set"], "flag needs an argument: --set"),
        ];
        for (line, text) in cases {
            assert_eq!(read(line).1, Err(text.to_owned()), "{line:?}");
        }
    }

    #[test]
    fn reads_as_pflag_does() {
        let (parsed, outcome) = read(&["a", "-gnfoo", "--set=x=y=z", "-f", "a,b", "-f=c", "--", "--set", "b"]);
        assert_eq!(outcome, Ok(()));
        assert_eq!(parsed.arguments, ["a", "--set", "b"]);
        assert_eq!((parsed.is_on("generate-name"), parsed.text("namespace")), (true, "foo"));
        assert_eq!(
            (parsed.list("set"), parsed.list("values")),
            (&["x=y=z".to_owned()][..], &["a", "b", "c"].map(str::to_owned)[..])
        );
        let (parsed, _) = read(&["--dry-run", "client", "--force", "-n="]);
        assert_eq!((parsed.text("dry-run"), parsed.text("namespace")), ("unset", "="));
        assert_eq!(parsed.notes, ["Flag --force has been deprecated, use --force-replace instead"]);
    }
}
