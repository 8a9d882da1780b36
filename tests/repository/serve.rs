//! `chartwright serve`, asked over loopback.

use super::{NOW, chart};
use chartwright::repository::{PublishOptions, publish};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// A server that ends with the test.
struct Server {
    child: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(folder: &TempDir) -> Server {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chartwright"));
    command.args(["serve", "--addr", "127.0.0.1:0"]).arg(folder.path());
    let mut child = command.stdout(Stdio::piped()).spawn().expect("runs");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("is piped")).read_line(&mut line).expect("reads");
    let address = line.trim().rsplit_once("http://").expect("tells its address").1.to_owned();
    Server { child, address }
}

/// Sends a request and returns the status, the headers and the body.
fn ask(server: &Server, method: &str, path: &str, headers: &str) -> (u16, String, Vec<u8>) {
    let mut stream = TcpStream::connect(&server.address).expect("connects");
    let request = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).expect("sends");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("receives");
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("has headers");
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|text| text.parse().ok()).expect("has a status");
    (status, head, answer[end + 4..].to_vec())
}

#[test]
fn a_folder_is_served_and_nothing_else() {
    let folder = TempDir::new().expect("makes a folder");
    let (chart, mut archive) = chart("x", "1.0.0", "a");
    archive.provenance = Some(b"signed".to_vec());
    publish(folder.path(), &[(&chart, &archive)], &PublishOptions::new(NOW)).expect("publishes");
    std::fs::write(folder.path().join("secret.txt"), "secret").expect("writes");
    let server = serve(&folder);
    let index = std::fs::read(folder.path().join("index.yaml")).expect("reads");
    let (status, head, body) = ask(&server, "GET", "/index.yaml", "");
    assert_eq!((status, &body), (200, &index));
    let tag = head.lines().find_map(|line| line.strip_prefix("ETag: ")).expect("has a tag").to_owned();
    assert_eq!(ask(&server, "GET", "/index.yaml", &format!("If-None-Match: {tag}\r\n")).0, 304);
    assert_eq!(ask(&server, "GET", "/index.yaml", "If-None-Match: \"other\"\r\n").0, 200);
    let (status, head, body) = ask(&server, "HEAD", "/x-1.0.0.tgz", "");
    assert_eq!((status, body.len()), (200, 0));
    assert!(head.contains(&format!("Content-Length: {}", archive.bytes.len())), "{head}");
    assert_eq!(ask(&server, "GET", "/x-1.0.0.tgz", "").2, archive.bytes);
    assert_eq!(ask(&server, "GET", "/x-1.0.0.tgz.prov", "").2, b"signed");
    for path in ["/", "/secret.txt", "/.chartwright.lock", "/../secret.txt", "/%2e%2e/x.tgz", "/none.tgz"] {
        assert_eq!(ask(&server, "GET", path, "").0, 404, "{path}");
    }
    for method in ["POST", "PUT", "DELETE"] {
        assert_eq!(ask(&server, method, "/index.yaml", "Content-Length: 0\r\n").0, 405, "{method}");
    }
}

/// It only reads, so the signal's own end is a clean one: nothing is left behind, and the address is free again.
#[test]
fn a_server_that_is_killed_leaves_nothing() {
    let folder = TempDir::new().expect("makes a folder");
    let (chart, mut archive) = chart("x", "1.0.0", "a");
    archive.provenance = Some(vec![b'x'; 8 << 20]);
    publish(folder.path(), &[(&chart, &archive)], &PublishOptions::new(NOW)).expect("publishes");
    let before = crate::bundle::tree(folder.path());
    let mut server = serve(&folder);
    // In the middle of an answer.
    let mut stream = TcpStream::connect(&server.address).expect("connects");
    stream.write_all(b"GET /x-1.0.0.tgz.prov HTTP/1.1\r\nHost: x\r\n\r\n").expect("sends");
    let mut some = [0; 1024];
    stream.read_exact(&mut some).expect("receives");
    server.child.kill().expect("runs");
    server.child.wait().expect("ends");
    drop(stream);
    assert!(crate::bundle::tree(folder.path()) == before);
    let again = serve(&folder);
    assert_eq!(ask(&again, "GET", "/x-1.0.0.tgz", "").2, archive.bytes);
}
