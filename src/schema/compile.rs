//! From documents to a [`Program`].
//!
//! Every schema that can be reached is compiled at once, in the order in which Helm's library does it, so that the
//! first fault found is the same. Each document, and each place that only a reference makes a schema, is checked
//! against its meta-schema before.

use super::draft::Draft;
use super::evaluate::Walk;
use super::format;
use super::json::{Data, Document, NodeId};
use super::message::go_quoted;
use super::number::Number;
use super::pattern::Pattern;
use super::program::{Body, Bound, Dependency, Evaluated, Keyword, Program, Properties, Rest, Schema, SchemaId, Types};
use super::registry::{Registry, Root, Target, keyword_location};
use super::{Loader, Offline, Problem};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

/// The compiled meta-schema of a draft.
pub(super) fn meta(draft: Draft) -> &'static Program {
    static PROGRAMS: [LazyLock<Program>; 5] = [
        LazyLock::new(|| compile_meta(Draft::V4)),
        LazyLock::new(|| compile_meta(Draft::V6)),
        LazyLock::new(|| compile_meta(Draft::V7)),
        LazyLock::new(|| compile_meta(Draft::V2019)),
        LazyLock::new(|| compile_meta(Draft::V2020)),
    ];
    &PROGRAMS[draft as usize]
}

fn compile_meta(draft: Draft) -> Program {
    let mut compiler = Compiler { purpose: Purpose::Meta, ..Compiler::new(Registry::new(&Offline)) };
    let outcome = compiler.run(draft.url());
    debug_assert!(outcome.is_ok(), "{outcome:?}");
    Program { roots: compiler.registry.roots, schemas: compiler.schemas }
}

/// A program and the `urn:` addresses in it that stood for anything.
pub(super) struct Compiled {
    pub(super) program: Result<Program, Problem>,
    pub(super) unresolved: Vec<String>,
}

/// Compiles the schema `document`, which stands at `url`.
pub(super) fn compile(url: &str, document: Document, loader: &dyn Loader) -> Compiled {
    let mut registry = Registry::new(loader);
    registry.add(url, document);
    let mut compiler = Compiler::new(registry);
    let outcome = compiler.run(url);
    let Registry { roots, unresolved, .. } = compiler.registry;
    let schemas = compiler.schemas;
    Compiled { program: outcome.map(|()| Program { roots, schemas }), unresolved }
}

struct Compiler<'c> {
    registry: Registry<'c>,
    purpose: Purpose,
    schemas: Vec<Schema>,
    known: HashMap<(usize, NodeId), SchemaId, foldhash::fast::FixedState>,
    /// References that lead nowhere, by the number of schemas that are compiled before they count.
    missing: Vec<(usize, String)>,
}

/// What a schema is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// It is a published meta-schema: formats count in every draft, and its expressions are right.
    Meta,
    /// It checks values.
    Values,
}

/// The schema object at hand.
#[derive(Clone, Copy)]
struct Object<'d> {
    document: &'d Document,
    root: usize,
    node: NodeId,
    draft: Draft,
}

impl<'d> Object<'d> {
    fn get(self, name: &str) -> Option<NodeId> {
        self.document.get(self.node, name)
    }

    fn data(self, name: &str) -> Option<&'d Data> {
        self.get(name).map(|node| self.document.data(node))
    }

    fn text(self, name: &str) -> Option<&'d str> {
        self.document.get_text(self.node, name)
    }

    fn flag(self, name: &str) -> Option<bool> {
        match self.data(name)? {
            Data::Bool(flag) => Some(*flag),
            _ => None,
        }
    }

    fn number(self, name: &str) -> Option<Number> {
        match self.data(name)? {
            Data::Number(literal) => literal.value.clone(),
            _ => None,
        }
    }

    fn count(self, name: &str) -> Option<i64> {
        self.number(name)?.to_count()
    }

    fn list(self, name: &str) -> Option<&'d [NodeId]> {
        match self.data(name)? {
            Data::List(items) => Some(items),
            _ => None,
        }
    }

    fn members(self, name: &str) -> impl Iterator<Item = (&'d str, NodeId)> {
        self.get(name).into_iter().flat_map(move |node| self.document.members(node))
    }

    fn is_map(self, name: &str) -> bool {
        matches!(self.data(name), Some(Data::Map(_)))
    }
}

/// The texts in a list.
fn texts(document: &Document, list: &[NodeId]) -> Vec<Box<str>> {
    let text = |item: &NodeId| match document.data(*item) {
        Data::Text(text) => Some(text.clone()),
        _ => None,
    };
    list.iter().filter_map(text).collect()
}

impl<'c> Compiler<'c> {
    fn new(registry: Registry<'c>) -> Compiler<'c> {
        let (known, missing) = (HashMap::default(), Vec::new());
        Compiler { registry, purpose: Purpose::Values, schemas: Vec::new(), known, missing }
    }

    fn run(&mut self, url: &str) -> Result<(), Problem> {
        let (root, _) = self.registry.open(url)?;
        self.check_schema(root, 0)?;
        self.enqueue(root, 0);
        let mut compiled = 0;
        while compiled < self.schemas.len() {
            if let Some((_, problem)) = self.missing.iter().find(|(at, _)| *at <= compiled) {
                return Err(Problem::from(problem.clone()));
            }
            self.compile_one(compiled)?;
            compiled += 1;
        }
        match self.missing.first() {
            Some((_, problem)) => Err(Problem::from(problem.clone())),
            None => Ok(()),
        }
    }

    fn enqueue(&mut self, root: usize, node: NodeId) -> SchemaId {
        let next = self.schemas.len() as SchemaId;
        *self.known.entry((root, node)).or_insert_with(|| {
            self.schemas.push(Schema {
                root,
                node,
                draft: Draft::LATEST,
                resource: next,
                recursive_anchor: false,
                dynamic_anchor: None,
                dynamic_anchors: Vec::new(),
                body: Body::Always,
                evaluated: Evaluated::default(),
                unevaluated_properties: None,
                unevaluated_items: None,
            });
            next
        })
    }

    /// Checks a schema against its meta-schema; the published ones are taken as they are.
    fn check_schema(&self, root: usize, node: NodeId) -> Result<(), Problem> {
        let Some(found) = self.registry.roots.get(root) else { return Ok(()) };
        if found.url.starts_with("http://json-schema.org/") || found.url.starts_with("https://json-schema.org/") {
            return Ok(());
        }
        let draft = found.resource(node).map_or(Draft::LATEST, |resource| resource.draft);
        let outcome = Walk::default().check_schema(meta(draft), found, node);
        outcome.map_err(|problem| {
            let text =
                format!("{} is not valid against metaschema: {}", go_quoted(&found.location(node)), problem.text);
            Problem { text, ..problem }
        })
    }

    fn compile_one(&mut self, at: usize) -> Result<(), Problem> {
        let Some(schema) = self.schemas.get(at) else { return Ok(()) };
        let (root, node) = (schema.root, schema.node);
        if self.registry.ensure(root, node)? {
            self.check_schema(root, node)?;
        }
        let Some(found) = self.registry.roots.get(root) else { return Ok(()) };
        let Some(resource) = found.resource(node) else { return Ok(()) };
        let document = Arc::clone(&found.document);
        let (draft, start) = (resource.draft, resource.node);
        let anchors: Vec<(Box<str>, NodeId)> = match draft >= Draft::V2020 && start == node {
            true => resource.dynamic_anchors().map(|(name, node)| (name.into(), node)).collect(),
            false => Vec::new(),
        };
        let resource = self.enqueue(root, start);
        let anchors = anchors.into_iter().map(|(name, node)| (name, self.enqueue(root, node))).collect();
        let object = Object { document: &document, root, node, draft };
        let body = match document.data(node) {
            Data::Bool(false) => Body::Never,
            Data::Bool(true) => Body::Always,
            Data::Map(members) if members.is_empty() => Body::Always,
            Data::Map(_) => Body::Keywords(self.keywords(at, object)?),
            _ => Body::Keywords(Vec::new()),
        };
        let schema = &mut self.schemas[at];
        (schema.draft, schema.resource) = (draft, resource);
        (schema.dynamic_anchors, schema.body) = (anchors, body);
        Ok(())
    }

    fn keywords(&mut self, at: usize, object: Object<'_>) -> Result<Vec<Keyword>, Problem> {
        let mut keywords = Vec::new();
        if let Some(target) = self.reference(object, "$ref")? {
            keywords.push(Keyword::Ref(target));
            if object.draft < Draft::V2019 {
                return Ok(self.beside_reference(object, keywords));
            }
        }
        self.combinations(object, &mut keywords);
        let mut evaluated = self.items(object, &mut keywords);
        evaluated.all_properties = self.properties(object, &mut keywords)?;
        self.assertions(object, &mut keywords)?;
        if object.draft >= Draft::V6 {
            self.since_v6(object, &mut keywords);
        }
        if object.draft >= Draft::V7 {
            self.condition(object, &mut keywords);
        }
        if object.draft >= Draft::V2019 {
            self.since_v2019(at, object, &mut keywords)?;
        }
        if object.draft >= Draft::V2020 {
            self.since_v2020(at, object, &mut keywords)?;
        }
        keywords.sort_by_key(Keyword::rank);
        self.schemas[at].evaluated = evaluated;
        Ok(keywords)
    }

    /// The keywords beside a `$ref` in the older drafts: what draft 4 does not know is compiled all the same, and
    /// `const` even looked at before the reference.
    fn beside_reference(&mut self, object: Object<'_>, mut keywords: Vec<Keyword>) -> Vec<Keyword> {
        let mut others = Vec::new();
        if object.draft >= Draft::V6 {
            self.since_v6(object, &mut others);
        }
        if object.draft >= Draft::V7 {
            self.condition(object, &mut others);
        }
        keywords.extend(others.into_iter().filter(|keyword| matches!(keyword, Keyword::Const(_))));
        keywords.sort_by_key(Keyword::rank);
        keywords
    }

    fn reference(&mut self, object: Object<'_>, keyword: &str) -> Result<Option<SchemaId>, Problem> {
        let Some(reference) = object.text(keyword) else { return Ok(None) };
        let base = self.registry.roots.get(object.root).and_then(|root| root.resource(object.node));
        let base = base.map_or_else(String::new, |resource| resource.id.clone());
        let (target, opened) = self.registry.resolve(object.root, &base, reference)?;
        if let Some(opened) = opened {
            self.check_schema(opened, 0)?;
        }
        Ok(Some(match target {
            Target::Node(root, node) => self.enqueue(root, node),
            Target::Missing(problem) => {
                self.missing.push((self.schemas.len(), problem));
                0
            }
        }))
    }

    fn one(&mut self, object: Object<'_>, keyword: &str) -> Option<SchemaId> {
        object.get(keyword).map(|node| self.enqueue(object.root, node))
    }

    fn many(&mut self, object: Object<'_>, keyword: &str) -> Option<Vec<SchemaId>> {
        let items = object.list(keyword)?;
        Some(items.iter().map(|node| self.enqueue(object.root, *node)).collect())
    }

    fn named(&mut self, object: Object<'_>, keyword: &str) -> Vec<(Box<str>, SchemaId)> {
        object.members(keyword).map(|(name, node)| (name.into(), self.enqueue(object.root, node))).collect()
    }

    fn rest(&mut self, object: Object<'_>, keyword: &str) -> Rest {
        match object.flag(keyword) {
            Some(true) => Rest::Allowed,
            Some(false) => Rest::Forbidden,
            None => self.one(object, keyword).map_or(Rest::Unchecked, Rest::Schema),
        }
    }

    fn combinations(&mut self, object: Object<'_>, keywords: &mut Vec<Keyword>) {
        let filled = |schemas: &Vec<SchemaId>| !schemas.is_empty();
        keywords.extend(self.many(object, "allOf").filter(filled).map(Keyword::AllOf));
        keywords.extend(self.many(object, "anyOf").filter(filled).map(Keyword::AnyOf));
        keywords.extend(self.many(object, "oneOf").filter(filled).map(Keyword::OneOf));
        keywords.extend(self.one(object, "not").map(Keyword::Not));
    }

    /// `items`, `additionalItems` and, in the latest draft, `prefixItems`.
    fn items(&mut self, object: Object<'_>, keywords: &mut Vec<Keyword>) -> Evaluated {
        let (first, rest) = if object.draft >= Draft::V2020 {
            let first = self.many(object, "prefixItems").unwrap_or_default();
            (first, self.one(object, "items").map_or(Rest::Unchecked, Rest::Schema))
        } else if let Some(first) = self.many(object, "items") {
            (first, self.rest(object, "additionalItems"))
        } else {
            (Vec::new(), self.one(object, "items").map_or(Rest::Unchecked, Rest::Schema))
        };
        let all_items = rest != Rest::Unchecked;
        let evaluated = Evaluated { all_items, first_items: first.len(), all_properties: false };
        if !first.is_empty() || !matches!(rest, Rest::Unchecked | Rest::Allowed) {
            keywords.push(Keyword::Items { first, rest });
        }
        evaluated
    }

    /// The keywords on properties; returns whether they evaluate all.
    fn properties(&mut self, object: Object<'_>, keywords: &mut Vec<Keyword>) -> Result<bool, Problem> {
        let named = self.named(object, "properties");
        let mut patterns = Vec::new();
        for (source, node) in object.members("patternProperties") {
            let schema = self.enqueue(object.root, node);
            patterns.push((self.pattern(object, "patternProperties", source)?, schema));
        }
        let rest = self.rest(object, "additionalProperties");
        let needed = !named.is_empty() || !patterns.is_empty() || !matches!(rest, Rest::Unchecked | Rest::Allowed);
        if needed {
            keywords.push(Keyword::Properties(Box::new(Properties { named, patterns, rest })));
        }
        if object.is_map("dependencies") {
            let mut dependencies: Vec<(Box<str>, Dependency)> = Vec::new();
            for (name, node) in object.members("dependencies") {
                let dependency = match object.document.data(node) {
                    Data::List(items) => Dependency::Required(texts(object.document, items)),
                    _ => Dependency::Schema(self.enqueue(object.root, node)),
                };
                dependencies.push((name.into(), dependency));
            }
            keywords.push(Keyword::Dependencies(dependencies));
        }
        Ok(rest != Rest::Unchecked)
    }

    fn pattern(&self, object: Object<'_>, keyword: &str, source: &str) -> Result<Pattern, Problem> {
        match self.purpose {
            Purpose::Meta => Ok(Pattern::known(source)),
            Purpose::Values => {
                Pattern::compile(source).map_err(|problem| self.bad_regex(object, keyword, source, &problem))
            }
        }
    }

    fn bad_regex(&self, object: Object<'_>, keyword: &str, source: &str, problem: &str) -> Problem {
        let place = |root: &Root| keyword_location(root, object.node, keyword);
        let place = self.registry.roots.get(object.root).map_or_else(String::new, place);
        Problem::from(format!("invalid regex {} at {}: {problem}", go_quoted(source), go_quoted(&place)))
    }

    fn assertions(&mut self, object: Object<'_>, keywords: &mut Vec<Keyword>) -> Result<(), Problem> {
        let mut types = Types::default();
        match object.data("type") {
            Some(Data::Text(name)) => types.insert_named(name),
            Some(Data::List(names)) => texts(object.document, names).iter().for_each(|name| types.insert_named(name)),
            _ => {}
        }
        if !types.is_empty() {
            keywords.push(Keyword::Type(types));
        }
        if let Some(values) = object.list("enum") {
            let mut types = Types::default();
            values.iter().for_each(|value| types.insert(object.document.data(*value).kind()));
            keywords.push(Keyword::Enum { values: values.to_vec(), types });
        }
        limits(object, keywords);
        keywords.extend(object.count("minLength").map(Keyword::MinLength));
        keywords.extend(object.count("maxLength").map(Keyword::MaxLength));
        if let Some(source) = object.text("pattern") {
            keywords.push(Keyword::Pattern(self.pattern(object, "pattern", source)?));
        }
        keywords.extend(object.count("minItems").map(Keyword::MinItems));
        keywords.extend(object.count("maxItems").map(Keyword::MaxItems));
        if object.flag("uniqueItems") == Some(true) {
            keywords.push(Keyword::UniqueItems);
        }
        keywords.extend(object.count("minProperties").map(Keyword::MinProperties));
        keywords.extend(object.count("maxProperties").map(Keyword::MaxProperties));
        let required = object.list("required").map(|names| texts(object.document, names)).unwrap_or_default();
        if !required.is_empty() {
            keywords.push(Keyword::Required(required));
        }
        if let Some(name) =
            object.text("format").filter(|_| self.purpose == Purpose::Meta || object.draft < Draft::V2019)
        {
            match format::find(name) {
                _ if name == "regex" => keywords.push(Keyword::FormatRegex),
                Some((name, check)) => keywords.push(Keyword::Format { name, check }),
                None => {}
            }
        }
        Ok(())
    }

    fn since_v6(&mut self, object: Object<'_>, keywords: &mut Vec<Keyword>) {
        if let Some(schema) = self.one(object, "contains") {
            let counts = object.draft >= Draft::V2019;
            let min = object.count("minContains").filter(|_| counts);
            let max = object.count("maxContains").filter(|_| counts);
            keywords.push(Keyword::Contains { schema, min, max });
        }
        keywords.extend(self.one(object, "propertyNames").map(Keyword::PropertyNames));
        keywords.extend(object.get("const").map(Keyword::Const));
    }

    fn condition(&mut self, object: Object<'_>, keywords: &mut Vec<Keyword>) {
        let Some(test) = self.one(object, "if") else { return };
        let fixed = object.flag("if");
        let then = if fixed == Some(false) { None } else { self.one(object, "then") };
        let otherwise = if fixed == Some(true) { None } else { self.one(object, "else") };
        keywords.push(Keyword::If { test, then, otherwise });
    }

    fn since_v2019(&mut self, at: usize, object: Object<'_>, keywords: &mut Vec<Keyword>) -> Result<(), Problem> {
        keywords.extend(self.reference(object, "$recursiveRef")?.map(Keyword::RecursiveRef));
        let required = |(name, node): (&str, NodeId)| match object.document.data(node) {
            Data::List(items) => Some((name.into(), texts(object.document, items))),
            _ => None,
        };
        let required: Vec<(Box<str>, Vec<Box<str>>)> =
            object.members("dependentRequired").filter_map(required).collect();
        if !required.is_empty() {
            keywords.push(Keyword::DependentRequired(required));
        }
        let schemas = self.named(object, "dependentSchemas");
        if !schemas.is_empty() {
            keywords.push(Keyword::DependentSchemas(schemas));
        }
        let items = self.one(object, "unevaluatedItems");
        let properties = self.one(object, "unevaluatedProperties");
        let schema = &mut self.schemas[at];
        (schema.unevaluated_items, schema.unevaluated_properties) = (items, properties);
        schema.recursive_anchor = object.flag("$recursiveAnchor") == Some(true);
        Ok(())
    }

    fn since_v2020(&mut self, at: usize, object: Object<'_>, keywords: &mut Vec<Keyword>) -> Result<(), Problem> {
        if let Some(schema) = self.reference(object, "$dynamicRef")? {
            let fragment =
                object.text("$dynamicRef").and_then(|text| text.split_once('#')).map_or("", |(_, rest)| rest);
            let named = !fragment.is_empty() && !fragment.starts_with('/');
            keywords.push(Keyword::DynamicRef { schema, anchor: named.then(|| fragment.into()) });
        }
        self.schemas[at].dynamic_anchor = object.text("$dynamicAnchor").map(Into::into);
        Ok(())
    }
}

/// The numeric limits; in draft 4 an exclusive one is a flag beside its limit.
fn limits(object: Object<'_>, keywords: &mut Vec<Keyword>) {
    let mut push = |bound: Bound, number: Option<Number>| {
        keywords.extend(number.map(|number| Keyword::Limit { bound, number }));
    };
    let exclusive = |keyword: &str| object.flag(keyword) == Some(true);
    match exclusive("exclusiveMinimum") {
        true => push(Bound::ExclusiveMinimum, object.number("minimum")),
        false => {
            push(Bound::Minimum, object.number("minimum"));
            push(Bound::ExclusiveMinimum, object.number("exclusiveMinimum"));
        }
    }
    match exclusive("exclusiveMaximum") {
        true => push(Bound::ExclusiveMaximum, object.number("maximum")),
        false => {
            push(Bound::Maximum, object.number("maximum"));
            push(Bound::ExclusiveMaximum, object.number("exclusiveMaximum"));
        }
    }
    push(Bound::MultipleOf, object.number("multipleOf"));
}
