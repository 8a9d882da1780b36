//! Turns a template text into a [`Tree`]. The reference is Go's `text/template/parse`, its error texts included.

mod operands;

use super::func::FuncTable;
use super::lexer::{Item, Lexer, Token};
use super::literal;
use super::node::{Definition, Literal, LiteralValue, Node, NodeId, NodeKind, Run, Tree};
use super::quote;
use bytes::Bytes;
use std::fmt;

/// How deep blocks may nest; Go knows no limit here.
const MAX_BLOCKS: usize = 2_000;
/// How many nodes the actions of published charts have on average.
const NODES_PER_ACTION: usize = 7;
/// The longest template text: offsets are 32 bits wide.
const MAX_TEXT: usize = u32::MAX as usize / 2;

/// Why a text is no template: Go's message and where it points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// Go's words after `template: NAME:LINE: `.
    pub message: String,
    /// The line that Go names, from 1.
    pub line: usize,
    /// The byte offset of the item that could not be used.
    pub offset: usize,
}

impl ParseError {
    /// Go's whole text for a template called `name`.
    pub fn go_text(&self, name: &str) -> String {
        format!("template: {name}:{}: {}", self.line, self.message.replace(NAME_MARK, name))
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message.replace(&format!(" {NAME_MARK}:"), " line "))
    }
}

/// Parses a template text whose functions are those of `funcs`.
pub fn parse(text: Bytes, funcs: &FuncTable) -> Result<Tree, ParseError> {
    if text.len() > MAX_TEXT {
        let message = format!("template of {} bytes is longer than {MAX_TEXT}", text.len());
        return Err(ParseError { message, line: 1, offset: 0 });
    }
    let source = text.clone();
    let actions = memchr::memmem::find_iter(&source, b"{{").count();
    let tree = Tree {
        text,
        nodes: Vec::with_capacity(actions * NODES_PER_ACTION),
        kids: Vec::with_capacity(actions * NODES_PER_ACTION),
        names: Vec::with_capacity(actions * 2),
        numbers: Vec::new(),
        strings: Vec::new(),
        definitions: Vec::new(),
    };
    let mut parser = Parser {
        lexer: Lexer::new(&source),
        text: &source,
        tree,
        funcs,
        ahead: [Item { token: Token::Eof, start: 0, end: 0 }; 3],
        peeked: 0,
        vars: vec![Variable::dollar()],
        slots: 1,
        ranges: 0,
        parens: 0,
        blocks: 0,
        action: None,
        scratch: Vec::new(),
    };
    parser.text_to_end()?;
    let mut tree = parser.tree;
    trim(&mut tree.nodes);
    trim(&mut tree.kids);
    trim(&mut tree.names);
    Ok(tree)
}

/// Gives back room that the guess before parsing took too much.
fn trim<T>(entries: &mut Vec<T>) {
    if entries.capacity() > entries.len() + entries.len() / 4 {
        entries.shrink_to_fit();
    }
}

type Parsed<T> = Result<T, ParseError>;

struct Parser<'t> {
    lexer: Lexer<'t>,
    text: &'t [u8],
    tree: Tree,
    funcs: &'t FuncTable,
    /// Items read but not yet consumed; the next one is `ahead[peeked - 1]`.
    ahead: [Item; 3],
    peeked: usize,
    /// The variables in scope; the index is the slot. The first is `$`.
    vars: Vec<Variable>,
    slots: usize,
    ranges: usize,
    parens: usize,
    blocks: usize,
    action: Option<u32>,
    scratch: Vec<NodeId>,
}

/// A variable in scope.
#[derive(Clone, Copy)]
struct Variable {
    name: Run,
    /// Whether its pipeline has been read: until then the name still means an earlier variable.
    declared: bool,
}

impl Variable {
    fn dollar() -> Variable {
        Variable { name: Run::default(), declared: true }
    }
}

/// What ended a list of nodes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    End,
    Else,
}

impl Stop {
    fn display(self) -> &'static str {
        match self {
            Stop::End => "{{end}}",
            Stop::Else => "{{else}}",
        }
    }
}

enum Parts {
    Node(NodeId),
    Stop(Stop),
}

/// The state of an enclosing template, set aside while a `define` or `block` is parsed.
struct Outer {
    vars: Vec<Variable>,
    slots: usize,
    ranges: usize,
    action: Option<u32>,
}

impl<'t> Parser<'t> {
    fn next(&mut self) -> Item {
        if self.peeked > 0 {
            self.peeked -= 1;
        } else {
            self.ahead[0] = self.lexer.next_item();
        }
        self.ahead[self.peeked]
    }

    fn backup(&mut self) {
        self.peeked += 1;
    }

    fn peek(&mut self) -> Item {
        if self.peeked == 0 {
            self.peeked = 1;
            self.ahead[0] = self.lexer.next_item();
        }
        self.ahead[self.peeked - 1]
    }

    fn next_non_space(&mut self) -> Item {
        loop {
            let item = self.next();
            if item.token != Token::Space {
                return item;
            }
        }
    }

    fn peek_non_space(&mut self) -> Item {
        let item = self.next_non_space();
        self.backup();
        item
    }

    fn bytes(&self, item: Item) -> &'t [u8] {
        &self.text[item.start as usize..item.end as usize]
    }

    fn fail<T>(&self, message: String) -> Parsed<T> {
        let offset = self.ahead[0].start as usize;
        Err(ParseError { message, line: self.line(offset), offset })
    }

    fn line(&self, offset: usize) -> usize {
        1 + memchr::memchr_iter(b'\n', &self.text[..offset.min(self.text.len())]).count()
    }

    fn unexpected<T>(&self, item: Item, context: &str) -> Parsed<T> {
        if item.token != Token::Error {
            return self.fail(format!("unexpected {} in {context}", self.lexer.describe(item)));
        }
        let message = self.lexer.error().to_owned();
        let Some(action) = self.action else { return self.fail(message) };
        let started = self.line(action as usize);
        if started == self.line(item.start as usize) {
            return self.fail(message);
        }
        let words = if message.ends_with(" action") { " started at" } else { " in action started at" };
        // The name of the text stands where the caller knows it.
        self.fail(format!("{message}{words} {NAME_MARK}:{started}"))
    }

    fn expect(&mut self, token: Token, context: &str) -> Parsed<Item> {
        let item = self.next_non_space();
        if item.token != token {
            return self.unexpected(item, context);
        }
        Ok(item)
    }

    fn push(&mut self, pos: u32, kind: NodeKind) -> NodeId {
        let id = NodeId(self.tree.nodes.len() as u32);
        self.tree.nodes.push(Node { pos, kind });
        id
    }

    /// Moves what was put on the scratch stack since `mark` into the tree.
    fn kids_since(&mut self, mark: usize) -> Run {
        let run = Run { start: self.tree.kids.len() as u32, len: (self.scratch.len() - mark) as u32 };
        self.tree.kids.extend(self.scratch.drain(mark..));
        run
    }

    fn text_to_end(&mut self) -> Parsed<()> {
        let pos = self.peek().start;
        let mark = self.scratch.len();
        loop {
            match self.peek().token {
                Token::Eof => break,
                Token::LeftDelim => {
                    let delim = self.next();
                    if self.next_non_space().token == Token::Define {
                        self.definition()?;
                        continue;
                    }
                    self.ahead[1] = delim;
                    self.peeked = 2;
                }
                _ => {}
            }
            match self.text_or_action()? {
                Parts::Node(id) => self.scratch.push(id),
                Parts::Stop(stop) => return self.fail(format!("unexpected {}", stop.display())),
            }
        }
        let run = self.kids_since(mark);
        let root = self.push(pos, NodeKind::List(run));
        self.define(None, root)
    }

    fn define(&mut self, name: Option<u32>, root: NodeId) -> Parsed<()> {
        let empty = self.is_empty(root);
        let definition = Definition { name, root, slots: self.slots as u32, empty };
        let Some(name) = name else {
            self.tree.definitions.push(definition);
            return Ok(());
        };
        let text = self.tree.string(name);
        let same =
            self.tree.definitions.iter().position(|have| have.name.is_some_and(|have| self.tree.string(have) == text));
        match same {
            None => self.tree.definitions.push(definition),
            Some(at) if self.tree.definitions[at].empty => self.tree.definitions[at] = definition,
            Some(_) if empty => {}
            Some(_) => {
                return self.fail(format!("template: multiple definition of template {}", quote(text)));
            }
        }
        Ok(())
    }

    fn is_empty(&self, root: NodeId) -> bool {
        let NodeKind::List(run) = self.tree.node(root).kind else { return false };
        self.tree.kids(run).iter().all(|kid| match self.tree.node(*kid).kind {
            NodeKind::Text(run) => is_blank(self.tree.bytes(run)),
            _ => false,
        })
    }

    fn enter(&mut self) -> Outer {
        let vars = std::mem::replace(&mut self.vars, vec![Variable::dollar()]);
        let slots = std::mem::replace(&mut self.slots, 1);
        Outer { vars, slots, ranges: std::mem::take(&mut self.ranges), action: self.action.take() }
    }

    fn leave(&mut self, outer: Outer) {
        self.vars = outer.vars;
        self.slots = outer.slots;
        self.ranges = outer.ranges;
        self.action = outer.action;
    }

    fn definition(&mut self) -> Parsed<()> {
        let context = "define clause";
        let outer = self.enter();
        let item = self.next_non_space();
        let name = self.template_name(item, context)?;
        self.expect(Token::RightDelim, context)?;
        let (root, stop) = self.list()?;
        if stop != Stop::End {
            return self.fail(format!("unexpected {} in {context}", stop.display()));
        }
        self.define(Some(name), root)?;
        self.leave(outer);
        Ok(())
    }

    fn list(&mut self) -> Parsed<(NodeId, Stop)> {
        self.blocks += 1;
        if self.blocks > MAX_BLOCKS {
            return self.fail(format!("blocks nest deeper than {MAX_BLOCKS}"));
        }
        let pos = self.peek_non_space().start;
        let mark = self.scratch.len();
        while self.peek_non_space().token != Token::Eof {
            match self.text_or_action()? {
                Parts::Node(id) => self.scratch.push(id),
                Parts::Stop(stop) => {
                    self.blocks -= 1;
                    let run = self.kids_since(mark);
                    return Ok((self.push(pos, NodeKind::List(run)), stop));
                }
            }
        }
        self.fail("unexpected EOF".to_owned())
    }

    fn text_or_action(&mut self) -> Parsed<Parts> {
        let item = self.next_non_space();
        match item.token {
            Token::Text => {
                let run = Run { start: item.start, len: item.end - item.start };
                Ok(Parts::Node(self.push(item.start, NodeKind::Text(run))))
            }
            Token::LeftDelim => {
                self.action = Some(item.start);
                let parts = self.action();
                if parts.is_ok() {
                    self.action = None;
                }
                parts
            }
            _ => self.unexpected(item, "input"),
        }
    }

    fn action(&mut self) -> Parsed<Parts> {
        let item = self.next_non_space();
        let node = match item.token {
            Token::Block => self.block()?,
            Token::Break => self.loop_control(item, "{{break}}", NodeKind::Break)?,
            Token::Continue => self.loop_control(item, "{{continue}}", NodeKind::Continue)?,
            Token::Else => {
                if !matches!(self.peek_non_space().token, Token::If | Token::With) {
                    self.expect(Token::RightDelim, "else")?;
                }
                return Ok(Parts::Stop(Stop::Else));
            }
            Token::End => {
                self.expect(Token::RightDelim, "end")?;
                return Ok(Parts::Stop(Stop::End));
            }
            Token::If => self.control(Control::If)?,
            Token::Range => self.control(Control::Range)?,
            Token::With => self.control(Control::With)?,
            Token::Template => self.template()?,
            _ => {
                self.backup();
                let pos = self.peek().start;
                let pipe = self.pipeline("command", Token::RightDelim)?;
                self.push(pos, NodeKind::Action { pipe })
            }
        };
        Ok(Parts::Node(node))
    }

    fn loop_control(&mut self, item: Item, word: &str, kind: NodeKind) -> Parsed<NodeId> {
        let next = self.next_non_space();
        if next.token != Token::RightDelim {
            return self.unexpected(next, word);
        }
        if self.ranges == 0 {
            return self.fail(format!("{word} outside {{{{range}}}}"));
        }
        Ok(self.push(item.start, kind))
    }

    fn control(&mut self, control: Control) -> Parsed<NodeId> {
        let scope = self.vars.len();
        let pipe = self.pipeline(control.word(), Token::RightDelim)?;
        self.ranges += usize::from(control == Control::Range);
        let (list, stop) = self.list()?;
        self.ranges -= usize::from(control == Control::Range);
        let mut otherwise = None;
        if stop == Stop::Else {
            otherwise = Some(self.otherwise(control)?);
        }
        self.vars.truncate(scope);
        let pos = self.tree.node(pipe).pos;
        Ok(self.push(pos, control.kind(pipe, list, otherwise)))
    }

    /// The part after `{{else}}`; `else if` and `else with` are a list of that one block.
    fn otherwise(&mut self, control: Control) -> Parsed<NodeId> {
        let next = self.peek();
        let chained = matches!((control, next.token), (Control::If, Token::If) | (Control::With, Token::With));
        if !chained {
            let (list, stop) = self.list()?;
            if stop != Stop::End {
                return self.fail(format!("expected end; found {}", stop.display()));
            }
            return Ok(list);
        }
        self.next();
        self.blocks += 1;
        if self.blocks > MAX_BLOCKS {
            return self.fail(format!("blocks nest deeper than {MAX_BLOCKS}"));
        }
        let mark = self.scratch.len();
        let nested = self.control(control)?;
        self.blocks -= 1;
        self.scratch.push(nested);
        let run = self.kids_since(mark);
        Ok(self.push(next.start, NodeKind::List(run)))
    }

    fn block(&mut self) -> Parsed<NodeId> {
        let context = "block clause";
        let item = self.next_non_space();
        let name = self.template_name(item, context)?;
        let pipe = self.pipeline(context, Token::RightDelim)?;
        let outer = self.enter();
        let (root, stop) = self.list()?;
        if stop != Stop::End {
            return self.fail(format!("unexpected {} in {context}", stop.display()));
        }
        self.define(Some(name), root)?;
        self.leave(outer);
        Ok(self.push(item.start, NodeKind::Template { name, pipe: Some(pipe) }))
    }

    fn template(&mut self) -> Parsed<NodeId> {
        let context = "template clause";
        let item = self.next_non_space();
        let name = self.template_name(item, context)?;
        let mut pipe = None;
        if self.next_non_space().token != Token::RightDelim {
            self.backup();
            pipe = Some(self.pipeline(context, Token::RightDelim)?);
        }
        Ok(self.push(item.start, NodeKind::Template { name, pipe }))
    }

    fn template_name(&mut self, item: Item, context: &str) -> Parsed<u32> {
        if !matches!(item.token, Token::String | Token::RawString) {
            return self.unexpected(item, context);
        }
        self.string(item)
    }

    fn string(&mut self, item: Item) -> Parsed<u32> {
        let bytes = self.bytes(item);
        let quoted = Run { start: item.start, len: item.end - item.start };
        let value = if literal::is_plain(bytes) {
            LiteralValue::Range(Run { start: quoted.start + 1, len: quoted.len - 2 })
        } else if let Some(value) = literal::unquote(bytes) {
            LiteralValue::Owned(value.into())
        } else {
            return self.fail("invalid syntax".to_owned());
        };
        self.tree.strings.push(Literal { quoted, value });
        Ok(self.tree.strings.len() as u32 - 1)
    }
}

/// The slot of an assigned variable that was never declared.
pub(super) const UNDEFINED_SLOT: u32 = u32::MAX;

/// Stands in a message for the name of the text, which only the caller knows.
pub(super) const NAME_MARK: char = '\u{0}';

fn is_blank(bytes: &[u8]) -> bool {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.trim().is_empty(),
        Err(_) => false,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Control {
    If,
    With,
    Range,
}

impl Control {
    fn word(self) -> &'static str {
        match self {
            Control::If => "if",
            Control::With => "with",
            Control::Range => "range",
        }
    }

    fn kind(self, pipe: NodeId, list: NodeId, otherwise: Option<NodeId>) -> NodeKind {
        match self {
            Control::If => NodeKind::If { pipe, list, otherwise },
            Control::With => NodeKind::With { pipe, list, otherwise },
            Control::Range => NodeKind::Range { pipe, list, otherwise },
        }
    }
}
