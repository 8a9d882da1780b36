//! The merge of two dictionaries. The reference is mergo 1.0.1 as Sprig calls it.
//!
//! The target changes in place, at every level. An entry that is missing or empty there (zero, false, no elements, nil)
//! takes over the source's value itself, so both share it from then on; where both hold a map, the maps are merged.

use crate::diagnostic::Fault;
use crate::value::{Kind, Map, MapKind, Object, Text, Value};

/// How deep dictionaries may nest; a cycle ends here, where Go runs out of stack.
const DEEPEST: usize = 2_000;
/// How many entries one merge may look at: shared maps can unfold without end.
const MOST: usize = 20_000_000;

/// What happens to entries that both sides have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// The target's entry stays unless it is empty (`merge`).
    Fill,
    /// The source's entry wins, be it empty or nil (`mergeOverwrite`).
    Overwrite,
}

/// Why a merge ended early; what was merged until then stays.
#[derive(Clone, Debug)]
pub enum Stop {
    /// An error, which functions without `must` pass over.
    Refused(Fault),
    /// A panic, which fails every function.
    Panicked(Fault),
}

impl Stop {
    /// The text of either.
    pub fn into_fault(self) -> Fault {
        match self {
            Stop::Refused(fault) | Stop::Panicked(fault) => fault,
        }
    }

    fn panicked(text: impl Into<String>) -> Stop {
        Stop::Panicked(Fault::new(text))
    }
}

/// Merges `source` into `target`, which must not be nil unless `source` has no entries.
pub fn merge_into(target: &Map, source: &Map, policy: Policy) -> Result<(), Stop> {
    Merge { policy, looked_at: 0 }.maps(target, source, 0)
}

struct Merge {
    policy: Policy,
    looked_at: usize,
}

impl Merge {
    fn maps(&mut self, target: &Map, source: &Map, depth: usize) -> Result<(), Stop> {
        if depth > DEEPEST {
            return Err(Stop::panicked(format!("dictionaries nest deeper than {DEEPEST} levels")));
        }
        self.looked_at += source.len();
        if self.looked_at > MOST {
            return Err(Stop::panicked(format!("more than {MOST} entries to merge")));
        }
        // Only what is going to be written must fit a map of strings.
        let fits = target.kind() != MapKind::Text || source.kind() == MapKind::Text;
        for (key, value) in source.snapshot() {
            if !self.takes_over(target, &key, &value, depth)? {
                continue;
            }
            if !fits {
                let text = "reflect.Value.SetMapIndex: value of type interface {} is not assignable to type string";
                return Err(Stop::panicked(text));
            }
            target.insert(key, value);
        }
        Ok(())
    }

    /// Merges what lies inside an entry, and says whether the target takes over the entry as a whole.
    fn takes_over(&mut self, target: &Map, key: &Text, value: &Value, depth: usize) -> Result<bool, Stop> {
        let overwrite = self.policy == Policy::Overwrite;
        if value.is_nil() {
            return Ok(overwrite);
        }
        let Some(held) = target.get(key) else { return Ok(true) };
        match (&held, value) {
            (Value::Map(held), Value::Map(value)) => {
                if held.is_nil() {
                    return Ok(true);
                }
                self.maps(held, value, depth + 1)?;
                return Ok(held.is_empty());
            }
            (Value::Object(object), _) => self.check_object(object.as_ref(), value)?,
            _ => {}
        }
        Ok(overwrite || !held.truth())
    }

    /// Go tries to merge into structs and pointers, which never changes them here but can fail.
    fn check_object(&self, held: &dyn Object, value: &Value) -> Result<(), Stop> {
        if !matches!(value.kind(), Kind::Struct | Kind::Ptr | Kind::Map) {
            return Ok(());
        }
        match held.kind() {
            Kind::Struct => {
                let exported = |name: &str| name.starts_with(|first: char| first.is_uppercase());
                let mergeable = held.fields().iter().any(|(name, _)| exported(name));
                if mergeable && value.kind() != Kind::Struct {
                    let kind = value.kind().name();
                    return Err(Stop::panicked(format!("reflect: call of reflect.Value.Field on {kind} Value")));
                }
            }
            Kind::Ptr if self.policy == Policy::Fill && value.kind() != Kind::Ptr => {
                let nil = matches!(value, Value::Map(map) if map.is_nil());
                let pointee = held.go_type().strip_prefix('*') == Some(value.go_type().as_ref());
                if !nil && !pointee {
                    return Err(Stop::Refused(Fault::new("src and dst must be of same type")));
                }
            }
            _ => {}
        }
        Ok(())
    }
}
