//! Texts of Go's strconv, time and encoding/csv, as far as flags need them.

/// A text as Go's `%q` prints it.
pub(super) fn quote(text: &str) -> String {
    String::from_utf8_lossy(&crate::value::print::quote(text.as_bytes())).into_owned()
}

/// The first byte of a text as Go prints the byte of a flag with `%q`: a character of that number.
pub(super) fn quote_byte(text: &str) -> String {
    let letter = text.bytes().next().map_or('\0', char::from);
    match letter {
        '\'' | '\\' => format!("'\\{letter}'"),
        _ => format!("'{}'", quote(&letter.to_string()).trim_matches('"')),
    }
}

/// `strconv.ParseBool`.
pub(super) fn parse_bool(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(false),
        _ => Err(format!("strconv.ParseBool: parsing {}: invalid syntax", quote(text))),
    }
}

/// Whether `strconv.ParseInt` with base 0 and 64 bits takes the text.
pub(super) fn check_int(text: &str) -> Result<(), String> {
    let fail = |why: &str| Err(format!("strconv.ParseInt: parsing {}: {why}", quote(text)));
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let lower = digits.to_ascii_lowercase();
    let (radix, body) = radix_of(&lower);
    let prefixed = body.len() != lower.len();
    if !underscores_fit(body, prefixed) {
        return fail("invalid syntax");
    }
    let plain: String = body.chars().filter(|letter| *letter != '_').collect();
    if plain.is_empty() || !plain.chars().all(|letter| letter.is_digit(radix)) {
        return fail("invalid syntax");
    }
    let sign = if text.starts_with('-') { "-" } else { "" };
    match i64::from_str_radix(&format!("{sign}{plain}"), radix) {
        Ok(_) => Ok(()),
        Err(_) => fail("value out of range"),
    }
}

/// Underscores stand between digits, or behind a prefix; a plain decimal number takes them too with base 0.
fn underscores_fit(body: &str, prefixed: bool) -> bool {
    let starts_well = prefixed || !body.starts_with('_');
    starts_well && !body.ends_with('_') && !body.contains("__")
}

/// Whether `strconv.ParseUint` with base 0 and 64 bits takes the text; the number.
pub(super) fn parse_uint(text: &str) -> Result<u64, String> {
    let fail = |why: &str| Err(format!("strconv.ParseUint: parsing {}: {why}", quote(text)));
    if text.starts_with(['+', '-']) {
        return fail("invalid syntax");
    }
    let lower = text.to_ascii_lowercase();
    let (radix, body) = radix_of(&lower);
    let plain: String = body.chars().filter(|letter| *letter != '_').collect();
    let is_number = !plain.is_empty() && plain.chars().all(|letter| letter.is_digit(radix));
    if !is_number || !underscores_fit(body, body.len() != lower.len()) {
        return fail("invalid syntax");
    }
    u64::from_str_radix(&plain, radix).or_else(|_| fail("value out of range"))
}

/// The base of a number with base 0, and its digits.
fn radix_of(lower: &str) -> (u32, &str) {
    match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, lower),
    }
}

/// Whether `strconv.ParseFloat` takes the text for 32 bits.
pub(super) fn check_float32(text: &str) -> Result<(), String> {
    let fail = |why: &str| Err(format!("strconv.ParseFloat: parsing {}: {why}", quote(text)));
    match text.parse::<f32>() {
        Err(_) => fail("invalid syntax"),
        Ok(number) if number.is_infinite() && text.contains(|letter: char| letter.is_ascii_digit()) => {
            fail("value out of range")
        }
        Ok(_) => Ok(()),
    }
}

/// Whether `time.ParseDuration` takes the text.
pub(super) fn check_duration(text: &str) -> Result<(), String> {
    let invalid = || format!("time: invalid duration {}", quote(text));
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if rest == "0" {
        return Ok(());
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut nanoseconds = 0.0;
    while !rest.is_empty() {
        let number =
            rest.len() - rest.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.').len();
        let (digits, behind) = rest.split_at(number);
        if !digits.contains(|letter: char| letter.is_ascii_digit()) || digits.matches('.').count() > 1 {
            return Err(invalid());
        }
        let end = behind.find(|letter: char| letter.is_ascii_digit() || letter == '.').unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(end);
        nanoseconds += digits.parse::<f64>().unwrap_or(f64::INFINITY)
            * match unit {
                "ns" => 1.0,
                "us" | "µs" | "μs" => 1e3,
                "ms" => 1e6,
                "s" => 1e9,
                "m" => 60e9,
                "h" => 3600e9,
                "" => return Err(format!("time: missing unit in duration {}", quote(text))),
                _ => return Err(format!("time: unknown unit {} in duration {}", quote(unit), quote(text))),
            };
        rest = behind;
    }
    if nanoseconds > i64::MAX as f64 { Err(invalid()) } else { Ok(()) }
}

/// The pairs of a flag such as `--labels`, each still joined by its `=`.
pub(super) fn split_pairs(text: &str) -> Result<Vec<String>, String> {
    let pairs = match text.matches('=').count() {
        0 => return Err(format!("{text} must be formatted as key=value")),
        1 => vec![text.trim_matches('"').to_owned()],
        _ => split_csv(text)?,
    };
    match pairs.iter().find(|pair| !pair.contains('=')) {
        Some(pair) => Err(format!("{pair} must be formatted as key=value")),
        None => Ok(pairs),
    }
}

/// The fields of the first record of a CSV text, as pflag splits `-f a,b`.
pub(crate) fn split_csv(text: &str) -> Result<Vec<String>, String> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let text = text.replace("\r\n", "\n");
    let blank = text.len() - text.trim_start_matches('\n').len();
    let (first, mut rest) = (1 + blank, &text[blank..]);
    if rest.is_empty() {
        return Err("EOF".to_owned());
    }
    let mut reader = Record { text: rest, line: first, first };
    let mut fields = Vec::new();
    loop {
        let (field, behind) = if rest.starts_with('"') { reader.quoted(rest)? } else { reader.plain(rest)? };
        fields.push(field);
        match behind.strip_prefix(',') {
            Some(next) => rest = next,
            None => return Ok(fields),
        }
    }
}

/// Where a CSV reader stands, for its error texts.
struct Record<'a> {
    /// The text from the start of the current line.
    text: &'a str,
    line: usize,
    first: usize,
}

impl<'a> Record<'a> {
    fn error(&self, at: &str, why: &str) -> String {
        let column = self.text.len() - at.len() + 1;
        let place = format!("parse error on line {}, column {column}", self.line);
        match self.line == self.first {
            true => format!("{place}: {why}"),
            false => format!("record on line {}; {place}: {why}", self.first),
        }
    }

    fn plain(&self, rest: &'a str) -> Result<(String, &'a str), String> {
        let end = rest.find([',', '\n']).unwrap_or(rest.len());
        let (field, behind) = rest.split_at(end);
        match field.find('"') {
            Some(at) => Err(self.error(&rest[at..], "bare \" in non-quoted-field")),
            None => Ok((field.to_owned(), behind)),
        }
    }

    fn quoted(&mut self, rest: &'a str) -> Result<(String, &'a str), String> {
        let (mut field, mut rest) = (String::new(), &rest[1..]);
        loop {
            let Some(at) = rest.find(['"', '\n']) else {
                return Err(self.error(&rest[rest.len()..], "extraneous or missing \" in quoted-field"));
            };
            field.push_str(&rest[..at]);
            let (mark, behind) = rest[at..].split_at(1);
            rest = behind;
            match (mark, behind.as_bytes().first()) {
                ("\n", _) => {
                    field.push('\n');
                    self.line += 1;
                    self.text = behind;
                }
                (_, Some(b'"')) => {
                    field.push('"');
                    rest = &behind[1..];
                }
                (_, None | Some(b',' | b'\n')) => return Ok((field, behind)),
                _ => {
                    let quote = &self.text[self.text.len() - behind.len() - 1..];
                    return Err(self.error(quote, "extraneous or missing \" in quoted-field"));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Recorded from Go 1.26.
    #[test]
    fn splits_csv_as_go_does() {
        let cases: [(&str, Result<&[&str], &str>); 11] = [
            ("", Ok(&[])),
            ("a", Ok(&["a"])),
            ("a,b,", Ok(&["a", "b", ""])),
            ("\"a,b\",c", Ok(&["a,b", "c"])),
            ("\"a\"\"b\"", Ok(&["a\"b"])),
            ("a\nb", Ok(&["a"])),
            ("\n", Err("EOF")),
            ("\na", Ok(&["a"])),
            ("\"a\nb\"", Ok(&["a\nb"])),
            ("x,\"a", Err("parse error on line 1, column 5: extraneous or missing \" in quoted-field")),
            (
                "\"a\nb\"c",
                Err("record on line 1; parse error on line 2, column 2: extraneous or missing \" in quoted-field"),
            ),
        ];
        for (text, wanted) in cases {
            let wanted = wanted.map(|fields| fields.iter().map(|field| (*field).to_owned()).collect::<Vec<_>>());
            assert_eq!(split_csv(text), wanted.map_err(str::to_owned), "{text:?}");
        }
    }

    #[test]
    fn checks_numbers_as_go_does() {
        for good in ["0x10", "1_000", "-5", "+7", "0b1", "0o17", "017", "9223372036854775807", "-9223372036854775808"] {
            assert_eq!(check_int(good), Ok(()), "{good}");
        }
        for bad in ["", "x", "_1", "1_", "1__0", "0x", "08", "1.5", " 1"] {
            assert_eq!(check_int(bad), Err(format!("strconv.ParseInt: parsing \"{bad}\": invalid syntax")));
        }
        let big = "99999999999999999999";
        assert_eq!(check_int(big), Err(format!("strconv.ParseInt: parsing \"{big}\": value out of range")));
    }
}
