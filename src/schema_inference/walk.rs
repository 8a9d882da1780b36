//! A walk over templates that executes nothing: every branch is taken, and each value is followed from `.Values` to
//! where it is used, through variables, named templates, `dict` and `tpl`.

use super::functions::Call;
use super::known::{Atom, Known, as_text, either, sorted, text};
use super::shape::{ShapeId, Shapes};
use super::uses::Uses;
use crate::render::Parses;
use crate::template::func::FuncTable;
use crate::template::syntax::{BlockKind, Body, Names, Operand, Part, Pipe, Word, Words};
use crate::template::{TemplateId, TemplateSet, Tree, parse};
use bytes::Bytes;
use foldhash::fast::FixedState;
use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

/// How deep templates may call each other.
const DEEPEST: usize = 100;
/// How many parts and operands are looked at.
const STEPS: usize = 20_000_000;
/// A text with gaps may be the name of at most so many templates.
const MOST_NAMES: usize = 64;
/// Longer files are not looked at as templates.
const LONGEST_FILE: usize = 1 << 20;

/// What the walk knows of a chart.
#[derive(Debug)]
pub(super) struct ChartPlace {
    /// Where its values lie.
    pub(super) values: ShapeId,
    /// Its name or alias, and the numbers of its subcharts.
    pub(super) name: String,
    /// Where its templates lie.
    pub(super) base_path: String,
    pub(super) subcharts: Vec<usize>,
    /// Its files that are not templates.
    pub(super) files: Vec<(String, Bytes)>,
}

/// The walk.
pub(super) struct Walk<'a> {
    pub(super) shapes: &'a mut Shapes,
    pub(super) charts: &'a [ChartPlace],
    pub(super) set: &'a TemplateSet,
    /// The names of all templates, once somebody has asked.
    names: OnceCell<Vec<&'a [u8]>>,
    pub(super) funcs: &'a FuncTable,
    /// The texts given to `tpl`, parsed; nothing where that failed.
    texts: HashMap<Box<[u8]>, Option<Rc<Tree>>, FixedState>,
    /// What each template wrote for each dot, as far as that is known.
    seen: HashMap<TemplateId, HashMap<Known, Known, FixedState>, FixedState>,
    seen_texts: HashSet<(Box<[u8]>, Known), FixedState>,
    /// What the template that is walked over writes.
    written: Written,
    depth: usize,
    steps: usize,
}

/// The texts that a template may write.
#[derive(Default)]
struct Written {
    texts: Known,
    /// Whether it writes something else too.
    more: bool,
}

/// The dot and the variables of one template.
pub(super) struct Scope {
    pub(super) dot: Known,
    pub(super) variables: BTreeMap<u32, Known>,
    /// Whether every part is executed, so that what is assigned replaces what was there.
    pub(super) certain: bool,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        shapes: &'a mut Shapes,
        charts: &'a [ChartPlace],
        (set, parses): (&'a TemplateSet, &'a Parses),
    ) -> Walk<'a> {
        Walk {
            shapes,
            charts,
            set,
            names: OnceCell::new(),
            funcs: parses.funcs(),
            texts: HashMap::default(),
            seen: HashMap::default(),
            written: Written::default(),
            seen_texts: HashSet::default(),
            depth: 0,
            steps: 0,
        }
    }

    /// Walks over a template file of a chart.
    pub(super) fn file(&mut self, file: usize, chart: usize) {
        if let Some(id) = self.set.main(file) {
            let _ = self.template(id, &vec![Atom::Root(chart)]);
        }
    }

    /// Whether the walk gave up, so that nothing can be said about what is not used.
    pub(super) fn gave_up(&self) -> bool {
        self.steps > STEPS
    }

    /// Walks over a template; the texts that it may write, if it writes nothing but one of them.
    fn template(&mut self, id: TemplateId, dot: &Known) -> Known {
        if self.depth > DEEPEST {
            self.escape(dot);
            return Known::new();
        }
        let seen = self.seen.entry(id).or_default();
        if let Some(texts) = seen.get(dot) {
            return texts.clone();
        }
        seen.insert(dot.clone(), Known::new());
        let texts = self.run(self.set.body(id), dot);
        if !texts.is_empty()
            && let Some(written) = self.seen.get_mut(&id).and_then(|seen| seen.get_mut(dot))
        {
            written.clone_from(&texts);
        }
        texts
    }

    fn run(&mut self, body: Body<'_>, dot: &Known) -> Known {
        let outer = std::mem::take(&mut self.written);
        let mut scope = Scope { dot: dot.clone(), variables: BTreeMap::from([(0, dot.clone())]), certain: true };
        self.depth += 1;
        self.parts(body, &mut scope);
        self.depth -= 1;
        let written = std::mem::replace(&mut self.written, outer);
        if written.more { Known::new() } else { written.texts }
    }

    fn write(&mut self, known: Known) {
        let is_text = |atom: &Atom| matches!(atom, Atom::Text { .. });
        self.written.more |= known.is_empty() || !known.iter().all(is_text);
        // Nobody asks for the texts once there is something else.
        if !self.written.more {
            let texts = std::mem::take(&mut self.written.texts);
            self.written.texts = either(texts, known);
        }
    }

    fn parts(&mut self, body: Body<'_>, scope: &mut Scope) {
        for part in body.parts() {
            self.steps += 1;
            if self.gave_up() {
                return;
            }
            match part {
                Part::Text(text) => self.written.more |= !text.trim_ascii().is_empty(),
                Part::Action(pipe) => {
                    let known = self.pipe(pipe, scope);
                    if !pipe.sets() {
                        self.use_as(&known, Uses::PRINTED);
                        self.write(known);
                    }
                }
                Part::Template { name, pipe } => {
                    let dot = pipe.map(|pipe| self.pipe(pipe, scope)).unwrap_or_default();
                    let texts = self.named(&text(name), &dot);
                    self.write(texts);
                }
                Part::Block { kind, pipe, body, otherwise } => {
                    let certain = scope.certain;
                    self.block((kind, pipe), body, scope);
                    scope.certain = false;
                    self.parts(otherwise, scope);
                    scope.certain = certain;
                }
            }
        }
    }

    fn block(&mut self, (kind, pipe): (BlockKind, Pipe<'_>), body: Body<'_>, scope: &mut Scope) {
        let known = self.pipe(pipe, scope);
        let is_words = |atom: &Atom| matches!(atom, Atom::Words(_));
        if kind == BlockKind::Range && !known.is_empty() && known.iter().all(is_words) {
            return self.each_words(&known, pipe, body, scope);
        }
        scope.certain = false;
        let dot = match kind {
            BlockKind::If => {
                self.use_as(&known, Uses::TRUTH);
                return self.parts(body, scope);
            }
            BlockKind::With => {
                self.use_as(&known, Uses::TRUTH);
                known
            }
            BlockKind::Range => {
                self.use_as(&known, Uses::RANGED);
                let item = self.items(&known);
                let mut slots = pipe.variables();
                match (slots.next(), slots.next()) {
                    (Some(one), None) => drop(scope.variables.insert(one, item.clone())),
                    (Some(key), Some(one)) => {
                        scope.variables.insert(key, Known::new());
                        scope.variables.insert(one, item.clone());
                    }
                    _ => {}
                }
                item
            }
        };
        let outer = std::mem::replace(&mut scope.dot, dot);
        self.parts(body, scope);
        scope.dot = outer;
    }

    /// Goes over each of several lists of words, from the same variables.
    fn each_words(&mut self, lists: &Known, pipe: Pipe<'_>, body: Body<'_>, scope: &mut Scope) {
        let before = scope.variables.clone();
        let mut after: BTreeMap<u32, Known> = BTreeMap::new();
        for atom in lists {
            let Atom::Words(words) = atom else { continue };
            scope.variables.clone_from(&before);
            self.each_word(words, pipe, body, scope);
            for (slot, known) in std::mem::take(&mut scope.variables) {
                let had = after.remove(&slot).unwrap_or_default();
                after.insert(slot, either(had, known));
            }
        }
        scope.variables = after;
    }

    /// Goes over known words one by one, as templates do with the parts of a dotted path.
    fn each_word(&mut self, words: &[Rc<[u8]>], pipe: Pipe<'_>, body: Body<'_>, scope: &mut Scope) {
        let outer = scope.dot.clone();
        for word in words {
            let dot = text(word);
            if let Some(slot) = pipe.variables().last() {
                scope.variables.insert(slot, dot.clone());
            }
            scope.dot = dot;
            self.parts(body, scope);
        }
        scope.dot = outer;
    }

    /// What a pipeline's value may be; its variables are set.
    pub(super) fn pipe(&mut self, pipe: Pipe<'_>, scope: &mut Scope) -> Known {
        let mut value = None;
        for command in pipe.commands() {
            value = Some(self.command(command, value, scope));
        }
        let value = value.unwrap_or_default();
        let mut slots = pipe.variables();
        if let (Some(slot), None) = (slots.next(), slots.next()) {
            let variable = scope.variables.entry(slot).or_default();
            let before = std::mem::take(variable);
            let keeps = pipe.assigns() && !scope.certain;
            *variable = if keeps { either(before, value.clone()) } else { value.clone() };
        }
        value
    }

    fn command(&mut self, words: Words<'_>, last: Option<Known>, scope: &mut Scope) -> Known {
        self.steps += 1;
        let Some((first, rest)) = words.split_first() else { return last.unwrap_or_default() };
        let Operand::Function(function) = first.operand() else {
            let value = self.operand(first, scope);
            // A method: of `.Files`, or of a version.
            for word in rest.iter() {
                let argument = self.operand(word, scope);
                if let ([Atom::Files(chart)], Some(path)) = (value.as_slice(), as_text(&argument)) {
                    return self.content(*chart, path);
                }
                self.use_as(&argument, Uses::QUOTED);
            }
            if let Some(last) = last {
                self.use_as(&last, Uses::QUOTED);
            }
            return value;
        };
        let mut arguments = Vec::with_capacity(rest.iter().len() + 1);
        arguments.extend(rest.iter().map(|word| self.operand(word, scope)));
        arguments.extend(last);
        let variable = rest.iter().next().and_then(|word| match word.operand() {
            Operand::Variable(slot, names) if names.is_empty() => Some(slot),
            _ => None,
        });
        Call { walk: self, arguments, variable, scope }.run(function)
    }

    fn operand(&mut self, word: Word<'_>, scope: &mut Scope) -> Known {
        match word.operand() {
            Operand::Function(function) => {
                Call { walk: self, arguments: Vec::new(), variable: None, scope }.run(function)
            }
            Operand::Field(names) => self.fields(&scope.dot, names),
            Operand::Variable(slot, names) => {
                scope.variables.get(&slot).map(|value| self.fields(value, names)).unwrap_or_default()
            }
            Operand::Chain(inner, names) => {
                let value = self.operand(inner, scope);
                self.fields(&value, names)
            }
            Operand::Pipe(pipe) => self.pipe(pipe, scope),
            Operand::Dot => scope.dot.clone(),
            Operand::Nil => vec![Atom::Nil],
            Operand::Bool(_) => vec![Atom::Bool],
            Operand::Number => vec![Atom::Number],
            Operand::Str(bytes) => text(bytes),
        }
    }

    fn fields(&mut self, value: &Known, names: Names<'_>) -> Known {
        let mut names = names.iter();
        let mut value = Cow::Borrowed(value);
        while let Some(name) = names.next() {
            if let [Atom::Value(id)] = value.as_slice() {
                // What lies below one value are values too, each of which the next name leaves behind.
                let below = std::iter::once(name).chain(names);
                return vec![Atom::Value(below.fold(*id, |id, name| self.key(id, &name)))];
            }
            value = Cow::Owned(self.field(&value, &name));
        }
        value.into_owned()
    }

    fn key(&mut self, id: ShapeId, name: &str) -> ShapeId {
        self.shapes.use_as(id, Uses::MAP);
        let key = self.shapes.key(id, name);
        self.shapes.use_as(key, Uses::READ);
        key
    }

    /// The field of a value.
    pub(super) fn field(&mut self, value: &Known, name: &str) -> Known {
        let mut found = Known::new();
        for atom in value {
            match atom {
                Atom::Root(chart) => found.extend(self.of_root(*chart, name)),
                Atom::Subcharts(chart) => {
                    let subcharts = self.charts.get(*chart).map(|place| place.subcharts.as_slice()).unwrap_or_default();
                    let named = |sub: &&usize| self.charts.get(**sub).is_some_and(|place| place.name == name);
                    found.extend(subcharts.iter().find(named).map(|sub| Atom::Root(*sub)));
                }
                Atom::Facts(chart) => {
                    let place = self.charts.get(*chart);
                    found.extend(match name {
                        "BasePath" => place.map(|place| text(place.base_path.as_bytes())).unwrap_or_default(),
                        "Name" if value.len() == 1 => {
                            place.map(|place| text(place.name.as_bytes())).unwrap_or_default()
                        }
                        _ => Known::new(),
                    });
                }
                Atom::Files(chart) => found.push(Atom::Files(*chart)),
                Atom::Value(id) => found.push(Atom::Value(self.key(*id, name))),
                Atom::Dict(entries) => found.extend(entries.get(name).cloned().unwrap_or_else(|| vec![Atom::Nil])),
                _ => {}
            }
        }
        sorted(found)
    }

    /// The entries of a value under every key that `key` may be; only asking whether one is there reads none.
    pub(super) fn entries(&mut self, value: &Known, key: &Known, asks: bool) -> Known {
        let mut found = Known::new();
        let mut is_known = !key.is_empty();
        for atom in key {
            match atom {
                // The empty word of an empty text.
                Atom::Text { text, .. } if text.is_empty() => {}
                Atom::Text { text, wild: false } => {
                    found = either(found, self.field(value, &String::from_utf8_lossy(text)));
                }
                Atom::Nil | Atom::Bool => {}
                Atom::Number => {
                    self.use_as(value, Uses::LIST);
                    found = either(found, self.items(value));
                }
                _ => is_known = false,
            }
        }
        if !is_known && !asks {
            self.use_as(value, Uses::DYNAMIC);
            found = either(found, self.items(value));
        }
        found
    }

    fn of_root(&self, chart: usize, name: &str) -> Option<Atom> {
        match name {
            "Values" => self.charts.get(chart).map(|place| Atom::Value(place.values)),
            "Template" | "Chart" => Some(Atom::Facts(chart)),
            "Subcharts" => Some(Atom::Subcharts(chart)),
            "Files" => Some(Atom::Files(chart)),
            _ => None,
        }
    }

    /// The items of lists and entries of maps.
    pub(super) fn items(&mut self, value: &Known) -> Known {
        let mut found = Known::new();
        for atom in value {
            match atom {
                Atom::Value(id) => found.push(Atom::Value(self.shapes.item(*id))),
                Atom::List(items) => found.extend(items.iter().cloned()),
                Atom::Words(words) => {
                    found.extend(words.iter().map(|word| Atom::Text { text: Rc::clone(word), wild: false }));
                }
                Atom::Dict(entries) => found.extend(entries.values().flatten().cloned()),
                Atom::Files(chart) => found.push(Atom::Files(*chart)),
                _ => {}
            }
        }
        sorted(found)
    }

    /// Notes a use of everything that a value may be.
    pub(super) fn use_as(&mut self, known: &Known, uses: Uses) {
        for atom in known {
            match atom {
                Atom::Value(id) => self.shapes.use_as(*id, uses),
                Atom::List(items) if uses.has(Uses::WHOLE.and(Uses::ANY).and(Uses::QUOTED).and(Uses::PRINTED)) => {
                    self.use_as(items, uses);
                }
                Atom::Dict(entries) if uses.has(Uses::WHOLE.and(Uses::ANY).and(Uses::PRINTED)) => {
                    entries.values().for_each(|value| self.use_as(value, uses));
                }
                Atom::Root(chart) if uses.has(Uses::WHOLE.and(Uses::ANY).and(Uses::PRINTED)) => {
                    let values = self.charts.get(*chart).map(|place| place.values);
                    values.into_iter().for_each(|id| self.shapes.use_as(id, uses));
                }
                _ => {}
            }
        }
    }

    /// Notes that nobody knows what happens to a value.
    pub(super) fn escape(&mut self, known: &Known) {
        self.use_as(known, Uses::ANY);
    }

    /// Walks over the named templates that a name may mean; the texts that they may write.
    pub(super) fn named(&mut self, name: &Known, dot: &Known) -> Known {
        if name.is_empty() {
            self.escape(dot);
            return Known::new();
        }
        let (mut texts, mut is_known) = (Known::new(), true);
        for atom in name {
            let Atom::Text { text, wild } = atom else { continue };
            let found: Vec<TemplateId> = match wild {
                false => self.set.find(text).into_iter().collect(),
                true => {
                    let names = self.names.get_or_init(|| self.set.names()).iter().filter(|name| fits(name, text));
                    names.filter_map(|name| self.set.find(name)).collect()
                }
            };
            if *wild && found.len() > MOST_NAMES {
                self.escape(dot);
            }
            for id in found.into_iter().take(MOST_NAMES) {
                let written = self.template(id, dot);
                is_known &= !written.is_empty();
                texts = either(texts, written);
            }
        }
        if is_known { texts } else { Known::new() }
    }

    /// Walks over the templates that a text may be.
    pub(super) fn tpl(&mut self, source: &Known, dot: &Known) {
        for atom in source {
            let texts = match atom {
                Atom::Text { text, wild: false } => vec![Box::from(&**text)],
                Atom::Value(id) | Atom::Written(id) => self.shapes.templates(*id),
                Atom::Files(chart) => self.file_texts(*chart),
                _ => Vec::new(),
            };
            texts.into_iter().for_each(|text| self.text(text, dot));
        }
    }

    fn text(&mut self, source: Box<[u8]>, dot: &Known) {
        if self.depth > DEEPEST || !self.seen_texts.insert((source.clone(), dot.clone())) {
            return;
        }
        let tree = match self.texts.get(&source) {
            Some(tree) => tree.clone(),
            None => {
                let tree = parse(Bytes::copy_from_slice(&source), self.funcs).ok().map(Rc::new);
                self.texts.insert(source, tree.clone());
                tree
            }
        };
        if let Some(tree) = tree {
            let _ = self.run(tree.body(), dot);
        }
    }

    fn file_texts(&self, chart: usize) -> Vec<Box<[u8]>> {
        let files = self.charts.get(chart).map(|place| place.files.as_slice()).unwrap_or_default();
        let is_template = |text: &[u8]| text.len() <= LONGEST_FILE && memchr::memmem::find(text, b"{{").is_some();
        files.iter().filter(|(_, text)| is_template(text)).map(|(_, text)| Box::from(&text[..])).collect()
    }

    fn content(&self, chart: usize, path: &[u8]) -> Known {
        let files = self.charts.get(chart).map(|place| place.files.as_slice()).unwrap_or_default();
        match files.iter().find(|(name, _)| name.as_bytes() == path) {
            Some((_, content)) => text(content),
            None => vec![Atom::Files(chart)],
        }
    }
}

/// Whether a name fits a text in which a NUL stands for anything.
fn fits(name: &[u8], text: &[u8]) -> bool {
    let mut parts = text.split(|byte| *byte == 0);
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let mut last: &[u8] = b"";
    for part in parts {
        let Some(at) = memchr::memmem::find(rest, part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
        last = part;
    }
    last.is_empty() || name.ends_with(last)
}
