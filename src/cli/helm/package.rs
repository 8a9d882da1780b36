//! `helm package`, `helm verify` and `helm create`: Helm's order of work, which decides what is told first.

use super::pflag::Parsed;
use super::{environment, refuse};
use crate::chart::pack::{self, HelmTimes};
use crate::chart::{Chart, Compat, LoadOptions, Notices, check, os, starter};
use crate::cli::create::{self, Place};
use crate::cli::keyring;
use crate::cli::options;
use crate::cli::run_dependency;
use crate::cli::run_package::{self, SignOptions};
use crate::cli::system::SystemWorld;
use crate::cli::ui::{ExitStatus, Outcome, Stop, Ui};
use crate::diagnostic::{Error, ErrorKind};
use crate::provenance;
use crate::version::Version;
use crate::world::World;
use std::path::{Path, PathBuf};

/// The ring that is named, or the one that holds when none is.
pub(super) fn keyring(parsed: &Parsed, compat: Compat) -> PathBuf {
    let given = parsed.is_given("keyring").then(|| PathBuf::from(parsed.text("keyring")));
    keyring::chosen(given.as_deref(), compat)
}

/// `helm package`.
pub(super) fn package(parsed: &Parsed, ui: &mut Ui) -> Outcome {
    let compat = options::compat(parsed.text("helm-compat")).map_err(refuse)?;
    if parsed.arguments.is_empty() {
        return Err(refuse("need at least one argument, the path to the chart"));
    }
    let epoch = if compat == Compat::Helm43 { run_package::source_date_epoch()? } else { None };
    let sign = parsed.is_on("sign").then(|| SignOptions {
        key: parsed.text("key").to_owned(),
        keyring: keyring(parsed, compat),
        passphrase_file: parsed.text("passphrase-file").to_owned(),
    });
    if let Some(sign) = &sign {
        if sign.key.is_empty() {
            return Err(refuse("--key is required for signing a package"));
        }
        if sign.keyring.as_os_str().is_empty() {
            return Err(refuse("--keyring is required for signing a package"));
        }
    }
    let now = SystemWorld::default().now();
    let times = HelmTimes { now, epoch: epoch.map(|seconds| i128::from(seconds) * 1_000_000_000) };
    let mut job =
        Job { parsed, compat, times, sign, key: None, load: LoadOptions { compat, ..LoadOptions::default() } };
    for argument in &parsed.arguments {
        let path = job.package(argument, ui)?;
        ui.print(format!("Successfully packaged chart and saved it to: {path}\n"))?;
    }
    Ok(ExitStatus::Success)
}

struct Job<'a> {
    parsed: &'a Parsed,
    compat: Compat,
    times: HelmTimes,
    sign: Option<SignOptions>,
    /// The unlocked key: a passphrase from standard input comes only once.
    key: Option<provenance::SecretKey>,
    load: LoadOptions,
}

impl Job<'_> {
    /// Packages one chart; returns the path of its archive.
    fn package(&mut self, argument: &str, ui: &mut Ui) -> Result<String, Stop> {
        std::fs::metadata(argument).map_err(|cause| os::error("stat", Path::new(argument), cause))?;
        if self.parsed.is_on("dependency-update") {
            let path = absolute(argument)?;
            let remote = (&environment::homes(self.parsed), &environment::network(self.parsed));
            run_dependency::update_quietly(&path.to_string_lossy(), &self.load, remote, self.times, ui)?;
        }
        let mut notices = Notices::new();
        let chart = Chart::load_folder(Path::new(argument), &self.load, &mut notices);
        ui.log_all(notices);
        let mut chart = chart?;
        check::check_api_version(&chart, self.compat)?;
        self.stamp(&mut chart)?;
        let path = self.save(&mut chart)?;
        if let Some(sign) = &self.sign {
            let key = match self.key.take() {
                Some(key) => key,
                None => run_package::unlocked_key(sign, self.compat)?,
            };
            run_package::sign(Path::new(&path), &key, &self.load)?;
            self.key = Some(key);
        }
        Ok(path)
    }

    fn stamp(&self, chart: &mut Chart) -> Result<(), Stop> {
        let (version, app_version) = (self.parsed.text("version"), self.parsed.text("app-version"));
        if !version.is_empty() {
            version.clone_into(&mut chart.metadata.version);
        }
        Version::parse(&chart.metadata.version).map_err(|fault| refuse(fault.message()))?;
        if !app_version.is_empty() {
            app_version.clone_into(&mut chart.metadata.app_version);
        }
        Ok(check::check_vendored(chart)?)
    }

    fn save(&self, chart: &mut Chart) -> Result<String, Stop> {
        let failed = |error: Error| {
            let told = Error::new(error.kind(), format!("failed to save: {error}"));
            error.hints().iter().fold(told, |told, hint| told.hint(hint))
        };
        let validated = chart.metadata.validate();
        validated.map_err(|error| failed(Error::new(error.kind(), format!("chart validation: {error}"))))?;
        let folder = match self.parsed.is_given("destination") {
            true => self.parsed.text("destination").to_owned(),
            false => ".".to_owned(),
        };
        let folder = if folder == "." { working_folder()? } else { folder };
        let path = os::join(&folder, &pack::archive_name(chart));
        let parent = match path.rsplit_once('/') {
            Some(("", _)) => "/",
            Some((parent, _)) => parent,
            None => ".",
        };
        make_folder(Path::new(parent)).map_err(failed)?;
        let bytes = pack::pack_as_helm(chart, self.times, self.compat).map_err(failed)?;
        run_package::write(Path::new(&path), &bytes).map_err(failed)?;
        Ok(path)
    }
}

fn working_folder() -> Result<String, Stop> {
    let here = std::env::current_dir().map_err(|cause| os::error("getwd", Path::new("."), cause))?;
    Ok(here.to_string_lossy().into_owned())
}

fn make_folder(folder: &Path) -> Result<(), Error> {
    match std::fs::metadata(folder) {
        Ok(about) if about.is_dir() => Ok(()),
        Ok(_) => Err(Error::new(ErrorKind::Io, format!("is not a directory: {}", folder.display()))),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
            std::fs::create_dir_all(folder).map_err(|cause| os::error("mkdir", folder, cause))
        }
        Err(cause) => {
            let error = os::error("stat", folder, cause);
            Err(Error::new(ErrorKind::Io, format!("stat {}: {error}", folder.display())))
        }
    }
}

/// `helm verify`.
pub(super) fn verify(parsed: &Parsed, ui: &mut Ui) -> Outcome {
    let compat = options::compat(parsed.text("helm-compat")).map_err(refuse)?;
    let path = parsed.arguments.first().map_or("", String::as_str);
    let now = SystemWorld::default().now();
    let verified = provenance::verify_file(Path::new(path), &keyring(parsed, compat), compat, now)?;
    for name in &verified.identities {
        ui.print(format!("Signed by: {name}\n"))?;
    }
    ui.print(format!("Using Key With Fingerprint: {}\n", verified.fingerprint))?;
    ui.print(format!("Chart Hash Verified: {}\n", verified.digest))?;
    Ok(ExitStatus::Success)
}

/// Helm's text for what it has not switched on yet.
const V3_IS_OFF: &str = "this feature has been marked as experimental and is not enabled by default. \
                         Please set HELM_EXPERIMENTAL_CHART_V3=1 in your environment to use this feature";

/// `helm create`: Helm's messages around our starter.
pub(super) fn create(parsed: &Parsed, ui: &mut Ui) -> Outcome {
    let compat = options::compat(parsed.text("helm-compat")).map_err(refuse)?;
    let path = parsed.arguments.first().map_or("", String::as_str);
    ui.print(format!("Creating {path}\n"))?;
    match parsed.text("chart-api-version") {
        "" | "v2" => {}
        "v3" if environment::variable("HELM_EXPERIMENTAL_CHART_V3").is_empty() => return Err(refuse(V3_IS_OFF)),
        "v3" => {
            return Err(refuse("charts of version v3 are not made here; run it with the real Helm (https://helm.sh)"));
        }
        other => return Err(refuse(format!("unsupported chart API version: {other} (supported: v2, v3)"))),
    }
    let place = Place::of(path);
    let starter = parsed.text("starter");
    if !starter.is_empty() {
        create::from_starter(&place, starter, &LoadOptions { compat, ..LoadOptions::default() }, ui)?;
        return Ok(ExitStatus::Success);
    }
    let files = starter::files(&place.name)?;
    let parent = absolute(&place.parent)?;
    let about = std::fs::metadata(&parent).map_err(|cause| os::error("stat", &parent, cause))?;
    if !about.is_dir() {
        return Err(refuse(format!("no such directory {}", parent.display())));
    }
    let folder = parent.join(&place.name);
    if std::fs::metadata(&folder).is_ok_and(|about| !about.is_dir()) {
        return Err(refuse(format!("file {} already exists and is not a directory", folder.display())));
    }
    for file in &files {
        let path = folder.join(&*file.name);
        if path.exists() {
            let path = super::go::quote(&path.to_string_lossy());
            ui.print(format!("WARNING: File {path} already exists. Overwriting.\n"))?;
        }
        create::write(&folder, file)?;
    }
    let charts = folder.join("charts");
    std::fs::create_dir_all(&charts).map_err(|cause| os::error("mkdir", &charts, cause))?;
    Ok(ExitStatus::Success)
}

fn absolute(path: &str) -> Result<PathBuf, Stop> {
    let path = if path.starts_with('/') { path.to_owned() } else { format!("{}/{path}", working_folder()?) };
    Ok(PathBuf::from(os::clean(&path)))
}
