//! Is an answer what the case expects?

use super::case::{Case, Expected};
use std::fmt::Write;
use std::sync::OnceLock;

/// How an answer compares.
pub(super) struct Outcome {
    expected: Expected,
    got: Expected,
    output: bool,
    error: bool,
    rest: bool,
}

impl Outcome {
    pub(super) fn is_same(&self) -> bool {
        self.output && self.error && self.rest
    }

    /// Whether the test may pass over it: a known case may differ in its error text.
    pub(super) fn is_tolerable(&self, known: bool) -> bool {
        self.output && self.rest && (self.error || known)
    }

    /// The parts that differ, `-` before what is expected and `+` before what came.
    pub(super) fn difference(&self) -> String {
        let (mut report, expected, got) = (String::new(), &self.expected, &self.got);
        if expected.rc != got.rc {
            let _ = writeln!(report, "-rc {}\n+rc {}", expected.rc, got.rc);
        }
        if !self.output {
            differing_lines(&mut report, text(&expected.stdout), text(&got.stdout));
        }
        if !self.error {
            let any = expected.error_any_of.first().map(String::as_str);
            let wanted = any.unwrap_or(text(&expected.error));
            for (want, have) in [(wanted, text(&got.error)), (text(&expected.stderr), text(&got.stderr))] {
                if want != have {
                    differing_lines(&mut report, want, have);
                }
            }
        }
        if expected.files != got.files || expected.tree != got.tree {
            let _ = writeln!(report, "-{:?} {:?}\n+{:?} {:?}", expected.files, expected.tree, got.files, got.tree);
        }
        report
    }
}

fn differing_lines(report: &mut String, want: &str, have: &str) {
    let (want, have): (Vec<_>, Vec<_>) = (want.lines().collect(), have.lines().collect());
    for at in (0..want.len().max(have.len())).filter(|at| want.get(*at) != have.get(*at)).take(12) {
        for (sign, line) in [('-', want.get(at)), ('+', have.get(at))] {
            line.iter().for_each(|line| report.push_str(&format!("{sign}{:4} {line}\n", at + 1)));
        }
    }
    if want == have {
        report.push_str("(the text differs in its line breaks only)\n");
    }
}

fn text(of: &Option<String>) -> &str {
    of.as_deref().unwrap_or_default()
}

fn sorted_lines(text: &mut Option<String>) {
    if let Some(text) = text {
        let mut lines: Vec<_> = text.split_inclusive('\n').collect();
        lines.sort_unstable();
        *text = lines.concat();
    }
}

/// Takes the digests of archives in deeper folders out: the recording packed the same files with another library.
fn without_digests(text: &mut String) {
    static DIGEST: OnceLock<regex::Regex> = OnceLock::new();
    let digest = DIGEST.get_or_init(|| regex::Regex::new("digest: [0-9a-f]{64}").expect("a regular expression"));
    *text = digest.replace_all(text, "digest: any").into_owned();
}

/// Compares an answer; `errors` says whether error texts count.
pub(super) fn judge(case: &Case, expected: &Expected, got: Expected, errors: bool) -> Outcome {
    let (mut expected, mut got) = (expected.clone(), got);
    if case.any_order() {
        for answer in [&mut expected, &mut got] {
            sorted_lines(&mut answer.error);
            sorted_lines(&mut answer.stderr);
        }
    }
    for answer in [&mut expected, &mut got] {
        answer.files.values_mut().for_each(without_digests);
    }
    let output = match &expected.stdout_regex {
        Some(pattern) if case.is_regex() => {
            let whole = regex::Regex::new(&format!(r"(?s)\A(?:{pattern})\z")).expect("a regular expression");
            whole.is_match(text(&got.stdout))
        }
        _ => text(&expected.stdout) == text(&got.stdout),
    };
    let error = if !errors {
        true
    } else if expected.error_any_of.is_empty() {
        text(&expected.error) == text(&got.error) && text(&expected.stderr) == text(&got.stderr)
    } else {
        expected.error_any_of.iter().any(|one| Some(one) == got.error.as_ref())
    };
    let observed = !errors || case.is_regex() || (expected.files == got.files && expected.tree == got.tree);
    let rest = expected.rc == got.rc && observed;
    Outcome { expected, got, output, error, rest }
}
