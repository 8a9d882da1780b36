//! A diagnostic as text: with source lines and carets for people, as one line of JSON for programs.

use super::secrets;
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{Source, SourceId, Sources, Span};
use annotate_snippets::{AnnotationKind, Element, Group, Level, Renderer, Snippet};
use std::borrow::Cow;
use std::ops::Range;

/// The most lines that one snippet may reach over; further places get a snippet of their own.
const LONGEST_WINDOW: usize = 60;

/// Whether a report carries terminal colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Color,
}

/// A text with control characters written out, so that a name cannot steer the terminal.
///
/// Line breaks and tabs stay: messages have them.
pub(crate) fn harmless(text: &str) -> Cow<'_, str> {
    let harmful = |letter: char| match letter {
        '\n' | '\t' => false,
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        _ => letter.is_control(),
    };
    if !text.contains(harmful) {
        return Cow::Borrowed(text);
    }
    let written = text.chars().fold(String::new(), |mut out, letter| {
        match harmful(letter) {
            true => out.extend(letter.escape_unicode()),
            false => out.push(letter),
        }
        out
    });
    Cow::Owned(written)
}

/// One place of a diagnostic in the text shown for it.
struct Mark<'a> {
    span: Span,
    kind: AnnotationKind,
    text: &'a str,
}

/// The report for people.
pub(crate) fn snippet(diagnostic: &Diagnostic, sources: &Sources, style: Style) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    let mut title = level.primary_title(harmless(&diagnostic.message));
    if let Some(rule) = diagnostic.rule {
        title = title.id(rule);
    }
    let windows = windows(diagnostic, sources);
    let mut elements: Vec<Element<'_>> = windows.iter().map(|window| window.snippet().into()).collect();
    elements.extend(diagnostic.trace.iter().rev().map(|frame| {
        let place = frame.span.and_then(|span| place(span, sources));
        let place = place.map(|place| format!(" ({place})")).unwrap_or_default();
        Level::NOTE.message(format!("while rendering {}{place}", harmless(&frame.text))).into()
    }));
    elements.extend(diagnostic.hints.iter().map(|hint| Level::HELP.with_name("hint").message(harmless(hint)).into()));
    let group = elements.into_iter().fold(Group::with_title(title), Group::element);
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Color => Renderer::styled(),
    };
    renderer.render(&[group]).to_string()
}

/// Lines of one source with everything that is marked in them.
struct Window<'a> {
    name: Cow<'a, str>,
    first_line: usize,
    text: String,
    marks: Vec<(Range<usize>, AnnotationKind, &'a str)>,
}

impl Window<'_> {
    fn snippet(&self) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
        let marks = self.marks.iter().map(|(range, kind, text)| {
            let mark = kind.span(range.clone());
            if text.is_empty() { mark } else { mark.label(harmless(text)) }
        });
        Snippet::source(&self.text).path(&*self.name).line_start(self.first_line).fold(true).annotations(marks)
    }
}

/// The windows of a diagnostic, that of its primary place first.
fn windows<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Vec<Window<'a>> {
    let primary = diagnostic.primary.iter();
    let primary = primary.map(|span| Mark { span: *span, kind: AnnotationKind::Primary, text: &diagnostic.caption });
    let labels = diagnostic.labels.iter();
    let labels = labels.map(|label| Mark { span: label.span, kind: AnnotationKind::Context, text: &label.text });
    let mut groups: Vec<(SourceId, Range<usize>, Vec<Mark<'a>>)> = Vec::new();
    for mark in primary.chain(labels) {
        let Some(source) = sources.get(mark.span.source) else { continue };
        let lines = lines_of(source, mark.span);
        let near = groups
            .iter_mut()
            .find(|(id, known, _)| *id == mark.span.source && union(known, &lines).len() <= LONGEST_WINDOW);
        match near {
            Some((_, known, marks)) => {
                *known = union(known, &lines);
                marks.push(mark);
            }
            None => groups.push((mark.span.source, lines, vec![mark])),
        }
    }
    groups.into_iter().filter_map(|(id, lines, marks)| window(sources.get(id)?, lines, marks)).collect()
}

fn union(one: &Range<usize>, other: &Range<usize>) -> Range<usize> {
    one.start.min(other.start)..one.end.max(other.end)
}

/// The lines that a span touches, from 1, the end excluded; a long span is cut.
fn lines_of(source: &Source, span: Span) -> Range<usize> {
    let first = source.position(span.start as usize).line;
    let last = source.position(span.end.max(span.start + 1) as usize - 1).line;
    first..last.min(first + LONGEST_WINDOW - 1) + 1
}

fn window<'a>(source: &'a Source, lines: Range<usize>, marks: Vec<Mark<'a>>) -> Option<Window<'a>> {
    let bytes = source.text();
    let start = source.line_start(lines.start)?;
    let end = source.line_start(lines.end).unwrap_or(bytes.len());
    let text = readable(bytes.get(start..end)?);
    let text = cover(&text, enclosing_secret(bytes.get(..start)?, &text));
    let text = cover_variables(&text, (bytes.get(..start)?, bytes.get(end..)?));
    let marks = marks.into_iter().map(|mark| {
        let from = (mark.span.start as usize).clamp(start, end) - start;
        let to = (mark.span.end as usize).clamp(start, end) - start;
        (boundary(&text, from)..boundary(&text, to.max(from)), mark.kind, mark.text)
    });
    let marks = marks.collect();
    Some(Window { name: harmless(source.name()), first_line: lines.start, text, marks })
}

/// Bytes as text of the same length: what is not UTF-8 becomes `?`, so that offsets stay true.
fn readable(bytes: &[u8]) -> String {
    bytes.utf8_chunks().fold(String::with_capacity(bytes.len()), |mut text, chunk| {
        text.push_str(chunk.valid());
        text.extend(std::iter::repeat_n('?', chunk.invalid().len()));
        text
    })
}

fn boundary(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The indent of a secret's block that the text stands in, if it does.
fn enclosing_secret(before: &[u8], text: &str) -> Option<usize> {
    let mut depth = indent(text.lines().next()?);
    for line in before.rsplit(|byte| *byte == b'\n').take(LONGEST_WINDOW * 4) {
        let line = String::from_utf8_lossy(line);
        if line.trim().is_empty() || indent(&line) >= depth {
            continue;
        }
        depth = indent(&line);
        if secrets::opens_secret(&line) {
            return Some(depth);
        }
    }
    None
}

/// The text with secrets covered; `block` is the indent of a secret's key whose block the text starts in.
fn cover(text: &str, block: Option<usize>) -> String {
    let mut block = block;
    text.split_inclusive('\n').fold(String::with_capacity(text.len()), |mut out, line| {
        if block.is_some_and(|depth| !line.trim().is_empty() && indent(line) <= depth) {
            block = None;
        }
        match block {
            Some(_) => {
                let body = line.trim();
                let start = indent(line).min(line.len());
                out.push_str(&line[..start]);
                out.extend(std::iter::repeat_n('*', body.len()));
                out.push_str(&line[start + body.len()..]);
            }
            None => {
                out.push_str(&secrets::cover_line(line));
                block = secrets::opens_secret(line).then(|| indent(line));
            }
        }
        out
    })
}

/// The text without the values of variables whose names, in the line above or below, speak of secrets.
fn cover_variables(text: &str, (before, after): (&[u8], &[u8])) -> String {
    let above = before.strip_suffix(b"\n").and_then(|lines| lines.rsplit(|byte| *byte == b'\n').next());
    let below = after.split(|byte| *byte == b'\n').next();
    let [above, below] = [above, below].map(|line| String::from_utf8_lossy(line.unwrap_or_default()).into_owned());
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let neighbours = |at: usize| {
        let before = at.checked_sub(1).map_or(above.as_str(), |at| lines[at]);
        [before, lines.get(at + 1).copied().unwrap_or(&below)]
    };
    let cover = |(at, line): (usize, &&str)| {
        let is_secret = neighbours(at).iter().any(|neighbour| secrets::is_value_of_secret(line, neighbour));
        let Some((key, value)) = line.split_once(':').filter(|_| is_secret && !line.contains("{{")) else {
            return (*line).to_owned();
        };
        let body = value.trim();
        let start = value.len() - value.trim_start().len();
        format!("{key}:{}{}{}", &value[..start], "*".repeat(body.len()), &value[start + body.len()..])
    };
    lines.iter().enumerate().map(cover).collect()
}

/// `file:line:column` of a span.
pub(crate) fn place(span: Span, sources: &Sources) -> Option<String> {
    let (source, position) = sources.locate(span)?;
    Some(format!("{}:{}:{}", harmless(source.name()), position.line, position.column))
}

/// The report for programs: one line of JSON.
pub(crate) fn json(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    };
    let at = |span: Option<Span>| {
        let (source, start) = sources.locate(span?)?;
        let end = source.position(span?.end as usize);
        Some(serde_json::json!({
            "file": source.name(), "line": start.line, "column": start.column,
            "end_line": end.line, "end_column": end.column,
        }))
    };
    let labels = diagnostic.labels.iter();
    let labels = labels.map(|label| serde_json::json!({ "text": label.text, "place": at(Some(label.span)) }));
    let trace = diagnostic.trace.iter();
    let trace = trace.map(|frame| serde_json::json!({ "text": frame.text, "place": at(frame.span) }));
    let report = serde_json::json!({
        "severity": severity, "rule": diagnostic.rule, "message": diagnostic.message,
        "place": at(diagnostic.primary), "caption": diagnostic.caption,
        "labels": labels.collect::<Vec<_>>(), "trace": trace.collect::<Vec<_>>(), "hints": diagnostic.hints,
    });
    report.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(text: &str) -> (Sources, SourceId) {
        let mut sources = Sources::new();
        let id = sources.add(Source::new("values/qa.yaml", text.as_bytes().to_vec()));
        (sources, id)
    }

    #[test]
    fn points_at_the_line() {
        let (sources, id) = sources("a: 1\nport: 8443\nb: 2\n");
        let diagnostic = Diagnostic::error("expected string, found integer")
            .at(Span::new(id, 11, 15))
            .caption("set here")
            .frame("include `host`", Some(Span::new(id, 0, 1)))
            .hint("quote the value: \"8443\"");
        let report = snippet(&diagnostic, &sources, Style::Plain);
        let wanted = "error: expected string, found integer
 --> values/qa.yaml:2:7
  |
2 | port: 8443
  |       ^^^^ set here
  |
  = note: while rendering include `host` (values/qa.yaml:1:1)
  = hint: quote the value: \"8443\"";
        assert_eq!(report, wanted);
    }

    #[test]
    fn covers_secrets_in_shown_lines() {
        let text = "db:\n  password: hunter2\n  key:\n  tls_secret: |\n    line one\n    line two\n  host: x\n";
        let (sources, id) = sources(text);
        let find = |part: &str| text.find(part).unwrap_or(0);
        for part in ["hunter2", "line two"] {
            let span = Span::new(id, find(part), find(part) + part.len());
            let report = snippet(&Diagnostic::error("x").at(span), &sources, Style::Plain);
            assert!(!report.contains(part) && report.contains("***"), "{report}");
        }
    }

    #[test]
    fn keeps_offsets_over_bytes_that_are_no_text() {
        let mut sources = Sources::new();
        let id = sources.add(Source::new("x", b"\xff\xfe: abc\n".to_vec()));
        let report = snippet(&Diagnostic::error("x\u{1b}[31m").at(Span::new(id, 4, 7)), &sources, Style::Plain);
        assert!(report.contains("1 | ??: abc") && report.contains("    ^^^"), "{report}");
        assert!(report.contains("x\\u{1b}[31m"), "{report}");
    }

    #[test]
    fn writes_one_line_of_json() {
        let (sources, id) = sources("a: 1\n");
        let line = json(&Diagnostic::warning("w\nx").at(Span::new(id, 3, 4)), &sources);
        let value: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
        assert!(!line.contains('\n'));
        assert_eq!(value["place"]["column"], 4);
        assert_eq!(value["severity"], "warning");
    }
}
