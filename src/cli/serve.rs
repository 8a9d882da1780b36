//! `chartwright serve`: a repository folder over HTTP, for trying things on one machine.

use super::ui::{ExitStatus, Outcome, Stop, Ui};
use crate::diagnostic::{Error, ErrorKind};
use crate::repository::sha256;
use clap::Args;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;
use tiny_http::{Header, Method, Request, Response, Server};

/// How many clients are answered at the same time.
const WORKERS: usize = 8;
/// The longest path that is looked at.
const LONGEST_PATH: usize = 1024;
/// How deep below the folder a file may lie.
const DEEPEST: usize = 3;
/// Larger files are told apart by size and time, not by content.
const LARGEST_HASHED: u64 = 4 << 20;

/// Serve a repository folder, read-only, until it is interrupted.
///
/// It answers for `index.yaml`, archives and signatures, and for nothing else.
#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// The folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Address to listen at; port 0 takes a free one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8879")]
    addr: String,
}

impl ServeArgs {
    /// Answers until the process is ended.
    pub(super) fn run(&self, ui: &mut Ui) -> Outcome {
        let root = fs::canonicalize(&self.folder).map_err(|error| Error::io("cannot serve", &self.folder, error))?;
        if !root.join("index.yaml").is_file() {
            let message = format!("`{}` has no index.yaml", self.folder.display());
            let error = Error::new(ErrorKind::Usage, message);
            return Err(error.hint("make it with `chartwright repo index`").into());
        }
        let refused = |why: String| {
            Stop::Error(Error::new(ErrorKind::Network, format!("cannot listen at `{}`: {why}", self.addr)))
        };
        let server = Arc::new(Server::http(&self.addr).map_err(|error| refused(error.to_string()))?);
        let at = server.server_addr().to_ip().map_or_else(|| self.addr.clone(), |address| address.to_string());
        ui.print(format!("serving {} at http://{at}\n", self.folder.display()))?;
        ui.flush()?;
        let root = Arc::new(root);
        let workers = (1..WORKERS).map(|_| {
            let (server, root) = (Arc::clone(&server), Arc::clone(&root));
            std::thread::spawn(move || answer_all(&server, &root))
        });
        let workers: Vec<_> = workers.collect();
        let outcome = answer_all(&server, &root);
        server.unblock();
        drop(workers);
        outcome.map_err(|error| refused(error.to_string()))?;
        Ok(ExitStatus::Success)
    }
}

fn answer_all(server: &Server, root: &Path) -> io::Result<()> {
    loop {
        let request = server.recv()?;
        let response = answer(&request, root);
        // A client that went away is no fault of ours.
        let _ = response.send(request);
    }
}

/// What is sent back.
#[derive(Debug)]
enum Answer {
    /// A status with a line of text.
    Refused(u16),
    NotModified {
        tag: String,
    },
    File {
        file: File,
        size: u64,
        kind: &'static str,
        tag: String,
    },
}

impl Answer {
    fn send(self, request: Request) -> io::Result<()> {
        match self {
            Answer::Refused(status) => {
                let text = match status {
                    405 => "this server only reads\n",
                    _ => "not found\n",
                };
                let response = Response::from_string(text).with_status_code(status);
                let headers = [("X-Content-Type-Options", "nosniff"), ("Allow", "GET, HEAD")];
                request.respond(with_headers(response, &headers[..if status == 405 { 2 } else { 1 }]))
            }
            Answer::NotModified { tag } => request.respond(with_headers(Response::empty(304), &[("ETag", &tag)])),
            Answer::File { file, size, kind, tag } => {
                let length = usize::try_from(size).ok();
                let response =
                    Response::empty(200).with_data(file.take(size), length).with_chunked_threshold(usize::MAX);
                let headers = [
                    ("Content-Type", kind),
                    ("ETag", &tag),
                    ("Cache-Control", "no-cache"),
                    ("X-Content-Type-Options", "nosniff"),
                ];
                request.respond(with_headers(response, &headers))
            }
        }
    }
}

fn with_headers<R: Read>(response: Response<R>, headers: &[(&str, &str)]) -> Response<R> {
    let headers = headers.iter().filter_map(|(name, value)| Header::from_bytes(name.as_bytes(), value.as_bytes()).ok());
    headers.fold(response, Response::with_header)
}

fn answer(request: &Request, root: &Path) -> Answer {
    if !matches!(request.method(), Method::Get | Method::Head) {
        return Answer::Refused(405);
    }
    let Some((path, kind)) = place(request.url(), root) else { return Answer::Refused(404) };
    let Some((file, size, tag)) = open(&path) else { return Answer::Refused(404) };
    let known = request.headers().iter().filter(|header| header.field.equiv("If-None-Match"));
    let same = |one: &str| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag;
    if known.flat_map(|header| header.value.as_str().split(',')).any(|one| same(one.trim())) {
        return Answer::NotModified { tag };
    }
    Answer::File { file, size, kind, tag }
}

/// The file that a URL names, and what kind it is; `None` for everything that is not for clients.
fn place(url: &str, root: &Path) -> Option<(PathBuf, &'static str)> {
    let path = url.split(['?', '#']).next()?.strip_prefix('/')?;
    let path = decoded(path).filter(|path| path.len() <= LONGEST_PATH)?;
    let parts: Vec<&str> = path.split('/').collect();
    let is_plain = |part: &&str| !part.is_empty() && !part.starts_with('.') && !part.contains(['\\', '\0']);
    if parts.len() > DEEPEST || !parts.iter().all(is_plain) {
        return None;
    }
    let kind = match parts.last()? {
        &"index.yaml" => "application/yaml",
        name if name.ends_with(".tgz") => "application/gzip",
        name if name.ends_with(".prov") => "text/plain; charset=utf-8",
        _ => return None,
    };
    let place = fs::canonicalize(root.join(&path)).ok()?;
    place.starts_with(root).then_some((place, kind))
}

/// A path without its percent signs; `None` where they are wrong.
fn decoded(path: &str) -> Option<String> {
    let mut out = Vec::with_capacity(path.len());
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        let digit = |byte: u8| char::from(byte).to_digit(16);
        out.push(match byte {
            b'%' => u8::try_from(digit(bytes.next()?)? * 16 + digit(bytes.next()?)?).ok()?,
            byte => byte,
        });
    }
    String::from_utf8(out).ok()
}

/// An ordinary file with its size and tag. What is opened stays the same when a publisher renames another over it.
fn open(path: &Path) -> Option<(File, u64, String)> {
    let mut file = File::open(path).ok()?;
    let about = file.metadata().ok().filter(fs::Metadata::is_file)?;
    let size = about.len();
    if size <= LARGEST_HASHED {
        let mut bytes = Vec::new();
        (&file).take(size).read_to_end(&mut bytes).ok()?;
        io::Seek::rewind(&mut file).ok()?;
        let digest = sha256(&bytes);
        return Some((file, bytes.len() as u64, format!("\"{}\"", digest.get(..32)?)));
    }
    let time = about.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    Some((file, size, format!("\"{size:x}-{:x}\"", time.as_nanos())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_repository_holds_is_served() {
        let folder = tempfile::TempDir::new().expect("makes a folder");
        let root = fs::canonicalize(folder.path()).expect("is there").join("repo");
        fs::create_dir_all(root.join("rancher")).expect("makes a folder");
        for file in ["index.yaml", "a b.tgz", "rancher/index.yaml", "secret.txt", ".hidden.tgz"] {
            fs::write(root.join(file), "x").expect("writes");
        }
        fs::write(root.with_file_name("outside.tgz"), "x").expect("writes");
        for good in ["/index.yaml", "/a%20b.tgz?x=1", "/rancher/index.yaml"] {
            assert!(place(good, &root).is_some(), "{good}");
        }
        for bad in [
            "/",
            "/secret.txt",
            "/.hidden.tgz",
            "/../outside.tgz",
            "/%2e%2e/outside.tgz",
            "/rancher/..%2f..%2foutside.tgz",
            "//index.yaml",
            "/a%00.tgz",
            "/%zz.tgz",
            "/rancher",
            "index.yaml",
            "http://x/index.yaml",
            "/..%5coutside.tgz",
        ] {
            assert!(place(bad, &root).is_none(), "{bad}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("../outside.tgz", root.join("link.tgz")).expect("links");
            assert!(place("/link.tgz", &root).is_none());
        }
    }
}
