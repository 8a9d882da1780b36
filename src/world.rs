//! The one door to the outside while a chart is rendered: clock, random bytes, cluster objects, host names.
//!
//! Rendering is a function of chart, values, release and [`World`]: with [`FixedWorld`] two renders are equal.

use crate::value::Value;
use std::cell::Cell;

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

/// What a template may see of the outside.
pub trait World {
    /// The current time.
    fn now(&self) -> Timestamp;
    /// Fills `out` with random bytes fit for keys.
    fn random(&self, out: &mut [u8]);
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
