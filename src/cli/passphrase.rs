//! Passphrases: the first line of a file or of standard input, or what a person types.

use super::ui::Stop;
use crate::chart;
use crate::diagnostic::{Error, ErrorKind};
use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// The longest passphrase.
const LONGEST: u64 = 64 * 1024;

/// The first line of a file, or of standard input for `-`, which must be a pipe.
pub(super) fn from_file(name: &str) -> Result<Vec<u8>, Stop> {
    let file: Box<dyn Read> = match name {
        "-" if !is_piped() => {
            let text = "specified reading passphrase from stdin, without input on stdin";
            return Err(Error::new(ErrorKind::Usage, text).into());
        }
        "-" => Box::new(io::stdin().lock()),
        name => Box::new(File::open(name).map_err(|cause| chart::os::error("open", Path::new(name), cause))?),
    };
    let line = first_line(file).map_err(|cause| chart::os::error("read", Path::new(name), cause))?;
    Ok(line.ok_or_else(|| Error::new(ErrorKind::Content, "EOF").hint(format!("`{name}` is empty")))?)
}

fn first_line(file: impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    if BufReader::new(file.take(LONGEST)).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    Ok(Some(without_end(line)))
}

fn without_end(mut line: Vec<u8>) -> Vec<u8> {
    if line.ends_with(b"\n") {
        line.pop();
        if line.ends_with(b"\r") {
            line.pop();
        }
    }
    line
}

#[cfg(unix)]
fn is_piped() -> bool {
    use std::os::fd::AsFd;
    use std::os::unix::fs::FileTypeExt;
    let about = io::stdin().as_fd().try_clone_to_owned().map(File::from).and_then(|file| file.metadata());
    about.is_ok_and(|about| about.file_type().is_fifo())
}

#[cfg(not(unix))]
fn is_piped() -> bool {
    !io::stdin().is_terminal()
}

/// Asks for the passphrase of a key, on a terminal that does not show it.
pub(super) fn ask(key: &str) -> Result<Vec<u8>, Stop> {
    let mut out = io::stdout().lock();
    write!(out, "Password for key {} >  ", super::helm::go::quote(key))?;
    out.flush()?;
    let line = read_hidden();
    writeln!(out)?;
    line.map_err(|error| error.hint("pass the passphrase with `--passphrase-file`").into())
}

/// One line that a person types on a terminal that does not show it.
pub(super) fn read_hidden() -> Result<Vec<u8>, Error> {
    if !io::stdin().is_terminal() || !echo("-echo") {
        return Err(Error::new(ErrorKind::Io, "inappropriate ioctl for device"));
    }
    let line = first_line(io::stdin().lock());
    echo("echo");
    match line {
        Ok(line) => Ok(line.unwrap_or_default()),
        Err(cause) => Err(Error::io("cannot read", Path::new("standard input"), cause)),
    }
}

/// Tells the terminal whether to show what is typed.
fn echo(mode: &str) -> bool {
    let mut command = Command::new("stty");
    command.arg(mode).stdin(Stdio::inherit()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
