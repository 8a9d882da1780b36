//! Loading: a folder or an archive becomes files, files become a chart with its subcharts.

use super::archive::{self, Budget, Refusal};
use super::decode::{self, Document};
use super::files::trim_byte_order_mark;
use super::ignore::{Entry, Rules};
use super::{Chart, Compat, File, Limits, Lock, Metadata, Name, Notice, Notices, os};
use crate::diagnostic::{Error, ErrorKind};
use crate::value::Map;
use bytes::Bytes;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// The rules and limits under which a chart is loaded.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// The Helm whose rules hold.
    pub compat: Compat,
    /// How much the chart may take.
    pub limits: Limits,
}

impl Chart {
    /// Loads the chart in a folder or a `.tgz` archive.
    ///
    /// What Helm logs meanwhile goes to `notices`. The error's message is Helm's; where Helm hides the cause of a
    /// refused archive, a hint tells it.
    pub fn load(path: &Path, options: &LoadOptions, notices: &mut Notices) -> Result<Chart, Error> {
        let about = std::fs::metadata(path).map_err(|cause| os::error("stat", path, cause))?;
        let mut loader = Loader::new(options, notices);
        if about.is_dir() { loader.folder(path) } else { loader.archive(path) }
    }

    /// Loads a chart as Helm's commands on dependencies do, which do not ask first what kind of chart lies there: a
    /// folder without `Chart.yaml`, an unknown `apiVersion` and a broken archive get other texts than from
    /// [`Chart::load`].
    pub fn load_undetected(path: &Path, options: &LoadOptions, notices: &mut Notices) -> Result<Chart, Error> {
        let about = std::fs::metadata(path).map_err(|cause| os::error("stat", path, cause))?;
        let mut loader = Loader { detects: false, ..Loader::new(options, notices) };
        if about.is_dir() { loader.folder(path) } else { loader.archive(path) }
    }

    /// Makes a chart of an archive in memory as [`Chart::load_undetected`] does of one on disk.
    pub fn from_undetected_archive(
        name: &Path,
        bytes: &[u8],
        options: &LoadOptions,
        notices: &mut Notices,
    ) -> Result<Chart, Error> {
        Loader { detects: false, ..Loader::new(options, notices) }.archive_bytes(name, bytes)
    }

    /// Loads the chart in a folder; what lies at `path` as a file is no folder.
    ///
    /// # Errors
    /// As [`Chart::load`].
    pub fn load_folder(path: &Path, options: &LoadOptions, notices: &mut Notices) -> Result<Chart, Error> {
        Loader::new(options, notices).folder(path)
    }

    /// Reads the `Chart.yaml` of a chart folder alone, without checking it.
    ///
    /// # Errors
    /// A file that is not there or cannot be decoded.
    pub fn load_metadata(folder: &Path, options: &LoadOptions) -> Result<Metadata, Error> {
        let mut metadata = Metadata::default();
        Document::read(&read_file(&folder.join("Chart.yaml"))?)?.decode(&mut metadata, options.compat)?;
        Ok(metadata)
    }

    /// Makes a chart of an archive in memory; `name` stands for it in messages.
    pub fn from_archive(
        name: &Path,
        bytes: &[u8],
        options: &LoadOptions,
        notices: &mut Notices,
    ) -> Result<Chart, Error> {
        Loader::new(options, notices).archive_bytes(name, bytes)
    }

    /// Makes a chart of its files, whose names are relative to the chart; `charts/` may hold folders and archives.
    pub fn from_files(files: Vec<File>, options: &LoadOptions, notices: &mut Notices) -> Result<Chart, Error> {
        Loader::new(options, notices).chart(files, 0)
    }
}

/// Reads a file, with Go's text for a failure: `open x: no such file or directory`.
pub fn read_file(path: &Path) -> Result<Vec<u8>, Error> {
    let mut file = std::fs::File::open(path).map_err(|cause| os::error("open", path, cause))?;
    let mut data = Vec::new();
    std::io::Read::read_to_end(&mut file, &mut data).map_err(|cause| os::error("read", path, cause))?;
    Ok(data)
}

struct Loader<'a> {
    options: &'a LoadOptions,
    notices: &'a mut Notices,
    budget: Budget,
    /// Whether the kind of chart is looked at before anything else, as Helm 4 does in most commands.
    detects: bool,
    /// Values of `values.yaml` texts that were already read: many subcharts carry the same text.
    values: HashMap<Bytes, Map, foldhash::fast::FixedState>,
}

impl<'a> Loader<'a> {
    fn new(options: &'a LoadOptions, notices: &'a mut Notices) -> Loader<'a> {
        let budget = Budget::new(&options.limits, options.compat);
        let detects = options.compat > Compat::Helm3;
        Loader { options, notices, budget, detects, values: HashMap::default() }
    }

    fn folder(&mut self, path: &Path) -> Result<Chart, Error> {
        let top = std::path::absolute(path).map_err(|cause| os::error("getwd", path, cause))?;
        let top = PathBuf::from(os::clean(&top.to_string_lossy()));
        if self.detects {
            let name = top.join("Chart.yaml");
            let data = read_file(&name).map_err(|error| {
                let message = format!("unable to detect chart at {}: {error}", name.display());
                Error::new(ErrorKind::Io, message).hint("a chart folder has a file `Chart.yaml`")
            })?;
            check_api_version(&data)?;
        }
        let rules = ignore_rules(&top)?;
        let mut walk = FolderWalk {
            top: &top,
            rules,
            limits: &self.options.limits,
            compat: self.options.compat,
            notices: self.notices,
            files: Vec::new(),
            left: self.options.limits.chart_bytes,
            entries: 0,
        };
        let about = std::fs::metadata(&top).map_err(|cause| os::error("lstat", &top, cause))?;
        walk.enter(&top, &about, 0)?;
        let files = walk.files;
        self.chart(files, 0)
    }

    fn archive(&mut self, path: &Path) -> Result<Chart, Error> {
        let bytes = read_file(path)?;
        let files = self.archive_files(path, &bytes)?;
        // Nothing of the packed bytes is needed while the chart is made of its files.
        drop(bytes);
        self.chart(files, 0)
    }

    fn archive_bytes(&mut self, path: &Path, bytes: &[u8]) -> Result<Chart, Error> {
        let files = self.archive_files(path, bytes)?;
        self.chart(files, 0)
    }

    fn archive_files(&mut self, path: &Path, bytes: &[u8]) -> Result<Vec<File>, Error> {
        archive::ensure_archive(path, bytes)?;
        let files = archive::read_files(bytes, &mut self.budget).map_err(|refusal| self.refuse(path, refusal))?;
        if self.detects {
            let Some(file) = files.iter().find(|file| &*file.name == "Chart.yaml") else {
                return Err(content("unable to detect chart version, no Chart.yaml found"));
            };
            check_api_version(&file.data)?;
        }
        Ok(files)
    }

    fn refuse(&self, path: &Path, refusal: Refusal) -> Error {
        match refusal {
            Refusal::NotGzip(error) => {
                let path = path.display();
                content(format!("file '{path}' does not appear to be a valid chart file (details: {error})"))
            }
            Refusal::Other(error) if !self.detects => error,
            Refusal::Other(error) => {
                let hint = error.to_string();
                Error::new(error.kind(), "unable to load chart archive").hint(hint).because(error)
            }
        }
    }

    /// Sorts files into a chart; `depth` counts the charts around it.
    fn chart(&mut self, files: Vec<File>, depth: usize) -> Result<Chart, Error> {
        if depth > self.options.limits.depth {
            let most = self.options.limits.depth;
            return Err(Error::new(ErrorKind::Limit, format!("charts lie in charts more than {most} levels deep")));
        }
        let mut chart = Chart::default();
        let mut found = self.metadata_of(&files, &mut chart.metadata)?;
        let mut subcharts = Subcharts::default();
        for file in &files {
            self.place(file, &mut chart, &mut subcharts, &mut found)?;
        }
        chart.raw = files;
        if !found {
            return Err(content("Chart.yaml file is missing"));
        }
        chart.metadata.validate()?;
        for (name, files) in subcharts.0 {
            if name.starts_with(['_', '.']) {
                continue;
            }
            let sub = self.subchart(&name, files, chart.name(), depth)?;
            chart.dependencies.push(Chart { place: name, ..sub });
        }
        Ok(chart)
    }

    /// Reads every `Chart.yaml` among the files; whether there is one.
    fn metadata_of(&mut self, files: &[File], metadata: &mut Metadata) -> Result<bool, Error> {
        let mut found = false;
        for file in files.iter().filter(|file| &*file.name == "Chart.yaml") {
            let document =
                Document::read(&file.data).and_then(|document| document.decode(metadata, self.options.compat));
            document.map_err(|error| cannot_load("Chart.yaml", &error))?;
            // Helm 2 charts have no apiVersion.
            if metadata.api_version.is_empty() {
                metadata.api_version = "v1".to_owned();
            }
            found = true;
        }
        Ok(found)
    }

    fn place(&mut self, file: &File, chart: &mut Chart, subs: &mut Subcharts, found: &mut bool) -> Result<(), Error> {
        match &*file.name {
            "Chart.yaml" => {}
            "Chart.lock" => chart.lock = self.lock(file)?,
            "values.yaml" => {
                let values = self.values(&file.data)?;
                chart.null_free = !decode::holds_nulls(&values);
                chart.values = Some(values);
            }
            "values.schema.json" => chart.schema = Some(file.data.clone()),
            "requirements.yaml" => {
                *found = true;
                if chart.metadata.api_version != "v1" {
                    self.notices.log(
                        "Warning: Dependencies are handled in Chart.yaml since apiVersion \"v2\". \
                         We recommend migrating dependencies to Chart.yaml.",
                    );
                }
                let document = Document::read(&file.data)
                    .and_then(|document| document.decode(&mut chart.metadata, self.options.compat));
                document.map_err(|error| cannot_load("requirements.yaml", &error))?;
                keep_for_v1(file, chart);
            }
            "requirements.lock" => {
                *found = true;
                chart.lock = self.lock(file)?;
                if chart.metadata.api_version != "v1" {
                    self.notices.log(
                        "Warning: Dependency locking is handled in Chart.lock since apiVersion \"v2\". \
                         We recommend migrating to Chart.lock.",
                    );
                }
                keep_for_v1(file, chart);
            }
            name if name.starts_with("templates/") => chart.templates.push(file.clone()),
            name if name.starts_with("charts/") && os::extension(name) != ".prov" => subs.add(file),
            _ => chart.files.push(file.clone()),
        }
        Ok(())
    }

    fn lock(&self, file: &File) -> Result<Option<Lock>, Error> {
        let lock = Document::read(&file.data).and_then(|document| document.decode_lock(self.options.compat));
        lock.map_err(|error| cannot_load(&file.name, &error))
    }

    fn values(&mut self, text: &Bytes) -> Result<Map, Error> {
        if let Some(values) = self.values.get(text) {
            return Ok(values.clone());
        }
        let values = decode::values(text, self.options.compat).map_err(|error| cannot_load("values.yaml", &error))?;
        self.values.insert(text.clone(), values.clone());
        Ok(values)
    }

    fn subchart(&mut self, name: &str, files: Vec<File>, parent: &str, depth: usize) -> Result<Chart, Error> {
        let sub = if os::extension(name) == ".tgz" {
            let Some(file) = files.first().filter(|file| &*file.name == name) else {
                let got = files.first().map_or("", |file| &*file.name);
                let message = format!("error unpacking subchart tar in {parent}: expected {name}, got {got}");
                return Err(content(message));
            };
            match archive::read_files(&file.data, &mut self.budget) {
                Ok(files) => self.chart(files, depth + 1),
                Err(refusal) => Err(refusal.into_error()),
            }
        } else {
            let below = |file: File| Some(File { name: file.name.split_folder()?.1, ..file });
            self.chart(files.into_iter().filter_map(below).collect(), depth + 1)
        };
        sub.map_err(|error| {
            let message = format!("error unpacking subchart {name} in {parent}: {error}");
            Error::new(error.kind(), message).because(error)
        })
    }
}

/// The files of `charts/` by their first folder, in the order of their first file.
#[derive(Default)]
struct Subcharts(Vec<(String, Vec<File>)>);

impl Subcharts {
    fn add(&mut self, file: &File) {
        let Some(name) = file.name.strip_prefix("charts/") else { return };
        let folder = name.split_folder().map_or(&*name, |(folder, _)| folder);
        let file = File { name: name.clone(), ..file.clone() };
        // Files of one folder follow each other in every archive that Helm or tar wrote.
        match self.0.iter_mut().rev().find(|(known, _)| known == folder) {
            Some((_, files)) => files.push(file),
            None => self.0.push((folder.to_owned(), vec![file])),
        }
    }
}

/// Charts of version v1 keep their `requirements.yaml` and lock among the files.
fn keep_for_v1(file: &File, chart: &mut Chart) {
    if chart.metadata.api_version == "v1" {
        chart.files.push(file.clone());
    }
}

fn check_api_version(data: &[u8]) -> Result<(), Error> {
    let version = Document::read(data).and_then(|document| document.api_version());
    let version = version.map_err(|error| cannot_load("Chart.yaml", &error))?;
    match version.as_str() {
        "" | "v1" | "v2" | "v3" => Ok(()),
        _ => Err(content("unsupported chart version").hint(format!("expected apiVersion v1 or v2, found `{version}`"))),
    }
}

fn content(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Content, message)
}

fn cannot_load(name: &str, error: &Error) -> Error {
    let told = Error::new(error.kind(), format!("cannot load {name}: {error}"));
    error.hints().iter().fold(told, |told, hint| told.hint(format!("{hint} (`{name}`)")))
}

fn ignore_rules(top: &Path) -> Result<Rules, Error> {
    let path = top.join(".helmignore");
    if std::fs::metadata(&path).is_err() {
        return Ok(Rules::new());
    }
    Rules::parse(&read_file(&path)?)
}

/// A walk over a chart folder in Helm's order: names sorted, links followed.
struct FolderWalk<'a> {
    top: &'a Path,
    rules: Rules,
    limits: &'a Limits,
    compat: Compat,
    notices: &'a mut Notices,
    files: Vec<File>,
    left: u64,
    entries: usize,
}

impl FolderWalk<'_> {
    fn visit(&mut self, path: &Path, depth: usize) -> Result<(), Error> {
        let about = std::fs::symlink_metadata(path).map_err(|cause| os::error("lstat", path, cause))?;
        if !about.is_symlink() {
            return self.enter(path, &about, depth);
        }
        let resolved = std::fs::canonicalize(path).map_err(|cause| {
            let cause = os::error("lstat", &link_target(path), cause);
            Error::new(ErrorKind::Io, format!("error evaluating symlink {}: {cause}", path.display()))
        })?;
        let message = "found symbolic link in path. Contents of linked file included and used";
        let notice = Notice::new(super::Level::Info, message).with("path", path.to_string_lossy());
        self.notices.push(notice.with("resolved", resolved.to_string_lossy()));
        let about = std::fs::symlink_metadata(&resolved).map_err(|cause| os::error("lstat", &resolved, cause))?;
        self.enter(path, &about, depth)
    }

    /// Takes the entry at `path`, which has the properties `about`.
    fn enter(&mut self, path: &Path, about: &std::fs::Metadata, depth: usize) -> Result<(), Error> {
        self.entries += 1;
        if self.entries > self.limits.entries || depth > MAX_FOLDER_DEPTH {
            let what = if depth > MAX_FOLDER_DEPTH { MAX_FOLDER_DEPTH } else { self.limits.entries };
            let what = format!("chart folder holds more than {what} entries or levels of folders");
            return Err(Error::new(ErrorKind::Limit, what).hint("a symbolic link may lead back into the chart"));
        }
        let name = path.strip_prefix(self.top).unwrap_or(path).to_string_lossy().into_owned();
        if about.is_dir() {
            if self.rules.ignores(&name, Entry::Folder) {
                return Ok(());
            }
            return self.children(path, depth);
        }
        if self.rules.ignores(&name, Entry::Other) {
            return Ok(());
        }
        if !about.is_file() {
            let path = path.display();
            let message = format!("cannot load irregular file {path} as it has file mode type bits set");
            return Err(content(message));
        }
        self.file(path, name, about)
    }

    fn children(&mut self, path: &Path, depth: usize) -> Result<(), Error> {
        let listing = std::fs::read_dir(path).map_err(|cause| os::error("open", path, cause))?;
        let names = listing.map(|entry| entry.map(|entry| entry.file_name())).collect::<Result<Vec<_>, _>>();
        let mut names = names.map_err(|cause| os::error("readdirent", path, cause))?;
        names.sort();
        names.iter().try_for_each(|name| self.visit(&path.join(name), depth + 1))
    }

    fn file(&mut self, path: &Path, name: String, about: &std::fs::Metadata) -> Result<(), Error> {
        let size = about.len();
        if self.compat < Compat::Helm43 {
            if size > self.limits.file_bytes {
                let base = crate::value::print::quote(os::base(&name).as_bytes());
                let (base, most) = (String::from_utf8_lossy(&base), self.limits.file_bytes);
                let message = format!("chart file {base} is larger than the maximum file size {most}");
                return Err(Error::new(ErrorKind::Limit, message));
            }
        } else if size > self.left {
            return Err(self.over_budget(&name));
        }
        let data =
            read_file(path).map_err(|error| Error::new(error.kind(), format!("error reading {name}: {error}")))?;
        self.left = self.left.checked_sub(data.len() as u64).ok_or_else(|| self.over_budget(&name))?;
        let modified = about.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let modified = modified.map_or(0, |since| i128::try_from(since.as_nanos()).unwrap_or(0));
        self.files.push(File { name: Name::from(name), data: trim_byte_order_mark(data.into()), modified });
        Ok(())
    }

    fn over_budget(&self, name: &str) -> Error {
        let most = self.limits.chart_bytes;
        let message = format!("error reading {name}: chart exceeds maximum decompressed size of {most} bytes");
        Error::new(ErrorKind::Limit, message)
    }
}

/// Where a link points to, without asking whether anything is there.
fn link_target(path: &Path) -> PathBuf {
    let target = std::fs::read_link(path).unwrap_or_default();
    let folder = path.parent().unwrap_or(path);
    PathBuf::from(os::clean(&folder.join(target).to_string_lossy()))
}

/// Deeper folders than Linux gives paths to; only a link that leads back gets there.
const MAX_FOLDER_DEPTH: usize = 256;
