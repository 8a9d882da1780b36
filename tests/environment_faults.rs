//! Faults of organisations and environments: each file of `tests/environment/faults/` changes one example, and says
//! what is to be found on which line. Nothing else may be found, and nothing in the examples as they are.

use chartwright::diagnostic::Diagnostic;
use chartwright::environment::{Environment, Known, Organisation, check_together};
use chartwright::source::{Source, Sources};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Examples that belong together: a name, the folder, the organisation's file, those of the environments.
const SETS: [(&str, &str, &str, &[&str]); 3] = [
    (
        "usual",
        "tests/example",
        "organisation.yaml",
        &[
            "environments/pilot.yaml",
            "environments/production.yaml",
            "environments/published-1x.yaml",
            "environments/sandbox.yaml",
        ],
    ),
    ("box", "values/examples", "organisation-in-a-box.yaml", &["environments-in-a-box/sandbox.yaml"]),
    ("dedicated", "values/examples", "organisation-dedicated.yaml", &["environments-dedicated/production.yaml"]),
];

fn usual() -> String {
    "usual".to_owned()
}

#[derive(Deserialize)]
struct Fault {
    /// Which examples it changes.
    #[serde(default = "usual")]
    example: String,
    file: String,
    replace: String,
    with: String,
    expect: Vec<Expected>,
}

#[derive(Deserialize)]
struct Expected {
    file: String,
    /// A text in the line.
    line: String,
    /// A part of the message.
    message: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn set(name: &str) -> (&'static str, &'static str, &'static [&'static str]) {
    let found = SETS.iter().find(|(known, ..)| *known == name).unwrap_or_else(|| panic!("no examples `{name}`"));
    (found.1, found.2, found.3)
}

/// The text of an example, perhaps changed.
fn text(folder: &str, name: &str, fault: Option<&Fault>) -> String {
    let text = std::fs::read_to_string(root().join(folder).join(name)).expect("reads an example");
    let Some(fault) = fault.filter(|fault| fault.file == name) else { return text };
    assert_eq!(text.matches(&fault.replace).count(), 1, "`{}` stands once in {name}", fault.replace);
    text.replace(&fault.replace, &fault.with)
}

/// Everything that is found, as file, line and message.
fn found(example: &str, fault: Option<&Fault>) -> Vec<(String, usize, String)> {
    let (folder, organisation, files) = set(example);
    let mut sources = Sources::new();
    let mut found: Vec<Diagnostic> = Vec::new();
    let source = |name: &str| Source::new(name, text(folder, name, fault).into_bytes());
    let organisation = match Organisation::load(source(organisation), &mut sources) {
        Ok(organisation) => {
            found.extend(organisation.warnings.iter().cloned());
            Some(organisation)
        }
        Err(wrong) => {
            found.extend(wrong);
            None
        }
    };
    let mut environments = Vec::new();
    // Without an organisation only the files on their own could be judged.
    for name in files.iter().filter(|_| organisation.is_some()) {
        match Environment::load(source(name), organisation.as_ref(), &mut sources) {
            Ok(environment) => {
                found.extend(environment.warnings.iter().cloned());
                environments.push(environment);
            }
            Err(wrong) => found.extend(wrong),
        }
    }
    let known = if environments.len() == files.len() { Known::All } else { Known::Some };
    let all: Vec<&Environment> = environments.iter().collect();
    found.extend(check_together(organisation.as_ref(), &all, known));
    let place = |one: &Diagnostic| {
        let (source, at) = sources.locate(one.primary.expect("has a place")).expect("lies in a file");
        (source.name().to_owned(), at.line, one.message.clone())
    };
    found.iter().map(place).collect()
}

#[test]
fn examples_are_free_of_findings() {
    for (example, ..) in SETS {
        assert_eq!(found(example, None), [], "{example}");
    }
}

#[test]
fn every_fault_is_found_on_its_line() {
    let folder = root().join("tests/environment/faults");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("reads the faults").map(|entry| entry.expect("reads").path()).collect();
    files.sort();
    assert!(files.len() >= 160);
    let mut wrong = Vec::new();
    for path in &files {
        let name = path.file_stem().expect("has a name").to_string_lossy().into_owned();
        let fault: Fault = serde_saphyr::from_str(&std::fs::read_to_string(path).expect("reads a fault"))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut found = found(&fault.example, Some(&fault));
        for expected in &fault.expect {
            let text = text(set(&fault.example).0, &expected.file, Some(&fault));
            let at = text.find(&expected.line).unwrap_or_else(|| panic!("{name}: no line has `{}`", expected.line));
            let line = text[..at].matches('\n').count() + 1;
            let fits = |(file, at, message): &(String, usize, String)| {
                *file == expected.file && *at == line && message.contains(&expected.message)
            };
            match found.iter().position(fits) {
                Some(at) => drop(found.remove(at)),
                None => wrong.push(format!("{name}: not found: {}:{line}: {}", expected.file, expected.message)),
            }
        }
        wrong.extend(found.iter().map(|(file, line, message)| format!("{name}: also: {file}:{line}: {message}")));
    }
    assert!(wrong.is_empty(), "{} of {} faults:\n{}", wrong.len(), files.len(), wrong.join("\n"));
}
