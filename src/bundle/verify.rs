//! Whether a bundle is what was built: every digest, nothing missing, nothing extra.

use super::checksums::{self, BLOBS, CHECKSUMS, COSIGN_SIGNATURE, OPENPGP_SIGNATURE};
use super::sign::{self, Trust};
use super::{Bundle, layout};
use crate::diagnostic::Error;
use crate::source::Sources;
use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

/// What was found out about a bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// How many files it has.
    pub files: usize,
    /// How many archives of charts.
    pub charts: usize,
    /// How many releases, each with its values.
    pub releases: usize,
    /// How many images lie in it, and in how many blobs.
    pub images: usize,
    /// How many blobs of images.
    pub blobs: usize,
    /// Who signed it, where that was asked for.
    pub signer: Option<String>,
    /// Everything that is wrong, sorted by path.
    pub problems: Vec<Problem>,
}

/// Something that is wrong with a file of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file, with `/` between its parts.
    pub path: String,
    /// What is wrong with it.
    pub wrong: Wrong,
}

/// What can be wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wrong {
    /// The bundle names it, and it is not there.
    Missing,
    /// It is there, and the bundle does not name it.
    Extra,
    /// It has another sha256 than the bundle says; the one that it has.
    Changed(String),
    /// It is a link, a device or the like.
    NoFile,
    /// Its content is wrong, as the text says.
    Broken(String),
}

impl Wrong {
    /// One word for programs.
    pub fn name(&self) -> &'static str {
        match self {
            Wrong::Missing => "missing",
            Wrong::Extra => "extra",
            Wrong::Changed(_) => "changed",
            Wrong::NoFile => "no-file",
            Wrong::Broken(_) => "broken",
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.escape_debug();
        match &self.wrong {
            Wrong::Missing => write!(out, "`{path}` is missing"),
            Wrong::Extra => write!(out, "`{path}` is no part of the bundle"),
            Wrong::Changed(found) => write!(out, "`{path}` was changed: its sha256 is {found}"),
            Wrong::NoFile => write!(out, "`{path}` is neither a file nor a folder"),
            Wrong::Broken(why) => write!(out, "`{path}`: {why}"),
        }
    }
}

/// Checks the bundle in a folder: the digests of all files, that `bundle.yaml` and the files say the same, the images,
/// and the signature where one is asked for.
///
/// # Errors
/// A folder that cannot be read. What is wrong with the bundle stands in the result.
pub fn verify(folder: &Path, trust: &Trust<'_>) -> Result<Verified, Error> {
    let mut found = Verified::default();
    let (files, strange) = checksums::list(folder)?;
    found.files = files.len();
    found.problems.extend(strange.into_iter().map(|path| Problem { path, wrong: Wrong::NoFile }));
    check_sums(folder, &files, &mut found)?;
    check_manifest(folder, &mut found);
    let images = layout::check(folder, &files)?;
    (found.images, found.blobs) = (images.images, images.blobs);
    found.problems.extend(images.problems);
    match sign::check(folder, trust) {
        Ok(signer) => found.signer = signer,
        Err(error) => {
            let path = if matches!(trust, Trust::Cosign(_)) { COSIGN_SIGNATURE } else { OPENPGP_SIGNATURE };
            found.problems.push(Problem { path: path.to_owned(), wrong: Wrong::Broken(error.message().to_owned()) });
        }
    }
    found.problems.sort();
    found.problems.dedup();
    Ok(found)
}

fn check_sums(folder: &Path, files: &[String], found: &mut Verified) -> Result<(), Error> {
    let mut problem = |path: &str, wrong| found.problems.push(Problem { path: path.to_owned(), wrong });
    let sums = match checksums::read(folder) {
        Ok(Some(sums)) => sums,
        Ok(None) => {
            problem(CHECKSUMS, Wrong::Missing);
            return Ok(());
        }
        Err(error) => {
            problem(CHECKSUMS, Wrong::Broken(error.message().to_owned()));
            return Ok(());
        }
    };
    let there: BTreeSet<&str> = files.iter().map(String::as_str).collect();
    for (path, wanted) in &sums {
        if !there.contains(path.as_str()) {
            problem(path, Wrong::Missing);
            continue;
        }
        let (digest, _) = checksums::digest_file(&folder.join(path))?;
        if digest != *wanted {
            problem(path, Wrong::Changed(digest));
        }
    }
    for path in files {
        let is_known = !checksums::is_listed(path) || sums.contains_key(path);
        // Blobs are told of with the images.
        if !is_known && !path.starts_with(BLOBS) {
            problem(path, Wrong::Extra);
        }
    }
    Ok(())
}

/// Reads the bundle as all commands do; what that finds beyond changed files is told of.
fn check_manifest(folder: &Path, found: &mut Verified) {
    let mut sources = Sources::new();
    let broken = |message: &str| Problem { path: "bundle.yaml".to_owned(), wrong: Wrong::Broken(message.to_owned()) };
    match Bundle::load(folder, &mut sources) {
        Ok(bundle) => {
            (found.charts, found.releases) = (bundle.archives.len(), bundle.releases.len());
            let named: BTreeSet<String> =
                bundle.files().map(|files| files.into_iter().map(|(path, _)| path).collect()).unwrap_or_default();
            let lock = bundle.lock().unwrap_or_default();
            if std::fs::read(folder.join("bundle.lock")).is_ok_and(|found| found != lock) {
                let wrong = Wrong::Broken("it says something else than `bundle.yaml`".to_owned());
                found.problems.push(Problem { path: "bundle.lock".to_owned(), wrong });
            }
            let (files, _) = checksums::list(folder).unwrap_or_default();
            let own = |path: &&String| path.starts_with("charts/") || path.starts_with("values/");
            for path in files.iter().filter(own).filter(|path| !named.contains(*path)) {
                found.problems.push(Problem { path: path.clone(), wrong: Wrong::Extra });
            }
        }
        Err(error) if error.diagnostics().is_empty() => found.problems.push(broken(error.message())),
        Err(error) => {
            let line = |diagnostic: &crate::diagnostic::Diagnostic| {
                let at = diagnostic.primary.and_then(|span| sources.locate(span)).map(|(_, at)| at.line);
                let line = at.map(|line| format!("line {line}: ")).unwrap_or_default();
                format!("{line}{}", diagnostic.message)
            };
            found.problems.extend(error.diagnostics().iter().map(|one| broken(&line(one))));
        }
    }
}
