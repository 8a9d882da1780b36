//! Where a chart lies: a path, or the archive that a repository has under a name.

use super::options::ChartOptions;
use super::ui::Stop;
use crate::chart;
use crate::chart::os;
use crate::diagnostic::{Error, ErrorKind};
use crate::repository::index::ChartVersion;
use crate::repository::{self, IndexFile};
use crate::value::print;
use crate::version::{Constraint, Version};
use std::path::{Path, PathBuf};

const ELSEWHERE: &str = "use the real Helm (https://helm.sh) to fetch charts over a network";

/// The path of a chart; what is not there gets Helm's text.
pub(super) fn locate(reference: &str, options: &ChartOptions) -> Result<PathBuf, Stop> {
    let name = reference.trim();
    if options.verify {
        return Err(refuse("chartwright cannot verify signatures yet").hint(ELSEWHERE).into());
    }
    if !options.repository.is_empty() {
        return Ok(in_repository(name, options)?);
    }
    if std::fs::metadata(name).is_ok() {
        return Ok(absolute(name)?);
    }
    if name.starts_with(['/', '.']) {
        let text = format!("path {} not found", quoted(name));
        return Err(Error::new(ErrorKind::Io, text).into());
    }
    Err(remote(name).into())
}

fn refuse(text: impl Into<String>) -> Error {
    Error::new(ErrorKind::Usage, text)
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

/// The error for a name that only a network or a list of repositories could resolve.
fn remote(name: &str) -> Error {
    if let Some((scheme, _)) = name.split_once("://") {
        let text = format!("cannot fetch `{name}`: {scheme} is not spoken here");
        return Error::new(ErrorKind::Network, text).hint(ELSEWHERE);
    }
    match name.split_once('/') {
        Some((repository, chart)) if !repository.is_empty() && !chart.is_empty() => {
            Error::new(ErrorKind::Io, format!("repo {repository} not found"))
                .hint("name the chart's folder or archive, or a folder with --repo")
        }
        _ => Error::new(
            ErrorKind::Io,
            format!("non-absolute URLs should be in form of repo_name/path_to_chart, got: {name}"),
        )
        .hint("there is no file or folder of that name"),
    }
}

/// The folder that a `--repo` names.
fn folder(repository: &str) -> Result<PathBuf, Error> {
    match repository.split_once("://") {
        None => Ok(PathBuf::from(repository)),
        Some(("file", path)) => Ok(PathBuf::from(path)),
        Some((scheme, _)) => {
            let text = format!("cannot read repository `{repository}`: {scheme} is not spoken here");
            Err(Error::new(ErrorKind::Network, text).hint(ELSEWHERE))
        }
    }
}

fn in_repository(name: &str, options: &ChartOptions) -> Result<PathBuf, Error> {
    let folder = folder(&options.repository)?;
    let path = folder.join("index.yaml");
    let index = IndexFile::parse(&chart::read_file(&path)?)
        .map_err(|fault| Error::new(ErrorKind::Content, format!("cannot read `{}`: {fault}", path.display())))?;
    let entry = choose(index.versions(name), &options.version).ok_or_else(|| not_found(name, options))?;
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

/// The newest entry that fits a constraint.
fn choose(entries: Vec<ChartVersion>, wanted: &str) -> Option<ChartVersion> {
    let constraint = Constraint::parse(if wanted.is_empty() { "*" } else { wanted }).ok();
    let fitting = entries.into_iter().filter_map(|entry| {
        let version = Version::parse(&entry.version).ok()?;
        let fits = entry.version == wanted || constraint.as_ref().is_some_and(|constraint| constraint.check(&version));
        fits.then_some((version, entry))
    });
    fitting.max_by(|one, other| one.0.cmp(&other.0)).map(|(_, entry)| entry)
}
