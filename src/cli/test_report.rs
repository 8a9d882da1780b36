//! What `chartwright test` tells: failures for people, JSON and JUnit for programs.

use super::report::{self, Style, harmless};
use super::test::ChartReport;
use super::ui::{Stop, Ui};
use crate::diagnostic::Diagnostic;
use crate::source::Sources;
use crate::unit_test::{FileResult, SuiteResult, TestOutcome, TestResult};
use std::fmt::Write;

/// The counts of a run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Summary {
    pub(super) passed: usize,
    pub(super) failed: usize,
    pub(super) skipped: usize,
    pub(super) suites: usize,
    /// Files whose snapshots are out of reach.
    pub(super) broken: usize,
    pub(super) snapshots: usize,
    pub(super) created: usize,
    pub(super) stale: usize,
}

impl Summary {
    /// Counts what became of all charts.
    pub(super) fn of(reports: &[ChartReport]) -> Summary {
        let mut sum = Summary::default();
        for file in files(reports) {
            sum.suites += file.suites.len();
            sum.broken += usize::from(file.error.is_some());
            sum.snapshots += file.snapshots.compared;
            sum.created += file.snapshots.created;
            sum.stale += file.snapshots.stale;
            for test in file.tests() {
                match test.outcome {
                    TestOutcome::Passed => sum.passed += 1,
                    TestOutcome::Failed(_) => sum.failed += 1,
                    TestOutcome::Skipped(_) => sum.skipped += 1,
                }
            }
        }
        sum
    }

    /// One line for people.
    pub(super) fn line(&self) -> String {
        let plural = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
        let tests = plural(self.passed + self.failed + self.skipped, "test");
        let mut line = format!("{tests} in {}: {} passed", plural(self.suites, "suite"), self.passed);
        for (count, word) in [(self.failed, "failed"), (self.skipped, "skipped")] {
            if count > 0 {
                let _ = write!(line, ", {count} {word}");
            }
        }
        if self.snapshots + self.stale > 0 {
            let _ = write!(line, "; {}", plural(self.snapshots, "snapshot"));
        }
        for (count, word) in [(self.created, "new"), (self.stale, "stale")] {
            if count > 0 {
                let _ = write!(line, ", {count} {word}");
            }
        }
        line.push('\n');
        line
    }
}

fn files(reports: &[ChartReport]) -> impl Iterator<Item = &FileResult> {
    reports.iter().flat_map(|chart| &chart.report.files)
}

/// Tells diagnostics that point into sources of their own.
pub(super) fn tell(diagnostics: &[Diagnostic], sources: Sources, ui: &mut Ui) {
    let own = std::mem::replace(&mut ui.sources, sources);
    diagnostics.iter().for_each(|diagnostic| ui.warn(diagnostic));
    ui.sources = own;
}

/// Tells every failure, stale snapshots and charts without tests.
pub(super) fn tell_all(reports: &mut [ChartReport], summary: &Summary, strict: bool, ui: &mut Ui) {
    for chart in reports {
        if chart.report.files.is_empty() {
            let message = format!("`{}` has no test files", chart.path.display());
            let hint = "put them into `tests/`, named `*_test.yaml`";
            ui.warn(&Diagnostic::warning(message).hint(hint));
        }
        for file in &mut chart.report.files {
            let sources = std::mem::take(&mut file.sources);
            let named: Vec<Diagnostic> = file.tests().flat_map(named).collect();
            tell(&named, sources.clone(), ui);
            file.sources = sources;
            if let Some(error) = &file.error {
                let hints = error.hints().to_vec();
                ui.warn(&Diagnostic { hints, ..Diagnostic::error(error.message()) });
            }
            if file.snapshots.stale > 0 {
                let message =
                    format!("`{}` has {} snapshots that no test asks for", file.path.display(), file.snapshots.stale);
                let stale = if strict { Diagnostic::error(message) } else { Diagnostic::warning(message) };
                ui.warn(&stale.hint("`--update-snapshot` deletes them"));
            }
        }
    }
    if summary.created > 0 && strict {
        ui.say("note: `--strict` makes no snapshots; run without it and commit the files in `__snapshot__`");
    }
}

/// The diagnostics of a test, each with the test's name.
fn named(test: &TestResult) -> Vec<Diagnostic> {
    let TestOutcome::Failed(diagnostics) = &test.outcome else { return Vec::new() };
    let name = |diagnostic: &Diagnostic| match test.name.is_empty() {
        true => diagnostic.clone(),
        false => Diagnostic { message: format!("{}: {}", test.name, diagnostic.message), ..diagnostic.clone() },
    };
    diagnostics.iter().map(name).collect()
}

/// One line for each suite.
pub(super) fn print_suites(reports: &[ChartReport], ui: &mut Ui) -> Result<(), Stop> {
    for file in files(reports) {
        for suite in &file.suites {
            let failed = suite.tests.iter().filter(|test| test.outcome.is_failed()).count();
            let word = if failed > 0 { "FAILED" } else { "ok    " };
            let count = suite.tests.len();
            let line = format!("{word} {}: {} ({} of {count})\n", file.path.display(), suite.name, count - failed);
            ui.print(harmless(&line).as_bytes())?;
        }
    }
    Ok(())
}

/// One JSON document.
pub(super) fn json(reports: &[ChartReport], summary: &Summary) -> String {
    let charts = reports.iter().map(|chart| {
        let files = chart.report.files.iter().map(|file| {
            let suites = file.suites.iter().map(|suite| json_suite(suite, file)).collect::<Vec<_>>();
            let counts = file.snapshots;
            serde_json::json!({
                "file": file.path.to_string_lossy(), "suites": suites,
                "error": file.error.as_ref().map(|error| error.message().to_owned()),
                "snapshots": {
                    "compared": counts.compared, "created": counts.created,
                    "different": counts.different, "stale": counts.stale,
                },
            })
        });
        serde_json::json!({
            "chart": chart.name, "path": chart.path.to_string_lossy(), "files": files.collect::<Vec<_>>(),
        })
    });
    let whole = serde_json::json!({
        "charts": charts.collect::<Vec<_>>(),
        "summary": {
            "suites": summary.suites, "passed": summary.passed, "failed": summary.failed,
            "skipped": summary.skipped, "staleSnapshots": summary.stale,
        },
    });
    format!("{}\n", serde_json::to_string_pretty(&whole).unwrap_or_default())
}

fn json_suite(suite: &SuiteResult, file: &FileResult) -> serde_json::Value {
    let tests = suite.tests.iter().map(|test| {
        let (verdict, reason, failures) = match &test.outcome {
            TestOutcome::Passed => ("passed", None, Vec::new()),
            TestOutcome::Skipped(reason) => ("skipped", Some(reason), Vec::new()),
            TestOutcome::Failed(diagnostics) => {
                let failures = diagnostics.iter().map(|diagnostic| {
                    serde_json::from_str(&report::json(diagnostic, &file.sources)).unwrap_or_default()
                });
                ("failed", None, failures.collect::<Vec<serde_json::Value>>())
            }
        };
        serde_json::json!({
            "test": test.name, "line": line_of(test, file), "verdict": verdict, "reason": reason,
            "failures": failures,
        })
    });
    serde_json::json!({ "suite": suite.name, "tests": tests.collect::<Vec<_>>() })
}

fn line_of(test: &TestResult, file: &FileResult) -> Option<usize> {
    file.sources.locate(test.span).map(|(_, position)| position.line)
}

/// JUnit's XML, as Jenkins and GitLab read it.
pub(super) fn junit(reports: &[ChartReport]) -> String {
    let summary = Summary::of(reports);
    let total = summary.passed + summary.failed + summary.skipped;
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        out,
        "<testsuites name=\"chartwright test\" tests=\"{total}\" failures=\"{}\" errors=\"{}\">",
        summary.failed, summary.broken
    );
    for chart in reports {
        for file in &chart.report.files {
            file.suites.iter().for_each(|suite| junit_suite(suite, (chart, file), &mut out));
            if let Some(error) = &file.error {
                let name = attribute(&file.path.to_string_lossy());
                let text = attribute(error.message());
                let _ = writeln!(
                    out,
                    "  <testsuite name=\"{name}\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\">\n    \
                     <testcase name=\"snapshots\" classname=\"{name}\">\n      <error message=\"{text}\"/>\n    \
                     </testcase>\n  </testsuite>"
                );
            }
        }
    }
    out.push_str("</testsuites>\n");
    out
}

fn junit_suite(suite: &SuiteResult, (chart, file): (&ChartReport, &FileResult), out: &mut String) {
    let count = |wanted: fn(&TestOutcome) -> bool| suite.tests.iter().filter(|test| wanted(&test.outcome)).count();
    let failed = count(TestOutcome::is_failed);
    let skipped = count(|outcome| matches!(outcome, TestOutcome::Skipped(_)));
    let _ = writeln!(
        out,
        "  <testsuite name=\"{}\" file=\"{}\" tests=\"{}\" failures=\"{failed}\" errors=\"0\" skipped=\"{skipped}\">",
        attribute(&suite.name),
        attribute(&file.path.to_string_lossy()),
        suite.tests.len(),
    );
    for test in &suite.tests {
        let line = line_of(test, file).unwrap_or(1);
        let _ = write!(
            out,
            "    <testcase name=\"{}\" classname=\"{}\" file=\"{}\" line=\"{line}\"",
            attribute(&test.name),
            attribute(&chart.name),
            attribute(&file.path.to_string_lossy()),
        );
        match &test.outcome {
            TestOutcome::Passed => out.push_str("/>\n"),
            TestOutcome::Skipped(reason) => {
                let _ = writeln!(out, ">\n      <skipped message=\"{}\"/>\n    </testcase>", attribute(reason));
            }
            TestOutcome::Failed(diagnostics) => {
                out.push_str(">\n");
                for diagnostic in diagnostics {
                    let text = report::snippet(diagnostic, &file.sources, Style::Plain);
                    let (message, text) = (attribute(&diagnostic.message), attribute(&text));
                    let _ = writeln!(out, "      <failure message=\"{message}\">{text}</failure>");
                }
                out.push_str("    </testcase>\n");
            }
        }
    }
    out.push_str("  </testsuite>\n");
}

/// A text within XML or HTML; what XML has no way to write becomes a replacement character.
pub(super) fn attribute(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, letter| {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(letter),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            letter => out.push(letter),
        }
        out
    })
}
