//! `chartwright repo`.

use super::args::GlobalArgs;
use super::helm::environment::homes_of_environment;
use super::output::{Format, Row, write_rows};
use super::report::harmless;
use super::run_template::load_options;
use super::system::SystemWorld;
use super::ui::{ExitStatus, Outcome, Stop, Ui};
use super::{remote, shown};
use crate::chart::Notices;
use crate::dependency::repositories::{self, Entry, Repositories};
use crate::diagnostic::{Diagnostic, Error, ErrorKind};
use crate::repository::IndexFile;
use crate::repository::folder::{self, IndexForm, PruneOptions, RANCHER_ANNOTATION, Written};
use crate::repository::index::IndexOptions;
use crate::world::World;
use clap::{Args, Subcommand};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The longest password that is read from standard input.
const LONGEST_PASSWORD: u64 = 64 << 10;

/// Keep repository folders, and the list of known repositories.
#[derive(Debug, Args)]
pub(super) struct RepoArgs {
    #[command(subcommand)]
    command: RepoCommand,
}

#[derive(Debug, Subcommand)]
enum RepoCommand {
    Index(IndexArgs),
    Check(CheckArgs),
    Prune(PruneArgs),
    Add(AddArgs),
    List(ListArgs),
    Remove(RemoveArgs),
    Update(UpdateArgs),
}

/// Make the index of a folder of archives.
///
/// Entries of archives that did not change stay as they are; when nothing changed, nothing is written.
#[derive(Debug, Args)]
struct IndexArgs {
    /// The folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// URL that the folder is served at; relative URLs when left out
    #[arg(long, default_value = "", hide_default_value = true)]
    url: String,
    /// Keep the entries of this index, too
    #[arg(long, value_name = "FILE")]
    merge: Option<PathBuf>,
    /// Write JSON
    #[arg(long)]
    json: bool,
    /// Write also DIR/rancher/index.yaml, with the charts that Rancher Apps offers
    #[arg(long)]
    rancher: bool,
    /// Annotation of the charts that --rancher takes
    #[arg(long, value_name = "NAME", default_value = RANCHER_ANNOTATION, requires = "rancher")]
    annotation: String,
}

/// Check that every archive of a repository folder is there, whole, and the one that the index describes.
#[derive(Debug, Args)]
struct CheckArgs {
    /// The folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Take old versions out of a repository folder.
#[derive(Debug, Args)]
struct PruneArgs {
    /// The folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// How many versions of each chart stay, the newest
    #[arg(long, value_name = "COUNT", required_unless_present = "missing", value_parser = clap::value_parser!(u32).range(1..))]
    keep: Option<u32>,
    /// Take away entries whose archive is not in the folder
    #[arg(long)]
    missing: bool,
    /// Only tell what would go
    #[arg(long)]
    dry_run: bool,
}

/// Add a repository to the list that Helm shares.
#[derive(Debug, Args)]
struct AddArgs {
    /// Its name
    name: String,
    /// Its address
    url: String,
    /// User name
    #[arg(long, default_value = "", hide_default_value = true)]
    username: String,
    /// Read the password from standard input
    #[arg(long, requires = "username")]
    password_stdin: bool,
    /// Certificate authority of the repository
    #[arg(long, value_name = "FILE", default_value = "", hide_default_value = true)]
    ca_file: String,
    /// Client certificate
    #[arg(long, value_name = "FILE", default_value = "", hide_default_value = true)]
    cert_file: String,
    /// Key of the client certificate
    #[arg(long, value_name = "FILE", default_value = "", hide_default_value = true)]
    key_file: String,
    /// Do not check the repository's certificate
    #[arg(long)]
    insecure_skip_tls_verify: bool,
    /// Send user and password to other hosts, too
    #[arg(long)]
    pass_credentials: bool,
    /// Replace the repository of that name
    #[arg(long)]
    force_update: bool,
}

/// Print the list of repositories.
#[derive(Debug, Args)]
struct ListArgs {
    /// How it is printed
    #[arg(short, long, value_enum, default_value_t, value_name = "FORMAT")]
    output: Format,
}

/// Take repositories off the list.
#[derive(Debug, Args)]
struct RemoveArgs {
    /// Their names
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
}

/// Fetch the indexes of repositories.
#[derive(Debug, Args)]
struct UpdateArgs {
    /// Their names; all when left out
    #[arg(value_name = "NAME")]
    names: Vec<String>,
}

impl RepoArgs {
    /// Runs the command asked for.
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        match &self.command {
            RepoCommand::Index(args) => args.run(global, ui),
            RepoCommand::Check(args) => args.run(global, ui),
            RepoCommand::Prune(args) => args.run(ui),
            RepoCommand::Add(args) => args.run(global, ui),
            RepoCommand::List(args) => args.run(ui),
            RepoCommand::Remove(args) => args.run(ui),
            RepoCommand::Update(args) => args.run(global, ui),
        }
    }
}

impl IndexArgs {
    fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        let options = IndexOptions {
            url: self.url.clone(),
            created: crate::repository::index::time_text(SystemWorld::default().now()),
            load: load_options(global.helm_compat, global.limits()),
        };
        let merged = self.merge.as_deref().map(read_index).transpose()?;
        let form = if self.json { IndexForm::Json } else { IndexForm::Yaml };
        let (indexed, written) = folder::index_folder(&self.folder, merged.as_ref(), &options, form)?;
        for skipped in &indexed.skipped {
            let message = format!("`{}` is no chart and not in the index: {}", skipped.file, skipped.error);
            ui.warn(&Diagnostic::warning(message));
        }
        for missing in &indexed.missing {
            let message = format!("{missing} stays in the index, but its archive is not in the folder");
            let cure = format!("`chartwright repo prune --missing {}` takes it away", self.folder.display());
            ui.warn(&Diagnostic::warning(message).hint(cure));
        }
        let path = self.folder.join("index.yaml");
        ui.print(told(&path, indexed.index.len(), written))?;
        if self.rancher {
            let written = folder::write_catalogue(&self.folder, "rancher", &self.annotation, &indexed.index)?;
            let path = self.folder.join("rancher/index.yaml");
            let count = IndexFile::read(&path)?.map_or(0, |index| index.len());
            ui.print(told(&path, count, written))?;
        }
        Ok(ExitStatus::Success)
    }
}

fn read_index(path: &Path) -> Result<IndexFile, Stop> {
    let missing = || Error::new(ErrorKind::Io, format!("`{}` is not there", path.display()));
    IndexFile::read(path)?.ok_or_else(|| missing().into())
}

fn told(path: &Path, versions: usize, written: Written) -> String {
    let noun = if versions == 1 { "version" } else { "versions" };
    let what = if written == Written::Yes { "written" } else { "unchanged" };
    format!("{}: {versions} {noun}, {what}\n", path.display())
}

impl CheckArgs {
    fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        let load = load_options(global.helm_compat, global.limits());
        let found = folder::check(&self.folder, &load)?;
        for file in &found.unlisted {
            let warning = Diagnostic::warning(format!("`{file}` is not in the index"));
            ui.warn(&warning.hint("`chartwright repo index` adds it"));
        }
        let defects: Vec<Diagnostic> = found
            .defects
            .iter()
            .map(|defect| Diagnostic::error(format!("{}: {}", defect.subject, defect.what)))
            .collect();
        if !defects.is_empty() {
            return Err(defects.into());
        }
        let noun = if found.versions == 1 { "version" } else { "versions" };
        ui.print(format!("{}: {} {noun}, all whole\n", self.folder.display(), found.versions))?;
        Ok(ExitStatus::Success)
    }
}

impl PruneArgs {
    fn run(&self, ui: &mut Ui) -> Outcome {
        let options = PruneOptions {
            keep: self.keep.and_then(|keep| usize::try_from(keep).ok()),
            missing: self.missing,
            dry_run: self.dry_run,
            now: SystemWorld::default().now(),
        };
        let pruned = folder::prune(&self.folder, &options)?;
        let verb = if self.dry_run { "would remove" } else { "removed" };
        for what in pruned.versions.iter().chain(&pruned.files) {
            ui.print(format!("{verb} {}\n", harmless(what)))?;
        }
        ui.print(format!("{verb} {} from the index\n", shown::counted(pruned.versions.len(), "version")))?;
        Ok(ExitStatus::Success)
    }
}

impl AddArgs {
    fn entry(&self) -> Result<Entry, Stop> {
        let mut password = String::new();
        if self.password_stdin {
            let read = std::io::stdin().lock().take(LONGEST_PASSWORD).read_to_string(&mut password);
            read.map_err(|error| Error::io("cannot read", Path::new("standard input"), error))?;
        }
        Ok(Entry {
            name: self.name.clone(),
            url: self.url.clone(),
            username: self.username.clone(),
            password: password.trim_end_matches(['\r', '\n']).to_owned(),
            cert_file: self.cert_file.clone(),
            key_file: self.key_file.clone(),
            ca_file: self.ca_file.clone(),
            insecure: self.insecure_skip_tls_verify,
            pass_credentials: self.pass_credentials,
        })
    }

    fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        let homes = homes_of_environment();
        if self.name.contains('/') || self.name.is_empty() {
            let message = format!("`{}` cannot be the name of a repository", self.name.escape_debug());
            return Err(Error::new(ErrorKind::Usage, message).hint("leave `/` out").into());
        }
        repositories::check_address(&self.url)?;
        let _lock = repositories::lock(&homes.repository_config)?;
        let mut known = Repositories::read(&homes.repository_config)?;
        let entry = self.entry()?;
        match known.named(&self.name) {
            Some(same) if *same == entry && !self.force_update => {
                ui.print(format!("{} is on the list already\n", self.name))?;
                return Ok(ExitStatus::Success);
            }
            Some(_) if !self.force_update => {
                let message = format!("a repository `{}` is on the list, with other settings", self.name);
                return Err(Error::new(ErrorKind::Usage, message).hint("replace it with --force-update").into());
            }
            _ => {}
        }
        let mut notices = Notices::new();
        let remote = remote::for_repositories();
        let fetched =
            repositories::refresh(&entry, &homes.repository_cache, &*remote, global.helm_compat, &mut notices);
        ui.log_all(notices);
        fetched?;
        known.put(entry);
        known.write(&homes.repository_config)?;
        ui.print(format!("added {}\n", self.name))?;
        Ok(ExitStatus::Success)
    }
}

impl ListArgs {
    fn run(&self, ui: &mut Ui) -> Outcome {
        let known = Repositories::read(&homes_of_environment().repository_config)?;
        if known.0.is_empty() && self.output == Format::Table {
            ui.say("no repositories are on the list; `chartwright repo add NAME URL` adds one");
            return Ok(ExitStatus::Success);
        }
        let shown = |entry: &Entry| vec![harmless(&entry.name).into_owned(), harmless(&entry.url).into_owned()];
        let rows: Vec<Row> = known.0.iter().map(shown).collect();
        ui.print(write_rows(&[("name", "NAME"), ("url", "URL")], &rows, self.output, 0))?;
        Ok(ExitStatus::Success)
    }
}

impl RemoveArgs {
    fn run(&self, ui: &mut Ui) -> Outcome {
        let homes = homes_of_environment();
        let _lock = repositories::lock(&homes.repository_config)?;
        let mut known = Repositories::read(&homes.repository_config)?;
        if let Some(name) = self.names.iter().find(|name| known.named(name).is_none()) {
            return Err(unknown(name, &known).into());
        }
        for name in &self.names {
            known.remove(name);
        }
        known.write(&homes.repository_config)?;
        for name in &self.names {
            repositories::forget(&homes.repository_cache, name)?;
            ui.print(format!("removed {}\n", harmless(name)))?;
        }
        Ok(ExitStatus::Success)
    }
}

fn unknown(name: &str, known: &Repositories) -> Error {
    let error = Error::new(ErrorKind::Usage, format!("no repository `{}` is on the list", name.escape_debug()));
    match crate::diagnostic::nearest(name, known.0.iter().map(|entry| entry.name.as_bytes())) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint("`chartwright repo list` prints the list"),
    }
}

impl UpdateArgs {
    fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        let homes = homes_of_environment();
        let known = Repositories::read(&homes.repository_config)?;
        if let Some(name) = self.names.iter().find(|name| known.named(name).is_none()) {
            return Err(unknown(name, &known).into());
        }
        let wanted = known.0.iter().filter(|entry| self.names.is_empty() || self.names.contains(&entry.name));
        let mut failed = Vec::new();
        for entry in wanted {
            let mut notices = Notices::new();
            let cache = &homes.repository_cache;
            let fetched = repositories::check_address(&entry.url).and_then(|()| {
                repositories::refresh(entry, cache, &*remote::for_repositories(), global.helm_compat, &mut notices)
            });
            ui.log_all(notices);
            match fetched {
                Ok(()) => ui.print(format!("updated {}\n", harmless(&entry.name)))?,
                Err(error) => failed.push((entry.name.as_str(), error)),
            }
        }
        let Some((name, first)) = failed.pop() else { return Ok(ExitStatus::Success) };
        for (name, error) in &failed {
            ui.warn(&Diagnostic::error(format!("cannot update `{name}`: {error}")));
        }
        Err(Error::new(first.kind(), format!("cannot update `{name}`: {first}")).into())
    }
}
