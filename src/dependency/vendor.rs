//! `charts/` filled for people: only what is needed is fetched, every archive is checked, nothing is half done.
//!
//! Versions are chosen by the same rules as in [`super::helm`]; digests of indexes and of `chartwright.lock` count here,
//! and repositories need not be added before. All archives are at hand before the first file is written.

use super::declared::{Declared, error_of};
use super::drift::{Drift, drifts};
use super::helm::{alias_of, check_protocol};
use super::lock::{self, locked};
use super::pins::{Mutability, Origin, Pins};
use super::repositories::{self, Entry, Repositories};
use super::resolve::{content, load_folder, local_path, newest_first};
use super::{Refresh, Signatures, Supply, indexes, is_oci, urls};
use crate::chart::{Chart, Dependency, Lock, Metadata, Notices, os, read_file};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Error, ErrorKind, nearest};
use crate::repository::index::ChartVersion;
use crate::repository::{IndexFile, replace, sha256};
use crate::source::Sources;
use crate::version::{Constraint, Version};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Finds the last metadata of a chart that a condition holds for.
pub type History<'a> = &'a dyn Fn(&dyn Fn(&Metadata) -> bool) -> Option<Metadata>;

/// What one run works with.
pub struct Vendor<'a> {
    /// The chart's folder.
    pub folder: &'a Path,
    /// What charts are fetched with.
    pub supply: Supply<'a>,
    /// The repositories that the user has added.
    pub repositories: &'a Repositories,
    /// What the tree says about itself.
    pub config: &'a Config,
    /// What becomes of `file://` dependencies.
    pub local: Local,
    /// What the chart declared when its lock was written, where somebody knows it; asked only where the lock does not fit.
    pub history: History<'a>,
}

/// What becomes of `file://` dependencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Local {
    /// They are packed into `charts/`, as Helm does.
    Pack,
    /// They stay in their folders, from where `template` and the others take them.
    Leave,
}

/// One thing that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// An archive came into `charts/` from an address.
    Fetched(String, String),
    /// A folder was packed into `charts/`.
    Packed(String, String),
    /// A folder was left where it is.
    Left(String, String),
    /// The archive was there already.
    Kept(String),
    /// An archive that nobody asks for was removed.
    Removed(String),
    /// The lock was written.
    Locked(String),
}

/// What to do about a lock that no longer fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fix {
    /// Nothing: it is an error.
    No,
    /// Choose anew what has drifted, and nothing else.
    Drifted,
}

/// A dependency with its place.
struct Planned {
    locked: Dependency,
    from: From,
}

enum From {
    /// It lies in `charts/` as a folder.
    Present,
    Folder(Box<Chart>),
    /// An archive of a repository folder on disk.
    File {
        path: PathBuf,
        digest: String,
    },
    Url {
        url: String,
        repository: Entry,
        digest: String,
    },
    Registry {
        reference: String,
    },
}

/// An archive that is at hand.
struct Archive {
    file: String,
    bytes: Bytes,
    step: Step,
}

/// The index of a repository and where its archives are.
struct Found {
    index: IndexFile,
    entry: Entry,
    /// The folder, where it is one on disk.
    folder: Option<PathBuf>,
}

impl Vendor<'_> {
    /// Chooses versions, fills `charts/` and writes the lock if it is another one.
    ///
    /// # Errors
    /// Ranges that nothing fits, repositories and charts that cannot be fetched, archives with other bytes than before.
    /// `charts/` and the lock are then as they were.
    pub fn update(&self, sources: &mut Sources, notices: &mut Notices) -> Result<Vec<Step>, Error> {
        let chart = load_folder(&self.folder.to_string_lossy(), self.supply.load, notices)?;
        let file = Declared::read(self.folder, sources);
        let declared = self.addressed(&chart, &file)?;
        self.run(&chart, &declared, &declared, &file)
    }

    /// Fills `charts/` as the lock says; without a lock it does what [`Vendor::update`] does.
    ///
    /// # Errors
    /// As [`Vendor::update`]; and a lock that does not fit `Chart.yaml`, unless it is to be mended: the diagnostics name
    /// each field.
    pub fn build(&self, fix: Fix, sources: &mut Sources, notices: &mut Notices) -> Result<Vec<Step>, Error> {
        let chart = load_folder(&self.folder.to_string_lossy(), self.supply.load, notices)?;
        let file = Declared::read(self.folder, sources);
        let declared = self.addressed(&chart, &file)?;
        let Some(lock) = &chart.lock else { return self.run(&chart, &declared, &declared, &file) };
        let drifts = self.drifts(&declared, lock, &file);
        if !drifts.is_empty() && fix == Fix::No {
            return Err(out_of_date(&drifts, &chart));
        }
        let wanted = declared.iter().enumerate().map(|(at, one)| match lock_entry(one, at, lock) {
            Some(entry) if drifts.is_empty() || fits(one, entry) => {
                Dependency { version: entry.version.clone(), ..one.clone() }
            }
            _ => one.clone(),
        });
        self.run(&chart, &declared, &wanted.collect::<Vec<_>>(), &file)
    }

    fn drifts(&self, declared: &[Dependency], lock: &Lock, file: &Declared) -> Vec<Drift> {
        let digest = |declared: &[Dependency]| lock::digest(Some(declared), Some(&lock.dependencies)).ok();
        if digest(declared).as_ref() == Some(&lock.digest) {
            return Vec::new();
        }
        let addressed = |metadata: &Metadata| {
            let mut declared = metadata.dependencies.clone().unwrap_or_default();
            for one in &mut declared {
                if let Some(entry) = alias_of(&one.repository).and_then(|alias| self.repositories.named(alias)) {
                    one.repository.clone_from(&entry.url);
                }
            }
            declared
        };
        let older = (self.history)(&|metadata| digest(&addressed(metadata)).as_ref() == Some(&lock.digest));
        drifts(declared, lock, file, older.as_ref().map(addressed).as_deref())
    }

    /// `wanted` is what is declared, with locked versions in the place of ranges where those hold.
    fn run(
        &self,
        chart: &Chart,
        declared: &[Dependency],
        wanted: &[Dependency],
        file: &Declared,
    ) -> Result<Vec<Step>, Error> {
        let mut indexes = BTreeMap::new();
        let mut planned = Vec::new();
        for (at, one) in wanted.iter().enumerate() {
            planned.push(self.plan(one, at, file, &mut indexes)?);
        }
        let mut pins = Pins::read(super::pins::root_of(self.folder).as_deref())?;
        let mut archives: Vec<Archive> = Vec::new();
        let mut steps = Vec::new();
        for (at, one) in planned.iter().enumerate() {
            match self.archive(one, &mut pins).map_err(|error| placed(error, file, at))? {
                Got::Archive(archive) if archives.iter().all(|other| other.file != archive.file) => {
                    archives.push(archive)
                }
                Got::Archive(_) => {}
                Got::Step(step) => steps.push(step),
            }
        }
        let locked: Vec<Dependency> = planned.into_iter().map(|one| one.locked).collect();
        if !locked.is_empty() || chart.lock.is_some() {
            self.place(archives, &locked, &mut steps)?;
        }
        pins.write()?;
        if let Some(step) = self.write_lock(chart, declared, locked)? {
            steps.push(step);
        }
        Ok(steps)
    }

    /// The declared dependencies with addresses in the place of aliases.
    fn addressed(&self, chart: &Chart, file: &Declared) -> Result<Vec<Dependency>, Error> {
        let mut declared = chart.metadata.dependencies.clone().unwrap_or_default();
        for (at, one) in declared.iter_mut().enumerate() {
            let Some(alias) = alias_of(&one.repository) else { continue };
            let Some(entry) = self.repositories.named(alias) else {
                let problem = file.problem(at, "repository", format!("no repository is called `{alias}`"));
                let names = self.repositories.0.iter().map(|entry| entry.name.as_bytes());
                return Err(error_of(match nearest(alias, names) {
                    Some(near) => problem.hint(format!("did you mean `@{near}`?")),
                    None => problem.hint(format!("add it: `chartwright repo add {alias} URL`")),
                }));
            };
            one.repository.clone_from(&entry.url);
        }
        Ok(declared)
    }

    fn plan(
        &self,
        one: &Dependency,
        at: usize,
        file: &Declared,
        indexes: &mut BTreeMap<String, Found>,
    ) -> Result<Planned, Error> {
        let constraint = Constraint::parse(&one.version).map_err(|fault| {
            error_of(file.problem(at, "version", format!("`{}` is no range of versions: {fault}", one.version)))
        })?;
        let told = |error: Error| placed(error, file, at);
        if one.repository.is_empty() {
            return self.present(one, &constraint).map_err(told);
        }
        if one.repository.starts_with("file://") {
            let place = local_path(&one.repository, &self.folder.to_string_lossy()).map_err(told)?;
            if Path::new(&place).join("Chart.yaml").is_file() || !Path::new(&place).join("index.yaml").is_file() {
                return self.in_folder(one, &place, &constraint).map_err(told);
            }
        }
        if is_oci(&one.repository) {
            return self.in_registry(one, &constraint).map_err(told);
        }
        if !indexes.contains_key(&one.repository) {
            indexes.insert(one.repository.clone(), self.index(&one.repository).map_err(told)?);
        }
        let Some(found) = indexes.get(&one.repository) else { return Err(told(content("no index"))) };
        in_index(one, found, &constraint).map_err(|problem| {
            let Diagnostic { message, hints, .. } = *problem;
            let field = if message.contains("version") { "version" } else { "name" };
            error_of(hints.into_iter().fold(file.problem(at, field, message), Diagnostic::hint))
        })
    }

    /// A chart that lies in `charts/` as a folder.
    fn present(&self, one: &Dependency, constraint: &Constraint) -> Result<Planned, Error> {
        let path = self.folder.join("charts").join(&one.name);
        if !path.is_dir() {
            let message = format!("expected dependency `{}` in `{}`, found nothing", one.name, path.display());
            return Err(content(message).hint("give it a `repository`, or put it there"));
        }
        let chart = load_folder(&path.to_string_lossy(), self.supply.load, &mut Notices::new())?;
        let version = &chart.metadata.version;
        if !Version::parse(version).is_ok_and(|version| constraint.check(&version)) {
            let message = format!("expected `{}` {}, found {version} in `{}`", one.name, one.version, path.display());
            return Err(content(message));
        }
        // Helm locks the range itself here.
        Ok(Planned { locked: locked(&one.name, "", &one.version), from: From::Present })
    }

    fn in_folder(&self, one: &Dependency, place: &str, constraint: &Constraint) -> Result<Planned, Error> {
        let chart = load_folder(place, self.supply.load, &mut Notices::new())?;
        let version = chart.metadata.version.clone();
        if !Version::parse(&version).is_ok_and(|version| constraint.check(&version)) {
            let message = format!("expected `{}` {}, found {version} in `{place}`", one.name, one.version);
            return Err(content(message).hint("change the range, or the version of that chart"));
        }
        Ok(Planned { locked: locked(&one.name, &one.repository, &version), from: From::Folder(Box::new(chart)) })
    }

    fn in_registry(&self, one: &Dependency, constraint: &Constraint) -> Result<Planned, Error> {
        let place = one.repository.strip_prefix("oci://").unwrap_or_default().trim_end_matches('/');
        let reference = format!("{place}/{}", one.name);
        let version = match Version::parse(&one.version) {
            Ok(_) => one.version.clone(),
            Err(_) => {
                let tags = self.supply.remote.tags(&reference)?;
                let mut versions: Vec<Version> =
                    tags.iter().filter_map(|tag| Version::parse_strict(tag).ok()).collect();
                versions.sort_by(|one, other| other.cmp(one));
                let newest = versions.iter().find(|version| constraint.check(version)).map(Version::to_string);
                newest.ok_or_else(|| {
                    let names: Vec<_> = versions.iter().map(Version::to_string).collect();
                    no_version(one, &names).into_error()
                })?
            }
        };
        Ok(Planned { locked: locked(&one.name, &one.repository, &version), from: From::Registry { reference } })
    }

    /// The index of a repository: of a folder on disk, from the cache, or fetched.
    fn index(&self, repository: &str) -> Result<Found, Error> {
        if let Some(path) = repository.strip_prefix("file://") {
            let folder = PathBuf::from(local_path(path, &self.folder.to_string_lossy())?);
            let index = load_index(&folder.join("index.yaml"))?;
            return Ok(Found { index, entry: Entry::default(), folder: Some(folder) });
        }
        check_protocol(repository).map_err(|error| {
            error.hint("repositories are `https://...`, `oci://...`, `file://...` or `@NAME` of an added one")
        })?;
        let unmanaged =
            || Entry { name: repositories::unmanaged_name(repository), url: repository.to_owned(), ..Entry::default() };
        let entry = self.repositories.at(repository).cloned().unwrap_or_else(unmanaged);
        let cached = repositories::cached_index(self.supply.cache, &entry.name);
        let index = match self.supply.refresh {
            Refresh::Yes => self.refreshed(&entry)?,
            Refresh::No => load_index(&cached).map_err(|error| {
                error_with(error, format!("no index of {repository} is cached"), "leave --skip-refresh out")
            })?,
        };
        Ok(Found { index, entry, folder: None })
    }

    fn refreshed(&self, entry: &Entry) -> Result<IndexFile, Error> {
        let download = indexes::download(self.supply.cache, entry, self.supply.remote)?;
        let index = IndexFile::from_bytes(download.text.clone()).map_err(|fault| {
            let error = content(format!("the index of {} cannot be read: {fault}", entry.url));
            fault.hints().iter().fold(error, |error, hint| error.hint(hint))
        })?;
        download.store(self.supply.cache, &entry.name, &index.names())?;
        Ok(index)
    }

    /// Brings an archive, checked against everything that is known about it.
    fn archive(&self, one: &Planned, pins: &mut Pins) -> Result<Got, Error> {
        let Dependency { name, version, repository, .. } = &one.locked;
        let file = format!("{name}-{version}.tgz");
        let (bytes, address, digest) = match &one.from {
            From::Present => return Ok(Got::Step(Step::Kept(name.clone()))),
            From::Folder(_) if self.local == Local::Leave => {
                return Ok(Got::Step(Step::Left(name.clone(), repository.clone())));
            }
            From::Folder(chart) => {
                let bytes = Bytes::from((self.supply.pack)(chart)?);
                let file = crate::chart::pack::archive_name(chart);
                return Ok(Got::Archive(Archive { file, bytes, step: Step::Packed(name.clone(), repository.clone()) }));
            }
            From::File { path, digest } => {
                let bytes = Bytes::from(read_file(path)?);
                self.verify(&file, &bytes, || read_file(&with_prov(path)).map(Bytes::from))?;
                (bytes, path.display().to_string(), digest.as_str())
            }
            From::Url { url, repository, digest } => {
                let bytes = super::fetch(self.supply.remote, url, repository)?;
                let name = urls::base(url);
                self.verify(&name, &bytes, || super::fetch(self.supply.remote, &format!("{url}.prov"), repository))?;
                (bytes, url.clone(), digest.as_str())
            }
            From::Registry { reference } => {
                let pulled = self.supply.remote.pull(reference, version)?;
                let missing = || content(format!("`oci://{reference}:{version}` was pushed without a .prov file"));
                self.verify(&file, &pulled.bytes, || pulled.provenance.clone().ok_or_else(missing))?;
                (pulled.bytes, format!("oci://{reference}:{version}"), "")
            }
        };
        let sha256 = sha256(&bytes);
        let expected = digest.strip_prefix("sha256:").unwrap_or(digest);
        if !expected.is_empty() && expected != sha256 {
            let message =
                format!("`{address}` has another digest than its index says: expected {expected}, found {sha256}");
            return Err(content(message).hint("the repository has to mend its index or its archive"));
        }
        let path = PathBuf::from(&address);
        let chart = Chart::from_undetected_archive(&path, &bytes, self.supply.load, &mut Notices::new())?;
        let same = Version::parse(&chart.metadata.version).ok() == Version::parse(version).ok();
        if chart.name() != name || !same {
            let found = format!("`{}` {}", chart.name(), chart.metadata.version);
            return Err(content(format!("expected `{name}` {version} at `{address}`, found {found}")));
        }
        let mutability = if self.config.is_mutable(version) { Mutability::Mutable } else { Mutability::Immutable };
        let origin = Origin { name: name.clone(), version: version.clone(), repository: repository.clone() };
        pins.check(origin, &sha256, mutability)?;
        Ok(Got::Archive(Archive { file, bytes, step: Step::Fetched(format!("{name} {version}"), address) }))
    }

    /// Checks the signature of a fetched archive where that is asked for; without one there is no archive.
    fn verify(&self, file: &str, bytes: &[u8], provenance: impl FnOnce() -> Result<Bytes, Error>) -> Result<(), Error> {
        let (wanted, verify) = self.supply.signatures;
        let told = |error: Error| {
            let message = format!("cannot verify `{file}`: {error}");
            error.hints().iter().fold(Error::new(error.kind(), message), |told, hint| told.hint(hint))
        };
        match (wanted, provenance) {
            (Signatures::Ignored, _) => Ok(()),
            (Signatures::Needed, provenance) => verify(file, bytes, &provenance().map_err(told)?).map_err(told),
            (Signatures::IfThere, provenance) => match provenance() {
                Ok(provenance) => verify(file, bytes, &provenance).map_err(told),
                Err(_) => Ok(()),
            },
        }
    }

    /// Writes archives and removes those of charts that are declared no more or in another version.
    fn place(&self, archives: Vec<Archive>, locked: &[Dependency], steps: &mut Vec<Step>) -> Result<(), Error> {
        let charts = self.folder.join("charts");
        let wanted: BTreeSet<String> = archives.iter().map(|archive| archive.file.clone()).collect();
        if !archives.is_empty() {
            std::fs::create_dir_all(&charts).map_err(|error| Error::io("cannot make", &charts, error))?;
        }
        for archive in archives {
            let path = charts.join(&archive.file);
            if read_file(&path).is_ok_and(|bytes| bytes == archive.bytes) {
                steps.push(Step::Kept(archive.file));
                continue;
            }
            replace(&path, &archive.bytes)?;
            steps.push(archive.step);
        }
        let Ok(entries) = std::fs::read_dir(&charts) else { return Ok(()) };
        let mut names: Vec<String> =
            entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        for name in names.iter().filter(|name| name.ends_with(".tgz") && !wanted.contains(*name)) {
            let path = charts.join(name);
            // Helm, too, leaves alone what it cannot read.
            let Ok(chart) = Chart::load_undetected(&path, self.supply.load, &mut Notices::new()) else { continue };
            if locked.iter().any(|one| one.repository.is_empty() && one.name == chart.name()) {
                continue;
            }
            std::fs::remove_file(&path).map_err(|error| Error::io("cannot remove", &path, error))?;
            steps.push(Step::Removed(name.clone()));
        }
        Ok(())
    }

    fn write_lock(
        &self,
        chart: &Chart,
        declared: &[Dependency],
        locked: Vec<Dependency>,
    ) -> Result<Option<Step>, Error> {
        if chart.metadata.dependencies.is_none() {
            return Ok(None);
        }
        let digest = lock::digest(Some(declared), Some(&locked)).map_err(|fault| content(fault.message()))?;
        if chart.lock.as_ref().is_some_and(|old| old.digest == digest) {
            return Ok(None);
        }
        let file = if chart.metadata.api_version == "v1" { "requirements.lock" } else { "Chart.lock" };
        let new = Lock { generated: self.supply.generated.to_owned(), digest, dependencies: locked };
        let path = self.folder.join(file);
        let old = read_file(&path).ok();
        match old.and_then(|old| lock::mended(&old, &new)) {
            Some(text) => replace(&path, &text)?,
            None => super::place::write_lock(&self.folder.to_string_lossy(), file, &new)?,
        }
        Ok(Some(Step::Locked(os::base(file).to_owned())))
    }
}

enum Got {
    Archive(Archive),
    Step(Step),
}

fn lock_entry<'l>(one: &Dependency, at: usize, lock: &'l Lock) -> Option<&'l Dependency> {
    let here = lock.dependencies.get(at).filter(|entry| entry.name == one.name);
    here.or_else(|| lock.dependencies.iter().find(|entry| entry.name == one.name && entry.repository == one.repository))
}

/// Whether a lock's entry is still one of those that a dependency allows.
fn fits(one: &Dependency, entry: &Dependency) -> bool {
    let allowed = match (Constraint::parse(&one.version), Version::parse(&entry.version)) {
        (Ok(constraint), Ok(version)) => constraint.check(&version),
        _ => one.version == entry.version,
    };
    allowed && one.repository == entry.repository
}

fn out_of_date(drifts: &[Drift], chart: &Chart) -> Error {
    let (lock, file) = match chart.metadata.api_version.as_str() {
        "v1" => ("requirements.lock", "requirements.yaml"),
        _ => ("Chart.lock", "Chart.yaml"),
    };
    let told = |drift: &Drift| {
        let problem = Diagnostic::error(format!("{lock} does not fit {file}: {}", drift.message));
        let problem = problem.hint("`dependency build --fix` chooses anew what has changed, and nothing else");
        match drift.span {
            Some(span) => problem.at(span),
            None => problem,
        }
    };
    let problems: Vec<Diagnostic> = drifts.iter().map(told).collect();
    let message = problems.first().map(|first| first.message.clone()).unwrap_or_default();
    content(message).with(problems)
}

/// The newest version of an index that fits.
fn in_index(one: &Dependency, found: &Found, constraint: &Constraint) -> Result<Planned, Box<Diagnostic>> {
    let names = found.index.names();
    if !names.contains(&one.name) {
        let problem = Diagnostic::error(format!("no chart `{}` in {}", one.name, one.repository));
        return Err(Box::new(match nearest(&one.name, names.iter().map(|name| name.as_bytes())) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem,
        }));
    }
    let versions = newest_first(found.index.versions(&one.name));
    let usable = |entry: &&ChartVersion| !entry.urls.is_empty();
    let exact = versions.iter().filter(usable).find(|entry| entry.version == one.version);
    let fits = |entry: &&ChartVersion| Version::parse(&entry.version).is_ok_and(|version| constraint.check(&version));
    let Some(entry) = exact.or_else(|| versions.iter().filter(usable).find(fits)) else {
        let there: Vec<_> = versions.iter().map(|entry| entry.version.clone()).collect();
        return Err(Box::new(no_version(one, &there).0));
    };
    let url = entry.urls.first().map(String::as_str).unwrap_or_default();
    let digest = entry.digest.clone();
    let from = match &found.folder {
        Some(folder) => {
            let file = os::base(url.split(['?', '#']).next().unwrap_or(url));
            let inside = if url.contains("://") {
                file.to_owned()
            } else {
                os::join("/", url).trim_start_matches('/').to_owned()
            };
            From::File { path: folder.join(inside), digest }
        }
        None => {
            let url = urls::resolve(&one.repository, url).map_err(|why| Box::new(Diagnostic::error(why)))?;
            From::Url { url, repository: found.entry.clone(), digest }
        }
    };
    Ok(Planned { locked: locked(&one.name, &one.repository, &entry.version), from })
}

/// The problem of a range that nothing fits.
struct NoVersion(Diagnostic);

impl NoVersion {
    fn into_error(self) -> Error {
        error_of(self.0)
    }
}

fn no_version(one: &Dependency, there: &[String]) -> NoVersion {
    let message = format!("no version of `{}` in {} fits `{}`", one.name, one.repository, one.version);
    let newest: Vec<&str> = there.iter().take(5).map(String::as_str).collect();
    let more = if there.len() > newest.len() { ", ..." } else { "" };
    NoVersion(match newest.is_empty() {
        true => Diagnostic::error(message).hint("it has none"),
        false => Diagnostic::error(message).hint(format!("versions there: {}{more}", newest.join(", "))),
    })
}

/// Reads an index on disk.
fn load_index(path: &Path) -> Result<IndexFile, Error> {
    IndexFile::read(path)?.ok_or_else(|| Error::new(ErrorKind::Io, format!("no index at `{}`", path.display())))
}

/// An error told where the dependency is declared, unless it points somewhere itself.
fn placed(error: Error, file: &Declared, at: usize) -> Error {
    if error.diagnostics().iter().any(|one| one.primary.is_some()) {
        return error;
    }
    let problem = file.problem(at, "repository", error.message());
    let problem = error.hints().iter().fold(problem, |problem, hint| problem.hint(hint));
    Error::new(error.kind(), error.message()).with(vec![problem]).because(error)
}

/// The file of an archive's signature.
fn with_prov(path: &Path) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(".prov");
    PathBuf::from(path)
}

fn error_with(error: Error, message: String, hint: &str) -> Error {
    Error::new(ErrorKind::Io, message).hint(hint).because(error)
}
