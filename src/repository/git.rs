//! Publishing into a branch of a git repository, as static pages are served from one.
//!
//! The branch is fetched, the archives and the merged index become one commit on top of it, and that is pushed without
//! force: git refuses it when somebody was faster, and all begins anew. Nothing is checked out. Everything goes through
//! the `git` program, so its credential helpers, proxies and certificates hold.

use super::publish::{Lock, Plan, PublishOptions, Published};
use super::{Archive, IndexFile, sha256};
use crate::chart::Chart;
use crate::diagnostic::{Error, ErrorKind};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

/// How often others may be faster.
const ATTEMPTS: u32 = 200;
/// The largest file that is read from the repository.
const LARGEST_BLOB: u64 = super::index::LARGEST_INDEX;
/// The branch that is meant where none is named.
const PAGES: &str = "gh-pages";
/// Where the fetched branch stands in the folder of our own.
const BASE: &str = "refs/chartwright/base";

/// A branch of a git repository, and the folder in it that is the chart repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitTarget {
    url: String,
    branch: String,
    folder: String,
}

impl GitTarget {
    /// Reads `git+https://HOST/PATH#BRANCH` or `git+file:///PATH#BRANCH`; `None` for another kind of target.
    ///
    /// The branch is `gh-pages` where none is named; `#BRANCH:FOLDER` names a folder in it.
    ///
    /// # Errors
    /// Another protocol, a password in the URL, a branch or folder that git could misread.
    pub fn parse(target: &str) -> Result<Option<GitTarget>, Error> {
        let Some(rest) = target.strip_prefix("git+") else { return Ok(None) };
        let (url, fragment) = rest.split_once('#').unwrap_or((rest, PAGES));
        let (branch, folder) = fragment.split_once(':').unwrap_or((fragment, ""));
        check_url(url)?;
        if !is_branch(branch) {
            return Err(refuse(format!("`{}` is no name of a branch", branch.escape_debug())));
        }
        let folder = folder.trim_end_matches('/');
        if !is_folder(folder) {
            return Err(refuse(format!("`{}` is no folder of a git repository", folder.escape_debug())));
        }
        let (url, branch, folder) = (url.to_owned(), branch.to_owned(), folder.to_owned());
        Ok(Some(GitTarget { url, branch, folder }))
    }

    fn path(&self, file: &str) -> String {
        if self.folder.is_empty() { file.to_owned() } else { format!("{}/{file}", self.folder) }
    }

    fn reference(&self) -> String {
        format!("refs/heads/{}", self.branch)
    }
}

fn refuse(message: String) -> Error {
    Error::new(ErrorKind::Usage, message).hint("expected `git+https://HOST/PATH#BRANCH` or `git+file:///PATH#BRANCH`")
}

fn check_url(url: &str) -> Result<(), Error> {
    let shown = url.escape_debug();
    if url.contains(|letter: char| letter.is_control() || letter.is_whitespace()) {
        return Err(refuse(format!("`{shown}` is no URL of a git repository")));
    }
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    match scheme {
        "file" if authority.is_empty() && !path.is_empty() => Ok(()),
        "https" if authority.contains('@') && authority.contains(':') && has_password(authority) => {
            let error = Error::new(ErrorKind::Usage, "the URL of the git repository holds a password");
            Err(error.hint("leave it out, and let a credential helper of git tell it"))
        }
        "https" if !host(authority).is_empty() && !host(authority).starts_with('-') && !path.is_empty() => Ok(()),
        _ => Err(refuse(format!("`git+{shown}` is no git repository that can be pushed to"))),
    }
}

fn has_password(authority: &str) -> bool {
    authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
}

fn host(authority: &str) -> &str {
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

/// Whether git takes the text for the name of a branch, and nobody for an option.
fn is_branch(name: &str) -> bool {
    let harmful = |letter: char| {
        letter.is_control() || letter.is_whitespace() || matches!(letter, '~' | '^' | ':' | '?' | '*' | '[' | '\\')
    };
    let part = |part: &str| !part.is_empty() && !part.starts_with(['.', '-']) && !part.ends_with('.') && !part.ends_with(".lock");
    name != "@" && name.len() < 200 && !name.contains(harmful) && !name.contains("..") && !name.contains("@{") && name.split('/').all(part)
}

fn is_folder(folder: &str) -> bool {
    let harmful = |letter: char| letter.is_control() || matches!(letter, '\\' | ':');
    let part = |part: &str| !part.is_empty() && !part.starts_with(['.', '-']) && !part.eq_ignore_ascii_case("git~1");
    folder.is_empty() || (!folder.contains(harmful) && folder.len() < 1000 && folder.split('/').all(part))
}

/// Publishes archives into a branch, which is made if a repository that answers has none of that name.
///
/// `scratch` is a folder for locks and for what is fetched; it is made if it is missing. Publishers on one machine that
/// name the same folder wait for each other, others are told by git.
///
/// # Errors
/// As [`publish`](super::publish); a repository that does not answer or refuses.
pub fn publish_to_git(
    target: &GitTarget,
    charts: &[(&Chart, &Archive)],
    options: &PublishOptions<'_>,
    scratch: &Path,
) -> Result<Published, Error> {
    fs::create_dir_all(scratch).map_err(|error| Error::io("cannot make", scratch, error))?;
    let name = sha256(format!("{}#{}", target.url, target.branch).as_bytes());
    let lock = scratch.join(format!("{}.lock", name.get(..16).unwrap_or(&name)));
    let _lock = Lock::take_file(lock, Path::new(&target.url))?;
    let work = Work::make(scratch, target)?;
    for attempt in 0..ATTEMPTS {
        match work.attempt(charts, options)? {
            Outcome::Done(published) => return Ok(published),
            Outcome::Overtaken => std::thread::sleep(pause(attempt)),
        }
    }
    let message = format!("branch `{}` of `{}` changes all the time", target.branch, target.url);
    Err(Error::new(ErrorKind::Network, message).hint("push again later"))
}

/// How long to wait after somebody was faster: longer each time, and not the same for all.
fn pause(attempt: u32) -> Duration {
    let mut random = [0; 2];
    // Without randomness all wait the same, which only costs time.
    let _ = getrandom::fill(&mut random);
    let most = 40_u64 << attempt.min(4);
    Duration::from_millis(10 + u64::from(u16::from_le_bytes(random)) % most)
}

enum Outcome {
    Done(Published),
    /// Somebody pushed meanwhile.
    Overtaken,
}

/// A bare repository of our own, removed in the end.
struct Work<'a> {
    place: PathBuf,
    target: &'a GitTarget,
    _lock: Lock,
}

impl Drop for Work<'_> {
    fn drop(&mut self) {
        // It is ours alone, and the next publisher tries again to remove what is left.
        let _ = fs::remove_dir_all(&self.place);
    }
}

impl<'a> Work<'a> {
    fn make(scratch: &Path, target: &'a GitTarget) -> Result<Work<'a>, Error> {
        remove_leftovers(scratch);
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|error| Error::new(ErrorKind::Internal, format!("no random bytes: {error}")))?;
        let place = scratch.join(format!("push-{:016x}", u64::from_le_bytes(random)));
        fs::create_dir(&place).map_err(|error| Error::io("cannot make", &place, error))?;
        let lock = Lock::take_file(place.join("held"), &place)?;
        let work = Work { place, target, _lock: lock };
        work.git(&["init", "--quiet", "--bare", "--template=", "."])?;
        Ok(work)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE"] {
            command.env_remove(variable);
        }
        command.env_remove("GIT_ALTERNATE_OBJECT_DIRECTORIES").env_remove("GIT_COMMON_DIR");
        // Only these two protocols, no questions, no hooks, no work behind our back.
        command.env("GIT_ALLOW_PROTOCOL", "file:https").env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
        for setting in ["core.hooksPath=/dev/null", "gc.auto=0", "maintenance.auto=false", "core.fsmonitor=false"] {
            command.args(["-c", setting]);
        }
        command.args(["-c", "http.lowSpeedLimit=1", "-c", "http.lowSpeedTime=120"]);
        command.args(arguments).current_dir(&self.place);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs git and returns whatever came of it.
    fn run(&self, arguments: &[&str], input: Option<&[u8]>) -> Result<Output, Error> {
        let failed = |error: std::io::Error| {
            let error = Error::new(ErrorKind::Io, format!("cannot run git: {error}")).because(error);
            error.hint("install git: it is what pushes to a branch")
        };
        let mut command = self.command(arguments);
        let Some(input) = input else { return command.output().map_err(failed) };
        let mut child = command.stdin(Stdio::piped()).spawn().map_err(failed)?;
        let fed = child.stdin.take().map_or(Ok(()), |mut pipe| pipe.write_all(input));
        let output = child.wait_with_output().map_err(failed)?;
        match fed {
            Err(error) if output.status.success() => Err(failed(error)),
            _ => Ok(output),
        }
    }

    /// Runs git, which has to succeed, and returns what it wrote.
    fn git(&self, arguments: &[&str]) -> Result<Vec<u8>, Error> {
        self.feed(arguments, None)
    }

    fn feed(&self, arguments: &[&str], input: Option<&[u8]>) -> Result<Vec<u8>, Error> {
        let output = self.run(arguments, input)?;
        if output.status.success() { Ok(output.stdout) } else { Err(self.told(arguments, &output)) }
    }

    fn text(&self, arguments: &[&str], input: Option<&[u8]>) -> Result<String, Error> {
        let out = self.feed(arguments, input)?;
        Ok(String::from_utf8_lossy(&out).trim_end().to_owned())
    }

    fn told(&self, arguments: &[&str], output: &Output) -> Error {
        let what = arguments.iter().find(|word| !word.starts_with('-')).copied().unwrap_or_default();
        let said = String::from_utf8_lossy(&output.stderr);
        let said: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let message = format!("git {what} failed for `{}`: {}", self.target.url, said.join("; "));
        Error::new(ErrorKind::Network, message)
    }

    /// The commit that the branch has on the other side; `None` where there is no such branch.
    fn remote_tip(&self) -> Result<Option<String>, Error> {
        let reference = self.target.reference();
        let lines = self.text(&["ls-remote", "--quiet", "--", &self.target.url, &reference], None)?;
        let tip = lines.lines().filter_map(|line| line.split_once('\t')).find(|(_, name)| *name == reference);
        Ok(tip.map(|(commit, _)| commit.to_owned()))
    }

    /// Fetches the branch; the commit that came.
    fn fetch(&self) -> Result<String, Error> {
        let refs = format!("+{}:{BASE}", self.target.reference());
        self.git(&["fetch", "--quiet", "--depth=1", "--no-tags", "--no-write-fetch-head", "--", &self.target.url, &refs])?;
        self.text(&["rev-parse", "--verify", BASE], None)
    }

    /// A file of a commit; `None` where there is none.
    fn blob(&self, commit: &str, path: &str) -> Result<Option<Vec<u8>>, Error> {
        let line = self.text(&["ls-tree", "-z", "--full-tree", commit, "--", path], None)?;
        let Some((about, _)) = line.split_once('\t') else { return Ok(None) };
        let mut words = about.split(' ');
        let (Some(mode), Some("blob"), Some(id)) = (words.next(), words.next(), words.next()) else {
            return Err(self.no_file(path));
        };
        if !mode.starts_with("100") {
            return Err(self.no_file(path));
        }
        let size: u64 = self.text(&["cat-file", "-s", id], None)?.parse().unwrap_or(u64::MAX);
        if size > LARGEST_BLOB {
            let message = format!("`{path}` in `{}` is larger than {LARGEST_BLOB} bytes", self.target.url);
            return Err(Error::new(ErrorKind::Limit, message));
        }
        self.git(&["cat-file", "blob", id]).map(Some)
    }

    fn no_file(&self, path: &str) -> Error {
        Error::new(ErrorKind::Content, format!("`{path}` in `{}` is no ordinary file", self.target.url))
    }

    fn attempt(&self, charts: &[(&Chart, &Archive)], options: &PublishOptions<'_>) -> Result<Outcome, Error> {
        let base = match self.remote_tip()? {
            Some(_) => Some(self.fetch()?),
            None => None,
        };
        let before = match &base {
            Some(commit) => self.blob(commit, &self.target.path("index.yaml"))?,
            None => None,
        };
        let place = format!("{}#{}", self.target.url, self.target.branch);
        let place = Path::new(&place);
        let mut index = match before {
            Some(text) => IndexFile::from_bytes(text.into())
                .map_err(|fault| super::publish::content(&place.join("index.yaml"), &fault))?,
            None => IndexFile::empty(),
        };
        let lies = |file: &str| match &base {
            Some(commit) => Ok(self.blob(commit, &self.target.path(file))?.map(|bytes| sha256(&bytes))),
            None => Ok(None),
        };
        let plan = Plan::make(&mut index, charts, options, &lies).map_err(|told| told.at(place))?;
        if !index.is_changed() && plan.write.is_empty() {
            return Ok(Outcome::Done(plan.published));
        }
        let text = index.to_yaml().map_err(|fault| super::publish::content(place, &fault))?;
        let commit = self.commit(base.as_deref(), &plan.write, &text)?;
        if !self.push(base.as_deref(), &commit)? {
            return Ok(Outcome::Overtaken);
        }
        self.read_back(&commit, charts)?;
        Ok(Outcome::Done(plan.published))
    }

    /// Makes a commit on top of another.
    fn commit(&self, base: Option<&str>, archives: &[&Archive], index: &[u8]) -> Result<String, Error> {
        self.git(&["read-tree", base.unwrap_or("--empty")])?;
        let mut files: Vec<(String, &[u8])> = vec![("index.yaml".to_owned(), index)];
        for archive in archives {
            files.push((archive.file.clone(), &archive.bytes));
            files.extend(archive.provenance.as_deref().map(|text| (format!("{}.prov", archive.file), text)));
        }
        let mut entries = Vec::new();
        for (file, bytes) in files {
            let id = self.text(&["hash-object", "-w", "--no-filters", "--stdin"], Some(bytes))?;
            entries.extend_from_slice(format!("100644 {id}\t{}\0", self.target.path(&file)).as_bytes());
        }
        self.feed(&["update-index", "-z", "--index-info"], Some(&entries))?;
        let tree = self.text(&["write-tree"], None)?;
        let what: Vec<String> = archives.iter().map(|archive| format!("{} {}", archive.chart, archive.version)).collect();
        let message = if what.is_empty() { "Update the index".to_owned() } else { format!("Publish {}", what.join(", ")) };
        let mut arguments = vec!["commit-tree", "--no-gpg-sign", tree.as_str(), "-m", &message];
        arguments.extend(base.iter().flat_map(|base| ["-p", *base]));
        if let Ok(commit) = self.text(&arguments, None) {
            return Ok(commit);
        }
        // git knows nobody here by name.
        let nobody = ["-c", "user.name=chartwright", "-c", "user.email=chartwright@localhost"];
        let arguments: Vec<&str> = nobody.into_iter().chain(arguments).collect();
        self.text(&arguments, None)
    }

    /// Pushes a commit without force; whether it is there, and nobody was faster.
    fn push(&self, base: Option<&str>, commit: &str) -> Result<bool, Error> {
        let refs = format!("{commit}:{}", self.target.reference());
        let arguments = ["push", "--quiet", "--no-verify", "--", &self.target.url, &refs];
        let output = self.run(&arguments, None)?;
        if output.status.success() {
            return Ok(true);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let contested = ["cannot lock ref", "failed to update ref", "non-fast-forward", "fetch first", "stale info"];
        if contested.iter().any(|sign| said.contains(sign)) || self.remote_tip()?.as_deref() != base {
            return Ok(false);
        }
        Err(self.told(&arguments, &output))
    }

    /// Compares what lies there now with what was pushed.
    fn read_back(&self, commit: &str, charts: &[(&Chart, &Archive)]) -> Result<(), Error> {
        if self.remote_tip()?.as_deref() == Some(commit) {
            return Ok(());
        }
        // Somebody pushed behind us, on top of ours.
        let tip = self.fetch()?;
        let text = self.blob(&tip, &self.target.path("index.yaml"))?.unwrap_or_default();
        let index = IndexFile::from_bytes(text.into()).ok();
        for (_, archive) in charts {
            let entry = index.as_ref().and_then(|index| index.find(&archive.chart, &archive.version).ok().flatten());
            let bytes = self.blob(&tip, &self.target.path(&archive.file))?;
            let is_listed = entry.is_some_and(|entry| entry.digest == archive.digest);
            if !is_listed || bytes.is_none_or(|bytes| sha256(&bytes) != archive.digest) {
                let message = format!("`{}` was pushed, but is not there any more", archive.file);
                return Err(Error::new(ErrorKind::Content, message).hint("somebody else changed the branch; push again"));
            }
        }
        Ok(())
    }
}

/// Removes the folders of publishers that were killed: nobody holds their lock.
fn remove_leftovers(scratch: &Path) {
    let Ok(entries) = fs::read_dir(scratch) else { return };
    for entry in entries.flatten() {
        if !entry.file_name().to_string_lossy().starts_with("push-") {
            continue;
        }
        let held = fs::OpenOptions::new().write(true).open(entry.path().join("held"));
        if held.is_ok_and(|file| file.try_lock().is_ok()) {
            // It harms nobody where it cannot be removed.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_that_git_could_misread_are_refused() {
        let good = GitTarget::parse("git+file:///srv/x.git#pages/x:charts/a").expect("is good").expect("is git");
        assert_eq!((good.url.as_str(), good.branch.as_str()), ("file:///srv/x.git", "pages/x"));
        assert_eq!(good.path("index.yaml"), "charts/a/index.yaml");
        assert_eq!(GitTarget::parse("git+https://me@example.org/x").expect("is good").expect("is git").branch, PAGES);
        assert!(GitTarget::parse("/srv/x").expect("is another kind").is_none());
        for bad in [
            "git+ssh://host/x",
            "git+ext::sh -c true",
            "git+file://host/x",
            "git+https://-oProxyCommand=x/y",
            "git+https://a:b@host/x",
            "git+https://host/x#--upload-pack=x",
            "git+https://host/x#a..b",
            "git+https://host/x#a b",
            "git+https://host/x#refs/heads/x.lock",
            "git+https://host/x#main:../up",
            "git+https://host/x#main:a/.git/hooks",
            "git+https://host/x#main:/etc",
            "git+https://host/x\n#main",
            "git+file:///",
        ] {
            assert!(GitTarget::parse(bad).is_err(), "{bad}");
        }
    }
}
