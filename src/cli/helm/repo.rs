//! `helm repo` and `helm search`: Helm's texts around the repository room.

use super::pflag::Parsed;
use super::{environment, go, refuse};
use crate::chart::{self, LoadOptions, Notices, os};
use crate::cli::options::{self, Compat, Homes};
use crate::cli::output::{Format, Row, write_rows};
use crate::cli::remote;
use crate::cli::system::SystemWorld;
use crate::cli::ui::{ExitStatus, Outcome, Stop, Ui};
use crate::dependency::repositories::{self, Entry, Repositories};
use crate::diagnostic::{Error, ErrorKind};
use crate::repository::IndexFile;
use crate::repository::index::{HelmIndexOptions, charts_as_helm, helm_index};
use crate::repository::search::{Catalogue, Query};
use crate::world::World;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// Repositories that were there for years and are gone.
const GONE: [(&str, &str); 2] = [
    ("//kubernetes-charts.storage.googleapis.com", "https://charts.helm.sh/stable"),
    ("//kubernetes-charts-incubator.storage.googleapis.com", "https://charts.helm.sh/incubator"),
];
/// The widest column of a search.
const WIDEST: usize = 50;
/// The longest password.
const LONGEST_PASSWORD: u64 = 64 << 10;

fn compat(parsed: &Parsed) -> Result<Compat, Stop> {
    options::compat(parsed.text("helm-compat")).map_err(refuse)
}

/// `helm repo index`.
pub(super) fn index(parsed: &Parsed, ui: &mut Ui) -> Outcome {
    let folder = absolute(parsed.arguments.first().map_or("", String::as_str))?;
    let form = if parsed.is_on("json") { Form::Json } else { Form::Yaml };
    let world = SystemWorld::default();
    let created = go_time(&world)?;
    let load = LoadOptions { compat: compat(parsed)?, ..LoadOptions::default() };
    let mut options = HelmIndexOptions { url: parsed.text("url").to_owned(), merge: None, created, load };
    let merged = parsed.text("merge");
    if !merged.is_empty() {
        let path = Path::new(merged);
        if let Err(error) = fs::metadata(path)
            && error.kind() == std::io::ErrorKind::NotFound
        {
            // Helm goes on when it cannot write this one.
            let _ = form.text(&empty(&options.created)).map(|text| write(path, &text, &world));
        } else {
            let text = chart::read_file(path).map_err(|error| frame("merge failed", error))?;
            options.merge = Some((merged.to_owned(), text));
        }
    }
    let mut notices = Notices::new();
    let index = helm_index(&folder, &options, &mut notices);
    ui.log_all(notices);
    write(&folder.join("index.yaml"), &form.text(&index?)?, &world)?;
    Ok(ExitStatus::Success)
}

/// How an index is written.
#[derive(Clone, Copy)]
enum Form {
    Yaml,
    Json,
}

impl Form {
    fn text(self, index: &IndexFile) -> Result<Vec<u8>, Error> {
        let text = match self {
            Form::Yaml => index.to_yaml(),
            Form::Json => index.to_json(),
        };
        text.map_err(|fault| Error::new(ErrorKind::Content, fault.message()))
    }
}

fn empty(created: &str) -> IndexFile {
    let mut index = IndexFile::empty();
    index.set_generated(created);
    index
}

fn frame(what: &str, error: Error) -> Error {
    Error::new(error.kind(), format!("{what}: {error}")).because(error)
}

/// Go's `filepath.Abs`.
fn absolute(path: &str) -> Result<PathBuf, Error> {
    let here = std::env::current_dir().map_err(|error| Error::io("cannot find", Path::new("."), error))?;
    Ok(PathBuf::from(os::clean(&here.join(path).to_string_lossy())))
}

/// The time as Go's `time.Now` is written into JSON, in the local zone.
fn go_time(world: &SystemWorld) -> Result<String, Stop> {
    let now = jiff::Timestamp::from_nanosecond(world.now());
    let now = now.map_err(|error| Error::new(ErrorKind::Internal, format!("the clock is wrong: {error}")))?;
    let now = now.to_zoned(jiff::tz::TimeZone::system());
    let zone = if now.offset().is_zero() { "Z".to_owned() } else { now.strftime("%:z").to_string() };
    let fraction = match now.subsec_nanosecond() {
        0 => String::new(),
        nanoseconds => format!(".{nanoseconds:09}").trim_end_matches('0').to_owned(),
    };
    Ok(format!("{}{fraction}{zone}", now.strftime("%Y-%m-%dT%H:%M:%S")))
}

/// Writes a file beside and renames it, with Go's texts where that fails.
fn write(path: &Path, text: &[u8], world: &SystemWorld) -> Result<(), Error> {
    let mut random = [0; 4];
    world.random(&mut random);
    let beside = PathBuf::from(format!("{}{}", path.display(), u32::from_le_bytes(random) | 1 << 20));
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&beside)
        .map_err(|error| os::error("open", &beside, error))?;
    let written = file
        .write_all(text)
        .and_then(|()| readable_by_all(&file))
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&beside, path));
    written.map_err(|error| {
        // Half a file is of no use to anybody; the first error tells more than this one could.
        let _ = fs::remove_file(&beside);
        os::error("rename", path, error)
    })
}

/// Mode 0644, whatever the umask says.
fn readable_by_all(file: &fs::File) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.set_permissions(fs::Permissions::from_mode(0o644))?;
    }
    let _ = file;
    Ok(())
}

/// `helm repo list`.
pub(super) fn list(parsed: &Parsed, ui: &mut Ui) -> Outcome {
    let homes = environment::homes(parsed);
    let format = Format::of(parsed.text("output"));
    // A file that is not there or cannot be read has no repositories.
    let known = Repositories::read(&homes.repository_config).unwrap_or_default();
    if known.0.is_empty() && format == Format::Table {
        if compat(parsed)? == Compat::Helm3 {
            return Err(refuse("no repositories to show"));
        }
        ui.complain("no repositories to show");
        return Ok(ExitStatus::Success);
    }
    let rows: Vec<Row> = known.0.iter().map(|entry| vec![entry.name.clone(), entry.url.clone()]).collect();
    let fields = [("name", "NAME"), ("url", "URL")];
    let fields = if parsed.is_on("no-headers") { fields.map(|(name, _)| (name, "")) } else { fields };
    ui.print(write_rows(&fields, &rows, format, 0))?;
    Ok(ExitStatus::Success)
}

/// `helm repo remove`.
pub(super) fn remove(parsed: &Parsed, ui: &mut Ui) -> Outcome {
    let homes = environment::homes(parsed);
    let config = &homes.repository_config;
    let mut known = Repositories::read(config).unwrap_or_default();
    if known.0.is_empty() {
        return Err(refuse("no repositories configured"));
    }
    let _lock = repositories::lock(config)?;
    for name in &parsed.arguments {
        if !known.remove(name) {
            return Err(refuse(format!("no repo named {} found", go::quote(name))));
        }
        known.write(config)?;
        repositories::forget(&homes.repository_cache, name)?;
        ui.print(format!("{} has been removed from your repositories\n", go::quote(name)))?;
    }
    Ok(ExitStatus::Success)
}

/// `helm repo add`.
pub(super) fn add(parsed: &Parsed, ui: &mut Ui) -> Outcome {
    let [name, url] = parsed.arguments.as_slice() else { return Err(refuse("requires 2 arguments")) };
    if !parsed.is_on("allow-deprecated-repos")
        && let Some((_, other)) = GONE.iter().find(|(gone, _)| url.contains(gone))
    {
        let text = format!("repo {} is no longer available; try {} instead", go::quote(url), go::quote(other));
        return Err(refuse(text));
    }
    let homes = environment::homes(parsed);
    let config = &homes.repository_config;
    let _lock = repositories::lock(config)?;
    let mut known = Repositories::read(config)?;
    let entry = entry(name, url, parsed, ui)?;
    if name.contains('/') {
        let why = "contains '/', please specify a different name without '/'";
        return Err(refuse(format!("repository name ({name}) {why}")));
    }
    if !parsed.is_on("force-update")
        && let Some(existing) = known.named(name)
    {
        if *existing != entry {
            let why = "already exists, please specify a different name";
            return Err(refuse(format!("repository name ({name}) {why}")));
        }
        ui.print(format!("{} already exists with the same configuration, skipping\n", go::quote(name)))?;
        return Ok(ExitStatus::Success);
    }
    repositories::check_address(url)?;
    let mut notices = Notices::new();
    let remote = remote::for_repositories();
    let fetched = repositories::refresh(&entry, &homes.repository_cache, &*remote, compat(parsed)?, &mut notices);
    ui.log_all(notices);
    fetched.map_err(|error| {
        let what = format!("looks like {} is not a valid chart repository or cannot be reached", go::quote(url));
        frame(&what, error)
    })?;
    known.put(entry);
    known.write(config)?;
    ui.print(format!("{} has been added to your repositories\n", go::quote(name)))?;
    Ok(ExitStatus::Success)
}

fn entry(name: &str, url: &str, parsed: &Parsed, ui: &mut Ui) -> Result<Entry, Stop> {
    let text = |flag: &str| parsed.text(flag).to_owned();
    let mut entry = Entry {
        name: name.to_owned(),
        url: url.to_owned(),
        username: text("username"),
        password: text("password"),
        cert_file: text("cert-file"),
        key_file: text("key-file"),
        ca_file: text("ca-file"),
        insecure: parsed.is_on("insecure-skip-tls-verify"),
        pass_credentials: parsed.is_on("pass-credentials"),
    };
    if !entry.username.is_empty() && entry.password.is_empty() {
        if !parsed.is_on("password-stdin") {
            // There is no way to turn the terminal's echo off here.
            ui.print("Password: \n")?;
            return Err(refuse("inappropriate ioctl for device"));
        }
        let mut text = String::new();
        let read = std::io::stdin().lock().take(LONGEST_PASSWORD).read_to_string(&mut text);
        read.map_err(|error| Error::io("cannot read", Path::new("standard input"), error))?;
        let text = text.strip_suffix('\n').unwrap_or(&text);
        entry.password = text.strip_suffix('\r').unwrap_or(text).to_owned();
    }
    Ok(entry)
}

/// `helm repo update`.
pub(super) fn update(parsed: &Parsed, ui: &mut Ui) -> Outcome {
    let homes = environment::homes(parsed);
    let config = &homes.repository_config;
    let known = Repositories::read(config)
        .map_err(|error| frame(&format!("failed loading file: {}", config.display()), error))?;
    if known.0.is_empty() {
        return Err(refuse("no repositories found. You must add one before updating"));
    }
    let asked = &parsed.arguments;
    if let Some(name) = asked.iter().find(|name| known.named(name).is_none()) {
        return Err(refuse(format!("no repositories found matching '{name}'.  Nothing will be updated")));
    }
    let wanted: Vec<&Entry> =
        known.0.iter().filter(|entry| asked.is_empty() || asked.contains(&entry.name)).collect();
    wanted.iter().try_for_each(|entry| repositories::check_address(&entry.url))?;
    ui.print("Hang tight while we grab the latest from your chart repositories...\n")?;
    let remote = remote::for_repositories();
    let (mut failed, compat) = (Vec::new(), compat(parsed)?);
    for entry in wanted {
        let (name, mut notices) = (go::quote(&entry.name), Notices::new());
        let fetched = repositories::refresh(entry, &homes.repository_cache, &*remote, compat, &mut notices);
        ui.log_all(notices);
        match fetched {
            Ok(()) => ui.print(format!("...Successfully got an update from the {name} chart repository\n"))?,
            Err(error) => {
                let what = format!("...Unable to get an update from the {name} chart repository ({})", entry.url);
                ui.print(format!("{what}:\n\t{error}\n"))?;
                failed.push(entry.url.as_str());
            }
        }
    }
    if !failed.is_empty() && compat != Compat::Helm3 {
        let text = format!("failed to update the following repositories: [{}]", failed.join(" "));
        return Err(Error::new(ErrorKind::Network, text).into());
    }
    ui.print("Update Complete. ⎈Happy Helming!⎈\n")?;
    Ok(ExitStatus::Success)
}

/// `helm search repo`.
pub(super) fn search(parsed: &Parsed, ui: &mut Ui) -> Outcome {
    let homes = environment::homes(parsed);
    let words = &parsed.arguments;
    let constraint = match parsed.text("version") {
        "" if parsed.is_on("devel") => ">0.0.0-0",
        "" => ">0.0.0",
        version => version,
    };
    let query = Query {
        keyword: (!words.is_empty()).then(|| words.join(" ")),
        is_expression: parsed.is_on("regexp"),
        all_versions: parsed.is_on("versions"),
        constraint: constraint.to_owned(),
    };
    let catalogue = catalogue(&homes, compat(parsed)?, ui)?;
    let hits = catalogue.search(&query).map_err(|fault| Error::new(ErrorKind::Usage, fault.message()))?;
    if hits.is_empty() && parsed.is_on("fail-on-no-result") {
        return Err(refuse("no results found"));
    }
    let format = Format::of(parsed.text("output"));
    if hits.is_empty() && format == Format::Table {
        ui.print("No results found\n")?;
        return Ok(ExitStatus::Success);
    }
    let rows = hits.into_iter().map(|hit| {
        vec![hit.name, hit.version.version, hit.version.app_version, hit.version.description]
    });
    let rows: Vec<Row> = rows.collect();
    let fields =
        [("name", "NAME"), ("version", "CHART VERSION"), ("app_version", "APP VERSION"), ("description", "DESCRIPTION")];
    let width = if parsed.is_given("max-col-width") { parsed.text("max-col-width").parse().unwrap_or(WIDEST) } else { WIDEST };
    ui.print(write_rows(&fields, &rows, format, width))?;
    Ok(ExitStatus::Success)
}

/// All cached indexes.
fn catalogue(homes: &Homes, compat: Compat, ui: &mut Ui) -> Result<Catalogue, Stop> {
    let known = Repositories::read(&homes.repository_config).unwrap_or_default();
    if known.0.is_empty() {
        return Err(refuse("no repositories configured"));
    }
    let mut catalogue = Catalogue::default();
    for entry in &known.0 {
        let path = repositories::cached_index(&homes.repository_cache, &entry.name);
        let mut notices = Notices::new();
        let source = path.to_string_lossy();
        let charts = chart::read_file(&path).and_then(|text| {
            let charts = charts_as_helm(&text, &source, compat, &mut notices);
            charts.map_err(|error| frame(&format!("error loading {source}"), error))
        });
        ui.log_all(notices);
        match charts {
            Ok(charts) => catalogue.add(&entry.name, charts),
            Err(error) if compat == Compat::Helm3 => {
                let name = go::quote(&entry.name);
                ui.complain(&format!("WARNING: Repo {name} is corrupt or missing. Try 'helm repo update'."));
                ui.complain(&format!("WARNING: {error}"));
            }
            Err(error) => {
                let notice = chart::Notice::new(chart::Level::Warn, "repo is corrupt or missing");
                ui.log(&notice.with("repo", &entry.name).with("error", error.message()));
            }
        }
    }
    Ok(catalogue)
}
