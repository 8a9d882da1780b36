//! Snapshots: what values were when a person last looked, in `__snapshot__/FILE.snap` beside the test file.
//!
//! The file is helm-unittest's: a mapping from tests to numbered texts. A snapshot that is missing is made; one that
//! differs fails its test until `--update-snapshot` takes the new value. Nothing is deleted but by that flag.

use crate::chart::read_file;
use crate::diagnostic::{Error, ErrorKind};
use crate::source::SourceId;
use crate::value::{Map, Value};
use crate::yaml::{self, NodeKind};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What becomes of snapshots that are new or differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SnapshotMode {
    /// New ones are kept, differing ones fail.
    #[default]
    Create,
    /// All are taken as they are now.
    Update,
    /// New ones fail too, and nothing is written.
    Check,
}

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    /// By its text.
    Text,
    /// By patterns, so that the text only has to be there.
    Patterns,
}

/// What a comparison found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Compared {
    Equal,
    Missing,
    /// The text that is kept.
    Differs(String),
}

/// How many snapshots a file of tests has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SnapshotCounts {
    /// Compared.
    pub compared: usize,
    /// Made or to be made.
    pub created: usize,
    /// Different from what is kept.
    pub different: usize,
    /// Kept, but asked for by no test.
    pub stale: usize,
    /// Tests of the file were left out, so that stale ones cannot be told.
    pub incomplete: bool,
}

type Texts = BTreeMap<String, BTreeMap<usize, String>>;

/// The snapshots of one file.
#[derive(Debug)]
pub(super) struct Snapshots {
    path: PathBuf,
    mode: SnapshotMode,
    kept: Texts,
    current: Texts,
    counts: SnapshotCounts,
}

impl Snapshots {
    /// The file for the tests of `suite`, with the id that a suite may have of its own.
    pub(super) fn path(suite: &Path, id: &str) -> PathBuf {
        let name = suite.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let id = if id.is_empty() { String::new() } else { format!("_{}", id.replace(['/', '\\'], "_")) };
        suite.parent().unwrap_or(Path::new("")).join("__snapshot__").join(format!("{name}{id}.snap"))
    }

    /// Reads the file if there is one.
    pub(super) fn read(path: PathBuf, mode: SnapshotMode) -> Result<Snapshots, Error> {
        let kept = if path.is_file() { parse(&path, &read_file(&path)?)? } else { Texts::new() };
        Ok(Snapshots { path, mode, kept, current: Texts::new(), counts: SnapshotCounts::default() })
    }

    /// Whether all values are taken as they are now.
    pub(super) fn updates(&self) -> bool {
        self.mode == SnapshotMode::Update
    }

    /// Compares the value that a test, by its name, asks for as its `count`th.
    pub(super) fn compare(&mut self, (test, count): (&str, usize), text: &str, comparison: Comparison) -> Compared {
        self.counts.compared += 1;
        let kept = self.kept.get(test).and_then(|texts| texts.get(&count)).cloned();
        let equal = kept.as_deref().is_none_or(|kept| kept == text);
        let saved = kept.clone().filter(|_| self.mode != SnapshotMode::Update).unwrap_or_else(|| text.to_owned());
        self.current.entry(test.to_owned()).or_default().insert(count, saved);
        match kept {
            None => {
                self.counts.created += 1;
                if self.mode == SnapshotMode::Check { Compared::Missing } else { Compared::Equal }
            }
            Some(kept) if !equal && comparison == Comparison::Text => {
                self.counts.different += 1;
                Compared::Differs(kept)
            }
            Some(_) => Compared::Equal,
        }
    }

    /// Keeps what a test that does not run would have asked for.
    pub(super) fn keep(&mut self, test: &str) {
        if let Some(texts) = self.kept.get(test) {
            self.current.entry(test.to_owned()).or_insert_with(|| texts.clone());
        }
    }

    /// Notes that not all tests of the file were run.
    pub(super) fn leave_incomplete(&mut self) {
        self.counts.incomplete = true;
    }

    /// Writes the file if it has to change, and returns what was counted.
    pub(super) fn finish(mut self) -> Result<SnapshotCounts, Error> {
        let is_stale =
            |(test, count): &(&String, &usize)| !self.current.get(*test).is_some_and(|texts| texts.contains_key(count));
        let all = self.kept.iter().flat_map(|(test, texts)| texts.keys().map(move |count| (test, count)));
        self.counts.stale = if self.counts.incomplete { 0 } else { all.filter(is_stale).count() };
        if self.mode == SnapshotMode::Check {
            return Ok(self.counts);
        }
        let mut wanted = self.current.clone();
        if self.mode == SnapshotMode::Create || self.counts.incomplete {
            for (test, texts) in &self.kept {
                let own = wanted.entry(test.clone()).or_default();
                for (count, text) in texts {
                    own.entry(*count).or_insert_with(|| text.clone());
                }
            }
        }
        if wanted != self.kept {
            write(&self.path, &wanted)?;
        }
        Ok(self.counts)
    }
}

fn parse(path: &Path, text: &[u8]) -> Result<Texts, Error> {
    let refuse = |why: String| {
        let message = format!("cannot read snapshots from `{}`: {why}", path.display());
        Error::new(ErrorKind::Content, message).hint("mend the file, or delete it to have it made again")
    };
    let document = yaml::parse(text, SourceId::default()).map_err(|error| refuse(error.message().to_owned()))?;
    let mut texts = Texts::new();
    for test in document.entries() {
        let name = String::from_utf8_lossy(&test.key.key_text().unwrap_or_default()).into_owned();
        let own = texts.entry(name.clone()).or_default();
        for entry in test.value.entries() {
            let count = entry.key.key_text().and_then(|key| std::str::from_utf8(&key).ok()?.parse().ok());
            let (Some(count), NodeKind::Str(value)) = (count, entry.value.kind()) else {
                return Err(refuse(format!("expected numbered texts below `{name}`")));
            };
            own.insert(count, String::from_utf8_lossy(value).into_owned());
        }
    }
    Ok(texts)
}

fn write(path: &Path, texts: &Texts) -> Result<(), Error> {
    let failed = |error| Error::io("cannot write", path, error);
    if texts.is_empty() {
        return fs::remove_file(path).map_err(failed);
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let beside = folder.join(format!(".{name}.{}.new", std::process::id()));
    let written = fs::File::create(&beside).and_then(|mut file| {
        file.write_all(text_of(texts).as_bytes())?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&beside, path)).map_err(|error| {
        let _ = fs::remove_file(&beside);
        failed(error)
    })
}

/// The text as go-yaml v3 writes it: tests sorted, numbers as keys.
fn text_of(texts: &Texts) -> String {
    let mut names: Vec<&String> = texts.keys().collect();
    yaml::sort_keys(&mut names, |name| name.as_bytes());
    let mut out = String::new();
    for name in names {
        let Some(own) = texts.get(name).filter(|own| !own.is_empty()) else { continue };
        out.push_str(written(name, "").trim_end().trim_end_matches("\"\"").trim_end());
        out.push('\n');
        for (count, text) in own {
            // A key of the same length in its place leaves the style of the text as it is.
            let entry = written("k", text);
            let entry = entry.strip_prefix('k').unwrap_or(&entry);
            for (at, line) in format!("{count}{entry}").lines().enumerate() {
                let indent = if at > 0 && line.is_empty() { "" } else { "  " };
                out.push_str(indent);
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out
}

fn written(key: &str, text: &str) -> String {
    let map: Map = [(key, Value::str(text))].into_iter().collect();
    let text = yaml::to_yaml_pretty(&Value::Map(map)).unwrap_or_default();
    String::from_utf8_lossy(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_as_they_were_written() {
        let mut texts = Texts::new();
        let own: BTreeMap<usize, String> =
            [(1, "a: 1\n\nb: |\n  x\n".to_owned()), (2, "3\n".to_owned())].into_iter().collect();
        texts.insert("it: renders".to_owned(), own);
        let text = text_of(&texts);
        assert_eq!(text, "'it: renders':\n  1: |\n    a: 1\n\n    b: |\n      x\n  2: |\n    3\n");
        assert_eq!(parse(Path::new("x"), text.as_bytes()).expect("snapshots"), texts);
    }
}
