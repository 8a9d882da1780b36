//! Versions and constraints, each with what Masterminds/semver v3.5.0 makes of it.
//!
//! A line of `version/*.jsonl` is one question: `op` says which, `a` holds the texts, and `r` the answer or `e` the
//! error. `loose` and `strict` answer with the version, its original text, and the next minor and patch version;
//! `compare` with -1, 0 or 1; `validate` with the constraint, then `fits` or the reasons why it does not.

use chartwright::diagnostic::Fault;
use chartwright::version::{Constraint, Version};
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};

fn told(version: Version) -> Result<Json, Fault> {
    let (minor, patch) = (version.next_minor()?, version.next_patch()?);
    Ok(json!([version.to_string(), version.original(), minor.original(), patch.original()]))
}

fn validated(constraint: &str, version: &str) -> Result<Json, Fault> {
    let (constraint, version) = (Constraint::parse(constraint)?, Version::parse(version)?);
    let mut told = vec![constraint.to_string()];
    if constraint.check(&version) {
        told.push("fits".to_owned());
    }
    if let Err(reasons) = constraint.validate(&version) {
        told.extend(reasons.iter().map(|reason| reason.message().to_owned()));
    }
    Ok(json!(told))
}

fn answer(case: &Json) -> Result<Json, Fault> {
    let text = |at: usize| case["a"][at].as_str().expect("a text");
    match case["op"].as_str() {
        Some("loose") => told(Version::parse(text(0))?),
        Some("strict") => told(Version::parse_strict(text(0))?),
        Some("compare") => Ok(json!(Version::parse(text(0))?.cmp(&Version::parse(text(1))?) as i64)),
        Some("validate") => validated(text(0), text(1)),
        _ => panic!("no question: {case}"),
    }
}

#[test]
fn versions_are_read_as_the_library_reads_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/version");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("tests/version").map(|entry| entry.expect("entry").path()).collect();
    // Further recordings, too many to keep here.
    files.extend(std::env::var_os("CHARTWRIGHT_VERSIONS").map(PathBuf::from));
    let (mut count, mut wrong) = (0, Vec::new());
    for file in &files {
        for line in std::fs::read_to_string(file).expect("cases").lines() {
            let case: Json = serde_json::from_str(line).expect(line);
            count += 1;
            let found = match answer(&case) {
                Ok(answer) => json!({ "r": answer }),
                Err(fault) => json!({ "e": fault.message() }),
            };
            if found.get("r") != case.get("r") || found.get("e") != case.get("e") {
                wrong.push(format!("{line}\n  found {found}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count} differ:\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
}
