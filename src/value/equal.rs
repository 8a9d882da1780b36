//! Go's `reflect.DeepEqual`.

use super::{Kind, List, Map, Object, Value};
use std::collections::HashSet;

/// Pairs are remembered from here on: few comparisons are cheaper than a set.
const REMEMBER_FROM: usize = 256;

/// Whether two values are deeply equal: their types are the same at every level, and a nil list or map is not an
/// empty one. NaN differs from itself, but a list or map equals itself whatever it holds.
///
/// A pair of containers that was met before counts as equal, so cycles end; nothing recurses.
pub fn deep_equal(left: &Value, right: &Value) -> bool {
    let mut comparison = Comparison::default();
    if !comparison.compare(left, right) {
        return false;
    }
    while let Some((left, right)) = comparison.open.pop() {
        if !comparison.compare_inside(&left, &right) {
            return false;
        }
    }
    true
}

#[derive(Default)]
struct Comparison {
    /// Pairs of containers whose elements are still to be compared.
    open: Vec<(Value, Value)>,
    compared: usize,
    seen: HashSet<(usize, usize)>,
}

impl Comparison {
    /// Compares everything but the elements of containers, which are left for later.
    fn compare(&mut self, left: &Value, right: &Value) -> bool {
        match (left, right) {
            (Value::Invalid | Value::Nil, Value::Invalid | Value::Nil) => true,
            (Value::Bool(left), Value::Bool(right)) => left == right,
            (Value::Int(left), Value::Int(right)) | (Value::Int64(left), Value::Int64(right)) => left == right,
            (Value::Uint64(left), Value::Uint64(right)) => left == right,
            (Value::Uint8(left), Value::Uint8(right)) => left == right,
            (Value::Float(left), Value::Float(right)) => left == right,
            (Value::Str(left), Value::Str(right)) => left == right,
            (Value::List(one), Value::List(other)) => {
                let alike = one.kind() == other.kind() && one.is_nil() == other.is_nil() && one.len() == other.len();
                alike && (one.ptr_eq(other) || self.postpone(left, right))
            }
            (Value::Map(one), Value::Map(other)) => {
                let alike = one.kind() == other.kind() && one.is_nil() == other.is_nil() && one.len() == other.len();
                alike && (one.ptr_eq(other) || self.postpone(left, right))
            }
            (Value::Object(one), Value::Object(other)) => {
                let same = std::ptr::addr_eq(std::rc::Rc::as_ptr(one), std::rc::Rc::as_ptr(other));
                let alike = one.kind() != Kind::Func && one.kind() == other.kind() && one.go_type() == other.go_type();
                alike && (same || self.postpone(left, right))
            }
            _ => false,
        }
    }

    fn postpone(&mut self, left: &Value, right: &Value) -> bool {
        self.open.push((left.clone(), right.clone()));
        true
    }

    fn compare_inside(&mut self, left: &Value, right: &Value) -> bool {
        match (left, right) {
            (Value::List(left), Value::List(right)) => self.lists(left, right),
            (Value::Map(left), Value::Map(right)) => self.maps(left, right),
            (Value::Object(left), Value::Object(right)) => self.objects(left.as_ref(), right.as_ref()),
            _ => true,
        }
    }

    fn lists(&mut self, left: &List, right: &List) -> bool {
        if let (Some(left), Some(right)) = (left.as_bytes(), right.as_bytes()) {
            return left == right;
        }
        let (left, right) = (left.items(), right.items());
        self.met((left.as_ptr().addr(), right.as_ptr().addr()))
            || left.iter().zip(right).all(|(left, right)| self.compare(left, right))
    }

    fn maps(&mut self, left: &Map, right: &Map) -> bool {
        if self.met((left.address(), right.address())) {
            return true;
        }
        let (left, right) = (left.entries(), right.entries());
        let pairs = left.iter().zip(right.iter());
        pairs.into_iter().all(|((key, left), (other, right))| key == other && self.compare(left, right))
    }

    /// Objects are equal when everything that they show is.
    fn objects(&mut self, left: &dyn Object, right: &dyn Object) -> bool {
        if left.display() != right.display() {
            return false;
        }
        let plain = |object: &dyn Object| object.underlying().or_else(|| object.to_plain());
        let (left_fields, right_fields) = (left.fields(), right.fields());
        let (left_entries, right_entries) = (left.entries(), right.entries());
        left_fields.len() == right_fields.len()
            && left_entries.as_ref().map(Vec::len) == right_entries.as_ref().map(Vec::len)
            && left_fields
                .iter()
                .zip(&right_fields)
                .all(|(left, right)| left.0 == right.0 && self.compare(&left.1, &right.1))
            && left_entries
                .iter()
                .flatten()
                .zip(right_entries.iter().flatten())
                .all(|(left, right)| left.0 == right.0 && self.compare(&left.1, &right.1))
            && match (plain(left), plain(right)) {
                (Some(Value::Object(_)), Some(Value::Object(_))) => true,
                (Some(left), Some(right)) => self.compare(&left, &right),
                (left, right) => left.is_none() && right.is_none(),
            }
    }

    /// Whether this pair was met before; without elements there is nothing to tell pairs by.
    fn met(&mut self, pair: (usize, usize)) -> bool {
        self.compared += 1;
        self.compared > REMEMBER_FROM && !self.seen.insert(pair)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{ListKind, MapKind};

    fn map(key: &str, value: Value) -> Value {
        Value::Map([(key, value)].into_iter().collect())
    }

    #[test]
    fn types_and_elements_must_be_the_same() {
        let list = |number| Value::list(vec![Value::Int(1), Value::Float(number)]);
        let table = [
            (Value::Int(1), Value::Int(1), true),
            (Value::Int(1), Value::Int64(1), false),
            (Value::Int(1), Value::Float(1.0), false),
            (Value::Nil, Value::Nil, true),
            (Value::Nil, Value::Bool(false), false),
            (Value::Float(0.0), Value::Float(-0.0), true),
            (Value::Float(f64::NAN), Value::Float(f64::NAN), false),
            (list(2.0), list(2.0), true),
            (list(f64::NAN), list(f64::NAN), false),
            (Value::strings(["a"]), Value::list(vec![Value::str("a")]), false),
            (Value::list(Vec::new()), List::nil(ListKind::Any).into(), false),
            (map("a", list(1.0)), map("a", list(1.0)), true),
            (map("a", list(1.0)), map("b", list(1.0)), false),
            (map("a", Value::Nil), map("a", Value::Nil), true),
            (Map::new().into(), Map::nil(MapKind::Any).into(), false),
        ];
        for (left, right, wanted) in table {
            assert_eq!(deep_equal(&left, &right), wanted, "{left:?} and {right:?}");
        }
        let shared = list(f64::NAN);
        assert!(deep_equal(&shared, &shared.clone()));
    }

    #[test]
    fn cycles_end() {
        let ring = || {
            let ring = Map::new();
            ring.insert("next", ring.clone());
            ring
        };
        let (left, right) = (ring(), ring());
        assert!(deep_equal(&left.clone().into(), &right.clone().into()));
        right.insert("x", true);
        assert!(!deep_equal(&left.clone().into(), &right.clone().into()));
        left.remove("next");
        right.remove("next");
    }
}
