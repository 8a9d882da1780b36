//! A JSON document as an arena of nodes, read as Go's `encoding/json` reads it.
//!
//! A node knows its parent, so that a schema is named by a number and its pointer is only written when somebody asks.
//! Numbers keep their text. The reference is Go's `json.Decoder` with `UseNumber`, its error texts included.

use super::number::Number;
use std::cmp::Ordering;
use std::fmt::Write as _;

/// The number of a node in its document; the root is 0.
pub(super) type NodeId = u32;

/// Go's `encoding/json` refuses deeper nesting.
const MAX_DEPTH: usize = 10_000;

#[derive(Debug)]
pub(super) struct Document {
    nodes: Vec<Node>,
}

#[derive(Debug)]
struct Node {
    parent: NodeId,
    step: Step,
    data: Data,
}

/// How a node hangs in its parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Index(u32),
    Name(Box<str>),
}

#[derive(Debug)]
pub(super) enum Data {
    Null,
    Bool(bool),
    Number(Literal),
    Text(Box<str>),
    List(Vec<NodeId>),
    /// Sorted by name.
    Map(Vec<NodeId>),
}

/// A number as it is written, and its value unless the exponent is out of all bounds.
#[derive(Debug)]
pub(super) struct Literal {
    pub(super) text: Box<str>,
    pub(super) value: Option<Number>,
}

impl Document {
    pub(super) fn parse(text: &[u8]) -> Result<Document, String> {
        let mut reader = Reader { text, at: 0, nodes: Vec::with_capacity(text.len() / 24 + 1) };
        reader.document()?;
        Ok(Document { nodes: reader.nodes })
    }

    /// The document `true`.
    pub(super) fn permissive() -> Document {
        Document { nodes: vec![Node { parent: 0, step: Step::Index(0), data: Data::Bool(true) }] }
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn data(&self, node: NodeId) -> &Data {
        self.nodes.get(node as usize).map_or(&Data::Null, |node| &node.data)
    }

    /// The parent of a node; the root is its own.
    pub(super) fn parent(&self, node: NodeId) -> NodeId {
        self.nodes.get(node as usize).map_or(0, |node| node.parent)
    }

    /// The key under which a node hangs in its map; empty for others.
    pub(super) fn name(&self, node: NodeId) -> &str {
        match self.nodes.get(node as usize).map(|node| &node.step) {
            Some(Step::Name(name)) => name,
            _ => "",
        }
    }

    /// The node of a key, if `node` is a map that has it.
    pub(super) fn get(&self, node: NodeId, name: &str) -> Option<NodeId> {
        let Data::Map(children) = self.data(node) else { return None };
        let at = children.binary_search_by(|child| self.name(*child).cmp(name)).ok()?;
        children.get(at).copied()
    }

    pub(super) fn get_text(&self, node: NodeId, name: &str) -> Option<&str> {
        match self.data(self.get(node, name)?) {
            Data::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The keys and nodes of a map in order of the keys; nothing for other nodes.
    pub(super) fn members(&self, node: NodeId) -> impl Iterator<Item = (&str, NodeId)> {
        let children: &[NodeId] = match self.data(node) {
            Data::Map(children) => children,
            _ => &[],
        };
        children.iter().map(|child| (self.name(*child), *child))
    }

    /// The nodes of a list; nothing for other nodes.
    pub(super) fn items(&self, node: NodeId) -> &[NodeId] {
        match self.data(node) {
            Data::List(children) => children,
            _ => &[],
        }
    }

    /// The JSON pointer of a node.
    pub(super) fn pointer(&self, node: NodeId) -> String {
        let mut steps = Vec::new();
        let mut at = node;
        while at != 0 {
            let Some(node) = self.nodes.get(at as usize) else { break };
            steps.push(&node.step);
            at = node.parent;
        }
        let mut pointer = String::new();
        for step in steps.into_iter().rev() {
            match step {
                Step::Index(index) => write!(pointer, "/{index}").unwrap_or_default(),
                Step::Name(name) => push_step(&mut pointer, name),
            }
        }
        pointer
    }
}

/// Appends `/` and a reference token with `~` and `/` escaped.
pub(super) fn push_step(pointer: &mut String, name: &str) {
    pointer.push('/');
    if name.contains(['~', '/']) {
        pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
    } else {
        pointer.push_str(name);
    }
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    nodes: Vec<Node>,
}

/// A container whose end has not been read yet.
struct Open {
    node: NodeId,
    map: bool,
    children: Vec<NodeId>,
}

impl Reader<'_> {
    fn document(&mut self) -> Result<(), String> {
        self.space();
        if self.at >= self.text.len() {
            return Err("EOF".into());
        }
        let mut open: Vec<Open> = Vec::new();
        self.value(Step::Index(0), &mut open)?;
        while let Some(mut container) = open.pop() {
            self.space();
            let first = container.children.is_empty();
            let (end, after) = match container.map {
                true => (b'}', "after object key:value pair"),
                false => (b']', "after array element"),
            };
            match self.peek()? {
                byte if byte == end => {
                    self.at += 1;
                    self.close(container);
                    continue;
                }
                b',' if !first => {
                    self.at += 1;
                    self.space();
                    self.peek()?;
                }
                _ if first => {}
                byte => return Err(unexpected(byte, after)),
            }
            let step = match container.map {
                true => Step::Name(self.key()?),
                false => Step::Index(u32::try_from(container.children.len()).unwrap_or(u32::MAX)),
            };
            container.children.push(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
            open.push(container);
            self.value(step, &mut open)?;
        }
        self.space();
        if self.at < self.text.len() {
            return Err("invalid character after top-level value".into());
        }
        Ok(())
    }

    /// Stores the children of a container that has ended; of equal keys the last one stays.
    fn close(&mut self, container: Open) {
        let mut children = container.children;
        if container.map {
            let name = |id: NodeId| match self.nodes.get(id as usize).map(|node| &node.step) {
                Some(Step::Name(name)) => name.as_ref(),
                _ => "",
            };
            let ordered = children.windows(2).all(|pair| name(pair[0]).cmp(name(pair[1])) == Ordering::Less);
            if !ordered {
                children.sort_by(|a, b| name(*a).cmp(name(*b)).then(b.cmp(a)));
                children.dedup_by(|a, b| name(*a) == name(*b));
            }
        }
        if let Some(node) = self.nodes.get_mut(container.node as usize) {
            node.data = if container.map { Data::Map(children) } else { Data::List(children) };
        }
    }

    fn value(&mut self, step: Step, open: &mut Vec<Open>) -> Result<(), String> {
        let parent = open.last().map_or(0, |container| container.node);
        let node = u32::try_from(self.nodes.len()).map_err(|_| "schema is too large")?;
        let data = match self.peek()? {
            byte @ (b'{' | b'[') => {
                if open.len() >= MAX_DEPTH {
                    return Err("exceeded max depth".into());
                }
                self.at += 1;
                let map = byte == b'{';
                open.push(Open { node, map, children: Vec::new() });
                if map { Data::Map(Vec::new()) } else { Data::List(Vec::new()) }
            }
            b'"' => Data::Text(self.string()?),
            b't' => self.literal("true", Data::Bool(true))?,
            b'f' => self.literal("false", Data::Bool(false))?,
            b'n' => self.literal("null", Data::Null)?,
            b'-' | b'0'..=b'9' => self.number()?,
            byte => return Err(unexpected(byte, "looking for beginning of value")),
        };
        self.nodes.push(Node { parent, step, data });
        Ok(())
    }

    fn key(&mut self) -> Result<Box<str>, String> {
        let byte = self.peek()?;
        if byte != b'"' {
            return Err(unexpected(byte, "looking for beginning of object key string"));
        }
        let key = self.string()?;
        self.space();
        match self.peek()? {
            b':' => self.at += 1,
            byte => return Err(unexpected(byte, "after object key")),
        }
        self.space();
        self.peek()?;
        Ok(key)
    }

    fn literal(&mut self, word: &str, data: Data) -> Result<Data, String> {
        for (at, wanted) in word.bytes().enumerate() {
            let byte = self.peek()?;
            if byte != wanted {
                debug_assert!(at > 0);
                return Err(unexpected(byte, &format!("in literal {word} (expecting '{}')", char::from(wanted))));
            }
            self.at += 1;
        }
        Ok(data)
    }

    fn number(&mut self) -> Result<Data, String> {
        let start = self.at;
        if self.peek()? == b'-' {
            self.at += 1;
        }
        match self.peek()? {
            b'0' => self.at += 1,
            b'1'..=b'9' => self.digits(),
            byte => return Err(unexpected(byte, "in numeric literal")),
        }
        if self.text.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.some_digits("after decimal point in numeric literal")?;
        }
        if matches!(self.text.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek()?, b'+' | b'-') {
                self.at += 1;
            }
            self.some_digits("in exponent of numeric literal")?;
        }
        let text: Box<str> = String::from_utf8_lossy(&self.text[start..self.at]).into();
        let value = Number::parse(&text);
        Ok(Data::Number(Literal { text, value }))
    }

    fn digits(&mut self) {
        while self.text.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
    }

    fn some_digits(&mut self, place: &str) -> Result<(), String> {
        match self.peek()? {
            b'0'..=b'9' => self.digits(),
            byte => return Err(unexpected(byte, place)),
        }
        Ok(())
    }

    fn string(&mut self) -> Result<Box<str>, String> {
        self.at += 1;
        let start = self.at;
        while let Some(byte) = self.text.get(self.at) {
            match byte {
                b'"' => {
                    let text = String::from_utf8_lossy(&self.text[start..self.at]).into();
                    self.at += 1;
                    return Ok(text);
                }
                b'\\' => return self.escaped_string(start),
                0..0x20 => return Err(unexpected(*byte, "in string literal")),
                _ => self.at += 1,
            }
        }
        Err("unexpected EOF".into())
    }

    /// The rest of a string from its first backslash on.
    fn escaped_string(&mut self, start: usize) -> Result<Box<str>, String> {
        let mut bytes = self.text[start..self.at].to_vec();
        loop {
            let byte = self.peek()?;
            self.at += 1;
            match byte {
                b'"' => return Ok(String::from_utf8_lossy(&bytes).into()),
                b'\\' => self.escape(&mut bytes)?,
                0..0x20 => return Err(unexpected(byte, "in string literal")),
                _ => bytes.push(byte),
            }
        }
    }

    fn escape(&mut self, bytes: &mut Vec<u8>) -> Result<(), String> {
        let byte = self.peek()?;
        self.at += 1;
        bytes.push(match byte {
            b'"' | b'\\' | b'/' => byte,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let mut unit = self.hex()?;
                if (0xd800..0xdc00).contains(&unit) && self.text[self.at..].starts_with(b"\\u") {
                    let back = self.at;
                    self.at += 2;
                    match self.hex()? {
                        low @ 0xdc00..0xe000 => unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00),
                        _ => self.at = back,
                    }
                }
                let letter = char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER);
                bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            _ => return Err(unexpected(byte, "in string escape code")),
        });
        Ok(())
    }

    fn hex(&mut self) -> Result<u32, String> {
        let mut unit = 0;
        for _ in 0..4 {
            let byte = self.peek()?;
            let Some(digit) = char::from(byte).to_digit(16) else {
                return Err(unexpected(byte, "in \\u hexadecimal character escape"));
            };
            unit = unit * 16 + digit;
            self.at += 1;
        }
        Ok(unit)
    }

    fn space(&mut self) {
        while matches!(self.text.get(self.at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Result<u8, String> {
        self.text.get(self.at).copied().ok_or_else(|| "unexpected EOF".into())
    }
}

fn unexpected(byte: u8, place: &str) -> String {
    let shown = match byte {
        b'\'' => r"'\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        _ => {
            let quoted = super::message::go_quoted(&char::from(byte).to_string());
            format!("'{}'", &quoted[1..quoted.len() - 1])
        }
    };
    format!("invalid character {shown} {place}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_those_of_go() {
        for (text, wanted) in [
            ("", "EOF"),
            ("{", "unexpected EOF"),
            ("{nope", "invalid character 'n' looking for beginning of object key string"),
            ("[1,]", "invalid character ']' looking for beginning of value"),
            ("{\"a\" 1}", "invalid character '1' after object key"),
            ("{\"a\":1 \"b\"}", "invalid character '\"' after object key:value pair"),
            ("[1 2]", "invalid character '2' after array element"),
            ("{\"a\":1,}", "invalid character '}' looking for beginning of object key string"),
            ("{} x", "invalid character after top-level value"),
            ("trux", "invalid character 'x' in literal true (expecting 'e')"),
            ("-x", "invalid character 'x' in numeric literal"),
            ("1.x", "invalid character 'x' after decimal point in numeric literal"),
            ("1ex", "invalid character 'x' in exponent of numeric literal"),
            ("\"\\x\"", "invalid character 'x' in string escape code"),
            ("\"\\u00g0\"", "invalid character 'g' in \\u hexadecimal character escape"),
            ("\"a\nb\"", "invalid character '\\n' in string literal"),
            ("\u{feff}{}", "invalid character 'ï' looking for beginning of value"),
        ] {
            assert_eq!(Document::parse(text.as_bytes()).err().as_deref(), Some(wanted), "{text}");
        }
        let deep = "[".repeat(20_000);
        assert_eq!(Document::parse(deep.as_bytes()).err().as_deref(), Some("exceeded max depth"));
    }

    #[test]
    fn the_last_of_equal_keys_stays() {
        let document = Document::parse(br#"{"b": 1, "a": {"x/y~": [0, "t\u00e9\ud83d\ude00"]}, "b": 2}"#).unwrap();
        assert_eq!(document.members(0).map(|(name, _)| name).collect::<Vec<_>>(), ["a", "b"]);
        let b = document.get(0, "b").unwrap();
        assert!(matches!(document.data(b), Data::Number(literal) if &*literal.text == "2"));
        let list = document.get(document.get(0, "a").unwrap(), "x/y~").unwrap();
        let text = document.items(list)[1];
        assert_eq!(document.pointer(text), "/a/x~1y~0/1");
        assert!(matches!(document.data(text), Data::Text(text) if &**text == "té😀"));
    }
}
