//! What the real Helm does, recorded case by case in `conformance/`, asked of our program.
//!
//! The cases are read with another YAML crate than our own room, so that a fault of ours cannot hide itself.
//! `CHARTWRIGHT_CONFORMANCE_BIN=PATH` asks another program (the real Helm proves the runner), `..._ONLY=values/`
//! takes the cases whose name starts so, `..._SHOW=3` prints the first three differences.

mod case;
mod compare;
mod sandbox;

use case::{Case, Gold};
use compare::Outcome;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};

/// The Helm whose answers a run is judged by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Judge {
    Helm4_3,
    Helm4_2,
    Helm3,
}

impl Judge {
    fn compat(self) -> &'static str {
        match self {
            Judge::Helm4_3 => "4.3",
            Judge::Helm4_2 => "4.2",
            Judge::Helm3 => "3",
        }
    }

    /// The file of the answers that differ from Helm 4.3's.
    fn gold(self) -> Option<&'static str> {
        match self {
            Judge::Helm4_3 => None,
            Judge::Helm4_2 => Some("helm4.2.yaml"),
            Judge::Helm3 => Some("helm3.yaml"),
        }
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance")
}

fn setting(name: &str) -> Option<String> {
    std::env::var(format!("CHARTWRIGHT_CONFORMANCE_{name}")).ok()
}

fn cases() -> &'static [Case] {
    static CASES: OnceLock<Vec<Case>> = OnceLock::new();
    CASES.get_or_init(|| case::read_all(&folder().join("cases")))
}

/// Names whose error text may differ from Helm's; output and exit status may not.
fn known() -> BTreeSet<String> {
    let text = std::fs::read_to_string(folder().join("known.txt")).expect("tests/conformance/known.txt");
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
}

fn wanted(case: &Case, judge: Judge) -> bool {
    let only = setting("ONLY").unwrap_or_default();
    let judged = judge == Judge::Helm4_3 || (case.op == "template" && !case.is_regex());
    judged && case.id.starts_with(&only)
}

fn run(judge: Judge) {
    let program = sandbox::Program::new(setting("BIN"), judge.compat());
    let gold = judge.gold().map(|file| case::read_gold(&folder().join(file))).unwrap_or_default();
    let cases: Vec<&Case> = cases().iter().filter(|case| wanted(case, judge)).collect();
    let outcomes = outcomes(&cases, &program, &gold, judge);
    report(&outcomes, judge);
}

fn outcomes(cases: &[&Case], program: &sandbox::Program, gold: &Gold, judge: Judge) -> BTreeMap<String, Outcome> {
    let (next, found) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let expected = case.expected.replaced_by(gold.get(&case.id));
                    let outcome = compare::judge(case, &expected, sandbox::run(case, program), judge == Judge::Helm4_3);
                    found.lock().expect("a case thread panicked").insert(case.id.clone(), outcome);
                }
            });
        }
    });
    found.into_inner().expect("a case thread panicked")
}

fn report(outcomes: &BTreeMap<String, Outcome>, judge: Judge) {
    let mut areas: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (id, outcome) in outcomes {
        let area = areas.entry(id.split('/').next().unwrap_or("")).or_default();
        area.0 += usize::from(outcome.is_same());
        area.1 += 1;
    }
    for (area, (same, all)) in &areas {
        println!("helm {}: {area}: {same} of {all} identical", judge.compat());
    }
    let same = outcomes.values().filter(|outcome| outcome.is_same()).count();
    println!("helm {}: {same} of {} cases identical", judge.compat(), outcomes.len());
    if let Some(path) = setting("LIST") {
        let differing = outcomes.iter().filter(|(_, outcome)| !outcome.is_same()).map(|(id, _)| format!("{id}\n"));
        std::fs::write(path, differing.collect::<String>()).expect("writes the list of differing cases");
    }
    let known = if judge == Judge::Helm4_3 && setting("BIN").is_none() { known() } else { BTreeSet::new() };
    judge_outcomes(outcomes, &known);
}

fn judge_outcomes(outcomes: &BTreeMap<String, Outcome>, known: &BTreeSet<String>) {
    let show = setting("SHOW").and_then(|count| count.parse().ok()).unwrap_or(0);
    let bad: Vec<_> =
        outcomes.iter().filter(|(id, outcome)| !outcome.is_tolerable(known.contains(id.as_str()))).collect();
    for (id, outcome) in bad.iter().take(show) {
        println!("=== {id}\n{}", outcome.difference());
    }
    let cured: Vec<_> =
        known.iter().filter(|id| outcomes.get(id.as_str()).is_some_and(Outcome::is_same)).map(String::as_str).collect();
    assert!(cured.is_empty(), "these cases are identical now, take them off known.txt: {}", cured.join(" "));
    let names: Vec<_> = bad.iter().map(|(id, _)| id.as_str()).take(40).collect();
    assert!(bad.is_empty(), "{} cases differ, the first are {}", bad.len(), names.join(" "));
}

#[test]
fn answers_as_helm_4_3() {
    run(Judge::Helm4_3);
}

#[test]
fn answers_as_helm_4_2() {
    run(Judge::Helm4_2);
}

#[test]
fn answers_as_helm_3() {
    run(Judge::Helm3);
}

#[test]
fn known_differences_are_cases() {
    let ids: BTreeSet<&str> = cases().iter().map(|case| case.id.as_str()).collect();
    let strangers: Vec<_> = known().into_iter().filter(|id| !ids.contains(id.as_str())).collect();
    assert!(strangers.is_empty(), "known.txt names no case: {}", strangers.join(" "));
}
