//! Which parts of a text were executed, and which way its blocks went.

use super::exec::Exec;
use super::node::{NodeId, NodeKind, Tree};
use super::set::TemplateSet;
use super::trace::Recorder;

/// A part of a template text that can be executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Covered {
    /// Its first byte.
    pub start: u32,
    /// One past its last byte; for actions and blocks the same as `start`.
    pub end: u32,
    /// How often it was executed.
    pub hits: Hits,
}

/// How often a part was executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hits {
    /// A text, an action or a call.
    Plain(u64),
    /// An `if`, `with` or `range`.
    Block {
        /// How often its body was executed; of a `range` once for each item.
        taken: u64,
        /// How often its `else` was, or nothing where there is none.
        otherwise: u64,
    },
}

impl Hits {
    /// Adds what another execution counted for the same part.
    pub fn add(&mut self, more: Hits) {
        match (self, more) {
            (Hits::Plain(count), Hits::Plain(more)) => *count += more,
            (Hits::Block { taken, otherwise }, Hits::Block { taken: also_taken, otherwise: also_otherwise }) => {
                *taken += also_taken;
                *otherwise += also_otherwise;
            }
            _ => {}
        }
    }

    /// How often the part was reached.
    pub fn count(self) -> u64 {
        match self {
            Hits::Plain(count) => count,
            Hits::Block { taken, otherwise } => taken + otherwise,
        }
    }
}

impl Exec<'_> {
    /// Records that a node is executed.
    pub(super) fn record_visit(&mut self, id: NodeId) {
        if let Some(recorder) = &mut self.recorder {
            recorder.visit(self.template.file, id);
        }
    }

    /// Records that a block without an `else` is passed over.
    pub(super) fn record_pass(&mut self, id: NodeId) {
        if let Some(recorder) = &mut self.recorder {
            recorder.pass(self.template.file, id);
        }
    }
}

impl TemplateSet {
    /// What a recorder saw of the text that was added as number `file`; blank texts are left out.
    pub fn coverage(&self, file: usize, recorder: &Recorder) -> Vec<Covered> {
        self.files.get(file).map(|found| found.tree.coverage(file, recorder)).unwrap_or_default()
    }
}

impl Tree {
    /// What a recorder saw of this text, which is number `file` of its set.
    pub fn coverage(&self, file: usize, recorder: &Recorder) -> Vec<Covered> {
        let file = file as u32;
        let mut found = Vec::new();
        for (at, node) in self.nodes.iter().enumerate() {
            let id = NodeId(at as u32);
            let (start, end, hits) = match node.kind {
                NodeKind::Text(run) => {
                    let text = self.bytes(run);
                    let visible = text.trim_ascii();
                    if visible.is_empty() {
                        continue;
                    }
                    let start = run.start + (text.len() - text.trim_ascii_start().len()) as u32;
                    (start, start + visible.len() as u32, Hits::Plain(recorder.visits_of(file, id)))
                }
                NodeKind::Action { .. } | NodeKind::Template { .. } => {
                    (node.pos, node.pos, Hits::Plain(recorder.visits_of(file, id)))
                }
                NodeKind::If { list, otherwise, .. }
                | NodeKind::With { list, otherwise, .. }
                | NodeKind::Range { list, otherwise, .. } => {
                    let missed =
                        otherwise.map_or_else(|| recorder.passes_of(file, id), |other| recorder.visits_of(file, other));
                    (node.pos, node.pos, Hits::Block { taken: recorder.visits_of(file, list), otherwise: missed })
                }
                _ => continue,
            };
            found.push(Covered { start, end, hits });
        }
        found.sort_by_key(|part| (part.start, part.end));
        found
    }
}
