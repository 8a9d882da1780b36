//! Pipelines, commands and operands: from the tree to values.

use super::exec::{Dot, Exec, MissingKey, Run, Slot};
use super::func::{Args, Body, Effect, FuncId, Param};
use super::node::{NodeId, NodeKind, Run as Names, Tree};
use super::parser::UNDEFINED_SLOT;
use crate::value::{Field, Kind, ListKind, MapKind, Value};

/// The arguments of a command: the first word, the operands after it, and the value that a pipe hands over.
pub(super) struct Operands<'t> {
    /// Operands after the first word.
    pub(super) args: &'t [NodeId],
    pub(super) last: Option<Value>,
}

impl Operands<'_> {
    fn any(&self) -> bool {
        !self.args.is_empty() || self.last.is_some()
    }
}

/// A receiver on the way along `.a.b.c`.
#[derive(Clone, Copy)]
struct Receiver<'v> {
    value: &'v Value,
    iface: bool,
}

impl Receiver<'_> {
    /// The static type that Go's messages name.
    fn type_name(self) -> std::borrow::Cow<'static, str> {
        if self.iface { "interface {}".into() } else { self.value.go_type() }
    }
}

impl ListKind {
    /// Whether Go knows the element type, so that elements are no interfaces.
    pub(super) fn is_concrete(self) -> bool {
        self != ListKind::Any
    }
}

impl Exec<'_> {
    /// Evaluates a pipeline and sets the variables that it declares. Nil becomes [`Value::Invalid`].
    pub(super) fn pipeline(&mut self, tree: &Tree, dot: Dot<'_>, pipe: NodeId) -> Run<Value> {
        self.node = pipe;
        let NodeKind::Pipe { cmds, decls, .. } = tree.node(pipe).kind else { return Ok(Value::Invalid) };
        let cmds = tree.kids(cmds);
        let (unseen, seen) = cmds.split_at(self.before_seal(tree, cmds));
        let last = match unseen {
            [] => None,
            unseen => self.unseen(|exec| exec.commands(tree, dot, unseen, None))?,
        };
        let value = self.commands(tree, dot, seen, last)?.unwrap_or(Value::Invalid);
        for at in decls.range() {
            self.set_variable(tree, tree.kids[at], Slot { value: value.clone(), iface: false })?;
        }
        Ok(value)
    }

    /// How many commands run for the digest that a later one takes of their result.
    fn before_seal(&self, tree: &Tree, cmds: &[NodeId]) -> usize {
        let seals = |command: &NodeId| {
            let NodeKind::Command(args) = tree.node(*command).kind else { return false };
            let first = tree.kids(args).first().map(|first| tree.node(*first).kind);
            matches!(first, Some(NodeKind::Identifier { func, .. }) if self.funcs.get(func).effect == Effect::Seals)
        };
        cmds.get(1..).and_then(|later| later.iter().rposition(seals)).map_or(0, |at| at + 1)
    }

    fn commands(&mut self, tree: &Tree, dot: Dot<'_>, cmds: &[NodeId], mut last: Option<Value>) -> Run<Option<Value>> {
        for command in cmds {
            let value = self.command(tree, dot, *command, last.take())?;
            last = Some(if matches!(value, Value::Nil) { Value::Invalid } else { value });
        }
        Ok(last)
    }

    fn command(&mut self, tree: &Tree, dot: Dot<'_>, command: NodeId, last: Option<Value>) -> Run<Value> {
        let NodeKind::Command(args) = tree.node(command).kind else { return Ok(Value::Invalid) };
        let args = tree.kids(args);
        let Some((first, rest)) = args.split_first() else { return Ok(Value::Invalid) };
        let operands = Operands { args: rest, last };
        match tree.node(*first).kind {
            NodeKind::Field(names) => {
                self.node = *first;
                let receiver = Receiver { value: dot.value, iface: dot.iface };
                self.fields(tree, dot, receiver, names, operands)
            }
            NodeKind::Chain { node, names } => self.chain(tree, dot, (*first, node, names), operands),
            NodeKind::Identifier { func, .. } => {
                self.node = *first;
                self.call(tree, dot, (func, command), operands)
            }
            NodeKind::Pipe { .. } => {
                self.not_a_function(tree, *first, &operands)?;
                self.pipeline(tree, dot, *first)
            }
            NodeKind::Variable { slot, names } => self.variable(tree, dot, (*first, slot, names), operands),
            kind => {
                self.node = *first;
                self.not_a_function(tree, *first, &operands)?;
                match kind {
                    NodeKind::Bool(flag) => Ok(Value::Bool(flag)),
                    NodeKind::Dot => Ok(dot.value.clone()),
                    NodeKind::Nil => Err(self.error(tree, "nil is not a command".to_owned())),
                    NodeKind::Number(number) => self.constant(tree, number),
                    NodeKind::Str(at) => Ok(Value::Str(self.literal(tree, at))),
                    _ => Ok(Value::Invalid),
                }
            }
        }
    }

    fn not_a_function(&self, tree: &Tree, first: NodeId, operands: &Operands<'_>) -> Run<()> {
        if !operands.any() {
            return Ok(());
        }
        Err(self.error(tree, format!("can't give argument to non-function {}", tree.display(first))))
    }

    /// A number literal where nothing says which type is wanted.
    fn constant(&self, tree: &Tree, at: u32) -> Run<Value> {
        let number = tree.number(at);
        let text = tree.bytes(number.text);
        if let Some((real, imaginary)) = number.complex {
            return Ok(super::complex::value(real, imaginary));
        }
        let hexadecimal =
            matches!(text, [b'0', b'x' | b'X', _, ..]) && !text.iter().any(|byte| matches!(byte, b'p' | b'P'));
        let looks_float = text.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E' | b'p' | b'P'));
        if let Some(float) = number.float
            && looks_float
            && !hexadecimal
            && !text.starts_with(b"'")
        {
            return Ok(Value::Float(float));
        }
        match number.int {
            Some(int) => Ok(Value::Int(int)),
            None => Err(self.error(tree, format!("{} overflows int", String::from_utf8_lossy(text)))),
        }
    }

    fn chain(
        &mut self,
        tree: &Tree,
        dot: Dot<'_>,
        (id, node, names): (NodeId, NodeId, Names),
        operands: Operands<'_>,
    ) -> Run<Value> {
        self.node = id;
        if matches!(tree.node(node).kind, NodeKind::Nil) {
            return Err(self.error(tree, format!("indirection through explicit nil in {}", tree.display(id))));
        }
        let value = self.operand(tree, dot, Param::Any, node)?;
        let pipe = matches!(tree.node(node).kind, NodeKind::Pipe { .. });
        let value = if pipe && matches!(value, Value::Nil) { Value::Invalid } else { value };
        self.fields(tree, dot, Receiver { value: &value, iface: false }, names, operands)
    }

    fn variable(
        &mut self,
        tree: &Tree,
        dot: Dot<'_>,
        (id, slot, names): (NodeId, u32, Names),
        operands: Operands<'_>,
    ) -> Run<Value> {
        self.node = id;
        let have = match self.vars.get(self.base + slot as usize) {
            Some(have) if slot != UNDEFINED_SLOT => have,
            _ => return Err(self.undefined(tree, names)),
        };
        if names.len == 1 {
            let value = have.value.clone();
            self.not_a_function(tree, id, &operands)?;
            return Ok(value);
        }
        let have = have.clone();
        let rest = Names { start: names.start + 1, len: names.len - 1 };
        self.fields(tree, dot, Receiver { value: &have.value, iface: have.iface }, rest, operands)
    }

    /// Walks `.a.b.c` from a receiver; only the last name gets the arguments.
    fn fields(
        &mut self,
        tree: &Tree,
        dot: Dot<'_>,
        receiver: Receiver<'_>,
        names: Names,
        operands: Operands<'_>,
    ) -> Run<Value> {
        let names = tree.names(names);
        let Some((last, front)) = names.split_last() else { return Ok(receiver.value.clone()) };
        let mut held;
        let mut receiver = receiver;
        for name in front {
            let iface = yields_interface(receiver.value);
            held = self.field(tree, dot, receiver, tree.bytes(*name), Operands { args: &[], last: None })?;
            receiver = Receiver { value: &held, iface };
        }
        self.field(tree, dot, receiver, tree.bytes(*last), operands)
    }

    fn field(
        &mut self,
        tree: &Tree,
        dot: Dot<'_>,
        receiver: Receiver<'_>,
        name: &[u8],
        operands: Operands<'_>,
    ) -> Run<Value> {
        match receiver.value {
            Value::Map(map) => {
                if matches!(map.kind(), MapKind::CommonValues | MapKind::ChartutilValues)
                    && let Some(method) = self.map_method(map.kind(), name)
                {
                    return self.call_map_method(tree, dot, (receiver.value, method), operands);
                }
                if operands.any() {
                    let name = String::from_utf8_lossy(name);
                    return Err(self.error(tree, format!("{name} is not a method but has arguments")));
                }
                if self.recorder.is_some() {
                    self.record_read(map, name, tree.node(self.node).pos);
                }
                match map.entries().get(name) {
                    Some(value) => Ok(value.clone()),
                    None if self.missing_key == MissingKey::Error => {
                        let key = super::quote(name);
                        Err(self.error(tree, format!("map has no entry for key {key}")))
                    }
                    None if map.kind() == MapKind::Text => Ok(Value::str("")),
                    None => Ok(Value::Nil),
                }
            }
            Value::Invalid => {
                if self.missing_key == MissingKey::Error {
                    let key = super::quote(name);
                    return Err(self.error(tree, format!("nil data; no entry for key {key}")));
                }
                Ok(Value::Invalid)
            }
            Value::Nil => {
                let name = String::from_utf8_lossy(name);
                Err(self.error(tree, format!("nil pointer evaluating interface {{}}.{name}")))
            }
            _ => self.member(tree, dot, receiver, name, operands),
        }
    }

    /// The method of a named map type: a function under the type's name.
    fn map_method(&self, kind: MapKind, name: &[u8]) -> Option<FuncId> {
        // Methods are few and begin with a capital, keys of values hardly ever do.
        if !name.first().is_some_and(u8::is_ascii_uppercase) {
            return None;
        }
        self.funcs.find_method(kind.go_type(), name)
    }

    fn call_map_method(
        &mut self,
        tree: &Tree,
        dot: Dot<'_>,
        (receiver, method): (&Value, FuncId),
        operands: Operands<'_>,
    ) -> Run<Value> {
        let node = self.node;
        let funcs = self.funcs;
        let func = funcs.get(method);
        let name = func.name.rsplit('.').next().unwrap_or(func.name);
        let params = func.params.get(1..).unwrap_or_default();
        self.check_count(tree, name, (params.len(), false), &operands)?;
        let mark = self.args.len();
        self.args.push(receiver.clone());
        let pushed = self.push_args(tree, dot, (params, false), operands);
        let args = self.args.split_off(mark);
        pushed?;
        self.node = node;
        let Body::Pure(body) = func.body else { return Ok(Value::Invalid) };
        self.method_result(tree, name, body(Args(&args)))
    }

    /// A field or method of a value that is no map.
    fn member(
        &mut self,
        tree: &Tree,
        dot: Dot<'_>,
        receiver: Receiver<'_>,
        name: &[u8],
        operands: Operands<'_>,
    ) -> Run<Value> {
        let name = String::from_utf8_lossy(name);
        if let Value::List(list) = receiver.value
            && let Some(method) = list.method(&name)
        {
            let args = self.method_args(tree, dot, (&name, method.params, false), operands)?;
            return self.method_result(tree, &name, (method.call)(list, &args));
        }
        if let Value::Object(object) = receiver.value {
            match object.field(&name) {
                Some(Field::Value(_)) if operands.any() && object.kind() == Kind::Map => {
                    return Err(self.error(tree, format!("{name} is not a method but has arguments")));
                }
                Some(Field::Value(_)) if operands.any() => {
                    let words = match object.kind() {
                        Kind::Map => "is not a method but has arguments",
                        _ => "has arguments but cannot be invoked as function",
                    };
                    return Err(self.error(tree, format!("{name} {words}")));
                }
                Some(Field::Value(value)) => return Ok(value),
                Some(Field::Method { params, variadic }) => {
                    let args = self.method_args(tree, dot, (&name, params, variadic), operands)?;
                    return self.method_result(tree, &name, object.call(&name, &args));
                }
                None => {}
            }
        }
        Err(self.error(tree, format!("can't evaluate field {name} in type {}", receiver.type_name())))
    }

    fn method_result(&mut self, tree: &Tree, name: &str, result: super::func::Outcome) -> Run<Value> {
        result.map_err(|fault| self.wrapped(tree, &format!("error calling {name}: "), fault.into()))
    }

    fn method_args(
        &mut self,
        tree: &Tree,
        dot: Dot<'_>,
        (name, params, variadic): (&str, &'static [&'static str], bool),
        operands: Operands<'_>,
    ) -> Run<Vec<Value>> {
        let node = self.node;
        let params: Vec<Param> = params.iter().map(|param| Param::named(param)).collect();
        self.check_count(tree, name, (params.len(), variadic), &operands)?;
        let mark = self.args.len();
        self.push_args(tree, dot, (&params, variadic), operands)?;
        self.node = node;
        Ok(self.args.split_off(mark))
    }

    /// Go's complaint about a wrong number of arguments.
    pub(super) fn check_count(
        &self,
        tree: &Tree,
        name: &str,
        (want, variadic): (usize, bool),
        operands: &Operands<'_>,
    ) -> Run<()> {
        let got = operands.args.len() + usize::from(operands.last.is_some());
        if variadic && got + 1 < want {
            let (want, got) = (want - 1, operands.args.len());
            return Err(self.error(tree, format!("wrong number of args for {name}: want at least {want} got {got}")));
        }
        if !variadic && got != want {
            return Err(self.error(tree, format!("wrong number of args for {name}: want {want} got {got}")));
        }
        Ok(())
    }

    /// Evaluates and checks all arguments and puts them on the argument stack.
    pub(super) fn push_args(
        &mut self,
        tree: &Tree,
        dot: Dot<'_>,
        (params, variadic): (&[Param], bool),
        operands: Operands<'_>,
    ) -> Run<()> {
        let param = |at: usize| match params.get(at) {
            Some(param) => *param,
            None if variadic => params.last().copied().unwrap_or(Param::Any),
            None => Param::Any,
        };
        let mark = self.args.len();
        for (at, arg) in operands.args.iter().enumerate() {
            match self.operand(tree, dot, param(at), *arg) {
                Ok(value) => self.args.push(value),
                Err(error) => {
                    self.args.truncate(mark);
                    return Err(error);
                }
            }
        }
        if let Some(last) = operands.last {
            match self.fit(tree, last, param(operands.args.len())) {
                Ok(value) => self.args.push(value),
                Err(error) => {
                    self.args.truncate(mark);
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Evaluates one operand for a parameter of a type.
    pub(super) fn operand(&mut self, tree: &Tree, dot: Dot<'_>, param: Param, id: NodeId) -> Run<Value> {
        self.node = id;
        let none = Operands { args: &[], last: None };
        let value = match tree.node(id).kind {
            NodeKind::Dot => dot.value.clone(),
            NodeKind::Nil if param.can_be_nil() => return Ok(param.zero()),
            NodeKind::Nil => return Err(self.error(tree, format!("cannot assign nil to {}", param.go_type()))),
            NodeKind::Field(names) => {
                self.fields(tree, dot, Receiver { value: dot.value, iface: dot.iface }, names, none)?
            }
            NodeKind::Variable { slot, names } => self.variable(tree, dot, (id, slot, names), none)?,
            NodeKind::Pipe { .. } => self.pipeline(tree, dot, id)?,
            NodeKind::Identifier { func, .. } => self.call(tree, dot, (func, id), none)?,
            NodeKind::Chain { node, names } => self.chain(tree, dot, (id, node, names), none)?,
            kind => return self.constant_for(tree, param, id, kind),
        };
        self.fit(tree, value, param)
    }

    /// A literal for a parameter of a type.
    fn constant_for(&mut self, tree: &Tree, param: Param, id: NodeId, kind: NodeKind) -> Run<Value> {
        let expected = match (param, kind) {
            (Param::Any | Param::Reflect, NodeKind::Number(number)) => return self.constant(tree, number),
            (Param::Any | Param::Reflect | Param::Str, NodeKind::Str(at)) => {
                return Ok(Value::Str(self.literal(tree, at)));
            }
            (Param::Any | Param::Reflect | Param::Bool, NodeKind::Bool(flag)) => return Ok(Value::Bool(flag)),
            (Param::Int | Param::Int64, NodeKind::Number(number)) => match tree.number(number).int {
                Some(int) if param == Param::Int64 => return Ok(Value::Int64(int)),
                Some(int) => return Ok(Value::Int(int)),
                None => "integer",
            },
            (Param::Uint32, NodeKind::Number(number)) => match tree.number(number).uint {
                Some(uint) => return Ok(Value::Uint64(u64::from(uint as u32))),
                None => "unsigned integer",
            },
            (Param::Float, NodeKind::Number(number)) => match tree.number(number).float {
                Some(float) => return Ok(Value::Float(float)),
                None => "float",
            },
            (Param::Struct(DURATION), NodeKind::Number(number)) => match tree.number(number).int {
                Some(int) => return Ok(Value::Int64(int)),
                None => "integer",
            },
            (Param::Struct(DURATION), _) => "integer",
            (Param::Bool, _) => "bool",
            (Param::Str, _) => "string",
            (Param::Int | Param::Int64, _) => "integer",
            (Param::Uint32, _) => "unsigned integer",
            (Param::Float, _) => "float",
            _ => {
                let words = format!("can't handle {} for arg of type {}", tree.display(id), param.go_type());
                return Err(self.error(tree, words));
            }
        };
        Err(self.error(tree, format!("expected {expected}; found {}", tree.display(id))))
    }

    /// Checks that a value may be passed for a parameter (Go's `validateType`).
    pub(super) fn fit(&self, tree: &Tree, value: Value, param: Param) -> Run<Value> {
        match (&value, param) {
            (Value::Invalid, Param::Reflect) => return Ok(value),
            (Value::Invalid, _) if param.can_be_nil() => return Ok(param.zero()),
            (Value::Invalid, _) => {
                return Err(self.error(tree, format!("invalid value; expected {}", param.go_type())));
            }
            (Value::Object(object), Param::Any) => return Ok(object.copied().unwrap_or(value)),
            _ if param.admits(&value) => return Ok(value),
            _ => {}
        }
        if let (Value::Object(object), Param::Struct(name)) = (&value, param)
            && object.go_type().strip_prefix('*') == Some(name)
        {
            return Ok(value);
        }
        let found = if matches!(value, Value::Nil) { "interface {}".into() } else { value.go_type() };
        Err(self.error(tree, format!("wrong type for value; expected {}; got {found}", param.go_type())))
    }

    /// Whether a body needs its arguments one at a time.
    pub(super) fn is_lazy(body: Body) -> bool {
        matches!(body, Body::And | Body::Or)
    }
}

/// The one named integer type that methods take; integer literals fit it, other integers do not.
const DURATION: &str = "time.Duration";

/// Whether what a receiver's field holds is an `interface {}` for Go.
fn yields_interface(receiver: &Value) -> bool {
    match receiver {
        Value::Map(map) => map.kind() != MapKind::Text,
        _ => false,
    }
}
