//! Test cases as text: `=== NAME` starts a case, `--- NAME` a part of it.

use chartwright::diagnostic::Diagnostic;
use chartwright::source::{Sources, Span};
use std::path::Path;

/// One case.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) parts: Vec<(String, String)>,
}

impl Case {
    pub(crate) fn part(&self, name: &str) -> Option<&str> {
        self.parts.iter().find(|(have, _)| have == name).map(|(_, text)| text.as_str())
    }

    /// Writes all parts that are files below a folder.
    pub(crate) fn write(&self, folder: &Path) {
        for (name, text) in self.parts.iter().filter(|(name, _)| !name.starts_with("expect")) {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().expect("has a parent")).expect("makes a folder");
            std::fs::write(path, text).expect("writes a file");
        }
    }
}

/// The cases of all `.txt` files of a folder under `tests/`.
pub(crate) fn cases(folder: &str) -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("reads the folder")
        .map(|entry| entry.expect("reads the folder").path())
        .filter(|path| path.extension().is_some_and(|end| end == "txt"))
        .collect();
    files.sort();
    let mut cases: Vec<Case> = Vec::new();
    for file in files {
        let stem = file.file_stem().expect("has a name").to_string_lossy().into_owned();
        let before = cases.len();
        for line in std::fs::read_to_string(&file).expect("reads a case").lines() {
            if let Some(name) = line.strip_prefix("=== ") {
                cases.push(Case { name: format!("{stem}: {name}"), parts: Vec::new() });
                continue;
            }
            let Some(case) = cases.get_mut(before..).and_then(<[Case]>::last_mut) else { continue };
            match (line.strip_prefix("--- "), case.parts.last_mut()) {
                (Some(name), _) => case.parts.push((name.to_owned(), String::new())),
                (None, Some((_, text))) => {
                    text.push_str(line);
                    text.push('\n');
                }
                (None, None) => {}
            }
        }
    }
    cases
}

/// Diagnostics as cases write them: place and message, then labels, frames and hints on lines of their own.
pub(crate) fn shown(diagnostics: &[Diagnostic], sources: &Sources, folder: &Path) -> String {
    let folder = format!("{}/", folder.display());
    let place = |span: Span| match sources.locate(span) {
        Some((source, at)) => format!("{}:{}:{}", source.name().replace(&folder, ""), at.line, at.column),
        None => "nowhere".to_owned(),
    };
    let mut out = String::new();
    for diagnostic in diagnostics {
        let primary = diagnostic.primary.map_or("nowhere".to_owned(), place);
        out.push_str(&format!("{primary}: {}\n", diagnostic.message.replace(&folder, "")));
        for label in &diagnostic.labels {
            out.push_str(&format!("  at {}: {}\n", place(label.span), label.text));
        }
        for frame in &diagnostic.trace {
            let at = frame.span.map_or(String::new(), |span| format!(" ({})", place(span)));
            out.push_str(&format!("  while {}{at}\n", frame.text));
        }
        for hint in &diagnostic.hints {
            out.push_str(&format!("  hint: {}\n", hint.replace(&folder, "")));
        }
    }
    out
}
