//! One operand under one verb: dispatch by type, recursion into maps, lists and structs.

use super::quote::decode_rune;
use super::scalar::{Base, Flags, Integer};
use super::{Complex, MAX_PRINT_DEPTH, bytes_of, check_size};
use crate::diagnostic::Fault;
use crate::value::{Kind, List, ListKind, Map, MapKind, Object, Value};
use std::borrow::Cow;
use std::rc::Rc;

/// Where an operand stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// An operand of the call; pointers to structs show their target.
    Top,
    /// Inside a map, list or struct; its methods count.
    Inner,
    /// Inside an unexported struct field, where Go calls no methods.
    Hidden,
}

/// Writes operands; after a fault it writes nothing more.
pub(super) struct Printer<'o> {
    pub(super) out: &'o mut Vec<u8>,
    pub(super) flags: Flags,
    depth: usize,
    /// Inside the text of a bad verb no methods are called.
    erroring: bool,
    fault: Option<Fault>,
}

impl<'o> Printer<'o> {
    pub(super) fn new(out: &'o mut Vec<u8>) -> Printer<'o> {
        Printer { out, flags: Flags::default(), depth: 0, erroring: false, fault: None }
    }

    /// `%v` of one value.
    pub(super) fn print(mut self, value: &Value) -> Result<(), Fault> {
        self.operand(value, 'v');
        self.finish()
    }

    /// `%v` of what a pointer points to.
    pub(super) fn print_pointed(mut self, object: &dyn Object) -> Result<(), Fault> {
        self.target(object, 'v', Place::Inner);
        self.finish()
    }

    /// The first fault, if there was one.
    pub(super) fn finish(&mut self) -> Result<(), Fault> {
        match self.fault.take() {
            Some(fault) => Err(fault),
            None => check_size(self.out.len()),
        }
    }

    /// Whether nothing more should be written.
    pub(super) fn failed(&mut self) -> bool {
        if self.fault.is_none() {
            self.fault = check_size(self.out.len()).err();
        }
        self.fault.is_some()
    }

    /// An argument of the call.
    pub(super) fn operand(&mut self, value: &Value, verb: char) {
        match (value, verb) {
            (Value::Invalid | Value::Nil, 'T' | 'v') => self.flags.pad(self.out, b"<nil>"),
            (Value::Invalid | Value::Nil, _) => self.bad_nil(verb),
            (_, 'T') => self.flags.string(self.out, value.go_type().as_bytes()),
            (_, 'p') => self.pointer(value, verb),
            (Value::List(list), _) if list.kind() == ListKind::Byte => self.bytes(list, verb, "[]byte"),
            _ => self.value(value, verb, Place::Top),
        }
    }

    fn value(&mut self, value: &Value, verb: char, place: Place) {
        if self.failed() {
            return;
        }
        match value {
            Value::Invalid | Value::Nil => self.nil_interface(),
            Value::Bool(flag) => self.boolean(*flag, verb, value),
            Value::Int(number) | Value::Int64(number) => self.integer(Integer::signed(*number), verb, value),
            Value::Uint64(number) => self.integer(Integer::unsigned(*number), verb, value),
            Value::Uint8(number) => self.integer(Integer::unsigned(u64::from(*number)), verb, value),
            Value::Float(number) => self.float(*number, verb, value),
            Value::Str(text) => self.text(text, verb, value),
            // `%w` belongs to `fmt.Errorf`.
            Value::List(_) | Value::Map(_) | Value::Object(_) if verb == 'w' => self.bad_verb(verb, value),
            Value::List(list) => self.nested(|printer| printer.list(list, verb, list.kind().go_type(), place)),
            Value::Map(map) => self.nested(|printer| printer.map(map, verb, map.kind().go_type(), place)),
            Value::Object(object) => {
                if place == Place::Hidden || !self.by_method(&**object, verb) {
                    self.nested(|printer| printer.object(object, verb, value, place));
                }
            }
        }
    }

    fn nested(&mut self, print: impl FnOnce(&mut Self)) {
        if self.depth >= MAX_PRINT_DEPTH {
            let message = format!("cannot print a value nested more than {MAX_PRINT_DEPTH} levels deep");
            self.fault = Some(Fault::new(message).hint("the value may contain itself"));
            return;
        }
        self.depth += 1;
        print(self);
        self.depth -= 1;
    }

    /// Prints through `Error`, `String` or `GoString`, if the verb allows it and the type has it.
    fn by_method(&mut self, object: &dyn Object, verb: char) -> bool {
        if self.erroring {
            return false;
        }
        if self.flags.syntax {
            let Some(text) = object.go_syntax() else { return false };
            self.flags.string(self.out, text.as_bytes());
            return true;
        }
        if !matches!(verb, 'v' | 's' | 'x' | 'X' | 'q') {
            return false;
        }
        let Some(text) = object.display() else { return false };
        self.text(text.as_bytes(), verb, &Value::Nil);
        true
    }

    fn nil_interface(&mut self) {
        let text: &[u8] = if self.flags.syntax { b"interface {}(nil)" } else { b"<nil>" };
        self.out.extend_from_slice(text);
    }

    fn boolean(&mut self, flag: bool, verb: char, operand: &Value) {
        match verb {
            't' | 'v' => self.flags.pad(self.out, if flag { b"true" } else { b"false" }),
            _ => self.bad_verb(verb, operand),
        }
    }

    fn integer(&mut self, number: Integer, verb: char, operand: &Value) {
        let base = match verb {
            'v' if self.flags.syntax && !number.signed => return self.prefixed_hex(number.size),
            'v' | 'd' => Base::Decimal,
            'b' => Base::Binary,
            'o' => Base::Octal,
            'O' => Base::OctalPrefixed,
            'x' => Base::Hex,
            'X' => Base::UpperHex,
            'c' => return self.flags.character(self.out, number),
            'q' => return self.flags.quoted_character(self.out, number),
            'U' => return self.flags.unicode(self.out, number),
            _ => return self.bad_verb(verb, operand),
        };
        self.flags.integer(self.out, number, base);
    }

    fn prefixed_hex(&mut self, number: u64) {
        let flags = Flags { sharp: true, ..self.flags };
        flags.integer(self.out, Integer::unsigned(number), Base::Hex);
    }

    fn float(&mut self, number: f64, verb: char, operand: &Value) {
        match verb {
            'v' => self.flags.float(self.out, number, 'g', -1),
            'b' | 'g' | 'G' | 'x' | 'X' => self.flags.float(self.out, number, verb, -1),
            'f' | 'e' | 'E' => self.flags.float(self.out, number, verb, 6),
            'F' => self.flags.float(self.out, number, 'f', 6),
            _ => self.bad_verb(verb, operand),
        }
    }

    fn complex(&mut self, number: Complex, verb: char, operand: &Value) {
        if !matches!(verb, 'v' | 'b' | 'g' | 'G' | 'x' | 'X' | 'f' | 'F' | 'e' | 'E') {
            return self.bad_verb(verb, operand);
        }
        let flags = self.flags;
        self.out.push(b'(');
        self.float(number.real, verb, operand);
        self.flags.plus = true;
        self.float(number.imaginary, verb, operand);
        self.flags = flags;
        self.out.extend_from_slice(b"i)");
    }

    fn text(&mut self, text: &[u8], verb: char, operand: &Value) {
        match verb {
            'v' if self.flags.syntax => self.flags.quoted(self.out, text),
            'v' | 's' => self.flags.string(self.out, text),
            'x' => self.flags.hex_string(self.out, text, Base::Hex),
            'X' => self.flags.hex_string(self.out, text, Base::UpperHex),
            'q' => self.flags.quoted(self.out, text),
            _ => self.bad_verb(verb, operand),
        }
    }

    fn bytes(&mut self, list: &List, verb: char, type_name: &str) {
        match verb {
            's' | 'x' | 'X' | 'q' => self.text(&bytes_of(list), verb, &Value::Nil),
            'v' | 'd' if self.flags.syntax => self.syntax_items(list, 'v', type_name, Place::Top),
            _ if self.flags.syntax => self.syntax_items(list, verb, ListKind::Byte.go_type(), Place::Top),
            _ => self.items(list, verb, Place::Top),
        }
    }

    fn list(&mut self, list: &List, verb: char, type_name: &str, place: Place) {
        if list.kind() == ListKind::Byte && matches!(verb, 's' | 'q' | 'x' | 'X') {
            return self.bytes(list, verb, type_name);
        }
        if self.flags.syntax {
            return self.syntax_items(list, verb, type_name, place);
        }
        self.items(list, verb, place);
    }

    fn items(&mut self, list: &List, verb: char, place: Place) {
        self.out.push(b'[');
        for (at, item) in list.iter().enumerate() {
            if at > 0 {
                self.out.push(b' ');
            }
            self.value(item, verb, place.inner());
        }
        self.out.push(b']');
    }

    fn syntax_items(&mut self, list: &List, verb: char, type_name: &str, place: Place) {
        self.out.extend_from_slice(type_name.as_bytes());
        if list.is_nil() {
            return self.out.extend_from_slice(b"(nil)");
        }
        self.out.push(b'{');
        for (at, item) in list.iter().enumerate() {
            self.separate(at);
            self.value(item, verb, place.inner());
        }
        self.out.push(b'}');
    }

    fn separate(&mut self, at: usize) {
        if at > 0 {
            self.out.extend_from_slice(if self.flags.syntax { b", " } else { b" " });
        }
    }

    fn map(&mut self, map: &Map, verb: char, type_name: &str, place: Place) {
        let syntax = self.flags.syntax;
        if syntax {
            self.out.extend_from_slice(type_name.as_bytes());
            if map.is_nil() {
                return self.out.extend_from_slice(b"(nil)");
            }
        } else {
            self.out.extend_from_slice(b"map");
        }
        self.out.push(if syntax { b'{' } else { b'[' });
        for (at, (key, value)) in map.entries().iter().enumerate() {
            self.separate(at);
            self.key(key, verb);
            self.out.push(b':');
            self.value(value, verb, place.inner());
        }
        self.out.push(if syntax { b'}' } else { b']' });
    }

    fn key(&mut self, key: &crate::value::Text, verb: char) {
        match verb {
            'v' | 's' | 'x' | 'X' | 'q' => self.text(key, verb, &Value::Nil),
            _ => self.bad_verb(verb, &Value::Str(key.clone())),
        }
    }

    fn object(&mut self, object: &Rc<dyn Object>, verb: char, operand: &Value, place: Place) {
        match object.kind() {
            Kind::Struct => self.fields(&**object, verb, place),
            Kind::Ptr if place == Place::Top => {
                self.out.push(b'&');
                self.target(&**object, verb, place.inner());
            }
            Kind::Ptr | Kind::Func => self.pointer(operand, verb),
            Kind::Complex128 => match object.as_any().downcast_ref::<Complex>() {
                Some(number) => self.complex(*number, verb, operand),
                None => self.bad_verb(verb, operand),
            },
            _ => self.underlying(&**object, verb, operand, place),
        }
    }

    /// What a pointer points to: a struct, or the basic value under it.
    fn target(&mut self, object: &dyn Object, verb: char, place: Place) {
        match object.underlying() {
            Some(value) => self.value(&value, verb, place),
            None => self.fields(object, verb, place),
        }
    }

    /// A named type over a basic one.
    fn underlying(&mut self, object: &dyn Object, verb: char, operand: &Value, place: Place) {
        if object.kind() == Kind::Map
            && let Some(entries) = object.entries()
        {
            let map = Map::from_entries(MapKind::Any, entries);
            return self.map(&map, verb, &object.go_type(), place);
        }
        match object.underlying() {
            Some(Value::Bool(flag)) => self.boolean(flag, verb, operand),
            Some(Value::Int(number) | Value::Int64(number)) => self.integer(Integer::signed(number), verb, operand),
            Some(Value::Uint64(number)) => self.integer(Integer::unsigned(number), verb, operand),
            Some(Value::Uint8(number)) => self.integer(Integer::unsigned(u64::from(number)), verb, operand),
            Some(Value::Float(number)) => self.float(number, verb, operand),
            Some(Value::Str(text)) => self.text(&text, verb, operand),
            Some(Value::List(list)) => self.list(&list, verb, &object.go_type(), place),
            Some(Value::Map(map)) => self.map(&map, verb, &object.go_type(), place),
            _ => {
                self.out.push(b'?');
                self.out.extend_from_slice(object.go_type().as_bytes());
                self.out.push(b'?');
            }
        }
    }

    fn fields(&mut self, object: &dyn Object, verb: char, place: Place) {
        if self.flags.syntax {
            let name = object.go_type();
            self.out.extend_from_slice(name.strip_prefix('*').unwrap_or(&name).as_bytes());
        }
        self.out.push(b'{');
        for (at, (name, value)) in object.fields().iter().enumerate() {
            self.separate(at);
            if self.flags.names || self.flags.syntax {
                self.out.extend_from_slice(name.as_bytes());
                self.out.push(b':');
            }
            let exported = name.chars().next().is_some_and(char::is_uppercase);
            self.value(value, verb, if exported { place.inner() } else { Place::Hidden });
        }
        self.out.push(b'}');
    }

    fn pointer(&mut self, operand: &Value, verb: char) {
        let address = match operand {
            Value::Map(map) => map.address() as u64,
            Value::List(list) => list.as_ptr().addr() as u64,
            Value::Object(object) if matches!(object.kind(), Kind::Ptr | Kind::Func | Kind::Map | Kind::Slice) => {
                Rc::as_ptr(object).cast::<()>().addr() as u64
            }
            _ => return self.bad_verb(verb, operand),
        };
        match verb {
            'v' if self.flags.syntax => {
                self.out.extend_from_slice(format!("({})(", operand.go_type()).as_bytes());
                self.prefixed_hex(address);
                self.out.push(b')');
            }
            'v' | 'p' => {
                let flags = Flags { sharp: !self.flags.sharp, ..self.flags };
                flags.integer(self.out, Integer::unsigned(address), Base::Hex);
            }
            'b' | 'o' | 'd' | 'x' | 'X' => self.integer(Integer::unsigned(address), verb, operand),
            _ => self.bad_verb(verb, operand),
        }
    }

    fn bad_verb(&mut self, verb: char, operand: &Value) {
        self.complain(verb, "(");
        self.out.extend_from_slice(operand.go_type().as_bytes());
        self.out.push(b'=');
        let outer = std::mem::replace(&mut self.erroring, true);
        self.operand(operand, 'v');
        self.erroring = outer;
        self.out.push(b')');
    }

    fn bad_nil(&mut self, verb: char) {
        self.complain(verb, "(<nil>)");
    }

    /// Writes `%!`, the verb and what is wrong with it.
    pub(super) fn complain(&mut self, verb: char, what: &str) {
        self.out.extend_from_slice(b"%!");
        self.out.extend_from_slice(verb.encode_utf8(&mut [0; 4]).as_bytes());
        self.out.extend_from_slice(what.as_bytes());
    }

    /// An operand that no directive asked for.
    pub(super) fn extra(&mut self, operand: &Value) {
        if operand.is_nil() {
            return self.out.extend_from_slice(b"<nil>");
        }
        let name: Cow<'_, str> = operand.go_type();
        self.out.extend_from_slice(name.as_bytes());
        self.out.push(b'=');
        self.operand(operand, 'v');
    }
}

impl Place {
    fn inner(self) -> Place {
        if self == Place::Hidden { Place::Hidden } else { Place::Inner }
    }
}

/// The rune at an offset and the offset after it.
pub(super) fn rune_at(text: &[u8], at: usize) -> (char, usize) {
    let (rune, len) = decode_rune(text.get(at..).unwrap_or_default());
    (rune, at + len)
}
