//! `file://` dependencies taken straight from their folders, so that no copy of them has to lie in `charts/`.

use super::declared::{Declared, error_of};
use super::resolve::{load_folder, local_path};
use crate::chart::{Chart, File, LoadOptions, Name, Notices};
use crate::diagnostic::{Diagnostic, Error, ErrorKind};
use crate::source::Sources;
use crate::version::{Constraint, Version};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The most charts that folders may bring into one chart; each dependency of a dependency counts where it is used.
const MOST: usize = 2_000;

/// Adds the `file://` dependencies of a chart folder that do not lie in `charts/`, with theirs, and returns warnings
/// about copies in `charts/` that differ from the folder that they were made of.
///
/// The files of an added chart stand among the chart's own below `charts/NAME/`, as if it lay there.
///
/// # Errors
/// A folder that is not there or holds no chart, a version outside of the declared range, charts that need each other.
pub fn attach(
    chart: &mut Chart,
    folder: &Path,
    options: &LoadOptions,
    (notices, sources): (&mut Notices, &mut Sources),
) -> Result<Vec<Diagnostic>, Error> {
    if !has_local(chart) {
        return Ok(Vec::new());
    }
    let mut work = Work { options, notices, sources, loaded: BTreeMap::new(), warnings: Vec::new(), left: MOST };
    work.attach(chart, folder, &mut Vec::new())?;
    Ok(work.warnings)
}

fn has_local(chart: &Chart) -> bool {
    chart.metadata.dependencies().iter().any(|one| one.repository.starts_with("file://"))
}

struct Work<'a> {
    options: &'a LoadOptions,
    notices: &'a mut Notices,
    sources: &'a mut Sources,
    /// Charts that were read already, with all that belongs to them.
    loaded: BTreeMap<PathBuf, Chart>,
    warnings: Vec<Diagnostic>,
    left: usize,
}

impl Work<'_> {
    fn attach(&mut self, chart: &mut Chart, folder: &Path, above: &mut Vec<PathBuf>) -> Result<(), Error> {
        if !has_local(chart) {
            return Ok(());
        }
        let declared = Declared::read(folder, self.sources);
        for (at, one) in chart.metadata.dependencies.clone().unwrap_or_default().iter().enumerate() {
            if !one.repository.starts_with("file://") {
                continue;
            }
            let vendored = chart.dependencies.iter().find(|sub| sub.name() == one.name);
            let place = match local_path(&one.repository, &folder.to_string_lossy()) {
                Ok(place) if Path::new(&place).join("Chart.yaml").is_file() => place,
                _ if vendored.is_some() => continue,
                Ok(place) => {
                    let problem = declared.problem(at, "repository", format!("`{place}` holds no chart"));
                    return Err(error_of(problem.hint("expected a folder with a file `Chart.yaml`")));
                }
                Err(error) => {
                    let message = format!("cannot take dependency `{}` from its folder: {error}", one.name);
                    let problem = declared.problem(at, "repository", message);
                    return Err(error_of(problem.hint("the path is relative to the folder of this chart")));
                }
            };
            match vendored {
                Some(vendored) => {
                    let vendored = vendored.clone();
                    self.compare(&vendored, &place, declared.problem(at, "repository", String::new()));
                }
                None => {
                    let sub = self.load(&place, above).map_err(|error| placed(error, &declared, at))?;
                    check_fit(&sub, one, &declared, at)?;
                    self.add(chart, sub)?;
                }
            }
        }
        Ok(())
    }

    /// The chart of a folder, with its own dependencies.
    fn load(&mut self, place: &str, above: &mut Vec<PathBuf>) -> Result<Chart, Error> {
        let path = std::fs::canonicalize(place).map_err(|error| Error::io("cannot find", Path::new(place), error))?;
        if let Some(chart) = self.loaded.get(&path) {
            return Ok(chart.clone());
        }
        if above.contains(&path) || above.len() >= self.options.limits.depth {
            let way: Vec<_> = above.iter().chain([&path]).map(|folder| name_of(folder)).collect();
            return Err(Error::new(ErrorKind::Content, format!("charts need each other: {}", way.join(" -> ")))
                .hint("take one of these dependencies out"));
        }
        let mut chart = load_folder(place, self.options, self.notices)?;
        above.push(path.clone());
        let outcome = self.attach(&mut chart, Path::new(place), above);
        above.pop();
        outcome?;
        self.loaded.insert(path, chart.clone());
        Ok(chart)
    }

    fn add(&mut self, chart: &mut Chart, sub: Chart) -> Result<(), Error> {
        let count = count(&sub);
        self.left = self.left.checked_sub(count).ok_or_else(|| {
            Error::new(ErrorKind::Limit, format!("`file://` dependencies bring in more than {MOST} charts"))
        })?;
        let below =
            |file: &File| File { name: Name::from(format!("charts/{}/{}", sub.name(), file.name)), ..file.clone() };
        chart.raw.extend(sub.raw.iter().map(below));
        chart.dependencies.push(Chart { place: sub.name().to_owned(), ..sub });
        Ok(())
    }

    /// Warns where a copy in `charts/` is not what its folder holds now.
    fn compare(&mut self, vendored: &Chart, place: &str, warning: Diagnostic) {
        let Ok(folder) = load_folder(place, self.options, &mut Notices::new()) else { return };
        let Some(what) = difference(vendored, &folder) else { return };
        let message = format!("the copy of `{}` in charts/ differs from `{place}`: {what}", vendored.name());
        let warning = Diagnostic { severity: crate::diagnostic::Severity::Warning, message, ..warning };
        self.warnings.push(warning.hint("the copy is used; remove it, or renew it with `dependency update`"));
    }
}

fn name_of(folder: &Path) -> String {
    folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn count(chart: &Chart) -> usize {
    1 + chart.dependencies.iter().map(count).sum::<usize>()
}

/// An error of a dependency's own folder, told where the dependency is declared unless it points somewhere itself.
fn placed(error: Error, declared: &Declared, at: usize) -> Error {
    if !error.diagnostics().is_empty() {
        return error;
    }
    let problem = declared.problem(at, "repository", error.message());
    error_of(error.hints().iter().fold(problem, |problem, hint| problem.hint(hint)))
}

fn check_fit(sub: &Chart, one: &crate::chart::Dependency, declared: &Declared, at: usize) -> Result<(), Error> {
    if sub.name() != one.name {
        let message = format!("expected chart `{}` in `{}`, found `{}`", one.name, one.repository, sub.name());
        return Err(error_of(declared.problem(at, "name", message)));
    }
    let constraint = Constraint::parse(&one.version).map_err(|fault| {
        error_of(declared.problem(at, "version", format!("`{}` is no range of versions: {fault}", one.version)))
    })?;
    let version = &sub.metadata.version;
    if Version::parse(version).is_ok_and(|version| constraint.check(&version)) {
        return Ok(());
    }
    let message = format!("expected `{}` {}, found {version} in `{}`", one.name, one.version, one.repository);
    let problem = declared.problem(at, "version", message);
    let is_early = Version::parse(version).is_ok_and(|version| !version.prerelease().is_empty());
    Err(error_of(match is_early {
        true => problem.hint(format!("a range takes pre-releases only if it names one: `>={version}`")),
        false => problem,
    }))
}

/// The first thing in which two copies of a chart differ; files that Helm writes itself when it packs do not count.
fn difference(vendored: &Chart, folder: &Chart) -> Option<String> {
    if vendored.metadata.version != folder.metadata.version {
        return Some(format!("version {}, there {}", vendored.metadata.version, folder.metadata.version));
    }
    if vendored.metadata != folder.metadata {
        return Some("Chart.yaml".to_owned());
    }
    let own = |chart: &Chart| -> BTreeMap<String, bytes::Bytes> {
        let written = |name: &str| {
            matches!(name, "Chart.yaml" | "Chart.lock" | "requirements.yaml" | "requirements.lock")
                || name.starts_with("charts/")
        };
        let files = chart.raw.iter().filter(|file| !written(&file.name));
        files.map(|file| (file.name.to_string(), file.data.clone())).collect()
    };
    let (ours, theirs) = (own(vendored), own(folder));
    let names = ours.keys().chain(theirs.keys());
    names.filter(|name| ours.get(*name) != theirs.get(*name)).min().cloned()
}
