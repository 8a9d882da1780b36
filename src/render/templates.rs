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
    trees: HashMap<Bytes, ParsedText, foldhash::fast::FixedState>,
    /// Values files of subcharts.
    values: HashMap<Bytes, Rc<Node>, foldhash::fast::FixedState>,
    len: usize,
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
        if let Some(node) = self.known.borrow().values.get(text) {
            return Ok(Rc::clone(node));
        }
        let node = Rc::new(yaml::parse(text, SourceId::default())?);
        let known = &mut *self.known.borrow_mut();
        known.len += text.len();
        known.values.insert(text.clone(), Rc::clone(&node));
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
        let mut new: HashSet<&Bytes, foldhash::fast::FixedState> = HashSet::default();
        let texts = files.iter().map(|file| &file.text);
        let texts: Vec<Bytes> =
            texts.filter(|text| !known.trees.contains_key(*text) && new.insert(text)).cloned().collect();
        let trees = parse_texts(&texts, &self.funcs);
        known.len += texts.iter().map(Bytes::len).sum::<usize>();
        known.trees.extend(texts.into_iter().zip(trees));
        let mut set = TemplateSet::new();
        for file in files {
            match known.trees.get(&file.text) {
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

fn parse_texts(texts: &[Bytes], funcs: &FuncTable) -> Vec<ParsedText> {
    let parse_one = |text: &Bytes| parse(text.clone(), funcs).map(Arc::new);
    let total: usize = texts.iter().map(Bytes::len).sum();
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
