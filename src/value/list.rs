//! Go slices. Nothing that a chart can call writes into an element, so a list is shared and never changes.

use super::Value;
use std::ops::Deref;
use std::rc::Rc;

/// The element type of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ListKind {
    /// `[]interface {}`.
    Any,
    /// `[]string`.
    Text,
    /// `[]int`.
    Int,
    /// `[]uint8`, the same type as `[]byte`.
    Byte,
    /// `[][]interface {}`.
    List,
    /// `[]map[string]interface {}`.
    Map,
    /// A slice of another named type, given as Go prints it.
    Other(&'static str),
}

impl ListKind {
    /// The slice type as Go's `%T` prints it.
    pub fn go_type(self) -> &'static str {
        match self {
            ListKind::Any => "[]interface {}",
            ListKind::Text => "[]string",
            ListKind::Int => "[]int",
            ListKind::Byte => "[]uint8",
            ListKind::List => "[][]interface {}",
            ListKind::Map => "[]map[string]interface {}",
            ListKind::Other(name) => name,
        }
    }
}

/// A shared list of values.
#[derive(Clone, Debug)]
pub struct List(Rc<Parts>);

#[derive(Debug)]
struct Parts {
    kind: ListKind,
    nil: bool,
    items: Vec<Value>,
}

impl List {
    /// A list of `items` whose dynamic types fit `kind`.
    pub fn new(kind: ListKind, items: Vec<Value>) -> List {
        List(Rc::new(Parts { kind, nil: false, items }))
    }

    /// A nil slice: empty, but `null` in JSON.
    pub fn nil(kind: ListKind) -> List {
        List(Rc::new(Parts { kind, nil: true, items: Vec::new() }))
    }

    /// The element type.
    pub fn kind(&self) -> ListKind {
        self.0.kind
    }

    /// Whether this is a nil slice.
    pub fn is_nil(&self) -> bool {
        self.0.nil
    }

    /// The elements.
    pub fn items(&self) -> &[Value] {
        &self.0.items
    }

    /// Whether both are the same list, not only equal ones.
    pub fn ptr_eq(&self, other: &List) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Deref for List {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        &self.0.items
    }
}
