//! Archives into `charts/`, and what no longer belongs there out of it.

use super::helm::{Downloader, Say, check_protocol};
use super::indexes::HelmIndex;
use super::repositories::{Entry, Repositories};
use super::resolve::{content, load_folder, local_path, quoted};
use super::{Signatures, is_oci, urls};
use crate::chart::{Chart, Dependency, Lock, Notices, os};
use crate::diagnostic::{Error, ErrorKind};
use crate::repository::index::ChartVersion;
use crate::version::{Constraint, Version};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Archives that are on their way into `charts/`, by their file names.
type Fetched = BTreeMap<String, Bytes>;

/// An address of a chart, and the repository whose credentials go there.
struct Address {
    url: String,
    repository: Entry,
}

impl Downloader<'_> {
    /// Brings all locked charts into `charts/`; a chart from a folder writes its version into the lock.
    pub(super) fn fetch_all(
        &self,
        locked: &mut [Dependency],
        repositories: &Repositories,
        notices: &mut Notices,
        say: Say<'_>,
    ) -> Result<(), Error> {
        let indexes = self.indexes(repositories, notices)?;
        let charts = os::join(self.chart, "charts");
        make_folder(&charts)?;
        say(&format!("Saving {} charts\n", locked.len()));
        let mut fetched = Fetched::new();
        let mut seen = BTreeSet::new();
        for one in locked.iter_mut() {
            let outcome = if one.repository.is_empty() {
                say(&format!(
                    "Dependency {} did not declare a repository. Assuming it exists in the charts directory\n",
                    one.name
                ));
                self.check_present(one, &charts, notices)?
            } else if one.repository.starts_with("file://") {
                if self.debug {
                    say(&format!("Archiving {} from repo {}\n", one.name, one.repository));
                }
                self.pack_folder(one, &mut fetched, notices)
            } else {
                self.fetch(one, (&indexes, notices), (&mut seen, &mut fetched), say)?
            };
            if let Err(error) = outcome {
                say(&format!("Save error occurred:  {error}\n"));
                return Err(error);
            }
        }
        self.place(locked, &charts, &fetched, say)
    }

    /// Whether a dependency without repository lies in `charts/`. What ends the run at once is the outer error.
    fn check_present(&self, one: &Dependency, charts: &str, notices: &mut Notices) -> Result<Result<(), Error>, Error> {
        let path = os::join(charts, &one.name);
        let chart = load_folder(&path, self.supply.load, notices)
            .map_err(|error| Error::new(error.kind(), format!("unable to load chart '{path}': {error}")))?;
        let constraint = Constraint::parse(&one.version).map_err(|fault| {
            content(format!("dependency {} has an invalid version/constraint format: {fault}", one.name))
        })?;
        let version = Version::parse(&chart.metadata.version).map_err(|fault| {
            content(format!("invalid version {} for dependency {}: {fault}", one.version, one.name))
        })?;
        if constraint.check(&version) {
            return Ok(Ok(()));
        }
        Ok(Err(content(format!(
            "dependency {} at version {} does not satisfy the constraint {}",
            one.name, chart.metadata.version, one.version
        ))))
    }

    fn pack_folder(&self, one: &mut Dependency, fetched: &mut Fetched, notices: &mut Notices) -> Result<(), Error> {
        let folder = local_path(&one.repository, self.chart)?;
        let chart = load_folder(&folder, self.supply.load, notices)?;
        let constraint = Constraint::parse(&one.version).map_err(|fault| {
            content(format!("dependency {} has an invalid version/constraint format: {fault}", one.name))
        })?;
        let version = Version::parse(&chart.metadata.version).map_err(|fault| content(fault.message()))?;
        if !constraint.check(&version) {
            return Err(content(format!("can't get a valid version for dependency {}", one.name)));
        }
        let archive = (self.supply.pack)(&chart)?;
        one.version.clone_from(&chart.metadata.version);
        fetched.insert(crate::chart::pack::archive_name(&chart), archive.into());
        Ok(())
    }

    fn fetch(
        &self,
        one: &Dependency,
        (indexes, notices): (&[(&Entry, HelmIndex)], &mut Notices),
        (seen, fetched): (&mut BTreeSet<String>, &mut Fetched),
        say: Say<'_>,
    ) -> Result<Result<(), Error>, Error> {
        let address = match self.address(one, indexes, notices) {
            Ok(address) => address,
            Err(error) => return Ok(Err(Error::new(error.kind(), format!("could not find : {error}")))),
        };
        if seen.contains(&address.url) {
            say(&format!("Already downloaded {} from repo {}\n", one.name, one.repository));
            return Ok(Ok(()));
        }
        say(&format!("Downloading {} from repo {}\n", one.name, one.repository));
        let (shown, outcome) = if is_oci(&address.url) {
            let Some((reference, tag)) = split_reference(&address.url) else {
                let message =
                    format!("could not parse OCI reference: improperly formatted oci chart reference: {}", address.url);
                return Err(content(message));
            };
            (reference.clone(), self.pull(&reference, &tag, fetched, say))
        } else {
            // Helm looks for the repository of the URL, although it knows it.
            let _ = indexes.iter().any(|(_, index)| index.has_url(&address.url, notices));
            (address.url.clone(), self.download(&address, fetched, say))
        };
        if let Err(error) = outcome {
            return Ok(Err(Error::new(error.kind(), format!("could not download {shown}: {error}"))));
        }
        seen.insert(address.url);
        Ok(Ok(()))
    }

    fn download(&self, address: &Address, fetched: &mut Fetched, say: Say<'_>) -> Result<(), Error> {
        if check_protocol(&address.url).is_err() {
            let scheme = quoted(&urls::scheme(&address.url).unwrap_or_default());
            return Err(Error::new(ErrorKind::Usage, format!("scheme {scheme} not supported")));
        }
        let bytes = super::fetch(self.supply.remote, &address.url, &address.repository)?;
        let provenance = || super::fetch(self.supply.remote, &format!("{}.prov", address.url), &address.repository);
        self.keep(&address.url, urls::base(&address.url), bytes, (&provenance, fetched), say)
    }

    /// Keeps an archive, and its provenance where that is asked for and good.
    fn keep(
        &self,
        url: &str,
        file: String,
        bytes: Bytes,
        (provenance, fetched): (&dyn Fn() -> Result<Bytes, Error>, &mut Fetched),
        say: Say<'_>,
    ) -> Result<(), Error> {
        let (wanted, verify) = self.supply.signatures;
        fetched.insert(file.clone(), bytes.clone());
        if wanted == Signatures::Ignored {
            return Ok(());
        }
        match provenance() {
            Ok(provenance) => {
                fetched.insert(format!("{file}.prov"), provenance.clone());
                verify(&file, &bytes, &provenance)
            }
            Err(error) if wanted == Signatures::IfThere => {
                say(&format!("WARNING: Verification not found for {url}: {error}\n"));
                Ok(())
            }
            Err(error) => {
                Err(Error::new(error.kind(), format!("failed to fetch provenance {}", quoted(&format!("{url}.prov")))))
            }
        }
    }

    fn pull(&self, reference: &str, tag: &str, fetched: &mut Fetched, say: Say<'_>) -> Result<(), Error> {
        let place = reference.strip_prefix("oci://").unwrap_or(reference);
        let pulled = self.supply.remote.pull(place, tag)?;
        let shown = format!("{place}:{}", tag.replace('+', "_"));
        if self.supply.load.compat > crate::chart::Compat::Helm3 {
            say(&format!("Pulled: {shown}\nDigest: {}\n", pulled.digest));
        }
        let missing = || {
            Error::new(
                ErrorKind::Content,
                "manifest does not contain a layer with mediatype application/vnd.cncf.helm.chart.provenance.v1.prov",
            )
        };
        let provenance = || pulled.provenance.clone().ok_or_else(missing);
        let file = format!("{}-{tag}.tgz", os::base(place));
        self.keep(reference, file, pulled.bytes.clone(), (&provenance, fetched), say)
    }

    /// Where the archive of a locked dependency is.
    fn address(
        &self,
        one: &Dependency,
        indexes: &[(&Entry, HelmIndex)],
        notices: &mut Notices,
    ) -> Result<Address, Error> {
        if is_oci(&one.repository) {
            let url = format!("{}/{}:{}", one.repository, one.name, one.version);
            return Ok(Address { url, repository: Entry::default() });
        }
        if let Some((entry, index)) = indexes.iter().find(|(entry, _)| urls::equal(&one.repository, &entry.url)) {
            let versions = index.versions(&one.name).ok_or_else(|| content("entry not found"))?;
            let found = versions.iter().find(|known| !known.urls.is_empty() && is_version(known, &one.version));
            let url = found.and_then(|known| known.urls.first()).ok_or_else(|| content("no matching version"))?;
            let url = urls::resolve(&one.repository, url).map_err(content)?;
            return Ok(Address { url, repository: (*entry).clone() });
        }
        self.unmanaged_address(one, notices).map_err(|error| {
            Error::new(error.kind(), format!("chart {} not found in {}: {error}", one.name, one.repository))
        })
    }

    /// Where the archive of a dependency is whose repository nobody has added: its index is fetched for this question.
    fn unmanaged_address(&self, one: &Dependency, notices: &mut Notices) -> Result<Address, Error> {
        check_protocol(&one.repository)?;
        let repository = Entry { url: one.repository.clone(), ..Entry::default() };
        let index = self.fetch_index(&repository, notices).map_err(|error| {
            let message = format!(
                "looks like {} is not a valid chart repository or cannot be reached: {error}",
                quoted(&one.repository)
            );
            Error::new(error.kind(), message)
        })?;
        let shown = match one.version.as_str() {
            "" => format!("chart {}", quoted(&one.name)),
            version => format!("chart {} version {}", quoted(&one.name), quoted(version)),
        };
        let versions = index.versions(&one.name).unwrap_or_default();
        let wanted = if one.version.is_empty() { "*" } else { &one.version };
        let constraint = Constraint::parse(wanted).ok();
        let fits = |known: &&ChartVersion| {
            let version = Version::parse(&known.version).ok();
            version.is_some_and(|version| constraint.as_ref().is_some_and(|constraint| constraint.check(&version)))
        };
        let exact = versions.iter().find(|known| known.version == one.version);
        let Some(known) = exact.or_else(|| versions.iter().find(fits)) else {
            return Err(content(format!("{shown} not found in {} repository", one.repository)));
        };
        let Some(url) = known.urls.first() else { return Err(content(format!("{shown} has no downloadable URLs"))) };
        let url = urls::resolve(&one.repository, url)
            .map_err(|why| content(format!("failed to make chart URL absolute: {why}")))?;
        Ok(Address { url, repository })
    }

    fn fetch_index(&self, repository: &Entry, notices: &mut Notices) -> Result<HelmIndex, Error> {
        let url = urls::resolve(&repository.url, "index.yaml").map_err(content)?;
        let text = super::fetch(self.supply.remote, &url, repository)?;
        HelmIndex::parse(&text, &repository.url, self.supply.load.compat, notices)
    }

    /// Writes what was fetched and removes archives that nobody asks for.
    fn place(&self, locked: &[Dependency], charts: &str, fetched: &Fetched, say: Say<'_>) -> Result<(), Error> {
        let before = listing(charts)?;
        let staging = os::join(self.chart, &format!("tmpcharts-{}", std::process::id()));
        for (name, bytes) in fetched {
            let source = os::join(&staging, name);
            let checked =
                Chart::from_undetected_archive(Path::new(&source), bytes, self.supply.load, &mut Notices::new());
            if let Err(error) = checked {
                say(&format!("Could not verify {source} for moving: {error} (Skipping)"));
                continue;
            }
            if let Err(error) = write_atomic(Path::new(&os::join(charts, name)), bytes) {
                say(&format!("Unable to move {source} to charts dir {error} (Skipping)"));
            }
        }
        say("Deleting outdated charts\n");
        for name in before.iter().filter(|name| !fetched.contains_key(*name)) {
            self.remove_outdated(&os::join(charts, name), locked, say);
        }
        Ok(())
    }

    fn remove_outdated(&self, path: &str, locked: &[Dependency], say: Say<'_>) {
        let loaded = match Path::new(path).is_dir() {
            true => Err(content("cannot load a directory")),
            false => Chart::load_undetected(Path::new(path), self.supply.load, &mut Notices::new()),
        };
        let chart = match loaded {
            Ok(chart) => chart,
            Err(error) => return say(&format!("Could not verify {path} for deletion: {error} (Skipping)\n")),
        };
        if locked.iter().any(|one| one.repository.is_empty() && one.name == chart.name()) {
            return;
        }
        if let Err(cause) = std::fs::remove_file(path) {
            let cause = os::error("remove", Path::new(path), cause);
            say(&format!("Could not delete {path}: {cause} (Skipping)"));
        }
    }
}

/// The files of a folder that are no folders themselves, by name.
fn listing(folder: &str) -> Result<Vec<String>, Error> {
    let path = Path::new(folder);
    let entries = std::fs::read_dir(path).map_err(|cause| os::error("open", path, cause))?;
    let mut names: Vec<String> = entries
        .flatten()
        .filter(|entry| !entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    Ok(names)
}

/// Whether an entry is of this version; the empty text means every version.
fn is_version(entry: &ChartVersion, wanted: &str) -> bool {
    match (Version::parse(wanted), Version::parse(&entry.version)) {
        _ if wanted.is_empty() => true,
        (Err(_), _) => entry.version == wanted,
        (Ok(_), Err(_)) => false,
        (Ok(wanted), Ok(version)) => wanted == version,
    }
}

/// `oci://host:port/path/name` and the tag behind it.
fn split_reference(url: &str) -> Option<(String, String)> {
    let rest = url.strip_prefix("oci://")?;
    let (host, behind) = rest.split_once(':').filter(|(host, _)| !host.is_empty())?;
    let has_port = behind.starts_with(|first: char| first.is_ascii_digit());
    let with_port = behind.split_once(':').filter(|(path, _)| has_port && path.len() > 1);
    match with_port {
        Some((path, tag)) => Some((format!("oci://{host}:{path}"), tag.to_owned())),
        None if host.len() > 1 => Some((format!("oci://{host}"), behind.to_owned())),
        None => None,
    }
}

fn make_folder(path: &str) -> Result<(), Error> {
    match std::fs::metadata(path) {
        Ok(about) if about.is_dir() => Ok(()),
        Ok(_) => Err(content(format!("{} is not a directory", quoted(path)))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            std::fs::create_dir_all(path).map_err(|cause| os::error("mkdir", Path::new(path), cause))
        }
        Err(error) => {
            let cause = os::error("stat", Path::new(path), error);
            Err(Error::new(ErrorKind::Io, format!("unable to retrieve file info for '{path}': {cause}")))
        }
    }
}

/// Writes a lock beside `Chart.yaml`; one that is a symbolic link is refused, because it would be written elsewhere.
pub(super) fn write_lock(chart: &str, file: &str, lock: &Lock) -> Result<(), Error> {
    let path = PathBuf::from(os::join(chart, file));
    if std::fs::symlink_metadata(&path).is_ok_and(|about| about.is_symlink()) {
        let target = std::fs::read_link(&path).unwrap_or_default();
        let target = quoted(&target.to_string_lossy());
        return Err(Error::new(ErrorKind::Content, format!("the {file} file is a symlink to {target}")));
    }
    write_atomic(&path, &lock.to_yaml()?)
}

/// Writes a file beside its place and renames it.
pub(crate) fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    crate::repository::replace(path, bytes)
}

#[cfg(test)]
mod tests {
    use super::split_reference;

    #[test]
    fn references_are_split_as_helm_does() {
        for (url, want) in [
            ("oci://h/r/c:1.2.3", Some(("oci://h/r/c", "1.2.3"))),
            ("oci://h:5000/r/c:1.2.3", Some(("oci://h:5000/r/c", "1.2.3"))),
            ("oci://h:5000/r/c:1.2.3:4", Some(("oci://h:5000/r/c", "1.2.3:4"))),
            ("oci://h:500000/r/c:1", Some(("oci://h:500000/r/c", "1"))),
            ("oci://h/r/c:", Some(("oci://h/r/c", ""))),
            ("oci://h/r/c", None),
            ("http://h/c:1", None),
        ] {
            let want = want.map(|(reference, tag)| (reference.to_owned(), tag.to_owned()));
            assert_eq!(split_reference(url), want, "{url}");
        }
    }
}
