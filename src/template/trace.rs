//! What an execution saw, for those who ask: which place wrote which bytes, and which map keys were read where.

use super::node::NodeId;
use super::set::TemplateId;
use crate::value::{Map, Text, Value};
use std::collections::HashMap;
use std::rc::Rc;

/// A place in a template: the template and a byte offset in the text that defines it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TracePlace {
    /// The template.
    pub template: TemplateId,
    /// Byte offset in its text.
    pub pos: u32,
}

/// The places that led to another one, innermost first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceFrame {
    /// The place of the `include`, `template` or `tpl`.
    pub place: TracePlace,
    /// The next outer one.
    pub parent: Option<Rc<TraceFrame>>,
}

/// From byte `out` of an output on, one place wrote.
#[derive(Clone, Debug)]
pub struct Segment {
    /// First byte of the output.
    pub out: usize,
    /// What wrote it.
    pub place: TracePlace,
    /// Whether the bytes stand in the template one by one, so that offsets run along.
    pub verbatim: bool,
    /// How execution came there.
    pub frames: Option<Rc<TraceFrame>>,
}

/// The output of an `include` or `tpl` that an action may write later.
#[derive(Clone, Debug)]
struct Capture {
    text: Text,
    segments: Vec<Segment>,
}

/// Records one execution.
#[derive(Debug, Default)]
pub struct Recorder {
    segments: Vec<Segment>,
    captures: Vec<Capture>,
    open: Vec<(usize, usize)>,
    /// The places that read each key of each map.
    reads: HashMap<usize, Keys, foldhash::fast::FixedState>,
    whole: HashMap<usize, Vec<TracePlace>, foldhash::fast::FixedState>,
    unset: Vec<(TracePlace, String)>,
    /// How often each node was executed, by the number of its text.
    visits: HashMap<(u32, NodeId), u64, foldhash::fast::FixedState>,
    /// How often a block was passed over that has no `else`.
    passes: HashMap<(u32, NodeId), u64, foldhash::fast::FixedState>,
}

/// The keys of one map that were read, with the places.
type Keys = HashMap<Text, Vec<TracePlace>, foldhash::fast::FixedState>;

/// How many outputs of includes one template keeps for later actions.
const KEPT_CAPTURES: usize = 256;

impl Recorder {
    /// An empty record.
    pub fn new() -> Recorder {
        Recorder::default()
    }

    /// Takes the segments of the output that was just finished.
    pub fn take_segments(&mut self) -> Vec<Segment> {
        self.captures.clear();
        std::mem::take(&mut self.segments)
    }

    /// The places that read `key` of a map, which is known by its address.
    pub fn reads_of(&self, map: &Map, key: &[u8]) -> &[TracePlace] {
        self.reads.get(&map.address()).and_then(|keys| keys.get(key)).map_or(&[], Vec::as_slice)
    }

    /// The places that took a whole map: ranged over it or passed it to a function that looks into it.
    pub fn reads_of_all(&self, map: &Map) -> &[TracePlace] {
        self.whole.get(&map.address()).map_or(&[], Vec::as_slice)
    }

    /// The keys that were read of a map, whether it has them or not, sorted.
    pub fn keys_read(&self, map: &Map) -> Vec<Text> {
        let read = self.reads.get(&map.address());
        let mut keys: Vec<Text> = read.map(|keys| keys.keys().cloned().collect()).unwrap_or_default();
        keys.sort();
        keys
    }

    /// The actions that wrote nothing because their value is not set, with their texts.
    pub fn unset_actions(&self) -> &[(TracePlace, String)] {
        &self.unset
    }

    pub(super) fn unset(&mut self, template: TemplateId, pos: u32, text: &str) {
        let place = TracePlace { template, pos };
        if !self.unset.iter().any(|(known, _)| *known == place) {
            self.unset.push((place, text.to_owned()));
        }
    }

    /// Notes that a value was taken with all that is in it.
    pub(super) fn read_value(&mut self, value: &Value, template: TemplateId, pos: u32) {
        let mut todo = vec![value.clone()];
        while let Some(value) = todo.pop() {
            match value {
                // What was taken whole before brings nothing new below it.
                Value::Map(map) if !self.whole.contains_key(&map.address()) => {
                    self.read_all(&map, template, pos);
                    todo.extend(map.entries().iter().map(|(_, value)| value.clone()));
                }
                Value::Map(map) => self.read_all(&map, template, pos),
                Value::List(list) => todo.extend(list.items().iter().cloned()),
                _ => {}
            }
        }
    }

    pub(super) fn visit(&mut self, file: u32, node: NodeId) {
        *self.visits.entry((file, node)).or_default() += 1;
    }

    pub(super) fn pass(&mut self, file: u32, node: NodeId) {
        *self.passes.entry((file, node)).or_default() += 1;
    }

    pub(super) fn visits_of(&self, file: u32, node: NodeId) -> u64 {
        self.visits.get(&(file, node)).copied().unwrap_or(0)
    }

    pub(super) fn passes_of(&self, file: u32, node: NodeId) -> u64 {
        self.passes.get(&(file, node)).copied().unwrap_or(0)
    }

    pub(super) fn text(&mut self, out: usize, template: TemplateId, pos: u32) {
        let place = TracePlace { template, pos };
        self.segments.push(Segment { out, place, verbatim: true, frames: None });
    }

    pub(super) fn captures(&self) -> usize {
        self.captures.len()
    }

    pub(super) fn begin_capture(&mut self) {
        self.open.push((self.segments.len(), self.captures.len()));
    }

    pub(super) fn end_capture(&mut self, mark: usize, text: Option<&Text>) {
        let Some((segments, captures)) = self.open.pop() else { return };
        let mut own = self.segments.split_off(segments.min(self.segments.len()));
        self.captures.truncate(captures);
        let Some(text) = text else { return };
        for segment in &mut own {
            segment.out = segment.out.saturating_sub(mark);
        }
        if self.captures.len() < KEPT_CAPTURES {
            self.captures.push(Capture { text: text.clone(), segments: own });
        }
    }

    /// Notes that an action wrote `out[start..]`; lines that an include made keep the places inside it.
    pub(super) fn action(&mut self, since: usize, out: &[u8], start: usize, template: TemplateId, pos: u32) {
        let place = TracePlace { template, pos };
        let from = if since < self.captures.len() { since } else { 0 };
        let mut candidates = self.captures[from..].iter().flat_map(Capture::lines).peekable();
        if candidates.peek().is_none() {
            self.segments.push(Segment { out: start, place, verbatim: false, frames: None });
            return;
        }
        let known: Vec<(&[u8], &Segment, u32)> = candidates.collect();
        let mut next = 0;
        let mut found = Vec::new();
        let mut offset = start;
        for line in out[start..].split(|byte| *byte == b'\n') {
            let wanted = line.trim_ascii();
            let hit = (!wanted.is_empty())
                .then(|| known[next.min(known.len())..].iter().position(|(text, ..)| *text == wanted))
                .flatten();
            let segment = match hit {
                Some(hit) => {
                    let (_, inner, shift) = known[next + hit];
                    next += hit + 1;
                    let frames = Some(Rc::new(TraceFrame { place, parent: None }));
                    let place = TracePlace { pos: inner.place.pos + shift, ..inner.place };
                    Segment { out: offset, place, verbatim: false, frames: join(&inner.frames, frames) }
                }
                None => Segment { out: offset, place, verbatim: false, frames: None },
            };
            found.push(segment);
            offset += line.len() + 1;
        }
        self.segments.append(&mut found);
    }

    pub(super) fn read(&mut self, map: &Map, key: &[u8], template: TemplateId, pos: u32) {
        let place = TracePlace { template, pos };
        let keys = self.reads.entry(map.address()).or_default();
        let places = match keys.get_mut(key) {
            Some(places) => places,
            None => keys.entry(Text::from(key)).or_default(),
        };
        if !places.contains(&place) {
            places.push(place);
        }
    }

    pub(super) fn read_all(&mut self, map: &Map, template: TemplateId, pos: u32) {
        let place = TracePlace { template, pos };
        let places = self.whole.entry(map.address()).or_default();
        if !places.contains(&place) {
            places.push(place);
        }
    }
}

impl Capture {
    /// The non-blank lines: their trimmed text, the segment that wrote their first visible byte, and how far into
    /// that segment it lies where the segment is verbatim.
    fn lines(&self) -> Vec<(&[u8], &Segment, u32)> {
        let mut lines = Vec::new();
        let mut offset = 0;
        for line in self.text.split(|byte| *byte == b'\n') {
            let visible = offset + line.len() - line.trim_ascii_start().len();
            let at = self.segments.partition_point(|segment| segment.out <= visible);
            if let Some(segment) = at.checked_sub(1).and_then(|at| self.segments.get(at))
                && !line.trim_ascii().is_empty()
            {
                let shift = if segment.verbatim { (visible - segment.out) as u32 } else { 0 };
                lines.push((line.trim_ascii(), segment, shift));
            }
            offset += line.len() + 1;
        }
        lines
    }
}

/// The inner frames with the outer ones after them.
fn join(inner: &Option<Rc<TraceFrame>>, outer: Option<Rc<TraceFrame>>) -> Option<Rc<TraceFrame>> {
    let Some(inner) = inner else { return outer };
    Some(Rc::new(TraceFrame { place: inner.place, parent: join(&inner.parent, outer) }))
}
