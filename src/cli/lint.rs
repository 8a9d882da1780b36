//! `chartwright lint`.

use super::args::GlobalArgs;
use super::flags::help;
use super::lint_report::{self, Identity, Linted, Output};
use super::options;
use super::run_template;
use super::template::ValueArgs;
use super::ui::{ExitStatus, Outcome, Stop, Ui};
use crate::chart::{self, Chart, Notices};
use crate::config::Config;
use crate::dependency::local;
use crate::diagnostic::{Diagnostic, Error, ErrorKind, Severity};
use crate::funcs::crypto::world_of_known_keys;
use crate::lint::parity::PARITY;
use crate::lint::{self, Finding, Level, Levels, Request, Rule, manual, page, rules};
use crate::render::{Capabilities, KubeVersion, Parses};
use crate::value::Map;
use crate::values::merge_layers;
use crate::world::KeepingWorld;
use clap::Args;
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

/// Look for faults in charts; each finding points at the line to change.
///
/// Exit status: 0 without an error, 1 with one (with --strict also with a warning), 2 if chartwright could not work.
#[derive(Debug, Args)]
pub(super) struct LintArgs {
    /// Charts: folders, archives, or folders with charts somewhere below
    #[arg(value_name = "PATH", required_unless_present_any = ["explain", "list_rules"])]
    paths: Vec<String>,
    /// Fail on warnings too
    #[arg(long)]
    strict: bool,
    #[arg(long, help = help("kube-version"), value_name = "VERSION", default_value = "", hide_default_value = true)]
    kube_version: String,
    /// Namespace of the release that is rendered
    #[arg(short, long, default_value = "", hide_default_value = true)]
    namespace: String,
    /// Which rules look
    #[arg(long, value_enum, default_value_t, value_name = "SET")]
    rules: RuleSet,
    /// How findings are told
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    output: Output,
    /// Print the manual page of a rule
    #[arg(long, value_name = "RULE")]
    explain: Option<String>,
    /// Print all rules with their groups and levels
    #[arg(long)]
    list_rules: bool,
    /// Leave out the findings of an earlier report (--output json), each with its reason
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Mend what can be mended without a doubt, in the files of chart folders
    #[arg(long)]
    fix: bool,
    /// Show the findings in vendored subcharts one by one
    #[arg(long)]
    vendored: bool,
    /// Compare versions of charts with those at this git revision
    #[arg(long, value_name = "REVISION")]
    since: Option<String>,
    #[command(flatten)]
    values: ValueArgs,
}

/// A set of rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum RuleSet {
    /// Those that settings do not turn off
    #[default]
    Set,
    /// What `helm lint` checks, and no more
    Helm,
    /// All, with the pedantic ones as warnings
    All,
}

impl RuleSet {
    /// The levels of settings under this choice.
    fn apply(self, mut levels: Levels) -> Levels {
        if self == RuleSet::Set {
            return levels;
        }
        let helm = |rule: &Rule| PARITY.iter().any(|row| row.tool == "helm lint" && row.rules.contains(&rule.name));
        for rule in rules() {
            let level = match self {
                RuleSet::Helm if !helm(rule) => Level::Off,
                RuleSet::All if levels.of(rule) == Level::Off => Level::Warning,
                _ => continue,
            };
            // Every rule has a level under its own name.
            let _ = levels.set(rule.name, level);
        }
        levels
    }
}

impl LintArgs {
    /// Lints every chart; one that cannot be read keeps none of the others from being linted.
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        if let Some(name) = &self.explain {
            return explain(name, ui);
        }
        if self.list_rules {
            let rows =
                rules().map(|rule| format!("{}\t{}\t{}\n", rule.name, rule.group.name(), rule.group.level().name()));
            ui.print(rows.collect::<String>())?;
            return Ok(ExitStatus::Success);
        }
        let charts = self.charts()?;
        let (values, mut files) = self.user_values(global)?;
        if charts.len() > 1 {
            // What one chart does not read may be meant for another one.
            files.clear();
        }
        let known = self.baseline.as_deref().map(read_baseline).transpose()?.unwrap_or_default();
        let mut linted = Vec::new();
        let (world, parses) = (world_of_known_keys(), Parses::new(global.helm_compat));
        for path in charts {
            let lint = |ui: &mut Ui| {
                let mut one = self.lint(&path, (&values, &files), (&world.again(), &parses), (global, &mut *ui))?;
                one.findings.retain(|finding| !is_known(&known, &lint_report::identity(finding, &ui.sources)));
                Ok::<Linted, Stop>(one)
            };
            let mut one = lint(ui)?;
            if self.fix && fix(&path, &one.findings, ui)? {
                one = lint(ui)?;
            }
            if !self.vendored {
                fold(&mut one);
            }
            linted.push(one);
        }
        let status = self.status(&linted);
        lint_report::print(self.output, &linted, ui)?;
        Ok(status)
    }

    /// The values that the user names, and the files among their sources.
    fn user_values(&self, global: &GlobalArgs) -> Result<(Map, ValuesFiles), Stop> {
        let options = self.values.options()?;
        let mut files = Vec::new();
        let mut read = |name: &str| {
            let text = run_template::read_values_file(name)?;
            if options.files.iter().any(|file| file == name) {
                files.push((name.to_owned(), text.clone()));
            }
            Ok(text)
        };
        let values = merge_layers(&run_template::layers(&options), global.helm_compat, &mut read)?;
        Ok((values, files))
    }

    fn status(&self, linted: &[Linted]) -> ExitStatus {
        let lowest = if self.strict { Severity::Warning } else { Severity::Error };
        let mut findings = linted.iter().flat_map(|one| &one.findings);
        match findings.any(|finding| finding.diagnostic.severity >= lowest) {
            true => ExitStatus::Content,
            false => ExitStatus::Success,
        }
    }

    /// The charts that the paths name, those below a folder in the order of a walk.
    fn charts(&self) -> Result<Vec<PathBuf>, Stop> {
        let mut found = Vec::new();
        for path in self.paths.iter().map(PathBuf::from) {
            if path.is_file() || path.join("Chart.yaml").is_file() {
                found.push(path);
                continue;
            }
            let before = found.len();
            let mut walk = walkdir::WalkDir::new(&path).sort_by_file_name().into_iter();
            while let Some(entry) = walk.next() {
                let entry = entry.map_err(|error| Error::io("cannot read", &path, error.into()))?;
                if entry.file_type().is_dir() && entry.path().join("Chart.yaml").is_file() {
                    found.push(entry.into_path());
                    walk.skip_current_dir();
                }
            }
            if found.len() == before {
                let message = format!("no chart in `{}`", path.display());
                return Err(Error::new(ErrorKind::Usage, message)
                    .hint("a chart is a folder with a `Chart.yaml`")
                    .into());
            }
        }
        Ok(found)
    }

    fn lint(
        &self,
        path: &Path,
        (values, values_files): (&Map, &[(String, Vec<u8>)]),
        (world, parses): (&KeepingWorld, &Parses),
        (global, ui): (&GlobalArgs, &mut Ui),
    ) -> Result<Linted, Stop> {
        let shown = path.to_string_lossy().into_owned();
        let load = run_template::load_options(global.helm_compat, global.limits());
        let levels = self.rules.apply(levels(path, ui)?);
        let mut linted = Linted { path: shown.clone(), findings: Vec::new(), folded: BTreeMap::new() };
        let loaded = Chart::load(path, &load, &mut Notices::new()).and_then(|mut chart| {
            if path.is_dir() {
                // What is said of copies that differ from their folders is said by `dependency`.
                local::attach(&mut chart, path, &load, (&mut Notices::new(), &mut ui.sources))?;
            }
            Ok(chart)
        });
        let chart = match loaded {
            Ok(chart) => chart,
            Err(error) => {
                linted.findings.push(unreadable(path, &error, ui));
                return Ok(linted);
            }
        };
        let capabilities = self.capabilities(global)?;
        let namespace = options::namespace(&self.namespace);
        let name = |inner: &str| format!("{}/{inner}", shown.trim_end_matches('/'));
        let request = Request {
            values,
            values_files,
            compat: global.helm_compat,
            capabilities: &capabilities,
            namespace: &namespace,
            world,
            parses,
            levels: &levels,
            previous: self.since.as_deref().map(|since| previous(path, since)).transpose()?.flatten(),
            name: &name,
        };
        linted.findings = lint::lint(&chart, &request, &mut ui.sources);
        Ok(linted)
    }

    fn capabilities(&self, global: &GlobalArgs) -> Result<Capabilities, Stop> {
        let known = Capabilities::of_helm(global.helm_compat);
        if self.kube_version.is_empty() {
            return Ok(known);
        }
        let version = KubeVersion::parse(&self.kube_version, global.helm_compat);
        Ok(known.with_kube_version(version.map_err(|fault| Error::new(ErrorKind::Usage, fault.message()))?))
    }
}

/// Values files that the user names, with their texts.
type ValuesFiles = Vec<(String, Vec<u8>)>;

fn explain(name: &str, ui: &mut Ui) -> Outcome {
    if name == "all" {
        ui.print(manual())?;
        return Ok(ExitStatus::Success);
    }
    let Some(rule) = lint::rule(name) else {
        let error = Error::new(ErrorKind::Usage, format!("there is no rule `{name}`"));
        let near = crate::diagnostic::nearest(name, rules().map(|rule| rule.name.as_bytes()));
        return Err(match near {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint("--list-rules prints all rules"),
        }
        .into());
    };
    ui.print(page(rule))?;
    Ok(ExitStatus::Success)
}

/// The finding that a chart cannot be read, at the file that is to blame.
fn unreadable(path: &Path, error: &Error, ui: &mut Ui) -> Finding {
    let diagnostic = Diagnostic { hints: error.hints().to_vec(), ..Diagnostic::error(error.message()) };
    let blamed =
        ["values.yaml", "Chart.yaml"].into_iter().find(|name| error.message().contains(name)).unwrap_or("Chart.yaml");
    let file = path.join(blamed);
    let text = chart::read_file(&file).unwrap_or_default();
    let line = crate::yaml::parse_all(&text, Default::default()).err().and_then(|error| error.offset()).unwrap_or(0);
    let id = ui.sources.add(crate::source::Source::new(file.to_string_lossy(), text));
    let diagnostic = Diagnostic { rule: Some("unreadable-file"), ..diagnostic };
    let diagnostic = diagnostic.at(crate::source::Span::new(id, line, line + 1));
    Finding { diagnostic, subchart: None, output: None, implied: Vec::new(), fix: None }
}

/// The levels of the nearest `chartwright.toml`.
pub(super) fn levels(path: &Path, ui: &mut Ui) -> Result<Levels, Stop> {
    let start = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
    let config = Config::find(start, &mut ui.sources)?;
    let mut levels = Levels::default();
    for (name, level, place) in &config.lint {
        let refuse = |message: String| Stop::Content(vec![Diagnostic::error(message).at(*place)]);
        let level = Level::named(level);
        let level = level.ok_or_else(|| refuse("expected off, info, warning or error".to_owned()))?;
        levels.set(name, level).map_err(|name| refuse(format!("there is no rule or group `{name}`")))?;
    }
    Ok(levels)
}

/// `Chart.yaml` of a chart at a revision; none where the chart is new.
fn previous(path: &Path, since: &str) -> Result<Option<Vec<u8>>, Error> {
    let git = |arguments: &[&str]| std::process::Command::new("git").arg("-C").arg(path).args(arguments).output();
    let failed = |error| Error::io("cannot run git in", path, error);
    let commit = format!("{since}^{{commit}}");
    let known = git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &commit]).map_err(failed)?;
    if !known.status.success() {
        return Err(Error::new(ErrorKind::Usage, format!("git knows no revision `{}`", since.escape_debug())));
    }
    let revision = String::from_utf8_lossy(&known.stdout).trim().to_owned();
    let file = git(&["show", &format!("{revision}:./Chart.yaml")]).map_err(failed)?;
    Ok(file.status.success().then_some(file.stdout))
}

/// Mends findings in the own files of a chart folder; whether a file was changed.
fn fix(path: &Path, findings: &[Finding], ui: &mut Ui) -> Result<bool, Stop> {
    let mut changed = false;
    for mended in lint::mend(findings, &ui.sources) {
        let Some(source) = ui.sources.get(mended.source) else { continue };
        let file = PathBuf::from(source.name());
        let is_own = path.is_dir() && file.starts_with(path) && !file.is_symlink();
        // A file that somebody changed in the meantime is left alone.
        if !is_own || chart::read_file(&file)? != source.text() {
            continue;
        }
        crate::repository::replace(&file, &mended.text)?;
        let findings = if mended.count == 1 { "finding" } else { "findings" };
        ui.say(&format!("mended {} {findings} in {}", mended.count, file.display()));
        changed = true;
    }
    Ok(changed)
}

/// Counts the findings of vendored subcharts instead of showing them.
fn fold(linted: &mut Linted) {
    let (vendored, own) = std::mem::take(&mut linted.findings).into_iter().partition(|one| one.subchart.is_some());
    linted.findings = own;
    let vendored: Vec<Finding> = vendored;
    for finding in vendored {
        *linted.folded.entry(finding.subchart.unwrap_or_default()).or_insert(0) += 1;
    }
}

/// Whether a baseline has a finding; it names files from wherever its report was made.
fn is_known(known: &HashSet<Identity>, (rule, file, message): &Identity) -> bool {
    known.iter().any(|(known_rule, known_file, known_message)| {
        let rest = file.strip_suffix(known_file.as_str());
        let is_file = rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('/') || known_file.is_empty());
        known_rule == rule && known_message == message && is_file
    })
}

fn read_baseline(path: &Path) -> Result<HashSet<Identity>, Error> {
    let text = chart::read_file(path)?;
    let refuse =
        |why: String| Error::new(ErrorKind::Content, format!("cannot read the baseline `{}`: {why}", path.display()));
    let report: serde_json::Value = serde_json::from_slice(&text).map_err(|error| refuse(error.to_string()))?;
    let charts = report["charts"].as_array().ok_or_else(|| refuse("it has no `charts`".to_owned()))?;
    let findings = charts.iter().filter_map(|chart| chart["findings"].as_array()).flatten();
    let field = |finding: &serde_json::Value, name: &str| finding[name].as_str().unwrap_or_default().to_owned();
    Ok(findings.map(|one| (field(one, "rule"), field(one, "file"), field(one, "message"))).collect())
}
