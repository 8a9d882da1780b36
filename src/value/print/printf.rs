//! `fmt.Sprintf`: the format string with its flags, widths, precisions and argument numbers.

use super::operand::{Printer, rune_at};
use super::scalar::Flags;
use crate::diagnostic::Fault;
use crate::value::Value;

/// The largest width, precision and argument number that Go accepts.
const MAX_NUMBER: i64 = 1_000_000;

/// Formats `args` as `fmt.Sprintf` does, with its texts for bad verbs, missing and extra arguments.
pub fn sprintf(format: &[u8], args: &[Value]) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::with_capacity(format.len() + 16 * args.len());
    let mut scan = Scan { format, args, at: 0, next: 0, reordered: false, good_index: true, after_index: false };
    let mut printer = Printer::new(&mut out);
    while let Some(offset) = memchr::memchr(b'%', &format[scan.at..]) {
        printer.out.extend_from_slice(&format[scan.at..scan.at + offset]);
        scan.at += offset + 1;
        scan.directive(&mut printer);
        if printer.failed() {
            break;
        }
    }
    printer.out.extend_from_slice(&format[scan.at..]);
    if !scan.reordered && scan.next < args.len() {
        printer.flags = Flags::default();
        printer.out.extend_from_slice(b"%!(EXTRA ");
        for (at, arg) in args.iter().skip(scan.next).enumerate() {
            if at > 0 {
                printer.out.extend_from_slice(b", ");
            }
            printer.extra(arg);
        }
        printer.out.push(b')');
    }
    printer.finish()?;
    Ok(out)
}

/// The place in a format string.
struct Scan<'f> {
    format: &'f [u8],
    args: &'f [Value],
    /// The next byte of the format.
    at: usize,
    /// The next argument.
    next: usize,
    /// Whether an argument number was seen anywhere.
    reordered: bool,
    /// Whether the argument numbers of this directive make sense.
    good_index: bool,
    /// Whether an argument number stands right before.
    after_index: bool,
}

impl Scan<'_> {
    fn peek(&self) -> Option<u8> {
        self.format.get(self.at).copied()
    }

    /// One directive, from the byte after its `%`.
    fn directive(&mut self, printer: &mut Printer<'_>) {
        self.good_index = true;
        self.after_index = false;
        printer.flags = self.flags();
        self.index();
        self.width(printer);
        self.precision(printer);
        if !self.after_index {
            self.index();
        }
        self.verb(printer);
    }

    fn flags(&mut self) -> Flags {
        let mut flags = Flags::default();
        while let Some(byte) = self.peek() {
            match byte {
                b'#' => flags.sharp = true,
                b'0' => flags.zero = true,
                b'+' => flags.plus = true,
                b'-' => flags.minus = true,
                b' ' => flags.space = true,
                _ => break,
            }
            self.at += 1;
        }
        flags
    }

    fn width(&mut self, printer: &mut Printer<'_>) {
        if self.peek() != Some(b'*') {
            printer.flags.width = self.number();
            if self.after_index && printer.flags.width.is_some() {
                self.good_index = false;
            }
            return;
        }
        self.at += 1;
        self.after_index = false;
        let Some(width) = self.number_argument() else {
            printer.out.extend_from_slice(b"%!(BADWIDTH)");
            return;
        };
        if width < 0 {
            printer.flags.minus = true;
            printer.flags.zero = false;
        }
        printer.flags.width = usize::try_from(width.unsigned_abs()).ok();
    }

    fn precision(&mut self, printer: &mut Printer<'_>) {
        // A point that ends the format is taken for the verb.
        if self.peek() != Some(b'.') || self.at + 1 >= self.format.len() {
            return;
        }
        self.at += 1;
        if self.after_index {
            self.good_index = false;
        }
        self.index();
        if self.peek() != Some(b'*') {
            printer.flags.precision = Some(self.number().unwrap_or_default());
            return;
        }
        self.at += 1;
        self.after_index = false;
        printer.flags.precision = self.number_argument().and_then(|precision| usize::try_from(precision).ok());
        if printer.flags.precision.is_none() {
            printer.out.extend_from_slice(b"%!(BADPREC)");
        }
    }

    fn verb(&mut self, printer: &mut Printer<'_>) {
        if self.at >= self.format.len() {
            printer.out.extend_from_slice(b"%!(NOVERB)");
            return;
        }
        let (verb, after) = rune_at(self.format, self.at);
        self.at = after;
        if verb == '%' {
            return printer.out.push(b'%');
        }
        if !self.good_index {
            return printer.complain(verb, "(BADINDEX)");
        }
        let Some(arg) = self.args.get(self.next) else { return printer.complain(verb, "(MISSING)") };
        if matches!(verb, 'v' | 'w') {
            let flags = &mut printer.flags;
            flags.syntax = std::mem::take(&mut flags.sharp);
            flags.names = std::mem::take(&mut flags.plus);
        }
        printer.operand(arg, verb);
        self.next += 1;
    }

    /// An argument number in brackets, if one stands here.
    fn index(&mut self) {
        self.after_index = false;
        if self.peek() != Some(b'[') {
            return;
        }
        self.reordered = true;
        let rest = &self.format[self.at..];
        let close = if rest.len() < 3 { None } else { memchr::memchr(b']', rest) };
        let Some(close) = close else {
            self.at += 1;
            self.good_index = false;
            return;
        };
        let start = self.at + 1;
        let end = self.at + close;
        self.at = start;
        let number = self.number().filter(|_| self.at == end);
        self.at = end + 1;
        // A number beyond the arguments is bad, but still counts as an index.
        self.after_index = number.is_some();
        match number.and_then(|number| number.checked_sub(1)).filter(|at| *at < self.args.len()) {
            Some(at) => self.next = at,
            None => self.good_index = false,
        }
    }

    /// A run of digits, if one stands here. A number far beyond a million swallows the rest of the format.
    fn number(&mut self) -> Option<usize> {
        let mut number = None;
        while let Some(digit) = self.peek().filter(u8::is_ascii_digit) {
            let sofar = number.unwrap_or(0);
            if sofar > MAX_NUMBER {
                self.at = self.format.len();
                return None;
            }
            number = Some(sofar * 10 + i64::from(digit - b'0'));
            self.at += 1;
        }
        number.and_then(|number| usize::try_from(number).ok())
    }

    /// The next argument as a width or precision, if it is an integer of a sensible size.
    fn number_argument(&mut self) -> Option<i64> {
        let arg = self.args.get(self.next)?;
        self.next += 1;
        let number = match arg {
            Value::Object(object) => object.underlying(),
            _ => Some(arg.clone()),
        };
        let number = match number? {
            Value::Int(number) | Value::Int64(number) => number,
            Value::Uint64(number) => i64::try_from(number).ok()?,
            Value::Uint8(number) => i64::from(number),
            _ => return None,
        };
        Some(number).filter(|number| (-MAX_NUMBER..=MAX_NUMBER).contains(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Map;

    fn check(format: &str, args: &[Value], expected: &str) {
        let printed = sprintf(format.as_bytes(), args).unwrap();
        assert_eq!(String::from_utf8_lossy(&printed), expected, "{format}");
    }

    #[test]
    fn directives_print_as_in_go() {
        let text = Value::from("hi");
        check("%d|%5d|%-5d|%05d|%+d", &[1, 2, 3, 4, 5].map(Value::Int), "1|    2|3    |00004|+5");
        check(
            "%s %q %x %10.1s|",
            &[text.clone(), text.clone(), text.clone(), text.clone()],
            "hi \"hi\" 6869          h|",
        );
        check("%d", std::slice::from_ref(&text), "%!d(string=hi)");
        check("%d", &[], "%!d(MISSING)");
        check("x", &[Value::Int(1), Value::Nil], "x%!(EXTRA int=1, <nil>)");
        check("100%", &[], "100%!(NOVERB)");
        check("%[2]d %[1]d", &[Value::Int(1), Value::Int(2)], "2 1");
        check("%[5]d", &[Value::Int(1)], "%!d(BADINDEX)");
        check("%*d|%.*f", &[Value::Int(4), Value::Int(1), Value::Int(1), Value::Float(2.25)], "   1|2.2");
        check("%*d", &[text.clone(), Value::Int(1)], "%!(BADWIDTH)1");
        check("%s", &[Value::Nil], "%!s(<nil>)");
        check("%v %T", &[Value::Nil, Value::Float(1.0)], "<nil> float64");
        check("%#v", &[Value::list(vec![text, Value::Nil])], "[]interface {}{\"hi\", interface {}(nil)}");
    }

    #[test]
    fn values_that_contain_themselves_are_faults() {
        let map = Map::new();
        map.insert("self", map.clone());
        assert!(sprintf(b"%v", &[Value::Map(map.clone())]).is_err());
        map.remove("self");
    }

    #[test]
    fn outputs_are_bounded() {
        let format = "%1000000d".repeat(200);
        let fault = sprintf(format.as_bytes(), &vec![Value::Int(1); 200]).unwrap_err();
        assert_eq!(fault.message(), "printed text is larger than 67108864 bytes");
    }
}
