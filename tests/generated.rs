//! `schema` and `docs` from outside: what they write, keep and refuse.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

fn stage() -> TempDir {
    let folder = TempDir::new().expect("makes a folder");
    for (name, text) in [
        ("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n"),
        ("c/values.yaml", "# -- How many\nreplicas: 1\n"),
        ("c/templates/a.yaml", "kind: A\nspec: {replicas: {{ .Values.replicas }}}\n"),
    ] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("has a parent")).expect("makes a folder");
        fs::write(path, text).expect("writes a file");
    }
    folder
}

fn run(folder: &Path, words: &[&str]) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let Output { status, stdout, stderr } =
        Command::new(env!("CARGO_BIN_EXE_chartwright")).args(words).current_dir(folder).output().expect("runs");
    (status.code(), text(&stdout), text(&stderr))
}

#[test]
fn schemas_are_written_checked_and_enforced() {
    let folder = stage();
    let place = folder.path();
    assert_eq!(run(place, &["schema", "c", "--check"]).0, Some(1));
    assert!(!place.join("c/values.schema.json").exists());
    let (status, out, log) = run(place, &["schema", "c"]);
    assert_eq!((status, out.as_str()), (Some(0), ""));
    assert!(log.starts_with("wrote ") && log.ends_with("c/values.schema.json\n"), "{log}");
    assert_eq!(run(place, &["schema", "c", "--check"]), (Some(0), String::new(), String::new()));
    assert_eq!(run(place, &["template", "r", "c"]).0, Some(0));
    assert_eq!(run(place, &["template", "r", "c", "--set", "global.x=1,enabled=true"]).0, Some(0));
    let (status, _, log) = run(place, &["template", "r", "c", "--set", "replica=1"]);
    assert!(status == Some(1) && log.contains("additional properties 'replica' not allowed"), "{log}");

    fs::write(place.join("c/values.yaml"), "replicas: 1\nmore: 2\n").expect("writes a file");
    let (status, out, log) = run(place, &["schema", "c", "--check"]);
    assert_eq!(status, Some(1), "{log}");
    assert!(out.starts_with("--- ") && out.contains("\n+    \"more\": {\n"), "{out}");
    assert!(log.contains("is out of date: run `chartwright schema c`"), "{log}");
}

#[test]
fn schemas_of_others_are_kept() {
    let folder = stage();
    let place = folder.path().join("c/values.schema.json");
    fs::write(&place, "{}").expect("writes a file");
    let (status, _, log) = run(folder.path(), &["schema", "c"]);
    assert!(status == Some(2) && log.contains("was not made by `chartwright schema`"), "{log}");
    assert_eq!(fs::read_to_string(&place).expect("a file"), "{}");
    let (status, out, _) = run(folder.path(), &["schema", "c", "--output", "-"]);
    assert!(
        status == Some(0) && out.starts_with("{\n  \"$schema\": \"http://json-schema.org/draft-07/schema#\",\n"),
        "{out}"
    );
    assert_eq!(run(folder.path(), &["schema", "c", "--force"]).0, Some(0));
    assert_ne!(fs::read_to_string(&place).expect("a file"), "{}");
}

#[test]
fn readmes_keep_what_people_wrote() {
    let folder = stage();
    let place = folder.path().join("c/README.md");
    fs::write(&place, "# Mine\n").expect("writes a file");
    let (status, _, log) = run(folder.path(), &["docs", "c"]);
    assert!(status == Some(1) && log.contains("has no marks"), "{log}");
    fs::write(&place, "# Mine\n<!-- chartwright: values -->\n<!-- chartwright: end -->\nEnd\n").expect("writes a file");
    assert_eq!(run(folder.path(), &["docs", "c", "--check"]).0, Some(1));
    assert_eq!(run(folder.path(), &["docs", "c"]).0, Some(0));
    let text = fs::read_to_string(&place).expect("a file");
    assert!(text.starts_with("# Mine\n<!--") && text.ends_with("-->\nEnd\n"), "{text}");
    assert!(text.contains("| `replicas` | integer | `1` | How many |\n"), "{text}");
    assert_eq!(run(folder.path(), &["docs", "c", "--check"]), (Some(0), String::new(), String::new()));
}
