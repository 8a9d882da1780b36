//! The template files of a chart and its subcharts in Helm's order, and their parsing.

use super::RenderError;
use crate::chart::{Chart, Compat};
use crate::source::SourceId;
use crate::template::func::FuncTable;
use crate::template::{ParseError, TemplateSet, Tree, parse};
use crate::yaml::{self, Node};
use bytes::Bytes;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hash, Hasher};
use std::rc::Rc;
use std::sync::Arc;

/// One template file.
#[derive(Clone, Debug)]
pub struct TemplateFile {
    /// Its full name: `chart/charts/sub/templates/x.yaml`.
    pub name: String,
    /// Its text.
    pub text: Bytes,
    /// The number of its chart: charts are counted as they are met, each before its subcharts.
    pub chart: usize,
    depth: usize,
}

impl TemplateFile {
    /// Whether the file only defines templates and is not rendered itself.
    pub fn is_partial(&self) -> bool {
        self.base_name().starts_with('_')
    }

    fn base_name(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(&self.name)
    }
}

/// The template files of a chart and its subcharts, in the order in which Helm parses and executes them: the deepest
/// paths first, and among equally deep ones the last name first.
pub(super) fn of_chart(chart: &Chart) -> Vec<TemplateFile> {
    let mut files = Vec::new();
    collect(chart, chart.name(), &mut 0, &mut files);
    files.sort_by(|a, b| (b.depth, &b.name).cmp(&(a.depth, &a.name)));
    // Of two files with one name Helm keeps the one that it met last.
    files.dedup_by(|later, kept| {
        let same = later.name == kept.name;
        if same {
            std::mem::swap(later, kept);
        }
        same
    });
    files
}

fn collect(chart: &Chart, path: &str, number: &mut usize, files: &mut Vec<TemplateFile>) {
    let own = *number;
    for file in &chart.templates {
        let name = crate::chart::os::join(path, &file.name);
        let file = TemplateFile {
            depth: name.bytes().filter(|byte| *byte == b'/').count(),
            name,
            text: file.data.clone(),
            chart: own,
        };
        if !chart.is_library() || file.is_partial() {
            files.push(file);
        }
    }
    for sub in &chart.dependencies {
        *number += 1;
        collect(sub, &format!("{path}/charts/{}", sub.name()), number, files);
    }
}

/// Texts from which a second thread pays off.
const PARALLEL_FROM: usize = 1024 * 1024;

/// Bytes of text from which everything that was parsed is forgotten.
const MOST_KEPT: usize = 64 * 1024 * 1024;

/// Parsed texts of templates and values files, kept for further renders under the rules of one Helm: charts share library charts, and
/// the cases of a chart share all.
pub struct Parses {
    funcs: FuncTable,
    known: RefCell<Known>,
}

#[derive(Default)]
struct Known {
    trees: HashMap<Hashed, ParsedText, foldhash::fast::FixedState>,
    /// Values files of subcharts.
    values: HashMap<Hashed, Rc<Node>, foldhash::fast::FixedState>,
    len: usize,
}

/// A text that is hashed once, and compared with another one only where both do not lie at the same place.
#[derive(Clone)]
struct Hashed {
    text: Bytes,
    hash: u64,
}

impl Hashed {
    fn new(text: &Bytes) -> Hashed {
        Hashed { text: text.clone(), hash: foldhash::fast::FixedState::default().hash_one(text) }
    }
}

impl Hash for Hashed {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl PartialEq for Hashed {
    fn eq(&self, other: &Hashed) -> bool {
        self.hash == other.hash && (place(&self.text) == place(&other.text) || self.text == other.text)
    }
}

impl Eq for Hashed {}

/// Equal files of an archive are one text in memory.
fn place(text: &Bytes) -> (usize, usize) {
    (text.as_ptr().addr(), text.len())
}

impl Parses {
    /// Nothing is parsed yet.
    pub fn new(compat: Compat) -> Parses {
        Parses { funcs: super::functions(compat), known: RefCell::default() }
    }

    /// The functions that the templates may call.
    pub fn funcs(&self) -> &FuncTable {
        &self.funcs
    }

    /// The first document of a values file; its places are those of no source.
    ///
    /// # Errors
    /// Those of [`yaml::parse`].
    pub fn values(&self, text: &Bytes) -> Result<Rc<Node>, yaml::Error> {
        let hashed = Hashed::new(text);
        if let Some(node) = self.known.borrow().values.get(&hashed) {
            return Ok(Rc::clone(node));
        }
        let node = Rc::new(yaml::parse(text, SourceId::default())?);
        let known = &mut *self.known.borrow_mut();
        known.len += text.len();
        known.values.insert(hashed, Rc::clone(&node));
        Ok(node)
    }

    /// The set of all files, of which those with texts that nobody saw are parsed, equal ones once.
    ///
    /// # Errors
    /// The first file that is no template.
    pub fn set(&self, files: &[TemplateFile]) -> Result<TemplateSet, RenderError> {
        let known = &mut *self.known.borrow_mut();
        if known.len > MOST_KEPT {
            *known = Known::default();
        }
        let mut places: HashMap<_, Hashed, foldhash::fast::FixedState> = HashMap::default();
        let mut hashed = |text| places.entry(place(text)).or_insert_with(|| Hashed::new(text)).clone();
        let texts: Vec<Hashed> = files.iter().map(|file| hashed(&file.text)).collect();
        let mut new: HashSet<&Hashed, foldhash::fast::FixedState> = HashSet::default();
        let unknown = texts.iter().filter(|text| !known.trees.contains_key(*text) && new.insert(text));
        let unknown: Vec<Hashed> = unknown.cloned().collect();
        let trees = parse_texts(&unknown, &self.funcs);
        known.len += unknown.iter().map(|hashed| hashed.text.len()).sum::<usize>();
        known.trees.extend(unknown.into_iter().zip(trees));
        let mut set = TemplateSet::new();
        for (file, text) in files.iter().zip(&texts) {
            match known.trees.get(text) {
                Some(Ok(tree)) => set.add(file.name.as_str(), Arc::clone(tree)),
                Some(Err(error)) => {
                    return Err(RenderError::Parse { file: file.name.clone(), error: error.clone() });
                }
                None => {}
            }
        }
        Ok(set)
    }
}

type ParsedText = Result<Arc<Tree>, ParseError>;

fn parse_texts(texts: &[Hashed], funcs: &FuncTable) -> Vec<ParsedText> {
    let parse_one = |hashed: &Hashed| parse(hashed.text.clone(), funcs).map(Arc::new);
    let total: usize = texts.iter().map(|hashed| hashed.text.len()).sum();
    if total < PARALLEL_FROM {
        return texts.iter().map(parse_one).collect();
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from).min(4);
    let share = texts.len().div_ceil(cores).max(1);
    std::thread::scope(|scope| {
        let workers: Vec<_> = texts
            .chunks(share)
            .map(|chunk| scope.spawn(move || chunk.iter().map(parse_one).collect::<Vec<_>>()))
            .collect();
        let join = |worker: std::thread::ScopedJoinHandle<'_, Vec<ParsedText>>| {
            worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        workers.into_iter().flat_map(join).collect()
    })
}
