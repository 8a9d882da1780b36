//! Which place wrote which bytes of one output: noted while templates run, worked out once somebody asks.

use super::trace::{TraceFrame, TracePlace};
use crate::value::Text;
use std::cell::OnceCell;
use std::rc::Rc;

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

/// What is noted when a template writes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Note {
    pub(super) out: usize,
    pub(super) place: TracePlace,
    pub(super) verbatim: bool,
    /// What an action may have written.
    pub(super) chain: Chain,
}

/// The last captures that a template made: so many of them, back from one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Chain {
    pub(super) last: usize,
    pub(super) count: usize,
}

/// The output of an `include` or `tpl` that an action may write later.
#[derive(Clone, Debug)]
pub(super) struct Capture {
    pub(super) text: Text,
    pub(super) notes: Vec<Note>,
    /// The capture before it that the same template made, or one that called it.
    pub(super) previous: usize,
}

/// The segments of one output.
#[derive(Debug, Default)]
pub struct Segments {
    notes: Vec<Note>,
    captures: Vec<Capture>,
    text: Vec<u8>,
    /// Where `<no value>` was taken out of the text.
    gaps: Vec<usize>,
    all: OnceCell<Vec<Segment>>,
}

/// A line of a capture that is not blank: its text without blanks around it, and what wrote its first visible byte.
struct Line<'a> {
    text: &'a [u8],
    place: TracePlace,
    frames: Option<Rc<TraceFrame>>,
}

impl Segments {
    pub(super) fn new(notes: Vec<Note>, captures: Vec<Capture>, (text, gaps): (Vec<u8>, Vec<usize>)) -> Segments {
        Segments { notes, captures, text, gaps, all: OnceCell::new() }
    }

    /// All of them, in the order of the output.
    pub fn all(&self) -> &[Segment] {
        self.all.get_or_init(|| {
            let mut all = segments(&self.notes, &self.text, &self.captures, &self.lines());
            all.iter_mut().for_each(|segment| segment.out = super::without_gaps(segment.out, &self.gaps));
            all
        })
    }

    /// The segment that byte `at` of the output lies in.
    pub fn find(&self, at: usize) -> Option<&Segment> {
        let all = self.all();
        all.get(all.partition_point(|segment| segment.out <= at).checked_sub(1)?)
    }

    /// The lines of those captures that the output may hold; none for the others.
    fn lines(&self) -> Vec<Vec<Line<'_>>> {
        let mut held = vec![false; self.captures.len()];
        let mut todo: Vec<&[Note]> = vec![&self.notes];
        while let Some(notes) = todo.pop() {
            for at in notes.iter().flat_map(|note| chain(&self.captures, note.chain)) {
                if let (Some(held @ false), Some(capture)) = (held.get_mut(at), self.captures.get(at)) {
                    *held = true;
                    todo.push(&capture.notes);
                }
            }
        }
        let mut lines: Vec<Vec<Line<'_>>> = Vec::with_capacity(held.len());
        for (capture, held) in self.captures.iter().zip(held) {
            // What a capture holds was captured before it.
            lines.push(match held {
                true => lines_of(capture, &segments(&capture.notes, &capture.text, &self.captures, &lines)),
                false => Vec::new(),
            });
        }
        lines
    }
}

/// The numbers of the captures of a chain, the last one first.
fn chain(captures: &[Capture], Chain { last, count }: Chain) -> impl Iterator<Item = usize> {
    let back = move |at: &usize| captures.get(*at).map(|capture| capture.previous);
    std::iter::successors(Some(last), back).take(count)
}

/// Lines that an include made keep the places inside of it.
fn segments(notes: &[Note], text: &[u8], captures: &[Capture], lines: &[Vec<Line<'_>>]) -> Vec<Segment> {
    let mut found = Vec::with_capacity(notes.len());
    for (at, Note { out, place, verbatim, chain: held }) in notes.iter().copied().enumerate() {
        let end = notes.get(at + 1).map_or(text.len(), |next| next.out);
        let written = text.get(out..end).unwrap_or_default();
        if held.count == 0 || written.is_empty() {
            found.push(Segment { out, place, verbatim, frames: None });
            continue;
        }
        let mut known: Vec<&[Line<'_>]> =
            chain(captures, held).filter_map(|at| lines.get(at)).map(Vec::as_slice).collect();
        known.reverse();
        let mut known = known.into_iter().flatten();
        let mut offset = out;
        for line in written.split(|byte| *byte == b'\n') {
            let wanted = line.trim_ascii();
            let rest = known.clone();
            let hit = if wanted.is_empty() { None } else { known.find(|line| line.text == wanted) };
            found.push(match hit {
                Some(line) => {
                    let outer = Some(Rc::new(TraceFrame { place, parent: None }));
                    Segment { out: offset, place: line.place, verbatim: false, frames: join(&line.frames, outer) }
                }
                None => {
                    known = rest;
                    Segment { out: offset, place, verbatim: false, frames: None }
                }
            });
            offset += line.len() + 1;
        }
    }
    found
}

fn lines_of<'a>(capture: &'a Capture, segments: &[Segment]) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    let mut offset = 0;
    for line in capture.text.split(|byte| *byte == b'\n') {
        let visible = offset + line.len() - line.trim_ascii_start().len();
        let at = segments.partition_point(|segment| segment.out <= visible);
        if let Some(segment) = at.checked_sub(1).and_then(|at| segments.get(at))
            && !line.trim_ascii().is_empty()
        {
            let shift = if segment.verbatim { (visible - segment.out) as u32 } else { 0 };
            let place = TracePlace { pos: segment.place.pos + shift, ..segment.place };
            lines.push(Line { text: line.trim_ascii(), place, frames: segment.frames.clone() });
        }
        offset += line.len() + 1;
    }
    lines
}

/// The inner frames with the outer ones after them.
fn join(inner: &Option<Rc<TraceFrame>>, outer: Option<Rc<TraceFrame>>) -> Option<Rc<TraceFrame>> {
    let Some(inner) = inner else { return outer };
    Some(Rc::new(TraceFrame { place: inner.place, parent: join(&inner.parent, outer) }))
}
