//! `helm repo`: Helm's texts around the repository room.

use super::pflag::Parsed;
use super::refuse;
use crate::chart::{self, LoadOptions, Notices, os};
use crate::cli::options;
use crate::cli::system::SystemWorld;
use crate::cli::ui::{ExitStatus, Outcome, Stop, Ui};
use crate::diagnostic::{Error, ErrorKind};
use crate::repository::IndexFile;
use crate::repository::index::{HelmIndexOptions, helm_index};
use crate::world::World;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// `helm repo index`.
pub(super) fn index(parsed: &Parsed, ui: &mut Ui) -> Outcome {
    let folder = absolute(parsed.arguments.first().map_or("", String::as_str))?;
    let form = if parsed.is_on("json") { Form::Json } else { Form::Yaml };
    let world = SystemWorld::default();
    let created = go_time(&world)?;
    let load = LoadOptions {
        compat: options::compat(parsed.text("helm-compat")).map_err(refuse)?,
        ..LoadOptions::default()
    };
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
