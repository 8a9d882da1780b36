//! The walk over a parsed template that writes text. The reference is Go's `text/template` executor.

use super::error::{ExecError, Raised};
use super::func::FuncTable;
use super::node::{NodeId, NodeKind, Tree};
use super::quote;
use super::set::{Overlays, TemplateFile, TemplateId, TemplateSet};
use super::trace::{Recorder, Records};
use super::unseen::Sight;
use crate::diagnostic::Fault;
use crate::value::print::{write_printable, write_value};
use crate::value::{Text, Value};
use crate::world::World;
use std::collections::HashMap;
use std::sync::Arc;

/// What one execution may use up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Nodes and commands walked.
    pub steps: u64,
    /// Bytes that all templates together hold in their outputs at one time.
    pub output: usize,
    /// Templates within templates, `include` and `tpl` counted.
    pub depth: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { steps: 100_000_000, output: 256 << 20, depth: 10_000 }
    }
}

/// What a missing map key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum MissingKey {
    /// The zero value of the map's element type (Go's `missingkey=zero`).
    #[default]
    Zero,
    /// An error (Go's `missingkey=error`).
    Error,
}

/// The name under which `tpl` texts are parsed, as in Helm.
pub const TPL_NAME: &str = "gotpl";
/// What an action writes for nothing.
const NO_VALUE: &[u8] = b"<no value>";
/// How many parsed `tpl` texts are kept for their next use.
const KEPT_TEXTS: usize = 4_096;

pub(super) type Run<T> = Result<T, Box<ExecError>>;

/// How a walk ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Next,
    Break,
    Continue,
}

/// The value of the dot, and whether Go holds it as an `interface {}`, which only error texts tell.
#[derive(Clone, Copy)]
pub(super) struct Dot<'v> {
    pub(super) value: &'v Value,
    pub(super) iface: bool,
}

impl<'v> Dot<'v> {
    pub(super) fn concrete(value: &'v Value) -> Dot<'v> {
        Dot { value, iface: false }
    }
}

/// A variable.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub(super) value: Value,
    pub(super) iface: bool,
}

/// The execution of templates of one set, one after the other.
pub struct Exec<'a> {
    set: &'a TemplateSet,
    overlays: Overlays,
    pub(super) funcs: &'a FuncTable,
    pub(super) world: &'a dyn World,
    limits: Limits,
    pub(super) missing_key: MissingKey,
    out: Vec<u8>,
    pub(super) vars: Vec<Slot>,
    pub(super) base: usize,
    pub(super) args: Vec<Value>,
    pub(super) node: NodeId,
    pub(super) template: TemplateId,
    literals: Vec<Vec<Option<Text>>>,
    texts: HashMap<Text, Arc<Tree>, foldhash::fast::FixedState>,
    nesting: HashMap<TemplateId, u32, foldhash::fast::FixedState>,
    steps: u64,
    depth: u32,
    pub(super) recorder: Option<Box<Recorder>>,
    pub(super) sight: Sight,
}

impl<'a> Exec<'a> {
    /// An execution of templates of `set`.
    pub fn new(set: &'a TemplateSet, funcs: &'a FuncTable, world: &'a dyn World, limits: Limits) -> Exec<'a> {
        Exec {
            set,
            overlays: Overlays::default(),
            funcs,
            world,
            limits,
            missing_key: MissingKey::Zero,
            out: Vec::new(),
            vars: Vec::new(),
            base: 0,
            args: Vec::new(),
            node: NodeId(0),
            template: TemplateId { file: 0, definition: 0 },
            literals: vec![Vec::new(); set.files.len()],
            texts: HashMap::default(),
            nesting: HashMap::default(),
            steps: 0,
            depth: 0,
            recorder: None,
            sight: Sight::Seen,
        }
    }

    /// Sets what a missing map key is.
    pub fn missing_key(mut self, missing_key: MissingKey) -> Exec<'a> {
        self.missing_key = missing_key;
        self
    }

    /// Records from now on what is written and read.
    pub fn record(&mut self, recorder: Recorder) {
        self.recorder = Some(Box::new(recorder));
    }

    /// Stops recording and returns what was recorded.
    pub fn recorded(&mut self) -> Option<Recorder> {
        self.recorder.take().map(|recorder| *recorder)
    }

    /// The recorder, if there is one.
    pub fn recorder(&mut self) -> Option<&mut Recorder> {
        self.recorder.as_deref_mut()
    }

    /// The world of this execution.
    pub fn world(&self) -> &'a dyn World {
        self.world
    }

    /// Executes a named template and hands its output to `done` before it is forgotten.
    ///
    /// # Errors
    /// An [`ExecError`] with Go's text; a name that no template has is one, too.
    pub fn execute<T>(&mut self, name: &str, data: &Value, done: impl FnOnce(&[u8]) -> T) -> Result<T, Box<ExecError>> {
        let mark = self.out.len();
        let result = match self.find(name.as_bytes()) {
            Some(id) => self.enter(id, data),
            None => Err(Box::new(ExecError::new(missing_template(name.as_bytes()), None))),
        };
        let result = result.map(|()| done(&self.out[mark..]));
        self.out.truncate(mark);
        result
    }

    /// Executes a named template into a text, as `include` does; `most` is how often the same name may be nested.
    pub fn include(&mut self, name: &[u8], data: &Value, most: u32) -> Result<Text, Raised> {
        let Some(id) = self.find(name) else {
            return Err(Raised::Fault(Fault::new(missing_template(name)).hint(self.nearest(name))));
        };
        let nested = self.nesting.entry(id).or_insert(0);
        if *nested > most {
            let name = String::from_utf8_lossy(name);
            return Err(Raised::Fault(Fault::new(format!(
                "rendering template has a nested reference name: {name}: unable to execute template"
            ))));
        }
        *nested += 1;
        let result = self.captured(|exec| exec.enter(id, data));
        if let Some(nested) = self.nesting.get_mut(&id) {
            *nested -= 1;
        }
        result.map_err(Raised::Exec)
    }

    /// Parses and executes a text, as `tpl` does; the templates that it defines live as long as its execution.
    pub fn tpl(&mut self, text: &Text, data: &Value) -> Result<Text, Raised> {
        if memchr::memmem::find(text, b"{{").is_none() {
            return Ok(without_no_value(text));
        }
        let tree = self.parse(text)?;
        let file = TemplateFile { name: TPL_NAME.into(), tree: tree.clone() };
        let main = tree.definitions.iter().position(|definition| definition.name.is_none()).unwrap_or_default();
        let number = self.overlays.push(self.set.files.len(), file);
        let at = number as usize;
        self.literals.resize_with(at, Vec::new);
        self.literals.push(Vec::new());
        let id = TemplateId { file: number, definition: main as u32 };
        let result = self.captured(|exec| exec.enter(id, data));
        self.overlays.pop();
        self.literals.truncate(at);
        let words = || format!("error during tpl function execution for {}: ", quote(text));
        result.map(|text| without_no_value(&text)).map_err(|error| Raised::Exec(Box::new(error.wrap(words(), None))))
    }

    fn parse(&mut self, text: &Text) -> Result<Arc<Tree>, Raised> {
        if let Some(tree) = self.texts.get(text.as_bytes()) {
            return Ok(tree.clone());
        }
        let parsed = super::parser::parse(bytes::Bytes::copy_from_slice(text), self.funcs);
        let tree = Arc::new(parsed.map_err(|error| {
            let inner = ExecError::new(error.go_text(TPL_NAME), None);
            let words = format!("cannot parse template {}: ", quote(text));
            Raised::Exec(Box::new(inner.wrap(words, None)))
        })?);
        if self.texts.len() < KEPT_TEXTS {
            self.texts.insert(text.clone(), tree.clone());
        }
        Ok(tree)
    }

    fn captured(&mut self, run: impl FnOnce(&mut Self) -> Run<()>) -> Run<Text> {
        let mark = self.out.len();
        if let Some(recorder) = &mut self.recorder {
            recorder.begin_capture();
        }
        let result = run(self);
        let text = result.map(|()| Text::from(&self.out[mark..]));
        self.out.truncate(mark);
        if let Some(recorder) = &mut self.recorder {
            recorder.end_capture(mark, text.as_ref().ok());
        }
        text
    }

    fn find(&self, name: &[u8]) -> Option<TemplateId> {
        self.overlays.find(name).or_else(|| self.set.find(name))
    }

    fn nearest(&self, name: &[u8]) -> String {
        let near = crate::diagnostic::nearest(&String::from_utf8_lossy(name), self.set.names().into_iter());
        match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "define it in a partial (a file whose name starts with `_`)".to_owned(),
        }
    }

    pub(super) fn file(&self, number: u32) -> &TemplateFile {
        match self.set.files.get(number as usize) {
            Some(file) => file,
            None => self.overlays.file(self.set.files.len(), number).unwrap_or(&self.set.files[0]),
        }
    }

    /// Runs a template with a fresh set of variables and puts the state of the caller back.
    fn enter(&mut self, id: TemplateId, data: &Value) -> Run<()> {
        let tree = Arc::clone(&self.file(id.file).tree);
        let Some(definition) = tree.definitions.get(id.definition as usize) else { return Ok(()) };
        self.depth += 1;
        if self.depth > self.limits.depth {
            let message = format!("templates nest deeper than {} (limit `depth`)", self.limits.depth);
            self.depth -= 1;
            return Err(Box::new(ExecError::new(message, None)));
        }
        let caller = (self.base, self.node, self.template);
        self.base = self.vars.len();
        self.template = id;
        // The dot of a template is never held as an interface, so nil is nothing there.
        let data = if data.is_nil() { &Value::Invalid } else { data };
        self.vars.push(Slot { value: data.clone(), iface: false });
        let slots = self.base + definition.slots as usize;
        self.vars.resize(slots, Slot { value: Value::Invalid, iface: false });
        let result = self.walk(&tree, Dot::concrete(data), definition.root);
        self.vars.truncate(self.base);
        (self.base, self.node, self.template) = caller;
        self.depth -= 1;
        result.map(|_| ())
    }

    pub(super) fn walk(&mut self, tree: &Tree, dot: Dot<'_>, id: NodeId) -> Run<Flow> {
        self.step(tree)?;
        self.node = id;
        match tree.node(id).kind {
            NodeKind::Text(run) => {
                if let Some(recorder) = &mut self.recorder {
                    recorder.text(self.out.len(), self.template, run.start);
                    recorder.visit(self.template.file, id);
                }
                self.write(tree, tree.bytes(run))?;
            }
            NodeKind::Action { pipe } => self.walk_action(tree, dot, id, pipe)?,
            NodeKind::If { pipe, list, otherwise } => {
                let value = self.pipeline(tree, dot, pipe)?;
                return self.walk_choice(tree, dot, (id, value.truth()), list, otherwise);
            }
            NodeKind::With { pipe, list, otherwise } => {
                let value = self.pipeline(tree, dot, pipe)?;
                let truth = value.truth();
                let inner = if truth { Dot::concrete(&value) } else { dot };
                return self.walk_choice(tree, inner, (id, truth), list, otherwise);
            }
            NodeKind::Range { pipe, list, otherwise } => {
                return self.walk_range(tree, dot, id, (pipe, list, otherwise));
            }
            NodeKind::Template { name, pipe } => self.walk_template(tree, dot, id, (name, pipe))?,
            NodeKind::List(run) => {
                self.record_visit(id);
                for at in run.range() {
                    let flow = self.walk(tree, dot, tree.kids[at])?;
                    if flow != Flow::Next {
                        return Ok(flow);
                    }
                }
            }
            NodeKind::Break => return Ok(Flow::Break),
            NodeKind::Continue => return Ok(Flow::Continue),
            _ => {}
        }
        Ok(Flow::Next)
    }

    pub(super) fn step(&mut self, tree: &Tree) -> Run<()> {
        self.steps += 1;
        if self.steps <= self.limits.steps {
            return Ok(());
        }
        let message = format!("template takes more than {} steps (limit `steps`)", self.limits.steps);
        Err(self.error(tree, message))
    }

    fn write(&mut self, tree: &Tree, bytes: &[u8]) -> Run<()> {
        if self.out.len() + bytes.len() > self.limits.output {
            let message = format!("output is larger than {} bytes (limit `output`)", self.limits.output);
            return Err(self.error(tree, message));
        }
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    fn walk_choice(
        &mut self,
        tree: &Tree,
        dot: Dot<'_>,
        (id, truth): (NodeId, bool),
        list: NodeId,
        otherwise: Option<NodeId>,
    ) -> Run<Flow> {
        if truth {
            return self.walk(tree, dot, list);
        }
        match otherwise {
            Some(otherwise) => self.walk(tree, dot, otherwise),
            None => {
                self.record_pass(id);
                Ok(Flow::Next)
            }
        }
    }

    fn walk_action(&mut self, tree: &Tree, dot: Dot<'_>, id: NodeId, pipe: NodeId) -> Run<()> {
        let captures = match &mut self.recorder {
            Some(recorder) => {
                recorder.visit(self.template.file, id);
                recorder.captures()
            }
            None => 0,
        };
        let value = self.pipeline(tree, dot, pipe)?;
        let NodeKind::Pipe { decls, .. } = tree.node(pipe).kind else { return Ok(()) };
        if decls.len > 0 {
            return Ok(());
        }
        self.node = id;
        if self.recorder.is_some() {
            self.record_print(tree, &value, id);
        }
        let start = self.out.len();
        match &value {
            Value::Str(text) => self.write(tree, text)?,
            Value::Invalid | Value::Nil => self.write(tree, NO_VALUE)?,
            value => {
                if matches!(value, Value::Object(object) if object.kind() == crate::value::Kind::Func) {
                    let message = format!("can't print {} of type {}", tree.display(id), value.go_type());
                    return Err(self.error(tree, message));
                }
                if let Err(fault) = write_printable(&mut self.out, value) {
                    return Err(self.error(tree, fault.message().to_owned()));
                }
                self.write(tree, b"")?;
            }
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.action(captures, start, self.template, tree.node(id).pos);
        }
        Ok(())
    }

    fn walk_template(&mut self, tree: &Tree, dot: Dot<'_>, id: NodeId, (name, pipe): (u32, Option<NodeId>)) -> Run<()> {
        let name = tree.string(name);
        self.record_visit(id);
        let Some(target) = self.find(name) else {
            return Err(self.error(tree, format!("template {} not defined", quote(name))));
        };
        let value = match pipe {
            Some(pipe) => self.pipeline(tree, dot, pipe)?,
            None => Value::Invalid,
        };
        self.node = id;
        self.enter(target, &value)
    }

    pub(super) fn set_variable(&mut self, tree: &Tree, variable: NodeId, value: Slot) -> Run<()> {
        let NodeKind::Variable { slot, names } = tree.node(variable).kind else { return Ok(()) };
        let at = self.base + slot as usize;
        if slot == super::parser::UNDEFINED_SLOT || at >= self.vars.len() {
            return Err(self.undefined(tree, names));
        }
        self.keep_variable(at);
        self.vars[at] = value;
        Ok(())
    }

    /// A literal as a value; made once for each execution.
    pub(super) fn literal(&mut self, tree: &Tree, at: u32) -> Text {
        let Some(texts) = self.literals.get_mut(self.template.file as usize) else {
            return Text::from(tree.string(at));
        };
        if texts.is_empty() {
            texts.resize(tree.strings.len(), None);
        }
        match texts.get_mut(at as usize) {
            Some(slot) => slot.get_or_insert_with(|| Text::from(tree.string(at))).clone(),
            None => Text::from(tree.string(at)),
        }
    }

    pub(super) fn record_read(&mut self, map: &crate::value::Map, key: &[u8], pos: u32) {
        if let Some(recorder) = &mut self.recorder
            && recorder.notes(Records::Reads)
        {
            recorder.read(map, key, self.template, pos);
        }
    }

    /// Notes an action that writes a whole map or list, or nothing because its value is not set.
    fn record_print(&mut self, tree: &Tree, value: &Value, id: NodeId) {
        let pos = tree.node(id).pos;
        let Some(recorder) = &mut self.recorder else { return };
        match value {
            Value::Map(_) | Value::List(_) if recorder.notes(Records::Reads) => {
                recorder.read_value(value, self.template, pos);
            }
            Value::Nil | Value::Invalid => recorder.unset(self.template, pos, &tree.display(id)),
            _ => {}
        }
    }
}

/// A value in an error message; what is too deep to print is left out.
pub(super) fn printed(value: &Value) -> String {
    let mut text = Vec::new();
    let _ = write_value(&mut text, value);
    String::from_utf8_lossy(&text).into_owned()
}

fn missing_template(name: &[u8]) -> String {
    format!("template: no template {} associated with template \"{TPL_NAME}\"", quote(name))
}

/// The text without `<no value>`, which Helm takes out of all output.
pub fn without_no_value(text: &Text) -> Text {
    if memchr::memmem::find(text, NO_VALUE).is_none() {
        return text.clone();
    }
    let mut out = Vec::with_capacity(text.len());
    append_without_no_value(&mut out, text);
    Text::from(out)
}

/// Where a text has `<no value>`.
pub(crate) fn no_values(text: &[u8]) -> Vec<usize> {
    memchr::memmem::find_iter(text, NO_VALUE).collect()
}

/// Where an offset in a text comes to lie once the `<no value>`s at `gaps` are taken out.
pub(crate) fn without_gaps(offset: usize, gaps: &[usize]) -> usize {
    let before = gaps.partition_point(|gap| *gap < offset);
    let inside = before
        .checked_sub(1)
        .and_then(|last| gaps.get(last))
        .map_or(0, |gap| (gap + NO_VALUE.len()).saturating_sub(offset));
    (offset + inside).saturating_sub(before * NO_VALUE.len())
}

/// Appends a text without `<no value>`.
pub(crate) fn append_without_no_value(out: &mut Vec<u8>, text: &[u8]) {
    let mut rest = text;
    while let Some(found) = memchr::memmem::find(rest, NO_VALUE) {
        out.extend_from_slice(&rest[..found]);
        rest = &rest[found + NO_VALUE.len()..];
    }
    out.extend_from_slice(rest);
}
