//! `Unmarshal` into an `interface {}`, a map or a slice.

use crate::diagnostic::Fault;
use crate::value::{List, ListKind, Map, MapKind, Text, Value, print};

/// How deep arrays and objects may nest, as in Go.
const DEEPEST: usize = 10_000;

/// What became of a text: Go keeps a value beside an error that is about types and not about syntax.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// The value; nil, or the empty map or slice that was asked for, where the text is no JSON.
    pub value: Value,
    /// The first thing that is wrong.
    pub fault: Option<Fault>,
}

/// Reads a text as `json.Unmarshal` reads it into an `interface {}`; fails with Go's text.
pub fn from_json(text: &[u8]) -> Result<Value, Fault> {
    let Decoded { value, fault } = decode(text);
    fault.map_or(Ok(value), Err)
}

/// Reads a text into an `interface {}` and keeps the value beside an error.
pub fn decode(text: &[u8]) -> Decoded {
    let mut reader = Reader { text, at: 0, fault: None };
    match reader.only_value() {
        Ok(value) => Decoded { value, fault: reader.fault },
        Err(fault) => Decoded { value: Value::Nil, fault: Some(fault) },
    }
}

/// Whether a text is JSON, as `json.Valid` says it: what its numbers mean does not matter.
pub fn is_valid(text: &[u8]) -> bool {
    Reader { text, at: 0, fault: None }.only_value().is_ok()
}

/// What a stream of JSON texts goes on with.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// A value, which ends before this byte of the stream.
    Value(usize),
    /// Nothing but white space.
    End,
    /// A value that is broken at the byte before this one, and Go's text for it.
    Broken(usize, Fault),
    /// A value without an end.
    Unfinished,
}

/// Looks at the value that starts at or after byte `from` of a stream, as Go's `json.Decoder` does.
pub fn next_value(stream: &[u8], from: usize) -> Next {
    let mut reader = Reader { text: stream, at: from, fault: None };
    if reader.significant().is_err() {
        return Next::End;
    }
    match reader.next_value() {
        Ok(_) => Next::Value(reader.at),
        Err(_) if reader.at >= stream.len() => Next::Unfinished,
        Err(fault) => Next::Broken(reader.at + 1, fault),
    }
}

/// Reads a text into an empty `map[string]interface {}`; `null` gives a nil map.
pub fn decode_map(text: &[u8]) -> Decoded {
    match top_level(text) {
        Ok((Value::Nil, fault)) => Decoded { value: Map::nil(MapKind::Any).into(), fault },
        Ok((value @ Value::Map(_), fault)) => Decoded { value, fault },
        Ok((other, _)) => Decoded { value: Map::new().into(), fault: Some(mismatch(&other, MapKind::Any.go_type())) },
        Err(fault) => Decoded { value: Map::new().into(), fault: Some(fault) },
    }
}

/// Reads a text into an empty `[]interface {}`; `null` gives a nil slice.
pub fn decode_list(text: &[u8]) -> Decoded {
    match top_level(text) {
        Ok((Value::Nil, fault)) => Decoded { value: List::nil(ListKind::Any).into(), fault },
        Ok((value @ Value::List(_), fault)) => Decoded { value, fault },
        Ok((other, _)) => {
            Decoded { value: Value::list(Vec::new()), fault: Some(mismatch(&other, ListKind::Any.go_type())) }
        }
        Err(fault) => Decoded { value: Value::list(Vec::new()), fault: Some(fault) },
    }
}

/// A whole text, with a number that is too large at top level told apart from `null`.
fn top_level(text: &[u8]) -> Result<(Value, Option<Fault>), Fault> {
    let mut reader = Reader { text, at: 0, fault: None };
    let value = reader.only_value()?;
    if value.is_nil() && reader.fault.is_some() {
        return Ok((Value::Float(f64::INFINITY), None));
    }
    Ok((value, reader.fault))
}

fn mismatch(found: &Value, wanted: &str) -> Fault {
    let found = match found {
        Value::Bool(_) => "bool",
        Value::Str(_) => "string",
        Value::List(_) => "array",
        Value::Map(_) => "object",
        _ => "number",
    };
    Fault::new(format!("json: cannot unmarshal {found} into Go value of type {wanted}"))
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    /// The first error about a type.
    fault: Option<Fault>,
}

/// A container that is being read.
enum Open {
    Array(Vec<Value>),
    Object { members: Vec<(Text, Value)>, key: Text },
}

/// What follows in the text.
enum Step {
    /// A container was opened.
    Opened(Open),
    /// A value is complete.
    Value(Value),
}

const END: &str = "unexpected end of JSON input";

impl Reader<'_> {
    fn only_value(&mut self) -> Result<Value, Fault> {
        let value = self.next_value()?;
        self.end().map(|()| value)
    }

    fn next_value(&mut self) -> Result<Value, Fault> {
        let mut stack: Vec<Open> = Vec::new();
        loop {
            let mut value = match self.value(stack.len())? {
                Step::Opened(open) => {
                    stack.push(open);
                    continue;
                }
                Step::Value(value) => value,
            };
            // Each turn closes one container; the first that goes on wants another value.
            loop {
                match stack.last_mut() {
                    None => return Ok(value),
                    Some(Open::Array(items)) => items.push(value),
                    Some(Open::Object { members, key }) => members.push((key.clone(), value)),
                }
                if self.more(stack.last_mut())? {
                    break;
                }
                value = match stack.pop() {
                    Some(Open::Array(items)) => Value::list(items),
                    Some(Open::Object { members, .. }) => Value::Map(Map::from_entries(MapKind::Any, members)),
                    None => return Err(Fault::new(END)),
                };
            }
        }
    }

    /// Reads a value or opens a container below `depth` others.
    fn value(&mut self, depth: usize) -> Result<Step, Fault> {
        const CONTEXT: &str = "looking for beginning of value";
        let value = match self.significant()? {
            byte @ (b'{' | b'[') => {
                if depth >= DEEPEST {
                    return Err(invalid(byte, "exceeded max depth"));
                }
                self.at += 1;
                return self.opened(byte);
            }
            b'"' => {
                self.at += 1;
                self.string()?.into()
            }
            b't' => self.word("true", Value::Bool(true))?,
            b'f' => self.word("false", Value::Bool(false))?,
            b'n' => self.word("null", Value::Nil)?,
            b'-' | b'0'..=b'9' => self.number()?,
            byte => return Err(invalid(byte, CONTEXT)),
        };
        Ok(Step::Value(value))
    }

    fn opened(&mut self, opening: u8) -> Result<Step, Fault> {
        let next = self.significant()?;
        if opening == b'[' {
            if next == b']' {
                self.at += 1;
                return Ok(Step::Value(Value::list(Vec::new())));
            }
            return Ok(Step::Opened(Open::Array(Vec::new())));
        }
        if next == b'}' {
            self.at += 1;
            return Ok(Step::Value(Map::new().into()));
        }
        Ok(Step::Opened(Open::Object { members: Vec::new(), key: self.key()? }))
    }

    /// Reads what stands after an element: whether there is another one.
    fn more(&mut self, open: Option<&mut Open>) -> Result<bool, Fault> {
        let byte = self.significant()?;
        let goes_on = match (&open, byte) {
            (_, b',') => true,
            (Some(Open::Array(_)), b']') | (Some(Open::Object { .. }), b'}') => false,
            (Some(Open::Array(_)), byte) => return Err(invalid(byte, "after array element")),
            (_, byte) => return Err(invalid(byte, "after object key:value pair")),
        };
        self.at += 1;
        if let (true, Some(Open::Object { key, .. })) = (goes_on, open) {
            *key = self.key()?;
        }
        Ok(goes_on)
    }

    /// Reads a key and its colon.
    fn key(&mut self) -> Result<Text, Fault> {
        let byte = self.significant()?;
        if byte != b'"' {
            return Err(invalid(byte, "looking for beginning of object key string"));
        }
        self.at += 1;
        let key = self.string()?;
        let byte = self.significant()?;
        if byte != b':' {
            return Err(invalid(byte, "after object key"));
        }
        self.at += 1;
        Ok(key)
    }

    fn end(&mut self) -> Result<(), Fault> {
        match self.significant() {
            Ok(byte) => Err(invalid(byte, "after top-level value")),
            Err(_) => Ok(()),
        }
    }

    /// The next byte that is no white space; it is not consumed.
    fn significant(&mut self) -> Result<u8, Fault> {
        while let Some(&byte) = self.text.get(self.at) {
            if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
                return Ok(byte);
            }
            self.at += 1;
        }
        Err(Fault::new(END))
    }

    /// The next byte; past the end a space, with which Go's scanner ends an unfinished token.
    fn peek(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or(b' ')
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, Fault> {
        for wanted in word.bytes() {
            let found = self.peek();
            if found != wanted {
                let wanted = char::from(wanted);
                return Err(invalid(found, &format!("in literal {word} (expecting '{wanted}')")));
            }
            self.at += 1;
        }
        Ok(value)
    }

    fn number(&mut self) -> Result<Value, Fault> {
        let start = self.at;
        if self.peek() == b'-' {
            self.at += 1;
        }
        match self.peek() {
            b'0' => self.at += 1,
            b'1'..=b'9' => self.digits(),
            byte => return Err(invalid(byte, "in numeric literal")),
        }
        if self.peek() == b'.' {
            self.at += 1;
            self.some_digits("after decimal point in numeric literal")?;
        }
        if matches!(self.peek(), b'e' | b'E') {
            self.at += 1;
            if matches!(self.peek(), b'+' | b'-') {
                self.at += 1;
            }
            self.some_digits("in exponent of numeric literal")?;
        }
        let literal = String::from_utf8_lossy(&self.text[start..self.at]);
        match literal.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Value::Float(number)),
            _ => {
                let text = format!("json: cannot unmarshal number {literal} into Go value of type float64");
                self.fault.get_or_insert(Fault::new(text));
                Ok(Value::Nil)
            }
        }
    }

    fn some_digits(&mut self, context: &str) -> Result<(), Fault> {
        if !self.peek().is_ascii_digit() {
            return Err(invalid(self.peek(), context));
        }
        self.digits();
        Ok(())
    }

    fn digits(&mut self) {
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
    }

    /// Reads a string behind its opening quote.
    fn string(&mut self) -> Result<Text, Fault> {
        let mut out = Vec::new();
        loop {
            let start = self.at;
            while self.text.get(self.at).is_some_and(|&byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
                self.at += 1;
            }
            let plain = &self.text[start..self.at];
            let Some(&byte) = self.text.get(self.at) else { return Err(Fault::new(END)) };
            self.at += 1;
            if byte == b'"' && out.is_empty() && std::str::from_utf8(plain).is_ok() {
                return Ok(Text::from(plain));
            }
            push_valid(&mut out, plain);
            match byte {
                b'"' => return Ok(Text::from(out)),
                b'\\' => self.escape(&mut out)?,
                byte => {
                    self.at -= 1;
                    return Err(invalid(byte, "in string literal"));
                }
            }
        }
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), Fault> {
        let byte = self.peek();
        let plain = match byte {
            b'"' | b'\\' | b'/' => byte,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                self.at += 1;
                return self.code_unit(out);
            }
            byte => return Err(invalid(byte, "in string escape code")),
        };
        self.at += 1;
        out.push(plain);
        Ok(())
    }

    /// Reads the digits of `\u`, and a second escape where both make one character.
    fn code_unit(&mut self, out: &mut Vec<u8>) -> Result<(), Fault> {
        let first = self.hexadecimal()?;
        let mut character = char::from_u32(first);
        if (0xd800..0xdc00).contains(&first) && self.text[self.at..].starts_with(b"\\u") {
            let behind_first = self.at;
            self.at += 2;
            let second = self.hexadecimal()?;
            if (0xdc00..0xe000).contains(&second) {
                character = char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00));
            } else {
                self.at = behind_first;
            }
        }
        let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
        out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(())
    }

    fn hexadecimal(&mut self) -> Result<u32, Fault> {
        let mut unit = 0;
        for _ in 0..4 {
            let byte = self.peek();
            let Some(digit) = char::from(byte).to_digit(16) else {
                return Err(invalid(byte, "in \\u hexadecimal character escape"));
            };
            unit = unit * 16 + digit;
            self.at += 1;
        }
        Ok(unit)
    }
}

/// Appends text with each invalid byte replaced by U+FFFD.
fn push_valid(out: &mut Vec<u8>, text: &[u8]) {
    for chunk in text.utf8_chunks() {
        out.extend_from_slice(chunk.valid().as_bytes());
        for _ in chunk.invalid() {
            out.extend_from_slice("\u{fffd}".as_bytes());
        }
    }
}

/// Go names a byte by the character of that number.
fn invalid(byte: u8, context: &str) -> Fault {
    Fault::new(format!("invalid character {} {context}", print::quote_rune(char::from(byte))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::to_json;

    #[test]
    fn values_come_back_as_they_are_written() {
        let table: &[(&[u8], &str)] = &[
            (b" {\"b\": [1, 2.5e1, {}], \"a\": null} ", r#"{"a":null,"b":[1,25,{}]}"#),
            (b"{\"a\":1,\"a\":2}", r#"{"a":2}"#),
            (b"[]", "[]"),
            (b"-0", "-0"),
            (br#""\ud83d\ude00\ud800\ud800\u0041\/""#, "\"\u{1f600}\u{fffd}\u{fffd}A/\""),
            (b"\"\xff\xc3\xa9\xe4\xbd\"", "\"\u{fffd}\u{e9}\u{fffd}\u{fffd}\""),
            (b"1e-400", "0"),
        ];
        for (text, wanted) in table {
            let value = from_json(text).unwrap();
            assert_eq!(String::from_utf8(to_json(&value).unwrap()).unwrap(), *wanted);
        }
    }

    /// Texts and errors as Go 1.26 gives them.
    #[test]
    fn errors_have_go_s_texts() {
        let table: &[(&[u8], &str)] = &[
            (b"", END),
            (b"  ", END),
            (b"{", END),
            (b"[1", END),
            (b"\"abc", END),
            (b"{\"a\"", END),
            (b"nul", "invalid character ' ' in literal null (expecting 'l')"),
            (b"nope", "invalid character 'o' in literal null (expecting 'u')"),
            (b"-", "invalid character ' ' in numeric literal"),
            (b"1.", "invalid character ' ' after decimal point in numeric literal"),
            (b"1.x", "invalid character 'x' after decimal point in numeric literal"),
            (b"1e", "invalid character ' ' in exponent of numeric literal"),
            (b"01", "invalid character '1' after top-level value"),
            (b"\"\\", "invalid character ' ' in string escape code"),
            (b"\"\\x\"", "invalid character 'x' in string escape code"),
            (b"\"\\u12g4\"", "invalid character 'g' in \\u hexadecimal character escape"),
            (b"\"a\nb\"", "invalid character '\\n' in string literal"),
            (b"{'a': 1}", "invalid character '\\'' looking for beginning of object key string"),
            (b"{\"a\": 1,}", "invalid character '}' looking for beginning of object key string"),
            (b"{\"a\" 1}", "invalid character '1' after object key"),
            (b"{\"a\": 1 2}", "invalid character '2' after object key:value pair"),
            (b"[1,]", "invalid character ']' looking for beginning of value"),
            (b"[1 2]", "invalid character '2' after array element"),
            (b"{} {}", "invalid character '{' after top-level value"),
            (b"\xff", "invalid character '\u{ff}' looking for beginning of value"),
            (b"\xc2\xa0", "invalid character '\u{c2}' looking for beginning of value"),
            (b"\x85", "invalid character '\\u0085' looking for beginning of value"),
            (b"1e999", "json: cannot unmarshal number 1e999 into Go value of type float64"),
        ];
        for (text, wanted) in table {
            assert_eq!(from_json(text).unwrap_err().message(), *wanted);
        }
    }

    #[test]
    fn a_map_or_a_list_can_be_asked_for() {
        let message = |decoded: Decoded| decoded.fault.map(|fault| fault.message().to_owned()).unwrap_or_default();
        let wanted = "json: cannot unmarshal array into Go value of type map[string]interface {}";
        assert_eq!(message(decode_map(b"[1]")), wanted);
        let wanted = "json: cannot unmarshal number into Go value of type []interface {}";
        assert_eq!(message(decode_list(b"1e999")), wanted);
        assert!(matches!(decode_map(b"null").value, Value::Map(map) if map.is_nil()));
        let partial = decode_map(b"{\"a\": 1e400}");
        assert!(partial.value.as_map().is_some_and(|map| map.contains("a")));
        assert!(partial.fault.is_some());
    }

    #[test]
    fn depth_is_limited_as_in_go() {
        let mut text = vec![b'['; DEEPEST];
        assert_eq!(from_json(&text).unwrap_err().message(), END);
        text.push(b'[');
        assert_eq!(from_json(&text).unwrap_err().message(), "invalid character '[' exceeded max depth");
    }
}
