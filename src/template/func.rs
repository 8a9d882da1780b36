//! Functions that templates call: their signatures, their table, and typed access to arguments.
//!
//! A row of a table gives a name, the Go types of the parameters and a Rust function. The executor checks the number
//! and the types of the arguments with Go's messages before it calls; the function sees only arguments that fit.

use super::error::Raised;
use super::exec::Exec;
use crate::diagnostic::Fault;
use crate::value::{List, Map, MapKind, Text, Value};
use crate::world::World;
use std::collections::HashMap;

/// What a function returns.
pub type Outcome = Result<Value, Fault>;

/// The Go type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Param {
    /// `interface {}`: everything; nil arrives as [`Value::Nil`].
    Any,
    /// `reflect.Value`, as Go's builtins take it: everything.
    Reflect,
    /// `string`.
    Str,
    /// `bool`.
    Bool,
    /// `int`.
    Int,
    /// `int64`.
    Int64,
    /// `uint32`, which only a literal can be; it arrives as [`Value::Uint64`].
    Uint32,
    /// `float64`.
    Float,
    /// `map[string]interface {}`; nil is allowed and arrives as a nil map.
    Map,
    /// `map[string]string`; nil is allowed and arrives as a nil map.
    TextMap,
    /// `[]interface {}`; nil is allowed and arrives as a nil list.
    List,
    /// `[]string`; nil is allowed and arrives as a nil list.
    TextList,
    /// A struct type that Go prints so, for example `time.Time`.
    Struct(&'static str),
    /// A pointer type that Go prints so, for example `*semver.Version`; nil arrives as [`Value::Nil`].
    Pointer(&'static str),
}

impl Param {
    /// The type as Go prints it.
    pub fn go_type(self) -> &'static str {
        match self {
            Param::Any => "interface {}",
            Param::Reflect => "reflect.Value",
            Param::Str => "string",
            Param::Bool => "bool",
            Param::Int => "int",
            Param::Int64 => "int64",
            Param::Uint32 => "uint32",
            Param::Float => "float64",
            Param::Map => "map[string]interface {}",
            Param::TextMap => "map[string]string",
            Param::List => "[]interface {}",
            Param::TextList => "[]string",
            Param::Struct(name) | Param::Pointer(name) => name,
        }
    }

    /// Whether a value may be passed as it is (Go's assignability of its dynamic type).
    pub fn admits(self, value: &Value) -> bool {
        match (self, value) {
            (Param::Any | Param::Reflect, _) => true,
            (Param::Str, Value::Str(_)) | (Param::Bool, Value::Bool(_)) => true,
            (Param::Int, Value::Int(_)) | (Param::Int64, Value::Int64(_)) => true,
            (Param::Float, Value::Float(_)) => true,
            (Param::Map, Value::Map(map)) => map.kind() != MapKind::Text,
            (Param::TextMap, Value::Map(map)) => map.kind() == MapKind::Text,
            (Param::List | Param::TextList, Value::List(list)) => list.kind().go_type() == self.go_type(),
            (Param::Struct(name) | Param::Pointer(name), Value::Object(object)) => object.go_type() == name,
            _ => false,
        }
    }
}

/// How a function is called.
#[derive(Clone, Copy)]
pub enum Body {
    /// Depends on its arguments alone.
    Pure(fn(Args<'_>) -> Outcome),
    /// Asks the world: the clock, random bytes, a cluster, a host name.
    World(fn(&dyn World, Args<'_>) -> Outcome),
    /// Runs further templates.
    Exec(fn(&mut Exec<'_>, Args<'_>) -> Result<Value, Raised>),
    /// Go's short-circuiting `and`.
    And,
    /// Go's short-circuiting `or`.
    Or,
    /// Go's `call`.
    Call,
}

/// What a call does beside its result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    #[default]
    None,
    /// It changes its first argument, a map.
    Changes,
    /// It lets a digest of its only argument through.
    Seals,
}

/// One function of a table.
#[derive(Clone, Copy)]
pub struct Func {
    /// The name in templates.
    pub name: &'static str,
    /// The parameters; with `variadic` the last one may be repeated or absent.
    pub params: &'static [Param],
    /// Whether the last parameter may be repeated or absent.
    pub variadic: bool,
    /// The function itself.
    pub body: Body,
    /// What a call does beside its result.
    pub effect: Effect,
}

impl Func {
    /// A function of its arguments alone.
    pub const fn new(name: &'static str, params: &'static [Param], body: fn(Args<'_>) -> Outcome) -> Func {
        Func::of(name, params, Body::Pure(body))
    }

    /// A function that asks the world.
    pub const fn world(
        name: &'static str,
        params: &'static [Param],
        body: fn(&dyn World, Args<'_>) -> Outcome,
    ) -> Func {
        Func::of(name, params, Body::World(body))
    }

    /// A function that runs further templates.
    pub const fn exec(
        name: &'static str,
        params: &'static [Param],
        body: fn(&mut Exec<'_>, Args<'_>) -> Result<Value, Raised>,
    ) -> Func {
        Func::of(name, params, Body::Exec(body))
    }

    pub(super) const fn of(name: &'static str, params: &'static [Param], body: Body) -> Func {
        Func { name, params, variadic: false, body, effect: Effect::None }
    }

    /// The same function, of which it is known what its calls do beside their result.
    pub const fn with_effect(self, effect: Effect) -> Func {
        Func { effect, ..self }
    }

    /// The same function with its last parameter repeated.
    pub const fn variadic(self) -> Func {
        Func { variadic: true, ..self }
    }
}

/// The number of a function in a [`FuncTable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FuncId(pub u16);

/// All functions that templates of one kind may call.
pub struct FuncTable {
    funcs: Vec<Func>,
    by_name: HashMap<&'static str, FuncId, foldhash::fast::FixedState>,
    /// The functions whose names are those of a type and its method.
    methods: Vec<(&'static str, &'static str, FuncId)>,
}

impl FuncTable {
    /// Joins chapters of functions; of equal names the later chapter wins.
    pub fn new(chapters: &[&[Func]]) -> FuncTable {
        let funcs: Vec<Func> = chapters.iter().flat_map(|chapter| chapter.iter().copied()).collect();
        let numbered = || funcs.iter().enumerate().map(|(at, func)| (func.name, FuncId(at as u16)));
        let by_name = numbered().collect();
        let split = |(name, id): (&'static str, FuncId)| name.rsplit_once('.').map(|(kind, name)| (kind, name, id));
        let methods = numbered().filter_map(split).collect();
        FuncTable { funcs, by_name, methods }
    }

    /// The table without a function.
    pub fn without(mut self, name: &str) -> FuncTable {
        self.by_name.remove(name);
        self
    }

    /// The function of this name.
    pub fn find(&self, name: &str) -> Option<FuncId> {
        self.by_name.get(name).copied()
    }

    /// The method of this name that a type has.
    pub(super) fn find_method(&self, kind: &str, name: &[u8]) -> Option<FuncId> {
        let mut methods = self.methods.iter();
        methods.find(|(have, method, _)| method.as_bytes() == name && *have == kind).map(|(_, _, id)| *id)
    }

    /// The function with this number, which [`FuncTable::find`] gave out.
    pub fn get(&self, id: FuncId) -> &Func {
        &self.funcs[id.0 as usize]
    }

    /// All names, sorted.
    pub fn names(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self.by_name.keys().copied().collect();
        names.sort_unstable();
        names
    }
}

/// The arguments of one call. Each access names the position, from 0, and fails only where a table row does not
/// match its function.
#[derive(Clone, Copy)]
pub struct Args<'a>(pub &'a [Value]);

impl<'a> Args<'a> {
    /// How many arguments there are.
    pub fn len(self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// Any argument; [`Value::Nil`] past the end.
    pub fn value(self, at: usize) -> &'a Value {
        self.0.get(at).unwrap_or(&Value::Nil)
    }

    /// The arguments from position `from` on.
    pub fn rest(self, from: usize) -> &'a [Value] {
        self.0.get(from..).unwrap_or(&[])
    }

    /// A `string` argument.
    pub fn text(self, at: usize) -> Result<&'a Text, Fault> {
        self.value(at).as_str().ok_or_else(|| self.unfit(at, "string"))
    }

    /// A `bool` argument.
    pub fn flag(self, at: usize) -> Result<bool, Fault> {
        match self.value(at) {
            Value::Bool(flag) => Ok(*flag),
            _ => Err(self.unfit(at, "bool")),
        }
    }

    /// An `int` or `int64` argument.
    pub fn int(self, at: usize) -> Result<i64, Fault> {
        match self.value(at) {
            Value::Int(number) | Value::Int64(number) => Ok(*number),
            _ => Err(self.unfit(at, "int")),
        }
    }

    /// A `float64` argument.
    pub fn float(self, at: usize) -> Result<f64, Fault> {
        match self.value(at) {
            Value::Float(number) => Ok(*number),
            _ => Err(self.unfit(at, "float64")),
        }
    }

    /// A map argument.
    pub fn map(self, at: usize) -> Result<&'a Map, Fault> {
        self.value(at).as_map().ok_or_else(|| self.unfit(at, "map"))
    }

    /// A list argument.
    pub fn list(self, at: usize) -> Result<&'a List, Fault> {
        self.value(at).as_list().ok_or_else(|| self.unfit(at, "list"))
    }

    fn unfit(self, at: usize, wanted: &str) -> Fault {
        Fault::new(format!("argument {at}: expected {wanted}, found {}", self.value(at).go_type()))
    }
}
