//! `Unmarshal` into a `map[string]interface {}`.

use super::DEEPEST;
use super::number::{self, Unsigned};
use super::scan::{Form, Issue, Literal, Scanned, Scanner, decode, is_blank, is_break};
use super::time::Datetime;
use super::tree::{Node, Tree};
use crate::diagnostic::Fault;
use crate::value::print::quote;
use crate::value::{Map, Text, Value};

/// Reads a TOML text; fails with the original's text, which names the line and the last key.
pub fn from_toml(text: &[u8]) -> Result<Value, Fault> {
    from_toml_with(text, Value::from)
}

/// Reads a TOML text as [`from_toml`] does; `time` makes the `time.Time` of each date and time.
pub fn from_toml_with(text: &[u8], time: fn(Datetime) -> Value) -> Result<Value, Fault> {
    let text = without_mark(text);
    let nul = text.iter().take(6).any(|byte| *byte == 0);
    let mut reader = Reader { scanner: Scanner::new(text), tree: Tree::new(), time, line: 1, depth: 0 };
    let outcome = if nul {
        let message = "files cannot contain NULL bytes; probably using UTF-16; TOML files must be UTF-8";
        Err(Issue { line: 1, message: message.into() })
    } else {
        reader.document()
    };
    let Err(Issue { line, message }) = outcome else { return Ok(reader.tree.root.finish().into()) };
    let key = reader.tree.position();
    if key.is_empty() {
        return Err(Fault::new(format!("toml: line {line}: {message}")));
    }
    let key = quote(&key);
    Err(Fault::new(format!("toml: line {line} (last key {}): {message}", String::from_utf8_lossy(&key))))
}

/// The text behind a byte order mark.
fn without_mark(text: &[u8]) -> &[u8] {
    let marks: [&[u8]; 3] = [b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"];
    marks.iter().find_map(|mark| text.strip_prefix(*mark)).unwrap_or(text)
}

/// Which kind of value an element of an array or a table sits in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Parent {
    Table,
    Array,
}

struct Reader<'a> {
    scanner: Scanner<'a>,
    tree: Tree,
    time: fn(Datetime) -> Value,
    /// The line of the last key's first part, where errors about keys are.
    line: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn document(&mut self) -> Scanned<()> {
        while let Some(next) = self.scanner.peek()? {
            if is_blank(next) || is_break(next) {
                self.scanner.next()?;
                continue;
            }
            match next {
                '#' => {
                    self.scanner.comment()?;
                    continue;
                }
                '[' => self.header()?,
                _ => self.entry()?,
            }
            self.end_of_line()?;
        }
        Ok(())
    }

    fn end_of_line(&mut self) -> Scanned<()> {
        self.scanner.skip_blanks()?;
        match self.scanner.next()? {
            Some('#') => self.scanner.comment(),
            None => Ok(()),
            Some(next) if is_break(next) => Ok(()),
            next => {
                Err(self.scanner.unexpected(next, "expected a top-level item to end with a newline, comment, or EOF"))
            }
        }
    }

    /// An error about a key, as the tree words it.
    fn about_key<T>(&self, outcome: Result<T, String>) -> Scanned<T> {
        outcome.map_err(|message| Issue { line: self.line, message })
    }

    fn check_length(&self, parts: usize) -> Scanned<()> {
        if parts > DEEPEST {
            return Err(self.scanner.issue(format!("more than {DEEPEST} levels of keys")));
        }
        Ok(())
    }

    fn header(&mut self) -> Scanned<()> {
        self.scanner.next()?;
        let is_array = self.scanner.accept('[')?;
        let mut key = Vec::new();
        loop {
            key.push(self.table_name(key.is_empty())?);
            self.check_length(key.len())?;
            self.scanner.skip_blanks()?;
            match self.scanner.next()? {
                Some('.') => {}
                Some(']') => break,
                next => return Err(self.scanner.unexpected(next, "expected '.' or ']' to end table name")),
            }
        }
        if is_array {
            let next = self.scanner.next()?;
            if next != Some(']') {
                return Err(self.scanner.unexpected(next, "expected end of table array name delimiter ']'"));
            }
        }
        let opened = if is_array { self.tree.open_array_table(&key) } else { self.tree.open_table(&key) };
        self.about_key(opened)?;
        self.tree.note_array(&Text::from(""), false);
        Ok(())
    }

    fn table_name(&mut self, is_first: bool) -> Scanned<Text> {
        self.scanner.skip_blanks()?;
        let name = match self.scanner.peek()? {
            None | Some(']') => {
                return Err(self.scanner.issue("unexpected end of table name (table names cannot be empty)"));
            }
            Some('.') => return Err(self.scanner.issue("unexpected table separator (table names cannot be empty)")),
            Some('"' | '\'') => return self.quoted_name(is_first),
            Some(_) => Text::from(self.scanner.bare_name()?),
        };
        self.note_line(is_first);
        Ok(name)
    }

    fn quoted_name(&mut self, is_first: bool) -> Scanned<Text> {
        let literal = self.scanner.quoted_name()?;
        self.note_line(is_first);
        text_of(literal)
    }

    fn note_line(&mut self, is_first: bool) {
        if is_first {
            self.line = self.scanner.line();
        }
    }

    /// Reads `key = value` into the open table.
    fn entry(&mut self) -> Scanned<()> {
        let outer = self.tree.context.clone();
        self.key()?;
        let value = self.value(Parent::Table)?;
        self.store(&value)?;
        self.tree.context = outer;
        self.tree.current = Text::from("");
        Ok(())
    }

    /// Sets the current key to a value.
    fn store(&mut self, value: &Value) -> Scanned<()> {
        let name = self.tree.current.clone();
        let stored = self.tree.set(&name, Node::Leaf(value.clone()));
        self.about_key(stored)?;
        self.tree.note_array(&name, matches!(value, Value::List(_)));
        Ok(())
    }

    /// Reads a key with its `=`, opens the tables of its parts, and returns those parts.
    fn key(&mut self) -> Scanned<Vec<Text>> {
        self.scanner.skip_blanks()?;
        match self.scanner.peek()? {
            None | Some('=') => return Err(self.scanner.issue("unexpected '=': key name appears blank")),
            Some('.') => return Err(self.scanner.issue("unexpected '.': keys cannot start with a '.'")),
            Some(_) => {}
        }
        let mut parts = Vec::new();
        loop {
            parts.push(self.key_name(parts.is_empty())?);
            self.check_length(self.tree.context.len() + parts.len())?;
            self.scanner.skip_blanks()?;
            match self.scanner.next()? {
                Some('.') => {}
                Some('=') => break,
                None => return Err(self.scanner.issue_after(None, "unexpected EOF; expected key separator '='")),
                next => {
                    let mut issue = self.scanner.unexpected(next, "expected '.' or '='");
                    issue.line -= usize::from(next == Some('\n'));
                    return Err(issue);
                }
            }
        }
        self.tree.current = parts.pop().unwrap_or_else(|| Text::from(""));
        for part in &parts {
            let mut key = self.tree.context.clone();
            key.push(part.clone());
            self.tree.add_implicit(&key);
            let opened = self.tree.open_table(&key);
            self.about_key(opened)?;
        }
        Ok(parts)
    }

    fn key_name(&mut self, is_first: bool) -> Scanned<Text> {
        self.scanner.skip_blanks()?;
        let name = match self.scanner.peek()? {
            None | Some('=') => return Err(self.scanner.issue("unexpected '='")),
            Some('.') => return Err(self.scanner.issue("unexpected '.'")),
            Some('"' | '\'') => return self.quoted_name(is_first),
            Some(_) => Text::from(self.scanner.bare_name()?),
        };
        self.note_line(is_first);
        Ok(name)
    }

    fn value(&mut self, parent: Parent) -> Scanned<Value> {
        self.scanner.skip_blanks()?;
        let start = self.scanner.at();
        if self.scanner.peek()?.is_some_and(|next| next.is_ascii_digit()) {
            return Ok(match number::unsigned(&mut self.scanner)? {
                Unsigned::Number(value) => value,
                Unsigned::Datetime(datetime) => (self.time)(datetime),
            });
        }
        let Some(next) = self.scanner.next()? else {
            return Err(self.scanner.issue_after(None, "unexpected EOF; expected value"));
        };
        match next {
            '[' => self.nested(Self::array),
            '{' if parent == Parent::Array => self.nested(|reader| reader.inline_table(Parent::Array)),
            '{' => self.nested(|reader| reader.inline_table(Parent::Table)),
            '"' | '\'' => self.scanner.string_value(next).and_then(text_of).map(Value::Str),
            '.' => Err(self.scanner.issue("floats must start with a digit, not '.'")),
            '-' | '+' => number::signed(&mut self.scanner, start),
            'i' | 'n' if self.is_float_word()? => number::float(&self.scanner, start),
            next if next.is_alphabetic() => self.bool(next),
            next => Err(self.scanner.no_value(next)),
        }
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Scanned<Value>) -> Scanned<Value> {
        self.depth += 1;
        self.check_length(self.depth)?;
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    /// Whether `inf` or `nan` follows behind its first letter. What was tried and did fit stays consumed, as in the
    /// original, so the words that errors quote are cut at the front.
    fn is_float_word(&mut self) -> Scanned<bool> {
        let scanner = &mut self.scanner;
        Ok((scanner.accept('n')? && scanner.accept('f')?) || (scanner.accept('a')? && scanner.accept('n')?))
    }

    /// Reads a word that begins with the character read last.
    fn bool(&mut self, last: char) -> Scanned<Value> {
        self.scanner.back(last.len_utf8());
        let start = self.scanner.at();
        self.scanner.skip(char::is_alphabetic)?;
        match self.scanner.from(start) {
            b"true" => Ok(true.into()),
            b"false" => Ok(false.into()),
            other => {
                let other = quote(other);
                let other = String::from_utf8_lossy(&other);
                Err(self.scanner.issue(format!("expected value but found {other} instead")))
            }
        }
    }

    fn array(&mut self) -> Scanned<Value> {
        let name = self.tree.current.clone();
        self.tree.note_array(&name, true);
        let mut items = Vec::new();
        loop {
            match self.scanner.next_in_brackets()? {
                Some(']') => break,
                Some(',') => return Err(self.scanner.issue("unexpected comma")),
                next => self.scanner.back(next.map_or(0, char::len_utf8)),
            }
            items.push(self.value(Parent::Array)?);
            match self.scanner.next_in_brackets()? {
                Some(']') => break,
                Some(',') => {}
                next => {
                    let found = next.map_or("end of file".into(), |next| format!("'{next}'"));
                    let message = format!("expected a comma (',') or array terminator (']'), but got {found}");
                    return Err(self.scanner.issue_after(next, message));
                }
            }
        }
        Ok(Value::list(items))
    }

    fn inline_table(&mut self, parent: Parent) -> Scanned<Value> {
        let outer_context = self.tree.context.clone();
        let outer_name = std::mem::replace(&mut self.tree.current, Text::from(""));
        let mut context = outer_context.clone();
        context.push(outer_name.clone());
        self.check_length(context.len())?;
        self.tree.context = context.clone();
        self.tree.add_implicit(&context);
        let opened = match parent {
            Parent::Array => self.tree.open_array_table(&context),
            Parent::Table => self.tree.open_table(&context),
        };
        self.about_key(opened)?;
        let table = Map::new();
        loop {
            match self.scanner.next_in_brackets()? {
                Some('}') => break,
                Some(',') => return Err(self.scanner.issue("unexpected comma")),
                next => self.scanner.back(next.map_or(0, char::len_utf8)),
            }
            let parents = self.key()?;
            let value = self.value(Parent::Table)?;
            self.store(&value)?;
            self.insert(&table, &parents, value)?;
            self.tree.context = context.clone();
            if self.is_inline_table_over()? {
                break;
            }
        }
        self.tree.context = outer_context;
        self.tree.current = outer_name;
        Ok(table.into())
    }

    /// Reads what follows an entry of an inline table; commas may stand before the closing brace.
    fn is_inline_table_over(&mut self) -> Scanned<bool> {
        loop {
            match self.scanner.next_in_brackets()? {
                Some('}') => return Ok(true),
                Some(',') => {
                    self.scanner.skip_blanks()?;
                    if self.scanner.peek()? != Some('}') {
                        return Ok(false);
                    }
                }
                next => {
                    let found = next.map_or("end of file".into(), |next| format!("'{next}'"));
                    let message =
                        format!("expected a comma or an inline table terminator '}}', but got {found} instead");
                    return Err(self.scanner.issue_after(next, message));
                }
            }
        }
    }

    /// Puts a value into the table that an inline table becomes.
    fn insert(&self, table: &Map, parents: &[Text], value: Value) -> Scanned<()> {
        let mut table = table.clone();
        for part in parents {
            let inner = table.get(part).unwrap_or_else(|| {
                let inner = Value::from(Map::new());
                table.insert(part.clone(), inner.clone());
                inner
            });
            let Value::Map(inner) = inner else {
                return Err(Issue { line: self.line, message: format!("{part:?} is not a table") });
            };
            table = inner;
        }
        table.insert(self.tree.current.clone(), value);
        Ok(())
    }
}

fn text_of(literal: Literal<'_>) -> Scanned<Text> {
    if literal.form == Form::Raw {
        return Ok(Text::from(literal.content));
    }
    let decoded = decode(literal).map_err(|message| Issue { line: literal.line, message })?;
    Ok(Text::from(decoded))
}
