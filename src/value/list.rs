//! Go slices. Nothing that a chart can call writes into an element, so a list is shared and never changes.

use super::Value;
use super::release::take_container;
use crate::diagnostic::Fault;
use bytes::Bytes;
use std::cell::OnceCell;
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

/// A method of a named slice type.
#[derive(Debug)]
pub struct ListMethod {
    /// The name after the dot.
    pub name: &'static str,
    /// The types of the parameters, as Go prints them.
    pub params: &'static [&'static str],
    /// The method; the arguments have the types of `params`.
    pub call: fn(&List, &[Value]) -> Result<Value, Fault>,
}

/// A shared list of values.
#[derive(Clone, Debug)]
pub struct List(Rc<Parts>);

#[derive(Debug)]
struct Parts {
    kind: ListKind,
    nil: bool,
    store: Store,
    methods: &'static [ListMethod],
}

#[derive(Debug)]
enum Store {
    Items(Vec<Value>),
    /// A `[]byte` whose elements become values only when somebody asks for one.
    Bytes(Bytes, OnceCell<Vec<Value>>),
}

impl Parts {
    fn of(kind: ListKind, items: Vec<Value>) -> Parts {
        Parts { kind, nil: false, store: Store::Items(items), methods: &[] }
    }
}

impl List {
    /// A list of `items` whose dynamic types fit `kind`.
    pub fn new(kind: ListKind, items: Vec<Value>) -> List {
        List(Rc::new(Parts::of(kind, items)))
    }

    /// A nil slice: empty, but `null` in JSON.
    pub fn nil(kind: ListKind) -> List {
        List(Rc::new(Parts { nil: true, ..Parts::of(kind, Vec::new()) }))
    }

    /// A `[]byte` that shares `bytes`.
    pub fn bytes(bytes: Bytes) -> List {
        let store = Store::Bytes(bytes, OnceCell::new());
        List(Rc::new(Parts { store, ..Parts::of(ListKind::Byte, Vec::new()) }))
    }

    /// A list of the named type `kind`, which has `methods`.
    pub fn with_methods(kind: ListKind, items: Vec<Value>, methods: &'static [ListMethod]) -> List {
        List(Rc::new(Parts { methods, ..Parts::of(kind, items) }))
    }

    /// The method of this name, if the type of the list has one.
    pub fn method(&self, name: &str) -> Option<&'static ListMethod> {
        self.0.methods.iter().find(|method| method.name == name)
    }

    /// The bytes of a list that [`List::bytes`] made.
    pub fn as_bytes(&self) -> Option<&Bytes> {
        match &self.0.store {
            Store::Bytes(bytes, _) => Some(bytes),
            Store::Items(_) => None,
        }
    }

    /// The bytes of a `[]byte` however it was made.
    pub fn to_bytes(&self) -> Option<Bytes> {
        if self.0.kind != ListKind::Byte {
            return None;
        }
        match &self.0.store {
            Store::Bytes(bytes, _) => Some(bytes.clone()),
            Store::Items(items) => items.iter().map(byte).collect::<Option<Vec<u8>>>().map(Bytes::from),
        }
    }

    /// How many elements there are.
    pub fn len(&self) -> usize {
        match &self.0.store {
            Store::Items(items) => items.len(),
            Store::Bytes(bytes, _) => bytes.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
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
        match &self.0.store {
            Store::Items(items) => items,
            Store::Bytes(bytes, items) => items.get_or_init(|| bytes.iter().map(|byte| Value::Uint8(*byte)).collect()),
        }
    }

    /// Moves the containers among the elements out, if nobody else holds this list.
    pub(super) fn give_away(&mut self, into: &mut Vec<Value>) {
        if let Some(Parts { store: Store::Items(items), .. }) = Rc::get_mut(&mut self.0) {
            items.iter_mut().for_each(|item| take_container(item, into));
        }
    }

    /// Whether both are the same list, not only equal ones.
    pub fn ptr_eq(&self, other: &List) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Deref for List {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        self.items()
    }
}

fn byte(value: &Value) -> Option<u8> {
    match value {
        Value::Uint8(byte) => Some(*byte),
        _ => None,
    }
}
