//! A parsed template text as a plain tree of owned parts, for those who read templates without executing them.

use super::node::{NodeId, NodeKind, Run, Tree};
use super::set::{TemplateId, TemplateSet};

/// One part of a template's body, in the order of the text.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Text that is written as it stands.
    Text(Vec<u8>),
    /// An action that writes its pipeline's value, or only sets variables.
    Action(Pipe),
    /// `if`, `with` or `range`.
    Block {
        /// Which of them.
        kind: BlockKind,
        /// What it asks or goes over.
        pipe: Pipe,
        /// Its body.
        body: Vec<Part>,
        /// The body of its `else`.
        otherwise: Vec<Part>,
    },
    /// `template`.
    Template {
        /// The name of the template.
        name: Vec<u8>,
        /// The value of its dot.
        pipe: Option<Pipe>,
    },
}

/// The kinds of [`Part::Block`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockKind {
    /// `if`.
    If,
    /// `with`.
    With,
    /// `range`.
    Range,
}

/// A pipeline.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pipe {
    /// Byte offset in the template's text.
    pub pos: u32,
    /// The slots of the variables that it sets.
    pub variables: Vec<u32>,
    /// Whether the variables were declared before (`=` instead of `:=`).
    pub assigns: bool,
    /// Its commands: operands, the first of which may be a function.
    pub commands: Vec<Vec<Operand>>,
}

/// One word of a command.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// A function of this name.
    Function(String),
    /// `.a.b`.
    Field(Vec<String>),
    /// `$x.a.b`; slot 0 is `$`.
    Variable(u32, Vec<String>),
    /// `(pipe).a.b`, with no names for a pipe in parentheses.
    Chain(Box<Operand>, Vec<String>),
    /// A pipeline in parentheses.
    Pipe(Pipe),
    /// `.`.
    Dot,
    /// `nil`.
    Nil,
    /// `true` or `false`.
    Bool(bool),
    /// A number as it is written.
    Number(String),
    /// A text.
    Str(Vec<u8>),
}

impl TemplateSet {
    /// The body of a template; nothing if it is of another set.
    pub fn body(&self, id: TemplateId) -> Vec<Part> {
        let Some(file) = self.files.get(id.file()) else { return Vec::new() };
        file.tree.definition(id.definition as usize)
    }

    /// What tells the body of a template from all others, as long as the set or a clone of its trees lives.
    pub(crate) fn body_key(&self, id: TemplateId) -> Option<(usize, u32)> {
        let tree = &self.files.get(id.file())?.tree;
        Some((std::sync::Arc::as_ptr(tree).addr(), id.definition))
    }

    /// The template that is the text of this name itself.
    pub fn main(&self, file: usize) -> Option<TemplateId> {
        let tree = &self.files.get(file)?.tree;
        let at = tree.definitions.iter().position(|definition| definition.name.is_none())?;
        Some(TemplateId { file: u32::try_from(file).ok()?, definition: u32::try_from(at).ok()? })
    }
}

impl Tree {
    /// The body of the text itself.
    pub fn body(&self) -> Vec<Part> {
        let main = self.definitions.iter().position(|definition| definition.name.is_none());
        main.map(|at| self.definition(at)).unwrap_or_default()
    }

    fn definition(&self, at: usize) -> Vec<Part> {
        let reader = Reader { tree: self };
        self.definitions.get(at).map(|definition| reader.parts(definition.root)).unwrap_or_default()
    }
}

struct Reader<'t> {
    tree: &'t Tree,
}

impl Reader<'_> {
    fn parts(&self, list: NodeId) -> Vec<Part> {
        match self.tree.node(list).kind {
            NodeKind::List(run) => self.tree.kids(run).iter().filter_map(|id| self.part(*id)).collect(),
            _ => self.part(list).into_iter().collect(),
        }
    }

    fn part(&self, id: NodeId) -> Option<Part> {
        Some(match self.tree.node(id).kind {
            NodeKind::Text(run) => Part::Text(self.tree.bytes(run).to_vec()),
            NodeKind::Action { pipe } => Part::Action(self.pipe(pipe)),
            NodeKind::If { pipe, list, otherwise } => self.block(BlockKind::If, pipe, list, otherwise),
            NodeKind::With { pipe, list, otherwise } => self.block(BlockKind::With, pipe, list, otherwise),
            NodeKind::Range { pipe, list, otherwise } => self.block(BlockKind::Range, pipe, list, otherwise),
            NodeKind::Template { name, pipe } => {
                Part::Template { name: self.tree.string(name).to_vec(), pipe: pipe.map(|pipe| self.pipe(pipe)) }
            }
            _ => return None,
        })
    }

    fn block(&self, kind: BlockKind, pipe: NodeId, list: NodeId, otherwise: Option<NodeId>) -> Part {
        let otherwise = otherwise.map(|list| self.parts(list)).unwrap_or_default();
        Part::Block { kind, pipe: self.pipe(pipe), body: self.parts(list), otherwise }
    }

    fn pipe(&self, id: NodeId) -> Pipe {
        let node = self.tree.node(id);
        let NodeKind::Pipe { cmds, decls, assign } = node.kind else { return Pipe::default() };
        let slots = self.tree.kids(decls).iter().filter_map(|id| match self.tree.node(*id).kind {
            NodeKind::Variable { slot, .. } => Some(slot),
            _ => None,
        });
        let commands = self.tree.kids(cmds).iter().map(|id| match self.tree.node(*id).kind {
            NodeKind::Command(args) => self.tree.kids(args).iter().map(|id| self.operand(*id)).collect(),
            _ => vec![self.operand(*id)],
        });
        Pipe { pos: node.pos, variables: slots.collect(), assigns: assign, commands: commands.collect() }
    }

    fn operand(&self, id: NodeId) -> Operand {
        match self.tree.node(id).kind {
            NodeKind::Identifier { name, .. } => Operand::Function(self.text(name)),
            NodeKind::Field(names) => Operand::Field(self.names(names)),
            NodeKind::Variable { slot, names } => {
                // The first name is the variable itself.
                Operand::Variable(slot, self.names(names).into_iter().skip(1).collect())
            }
            NodeKind::Chain { node, names } => Operand::Chain(Box::new(self.operand(node)), self.names(names)),
            NodeKind::Pipe { .. } => Operand::Pipe(self.pipe(id)),
            NodeKind::Dot => Operand::Dot,
            NodeKind::Bool(flag) => Operand::Bool(flag),
            NodeKind::Number(at) => Operand::Number(self.text(self.tree.number(at).text)),
            NodeKind::Str(at) => Operand::Str(self.tree.string(at).to_vec()),
            _ => Operand::Nil,
        }
    }

    fn names(&self, run: Run) -> Vec<String> {
        self.tree.names(run).iter().map(|name| self.text(*name)).collect()
    }

    fn text(&self, run: Run) -> String {
        String::from_utf8_lossy(self.tree.bytes(run)).into_owned()
    }
}
