//! The program `kubectl`, asked to read.

use crate::diagnostic::{Error, ErrorKind};
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The most bytes of an answer.
const LARGEST: u64 = 256 << 20;
/// The most bytes of what kubectl says about a failure.
const LARGEST_WORDS: u64 = 64 << 10;

/// A cluster that can be read.
pub trait Cluster {
    /// What `kubectl get ARGUMENTS` prints; `input` is its standard input.
    ///
    /// # Errors
    /// A cluster that cannot be reached, or that refuses.
    fn get(&self, arguments: &[&str], input: Option<&[u8]>) -> Result<Vec<u8>, Error>;

    /// What `kubectl version -o json` prints.
    ///
    /// # Errors
    /// A cluster that cannot be reached.
    fn version(&self) -> Result<Vec<u8>, Error>;

    /// What `kubectl api-resources --no-headers` prints.
    ///
    /// # Errors
    /// A cluster that cannot be reached.
    fn kinds(&self) -> Result<Vec<u8>, Error>;
}

/// `kubectl` with a context of its configuration.
#[derive(Clone, Debug)]
pub struct Kubectl {
    /// The program.
    pub program: PathBuf,
    /// The context; the current one where it is `None`.
    pub context: Option<String>,
}

impl Kubectl {
    fn run(&self, arguments: &[&str], input: Option<&[u8]>) -> Result<Vec<u8>, Error> {
        let mut command = Command::new(&self.program);
        command.args(arguments).arg("--request-timeout=30s");
        if let Some(context) = &self.context {
            command.arg("--context").arg(context);
        }
        command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
        let started = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = started.map_err(|error| {
            Error::io("cannot run", &self.program, error).hint("install kubectl, or name it with --kubectl")
        })?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (answer, words) = std::thread::scope(|scope| {
            let writer = scope.spawn(move || {
                if let (Some(mut stdin), Some(input)) = (stdin, input) {
                    // What kubectl does not read any more, it does not need.
                    let _ = stdin.write_all(input);
                }
            });
            let words = scope.spawn(move || bounded(stderr, LARGEST_WORDS));
            let answer = bounded(stdout, LARGEST);
            let _ = writer.join();
            (answer, words.join().unwrap_or_default())
        });
        let status = child.wait().map_err(|error| Error::io("cannot run", &self.program, error))?;
        if status.success() && answer.len() as u64 <= LARGEST {
            return Ok(answer);
        }
        let words = String::from_utf8_lossy(&words);
        let said = words.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("no answer");
        let verb = arguments.first().copied().unwrap_or_default();
        let place = self.context.as_ref().map(|context| format!(" of context `{context}`")).unwrap_or_default();
        let message = format!("`kubectl {verb}`{place} failed: {}", said.trim());
        Err(Error::new(ErrorKind::Network, message).hint("look whether `kubectl get nodes` answers"))
    }
}

fn bounded(stream: Option<impl Read>, limit: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        // A stream that breaks off shows in the exit status.
        let _ = stream.take(limit + 1).read_to_end(&mut bytes);
    }
    bytes
}

impl Cluster for Kubectl {
    fn get(&self, arguments: &[&str], input: Option<&[u8]>) -> Result<Vec<u8>, Error> {
        self.run(&[&["get"], arguments].concat(), input)
    }

    fn version(&self) -> Result<Vec<u8>, Error> {
        self.run(&["version", "-o", "json"], None)
    }

    fn kinds(&self) -> Result<Vec<u8>, Error> {
        self.run(&["api-resources", "--no-headers"], None)
    }
}
