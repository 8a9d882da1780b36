//! What the functions of templates do with their arguments.

use super::known::{Atom, Known, as_key, as_text, either, sorted};
use super::uses::Uses;
use super::walk::{Scope, Walk};
use crate::template::func::{Func, FuncId, Param};
use std::collections::BTreeMap;
use std::rc::Rc;

/// A dict or list that holds more, all within it counted, is not followed.
const HEAVIEST: usize = 2_000;

/// How many words of a text are looked at.
const MOST_WORDS: usize = 16;

/// One call of a function.
pub(super) struct Call<'c, 'a> {
    pub(super) walk: &'c mut Walk<'a>,
    pub(super) arguments: Vec<Known>,
    /// The variable that the first argument is.
    pub(super) variable: Option<u32>,
    pub(super) scope: &'c mut Scope,
}

impl Call<'_, '_> {
    /// Notes the uses of the arguments; what the result may be.
    pub(super) fn run(mut self, function: FuncId) -> Known {
        let name = self.walk.funcs.get(function).name;
        match name {
            "include" => {
                let (template, dot) = (self.argument(0), self.argument(1));
                self.walk.named(&template, &dot)
            }
            "tpl" => {
                let (source, dot) = (self.argument(0), self.argument(1));
                self.walk.use_as(&source, Uses::TPL);
                self.walk.tpl(&source, &dot);
                Known::new()
            }
            "dict" => self.dict(),
            "list" | "tuple" => {
                let all = self.all();
                self.bounded(Atom::List(Rc::new(all)))
            }
            "set" => self.set(),
            "index" | "get" | "dig" | "hasKey" | "pluck" => self.look_up(name),
            "and" | "or" => {
                self.use_each(Uses::TRUTH);
                self.all()
            }
            "not" | "empty" => self.used(Uses::TRUTH.and(Uses::OPTIONAL)),
            "default" => {
                self.use_one(1, Uses::OPTIONAL);
                self.all()
            }
            "coalesce" | "any" | "all" => {
                self.use_each(Uses::OPTIONAL);
                self.all()
            }
            "ternary" => {
                self.use_one(2, Uses::TRUTH);
                either(self.argument(0), self.argument(1))
            }
            "required" => {
                self.use_one(1, Uses::REQUIRED);
                self.argument(1)
            }
            "eq" | "ne" | "lt" | "le" | "gt" | "ge" => self.compare(),
            "quote" | "squote" | "println" | "toString" | "cat" | "html" | "js" | "urlquery" | "fail" | "lookup"
            | "toStrings" | "toDecimal" => self.used(Uses::QUOTED),
            "print" => self.print(),
            "printf" => self.printf(),
            "splitList" | "split" => self.split_list(),
            "int" | "int64" | "float64" | "add" | "add1" | "sub" | "mul" | "div" | "mod" | "max" | "min" | "ceil"
            | "floor" | "round" | "addf" | "add1f" | "subf" | "mulf" | "divf" | "maxf" | "minf" | "biggest" | "seq" => {
                self.used(Uses::NUMBER)
            }
            "toYaml" | "toJson" | "toPrettyJson" | "toRawJson" | "toToml" | "toYamlPretty" | "mustToYaml"
            | "mustToJson" | "mustToPrettyJson" | "mustToRawJson" | "mustToToml" => {
                self.use_each(Uses::WHOLE);
                let all = self.all().into_iter();
                all.filter_map(|atom| if let Atom::Value(id) = atom { Some(Atom::Written(id)) } else { None }).collect()
            }
            "fromYaml" | "fromJson" | "fromYamlArray" | "fromJsonArray" | "mustFromJson" => {
                self.use_each(Uses::TEXT);
                let all = self.all().into_iter();
                all.filter_map(|atom| if let Atom::Written(id) = atom { Some(Atom::Value(id)) } else { None }).collect()
            }
            "kindIs" | "typeIs" | "typeIsLike" | "kindOf" | "typeOf" => self.used(Uses::TYPE_TEST),
            "deepEqual" => self.used(Uses::TYPE_TEST.and(Uses::WHOLE)),
            "len" => self.used(Uses::COUNTED),
            "keys" => self.used(Uses::RANGED),
            "values" => {
                self.use_each(Uses::RANGED);
                let all = self.all();
                self.walk.items(&all)
            }
            "merge" | "mustMerge" | "mergeOverwrite" | "mustMergeOverwrite" | "omit" | "unset" | "pick" => self.maps(),
            "deepCopy" | "mustDeepCopy" | "indent" | "nindent" | "trim" | "trimAll" => self.same(name),
            _ if is_of_lists(name) => self.lists(name),
            _ => self.by_parameters(function),
        }
    }

    /// Takes an argument.
    fn argument(&mut self, at: usize) -> Known {
        self.arguments.get_mut(at).map(std::mem::take).unwrap_or_default()
    }

    /// Takes all arguments.
    fn all(&mut self) -> Known {
        std::mem::take(&mut self.arguments).into_iter().fold(Known::new(), either)
    }

    fn use_one(&mut self, at: usize, uses: Uses) {
        self.arguments.get(at).into_iter().for_each(|argument| self.walk.use_as(argument, uses));
    }

    fn use_each(&mut self, uses: Uses) {
        self.arguments.iter().for_each(|argument| self.walk.use_as(argument, uses));
    }

    fn used(&mut self, uses: Uses) -> Known {
        self.use_each(uses);
        Known::new()
    }

    fn dict(&mut self) -> Known {
        let mut entries: BTreeMap<String, Known> = BTreeMap::new();
        for pair in std::mem::take(&mut self.arguments).chunks_mut(2) {
            let value = pair.get_mut(1).map(std::mem::take).unwrap_or_default();
            match pair.first().and_then(as_key) {
                Some(_) if entries.len() >= HEAVIEST || is_heavy(&value) => self.walk.escape(&value),
                Some(key) => drop(entries.insert(key, value)),
                None => self.walk.escape(&value),
            }
        }
        self.bounded(Atom::Dict(Rc::new(entries)))
    }

    /// The value, or nothing known if it holds too much.
    fn bounded(&mut self, atom: Atom) -> Known {
        let known = vec![atom];
        if is_heavy(&known) {
            self.walk.escape(&known);
            return Known::new();
        }
        known
    }

    /// `set` changes the map that a variable holds; what goes into another map is lost from sight.
    fn set(&mut self) -> Known {
        let (map, key, value) = (self.argument(0), self.argument(1), self.argument(2));
        let Some(slot) = self.variable.filter(|_| !is_heavy(&value)) else {
            self.walk.escape(&value);
            return map;
        };
        let Some(key) = as_key(&key) else {
            self.walk.escape(&value);
            return map;
        };
        let entries = map.iter().find_map(|atom| if let Atom::Dict(entries) = atom { Some(&**entries) } else { None });
        let mut entries = entries.cloned().unwrap_or_default();
        let before = entries.remove(&key).unwrap_or_default();
        entries.insert(key, either(before, value));
        let others = map.into_iter().filter(|atom| !matches!(atom, Atom::Dict(_))).collect();
        let dict = self.bounded(Atom::Dict(Rc::new(entries)));
        let changed = either(others, dict);
        self.scope.variables.insert(slot, changed.clone());
        changed
    }

    fn look_up(&mut self, name: &str) -> Known {
        let arguments = std::mem::take(&mut self.arguments);
        let (mut value, keys, default) = match (name, arguments.as_slice()) {
            ("dig", [keys @ .., default, map]) => (map.clone(), keys, default.clone()),
            ("pluck", [key, maps @ ..]) => {
                (maps.iter().cloned().fold(Known::new(), either), std::slice::from_ref(key), Known::new())
            }
            (_, [value, keys @ ..]) => (value.clone(), keys, Known::new()),
            _ => return Known::new(),
        };
        for key in keys {
            self.walk.use_as(key, Uses::QUOTED);
            value = self.walk.entries(&value, key, name == "hasKey");
        }
        match name {
            "hasKey" => Known::new(),
            "pluck" => vec![Atom::List(Rc::new(value))],
            _ => either(value, default),
        }
    }

    fn compare(&mut self) -> Known {
        let any = |is: fn(&Atom) -> bool| self.arguments.iter().flatten().any(is);
        let uses = if any(|atom| matches!(atom, Atom::Text { .. })) {
            Uses::AS_TEXT
        } else if any(|atom| *atom == Atom::Number) {
            Uses::AS_NUMBER
        } else if any(|atom| *atom == Atom::Bool) {
            Uses::AS_BOOL
        } else if any(|atom| *atom == Atom::Nil) {
            Uses::OPTIONAL
        } else {
            Uses::COMPARED
        };
        self.used(uses)
    }

    /// The texts one after the other, with gaps where they are not known.
    fn print(&mut self) -> Known {
        self.use_each(Uses::QUOTED);
        let known = self.arguments.iter().all(|argument| as_text(argument).is_some());
        let parts = self.arguments.iter().flat_map(|argument| as_text(argument).unwrap_or(b"\0"));
        vec![Atom::Text { text: parts.copied().collect(), wild: !known }]
    }

    /// The words of texts that are known.
    fn split_list(&mut self) -> Known {
        self.use_each(Uses::TEXT);
        let (separator, lists) = (self.argument(0), self.argument(1));
        let Some([separator]) = as_text(&separator) else { return Known::new() };
        let mut found = Known::new();
        for atom in &lists {
            match atom {
                Atom::Text { text, wild: false } => {
                    let words = text.split(|byte| byte == separator).take(MOST_WORDS).map(Rc::from).collect();
                    found.push(Atom::Words(Rc::new(words)));
                }
                Atom::Nil => {}
                _ => return Known::new(),
            }
        }
        sorted(found)
    }

    /// The text, with gaps where arguments are not known.
    fn printf(&mut self) -> Known {
        self.use_each(Uses::QUOTED);
        let Some(format) = self.arguments.first().and_then(as_text) else { return Known::new() };
        if let (b"%s" | b"%v", [_, one]) = (format, self.arguments.as_slice()) {
            let is_text = |atom: &Atom| matches!(atom, Atom::Text { .. });
            return if one.iter().all(is_text) { one.clone() } else { Known::new() };
        }
        let (mut out, mut wild, mut rest) = (Vec::new(), false, self.arguments.iter().skip(1));
        let mut bytes = format.iter().copied();
        while let Some(byte) = bytes.next() {
            if byte != b'%' {
                out.push(byte);
                continue;
            }
            let verb = bytes.find(|byte| byte.is_ascii_alphabetic() || *byte == b'%');
            match (verb, rest.next()) {
                (Some(b'%'), _) => out.push(b'%'),
                (Some(b's'), Some(argument)) if as_text(argument).is_some() => {
                    out.extend_from_slice(as_text(argument).unwrap_or_default());
                }
                _ => {
                    out.push(0);
                    wild = true;
                }
            }
        }
        vec![Atom::Text { text: out.into(), wild }]
    }

    /// Functions that hand maps on: nothing in them is written yet.
    fn maps(&mut self) -> Known {
        self.use_each(Uses::MAP);
        let mut all = self.all();
        all.retain(|atom| matches!(atom, Atom::Value(_) | Atom::Dict(_) | Atom::Root(_)));
        all
    }

    /// Functions whose last argument stays what it was, if it is no text.
    fn same(&mut self, name: &str) -> Known {
        if !name.ends_with("eepCopy") {
            self.use_each(Uses::TEXT);
        }
        let mut last = self.arguments.pop().unwrap_or_default();
        last.retain(|atom| !matches!(atom, Atom::Text { .. }));
        last
    }

    fn lists(&mut self, name: &str) -> Known {
        let name = name.strip_prefix("must").map(str::to_lowercase).unwrap_or_else(|| name.to_owned());
        match name.as_str() {
            "has" => {
                self.use_one(0, Uses::COMPARED);
                self.use_one(1, Uses::LIST.and(Uses::RANGED));
                Known::new()
            }
            "join" | "sortalpha" | "sortAlpha" => {
                self.use_each(Uses::WHOLE);
                self.all()
            }
            "first" | "last" => {
                self.use_each(Uses::LIST);
                let all = self.all();
                self.walk.items(&all)
            }
            "append" | "prepend" | "push" => {
                let (list, item) = (self.argument(0), self.argument(1));
                self.walk.use_as(&list, Uses::LIST);
                let added = self.bounded(Atom::List(Rc::new(item)));
                either(list, added)
            }
            "without" | "chunk" | "slice" => {
                self.use_each(Uses::RANGED);
                self.all()
            }
            _ => {
                self.use_each(Uses::LIST);
                self.all()
            }
        }
    }

    /// Every other function: its parameters' types say what fits.
    fn by_parameters(&mut self, function: FuncId) -> Known {
        let Func { params, variadic, .. } = *self.walk.funcs.get(function);
        for (at, argument) in self.arguments.iter().enumerate() {
            let param = params.get(at).or(if variadic { params.last() } else { None });
            let uses = match param {
                Some(Param::Str) => Uses::TEXT,
                Some(Param::Bool) => Uses::AS_BOOL,
                Some(Param::Int | Param::Int64 | Param::Uint32 | Param::Float) => Uses::NUMBER,
                Some(Param::Map | Param::TextMap) => Uses::MAP.and(Uses::RANGED),
                Some(Param::List | Param::TextList) => Uses::LIST.and(Uses::WHOLE),
                _ => Uses::ANY,
            };
            self.walk.use_as(argument, uses);
        }
        Known::new()
    }
}

fn is_of_lists(name: &str) -> bool {
    const LISTS: &[&str] = &[
        "has",
        "join",
        "sortalpha",
        "first",
        "last",
        "append",
        "prepend",
        "push",
        "without",
        "chunk",
        "slice",
        "rest",
        "initial",
        "reverse",
        "uniq",
        "compact",
        "concat",
        "shuffle",
    ];
    let name = name.strip_prefix("must").unwrap_or(name);
    LISTS.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Whether a value's dicts and lists hold more than can be followed.
fn is_heavy(known: &Known) -> bool {
    fn count(known: &Known, left: &mut usize) {
        for atom in known {
            *left = left.saturating_sub(1);
            match atom {
                _ if *left == 0 => return,
                Atom::Dict(entries) => entries.values().for_each(|value| count(value, left)),
                Atom::List(items) => count(items, left),
                _ => {}
            }
        }
    }
    let mut left = HEAVIEST;
    count(known, &mut left);
    left == 0
}
