//! Who set a value: every default, file and flag that touched a path, the winner last.
//!
//! Nothing is recorded while values are coalesced. Whoever wants to know reads the same texts once more with their
//! places ([`Origins::collect`]) and asks for paths; coalescing itself pays nothing for it.

use super::layer::{Layer, ReadFile};
use super::set::{self, Converter};
use crate::chart::{Chart, Compat};
use crate::diagnostic::{Error, ErrorKind};
use crate::json;
use crate::source::{Source, Sources, Span};
use crate::value::{Map, Value};
use crate::yaml::{self, Node};

/// A way from the top of the values to one of them, key by key.
pub type KeyPath = [String];

/// Who set something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setter {
    /// The `values.yaml` of a chart, named by its path (`parent/charts/sub`).
    Default(String),
    /// The `values.yaml` of a subchart, through `import-values` of the chart named first.
    Import(String, Box<Setter>),
    /// A values file.
    File(String),
    /// A flag with its text.
    Flag(&'static str, String),
}

impl std::fmt::Display for Setter {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Setter::Default(chart) => write!(out, "defaults of chart {chart}"),
            Setter::Import(chart, from) => write!(out, "{from}, imported by chart {chart}"),
            Setter::File(name) => out.write_str(name),
            Setter::Flag(flag, text) => write!(out, "{flag} {text}"),
        }
    }
}

/// What somebody did to a path.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Gave it this value.
    Set(Value),
    /// Removed it, or one of the tables that it would lie in, with a null.
    Removed,
    /// Put this value, which is no table, where the path needs one.
    Blocked(Value),
}

/// One step in the history of a path.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Who.
    pub setter: Setter,
    /// Where, if it was written in a file: the key and its value.
    pub span: Option<Span>,
    /// The path that was written there: the one asked for, a table around it, or the global that it comes from.
    pub path: Vec<String>,
    /// What.
    pub effect: Effect,
}

/// Everybody who set values for one chart.
#[derive(Debug)]
pub struct Origins {
    chart: ChartValues,
    layers: Vec<Tree>,
}

#[derive(Debug)]
struct ChartValues {
    name: String,
    defaults: Option<Tree>,
    imports: Vec<Import>,
    subcharts: Vec<ChartValues>,
}

#[derive(Debug)]
struct Import {
    chart: String,
    child: Vec<String>,
    parent: Vec<String>,
}

#[derive(Debug)]
struct Tree {
    setter: Setter,
    content: Content,
}

#[derive(Debug)]
enum Content {
    /// The documents of a text; later ones win.
    Written(Vec<Node>),
    /// What a flag says.
    Said(Map),
}

impl Origins {
    /// Reads the defaults of `chart`, whose dependencies were processed, and all layers once more with their places.
    /// The texts go to `sources`.
    pub fn collect(
        chart: &Chart,
        layers: &[Layer],
        compat: Compat,
        read: &mut ReadFile<'_>,
        sources: &mut Sources,
    ) -> Result<Origins, Error> {
        let mut ordered: Vec<&Layer> = layers.iter().collect();
        ordered.sort_by_key(|layer| layer.rank());
        let chart = ChartValues::collect(chart, chart.name(), sources)?;
        let layers = ordered.into_iter().map(|layer| layer_tree(layer, compat, read, sources));
        Ok(Origins { chart, layers: layers.collect::<Result<_, _>>()? })
    }

    /// The history of a path, the weakest first.
    pub fn of(&self, path: &KeyPath) -> Vec<Origin> {
        let mut found = Vec::new();
        self.chart.trace(path, &mut Vec::new(), &mut found);
        for layer in &self.layers {
            found.extend(layer.touch(path));
        }
        // What a parent has below `global` wins over everything that its subcharts have there.
        if let Some(outer) = outer_global(path, &self.chart) {
            found.extend(self.of(&outer));
        }
        found
    }

    /// The step of a history that made the coalesced value what it is, `None` being no value at all.
    pub fn winner<'o>(history: &'o [Origin], value: Option<&Value>) -> Option<&'o Origin> {
        let text = |value: &Value| json::to_json(value).ok();
        let wanted = value.and_then(text);
        history.iter().rev().find(|origin| match (&origin.effect, value) {
            (Effect::Removed | Effect::Blocked(_), None) => true,
            (Effect::Set(set), Some(_)) => text(set) == wanted,
            _ => false,
        })
    }
}

/// The same path below the `global` of the chart around, if `path` lies below the `global` of a subchart.
fn outer_global(path: &KeyPath, chart: &ChartValues) -> Option<Vec<String>> {
    let at = path.iter().position(|key| key == "global")?;
    let charts = &path[..at];
    let mut inner = chart;
    for key in charts {
        inner = inner.subcharts.iter().find(|sub| sub.key() == key)?;
    }
    let (_, outer) = charts.split_last()?;
    Some([outer, &path[at..]].concat())
}

impl ChartValues {
    fn collect(chart: &Chart, full_path: &str, sources: &mut Sources) -> Result<ChartValues, Error> {
        let defaults = match chart.raw_file("values.yaml") {
            None => None,
            Some(file) => {
                let setter = Setter::Default(full_path.to_owned());
                Some(written(setter, &format!("{full_path}/values.yaml"), &file.data, sources)?)
            }
        };
        let subcharts = chart.dependencies.iter().map(|sub| {
            let path = format!("{full_path}/charts/{}", sub.name());
            ChartValues::collect(sub, &path, sources)
        });
        let subcharts = subcharts.collect::<Result<_, _>>()?;
        let imports = chart.metadata.dependencies().iter().flat_map(|one| {
            let imports = one.import_values.iter().filter_map(Value::as_map);
            imports.map(|import| Import {
                chart: one.name.clone(),
                child: keys(import.get("child")),
                parent: keys(import.get("parent")),
            })
        });
        Ok(ChartValues { name: full_path.to_owned(), defaults, imports: imports.collect(), subcharts })
    }

    fn key(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(&self.name)
    }

    /// Adds who set `path` in this chart and its subcharts. `through` are the charts that import on the way.
    fn trace(&self, path: &KeyPath, through: &mut Vec<String>, found: &mut Vec<Origin>) {
        // Where two imports meet, the first one wins.
        for import in self.imports.iter().rev() {
            let Some(rest) = path.strip_prefix(import.parent.as_slice()) else { continue };
            let Some(sub) = self.subcharts.iter().find(|sub| sub.key() == import.chart) else { continue };
            through.push(self.name.clone());
            sub.trace(&[import.child.as_slice(), rest].concat(), through, found);
            through.pop();
        }
        if let [first, rest @ ..] = path
            && !rest.is_empty()
            && let Some(sub) = self.subcharts.iter().find(|sub| sub.key() == first)
        {
            sub.trace(rest, through, found);
        }
        let Some(origin) = self.defaults.as_ref().and_then(|defaults| defaults.touch(path)) else { return };
        let setter =
            through.iter().rev().fold(origin.setter, |setter, chart| Setter::Import(chart.clone(), Box::new(setter)));
        found.push(Origin { setter, ..origin });
    }
}

/// The keys of a dotted path; a lone dot is the top.
fn keys(path: Option<Value>) -> Vec<String> {
    let path = path.and_then(|path| path.as_str().map(|text| text.to_str_lossy().into_owned())).unwrap_or_default();
    match path.as_str() {
        "." => Vec::new(),
        path => path.split('.').map(str::to_owned).collect(),
    }
}

fn written(setter: Setter, name: &str, text: &[u8], sources: &mut Sources) -> Result<Tree, Error> {
    let id = sources.add(Source::new(name, text));
    let documents = yaml::parse_all(text, id);
    let documents =
        documents.map_err(|error| Error::new(ErrorKind::Content, format!("cannot read {name}: {error}")))?;
    Ok(Tree { setter, content: Content::Written(documents) })
}

fn layer_tree(layer: &Layer, compat: Compat, read: &mut ReadFile<'_>, sources: &mut Sources) -> Result<Tree, Error> {
    let said = Map::new();
    let (text, done) = match layer {
        Layer::File(name) => return written(Setter::File(name.clone()), name, &read(name)?, sources),
        Layer::SetJson(text) if text.trim_start().starts_with('{') => {
            let map = json::from_json(text.trim().as_bytes()).ok().and_then(|value| value.as_map().cloned());
            let content = Content::Said(map.unwrap_or_default());
            return Ok(Tree { setter: Setter::Flag(layer.flag(), text.clone()), content });
        }
        Layer::SetJson(text) => (text, set::parse_into(text, &said, Converter::Json, compat)),
        Layer::Set(text) => (text, set::parse_into(text, &said, Converter::Typed, compat)),
        Layer::SetString(text) => (text, set::parse_into(text, &said, Converter::Text, compat)),
        Layer::SetFile(text) => (text, set::parse_into(text, &said, Converter::File(read), compat)),
        Layer::SetLiteral(text) => (text, set::parse_literal_into(text, &said, compat)),
    };
    done.map_err(|fault| Error::new(ErrorKind::Usage, format!("failed parsing {} data: {fault}", layer.flag())))?;
    Ok(Tree { setter: Setter::Flag(layer.flag(), text.clone()), content: Content::Said(said) })
}

impl Tree {
    /// What this tree does to a path, if anything.
    fn touch(&self, path: &KeyPath) -> Option<Origin> {
        let (len, span, effect) = match &self.content {
            Content::Written(documents) => documents.iter().rev().find_map(|document| touch_written(document, path))?,
            Content::Said(map) => touch_said(map, path)?,
        };
        Some(Origin { setter: self.setter.clone(), span, path: path[..len].to_vec(), effect })
    }
}

fn touch_written(document: &Node, path: &KeyPath) -> Option<(usize, Option<Span>, Effect)> {
    let mut node = document;
    for (at, key) in path.iter().enumerate() {
        let entry = node.entry(key)?;
        let (start, end) = (entry.key.span(), entry.value.span());
        let span = Span { end: end.end.max(start.end), ..start };
        node = &entry.value;
        let last = at + 1 == path.len();
        let effect = match (node.is_null(), last) {
            (true, _) => Effect::Removed,
            (false, true) => Effect::Set(node.to_value()),
            (false, false) if !matches!(node.kind(), yaml::NodeKind::Map(_)) => Effect::Blocked(node.to_value()),
            _ => continue,
        };
        return Some((at + 1, Some(span), effect));
    }
    None
}

fn touch_said(map: &Map, path: &KeyPath) -> Option<(usize, Option<Span>, Effect)> {
    let mut table = map.clone();
    for (at, key) in path.iter().enumerate() {
        let last = at + 1 == path.len();
        let effect = match table.get(key)? {
            Value::Nil => Effect::Removed,
            value if last => Effect::Set(value),
            Value::Map(inner) => {
                table = inner;
                continue;
            }
            value => Effect::Blocked(value),
        };
        return Some((at + 1, None, effect));
    }
    None
}
