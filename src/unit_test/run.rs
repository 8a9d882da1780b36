//! Running test files, several at a time.

use super::snapshot::{SnapshotCounts, SnapshotMode, Snapshots};
use super::suite::{Suite, Test};
use super::verdict;
use crate::chart::{Chart, Compat};
use crate::diagnostic::{Diagnostic, Error};
use crate::render::Coverage;
use crate::source::{Sources, Span};
use crate::template::Limits;
use crate::threads::{SMALL_STACK, STACK};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

/// How tests are run.
pub struct Options<'a> {
    /// The Helm whose rules hold.
    pub compat: Compat,
    /// What a render may use up.
    pub limits: Limits,
    /// Where the chart lies, for the names of its templates.
    pub root: &'a Path,
    /// Loads the chart; every thread has one of its own.
    pub load: &'a (dyn Fn() -> Result<Chart, Error> + Sync),
    /// Values files for every test, over those of the suites.
    pub values: Vec<PathBuf>,
    /// What becomes of snapshots that are new or differ.
    pub snapshots: SnapshotMode,
    /// Whether nothing more is run after a test that failed.
    pub fail_fast: bool,
    /// Whether it is counted which parts of the templates are executed.
    pub coverage: bool,
}

/// A test file that was read.
#[derive(Clone, Debug)]
pub struct TestFile {
    /// Its path.
    pub path: PathBuf,
    /// Its suites.
    pub suites: Vec<Suite>,
    /// Its text, which the places of its suites lie in.
    pub sources: Sources,
}

/// What became of all test files.
#[derive(Debug, Default)]
pub struct Report {
    /// The files in the order in which they were given.
    pub files: Vec<FileResult>,
    /// What was executed of the chart, if that was asked for.
    pub coverage: Option<Coverage>,
}

/// What became of one file.
#[derive(Debug)]
pub struct FileResult {
    /// Its path.
    pub path: PathBuf,
    /// Its suites; those that `fail_fast` left out are missing.
    pub suites: Vec<SuiteResult>,
    /// Its snapshots.
    pub snapshots: SnapshotCounts,
    /// What the diagnostics point into.
    pub sources: Sources,
    /// Why its snapshots could not be read or written.
    pub error: Option<Error>,
}

/// What became of one suite.
#[derive(Debug)]
pub struct SuiteResult {
    /// Its name.
    pub name: String,
    /// Its tests.
    pub tests: Vec<TestResult>,
}

/// What became of one test.
#[derive(Debug)]
pub struct TestResult {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub span: Span,
    /// The verdict.
    pub outcome: TestOutcome,
}

/// The verdict about one test.
#[derive(Debug)]
pub enum TestOutcome {
    /// Everything holds.
    Passed,
    /// It was not run, for this reason.
    Skipped(String),
    /// What does not hold.
    Failed(Vec<Diagnostic>),
}

impl TestOutcome {
    /// Whether the test failed.
    pub fn is_failed(&self) -> bool {
        matches!(self, TestOutcome::Failed(_))
    }
}

impl FileResult {
    /// Every test of the file.
    pub fn tests(&self) -> impl Iterator<Item = &TestResult> {
        self.suites.iter().flat_map(|suite| &suite.tests)
    }

    /// Whether a test failed or the snapshots are out of reach.
    pub fn is_failed(&self) -> bool {
        self.error.is_some() || self.tests().any(|test| test.outcome.is_failed())
    }
}

/// Runs the tests of all files.
///
/// # Errors
/// A chart that cannot be loaded. What is wrong with a test is in its result.
pub fn run(files: &[TestFile], options: &Options<'_>) -> Result<Report, Error> {
    let next = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    let work = || worker(files, options, (&next, &stop));
    let workers = thread::available_parallelism().map_or(1, usize::from).min(files.len()).max(1);
    let shares = thread::scope(|scope| {
        let start = |size| thread::Builder::new().stack_size(size).spawn_scoped(scope, work);
        let threads: Vec<_> = (0..workers).filter_map(|_| start(STACK).or_else(|_| start(SMALL_STACK)).ok()).collect();
        let join = |thread: thread::ScopedJoinHandle<'_, Result<Share, Error>>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        threads.into_iter().map(join).collect::<Result<Vec<Share>, Error>>()
    })?;
    // No thread could be started where memory is short.
    let shares = if shares.is_empty() { vec![work()?] } else { shares };
    let mut results = Vec::new();
    let mut coverage = match options.coverage {
        true => Some(Coverage::of_chart(&(options.load)()?, options.compat)),
        false => None,
    };
    for share in shares {
        results.extend(share.results);
        if let (Some(all), Some(own)) = (&mut coverage, share.coverage) {
            all.merge(own);
        }
    }
    results.sort_by_key(|(at, _)| *at);
    Ok(Report { files: results.into_iter().map(|(_, result)| result).collect(), coverage })
}

/// What one thread did.
struct Share {
    results: Vec<(usize, FileResult)>,
    coverage: Option<Coverage>,
}

fn worker(
    files: &[TestFile],
    options: &Options<'_>,
    (next, stop): (&AtomicUsize, &AtomicBool),
) -> Result<Share, Error> {
    let mut share = Share { results: Vec::new(), coverage: options.coverage.then(Coverage::default) };
    let mut chart = None;
    loop {
        let at = next.fetch_add(1, Ordering::Relaxed);
        let Some(file) = files.get(at) else { return Ok(share) };
        if stop.load(Ordering::Relaxed) {
            return Ok(share);
        }
        let chart = match &mut chart {
            Some(chart) => chart,
            empty => empty.insert((options.load)()?),
        };
        let mut runner = Runner { chart, options, stop, coverage: share.coverage.as_mut() };
        share.results.push((at, runner.file(file)));
    }
}

/// One thread's tests.
struct Runner<'a> {
    chart: &'a Chart,
    options: &'a Options<'a>,
    stop: &'a AtomicBool,
    coverage: Option<&'a mut Coverage>,
}

impl Runner<'_> {
    fn file(&mut self, file: &TestFile) -> FileResult {
        let mut result = FileResult {
            path: file.path.clone(),
            suites: Vec::new(),
            snapshots: SnapshotCounts::default(),
            sources: file.sources.clone(),
            error: None,
        };
        let mut open: BTreeMap<PathBuf, Snapshots> = BTreeMap::new();
        for suite in &file.suites {
            let path = Snapshots::path(&file.path, &suite.snapshot_id);
            if !open.contains_key(&path) {
                match Snapshots::read(path.clone(), self.options.snapshots) {
                    Ok(snapshots) => drop(open.insert(path.clone(), snapshots)),
                    Err(error) => {
                        result.error = Some(error);
                        return result;
                    }
                }
            }
            let Some(snapshots) = open.get_mut(&path) else { continue };
            let suite = self.suite(suite, snapshots, &mut result.sources);
            result.suites.push(suite);
        }
        for snapshots in open.into_values() {
            match snapshots.finish() {
                Ok(counts) => add(&mut result.snapshots, counts),
                Err(error) => result.error = Some(error),
            }
        }
        result
    }

    fn suite(&mut self, suite: &Suite, snapshots: &mut Snapshots, sources: &mut Sources) -> SuiteResult {
        let mut result = SuiteResult { name: suite.name.clone(), tests: Vec::new() };
        for test in &suite.tests {
            if self.stop.load(Ordering::Relaxed) {
                snapshots.leave_incomplete();
                break;
            }
            let outcome = self.test((suite, test), snapshots, sources);
            if outcome.is_failed() && self.options.fail_fast {
                self.stop.store(true, Ordering::Relaxed);
            }
            result.tests.push(TestResult { name: test.name.clone(), span: test.span, outcome });
        }
        result
    }

    fn test(
        &mut self,
        (suite, test): (&Suite, &Test),
        snapshots: &mut Snapshots,
        sources: &mut Sources,
    ) -> TestOutcome {
        if let Some(reason) = suite.skip.as_ref().or(test.skip.as_ref()) {
            snapshots.keep(&test.name);
            return TestOutcome::Skipped(reason.clone());
        }
        let coverage = self.coverage.as_deref_mut();
        verdict::of_test((self.chart, suite, test), self.options, (snapshots, sources), coverage)
    }
}

fn add(sum: &mut SnapshotCounts, more: SnapshotCounts) {
    sum.compared += more.compared;
    sum.created += more.created;
    sum.different += more.different;
    sum.stale += more.stale;
    sum.incomplete |= more.incomplete;
}
