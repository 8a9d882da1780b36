//! Repositories: what `index.yaml` holds, and what a push never does.

mod crash;
mod folder;
mod hostile;
#[cfg(feature = "cli")]
mod serve;

use crate::bundle::{corpus, example, tree};
use chartwright::bundle::Bundle;
use chartwright::chart::{Chart, LoadOptions, Notices};
use chartwright::repository::{Archive, IndexFile, PublishOptions, Shelf, publish};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const NOW: i128 = 1_800_000_000_000_000_000;

/// A small chart and its archive.
fn chart(name: &str, version: &str, text: &str) -> (Chart, Archive) {
    let folder = TempDir::new().expect("makes a folder");
    let about = format!("apiVersion: v2\nname: {name}\nversion: {version}\ndescription: {text}\n");
    fs::write(folder.path().join("Chart.yaml"), about).expect("writes");
    let shelf = Shelf::open(&folder.path().to_string_lossy()).expect("opens");
    let found = shelf.find(name, version, &LoadOptions::default());
    let found = found.map_err(chartwright::repository::NotFound::into_error).expect("finds");
    (found.chart, found.archive)
}

fn push(folder: &Path, charts: &[(Chart, Archive)]) -> Result<chartwright::repository::Published, String> {
    let charts: Vec<_> = charts.iter().map(|(chart, archive)| (chart, archive)).collect();
    publish(folder, &charts, &PublishOptions::new(NOW)).map_err(|error| error.message().to_owned())
}

fn index(folder: &Path) -> serde_json::Value {
    serde_saphyr::from_slice(&fs::read(folder.join("index.yaml")).expect("reads")).expect("is YAML")
}

fn versions(folder: &Path, name: &str) -> Vec<String> {
    let index = IndexFile::parse(&fs::read(folder.join("index.yaml")).expect("reads")).expect("parses");
    index.versions(name).into_iter().map(|entry| entry.version).collect()
}

#[test]
fn a_second_push_changes_nothing() {
    let (folder, bundle) = example();
    let repository = folder.path().join("repository");
    let first = bundle.push(&repository, &LoadOptions::default(), NOW).expect("pushes");
    assert_eq!(first.added.len(), 3);
    let before = tree(&repository);
    let second = bundle.push(&repository, &LoadOptions::default(), NOW + 1).expect("pushes");
    assert_eq!((second.added.len(), second.unchanged.len()), (0, 3));
    assert!(tree(&repository) == before);
}

#[test]
fn newer_versions_stand_first() {
    let folder = TempDir::new().expect("makes a folder");
    for version in ["1.9.0", "1.10.0-rc.1", "1.10.0", "0.1.0", "1.10.0-rc.2", "v2.0.0"] {
        push(folder.path(), &[chart("x", version, "a")]).expect("pushes");
    }
    let wanted = ["v2.0.0", "1.10.0", "1.10.0-rc.2", "1.10.0-rc.1", "1.9.0", "0.1.0"];
    assert_eq!(versions(folder.path(), "x"), wanted);
}

#[test]
fn other_bytes_for_a_version_are_refused_and_nothing_is_written() {
    let folder = TempDir::new().expect("makes a folder");
    push(folder.path(), &[chart("x", "1.0.0", "a")]).expect("pushes");
    let before = tree(folder.path());
    let message = push(folder.path(), &[chart("new", "1.0.0", "a"), chart("x", "1.0.0", "b")]).expect_err("refuses");
    assert!(message.contains("`x` 1.0.0 is published with other bytes"), "{message}");
    assert!(tree(folder.path()) == before);

    // The same for an archive that no index names.
    fs::write(folder.path().join("other-1.0.0.tgz"), "other").expect("writes");
    let message = push(folder.path(), &[chart("other", "1.0.0", "a")]).expect_err("refuses");
    assert!(message.ends_with("lies there with other bytes"), "{message}");
    assert_eq!(fs::read(folder.path().join("other-1.0.0.tgz")).expect("reads"), b"other");
}

#[test]
fn what_others_wrote_into_an_index_stays() {
    let folder = TempDir::new().expect("makes a folder");
    let foreign = "apiVersion: v1\n\
        annotations: {owner: somebody}\n\
        entries:\n\
        \x20 other:\n\
        \x20 - {name: other, version: 3.1.0, urls: [\"https://charts.example.org/other-3.1.0.tgz\"], digest: abc, extra: {a: [1, 2]}}\n\
        \x20 x:\n\
        \x20 - {name: x, version: 0.9.0, urls: [x-0.9.0.tgz], digest: def, created: \"2020-01-01T00:00:00Z\"}\n\
        generated: \"2020-01-01T00:00:00Z\"\n\
        serverInfo: {contextPath: /charts}\n";
    fs::write(folder.path().join("index.yaml"), foreign).expect("writes");
    let before = index(folder.path());
    push(folder.path(), &[chart("x", "1.0.0", "a")]).expect("pushes");
    let after = index(folder.path());
    for field in ["annotations", "serverInfo", "apiVersion"] {
        assert_eq!(after[field], before[field], "{field}");
    }
    assert_eq!(after["entries"]["other"], before["entries"]["other"]);
    assert_eq!(after["entries"]["x"][1], before["entries"]["x"][0]);
    assert_eq!(after["entries"]["x"][0]["version"], "1.0.0");
}

#[test]
fn an_index_that_cannot_be_read_stays_as_it_is() {
    for text in [
        "",
        "[]",
        "entries: {}\n",
        "apiVersion: v1\nentries: 7\n",
        "apiVersion: v1\nentries: {x: 7}\n",
        "a: [",
        "\u{0}",
    ] {
        let folder = TempDir::new().expect("makes a folder");
        fs::write(folder.path().join("index.yaml"), text).expect("writes");
        let message = push(folder.path(), &[chart("x", "1.0.0", "a")]).expect_err(text);
        assert!(message.contains("index.yaml"), "{message}");
        assert_eq!(fs::read_to_string(folder.path().join("index.yaml")).expect("reads"), text);
        assert!(!folder.path().join("x-1.0.0.tgz").exists());
    }
}

#[test]
fn what_a_killed_push_left_is_mended() {
    let folder = TempDir::new().expect("makes a folder");
    let first = [chart("x", "1.0.0", "a")];
    push(folder.path(), &first).expect("pushes");
    // Killed after the archive and while the index was written.
    let second = [chart("x", "1.1.0", "a")];
    fs::write(folder.path().join("x-1.1.0.tgz"), &second[0].1.bytes).expect("writes");
    fs::write(folder.path().join(".index.yaml.123.part"), "apiVer").expect("writes");
    push(folder.path(), &second).expect("pushes");
    assert_eq!(versions(folder.path(), "x"), ["1.1.0", "1.0.0"]);
    assert!(!folder.path().join(".index.yaml.123.part").exists());
    // An archive that was lost comes back.
    fs::remove_file(folder.path().join("x-1.0.0.tgz")).expect("removes");
    let index = fs::read(folder.path().join("index.yaml")).expect("reads");
    assert_eq!(push(folder.path(), &first).expect("pushes").added, ["x-1.0.0.tgz"]);
    assert_eq!(fs::read(folder.path().join("index.yaml")).expect("reads"), index);
}

#[test]
fn publishers_wait_for_each_other() {
    let folder = TempDir::new().expect("makes a folder");
    std::thread::scope(|scope| {
        for publisher in 0..4 {
            let folder = folder.path();
            scope.spawn(move || {
                for version in 0..5 {
                    push(folder, &[chart(&format!("p{publisher}"), &format!("1.{version}.0"), "a")]).expect("pushes");
                }
            });
        }
    });
    for publisher in 0..4 {
        let found = versions(folder.path(), &format!("p{publisher}"));
        assert_eq!(found, ["1.4.0", "1.3.0", "1.2.0", "1.1.0", "1.0.0"]);
    }
}

#[cfg(feature = "cli")]
#[test]
fn killed_processes_leave_an_index_that_can_be_read() {
    use std::process::{Command, Stdio};
    let (folder, bundle) = example();
    let place = folder.path().join("bundle");
    bundle.write(&place).expect("writes");
    let repository = folder.path().join("repository");
    push(&repository, &[chart("x", "1.0.0", "a")]).expect("pushes");
    for delay in 0..12 {
        let start = || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_chartwright"));
            command.args(["bundle", "push"]).arg(&place).arg(&repository).stdout(Stdio::null()).stderr(Stdio::null());
            command.spawn().expect("runs")
        };
        let (mut killed, mut other) = (start(), start());
        std::thread::sleep(std::time::Duration::from_millis(delay * 3));
        // It may have ended already.
        let _ = killed.kill();
        killed.wait().expect("ends");
        assert_eq!(versions(&repository, "x"), ["1.0.0"]);
        assert!(other.wait().expect("ends").success());
        assert_eq!(versions(&repository, "hello-portal"), ["0.1.0"]);
        if delay % 3 == 0 {
            fs::remove_dir_all(&repository).expect("removes");
            push(&repository, &[chart("x", "1.0.0", "a")]).expect("pushes");
        }
    }
}

#[test]
fn shelves_read_repositories() {
    let (folder, bundle) = example();
    let repository = folder.path().join("repository");
    bundle.push(&repository, &LoadOptions::default(), NOW).expect("pushes");
    let shelf = Shelf::open(&format!("file://{}", repository.display())).expect("opens");
    let load = LoadOptions::default();
    assert_eq!(shelf.find("hello-portal", "0.1.0", &load).expect("finds").chart.name(), "hello-portal");
    let missing = shelf.find("hello-portal", "0.2.0", &load).expect_err("has none");
    assert!(missing.is_version());
    assert_eq!(missing.into_error().hints(), ["versions here: 0.1.0"]);
    let missing = shelf.find("helo-portal", "0.1.0", &load).expect_err("has none").into_error();
    assert_eq!(missing.hints(), ["did you mean `hello-portal`?"]);
    fs::write(repository.join("hello-portal-0.1.0.tgz"), &bundle.archives["portal-report-0.1.0.tgz"].bytes)
        .expect("writes");
    let changed = shelf.find("hello-portal", "0.1.0", &load).expect_err("was changed").into_error();
    assert!(changed.message().contains("has another digest than index.yaml says"), "{changed}");
}

#[cfg(feature = "cli")]
#[test]
fn index_is_the_one_that_helm_makes() {
    let (Some(helm), Some(charts)) = (crate::bundle::helm(), corpus()) else {
        println!("left out: 29 charts, no helm4 or no published charts found");
        return;
    };
    let (ours, theirs) = (TempDir::new().expect("makes a folder"), TempDir::new().expect("makes a folder"));
    let mut packed = Vec::new();
    for entry in fs::read_dir(charts).expect("reads") {
        let path = entry.expect("reads").path();
        if path.extension().is_none_or(|end| end != "tgz") {
            continue;
        }
        let bytes = fs::read(&path).expect("reads");
        fs::write(theirs.path().join(path.file_name().expect("has a name")), &bytes).expect("writes");
        let load = LoadOptions::default();
        let chart = Chart::from_archive(&path, &bytes, &load, &mut Notices::new()).expect("loads");
        let archive = Archive::new(chart.name(), chart.metadata.version.clone(), bytes);
        packed.push((chart, archive));
    }
    push(ours.path(), &packed).expect("pushes");
    let made = std::process::Command::new(helm).args(["repo", "index"]).arg(theirs.path()).output().expect("runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let plain = |folder: &Path| {
        let mut index = index(folder);
        index.as_object_mut().expect("a mapping").remove("generated").expect("a time");
        for versions in index["entries"].as_object_mut().expect("a mapping").values_mut() {
            for version in versions.as_array_mut().expect("a list") {
                version.as_object_mut().expect("a mapping").remove("created").expect("a time");
            }
        }
        index
    };
    let (ours, theirs) = (plain(ours.path()), plain(theirs.path()));
    assert_eq!(ours["entries"].as_object().map(serde_json::Map::len), Some(packed.len()));
    assert_eq!(ours, theirs);
}

#[test]
fn a_bundle_that_lies_is_not_pushed() {
    let (folder, bundle) = example();
    let mut lying: Bundle = bundle;
    let wrong = lying.archives["portal-report-0.1.0.tgz"].bytes.clone();
    lying.archives.insert("hello-portal-0.1.0.tgz".into(), Archive::new("hello-portal", "0.1.0", wrong));
    let repository = folder.path().join("repository");
    let error = lying.push(&repository, &LoadOptions::default(), NOW).expect_err("refuses");
    assert!(error.message().starts_with("expected chart `hello-portal` 0.1.0"), "{error}");
    assert!(!repository.exists());
}
