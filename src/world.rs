//! The one door to the outside while a chart is rendered: clock, random bytes, cluster objects, host names.
//!
//! Rendering is a function of chart, values, release and [`World`]: with [`FixedWorld`] two renders are equal.

use crate::value::{Map, Value};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// A point in time: nanoseconds since 1970-01-01T00:00:00Z.
pub type Timestamp = i128;

/// What `lookup` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// `v1`, `apps/v1`, ...
    pub api_version: String,
    /// `Secret`, ...
    pub kind: String,
    /// Namespace; empty for all or for cluster-scoped objects.
    pub namespace: String,
    /// Object name; empty asks for a list.
    pub name: String,
}

/// How a template refuses to be rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// `required` with no value at all.
    Missing,
    /// `required` with an empty text.
    Empty,
    /// `fail`.
    Failed,
}

/// A search with random bytes.
pub type Find<'a> = &'a mut dyn FnMut(&mut dyn FnMut(&mut [u8])) -> Vec<u8>;

/// How something costly is found, and what looks like it.
pub struct Search<'a> {
    /// Finds it.
    pub find: Find<'a>,
    /// Makes noise of the same shape, for a text that nobody sees.
    pub noise: Find<'a>,
}

/// What a template may see of the outside.
pub trait World {
    /// The current time.
    fn now(&self) -> Timestamp;
    /// Fills `out` with random bytes fit for keys.
    fn random(&self, out: &mut [u8]);
    /// A number that is found at some cost, such as a prime or a signature; `search` looks for it, with random bytes.
    ///
    /// A world in which nobody uses the keys that come out may keep it under its name, whatever else it depends on.
    fn costly(&self, name: &str, search: Search<'_>) -> Vec<u8> {
        let _ = name;
        (search.find)(&mut |out| self.random(out))
    }
    /// Whether noise may stand in for what is costly in a text of which only a digest is kept.
    ///
    /// The digest is as random as one of the real thing, but another one where random bytes follow from a seed.
    fn lets_noise_stand_in(&self) -> bool {
        false
    }
    /// The object or list that a cluster would answer; `None` where there is no cluster.
    fn lookup(&self, wanted: &Lookup) -> Option<Value>;
    /// The address of a host name; `None` where host look-ups are off.
    fn lookup_host(&self, name: &str) -> Option<String>;
    /// Whether rendering goes on, with an empty text, where a template refuses with a message.
    fn overlooks(&self, _: Refusal, _message: &str) -> bool {
        false
    }
    /// The name of the local time zone (IANA), for date functions; `None` means UTC.
    fn time_zone(&self) -> Option<String> {
        None
    }
}

/// A world in which `required` and `fail` end nothing; all else is that of the world behind it.
pub struct Lenient<'w>(pub &'w dyn World);

impl World for Lenient<'_> {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn random(&self, out: &mut [u8]) {
        self.0.random(out);
    }

    fn costly(&self, name: &str, search: Search<'_>) -> Vec<u8> {
        self.0.costly(name, search)
    }

    fn lets_noise_stand_in(&self) -> bool {
        self.0.lets_noise_stand_in()
    }

    fn lookup(&self, wanted: &Lookup) -> Option<Value> {
        self.0.lookup(wanted)
    }

    fn lookup_host(&self, name: &str) -> Option<String> {
        self.0.lookup_host(name)
    }

    fn overlooks(&self, _: Refusal, _: &str) -> bool {
        true
    }

    fn time_zone(&self) -> Option<String> {
        self.0.time_zone()
    }
}

/// What a cluster with these objects would answer: the one of a name, nothing where there is none, or else a list.
///
/// An empty namespace asks for any, and an object without one fits all.
pub fn lookup_in(objects: &[Map], wanted: &Lookup) -> Option<Value> {
    let mut found = objects.iter().filter(|object| fits(object, wanted));
    if !wanted.name.is_empty() {
        return found.next().map(|object| Value::Map(object.clone()));
    }
    let items = found.map(|object| Value::Map(object.clone())).collect();
    let list: Map = [
        ("apiVersion", Value::str(&wanted.api_version)),
        ("items", Value::list(items)),
        ("kind", Value::str(format!("{}List", wanted.kind))),
        ("metadata", Value::Map(Map::new())),
    ]
    .into_iter()
    .collect();
    Some(Value::Map(list))
}

fn fits(object: &Map, wanted: &Lookup) -> bool {
    let metadata = object.get("metadata").and_then(|value| value.as_map().cloned()).unwrap_or_default();
    let is = |map: &Map, key: &str, wanted: &str| match map.get(key) {
        Some(Value::Str(text)) => text.as_bytes() == wanted.as_bytes(),
        _ => wanted.is_empty(),
    };
    let any_namespace = wanted.namespace.is_empty() || is(&metadata, "namespace", "");
    is(object, "apiVersion", &wanted.api_version)
        && is(object, "kind", &wanted.kind)
        && (any_namespace || is(&metadata, "namespace", &wanted.namespace))
        && (wanted.name.is_empty() || is(&metadata, "name", &wanted.name))
}

/// A world that never changes: a given time, a counted stream of bytes, no cluster, no hosts.
#[derive(Debug, Default)]
pub struct FixedWorld {
    now: Timestamp,
    state: Cell<u64>,
}

impl FixedWorld {
    /// A world at `now` whose random bytes follow from `seed`.
    pub fn new(now: Timestamp, seed: u64) -> FixedWorld {
        FixedWorld { now, state: Cell::new(seed) }
    }
}

impl World for FixedWorld {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn random(&self, out: &mut [u8]) {
        for byte in out {
            let next = self.state.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
            self.state.set(next);
            let mut mixed = next;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            *byte = (mixed >> 56) as u8;
        }
    }

    fn lookup(&self, _: &Lookup) -> Option<Value> {
        None
    }

    fn lookup_host(&self, _: &str) -> Option<String> {
        None
    }
}

/// A world that never changes, for many renders that only its reader sees: what is costly is found once.
///
/// Two renders, each in a world of its own from [`KeepingWorld::again`], are equal.
#[derive(Debug, Default)]
pub struct KeepingWorld {
    inner: FixedWorld,
    seed: u64,
    kept: Rc<RefCell<HashMap<String, Vec<u8>>>>,
}

impl KeepingWorld {
    /// A world at `now` whose random bytes follow from `seed`.
    pub fn new(now: Timestamp, seed: u64) -> KeepingWorld {
        KeepingWorld { inner: FixedWorld::new(now, seed), seed, kept: Rc::default() }
    }

    /// This world, which knows already what `costly` finds under a name.
    #[must_use]
    pub fn keeping(self, name: &str, found: Vec<u8>) -> KeepingWorld {
        self.kept.borrow_mut().insert(name.to_owned(), found);
        self
    }

    /// The same world from its start, with what was found so far.
    pub fn again(&self) -> KeepingWorld {
        let inner = FixedWorld::new(self.inner.now, self.seed);
        KeepingWorld { inner, seed: self.seed, kept: Rc::clone(&self.kept) }
    }
}

impl World for KeepingWorld {
    fn now(&self) -> Timestamp {
        self.inner.now()
    }

    fn random(&self, out: &mut [u8]) {
        self.inner.random(out);
    }

    fn costly(&self, name: &str, search: Search<'_>) -> Vec<u8> {
        if let Some(found) = self.kept.borrow().get(name) {
            return found.clone();
        }
        // Bytes of their own, so that what was kept leaves no gap in those of the world.
        let seed = name.bytes().fold(!self.seed, |seed, byte| seed.rotate_left(7) ^ u64::from(byte));
        let own = FixedWorld::new(self.inner.now, seed);
        let found = (search.find)(&mut |out| own.random(out));
        self.kept.borrow_mut().insert(name.to_owned(), found.clone());
        found
    }

    fn lookup(&self, _: &Lookup) -> Option<Value> {
        None
    }

    fn lookup_host(&self, _: &str) -> Option<String> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_costly_is_found_once() {
        let world = KeepingWorld::new(0, 1);
        let four = |world: &KeepingWorld| {
            let mut out = [0; 4];
            world.random(&mut out);
            out
        };
        let mut count = 0;
        let mut ask = |world: &KeepingWorld| {
            let mut find = |random: &mut dyn FnMut(&mut [u8])| {
                count += 1;
                let mut out = vec![0; 4];
                random(&mut out);
                out
            };
            world.costly("p", Search { find: &mut find, noise: &mut |_| Vec::new() })
        };
        let (prime, plain) = (ask(&world), four(&world));
        let again = world.again();
        assert_eq!((ask(&again), four(&again)), (prime, plain));
        assert_eq!(count, 1);
    }
}
