//! Dependencies that lie in folders of the same tree: `file://` ones are taken straight from there.

use super::{Chart, Dependency, File, LoadOptions, Name, Notices, os};
use crate::diagnostic::{Diagnostic, Error, ErrorKind};
use crate::version::{Constraint, Version};
use std::path::{Path, PathBuf};

/// The folder that a `file://` dependency of the chart in `folder` names; `None` for other dependencies.
pub fn folder_of(dependency: &Dependency, folder: &Path) -> Option<PathBuf> {
    let path = dependency.repository.strip_prefix("file://")?;
    let path = if path.starts_with('/') { path.to_owned() } else { format!("{}/{path}", folder.to_string_lossy()) };
    Some(PathBuf::from(os::clean(&path)))
}

impl Chart {
    /// Adds the `file://` dependencies that are not in `charts/` from their folders, theirs included.
    ///
    /// A copy that is in `charts/` wins; where it differs from its folder, a warning says so.
    ///
    /// # Errors
    /// A folder that is no chart, a chart of another name or version than is asked for, folders that need each other.
    pub fn attach_local(
        &mut self,
        folder: &Path,
        options: &LoadOptions,
        notices: &mut Notices,
    ) -> Result<Vec<Diagnostic>, Error> {
        let (bytes, entries) = (options.limits.total_bytes, options.limits.entries);
        let mut attach = Attach { options, notices, warnings: Vec::new(), above: Vec::new(), bytes, entries };
        attach.chart(self, folder)?;
        Ok(attach.warnings)
    }
}

struct Attach<'a> {
    options: &'a LoadOptions,
    notices: &'a mut Notices,
    warnings: Vec<Diagnostic>,
    /// The folders that are being read, outermost first.
    above: Vec<PathBuf>,
    /// What may still be added.
    bytes: u64,
    entries: usize,
}

impl Attach<'_> {
    fn chart(&mut self, chart: &mut Chart, folder: &Path) -> Result<(), Error> {
        self.enter(folder)?;
        for dependency in chart.metadata.dependencies.clone().unwrap_or_default() {
            let Some(place) = folder_of(&dependency, folder) else { continue };
            match chart.dependencies.iter().position(|sub| sub.name() == dependency.name) {
                Some(at) => self.compare(&chart.dependencies[at], &dependency, &place)?,
                None => {
                    let sub = self.load(&dependency, &place)?;
                    self.add(chart, sub)?;
                }
            }
        }
        self.above.pop();
        Ok(())
    }

    fn enter(&mut self, folder: &Path) -> Result<(), Error> {
        let real = std::fs::canonicalize(folder).map_err(|error| Error::io("cannot read", folder, error))?;
        if let Some(at) = self.above.iter().position(|known| *known == real) {
            let names = self.above[at..].iter().chain([&real]).map(|path| format!("`{}`", path.display()));
            let names: Vec<_> = names.collect();
            let message = format!("charts depend on each other: {}", names.join(" → "));
            return Err(Error::new(ErrorKind::Content, message).hint("take one of these dependencies out"));
        }
        if self.above.len() >= self.options.limits.depth {
            let most = self.options.limits.depth;
            return Err(Error::new(ErrorKind::Limit, format!("charts depend on charts more than {most} levels deep")));
        }
        self.above.push(real);
        Ok(())
    }

    fn load(&mut self, dependency: &Dependency, place: &Path) -> Result<Chart, Error> {
        let name = dependency.name.escape_debug();
        if !place.is_dir() {
            let message = format!("dependency `{name}` is not in `charts/`, and `{}` is no folder", place.display());
            return Err(Error::new(ErrorKind::Content, message).hint("see `dependencies` in Chart.yaml"));
        }
        let mut sub = Chart::load_folder(place, self.options, self.notices).map_err(|error| {
            let told = Error::new(error.kind(), format!("dependency `{name}` in `{}`: {error}", place.display()));
            error.hints().iter().fold(told, |told, hint| told.hint(hint))
        })?;
        check(&sub, dependency, place)?;
        self.chart(&mut sub, place)?;
        Ok(sub)
    }

    /// Puts a chart into another's `charts/`.
    fn add(&mut self, chart: &mut Chart, sub: Chart) -> Result<(), Error> {
        let limits = &self.options.limits;
        for file in &sub.raw {
            let left = self.bytes.checked_sub(file.data.len() as u64);
            let entries = self.entries.checked_sub(1);
            let (Some(bytes), Some(entries)) = (left, entries) else {
                let message =
                    format!("dependencies have more than {} files or {} bytes", limits.entries, limits.total_bytes);
                return Err(Error::new(ErrorKind::Limit, message));
            };
            (self.bytes, self.entries) = (bytes, entries);
            let name = Name::from(format!("charts/{}/{}", sub.name(), file.name));
            chart.raw.push(File { name, ..file.clone() });
        }
        chart.dependencies.push(sub);
        Ok(())
    }

    /// Warns of a copy in `charts/` that is not what its folder holds. A folder that is not there says nothing.
    fn compare(&mut self, copy: &Chart, dependency: &Dependency, place: &Path) -> Result<(), Error> {
        if !place.is_dir() {
            return Ok(());
        }
        let same = self.load(dependency, place).is_ok_and(|sub| is_same(copy, &sub));
        if !same {
            let name = dependency.name.escape_debug();
            let message = format!("`charts/` holds another `{name}` than `{}`; the copy is used", place.display());
            let warning = Diagnostic::warning(message).hint("remove the copy, or run `helm dependency update`");
            self.warnings.push(warning);
        }
        Ok(())
    }
}

/// Refuses a chart that is not the one asked for.
fn check(sub: &Chart, dependency: &Dependency, place: &Path) -> Result<(), Error> {
    let (name, place) = (dependency.name.escape_debug(), place.display());
    if sub.name() != dependency.name {
        let found = sub.name().escape_debug();
        let message = format!("expected chart `{name}` in `{place}`, found `{found}`");
        return Err(Error::new(ErrorKind::Content, message).hint("see `dependencies` in Chart.yaml"));
    }
    let wanted = dependency.version.escape_debug();
    let constraint = Constraint::parse(&dependency.version).map_err(|fault| {
        let message = format!("dependency `{name}` asks for version `{wanted}`: {fault}");
        Error::new(ErrorKind::Content, message)
    })?;
    let version = Version::parse(&sub.metadata.version);
    if version.is_ok_and(|version| constraint.check(&version)) {
        return Ok(());
    }
    let found = sub.metadata.version.escape_debug();
    let message = format!("expected version `{wanted}` of `{name}` in `{place}`, found `{found}`");
    Err(Error::new(ErrorKind::Content, message).hint("change the version in `dependencies`, or that of the chart"))
}

/// Whether two charts hold the same, whatever the form of their `Chart.yaml` and the order of their files.
fn is_same(one: &Chart, other: &Chart) -> bool {
    let plain = |chart: &Chart| {
        let all = chart.templates.iter().chain(&chart.files);
        let values = chart.raw.iter().filter(|file| &*file.name == "values.yaml");
        let mut files: Vec<_> = all.chain(values).map(|file| (file.name.to_string(), file.data.clone())).collect();
        files.sort();
        files
    };
    let mut subs = [one, other].map(|chart| chart.dependencies.iter().collect::<Vec<_>>());
    subs.iter_mut().for_each(|subs| subs.sort_by(|a, b| a.name().cmp(b.name())));
    let [own, others] = subs;
    one.metadata == other.metadata
        && one.schema == other.schema
        && plain(one) == plain(other)
        && own.len() == others.len()
        && own.iter().zip(others).all(|(one, other)| is_same(one, other))
}
