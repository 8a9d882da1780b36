//! `chartwright package`.

use super::args::GlobalArgs;
use super::dependency;
use super::keyring;
use super::run_package::{self, SignOptions};
use super::run_template::load_options;
use super::ui::{ExitStatus, Outcome, Stop, Ui};
use crate::chart::pack::{self, check_folder, check_vendored};
use crate::chart::{Chart, Dependency, LoadOptions, Notices, Stamp, check, os};
use crate::dependency::local;
use crate::diagnostic::{Diagnostic, Error, ErrorKind};
use crate::provenance::SecretKey;
use crate::repository::{replace, sha256};
use crate::source::Sources;
use crate::threads::each;
use clap::Args;
use std::path::{Path, PathBuf};

/// Pack charts into archives whose bytes follow from their files alone
///
/// A folder that holds chart folders stands for all of them, in the order in which they depend on each other.
/// Dependencies with `file://` are taken from their folders.
#[derive(Debug, Args)]
pub(super) struct PackageArgs {
    /// Chart folders, or folders of chart folders
    #[arg(required = true, value_name = "CHART")]
    charts: Vec<PathBuf>,
    /// Folder that the archives are written to
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    destination: PathBuf,
    /// Write this version into the archives
    #[arg(long, value_name = "VERSION", default_value = "", hide_default_value = true)]
    version: String,
    /// Write this appVersion into the archives
    #[arg(long, value_name = "VERSION", default_value = "", hide_default_value = true)]
    app_version: String,
    /// Choose and fetch the dependencies first; `file://` ones stay in their folders
    #[arg(short = 'u', long)]
    dependency_update: bool,
    /// Write a provenance file beside each archive
    #[arg(long, requires = "key")]
    sign: bool,
    #[command(flatten)]
    key: KeyArgs,
}

/// With which key a provenance file is signed.
#[derive(Debug, Args)]
pub(super) struct KeyArgs {
    /// Name of the key that signs, or a part of it
    #[arg(long, value_name = "NAME")]
    key: Option<String>,
    /// File of keys; GnuPG's own ring when left out
    #[arg(long, value_name = "FILE")]
    keyring: Option<PathBuf>,
    /// File whose first line is the key's passphrase, `-` for standard input
    #[arg(long, value_name = "FILE", default_value = "", hide_default_value = true)]
    passphrase_file: String,
}

impl KeyArgs {
    /// Where the passphrase stands; empty to ask for it.
    pub(super) fn passphrase_file(&self) -> &str {
        &self.passphrase_file
    }

    /// The unlocked key.
    pub(super) fn unlocked(&self, global: &GlobalArgs) -> Result<SecretKey, Stop> {
        let sign = SignOptions {
            key: self.key.clone().unwrap_or_default(),
            keyring: keyring::chosen(self.keyring.as_deref(), global.helm_compat),
            passphrase_file: self.passphrase_file.clone(),
        };
        run_package::unlocked_key(&sign, global.helm_compat)
    }
}

impl PackageArgs {
    /// Packs all charts, and tells of each where it lies.
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        let load = load_options(global.helm_compat, global.limits());
        let folders = ordered(&chart_folders(&self.charts)?, &load)?;
        let key = if self.sign { Some(self.key.unlocked(global)?) } else { None };
        std::fs::create_dir_all(&self.destination)
            .map_err(|error| Error::io("cannot make", &self.destination, error))?;
        if self.dependency_update {
            folders.iter().try_for_each(|folder| dependency::update(folder, &load, ui))?;
        }
        let mut status = ExitStatus::Success;
        for done in self.pack_all(&folders, &load) {
            ui.sources = done.sources;
            done.warnings.iter().for_each(|warning| ui.warn(warning));
            let signed = done.packed.and_then(|packed| {
                let prov = key.as_ref().map(|key| run_package::sign(&packed.path, key, &load)).transpose()?;
                Ok((packed, prov))
            });
            match signed {
                Ok((packed, prov)) => {
                    ui.print(format!("{} sha256:{}\n", packed.path.display(), packed.digest))?;
                    prov.map_or(Ok(()), |prov| ui.print(format!("{}\n", prov.display())))?;
                }
                Err(error) => {
                    told(&error).iter().for_each(|problem| ui.warn(problem));
                    status = ExitStatus::Content;
                }
            }
        }
        Ok(status)
    }

    /// Packs charts, as many at a time as there are processors.
    fn pack_all(&self, folders: &[PathBuf], load: &LoadOptions) -> Vec<Done> {
        each(folders.len(), || (), |_, at| self.pack(&folders[at], load), |_| ())
    }

    fn pack(&self, folder: &Path, load: &LoadOptions) -> Done {
        let (mut warnings, mut sources) = (Vec::new(), Sources::new());
        let packed = self.packed(folder, load, (&mut warnings, &mut sources)).map_err(|error| {
            if !error.diagnostics().is_empty() {
                return error;
            }
            let told = Error::new(error.kind(), format!("cannot package `{}`: {error}", folder.display()));
            error.hints().iter().fold(told, |told, hint| told.hint(hint))
        });
        Done { packed, warnings, sources }
    }

    fn packed(
        &self,
        folder: &Path,
        load: &LoadOptions,
        (warnings, sources): (&mut Vec<Diagnostic>, &mut Sources),
    ) -> Result<Packed, Error> {
        check_folder(folder, &load.limits)?;
        let mut notices = Notices::new();
        let mut chart = Chart::load_folder(folder, load, &mut notices)?;
        warnings.extend(local::attach(&mut chart, folder, load, (&mut notices, sources))?);
        warnings.extend(notices.take().iter().map(|notice| Diagnostic::warning(notice.to_string())));
        check_vendored(&chart, &load.limits)?;
        check::check_api_version(&chart, load.compat)?;
        chart.stamp(&Stamp { version: self.version.clone(), app_version: self.app_version.clone() })?;
        chart.metadata.validate()?;
        check::check_vendored(&chart).map_err(|error| error.hint("run `chartwright dependency build` first"))?;
        check::check_schema(&chart)?;
        let bytes = pack::pack(&chart)?;
        let path = self.destination.join(pack::archive_name(&chart));
        replace(&path, &bytes)?;
        Ok(Packed { path, digest: sha256(&bytes) })
    }
}

/// What became of one chart.
struct Done {
    packed: Result<Packed, Error>,
    warnings: Vec<Diagnostic>,
    /// The texts that warnings and errors point into.
    sources: Sources,
}

struct Packed {
    path: PathBuf,
    digest: String,
}

/// What an error says, each part at its place.
fn told(error: &Error) -> Vec<Diagnostic> {
    match error.diagnostics() {
        [] => vec![Diagnostic { hints: error.hints().to_vec(), ..Diagnostic::error(error.message()) }],
        problems => problems.to_vec(),
    }
}

/// The chart folders that arguments stand for, each once.
fn chart_folders(arguments: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut found: Vec<PathBuf> = Vec::new();
    for argument in arguments {
        if !argument.is_dir() {
            let message = format!("expected a chart folder, found `{}`", argument.display());
            let error = Error::new(ErrorKind::Usage, message);
            let hint = if argument.exists() { "an archive is packed already" } else { "there is no such folder" };
            return Err(error.hint(hint));
        }
        let all = if is_chart(argument) { vec![argument.clone()] } else { charts_in(argument)? };
        for folder in all {
            if !found.contains(&folder) {
                found.push(folder);
            }
        }
    }
    Ok(found)
}

fn is_chart(folder: &Path) -> bool {
    folder.join("Chart.yaml").is_file()
}

fn charts_in(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |error| Error::io("cannot read", folder, error);
    let entries = std::fs::read_dir(folder).map_err(failed)?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>();
    let mut paths: Vec<_> = paths.map_err(failed)?.into_iter().filter(|path| is_chart(path)).collect();
    paths.sort();
    if paths.is_empty() {
        let message = format!("`{}` is no chart and holds none", folder.display());
        return Err(Error::new(ErrorKind::Usage, message).hint("a chart folder has a file `Chart.yaml`"));
    }
    Ok(paths)
}

/// The folders in the order in which their charts depend on each other by `file://`.
fn ordered(folders: &[PathBuf], load: &LoadOptions) -> Result<Vec<PathBuf>, Error> {
    let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let places: Vec<PathBuf> = folders.iter().map(|folder| real(folder)).collect();
    let needs: Vec<Vec<usize>> = folders.iter().map(|folder| needed(folder, &places, load)).collect();
    let (mut order, mut left): (Vec<usize>, Vec<usize>) = (Vec::new(), (0..folders.len()).collect());
    while !left.is_empty() {
        let ready = left.iter().position(|at| needs[*at].iter().all(|need| need == at || order.contains(need)));
        let Some(ready) = ready else {
            let names: Vec<_> = left.iter().map(|at| format!("`{}`", folders[*at].display())).collect();
            let message = format!("charts depend on each other: {}", names.join(", "));
            return Err(Error::new(ErrorKind::Content, message).hint("take one of these dependencies out"));
        };
        order.push(left.remove(ready));
    }
    Ok(order.into_iter().map(|at| folders[at].clone()).collect())
}

/// Which of the places a chart depends on. A `Chart.yaml` that cannot be read is told of when the chart is packed.
fn needed(folder: &Path, places: &[PathBuf], load: &LoadOptions) -> Vec<usize> {
    let Ok(chart) = Chart::load_metadata(folder, load) else { return Vec::new() };
    let local = chart.dependencies().iter().filter_map(|one| folder_of(one, folder));
    local.filter_map(|place| places.iter().position(|known| *known == place)).collect()
}

/// The folder that a `file://` dependency names, if it is there.
fn folder_of(dependency: &Dependency, folder: &Path) -> Option<PathBuf> {
    let path = dependency.repository.strip_prefix("file://")?;
    let path = if path.starts_with('/') { path.to_owned() } else { os::join(&folder.to_string_lossy(), path) };
    std::fs::canonicalize(path).ok()
}
