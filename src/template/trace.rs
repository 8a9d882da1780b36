//! What an execution saw, for those who ask: which place wrote which bytes, and which map keys were read where.

use super::node::NodeId;
use super::segments::{Capture, Chain, Note, Segments};
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

/// What a [`Recorder`] notes; each notes what the one before it does, too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Records {
    /// Which place wrote which bytes, and which actions wrote nothing because their value is not set.
    Places,
    /// Which places read which values.
    Reads,
    /// How often each node was executed.
    #[default]
    Visits,
}

/// Records one execution.
#[derive(Debug, Default)]
pub struct Recorder {
    records: Records,
    notes: Vec<Note>,
    captures: Vec<Capture>,
    /// The captures that the present action may write.
    chain: Chain,
    /// Bytes of all captures.
    captured: usize,
    open: Vec<(usize, Chain)>,
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
/// How many bytes of such outputs one output keeps.
const KEPT_BYTES: usize = 64 << 20;

impl Recorder {
    /// An empty record of everything.
    pub fn new() -> Recorder {
        Recorder::default()
    }

    /// An empty record of some of it.
    pub fn of(records: Records) -> Recorder {
        Recorder { records, ..Recorder::default() }
    }

    /// Whether it notes this.
    pub(super) fn notes(&self, records: Records) -> bool {
        self.records >= records
    }

    /// Takes what was noted of the output that was just finished: its text, and where `<no value>` is then taken out.
    pub fn take_segments(&mut self, text: Vec<u8>, gaps: Vec<usize>) -> Segments {
        (self.chain, self.captured) = (Chain::default(), 0);
        let (notes, captures) = (std::mem::take(&mut self.notes), std::mem::take(&mut self.captures));
        Segments::new(notes, captures, (text, gaps))
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
        if self.notes(Records::Visits) {
            *self.visits.entry((file, node)).or_default() += 1;
        }
    }

    pub(super) fn pass(&mut self, file: u32, node: NodeId) {
        if self.notes(Records::Visits) {
            *self.passes.entry((file, node)).or_default() += 1;
        }
    }

    pub(super) fn visits_of(&self, file: u32, node: NodeId) -> u64 {
        self.visits.get(&(file, node)).copied().unwrap_or(0)
    }

    pub(super) fn passes_of(&self, file: u32, node: NodeId) -> u64 {
        self.passes.get(&(file, node)).copied().unwrap_or(0)
    }

    pub(super) fn text(&mut self, out: usize, template: TemplateId, pos: u32) {
        let place = TracePlace { template, pos };
        self.notes.push(Note { out, place, verbatim: true, chain: Chain::default() });
    }

    /// How many captures there are for the present template.
    pub(super) fn captures(&self) -> usize {
        self.chain.count
    }

    pub(super) fn begin_capture(&mut self) {
        self.open.push((self.notes.len(), self.chain));
    }

    pub(super) fn end_capture(&mut self, mark: usize, text: Option<&Text>) {
        let Some((notes, chain)) = self.open.pop() else { return };
        let mut own = self.notes.split_off(notes.min(self.notes.len()));
        self.chain = chain;
        let Some(text) = text else { return };
        if self.chain.count >= KEPT_CAPTURES || self.captured >= KEPT_BYTES {
            return;
        }
        for note in &mut own {
            note.out = note.out.saturating_sub(mark);
        }
        self.captured += text.len() + size_of_val(own.as_slice());
        self.captures.push(Capture { text: text.clone(), notes: own, previous: chain.last });
        self.chain = Chain { last: self.captures.len() - 1, count: chain.count + 1 };
    }

    /// Notes that an action wrote from byte `out` on; what it captured itself may stand there, or else what its
    /// template captured before.
    pub(super) fn action(&mut self, since: usize, out: usize, template: TemplateId, pos: u32) {
        let Chain { last, count } = self.chain;
        let count = if since < count { count - since } else { count };
        let place = TracePlace { template, pos };
        self.notes.push(Note { out, place, verbatim: false, chain: Chain { last, count } });
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
