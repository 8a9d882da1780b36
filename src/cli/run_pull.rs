//! What `pull` does, for both command lines.

use super::fetch::{self, Stream};
use super::options::{ChartOptions, Compat, LimitOptions};
use super::run_template::load_options;
use super::ui::{ExitStatus, Face, Outcome, Stop, Ui};
use crate::chart::{Chart, Notices, os};
use crate::diagnostic::{Diagnostic, Error, ErrorKind};
use crate::locate::{FetchedChart, Provenance, Wish};
use crate::repository::replace;
use std::fs;
use std::path::{Path, PathBuf};

/// How charts are pulled.
#[derive(Clone, Debug)]
pub(super) struct PullOptions {
    pub(super) references: Vec<String>,
    pub(super) chart: ChartOptions,
    pub(super) limits: LimitOptions,
    pub(super) compat: Compat,
    /// `--destination`.
    pub(super) destination: String,
    /// `--untar`.
    pub(super) untar: bool,
    /// `--untardir`.
    pub(super) untar_folder: String,
    /// `--prov`.
    pub(super) provenance: bool,
}

/// Pulls charts one after the other.
pub(super) fn run(options: &PullOptions, ui: &mut Ui) -> Outcome {
    for reference in &options.references {
        pull(reference, options, ui)?;
    }
    Ok(ExitStatus::Success)
}

fn pull(reference: &str, options: &PullOptions, ui: &mut Ui) -> Result<(), Stop> {
    let wish = Wish {
        reference,
        version: &options.chart.version,
        repository: &options.chart.repository,
        provenance: match (options.chart.verify, options.provenance) {
            (true, _) => Provenance::Needed,
            (false, true) => Provenance::IfThere,
            (false, false) => Provenance::Leave,
        },
    };
    let fetched = fetch::fetcher(&options.chart, ui.face())?.fetch(&wish)?;
    let stream = if options.compat == Compat::Helm3 { Stream::Err } else { Stream::Out };
    fetch::tell_pulled(&fetched, stream, ui)?;
    if let Some(why) = &fetched.no_provenance {
        match ui.face() {
            Face::Helm => ui.print(format!("WARNING: Verification not found for {reference}: {why}\n"))?,
            _ => ui.warn(&Diagnostic::warning(format!("no provenance file of `{reference}`: {why}"))),
        }
    }
    if options.chart.verify {
        let verified = fetch::verify(&fetched, &options.chart.keyring, options.compat)?;
        let mut text: String = verified.identities.iter().map(|name| format!("Signed by: {name}\n")).collect();
        text.push_str(&format!("Using Key With Fingerprint: {}\n", verified.fingerprint));
        text.push_str(&format!("Chart Hash Verified: {}\n", verified.digest));
        ui.print(text)?;
    }
    let place = match options.untar {
        true => unpack(reference, &fetched, options, ui)?,
        false => keep(&fetched, options, ui)?,
    };
    if ui.face() != Face::Helm {
        ui.print(format!("{}\n", place.display()))?;
    }
    Ok(())
}

/// Writes the archive, and its provenance beside it.
fn keep(fetched: &FetchedChart, options: &PullOptions, ui: &Ui) -> Result<PathBuf, Stop> {
    let folder = Path::new(&options.destination);
    if ui.face() == Face::Helm {
        fs::metadata(folder).map_err(|cause| os::error("open", &folder.join(&fetched.file), cause))?;
    } else {
        fs::create_dir_all(folder).map_err(|error| Error::io("cannot make", folder, error))?;
    }
    let path = folder.join(&fetched.file);
    replace(&path, &fetched.bytes)?;
    if let Some(provenance) = &fetched.provenance {
        replace(&folder.join(format!("{}.prov", fetched.file)), provenance)?;
    }
    Ok(path)
}

/// Unpacks the chart into a folder of its name: beside, and then renamed, so that nobody sees half of it.
fn unpack(reference: &str, fetched: &FetchedChart, options: &PullOptions, ui: &mut Ui) -> Result<PathBuf, Stop> {
    let inner = Path::new(&options.untar_folder);
    let folder = match inner.is_absolute() {
        true => inner.to_owned(),
        false => PathBuf::from(os::join(&options.destination, &options.untar_folder)),
    };
    let mut notices = Notices::new();
    let load = load_options(options.compat, options.limits);
    let chart = Chart::from_archive(Path::new(&fetched.file), &fetched.bytes, &load, &mut notices);
    ui.log_all(notices);
    let chart = chart?;
    let name = chart.name();
    if matches!(name, "" | "." | "..") || name.contains(['/', '\\']) {
        let message = format!("chart name {} is not allowed", super::helm::go::quote(name));
        return Err(Error::new(ErrorKind::Content, message).into());
    }
    let target = folder.join(name);
    // Helm looks for the last part of the reference, whatever the chart is called.
    let asked = folder.join(reference.rsplit('/').next().unwrap_or(reference));
    let taken = [&asked, &target].into_iter().find(|path| fs::symlink_metadata(path).is_ok());
    if let Some(taken) = taken {
        let shown = os::clean(&taken.to_string_lossy());
        let message = format!("failed to untar: a file or directory with the name {shown} already exists");
        return Err(Error::new(ErrorKind::Io, message)
            .hint("remove it, or name another folder with --untardir")
            .into());
    }
    fs::create_dir_all(&folder).map_err(|error| Error::io("cannot make", &folder, error))?;
    let beside = folder.join(format!(".{name}.{}.part", std::process::id()));
    let written = write_all(&chart, &beside)
        .and_then(|()| fs::rename(&beside, &target).map_err(|error| Error::io("cannot write", &target, error)));
    if let Err(error) = written {
        // The half-written folder is ours alone; the first error tells more.
        let _ = fs::remove_dir_all(&beside);
        return Err(error.into());
    }
    Ok(target)
}

fn write_all(chart: &Chart, folder: &Path) -> Result<(), Error> {
    fs::create_dir(folder).map_err(|error| Error::io("cannot make", folder, error))?;
    for file in &chart.raw {
        let inner = Path::new(&*file.name);
        let plain = inner.components().all(|part| matches!(part, std::path::Component::Normal(_)));
        if !plain {
            let message = format!("`{}` leads out of the chart", file.name.escape_debug());
            return Err(Error::new(ErrorKind::Content, message));
        }
        let path = folder.join(inner);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| Error::io("cannot make", parent, error))?;
        }
        fs::write(&path, &file.data).map_err(|error| Error::io("cannot write", &path, error))?;
    }
    Ok(())
}
