//! Comments that allow a finding: `# chartwright: allow rule-name, reason` and the same between `{{/*` and `*/}}`.
//!
//! A comment holds for its own line and, standing alone, for the line below. The reason is for readers.

use crate::diagnostic::Diagnostic;
use crate::source::{Source, Sources};

const MARK: &str = "chartwright: allow ";

/// Whether a comment at the place of a diagnostic, or at one of the lines that led there, allows it.
pub(super) fn is_allowed(diagnostic: &Diagnostic, sources: &Sources) -> bool {
    let Some(rule) = diagnostic.rule else { return false };
    let frames = diagnostic.trace.iter().filter_map(|frame| frame.span);
    diagnostic.primary.into_iter().chain(frames).any(|span| {
        let Some((source, at)) = sources.locate(span) else { return false };
        allows(source, at.line, rule) || stands_alone(source, at.line.saturating_sub(1), rule)
    })
}

fn allows(source: &Source, line: usize, rule: &str) -> bool {
    let Some(line) = source.line(line) else { return false };
    let line = String::from_utf8_lossy(line);
    let named =
        line.match_indices(MARK).filter_map(|(at, _)| line.get(at + MARK.len()..)?.split([',', ' ', '*']).next());
    let mut named = named.map(str::trim);
    named.any(|name| name == rule)
}

/// Whether a line has nothing but such a comment.
fn stands_alone(source: &Source, line: usize, rule: &str) -> bool {
    let text = source.line(line).map(|line| String::from_utf8_lossy(line).trim().to_owned()).unwrap_or_default();
    let comment = text.starts_with('#') || (text.starts_with("{{") && text.contains("/*") && text.ends_with("}}"));
    comment && allows(source, line, rule)
}
