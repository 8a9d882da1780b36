//! ChartMuseum's API, against a server that checks each request as the real one reads it.

use super::server::{Reply, Seen, Server};
use chartwright::diagnostic::Error;
use chartwright::repository::chartmuseum::ChartMuseum;
use chartwright::repository::http::{Http, HttpOptions};
use chartwright::repository::oci::Overwrite;
use chartwright::repository::oci::push::Change;
use chartwright::repository::transport::Credentials;
use chartwright::repository::{Archive, sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

const BASIC: &str = "Basic bWU6aHVzaA==";

/// What a museum holds: files by tenant and name.
type Files = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// A museum behind a context path, with one tenant for each first part of the path behind it.
struct Museum {
    server: Server,
    files: Files,
}

fn museum(context: &'static str, tenant: &'static str, forces: bool) -> Museum {
    let files = Files::default();
    let known = Arc::clone(&files);
    let server = Server::start(move |seen| answer(&mut known.lock().expect("a lock"), seen, context, tenant, forces));
    Museum { server, files }
}

fn answer(files: &mut BTreeMap<String, Vec<u8>>, seen: &Seen, context: &str, tenant: &str, forces: bool) -> Reply {
    if !matches!(seen.header("authorization"), Some(BASIC | "Bearer token")) {
        return Reply::new(401, r#"{"error":"unauthorized"}"#).header("WWW-Authenticate", "Basic realm=\"museum\"");
    }
    let (path, query) = seen.path.split_once('?').unwrap_or((&seen.path, ""));
    let api = format!("{context}/api{tenant}");
    let Some(rest) = path.strip_prefix(&api) else {
        let file = path.strip_prefix(&format!("{context}{tenant}/charts/"));
        return match (file.and_then(|file| files.get(file)), path.ends_with("/index.yaml")) {
            (Some(bytes), _) => Reply::new(200, bytes.clone()),
            (None, true) => Reply::new(200, "apiVersion: v1\nentries: {}\n"),
            (None, false) => Reply::new(404, r#"{"error":"not found"}"#),
        };
    };
    let version = rest.strip_prefix("/charts/").map(|rest| rest.replace('/', "-") + ".tgz");
    match (seen.method.as_str(), rest, version) {
        ("POST", "/charts", _) => save(files, seen, query == "force" && forces),
        ("POST", "/prov", _) => {
            assert_eq!(seen.header("content-type"), Some("application/pgp-signature"));
            files.insert("x-1.0.0.tgz.prov".into(), seen.body.clone());
            Reply::new(201, r#"{"saved":true}"#)
        }
        ("DELETE", _, Some(file)) if files.remove(&file).is_some() => Reply::new(200, r#"{"deleted":true}"#),
        ("GET" | "HEAD", _, Some(file)) if files.contains_key(&file) => {
            let digest = sha256(&files[&file]);
            Reply::new(200, format!(r#"{{"name":"x","digest":"{digest}","urls":["charts/{file}"]}}"#))
        }
        _ => Reply::new(404, r#"{"error":"not found"}"#),
    }
}

fn save(files: &mut BTreeMap<String, Vec<u8>>, seen: &Seen, force: bool) -> Reply {
    let kind = seen.header("content-type").expect("a kind").to_owned();
    let parts = match kind.strip_prefix("multipart/form-data; boundary=") {
        Some(boundary) => fields(&seen.body, boundary),
        None => {
            assert_eq!(kind, "application/gzip");
            vec![("chart".to_owned(), "x-1.0.0.tgz".to_owned(), seen.body.clone())]
        }
    };
    if files.contains_key("x-1.0.0.tgz") && !force {
        return Reply::new(409, r#"{"error":"file already exists"}"#);
    }
    for (_, file, bytes) in parts {
        files.insert(file, bytes);
    }
    Reply::new(201, r#"{"saved":true}"#)
}

/// Name, file and bytes of each part of a form.
fn fields(body: &[u8], boundary: &str) -> Vec<(String, String, Vec<u8>)> {
    let text: String = body.iter().copied().map(char::from).collect();
    let inner = text.strip_suffix(&format!("--{boundary}--\r\n")).expect("ends");
    let mark = format!("--{boundary}\r\n");
    let parts = inner.split(&mark).filter(|part| !part.is_empty());
    let parts = parts.map(|part| {
        let (head, bytes) = part.split_once("\r\n\r\n").expect("a head");
        let value = |key: &str| head.split(&format!("{key}=\"")).nth(1).expect("a key").split('"').next().unwrap_or("");
        let bytes = bytes.strip_suffix("\r\n").expect("an end").chars().map(|letter| letter as u8).collect();
        (value("; name").to_owned(), value("filename").to_owned(), bytes)
    });
    parts.collect()
}

fn http() -> Http {
    Http::new(HttpOptions::default()).expect("a client")
}

fn known() -> Option<Credentials> {
    Some(Credentials::Basic { username: "me".into(), password: "hush".into() })
}

fn archive(bytes: &[u8]) -> Archive {
    Archive::new("x", "1.0.0", bytes.to_vec())
}

fn client<'a>(http: &'a Http, museum: &Museum, path: &str, context: &str) -> ChartMuseum<'a> {
    ChartMuseum::new(http, &museum.server.url(path), context, known()).expect("a client")
}

#[test]
fn archives_go_in_once() {
    let (http, museum) = (http(), museum("", "", true));
    let client = client(&http, &museum, "/", "");
    assert!(!client.has("x", "1.0.0").expect("asks"));
    let first = archive(b"\x1f\x8bone");
    assert_eq!(client.push(&first, None, Overwrite::Refuse).expect("pushes"), Change::Added);
    let wanted = ["HEAD /api/charts/x/1.0.0", "GET /api/charts/x/1.0.0", "POST /api/charts", "GET /api/charts/x/1.0.0"];
    assert_eq!(museum.server.lines()[..4], wanted);
    assert!(museum.server.lines().contains(&"GET /charts/x-1.0.0.tgz".to_owned()));
    assert_eq!(client.push(&first, None, Overwrite::Refuse).expect("pushes"), Change::Unchanged);
    assert!(client.has("x", "1.0.0").expect("asks"));
    let other = archive(b"\x1f\x8btwo");
    let error = client.push(&other, None, Overwrite::Refuse).expect_err("is refused");
    let (there, now) = (&first.digest, &other.digest);
    assert_eq!(error.message(), format!("`x` 1.0.0 is published with other bytes: digest {there}, now {now}"));
    assert_eq!(client.push(&other, None, Overwrite::Allow).expect("pushes"), Change::Replaced);
    assert_eq!(museum.files.lock().expect("a lock")["x-1.0.0.tgz"], b"\x1f\x8btwo");
    assert_eq!(client.index().expect("reads"), "apiVersion: v1\nentries: {}\n");
    assert!(client.delete("x", "1.0.0").expect("deletes"));
    assert!(!client.delete("x", "1.0.0").expect("has none"));
    for (name, version) in [("../x", "1"), ("x", ""), ("x/y", "1"), ("x", "1?force")] {
        assert!(client.has(name, version).is_err());
    }
}

#[test]
fn provenance_goes_along() {
    let (http, museum) = (http(), museum("", "", true));
    let client = client(&http, &museum, "", "");
    let archive = archive(b"\x1f\x8b\r\n--one");
    let prov = b"-----BEGIN PGP SIGNED MESSAGE-----".as_slice();
    assert_eq!(client.push(&archive, Some(prov), Overwrite::Refuse).expect("pushes"), Change::Added);
    let files = museum.files.lock().expect("a lock").clone();
    assert_eq!(files["x-1.0.0.tgz"], archive.bytes);
    assert_eq!(files["x-1.0.0.tgz.prov"], prov);
    let posts = || museum.server.lines().iter().filter(|line| line.starts_with("POST")).count();
    client.push(&archive, Some(prov), Overwrite::Refuse).expect("pushes");
    assert_eq!(posts(), 1);
    client.push(&archive, Some(b"signed again"), Overwrite::Refuse).expect("pushes");
    assert_eq!((posts(), museum.server.lines().contains(&"POST /api/prov".to_owned())), (2, true));
}

#[test]
fn tenants_and_contexts_have_paths() {
    let http = http();
    for (context, tenant, path) in [("/ctx", "/org/repo", "/ctx/org/repo"), ("", "/org", "/org/"), ("/a/b", "", "/a/b")]
    {
        let museum = museum(context, tenant, true);
        let client = client(&http, &museum, path, context);
        assert_eq!(client.push(&archive(b"x"), None, Overwrite::Refuse).expect("pushes"), Change::Added);
        client.index().expect("reads");
        let lines = museum.server.lines();
        assert!(lines.contains(&format!("POST {context}/api{tenant}/charts")), "{lines:?}");
        assert!(lines.contains(&format!("GET {context}{tenant}/index.yaml")), "{lines:?}");
    }
    let error = ChartMuseum::new(&http, "http://h/other", "/ctx", None).expect_err("lies elsewhere");
    assert_eq!(error.message(), "`http://h/other` does not lie below the context path `/ctx`");
}

#[test]
fn museums_want_to_know_who_asks() {
    let (http, museum) = (http(), museum("", "", true));
    let url = museum.server.url("/");
    let push = |url: &str, who: Option<Credentials>| -> Result<Change, Error> {
        ChartMuseum::new(&http, url, "", who)?.push(&archive(b"x"), None, Overwrite::Refuse)
    };
    let error = push(&url, None).expect_err("is refused");
    assert!(error.message().ends_with("401 Unauthorized: unauthorized"), "{error}");
    assert!(push(&url, Some(Credentials::Bearer("token".into()))).is_ok());
    assert!(push(&url.replace("http://", "http://me:hush@"), None).is_ok());
    let named = url.replace("http://", "http://me:wrong@");
    assert!(!format!("{:?}", push(&named, None).expect_err("is refused")).contains("wrong"));
}

#[test]
fn conflicts_are_looked_at() {
    let (http, closed) = (http(), museum("", "", false));
    let client = client(&http, &closed, "/", "");
    client.push(&archive(b"one"), None, Overwrite::Refuse).expect("pushes");
    let error = client.push(&archive(b"two"), None, Overwrite::Allow).expect_err("is refused");
    assert!(error.message().ends_with("409 Conflict: file already exists"), "{error}");

    // Somebody else was faster, with the same bytes or with others.
    for (bytes, same) in [(b"one", true), (b"two", false)] {
        let asked = Mutex::new(0);
        let server = Server::start(move |seen| {
            let mut asked = asked.lock().expect("a lock");
            *asked += 1;
            match (seen.method.as_str(), seen.path.as_str()) {
                ("POST", _) => Reply::new(409, r#"{"error":"file already exists"}"#),
                ("GET", "/charts/x-1.0.0.tgz") => Reply::new(200, bytes),
                _ if *asked == 1 => Reply::new(404, ""),
                _ => Reply::new(200, format!(r#"{{"digest":"{}","urls":["charts/x-1.0.0.tgz"]}}"#, sha256(bytes))),
            }
        });
        let museum = ChartMuseum::new(&http, &server.url(""), "", None).expect("a client");
        let pushed = museum.push(&archive(b"one"), None, Overwrite::Refuse);
        match same {
            true => assert_eq!(pushed.expect("is there"), Change::Unchanged),
            false => assert!(pushed.expect_err("is other").message().contains("is published with other bytes")),
        }
    }

    // A museum that says yes and loses the chart, or keeps other bytes.
    for (status, wanted) in [(404, "but the server does not have it"), (200, "but reads back with other bytes")] {
        let posted = Mutex::new(false);
        let server = Server::start(move |seen| {
            let mut posted = posted.lock().expect("a lock");
            *posted |= seen.method == "POST";
            match (seen.method.as_str(), *posted) {
                ("POST", _) => Reply::new(201, r#"{"saved":true}"#),
                (_, true) => Reply::new(status, r#"{"digest":"00","urls":["charts/x"]}"#),
                _ => Reply::new(404, ""),
            }
        });
        let museum = ChartMuseum::new(&http, &server.url(""), "", None).expect("a client");
        let error = museum.push(&archive(b"one"), None, Overwrite::Refuse).expect_err("is noticed");
        assert!(error.message().contains(wanted), "{error}");
    }
}
