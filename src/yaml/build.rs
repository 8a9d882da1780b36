//! From events to values.
//!
//! A builder takes the parts of a value one after the other and needs no stack of calls, however deep they nest.

use super::error::Error;
use super::event::{EventKind, Events};
use super::number;
use super::resolve::{self, Scalar};
use crate::value::{Map, MapKind, Text, Value};

/// Puts values together.
#[derive(Default)]
pub(super) struct Builder {
    frames: Vec<Frame>,
    items: Vec<Value>,
    entries: Vec<(Text, Value)>,
    keys: Vec<Text>,
    root: Option<Value>,
}

/// An open collection.
#[derive(Clone, Copy)]
enum Frame {
    /// Its items lie from here on.
    List(usize),
    /// Its entries lie from here on; the key is the last one.
    Map(usize),
}

impl Builder {
    /// Opens a list.
    pub(super) fn open_list(&mut self) {
        self.frames.push(Frame::List(self.items.len()));
    }

    /// Opens a map.
    pub(super) fn open_map(&mut self) {
        self.frames.push(Frame::Map(self.entries.len()));
    }

    /// Names the next value of the innermost map.
    pub(super) fn key(&mut self, key: &[u8]) {
        self.keys.push(Text::from(key));
    }

    /// Adds a finished value.
    #[inline]
    pub(super) fn add(&mut self, value: Value) {
        match self.frames.last() {
            None => self.root = Some(value),
            Some(Frame::List(_)) => self.items.push(value),
            Some(Frame::Map(_)) => {
                if let Some(key) = self.keys.pop() {
                    self.entries.push((key, value));
                }
            }
        }
    }

    /// Closes the innermost collection.
    pub(super) fn close(&mut self) {
        let value = match self.frames.pop() {
            None => return,
            Some(Frame::List(from)) => Value::list(self.items.drain(from..).collect()),
            Some(Frame::Map(from)) => Value::Map(Map::from_entries(MapKind::Any, self.entries.drain(from..).collect())),
        };
        self.add(value);
    }

    /// How many collections are open.
    pub(super) fn depth(&self) -> usize {
        self.frames.len()
    }

    /// The finished value.
    pub(super) fn finish(self) -> Value {
        self.root.unwrap_or(Value::Nil)
    }
}

/// What reading without detours came to.
pub(super) enum Direct {
    Done(Value),
    /// The document holds something that asks for the long way: an anchor, a tag, a merge, a key that is no string
    /// in JSON, or a number that JSON lacks.
    Unusual,
}

/// Reads the first document straight into a value, if it holds nothing unusual.
pub(super) fn direct(text: &[u8]) -> Result<Direct, Error> {
    let mut events = Events::new(text);
    let mut builder = Builder::default();
    // For each open collection: whether its next event is a key.
    let mut expects_key: Vec<Option<bool>> = Vec::with_capacity(16);
    if events.next()?.kind == EventKind::StreamEnd {
        return Ok(Direct::Done(Value::Nil));
    }
    loop {
        let event = events.next()?;
        if event.tagged || event.anchored {
            return Ok(Direct::Unusual);
        }
        let key = match expects_key.last_mut() {
            Some(Some(next)) => {
                let is_key = *next;
                *next = !is_key;
                is_key
            }
            _ => false,
        };
        let characters = events.characters(event.piece);
        match event.kind {
            EventKind::Plain if key => {
                if !add_plain_key(&mut builder, characters) {
                    return Ok(Direct::Unusual);
                }
            }
            EventKind::Quoted if key => builder.key(characters),
            EventKind::Plain => {
                let Some(value) = plain_value(characters) else { return Ok(Direct::Unusual) };
                builder.add(value);
            }
            EventKind::Quoted => builder.add(Value::str(characters)),
            EventKind::MappingEnd | EventKind::SequenceEnd => {
                expects_key.pop();
                builder.close();
            }
            EventKind::SequenceStart if !key => {
                expects_key.push(None);
                builder.open_list();
            }
            EventKind::MappingStart if !key => {
                expects_key.push(Some(true));
                builder.open_map();
            }
            EventKind::DocumentEnd => return Ok(Direct::Done(builder.finish())),
            _ => return Ok(Direct::Unusual),
        }
        if builder.depth() > super::scanner::MAX_DEPTH {
            return Ok(Direct::Unusual);
        }
    }
}

/// Adds the key that a plain scalar is; false for merges and for keys that JSON refuses.
#[inline]
fn add_plain_key(builder: &mut Builder, text: &[u8]) -> bool {
    match resolve::plain(text) {
        Scalar::Str if text == b"<<" => return false,
        Scalar::Null | Scalar::Uint(_) => return false,
        Scalar::Str | Scalar::Timestamp => builder.key(text),
        scalar => match key_text(scalar) {
            Some(key) => builder.key(key.as_bytes()),
            None => return false,
        },
    }
    true
}

/// What sigs makes of a key that is no string.
pub(super) fn key_text(scalar: Scalar) -> Option<String> {
    Some(match scalar {
        Scalar::Bool(flag) => flag.to_string(),
        Scalar::Int(number) => number.to_string(),
        Scalar::Uint(number) => number.to_string(),
        Scalar::Float(number) if number.is_nan() => ".nan".to_owned(),
        Scalar::Float(number) if number.is_infinite() => if number > 0.0 { ".inf" } else { "-.inf" }.to_owned(),
        Scalar::Float(number) => number::format_g32(number),
        Scalar::Null | Scalar::Str | Scalar::Timestamp => return None,
    })
}

/// The value that a plain scalar is; `None` for numbers that JSON lacks.
#[inline]
#[allow(clippy::cast_precision_loss)]
fn plain_value(text: &[u8]) -> Option<Value> {
    Some(match resolve::plain(text) {
        Scalar::Null => Value::Nil,
        Scalar::Bool(flag) => Value::Bool(flag),
        Scalar::Int(number) => Value::Float(number as f64),
        Scalar::Uint(number) => Value::Float(number as f64),
        Scalar::Float(number) if number.is_finite() => Value::Float(number),
        Scalar::Float(_) => return None,
        Scalar::Str | Scalar::Timestamp => Value::str(text),
    })
}
