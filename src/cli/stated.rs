//! Organisation and environments as commands name them: their files, those beside them, their values templates.

use super::ui::Stop;
use crate::chart::{self, LoadOptions};
use crate::diagnostic::{Diagnostic, Error, ErrorKind};
use crate::environment::{
    Environment, Known, Organisation, Sought, check_together, derive, shipped_template, template_names,
};
use crate::repository::Shelf;
use crate::source::{Source, SourceId, Sources};
use crate::threads::each_waiting;
use crate::world::FixedWorld;
use clap::Args;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The most bytes of an environment, organisation or values template file that is read.
const LARGEST: u64 = 8 << 20;

/// Which files state what.
#[derive(Debug, Default, Args)]
pub(super) struct StatedArgs {
    /// Environment files; all of `environments/` unless named
    #[arg(value_name = "ENVIRONMENT")]
    pub(super) environments: Vec<PathBuf>,
    /// What all environments share; `organisation.yaml` beside or above the first environment unless named
    #[arg(long, value_name = "FILE")]
    pub(super) organisation: Option<PathBuf>,
}

/// What the files state.
pub(super) struct Stated {
    pub(super) organisation: Option<Organisation>,
    pub(super) environments: Vec<Environment>,
    /// Base infrastructure that follows from them.
    pub(super) base: Vec<Environment>,
    /// Where the values templates of a site lie, by the environment's file.
    folders: HashMap<SourceId, PathBuf>,
    /// What does not hinder.
    pub(super) warnings: Vec<Diagnostic>,
}

impl StatedArgs {
    /// Reads all files, and tells the problems of all of them and between them.
    pub(super) fn read(&self, sources: &mut Sources) -> Result<Stated, Stop> {
        let organisation = self.organisation.clone().or_else(|| self.near());
        let (environments, known) = match self.environments.is_empty() {
            true => (beside(organisation.as_deref())?, Known::All),
            false => (self.environments.clone(), Known::Some),
        };
        let (stated, mut found) = load(organisation.as_deref(), &environments, sources)?;
        // Names are judged only where all files could be read.
        let known = if found.is_empty() { known } else { Known::Some };
        let all: Vec<&Environment> = stated.environments.iter().collect();
        found.extend(check_together(stated.organisation.as_ref(), &all, known));
        if found.is_empty() { Ok(stated) } else { Err(found.into()) }
    }

    /// The organisation's file beside or above the first environment, or here.
    fn near(&self) -> Option<PathBuf> {
        let folder =
            self.environments.first().map_or(Path::new("environments"), |file| file.parent().unwrap_or(Path::new("")));
        let above = folder.parent().map(|above| above.join("organisation.yaml"));
        let above = above.or_else(|| folder.as_os_str().is_empty().then(|| PathBuf::from("../organisation.yaml")));
        [Some(folder.join("organisation.yaml")), above].into_iter().flatten().find(|path| path.is_file())
    }
}

/// Reads the files of an organisation and of environments; what is wrong with them comes back beside what is right.
pub(super) fn load(
    organisation: Option<&Path>,
    environments: &[PathBuf],
    sources: &mut Sources,
) -> Result<(Stated, Vec<Diagnostic>), Stop> {
    let mut found = Vec::new();
    let mut stated = Stated {
        organisation: None,
        environments: Vec::new(),
        base: Vec::new(),
        folders: HashMap::new(),
        warnings: Vec::new(),
    };
    if let Some(path) = organisation {
        match Organisation::load(read_source(path)?, sources) {
            Ok(organisation) => {
                let folder = path.parent().unwrap_or(Path::new("")).join("values");
                stated.folders.insert(organisation.source, folder);
                stated.warnings.extend(organisation.warnings.iter().cloned());
                stated.organisation = Some(organisation);
            }
            Err(wrong) => found.extend(wrong),
        }
    }
    for path in environments {
        match Environment::load(read_source(path)?, stated.organisation.as_ref(), sources) {
            Ok(environment) => {
                let folder = path.parent().unwrap_or(Path::new("")).join("values");
                stated.folders.insert(environment.source, folder);
                stated.warnings.extend(environment.warnings.iter().cloned());
                stated.environments.push(environment);
            }
            Err(wrong) => found.extend(wrong),
        }
    }
    Ok((stated, found))
}

/// All files of `environments/` beside the organisation's file, sorted.
fn beside(organisation: Option<&Path>) -> Result<Vec<PathBuf>, Error> {
    let folder = organisation.and_then(Path::parent).unwrap_or(Path::new("")).join("environments");
    let listed = fs::read_dir(&folder).map_err(|error| {
        Error::io("cannot read", &folder, error).hint("name environment files, or stand where `environments/` is")
    })?;
    let mut files = Vec::new();
    for entry in listed {
        let path = entry.map_err(|error| Error::io("cannot read", &folder, error))?.path();
        let is_yaml = path.extension().is_some_and(|end| end == "yaml" || end == "yml");
        if is_yaml && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    if files.is_empty() {
        let message = format!("`{}` holds no environment", folder.display());
        return Err(Error::new(ErrorKind::Usage, message).hint("write one with `chartwright env new`"));
    }
    Ok(files)
}

/// Which releases are taken into account.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct ReleasesArgs {
    /// Charts: a folder of charts, or a repository; those that come with chartwright stand behind them
    #[arg(long, value_name = "DIR|REPO")]
    pub(super) charts: Option<String>,
    /// Only what environments list: no base infrastructure, and nothing that modules need
    #[arg(long)]
    pub(super) listed_only: bool,
}

impl ReleasesArgs {
    /// The charts.
    pub(super) fn shelf(&self) -> Result<Shelf, Error> {
        self.charts.as_deref().map_or_else(|| Ok(Shelf::shipped()), |place| Ok(Shelf::open(place)?.with_shipped()))
    }
}

impl Stated {
    /// Adds the releases that follow from what is stated.
    pub(super) fn derive(
        &mut self,
        args: &ReleasesArgs,
        charts: &Shelf,
        load: &LoadOptions,
        sources: &mut Sources,
    ) -> Result<(), Stop> {
        if args.listed_only {
            return Ok(());
        }
        let environments = std::mem::take(&mut self.environments);
        let template =
            |environment: &Environment, chart: &str, version: &str| self.template(environment, chart, version);
        let sought = Sought {
            organisation: self.organisation.as_ref(),
            environments: &environments,
            charts,
            template: &template,
            compat: load.compat,
            load: load.clone(),
        };
        let derived = derive(&sought, &FixedWorld::default(), sources)?;
        (self.base, self.environments) = (derived.base, derived.environments);
        // Deriving finds more of them.
        let own = self.organisation.iter().flat_map(|organisation| &organisation.warnings);
        let warnings = own.chain(self.all().flat_map(|environment| &environment.warnings)).cloned().collect();
        self.warnings = warnings;
        Ok(())
    }

    /// Base infrastructure, then the environments.
    pub(super) fn all(&self) -> impl Iterator<Item = &Environment> {
        self.base.iter().chain(&self.environments)
    }

    /// The template beside the environment's file wins over the shipped one, that of the chart's generation over that
    /// of all.
    pub(super) fn template(
        &self,
        environment: &Environment,
        chart: &str,
        version: &str,
    ) -> Result<Option<Source>, Error> {
        let own = self.folders.get(&environment.source).and_then(|folder| {
            let paths = template_names(chart, version).into_iter().map(|name| folder.join(format!("{name}.yaml.tera")));
            paths.into_iter().find(|path| path.exists())
        });
        match own {
            Some(path) => read_source(&path).map(Some),
            None => Ok(shipped_template(chart, version)),
        }
    }
}

pub(super) fn read_source(path: &Path) -> Result<Source, Error> {
    let about = fs::metadata(path).map_err(|error| Error::io("cannot read", path, error))?;
    if about.is_dir() {
        let message = format!("cannot read `{}`: it is a folder", path.display());
        return Err(Error::new(ErrorKind::Io, message).hint("name a file"));
    }
    if about.len() > LARGEST {
        return Err(Error::new(ErrorKind::Limit, format!("`{}` is larger than {LARGEST} bytes", path.display())));
    }
    Ok(Source::new(path.to_string_lossy(), chart::read_file(path)?))
}

/// A file that is to be written: its place, its bytes and its mode.
pub(super) type Wanted<'a> = (PathBuf, &'a [u8], u32);

/// Writes files as [`write_whole`] does, many at a time.
pub(super) fn write_all(files: &[Wanted<'_>]) -> Result<(), Error> {
    let write = |at: usize| {
        let (path, bytes, mode) = &files[at];
        write_whole(path, bytes, *mode)
    };
    each_waiting(files.len(), write).into_iter().collect()
}

/// Writes a file beside its place and moves it there; equal bytes are left alone.
pub(super) fn write_whole(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Error> {
    if fs::read(path).is_ok_and(|have| have == bytes) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| Error::io("cannot make", folder, error))?;
    }
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}", std::process::id()));
    let beside = path.with_file_name(name);
    let written = write_new(&beside, bytes, mode).and_then(|()| fs::rename(&beside, path));
    written.map_err(|error| {
        let _ = fs::remove_file(&beside);
        Error::io("cannot write", path, error)
    })
}

fn write_new(path: &Path, bytes: &[u8], mode: u32) -> std::io::Result<()> {
    use std::io::Write;
    let mut file = fs::File::create(path)?;
    file.write_all(bytes)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.set_permissions(fs::Permissions::from_mode(mode))?;
    }
    let _ = mode;
    file.sync_all()
}
