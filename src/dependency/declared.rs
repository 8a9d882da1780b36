//! Where dependencies are declared, for messages that point there.

use crate::chart::read_file;
use crate::diagnostic::{Diagnostic, Error, ErrorKind};
use crate::source::{Source, SourceId, Sources, Span};
use crate::yaml::{self, Node};
use std::path::{Path, PathBuf};

/// The file that declares the dependencies of a chart folder, read with its places.
#[derive(Debug)]
pub struct Declared {
    /// The file: `Chart.yaml`, or `requirements.yaml` of an old chart.
    pub path: PathBuf,
    /// Its number among the sources.
    pub source: SourceId,
    /// Its text.
    pub text: Vec<u8>,
    /// Its tree.
    pub root: Option<Node>,
}

impl Declared {
    /// Reads the file of a chart folder; one that is no YAML has no places.
    pub fn read(folder: &Path, sources: &mut Sources) -> Declared {
        Declared::read_as(folder, &folder.to_string_lossy(), sources)
    }

    /// As [`Declared::read`]; messages call the folder by the name `shown`.
    pub fn read_as(folder: &Path, shown: &str, sources: &mut Sources) -> Declared {
        let old = folder.join("requirements.yaml");
        let path = if old.is_file() { old } else { folder.join("Chart.yaml") };
        let text = read_file(&path).unwrap_or_default();
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let shown = Path::new(shown.strip_suffix('/').unwrap_or(shown)).join(&*file);
        let shown = shown.strip_prefix("./").unwrap_or(&shown).to_string_lossy().into_owned();
        let source = sources.add(Source::new(shown, text.clone()));
        let root = yaml::parse(&text, source).ok();
        Declared { path, source, text, root }
    }

    /// The place of a field of a dependency, or of the dependency where it has no such field.
    pub fn span(&self, at: usize, field: &str) -> Option<Span> {
        let item = self.root.as_ref()?.get("dependencies")?.items().get(at)?;
        Some(item.get(field).unwrap_or(item).span())
    }

    /// A problem with a field of a dependency.
    pub(super) fn problem(&self, at: usize, field: &str, message: impl Into<String>) -> Diagnostic {
        let problem = Diagnostic::error(message);
        match self.span(at, field) {
            Some(span) => problem.at(span),
            None => problem,
        }
    }
}

/// An error made of one problem.
pub(super) fn error_of(problem: Diagnostic) -> Error {
    let error = Error::new(ErrorKind::Content, problem.message.clone());
    let error = problem.hints.iter().fold(error, |error, hint| error.hint(hint));
    error.with(vec![problem])
}
