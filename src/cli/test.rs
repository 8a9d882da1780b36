//! `chartwright test`.

use super::args::GlobalArgs;
use super::coverage;
use super::run_template;
use super::test_archive::TestRoot;
use super::test_report;
use super::ui::{ExitStatus, Outcome, Stop, Ui};
use crate::chart::{Chart, Compat, LoadOptions, Notices, glob, read_file};
use crate::dependency::local;
use crate::diagnostic::{Diagnostic, Error, ErrorKind};
use crate::source::Sources;
use crate::template::Limits;
use crate::unit_test::{self, Options, Report, SnapshotMode, TestFile};
use crate::values::{Layer, merge_layers, process_dependencies};
use clap::Args;
use std::path::{Path, PathBuf};

/// Run the unit tests of charts, in helm-unittest's format.
///
/// Test files are `tests/*_test.yaml` and `tests/*.yaml` of the chart and of the subcharts in `charts/`. A failing
/// assertion is shown with its line and with the template line that wrote the value.
#[derive(Debug, Args)]
pub(super) struct TestArgs {
    /// Folders of charts, or archives with tests in them
    #[arg(required = true, value_name = "CHART")]
    charts: Vec<PathBuf>,
    /// Test files, as patterns relative to the chart; `tests/*.yaml` by default, as far as they are test files
    #[arg(short, long = "file", value_name = "GLOB")]
    files: Vec<String>,
    /// Values files for every test
    #[arg(short = 'v', long, value_name = "FILE")]
    values: Vec<PathBuf>,
    /// Take all snapshots as they are now, and delete stale ones
    #[arg(short, long, conflicts_with = "strict")]
    update_snapshot: bool,
    /// For CI: write nothing, and fail where a snapshot is missing or stale
    #[arg(long)]
    strict: bool,
    /// Stop at the first test that fails
    #[arg(long)]
    failfast: bool,
    /// Leave out the tests of subcharts
    #[arg(long)]
    no_subcharts: bool,
    /// How verdicts are told
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    output: Output,
    /// Write the verdicts into a file; --output defaults to junit then
    #[arg(long, value_name = "FILE")]
    output_file: Option<PathBuf>,
    /// Count which lines and branches of the templates are executed
    #[arg(long, value_enum, value_name = "FORMAT", num_args = 0..=1, default_missing_value = "text", require_equals = true)]
    coverage: Option<coverage::Format>,
    /// Write the coverage into a file
    #[arg(long, value_name = "FILE", requires = "coverage")]
    coverage_file: Option<PathBuf>,
    /// Fail where fewer lines are executed
    #[arg(long, value_name = "PERCENT", requires = "coverage")]
    coverage_least: Option<f64>,
}

/// How verdicts are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Output {
    /// Failures for people, and a count.
    #[default]
    Text,
    /// One JSON document.
    Json,
    /// JUnit's XML.
    Junit,
}

/// What became of one chart.
pub(super) struct ChartReport {
    /// Its place as the user named it.
    pub(super) path: PathBuf,
    /// Its name.
    pub(super) name: String,
    /// Its tests.
    pub(super) report: Report,
}

impl TestArgs {
    /// Runs the tests of all charts; one that cannot be tested keeps none of the others from being tested.
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        self.check_streams()?;
        let mut reports = Vec::new();
        let mut refused = false;
        for path in &self.charts {
            match self.test_chart(path, global) {
                Ok(report) => {
                    let failed = report.report.files.iter().any(unit_test::FileResult::is_failed);
                    reports.push(report);
                    if failed && self.failfast {
                        break;
                    }
                }
                Err(Trouble::Content(sources, diagnostics)) => {
                    refused = true;
                    test_report::tell(&diagnostics, sources, ui);
                }
                Err(Trouble::Error(error)) if matches!(error.kind(), ErrorKind::Content | ErrorKind::Limit) => {
                    refused = true;
                    let message = format!("`{}`: {error}", path.display());
                    ui.warn(&Diagnostic { hints: error.hints().to_vec(), ..Diagnostic::error(message) });
                }
                Err(Trouble::Error(error)) => return Err(error.into()),
            }
        }
        let summary = self.tell(&mut reports, ui)?;
        let covered = self.tell_coverage(&reports, ui)?;
        let stale = self.strict && summary.stale > 0;
        let wrong = refused || summary.failed > 0 || summary.broken > 0 || stale || !covered;
        Ok(if wrong { ExitStatus::Content } else { ExitStatus::Success })
    }

    /// Whether the coverage is a document that standard output has to itself.
    fn prints_coverage(&self) -> bool {
        let is_document = self.coverage.is_some_and(|format| format != coverage::Format::Text);
        is_document && self.coverage_file.is_none()
    }

    /// Standard output takes one document.
    fn check_streams(&self) -> Result<(), Error> {
        let prints_verdicts = self.output != Output::Text && self.output_file.is_none();
        match prints_verdicts && self.coverage.is_some() && self.coverage_file.is_none() {
            true => {
                let message = "verdicts and coverage cannot both go to standard output";
                Err(Error::new(ErrorKind::Usage, message).hint("name a file with `--coverage-file` or `--output-file`"))
            }
            false => Ok(()),
        }
    }

    fn test_chart(&self, path: &Path, global: &GlobalArgs) -> Result<ChartReport, Trouble> {
        let (compat, limits) = (global.helm_compat, global.limits());
        let root = TestRoot::open(path, &run_template::load_options(compat, limits))?;
        if root.is_archive() && self.update_snapshot {
            let message = format!("`--update-snapshot` cannot write into the archive `{}`", path.display());
            return Err(Error::new(ErrorKind::Usage, message).hint("name the folder of the chart").into());
        }
        let load = || load(root.folder(), &run_template::load_options(compat, limits));
        let chart = load()?;
        let files = self.files(root.folder(), &chart, compat).map_err(|trouble| match trouble {
            Trouble::Content(mut sources, diagnostics) => {
                root.rename(&mut sources);
                Trouble::Content(sources, diagnostics)
            }
            trouble => trouble,
        })?;
        let mut bounds = Limits::default();
        bounds.steps = limits.steps.unwrap_or(bounds.steps);
        let output = limits.output_bytes.map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
        bounds.output = output.unwrap_or(bounds.output);
        let options = Options {
            compat,
            limits: bounds,
            root: root.folder(),
            load: &load,
            values: self.values.clone(),
            snapshots: match (self.update_snapshot, self.strict) {
                (true, _) => SnapshotMode::Update,
                // Nobody would see again what is written beside an unpacked test.
                (_, strict) if strict || root.is_archive() => SnapshotMode::Check,
                _ => SnapshotMode::Create,
            },
            fail_fast: self.failfast,
            coverage: self.coverage.is_some(),
        };
        let mut report = unit_test::run(&files, &options)?;
        for file in &mut report.files {
            root.rename(&mut file.sources);
            file.path = root.shown(&file.path);
        }
        let foreign = foreign_folders(&chart, chart.name(), self.no_subcharts);
        if let Some(coverage) = &mut report.coverage {
            coverage.leave_out(|name| foreign.iter().any(|folder| name.starts_with(folder)));
        }
        Ok(ChartReport { path: path.to_owned(), name: chart.name().to_owned(), report })
    }

    /// The test files of a chart and its subcharts, read; all that is wrong with any of them is told at once.
    fn files(&self, root: &Path, chart: &Chart, compat: Compat) -> Result<Vec<TestFile>, Trouble> {
        let mut found = Vec::new();
        let layers: Vec<Layer> =
            self.values.iter().map(|path| Layer::File(path.to_string_lossy().into_owned())).collect();
        let user = merge_layers(&layers, compat, &mut |name| read_file(Path::new(name)))?;
        // Subcharts that these values switch off have no tests.
        let mut enabled = chart.clone();
        process_dependencies(&mut enabled, &user, compat, &mut Notices::new())?;
        self.find(root, (chart, &enabled), &mut Vec::new(), &mut found)?;
        let mut read = Vec::new();
        let (mut all, mut wrong) = (Sources::new(), Vec::new());
        for (path, route) in found {
            let text = read_file(&path)?;
            let mut sources = Sources::new();
            match unit_test::read(&path, text.clone(), &route, &mut sources) {
                Ok(suites) => read.push(TestFile { path, suites, sources }),
                // Once more, so that the diagnostics of all files lie in one set of sources.
                Err(_) => wrong.extend(unit_test::read(&path, text, &route, &mut all).err().unwrap_or_default()),
            }
        }
        if wrong.is_empty() { Ok(read) } else { Err(Trouble::Content(all, wrong)) }
    }

    fn find(
        &self,
        root: &Path,
        (chart, enabled): (&Chart, &Chart),
        route: &mut Vec<String>,
        found: &mut Vec<(PathBuf, Vec<String>)>,
    ) -> Result<(), Error> {
        let mut own = Vec::new();
        for pattern in &self.files {
            // A file that is named has to be there, but not in every subchart.
            if route.is_empty() || is_pattern(pattern) || root.join(pattern).is_file() {
                own.extend(matching(root, pattern)?);
            }
        }
        if self.files.is_empty() {
            let all = matching(root, "tests/*.y*ml")?;
            own.extend(all.into_iter().filter(|path| is_test_file(path)));
        }
        own.sort();
        own.dedup();
        found.extend(own.into_iter().map(|path| (path, route.clone())));
        if self.no_subcharts {
            return Ok(());
        }
        for sub in &chart.dependencies {
            let folder = root.join("charts").join(sub.name());
            let declared = chart.metadata.dependencies().iter().filter(|dependency| dependency.name == sub.name());
            let mut names = declared.map(|dependency| dependency.alias.as_str()).chain([sub.name()]);
            let inner = names.find_map(|name| enabled.dependencies.iter().find(|chart| chart.name() == name));
            if let Some(inner) = inner.filter(|_| folder.is_dir()) {
                route.push(sub.name().to_owned());
                self.find(&folder, (sub, inner), route, found)?;
                route.pop();
            }
        }
        Ok(())
    }

    fn tell(&self, reports: &mut [ChartReport], ui: &mut Ui) -> Result<test_report::Summary, Stop> {
        let output = match (self.output, &self.output_file) {
            (Output::Text, Some(_)) => Output::Junit,
            (output, _) => output,
        };
        let summary = test_report::Summary::of(reports);
        let document = match output {
            Output::Text => None,
            Output::Json => Some(test_report::json(reports, &summary)),
            Output::Junit => Some(test_report::junit(reports)),
        };
        test_report::tell_all(reports, &summary, self.strict, ui);
        match (document, &self.output_file) {
            (None, _) if self.prints_coverage() => {}
            (None, _) => test_report::print_suites(reports, ui)?,
            (Some(text), None) => {
                ui.print(text)?;
                return Ok(summary);
            }
            (Some(text), Some(path)) => write(path, &text)?,
        }
        match self.prints_coverage() {
            true => ui.say(summary.line().trim_end()),
            false => ui.print(summary.line())?,
        }
        Ok(summary)
    }

    /// Whether enough lines were executed.
    fn tell_coverage(&self, reports: &[ChartReport], ui: &mut Ui) -> Result<bool, Stop> {
        let Some(format) = self.coverage else { return Ok(true) };
        let measured = coverage::Measured::of(reports);
        let text = measured.text(format);
        match &self.coverage_file {
            Some(path) => write(path, &text)?,
            None => ui.print(text)?,
        }
        let Some(least) = self.coverage_least else { return Ok(true) };
        let found = measured.percent();
        if found < least {
            let message = format!("expected at least {least} % of the lines to be executed, found {found:.1} %");
            ui.warn(&Diagnostic::error(message));
        }
        Ok(found >= least)
    }
}

/// Why a chart cannot be tested.
enum Trouble {
    /// Its test files are wrong.
    Content(Sources, Vec<Diagnostic>),
    Error(Error),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Trouble {
        Trouble::Error(error)
    }
}

fn load(path: &Path, options: &LoadOptions) -> Result<Chart, Error> {
    let mut chart = Chart::load(path, options, &mut Notices::new())?;
    local::attach(&mut chart, path, options, (&mut Notices::new(), &mut Sources::new()))?;
    Ok(chart)
}

/// The folders of subcharts whose templates are not the chart's to cover: library charts, or all of them.
fn foreign_folders(chart: &Chart, path: &str, all: bool) -> Vec<String> {
    let mut found = Vec::new();
    for sub in &chart.dependencies {
        let declared = chart.metadata.dependencies().iter().filter(|one| one.name == sub.name());
        let aliases = declared.map(|one| one.alias.as_str()).filter(|alias| !alias.is_empty());
        for name in aliases.chain([sub.name()]) {
            let folder = format!("{path}/charts/{name}/");
            match all || sub.is_library() {
                true => found.push(folder),
                false => found.extend(foreign_folders(sub, folder.trim_end_matches('/'), all)),
            }
        }
    }
    found
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// The files below a folder that a pattern means; a name without `*` has to be there.
fn matching(root: &Path, pattern: &str) -> Result<Vec<PathBuf>, Error> {
    if !is_pattern(pattern) {
        let path = root.join(pattern);
        let path = if path.is_file() { path } else { PathBuf::from(pattern) };
        return match path.is_file() {
            true => Ok(vec![path]),
            false => Err(Error::new(ErrorKind::Usage, format!("no file `{pattern}` in `{}`", root.display()))),
        };
    }
    let parts: Vec<&str> = pattern.split('/').collect();
    let start: PathBuf = parts.iter().take_while(|part| !is_pattern(part)).collect();
    let mut found = Vec::new();
    let walk = walkdir::WalkDir::new(root.join(start)).max_depth(32).sort_by_file_name();
    for entry in walk {
        // A chart without tests has no such folder.
        let Ok(entry) = entry else { continue };
        let inner = entry.path().strip_prefix(root).unwrap_or(entry.path()).to_string_lossy().into_owned();
        if entry.file_type().is_file() && fits(&parts, &inner.split('/').collect::<Vec<_>>())? {
            found.push(entry.into_path());
        }
    }
    Ok(found)
}

/// Whether the parts of a path fit those of a pattern, in which `**` stands for any number of folders.
fn fits(pattern: &[&str], path: &[&str]) -> Result<bool, Error> {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => Ok(true),
        (Some((&"**", rest)), _) if fits(rest, path)? => Ok(true),
        (Some((&"**", _)), Some((_, below))) => fits(pattern, below),
        (Some((part, rest)), Some((name, below))) => {
            let fits_part =
                glob::matches(part, name).map_err(|why| Error::new(ErrorKind::Usage, format!("`{part}`: {why}")));
            Ok(fits_part? && fits(rest, below)?)
        }
        _ => Ok(false),
    }
}

/// Whether a file beside the tests is one of them: by its name, or because it declares tests. Values for tests often lie
/// there too.
fn is_test_file(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if name.ends_with("_test.yaml") || name.ends_with("_test.yml") {
        return true;
    }
    let Ok(text) = read_file(path) else { return false };
    text.split(|byte| *byte == b'\n').any(|line| line.starts_with(b"tests:") || line.starts_with(b"suite:"))
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    let beside = path.with_extension(format!("{}.new", std::process::id()));
    let written = std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, path));
    written.map_err(|error| {
        let _ = std::fs::remove_file(&beside);
        Error::io("cannot write", path, error)
    })
}
