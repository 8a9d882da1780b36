//! Bundles that bring along what the far side cannot fetch: images by way of a mirror, and payloads.

use super::registry::{Door, Fake};
use super::server::{Reply, Server};
use chartwright::repository::oci::Digest;
use chartwright::repository::sha256;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: app}\nspec: {containers: [{name: app, image: docker.io/acme/app:1.0}]}\n";

/// Runs chartwright in a folder: whether it did its work, and everything that it said.
fn run(folder: &Path, line: &str) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chartwright"));
    command.args(line.split(' ')).current_dir(folder).env_clear().env("HOME", folder).stdin(Stdio::null());
    let output = command.output().expect("runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), said)
}

fn good(folder: &Path, line: &str) -> String {
    let (done, said) = run(folder, line);
    assert!(done, "{line}: {said}");
    said
}

fn bad(folder: &Path, line: &str) -> String {
    let (done, said) = run(folder, line);
    assert!(!done, "{line}: {said}");
    said
}

/// A chart with one image, and with what `payloads` says; an environment with it.
fn stated(payloads: &str) -> TempDir {
    let folder = TempDir::new().expect("makes a folder");
    for (name, text) in [
        ("charts/app/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.0.0\n"),
        ("charts/app/templates/pod.yaml", POD),
        ("charts/app/payloads.yaml", payloads),
        (
            "qa.yaml",
            "kind: sandbox\ncluster: c\nnamespace: qa\ndomain: qa.example.org\n\
             modules: {app: {chart: app, version: 1.0.0}}\n",
        ),
    ] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("has a parent")).expect("makes a folder");
        fs::write(path, text).expect("writes");
    }
    folder
}

const BUILD: &str = "bundle build qa.yaml --charts charts --listed-only";

/// A registry that has the image under another name.
fn mirror() -> Fake {
    let fake = Fake::start(Door::Open);
    let (config, layer) = (br#"{"architecture":"amd64","os":"linux"}"#.to_vec(), b"a layer".to_vec());
    let of = |bytes: &[u8], kind: &str| {
        format!(r#"{{"mediaType":"{kind}","digest":"{}","size":{}}}"#, Digest::of(bytes), bytes.len())
    };
    let manifest = format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{},"layers":[{}]}}"#,
        of(&config, "application/vnd.oci.image.config.v1+json"),
        of(&layer, "application/vnd.oci.image.layer.v1.tar")
    );
    let mut store = fake.store.lock().expect("a lock");
    for blob in [config, layer] {
        store.blobs.insert(Digest::of(&blob).to_string(), blob);
    }
    let digest = Digest::of(manifest.as_bytes()).to_string();
    for target in ["1.0".to_owned(), digest] {
        store.manifests.insert(("hub/acme/app".to_owned(), target), manifest.clone().into_bytes());
    }
    drop(store);
    fake
}

#[test]
fn images_come_from_the_mirror_and_keep_their_names() {
    let (folder, fake) = (stated("payloads: []\n"), mirror());
    let host = fake.server.host();
    let with = format!("{BUILD} --out out --with-images --plain-http --mirror");
    let said = good(folder.path(), &format!("{with} docker.io={host}/hub"));
    assert!(said.contains("1 image: "), "{said}");
    assert!(fake.server.seen().iter().all(|seen| seen.path == "/v2/" || seen.path.starts_with("/v2/hub/acme/app/")));
    let index = fs::read_to_string(folder.path().join("out/images/index.json")).expect("reads");
    assert!(index.contains("docker.io/acme/app:1.0") && !index.contains(&host), "{index}");
    good(folder.path(), "bundle verify out");
    // What is there is not fetched again.
    let again = format!("bundle fetch-images out --plain-http --mirror index.docker.io={host}/hub");
    assert!(good(folder.path(), &again).contains("0 blobs fetched (0 bytes)"));
    let said = bad(folder.path(), &format!("bundle fetch-images out --plain-http --mirror docker.oi={host}/hub"));
    assert!(said.contains("no image of the bundle comes from `docker.oi`") && said.contains("docker.io"), "{said}");
    let said = bad(folder.path(), "bundle fetch-images out --mirror docker.io");
    assert!(said.contains("expected REGISTRY=MIRROR, found `docker.io`"), "{said}");
}

#[test]
fn payloads_come_along_with_their_digests() {
    let served = Arc::new(Mutex::new(b"a tool".to_vec()));
    let bytes = Arc::clone(&served);
    let server = Server::start(move |seen| match seen.path.as_str() {
        "/files/tool.zip?at=1" => Reply::new(200, bytes.lock().expect("a lock").clone()),
        _ => Reply::new(404, "nothing here"),
    });
    let digest = sha256(b"a tool");
    let url = format!("http://{}/files/tool.zip?at=1", server.host());
    let payloads = format!(
        "payloads:\n  - {{name: tool, what: a tool, source: the server, goes: into a claim, required: true, \
         url: '{url}', sha256: {digest}}}\n  - {{name: theme, what: a theme, source: the site, goes: an image, required: false}}\n"
    );
    let folder = stated(&payloads);
    let said = good(folder.path(), &format!("{BUILD} --out out --with-payloads"));
    assert!(said.contains("by hand (optional): theme for app: the site"), "{said}");
    assert_eq!(fs::read(folder.path().join("out/payloads/app/tool.zip")).expect("is there"), b"a tool");
    let sums = fs::read_to_string(folder.path().join("out/SHA256SUMS")).expect("reads");
    assert!(sums.contains(&format!("{digest}  payloads/app/tool.zip")), "{sums}");
    good(folder.path(), "bundle verify out");
    let asked = server.seen().len();
    // In one archive too; the same bytes whenever it is built.
    for name in ["one.tgz", "other.tgz"] {
        good(folder.path(), &format!("{BUILD} --out {name} --with-payloads"));
        good(folder.path(), &format!("bundle verify {name}"));
    }
    let read = |name: &str| fs::read(folder.path().join(name)).expect("reads");
    assert!(read("one.tgz") == read("other.tgz") && server.seen().len() > asked);
    // A file that somebody changed.
    fs::write(folder.path().join("out/payloads/app/tool.zip"), "another tool").expect("writes");
    assert!(bad(folder.path(), "bundle verify out").contains("payloads/app/tool.zip"));
    *served.lock().expect("a lock") = b"another tool".to_vec();
    let said = bad(folder.path(), &format!("{BUILD} --out changed --with-payloads"));
    assert!(said.contains("payload `tool`: expected sha256 ") && said.contains("nothing was kept"), "{said}");
    for (wrong, message) in [
        (payloads.replace(&digest, "abc"), "has a `url` and no `sha256` of 64 digits"),
        (payloads.replace("/files/tool.zip", "/files/none.zip"), "404"),
        (
            payloads.replace(
                "payloads:\n",
                &format!("payloads:\n  - {{name: copy, url: '{url}', sha256: {}}}\n", "a".repeat(64)),
            ),
            "payloads `copy` and `tool` of `app` would both be `payloads/app/tool.zip`",
        ),
    ] {
        let folder = stated(&wrong);
        let said = bad(folder.path(), &format!("{BUILD} --out out --with-payloads"));
        assert!(said.contains(message), "{message}: {said}");
    }
}
