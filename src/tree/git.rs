//! What git knows of a tree, asked through the program `git`.
//!
//! Only reading commands are run, without a shell, and a reference that looks like an option is refused.

use crate::diagnostic::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The most bytes of one answer.
const LARGEST: usize = 256 << 20;

/// A repository.
#[derive(Clone, Debug)]
pub struct Git {
    /// The top folder of the working tree, with links resolved.
    pub top: PathBuf,
}

impl Git {
    /// The repository around a folder.
    ///
    /// # Errors
    /// No git on this machine, no repository around the folder.
    pub fn open(folder: &Path) -> Result<Git, Error> {
        let output = run(folder, &["rev-parse", "--show-toplevel"])?;
        let output = output.map_err(|why| {
            let message = format!("`{}` lies in no git repository: {why}", folder.display());
            Error::new(ErrorKind::Usage, message).hint("`--since` compares with a commit of a repository")
        })?;
        let top = PathBuf::from(String::from_utf8_lossy(&output).trim_end_matches('\n'));
        let top = std::fs::canonicalize(&top).map_err(|error| Error::io("cannot find", &top, error))?;
        Ok(Git { top })
    }

    /// The commit that a reference names.
    ///
    /// # Errors
    /// A reference that names none.
    pub fn commit(&self, reference: &str) -> Result<String, Error> {
        let unknown = |why: &str| {
            let message = format!("git knows no commit `{}`: {why}", reference.escape_debug());
            Error::new(ErrorKind::Usage, message)
                .hint("name a tag, a branch or a commit, for example `v1.2.3` or `HEAD~1`")
        };
        if reference.is_empty() || reference.starts_with('-') {
            return Err(unknown("it cannot be a reference"));
        }
        let wanted = format!("{reference}^{{commit}}");
        let output = run(&self.top, &["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted])?;
        output
            .map(|output| String::from_utf8_lossy(&output).trim().to_owned())
            .map_err(|_| unknown("there is no such tag, branch or commit"))
    }

    /// The files below a folder that differ from a commit, new and removed ones included, as absolute paths. Files that
    /// git ignores do not count.
    ///
    /// # Errors
    /// A git that fails.
    pub fn changed(&self, commit: &str, folder: &Path) -> Result<Vec<PathBuf>, Error> {
        let place = folder.to_string_lossy();
        let differing =
            self.lines(&["diff", "--no-ext-diff", "--no-renames", "--name-only", "-z", commit, "--", &place])?;
        let new = self.lines(&["ls-files", "--others", "--exclude-standard", "--full-name", "-z", "--", &place])?;
        let mut found: Vec<PathBuf> = differing.into_iter().chain(new).map(|name| self.top.join(name)).collect();
        found.sort();
        found.dedup();
        Ok(found)
    }

    /// The text of a file in a commit; `None` where it is not there.
    ///
    /// # Errors
    /// A git that cannot be run.
    pub fn file(&self, commit: &str, path: &Path) -> Result<Option<Vec<u8>>, Error> {
        let Ok(inner) = path.strip_prefix(&self.top) else { return Ok(None) };
        let object = format!("{commit}:{}", inner.to_string_lossy());
        Ok(run(&self.top, &["cat-file", "blob", "--end-of-options", &object])?.ok())
    }

    /// The last commits that changed a file, the newest first.
    ///
    /// # Errors
    /// A git that fails.
    pub fn commits_of(&self, path: &Path, most: usize) -> Result<Vec<String>, Error> {
        let most = format!("--max-count={most}");
        let output = run(&self.top, &["log", "--format=%H", &most, "--", &path.to_string_lossy()])?;
        let text = String::from_utf8_lossy(&output.unwrap_or_default()).into_owned();
        Ok(text.lines().map(str::to_owned).collect())
    }

    fn lines(&self, words: &[&str]) -> Result<Vec<String>, Error> {
        let output = run(&self.top, words)?;
        let output = output.map_err(|why| Error::new(ErrorKind::Io, format!("git failed: {why}")))?;
        let names = output.split(|byte| *byte == 0).filter(|name| !name.is_empty());
        Ok(names.map(|name| String::from_utf8_lossy(name).into_owned()).collect())
    }
}

/// Runs git; the inner error is what it said when it failed.
fn run(folder: &Path, words: &[&str]) -> Result<Result<Vec<u8>, String>, Error> {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(words);
    // A hook's environment would lead to another repository.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
        command.env_remove(name);
    }
    command.env("GIT_OPTIONAL_LOCKS", "0").env("LC_ALL", "C").stdin(std::process::Stdio::null());
    let output = command.output().map_err(|error| {
        Error::new(ErrorKind::Io, format!("cannot run `git`: {error}"))
            .hint("install git, or leave --since out")
            .because(error)
    })?;
    if output.stdout.len() > LARGEST {
        return Err(Error::new(ErrorKind::Limit, format!("git says more than {LARGEST} bytes")));
    }
    if output.status.success() {
        return Ok(Ok(output.stdout));
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Ok(Err(said.lines().next().unwrap_or("no reason given").trim_start_matches("fatal: ").to_owned()))
}
