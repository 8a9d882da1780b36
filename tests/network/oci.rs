//! Charts in OCI registries: pushed, pulled, listed, and everything that a registry may do to us.

use super::registry::{Door, Fake, PASSWORD, USER};
use super::server::{Reply, Server};
use bytes::Bytes;
use chartwright::chart::{Chart, LoadOptions, Notices, pack};
use chartwright::diagnostic::{Error, ErrorKind};
use chartwright::repository::credentials::{Credential, Keychain};
use chartwright::repository::oci::push::Change;
use chartwright::repository::oci::{
    CHART_CONFIG, CHART_LAYER, ChartArtifact, Descriptor, Digest, Layers, MANIFEST, Manifest, Overwrite, Reference,
    Registry, RegistryOptions, Scheme,
};
use chartwright::repository::transport::ChartRegistry;
use std::collections::BTreeMap;
use std::fs;
use tempfile::TempDir;

const CREATED: &str = "2026-01-02T03:04:05Z";

/// An artifact of a small chart.
fn artifact(version: &str, description: &str) -> ChartArtifact {
    signed(version, description, None)
}

fn signed(version: &str, description: &str, provenance: Option<&'static str>) -> ChartArtifact {
    let folder = TempDir::new().expect("makes a folder");
    let about = format!("apiVersion: v2\nname: x\nversion: {version}\ndescription: {description}\n");
    fs::write(folder.path().join("Chart.yaml"), about).expect("writes");
    let chart = Chart::load(folder.path(), &LoadOptions::default(), &mut Notices::new()).expect("loads");
    let bytes = Bytes::from(pack::pack(&chart).expect("packs"));
    let provenance = provenance.map(|text| Bytes::from_static(text.as_bytes()));
    ChartArtifact::new(&chart.metadata, bytes, provenance, CREATED).expect("an artifact")
}

fn reference(text: &str) -> Reference {
    Reference::parse(text).expect("a reference")
}

fn known() -> RegistryOptions {
    RegistryOptions { credential: Some(Credential::basic(USER, PASSWORD)), ..RegistryOptions::default() }
}

#[test]
fn a_chart_goes_in_and_comes_out() {
    let fake = Fake::start(Door::Open);
    let client = fake.client(RegistryOptions::default());
    let target = reference(&fake.reference("charts/x"));
    let chart = signed("1.0.0+build.1", "a <b> & c", Some("signature"));
    let pushed = client.push(&target, &chart, Overwrite::Refuse).expect("pushes");
    assert_eq!((pushed.change, pushed.reference.tag.as_deref()), (Change::Added, Some("1.0.0_build.1")));
    let writes = || fake.server.seen().iter().filter(|seen| !matches!(seen.method.as_str(), "GET" | "HEAD")).count();
    assert_eq!(writes(), 7);

    let pulled = client.pull(&pushed.reference, Layers::ChartAndProvenance).expect("pulls");
    assert_eq!((pulled.chart.as_ref(), pulled.provenance.as_deref()), (Some(&chart.chart), Some(&b"signature"[..])));
    assert_eq!((&pulled.digest, pulled.config), (&pushed.digest, chart.config.clone()));
    let by_digest = client.choose(&reference(&format!("{target}@{}", pushed.digest)), "").expect("chooses");
    assert_eq!(client.pull(&by_digest, Layers::Provenance).expect("pulls").chart, None);

    // The same chart again writes nothing, nor does the same archive without its provenance or with another time.
    for again in [chart.clone(), signed("1.0.0+build.1", "a <b> & c", None)] {
        let pushed = client.push(&target, &again, Overwrite::Refuse).expect("pushes");
        assert_eq!(pushed.change, Change::Unchanged);
    }
    assert_eq!(writes(), 7);

    let other = artifact("1.0.0+build.1", "other");
    let error = client.push(&target, &other, Overwrite::Refuse).expect_err("refuses");
    let start = format!("`{}` is published with other bytes: digest {}", pushed.reference, pushed.digest);
    assert!(error.message().starts_with(&start), "{error}");
    assert_eq!(writes(), 7);
    let moved = client.push(&target, &other, Overwrite::Allow).expect("pushes");
    assert_eq!(moved.change, Change::Replaced);
    let error = client.pull(&moved.reference, Layers::ChartAndProvenance).expect_err("has none");
    assert!(error.message().starts_with("manifest does not contain a layer with mediatype"), "{error}");
    assert!(client.pull(&moved.reference, Layers::ChartAndProvenanceIfThere).expect("pulls").provenance.is_none());
    // What the digest names is there still.
    assert!(client.pull(&by_digest, Layers::ChartAndProvenance).is_ok());
}

// The bytes are those that Helm 4.3.1 wrote for the same chart into a registry.
#[test]
fn manifests_are_those_of_helm() {
    let text = include_str!("chart.yaml");
    let folder = TempDir::new().expect("makes a folder");
    fs::write(folder.path().join("Chart.yaml"), text).expect("writes");
    let chart = Chart::load(folder.path(), &LoadOptions::default(), &mut Notices::new()).expect("loads");
    let artifact = ChartArtifact::new(&chart.metadata, Bytes::from_static(b"archive\n"), None, CREATED);
    let artifact = artifact.expect("an artifact");
    assert_eq!(String::from_utf8_lossy(&artifact.config), include_str!("config.json").trim_end());
    let manifest = String::from_utf8(artifact.manifest.to_json()).expect("is text");
    let layer = artifact.manifest.layers[0].clone();
    let wanted = include_str!("manifest.json").trim_end();
    let wanted = wanted.replace("$DIGEST", layer.digest.as_str()).replace("$SIZE", &layer.size.to_string());
    assert_eq!(manifest, wanted);
}

#[test]
fn passwords_and_tokens_open_doors() {
    let chart = artifact("1.0.0", "a");
    for door in [Door::Basic, Door::Bearer(String::new())] {
        let fake = Fake::start(door.clone());
        let target = reference(&fake.reference("charts/x"));
        let client = fake.client(known());
        client.ping(&fake.server.host()).expect("is let in");
        let pushed = client.push(&target, &chart, Overwrite::Refuse).expect("pushes");
        client.pull(&pushed.reference, Layers::Chart).expect("pulls");
        let stranger = fake.client(RegistryOptions::default());
        match door {
            Door::Basic => {
                let error = stranger.pull(&pushed.reference, Layers::Chart).expect_err("is refused");
                assert_eq!(error.message(), format!("`{}` wants a user and a password", fake.server.host()));
            }
            _ => {
                let pulled = stranger.pull(&pushed.reference, Layers::Chart).expect("pulls");
                assert_eq!(pulled.chart, Some(chart.chart.clone()));
                let other = artifact("2.0.0", "a");
                let error = stranger.push(&target, &other, Overwrite::Refuse).expect_err("is refused");
                assert!(error.message().ends_with("401 Unauthorized: denied: who are you"), "{error}");
                // One token for one scope, however many requests.
                fake.server.forget();
                let fresh = fake.client(known());
                fresh.pull(&pushed.reference, Layers::Chart).expect("pulls");
                let tokens = fake.server.lines().iter().filter(|line| line.contains("/token")).count();
                assert_eq!(tokens, 1, "{:?}", fake.server.lines());
            }
        }
        let wrong = RegistryOptions { credential: Some(Credential::basic(USER, "wrong")), ..known() };
        let error = fake.client(wrong).ping(&fake.server.host()).expect_err("is refused");
        assert!(error.message().contains("401 Unauthorized"), "{error}");
        assert!(!format!("{error:?}").contains("wrong"), "{error:?}");
    }
}

#[test]
fn identity_tokens_buy_access() {
    let fake = Fake::start(Door::Bearer(String::new()));
    let folder = TempDir::new().expect("makes a folder");
    let path = folder.path().join("config.json");
    let host = fake.server.host();
    let auths = format!(r#"{{"auths":{{"https://{host}/v1/":{{"identitytoken":"long"}}}}}}"#);
    fs::write(&path, auths).expect("writes");
    let keychain = Keychain::new(folder.path().join("none.json"), Some(path));
    let client = fake.client(RegistryOptions { keychain: Some(keychain), ..RegistryOptions::default() });
    client.push(&reference(&fake.reference("x")), &artifact("1.0.0", "a"), Overwrite::Refuse).expect("pushes");
    let posted = fake.server.seen().into_iter().find(|seen| seen.line() == "POST /token").expect("a request");
    assert_eq!(posted.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(posted.header("authorization"), None);
}

#[test]
fn versions_are_chosen_as_helm_does() {
    let fake = Fake::start(Door::Open);
    let client = fake.client(RegistryOptions::default());
    let text = fake.reference("charts/x");
    let target = reference(&text);
    for version in ["1.0.0", "1.10.0", "1.9.0", "2.0.0-rc.1", "1.10.0+b"] {
        client.push(&target, &artifact(version, "a"), Overwrite::Refuse).expect("pushes");
    }
    let stored = fake.store.lock().expect("a lock").manifests.values().next().cloned().expect("a manifest");
    for tag in ["latest", "v3.0.0", "sha256-00.sig"] {
        fake.store.lock().expect("a lock").manifests.insert(("charts/x".into(), tag.into()), stored.clone());
    }
    fake.store.lock().expect("a lock").page = 2;
    fake.server.forget();
    assert_eq!(client.tags(&target).expect("lists").len(), 8);
    assert_eq!(fake.server.lines().len(), 4);
    let versions = client.chart_versions(&text).expect("lists");
    assert_eq!(
        versions.iter().filter(|version| !version.starts_with("1.10.0")).collect::<Vec<_>>(),
        ["2.0.0-rc.1", "1.9.0", "1.0.0"]
    );
    let choose = |text: &str, version: &str| match client.choose(&reference(text), version) {
        Ok(found) => found.target().unwrap_or_default().to_owned(),
        Err(error) => error.message().to_owned(),
    };
    for (tag, version, wanted) in [
        ("", "1.9.0", "1.9.0"),
        ("", "7.7.7", "7.7.7"),
        ("", "~1.9", "1.9.0"),
        ("", "^2", "could not locate a version matching provided version string ^2"),
        ("", ">0.0.0-0", "2.0.0-rc.1"),
        (":1.0.0", "", "1.0.0"),
        (":1.0.0", "1.0.0", "1.0.0"),
        (":1.0.0", "1.9.0", "chart reference and version mismatch: 1.9.0 is not 1.0.0"),
        ("", "a b", "improper constraint: \"a b\""),
    ] {
        assert_eq!(choose(&format!("{text}{tag}"), version), wanted, "{tag} {version}");
    }
    assert!(choose(&text, "").starts_with("1.10.0"));
    let other = choose(&format!("{text}:1.0.0@{}", Digest::of(b"x")), "");
    assert!(other.starts_with("chart reference digest mismatch: sha256:"), "{other}");
    assert_eq!(client.chart(&text, "~1.9").expect("pulls").version, "1.9.0");
    let error = client.chart(&text, "7.7.7").expect_err("is not there");
    assert_eq!(error.message(), format!("{}:7.7.7: not found", &text["oci://".len()..]));
}

/// A registry that has one manifest, whatever is asked for, and one blob.
fn liar(
    manifest: Vec<u8>,
    headers: &'static [(&'static str, &'static str)],
    blob: &'static str,
) -> (Server, Reference) {
    let server = Server::start(move |seen| {
        if !seen.path.contains("/manifests/") {
            return Reply::new(200, blob);
        }
        let reply = Reply::new(200, manifest.clone()).header("Content-Type", MANIFEST);
        headers.iter().fold(reply, |reply, (name, value)| reply.header(name, *value))
    });
    let reference = reference(&format!("oci://{}/charts/x:1.0.0", server.host()));
    (server, reference)
}

fn pull(reference: &Reference) -> Error {
    let client = super::registry::client(RegistryOptions { scheme: Scheme::Http, ..RegistryOptions::default() });
    client.pull(reference, Layers::Chart).expect_err("is refused")
}

fn manifest(config: Descriptor, layers: Vec<Descriptor>) -> Vec<u8> {
    Manifest { config, layers, annotations: BTreeMap::new() }.to_json()
}

#[test]
fn lies_are_found_out() {
    let config = Descriptor::of(CHART_CONFIG, b"{}");
    let layer = Descriptor::of(CHART_LAYER, b"{}");
    let sized = |size| Descriptor { size, ..layer.clone() };
    let good = manifest(config.clone(), vec![layer.clone()]);
    let deep = format!("{{\"config\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let many = manifest(config.clone(), vec![layer.clone(); 1001]);
    let negative = String::from_utf8_lossy(&good).replace("\"size\":2", "\"size\":-2");
    let odd = String::from_utf8_lossy(&good).replace("sha256:", "md5:../../");
    let both = String::from_utf8_lossy(&good).replacen('{', r#"{"manifests":[],"#, 1);
    let index = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#;
    for (text, blob, wanted) in [
        (good.clone(), "[]", "has another digest: expected sha256:"),
        (manifest(config.clone(), vec![sized(1 << 40)]), "{}", "has 1099511627776 bytes, more than 104857600"),
        (manifest(config.clone(), vec![sized(1)]), "{}", "sends more than 1 bytes"),
        (manifest(config.clone(), vec![sized(3)]), "{}", "has 2 bytes, and its manifest says 3"),
        (manifest(config.clone(), vec![]), "{}", "manifest does not contain a layer with mediatype"),
        (manifest(layer.clone(), vec![layer.clone()]), "{}", "could not load config with mediatype"),
        (many, "{}", "more than 1000 layers"),
        (negative.into_bytes(), "{}", "has -2 bytes"),
        (odd.into_bytes(), "{}", "is no digest"),
        (both.into_bytes(), "{}", "expected `application/vnd.oci.image.manifest.v1+json`"),
        (index.into(), "{}", "it says that it is `application/vnd.oci.image.index.v1+json`"),
        (deep.into_bytes(), "{}", "the manifest cannot be read"),
        (b"\x1b[31m".to_vec(), "{}", "the manifest cannot be read"),
        (vec![b' '; 5 << 20], "{}", "sends more than 4194304 bytes"),
    ] {
        let (_server, reference) = liar(text, &[], blob);
        let error = pull(&reference);
        assert!(error.message().contains(wanted), "{error}");
        assert!(!error.message().contains('\u{1b}'), "{error}");
    }
    const STATED: &[(&str, &str)] =
        &[("Docker-Content-Digest", "sha256:00000000000000000000000000000000000000000000000000000000000000aa")];
    let (_server, reference) = liar(good.clone(), STATED, "{}");
    assert!(pull(&reference).message().contains("has another digest"));
    let (_server, reference) = liar(good, &[], "{}");
    let other = reference.with_digest(Digest::of(b"other"));
    assert!(pull(&other).message().contains("has another digest"));
    assert_eq!(pull(&other).kind(), ErrorKind::Content);
}

#[test]
fn tokens_are_not_sold_to_strangers() {
    let thief = Server::start(|_| Reply::new(200, r#"{"token":"x"}"#));
    let port = thief.host().rsplit(':').next().expect("a port").to_owned();
    for (realm, wanted) in [
        (format!("http://localhost:{port}/token"), "your password would go to another host without TLS"),
        ("ftp://x/".to_owned(), "that is no web address"),
        ("http://169.254.169.254/latest".to_owned(), "your password would go to another host without TLS"),
        ("https://169.254.169.254/latest".to_owned(), "that is an address of an inner network"),
        ("https://[::1]/".to_owned(), "that is an address of an inner network"),
        ("https://[::ffff:10.0.0.1]/".to_owned(), "that is an address of an inner network"),
        ("nothing".to_owned(), "that is no web address"),
        ("http://[".to_owned(), "that is no URL"),
    ] {
        let fake = Fake::start(Door::Bearer(realm.clone()));
        let target = reference(&fake.reference("x:1.0.0"));
        let error = fake.client(known()).pull(&target, Layers::Chart).expect_err("is refused");
        assert!(error.message().ends_with(wanted), "{realm}: {error}");
    }
    assert_eq!(thief.seen().len(), 0);

    // A registry that sends to somebody who then wants a password.
    let door = Server::start(|_| Reply::new(401, "").header("WWW-Authenticate", "Basic realm=\"x\""));
    let target = door.url("/v2/x/manifests/1.0.0");
    let registry = Server::start(move |_| Reply::new(307, "").header("Location", target.clone()));
    let place = reference(&format!("oci://{}/x:1.0.0", registry.host()));
    let options = RegistryOptions { scheme: Scheme::Http, ..known() };
    let error = super::registry::client(options).pull(&place, Layers::Chart).expect_err("is refused");
    assert!(error.message().contains("401 Unauthorized"), "{error}");
    assert!(door.seen().iter().all(|seen| seen.header("authorization").is_none()));
}

#[test]
fn token_services_may_lie_too() {
    for (status, body, wanted) in [
        (200, "{}".to_owned(), "expected a token from"),
        (200, r#"{"token":""}"#.to_owned(), "expected a token from"),
        (200, r#"{"token":"a\r\nX-Evil: 1"}"#.to_owned(), "expected a token from"),
        (200, "[".repeat(100_000), "expected a token from"),
        (200, "a".repeat(200_000), "sends more than 131072 bytes"),
        (403, "\u{1b}[31mno".to_owned(), "403 Forbidden: [31mno"),
    ] {
        let service = Server::start(move |_| Reply::new(status, body.clone()));
        let fake = Fake::start(Door::Bearer(service.url("/token")));
        let target = reference(&fake.reference("x:1.0.0"));
        let error = fake.client(known()).pull(&target, Layers::Chart).expect_err("is refused");
        assert!(error.message().contains(wanted), "{error}");
        assert!(!error.message().contains('\u{1b}'), "{error}");
    }
}

#[test]
fn uploads_stay_with_their_registry() {
    let thief = Server::start(|_| Reply::new(201, ""));
    for location in [thief.url("/loot"), String::new(), "//evil.example.org/x".into(), "file:///x".into()] {
        let place = location.clone();
        let registry = Server::start(move |seen| match seen.method.as_str() {
            "POST" => Reply::new(202, "").header("Location", place.clone()),
            "PUT" => Reply::new(201, ""),
            _ => Reply::new(404, ""),
        });
        let target = reference(&format!("oci://{}/x", registry.host()));
        let client = super::registry::client(RegistryOptions { scheme: Scheme::Http, ..known() });
        let error = client.push(&target, &artifact("1.0.0", "a"), Overwrite::Refuse).expect_err("is refused");
        assert!(error.message().ends_with("which is another host"), "{error}");
        assert!(registry.seen().iter().all(|seen| seen.method != "PUT"));
    }
    assert_eq!(thief.seen().len(), 0);
}

#[test]
fn what_a_registry_loses_is_noticed() {
    // It takes everything and keeps nothing.
    let registry = Server::start(|seen| match seen.method.as_str() {
        "POST" => Reply::new(202, "").header("Location", "/v2/x/blobs/uploads/1"),
        "PUT" => Reply::new(201, ""),
        _ => Reply::new(404, ""),
    });
    let target = reference(&format!("oci://{}/x", registry.host()));
    let client = super::registry::client(RegistryOptions { scheme: Scheme::Http, ..RegistryOptions::default() });
    let error = client.push(&target, &artifact("1.0.0", "a"), Overwrite::Refuse).expect_err("is noticed");
    assert!(error.message().ends_with("was pushed, but the registry does not have it"), "{error}");
}

#[test]
fn signatures_lie_beside_their_charts() {
    use chartwright::provenance::cosign::{Signature, signature_tag};
    let fake = Fake::start(Door::Bearer(String::new()));
    let client = fake.client(known());
    let target = reference(&fake.reference("charts/x"));
    let pushed = client.push(&target, &artifact("1.0.0", "a"), Overwrite::Refuse).expect("pushes");
    assert!(client.signatures(&target, &pushed.digest).expect("asks").is_empty());
    let one = |text: &str| Signature {
        payload: text.as_bytes().to_vec(),
        signature: format!("sig {text}"),
        annotations: BTreeMap::from([("dev.cosignproject.cosign/signature".to_owned(), format!("sig {text}"))]),
    };
    for text in ["first", "second", "first"] {
        client.add_signature(&target, &pushed.digest, &one(text)).expect("stores");
    }
    assert_eq!(client.signatures(&target, &pushed.digest).expect("asks"), [one("first"), one("second")]);
    let tag = signature_tag(pushed.digest.as_str()).expect("a tag");
    assert!(client.tags(&target).expect("lists").contains(&tag));
    // The chart itself is as it was, and versions are still versions.
    assert_eq!(client.versions(&target).expect("lists"), ["1.0.0"]);
}

#[test]
fn pages_end() {
    let stranger = Server::start(|_| Reply::new(200, "{}"));
    let away = format!("<{}>; rel=\"next\"", stranger.url("/v2/x/tags/list?last=a"));
    let registry = Server::start(move |seen| {
        let reply = Reply::new(200, r#"{"tags":["1.0.0"]}"#);
        match seen.path.contains("away") {
            true => reply.header("Link", away.clone()),
            false => reply.header("Link", "</v2/loop/tags/list?last=1.0.0>; rel=\"next\""),
        }
    });
    let client: Registry = super::registry::client(RegistryOptions { scheme: Scheme::Http, ..known() });
    let tags = |name: &str| client.tags(&reference(&format!("oci://{}/{name}", registry.host())));
    assert!(tags("loop").expect_err("ends").message().ends_with("has more than 1000 pages of tags"));
    assert!(tags("away").expect_err("is refused").message().ends_with("is not on its registry"));
    assert_eq!(stranger.seen().len(), 0);
}

#[test]
fn keychains_change_one_entry() {
    let folder = TempDir::new().expect("makes a folder");
    let path = folder.path().join("registry/config.json");
    let keychain = Keychain::new(path.clone(), None);
    assert_eq!(keychain.get("ghcr.io").expect("reads"), None);
    keychain.put("ghcr.io", &Credential::basic("me", "hush:hush")).expect("writes");
    keychain.put("docker.io", &Credential::basic("me", "x")).expect("writes");
    assert_eq!(keychain.get("ghcr.io").expect("reads"), Some(Credential::basic("me", "hush:hush")));
    // The text is that of Helm 4.3.1's `registry login`.
    let wanted = "{\n\t\"auths\": {\n\t\t\"ghcr.io\": {\n\t\t\t\"auth\": \"bWU6aHVzaDpodXNo\"\n\t\t},\n\t\t\
        \"https://index.docker.io/v1/\": {\n\t\t\t\"auth\": \"bWU6eA==\"\n\t\t}\n\t}\n}";
    assert_eq!(fs::read_to_string(&path).expect("reads"), wanted);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&path).expect("is there").permissions().mode() & 0o777, 0o600);
    }
    keychain.remove("docker.io").expect("writes");
    keychain.remove("unknown").expect("does nothing");
    fs::write(&path, r#"{"HttpHeaders":{"a":"b"},"auths":{"x":{"auth":"bm9jb2xvbg=="}}}"#).expect("writes");
    keychain.put("y", &Credential::basic("a", "b")).expect("writes");
    assert!(fs::read_to_string(&path).expect("reads").contains("HttpHeaders"));
    let error = keychain.get("x").expect_err("is no pair");
    assert!(!format!("{error:?}").contains("nocolon"), "{error:?}");
    fs::write(&path, r#"{"auths": secret"#).expect("writes");
    let error = keychain.get("x").expect_err("is no JSON");
    assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    assert!(keychain.put("y", &Credential::basic("a", "b")).is_err());
    assert_eq!(fs::read_to_string(&path).expect("reads"), r#"{"auths": secret"#);
}

#[test]
fn writers_of_a_keychain_keep_each_others_entries() {
    let folder = TempDir::new().expect("makes a folder");
    let path = folder.path().join("registry/config.json");
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let keychain = Keychain::new(path.clone(), None);
            scope.spawn(move || {
                for number in 0..10 {
                    let host = format!("r{writer}-{number}.test");
                    keychain.put(&host, &Credential::basic("me", "hush")).expect("writes");
                    keychain.put("gone.test", &Credential::basic("me", "hush")).expect("writes");
                    keychain.remove("gone.test").expect("writes");
                }
            });
        }
    });
    let text: serde_json::Value = serde_json::from_slice(&fs::read(&path).expect("reads")).expect("is JSON");
    assert_eq!(text["auths"].as_object().expect("an object").len(), 40);
    let mut names: Vec<_> = fs::read_dir(folder.path().join("registry")).expect("reads").flatten().collect();
    names.sort_by_key(std::fs::DirEntry::file_name);
    let names: Vec<_> = names.iter().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(names, [".config.json.lock", "config.json"]);
}

#[cfg(unix)]
#[test]
fn helper_programs_are_asked() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().expect("makes a folder");
    let program = |name: &str, text: &str| {
        let path = folder.path().join(format!("docker-credential-{name}"));
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("writes");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("changes");
    };
    let log = folder.path().join("log");
    program(
        "good",
        &format!(
            "read server\necho \"$1 $server\" >>{}\necho '{{\"Username\":\"u\",\"Secret\":\"s\"}}'",
            log.display()
        ),
    );
    program("token", "echo '{\"Username\":\"<token>\",\"Secret\":\"long\"}'");
    program("empty", "echo 'credentials not found in native keychain'; exit 1");
    program("bad", "echo 'no \x1b[31mkey'; exit 3");
    program("noise", "echo nothing");
    let path = folder.path().join("config.json");
    let helpers = r#"{"credsStore":"good","credHelpers":{"t":"token","e":"empty","b":"bad","n":"noise","m":"missing","p":"../x"}}"#;
    fs::write(&path, helpers).expect("writes");
    let places = folder.path().to_string_lossy().into_owned();
    let keychain = Keychain::from_variables(path.clone(), &|name| (name == "PATH").then(|| places.clone()));
    assert_eq!(keychain.get("h:5000").expect("asks"), Some(Credential::basic("u", "s")));
    let token = Credential { identity_token: "long".into(), ..Credential::default() };
    assert_eq!(keychain.get("t").expect("asks"), Some(token));
    assert_eq!(keychain.get("e").expect("asks"), None);
    for (server, wanted) in [
        ("b", "the credential helper `docker-credential-bad` failed: no [31mkey"),
        ("n", "the credential helper `docker-credential-noise` failed: its answer is no JSON object"),
        ("m", "the credential helper `docker-credential-missing` failed: it is not on PATH"),
        ("p", "`../x` cannot be the name of a credential helper"),
    ] {
        assert_eq!(keychain.get(server).expect_err("fails").message(), wanted);
    }
    keychain.put("z", &Credential::basic("a", "b")).expect("stores");
    keychain.remove("z").expect("erases");
    let asked = fs::read_to_string(&log).expect("reads");
    let wanted = "get h:5000\nstore {\"ServerURL\":\"z\",\"Username\":\"a\",\"Secret\":\"b\"}\nerase z\n";
    assert_eq!(asked, wanted);
    assert_eq!(fs::read_to_string(&path).expect("reads"), helpers);
}
