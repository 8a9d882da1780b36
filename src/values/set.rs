//! The grammars of `--set`, `--set-string`, `--set-json`, `--set-file` and `--set-literal`.
//!
//! The reference is Helm's `pkg/strvals`. A text is `path=value,path=value,...`; a path is names with dots between them
//! and indices in brackets; a value in braces is a list. What Go answers with a caught panic (a name below a number, an
//! index on a map) is an error with the same text here.

use super::layer::ReadFile;
use crate::chart::Compat;
use crate::diagnostic::Fault;
use crate::json;
use crate::value::{ListKind, Map, Text, Value, print};

/// The largest index of a list.
pub(super) const MAX_INDEX: i64 = 65_536;

/// How many dots a path may have.
pub(super) const MAX_NESTED_NAMES: usize = 30;

/// How many brackets and names a path may have in all, which Helm does not limit.
pub(super) const MAX_DEPTH: usize = 500;

/// How many elements one flag may add to lists by naming indices far out, which Helm does not limit.
pub(super) const MAX_FILLED: usize = 4_000_000;

/// What becomes of the text of a value.
pub(super) enum Converter<'a, 'r> {
    /// Booleans, null and integers become such, everything else is text (`--set`).
    Typed,
    /// Always text (`--set-string`).
    Text,
    /// JSON (`--set-json`).
    Json,
    /// The name of a file whose content is the value (`--set-file`).
    File(&'a mut ReadFile<'r>),
}

/// Why reading stopped.
enum Halt {
    /// The text is at its end.
    End,
    /// The text ended inside an index: Helm 4 takes it for the end, Helm 3 for an error.
    EndInIndex,
    Fault(Fault),
}

impl From<String> for Halt {
    fn from(message: String) -> Halt {
        Halt::Fault(Fault::new(message))
    }
}

type Step<T> = Result<T, Halt>;

/// Sets what `text` says in `values`, in place. The fault has the text of Helm's error.
pub(super) fn parse_into(text: &str, values: &Map, converter: Converter<'_, '_>, compat: Compat) -> Result<(), Fault> {
    let mut parser = Parser { text, converter, literal: false, depth: 0, filled: 0 };
    parser.run(values, compat)
}

/// Sets the one `path=text` of `--set-literal`, in place: no character of the text is special.
pub(super) fn parse_literal_into(text: &str, values: &Map, compat: Compat) -> Result<(), Fault> {
    let mut parser = Parser { text, converter: Converter::Text, literal: true, depth: 0, filled: 0 };
    parser.run(values, compat)
}

struct Parser<'t, 'a, 'r> {
    /// What is left of the text.
    text: &'t str,
    converter: Converter<'a, 'r>,
    /// Whether backslashes, commas and braces are ordinary.
    literal: bool,
    depth: usize,
    filled: usize,
}

impl Parser<'_, '_, '_> {
    fn run(&mut self, values: &Map, compat: Compat) -> Result<(), Fault> {
        loop {
            match self.key(values, 0) {
                Ok(()) => {}
                Err(Halt::EndInIndex) if compat == Compat::Helm3 => {
                    return Err(Fault::new("error parsing index: EOF").hint("close the index with `]`"));
                }
                Err(Halt::End | Halt::EndInIndex) => return Ok(()),
                Err(Halt::Fault(fault)) => return Err(fault),
            }
        }
    }

    fn next(&mut self) -> Option<char> {
        let mut letters = self.text.chars();
        let next = letters.next();
        self.text = letters.as_str();
        next
    }

    /// The text up to one of `stops`, without its escapes, and the stop; none at the end of the text.
    fn until(&mut self, stops: &[char]) -> (String, Option<char>) {
        let mut found = String::new();
        while let Some(letter) = self.next() {
            if stops.contains(&letter) {
                return (found, Some(letter));
            }
            if letter == '\\' && !self.literal {
                match self.next() {
                    Some(letter) => found.push(letter),
                    None => return (found, None),
                }
            } else {
                found.push(letter);
            }
        }
        (found, None)
    }

    fn enter(&mut self) -> Step<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!("path has more than {MAX_DEPTH} names and indices").into());
        }
        Ok(())
    }

    /// Reads a path from a name on and sets its value below `data`.
    fn key(&mut self, data: &Map, level: usize) -> Step<()> {
        self.enter()?;
        let done = self.key_inside(data, level);
        self.depth -= 1;
        done
    }

    fn key_inside(&mut self, data: &Map, level: usize) -> Step<()> {
        let stops: &[char] = if self.literal { &['=', '[', '.'] } else { &['=', '[', ',', '.'] };
        let (name, stop) = self.until(stops);
        match stop {
            None if name.is_empty() => Err(Halt::End),
            None => Err(format!("key {} has no value", quoted(&name)).into()),
            Some('[') => {
                let index = self.index()?;
                let mut list = match data.get(&name) {
                    None => Vec::new(),
                    Some(Value::List(list)) if list.kind() == ListKind::Any => list.items().to_vec(),
                    Some(other) => return Err(not_a(&other, "[]interface {}")),
                };
                let done = self.list_item(&mut list, index, level);
                set(data, &name, Value::list(list));
                done
            }
            Some('=') => self.value(data, &name),
            Some(',') => {
                set(data, &name, Value::str(""));
                Err(format!("key {} has no value (cannot end with ,)", quoted(&name)).into())
            }
            Some(_) => self.nested(data, &name, level + 1),
        }
    }

    /// Reads the rest of a path behind `name` and a dot.
    fn nested(&mut self, data: &Map, name: &str, level: usize) -> Step<()> {
        if level > MAX_NESTED_NAMES {
            let most = format!("is greater than maximum supported nested level of {MAX_NESTED_NAMES}");
            return Err(format!("value name nested level {most}").into());
        }
        let inner = match data.get(name) {
            None => Map::new(),
            Some(Value::Map(inner)) => inner,
            Some(other) => return Err(not_a(&other, "map[string]interface {}")),
        };
        let done = self.key(&inner, level);
        if done.is_ok() && inner.is_empty() {
            return Err(format!("key map {} has no value", quoted(name)).into());
        }
        if !inner.is_empty() {
            set(data, name, Value::Map(inner));
        }
        done
    }

    /// Reads what follows `name=`.
    fn value(&mut self, data: &Map, name: &str) -> Step<()> {
        if self.literal {
            let text = std::mem::take(&mut self.text);
            set(data, name, Value::str(text));
            return Ok(());
        }
        if matches!(self.converter, Converter::Json) {
            if self.is_blank() {
                set(data, name, Value::Nil);
                return Ok(());
            }
            let value = self.json()?;
            set(data, name, value);
            self.is_blank();
            return Ok(());
        }
        if self.text.is_empty() {
            set(data, name, Value::str(""));
            return Err(Halt::End);
        }
        let value = self.plain_value()?;
        set(data, name, value);
        Ok(())
    }

    /// A list in braces or one value up to a comma.
    fn plain_value(&mut self) -> Step<Value> {
        if let Some(rest) = self.text.strip_prefix('{') {
            self.text = rest;
            return self.list();
        }
        let (text, _) = self.until(&[',']);
        self.convert(text)
    }

    fn list(&mut self) -> Step<Value> {
        let mut items = Vec::new();
        loop {
            let (text, stop) = self.until(&[',', '}']);
            match stop {
                None => return Err("list must terminate with '}'".to_owned().into()),
                Some('}') => {
                    self.text = self.text.strip_prefix(',').unwrap_or(self.text);
                    items.push(self.convert(text)?);
                    return Ok(Value::list(items));
                }
                Some(_) => items.push(self.convert(text)?),
            }
        }
    }

    fn convert(&mut self, text: String) -> Step<Value> {
        match &mut self.converter {
            Converter::Typed => Ok(typed(text)),
            Converter::Text | Converter::Json => Ok(Value::from(text)),
            Converter::File(read) => match read(&text) {
                Ok(content) => Ok(Value::Str(Text::from(content))),
                Err(error) => Err(Halt::Fault(Fault::new(error.to_string()))),
            },
        }
    }

    /// Reads an index up to its bracket.
    fn index(&mut self) -> Step<i64> {
        let (text, stop) = self.until(&[']']);
        if stop.is_none() {
            return Err(Halt::EndInIndex);
        }
        text.parse::<i64>().map_err(|error| {
            use std::num::IntErrorKind::{NegOverflow, PosOverflow};
            let why = match error.kind() {
                PosOverflow | NegOverflow => "value out of range",
                _ => "invalid syntax",
            };
            format!("error parsing index: strconv.Atoi: parsing {}: {why}", quoted(&text)).into()
        })
    }

    /// Reads what follows an index and sets the element of `list`.
    fn list_item(&mut self, list: &mut Vec<Value>, index: i64, level: usize) -> Step<()> {
        self.enter()?;
        let done = self.list_item_inside(list, index, level);
        self.depth -= 1;
        done
    }

    fn list_item_inside(&mut self, list: &mut Vec<Value>, index: i64, level: usize) -> Step<()> {
        let Ok(at) = usize::try_from(index) else {
            return Err(format!("negative {index} index not allowed").into());
        };
        let (name, stop) = self.until(&['[', '.', '=']);
        if !name.is_empty() {
            let letters: Vec<String> = name.chars().map(print::quote_rune).collect();
            return Err(format!("unexpected data at end of array index: [{}]", letters.join(" ")).into());
        }
        let value = match stop {
            None => return Err(Halt::End),
            Some('=') => return self.item_value(list, index),
            Some('[') => {
                let next = self.index()?;
                let mut inner = match list.get(at) {
                    None | Some(Value::Nil) => Vec::new(),
                    Some(Value::List(inner)) if inner.kind() == ListKind::Any => inner.items().to_vec(),
                    Some(other) => return Err(not_a(other, "[]interface {}")),
                };
                self.list_item(&mut inner, next, level)?;
                Value::list(inner)
            }
            Some(_) => {
                let inner = match list.get(at) {
                    Some(Value::Map(inner)) => inner.clone(),
                    _ => Map::new(),
                };
                self.key(&inner, level)?;
                Value::Map(inner)
            }
        };
        self.set_index(list, index, value)
    }

    /// Reads what follows `[index]=`.
    fn item_value(&mut self, list: &mut Vec<Value>, index: i64) -> Step<()> {
        if self.literal {
            let text = std::mem::take(&mut self.text);
            return self.set_index(list, index, Value::str(text));
        }
        if matches!(self.converter, Converter::Json) {
            if self.is_blank() {
                return self.set_index(list, index, Value::Nil);
            }
            let value = self.json()?;
            self.set_index(list, index, value)?;
            self.is_blank();
            return Ok(());
        }
        if self.text.is_empty() {
            return self.set_index(list, index, Value::str(""));
        }
        let value = self.plain_value()?;
        self.set_index(list, index, value)
    }

    fn set_index(&mut self, list: &mut Vec<Value>, index: i64, value: Value) -> Step<()> {
        if index > MAX_INDEX {
            let most = format!("is greater than maximum supported index of {MAX_INDEX}");
            return Err(format!("index of {index} {most}").into());
        }
        let Ok(at) = usize::try_from(index) else {
            return Err(format!("negative {index} index not allowed").into());
        };
        if list.len() <= at {
            self.filled += at + 1 - list.len();
            if self.filled > MAX_FILLED {
                return Err(format!("indices add more than {MAX_FILLED} elements to lists").into());
            }
            list.resize(at + 1, Value::Nil);
        }
        if let Some(slot) = list.get_mut(at) {
            *slot = value;
        }
        Ok(())
    }

    /// Steps over white space and one comma; whether nothing else stands before the comma or the end.
    fn is_blank(&mut self) -> bool {
        self.text = self.text.trim_start();
        if let Some(rest) = self.text.strip_prefix(',') {
            self.text = rest;
            return true;
        }
        self.text.is_empty()
    }

    fn json(&mut self) -> Step<Value> {
        let (value, rest) = self.text.split_at(json_len(self.text));
        let value = json::from_json(value.as_bytes()).map_err(Halt::Fault)?;
        self.text = rest;
        Ok(value)
    }
}

/// Go's failed type assertion, caught.
fn not_a(found: &Value, wanted: &str) -> Halt {
    let found = match found {
        Value::Nil | Value::Invalid => "nil".into(),
        other => other.go_type(),
    };
    format!("unable to parse key: interface conversion: interface {{}} is {found}, not {wanted}").into()
}

/// Sets a key, but never the empty one.
fn set(data: &Map, key: &str, value: Value) {
    if !key.is_empty() {
        data.insert(key, value);
    }
}

fn quoted(text: &str) -> String {
    String::from_utf8_lossy(&print::quote(text.as_bytes())).into_owned()
}

/// The value of a text of `--set`.
fn typed(text: String) -> Value {
    let is = |word: &str| text.len() <= word.len() + 1 && text.replace('\u{17F}', "s").eq_ignore_ascii_case(word);
    if is("true") {
        return Value::Bool(true);
    }
    if is("false") {
        return Value::Bool(false);
    }
    if is("null") {
        return Value::Nil;
    }
    let integer = text == "0" || !text.starts_with('0');
    match text.parse::<i64>() {
        Ok(number) if integer => Value::Int64(number),
        _ => Value::from(text),
    }
}

/// Where the JSON value at the start of a text ends, as a stream decoder sees it; what lies before may still be wrong.
fn json_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    match bytes.first() {
        Some(b'{' | b'[' | b'"') => closed_len(bytes),
        Some(b'-' | b'0'..=b'9') => number_len(bytes),
        _ => bytes.iter().take_while(|byte| byte.is_ascii_lowercase()).count().min(word_len(text)),
    }
}

fn word_len(text: &str) -> usize {
    ["true", "false", "null"].iter().find(|word| text.starts_with(**word)).map_or(text.len(), |word| word.len())
}

/// The length up to the bracket or quote that closes the first one.
fn closed_len(bytes: &[u8]) -> usize {
    let (mut open, mut in_text, mut at) = (0_usize, false, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' if in_text => at += 1,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => open += 1,
            b'}' | b']' if !in_text => open -= 1,
            _ => {}
        }
        at += 1;
        if open == 0 && !in_text {
            return at.min(bytes.len());
        }
    }
    bytes.len()
}

fn number_len(bytes: &[u8]) -> usize {
    let digits = |from: usize| bytes.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
    let mut at = usize::from(bytes.first() == Some(&b'-'));
    at += if bytes.get(at) == Some(&b'0') { 1 } else { digits(at) };
    if bytes.get(at) == Some(&b'.') {
        at += 1 + digits(at + 1);
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        at += 1 + usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        at += digits(at);
    }
    at.min(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(text: &str, converter: Converter<'_, '_>) -> String {
        let values = Map::new();
        match parse_into(text, &values, converter, Compat::Helm43) {
            Ok(()) => String::from_utf8(json::to_json(&Value::Map(values)).expect("plain")).expect("text"),
            Err(fault) => fault.to_string(),
        }
    }

    #[test]
    fn set_reads_paths_and_types() {
        for (text, want) in [
            ("a=1,b=true,c=null,d=01,e=-5,f=x", r#"{"a":1,"b":true,"c":null,"d":"01","e":-5,"f":"x"}"#),
            ("a.b=1,a.c=2", r#"{"a":{"b":1,"c":2}}"#),
            ("a={1,x,null},b=2", r#"{"a":[1,"x",null],"b":2}"#),
            ("a[1].b=x", r#"{"a":[null,{"b":"x"}]}"#),
            ("a[0][1]=x", r#"{"a":[[null,"x"]]}"#),
            ("a\\.b=c\\,d", r#"{"a.b":"c,d"}"#),
            ("a[0]", r#"{"a":[]}"#),
            ("a.", "{}"),
            ("a=", r#"{"a":""}"#),
            ("a[0", "{}"),
        ] {
            assert_eq!(run(text, Converter::Typed), want, "{text}");
        }
    }

    #[test]
    fn json_values_end_where_a_stream_decoder_stops() {
        for (text, want) in [
            (r#"a={"x":"}"},b=[1,"]"] ,c= ,d=1e2"#, r#"{"a":{"x":"}"},"b":[1,"]"],"c":null,"d":100}"#),
            ("a=true,b=null", r#"{"a":true,"b":null}"#),
        ] {
            assert_eq!(run(text, Converter::Json), want, "{text}");
        }
        for text in ["a={", "a='x'", "a=1e400", r#"a="x" y"#, "a=]", "a=\"\\", "a=-"] {
            assert!(!run(text, Converter::Json).starts_with('{'), "{text}");
        }
    }

    #[test]
    fn hostile_paths_end_in_an_error() {
        let deep = format!("a{}=1", "[0]".repeat(100_000));
        assert_eq!(run(&deep, Converter::Typed), "path has more than 500 names and indices");
        let deep = format!("{}a=1", "a[0].".repeat(100_000));
        assert_eq!(run(&deep, Converter::Typed), "path has more than 500 names and indices");
        let wide: Vec<String> = (0..100).map(|at| format!("a{at}[65536]=1")).collect();
        assert_eq!(run(&wide.join(","), Converter::Typed), "indices add more than 4000000 elements to lists");
        assert_eq!(
            run("a[99999999999]=1", Converter::Typed),
            "index of 99999999999 is greater than maximum supported index of 65536"
        );
    }

    /// Strings of the grammar's own pieces, each from another seed.
    #[test]
    fn random_texts_end_in_values_or_an_error() {
        let pieces =
            ["a", "b", ".", "=", "[0]", "[", "]", "1", "{", "}", ",", "\\", "\"", " ", "null", "-", "[9", "\u{e9}"];
        for seed in 0..20_000_u64 {
            let mut state = seed;
            let mut text = String::new();
            for _ in 0..seed % 14 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                text.push_str(pieces[usize::try_from(state >> 33).unwrap_or(0) % pieces.len()]);
            }
            for converter in [Converter::Typed, Converter::Text, Converter::Json] {
                run(&text, converter);
            }
            let _ = parse_literal_into(&text, &Map::new(), Compat::Helm43);
        }
    }
}
