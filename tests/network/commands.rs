//! The commands that fetch and send charts, from outside: both command lines against servers of this process.

use super::registry::{Door, Fake};
use super::server::{Reply, Server};
use crate::bundle::tree;
use chartwright::chart::{Chart, LoadOptions, Notices, pack};
use chartwright::repository::sha256;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A home of its own, and both programs.
struct Stage {
    folder: TempDir,
}

/// What a run left.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Stage {
    fn new() -> Stage {
        let stage = Stage { folder: TempDir::new().expect("makes a folder") };
        symlink(env!("CARGO_BIN_EXE_chartwright"), stage.path("helm")).expect("makes a link");
        stage
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, program: &Path, line: &str) -> Ran {
        let mut command = Command::new(program);
        command.args(line.split(' ')).current_dir(self.folder.path()).env_clear().stdin(Stdio::null());
        let output = command.env("HOME", self.folder.path()).env("TZ", "UTC").output().expect("runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ran { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
    }

    fn own(&self, line: &str) -> Ran {
        self.run(Path::new(env!("CARGO_BIN_EXE_chartwright")), line)
    }

    fn helm(&self, line: &str) -> Ran {
        self.run(&self.path("helm"), line)
    }

    /// Writes Helm's list of repositories.
    fn add(&self, text: &str) {
        fs::create_dir_all(self.path(".config/helm")).expect("makes a folder");
        fs::write(self.path(".config/helm/repositories.yaml"), text).expect("writes");
    }
}

/// The archive of a small chart that renders one line.
fn archive(version: &str) -> Vec<u8> {
    let folder = TempDir::new().expect("makes a folder");
    fs::create_dir(folder.path().join("templates")).expect("makes a folder");
    let about = format!("apiVersion: v2\nname: x\nversion: {version}\n");
    fs::write(folder.path().join("Chart.yaml"), about).expect("writes");
    fs::write(folder.path().join("templates/a.yaml"), "a: {{ .Chart.Version }}\n").expect("writes");
    let chart = Chart::load(folder.path(), &LoadOptions::default(), &mut Notices::new()).expect("loads");
    pack::pack(&chart).expect("packs")
}

/// An index of these versions, whose archives lie beside it.
fn index(versions: &[&str], digest: Option<&str>) -> String {
    let mut text = "apiVersion: v1\nentries:\n  x:\n".to_owned();
    for version in versions {
        let digest = digest.map_or_else(|| sha256(&archive(version)), str::to_owned);
        text.push_str(&format!(
            "  - name: x\n    apiVersion: v2\n    version: {version}\n    digest: {digest}\n    urls: [x-{version}.tgz]\n"
        ));
    }
    text
}

/// A repository of two versions that knows its `ETag`; `door` is the `Authorization` that it wants.
fn repository(door: Option<&'static str>) -> Server {
    Server::start(move |seen| {
        if door.is_some_and(|door| seen.header("authorization") != Some(door)) {
            return Reply::new(401, "");
        }
        match seen.path.as_str() {
            "/charts/index.yaml" if seen.header("if-none-match") == Some("\"7\"") => Reply::new(304, ""),
            "/charts/index.yaml" => Reply::new(200, index(&["0.1.0", "0.2.0"], None)).header("ETag", "\"7\""),
            "/charts/x-0.1.0.tgz" => Reply::new(200, archive("0.1.0")),
            "/charts/x-0.2.0.tgz" => Reply::new(200, archive("0.2.0")),
            "/charts/x-0.2.0.tgz.prov" => Reply::new(200, "signed"),
            _ => Reply::new(404, ""),
        }
    })
}

#[test]
fn charts_come_from_everywhere() {
    let (stage, server) = (Stage::new(), repository(None));
    let url = server.url("/charts");
    stage.add(&format!("apiVersion: v1\nrepositories:\n- {{name: r, url: \"{url}\"}}\n"));
    let fake = Fake::start(Door::Open);
    fs::write(stage.path("x-0.3.0.tgz"), archive("0.3.0")).expect("writes");
    let pushed = stage.helm(&format!("push x-0.3.0.tgz {} --plain-http", fake.reference("c")));
    assert_eq!(pushed.code, 0, "{}", pushed.err);
    for (chart, version) in [
        (format!("x --repo {url}"), "0.2.0"),
        (format!("x --repo {url} --version ^0.1"), "0.1.0"),
        ("r/x".to_owned(), "0.2.0"),
        ("@r/x --version 0.1.0".to_owned(), "0.1.0"),
        (format!("{url}/x-0.1.0.tgz"), "0.1.0"),
        (format!("{} --plain-http", fake.reference("c/x")), "0.3.0"),
        (format!("{} --plain-http --version 0.3.0", fake.reference("c/x")), "0.3.0"),
    ] {
        let ran = stage.own(&format!("template {chart}"));
        assert_eq!(ran.out, format!("---\n# Source: x/templates/a.yaml\na: {version}\n"), "{chart}: {}", ran.err);
        let shown = stage.own(&format!("show chart {chart}"));
        assert!(shown.out.contains(&format!("version: {version}\n")), "{chart}: {}", shown.err);
    }
    // The index was fetched once, asked about after that, and no archive was fetched twice.
    let lines = server.lines();
    let archives = lines.iter().filter(|line| line.ends_with(".tgz")).count();
    let asked = server.seen().iter().filter(|seen| seen.header("if-none-match").is_some()).count();
    assert_eq!((archives, asked > 3), (4, true), "{lines:?}");
}

#[test]
fn helm_speaks_of_charts_as_helm_does() {
    let (stage, server) = (Stage::new(), repository(None));
    let url = server.url("/charts");
    stage.add(&format!("apiVersion: v1\nrepositories:\n- {{name: r, url: \"{url}\"}}\n"));
    let fake = Fake::start(Door::Open);
    let host = fake.server.host();
    fs::write(stage.path("x-0.3.0.tgz"), archive("0.3.0")).expect("writes");
    let cached = stage.path(".cache/helm/repository/r-index.yaml");
    let shown = cached.display();
    // Recorded from Helm 4.3.1.
    let cases = [
        ("pull x".to_owned(), "non-absolute URLs should be in form of repo_name/path_to_chart, got: x".to_owned()),
        ("pull s/x".to_owned(), "repo s not found".to_owned()),
        ("pull @r/x".to_owned(), "repo @r not found".to_owned()),
        ("pull ftp://h/x".to_owned(), "scheme \"ftp\" not supported".to_owned()),
        (
            "pull r/x".to_owned(),
            format!("no cached repo found. (try 'helm repo update'): open {shown}: no such file or directory"),
        ),
        (format!("pull y --repo {url}"), format!("chart \"y\" not found in {url} repository")),
        (
            format!("pull x --repo {url} --version 9"),
            format!("chart \"x\" version \"9\" not found in {url} repository"),
        ),
        (
            format!("pull x --repo {url}/no"),
            format!(
                "looks like \"{url}/no\" is not a valid chart repository or cannot be reached: \
                 failed to fetch {url}/no/index.yaml : 404 Not Found"
            ),
        ),
        (format!("pull {url}/no.tgz"), format!("failed to fetch {url}/no.tgz : 404 Not Found")),
        (format!("pull {url}/x-0.1.0.tgz --verify"), format!("failed to fetch provenance \"{url}/x-0.1.0.tgz.prov\"")),
        (
            format!("pull oci://{host}/c/x --version 1.0.0 --plain-http"),
            format!("failed to perform \"FetchReference\" on source: {host}/c/x:1.0.0: not found"),
        ),
        (
            format!("pull oci://{host}/c/x:1.0.0 --version 2 --plain-http"),
            "chart reference and version mismatch: 2 is not 1.0.0".to_owned(),
        ),
        (format!("pull oci://{host}/C/x --plain-http"), "invalid reference: invalid repository \"C/x\"".to_owned()),
        ("push x-0.3.0.tgz charts".to_owned(), "scheme prefix missing from remote (e.g. \"oci://\")".to_owned()),
        ("push x-0.3.0.tgz http://x".to_owned(), "scheme \"http\" not supported".to_owned()),
        ("push no.tgz oci://x".to_owned(), "no.tgz: no such file".to_owned()),
        ("push . oci://x".to_owned(), "cannot push directory, must provide chart archive (.tgz)".to_owned()),
    ];
    for (line, wanted) in cases {
        let ran = stage.helm(&line);
        assert_eq!((ran.code, ran.err.as_str()), (1, format!("Error: {wanted}\n").as_str()), "{line}");
    }
    let pushed = stage.helm(&format!("push x-0.3.0.tgz oci://{host}/c --plain-http"));
    let digest = pushed.out.lines().nth(1).expect("a digest").to_owned();
    assert_eq!(pushed.out, format!("Pushed: {host}/c/x:0.3.0\n{digest}\n"));
    let pulled = stage.helm(&format!("pull oci://{host}/c/x --plain-http --prov"));
    let warning = format!(
        "WARNING: Verification not found for oci://{host}/c/x: manifest does not contain a layer with mediatype \
         application/vnd.cncf.helm.chart.provenance.v1.prov\n"
    );
    assert_eq!((pulled.out, pulled.err), (format!("Pulled: {host}/c/x:0.3.0\n{digest}\n{warning}"), String::new()));
    let shown = stage.helm(&format!("show chart oci://{host}/c/x --plain-http"));
    assert_eq!(shown.out, "apiVersion: v2\nname: x\nversion: 0.3.0\n\n");
    assert_eq!(shown.err, format!("Pulled: {host}/c/x:0.3.0\n{digest}\n"));
    assert_eq!(fs::read(stage.path("x-0.3.0.tgz")).expect("is there"), archive("0.3.0"));
}

#[test]
fn pull_writes_whole_files_or_none() {
    let (stage, server) = (Stage::new(), repository(None));
    let url = server.url("/charts");
    let ran = stage.own(&format!("pull x --repo {url} -d new/folder --prov"));
    assert_eq!((ran.code, ran.out.as_str()), (0, "new/folder/x-0.2.0.tgz\n"), "{}", ran.err);
    assert_eq!(fs::read(stage.path("new/folder/x-0.2.0.tgz")).expect("is there"), archive("0.2.0"));
    assert_eq!(fs::read(stage.path("new/folder/x-0.2.0.tgz.prov")).expect("is there"), b"signed");
    let ran = stage.own(&format!("pull x --repo {url} --version 0.1.0 --untar -d new"));
    assert_eq!((ran.code, ran.out.as_str()), (0, "new/x\n"), "{}", ran.err);
    assert_eq!(fs::read(stage.path("new/x/templates/a.yaml")).expect("is there"), b"a: {{ .Chart.Version }}\n");
    let before = tree(&stage.path("new"));
    let ran = stage.own(&format!("pull x --repo {url} --untar -d new"));
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("failed to untar: a file or directory with the name new/x already exists"), "{}", ran.err);
    // A server that sends other bytes than its index says.
    let wrong = "ab".repeat(32);
    let text = index(&["0.1.0"], Some(&wrong));
    let liar = Server::start(move |seen| match seen.path.as_str() {
        "/index.yaml" => Reply::new(200, text.clone()),
        _ => Reply::new(200, archive("0.1.0")),
    });
    for line in ["pull x -d new --repo", "template x --repo"] {
        let ran = stage.own(&format!("{line} {}", liar.url("")));
        assert_eq!(ran.code, 1);
        assert!(ran.err.contains("has another digest than index.yaml says: expected abab"), "{}", ran.err);
    }
    assert!(tree(&stage.path("new")) == before);
}

#[test]
fn credentials_go_where_they_belong() {
    let (stage, server) = (Stage::new(), repository(Some("Basic bWU6aHVzaA==")));
    let url = server.url("/charts");
    let stranger = Server::start(|seen| match seen.path.as_str() {
        "/x-0.1.0.tgz" => Reply::new(200, archive("0.1.0")),
        _ => Reply::new(404, ""),
    });
    let refused = stage.own(&format!("template x --repo {url}"));
    assert!(refused.err.contains("401 Unauthorized") && refused.err.contains("--username"), "{}", refused.err);
    let ran = stage.own(&format!("template x --repo {url} --username me --password hush"));
    assert_eq!(ran.code, 0, "{}", ran.err);
    stage.add(&format!(
        "repositories:\n- name: r\n  url: \"{url}\"\n  username: me\n  password: hush\n  insecure_skip_tls_verify: true\n"
    ));
    assert_eq!(stage.own("template r/x").code, 0);
    // An index that sends to another host.
    let away = stranger.url("/x-0.1.0.tgz");
    let text = index(&["0.1.0"], None).replace("urls: [x-0.1.0.tgz]", &format!("urls: [\"{away}\"]"));
    let home = Server::start(move |seen| match seen.header("authorization") {
        Some("Basic bWU6aHVzaA==") => Reply::new(200, text.clone()),
        _ => Reply::new(401, ""),
    });
    let line = format!("pull x --repo {} --username me --password hush", home.url(""));
    assert_eq!(stage.helm(&line).code, 0);
    assert_eq!(stranger.seen()[0].header("authorization"), None);
    fs::remove_dir_all(stage.path(".cache")).expect("removes");
    assert_eq!(stage.helm(&format!("{line} --pass-credentials")).code, 0);
    assert_eq!(stranger.seen()[1].header("authorization"), Some("Basic bWU6aHVzaA=="));
    // Nothing that was said or kept holds the password.
    for (name, bytes) in tree(&stage.path(".cache")) {
        assert!(!String::from_utf8_lossy(&bytes).contains("hush"), "{}", name.display());
    }
}

#[test]
fn own_push_changes_no_version() {
    let (stage, fake) = (Stage::new(), Fake::start(Door::Open));
    let target = fake.reference("c");
    fs::write(stage.path("x-0.3.0.tgz"), archive("0.3.0")).expect("writes");
    let push = |more: &str| stage.own(&format!("push x-0.3.0.tgz {target} --plain-http{more}"));
    let first = push("");
    assert!(first.out.starts_with(&format!("added {target}/x:0.3.0@sha256:")), "{} {}", first.out, first.err);
    let second = push("");
    assert!(second.out.starts_with(&format!("unchanged {target}/x:0.3.0@sha256:")), "{}", second.out);
    let mut other = archive("0.3.0");
    // The time in the header of gzip.
    other[4] ^= 1;
    fs::write(stage.path("x-0.3.0.tgz"), &other).expect("writes");
    let refused = push("");
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("is published with other bytes"), "{}", refused.err);
    assert!(push(" --force").out.starts_with("replaced "));
    let refused = stage.own("push x-0.3.0.tgz ftp://h/x");
    assert!(refused.err.contains("cannot push over `ftp://`"), "{}", refused.err);

    // A ChartMuseum, which wants a token.
    let saved = std::sync::Mutex::new(Vec::new());
    let museum = Server::start(move |seen| {
        let mut saved = saved.lock().expect("a lock");
        if seen.header("authorization") != Some("Bearer sesame") {
            return Reply::new(401, "");
        }
        match (seen.method.as_str(), seen.path.as_str(), saved.is_empty()) {
            ("POST", "/ctx/api/org/charts", _) => {
                saved.clone_from(&seen.body);
                Reply::new(201, r#"{"saved":true}"#)
            }
            ("GET", "/ctx/api/org/charts/x/0.3.0", false) => {
                Reply::new(200, format!(r#"{{"digest":"{}","urls":["charts/x.tgz"]}}"#, sha256(&saved)))
            }
            ("GET", "/ctx/org/charts/x.tgz", false) => Reply::new(200, saved.clone()),
            _ => Reply::new(404, ""),
        }
    });
    fs::write(stage.path("token"), "sesame\n").expect("writes");
    let line = format!("push x-0.3.0.tgz {} --context-path /ctx --token-file token", museum.url("/ctx/org"));
    let first = stage.own(&line);
    assert!(first.out.starts_with("added x-0.3.0.tgz\n"), "{} {}", first.out, first.err);
    assert!(stage.own(&line).out.starts_with("unchanged x-0.3.0.tgz\n"));
}

#[test]
fn login_is_checked_and_kept() {
    let (stage, fake) = (Stage::new(), Fake::start(Door::Basic));
    let host = fake.server.host();
    let failed = stage.helm(&format!("registry login {host} --plain-http -u me -p wrong"));
    let warning = "level=WARN msg=\"using --password via the CLI is insecure. Use --password-stdin\"\n";
    let wanted = format!(
        "{warning}Error: authenticating to \"{host}\": GET \"http://{host}/v2/\": response status code 401: \
         unauthorized: authentication required\n"
    );
    assert_eq!((failed.code, failed.err), (1, wanted));
    let config = stage.path(".config/helm/registry/config.json");
    assert!(!config.exists());
    let done = stage.helm(&format!("registry login {host} --plain-http -u me -p hush"));
    assert_eq!((done.out.as_str(), done.err.as_str()), ("Login Succeeded\n", warning));
    fs::write(stage.path("x-0.3.0.tgz"), archive("0.3.0")).expect("writes");
    assert_eq!(stage.helm(&format!("push x-0.3.0.tgz oci://{host}/c --plain-http")).code, 0);
    assert_eq!(stage.own(&format!("pull oci://{host}/c/x --plain-http")).code, 0);
    let gone = stage.helm(&format!("registry logout {host}"));
    assert_eq!(gone.out, format!("Removing login credentials for {host}\n"));
    let refused = stage.own(&format!("pull oci://{host}/c/x --plain-http"));
    assert!(refused.err.contains(&format!("registry login {host}")), "{}", refused.err);
    let bare = stage.helm(&format!("registry login {host}"));
    assert_eq!((bare.out.as_str(), bare.err.as_str()), ("Username: ", "Error: EOF\n"));
    let path = stage.helm(&format!("registry login {host}/a -u a -p b"));
    assert!(path.err.ends_with(&format!("Error: invalid reference: invalid registry \"{host}/a\"\n")), "{}", path.err);
}

#[test]
fn charts_in_registries_are_signed_and_verified() {
    let (stage, fake) = (Stage::new(), Fake::start(Door::Bearer(String::new())));
    let keys = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/provenance/cosign");
    for name in ["plain.pem", "encrypted.pem", "pub.pem", "p384.pub.pem"] {
        fs::copy(keys.join(name), stage.path(name)).expect("copies");
    }
    fs::write(stage.path("passphrase"), "correct horse\n").expect("writes");
    fs::write(stage.path("x-0.3.0.tgz"), archive("0.3.0")).expect("writes");
    let (target, who) = (fake.reference("c"), "--plain-http --username me --password hush");
    let chart = format!("{target}/x:0.3.0");
    assert_eq!(stage.own(&format!("push x-0.3.0.tgz {target} {who}")).code, 0);
    let verify = |key: &str| stage.own(&format!("verify {chart} --plain-http --cosign-key {key}"));
    let none = verify("pub.pem");
    assert_eq!(none.code, 1);
    assert!(none.err.contains("has no signature"), "{}", none.err);
    let sign = |key: &str| stage.own(&format!("sign {chart} {who} --cosign-key {key}"));
    let signed = sign("encrypted.pem --passphrase-file passphrase");
    let place = signed.out.strip_suffix("\n  signed\n").unwrap_or_else(|| panic!("{}{}", signed.out, signed.err));
    assert!(place.starts_with(&format!("{target}/x@sha256:")), "{place}");
    let manifests = || fake.store.lock().expect("a lock").manifests.clone();
    let before = manifests();
    assert!(before.contains_key(&("c/x".to_owned(), format!("{}.sig", &place[place.len() - 71..].replace(':', "-")))));
    // The same key signs the same text; nothing is added.
    assert_eq!(sign("plain.pem").code, 0);
    assert_eq!(manifests(), before);
    let bare = target.trim_start_matches("oci://");
    let good = verify("pub.pem");
    assert_eq!((good.out, good.code), (format!("{place}\n  signed as {bare}/x\n"), 0), "{}", good.err);

    // Another chart under the tag has no signature, and that of the old one is not taken for it.
    let moved = fake.store.lock().expect("a lock").manifests[&("c/x".to_owned(), "0.3.0".to_owned())].clone();
    let key = ("c/x".to_owned(), "0.3.0".to_owned());
    fake.store.lock().expect("a lock").manifests.insert(key, [&moved[..], b" "].concat());
    let other = verify("pub.pem");
    assert!(other.code == 1 && other.err.contains("has no signature"), "{}", other.err);

    for (line, wanted) in [
        (format!("verify {chart} --cosign-key p384.pub.pem"), "expected a key for ECDSA on the curve P-256"),
        (format!("sign {chart} --key me"), "expected an archive, found `oci://"),
        (format!("verify {chart}"), "expected an archive, found `oci://"),
        ("verify x-0.3.0.tgz --cosign-key pub.pem".to_owned(), "expected `oci://HOST/PATH:TAG` beside --cosign-key"),
        (format!("sign {target}/x --cosign-key plain.pem"), "expected a tag or a digest"),
        (format!("sign {target}/x:9.9.9 --plain-http --cosign-key plain.pem"), "is not there"),
        (format!("sign {chart} --cosign-key encrypted.pem --passphrase-file pub.pem"), "the passphrase is wrong"),
    ] {
        let ran = stage.own(&line);
        assert_ne!(ran.code, 0, "{line}");
        assert!(ran.err.contains(wanted), "{line}: {}", ran.err);
    }
}

#[test]
fn tags_of_a_registry_are_searched() {
    let (stage, fake) = (Stage::new(), Fake::start(Door::Basic));
    let chart = fake.reference("c/x");
    for tag in ["0.1.0", "0.2.0_b.1", "0.3.0-rc.1", "latest", "sha256-00.sig"] {
        fake.store.lock().expect("a lock").manifests.insert(("c/x".to_owned(), tag.to_owned()), Vec::new());
    }
    let search =
        |more: &str| stage.own(&format!("search --repo {chart} --plain-http --username me --password hush{more}"));
    let rows = |text: &str| -> Vec<Vec<String>> {
        let lines = text.lines().skip(1);
        lines.map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
    };
    let newest = search("");
    assert_eq!(rows(&newest.out), [[chart.as_str(), "0.2.0+b.1"]], "{}", newest.err);
    assert_eq!(rows(&search(" --devel").out), [[chart.as_str(), "0.3.0-rc.1"]]);
    let all: Vec<String> = rows(&search(" -l --devel").out).into_iter().map(|row| row[1].clone()).collect();
    assert_eq!(all, ["0.3.0-rc.1", "0.2.0+b.1", "0.1.0"]);
    assert_eq!(rows(&search(" -l --version <0.2.0").out), [[chart.as_str(), "0.1.0"]]);
    assert!(stage.own(&format!("search --repo {chart}:0.1.0")).err.contains("choose versions with --version"));
}

#[test]
fn an_index_is_asked_for_once_and_forgotten_whole() {
    let (stage, server) = (Stage::new(), repository(None));
    let url = server.url("/charts");
    assert_eq!(stage.own(&format!("repo add r {url}")).code, 0);
    let cache = || -> Vec<String> {
        let entries = fs::read_dir(stage.path(".cache/helm/repository")).expect("reads").flatten();
        let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(cache(), ["r-charts.txt", "r-index.yaml", "r-index.yaml.etag"]);
    server.forget();
    assert_eq!(stage.own("repo update").code, 0);
    assert_eq!(stage.helm("repo update").code, 0);
    assert_eq!(stage.own("search --version >0").code, 0);
    let asked = server.seen();
    assert!(asked.iter().all(|seen| seen.header("if-none-match") == Some("\"7\"")), "{asked:?}");
    // An index that somebody changed is not the server's any more.
    fs::write(stage.path(".cache/helm/repository/r-index.yaml"), "apiVersion: v1\nentries: {}\n").expect("writes");
    server.forget();
    assert_eq!(stage.own("repo update").code, 0);
    assert_eq!(server.seen()[0].header("if-none-match"), None);
    // Nor is that of another address.
    assert_eq!(stage.own(&format!("repo add r {url}/ --force-update")).code, 0);
    assert_eq!(stage.own("repo remove r").code, 0);
    assert_eq!(cache(), Vec::<String>::new());
}

#[test]
fn indexes_may_be_hostile() {
    use std::io::Write;
    let bomb = {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        let piece = vec![b' '; 1 << 20];
        for _ in 0..100 {
            packer.write_all(&piece).expect("packs");
        }
        packer.finish().expect("packs")
    };
    let packed = {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(index(&["0.1.0"], None).as_bytes()).expect("packs");
        packer.finish().expect("packs")
    };
    let stage = Stage::new();
    let text = "apiVersion: v1\nentries:\n  x:\n  - {version: 0.1.0, urls: [\"https://h/\\u001b[31m\"]}\n";
    for (body, wanted) in [
        (bomb, "unpacks to more than"),
        (b"\x1f\x8b\x08broken".to_vec(), "the packed index cannot be read"),
        (b"<html>".to_vec(), "is not a valid chart repository or cannot be reached"),
        (b"apiVersion: v1\nentries: {x: null}\n".to_vec(), "not found in"),
        (text.as_bytes().to_vec(), "invalid control character in URL"),
        (vec![b'['; 1 << 20], "is not a valid chart repository or cannot be reached"),
    ] {
        let server = Server::start(move |_| Reply::new(200, body.clone()));
        let ran = stage.own(&format!("template x --repo {}", server.url("")));
        assert_ne!(ran.code, 0);
        assert!(ran.err.contains(wanted), "{wanted}: {}", ran.err);
        assert!(!ran.err.contains('\u{1b}'), "{}", ran.err);
    }
    let server = Server::start(move |seen| match seen.path.as_str() {
        "/index.yaml" => Reply::new(200, packed.clone()),
        _ => Reply::new(200, archive("0.1.0")),
    });
    assert_eq!(stage.own(&format!("template x --repo {}", server.url(""))).code, 0);
}
