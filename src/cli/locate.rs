//! Where a chart lies: a path, or the archive that a repository has under a name.

use super::fetch;
use super::options::ChartOptions;
use super::system::SystemWorld;
use super::ui::{Stop, Ui};
use crate::chart::{self, Compat, os};
use crate::diagnostic::{Error, ErrorKind};
use crate::locate::choose;
use crate::provenance;
use crate::repository::{self, IndexFile};
use crate::value::print;
use crate::world::World;
use std::path::{Path, PathBuf};

/// The path of a chart, which is fetched where it is not here; what is nowhere gets Helm's text.
pub(super) fn locate(reference: &str, options: &ChartOptions, ui: &mut Ui) -> Result<PathBuf, Stop> {
    let name = reference.trim();
    let options = &ChartOptions { version: options.version.trim().to_owned(), ..options.clone() };
    if !options.repository.is_empty() {
        if options.repository.starts_with("http://") || options.repository.starts_with("https://") {
            return fetch::locate(name, options, ui);
        }
        return Ok(verified(in_repository(name, options)?, options)?);
    }
    if std::fs::metadata(name).is_ok() {
        return Ok(verified(absolute(name)?, options)?);
    }
    if name.starts_with(['/', '.']) {
        let text = format!("path {} not found", quoted(name));
        return Err(Error::new(ErrorKind::Io, text).into());
    }
    fetch::locate(name, options, ui)
}

/// The path itself, once its signature is known to be valid where that is asked for.
fn verified(path: PathBuf, options: &ChartOptions) -> Result<PathBuf, Error> {
    if options.verify {
        provenance::verify_file(&path, &options.keyring, Compat::Helm43, SystemWorld::default().now())?;
    }
    Ok(path)
}

fn quoted(text: &str) -> String {
    String::from_utf8_lossy(&print::quote(text.as_bytes())).into_owned()
}

/// Go's `filepath.Abs`: links stay, `.` and `..` go.
fn absolute(name: &str) -> Result<PathBuf, Error> {
    if name.starts_with('/') {
        return Ok(PathBuf::from(os::clean(name)));
    }
    let here = std::env::current_dir().map_err(|error| Error::io("cannot find", Path::new("."), error))?;
    Ok(PathBuf::from(os::clean(&format!("{}/{name}", here.to_string_lossy()))))
}

/// The folder that a `--repo` names.
fn folder(repository: &str) -> Result<PathBuf, Error> {
    match repository.split_once("://") {
        None => Ok(PathBuf::from(repository)),
        Some(("file", path)) => Ok(PathBuf::from(path)),
        Some((scheme, _)) => {
            let text = format!("could not find protocol handler for: {scheme}");
            Err(Error::new(ErrorKind::Usage, text).hint("give the URL of an http or https repository, or a folder"))
        }
    }
}

fn in_repository(name: &str, options: &ChartOptions) -> Result<PathBuf, Error> {
    let folder = folder(&options.repository)?;
    let path = folder.join("index.yaml");
    let index = IndexFile::parse(&chart::read_file(&path)?)
        .map_err(|fault| Error::new(ErrorKind::Content, format!("cannot read `{}`: {fault}", path.display())))?;
    let entry = choose(&index, name, &options.version).map_err(|_| not_found(name, options))?;
    let missing = |hint: String| {
        let text = format!("chart {} version {} is in the index, but its archive is not", quoted(name), entry.version);
        Error::new(ErrorKind::Io, text).hint(hint)
    };
    let file = entry.urls.iter().find_map(|url| local_file(url));
    let file = file.ok_or_else(|| missing("the index names no file of this folder".to_owned()))?;
    let path = folder.join(file);
    if !path.is_file() {
        return Err(missing(format!("expected it at `{}`", path.display())));
    }
    if !entry.digest.is_empty() && repository::sha256(&chart::read_file(&path)?) != entry.digest {
        let text = format!("`{}` has another digest than the index says", path.display());
        return Err(Error::new(ErrorKind::Content, text).hint("fetch the archive again, or mend the index"));
    }
    absolute(&path.to_string_lossy())
}

fn not_found(name: &str, options: &ChartOptions) -> Error {
    let wanted = match options.version.as_str() {
        "" => String::new(),
        version => format!(" version {}", quoted(version)),
    };
    Error::new(ErrorKind::Io, format!("chart {}{wanted} not found in {} repository", quoted(name), options.repository))
}

/// The file in the repository's folder that a URL names; an archive of another host lies beside the index if at all.
fn local_file(url: &str) -> Option<&str> {
    let file = match url.split_once("://") {
        Some((_, path)) => os::base(path),
        None => url,
    };
    let inside = !file.starts_with('/') && !file.split('/').any(|part| part == "..");
    inside.then_some(file)
}
