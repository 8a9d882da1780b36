//! Charts that Helm 4.3.1 was asked to load, and what it said: `chart/load.jsonl` holds one folder a line.

use chartwright::chart::{Chart, Compat, File, Limits, LoadOptions, Notices};
use chartwright::json;
use chartwright::value::{Map, Value};
use std::path::Path;

fn lines(text: &str) -> impl Iterator<Item = Map> {
    text.lines().map(|line| match json::from_json(line.as_bytes()) {
        Ok(Value::Map(map)) => map,
        other => panic!("not a case: {other:?}"),
    })
}

fn text(value: Option<Value>) -> Option<String> {
    value.and_then(|value| value.as_str().map(|text| text.to_string()))
}

fn table(map: &Map, key: &str) -> Map {
    map.get(key).and_then(|value| value.as_map().cloned()).unwrap_or_default()
}

fn write(folder: &Path, files: &Map) {
    for (name, content) in files.snapshot() {
        let path = folder.join(name.to_string());
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("temporary folder");
        std::fs::write(path, content.as_str().expect("a text")).expect("temporary folder");
    }
}

fn load(path: &Path, compat: Compat) -> (Result<Chart, String>, Vec<String>) {
    let mut notices = Notices::new();
    let chart = Chart::load(path, &LoadOptions { compat, limits: Limits::default() }, &mut notices);
    (chart.map_err(|error| error.to_string()), notices.iter().map(|notice| notice.to_string()).collect())
}

fn as_json(value: Value) -> String {
    String::from_utf8(json::to_json(&value).expect("plain")).expect("text")
}

/// The names of the files as `.Files` lists them, without the template that made the recording.
fn file_names(chart: &Chart) -> String {
    let mut names: Vec<&str> = chart.files.iter().map(|file| &*file.name).collect();
    names.sort_unstable();
    as_json(Value::strings(names))
}

#[test]
fn folders_load_as_in_helm() {
    for (at, case) in lines(include_str!("chart/load.jsonl")).enumerate() {
        let folder = tempfile::tempdir().expect("temporary folder");
        // The template that made the recording is there, for rules that leave it out.
        let chart_folder = folder.path().join("c");
        write(&chart_folder, &table(&case, "files"));
        let (chart, log) = load(&chart_folder, Compat::Helm43);
        let want = table(&case, "4.3");
        let root = folder.path().display().to_string();
        let found = chart.as_ref().err().map(|error| error.replace(&root, "$WORK"));
        assert_eq!(found, text(want.get("error")), "case {at}: {case:?}");
        let Ok(chart) = chart else { continue };
        let map = chart.metadata.to_map();
        map.insert("IsRoot", Value::Bool(true));
        // Dependencies are processed before templates see them.
        if chart.metadata.dependencies().is_empty() {
            assert_eq!(Some(as_json(map.into())), text(want.get("chart")), "case {at}: {case:?}");
        }
        assert_eq!(Some(file_names(&chart)), text(want.get("files")), "case {at}: {case:?}");
        let wanted: Vec<String> = want.get("log").and_then(|log| log.as_list().cloned()).map_or(Vec::new(), |log| {
            let lines = log.iter().filter_map(|line| text(Some(line.clone())));
            lines.filter(|line| line.contains("Chart.")).collect()
        });
        assert_eq!(log, wanted, "case {at}: {case:?}");
    }
}

fn chart_folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("temporary folder");
    let files = files.iter().map(|(name, content)| ((*name).to_owned(), Value::str(content)));
    write(folder.path(), &files.collect());
    folder
}

const CHART: &str = "apiVersion: v2\nname: c\nversion: 1.0.0\n";

#[cfg(unix)]
#[test]
fn links_are_followed_and_told() {
    let folder = chart_folder(&[("Chart.yaml", CHART), ("real.txt", "x")]);
    std::os::unix::fs::symlink("real.txt", folder.path().join("link.txt")).expect("temporary folder");
    let (chart, log) = load(folder.path(), Compat::Helm43);
    assert_eq!(file_names(&chart.expect("a chart")), r#"["link.txt","real.txt"]"#);
    let root = folder.path().canonicalize().expect("a folder");
    let (from, to) = (folder.path().join("link.txt"), root.join("real.txt"));
    let message = "found symbolic link in path. Contents of linked file included and used";
    let want = format!("level=INFO msg=\"{message}\" path={} resolved={}", from.display(), to.display());
    assert_eq!(log, [want]);
}

#[cfg(unix)]
#[test]
fn links_that_lead_nowhere_or_back_are_errors() {
    let folder = chart_folder(&[("Chart.yaml", CHART)]);
    std::os::unix::fs::symlink("nowhere", folder.path().join("x")).expect("temporary folder");
    let (chart, _) = load(folder.path(), Compat::Helm43);
    let path = folder.path().display();
    let want = format!("error evaluating symlink {path}/x: lstat {path}/nowhere: no such file or directory");
    assert_eq!(chart.err(), Some(want));
    let folder = chart_folder(&[("Chart.yaml", CHART)]);
    std::os::unix::fs::symlink(".", folder.path().join("x")).expect("temporary folder");
    assert!(load(folder.path(), Compat::Helm43).0.is_err());
}

#[test]
fn large_files_are_refused_by_older_helms_only() {
    let folder = chart_folder(&[("Chart.yaml", CHART), ("big.txt", &"x".repeat(5 * 1024 * 1024 + 1))]);
    assert!(load(folder.path(), Compat::Helm43).0.is_ok());
    for compat in [Compat::Helm42, Compat::Helm3] {
        let want = "chart file \"big.txt\" is larger than the maximum file size 5242880";
        assert_eq!(load(folder.path(), compat).0.err().as_deref(), Some(want));
    }
}

#[test]
fn charts_in_charts_end_at_a_limit() {
    let mut files = Vec::new();
    for depth in 0..200 {
        let name = format!("{}Chart.yaml", "charts/a/".repeat(depth));
        files.push(File::new(name, CHART.as_bytes().to_vec()));
    }
    let loaded = Chart::from_files(files, &LoadOptions::default(), &mut Notices::new());
    let error = loaded.map(|_| ()).expect_err("200 levels").to_string();
    assert!(error.ends_with("charts lie in charts more than 64 levels deep"), "{error}");
}

#[test]
fn subcharts_share_the_values_of_equal_texts() {
    let values = "a: {b: 1}\n";
    let folder = chart_folder(&[
        ("Chart.yaml", CHART),
        ("charts/p/Chart.yaml", "name: p\nversion: 1.0.0\n"),
        ("charts/p/values.yaml", values),
        ("charts/q/Chart.yaml", "name: q\nversion: 1.0.0\n"),
        ("charts/q/values.yaml", values),
    ]);
    let chart = load(folder.path(), Compat::Helm43).0.expect("a chart");
    let values = chartwright::values::coalesce(&chart, &Map::new(), Compat::Helm43, &mut Notices::new());
    let values = values.expect("values");
    let inner = |name: &str| table(&table(&values, name), "a");
    inner("p").insert("b", Value::str("changed"));
    assert_eq!(as_json(inner("q").into()), r#"{"b":1}"#, "a change in one subchart must not reach the other");
}
