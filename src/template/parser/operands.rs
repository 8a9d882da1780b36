//! The inside of an action: pipelines, commands and operands.

use super::{Parsed, Parser, UNDEFINED_SLOT, Variable};
use crate::template::lexer::{Item, Token};
use crate::template::node::{NodeId, NodeKind, Run};
use crate::template::{literal, quote};

/// How deep parentheses may nest, as in Go.
const MAX_PARENS: usize = 10_000;

impl Parser<'_> {
    pub(super) fn pipeline(&mut self, context: &str, end: Token) -> Parsed<NodeId> {
        let pos = self.peek_non_space().start;
        let mark = self.scratch.len();
        let first = self.vars.len();
        let assign = self.declarations(context)?;
        let declared = first..self.vars.len();
        let decls = self.kids_since(mark);
        loop {
            let item = self.next_non_space();
            if item.token == end {
                break;
            }
            if !starts_operand(item.token) {
                return self.unexpected(item, context);
            }
            self.backup();
            let command = self.command()?;
            self.scratch.push(command);
        }
        self.check_pipeline(mark, context)?;
        let cmds = self.kids_since(mark);
        for variable in &mut self.vars[declared] {
            variable.declared = true;
        }
        Ok(self.push(pos, NodeKind::Pipe { cmds, decls, assign }))
    }

    /// Reads `$x :=`, `$x =` or `$i, $x :=`, leaves the variables on the scratch stack and reports whether it assigns.
    fn declarations(&mut self, context: &str) -> Parsed<bool> {
        let mut first = None;
        loop {
            let variable = self.peek_non_space();
            if variable.token != Token::Variable {
                break;
            }
            self.next();
            let after = self.peek();
            let next = self.peek_non_space();
            match next.token {
                Token::Assign | Token::Declare => {
                    self.next_non_space();
                    let assign = next.token == Token::Assign;
                    for item in first.into_iter().chain([variable]) {
                        self.declare(item, assign);
                    }
                    return Ok(assign);
                }
                Token::Char if self.bytes(next) == b"," => {
                    self.next_non_space();
                    if context != "range" || first.is_some() {
                        return self.fail(format!("too many declarations in {context}"));
                    }
                    let follows = self.peek_non_space().token;
                    if !matches!(follows, Token::Variable | Token::RightDelim | Token::RightParen) {
                        return self.fail("range can only initialize variables".to_owned());
                    }
                    first = Some(variable);
                    continue;
                }
                _ if after.token == Token::Space => {
                    self.ahead[1] = after;
                    self.ahead[2] = variable;
                    self.peeked = 3;
                }
                _ => {
                    self.ahead[1] = variable;
                    self.peeked = 2;
                }
            }
            break;
        }
        if let Some(first) = first {
            self.declare(first, false);
        }
        Ok(false)
    }

    /// A declaration takes a new slot; an assignment takes the slot of the innermost variable of that name, or
    /// [`UNDEFINED_SLOT`], which only the executor complains of, as in Go.
    fn declare(&mut self, item: Item, assign: bool) {
        let name = Run { start: item.start, len: item.end - item.start };
        let slot = if assign { self.find(name) } else { Some(self.vars.len() as u32) };
        if !assign || slot.is_none() {
            self.vars.push(Variable { name, declared: false });
            self.slots = self.slots.max(self.vars.len());
        }
        let slot = slot.unwrap_or(UNDEFINED_SLOT);
        let names = self.name_run(&[name]);
        let id = self.push(item.start, NodeKind::Variable { slot, names });
        self.scratch.push(id);
    }

    fn undefined<T>(&self, name: Run) -> Parsed<T> {
        self.fail(format!("undefined variable {}", quote(&self.text[name.range()])))
    }

    /// The slot of the innermost variable of this name; [`UNDEFINED_SLOT`] for one that is just being declared.
    fn find(&self, name: Run) -> Option<u32> {
        let bytes = &self.text[name.range()];
        if bytes == b"$" {
            return Some(0);
        }
        let same = |variable: &&Variable| &self.text[variable.name.range()] == bytes;
        let declared = self.vars.iter().rposition(|variable| variable.declared && same(&variable));
        match declared {
            Some(slot) => Some(slot as u32),
            None => self.vars.iter().any(|variable| same(&variable)).then_some(UNDEFINED_SLOT),
        }
    }

    fn check_pipeline(&self, mark: usize, context: &str) -> Parsed<()> {
        let commands = &self.scratch[mark..];
        if commands.is_empty() {
            return self.fail(format!("missing value for {context}"));
        }
        for (at, command) in commands.iter().enumerate().skip(1) {
            let NodeKind::Command(args) = self.tree.node(*command).kind else { continue };
            let first = self.tree.kids(args).first().map(|id| self.tree.node(*id).kind);
            if matches!(
                first,
                Some(NodeKind::Bool(_) | NodeKind::Dot | NodeKind::Nil | NodeKind::Number(_) | NodeKind::Str(_))
            ) {
                return self.fail(format!("non executable command in pipeline stage {}", at + 1));
            }
        }
        Ok(())
    }

    fn command(&mut self) -> Parsed<NodeId> {
        let pos = self.peek_non_space().start;
        let mark = self.scratch.len();
        loop {
            self.peek_non_space();
            if let Some(operand) = self.operand()? {
                self.scratch.push(operand);
            }
            let item = self.next();
            match item.token {
                Token::Space => continue,
                Token::RightDelim | Token::RightParen => self.backup(),
                Token::Pipe => {}
                _ => return self.unexpected(item, "operand"),
            }
            break;
        }
        if self.scratch.len() == mark {
            return self.fail("empty command".to_owned());
        }
        let args = self.kids_since(mark);
        Ok(self.push(pos, NodeKind::Command(args)))
    }

    fn operand(&mut self) -> Parsed<Option<NodeId>> {
        let Some(node) = self.term()? else { return Ok(None) };
        let field = self.peek();
        if field.token != Token::Field {
            return Ok(Some(node));
        }
        let start = self.tree.names.len() as u32;
        while self.peek().token == Token::Field {
            let item = self.next();
            self.tree.names.push(field_name(item));
        }
        // Go gives the place of the first chained name to the whole operand.
        let pos = field.start;
        let more = self.tree.names.len() as u32 - start;
        // The names of the term were the last ones in the tree, so the chained ones continue their run.
        let longer = |have: Run| Run { start: have.start, len: have.len + more };
        let kind = match self.tree.node(node).kind {
            NodeKind::Field(have) => NodeKind::Field(longer(have)),
            NodeKind::Variable { slot, names: have } => NodeKind::Variable { slot, names: longer(have) },
            NodeKind::Bool(_) | NodeKind::Str(_) | NodeKind::Number(_) | NodeKind::Nil | NodeKind::Dot => {
                let term = quote(self.tree.display(node).as_bytes());
                return self.fail(format!("unexpected . after term {term}"));
            }
            _ => NodeKind::Chain { node, names: Run { start, len: more } },
        };
        Ok(Some(self.push(pos, kind)))
    }

    fn name_run(&mut self, names: &[Run]) -> Run {
        let run = Run { start: self.tree.names.len() as u32, len: names.len() as u32 };
        self.tree.names.extend_from_slice(names);
        run
    }

    fn term(&mut self) -> Parsed<Option<NodeId>> {
        let item = self.next_non_space();
        let run = Run { start: item.start, len: item.end - item.start };
        let kind = match item.token {
            Token::Identifier => {
                let name = self.bytes(item);
                let Some(func) = std::str::from_utf8(name).ok().and_then(|name| self.funcs.find(name)) else {
                    return self.fail(format!("function {} not defined", quote(name)));
                };
                NodeKind::Identifier { func, name: run }
            }
            Token::Dot => NodeKind::Dot,
            Token::Nil => NodeKind::Nil,
            Token::Bool => NodeKind::Bool(self.bytes(item) == b"true"),
            Token::Variable => {
                let Some(slot) = self.find(run) else { return self.undefined(run) };
                NodeKind::Variable { slot, names: self.name_run(&[run]) }
            }
            Token::Field => NodeKind::Field(self.name_run(&[field_name(item)])),
            Token::CharConstant | Token::Complex | Token::Number => {
                let bytes = self.bytes(item);
                let number = match item.token {
                    Token::CharConstant => literal::character(bytes),
                    Token::Complex => literal::complex(bytes),
                    _ => literal::number(bytes),
                };
                match number {
                    Ok(number) => self.tree.numbers.push(literal::at(number, run)),
                    Err(message) => return self.fail(message),
                }
                NodeKind::Number(self.tree.numbers.len() as u32 - 1)
            }
            Token::LeftParen => return self.parenthesized().map(Some),
            Token::String | Token::RawString => NodeKind::Str(self.string(item)?),
            _ => {
                self.backup();
                return Ok(None);
            }
        };
        Ok(Some(self.push(item.start, kind)))
    }

    fn parenthesized(&mut self) -> Parsed<NodeId> {
        if self.parens >= MAX_PARENS {
            return self.fail("max expression depth exceeded".to_owned());
        }
        self.parens += 1;
        let pipe = self.pipeline("parenthesized pipeline", Token::RightParen)?;
        self.parens -= 1;
        Ok(pipe)
    }
}

fn field_name(item: Item) -> Run {
    Run { start: item.start + 1, len: item.end - item.start - 1 }
}

fn starts_operand(token: Token) -> bool {
    matches!(
        token,
        Token::Bool
            | Token::CharConstant
            | Token::Complex
            | Token::Dot
            | Token::Field
            | Token::Identifier
            | Token::Number
            | Token::Nil
            | Token::RawString
            | Token::String
            | Token::Variable
            | Token::LeftParen
    )
}
