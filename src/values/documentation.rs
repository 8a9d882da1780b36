//! What the comments of a `values.yaml` say about its keys, in the notations that charts use.
//!
//! Read are `# --` of helm-docs (with `(type)`, `@default`, `@section`, `@ignored` and the older `# path -- text`),
//! `## @param path [type] text`, `@extra`, `@skip` and `@section` of readme-generator, and `@schema` of the two
//! helm-schema tools: blocks of YAML between two lines, and one line of `keyword: value; keyword: value`.

use super::comments::{Comments, KeyComments};
use crate::source::SourceId;
use crate::yaml::{self, Node, NodeKind};
use std::collections::BTreeMap;

/// What one text says about keys.
#[derive(Clone, Debug, Default)]
pub struct Documentation {
    keys: BTreeMap<Vec<String>, KeyDoc>,
    /// What `@schema.root` asks of the values as a whole.
    pub root: Vec<Node>,
    /// The sections of readme-generator: their first line, from 1, and title.
    pub sections: Vec<(usize, String)>,
}

/// What comments say about one key.
#[derive(Clone, Debug, Default)]
pub struct KeyDoc {
    /// The text, lines joined by blanks; empty if there is none.
    pub description: String,
    /// Whether the description was marked as one, and is not just a comment that stands there.
    pub marked: bool,
    /// The type as it was written.
    pub kind: Option<String>,
    /// Whether null may stand there (`nullable`).
    pub nullable: bool,
    /// What is shown instead of the default.
    pub default: Option<String>,
    /// The section that it was put into.
    pub section: Option<String>,
    /// Whether it is to be left out.
    pub ignored: bool,
    /// Keywords of JSON Schema, a mapping each.
    pub schema: Vec<Node>,
    /// The line of the key or of its description, from 1.
    pub line: usize,
}

impl Documentation {
    /// Reads the comments of a text whose first document is `root`.
    pub fn read(text: &[u8], root: &Node) -> Documentation {
        let comments = Comments::read(text, root);
        let mut found = Documentation::default();
        for (path, at) in comments.keys() {
            let doc = of_key(at);
            found.keys.insert(path.to_vec(), doc);
        }
        for line in comments.lines() {
            found.add_line(&line.text, line.line);
        }
        found.root = root_schema(&comments);
        found
    }

    /// What is said about the key at the end of a path.
    pub fn at(&self, path: &[String]) -> Option<&KeyDoc> {
        self.keys.get(path)
    }

    /// Every key that is written or spoken of, sorted by path.
    pub fn keys(&self) -> impl Iterator<Item = (&[String], &KeyDoc)> {
        self.keys.iter().map(|(path, doc)| (path.as_slice(), doc))
    }

    fn add_line(&mut self, text: &str, line: usize) {
        let text = text.trim();
        if let Some(rest) = word(text, "@param").or_else(|| word(text, "@extra")) {
            let (path, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            let doc = self.keys.entry(key_path(path)).or_default();
            // Where it is spoken of decides its section and its place.
            doc.line = line;
            return doc.add_param(rest.trim());
        }
        if let Some(path) = word(text, "@skip") {
            let doc = self.keys.entry(key_path(path)).or_default();
            doc.ignored = true;
        } else if let Some(title) = word(text, "@section").filter(|title| !title.starts_with("--")) {
            self.sections.push((line, title.to_owned()));
        } else if let Some((path, description)) = text.split_once(" -- ")
            && !path.contains(char::is_whitespace)
            && !path.starts_with('@')
            && let Some(doc) = self.keys.get_mut(&key_path(path))
        {
            doc.set_description(description);
        }
    }
}

impl KeyDoc {
    fn set_description(&mut self, text: &str) {
        let text = text.trim();
        let typed = text.strip_prefix('(').and_then(|rest| rest.split_once(')'));
        let (kind, text) = match typed {
            Some((kind, rest)) if !kind.contains(char::is_whitespace) => (Some(kind.to_owned()), rest.trim_start()),
            _ => (None, text),
        };
        if kind.is_some() {
            self.kind = kind;
        }
        text.clone_into(&mut self.description);
        self.marked = true;
    }

    fn add_param(&mut self, text: &str) {
        let bracketed = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        let (modifiers, description) = bracketed.map_or(("", text), |(inner, rest)| (inner, rest.trim()));
        for modifier in modifiers.split(',').map(str::trim).filter(|modifier| !modifier.is_empty()) {
            match modifier.split_once(':') {
                Some((name, value)) if name.trim() == "default" => self.default = Some(value.trim().to_owned()),
                _ if modifier == "nullable" => self.nullable = true,
                _ => self.kind = Some(modifier.to_owned()),
            }
        }
        description.clone_into(&mut self.description);
        self.marked = true;
    }
}

/// The rest of a text that begins with a word.
fn word<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let rest = text.strip_prefix(word)?;
    rest.starts_with(char::is_whitespace).then(|| rest.trim())
}

/// The keys of a dotted path; quotes keep dots.
fn key_path(path: &str) -> Vec<String> {
    let (mut keys, mut quoted) = (vec![String::new()], false);
    for letter in path.chars() {
        match letter {
            '"' => quoted = !quoted,
            '.' if !quoted => keys.push(String::new()),
            _ => keys.last_mut().into_iter().for_each(|key| key.push(letter)),
        }
    }
    keys
}

fn of_key(at: &KeyComments) -> KeyDoc {
    let mut doc = KeyDoc { line: at.line, ..KeyDoc::default() };
    let plain = without_schema(&at.above, &mut doc.schema);
    let mut open = false;
    let mut marked: Option<String> = None;
    for line in &plain {
        let text = line.trim();
        if text == "--" || text.starts_with("-- ") {
            (marked, open) = (Some(text.get(2..).unwrap_or_default().trim().to_owned()), true);
        } else if let Some(default) = word(text, "@default").and_then(|rest| rest.strip_prefix("--")) {
            doc.default = Some(default.trim().to_owned());
        } else if let Some(section) = word(text, "@section").and_then(|rest| rest.strip_prefix("--")) {
            doc.section = Some(section.trim().to_owned());
        } else if text == "@ignored" || text == "@ignore" {
            doc.ignored = true;
        } else if !text.starts_with('@')
            && open
            && let Some(marked) = &mut marked
        {
            marked.push(' ');
            marked.push_str(text);
        }
    }
    match marked {
        Some(text) => doc.set_description(&text),
        None => doc.description = plain_description(&plain),
    }
    let beside = at.beside.as_deref().map(str::trim);
    if let Some(rest) = beside.and_then(|text| word(text, "@schema")) {
        doc.schema.extend(one_line(rest));
    } else if let Some(text) = beside.and_then(|text| text.strip_prefix("-- "))
        && !doc.marked
    {
        doc.set_description(text);
    } else if let (true, Some(text)) = (doc.description.is_empty(), beside)
        && !text.starts_with('@')
    {
        text.clone_into(&mut doc.description);
    }
    doc
}

/// The lines that are not part of a `@schema`, whose keywords go to `found`.
fn without_schema(lines: &[String], found: &mut Vec<Node>) -> Vec<String> {
    let (mut plain, mut block) = (Vec::new(), None::<String>);
    for line in lines {
        let text = line.trim();
        match (&mut block, text) {
            (_, "@schema") => match block.take() {
                Some(yaml) => found.extend(keywords(&yaml)),
                None => block = Some(String::new()),
            },
            (Some(yaml), _) => {
                yaml.push_str(line);
                yaml.push('\n');
            }
            (None, _) => match word(text, "@schema") {
                Some(rest) => found.extend(one_line(rest)),
                None => plain.push(line.clone()),
            },
        }
    }
    if let Some(yaml) = block {
        // A block that nobody closed is text.
        plain.extend(yaml.lines().map(str::to_owned));
    }
    plain
}

fn root_schema(comments: &Comments) -> Vec<Node> {
    let (mut found, mut block) = (Vec::new(), None::<String>);
    for line in comments.lines() {
        let text = line.text.trim();
        match (&mut block, text) {
            (_, "@schema.root") => match block.take() {
                Some(yaml) => found.extend(keywords(&yaml)),
                None => block = Some(String::new()),
            },
            (Some(yaml), _) => {
                yaml.push_str(&line.text);
                yaml.push('\n');
            }
            (None, _) => found.extend(word(text, "@schema.root").and_then(one_line)),
        }
    }
    found
}

/// A mapping in YAML, in which references to definitions need no quotes.
fn keywords(text: &str) -> Option<Node> {
    let node = yaml::parse(quote_references(text).as_bytes(), SourceId::default()).ok()?;
    matches!(node.kind(), NodeKind::Map(_)).then_some(node)
}

/// The lines of a text, in which a value such as `#/definitions/a` is no comment.
fn quote_references(text: &str) -> String {
    let quoted = text.lines().map(|line| {
        let (keys, value) = line.split_at(line.find(" #/").map_or(line.len(), |at| at + 1));
        let value = value.trim_end();
        match keys.trim_end().ends_with(':') && !value.is_empty() && !value.contains(['"', ' ']) {
            true => format!("{keys}\"{value}\"\n"),
            false => format!("{line}\n"),
        }
    });
    quoted.collect()
}

/// `type: [string, null]; minimum: 1`; a keyword without a value is true.
fn one_line(text: &str) -> Option<Node> {
    let lines = outside_of_brackets(text, ';').into_iter().filter_map(|part| {
        let part = part.trim();
        let (name, value) = part.split_once(':').unwrap_or((part, "true"));
        (!name.trim().is_empty()).then(|| format!("{}: {}\n", name.trim(), value.trim()))
    });
    keywords(&lines.collect::<String>())
}

/// The parts of a text between separators that stand in no brackets and no quotes.
fn outside_of_brackets(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut start, mut depth, mut quote) = (Vec::new(), 0, 0_i32, None);
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(letter),
            (None, '[' | '{' | '(') => depth += 1,
            (None, ']' | '}' | ')') => depth -= 1,
            (None, _) if letter == separator && depth <= 0 => {
                parts.extend(text.get(start..at));
                start = at + letter.len_utf8();
            }
            (None, _) => {}
        }
    }
    parts.extend(text.get(start..));
    parts
}

/// What plain comments above a key say, up to the first line that is YAML or a mark.
fn plain_description(lines: &[String]) -> String {
    let mut words = Vec::new();
    for line in lines.iter().map(|line| line.trim()) {
        if looks_like_yaml(line) || line.starts_with('@') || line.ends_with("-----") {
            break;
        }
        if !line.is_empty() {
            words.push(line);
        }
    }
    words.join(" ")
}

fn looks_like_yaml(line: &str) -> bool {
    let is_key = |key: &str| {
        let key = key.trim_start_matches("- ").trim_matches(['"', '\'']);
        !key.is_empty() && key.chars().all(|letter| letter.is_ascii_alphanumeric() || "._-/".contains(letter))
    };
    let as_key = line.split_once(':').is_some_and(|(key, rest)| {
        is_key(key)
            && (rest.is_empty() || rest.starts_with(' '))
            && key.chars().next().is_some_and(|first| !first.is_ascii_uppercase())
    });
    line.starts_with("- ") || as_key
}
