//! Indexing, checking and pruning a folder of archives.

use super::{NOW, chart, tree};
use chartwright::chart::LoadOptions;
use chartwright::repository::folder::{self, IndexForm, PruneOptions, RANCHER_ANNOTATION, Written};
use chartwright::repository::index::{IndexOptions, Indexed};
use chartwright::repository::{IndexFile, PublishOptions, publish};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

fn options(created: &str) -> IndexOptions {
    IndexOptions { created: created.to_owned(), ..IndexOptions::default() }
}

fn write(folder: &Path, name: &str, version: &str, about: &str) {
    let (_, archive) = chart(name, version, about);
    fs::write(folder.join(&archive.file), &archive.bytes).expect("writes");
}

fn index(folder: &Path, created: &str) -> (Indexed, Written) {
    folder::index_folder(folder, None, &options(created), IndexForm::Yaml).expect("indexes")
}

#[test]
fn an_index_is_written_only_when_something_changed() {
    let folder = TempDir::new().expect("makes a folder");
    write(folder.path(), "x", "1.0.0", "a");
    assert_eq!(index(folder.path(), "2020-01-01T00:00:00Z").1, Written::Yes);
    let before = tree(folder.path());
    assert_eq!(index(folder.path(), "2021-01-01T00:00:00Z").1, Written::No);
    assert!(tree(folder.path()) == before);

    write(folder.path(), "x", "1.1.0", "a");
    fs::write(folder.path().join("no-chart-1.0.0.tgz"), "no").expect("writes");
    let (indexed, written) = index(folder.path(), "2022-01-01T00:00:00Z");
    assert_eq!((written, indexed.added.as_slice()), (Written::Yes, &["x-1.1.0.tgz".to_owned()][..]));
    assert_eq!(indexed.skipped.len(), 1);
    let created: Vec<String> = indexed.index.versions("x").into_iter().map(|entry| entry.created).collect();
    assert_eq!(created, ["2022-01-01T00:00:00Z", "2020-01-01T00:00:00Z"]);
}

#[test]
fn an_index_does_not_shrink_by_itself() {
    let folder = TempDir::new().expect("makes a folder");
    write(folder.path(), "x", "1.0.0", "a");
    write(folder.path(), "x", "1.1.0", "a");
    index(folder.path(), "2020-01-01T00:00:00Z");
    fs::remove_file(folder.path().join("x-1.0.0.tgz")).expect("removes");
    let (indexed, written) = index(folder.path(), "2021-01-01T00:00:00Z");
    assert_eq!((written, indexed.missing.as_slice()), (Written::No, &["x 1.0.0".to_owned()][..]));
    let prune = PruneOptions { missing: true, now: NOW, ..PruneOptions::default() };
    assert_eq!(folder::prune(folder.path(), &prune).expect("prunes").versions, ["x 1.0.0"]);
    let left = IndexFile::read(&folder.path().join("index.yaml")).expect("reads").expect("is there");
    assert_eq!(left.len(), 1);
}

#[test]
fn urls_follow_the_flag_and_times_stay() {
    let folder = TempDir::new().expect("makes a folder");
    write(folder.path(), "x", "1.0.0", "a");
    index(folder.path(), "2020-01-01T00:00:00Z");
    let served = IndexOptions { url: "https://example.org/charts".to_owned(), ..options("2021-01-01T00:00:00Z") };
    let (indexed, _) = folder::index_folder(folder.path(), None, &served, IndexForm::Json).expect("indexes");
    let entry = &indexed.index.versions("x")[0];
    assert_eq!(entry.urls, ["https://example.org/charts/x-1.0.0.tgz"]);
    assert_eq!(entry.created, "2020-01-01T00:00:00Z");
    let text = fs::read(folder.path().join("index.yaml")).expect("reads");
    let json: serde_json::Value = serde_json::from_slice(&text).expect("is JSON");
    assert_eq!(json["entries"]["x"][0]["urls"][0], "https://example.org/charts/x-1.0.0.tgz");
    let again = folder::index_folder(folder.path(), None, &served, IndexForm::Json).expect("indexes");
    assert_eq!(again.1, Written::No);
}

/// The published catalogue took every archive whose name starts with that of a marked chart, and so offered
/// `openg2p-pbms-beneficiary-portal`, which nobody had marked.
#[test]
fn the_catalogue_for_rancher_goes_by_annotation_and_not_by_name() {
    let folder = TempDir::new().expect("makes a folder");
    let marked = format!("a\nannotations:\n  {RANCHER_ANNOTATION}: \"\"");
    write(folder.path(), "openg2p-pbms", "1.2.0", &marked);
    write(folder.path(), "openg2p-pbms", "1.1.0", "not yet marked");
    write(folder.path(), "openg2p-pbms-beneficiary-portal", "1.2.0", "never marked");
    let (indexed, _) = index(folder.path(), "2020-01-01T00:00:00Z");
    let write =
        || folder::write_catalogue(folder.path(), "rancher", RANCHER_ANNOTATION, &indexed.index).expect("writes");
    assert_eq!((write(), write()), (Written::Yes, Written::No));
    let catalogue = IndexFile::read(&folder.path().join("rancher/index.yaml")).expect("reads").expect("is there");
    assert_eq!(catalogue.names(), ["openg2p-pbms"]);
    let versions = catalogue.versions("openg2p-pbms");
    assert_eq!(versions.iter().map(|one| one.version.as_str()).collect::<Vec<_>>(), ["1.2.0"]);
    assert_eq!(versions[0].urls, ["../openg2p-pbms-1.2.0.tgz"]);
    assert_eq!(versions[0].digest, indexed.index.versions("openg2p-pbms")[0].digest);
}

#[test]
fn a_checkup_tells_what_is_wrong() {
    let folder = TempDir::new().expect("makes a folder");
    let charts = ["whole", "gone", "cut", "other", "lying"].map(|name| chart(name, "1.0.0", "a"));
    let charts: Vec<_> = charts.iter().map(|(chart, archive)| (chart, archive)).collect();
    publish(folder.path(), &charts, &PublishOptions::new(NOW)).expect("publishes");
    let place = |file: &str| folder.path().join(file);
    fs::remove_file(place("gone-1.0.0.tgz")).expect("removes");
    let bytes = fs::read(place("cut-1.0.0.tgz")).expect("reads");
    fs::write(place("cut-1.0.0.tgz"), &bytes[..bytes.len() / 2]).expect("writes");
    fs::write(place("other-1.0.0.tgz"), chart("other", "1.0.0", "b").1.bytes).expect("writes");
    let text = fs::read_to_string(place("index.yaml")).expect("reads");
    let at = text.find("  lying:").expect("is listed");
    let changed = format!("{}{}", &text[..at], text[at..].replacen("description: a", "description: b", 1));
    fs::write(place("index.yaml"), changed).expect("writes");
    fs::write(place("stray-1.0.0.tgz"), "x").expect("writes");
    let found = folder::check(folder.path(), &LoadOptions::default()).expect("checks");
    assert_eq!((found.versions, found.unlisted.as_slice()), (5, &["stray-1.0.0.tgz".to_owned()][..]));
    let told = |subject: &str| {
        let of = found.defects.iter().filter(|defect| defect.subject == subject);
        of.map(|defect| defect.what.as_str()).collect::<Vec<_>>().join("; ")
    };
    assert_eq!(told("whole 1.0.0"), "");
    assert_eq!(told("gone 1.0.0"), "`gone-1.0.0.tgz` is not there");
    assert!(told("cut 1.0.0").contains("is no whole chart"), "{}", told("cut 1.0.0"));
    assert!(told("other 1.0.0").contains("has digest"), "{}", told("other 1.0.0"));
    assert!(told("lying 1.0.0").ends_with("differs from Chart.yaml in `lying-1.0.0.tgz`: description"));
}

#[test]
fn pruning_keeps_the_newest() {
    let folder = TempDir::new().expect("makes a folder");
    for version in ["1.0.0", "1.10.0", "1.9.0", "0.1.0"] {
        let (chart, mut archive) = chart("x", version, "a");
        archive.provenance = Some(b"signed".to_vec());
        publish(folder.path(), &[(&chart, &archive)], &PublishOptions::new(NOW)).expect("publishes");
    }
    let keep = PruneOptions { keep: Some(2), now: NOW, ..PruneOptions::default() };
    let before = tree(folder.path());
    let told = folder::prune(folder.path(), &PruneOptions { dry_run: true, ..keep }).expect("tells");
    assert!(tree(folder.path()) == before);
    let pruned = folder::prune(folder.path(), &keep).expect("prunes");
    assert_eq!((pruned.versions.as_slice(), &told), (&["x 1.0.0".to_owned(), "x 0.1.0".to_owned()][..], &pruned));
    assert_eq!(pruned.files.len(), 4);
    let index = IndexFile::read(&folder.path().join("index.yaml")).expect("reads").expect("is there");
    let left: Vec<String> = index.versions("x").into_iter().map(|entry| entry.version).collect();
    assert_eq!(left, ["1.10.0", "1.9.0"]);
    assert!(folder::check(folder.path(), &LoadOptions::default()).expect("checks").defects.is_empty());
}

#[test]
fn two_archives_of_one_version_are_refused() {
    let folder = TempDir::new().expect("makes a folder");
    write(folder.path(), "x", "1.0.0", "a");
    fs::write(folder.path().join("copy.tgz"), chart("x", "1.0.0", "b").1.bytes).expect("writes");
    let error = folder::index_folder(folder.path(), None, &options("2020-01-01T00:00:00Z"), IndexForm::Yaml);
    let message = error.expect_err("refuses").to_string();
    assert_eq!(message, "`copy.tgz` and `x-1.0.0.tgz` are both `x` 1.0.0, with different bytes");
}
