//! Filters in paths: `[?(@.name == "x" && @.port > 80 || !(@.tls))]`, `[?(@.image =~ /^nginx/)]`.
//!
//! A comparison holds when both sides have values and it holds for every pair of them.

use super::data::{Data, DataKind};
use super::path::{MAX_DEPTH, Path, Reader, Step};
use crate::funcs::regex;

/// A condition on a node.
#[derive(Clone, Debug)]
pub(super) enum Filter {
    /// The path leads somewhere.
    Exists(Operand),
    /// A word of its own.
    Literal(bool),
    Compare(Operand, Comparison, Operand),
    Matches(Operand, String),
    Not(Box<Filter>),
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
}

#[derive(Clone, Debug)]
pub(super) enum Operand {
    /// A path from the item.
    Item(Path),
    /// A path from the document.
    Root(Path),
    Value(Data),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// The signs, longer ones before their beginnings.
const COMPARISONS: [(&str, Comparison); 6] = [
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    (">=", Comparison::GreaterOrEqual),
    (">", Comparison::Greater),
    ("<=", Comparison::LessOrEqual),
    ("<", Comparison::Less),
];

impl Filter {
    /// Whether a node fits.
    pub(super) fn accepts(&self, node: &Data, root: &Data) -> bool {
        match self {
            Filter::Exists(operand) => !operand.values(node, root).is_empty(),
            Filter::Literal(flag) => *flag,
            Filter::Not(inner) => !inner.accepts(node, root),
            Filter::And(one, two) => one.accepts(node, root) && two.accepts(node, root),
            Filter::Or(one, two) => one.accepts(node, root) || two.accepts(node, root),
            Filter::Matches(operand, pattern) => {
                let Ok(pattern) = regex::compile(pattern.as_bytes()) else { return false };
                let values = operand.values(node, root);
                let fits =
                    |value: &Data| value.as_text().is_some_and(|text| pattern.is_match(&String::from_utf8_lossy(text)));
                !values.is_empty() && values.iter().all(fits)
            }
            Filter::Compare(left, comparison, right) => {
                let (left, right) = (left.values(node, root), right.values(node, root));
                let holds = |one: &Data| right.iter().all(|two| comparison.holds(one, two));
                !left.is_empty() && !right.is_empty() && left.iter().all(holds)
            }
        }
    }
}

impl Operand {
    fn values(&self, node: &Data, root: &Data) -> Vec<Data> {
        let found = match self {
            Operand::Item(path) => path.find(node),
            Operand::Root(path) => path.find(root),
            Operand::Value(value) => return vec![value.clone()],
        };
        found.iter().map(|found| found.data().clone()).collect()
    }
}

impl Comparison {
    fn holds(self, one: &Data, two: &Data) -> bool {
        use std::cmp::Ordering;
        let order = match (&one.kind, &two.kind) {
            (DataKind::Text(one), DataKind::Text(two)) => Some(one.cmp(two)),
            (DataKind::Bool(one), DataKind::Bool(two)) => (one == two).then_some(Ordering::Equal),
            (DataKind::Null, DataKind::Null) => Some(Ordering::Equal),
            (one, two) => number(one).zip(number(two)).and_then(|(one, two)| one.partial_cmp(&two)),
        };
        match self {
            Comparison::Equal => order == Some(Ordering::Equal),
            Comparison::NotEqual => order != Some(Ordering::Equal),
            Comparison::Greater => order == Some(Ordering::Greater),
            Comparison::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
            Comparison::Less => order == Some(Ordering::Less),
            Comparison::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        }
    }
}

#[allow(clippy::cast_precision_loss)]
fn number(kind: &DataKind) -> Option<f64> {
    match kind {
        DataKind::Int(number) => Some(*number as f64),
        DataKind::Uint(number) => Some(*number as f64),
        DataKind::Float(number) => Some(*number),
        _ => None,
    }
}

/// Reads a filter up to its closing parenthesis, which stays.
pub(super) fn parse(reader: &mut Reader<'_>) -> Result<Filter, String> {
    reader.depth += 1;
    if reader.depth > MAX_DEPTH {
        return Err(format!("filters nest deeper than {MAX_DEPTH}"));
    }
    let filter = either(reader);
    reader.depth -= 1;
    filter
}

fn either(reader: &mut Reader<'_>) -> Result<Filter, String> {
    let mut filter = both(reader)?;
    while taken(reader, "||") {
        filter = Filter::Or(Box::new(filter), Box::new(both(reader)?));
    }
    Ok(filter)
}

fn both(reader: &mut Reader<'_>) -> Result<Filter, String> {
    let mut filter = term(reader)?;
    while taken(reader, "&&") {
        filter = Filter::And(Box::new(filter), Box::new(term(reader)?));
    }
    Ok(filter)
}

fn taken(reader: &mut Reader<'_>, token: &str) -> bool {
    reader.skip_space();
    reader.take(token)
}

fn term(reader: &mut Reader<'_>) -> Result<Filter, String> {
    reader.skip_space();
    if !reader.rest().starts_with("!=") && reader.take("!") {
        reader.depth += 1;
        if reader.depth > MAX_DEPTH {
            return Err(format!("filters nest deeper than {MAX_DEPTH}"));
        }
        let inner = term(reader);
        reader.depth -= 1;
        return Ok(Filter::Not(Box::new(inner?)));
    }
    if reader.take("(") {
        let inner = parse(reader)?;
        return match taken(reader, ")") {
            true => Ok(inner),
            false => Err("missing `)` in a filter".to_owned()),
        };
    }
    let left = operand(reader)?;
    if taken(reader, "=~") {
        return matches(left, reader);
    }
    for (sign, comparison) in COMPARISONS {
        if taken(reader, sign) {
            return Ok(Filter::Compare(left, comparison, operand(reader)?));
        }
    }
    match left {
        Operand::Value(Data { kind: DataKind::Bool(flag), .. }) => Ok(Filter::Literal(flag)),
        Operand::Value(_) => Err("a filter needs a path or a comparison".to_owned()),
        path => Ok(Filter::Exists(path)),
    }
}

fn matches(left: Operand, reader: &mut Reader<'_>) -> Result<Filter, String> {
    if !taken(reader, "/") {
        return Err("expected `/` at the start of a regular expression".to_owned());
    }
    let mut escaped = false;
    for (at, letter) in reader.rest().char_indices() {
        if letter == '/' && !escaped {
            let pattern = reader.rest()[..at].replace("\\/", "/");
            regex::compile(pattern.as_bytes())?;
            reader.at += at + 1;
            return Ok(Filter::Matches(left, pattern));
        }
        escaped = letter == '\\' && !escaped;
    }
    Err("missing `/` at the end of a regular expression".to_owned())
}

fn operand(reader: &mut Reader<'_>) -> Result<Operand, String> {
    reader.skip_space();
    for (sign, of_item) in [("@", true), ("$", false)] {
        if reader.take(sign) {
            let mut steps: Vec<Step> = Vec::new();
            reader.steps(&mut steps)?;
            let path = Path { steps };
            return Ok(if of_item { Operand::Item(path) } else { Operand::Root(path) });
        }
    }
    literal(reader).map(|kind| Operand::Value(Data { span: crate::source::Span::default(), kind }))
}

fn literal(reader: &mut Reader<'_>) -> Result<DataKind, String> {
    let words = [("true", DataKind::Bool(true)), ("false", DataKind::Bool(false)), ("null", DataKind::Null)];
    for (word, kind) in words {
        if reader.take(word) {
            return Ok(kind);
        }
    }
    let rest = reader.rest();
    if let Some(quote) = rest.chars().next().filter(|letter| matches!(letter, '"' | '\'')) {
        let end = rest[1..].find(quote).ok_or_else(|| format!("missing {quote}"))?;
        let text = rest.as_bytes().get(1..=end).unwrap_or_default().to_vec();
        reader.at += end + 2;
        return Ok(DataKind::Text(text));
    }
    let end =
        rest.find(|letter: char| !matches!(letter, '0'..='9' | '.' | '-' | '+' | 'e' | 'E')).unwrap_or(rest.len());
    let text = &rest[..end];
    let kind = match (text.parse::<i64>(), text.parse::<f64>()) {
        (Ok(number), _) => DataKind::Int(number),
        (_, Ok(number)) => DataKind::Float(number),
        _ => return Err(format!("expected a path or value in a filter, found `{rest}`")),
    };
    reader.at += end;
    Ok(kind)
}
