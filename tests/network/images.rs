//! `images lock` against a registry of this process.

use super::registry::{Door, Fake, Store};
use chartwright::repository::oci::Digest;
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const PODS: &str = "{{- range .Values.images }}
---
apiVersion: v1
kind: Pod
metadata: {name: p}
spec: {containers: [{name: c, image: {{ . }}}]}
{{- end }}
";

/// What a run left: status, output, errors.
type Ran = (i32, String, String);

fn run(folder: &Path, line: &str) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chartwright"));
    command.args(line.split(' ')).current_dir(folder).env_clear().env("HOME", folder);
    let output = command.output().expect("runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

/// A chart that runs these images.
fn stage(images: &[&str]) -> TempDir {
    let folder = TempDir::new().expect("makes a folder");
    fs::create_dir_all(folder.path().join("c/templates")).expect("makes a folder");
    fs::write(folder.path().join("c/Chart.yaml"), "apiVersion: v2\nname: c\nversion: 0.1.0\n").expect("writes");
    fs::write(folder.path().join("c/templates/pods.yaml"), PODS).expect("writes");
    let values = serde_json::json!({ "images": images }).to_string();
    fs::write(folder.path().join("c/values.yaml"), values).expect("writes");
    folder
}

/// Puts an image for one platform into a registry; its digest comes back.
fn put(store: &mut Store, repository: &str, tag: &str, (architecture, mark): (&str, &str)) -> String {
    let config = format!(r#"{{"os":"linux","architecture":"{architecture}","mark":"{mark}"}}"#).into_bytes();
    let digest = Digest::of(&config).to_string();
    let manifest = serde_json::json!({
        "schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "digest": digest, "size": config.len()},
        "layers": [],
    });
    store.blobs.insert(digest, config);
    keep(store, repository, tag, &manifest)
}

fn keep(store: &mut Store, repository: &str, tag: &str, manifest: &serde_json::Value) -> String {
    let bytes = manifest.to_string().into_bytes();
    let digest = Digest::of(&bytes).to_string();
    store.manifests.insert((repository.to_owned(), digest.clone()), bytes.clone());
    store.manifests.insert((repository.to_owned(), tag.to_owned()), bytes);
    digest
}

/// Puts an image for two platforms there, with an attestation: the digests of the list and of both.
fn put_list(store: &mut Store, repository: &str, tag: &str) -> [String; 3] {
    let one = put(store, repository, "one", ("amd64", tag));
    let other = put(store, repository, "other", ("arm64", tag));
    let entry = |digest: &str, platform: serde_json::Value| {
        let media_type = "application/vnd.oci.image.manifest.v1+json";
        serde_json::json!({"mediaType": media_type, "digest": digest, "size": 1, "platform": platform})
    };
    let list = serde_json::json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [
            entry(&one, serde_json::json!({"os": "linux", "architecture": "amd64"})),
            entry(&other, serde_json::json!({"os": "linux", "architecture": "arm64", "variant": "v8"})),
            entry(&one, serde_json::json!({"os": "unknown", "architecture": "unknown"})),
        ],
    });
    [keep(store, repository, tag, &list), one, other]
}

#[test]
fn digests_are_those_of_the_registry() {
    let fake = Fake::start(Door::Bearer(String::new()));
    let (plain, [list, amd64, arm64]) = {
        let mut store = fake.store.lock().expect("a lock");
        (put(&mut store, "all/redis", "7", ("amd64", "")), put_list(&mut store, "all/x/app", "1"))
    };
    let pinned = format!("ghcr.io/x/app@{list}");
    let folder = stage(&["redis:7", "quay.io/x/app:1", &pinned]);
    let at = format!("--registry {}/all --plain-http", fake.server.host());
    let (code, out, err) = run(folder.path(), &format!("images lock c {at} --platform linux/amd64"));
    assert_eq!((code, out.as_str(), err.as_str()), (0, "c/Images.lock: 3 images, written\n", ""));
    let file = folder.path().join("c/Images.lock");
    let text = fs::read_to_string(&file).expect("is there");
    let (_, images) = text.split_once("images:\n").expect("images");
    let both = format!("      - digest: \"{list}\"\n      - digest: \"{amd64}\"\n        arch: \"linux/amd64\"\n");
    let wanted = format!(
        "  - name: \"app\"\n    image: \"{pinned}\"\n    chart: \"c\"\n    digests:\n{both}\
         \x20 - name: \"app\"\n    image: \"quay.io/x/app:1\"\n    chart: \"c\"\n    digests:\n{both}\
         \x20 - name: \"redis\"\n    image: \"redis:7\"\n    chart: \"c\"\n    digests:\n      - digest: \"{plain}\"\n      \
         - digest: \"{plain}\"\n        arch: \"linux/amd64\"\n"
    );
    assert_eq!(images, wanted);

    // The same again keeps the file, time and all.
    let (code, out, _) = run(folder.path(), &format!("images lock c {at} --platform linux/amd64"));
    assert_eq!((code, out.as_str()), (0, "c/Images.lock: 3 images, unchanged\n"));
    assert_eq!(fs::read_to_string(&file).expect("is there"), text);
    let (code, out, err) = run(folder.path(), &format!("images lock c --check {at}"));
    assert_eq!((code, out.as_str(), err.as_str()), (0, "c/Images.lock: 3 images, as locked\n", ""));

    // A tag that moved is seen only by those who ask.
    let moved = put(&mut fake.store.lock().expect("a lock"), "all/redis", "7", ("amd64", "other"));
    assert_eq!(run(folder.path(), "images lock c --check").0, 0);
    let (code, _, err) = run(folder.path(), &format!("images lock c --check {at}"));
    assert!(code == 1 && err.contains(&format!("`redis:7` moved: expected {plain}, found {moved}")), "{err}");

    let (_, out, _) = run(folder.path(), &format!("images lock c {at} --platform all"));
    assert_eq!(out, "c/Images.lock: 3 images, written\n");
    let text = fs::read_to_string(&file).expect("is there");
    assert!(
        text.contains(&format!("\"{arm64}\"\n        arch: \"linux/arm64/v8\"")) && !text.contains("unknown"),
        "{text}"
    );
}

#[test]
fn nothing_partial_is_written() {
    let fake = Fake::start(Door::Open);
    {
        let mut store = fake.store.lock().expect("a lock");
        put(&mut store, "a/b", "1", ("amd64", ""));
        let chart = serde_json::json!({"schemaVersion": 2, "layers": [], "config": {
            "mediaType": "application/vnd.cncf.helm.config.v1+json", "digest": Digest::of(b"").to_string(), "size": 0}});
        keep(&mut store, "a/chart", "1", &chart);
    }
    let host = fake.server.host();
    let here = |name: &str| format!("{host}/{name}");
    let folder = stage(&[&here("a/b:1"), &here("a/gone:1"), &here("a/chart:1")]);
    let (code, out, err) = run(folder.path(), "images lock c --own-registries --plain-http");
    assert_eq!((code, out.as_str()), (1, ""), "{err}");
    assert!(err.contains(&format!("image `{0}`: `{0}` is not there", here("a/gone:1"))), "{err}");
    assert!(err.contains(&format!("`{}` is no image: it is a chart", here("a/chart:1"))), "{err}");
    assert!(err.contains("2 of 3 images could not be told; nothing was written"), "{err}");
    assert!(!folder.path().join("c/Images.lock").exists());

    let folder = stage(&[&here("a/b:1")]);
    let (code, _, err) = run(folder.path(), "images lock c --own-registries --plain-http --platform linux/s390x");
    assert!(code == 1 && err.contains("is not there for linux/s390x") && err.contains("linux/amd64"), "{err}");
    // Nobody listens there.
    let (code, _, err) = run(folder.path(), "images lock c --registry 127.0.0.1:1 --plain-http");
    assert!(code == 2 && err.contains("127.0.0.1:1"), "{err}");
    let (code, _, err) = run(folder.path(), "images lock c");
    assert!(code == 2 && err.contains("--registry"), "{err}");
    let (code, _, err) = run(folder.path(), "images lock c --own-registries --username me --password hush");
    assert!(code == 2 && err.contains("registry login") && !err.contains("hush"), "{err}");
    assert!(!folder.path().join("c/Images.lock").exists());
}

#[test]
fn a_lock_is_compared_with_its_chart() {
    let fake = Fake::start(Door::Open);
    put(&mut fake.store.lock().expect("a lock"), "a/b", "1", ("amd64", ""));
    let folder = stage(&["a/b:1"]);
    let (code, _, err) = run(folder.path(), "images lock c --check");
    assert!(code == 1 && err.contains("`c/Images.lock` is not there"), "{err}");
    let at = format!("--registry {} --plain-http", fake.server.host());
    assert_eq!(run(folder.path(), &format!("images lock c {at} --lock-file l")).0, 0);
    assert_eq!(run(folder.path(), "images lock c --check --lock-file l").0, 0);
    fs::write(folder.path().join("c/values.yaml"), "images: ['a/b:2']").expect("writes");
    let (code, _, err) = run(folder.path(), "images lock c --check --lock-file l");
    assert_eq!(code, 1);
    assert!(err.contains("`a/b:2` is not in the lock") && err.contains("`a/b:1` is in the lock, and"), "{err}");
    fs::write(folder.path().join("l"), "kind: [").expect("writes");
    let (code, _, err) = run(folder.path(), "images lock c --check --lock-file l");
    assert!(code == 1 && err.contains("`l`: no lock of images"), "{err}");
}
