//! The tree of a parsed template text, kept in a few flat vectors so that it is small and can cross threads.
//!
//! Names, literals and texts are ranges of the source; variables are slots, functions are numbers of a
//! [`FuncTable`](super::func::FuncTable).

use super::func::FuncId;
use bytes::Bytes;

/// The number of a node in its tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct NodeId(pub(super) u32);

/// A run of entries in one of the tree's vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) struct Run {
    pub(super) start: u32,
    pub(super) len: u32,
}

impl Run {
    pub(super) fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.start as usize + self.len as usize
    }
}

/// A node with the byte offset that error messages count as its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) pos: u32,
    pub(super) kind: NodeKind,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum NodeKind {
    /// Bytes of the text.
    Text(Run),
    Action {
        pipe: NodeId,
    },
    If {
        pipe: NodeId,
        list: NodeId,
        otherwise: Option<NodeId>,
    },
    With {
        pipe: NodeId,
        list: NodeId,
        otherwise: Option<NodeId>,
    },
    Range {
        pipe: NodeId,
        list: NodeId,
        otherwise: Option<NodeId>,
    },
    Template {
        name: u32,
        pipe: Option<NodeId>,
    },
    Break,
    Continue,
    /// Kids are nodes.
    List(Run),
    /// Kids are commands; `decls` kids are variables.
    Pipe {
        cmds: Run,
        decls: Run,
        assign: bool,
    },
    /// Kids are operands.
    Command(Run),
    /// A function; `name` is a range of the text.
    Identifier {
        func: FuncId,
        name: Run,
    },
    /// `.a.b`: names.
    Field(Run),
    /// `$x.a.b`: the names begin with the variable itself.
    Variable {
        slot: u32,
        names: Run,
    },
    /// `(pipe).a.b`.
    Chain {
        node: NodeId,
        names: Run,
    },
    Dot,
    Nil,
    Bool(bool),
    Number(u32),
    /// A number in `strings`.
    Str(u32),
}

/// A number literal under all the types that can hold it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Number {
    pub(super) text: Run,
    pub(super) int: Option<i64>,
    pub(super) uint: Option<u64>,
    pub(super) float: Option<f64>,
    pub(super) complex: Option<(f64, f64)>,
}

/// A string literal: its quoted form is a range of the text, its value too where nothing was escaped.
#[derive(Clone, Debug)]
pub(super) struct Literal {
    pub(super) quoted: Run,
    pub(super) value: LiteralValue,
}

#[derive(Clone, Debug)]
pub(super) enum LiteralValue {
    Range(Run),
    Owned(Box<[u8]>),
}

/// A named template of a text; the text itself is the one with the empty [`Definition::name`].
#[derive(Clone, Debug)]
pub(super) struct Definition {
    /// A number in `strings`; `None` for the text itself.
    pub(super) name: Option<u32>,
    pub(super) root: NodeId,
    /// How many variable slots its execution needs, `$` included.
    pub(super) slots: u32,
    /// Whether it holds nothing but space, comments and definitions.
    pub(super) empty: bool,
}

/// A parsed template text.
#[derive(Debug)]
pub struct Tree {
    pub(super) text: Bytes,
    pub(super) nodes: Vec<Node>,
    pub(super) kids: Vec<NodeId>,
    pub(super) names: Vec<Run>,
    pub(super) numbers: Vec<Number>,
    pub(super) strings: Vec<Literal>,
    pub(super) definitions: Vec<Definition>,
}

impl Tree {
    pub(super) fn node(&self, id: NodeId) -> Node {
        self.nodes[id.0 as usize]
    }

    pub(super) fn kids(&self, run: Run) -> &[NodeId] {
        &self.kids[run.range()]
    }

    pub(super) fn names(&self, run: Run) -> &[Run] {
        &self.names[run.range()]
    }

    pub(super) fn bytes(&self, run: Run) -> &[u8] {
        &self.text[run.range()]
    }

    pub(super) fn string(&self, at: u32) -> &[u8] {
        match &self.strings[at as usize].value {
            LiteralValue::Range(run) => self.bytes(*run),
            LiteralValue::Owned(bytes) => bytes,
        }
    }

    pub(super) fn number(&self, at: u32) -> &Number {
        &self.numbers[at as usize]
    }

    /// The node written out as Go's messages quote it.
    pub(super) fn display(&self, id: NodeId) -> String {
        let mut out = Vec::new();
        self.write(id, &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    fn write_block(&self, word: &str, pipe: NodeId, list: NodeId, otherwise: Option<NodeId>, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{{");
        out.extend_from_slice(word.as_bytes());
        out.push(b' ');
        self.write(pipe, out);
        out.extend_from_slice(b"}}");
        self.write(list, out);
        if let Some(otherwise) = otherwise {
            out.extend_from_slice(b"{{else}}");
            self.write(otherwise, out);
        }
        out.extend_from_slice(b"{{end}}");
    }

    fn write_operand(&self, id: NodeId, out: &mut Vec<u8>) {
        if !matches!(self.node(id).kind, NodeKind::Pipe { .. }) {
            return self.write(id, out);
        }
        out.push(b'(');
        self.write(id, out);
        out.push(b')');
    }

    fn write_joined(&self, run: Run, separator: &[u8], out: &mut Vec<u8>) {
        for (at, id) in self.kids(run).iter().enumerate() {
            if at > 0 {
                out.extend_from_slice(separator);
            }
            self.write_operand(*id, out);
        }
    }

    fn write_names(&self, run: Run, mut dot: bool, out: &mut Vec<u8>) {
        for name in self.names(run) {
            if dot {
                out.push(b'.');
            }
            dot = true;
            out.extend_from_slice(self.bytes(*name));
        }
    }

    fn write(&self, id: NodeId, out: &mut Vec<u8>) {
        match self.node(id).kind {
            NodeKind::Text(run) | NodeKind::Identifier { name: run, .. } => out.extend_from_slice(self.bytes(run)),
            NodeKind::Action { pipe } => {
                out.extend_from_slice(b"{{");
                self.write(pipe, out);
                out.extend_from_slice(b"}}");
            }
            NodeKind::If { pipe, list, otherwise } => self.write_block("if", pipe, list, otherwise, out),
            NodeKind::With { pipe, list, otherwise } => self.write_block("with", pipe, list, otherwise, out),
            NodeKind::Range { pipe, list, otherwise } => self.write_block("range", pipe, list, otherwise, out),
            NodeKind::Template { name, pipe } => {
                out.extend_from_slice(b"{{template ");
                out.extend_from_slice(super::quote(self.string(name)).as_bytes());
                if let Some(pipe) = pipe {
                    out.push(b' ');
                    self.write(pipe, out);
                }
                out.extend_from_slice(b"}}");
            }
            NodeKind::Break => out.extend_from_slice(b"{{break}}"),
            NodeKind::Continue => out.extend_from_slice(b"{{continue}}"),
            NodeKind::List(run) => {
                for kid in self.kids(run) {
                    self.write(*kid, out);
                }
            }
            NodeKind::Pipe { cmds, decls, assign } => {
                if decls.len > 0 {
                    self.write_joined(decls, b", ", out);
                    out.extend_from_slice(if assign { b" = " } else { b" := " });
                }
                self.write_joined(cmds, b" | ", out);
            }
            NodeKind::Command(args) => self.write_joined(args, b" ", out),
            NodeKind::Field(names) => self.write_names(names, true, out),
            NodeKind::Variable { names, .. } => self.write_names(names, false, out),
            NodeKind::Chain { node, names } => {
                self.write_operand(node, out);
                self.write_names(names, true, out);
            }
            NodeKind::Dot => out.push(b'.'),
            NodeKind::Nil => out.extend_from_slice(b"nil"),
            NodeKind::Bool(flag) => out.extend_from_slice(if flag { b"true" } else { b"false" }),
            NodeKind::Number(at) => out.extend_from_slice(self.bytes(self.number(at).text)),
            NodeKind::Str(at) => out.extend_from_slice(self.bytes(self.strings[at as usize].quoted)),
        }
    }
}
