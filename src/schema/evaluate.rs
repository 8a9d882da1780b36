//! The walk over an instance and a compiled schema.
//!
//! A first walk only asks whether the instance is valid; where it is not, a second one explains. The order of the
//! failures is that of Helm's library, with properties in order of their names where the library takes them at random.

mod arrays;
mod combinations;
mod objects;

use super::compile;
use super::draft::Draft;
use super::failure::{Failure, Key, Role};
use super::instance::Instance;
use super::json::{Data, NodeId};
use super::message::{self, quoted};
use super::pattern::Pattern;
use super::program::{Body, Keyword, Program, Schema, SchemaId, Type};
use super::registry::Root;
use super::{Problem, failure};

/// Deeper schemas in schemas are refused: the walk uses the stack.
pub(super) const MAX_DEPTH: usize = 400;
/// Schemas that one walk applies at most.
const MAX_STEPS: usize = 5_000_000;
/// Failures that an explanation holds at most.
const MAX_FAILURES: usize = 200_000;

/// Whether an instance is valid, and what is left unevaluated of it; the failure is absent where nobody asks for it.
type Verdict = Result<Open, Option<Box<Failure>>>;

/// The place of an instance: a step from the place around it.
#[derive(Clone, Copy)]
struct Place<'t> {
    parent: Option<&'t Place<'t>>,
    step: Step<'t>,
}

#[derive(Clone, Copy)]
enum Step<'t> {
    Root,
    Name(&'t str),
    Index(usize),
}

impl Place<'_> {
    fn path(&self) -> Vec<Key> {
        let mut path = Vec::new();
        let mut at = Some(self);
        while let Some(place) = at {
            match place.step {
                Step::Root => {}
                Step::Name(name) => path.push(Key::Name(name.to_owned())),
                Step::Index(index) => path.push(Key::Index(index)),
            }
            at = place.parent;
        }
        path.reverse();
        path
    }
}

/// A schema on its way to be applied, and the schemas from which it was reached.
#[derive(Clone, Copy)]
struct Scope<'t, 'p> {
    program: &'p Program,
    id: SchemaId,
    /// The keyword that jumped here, if it is a reference.
    jump: &'static str,
    /// The same for schemas applied to the same value.
    value: usize,
    parent: Option<&'t Scope<'t, 'p>>,
}

impl<'p> Scope<'_, 'p> {
    fn schema(&self) -> Option<&'p Schema> {
        self.program.schema(self.id)
    }

    fn is(&self, program: &Program, id: SchemaId) -> bool {
        std::ptr::eq(self.program, program) && self.id == id
    }

    /// The outer scope that applies this very schema to this very value.
    fn cycle(&self) -> Option<&Scope<'_, 'p>> {
        let mut at = self.parent;
        while let Some(scope) = at.filter(|scope| scope.value == self.value) {
            if scope.is(self.program, self.id) {
                return Some(scope);
            }
            at = scope.parent;
        }
        None
    }

    /// The keywords that led here from the first schema.
    fn keyword_path(&self) -> String {
        let location =
            |scope: &Scope<'_, '_>| scope.schema().map_or_else(String::new, |schema| scope.program.location(schema));
        let mut steps = Vec::new();
        let mut at = self;
        while let Some(parent) = at.parent {
            steps.push(match at.jump {
                "" => location(at).get(location(parent).len()..).unwrap_or_default().to_owned(),
                jump => format!("/{jump}"),
            });
            at = parent;
        }
        steps.reverse();
        steps.concat()
    }
}

/// One application of a schema to a value.
#[derive(Clone, Copy)]
struct Task<'t, 'p> {
    scope: &'t Scope<'t, 'p>,
    program: &'p Program,
    schema: &'p Schema,
    instance: Instance<'t>,
    place: &'t Place<'t>,
    quiet: bool,
}

/// Which members or items no keyword has evaluated; nothing if nobody asks.
#[derive(Default)]
struct Open {
    flags: Vec<bool>,
}

impl Open {
    /// What starts unevaluated when `schema` is applied to `instance`, if the schema or its caller wants to know.
    fn start(instance: Instance<'_>, schema: &Schema, caller: bool) -> Open {
        let evaluated = schema.evaluated;
        let (wanted, first) = match instance.kind() {
            Some(Type::Object) if !evaluated.all_properties => (schema.unevaluated_properties.is_some(), 0),
            Some(Type::Array) if !evaluated.all_items => (schema.unevaluated_items.is_some(), evaluated.first_items),
            _ => return Open::default(),
        };
        if !wanted && !caller {
            return Open::default();
        }
        let length = instance.len();
        if first >= length {
            return Open::default();
        }
        Open { flags: (0..length).map(|at| at >= first).collect() }
    }

    fn close(&mut self, at: usize) {
        if let Some(flag) = self.flags.get_mut(at) {
            *flag = false;
        }
    }

    fn merge(&mut self, other: &Open) {
        for (at, flag) in self.flags.iter_mut().enumerate() {
            *flag = *flag && other.flags.get(at).copied().unwrap_or(false);
        }
    }

    fn is_empty(&self) -> bool {
        !self.flags.contains(&true)
    }
}

/// The failures of one schema so far.
#[derive(Default)]
struct Failures {
    count: usize,
    told: Vec<Failure>,
}

impl Failures {
    fn add(&mut self, failure: Option<Box<Failure>>) {
        self.count += 1;
        self.told.extend(failure.map(|failure| *failure));
    }

    fn add_verdict(&mut self, verdict: Verdict) {
        if let Err(failure) = verdict {
            self.add(failure);
        }
    }

    fn is_empty(&self) -> bool {
        self.count == 0
    }
}

/// A schema document that is checked, with the meta-schema in force.
#[derive(Clone, Copy)]
struct Checked<'p> {
    root: &'p Root,
    draft: Draft,
}

/// One walk: what it may still spend, and why it stopped early.
#[derive(Default)]
pub(super) struct Walk<'p> {
    steps: usize,
    depth: usize,
    failures: usize,
    checked: Option<Checked<'p>>,
    stopped: Option<&'static str>,
}

impl<'p> Walk<'p> {
    /// Checks a schema, a node of the document of `root`, against its meta-schema.
    pub(super) fn check_schema(mut self, meta: &'p Program, root: &'p Root, node: NodeId) -> Result<(), Problem> {
        let draft = root.resource(node).map_or(Draft::LATEST, |resource| resource.draft);
        self.checked = Some(Checked { root, draft });
        self.run(meta, Instance::Node(&root.document, node))
    }

    /// Checks an instance against a program's first schema.
    ///
    /// The problem's text starts with a headline that names the schema.
    pub(super) fn run(&mut self, program: &'p Program, instance: Instance<'_>) -> Result<(), Problem> {
        let checked = self.checked;
        let valid = self.start(program, 0, instance, true).is_ok();
        if valid && self.stopped.is_none() {
            return Ok(());
        }
        (self.steps, self.depth, self.checked) = (0, 0, checked);
        let verdict = match self.stopped {
            None => self.start(program, 0, instance, false),
            Some(_) => Err(None),
        };
        if let Some(limit) = self.stopped {
            return Err(Problem::from(limit.to_owned()));
        }
        let Err(Some(failure)) = verdict else { return Ok(()) };
        let causes = failure.into_causes();
        let location = program.schema(0).map_or_else(String::new, |schema| program.location(schema));
        let headline = format!("jsonschema validation failed with {}\n", quoted(&location));
        let text = headline + &failure::text(&causes);
        Err(Problem { text, findings: failure::findings(causes) })
    }

    /// Applies a schema to a value that stands for itself.
    fn start(&mut self, program: &'p Program, id: SchemaId, instance: Instance<'_>, quiet: bool) -> Verdict {
        let scope = Scope { program, id, jump: "", value: 0, parent: None };
        let Some(schema) = scope.schema() else { return Ok(Open::default()) };
        let place = Place { parent: None, step: Step::Root };
        let open = Open::start(instance, schema, false);
        self.apply(&Task { scope: &scope, program, schema, instance, place: &place, quiet }, open)
    }

    /// Applies another schema to the value of a task.
    fn apply_here(
        &mut self,
        task: &Task<'_, 'p>,
        id: SchemaId,
        open: &mut Open,
        quiet: bool,
    ) -> Result<(), Option<Box<Failure>>> {
        self.jump(task, (task.program, id), "", open, quiet)
    }

    /// Applies a schema, perhaps of another program, to the value of a task.
    fn jump(
        &mut self,
        task: &Task<'_, 'p>,
        (program, id): (&'p Program, SchemaId),
        keyword: &'static str,
        open: &mut Open,
        quiet: bool,
    ) -> Result<(), Option<Box<Failure>>> {
        let value = task.scope.value;
        let scope = Scope { program, id, jump: keyword, value, parent: Some(task.scope) };
        let Some(schema) = scope.schema() else { return Ok(()) };
        let start = Open::start(task.instance, schema, !open.is_empty());
        let (program, checked) = self.dialect(program, id, task.instance);
        let Some(schema) = program.schema(id) else { return Ok(()) };
        let before = std::mem::replace(&mut self.checked, checked);
        let quiet = quiet || task.quiet;
        let verdict = self.apply(&Task { scope: &scope, program, schema, quiet, ..*task }, start);
        self.checked = before;
        open.merge(&verdict?);
        Ok(())
    }

    /// Applies a schema to a value inside the value of a task.
    fn apply_below(&mut self, task: &Task<'_, 'p>, id: SchemaId, step: Step<'_>, instance: Instance<'_>) -> Verdict {
        let value = task.scope.value + 1;
        let scope = Scope { program: task.program, id, jump: "", value, parent: Some(task.scope) };
        let Some(schema) = scope.schema() else { return Ok(Open::default()) };
        let open = Open::start(instance, schema, false);
        let (program, checked) = self.dialect(task.program, id, instance);
        let Some(schema) = program.schema(id) else { return Ok(open) };
        let before = std::mem::replace(&mut self.checked, checked);
        let place = Place { parent: Some(task.place), step };
        let quiet = task.quiet;
        let verdict = self.apply(&Task { scope: &scope, program, schema, instance, place: &place, quiet }, open);
        self.checked = before;
        verdict
    }

    /// The program to use for a schema: when a schema document is checked, a resource in it may name another draft.
    /// Its scope keeps the first program all the same, as in Helm's library, where dynamic references see it.
    fn dialect(
        &self,
        program: &'p Program,
        id: SchemaId,
        instance: Instance<'_>,
    ) -> (&'p Program, Option<Checked<'p>>) {
        let (Some(checked), Instance::Node(document, node)) = (self.checked, instance) else {
            return (program, self.checked);
        };
        if id != 0 || !std::ptr::eq(document, checked.root.document.as_ref()) {
            return (program, self.checked);
        }
        match checked.root.draft_at(node) {
            Some(draft) if draft != checked.draft && std::ptr::eq(program, compile::meta(checked.draft)) => {
                (compile::meta(draft), Some(Checked { draft, ..checked }))
            }
            _ => (program, self.checked),
        }
    }

    fn apply(&mut self, task: &Task<'_, 'p>, open: Open) -> Verdict {
        self.steps += 1;
        if self.stopped.is_none() {
            self.stopped = match () {
                () if self.steps > MAX_STEPS => Some("schema validation takes more than 5000000 steps"),
                () if self.depth >= MAX_DEPTH => Some("schema validation nests deeper than 400 levels"),
                () if self.failures > MAX_FAILURES => Some("schema validation finds more than 200000 failures"),
                () => None,
            };
        }
        if self.stopped.is_some() {
            return Ok(open);
        }
        self.depth += 1;
        let verdict = self.keywords(task, open);
        self.depth -= 1;
        verdict
    }

    fn keywords(&mut self, task: &Task<'_, 'p>, mut open: Open) -> Verdict {
        let keywords = match &task.schema.body {
            Body::Always => return Ok(open),
            Body::Never => return Err(self.failure(task, "", || "false schema".into())),
            Body::Keywords(keywords) => keywords,
        };
        if let Some(outer) = task.scope.cycle() {
            return Err(self.cycle(task, outer));
        }
        let Some(kind) = task.instance.kind() else {
            return Err(self.failure(task, "", || format!("invalid jsonType {}", task.instance.go_type())));
        };
        let mut failures = Failures::default();
        for keyword in keywords {
            if task.quiet && !failures.is_empty() {
                return Err(None);
            }
            match keyword {
                Keyword::Type(_) | Keyword::Const(_) | Keyword::Enum { .. } => self.value(task, kind, keyword)?,
                Keyword::Format { .. } | Keyword::FormatRegex => self.format(task, keyword)?,
                Keyword::Ref(schema) => {
                    let verdict = self.reference(task, *schema, "$ref", &mut open);
                    if task.schema.draft < Draft::V2019 {
                        return verdict.map(|()| open);
                    }
                    failures.add_verdict(verdict.map(|()| Open::default()));
                }
                _ => match kind {
                    _ if keyword.rank() >= 20 => self.combination(task, keyword, &mut open, &mut failures),
                    Type::Object => self.object(task, keyword, &mut open, &mut failures),
                    Type::Array => self.array(task, keyword, &mut open, &mut failures),
                    Type::String => self.string(task, keyword, &mut failures),
                    Type::Number => self.limit(task, keyword, &mut failures),
                    _ => {}
                },
            }
        }
        if task.schema.draft >= Draft::V2019 && (failures.is_empty() || !task.quiet) {
            self.unevaluated(task, kind, &mut open, &mut failures);
        }
        if failures.is_empty() { Ok(open) } else { Err(self.several(task, failures)) }
    }

    fn cycle(&mut self, task: &Task<'_, 'p>, outer: &Scope<'_, 'p>) -> Option<Box<Failure>> {
        self.failure(task, "$ref", || {
            let url = message::go_quoted(&task.program.location(task.schema));
            let (own, outer) = (task.scope.keyword_path(), outer.keyword_path());
            format!("both {own} and {outer} resolve to {url} causing reference cycle")
        })
    }

    /// The failures of one schema as one.
    fn several(&mut self, task: &Task<'_, 'p>, mut failures: Failures) -> Option<Box<Failure>> {
        if failures.count == 1 {
            return failures.told.pop().map(Box::new);
        }
        let failure = self.failure(task, "", || "validation failed".into());
        failure.map(|failure| Box::new(Failure { role: Role::Group, causes: failures.told, ..*failure }))
    }

    /// A failure at the place of a task, unless the task is quiet.
    fn failure(
        &mut self,
        task: &Task<'_, 'p>,
        keyword: &'static str,
        text: impl FnOnce() -> String,
    ) -> Option<Box<Failure>> {
        if task.quiet {
            return None;
        }
        self.failures += 1;
        Some(Box::new(Failure {
            path: task.place.path(),
            keyword,
            message: text(),
            schema: task.program.location(task.schema),
            role: Role::Plain,
            causes: Vec::new(),
        }))
    }

    /// `type`, `const` and `enum`: if one fails, nothing else is looked at.
    fn value(&mut self, task: &Task<'_, 'p>, kind: Type, keyword: &Keyword) -> Result<(), Option<Box<Failure>>> {
        let Some(document) = task.program.document(task.schema) else { return Ok(()) };
        let equals = |node: &NodeId| task.instance.equals(Instance::Node(document, *node), MAX_DEPTH);
        match keyword {
            Keyword::Type(types) => {
                let integer = kind == Type::Number && types.contains(Type::Integer) && task.instance.is_integer();
                if types.contains(kind) || integer {
                    return Ok(());
                }
                Err(self.failure(task, "type", || format!("got {}, want {}", kind.name(), types.words())))
            }
            Keyword::Const(node) if !equals(node) => {
                Err(self.failure(task, "const", || match scalar(document.data(*node)) {
                    Some(shown) => format!("value must be {shown}"),
                    None => "'const' failed".into(),
                }))
            }
            Keyword::Enum { values, types } if !(types.contains(kind) && values.iter().any(equals)) => Err(self
                .failure(task, "enum", || {
                    let shown: Option<Vec<String>> = values.iter().map(|node| scalar(document.data(*node))).collect();
                    match shown.as_deref() {
                        Some([one]) => format!("value must be {one}"),
                        Some(all) => format!("value must be one of {}", all.join(", ")),
                        None => "'enum' failed".into(),
                    }
                })),
            _ => Ok(()),
        }
    }

    fn format(&mut self, task: &Task<'_, 'p>, keyword: &Keyword) -> Result<(), Option<Box<Failure>>> {
        let Some(text) = task.instance.text() else { return Ok(()) };
        let (name, outcome) = match keyword {
            Keyword::Format { name, check } => (*name, check(&text)),
            _ => ("regex", Pattern::compile(&text).map(|_| ())),
        };
        outcome.map_err(|problem| {
            self.failure(task, "format", || format!("{} is not valid {name}: {problem}", quoted(&text)))
        })
    }

    fn string(&mut self, task: &Task<'_, 'p>, keyword: &Keyword, failures: &mut Failures) {
        let Some(text) = task.instance.text() else { return };
        let length = || text.chars().count();
        match keyword {
            Keyword::MinLength(min) if (length() as i64) < *min => {
                failures.add(self.failure(task, "minLength", || counts("minLength", length(), *min)));
            }
            Keyword::MaxLength(max) if length() as i64 > *max => {
                failures.add(self.failure(task, "maxLength", || counts("maxLength", length(), *max)));
            }
            Keyword::Pattern(pattern) if !pattern.is_match(&text) => {
                failures.add(self.failure(task, "pattern", || {
                    format!("{} does not match pattern {}", quoted(&text), quoted(&pattern.source))
                }));
            }
            _ => {}
        }
    }

    fn limit(&mut self, task: &Task<'_, 'p>, keyword: &Keyword, failures: &mut Failures) {
        let Keyword::Limit { bound, number: limit } = keyword else { return };
        let Some(number) = task.instance.number() else { return };
        if !bound.holds(&number, limit) {
            let keyword = bound.keyword();
            failures.add(self.failure(task, keyword, || {
                let (got, want) = (message::float(number.to_float()), message::float(limit.to_float()));
                format!("{keyword}: got {got}, want {want}")
            }));
        }
    }

    fn reference(
        &mut self,
        task: &Task<'_, 'p>,
        id: SchemaId,
        keyword: &'static str,
        open: &mut Open,
    ) -> Result<(), Option<Box<Failure>>> {
        self.refer(task, (task.program, id), keyword, open)
    }

    fn refer(
        &mut self,
        task: &Task<'_, 'p>,
        target: (&'p Program, SchemaId),
        keyword: &'static str,
        open: &mut Open,
    ) -> Result<(), Option<Box<Failure>>> {
        let Err(cause) = self.jump(task, target, keyword, open, false) else { return Ok(()) };
        let failure = self.failure(task, keyword, || "validation failed".into());
        let causes = cause.map_or_else(Vec::new, |cause| cause.into_causes());
        Err(failure.map(|failure| Box::new(Failure { role: Role::Reference, causes, ..*failure })))
    }

    fn with_causes(
        &mut self,
        task: &Task<'_, 'p>,
        keyword: &'static str,
        text: &str,
        causes: Failures,
    ) -> Option<Box<Failure>> {
        let failure = self.failure(task, keyword, || text.to_owned());
        failure.map(|failure| Box::new(Failure { causes: causes.told, ..*failure }))
    }

    fn unevaluated(&mut self, task: &Task<'_, 'p>, kind: Type, open: &mut Open, failures: &mut Failures) {
        let schema = match kind {
            Type::Object => task.schema.unevaluated_properties,
            Type::Array => task.schema.unevaluated_items,
            _ => None,
        };
        let Some(schema) = schema else { return };
        let left = std::mem::take(open);
        let mut check = |walk: &mut Walk<'p>, at: usize, step: Step<'_>, value: Instance<'_>| {
            if left.flags.get(at) == Some(&true) {
                failures.add_verdict(walk.apply_below(task, schema, step, value));
            }
        };
        match kind {
            Type::Object => {
                task.instance.members(&mut |at, name, value| check(self, at, Step::Name(name), value));
            }
            _ => {
                let items = (0..left.flags.len()).filter_map(|at| Some((at, task.instance.item(at)?)));
                items.for_each(|(at, item)| check(self, at, Step::Index(at), item));
            }
        }
    }
}

/// A scalar as findings show it; `None` for lists and maps.
fn scalar(data: &Data) -> Option<String> {
    Some(match data {
        Data::Null => "<nil>".into(),
        Data::Bool(flag) => flag.to_string(),
        Data::Number(literal) => literal.text.to_string(),
        Data::Text(text) => quoted(text),
        Data::List(_) | Data::Map(_) => return None,
    })
}

/// `minLength: got 3, want 5`.
fn counts(keyword: &str, got: usize, want: i64) -> String {
    format!("{keyword}: got {}, want {}", message::count(got), message::signed_count(want))
}
