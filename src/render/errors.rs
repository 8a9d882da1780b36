//! The outward texts of template errors: what Helm makes of Go's.
//!
//! The reference is `cleanupParseError` and `reformatExecErrorMsg` of Helm's engine. Helm takes Go's texts apart at
//! their punctuation, so a message that happens to hold `: ` or ` template:` is cut there, and so it is here.

use super::funcs::{MESSAGE_END, MESSAGE_START};
use super::names::quoted;
use crate::chart::Compat;
use crate::template::ExecError;

/// Helm's text of an error that ended the execution of the template `path`.
///
/// Helm 4 prints one block for each level of templates, but only if it can read all levels; a function's own error
/// at the end of the chain makes it print Go's text. Helm 3 always prints Go's text. The messages of `required` and
/// `fail` stand alone after the outermost place.
pub fn exec_text(path: &str, error: &ExecError, compat: Compat) -> String {
    let chain: Vec<String> = error.chain().collect();
    if error.is_exec_error() { chain_text(path, &chain, compat) } else { error.go_text() }
}

/// The same for the texts of the errors of a chain, outermost first, each with all that it wraps.
fn chain_text(path: &str, chain: &[String], compat: Compat) -> String {
    let text = chain.first().map(String::as_str).unwrap_or_default();
    let mut tokens = text.splitn(3, ": ");
    let (Some(_), Some(place), Some(rest)) = (tokens.next(), tokens.next(), tokens.next()) else {
        return format!("execution error in ({path}): {text}");
    };
    if let Some(message) = marked_message(rest) {
        return format!("execution error at ({place}): {message}");
    }
    if compat == Compat::Helm3 {
        return text.to_string();
    }
    let mut levels: Vec<Level> = Vec::new();
    for wrapped in chain {
        let Some(level) = Level::read(wrapped) else { return text.to_string() };
        if levels.last() != Some(&level) {
            levels.push(level);
        }
    }
    let blocks: String = levels.iter().map(Level::block).collect();
    blocks.trim().to_string()
}

/// Helm's text of an error that ended the parsing of the template `path`: Go's place and the last part of its text.
pub fn parse_text(path: &str, text: &str) -> String {
    let mut tokens = text.split(": ");
    match (tokens.next(), tokens.next(), text.rsplit(": ").next()) {
        (Some(_), Some(place), Some(message)) => format!("parse error at ({place}): {message}"),
        _ => format!("parse error in ({path}): {text}"),
    }
}

/// From the first start mark to the last end mark.
fn marked_message(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once(MESSAGE_START)?;
    rest.rsplit_once(MESSAGE_END).map(|(message, _)| message)
}

/// One level of a chain of template errors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Level<'a> {
    /// File, line and column.
    place: &'a str,
    /// The name of the template and what it was doing.
    doing: Option<(&'a str, &'a str)>,
    message: &'a str,
}

impl<'a> Level<'a> {
    fn read(text: &'a str) -> Option<Level<'a>> {
        let rest = text.strip_prefix("template: ")?;
        if rest.starts_with("no template ") {
            return Some(Level { message: text, ..Level::default() });
        }
        Level::executing(rest).or_else(|| Level::simple(rest))
    }

    /// `PLACE: executing "NAME" at <ACTION>: MESSAGE`.
    fn executing(text: &'a str) -> Option<Level<'a>> {
        let (place, rest) = text.split_once(": executing ")?;
        let (name, rest) = rest.strip_prefix('"')?.split_once('"')?;
        let (action, message) = rest.strip_prefix(" at <")?.split_once(">: ")?;
        Some(Level { place, doing: Some((name, action)), message: own_part(message) })
    }

    /// `PLACE: MESSAGE`.
    fn simple(text: &'a str) -> Option<Level<'a>> {
        let (place, message) = text.rsplit_once(": ")?;
        Some(Level { place, doing: None, message: own_part(message) })
    }

    fn block(&self) -> String {
        let mut block = String::new();
        if !self.place.is_empty() {
            block.push_str(&format!("{}\n  ", self.place));
        }
        if let Some((name, action)) = self.doing {
            block.push_str(&format!("executing \"{name}\" at <{action}>:\n    "));
        }
        if !self.message.is_empty() {
            block.push_str(&format!("{}\n", self.message));
        }
        block
    }
}

/// A message without the error of the next level that follows it.
fn own_part(message: &str) -> &str {
    message.split_once(" template:").map_or(message, |(own, _)| own)
}

/// One line of Helm 4's log: `level=WARN msg="..." key=value`, quoted as Go's `slog` quotes.
pub fn log_line(level: &str, message: &str, attributes: &[(&str, &str)]) -> String {
    let mut line = format!("level={level} msg={}", log_value(message));
    for (key, value) in attributes {
        line.push_str(&format!(" {key}={}", log_value(value)));
    }
    line
}

fn log_value(text: &str) -> String {
    let plain = |letter: char| match letter {
        ' ' | '=' | '"' => false,
        '!'..='\x7f' => true,
        _ => !letter.is_ascii() && !letter.is_whitespace() && !letter.is_control() && letter != '\u{fffd}',
    };
    if text.is_empty() || !text.chars().all(plain) { quoted(text) } else { text.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exec(chain: &[&str]) -> String {
        let chain: Vec<String> = chain.iter().map(|text| text.to_string()).collect();
        chain_text("conf/templates/t.yaml", &chain, Compat::Helm43)
    }

    /// Go's texts beside what `helm template` printed.
    #[test]
    fn levels_become_blocks() {
        let inner =
            "template: conf/templates/_h.tpl:2:5: executing \"x\" at <.a.b>: nil pointer evaluating interface {}.b";
        let outer = format!(
            "template: conf/templates/t.yaml:1:3: executing \"conf/templates/t.yaml\" at <include \"x\" .>: error calling include: {inner}"
        );
        let blocks = "conf/templates/t.yaml:1:3\n  executing \"conf/templates/t.yaml\" at <include \"x\" .>:\n    error calling include:\nconf/templates/_h.tpl:2:5\n  executing \"x\" at <.a.b>:\n    nil pointer evaluating interface {}.b";
        assert_eq!(exec(&[&outer, &outer, inner, inner]), blocks);
        assert_eq!(exec(&[&outer, inner, "runtime error"]), outer);
    }

    #[test]
    fn marked_messages_stand_alone() {
        let text = format!(
            "template: a.yaml:1:3: executing \"a.yaml\" at <fail \"m\">: error calling fail: {}",
            format_args!("{MESSAGE_START}m: n{MESSAGE_END}")
        );
        assert_eq!(exec(&[&text]), "execution error at (a.yaml:1:3): m: n");
    }

    #[test]
    fn texts_of_other_shapes_are_kept() {
        assert_eq!(exec(&["boom"]), "execution error in (conf/templates/t.yaml): boom");
        assert_eq!(exec(&["template: a: b: c"]), "a: b\n  c");
    }

    #[test]
    fn parse_errors_keep_place_and_last_part() {
        let text = "template: conf/templates/a.yaml:3: function \"nope\" not defined";
        assert_eq!(parse_text("p", text), "parse error at (conf/templates/a.yaml:3): function \"nope\" not defined");
        assert_eq!(parse_text("p", "boom"), "parse error in (p): boom");
    }

    /// Recorded with `helm template` 4.3.1.
    #[test]
    fn log_lines_are_quoted_as_slog_does() {
        let line = log_line("INFO", "skipping unknown hooks", &[("hookTypes", "pre-install,nope")]);
        assert_eq!(line, "level=INFO msg=\"skipping unknown hooks\" hookTypes=pre-install,nope");
        let line = log_line("DEBUG", "Original chart version", &[("version", "")]);
        assert_eq!(line, "level=DEBUG msg=\"Original chart version\" version=\"\"");
    }
}
