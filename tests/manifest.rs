//! Sorting, showing and storing manifests beside what three Helms made of the same charts (`manifest/record.py`).

use chartwright::chart::Compat;
use chartwright::render::manifest::{TextFile, sort_manifests, without_notes};
use chartwright::render::output::{HookFilter, OutputDir, Stream};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

const CASES: &str = include_str!("manifest/cases.json");

/// What came out of one case.
#[derive(Debug, Default, PartialEq)]
struct Outcome {
    stdout: String,
    error: Option<String>,
    written: BTreeMap<String, String>,
}

#[test]
fn manifests_come_out_as_each_helm_shows_them() {
    let cases: Vec<Value> = serde_json::from_str(CASES).unwrap();
    let mut wrong = Vec::new();
    for case in &cases {
        for (version, compat) in [("4.3", Compat::Helm43), ("4.2", Compat::Helm42), ("3", Compat::Helm3)] {
            let found = &case["expected"][version];
            let expected = outcome(if found.is_null() { &case["expected"]["4.3"] } else { found });
            let got = run(case, compat);
            if got != expected {
                wrong.push(format!("{} {version}\n  expected {expected:?}\n  found    {got:?}", case["name"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

fn outcome(recorded: &Value) -> Outcome {
    let text = |value: &Value| value.as_str().map(str::to_string);
    let written = recorded["written"].as_object().into_iter().flatten();
    Outcome {
        stdout: text(&recorded["stdout"]).unwrap_or_default(),
        error: text(&recorded["error"]),
        written: written.map(|(path, value)| (path.clone(), text(value).unwrap_or_default())).collect(),
    }
}

fn run(case: &Value, compat: Compat) -> Outcome {
    let files = case["files"].as_object().unwrap();
    let named: Vec<(String, &[u8])> =
        files.iter().map(|(path, text)| (format!("conf/{path}"), text.as_str().unwrap().as_bytes())).collect();
    let in_folder = |folder: &'static str| {
        let inside = move |path: &str| path.rsplit_once("charts/sub/").map_or(path, |(_, path)| path).contains(folder);
        named.iter().filter(move |(path, _)| inside(path)).map(|(path, text)| TextFile { path, text })
    };
    let templates = without_notes(in_folder("templates/"));
    let flag = |name: &str| case["flags"][name].as_bool().unwrap_or(false);
    let mut crds: Vec<TextFile> = in_folder("crds/").filter(|crd| !crd.path.ends_with(".txt")).collect();
    crds.sort_by_key(|crd| (crd.path.contains("charts/"), crd.path));
    if !flag("include_crds") {
        crds.clear();
    }
    let hooks = match (flag("no_hooks"), flag("skip_tests")) {
        (true, _) => HookFilter::None,
        (_, true) => HookFilter::NoTests,
        _ => HookFilter::All,
    };
    let found = match sort_manifests(&templates, compat) {
        Ok(found) => found,
        Err(fault) => {
            let shown = flag("debug").then(|| Stream::of_failed_release(&templates, &fault.before, hooks));
            return Outcome {
                stdout: shown.map(|stream| text(&stream.text)).unwrap_or_default(),
                error: Some(fault.text(compat)),
                ..Outcome::default()
            };
        }
    };
    if flag("output_dir") {
        return stored(&crds, &found, hooks, flag("release_dir"));
    }
    let stream = Stream::of_release(&crds, &found, hooks);
    let Some(patterns) = case["flags"]["show_only"].as_array() else {
        return Outcome { stdout: text(&stream.text), ..Outcome::default() };
    };
    let patterns: Vec<&str> = patterns.iter().filter_map(Value::as_str).collect();
    match stream.show_only(&patterns, compat) {
        Ok(shown) => Outcome { stdout: text(&shown), ..Outcome::default() },
        Err(fault) => Outcome { error: Some(fault.message().to_string()), ..Outcome::default() },
    }
}

fn stored(
    crds: &[TextFile],
    found: &chartwright::render::manifest::Manifests,
    hooks: HookFilter,
    release_dir: bool,
) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let dir = format!("{}/out/", folder.path().display());
    let release = release_dir.then_some("rel");
    let report = OutputDir { dir: &dir, release }.write(crds, found, hooks).unwrap();
    let mut written = BTreeMap::new();
    collect(folder.path(), folder.path(), &mut written);
    let stdout = text(&report).replace(&format!("{}/", folder.path().display()), "");
    Outcome { stdout, error: None, written }
}

fn collect(root: &Path, folder: &Path, written: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, written);
        } else {
            let name = path.strip_prefix(root).unwrap().display().to_string();
            written.insert(name, std::fs::read_to_string(&path).unwrap());
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
