//! The HTTP client: what it asks, whom it tells secrets, and what it does not put up with.

use super::server::{Reply, Server, write_for_ever};
use chartwright::diagnostic::{Error, ErrorKind};
use chartwright::repository::http::{Call, Failure, Http, HttpOptions, Method, PassCredentials, Proxies, same_origin};
use chartwright::repository::transport::{Credentials, Request, Response, Transport};
use std::io::Write;
use std::time::Duration;

fn client() -> Http {
    Http::new(HttpOptions { timeout: Duration::from_secs(20), ..HttpOptions::default() }).expect("a client")
}

fn secret() -> Credentials {
    Credentials::Basic { username: "me".into(), password: "hush".into() }
}

fn request<'a>(url: &'a str, credentials: Option<&'a Credentials>) -> Request<'a> {
    Request { url, credentials, accept: None, etag: None, limit: 1000 }
}

fn refused(server: &Server, path: &str) -> Error {
    client().get(&request(&server.url(path), Some(&secret()))).expect_err("is refused")
}

#[test]
fn requests_say_what_they_mean() {
    let server = Server::start(|seen| match seen.header("if-none-match") {
        Some("\"1\"") => Reply::new(304, ""),
        _ => Reply::new(200, "entries: {}").header("ETag", "\"1\""),
    });
    let url = server.url("/index.yaml?a=b");
    let who = secret();
    let mut wish = Request { accept: Some("text/yaml"), ..request(&url, Some(&who)) };
    let Response::Body { bytes, etag } = client().get(&wish).expect("answers") else { panic!("a body") };
    assert_eq!((&bytes[..], etag.as_deref()), (&b"entries: {}"[..], Some("\"1\"")));
    wish.etag = etag.as_deref();
    assert!(matches!(client().get(&wish).expect("answers"), Response::NotModified));
    let seen = server.seen();
    assert_eq!(seen[0].line(), "GET /index.yaml?a=b");
    assert_eq!(seen[0].header("authorization"), Some("Basic bWU6aHVzaA=="));
    assert_eq!(seen[0].header("accept"), Some("text/yaml"));
    assert_eq!(seen[0].header("accept-encoding"), None);
    assert_eq!(seen[0].header("user-agent"), Some(concat!("chartwright/", env!("CARGO_PKG_VERSION"))));
    let token = Credentials::Bearer("abc".into());
    client().get(&request(&url, Some(&token))).expect("answers");
    assert_eq!(server.seen()[2].header("authorization"), Some("Bearer abc"));
    // A user that stands in the URL.
    let named = url.replace("http://", "http://a%40b:c@");
    client().get(&request(&named, None)).expect("answers");
    assert_eq!(server.seen()[3].header("authorization"), Some("Basic YUBiOmM="));
}

#[test]
fn all_methods_are_spoken() {
    let server =
        Server::start(|seen| Reply::new(201, seen.body.clone()).header("X-Length", seen.body.len().to_string()));
    let url = server.url("/x");
    let http = client();
    for (method, body) in [
        (Method::Get, None),
        (Method::Head, None),
        (Method::Delete, None),
        (Method::Post, None),
        (Method::Post, Some("abc")),
        (Method::Put, Some("")),
        (Method::Patch, Some("abcd")),
    ] {
        let mut call = Call::new(method, &url);
        if let Some(body) = body {
            call = call.body("text/plain", body.to_owned());
        }
        let answer = http.fetch(&call).expect("answers");
        let length = body.unwrap_or_default().len();
        assert_eq!(answer.header("x-length"), Some(length.to_string().as_str()), "{method:?}");
        if method != Method::Head {
            assert_eq!(answer.body.len(), length, "{method:?}");
        }
        let seen = server.seen().pop().expect("a request");
        assert_eq!(seen.method, method.name());
        assert_eq!(seen.header("content-type").is_some(), body.is_some());
    }
}

#[test]
fn statuses_become_errors_without_secrets() {
    let server = Server::start(|seen| match seen.path.split('?').next().unwrap_or_default() {
        "/plain" => Reply::new(404, "no such\n thing \u{1b}[31mred\u{7}"),
        "/page" => Reply::new(500, "<html>trouble</html>"),
        "/oci" => Reply::new(403, r#"{"errors":[{"code":"DENIED","message":"not you"},{"code":"OTHER"}]}"#),
        "/museum" => Reply::new(409, r#"{"error":"file already exists"}"#),
        _ => Reply::new(401, ""),
    });
    let host = server.host();
    for (path, wanted, hint) in [
        ("/plain", "404 Not Found: no such thing [31mred", "look at the URL, the name and the version"),
        ("/page", "500 Internal Server Error", "the server is in trouble; try again later"),
        ("/oci", "403 Forbidden: denied: not you; other", "give --username and --password, or log in"),
        ("/museum", "409 Conflict: file already exists", ""),
        ("/other", "401 Unauthorized", "give --username and --password, or log in"),
    ] {
        let url = format!("http://me:hush@{host}{path}?signature=hush");
        let error = client().get(&request(&url, None)).expect_err("is refused");
        assert_eq!(error.message(), format!("cannot fetch `http://{host}{path}?***`: {wanted}"));
        assert!(error.hints().first().map_or("", String::as_str).starts_with(hint), "{:?}", error.hints());
        assert_eq!(error.kind(), ErrorKind::Network);
        assert!(!format!("{error:?}").contains("hush"), "{error:?}");
        let failure = Failure::behind(&error).expect("a failure");
        assert_eq!(failure.status(), wanted[..3].parse().ok());
        let start = format!("failed to fetch http://{host}{path}?*** : {}", &wanted[..3]);
        assert!(failure.helm_text().starts_with(&start), "{}", failure.helm_text());
    }
    let wish = format!("http://me:hush@{host}/?token=hush");
    let who = secret();
    let shown = format!("{:?} {:?}", request(&wish, Some(&who)), Call::new(Method::Get, &wish).credentials(Some(&who)));
    assert!(!shown.contains("hush"), "{shown}");
}

#[test]
fn other_hosts_hear_no_secrets() {
    let stranger = Server::start(|_| Reply::new(200, "stolen"));
    let target = stranger.url("/loot");
    let server = Server::start(move |seen| match seen.path.as_str() {
        "/here" => Reply::new(302, "").header("Location", "a/../there?x=1"),
        "/there?x=1" => Reply::new(200, "kept"),
        "/away" => Reply::new(302, "").header("Location", target.clone()),
        "/cunning" => Reply::new(302, "").header("Location", target.replace("http://", "http://you:hush@")),
        _ => Reply::new(404, ""),
    });
    let get = |http: &Http, path: &str| {
        let url = server.url(path);
        let call = Call::new(Method::Get, &url).credentials(Some(&SECRET)).header("X-Own", "a").header("Accept", "b");
        http.fetch(&call).expect("answers")
    };
    static SECRET: std::sync::LazyLock<Credentials> = std::sync::LazyLock::new(secret);
    assert_eq!(get(&client(), "/here").body, "kept");
    assert_eq!(server.seen()[1].header("authorization"), Some("Basic bWU6aHVzaA=="));
    assert_eq!(server.seen()[1].header("x-own"), Some("a"));
    for path in ["/away", "/cunning"] {
        let answer = get(&client(), path);
        assert_eq!((&answer.body[..], answer.url), (&b"stolen"[..], stranger.url("/loot")));
    }
    for seen in stranger.seen() {
        assert_eq!(
            (seen.header("authorization"), seen.header("x-own"), seen.header("accept")),
            (None, None, Some("b"))
        );
    }
    stranger.forget();
    let generous = HttpOptions { pass_credentials: PassCredentials::AllHosts, ..HttpOptions::default() };
    get(&Http::new(generous).expect("a client"), "/away");
    assert_eq!(stranger.seen()[0].header("authorization"), Some("Basic bWU6aHVzaA=="));
    assert_eq!(stranger.seen()[0].header("x-own"), None);
}

#[test]
fn redirects_end() {
    let server = Server::start(|seen| match (seen.method.as_str(), seen.path.as_str()) {
        (_, "/loop") => Reply::new(302, "").header("Location", "/loop"),
        (_, "/file") => Reply::new(302, "").header("Location", "file:///etc/passwd"),
        (_, "/broken") => Reply::new(302, "").header("Location", "http://[::1/"),
        ("PUT", "/upload") => Reply::new(302, "").header("Location", "/elsewhere"),
        ("PUT", "/again") => Reply::new(307, "").header("Location", "/elsewhere"),
        ("PUT", "/elsewhere") => Reply::new(200, seen.body.clone()),
        // A redirect that names no place is an answer.
        _ => Reply::new(302, ""),
    });
    for (path, wanted) in [
        ("/loop", "stopped after 10 redirects"),
        ("/file", "redirected to `file:///etc/passwd`, which is no web address"),
        ("/broken", "the redirect names no URL"),
    ] {
        let url = server.url(path);
        assert_eq!(refused(&server, path).message(), format!("cannot follow `{url}`: {wanted}"));
    }
    assert!(refused(&server, "/nowhere").message().ends_with("302 Found"));
    let (url, again) = (server.url("/upload"), server.url("/again"));
    let error = client().fetch(&Call::new(Method::Put, &url).body("text/plain", "abc")).expect_err("is refused");
    assert!(error.message().ends_with("while sending"), "{error}");
    let answer = client().fetch(&Call::new(Method::Put, &again).body("text/plain", "abc")).expect("answers");
    assert_eq!(answer.body, "abc");
}

#[test]
fn bodies_end() {
    let server = Server::raw(|seen, stream| match seen.path.as_str() {
        "/announced" => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\nabc");
        }
        "/endless" => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
            write_for_ever(stream, &[b'a'; 4096], None);
        }
        "/chunks" => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            write_for_ever(stream, b"4\r\nabcd\r\n", None);
        }
        "/headers" => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
            write_for_ever(stream, b"X-Long: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", None);
        }
        "/complaint" => {
            let _ = stream.write_all(b"HTTP/1.1 500 No\r\n\r\n");
            write_for_ever(stream, b"complaint ", None);
        }
        "/short" => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
        }
        "/noise" => {
            let _ = stream.write_all(b"\x00\x1b[31mnonsense\r\n\r\n");
        }
        _ => {}
    });
    for path in ["/announced", "/endless", "/chunks"] {
        let error = refused(&server, path);
        assert_eq!(error.message(), format!("`{}` sends more than 1000 bytes", server.url(path)));
        assert_eq!(error.kind(), ErrorKind::Limit);
    }
    for path in ["/headers", "/short", "/noise", "/silence"] {
        let error = refused(&server, path);
        assert!(error.message().starts_with(&format!("cannot fetch `{}`: ", server.url(path))), "{error}");
        assert!(!error.message().contains('\u{1b}'), "{error}");
    }
    let error = refused(&server, "/complaint");
    assert!(error.message().contains("500 Internal Server Error: complaint") && error.message().len() < 500, "{error}");
}

#[test]
fn time_ends() {
    let server = Server::raw(|seen, stream| match seen.path.as_str() {
        "/drip" => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n");
            write_for_ever(stream, b"a", Some(Duration::from_millis(50)));
        }
        "/head" => write_for_ever(stream, b"H", Some(Duration::from_millis(50))),
        _ => write_for_ever(stream, b"", Some(Duration::from_millis(50))),
    });
    let http = Http::new(HttpOptions { timeout: Duration::from_millis(300), ..HttpOptions::default() });
    let http = http.expect("a client");
    for path in ["/drip", "/head", "/silence"] {
        let url = server.url(path);
        let error = http.get(&request(&url, None)).expect_err("gives up");
        let broken = path == "/head" && error.message().starts_with("cannot fetch");
        assert!(broken || error.message().ends_with("no whole answer within 0.3 s"), "{path}: {error}");
    }
}

#[test]
fn nobody_there_is_told() {
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("listens");
        listener.local_addr().expect("an address").port()
    };
    let url = format!("http://127.0.0.1:{port}/index.yaml");
    let error = client().get(&request(&url, None)).expect_err("is not there");
    assert_eq!(error.message(), format!("cannot reach `{url}`: nobody listens at `127.0.0.1:{port}`"));
    let told = Failure::behind(&error).expect("a failure").helm_text();
    assert_eq!(told, format!("Get \"{url}\": dial tcp 127.0.0.1:{port}: connect: connection refused"));
    for url in ["ftp://x/", "http://", "x", "http://a b/", "https:///x", ""] {
        let error = client().get(&request(url, None)).expect_err("is no URL");
        assert!(error.message().starts_with("expected an http or https URL, found"), "{error}");
    }
}

#[test]
fn proxies_are_asked() {
    let proxy = Server::raw(|seen, stream| {
        let reply = match seen.header("proxy-authorization") {
            Some("Basic dXNlcjpwYXNz") => "HTTP/1.1 200 OK\r\n\r\n",
            _ => "HTTP/1.1 407 No\r\n\r\n",
        };
        let _ = stream.write_all(reply.as_bytes());
        // What follows goes through the proxy; it plays the server, too.
        let mut buffer = [0; 4096];
        let _ = std::io::Read::read(stream, &mut buffer);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nthrough");
    });
    let through = |user: &str| {
        let place = format!("http://{user}{}", proxy.host());
        let proxies = Proxies::from_variables(&|name| (name == "HTTP_PROXY").then(|| place.clone()));
        Http::new(HttpOptions { proxies, ..HttpOptions::default() }).expect("a client")
    };
    let url = "http://charts.example.org/index.yaml";
    let Response::Body { bytes, .. } = through("user:pass@").get(&request(url, None)).expect("answers") else {
        panic!("a body")
    };
    assert_eq!(bytes, "through");
    let error = through("user:hush@").get(&request(url, None)).expect_err("is refused");
    assert!(!format!("{error:?}").contains("hush"), "{error:?}");
}

#[test]
fn origins_are_scheme_host_and_port() {
    for (one, other, wanted) in [
        ("http://a/x", "http://A:80/y?z", true),
        ("https://a", "https://a:443", true),
        ("https://a", "http://a", false),
        ("http://a:1", "http://a:2", false),
        ("http://a", "http://a.b", false),
        ("http://user@a", "http://a", true),
        ("x", "x", false),
    ] {
        assert_eq!(same_origin(one, other), wanted, "{one} {other}");
    }
}

#[test]
fn certificates_of_clients_are_checked_before_anything_is_sent() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/network/client");
    let with = |cert: &str, key: &str| {
        let (cert_file, key_file) = (Some(folder.join(cert)), Some(folder.join(key)));
        Http::new(HttpOptions { cert_file, key_file, ..HttpOptions::default() })
    };
    assert!(with("version-3.pem", "key.pem").is_ok());
    for (cert, key, told) in [
        ("version-1.pem", "key.pem", "is no certificate of a client"),
        ("version-3.pem", "other-key.pem", "is no certificate of a client"),
        ("key.pem", "key.pem", "expected a certificate in PEM form"),
        ("version-3.pem", "version-3.pem", "expected a private key in PEM form"),
    ] {
        let Err(error) = with(cert, key) else { panic!("{cert} with {key} is taken") };
        assert_eq!(error.kind(), ErrorKind::Content, "{cert} with {key}");
        assert!(error.to_string().contains(told), "{cert} with {key}: {error}");
    }
}
