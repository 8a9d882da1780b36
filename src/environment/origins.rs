//! Where each line of a release's values comes from: the template that wrote it, and the lines that it read.

use crate::source::{SourceId, Sources, Span};
use crate::yaml::{self, Node, NodeKind};
use std::collections::BTreeMap;

/// Where a value comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValueOrigin {
    /// The scalar or key of the values template, if one wrote it.
    pub template: Option<Span>,
    /// What was read for it: lines of the environment's file, the organisation's, the profile.
    pub read: Vec<Span>,
}

/// The origins of a release's values by path; items of lists are numbered from 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValueOrigins {
    by_path: BTreeMap<Vec<String>, ValueOrigin>,
}

impl ValueOrigins {
    /// The origin of a path, or of the nearest table around it.
    pub fn of(&self, path: &[String]) -> Option<&ValueOrigin> {
        (0..=path.len()).rev().find_map(|end| self.by_path.get(&path[..end]))
    }

    /// All paths with their origins, sorted.
    pub fn iter(&self) -> impl Iterator<Item = (&[String], &ValueOrigin)> {
        self.by_path.iter().map(|(path, origin)| (path.as_slice(), origin))
    }

    pub(super) fn set(&mut self, path: &[String], origin: ValueOrigin) {
        self.by_path.insert(path.to_vec(), origin);
    }

    /// Takes over origins that lie over these.
    pub(super) fn extend(&mut self, over: ValueOrigins) {
        self.by_path.extend(over.by_path);
    }

    /// Forgets a path and all below it.
    pub(super) fn forget(&mut self, path: &[String]) {
        self.by_path.retain(|known, _| !known.starts_with(path));
    }

    /// Takes over what a node that lies over the values states.
    pub(super) fn overlay(&mut self, node: &Node, path: &mut Vec<String>) {
        for entry in node.entries() {
            path.push(super::fields::text(&entry.key));
            if matches!(entry.value.kind(), NodeKind::Map(_)) {
                self.set(path, ValueOrigin { template: None, read: vec![entry.key.span()] });
                self.overlay(&entry.value, path);
            } else {
                self.forget(path);
                self.set(path, ValueOrigin { template: None, read: vec![entry.key.span()] });
            }
            path.pop();
        }
    }
}

/// The text of a place as `file:line`.
pub fn place(span: Span, sources: &Sources) -> String {
    match sources.locate(span) {
        Some((source, at)) => format!("{}:{}", source.name(), at.line),
        None => "nowhere".to_owned(),
    }
}

impl ValueOrigin {
    /// In words: the lines that were read, then the template.
    pub fn describe(&self, sources: &Sources) -> String {
        let mut read: Vec<String> = Vec::new();
        for span in &self.read {
            let place = place(*span, sources);
            if !read.contains(&place) {
                read.push(place);
            }
        }
        match (self.template, read.is_empty()) {
            (Some(template), true) => place(template, sources),
            (Some(template), false) => format!("{} by {}", read.join(", "), place(template, sources)),
            (None, _) => read.join(", "),
        }
    }
}

/// A release's values with a comment at each line that begins a value.
pub fn annotate(text: &[u8], origins: &ValueOrigins, sources: &Sources) -> Vec<u8> {
    let Ok(node) = yaml::parse(text, SourceId::default()) else { return text.to_vec() };
    let mut lines: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let starts: Vec<usize> = std::iter::once(0).chain(memchr::memchr_iter(b'\n', text).map(|at| at + 1)).collect();
    mark(&node, &mut Vec::new(), &starts, &mut lines);
    let mut out = Vec::with_capacity(text.len() * 2);
    for (number, line) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let origin = lines.get(&number).and_then(|path| origins.of(path));
        let body = line.strip_suffix(b"\n").unwrap_or(line);
        out.extend_from_slice(body);
        if let Some(origin) = origin {
            out.extend_from_slice(format!("  # {}", origin.describe(sources)).as_bytes());
        }
        out.extend_from_slice(&line[body.len()..]);
    }
    // A comment that would change a value has no place there.
    let same = yaml::from_yaml(&out).ok().and_then(|value| yaml::to_yaml(&value).ok())
        == yaml::from_yaml(text).ok().and_then(|value| yaml::to_yaml(&value).ok());
    if same { out } else { text.to_vec() }
}

/// The line of each key and item; of several that start in one line the innermost.
fn mark(node: &Node, path: &mut Vec<String>, starts: &[usize], lines: &mut BTreeMap<usize, Vec<String>>) {
    let line = |span: Span| starts.partition_point(|start| *start <= span.start as usize).saturating_sub(1);
    for entry in node.entries() {
        path.push(super::fields::text(&entry.key));
        lines.insert(line(entry.key.span()), path.clone());
        mark(&entry.value, path, starts, lines);
        path.pop();
    }
    for (number, item) in node.items().iter().enumerate() {
        path.push(number.to_string());
        if !matches!(item.kind(), NodeKind::Map(_) | NodeKind::Seq(_)) {
            lines.insert(line(item.span()), path.clone());
        }
        mark(item, path, starts, lines);
        path.pop();
    }
}
