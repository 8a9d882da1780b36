//! Where a chart lies: a path, or the archive that a repository has under a name.

use super::options::ChartOptions;
use super::ui::Stop;
use crate::chart::os;
use crate::diagnostic::{Error, ErrorKind};
use crate::value::{Map, Value, print};
use crate::version::{Constraint, Version};
use crate::{chart, yaml};
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
    let index = folder.join("index.yaml");
    let text = chart::read_file(&index)?;
    let index = yaml::from_yaml_map(&text)
        .map_err(|error| Error::new(ErrorKind::Content, format!("cannot read `{}`: {error}", index.display())))?;
    let (version, url) = choose(&index, name, &options.version).ok_or_else(|| {
        let wanted =
            if options.version.is_empty() { String::new() } else { format!(" version {}", quoted(&options.version)) };
        let text = format!("chart {}{wanted} not found in {} repository", quoted(name), options.repository);
        Error::new(ErrorKind::Io, text)
    })?;
    let file = url.strip_prefix("file://").unwrap_or(&url);
    // The archive of another host's index lies beside the index, if it is here at all.
    let base = if url.contains("://") && !url.starts_with("file://") { os::base(file) } else { file };
    let path = folder.join(base);
    match path.is_file() {
        true => absolute(&path.to_string_lossy()),
        false => {
            let text = format!("chart {} version {version} is in the index, but its archive is not", quoted(name));
            Err(Error::new(ErrorKind::Io, text).hint(format!("expected it at `{}`", path.display())))
        }
    }
}

/// The newest entry that fits a constraint: its version and address.
fn choose(index: &Map, name: &str, wanted: &str) -> Option<(String, String)> {
    let text = |map: &Map, key: &str| map.get(key).and_then(|value| Some(value.as_str()?.to_str_lossy().into_owned()));
    let Some(Value::Map(entries)) = index.get("entries") else { return None };
    let Some(Value::List(entries)) = entries.get(name) else { return None };
    let constraint = Constraint::parse(if wanted.is_empty() { "*" } else { wanted }).ok();
    let found = entries.iter().filter_map(|entry| {
        let Value::Map(entry) = entry else { return None };
        let number = text(entry, "version")?;
        let version = Version::parse(&number).ok()?;
        let fits = number == wanted || constraint.as_ref().is_some_and(|constraint| constraint.check(&version));
        let Some(Value::List(urls)) = entry.get("urls") else { return None };
        let url = urls.iter().next()?.as_str()?.to_str_lossy().into_owned();
        fits.then_some((version, number, url))
    });
    found.max_by(|one, other| one.0.cmp(&other.0)).map(|(_, number, url)| (number, url))
}
