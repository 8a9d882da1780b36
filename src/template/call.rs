//! Calls of functions.

use super::eval::Operands;
use super::exec::{Dot, Exec, Run};
use super::func::{Args, Body, Effect, FuncId, Param};
use super::node::{NodeId, NodeKind, Tree};
use super::trace::Records;
use crate::diagnostic::Fault;
use crate::value::{List, ListKind, Map, MapKind, Value};

impl Param {
    /// The parameter type that Go prints so.
    pub(super) fn named(name: &'static str) -> Param {
        match name {
            "interface {}" => Param::Any,
            "string" => Param::Str,
            "bool" => Param::Bool,
            "int" => Param::Int,
            "int64" => Param::Int64,
            "uint32" => Param::Uint32,
            "float64" => Param::Float,
            "map[string]interface {}" => Param::Map,
            "map[string]string" => Param::TextMap,
            "[]interface {}" => Param::List,
            "[]string" => Param::TextList,
            name if name.starts_with('*') => Param::Pointer(name),
            name => Param::Struct(name),
        }
    }

    /// Whether nil may be passed.
    pub(super) fn can_be_nil(self) -> bool {
        use Param::{Bool, Float, Int, Int64, Str, Struct, Uint32};
        !matches!(self, Str | Bool | Int | Int64 | Uint32 | Float | Struct(_))
    }

    /// The nil of the type.
    pub(super) fn zero(self) -> Value {
        match self {
            Param::Reflect => Value::Invalid,
            Param::Map => Value::Map(Map::nil(MapKind::Any)),
            Param::TextMap => Value::Map(Map::nil(MapKind::Text)),
            Param::List => Value::List(List::nil(ListKind::Any)),
            Param::TextList => Value::List(List::nil(ListKind::Text)),
            _ => Value::Nil,
        }
    }
}

impl Exec<'_> {
    /// Calls a function. `node` is what an error of the function itself is shown at.
    pub(super) fn call(
        &mut self,
        tree: &Tree,
        dot: Dot<'_>,
        (func, node): (FuncId, NodeId),
        operands: Operands<'_>,
    ) -> Run<Value> {
        self.step(tree)?;
        let funcs = self.funcs;
        let func = funcs.get(func);
        self.check_count(tree, func.name, (func.params.len(), func.variadic), &operands)?;
        if Exec::is_lazy(func.body) {
            return self.choose(tree, dot, matches!(func.body, Body::Or), operands);
        }
        let mark = self.args.len();
        let operand_nodes = operands.args;
        let params = (func.params, func.variadic);
        if func.effect == Effect::Seals && operands.last.is_none() {
            self.unseen(|exec| {
                exec.args.truncate(mark);
                exec.push_args(tree, dot, params, Operands { args: operand_nodes, last: None })
            })?;
        } else {
            self.push_args(tree, dot, params, operands)?;
        }
        if func.name == "slice" && func.params.first() == Some(&Param::Reflect) {
            self.check_slice_indexes(tree, operand_nodes, node)?;
        }
        if self.recorder.as_ref().is_some_and(|recorder| recorder.notes(Records::Reads)) {
            self.record_args(tree, func.name, mark);
        }
        if func.effect == Effect::Changes {
            self.keep_map(mark);
        }
        let result = match func.body {
            Body::Pure(body) => {
                let result = body(Args(&self.args[mark..]));
                self.args.truncate(mark);
                result.map_err(super::error::Raised::Fault)
            }
            Body::World(body) => {
                let result = self.in_world(|world| body(world, Args(&self.args[mark..])));
                self.args.truncate(mark);
                result.map_err(super::error::Raised::Fault)
            }
            Body::Exec(body) => {
                let args = self.args.split_off(mark);
                let current = self.node;
                let result = body(self, Args(&args));
                self.node = current;
                result
            }
            Body::Call | Body::And | Body::Or => {
                let args = self.args.split_off(mark);
                let callee = operand_nodes.first().map(|id| tree.display(*id)).unwrap_or_default();
                Err(not_callable(&args, &callee).into())
            }
        };
        match result {
            Ok(value) => Ok(value),
            Err(raised) => {
                self.node = node;
                Err(self.wrapped(tree, &format!("error calling {}: ", func.name), raised))
            }
        }
    }

    /// `and` and `or`: the first argument that decides, or the last one.
    fn choose(&mut self, tree: &Tree, dot: Dot<'_>, wanted: bool, operands: Operands<'_>) -> Run<Value> {
        let mut value = Value::Invalid;
        for arg in operands.args {
            value = self.operand(tree, dot, Param::Reflect, *arg)?;
            if value.truth() == wanted {
                return Ok(value);
            }
        }
        Ok(operands.last.unwrap_or(value))
    }

    /// Go's `slice` looks at its indexes without unpacking interfaces, so that one read from a map is refused.
    fn check_slice_indexes(&mut self, tree: &Tree, operands: &[NodeId], node: NodeId) -> Run<()> {
        let boxed = operands.iter().skip(1).any(|id| matches!(tree.node(*id).kind, NodeKind::Field(_)));
        if !boxed {
            return Ok(());
        }
        self.args.truncate(self.args.len() - operands.len().min(self.args.len()));
        self.node = node;
        let fault = Fault::new("cannot index slice/array with type interface {}");
        Err(self.wrapped(tree, "error calling slice: ", fault.into()))
    }

    fn record_args(&mut self, tree: &Tree, name: &str, mark: usize) {
        let pos = tree.node(self.node).pos;
        let template = self.template;
        let Some(recorder) = &mut self.recorder else { return };
        let args = self.args.get(mark..).unwrap_or_default();
        let keys = matches!(name, "index" | "get" | "hasKey" | "dig" | "pluck");
        for value in args {
            if let (true, Value::Map(map)) = (keys, value) {
                for key in args.iter().filter_map(Value::as_str) {
                    recorder.read(map, key, template, pos);
                }
                continue;
            }
            if matches!(value, Value::Map(_) | Value::List(_)) && !PASSING.contains(&name) {
                recorder.read_value(value, template, pos);
            }
        }
    }
}

/// Functions that hand a map on, or look at no more of it than whether it is there.
const PASSING: &[&str] = &[
    "and",
    "append",
    "coalesce",
    "concat",
    "default",
    "dict",
    "empty",
    "eq",
    "fail",
    "first",
    "include",
    "kindIs",
    "kindOf",
    "len",
    "list",
    "ne",
    "not",
    "or",
    "prepend",
    "required",
    "set",
    "ternary",
    "tpl",
    "tuple",
    "typeIs",
    "typeIsLike",
    "typeOf",
];

fn not_callable(args: &[Value], callee: &str) -> Fault {
    match args.first() {
        None | Some(Value::Invalid | Value::Nil) => Fault::new("call of nil"),
        Some(value) => Fault::new(format!("non-function {callee} of type {}", value.go_type())),
    }
}
