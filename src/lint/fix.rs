//! Changes that mend findings without a doubt: everything else stays byte for byte, and every other value too.

use super::findings::Finding;
use crate::edit::Edits;
use crate::source::{SourceId, Sources, Span};
use crate::yaml::Node;
use std::collections::BTreeMap;

/// A change that mends a finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fix {
    /// What is replaced.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
}

/// A text in which findings were mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mended {
    /// The text as it was.
    pub source: SourceId,
    /// The text as it is now.
    pub text: Vec<u8>,
    /// How many findings that mends.
    pub count: usize,
}

/// Mends the texts that findings point into. What cannot be changed without a change of something else stays as it is.
pub fn mend(findings: &[Finding], sources: &Sources) -> Vec<Mended> {
    let mut wanted: BTreeMap<SourceId, Vec<&Fix>> = BTreeMap::new();
    for fix in findings.iter().filter_map(|finding| finding.fix.as_ref()) {
        let own = wanted.entry(fix.span.source).or_default();
        if !own.contains(&fix) {
            own.push(fix);
        }
    }
    wanted.into_iter().filter_map(|(source, fixes)| mend_text(source, &fixes, sources)).collect()
}

fn mend_text(source: SourceId, fixes: &[&Fix], sources: &Sources) -> Option<Mended> {
    let known = sources.get(source)?;
    let with = |fixes: &[&Fix]| {
        let mut edits = Edits::new(known.text());
        fixes.iter().for_each(|fix| edits.replace(fix.span, fix.text.as_bytes()));
        edits.apply(known.name()).ok()
    };
    if let Some(text) = with(fixes) {
        return Some(Mended { source, text, count: fixes.len() });
    }
    // One of them is in the way of the others.
    let mut possible: Vec<&Fix> = Vec::new();
    let mut mended = None;
    for fix in fixes.iter().take(MOST_SINGLE) {
        possible.push(fix);
        match with(&possible) {
            Some(text) => mended = Some(text),
            None => drop(possible.pop()),
        }
    }
    mended.map(|text| Mended { source, text, count: possible.len() })
}

/// Puts a scalar into quotes whose text is read as it is written: `16`, but not `1.10`, which is read as 1.1.
pub(super) fn in_quotes(node: &Node, sources: &Sources) -> Option<Fix> {
    let span = node.span();
    let written = sources.get(span.source)?.text().get(span.start as usize..span.end as usize)?;
    let is_plain = written.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'-'));
    let same = is_plain && node.to_text().is_some_and(|text| *text == *written);
    same.then(|| Fix { span, text: format!("\"{}\"", String::from_utf8_lossy(written)) })
}

/// How many changes of one text are tried one by one.
const MOST_SINGLE: usize = 100;
