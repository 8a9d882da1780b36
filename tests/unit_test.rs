//! `chartwright test`: a chart whose tests helm-unittest 1.1.2 passes, its verdicts on single assertions, and the command.
//!
//! `verdicts.jsonl` and the snapshots were recorded from helm-unittest 1.1.2 on the chart beside them.

use chartwright::chart::{Chart, Compat, LoadOptions, Notices};
use chartwright::diagnostic::Error;
use chartwright::source::Sources;
use chartwright::template::Limits;
use chartwright::unit_test::{Options, Report, SnapshotMode, TestFile, TestOutcome, read, run};
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/unit_test/chart")
}

fn load() -> Result<Chart, Error> {
    Chart::load(&folder(), &LoadOptions::default(), &mut Notices::new())
}

fn file(name: &str, text: &str) -> TestFile {
    let (path, mut sources) = (folder().join("tests").join(name), Sources::new());
    let suites = read(&path, text.as_bytes().to_vec(), &[], &mut sources).expect("suites");
    TestFile { path, suites, sources }
}

fn run_files(files: &[TestFile]) -> Report {
    let root = folder();
    let options = Options {
        compat: Compat::Helm43,
        limits: Limits::default(),
        root: &root,
        load: &load,
        values: Vec::new(),
        snapshots: SnapshotMode::Check,
        fail_fast: false,
        coverage: true,
    };
    run(files, &options).expect("a report")
}

/// The diagnostics of one test of `deployment.yaml` and `web/service.yaml`.
fn failures(test: &str) -> Vec<(String, Vec<String>)> {
    let text = format!("templates: [deployment.yaml, web/service.yaml]\ntests:\n  - {test}\n");
    let report = run_files(&[file("inline_test.yaml", &text)]);
    let file = report.files.first().expect("a result");
    let mut found = Vec::new();
    for test in file.tests() {
        let TestOutcome::Failed(diagnostics) = &test.outcome else { continue };
        for diagnostic in diagnostics {
            let spans = diagnostic.primary.into_iter().chain(diagnostic.labels.iter().map(|label| label.span));
            let place = |span| {
                let (source, position) = file.sources.locate(span).expect("a place");
                let name = Path::new(source.name()).file_name().map(|name| name.to_string_lossy().into_owned());
                format!("{}:{}", name.unwrap_or_default(), position.line)
            };
            found.push((diagnostic.message.clone(), spans.map(place).collect()));
        }
    }
    found
}

#[test]
fn a_chart_passes_as_it_does_with_helm_unittest() {
    let names = ["deployment_test.yaml", "more_test.yaml", "snapshot_test.yaml"];
    let texts = names.map(|name| std::fs::read_to_string(folder().join("tests").join(name)).expect("a test file"));
    let files: Vec<TestFile> = names.iter().zip(&texts).map(|(name, text)| file(name, text)).collect();
    let report = run_files(&files);
    let tests = || report.files.iter().flat_map(|file| file.tests());
    let wrong: Vec<_> = tests().filter(|test| test.outcome.is_failed()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!((tests().count(), report.files.iter().map(|file| file.snapshots.compared).sum::<usize>()), (15, 8));
    assert!(report.files.iter().all(|file| file.snapshots.stale == 0 && file.snapshots.created == 0));
    let coverage = report.coverage.expect("a coverage");
    let parts: Vec<_> = coverage.files().filter(|(name, ..)| !name.contains("/charts/")).collect();
    assert_eq!(parts.len(), 7);
    assert!(parts.iter().all(|(_, _, parts)| parts.iter().all(|part| part.hits.count() > 0)), "{parts:?}");
}

#[test]
fn verdicts_are_those_of_helm_unittest() {
    let mut files = Vec::new();
    let mut wanted = Vec::new();
    for line in include_str!("unit_test/verdicts.jsonl").lines() {
        let case: serde_json::Value = serde_json::from_str(line).expect("a case");
        let suite = serde_json::json!({ "templates": case["templates"], "release": {"name": "rel", "namespace": "prod"},
            "tests": [case["test"]] });
        files.push(file("inline_test.yaml", &suite.to_string()));
        wanted.push((case["passes"].as_bool().expect("a verdict"), line));
    }
    assert!(wanted.len() > 700);
    let report = run_files(&files);
    let differ: Vec<String> = report
        .files
        .iter()
        .zip(&wanted)
        .filter(|(file, (passes, _))| file.is_failed() == *passes)
        .map(|(file, (passes, line))| format!("helm-unittest passes: {passes}: {line}\n{:?}", file.suites))
        .collect();
    assert!(differ.is_empty(), "{} differ:\n{}", differ.len(), differ.join("\n"));
}

#[test]
fn failures_tell_expected_and_found_and_who_wrote_it() {
    let places = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<String>>();
    let found = failures("{template: deployment.yaml, asserts: [equal: {path: spec.replicas, value: 3}]}");
    let message =
        "`equal` fails: expected `spec.replicas` to be 3, found 2 (shop/templates/deployment.yaml, document 0)";
    assert_eq!(found, [(message.to_owned(), places(&["inline_test.yaml:3", "deployment.yaml:13"]))]);
    let label = "'metadata.labels[\"app.kubernetes.io/name\"]'";
    let found = failures(&format!("{{template: deployment.yaml, asserts: [equal: {{path: {label}, value: x}}]}}"));
    assert_eq!(
        found.first().map(|(_, places)| places.clone()),
        Some(places(&["inline_test.yaml:3", "_helpers.tpl:2"]))
    );
    let found = failures("{template: web/service.yaml, documentIndex: 1, asserts: [isKind: {of: Pod}]}");
    let message =
        "`isKind` fails: expected `kind` to be `Pod`, found \"Service\" (shop/templates/web/service.yaml, document 1)";
    assert_eq!(found, [(message.to_owned(), places(&["inline_test.yaml:3", "service.yaml:4"]))]);
    let found = failures("{template: web/servise.yaml, asserts: [isKind: {of: Pod}]}");
    assert!(
        found.iter().all(|(message, _)| message.contains("did you mean `shop/templates/web/service.yaml`?")),
        "{found:?}"
    );
}

#[test]
fn what_is_no_test_file_is_refused_at_its_place() {
    let head = "tests:\n  - it: x\n    ";
    let cases = [
        ("suit: x\ntests: []", "unknown field `suit` in a suite", 1, 1),
        ("suite: x", "the suite has no tests", 1, 1),
        ("tests:\n  - it: x", "the test asserts nothing", 2, 5),
        ("asserts:\n      - equals: {path: a, value: 1}", "unknown assertion `equals`", 4, 9),
        ("asserts:\n      - equal: {pth: a, value: 1}", "unknown field `pth` in equal", 4, 17),
        ("asserts:\n      - equal: {path: a}", "`equal` has no `value`", 4, 16),
        ("asserts:\n      - {isKind: {of: a}, equal: {path: a, value: 1}}", "`isKind` and `equal` stand in one", 4, 27),
        ("asserts:\n      - isKind: {of: [a]}", "expected `of` as a text, found a list", 4, 22),
        ("asserts:\n      - exists: {path: 'a[?(@.b ==]'}", "is not a path", 4, 24),
        ("asserts:\n      - matchRegex: {path: a, pattern: '('}", "missing closing )", 4, 40),
        ("asserts: [exists: {path: a}]\n    documentIndex: x", "expected `documentIndex` as a whole number", 4, 20),
        ("asserts: [exists: {path: a}]\n    postRenderer: {cmd: yq}", "`postRenderer` is not run", 4, 19),
        ("asserts: [exists: {path: a}]\n    it: y", "key `it` stands twice", 2, 5),
        ("asserts: [exists: {path: a}]\n    set: {a: {b: 1, b: 1}}", "key `b` stands twice", 4, 15),
        ("tests: []\n---\nsuite: a\nsuite: b", "key `suite` stands twice", 3, 1),
        ("asserts: [exists: {path: a}]\n    set: {'a[x]': 1}", "expected an index in `[]`", 4, 11),
    ];
    for (text, wanted, line, column) in cases {
        let text = if text.starts_with("asserts") { format!("{head}{text}") } else { text.to_owned() };
        let mut sources = Sources::new();
        let found = read(Path::new("x_test.yaml"), text.into_bytes(), &[], &mut sources).expect_err(wanted);
        let place = |span| sources.locate(span).map(|(_, position)| (position.line, position.column));
        let hit = found.iter().find(|diagnostic| diagnostic.message.contains(wanted));
        let hit = hit.unwrap_or_else(|| panic!("{wanted}: {found:?}"));
        assert_eq!(hit.primary.and_then(place), Some((line, column)), "{wanted}");
    }
}

#[test]
fn a_test_about_no_document_is_skipped() {
    let suite = |value: &str, skip: &str| {
        format!(
            "templates: [deployment.yaml]\ntests:\n  - documentSelector: {{path: kind, value: {value}{skip}}}\n    \
             asserts: [isKind: {{of: Deployment}}]\n"
        )
    };
    let verdict = |text: String| {
        let report = run_files(&[file("inline_test.yaml", &text)]);
        let test = report.files.first().and_then(|file| file.tests().next()).expect("a test");
        match &test.outcome {
            TestOutcome::Passed => "passed",
            TestOutcome::Skipped(_) => "skipped",
            TestOutcome::Failed(_) => "failed",
        }
    };
    assert_eq!(verdict(suite("Pod", ", skipEmptyTemplates: true")), "skipped");
    assert_eq!(verdict(suite("Pod", "")), "failed");
    assert_eq!(verdict(suite("Deployment", ", skipEmptyTemplates: true")), "passed");
}

#[cfg(all(unix, feature = "cli"))]
mod command {
    use super::folder;
    use std::fs;
    use std::path::Path;
    use std::process::{Command, Output};

    fn copy() -> tempfile::TempDir {
        let target = tempfile::TempDir::new().expect("makes a folder");
        for entry in walkdir::WalkDir::new(folder()) {
            let entry = entry.expect("reads the chart");
            let to = target.path().join("shop").join(entry.path().strip_prefix(folder()).expect("lies in it"));
            if entry.file_type().is_dir() {
                fs::create_dir_all(&to).expect("makes a folder");
            } else {
                fs::copy(entry.path(), &to).expect("copies a file");
            }
        }
        target
    }

    fn run(folder: &Path, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chartwright"));
        command.arg("test").args(words).current_dir(folder).env("NO_COLOR", "1").env("HOME", folder);
        command.output().expect("runs")
    }

    fn text(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).into_owned()
    }

    #[test]
    fn statuses_and_snapshots() {
        let stage = copy();
        let passed = run(stage.path(), &["shop", "--strict"]);
        let last = "16 tests in 7 suites: 15 passed, 1 skipped; 8 snapshots\n";
        assert!(text(&passed.stdout).ends_with(last), "{passed:?}");
        assert_eq!(passed.status.code(), Some(0));
        let snapshots = stage.path().join("shop/tests/__snapshot__/snapshot_test.yaml.snap");
        let recorded = fs::read(&snapshots).expect("snapshots");
        fs::write(&snapshots, [&recorded[..], b"gone:\n  1: |\n    x\n"].concat()).expect("writes");
        let stale = run(stage.path(), &["shop", "--strict"]);
        assert_eq!(stale.status.code(), Some(1), "{stale:?}");
        assert_eq!(run(stage.path(), &["shop"]).status.code(), Some(0));
        run(stage.path(), &["shop", "--update-snapshot"]);
        assert_eq!(text(&fs::read(&snapshots).expect("snapshots")), text(&recorded));
        fs::remove_file(&snapshots).expect("removes");
        assert_eq!(run(stage.path(), &["shop", "--strict"]).status.code(), Some(1));
        assert!(!snapshots.exists());
        assert_eq!(run(stage.path(), &["shop"]).status.code(), Some(0));
        assert_eq!(text(&fs::read(&snapshots).expect("snapshots")), text(&recorded));
        assert_eq!(run(stage.path(), &["nowhere"]).status.code(), Some(2));
        fs::write(stage.path().join("shop/tests/bad_test.yaml"), "tests: 1\n").expect("writes");
        assert_eq!(run(stage.path(), &["shop"]).status.code(), Some(1));
        assert_eq!(run(stage.path(), &["shop", "-f", "tests/more*.yaml"]).status.code(), Some(0));
    }

    #[test]
    fn archives_are_tested_as_their_folders() {
        use chartwright::chart::{Chart, LoadOptions, Notices, pack};
        let stage = copy();
        let chart = Chart::load(&stage.path().join("shop"), &LoadOptions::default(), &mut Notices::new());
        fs::write(stage.path().join("shop.tgz"), pack::pack(&chart.expect("loads")).expect("packs")).expect("writes");
        fs::remove_dir_all(stage.path().join("shop")).expect("removes");
        let temporary = stage.path().join("tmp");
        fs::create_dir(&temporary).expect("makes a folder");
        let run = |words: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_chartwright"));
            command.arg("test").args(words).current_dir(stage.path()).env("NO_COLOR", "1").env("TMPDIR", &temporary);
            command.output().expect("runs")
        };
        let passed = run(&["shop.tgz"]);
        let last = "16 tests in 7 suites: 15 passed, 1 skipped; 8 snapshots\n";
        assert!(passed.status.success() && text(&passed.stdout).ends_with(last), "{passed:?}");
        fs::write(stage.path().join("v.yaml"), "replicas: 9\n").expect("writes");
        let failed = run(&["shop.tgz", "-v", "v.yaml", "-f", "tests/deployment_test.yaml"]);
        let told = text(&failed.stderr);
        assert!(told.contains("--> shop.tgz/tests/deployment_test.yaml:"), "{told}");
        assert!(told.contains("::: shop.tgz/templates/deployment.yaml:"), "{told}");
        assert_eq!(run(&["shop.tgz", "--update-snapshot"]).status.code(), Some(2));
        assert_eq!(run(&["v.yaml"]).status.code(), Some(1));
        assert_eq!(fs::read_dir(&temporary).expect("reads").count(), 0);
    }

    #[test]
    fn outputs_for_programs() {
        let stage = copy();
        let values = stage.path().join("shop/values.yaml");
        let changed = fs::read_to_string(&values).expect("values").replace("replicas: 2", "replicas: 4");
        fs::write(&values, changed).expect("writes");
        let json = run(stage.path(), &["shop", "--output", "json", "--no-subcharts"]);
        let report: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
        assert_eq!(report["summary"]["failed"], 2, "{report}");
        let schema = include_str!("../schemas/test-report.schema.json");
        let schema = serde_json::from_str(schema).expect("a schema");
        let wrong = jsonschema::validate(&schema, &report).err();
        assert!(wrong.is_none(), "{wrong:?}");
        let test = &report["charts"][0]["files"][0]["suites"][0]["tests"][0];
        assert_eq!((&test["line"], &test["verdict"]), (&8.into(), &"failed".into()));
        assert_eq!(test["failures"][0]["labels"][0]["place"]["file"], "shop/templates/deployment.yaml");
        let junit = text(&run(stage.path(), &["shop", "--output", "junit"]).stdout);
        assert!(junit.contains("<testsuites name=\"chartwright test\" tests=\"16\" failures=\"2\" errors=\"0\">"));
        assert!(junit.contains("<skipped message=\"not yet\"/>") && junit.contains("line=\"8\">"), "{junit}");
        let stopped = text(&run(stage.path(), &["shop", "--failfast", "-f", "tests/deployment_test.yaml"]).stdout);
        assert!(stopped.contains(": 0 passed, 1 failed"), "{stopped}");
        let lcov = text(&run(stage.path(), &["shop", "--coverage=lcov", "--coverage-least", "99"]).stdout);
        assert!(lcov.starts_with("TN:\nSF:"), "{lcov}");
        assert!(lcov.contains("SF:shop/templates/ingress.yaml\nBRDA:1,0,0,2\nBRDA:1,0,1,"), "{lcov}");
        let page = stage.path().join("page.html");
        let words = ["shop", "-f", "tests/more_test.yaml", "--coverage=html", "--coverage-file", "page.html"];
        assert_eq!(run(stage.path(), &words).status.code(), Some(0));
        let page = fs::read_to_string(page).expect("a page");
        assert!(page.contains("<span class=\"miss\">") && page.contains("<span class=\"part\">"), "{page}");
    }
}
