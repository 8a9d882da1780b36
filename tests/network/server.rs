//! Servers of this process: an honest one that checks requests, and one that writes whatever it likes.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) path: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// `GET /path`.
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// What an honest server answers.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Reply {
        Reply { status, headers: Vec::new(), body: body.into() }
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Reply {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// A server on a port of its own, which ends with the test.
pub(crate) struct Server {
    port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Answers each request with what `answer` makes of it.
    pub(crate) fn start(answer: impl Fn(&Seen) -> Reply + Send + 'static) -> Server {
        let listener = tiny_http::Server::http("127.0.0.1:0").expect("listens");
        let port = listener.server_addr().to_ip().expect("an address").port();
        let (seen, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (known, stopped) = (Arc::clone(&seen), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::SeqCst) {
                let Ok(Some(mut request)) = listener.recv_timeout(Duration::from_millis(20)) else { continue };
                let mut body = Vec::new();
                request.as_reader().read_to_end(&mut body).expect("reads the body");
                let headers = request.headers().iter();
                let headers = headers.map(|header| (header.field.to_string(), header.value.to_string())).collect();
                let one = Seen { method: request.method().to_string(), path: request.url().to_owned(), headers, body };
                known.lock().expect("a lock").push(one.clone());
                let reply = answer(&one);
                let mut response = tiny_http::Response::from_data(reply.body).with_status_code(reply.status);
                for (name, value) in &reply.headers {
                    let header = tiny_http::Header::from_bytes(name.as_bytes(), value.as_bytes()).expect("a header");
                    response.add_header(header);
                }
                // Clients may leave before the end.
                let _ = request.respond(response);
            }
        });
        Server { port, seen, stop, thread: Some(thread) }
    }

    /// Writes what `answer` writes to a connection after its request has arrived.
    pub(crate) fn raw(answer: impl Fn(&Seen, &mut TcpStream) + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("listens");
        let port = listener.local_addr().expect("an address").port();
        let (seen, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (known, stopped) = (Arc::clone(&seen), Arc::clone(&stop));
        let answer = Arc::new(answer);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(mut stream) = stream else { continue };
                let (known, answer) = (Arc::clone(&known), Arc::clone(&answer));
                std::thread::spawn(move || {
                    let Some(one) = read_head(&mut stream) else { return };
                    known.lock().expect("a lock").push(one.clone());
                    answer(&one, &mut stream);
                });
            }
        });
        Server { port, seen, stop, thread: Some(thread) }
    }

    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host())
    }

    /// Every request until now.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("a lock").clone()
    }

    /// `GET /path` of every request until now.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.seen().iter().map(Seen::line).collect()
    }

    pub(crate) fn forget(&self) {
        self.seen.lock().expect("a lock").clear();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes a server that waits for a connection.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A request without body, or with one that nobody reads.
fn read_head(stream: &mut TcpStream) -> Option<Seen> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    let text = String::from_utf8_lossy(&head).into_owned();
    let mut lines = text.lines();
    let mut words = lines.next()?.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Some(Seen { method, path, headers, body: Vec::new() })
}

/// Writes until the other side has had enough.
pub(crate) fn write_for_ever(stream: &mut TcpStream, piece: &[u8], pause: Option<Duration>) {
    while stream.write_all(piece).is_ok() {
        if let Some(pause) = pause {
            std::thread::sleep(pause);
        }
    }
}
