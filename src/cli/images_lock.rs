//! `chartwright images lock`.

use super::args::GlobalArgs;
use super::fetch;
use super::images::now;
use super::images_gather::{GatherArgs, Gathered, gather};
use super::report::harmless;
use super::shown::counted;
use super::ui::{ExitStatus, Outcome, Stop, Ui};
use crate::chart;
use crate::diagnostic::{Diagnostic, Error, ErrorKind};
use crate::images::{Drift, ImagesLock, LockedDigest, Reference as Image};
use crate::repository::oci::{ImageDigests, Platforms, Reference, Registry};
use crate::threads::each_waiting;
use clap::Args;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The name of a lock beside Chart.yaml.
const FILE: &str = "Images.lock";

/// Write Images.lock: the digest of each image, as the registry that is named has it
///
/// Every image of every chart has to be there; else nothing is written and the status is 1, or 2 where a registry could
/// not be asked. A lock that says the same already stays as it is. With --check nothing is written, and the status is
/// 1 where a lock does not fit.
#[derive(Debug, Args)]
pub(super) struct LockArgs {
    /// The charts: folders, or with --lock-file one archive or name
    #[arg(value_name = "CHART", required = true)]
    charts: Vec<String>,
    /// The registry that is asked for every image: HOST or HOST/PREFIX, behind which the repositories lie as charts
    /// write them
    #[arg(long, value_name = "REGISTRY", required_unless_present_any = ["own_registries", "check"])]
    registry: Option<String>,
    /// Ask each image's own registry; docker.io where it names none
    #[arg(long, conflicts_with = "registry")]
    own_registries: bool,
    /// Keep also the digest for a platform such as linux/amd64, or for `all`
    #[arg(long, value_name = "OS/ARCHITECTURE")]
    platform: Vec<String>,
    /// Compare the lock with the chart and, where a registry is named, with what is there now
    #[arg(long)]
    check: bool,
    /// The lock of the one chart, instead of its Images.lock
    #[arg(long, value_name = "FILE")]
    lock_file: Option<PathBuf>,
    #[command(flatten)]
    gather: GatherArgs,
}

/// A chart with the place of its lock.
struct Subject {
    found: Gathered,
    file: PathBuf,
}

impl LockArgs {
    /// Gathers the images of all charts, asks, then writes or compares.
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        let platforms = Platforms::parse(&self.platform)?;
        self.check_flags()?;
        let mut subjects = Vec::new();
        for chart in &self.charts {
            let found = gather(chart, &self.gather, global, ui)?;
            let file = self.file(chart, &found.path)?;
            subjects.push(Subject { found, file });
        }
        let answers = match self.registry.is_some() || self.own_registries {
            true => match self.ask(&subjects, &platforms, ui)? {
                Ok(answers) => Some(answers),
                Err(status) => return Ok(status),
            },
            false => None,
        };
        match answers {
            answers if self.check => check(&subjects, answers.as_ref(), ui),
            Some(answers) => write(&subjects, &answers, ui),
            None => Ok(ExitStatus::Success),
        }
    }

    /// What is known of one host is sent to no other.
    fn check_flags(&self) -> Result<(), Error> {
        let usage = |message: &str| Error::new(ErrorKind::Usage, message);
        if self.lock_file.is_some() && self.charts.len() > 1 {
            return Err(usage("expected one chart with `--lock-file`").hint("without it each chart has its own"));
        }
        if self.gather.chart.options().network.username.is_empty() {
            return Ok(());
        }
        let login = "log in with `chartwright registry login`, which keeps a password for each host";
        if self.own_registries {
            return Err(usage("`--username` cannot be for all registries of `--own-registries`").hint(login));
        }
        match self.charts.iter().find(|chart| !Path::new(chart).exists()) {
            Some(chart) => {
                let message = format!("`--username` can be for the place of `{chart}` or for the registry");
                Err(usage(&harmless(&message)).hint(login))
            }
            None => Ok(()),
        }
    }

    fn file(&self, chart: &str, path: &Path) -> Result<PathBuf, Error> {
        match &self.lock_file {
            Some(file) => Ok(file.clone()),
            None if path.is_dir() => Ok(Path::new(chart).join(FILE)),
            None => {
                let message = format!("`{}` is no folder that could hold {FILE}", harmless(chart));
                Err(Error::new(ErrorKind::Usage, message).hint("name the lock with --lock-file"))
            }
        }
    }

    /// Asks for each image once. Where one cannot be told, all that cannot are told, and the status comes back.
    fn ask(
        &self,
        subjects: &[Subject],
        platforms: &Platforms,
        ui: &mut Ui,
    ) -> Result<Result<BTreeMap<Image, ImageDigests>, ExitStatus>, Stop> {
        let registry = fetch::fetcher(&self.gather.chart.options(), ui.face())?.registry();
        let images: BTreeSet<&Image> = subjects.iter().flat_map(|subject| subject.found.listing.images()).collect();
        let images: Vec<&Image> = images.into_iter().collect();
        let answers = each_waiting(images.len(), |at| self.digests(images[at], &registry, platforms));
        let (mut known, mut worst) = (BTreeMap::new(), None);
        for (image, answer) in images.iter().zip(answers) {
            match answer {
                Ok(digests) => drop(known.insert((*image).clone(), digests)),
                Err(error) => {
                    let content = matches!(error.kind(), ErrorKind::Content | ErrorKind::Limit);
                    let status = if content { ExitStatus::Content } else { ExitStatus::Failure };
                    worst = if worst == Some(ExitStatus::Failure) { worst } else { Some(status) };
                    tell(image, &error, ui);
                }
            }
        }
        let Some(status) = worst else { return Ok(Ok(known)) };
        let missing = images.len() - known.len();
        ui.complain(&format!("{missing} of {} could not be told; nothing was written", counted(images.len(), "image")));
        Ok(Err(status))
    }

    fn digests(&self, image: &Image, registry: &Registry, platforms: &Platforms) -> Result<ImageDigests, Error> {
        let place = match &self.registry {
            Some(named) => {
                let named = named.strip_prefix("oci://").unwrap_or(named).trim_end_matches('/');
                Reference::of_image_in(image, named)?
            }
            None => Reference::of_image(image)?,
        };
        registry.image(&place, platforms)?.ok_or_else(|| {
            let error = Error::new(ErrorKind::Content, format!("`{place}` is not there"));
            match self.registry {
                Some(_) => error.hint("copy it there first, for example with skopeo, crane or `bundle load`"),
                None => error.hint("look at the name and the tag; the tag may have been removed"),
            }
        })
    }
}

fn tell(image: &Image, error: &Error, ui: &mut Ui) {
    let told = Diagnostic::error(harmless(&format!("image `{image}`: {}", error.message())));
    ui.warn(&error.hints().iter().fold(told, |told, hint| told.hint(harmless(hint))));
}

/// The lock that a chart would have now.
fn lock_now(subject: &Subject, answers: &BTreeMap<Image, ImageDigests>) -> ImagesLock {
    let mut lock = subject.found.listing.lock(&subject.found.chart.metadata, &now());
    for locked in &mut lock.images {
        let Some(found) = answers.get(&locked.image) else { continue };
        let own = LockedDigest { digest: found.digest.to_string(), platform: None };
        let platforms = found
            .platforms
            .iter()
            .map(|(platform, digest)| LockedDigest { digest: digest.to_string(), platform: Some(platform.clone()) });
        locked.digests = [own].into_iter().chain(platforms).collect();
    }
    lock
}

fn write(subjects: &[Subject], answers: &BTreeMap<Image, ImageDigests>, ui: &mut Ui) -> Outcome {
    for subject in subjects {
        let lock = lock_now(subject, answers);
        // A lock that cannot be read gives way; one that says the same keeps its time.
        let same = match subject.file.exists() {
            true => chart::read_file(&subject.file).ok().and_then(|text| ImagesLock::parse(&text).ok()),
            false => None,
        };
        let what = match same.is_some_and(|known| known.says_the_same(&lock)) {
            true => "unchanged",
            false => {
                crate::repository::replace(&subject.file, lock.to_string().as_bytes())?;
                "written"
            }
        };
        let line = format!("{}: {}, {what}", subject.file.display(), counted(lock.images.len(), "image"));
        ui.print(format!("{}\n", harmless(&line)))?;
    }
    Ok(ExitStatus::Success)
}

fn check(subjects: &[Subject], answers: Option<&BTreeMap<Image, ImageDigests>>, ui: &mut Ui) -> Outcome {
    let mut status = ExitStatus::Success;
    for subject in subjects {
        let file = subject.file.display().to_string();
        if !subject.file.exists() {
            status = ExitStatus::Content;
            let told = Diagnostic::error(harmless(&format!("`{file}` is not there")));
            ui.warn(&told.hint("`images lock` with --registry or --own-registries writes it"));
            continue;
        }
        let lock = ImagesLock::parse(&chart::read_file(&subject.file)?);
        let lock = lock.map_err(|error| Error::new(error.kind(), format!("`{file}`: {}", error.message())))?;
        let mut drift = lock.drift(&subject.found.listing);
        drift.extend(answers.map(|answers| lock.moved(&lock_now(subject, answers))).unwrap_or_default());
        for one in &drift {
            status = ExitStatus::Content;
            let told = Diagnostic::error(harmless(&format!("{file}: {one}")));
            ui.warn(&told.hint(cure(one)));
        }
        if drift.is_empty() {
            let line = format!("{file}: {}, as locked", counted(lock.images.len(), "image"));
            ui.print(format!("{}\n", harmless(&line)))?;
        }
    }
    Ok(status)
}

fn cure(drift: &Drift) -> &'static str {
    match drift {
        Drift::Moved { locked, .. } if !locked.is_empty() => {
            "somebody pushed another image under the tag; look what it is before `images lock` takes it over"
        }
        _ => "`images lock` writes it anew",
    }
}
