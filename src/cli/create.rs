//! `chartwright create`, and what it shares with `helm create`.

use super::args::GlobalArgs;
use super::flags::help;
use super::helm::data_folder;
use super::run_template::load_options;
use super::system::SystemWorld;
use super::ui::{ExitStatus, Outcome, Stop, Ui};
use crate::chart::pack::{self, HelmTimes};
use crate::chart::{self, Chart, Compat, File, LoadOptions, Notices, os, starter};
use crate::diagnostic::{Error, ErrorKind};
use crate::repository::replace;
use crate::world::World;
use clap::Args;
use std::path::{Path, PathBuf};

/// Start a chart with a schema, unit tests and questions
#[derive(Debug, Args)]
pub(super) struct CreateArgs {
    /// The chart's name, or the path of the folder to make, whose last part is the name
    name: String,
    #[arg(short = 'p', long, help = help("starter"), value_name = "NAME|PATH")]
    starter: Option<String>,
}

impl CreateArgs {
    /// Writes the chart; a folder that has anything in it is left alone.
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        let place = Place::of(&self.name);
        let folder = place.folder();
        if std::fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some()) {
            let error = Error::new(ErrorKind::Usage, format!("folder `{}` is not empty", folder.display()));
            return Err(error.hint("name a folder that is not there yet").into());
        }
        let load = load_options(global.helm_compat, global.limits());
        match &self.starter {
            Some(starter) => from_starter(&place, starter, &load, ui)?,
            None => {
                let files = starter::files(&place.name)?;
                files.iter().try_for_each(|file| write(&folder, file))?;
            }
        }
        ui.say(&format!("created {}", folder.display()));
        ui.say(&format!("next: chartwright template my-{} {}", place.name, folder.display()));
        Ok(ExitStatus::Success)
    }
}

/// Where a chart is made.
pub(super) struct Place {
    pub(super) name: String,
    pub(super) parent: String,
}

impl Place {
    /// The folder that a name or path means.
    pub(super) fn of(path: &str) -> Place {
        let name = os::base(path).to_owned();
        let parent = match path.trim_end_matches('/').rsplit_once('/') {
            Some(("", _)) => "/".to_owned(),
            Some((parent, _)) => os::clean(parent),
            None => ".".to_owned(),
        };
        Place { name, parent }
    }

    pub(super) fn folder(&self) -> PathBuf {
        PathBuf::from(os::join(&self.parent, &self.name))
    }
}

/// Makes a chart from a starter, subcharts as archives, as Helm does.
pub(super) fn from_starter(place: &Place, name: &str, load: &LoadOptions, ui: &mut Ui) -> Result<(), Stop> {
    let path = if name.starts_with('/') { name.to_owned() } else { os::join(&data_folder("starters"), name) };
    let mut notices = Notices::new();
    let starter = Chart::load(Path::new(&path), load, &mut notices);
    ui.log_all(notices);
    let starter = starter.map_err(|error| {
        let told = Error::new(error.kind(), format!("could not load {path}: {error}"));
        error.hints().iter().fold(told, |told, hint| told.hint(hint))
    })?;
    let folder = place.folder();
    if std::fs::metadata(&folder).is_ok_and(|about| !about.is_dir()) {
        let text = format!("file {} already exists and is not a directory", folder.display());
        return Err(Error::new(ErrorKind::Io, text).into());
    }
    starter::files_from(&starter, &place.name)?.iter().try_for_each(|file| write(&folder, file))?;
    let times = HelmTimes { now: SystemWorld::default().now(), epoch: None };
    for sub in &starter.dependencies {
        let bytes = pack::pack_as_helm(sub, times, Compat::Helm43)?;
        write(&folder.join("charts"), &File::new(pack::archive_name(sub), bytes))?;
    }
    Ok(())
}

/// Writes a file of a chart with the folders above it.
pub(super) fn write(folder: &Path, file: &File) -> Result<(), Error> {
    let path = folder.join(&*file.name);
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(|cause| chart::os::error("mkdir", parent, cause))?;
    }
    replace(&path, &file.data)
}
