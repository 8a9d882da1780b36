//! `helm lint`.

use super::pflag::Parsed;
use super::refuse;
use super::template::value_options;
use crate::chart::{Compat, Notices};
use crate::cli::options::{self, LimitOptions};
use crate::cli::run_template;
use crate::cli::system::SystemWorld;
use crate::cli::ui::{ExitStatus, Outcome, Stop, Ui};
use crate::diagnostic::{Error, ErrorKind};
use crate::lint::helm::{self, Message, Options, Severity};
use crate::render::action::SchemaCheck;
use crate::render::{Capabilities, KubeVersion, Parses};
use std::path::{Path, PathBuf};

/// Lints every path and prints what Helm prints.
pub(super) fn run(parsed: &Parsed, ui: &mut Ui) -> Outcome {
    let compat = options::compat(parsed.text("helm-compat")).map_err(refuse)?;
    let capabilities = capabilities(parsed, compat)?;
    let mut paths: Vec<PathBuf> = parsed.arguments.iter().map(PathBuf::from).collect();
    if parsed.is_on("with-subcharts") {
        let below: Vec<PathBuf> = paths.iter().flat_map(|path| subcharts(path)).collect();
        paths.extend(below);
    }
    let values = run_template::user_values(&value_options(parsed), compat)?;
    let (namespace, world) = (options::namespace(parsed.text("namespace")), SystemWorld::default());
    let skip = parsed.is_on("skip-schema-validation");
    let options = Options {
        load: run_template::load_options(compat, LimitOptions::default()),
        namespace: &namespace,
        capabilities: &capabilities,
        schema: if skip { SchemaCheck::Skip } else { SchemaCheck::Validate },
        world: &world,
        parses: &Parses::new(compat),
    };
    let mut report = Report { quiet: parsed.is_on("quiet"), strict: parsed.is_on("strict"), ..Report::default() };
    for path in &paths {
        let mut notices = Notices::new();
        let linted = helm::lint(path, &values, &options, &mut notices);
        ui.log_all(notices);
        report.add(path, linted);
    }
    ui.print(&report.text)?;
    let summary = format!("{} chart(s) linted, {} chart(s) failed", paths.len(), report.failed);
    if report.failed > 0 {
        return Err(refuse_charts(summary));
    }
    if !report.quiet || report.speaks {
        ui.print(format!("{summary}\n"))?;
    }
    Ok(ExitStatus::Success)
}

fn refuse_charts(summary: String) -> Stop {
    Stop::Error(Error::new(ErrorKind::Content, summary))
}

fn capabilities(parsed: &Parsed, compat: Compat) -> Result<Capabilities, Stop> {
    let known = Capabilities::of_helm(compat);
    match parsed.text("kube-version") {
        "" => Ok(known),
        text => {
            let version = KubeVersion::parse(text, compat).map_err(|fault| refuse(fault.message()))?;
            Ok(known.with_kube_version(version))
        }
    }
}

/// The charts below `charts/` of a folder, in the order of a walk that follows no links.
fn subcharts(path: &Path) -> Vec<PathBuf> {
    let top = crate::chart::os::join(&path.to_string_lossy(), "charts");
    let walk = walkdir::WalkDir::new(&top).follow_root_links(false).sort_by_file_name();
    let found = walk.into_iter().flatten().filter_map(|entry| {
        let path = entry.path();
        if entry.file_name() == "Chart.yaml" {
            return path.parent().map(Path::to_owned);
        }
        let name = path.to_string_lossy();
        (name.ends_with(".tgz") || name.ends_with(".tar.gz")).then(|| path.to_owned())
    });
    found.collect()
}

#[derive(Default)]
struct Report {
    text: String,
    quiet: bool,
    strict: bool,
    failed: usize,
    /// Whether there is a warning or an error.
    speaks: bool,
}

impl Report {
    fn add(&mut self, path: &Path, linted: Result<Vec<Message>, Error>) {
        let messages = linted.as_ref().map_or(&[][..], Vec::as_slice);
        let lowest = if self.strict { Severity::Warning } else { Severity::Error };
        let fails = linted.is_err() || messages.iter().any(|message| message.severity >= lowest);
        let speaks = fails || messages.iter().any(|message| message.severity > Severity::Info);
        self.failed += usize::from(fails);
        self.speaks |= speaks;
        if self.quiet && !speaks {
            return;
        }
        self.text.push_str(&format!("==> Linting {}\n", path.display()));
        if let Err(error) = &linted {
            self.text.push_str(&format!("Error {error}\n"));
        }
        let shown = messages.iter().filter(|message| !self.quiet || message.severity > Severity::Info);
        shown.for_each(|message| self.text.push_str(&format!("{message}\n")));
        self.text.push('\n');
    }
}
