//! What is evaluated for a digest alone.
//!
//! Charts put `include (print $.Template.BasePath "/tls-secret.yaml") . | sha256sum` into annotations, and each of them
//! makes the keys and certificates of that file once more. Only the digest of these comes out, and it is a random one
//! anyway: keys of noise give one as good. The executor makes them so where the world allows it, keeps a journal of all
//! that changes meanwhile, and starts again with real keys if anything but the digest is left of them.

use super::exec::{Exec, Run, Slot};
use crate::value::{Entries, Map, Value};
use crate::world::{Lookup, Refusal, Search, Timestamp, World};
use std::cell::Cell;
use std::collections::HashSet;

/// Whether the results of what runs are seen.
#[derive(Default)]
pub(super) enum Sight {
    /// They are.
    #[default]
    Seen,
    /// A digest is all that should be left of them.
    Unseen(Journal),
    /// They were taken for unseen and left something else behind; this is the second run.
    Again,
}

/// What an unseen run changed.
#[derive(Default)]
pub(super) struct Journal {
    /// How often noise stood in for what is costly.
    noise: Cell<u32>,
    /// Maps with their entries before the first change.
    maps: Vec<(Map, Entries)>,
    known: HashSet<usize, foldhash::fast::FixedState>,
    /// Variables of callers as they were.
    variables: Vec<(usize, Slot)>,
    /// How many variables callers have.
    outer: usize,
}

impl Journal {
    /// Keeps the entries of a map that is about to change, and those of the maps in it.
    fn keep(&mut self, map: &Map) {
        let mut left = vec![map.clone()];
        while let Some(map) = left.pop() {
            if map.is_nil() || !self.known.insert(map.address()) {
                continue;
            }
            let entries = map.entries().clone();
            left.extend(entries.iter().filter_map(|(_, value)| value.as_map().cloned()));
            self.maps.push((map, entries));
        }
    }

    /// Whether somebody else holds what changed.
    fn left_traces(&mut self) -> bool {
        if self.noise.get() == 0 {
            return false;
        }
        // A map that only the journal holds lets go of those inside it.
        loop {
            let before = self.maps.len();
            self.maps.retain(|(map, _)| !map.is_held_once());
            if self.maps.len() == before {
                return before > 0 || !self.variables.is_empty();
            }
        }
    }
}

impl Exec<'_> {
    /// Runs something of whose result nothing but a digest is used.
    pub(super) fn unseen<T>(&mut self, run: impl Fn(&mut Self) -> Run<T>) -> Run<T> {
        let begins = matches!(self.sight, Sight::Seen) && self.recorder.is_none() && self.world.lets_noise_stand_in();
        if !begins {
            return run(self);
        }
        self.sight = Sight::Unseen(Journal { outer: self.vars.len(), ..Journal::default() });
        let result = run(self);
        let Sight::Unseen(mut journal) = std::mem::take(&mut self.sight) else { return result };
        // What dies with the result would else count as held.
        if result.is_err() || !journal.left_traces() {
            return result;
        }
        drop(result);
        for (map, entries) in journal.maps {
            map.restore(entries);
        }
        for (at, slot) in journal.variables.into_iter().rev() {
            self.vars[at] = slot;
        }
        self.sight = Sight::Again;
        let result = run(self);
        self.sight = Sight::Seen;
        result
    }

    /// Notes that a function changes its first argument.
    pub(super) fn keep_map(&mut self, mark: usize) {
        if let Sight::Unseen(journal) = &mut self.sight
            && let Some(Value::Map(map)) = self.args.get(mark)
        {
            journal.keep(map);
        }
    }

    /// Notes that a variable changes.
    pub(super) fn keep_variable(&mut self, at: usize) {
        if let Sight::Unseen(journal) = &mut self.sight
            && at < journal.outer
        {
            journal.variables.push((at, self.vars[at].clone()));
        }
    }

    /// Calls a function in the world that it may see.
    pub(super) fn in_world<T>(&self, run: impl FnOnce(&dyn World) -> T) -> T {
        match &self.sight {
            Sight::Unseen(journal) => run(&NoisyWorld { inner: self.world, noise: &journal.noise }),
            Sight::Seen | Sight::Again => run(self.world),
        }
    }
}

/// A world in which noise stands in for what is costly; all else is that of the world behind it.
struct NoisyWorld<'w> {
    inner: &'w dyn World,
    noise: &'w Cell<u32>,
}

impl World for NoisyWorld<'_> {
    fn now(&self) -> Timestamp {
        self.inner.now()
    }

    fn random(&self, out: &mut [u8]) {
        self.inner.random(out);
    }

    fn costly(&self, _: &str, search: Search<'_>) -> Vec<u8> {
        self.noise.set(self.noise.get() + 1);
        (search.noise)(&mut |out| self.inner.random(out))
    }

    fn lookup(&self, wanted: &Lookup) -> Option<Value> {
        self.inner.lookup(wanted)
    }

    fn lookup_host(&self, name: &str) -> Option<String> {
        self.inner.lookup_host(name)
    }

    fn overlooks(&self, refusal: Refusal, message: &str) -> bool {
        self.inner.overlooks(refusal, message)
    }

    fn time_zone(&self) -> Option<String> {
        self.inner.time_zone()
    }
}
