//! `deepCopy`. The reference is mitchellh/copystructure 1.2.0.

use crate::diagnostic::Fault;
use crate::template::func::Outcome;
use crate::value::{List, Map, Value};

/// How deep values may nest; a cycle ends here, where Go runs out of stack.
const DEEPEST: usize = 2_000;
/// How many values one copy may hold: shared maps unfold into a copy each.
const MOST: usize = 20_000_000;

/// Copies a value so that no map of the copy is a map of the original. What cannot change stays shared.
///
/// Fails for nil, with the text of Go's panic, and past the limits of depth and size.
pub fn deep_copy(value: &Value) -> Outcome {
    if value.is_nil() {
        return Err(Fault::new("reflect: call of reflect.Value.Type on zero Value"));
    }
    Copy { made: 0 }.value(value, 0)
}

struct Copy {
    made: usize,
}

impl Copy {
    fn value(&mut self, value: &Value, depth: usize) -> Outcome {
        match value {
            Value::Map(map) if !map.is_nil() => self.map(map, depth).map(Value::Map),
            Value::List(list) if list.as_bytes().is_none() && list.iter().any(is_container) => {
                self.count(list.len(), depth)?;
                let items = list.iter().map(|item| self.value(item, depth + 1)).collect::<Result<_, _>>()?;
                Ok(List::new(list.kind(), items).into())
            }
            value => Ok(value.clone()),
        }
    }

    fn map(&mut self, map: &Map, depth: usize) -> Result<Map, Fault> {
        self.count(map.len(), depth)?;
        let copy = map.shallow_copy(map.kind());
        for (key, value) in map.snapshot() {
            if is_container(&value) {
                copy.insert(key, self.value(&value, depth + 1)?);
            }
        }
        Ok(copy)
    }

    fn count(&mut self, elements: usize, depth: usize) -> Result<(), Fault> {
        if depth > DEEPEST {
            return Err(Fault::new(format!("deepCopy error: value nests deeper than {DEEPEST} levels")));
        }
        self.made += elements;
        if self.made > MOST {
            return Err(Fault::new(format!("deepCopy error: more than {MOST} values to copy")));
        }
        Ok(())
    }
}

fn is_container(value: &Value) -> bool {
    matches!(value, Value::Map(_) | Value::List(_))
}
