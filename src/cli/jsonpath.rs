//! The JSONPath of kubectl and Helm: text with paths in braces, such as `{.image.tag}` or `{range .hosts[*]}{.name} {end}`.
//!
//! The reference is `k8s.io/client-go/util/jsonpath`. What cannot be found prints nothing, as Helm ignores that error.

use crate::json;
use crate::value::{Map, Value, print};

/// A parsed expression.
#[derive(Debug)]
pub(super) struct JsonPath(Vec<Part>);

/// A piece of the expression: its values follow each other with a space.
#[derive(Debug)]
enum Part {
    Text(String),
    Path(Vec<Step>),
    Range(Vec<Step>, Vec<Part>),
}

#[derive(Debug)]
enum Step {
    Root,
    Field(String),
    Fields(Vec<String>),
    Wildcard,
    Recursive,
    Indexes(Vec<i64>),
    Slice { start: Option<i64>, end: Option<i64>, step: i64 },
    Filter { left: Vec<Step>, operator: String, right: Operand },
}

#[derive(Debug)]
enum Operand {
    None,
    Path(Vec<Step>),
    Literal(Value),
}

/// How deep values and ranges may nest.
const MAX_DEPTH: usize = 1_000;

impl JsonPath {
    /// Reads an expression; the error is the reference's text.
    pub(super) fn parse(text: &str) -> Result<JsonPath, String> {
        let mut reader = Reader { rest: text };
        Ok(JsonPath(reader.parts(0)?))
    }

    /// What the expression prints for a value.
    pub(super) fn print(&self, value: &Value) -> Vec<u8> {
        let mut out = Vec::new();
        // An expression that does not fit prints nothing at all.
        if print_parts(&self.0, value, value, &mut out).is_none() {
            out.clear();
        }
        out
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    /// Parts up to the end of the text, or up to `{end}` within a range.
    fn parts(&mut self, depth: usize) -> Result<Vec<Part>, String> {
        if depth > MAX_DEPTH {
            return Err(format!("ranges nest deeper than {MAX_DEPTH}"));
        }
        let mut parts = Vec::new();
        while !self.rest.is_empty() {
            let Some(open) = self.rest.find('{') else {
                parts.push(Part::Text(std::mem::take(&mut self.rest).to_owned()));
                break;
            };
            if open > 0 {
                parts.push(Part::Text(self.rest[..open].to_owned()));
            }
            let body = &self.rest[open + 1..];
            let close = closing(body).ok_or("unclosed action")?;
            self.rest = &body[close + 1..];
            let action = body[..close].trim();
            match action.strip_prefix("range ") {
                Some(path) => parts.push(Part::Range(steps(path.trim())?, self.parts(depth + 1)?)),
                None if action == "end" => return Ok(parts),
                None => action_parts(action, &mut parts)?,
            }
        }
        Ok(parts)
    }
}

/// Where the brace that closes an action stands; quotes and brackets hide others.
fn closing(body: &str) -> Option<usize> {
    let mut quote = None;
    for (at, letter) in body.char_indices() {
        match (quote, letter) {
            (None, '}') => return Some(at),
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            _ => {}
        }
    }
    None
}

fn action_parts(action: &str, parts: &mut Vec<Part>) -> Result<(), String> {
    for word in words(action) {
        match word.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let inner = word.trim_matches(quote);
                parts.push(Part::Text(inner.replace("\\n", "\n").replace("\\t", "\t")));
            }
            _ => parts.push(Part::Path(steps(word)?)),
        }
    }
    Ok(())
}

/// The words of an action: white space outside of quotes and brackets separates them.
fn words(action: &str) -> Vec<&str> {
    let (mut quote, mut depth, mut start, mut found) = (None, 0_usize, 0, Vec::new());
    for (at, letter) in action.char_indices() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(letter),
            (None, '[' | '(') => depth += 1,
            (None, ']' | ')') => depth = depth.saturating_sub(1),
            (None, space) if space.is_whitespace() && depth == 0 => {
                found.push(&action[start..at]);
                start = at + letter.len_utf8();
            }
            _ => {}
        }
    }
    found.push(&action[start..]);
    found.retain(|word| !word.is_empty());
    found
}

fn steps(path: &str) -> Result<Vec<Step>, String> {
    let (mut found, mut rest) = (Vec::new(), path);
    while let Some(letter) = rest.chars().next() {
        let behind = &rest[letter.len_utf8()..];
        rest = match letter {
            '$' => {
                found.push(Step::Root);
                behind
            }
            '@' => behind,
            '.' if behind.starts_with('.') => {
                found.push(Step::Recursive);
                behind.trim_start_matches('.')
            }
            '[' => {
                let end = bracket_end(behind).ok_or("unterminated array")?;
                found.push(bracket(&behind[..end])?);
                &behind[end + 1..]
            }
            '.' => field(behind, &mut found),
            letter if letter.is_alphanumeric() || letter == '_' => field(rest, &mut found),
            letter => return Err(format!("unrecognized character in action: U+{:04X} '{letter}'", letter as u32)),
        };
    }
    Ok(found)
}

/// Reads a name and returns what is behind it; a backslash takes the next letter as it is.
fn field<'a>(text: &'a str, found: &mut Vec<Step>) -> &'a str {
    let (mut name, mut letters) = (String::new(), text.char_indices());
    let mut end = text.len();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '.' | '[' | ']' | '(' | ')' | ',' | '@' | '$' | '<' | '>' | '=' | '!' | '{' | '}' => {
                end = at;
                break;
            }
            letter if letter.is_whitespace() => {
                end = at;
                break;
            }
            '\\' => name.extend(letters.next().map(|(_, letter)| letter)),
            _ => name.push(letter),
        }
    }
    match name.as_str() {
        "" => {}
        "*" => found.push(Step::Wildcard),
        _ => found.push(Step::Field(name)),
    }
    &text[end..]
}

fn bracket_end(text: &str) -> Option<usize> {
    let (mut quote, mut depth) = (None, 0_usize);
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(letter),
            (None, '[') => depth += 1,
            (None, ']') if depth == 0 => return Some(at),
            (None, ']') => depth -= 1,
            _ => {}
        }
    }
    None
}

fn bracket(text: &str) -> Result<Step, String> {
    let text = text.trim();
    if text == "*" {
        return Ok(Step::Wildcard);
    }
    if let Some(filter) = text.strip_prefix("?(").and_then(|inner| inner.strip_suffix(')')) {
        return filter_step(filter);
    }
    let items: Vec<&str> = text.split(',').map(str::trim).collect();
    let names: Option<Vec<String>> = items.iter().map(|item| quoted(item)).collect();
    if let Some(names) = names {
        return Ok(Step::Fields(names));
    }
    if items.len() > 1 {
        let numbers: Option<Vec<i64>> = items.iter().map(|item| item.parse().ok()).collect();
        return numbers.map(Step::Indexes).ok_or_else(|| format!("invalid array index {text}"));
    }
    let invalid = || format!("invalid array index {text}");
    let number = |item: Option<&str>| match item.map(str::trim) {
        None | Some("") => Ok(None),
        Some(item) => item.parse::<i64>().map(Some).map_err(|_| invalid()),
    };
    let mut pieces = text.split(':');
    match (pieces.next(), pieces.next(), pieces.next(), pieces.next()) {
        (Some(index), None, ..) => Ok(Step::Indexes(vec![index.parse().map_err(|_| invalid())?])),
        (start, end, step, None) => {
            Ok(Step::Slice { start: number(start)?, end: number(end)?, step: number(step)?.unwrap_or(1) })
        }
        _ => Err(invalid()),
    }
}

fn quoted(text: &str) -> Option<String> {
    let inner = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    inner.or_else(|| text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'))).map(str::to_owned)
}

fn filter_step(text: &str) -> Result<Step, String> {
    let sign = |letter: char| matches!(letter, '!' | '<' | '>' | '=');
    let Some(at) = text.find(sign) else {
        return Ok(Step::Filter { left: steps(text.trim())?, operator: "exists".to_owned(), right: Operand::None });
    };
    let length = text[at..].len() - text[at..].trim_start_matches(sign).len();
    let operator = &text[at..at + length];
    if !matches!(operator, "==" | "!=" | "<" | "<=" | ">" | ">=") {
        return Err(format!("unrecognized filter operator {operator}"));
    }
    let right = text[at + length..].trim();
    let right = match quoted(right) {
        Some(text) => Operand::Literal(Value::str(text)),
        None => match (right.parse::<f64>(), right) {
            // A whole number is another type than the numbers of a values file, so that they never compare.
            (Ok(_), _) if right.parse::<i64>().is_ok() => Operand::Literal(Value::Int(right.parse().unwrap_or(0))),
            (Ok(number), _) => Operand::Literal(Value::Float(number)),
            (_, "true") => Operand::Literal(Value::Bool(true)),
            (_, "false") => Operand::Literal(Value::Bool(false)),
            _ => Operand::Path(steps(right)?),
        },
    };
    Ok(Step::Filter { left: steps(text[..at].trim())?, operator: operator.to_owned(), right })
}

fn print_parts(parts: &[Part], root: &Value, current: &Value, out: &mut Vec<u8>) -> Option<()> {
    for part in parts {
        match part {
            Part::Text(text) => out.extend_from_slice(text.as_bytes()),
            Part::Path(path) => {
                for (number, value) in find(path, root, current)?.iter().enumerate() {
                    if number > 0 {
                        out.push(b' ');
                    }
                    print_value(value, out)?;
                }
            }
            Part::Range(path, inner) => {
                find(path, root, current)?.iter().try_for_each(|value| print_parts(inner, root, value, out))?;
            }
        }
    }
    Some(())
}

fn print_value(value: &Value, out: &mut Vec<u8>) -> Option<()> {
    match value {
        Value::Map(_) | Value::List(_) => out.extend(json::to_json(value).ok()?),
        _ => out.extend_from_slice(print::to_text(value).ok()?.as_bytes()),
    }
    Some(())
}

/// The values that a path leads to; `None` where a step finds nothing.
fn find(path: &[Step], root: &Value, current: &Value) -> Option<Vec<Value>> {
    let mut values = vec![current.clone()];
    for step in path {
        let next: Vec<Value> = match step {
            Step::Root => vec![root.clone()],
            Step::Field(name) => every(&values, |value| Some(vec![value.as_map()?.get(name)?])),
            Step::Fields(names) => {
                names.iter().flat_map(|name| every(&values, |value| Some(vec![value.as_map()?.get(name)?]))).collect()
            }
            Step::Wildcard => every(&values, |value| Some(children(value))),
            Step::Recursive => every(&values, |value| Some(descendants(value))),
            Step::Indexes(indexes) => {
                let picked = values.iter().map(|value| pick(value, indexes));
                picked.collect::<Option<Vec<_>>>()?.concat()
            }
            Step::Slice { start, end, step } => every(&values, |value| slice(value, (*start, *end, *step))),
            Step::Filter { left, operator, right } => {
                let fits = |item: &Value| passes(item, root, left, operator, right);
                every(&values, |value| Some(children(value).into_iter().filter(fits).collect()))
            }
        };
        if next.is_empty() && matches!(step, Step::Field(_) | Step::Fields(_)) {
            return None;
        }
        values = next;
    }
    Some(values)
}

fn every(values: &[Value], step: impl Fn(&Value) -> Option<Vec<Value>>) -> Vec<Value> {
    values.iter().filter_map(step).flatten().collect()
}

fn children(value: &Value) -> Vec<Value> {
    match value {
        Value::Map(map) => values_of(map),
        Value::List(list) => list.items().to_vec(),
        _ => Vec::new(),
    }
}

fn values_of(map: &Map) -> Vec<Value> {
    map.snapshot().into_iter().map(|(_, value)| value).collect()
}

/// A value and everything in it, outer values first.
fn descendants(value: &Value) -> Vec<Value> {
    let (mut found, mut level) = (Vec::new(), vec![value.clone()]);
    for _ in 0..MAX_DEPTH {
        if level.is_empty() {
            break;
        }
        let next = level.iter().flat_map(children).collect();
        found.append(&mut level);
        level = next;
    }
    found
}

fn pick(value: &Value, indexes: &[i64]) -> Option<Vec<Value>> {
    let items = value.as_list()?.items();
    let at = |index: i64| {
        let index = if index < 0 { index + items.len() as i64 } else { index };
        items.get(usize::try_from(index).ok()?).cloned()
    };
    indexes.iter().map(|index| at(*index)).collect()
}

fn slice(value: &Value, (start, end, step): (Option<i64>, Option<i64>, i64)) -> Option<Vec<Value>> {
    let items = value.as_list()?.items();
    let length = items.len() as i64;
    let bound = |at: Option<i64>, default: i64| {
        let at = at.unwrap_or(default);
        usize::try_from(if at < 0 { at + length } else { at }.clamp(0, length)).unwrap_or(0)
    };
    let step = usize::try_from(step).ok().filter(|step| *step > 0)?;
    let part = items.get(bound(start, 0)..bound(end, length))?;
    Some(part.iter().step_by(step).cloned().collect())
}

fn passes(item: &Value, root: &Value, left: &[Step], operator: &str, right: &Operand) -> bool {
    let Some(left) = find(left, root, item).and_then(|found| found.into_iter().next()) else { return false };
    let right = match right {
        Operand::None => return true,
        Operand::Literal(value) => Some(value.clone()),
        Operand::Path(path) => find(path, root, item).and_then(|found| found.into_iter().next()),
    };
    let Some(order) = right.and_then(|right| compare(&left, &right)) else { return false };
    match operator {
        "==" => order.is_eq(),
        "!=" => order.is_ne(),
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        _ => order.is_ge(),
    }
}

fn compare(left: &Value, right: &Value) -> Option<std::cmp::Ordering> {
    match (left, right) {
        (Value::Str(left), Value::Str(right)) => Some(left.as_bytes().cmp(right.as_bytes())),
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
        (Value::Float(left), Value::Float(right)) => left.partial_cmp(right),
        (Value::Int(left), Value::Int(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    const TEXT: &str =
        "a: 1\nbig: 1000000\nm: {x: y, z: {x: 2}}\nl: [p, q, r]\nhosts: [{name: one, port: 1}, {name: two, port: 2}]\n";

    // Recorded from `helm show values --jsonpath` 4.3.1.
    #[test]
    fn prints_as_helm_does() {
        let value = yaml::from_yaml(TEXT.as_bytes()).expect("is YAML");
        let cases = [
            ("{.a}", "1"),
            ("{.big}", "1e+06"),
            ("a={.a}!", "a=1!"),
            ("{.l[*]}", "p q r"),
            ("{.l[1]}", "q"),
            ("{.l[-1]}", "r"),
            ("{.l[0:2]}", "p q"),
            ("{.l[0,2]}", "p r"),
            ("{.l}", "[\"p\",\"q\",\"r\"]"),
            ("{.m['x']}", "true"),
            ("{.m}", "{\"x\":true,\"z\":{\"x\":2}}"),
            ("{..x}", "true 2"),
            ("{.nope}", ""),
            ("x{.nope}", ""),
            ("{.l[9]}", ""),
            ("{.hosts[*].name}", "one two"),
            ("{.hosts[?(@.port==2)].name}", ""),
            ("{.hosts[?(@.name==\"one\")].port}", "1"),
            ("{range .hosts[*]}{.name}:{.port}{\"\\n\"}{end}", "one:1\ntwo:2\n"),
            ("{.a}{\"-\"}{.l[0]}", "1-p"),
        ];
        for (path, wanted) in cases {
            let printed = JsonPath::parse(path).expect(path).print(&value);
            assert_eq!(String::from_utf8_lossy(&printed), wanted, "{path}");
        }
        assert_eq!(JsonPath::parse("{").expect_err("is unclosed"), "unclosed action");
    }
}
