//! `x-kubernetes-validations`: CEL expressions of custom resources, evaluated with a bounded cost.

use super::check::Walk;
use super::library;
use super::path::Path;
use super::schemas::Schemas;
use super::types::{Kind, Object, Rule, Text, Type};
use crate::diagnostic::Diagnostic;
use crate::yaml::{Node, NodeKind};
use cel::common::ast::{Expr, IdedExpr};
use cel::{Context, Env, ExecutionError, Program, Value};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// The longest expression that is read.
const LONGEST: usize = 16 << 10;

/// Steps that one expression may take over one value, as far as its nesting and the value's size tell.
const MOST_STEPS: usize = 4_000_000;

/// Calls that make longer texts, in one expression: each could double a text.
const MOST_REPLACES: usize = 8;

/// Values that nest deeper are not converted.
const DEEPEST: usize = 100;

/// Words of CEL that a field name cannot be, and so is written between underscores.
const RESERVED: [&str; 21] = [
    "as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop",
    "namespace", "null", "package", "return", "true", "var", "void", "while",
];

/// The evaluator with the expressions that it has read.
pub(super) struct Rules {
    env: Arc<Env>,
    known: RefCell<HashMap<Box<str>, Compiled>>,
}

type Compiled = Rc<Result<Expression, String>>;

struct Expression {
    program: Program,
    nesting: u32,
    transition: bool,
}

impl Rules {
    pub(super) fn new() -> Rules {
        Rules { env: Arc::new(library::environment()), known: RefCell::default() }
    }

    /// Evaluates the rules of a type on a node, `self` in them.
    pub(super) fn check(&self, walk: &mut Walk<'_, '_>, of: (&Type, &[Rule]), node: &Node, at: &Path<'_>) {
        let (of, rules) = of;
        let mut size = 0;
        let Some(value) = convert(walk.schemas, of, node, &mut size, 0) else {
            walk.failed = Some(Diagnostic::error(format!("`{at}`: too large or too deep for its validation rules")));
            return;
        };
        for rule in rules {
            match self.evaluate(&rule.rule, &value, size) {
                Ok(None | Some(Value::Bool(true))) => {}
                Ok(Some(_)) => self.report(walk, rule, &value, size, at),
                Err(Trouble::Rule(why)) => {
                    walk.report("violated-rule", at, format!("its rule `{}` cannot be evaluated: {why}", one_line(&rule.rule)));
                }
                Err(Trouble::Ours(why)) => {
                    let text = format!("`{at}`: cannot evaluate the rule `{}`: {why}", one_line(&rule.rule));
                    walk.failed = Some(Diagnostic::error(text));
                }
            }
        }
    }

    fn report(&self, walk: &mut Walk<'_, '_>, rule: &Rule, value: &Value, size: usize, at: &Path<'_>) {
        let made = rule.message_expression.as_ref().and_then(|text| match self.evaluate(text, value, size) {
            Ok(Some(Value::String(text))) if !text.trim().is_empty() && !text.contains('\n') => Some(text.to_string()),
            _ => None,
        });
        let text = made.or_else(|| rule.message.as_deref().map(one_line));
        let text = text.unwrap_or_else(|| format!("failed rule: {}", one_line(&rule.rule)));
        if let Some(wrong) = walk.report("violated-rule", at, text) {
            wrong.hints.push(format!("the rule is `{}`", one_line(&rule.rule)));
        }
    }

    /// The value of an expression; `None` for one that compares with an older object.
    fn evaluate(&self, text: &str, value: &Value, size: usize) -> Result<Option<Value>, Trouble> {
        let compiled = self.compiled(text);
        let expression = compiled.as_ref().as_ref().map_err(|why| Trouble::Ours(why.clone()))?;
        if expression.transition {
            return Ok(None);
        }
        let steps = size.saturating_add(1).saturating_pow(expression.nesting).saturating_mul(text.len());
        if steps > MOST_STEPS {
            return Err(Trouble::Ours("it could take too many steps over a value of this size".to_owned()));
        }
        let mut context = Context::with_env(Arc::clone(&self.env));
        library::add_functions(&mut context);
        context.add_variable_from_value("self", value.clone());
        match expression.program.execute(&context) {
            Ok(value) => Ok(Some(value)),
            Err(error @ (ExecutionError::UndeclaredReference(_) | ExecutionError::InternalError(_))) => {
                Err(Trouble::Ours(error.to_string()))
            }
            Err(error) => Err(Trouble::Rule(spoken(&error))),
        }
    }

    fn compiled(&self, text: &str) -> Compiled {
        if let Some(known) = self.known.borrow().get(text) {
            return Rc::clone(known);
        }
        let made = Rc::new(self.compile(text));
        self.known.borrow_mut().insert(text.into(), Rc::clone(&made));
        made
    }

    fn compile(&self, text: &str) -> Result<Expression, String> {
        if text.len() > LONGEST {
            return Err(format!("it is longer than {LONGEST} bytes"));
        }
        if text.matches("replace").count() > MOST_REPLACES {
            return Err(format!("it replaces more than {MOST_REPLACES} times"));
        }
        let program = self.env.compile(text).map_err(|errors| one_line(&errors.to_string()))?;
        let nesting = nesting(program.expression(), 0);
        let transition = program.references().has_variable("oldSelf");
        Ok(Expression { program, nesting, transition })
    }
}

/// Why an expression has no value.
enum Trouble {
    /// An API server would say so too.
    Rule(String),
    /// Only chartwright cannot.
    Ours(String),
}

/// An error without the values that it quotes.
fn spoken(error: &ExecutionError) -> String {
    match error {
        ExecutionError::NoSuchKey(key) => format!("no such key: {key}"),
        ExecutionError::NoSuchOverload(overload) => format!("no such overload: {}", overload.function()),
        ExecutionError::IndexOutOfBounds(_) => "index out of bounds".to_owned(),
        ExecutionError::DivisionByZero(_) => "division by zero".to_owned(),
        ExecutionError::FunctionError { function, message } => format!("{function}: {message}"),
        _ => "it meets a value that it does not expect".to_owned(),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// How many loops of an expression stand in each other. The parser bounds how deep expressions nest.
fn nesting(of: &IdedExpr, depth: usize) -> u32 {
    let each = |exprs: &[&IdedExpr]| exprs.iter().map(|one| nesting(one, depth + 1)).max().unwrap_or(0);
    if depth > 1000 {
        return u32::MAX;
    }
    match &of.expr {
        Expr::Call(call) => {
            let target = call.target.as_deref().map_or(0, |target| nesting(target, depth + 1));
            call.args.iter().map(|one| nesting(one, depth + 1)).max().unwrap_or(0).max(target)
        }
        Expr::Comprehension(all) => {
            let inner = each(&[&all.loop_cond, &all.loop_step, &all.accu_init, &all.result]);
            inner.saturating_add(1).max(nesting(&all.iter_range, depth + 1))
        }
        Expr::Select(select) => nesting(&select.operand, depth + 1),
        Expr::List(list) => list.elements.iter().map(|one| nesting(one, depth + 1)).max().unwrap_or(0),
        // Literals of maps and structs have loops only in far-fetched rules: counted as one.
        Expr::Map(_) | Expr::Struct(_) => 1,
        _ => 0,
    }
}

/// A node as CEL sees it, by its type; counts what it holds. `None` for a node that nests too deep.
fn convert(schemas: &Schemas<'_>, of: &Type, node: &Node, size: &mut usize, depth: usize) -> Option<Value> {
    if depth > DEEPEST {
        return None;
    }
    if let Kind::Named(id) = of.kind {
        let of = schemas.resolve(id)?;
        return convert(schemas, &of, node, size, depth + 1);
    }
    *size += 1;
    Some(match (node.kind(), &of.kind) {
        (NodeKind::Null, _) => Value::Null,
        (NodeKind::Bool(flag), _) => Value::Bool(*flag),
        (NodeKind::Str(text), kind) => converted_text(&String::from_utf8_lossy(text), kind, of),
        (NodeKind::Seq(items), kind) => {
            let free = Type::new(Kind::Any);
            let of = if let Kind::List { items, .. } = kind { items } else { &free };
            let items: Option<Vec<Value>> =
                items.iter().map(|item| convert(schemas, of, item, size, depth + 1)).collect();
            Value::List(Arc::new(items?))
        }
        (NodeKind::Map(_), kind) => Value::from(converted_map(schemas, kind, node, size, depth)?),
        (_, kind) => converted_number(node, kind),
    })
}

#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
fn converted_number(node: &Node, kind: &Kind) -> Value {
    let real = matches!(kind, Kind::Number);
    match node.kind() {
        NodeKind::Int(number) if real => Value::Float(*number as f64),
        NodeKind::Int(number) => Value::Int(*number),
        NodeKind::Uint(number) => Value::Float(*number as f64),
        NodeKind::Float(number) if matches!(kind, Kind::Integer(_)) => Value::Int(*number as i64),
        NodeKind::Float(number) => Value::Float(*number),
        _ => Value::Null,
    }
}

fn converted_text(text: &str, kind: &Kind, of: &Type) -> Value {
    let format = of.limits.as_ref().and_then(|limits| limits.format.as_deref()).unwrap_or_default();
    let call = match (kind, format) {
        (Kind::String(Text::DateTime), _) => "timestamp",
        (Kind::String(_), "duration") => "duration",
        _ => return Value::String(Arc::new(text.to_owned())),
    };
    library::call(call, text).unwrap_or_else(|| Value::String(Arc::new(text.to_owned())))
}

fn converted_map(
    schemas: &Schemas<'_>,
    kind: &Kind,
    node: &Node,
    size: &mut usize,
    depth: usize,
) -> Option<HashMap<String, Value>> {
    let free = Type::new(Kind::Any);
    let mut found = HashMap::new();
    for entry in node.entries() {
        let name = entry.key.key_text().unwrap_or_default();
        let (of, name) = match kind {
            Kind::Object(object) => match object.field(&name) {
                Some(field) => (&*field.of, escaped(&field.name)),
                None => (&free, String::from_utf8_lossy(&name).into_owned()),
            },
            Kind::Map(values) => (&**values, String::from_utf8_lossy(&name).into_owned()),
            _ => (&free, String::from_utf8_lossy(&name).into_owned()),
        };
        found.insert(name, convert(schemas, of, &entry.value, size, depth + 1)?);
    }
    if let Kind::Object(object) = kind {
        add_defaults(schemas, object, &mut found, size, depth)?;
    }
    Some(found)
}

/// An API server puts defaults in before it evaluates rules.
fn add_defaults(
    schemas: &Schemas<'_>,
    object: &Object,
    found: &mut HashMap<String, Value>,
    size: &mut usize,
    depth: usize,
) -> Option<()> {
    for field in &object.fields {
        let Some(default) = &field.default else { continue };
        let name = escaped(&field.name);
        if !found.contains_key(&name) {
            let value = convert(schemas, &field.of, default, size, depth + 1)?;
            found.insert(name, value);
        }
    }
    Some(())
}

/// A field's name as an expression writes it.
fn escaped(name: &str) -> String {
    if RESERVED.contains(&name) {
        return format!("__{name}__");
    }
    name.replace("__", "__underscores__").replace('.', "__dot__").replace('-', "__dash__").replace('/', "__slash__")
}

