//! A new version of a chart, written into every file of its tree that names it.

use super::compare::Kind;
use super::{Tree, local_folder};
use crate::chart::{Dependency, Lock, Metadata, read_file};
use crate::dependency::lock;
use crate::dependency::repositories::Repositories;
use crate::diagnostic::{Error, ErrorKind};
use crate::edit::{Edits, scalar};
use crate::repository::replace;
use crate::source::SourceId;
use crate::version::{Constraint, Version};
use crate::yaml::{self, Node, NodeKind};
use std::path::{Path, PathBuf};

/// The annotation in which Artifact Hub reads what changed.
pub const CHANGES: &str = "artifacthub.io/changes";

/// What is to be written.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Files with their new texts.
    pub writes: Vec<(PathBuf, Vec<u8>)>,
    /// What that changes, a line each.
    pub told: Vec<String>,
    /// What somebody has to see to, a line each.
    pub notes: Vec<String>,
}

impl Plan {
    /// Writes all files, each beside its place and renamed.
    ///
    /// # Errors
    /// A file that cannot be written; those before it are written.
    pub fn apply(&self) -> Result<(), Error> {
        self.writes.iter().try_for_each(|(path, text)| rewrite(path, text))
    }
}

/// Replaces the content of a file; where it is a link, that of its target. Its permissions stay.
pub(crate) fn rewrite(path: &Path, text: &[u8]) -> Result<(), Error> {
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let before = std::fs::metadata(&path).map(|about| about.permissions()).ok();
    replace(&path, text)?;
    match before {
        Some(permissions) => std::fs::set_permissions(&path, permissions)
            .map_err(|error| Error::io("cannot give its permissions back to", &path, error)),
        None => Ok(()),
    }
}

/// What a release says about itself.
#[derive(Clone, Copy, Debug)]
pub struct Release<'a> {
    /// The new version.
    pub version: &'a str,
    /// The entries of the changelog annotation; `None` leaves it as it is.
    pub changelog: Option<&'a [(Kind, String)]>,
    /// The repositories that the user has added, for digests of locks.
    pub repositories: &'a Repositories,
    /// The time for `generated` of locks.
    pub generated: &'a str,
}

/// Plans a new version of a chart: its `Chart.yaml`, the charts of the tree that take it from its folder, their locks.
///
/// # Errors
/// Files that cannot be read, or cannot be changed without losing their layout.
pub fn plan(tree: &Tree, at: usize, release: &Release<'_>) -> Result<Plan, Error> {
    plan_with(tree, at, release, &mut |_| ())
}

/// As [`plan`]; `also` changes more of the chart's `Chart.yaml`.
pub(crate) fn plan_with(
    tree: &Tree,
    at: usize,
    release: &Release<'_>,
    also: &mut dyn FnMut(&mut File),
) -> Result<Plan, Error> {
    let mut plan = Plan::default();
    let Some(chart) = tree.charts.get(at) else { return Ok(plan) };
    let path = chart.folder.join("Chart.yaml");
    let mut file = File::read(&path)?;
    if !file.edits.set(&file.root, &["version"], release.version) {
        return Err(Error::new(ErrorKind::Content, format!("no `version` in `{}`", path.display())));
    }
    plan.told.push(format!("{}: version {} -> {}", tree.shown(at), chart.metadata.version, release.version));
    if let Some(changes) = release.changelog {
        file.set_annotation(CHANGES, &changes_text(changes))?;
        plan.told.push(format!("{}: {CHANGES}", tree.shown(at)));
    }
    also(&mut file);
    file.finish(&mut plan)?;
    let new = Version::parse(release.version)
        .map_err(|fault| Error::new(ErrorKind::Usage, format!("`{}`: {fault}", release.version)))?;
    for (other, dependant) in tree.charts.iter().enumerate() {
        if dependant.needs.contains(&at) {
            let job = Dependant { tree, at, other, release, new: &new };
            job.plan(&mut plan)?;
        } else if names(&dependant.metadata, &chart.metadata.name) {
            plan.notes.push(format!(
                "{} takes `{}` from a repository: publish it, then update its dependencies",
                tree.shown(other),
                chart.metadata.name
            ));
        }
    }
    Ok(plan)
}

fn names(metadata: &Metadata, name: &str) -> bool {
    metadata.dependencies().iter().any(|one| one.name == name && !one.repository.starts_with("file://"))
}

/// The text of the changelog annotation.
fn changes_text(changes: &[(Kind, String)]) -> String {
    changes.iter().map(|(kind, text)| format!("- kind: {}\n  description: {}\n", kind.name(), scalar(text))).collect()
}

/// A YAML file that is changed.
pub(crate) struct File {
    path: PathBuf,
    text: Vec<u8>,
    pub(crate) root: Node,
    pub(crate) edits: Edits,
}

impl File {
    pub(crate) fn read(path: &Path) -> Result<File, Error> {
        let text = read_file(path)?;
        let root = yaml::parse(&text, SourceId::default())
            .map_err(|error| Error::new(ErrorKind::Content, format!("`{}`: {error}", path.display())))?;
        Ok(File { path: path.to_owned(), edits: Edits::new(&text), text, root })
    }

    pub(crate) fn finish(self, plan: &mut Plan) -> Result<(), Error> {
        if !self.edits.is_empty() {
            let text = self.edits.apply(&self.path.display().to_string())?;
            if text != self.text {
                plan.writes.push((self.path, text));
            }
        }
        Ok(())
    }

    /// Sets an annotation of several lines, in the place and layout that it has, or before the others.
    fn set_annotation(&mut self, key: &str, value: &str) -> Result<(), Error> {
        let line_end = if self.text.windows(2).any(|pair| pair == b"\r\n") { "\r\n" } else { "\n" };
        let block = |indent: usize| -> String {
            let pad = " ".repeat(indent);
            let lines = value.lines().map(|line| format!("{pad}{line}{line_end}"));
            format!("|{line_end}{}", lines.collect::<String>())
        };
        self.edits.expect(&["annotations", key], value);
        let Some(annotations) = self.root.get("annotations") else {
            let gap = if self.text.ends_with(b"\n") || self.text.is_empty() { "" } else { line_end };
            let text = format!("{gap}annotations:{line_end}  {key}: {}", block(4));
            self.edits.insert(self.text.len(), text);
            return Ok(());
        };
        if let Some(old) = annotations.get(key) {
            let span = old.span();
            let raw = self.text.get(span.start as usize..span.end as usize).unwrap_or_default();
            let indent = annotations.entries().first().map_or(2, |entry| self.column(&entry.key));
            let is_block = raw.starts_with(b"|") || raw.starts_with(b">");
            let new = if is_block { block(indent + 2) } else { quoted(value) };
            self.edits.replace(span, new);
            return Ok(());
        }
        let raw_start = self.text.get(annotations.span().start as usize).copied();
        match (annotations.entries().first(), raw_start) {
            (Some(first), Some(b'{')) => {
                let text = format!("{key}: {}, ", quoted(value));
                self.edits.insert(first.key.span().start as usize, text);
            }
            (Some(first), _) => {
                let indent = self.column(&first.key);
                let text = format!("{key}: {}{}", block(indent + 2), " ".repeat(indent));
                self.edits.insert(first.key.span().start as usize, text);
            }
            (None, _) => {
                let blank = if annotations.span().start == annotations.span().end { " " } else { "" };
                self.edits.replace(annotations.span(), format!("{blank}{{{key}: {}}}", quoted(value)));
            }
        }
        Ok(())
    }

    /// How many bytes stand before a node on its line.
    fn column(&self, node: &Node) -> usize {
        let start = node.span().start as usize;
        let before = self.text.get(..start).unwrap_or_default();
        start - memchr::memrchr(b'\n', before).map_or(0, |at| at + 1)
    }
}

fn quoted(value: &str) -> String {
    let mut out = Vec::new();
    crate::json::write_json_string(&mut out, value.as_bytes());
    String::from_utf8_lossy(&out).into_owned()
}

/// A chart that takes the raised one from its folder.
struct Dependant<'a> {
    tree: &'a Tree,
    at: usize,
    other: usize,
    release: &'a Release<'a>,
    new: &'a Version,
}

impl Dependant<'_> {
    fn plan(&self, plan: &mut Plan) -> Result<(), Error> {
        let (Some(raised), Some(chart)) = (self.tree.charts.get(self.at), self.tree.charts.get(self.other)) else {
            return Ok(());
        };
        let is_old = chart.folder.join("requirements.yaml").is_file();
        let (name, lock_name) =
            if is_old { ("requirements.yaml", "requirements.lock") } else { ("Chart.yaml", "Chart.lock") };
        let mut file = File::read(&chart.folder.join(name))?;
        let before = chart.metadata.dependencies.clone().unwrap_or_default();
        let mut after = before.clone();
        for (place, one) in after.iter_mut().enumerate() {
            let folder = local_folder(&chart.folder, &one.repository).and_then(|path| std::fs::canonicalize(path).ok());
            if folder.as_deref() != Some(&raised.folder) {
                continue;
            }
            if Constraint::parse(&one.version).is_ok_and(|constraint| constraint.check(self.new)) {
                continue;
            }
            let range = range_for(&one.version, self.new);
            if !file.edits.set(&file.root, &["dependencies", &place.to_string(), "version"], &range) {
                plan.notes.push(format!("{}: give its dependency `{}` a `version`", self.shown(), one.name));
                continue;
            }
            plan.told.push(format!("{}: dependency {} {} -> {range}", self.shown(), one.name, one.version));
            one.version = range;
        }
        file.finish(plan)?;
        self.plan_lock(&chart.folder.join(lock_name), &before, &after, plan)?;
        self.note_copies(&chart.folder, &raised.metadata, plan);
        Ok(())
    }

    fn shown(&self) -> String {
        self.tree.shown(self.other)
    }

    fn plan_lock(
        &self,
        path: &Path,
        before: &[Dependency],
        after: &[Dependency],
        plan: &mut Plan,
    ) -> Result<(), Error> {
        let Some(raised) = self.tree.charts.get(self.at) else { return Ok(()) };
        let raise = |one: &mut Dependency| {
            if one.name == raised.metadata.name && one.repository.starts_with("file://") {
                self.release.version.clone_into(&mut one.version);
            }
        };
        match relock(path, (before, after), &raise, self.release)? {
            Relocked::Same => {}
            Relocked::Stale => {
                let shown = self.shown();
                let cure = format!("see `dependency build {shown} --fix`");
                plan.notes.push(format!("{shown}: its lock was out of date before; {cure}"));
            }
            Relocked::Text(text) => {
                plan.told.push(format!("{}: {}", self.shown(), path.file_name().unwrap_or_default().to_string_lossy()));
                plan.writes.push((path.to_owned(), text));
            }
        }
        Ok(())
    }

    /// A copy in `charts/` is the old version still.
    fn note_copies(&self, folder: &Path, raised: &Metadata, plan: &mut Plan) {
        let charts = folder.join("charts");
        let archive = charts.join(format!("{}-{}.tgz", raised.name, raised.version));
        if archive.is_file() || charts.join(&raised.name).join("Chart.yaml").is_file() {
            let shown = self.shown();
            plan.notes.push(format!("{shown}: charts/ holds {} {}; renew it", raised.name, raised.version));
        }
    }
}

/// What became of a lock.
pub(crate) enum Relocked {
    /// There is none, or it says the same.
    Same,
    /// It did not fit before, so nobody can say what it should hold.
    Stale,
    /// Its new text.
    Text(Vec<u8>),
}

/// Changes the entries of a lock that fitted what was declared before, so that it fits what is declared then.
pub(crate) fn relock(
    path: &Path,
    (before, after): (&[Dependency], &[Dependency]),
    change: &dyn Fn(&mut Dependency),
    release: &Release<'_>,
) -> Result<Relocked, Error> {
    if !path.is_file() {
        return Ok(Relocked::Same);
    }
    let text = read_file(path)?;
    let Some(old) = Lock::parse(&text)? else { return Ok(Relocked::Same) };
    let lift = |fault: crate::diagnostic::Fault| Error::new(ErrorKind::Content, fault.message());
    let (before, after) = (addressed(before, release.repositories), addressed(after, release.repositories));
    if !lock::digest(Some(&before), Some(&old.dependencies)).is_ok_and(|digest| digest == old.digest) {
        return Ok(Relocked::Stale);
    }
    let mut new = Lock { generated: release.generated.to_owned(), ..old.clone() };
    new.dependencies.iter_mut().for_each(change);
    new.digest = lock::digest(Some(&after), Some(&new.dependencies)).map_err(lift)?;
    if new.digest == old.digest {
        return Ok(Relocked::Same);
    }
    match lock::mended(&text, &new) {
        Some(text) => Ok(Relocked::Text(text)),
        None => new.to_yaml().map(Relocked::Text),
    }
}

/// Dependencies with addresses in the place of aliases of repositories, as the digest of a lock covers them.
fn addressed(declared: &[Dependency], repositories: &Repositories) -> Vec<Dependency> {
    let mut declared = declared.to_vec();
    for one in &mut declared {
        let alias = one.repository.strip_prefix('@').or_else(|| one.repository.strip_prefix("alias:"));
        if let Some(entry) = alias.and_then(|alias| repositories.named(alias)) {
            one.repository.clone_from(&entry.url);
        }
    }
    declared
}

/// A range like an old one that takes a new version: an exact version stays exact, an operator or an `x` stays.
pub fn range_for(old: &str, new: &Version) -> String {
    let exact = new.original().to_owned();
    let old = old.trim();
    let operator: String = old.chars().take_while(|letter| "^~><=! ".contains(*letter)).collect();
    let rest = &old[operator.len()..];
    let numbers = [new.major().to_string(), new.minor().to_string(), new.patch().to_string()];
    let is_simple = !rest.contains([' ', ',', '|']) && matches!(operator.trim(), "" | "^" | "~" | ">=" | "=");
    let parts: Vec<&str> = rest.trim_start_matches('v').split('.').collect();
    let is_wild = |part: &&str| matches!(*part, "x" | "X" | "*");
    let proposed = if !is_simple || parts.len() > 3 || rest.contains(['-', '+']) || !new.prerelease().is_empty() {
        exact.clone()
    } else {
        let part = |(at, part): (usize, &&str)| {
            if is_wild(part) { (*part).to_owned() } else { numbers.get(at).cloned().unwrap_or_default() }
        };
        format!("{operator}{}", parts.iter().enumerate().map(part).collect::<Vec<_>>().join("."))
    };
    let takes = Constraint::parse(&proposed).is_ok_and(|constraint| constraint.check(new));
    if takes { proposed } else { exact }
}

/// Whether a text is an annotation that this room writes: for those who read it back.
pub fn changes_of(root: &Node) -> Vec<(String, String)> {
    let text = root.at(&["annotations", CHANGES]).and_then(Node::to_text).unwrap_or_default();
    let Ok(list) = yaml::parse(&text, SourceId::default()) else { return Vec::new() };
    let text = |node: &Node, key: &str| {
        let text = node.get(key).and_then(Node::to_text).unwrap_or_default();
        String::from_utf8_lossy(&text).into_owned()
    };
    let entries = list.items().iter().filter(|item| matches!(item.kind(), NodeKind::Map(_)));
    entries.map(|item| (text(item, "kind"), text(item, "description"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_keep_their_form() {
        let new = Version::parse("2.3.4").expect("a version");
        for (old, want) in [
            ("1.2.3", "2.3.4"),
            ("^1.0.0", "^2.3.4"),
            ("~1.2", "~2.3"),
            ("1.x.x", "2.x.x"),
            ("1.2.x", "2.3.x"),
            (">=1.0.0 <2", "2.3.4"),
            ("0.0.0-develop", "2.3.4"),
            ("v1", "2"),
            ("~0.0.0-0", "2.3.4"),
        ] {
            assert_eq!(range_for(old, &new), want, "{old}");
        }
        let early = Version::parse("0.0.0-develop").expect("a version");
        assert_eq!(range_for("^1.0.0", &early), "0.0.0-develop");
    }

    fn annotated(text: &str) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("Chart.yaml");
        std::fs::write(&path, text).expect("written");
        let mut file = File::read(&path).expect("read");
        file.set_annotation(CHANGES, "- kind: added\n  description: x\n").expect("set");
        let mut plan = Plan::default();
        file.finish(&mut plan).expect("finished");
        let text = String::from_utf8_lossy(&plan.writes[0].1).into_owned();
        let root = yaml::parse(text.as_bytes(), SourceId::default()).expect("YAML");
        assert_eq!(changes_of(&root), [("added".to_owned(), "x".to_owned())], "{text}");
        text
    }

    #[test]
    fn annotations_are_set_in_every_layout() {
        let block = "artifacthub.io/changes: |\n    - kind: added\n      description: x\n";
        for (text, want) in [
            ("a: 1", format!("a: 1\nannotations:\n  {block}")),
            ("annotations:\n  k: v # c\nb: 1\n", format!("annotations:\n  {block}  k: v # c\nb: 1\n")),
            (
                "annotations:\n  artifacthub.io/changes: |\n    - old\n  k: v\n",
                format!("annotations:\n  {block}  k: v\n"),
            ),
        ] {
            assert_eq!(annotated(text), want);
        }
        for text in [
            "annotations: {k: v}\nb: 1\n",
            "annotations: {}\nb: 1\n",
            "annotations:\nb: 1\n",
            "annotations:\n  artifacthub.io/changes: \"- old\" # c\n",
            "annotations:\r\n  k: v\r\n",
        ] {
            annotated(text);
        }
    }
}
