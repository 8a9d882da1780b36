//! From a document as it is written to what it means: aliases, merges, tags.
//!
//! The order in which nodes are visited decides which fault is found first and when expansion of aliases is called
//! excessive, so it is go-yaml's order: depth first, keys before values, a list of merges from its end.

use super::error::Error;
use super::node::{Entry, Node, NodeKind, Overruled};
use super::resolve::{self, Scalar, Tagged};
use super::scanner::MAX_DEPTH;
use super::syntax;
use super::tree::{Shape, Tree};
use crate::source::{SourceId, Span};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use std::collections::{HashMap, HashSet};

/// Whether equal keys in one mapping are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Duplicates {
    /// The last one wins.
    Allowed,
    /// They are an error.
    Refused,
}

/// Expands and resolves a document.
pub(super) fn decode(tree: &Tree, text: &[u8], source: SourceId, duplicates: Duplicates) -> Result<Node, Error> {
    decode_noting(tree, text, source, duplicates).map(|(node, _)| node)
}

/// Expands and resolves a document; entries that a later one of the same key overrules come back with it.
pub(super) fn decode_noting(
    tree: &Tree,
    text: &[u8],
    source: SourceId,
    duplicates: Duplicates,
) -> Result<(Node, Vec<Overruled>), Error> {
    let mut decoder = Decoder {
        tree,
        text,
        source,
        duplicates,
        frames: Vec::new(),
        maps: Vec::new(),
        active: HashSet::new(),
        seen: Vec::new(),
        repeated: Vec::new(),
        overruled: Vec::new(),
        count: 0,
        alias_count: 0,
        alias_depth: 0,
        root: None,
    };
    decoder.enter(0)?;
    while decoder.step()? {}
    decoder.finish()
}

struct Decoder<'t> {
    tree: &'t Tree,
    text: &'t [u8],
    source: SourceId,
    duplicates: Duplicates,
    frames: Vec<Frame>,
    /// The entries of the open mappings.
    maps: Vec<Vec<Entry>>,
    /// The aliases that are being expanded.
    active: HashSet<usize>,
    /// The keys of the open mappings, where duplicates are refused.
    seen: Vec<HashSet<(u8, Vec<u8>)>>,
    /// Values behind a key that their mapping has already.
    repeated: Vec<(usize, String)>,
    /// Keys that a later equal one in their mapping overrules.
    overruled: Vec<Overruled>,
    count: usize,
    alias_count: usize,
    alias_depth: usize,
    root: Option<Node>,
}

/// A node that is not finished.
enum Frame {
    Sequence {
        id: usize,
        next: usize,
        items: Vec<Node>,
    },
    Mapping {
        id: usize,
        next: usize,
        key: Option<Node>,
    },
    /// A mapping whose entries go to the innermost open one.
    Merge {
        id: usize,
        next: usize,
        key: Option<Node>,
    },
    /// A list of mappings to merge; those before `left` are still to do.
    MergeList {
        id: usize,
        left: usize,
    },
    Alias {
        id: usize,
    },
}

/// go-yaml allows this share of all visits to be visits below aliases.
#[allow(clippy::cast_precision_loss)]
fn allowed_alias_share(count: usize) -> f64 {
    const LOW: f64 = 400_000.0;
    const HIGH: f64 = 4_000_000.0;
    let count = count as f64;
    if count <= LOW {
        0.99
    } else if count >= HIGH {
        0.10
    } else {
        0.99 - 0.89 * ((count - LOW) / (HIGH - LOW))
    }
}

impl Decoder<'_> {
    fn fail<T>(&self, problem: impl Into<String>, id: usize) -> Result<T, Error> {
        Err(Error::decode(self.text, problem, self.tree.nodes[id].start))
    }

    fn span(&self, id: usize) -> Span {
        let (node, end) = (&self.tree.nodes[id], self.text.len());
        Span::new(self.source, node.start.min(end), node.end.min(end))
    }

    /// Counts a visit.
    #[allow(clippy::cast_precision_loss)]
    fn visit(&mut self, id: usize) -> Result<(), Error> {
        self.count += 1;
        self.alias_count += usize::from(self.alias_depth > 0);
        let share = self.alias_count as f64 / self.count as f64;
        if self.alias_count > 100 && self.count > 1000 && share > allowed_alias_share(self.count) {
            return self.fail("document contains excessive aliasing", id);
        }
        Ok(())
    }

    /// Starts the node `id`, or finishes it at once if it is a scalar.
    fn enter(&mut self, id: usize) -> Result<(), Error> {
        let id = self.follow(id)?;
        match &self.tree.nodes[id].shape {
            Shape::Scalar { from, to, plain, tag } => {
                let characters = self.tree.characters(*from, *to);
                let kind = match resolve_scalar(characters, *plain, tag.as_deref()) {
                    Ok(kind) => kind,
                    Err(problem) => return self.fail(problem, id),
                };
                self.deliver(Node::new(self.span(id), kind))
            }
            Shape::Sequence(_) => self.open(Frame::Sequence { id, next: 0, items: Vec::new() }, id),
            Shape::Mapping(_) => {
                self.maps.push(Vec::new());
                self.seen.push(HashSet::new());
                self.open(Frame::Mapping { id, next: 0, key: None }, id)
            }
            Shape::Alias { .. } => Ok(()),
        }
    }

    /// Counts a visit of `id` and follows it if it is an alias.
    fn follow(&mut self, id: usize) -> Result<usize, Error> {
        self.visit(id)?;
        let Shape::Alias { from, to, target } = self.tree.nodes[id].shape else { return Ok(id) };
        if !self.active.insert(id) {
            let name = String::from_utf8_lossy(self.tree.characters(from, to));
            return self.fail(format!("anchor '{name}' value contains itself"), id);
        }
        self.alias_depth += 1;
        self.frames.push(Frame::Alias { id });
        self.visit(target)?;
        Ok(target)
    }

    fn open(&mut self, frame: Frame, id: usize) -> Result<(), Error> {
        self.frames.push(frame);
        if self.frames.len() > 4 * MAX_DEPTH {
            return Err(Error::target(self.text, "exceeded max depth", self.tree.nodes[id].start));
        }
        Ok(())
    }

    /// Does one thing; false when all is done.
    fn step(&mut self) -> Result<bool, Error> {
        let Some(frame) = self.frames.last_mut() else { return Ok(false) };
        match frame {
            Frame::Sequence { id, next, .. } => {
                let child = children(self.tree, *id).get(*next).copied();
                *next += 1;
                match child {
                    Some(child) => self.enter(child)?,
                    None => self.close()?,
                }
            }
            Frame::Mapping { id, next, key } | Frame::Merge { id, next, key } => {
                let pairs = children(self.tree, *id);
                let Some(&child) = pairs.get(*next) else {
                    self.close()?;
                    return Ok(true);
                };
                if key.is_none() && is_merge(self.tree, child) {
                    let value = pairs.get(*next + 1).copied();
                    *next += 2;
                    if let Some(value) = value {
                        self.merge(value)?;
                    }
                } else {
                    *next += 1;
                    self.enter(child)?;
                }
            }
            Frame::MergeList { id, left } => match left.checked_sub(1) {
                Some(at) => {
                    *left = at;
                    let child = children(self.tree, *id)[at];
                    self.merge_mapping(child)?;
                }
                None => {
                    self.frames.pop();
                }
            },
            // An alias is done as soon as what it stands for is.
            Frame::Alias { .. } => self.close_aliases(),
        }
        Ok(true)
    }

    fn merge(&mut self, id: usize) -> Result<(), Error> {
        match &self.tree.nodes[id].shape {
            Shape::Sequence(items) => self.open(Frame::MergeList { id, left: items.len() }, id),
            _ => self.merge_mapping(id),
        }
    }

    fn merge_mapping(&mut self, id: usize) -> Result<(), Error> {
        let target = match self.tree.nodes[id].shape {
            Shape::Alias { target, .. } => target,
            _ => id,
        };
        if !matches!(self.tree.nodes[target].shape, Shape::Mapping(_)) {
            return self.fail("map merge requires map or sequence of maps as the value", id);
        }
        let id = self.follow(id)?;
        self.open(Frame::Merge { id, next: 0, key: None }, id)
    }

    /// Finishes the innermost collection.
    fn close(&mut self) -> Result<(), Error> {
        match self.frames.pop() {
            Some(Frame::Sequence { id, items, .. }) => self.deliver(Node::new(self.span(id), NodeKind::Seq(items))),
            Some(Frame::Mapping { id, .. }) => {
                let entries = last_of_each(self.maps.pop().unwrap_or_default(), &mut self.overruled);
                self.seen.pop();
                self.deliver(Node::new(self.span(id), NodeKind::Map(entries)))
            }
            _ => {
                self.close_aliases();
                Ok(())
            }
        }
    }

    fn close_aliases(&mut self) {
        while let Some(Frame::Alias { id }) = self.frames.last() {
            self.active.remove(id);
            self.alias_depth -= 1;
            self.frames.pop();
        }
    }

    /// Hands a finished node to the collection that waits for it.
    fn deliver(&mut self, node: Node) -> Result<(), Error> {
        self.close_aliases();
        match self.frames.last_mut() {
            Some(Frame::Sequence { items, .. }) => items.push(node),
            Some(Frame::Mapping { key, id, next } | Frame::Merge { key, id, next }) => match key.take() {
                Some(key) => {
                    let value = children(self.tree, *id)[*next - 1];
                    self.add_entry(key, node, value);
                }
                None if matches!(node.kind(), NodeKind::Seq(_) | NodeKind::Map(_)) => {
                    let id = children(self.tree, *id)[*next - 1];
                    return self.fail(format!("invalid map key: {}", syntax::go_syntax(&node)), id);
                }
                None => *key = Some(node),
            },
            _ => self.root = Some(node),
        }
        Ok(())
    }

    fn add_entry(&mut self, key: Node, value: Node, id: usize) {
        if self.duplicates == Duplicates::Refused
            && let Some(seen) = self.seen.last_mut()
            && !seen.insert(syntax::identity(&key))
        {
            self.repeated.push((self.tree.nodes[id].start, syntax::go_syntax(&key)));
            return;
        }
        if let Some(entries) = self.maps.last_mut() {
            entries.push(Entry { key, value });
        }
    }

    fn finish(self) -> Result<(Node, Vec<Overruled>), Error> {
        let Some(&(first, _)) = self.repeated.first() else {
            let root = self.root.unwrap_or_else(|| Node::new(Span::new(self.source, 0, 0), NodeKind::Null));
            return Ok((root, self.overruled));
        };
        let lines = self.repeated.iter().map(|(start, key)| {
            let (inside, added) = (*start.min(&self.text.len()), usize::from(*start > self.text.len()));
            let line = super::reader::count_breaks(&self.text[..inside]) + added + 1;
            format!("\n  line {line}: key {key} already set in map")
        });
        let problem = format!("unmarshal errors:{}", lines.collect::<String>());
        Err(Error::decode(self.text, problem, first))
    }
}

fn children(tree: &Tree, id: usize) -> &[usize] {
    match &tree.nodes[id].shape {
        Shape::Sequence(children) | Shape::Mapping(children) => children,
        _ => &[],
    }
}

fn is_merge(tree: &Tree, id: usize) -> bool {
    match &tree.nodes[id].shape {
        Shape::Scalar { from, to, plain, tag } => {
            tree.characters(*from, *to) == b"<<" && (*plain || tag.as_deref() == Some(b"tag:yaml.org,2002:merge"))
        }
        _ => false,
    }
}

fn resolve_scalar(characters: &[u8], plain: bool, tag: Option<&[u8]>) -> Result<NodeKind, String> {
    let scalar = match tag {
        None if plain => resolve::plain(characters),
        None => Scalar::Str,
        Some(tag) => match resolve::tagged(tag, characters)? {
            Tagged::Scalar(scalar) => scalar,
            Tagged::Binary => return decode_base64(characters),
        },
    };
    Ok(match scalar {
        Scalar::Null => NodeKind::Null,
        Scalar::Bool(flag) => NodeKind::Bool(flag),
        Scalar::Int(number) => NodeKind::Int(number),
        Scalar::Uint(number) => NodeKind::Uint(number),
        Scalar::Float(number) => NodeKind::Float(number),
        Scalar::Str | Scalar::Timestamp => NodeKind::Str(characters.into()),
    })
}

fn decode_base64(characters: &[u8]) -> Result<NodeKind, String> {
    let engine = GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));
    let compact: Vec<u8> = characters.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    match engine.decode(compact) {
        Ok(bytes) => Ok(NodeKind::Str(bytes.into())),
        Err(_) => Err("!!binary value contains invalid base64 data".to_owned()),
    }
}

/// Drops all but the last entry of each key, which go to `overruled`.
fn last_of_each(entries: Vec<Entry>, overruled: &mut Vec<Overruled>) -> Vec<Entry> {
    if entries.len() <= FEW_KEYS && all_differ(&entries) {
        return entries;
    }
    let mut last = HashMap::with_capacity(entries.len());
    let by: Vec<usize> = entries
        .iter()
        .enumerate()
        .rev()
        .map(|(at, entry)| *last.entry(syntax::key_identity(&entry.key)).or_insert(at))
        .collect();
    if last.len() == entries.len() {
        return entries;
    }
    let repeats: Vec<Option<bool>> = by
        .into_iter()
        .rev()
        .enumerate()
        .map(|(at, by)| {
            let (one, other) = (entries.get(at)?, entries.get(by).filter(|_| by != at)?);
            Some(one.value.says_the_same(&other.value))
        })
        .collect();
    let (kept, dropped): (Vec<_>, Vec<_>) =
        entries.into_iter().zip(repeats).partition(|(_, repeats)| repeats.is_none());
    overruled.extend(dropped.into_iter().map(|(entry, repeats)| Overruled { entry, repeats: repeats == Some(true) }));
    kept.into_iter().map(|(entry, _)| entry).collect()
}

/// Up to so many keys are compared one by one, which is cheaper than a set.
const FEW_KEYS: usize = 12;

fn all_differ(entries: &[Entry]) -> bool {
    entries.iter().enumerate().all(|(at, entry)| {
        let NodeKind::Str(key) = entry.key.kind() else { return false };
        entries[..at].iter().all(|before| matches!(before.key.kind(), NodeKind::Str(other) if other != key))
    })
}
