//! Paths into documents: `spec.containers[0].name`, `metadata.labels["a.b/c"]`, `..image`, `a[?(@.name == "x")]`.
//!
//! The dialect is that of yaml-jsonpath, which helm-unittest uses: the leading `$` may be left out, a name behind a dot
//! ends at a dot or bracket, unions and slices stand in brackets, `~` at the end asks for keys instead of values.

use super::data::{Data, DataKind};
use super::filter::{self, Filter};

/// How deep filters and parentheses may nest.
pub(super) const MAX_DEPTH: usize = 100;

/// A parsed path.
#[derive(Clone, Debug)]
pub struct Path {
    pub(super) steps: Vec<Step>,
}

#[derive(Clone, Debug)]
pub(super) enum Step {
    /// A child by its name; `*` stands for all.
    Child(String),
    /// Children by their names, in brackets.
    Names(Vec<String>),
    /// Items of a list; all members where it is `*`.
    Items(Vec<Slice>),
    /// All members of a list or mapping.
    All,
    /// The node and everything below it, the inner ones first.
    Descent,
    /// Items that a filter accepts.
    Filter(Filter),
    /// The node itself where a filter accepts it: a filter behind `..`.
    OwnFilter(Filter),
    /// The key of this name.
    KeyOf(Vec<String>),
    /// All keys.
    Keys,
}

/// One member of a subscript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slice {
    Index(i64),
    Range { from: Option<i64>, to: Option<i64>, step: i64 },
}

/// What a path leads to.
#[derive(Clone, Debug)]
pub enum Found<'a> {
    /// A value of the document.
    Value(&'a Data),
    /// A key, as a text with the place of its value.
    Key(Data),
}

impl Found<'_> {
    /// The value.
    pub fn data(&self) -> &Data {
        match self {
            Found::Value(data) => data,
            Found::Key(data) => data,
        }
    }
}

impl Path {
    /// Reads a path; an empty one is the whole document.
    ///
    /// # Errors
    /// What is wrong, and behind which byte.
    pub fn parse(text: &str) -> Result<Path, String> {
        let mut reader = Reader { text, at: 0, depth: 0 };
        let path = reader.path()?;
        if reader.at < text.len() {
            return Err(format!("unexpected `{}`", &text[reader.at..]));
        }
        Ok(path)
    }

    /// Everything that the path leads to, in order.
    pub fn find<'a>(&self, document: &'a Data) -> Vec<Found<'a>> {
        let mut found = vec![document];
        for (at, step) in self.steps.iter().enumerate() {
            let last = at + 1 == self.steps.len();
            if let (true, Step::KeyOf(names)) = (last, step) {
                return found.iter().flat_map(|node| keys(node, Some(names))).collect();
            }
            if let (true, Step::Keys) = (last, step) {
                return found.iter().flat_map(|node| keys(node, None)).collect();
            }
            let mut next = Vec::new();
            found.iter().for_each(|node| follow(step, node, document, &mut next));
            found = next;
        }
        found.into_iter().map(Found::Value).collect()
    }
}

fn keys<'a>(node: &Data, names: Option<&Vec<String>>) -> Vec<Found<'a>> {
    let key =
        |(name, value): &(Vec<u8>, Data)| Found::Key(Data { span: value.span, kind: DataKind::Text(name.clone()) });
    match names {
        None => node.entries().iter().map(key).collect(),
        Some(names) => names
            .iter()
            .flat_map(|wanted| node.entries().iter().filter(move |(name, _)| name == wanted.as_bytes()).map(key))
            .collect(),
    }
}

fn follow<'a>(step: &Step, node: &'a Data, root: &'a Data, out: &mut Vec<&'a Data>) {
    match step {
        Step::Child(name) if name == "*" => all(node, out),
        Step::Child(name) => out.extend(node.get(name)),
        Step::Names(names) => out.extend(names.iter().filter_map(|name| node.get(name))),
        Step::All => all(node, out),
        Step::Items(slices) => {
            let items = node.items();
            for slice in slices {
                out.extend(slice.indexes(items.len()).into_iter().filter_map(|at| items.get(at)));
            }
        }
        Step::Descent => descend(node, out),
        Step::Filter(filter) => match &node.kind {
            DataKind::List(items) => out.extend(items.iter().filter(|item| filter.accepts(item, root))),
            _ if filter.accepts(node, root) => out.push(node),
            _ => {}
        },
        Step::OwnFilter(filter) => {
            if filter.accepts(node, root) {
                out.push(node);
            }
        }
        Step::KeyOf(_) | Step::Keys => {}
    }
}

fn all<'a>(node: &'a Data, out: &mut Vec<&'a Data>) {
    out.extend(node.entries().iter().map(|(_, value)| value));
    out.extend(node.items());
}

/// Documents are at most a thousand levels deep.
fn descend<'a>(node: &'a Data, out: &mut Vec<&'a Data>) {
    node.entries().iter().for_each(|(_, value)| descend(value, out));
    node.items().iter().for_each(|item| descend(item, out));
    out.push(node);
}

impl Slice {
    /// The indexes that a subscript means in a list of this length.
    fn indexes(self, length: usize) -> Vec<usize> {
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        let counted = |index: i64| if index < 0 { index.saturating_add(length) } else { index };
        let (from, to, step) = match self {
            Slice::Index(index) => (counted(index), counted(index).saturating_add(1), 1),
            Slice::Range { from, to, step } if step > 0 => (from.map_or(0, counted), to.map_or(length, counted), step),
            Slice::Range { from, to, step } => (from.map_or(length - 1, counted), to.map_or(-1, counted), step),
        };
        let mut found = Vec::new();
        let mut at = if step > 0 { from.max(0) } else { from.min(length) };
        while (step > 0 && at < to.min(length)) || (step < 0 && at > to.max(-1)) {
            if (0..length).contains(&at) {
                found.extend(usize::try_from(at));
            }
            at = at.saturating_add(step);
        }
        found
    }
}

/// Reads paths and the filters in them.
pub(super) struct Reader<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
    pub(super) depth: usize,
}

impl Reader<'_> {
    pub(super) fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn take(&mut self, token: &str) -> bool {
        let there = self.rest().starts_with(token);
        if there {
            self.at += token.len();
        }
        there
    }

    pub(super) fn skip_space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn path(&mut self) -> Result<Path, String> {
        let rooted = self.take("$");
        let mut steps = Vec::new();
        if !rooted && !self.rest().is_empty() && !self.rest().starts_with(['.', '[']) {
            let name = self.name(&['.', '[', ']', ')', ' ', '&', '|', '=', '!', '>', '<', '~'])?;
            self.named(name, &mut steps);
        }
        self.steps(&mut steps)?;
        Ok(Path { steps })
    }

    /// Steps up to the end, or to what cannot belong to a path.
    pub(super) fn steps(&mut self, steps: &mut Vec<Step>) -> Result<(), String> {
        loop {
            if matches!(steps.last(), Some(Step::KeyOf(_) | Step::Keys)) && !self.rest().is_empty() {
                return Err("`~` may only stand at the end of a path".to_owned());
            }
            if self.take("..") {
                self.descent(steps)?;
            } else if self.take(".") {
                let name = self.name(&['.', '[', ')', ' ', '&', '|', '=', '!', '>', '<', '~'])?;
                self.named(name, steps);
            } else if self.rest().starts_with('[') {
                self.bracket(steps)?;
            } else {
                return Ok(());
            }
        }
    }

    fn named(&mut self, name: String, steps: &mut Vec<Step>) {
        let name = unescape(&name);
        steps.push(if self.take("~") { Step::KeyOf(vec![name]) } else { Step::Child(name) });
    }

    fn name(&mut self, ends: &[char]) -> Result<String, String> {
        let rest = self.rest();
        let end = rest.find(|letter| ends.contains(&letter)).unwrap_or(rest.len());
        if end == 0 {
            return Err(format!("expected a name at byte {}", self.at + 1));
        }
        let name = rest[..end].to_owned();
        self.at += end;
        Ok(name)
    }

    fn descent(&mut self, steps: &mut Vec<Step>) -> Result<(), String> {
        steps.push(Step::Descent);
        if self.rest().starts_with('[') {
            return Ok(());
        }
        let name = self.name(&['.', '[', ')', ' ', '&', '|', '=', '!', '>', '<']);
        let name = name.map_err(|_| "expected a name or brackets behind `..`".to_owned())?;
        steps.push(Step::Child(unescape(&name)));
        Ok(())
    }

    fn bracket(&mut self, steps: &mut Vec<Step>) -> Result<(), String> {
        if self.take("[?(") {
            let filter = filter::parse(self)?;
            self.skip_space();
            if !self.take(")]") {
                return Err(format!("expected `)]` at the end of a filter, found `{}`", self.rest()));
            }
            // Behind `..name` too, the reference asks the node itself and not its items.
            let own = matches!(steps.as_slice(), [.., Step::Descent] | [.., Step::Descent, Step::Child(_)]);
            steps.push(if own { Step::OwnFilter(filter) } else { Step::Filter(filter) });
            return Ok(());
        }
        self.at += 1;
        self.skip_space();
        if self.rest().starts_with(['"', '\'']) {
            let names = self.quoted_names()?;
            steps.push(if self.take("~") { Step::KeyOf(names) } else { Step::Names(names) });
            return Ok(());
        }
        let rest = self.rest();
        let end = rest.find(']').ok_or("missing `]`")?;
        let inner = rest[..end].to_owned();
        self.at += end + 1;
        let step = match inner.trim() {
            "*" if self.take("~") => Step::Keys,
            "*" => Step::All,
            text => Step::Items(subscript(text)?),
        };
        steps.push(step);
        Ok(())
    }

    fn quoted_names(&mut self) -> Result<Vec<String>, String> {
        let mut names = Vec::new();
        loop {
            self.skip_space();
            names.push(self.quoted()?);
            self.skip_space();
            if self.take("]") {
                return Ok(names);
            }
            if !self.take(",") {
                return Err("missing `]` or `,`".to_owned());
            }
        }
    }

    /// A name in quotes; a backslash keeps a quote or backslash from counting.
    fn quoted(&mut self) -> Result<String, String> {
        let quote = self.rest().chars().next().filter(|quote| matches!(quote, '"' | '\'')).ok_or("expected a quote")?;
        let mut name = String::new();
        let mut escaped = false;
        for (at, letter) in self.rest().char_indices().skip(1) {
            match letter {
                _ if escaped => {
                    name.push(letter);
                    escaped = false;
                }
                '\\' => escaped = true,
                _ if letter == quote => {
                    self.at += at + 1;
                    return Ok(name);
                }
                _ => name.push(letter),
            }
        }
        Err(format!("missing {quote}"))
    }
}

fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut escaped = false;
    for letter in text.chars() {
        if letter == '\\' && !escaped {
            escaped = true;
            continue;
        }
        escaped = false;
        out.push(letter);
    }
    out
}

fn subscript(text: &str) -> Result<Vec<Slice>, String> {
    text.split(',').map(|member| slice(member.trim())).collect()
}

fn slice(text: &str) -> Result<Slice, String> {
    let number = |text: &str| -> Result<Option<i64>, String> {
        let text = text.trim();
        match text.is_empty() {
            true => Ok(None),
            false => text.parse().map(Some).map_err(|_| format!("expected an index, found `{text}`")),
        }
    };
    let parts: Vec<&str> = text.split(':').collect();
    match parts.as_slice() {
        [index] => number(index)?.map(Slice::Index).ok_or_else(|| "expected an index in `[]`".to_owned()),
        [from, to] => Ok(Slice::Range { from: number(from)?, to: number(to)?, step: 1 }),
        [from, to, step] => match number(step)?.unwrap_or(1) {
            0 => Err("the step of a slice cannot be 0".to_owned()),
            step => Ok(Slice::Range { from: number(from)?, to: number(to)?, step }),
        },
        _ => Err(format!("too many colons in `[{text}]`")),
    }
}
