//! The nodes of one document as they are written, aliases unexpanded and scalars unresolved.

use super::error::Error;
use super::event::{Event, EventKind, Events};
use std::collections::HashMap;

/// One document.
pub(super) struct Tree {
    pub(super) nodes: Vec<TreeNode>,
    /// The characters of all scalars and aliases.
    characters: Vec<u8>,
}

/// One node. The number of the root is 0.
pub(super) struct TreeNode {
    pub(super) shape: Shape,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// What a node is.
pub(super) enum Shape {
    Scalar {
        from: usize,
        to: usize,
        plain: bool,
        tag: Option<Box<[u8]>>,
    },
    Sequence(Vec<usize>),
    /// Keys and values in turn.
    Mapping(Vec<usize>),
    Alias {
        from: usize,
        to: usize,
        target: usize,
    },
}

impl Tree {
    /// The next document of a stream; `None` at its end.
    pub(super) fn read(events: &mut Events<'_>) -> Result<Option<Tree>, Error> {
        if events.next()?.kind == EventKind::StreamEnd {
            return Ok(None);
        }
        let mut tree = Tree { nodes: Vec::new(), characters: Vec::new() };
        let mut anchors = HashMap::new();
        let mut open = Vec::new();
        loop {
            let event = events.next()?;
            match event.kind {
                EventKind::SequenceEnd | EventKind::MappingEnd => {
                    if let Some(id) = open.pop() {
                        tree.close(id, &event);
                    }
                }
                EventKind::DocumentEnd | EventKind::StreamEnd => return Ok(Some(tree)),
                _ => {
                    let id = tree.add(events, &event, &mut anchors)?;
                    tree.attach(&open, id);
                    if matches!(event.kind, EventKind::SequenceStart | EventKind::MappingStart) {
                        open.push(id);
                    }
                }
            }
        }
    }

    /// The characters of a scalar or the name of an alias.
    pub(super) fn characters(&self, from: usize, to: usize) -> &[u8] {
        &self.characters[from..to]
    }

    fn add(
        &mut self,
        events: &Events<'_>,
        event: &Event,
        anchors: &mut HashMap<Vec<u8>, usize>,
    ) -> Result<usize, Error> {
        let id = self.nodes.len();
        let from = self.characters.len();
        self.characters.extend_from_slice(events.characters(event.piece));
        let to = self.characters.len();
        let shape = match event.kind {
            EventKind::SequenceStart => Shape::Sequence(Vec::new()),
            EventKind::MappingStart => Shape::Mapping(Vec::new()),
            EventKind::Alias => {
                let name = self.characters(from, to);
                let Some(&target) = anchors.get(name) else {
                    let problem = format!("unknown anchor '{}' referenced", String::from_utf8_lossy(name));
                    return Err(Error::decode(&events.scanner.text, problem, event.start));
                };
                Shape::Alias { from, to, target }
            }
            _ => {
                let tag = event.tagged.then(|| events.tag().into());
                Shape::Scalar { from, to, plain: event.kind == EventKind::Plain, tag }
            }
        };
        if event.anchored {
            anchors.insert(events.anchor().to_vec(), id);
        }
        self.nodes.push(TreeNode { shape, start: event.start, end: event.end });
        Ok(id)
    }

    fn attach(&mut self, open: &[usize], id: usize) {
        let Some(&parent) = open.last() else { return };
        if let Shape::Sequence(children) | Shape::Mapping(children) = &mut self.nodes[parent].shape {
            children.push(id);
        }
    }

    /// Ends a collection: a flow collection at its bracket, a block collection with its last child.
    fn close(&mut self, id: usize, event: &Event) {
        let last = match &self.nodes[id].shape {
            Shape::Sequence(children) | Shape::Mapping(children) => children.last().copied(),
            _ => None,
        };
        let flow = event.end > event.start && event.kind != EventKind::StreamEnd;
        self.nodes[id].end = match last {
            Some(last) if !flow => self.nodes[last].end,
            _ => event.end,
        };
    }
}
