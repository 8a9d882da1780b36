//! The end of nested values: containers give their contents away before they go, so that depth costs no stack.

use super::{List, Map, Value};

/// Drops values and what lies inside them one after the other.
pub(super) fn release(mut values: Vec<Value>) {
    while let Some(mut value) = values.pop() {
        match &mut value {
            Value::List(list) => list.give_away(&mut values),
            Value::Map(map) => map.give_away(&mut values),
            _ => {}
        }
    }
}

/// Moves a container out of its place; scalars stay.
pub(super) fn take_container(value: &mut Value, into: &mut Vec<Value>) {
    if matches!(value, Value::List(_) | Value::Map(_)) {
        into.push(std::mem::replace(value, Value::Nil));
    }
}

impl Drop for List {
    fn drop(&mut self) {
        let mut inner = Vec::new();
        self.give_away(&mut inner);
        release(inner);
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        let mut inner = Vec::new();
        self.give_away(&mut inner);
        release(inner);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deep_values_are_dropped_on_a_small_stack() {
        let build = || {
            let mut value = Value::Nil;
            for _ in 0..300_000 {
                value = Value::list(vec![Value::Map([("a", value)].into_iter().collect()), Value::Nil]);
            }
            drop(value);
        };
        std::thread::Builder::new().stack_size(128 << 10).spawn(build).unwrap().join().unwrap();
    }

    #[test]
    fn what_others_hold_stays() {
        let shared = Map::new();
        shared.insert("a", Value::list(vec![Value::Int(1)]));
        drop(Value::list(vec![shared.clone().into()]));
        assert_eq!(shared.get("a").and_then(|list| list.as_list().map(|list| list.len())), Some(1));
    }
}
