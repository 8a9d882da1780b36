//! A bundle as a chart, so that every kind of repository carries it and `helm pull` fetches it.
//!
//! The chart has no templates and is of type `library`, so that nobody installs it, and Rancher Apps do not show it. It
//! holds what the bundle says; charts are not in it, but beside it in the repository, by their digests.

use super::checksums::{self, CHECKSUMS, COSIGN_SIGNATURE, OPENPGP_SIGNATURE};
use super::{Bundle, Opened, Trust, verify};
use crate::chart::{Chart, LoadOptions, Notices};
use crate::diagnostic::{Error, ErrorKind};
use crate::repository::{Archive, replace, sha256};
use crate::value::{Map, Value};
use crate::version::Version;
use crate::yaml;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The annotation with the digest of `bundle.yaml`.
pub const BUNDLE_ANNOTATION: &str = "chartwright.io/bundle";
/// The annotation by which Rancher leaves a chart out.
const HIDDEN: &str = "catalog.cattle.io/hidden";
/// The time of every entry: 1980-01-01T00:00:00Z.
const ENTRY_TIME: u64 = 315_532_800;

/// A chart that a bundle asks a repository for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedChart {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The sha256 of its archive.
    pub sha256: String,
}

impl Bundle {
    /// The name that a bundle's chart gets when nobody gives another: `bundle-` and its environments, while they are
    /// few.
    pub fn carrier_name(&self) -> String {
        let names: BTreeSet<&str> = self.releases.iter().map(|release| release.environment.as_str()).collect();
        let joined = names.iter().map(|name| format!("-{name}")).collect::<String>();
        if names.len() <= 3 && joined.len() <= 60 { format!("bundle{joined}") } else { "bundle".to_owned() }
    }

    /// The version that follows from what the bundle says, so that another bundle has another one.
    ///
    /// # Errors
    /// A value that cannot be written as YAML.
    pub fn carrier_version(&self) -> Result<String, Error> {
        let files = self.files().map_err(|fault| Error::new(ErrorKind::Internal, fault.message()))?;
        let manifest = files.iter().find(|(path, _)| path == "bundle.yaml").map_or(&[][..], |(_, bytes)| bytes);
        let digest = sha256(manifest);
        Ok(format!("0.0.0-b{}", digest.get(..12).unwrap_or_default()))
    }

    /// The bundle in `folder` as a chart with a name and a version. Signatures come along where the bundle has neither
    /// images nor payloads, which no chart carries.
    ///
    /// # Errors
    /// A name or version that no chart may have; a file that is too large for Helm.
    pub fn carrier(
        &self,
        folder: &Path,
        (name, version): (&str, &str),
        load: &LoadOptions,
    ) -> Result<(Chart, Archive), Error> {
        let wrong = |what: String| Err(Error::new(ErrorKind::Usage, what));
        if !crate::environment::is_label(name) {
            return wrong(format!("expected a chart's name of lower-case letters, digits and hyphens, found `{name}`"));
        }
        if Version::parse_strict(version).is_err() {
            return wrong(format!("expected a version such as `1.2.3`, found `{version}`"));
        }
        let failed = |fault: crate::diagnostic::Fault| Error::new(ErrorKind::Internal, fault.message());
        let mut files = self.files().map_err(failed)?;
        let manifest = files.iter().find(|(path, _)| path == "bundle.yaml").map_or(&[][..], |(_, bytes)| bytes);
        let metadata = self.carrier_metadata((name, version), &sha256(manifest)).map_err(failed)?;
        let stated = checksums::read(folder)?.unwrap_or_default();
        let own = checksums::parse(&text_of(&files, CHECKSUMS))?;
        if stated == own {
            for name in [OPENPGP_SIGNATURE, COSIGN_SIGNATURE] {
                if let Ok(signature) = fs::read(folder.join(name)) {
                    files.push((name.to_owned(), signature));
                }
            }
        }
        files.retain(|(path, _)| !path.starts_with("charts/"));
        files.push(("Chart.yaml".to_owned(), metadata));
        files.sort();
        let bytes = packed(name, &files)?;
        let file = format!("{name}-{version}.tgz");
        let chart = Chart::from_archive(Path::new(&file), &bytes, load, &mut Notices::new()).map_err(|error| {
            let message = format!("the bundle does not fit into a chart: {}", error.message());
            Error::new(error.kind(), message).hint("make a bundle of fewer environments")
        })?;
        Ok((chart, Archive::new(name, version, bytes)))
    }

    fn carrier_metadata(
        &self,
        (name, version): (&str, &str),
        digest: &str,
    ) -> Result<Vec<u8>, crate::diagnostic::Fault> {
        let annotations = Map::new();
        annotations.insert(HIDDEN, Value::str("true"));
        annotations.insert(BUNDLE_ANNOTATION, Value::from(format!("sha256:{digest}")));
        let root = Map::new();
        let releases = self.releases.len();
        let description =
            format!("A bundle of {releases} releases; chartwright bundle pull fetches it with its charts");
        for (key, text) in [
            ("apiVersion", "v2"),
            ("name", name),
            ("version", version),
            ("type", "library"),
            ("description", &description),
        ] {
            root.insert(key, Value::str(text));
        }
        root.insert("annotations", Value::Map(annotations));
        yaml::to_yaml(&Value::Map(root))
    }
}

fn text_of(files: &[(String, Vec<u8>)], wanted: &str) -> String {
    let found = files.iter().find(|(path, _)| path == wanted);
    found.map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default()
}

fn packed(name: &str, files: &[(String, Vec<u8>)]) -> Result<Vec<u8>, Error> {
    let failed = |error: std::io::Error| Error::new(ErrorKind::Internal, format!("cannot pack a bundle: {error}"));
    let stream = flate2::GzBuilder::new().mtime(0).operating_system(255);
    let mut archive = tar::Builder::new(stream.write(Vec::new(), flate2::Compression::new(6)));
    for (path, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Regular);
        header.set_mode(0o644);
        header.set_mtime(ENTRY_TIME);
        header.set_size(bytes.len() as u64);
        archive.append_data(&mut header, format!("{name}/{path}"), bytes.as_slice()).map_err(failed)?;
    }
    archive.into_inner().and_then(|stream| stream.finish()).map_err(failed)
}

/// Looks for a chart in the repository that a bundle was pulled from.
pub type FetchChart<'a> = dyn FnMut(&WantedChart) -> Result<Vec<u8>, Error> + 'a;

/// Puts a bundle together again: its chart's archive is unpacked into `opened`, its charts are fetched, and all of it
/// is checked, with its signature where one is asked for.
///
/// # Errors
/// An archive that holds no bundle, a chart that is not there or has other bytes, a problem of the bundle.
pub fn assemble(archive: &[u8], opened: &Opened, fetch: &mut FetchChart<'_>, trust: &Trust<'_>) -> Result<(), Error> {
    let root = opened.root();
    super::opened::unpack(archive, root)?;
    if !root.join("bundle.yaml").is_file() {
        return Err(Error::new(ErrorKind::Content, "the chart holds no `bundle.yaml`: it is no bundle"));
    }
    let metadata = root.join("Chart.yaml");
    fs::remove_file(&metadata).map_err(|error| Error::io("cannot remove", &metadata, error))?;
    for wanted in wanted_charts(root)? {
        let bytes = fetch(&wanted)?;
        let (file, found) = (format!("{}-{}.tgz", wanted.name, wanted.version), sha256(&bytes));
        if found != wanted.sha256 {
            let message = format!("`{file}`: expected sha256 {}, found {found}", wanted.sha256);
            return Err(
                Error::new(ErrorKind::Content, message).hint("the repository has another chart of this version")
            );
        }
        let charts = root.join("charts");
        fs::create_dir_all(&charts).map_err(|error| Error::io("cannot make", &charts, error))?;
        replace(&charts.join(file), &bytes)?;
    }
    let found = verify(root, trust)?;
    match found.problems.first() {
        None => Ok(()),
        Some(problem) => Err(Error::new(ErrorKind::Content, format!("the bundle was changed: {problem}"))),
    }
}

/// The charts that `bundle.lock` names with a digest.
fn wanted_charts(root: &Path) -> Result<Vec<WantedChart>, Error> {
    let path = root.join("bundle.lock");
    let text = fs::read(&path).map_err(|error| Error::io("cannot read", &path, error))?;
    let wrong = |why: &str| Error::new(ErrorKind::Content, format!("`bundle.lock` of the bundle is wrong: {why}"));
    let lock = yaml::from_yaml_map(&text).map_err(|error| wrong(&error.to_string()))?;
    let Some(Value::List(charts)) = lock.get("charts") else { return Err(wrong("it has no `charts`")) };
    let mut wanted = Vec::new();
    for entry in charts.items() {
        let Value::Map(entry) = entry else { return Err(wrong("expected mappings")) };
        let text = |key: &str| {
            let value = entry.get(key);
            value.and_then(|value| value.as_str().map(|text| text.to_str_lossy().into_owned())).unwrap_or_default()
        };
        let chart = WantedChart { name: text("name"), version: text("version"), sha256: text("sha256") };
        let file = format!("{}-{}.tgz", chart.name, chart.version);
        if file.starts_with('.') || file.contains('/') || !checksums::is_inside(&file) {
            return Err(wrong("a chart has a name that is none"));
        }
        if !chart.sha256.is_empty() {
            wanted.push(chart);
        }
    }
    Ok(wanted)
}

/// Puts an assembled bundle to its place, a folder or an archive.
///
/// # Errors
/// What [`Bundle::write`] refuses.
pub fn settle(opened: &Opened, bundle: &Bundle, out: &Path) -> Result<(), Error> {
    if super::is_archive(out) {
        return opened.save();
    }
    bundle.write(out)?;
    for name in [OPENPGP_SIGNATURE, COSIGN_SIGNATURE] {
        if let Ok(signature) = fs::read(opened.root().join(name)) {
            replace(&out.join(name), &signature)?;
        }
    }
    Ok(())
}
