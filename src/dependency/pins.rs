//! `chartwright.lock` at the root of a tree: the sha256 of every archive that its charts were given.
//!
//! A published version does not change; one that does is refused, unless the tree calls it mutable. The file never
//! lies inside of a chart, where Helm would pack it.

use crate::chart::read_file;
use crate::config;
use crate::diagnostic::{Error, ErrorKind};
use crate::repository::replace;
use crate::toml;
use crate::value::{Map, Value};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

/// The name of the file.
pub const FILE: &str = "chartwright.lock";
/// The most bytes that it may have.
const LARGEST: u64 = 64 << 20;

const HEAD: &str = "# The sha256 of every chart archive that the charts of this tree depend on.\n\
                    # Written by `chartwright dependency`; keep it in git.\nversion = 1\n";

/// What was fetched: name, version and repository.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The name of the chart.
    pub name: String,
    /// Its exact version.
    pub version: String,
    /// The address of its repository.
    pub repository: String,
}

/// The digests of a tree.
#[derive(Debug, Default)]
pub struct Pins {
    /// Where the file lies; `None` where a tree has no place for it.
    path: Option<PathBuf>,
    known: BTreeMap<Origin, String>,
    /// What this run has added or changed.
    new: BTreeMap<Origin, String>,
}

/// Whether a version may be published again with other bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutability {
    /// It may not.
    Immutable,
    /// It may: a development version.
    Mutable,
}

/// The root of the tree that a chart folder lies in: the nearest folder above it with `chartwright.toml`,
/// `chartwright.lock` or `.git` that is no chart itself, otherwise the folder around the outermost chart.
pub fn root_of(chart: &Path) -> Option<PathBuf> {
    let chart = std::fs::canonicalize(chart).ok()?;
    let is_chart = |folder: &Path| folder.join("Chart.yaml").is_file();
    let outer: Vec<&Path> = chart.ancestors().collect();
    let outermost = outer.iter().rposition(|folder| is_chart(folder)).unwrap_or(0);
    let mut around = outer.iter().skip(outermost + 1);
    let marked = |folder: &Path| [config::FILE, FILE, ".git"].iter().any(|name| folder.join(name).exists());
    // A repository that is one chart has no folder that is the tree's and not the chart's.
    if outer.get(outermost).is_some_and(|folder| folder.join(".git").exists()) {
        return None;
    }
    around.clone().find(|folder| marked(folder)).or_else(|| around.next()).map(|folder| folder.to_path_buf())
}

impl Pins {
    /// Reads the digests of the tree with this root; a file that is not there knows none.
    ///
    /// # Errors
    /// A file that cannot be read, is too large, or is not what we write.
    pub fn read(root: Option<&Path>) -> Result<Pins, Error> {
        let Some(root) = root else { return Ok(Pins::default()) };
        let path = root.join(FILE);
        let known = read(&path)?;
        Ok(Pins { path: Some(path), known, new: BTreeMap::new() })
    }

    /// Compares an archive with what was fetched before, and remembers it if it is new.
    ///
    /// # Errors
    /// Other bytes under an immutable version.
    pub fn check(&mut self, origin: Origin, sha256: &str, mutability: Mutability) -> Result<(), Error> {
        match self.new.get(&origin).or_else(|| self.known.get(&origin)) {
            Some(known) if known == sha256 => return Ok(()),
            Some(known) if mutability == Mutability::Immutable => {
                let Origin { name, version, repository } = &origin;
                let message = format!(
                    "`{name}` {version} of {repository} was published again with other bytes: expected sha256 {known}, \
                     found {sha256}"
                );
                let place = self.path.as_deref().unwrap_or(Path::new(FILE)).display();
                return Err(Error::new(ErrorKind::Content, message)
                    .hint("ask its publisher for a new version")
                    .hint(format!("if this is meant, take its entry out of `{place}`")));
            }
            _ => {}
        }
        self.new.insert(origin, sha256.to_owned());
        Ok(())
    }

    /// Writes what is new beside what others have written meanwhile; nothing where nothing is new.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&mut self) -> Result<(), Error> {
        let Some(path) = self.path.clone() else { return Ok(()) };
        if self.new.is_empty() {
            return Ok(());
        }
        let root = path.parent().unwrap_or(Path::new("."));
        // Held until the file is in its place: several charts of a tree may be updated at once.
        let folder = File::open(root).map_err(|error| Error::io("cannot lock", root, error))?;
        folder.lock().map_err(|error| Error::io("cannot lock", root, error))?;
        self.known = read(&path)?;
        self.known.append(&mut self.new);
        replace(&path, self.to_text().as_bytes())
    }

    fn to_text(&self) -> String {
        let mut text = HEAD.to_owned();
        for (Origin { name, version, repository }, sha256) in &self.known {
            let fields = [("name", name), ("version", version), ("repository", repository), ("sha256", sha256)];
            text.push_str("\n[[archive]]\n");
            fields.iter().for_each(|(key, value)| text.push_str(&format!("{key} = {}\n", basic_string(value))));
        }
        text
    }
}

/// A basic string of TOML.
fn basic_string(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            letter if letter.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(letter))),
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

fn read(path: &Path) -> Result<BTreeMap<Origin, String>, Error> {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Ok(about) if about.len() > LARGEST => {
            return Err(Error::new(ErrorKind::Limit, format!("`{}` is larger than {LARGEST} bytes", path.display())));
        }
        _ => {}
    }
    parse(&read_file(path)?).map_err(|why| {
        let message = format!("`{}`: {why}", path.display());
        Error::new(ErrorKind::Content, message).hint("take it back from git, or remove it and update the dependencies")
    })
}

/// Reads the text of a `chartwright.lock`; the error says what is wrong.
///
/// # Errors
/// A text that is no TOML, of another version, or an entry that is not whole.
pub fn parse(text: &[u8]) -> Result<BTreeMap<Origin, String>, String> {
    let Value::Map(root) = toml::from_toml(text).map_err(|fault| fault.to_string())? else {
        return Err("expected a table".to_owned());
    };
    match root.get("version") {
        Some(Value::Int64(1) | Value::Int(1)) => {}
        _ => return Err("expected `version = 1`".to_owned()),
    }
    let entries = match root.get("archive") {
        None => return Ok(BTreeMap::new()),
        Some(Value::List(list)) => list,
        Some(_) => return Err("expected `[[archive]]` tables".to_owned()),
    };
    let mut known = BTreeMap::new();
    for (at, entry) in entries.items().iter().enumerate() {
        let Value::Map(entry) = entry else { return Err("expected `[[archive]]` tables".to_owned()) };
        let (origin, sha256) = one(entry).map_err(|why| format!("archive {}: {why}", at + 1))?;
        if known.insert(origin.clone(), sha256.clone()).is_some_and(|other| other != sha256) {
            return Err(format!("archive {}: `{}` {} has two digests", at + 1, origin.name, origin.version));
        }
    }
    Ok(known)
}

fn one(entry: &Map) -> Result<(Origin, String), String> {
    let text = |key: &str| {
        let value = entry.get(key);
        let text = value.as_ref().and_then(Value::as_str).map(|text| text.to_string());
        text.filter(|text| !text.is_empty()).ok_or_else(|| format!("expected `{key}` as a text"))
    };
    let sha256 = text("sha256")?;
    if sha256.len() != 64 || !sha256.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return Err("expected `sha256` as 64 hexadecimal digits".to_owned());
    }
    Ok((Origin { name: text("name")?, version: text("version")?, repository: text("repository")? }, sha256))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(name: &str) -> Origin {
        Origin { name: name.into(), version: "1.0.0".into(), repository: "https://x.test/\"q\"".into() }
    }

    #[test]
    fn digests_are_kept_and_compared() {
        let folder = tempfile::tempdir().expect("a folder");
        let (one, other) = ("a".repeat(64), "b".repeat(64));
        let mut pins = Pins::read(Some(folder.path())).expect("no file");
        pins.check(origin("x"), &one, Mutability::Immutable).expect("new");
        pins.check(origin("x"), &one, Mutability::Immutable).expect("same");
        assert!(pins.check(origin("x"), &other, Mutability::Immutable).is_err());
        pins.write().expect("written");
        let mut again = Pins::read(Some(folder.path())).expect("a file");
        let error = again.check(origin("x"), &other, Mutability::Immutable).expect_err("other bytes");
        assert!(error.message().contains("published again") && error.message().contains(&one), "{error}");
        again.check(origin("x"), &other, Mutability::Mutable).expect("may change");
        again.write().expect("written");
        assert_eq!(parse(&std::fs::read(folder.path().join(FILE)).expect("a file")).expect("valid").len(), 1);
    }

    #[test]
    fn broken_files_are_told() {
        for text in ["", "version = 2", "version = 1\narchive = 3", "version = 1\n[[archive]]\nname = \"x\"", "x"] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
