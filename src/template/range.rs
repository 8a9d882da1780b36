//! The `range` action.

use super::error::ExecError;
use super::exec::{Dot, Exec, Flow, Run, Slot, printed};
use super::node::{NodeId, NodeKind, Tree};
use super::trace::Records;
use crate::value::{MapKind, Value};

/// What a range runs for each item: its body, and the variables it declares.
struct Range<'t> {
    list: NodeId,
    decls: &'t [NodeId],
}

impl Exec<'_> {
    pub(super) fn walk_range(
        &mut self,
        tree: &Tree,
        dot: Dot<'_>,
        id: NodeId,
        (pipe, list, otherwise): (NodeId, NodeId, Option<NodeId>),
    ) -> Run<Flow> {
        let value = self.pipeline(tree, dot, pipe)?;
        let NodeKind::Pipe { decls, .. } = tree.node(pipe).kind else { return Ok(Flow::Next) };
        let over = Range { list, decls: tree.kids(decls) };
        let mut ran = false;
        match &value {
            Value::Invalid | Value::Nil => {}
            Value::List(items) => {
                let iface = !items.kind().is_concrete();
                for (at, item) in items.iter().enumerate() {
                    ran = true;
                    let key = Value::Int(at as i64);
                    if !self.iteration(tree, &over, key, Dot { value: item, iface })? {
                        break;
                    }
                }
            }
            Value::Map(map) => {
                let iface = map.kind() != MapKind::Text;
                if let Some(recorder) = &mut self.recorder
                    && recorder.notes(Records::Reads)
                {
                    recorder.read_all(map, self.template, tree.node(pipe).pos);
                }
                for (key, item) in map.snapshot() {
                    ran = true;
                    if !self.iteration(tree, &over, Value::Str(key), Dot { value: &item, iface })? {
                        break;
                    }
                }
            }
            Value::Int(_) | Value::Int64(_) | Value::Uint64(_) | Value::Uint8(_) => {
                ran = self.walk_count(tree, &over, &value)?;
            }
            Value::Object(object) if object.underlying().is_some() || object.entries().is_some() => {
                ran = self.walk_object(tree, &over, &value)?;
            }
            _ => return Err(self.cannot_range(tree, &value)),
        }
        match otherwise {
            Some(otherwise) if !ran => self.walk(tree, dot, otherwise),
            None if !ran => {
                self.record_pass(id);
                Ok(Flow::Next)
            }
            _ => Ok(Flow::Next),
        }
    }

    fn cannot_range(&self, tree: &Tree, value: &Value) -> Box<ExecError> {
        self.error(tree, format!("range can't iterate over {}", printed(value)))
    }

    fn walk_count(&mut self, tree: &Tree, over: &Range<'_>, count: &Value) -> Run<bool> {
        if over.decls.len() > 1 {
            let text = printed(count);
            return Err(self.error(tree, format!("can't use {text} to iterate over more than one variable")));
        }
        let (end, make): (u64, fn(u64) -> Value) = match count {
            Value::Int(end) => (u64::try_from(*end).unwrap_or(0), |at| Value::Int(at as i64)),
            Value::Int64(end) => (u64::try_from(*end).unwrap_or(0), |at| Value::Int64(at as i64)),
            Value::Uint64(end) => (*end, Value::Uint64),
            Value::Uint8(end) => (u64::from(*end), |at| Value::Uint8(at as u8)),
            _ => (0, Value::Uint64),
        };
        for at in 0..end {
            let value = make(at);
            if !self.iteration(tree, over, Value::Invalid, Dot::concrete(&value))? {
                break;
            }
        }
        Ok(end > 0)
    }

    fn walk_object(&mut self, tree: &Tree, over: &Range<'_>, value: &Value) -> Run<bool> {
        let Value::Object(object) = value else { return Ok(false) };
        if let Some(entries) = object.entries() {
            let ran = !entries.is_empty();
            for (key, item) in entries {
                if !self.iteration(tree, over, Value::Str(key), Dot::concrete(&item))? {
                    break;
                }
            }
            return Ok(ran);
        }
        match object.underlying() {
            Some(count @ (Value::Int(_) | Value::Int64(_))) => self.walk_count(tree, over, &count),
            _ => Err(self.cannot_range(tree, value)),
        }
    }

    /// Runs the body of a range once and reports whether the loop goes on.
    fn iteration(&mut self, tree: &Tree, over: &Range<'_>, key: Value, item: Dot<'_>) -> Run<bool> {
        let element = Slot { value: item.value.clone(), iface: item.iface };
        match over.decls {
            [] => {}
            [variable] => self.set_variable(tree, *variable, element)?,
            [first, second, ..] => {
                self.set_variable(tree, *first, Slot { value: key, iface: false })?;
                self.set_variable(tree, *second, element)?;
            }
        }
        Ok(self.walk(tree, item, over.list)? != Flow::Break)
    }
}
