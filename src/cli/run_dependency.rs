//! What `dependency` does when called as `helm`, and `--dependency-update` with it.

use super::options::{DependencyOptions, Homes, NetworkOptions, Task, TemplateOptions};
use super::remote::Network;
use super::run_package;
use super::run_template::load_options;
use super::system::SystemWorld;
use super::table::table;
use super::ui::{ExitStatus, Outcome, Stop, Ui};
use crate::chart::pack::{self, HelmTimes};
use crate::chart::{Chart, Compat, LoadOptions, Notices, os};
use crate::dependency::helm::Downloader;
use crate::dependency::{Refresh, Signatures, Supply, list};
use crate::diagnostic::Error;
use crate::provenance::{self, Keyring};
use crate::world::{Timestamp, World};
use std::path::Path;

/// Lists, builds or updates the dependencies of a chart.
pub(super) fn run(options: &DependencyOptions, ui: &mut Ui) -> Outcome {
    if options.debug {
        ui.show_debug();
    }
    match options.task {
        Task::List => list(options, ui),
        Task::Build | Task::Update => fetch(options, ui),
    }
}

fn list(options: &DependencyOptions, ui: &mut Ui) -> Outcome {
    let load = load_options(options.compat, options.limits);
    let mut notices = Notices::new();
    let chart = Chart::load_undetected(Path::new(&options.path), &load, &mut notices);
    ui.log_all(notices);
    let chart = chart?;
    let Some(declared) = &chart.metadata.dependencies else {
        ui.print(format!("WARNING: no dependencies at {}\n", os::join(&options.path, "charts")))?;
        return Ok(ExitStatus::Success);
    };
    let mut rows = vec![["NAME", "VERSION", "REPOSITORY", "STATUS"].map(str::to_owned).to_vec()];
    for one in declared {
        let status = list::status(&options.path, one, &chart, &load);
        rows.push(vec![one.name.clone(), one.version.clone(), one.repository.clone(), status.to_string()]);
    }
    ui.print(format!("{}\n\n", table(&rows, options.column_width)))?;
    match list::strays(&options.path, declared, &load) {
        Ok(strays) => strays.iter().try_for_each(|stray| ui.print(format!("{stray}\n")))?,
        Err(error) => ui.print(format!("{error}\n"))?,
    }
    Ok(ExitStatus::Success)
}

fn fetch(options: &DependencyOptions, ui: &mut Ui) -> Outcome {
    let load = load_options(options.compat, options.limits);
    let job = Job {
        path: &options.path,
        load: &load,
        homes: &options.homes,
        network: &options.network,
        refresh: if options.skip_refresh { Refresh::No } else { Refresh::Yes },
        signatures: match (options.verify, options.task) {
            (false, _) => Signatures::Ignored,
            (true, Task::Build) => Signatures::IfThere,
            (true, _) => Signatures::Needed,
        },
        keyring: &options.keyring,
        debug: options.debug,
    };
    job.run(options.task, ui)?;
    Ok(ExitStatus::Success)
}

/// Fills `charts/` of the chart at a path before it is rendered: `--dependency-update`.
pub(super) fn update(path: &str, options: &TemplateOptions, ui: &mut Ui) -> Result<(), Stop> {
    let job = Job {
        path,
        load: &load_options(options.compat, options.limits),
        homes: &options.homes,
        network: &options.network,
        refresh: Refresh::Yes,
        signatures: Signatures::Ignored,
        keyring: Path::new(""),
        debug: options.debug,
    };
    job.run(Task::Update, ui)
}

/// The same before a chart is packaged: nothing is told, and SOURCE_DATE_EPOCH is the time of the lock.
pub(super) fn update_quietly(
    path: &str,
    load: &LoadOptions,
    (homes, network): (&Homes, &NetworkOptions),
    times: HelmTimes,
    ui: &mut Ui,
) -> Result<(), Stop> {
    let (refresh, signatures, debug) = (Refresh::Yes, Signatures::Ignored, false);
    let job = Job { path, load, homes, network, refresh, signatures, keyring: Path::new(""), debug };
    let generated = times.epoch.map_or_else(now, written);
    job.fetch(Task::Update, (times, generated), &mut |_| {}, ui)
}

struct Job<'a> {
    path: &'a str,
    load: &'a LoadOptions,
    homes: &'a Homes,
    network: &'a NetworkOptions,
    refresh: Refresh,
    signatures: Signatures,
    keyring: &'a Path,
    debug: bool,
}

impl Job<'_> {
    fn run(&self, task: Task, ui: &mut Ui) -> Result<(), Stop> {
        let epoch = if self.load.compat == Compat::Helm43 { run_package::source_date_epoch()? } else { None };
        let epoch = epoch.map(|seconds| i128::from(seconds) * 1_000_000_000);
        let times = HelmTimes { now: SystemWorld::default().now(), epoch };
        let mut said = Vec::new();
        let outcome = self.fetch(task, (times, now()), &mut |text| said.extend_from_slice(text.as_bytes()), ui);
        ui.print(said)?;
        outcome
    }

    fn fetch(
        &self,
        task: Task,
        (times, generated): (HelmTimes, String),
        say: &mut dyn FnMut(&str),
        ui: &mut Ui,
    ) -> Result<(), Stop> {
        let verify = |file: &str, bytes: &[u8], prov: &[u8]| -> Result<(), Error> {
            let ring = Keyring::load(self.keyring, self.load.compat)
                .map_err(|error| Error::new(error.kind(), format!("failed to load keyring: {error}")))?;
            provenance::verify(bytes, prov, file, &ring, times.now).map(drop)
        };
        let remote = Network::new(self.network.clone(), ui.face());
        let downloader = Downloader {
            chart: self.path,
            supply: Supply {
                load: self.load,
                cache: &self.homes.repository_cache,
                remote: &remote,
                refresh: self.refresh,
                signatures: (self.signatures, &verify),
                generated: &generated,
                pack: &|chart: &Chart| pack::pack_as_helm(chart, times, self.load.compat),
            },
            config: &self.homes.repository_config,
            debug: self.debug,
        };
        let mut notices = Notices::new();
        let mut say = say;
        let outcome = match task {
            Task::Build => downloader.build(&mut notices, &mut say),
            _ => downloader.update(&mut notices, &mut say),
        };
        ui.log_all(notices);
        Ok(outcome?)
    }
}

/// The time in the local zone, as Go writes it into a lock.
pub(super) fn now() -> String {
    let now = SystemWorld::default().now();
    let Ok(time) = jiff::Timestamp::from_nanosecond(now) else { return String::new() };
    let zoned = time.to_zoned(jiff::tz::TimeZone::system());
    match zoned.offset().seconds() {
        0 => time.to_string(),
        _ => time.display_with_offset(zoned.offset()).to_string(),
    }
}

/// A point in time in UTC, as Go writes it into a lock.
fn written(time: Timestamp) -> String {
    jiff::Timestamp::from_nanosecond(time).map(|time| time.to_string()).unwrap_or_default()
}
