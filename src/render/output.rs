//! What `helm template` writes: one stream of manifests, a part of it, or a folder of files.
//!
//! The reference is Helm's `template` command together with `renderResources` of its install action.

use super::hooks::Hook;
use super::manifest::{self, Manifests, TextFile};
use crate::chart::{Compat, glob};
use crate::diagnostic::{Error, ErrorKind, Fault};
use memchr::memmem;
use std::borrow::Cow;
use std::fs;
use std::io::Write;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

/// Which hooks are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HookFilter {
    /// All of them.
    #[default]
    All,
    /// All but those that `helm test` runs (`--skip-tests`).
    NoTests,
    /// None (`--no-hooks`).
    None,
}

impl HookFilter {
    /// Whether a hook is shown.
    pub fn shows(self, hook: &Hook) -> bool {
        match self {
            HookFilter::All => true,
            HookFilter::NoTests => !hook.is_test(),
            HookFilter::None => false,
        }
    }
}

/// A stream of manifests.
#[derive(Clone, Debug, Default)]
pub struct Stream<'a> {
    /// The bytes for standard output.
    pub text: Vec<u8>,
    /// Where each part of the text comes from, in order.
    pub parts: Vec<Part<'a>>,
}

/// A piece of a [`Stream`] that a file wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// The bytes of the stream.
    pub range: Range<usize>,
    /// The path of the file.
    pub path: &'a str,
    /// Where the piece starts in what the file wrote, in bytes.
    pub offset: usize,
}

impl<'a> Stream<'a> {
    /// Everything: CRDs first, then manifests, then hooks.
    ///
    /// The white space that ends the last manifest gives way to one line feed; an empty release is one line feed.
    pub fn of_release(crds: &[TextFile<'a>], found: &Manifests<'a>, hooks: HookFilter) -> Stream<'a> {
        let texts = found.manifests.iter().map(|manifest| manifest.text.len() + manifest.path.len() + 16);
        let mut stream = Stream { text: Vec::with_capacity(texts.sum::<usize>() + 64), parts: Vec::new() };
        for crd in crds {
            stream.push(crd.path, crd.text, 0);
        }
        for manifest in &found.manifests {
            stream.push(manifest.path, manifest.text, manifest.offset);
        }
        stream.end_release();
        stream.push_hooks(found, hooks);
        stream
    }

    /// What `--debug` shows of a release with a document that cannot be read: whole files and the hooks that were
    /// found before. Helm's order of files is random; here it is that of their paths.
    pub fn of_failed_release(files: &[TextFile<'a>], before: &Manifests<'a>, hooks: HookFilter) -> Stream<'a> {
        let mut files: Vec<_> = files.iter().filter(|file| !manifest::is_blank(file.text)).collect();
        files.sort_by(|a, b| a.path.cmp(b.path));
        let mut stream = Stream::default();
        for file in files {
            stream.push(file.path, file.text, 0);
        }
        stream.end_release();
        stream.push_hooks(before, hooks);
        stream
    }

    fn push(&mut self, path: &'a str, text: &[u8], offset: usize) {
        self.text.extend_from_slice(b"---\n# Source: ");
        self.text.extend_from_slice(path.as_bytes());
        self.text.push(b'\n');
        let start = self.text.len();
        self.text.extend_from_slice(text);
        self.parts.push(Part { range: start..self.text.len(), path, offset });
        self.text.push(b'\n');
    }

    fn push_hooks(&mut self, found: &Manifests<'a>, filter: HookFilter) {
        for hook in found.hooks.iter().filter(|hook| filter.shows(hook)) {
            self.push(hook.manifest.path, hook.manifest.text, hook.manifest.offset);
        }
    }

    fn end_release(&mut self) {
        self.text.truncate(manifest::trim_end(&self.text).len());
        let end = self.text.len();
        if let Some(part) = self.parts.last_mut() {
            part.range.end = part.range.end.clamp(part.range.start.min(end), end);
        }
        self.text.push(b'\n');
    }

    /// The documents of the stream whose template matches one of the patterns (`--show-only`), in the order of the
    /// patterns. Paths are told by the first `# Source:` line of a document, without the name of the chart. A pattern
    /// without a match is Helm's fault.
    pub fn show_only<T: AsRef<str>>(&self, patterns: &[T], compat: Compat) -> Result<Vec<u8>, Fault> {
        let documents: Vec<(Cow<str>, &[u8])> = manifest::documents(&self.text, compat)
            .into_iter()
            .filter_map(|document| Some((source_path(document)?, document)))
            .collect();
        let mut out = Vec::new();
        for pattern in patterns {
            let pattern = pattern.as_ref();
            let before = out.len();
            for (path, document) in &documents {
                if glob::matches(pattern, path).unwrap_or(false) {
                    out.extend_from_slice(b"---\n");
                    out.extend_from_slice(document);
                    out.push(b'\n');
                }
            }
            if out.len() == before {
                return Err(Fault::new(format!("could not find template {pattern} in chart")));
            }
        }
        Ok(out)
    }
}

/// The path after the chart's name in the first `# Source: chart/path` of a document.
fn source_path(document: &[u8]) -> Option<Cow<'_, str>> {
    memmem::find_iter(document, b"# Source: ").find_map(|at| {
        let rest = &document[at + 10..];
        let slash = memchr::memchr(b'/', rest).filter(|slash| *slash > 0)?;
        let path = rest[slash + 1..].split(|byte| *byte == b'\n').next()?;
        (!path.is_empty()).then(|| String::from_utf8_lossy(path))
    })
}

/// Where `--output-dir` puts manifests.
#[derive(Clone, Copy, Debug)]
pub struct OutputDir<'a> {
    /// The folder, as the user wrote it.
    pub dir: &'a str,
    /// The name of the release, if it is a folder of its own (`--release-name`).
    pub release: Option<&'a str>,
}

/// One file that is going to be written.
struct Pending {
    path: String,
    text: Vec<u8>,
}

impl OutputDir<'_> {
    /// Writes one file for each template and returns Helm's report for standard output.
    ///
    /// CRDs stay outside of the folder of the release. A file of an earlier run is replaced, but a file that holds
    /// only hooks is appended to, as Helm does. Each file appears whole or not at all. A path that leads out of the
    /// folder is an error before anything is written.
    pub fn write(&self, crds: &[TextFile], found: &Manifests, hooks: HookFilter) -> Result<Vec<u8>, Error> {
        let release = match self.release {
            Some(name) => joined(self.dir, name),
            None => self.dir.to_string(),
        };
        let mut files = Vec::new();
        let mut report = Vec::new();
        for crd in crds {
            let path = inside(self.dir, crd.path)?;
            add(&mut files, &mut report, path, crd, Start::Empty)?;
        }
        for manifest in &found.manifests {
            let path = inside(&release, manifest.path)?;
            add(&mut files, &mut report, path, &TextFile { path: manifest.path, text: manifest.text }, Start::Empty)?;
        }
        for hook in found.hooks.iter().filter(|hook| hooks.shows(hook)) {
            let manifest = &hook.manifest;
            let path = inside(&release, manifest.path)?;
            add(&mut files, &mut report, path, &TextFile { path: manifest.path, text: manifest.text }, Start::Present)?;
        }
        for file in &files {
            store(Path::new(&file.path), &file.text)?;
        }
        report.push(b'\n');
        Ok(report)
    }
}

/// What a file holds before the first document of this run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    Empty,
    Present,
}

fn add(
    files: &mut Vec<Pending>,
    report: &mut Vec<u8>,
    path: String,
    document: &TextFile,
    start: Start,
) -> Result<(), Error> {
    let at = match files.iter().position(|file| file.path == path) {
        Some(at) => at,
        None => {
            let present = start == Start::Present && Path::new(&path).exists();
            let text = if present {
                fs::read(&path).map_err(|source| Error::io("cannot read", Path::new(&path), source))?
            } else {
                Vec::new()
            };
            files.push(Pending { path: path.clone(), text });
            files.len() - 1
        }
    };
    let Some(file) = files.get_mut(at) else { return Ok(()) };
    for piece in [b"---\n# Source: ", document.path.as_bytes(), b"\n", document.text, b"\n"] {
        file.text.extend_from_slice(piece);
    }
    for piece in ["wrote ", &path, "\n"] {
        report.extend_from_slice(piece.as_bytes());
    }
    Ok(())
}

/// The path of a file in a folder as Helm prints it; an error where it would lie outside.
fn inside(dir: &str, path: &str) -> Result<String, Error> {
    let lies_inside = Path::new(path).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if path.is_empty() || !lies_inside {
        let message = format!("expected a path inside of the output folder, found `{path}`");
        return Err(Error::new(ErrorKind::Content, message).hint("rename the chart or the template"));
    }
    Ok(format!("{dir}/{path}"))
}

/// Two paths as Go's `filepath.Join` puts them together.
fn joined(dir: &str, name: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let absolute = dir.starts_with('/');
    for part in dir.split('/').chain(name.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            ".." if absolute => {}
            _ => parts.push(part),
        }
    }
    match (absolute, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_string(),
        (false, false) => parts.join("/"),
    }
}

/// Writes a file beside its place and moves it there; what is no ordinary file is written in place.
fn store(path: &Path, text: &[u8]) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new(""));
    if !folder.as_os_str().is_empty() {
        fs::create_dir_all(folder).map_err(|source| Error::io("cannot create folder", folder, source))?;
    }
    let ordinary = fs::symlink_metadata(path).map_or(true, |present| present.is_file());
    if ordinary && replace(path, text).is_ok() {
        return Ok(());
    }
    fs::write(path, text).map_err(|source| Error::io("cannot write", path, source))
}

fn replace(path: &Path, text: &[u8]) -> std::io::Result<()> {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.part", std::process::id()));
    let beside: PathBuf = path.with_file_name(name);
    let written = fs::OpenOptions::new().write(true).create_new(true).open(&beside).and_then(|mut file| {
        if let Ok(present) = fs::metadata(path) {
            file.set_permissions(present.permissions())?;
        }
        file.write_all(text)
    });
    let moved = written.and_then(|()| fs::rename(&beside, path));
    if moved.is_err() {
        let _ = fs::remove_file(&beside);
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside_of_the_folder() {
        assert_eq!(inside("out/", "conf/a.yaml").unwrap(), "out//conf/a.yaml");
        for path in ["../a", "conf/../../a", "/etc/a", ""] {
            assert!(inside("out", path).is_err(), "{path}");
        }
    }

    #[test]
    fn folders_are_joined_as_go_does() {
        for (dir, name, path) in [
            ("out/", "rel", "out/rel"),
            ("./a/../b", "r", "b/r"),
            (".", "r", "r"),
            ("/../x", "r", "/x/r"),
            ("..", "r", "../r"),
        ] {
            assert_eq!(joined(dir, name), path);
        }
    }

    #[test]
    fn the_source_line_names_the_template() {
        for (document, path) in [
            ("# Source: conf/templates/a.yaml\na: 1", Some("templates/a.yaml")),
            ("# Source: /x\n# Source: c/d/e", Some("d/e")),
            ("# Source: c/\n", None),
            ("a: 1", None),
        ] {
            assert_eq!(source_path(document.as_bytes()), path.map(Cow::Borrowed), "{document}");
        }
    }
}
