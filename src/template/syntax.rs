//! The parts of a parsed template text, for those who read templates without executing them.
//!
//! Nothing is copied: all of it looks into the tree.

use super::func::FuncId;
use super::node::{NodeId, NodeKind, Run, Tree};
use super::set::{TemplateId, TemplateSet};
use std::borrow::Cow;

/// The parts of a template, or of a block in it, in the order of the text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Body<'t>(Option<Nodes<'t>>);

/// One part of a body.
#[derive(Clone, Copy, Debug)]
pub enum Part<'t> {
    /// Text that is written as it stands.
    Text(&'t [u8]),
    /// An action that writes its pipeline's value, or only sets variables.
    Action(Pipe<'t>),
    /// `if`, `with` or `range`.
    Block {
        /// Which of them.
        kind: BlockKind,
        /// What it asks or goes over.
        pipe: Pipe<'t>,
        /// Its body.
        body: Body<'t>,
        /// The body of its `else`.
        otherwise: Body<'t>,
    },
    /// `template`.
    Template {
        /// The name of the template.
        name: &'t [u8],
        /// The value of its dot.
        pipe: Option<Pipe<'t>>,
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
#[derive(Clone, Copy, Debug)]
pub struct Pipe<'t> {
    tree: &'t Tree,
    commands: &'t [NodeId],
    variables: &'t [NodeId],
    assigns: bool,
}

/// The words of a command, the first of which may be a function.
#[derive(Clone, Copy, Debug)]
pub struct Words<'t>(Nodes<'t>);

/// One word of a command, not yet looked at.
#[derive(Clone, Copy, Debug)]
pub struct Word<'t> {
    tree: &'t Tree,
    id: NodeId,
}

/// What a word is.
#[derive(Clone, Copy, Debug)]
pub enum Operand<'t> {
    /// A function of the table that the text was parsed with.
    Function(FuncId),
    /// `.a.b`.
    Field(Names<'t>),
    /// `$x.a.b`; slot 0 is `$`.
    Variable(u32, Names<'t>),
    /// `(pipe).a.b`, with no names for a pipe in parentheses.
    Chain(Word<'t>, Names<'t>),
    /// A pipeline in parentheses.
    Pipe(Pipe<'t>),
    /// `.`.
    Dot,
    /// `nil`.
    Nil,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number,
    /// A text.
    Str(&'t [u8]),
}

/// The names of `.a.b`.
#[derive(Clone, Copy, Debug)]
pub struct Names<'t> {
    tree: &'t Tree,
    runs: &'t [Run],
}

#[derive(Clone, Copy, Debug)]
struct Nodes<'t> {
    tree: &'t Tree,
    ids: &'t [NodeId],
}

impl TemplateSet {
    /// The body of a template; nothing if it is of another set.
    pub fn body(&self, id: TemplateId) -> Body<'_> {
        let Some(file) = self.files.get(id.file()) else { return Body::default() };
        file.tree.definition(id.definition as usize)
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
    pub fn body(&self) -> Body<'_> {
        let main = self.definitions.iter().position(|definition| definition.name.is_none());
        main.map(|at| self.definition(at)).unwrap_or_default()
    }

    fn definition(&self, at: usize) -> Body<'_> {
        self.definitions.get(at).map(|definition| self.list(definition.root)).unwrap_or_default()
    }

    fn list(&self, id: NodeId) -> Body<'_> {
        match self.node(id).kind {
            NodeKind::List(run) => Body(Some(Nodes { tree: self, ids: self.kids(run) })),
            _ => Body::default(),
        }
    }

    fn part(&self, id: NodeId) -> Option<Part<'_>> {
        let block = |kind, pipe, list, otherwise: Option<NodeId>| {
            let otherwise = otherwise.map(|list| self.list(list)).unwrap_or_default();
            Some(Part::Block { kind, pipe: self.pipe(pipe)?, body: self.list(list), otherwise })
        };
        match self.node(id).kind {
            NodeKind::Text(run) => Some(Part::Text(self.bytes(run))),
            NodeKind::Action { pipe } => self.pipe(pipe).map(Part::Action),
            NodeKind::If { pipe, list, otherwise } => block(BlockKind::If, pipe, list, otherwise),
            NodeKind::With { pipe, list, otherwise } => block(BlockKind::With, pipe, list, otherwise),
            NodeKind::Range { pipe, list, otherwise } => block(BlockKind::Range, pipe, list, otherwise),
            NodeKind::Template { name, pipe } => {
                Some(Part::Template { name: self.string(name), pipe: pipe.and_then(|pipe| self.pipe(pipe)) })
            }
            _ => None,
        }
    }

    fn pipe(&self, id: NodeId) -> Option<Pipe<'_>> {
        let NodeKind::Pipe { cmds, decls, assign } = self.node(id).kind else { return None };
        Some(Pipe { tree: self, commands: self.kids(cmds), variables: self.kids(decls), assigns: assign })
    }
}

impl<'t> Body<'t> {
    /// Its parts.
    pub fn parts(self) -> impl Iterator<Item = Part<'t>> {
        self.0.into_iter().flat_map(|nodes| nodes.ids.iter().filter_map(move |id| nodes.tree.part(*id)))
    }
}

impl<'t> Pipe<'t> {
    /// The slots of the variables that it sets.
    pub fn variables(self) -> impl Iterator<Item = u32> {
        self.variables.iter().filter_map(move |id| match self.tree.node(*id).kind {
            NodeKind::Variable { slot, .. } => Some(slot),
            _ => None,
        })
    }

    /// Whether it sets variables, and so writes nothing.
    pub fn sets(self) -> bool {
        !self.variables.is_empty()
    }

    /// Whether the variables were declared before (`=` instead of `:=`).
    pub fn assigns(self) -> bool {
        self.assigns
    }

    /// Its commands.
    pub fn commands(self) -> impl Iterator<Item = Words<'t>> {
        let Pipe { tree, commands, .. } = self;
        commands.iter().map(move |id| match tree.node(*id).kind {
            NodeKind::Command(run) => Words(Nodes { tree, ids: tree.kids(run) }),
            _ => Words(Nodes { tree, ids: std::slice::from_ref(id) }),
        })
    }
}

impl<'t> Words<'t> {
    /// The first word, and the others.
    pub fn split_first(self) -> Option<(Word<'t>, Words<'t>)> {
        let Nodes { tree, ids } = self.0;
        let (first, rest) = ids.split_first()?;
        Some((Word { tree, id: *first }, Words(Nodes { tree, ids: rest })))
    }

    /// All words.
    pub fn iter(self) -> impl ExactSizeIterator<Item = Word<'t>> {
        let Nodes { tree, ids } = self.0;
        ids.iter().map(move |id| Word { tree, id: *id })
    }
}

impl<'t> Word<'t> {
    /// What it is.
    pub fn operand(self) -> Operand<'t> {
        let Word { tree, id } = self;
        let names = |run| Names { tree, runs: tree.names(run) };
        match tree.node(id).kind {
            NodeKind::Identifier { func, .. } => Operand::Function(func),
            NodeKind::Field(run) => Operand::Field(names(run)),
            // The first name is the variable itself.
            NodeKind::Variable { slot, names: run } => {
                Operand::Variable(slot, Names { tree, runs: tree.names(run).get(1..).unwrap_or_default() })
            }
            NodeKind::Chain { node, names: run } => Operand::Chain(Word { tree, id: node }, names(run)),
            NodeKind::Pipe { .. } => tree.pipe(id).map_or(Operand::Nil, Operand::Pipe),
            NodeKind::Dot => Operand::Dot,
            NodeKind::Bool(flag) => Operand::Bool(flag),
            NodeKind::Number(_) => Operand::Number,
            NodeKind::Str(at) => Operand::Str(tree.string(at)),
            _ => Operand::Nil,
        }
    }
}

impl<'t> Names<'t> {
    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.runs.is_empty()
    }

    /// The names, in their order.
    pub fn iter(self) -> impl Iterator<Item = Cow<'t, str>> {
        self.runs.iter().map(move |run| {
            let name = self.tree.bytes(*run);
            // Quicker than to look for what is to be replaced.
            std::str::from_utf8(name).map_or_else(|_| String::from_utf8_lossy(name), Cow::Borrowed)
        })
    }
}
