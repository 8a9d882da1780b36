//! The reports of lint: SARIF and JSON by their schemas, JUnit by the elements and attributes that its readers know.

use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// A chart with findings of all levels, one of them with others inside of it.
fn chart() -> TempDir {
    let folder = TempDir::new().expect("makes a folder");
    let files = [
        ("Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n"),
        ("values.yaml", "dead: {a: 1, b: {c: 2}}\nimage: \"nginx:latest\"\n"),
        (
            "templates/a & b.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: My_Pod\nspec:\n  containers:\n    - name: c\n      image: {{ .Values.image }}\n",
        ),
    ];
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("has a parent")).expect("makes a folder");
        std::fs::write(path, text).expect("writes a file");
    }
    folder
}

fn report(form: &str) -> String {
    let folder = chart();
    let output = Command::new(env!("CARGO_BIN_EXE_chartwright"))
        .args(["lint", ".", "--output", form])
        .current_dir(folder.path())
        .output()
        .expect("runs chartwright");
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("is UTF-8")
}

fn check(report: &str, schema: &str) -> serde_json::Value {
    let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("is JSON");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(schema);
    let schema = read(&std::fs::read_to_string(path).expect("reads a schema"));
    let report = read(report);
    let validator = jsonschema::validator_for(&schema).expect("is a schema");
    let faults: Vec<String> = validator.iter_errors(&report).map(|fault| format!("{fault}")).collect();
    assert!(faults.is_empty(), "{faults:?}");
    report
}

#[test]
fn sarif_is_as_its_schema_says() {
    let report = check(&report("sarif"), "tests/lint/sarif.schema.json");
    let run = &report["runs"][0];
    let known: Vec<&str> = run["tool"]["driver"]["rules"]
        .as_array()
        .expect("rules")
        .iter()
        .filter_map(|rule| rule["id"].as_str())
        .collect();
    let results = run["results"].as_array().expect("results");
    assert!(results.iter().all(|one| known.contains(&one["ruleId"].as_str().unwrap_or_default())));
    let places = results.iter().filter_map(|one| {
        one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().map(str::to_owned)
    });
    assert!(places.into_iter().any(|uri| uri.ends_with("templates/a%20%26%20b.yaml")), "paths are references");
}

#[test]
fn json_is_as_its_schema_says() {
    let report = check(&report("json"), "schemas/lint-report.schema.json");
    let findings = report["charts"][0]["findings"].as_array().expect("findings");
    let dead = findings.iter().filter(|one| one["rule"] == "unused-value");
    let dead: Vec<(bool, &str)> =
        dead.map(|one| (one["implied"] == true, one["message"].as_str().unwrap_or_default())).collect();
    let said = |path: &str| format!("no template reads `{path}`");
    let wanted = ["dead", "dead.a", "dead.b", "dead.b.c"].map(|path| (path != "dead", said(path)));
    assert_eq!(dead.into_iter().map(|(implied, text)| (implied, text.to_owned())).collect::<Vec<_>>(), wanted);
}

/// The elements of an XML text with their attributes, in their order; ends must fit.
fn elements(text: &str) -> Vec<(String, Vec<(String, String)>)> {
    let (mut found, mut open) = (Vec::new(), Vec::new());
    let body = text.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").expect("is XML");
    for part in body.split('<').skip(1) {
        let (tag, rest) = part.split_once('>').expect("a tag ends");
        assert!(!rest.contains('>') && !rest.replace("&amp;", "").replace("&#10;", "").contains("& "), "{rest}");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
            continue;
        }
        let inner = tag.trim_end_matches('/');
        let (name, mut rest) = inner.split_once(' ').unwrap_or((inner, ""));
        let mut attributes = Vec::new();
        while let Some((key, after)) = rest.trim_start().split_once("=\"") {
            let (value, after) = after.split_once('"').expect("a value ends");
            attributes.push((key.to_owned(), value.to_owned()));
            rest = after;
        }
        if !tag.ends_with('/') {
            open.push(name.to_owned());
        }
        found.push((name.to_owned(), attributes));
    }
    assert!(open.is_empty(), "{open:?}");
    found
}

#[test]
fn junit_has_what_its_readers_ask_for() {
    /// Elements with the attributes that they must have and those that they may have.
    const KNOWN: &[(&str, &[&str], &[&str])] = &[
        ("testsuites", &[], &["name", "tests", "failures", "errors", "time", "disabled"]),
        ("testsuite", &["name", "tests"], &["failures", "errors", "skipped", "time", "timestamp", "hostname", "id"]),
        ("testcase", &["name", "classname"], &["time", "assertions", "status", "file", "line"]),
        ("failure", &[], &["message", "type"]),
        ("system-out", &[], &[]),
    ];
    let all = elements(&report("junit"));
    for (name, attributes) in &all {
        let (_, must, may) = KNOWN.iter().find(|(known, ..)| known == name).unwrap_or_else(|| panic!("{name}"));
        let has = |key: &&str| attributes.iter().any(|(known, _)| known == key);
        assert!(must.iter().all(has), "{name}: {attributes:?}");
        assert!(
            attributes.iter().all(|(key, _)| must.contains(&key.as_str()) || may.contains(&key.as_str())),
            "{name}"
        );
    }
    let count = |name: &str| all.iter().filter(|(known, _)| known == name).count().to_string();
    let attribute = |key: &str| all[0].1.iter().find(|(known, _)| known == key).map(|(_, value)| value.clone());
    assert_eq!(attribute("tests"), Some(count("testcase")));
    assert_eq!(attribute("failures"), Some(count("failure")));
}

/// A dependency is taken from its folder, and what its helper writes into the chart's own output is the chart's.
#[test]
fn a_library_in_its_folder_is_read() {
    let folder = TempDir::new().expect("makes a folder");
    let files = [
        ("lib/Chart.yaml", "apiVersion: v2\nname: lib\nversion: 1.0.0\ntype: library\n"),
        ("lib/templates/_a.tpl", "{{- define \"lib.labels\" -}}\napp: a\n{{- end -}}\n"),
        (
            "app/Chart.yaml",
            "apiVersion: v2\nname: app\nversion: 0.1.0\nicon: https://example.org/a.png\ndependencies:\n  - name: lib\n    version: 1.0.0\n    repository: file://../lib\n",
        ),
        ("app/values.yaml", "{}\n"),
        (
            "app/templates/a.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels: x\n{{ include \"lib.labels\" . | indent 4 }}\n",
        ),
    ];
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("has a parent")).expect("makes a folder");
        std::fs::write(path, text).expect("writes a file");
    }
    let output = Command::new(env!("CARGO_BIN_EXE_chartwright"))
        .args(["lint", "app", "--output", "json"])
        .current_dir(folder.path())
        .output()
        .expect("runs chartwright");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("is JSON");
    let findings = report["charts"][0]["findings"].as_array().expect("findings").iter();
    let rules: Vec<&str> = findings.map(|one| one["rule"].as_str().unwrap_or_default()).collect();
    assert_eq!((output.status.code(), rules), (Some(1), vec!["invalid-yaml"]));
}

#[test]
fn fix_writes_mended_files_of_folders_and_tells_what_is_left() {
    let folder = TempDir::new().expect("makes a folder");
    let files = [
        ("Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\nicon: https://example.org/a.png\n"),
        ("values.yaml", "port: 80\nport: 80\nname: a\nname: b\n"),
        (
            "templates/a.yaml",
            "kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\ndata: {a: {{ .Values | toJson | quote }}}\n",
        ),
    ];
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("has a parent")).expect("makes a folder");
        std::fs::write(path, text).expect("writes a file");
    }
    for told in ["mended 1 finding in ./values.yaml", ""] {
        let output = Command::new(env!("CARGO_BIN_EXE_chartwright"))
            .args(["lint", ".", "--fix", "--output", "json"])
            .current_dir(folder.path())
            .output()
            .expect("runs chartwright");
        assert_eq!(String::from_utf8_lossy(&output.stderr).trim(), told);
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("is JSON");
        let left = report["charts"][0]["findings"].as_array().expect("findings").iter();
        let left: Vec<_> = left.filter(|one| one["rule"] == "duplicate-key").map(|one| one["line"].as_u64()).collect();
        assert_eq!(left, [Some(2)]);
        let text = std::fs::read_to_string(folder.path().join("values.yaml")).expect("reads a file");
        assert_eq!(text, "port: 80\nname: a\nname: b\n");
    }
}
