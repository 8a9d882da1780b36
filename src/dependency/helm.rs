//! `helm dependency build` and `update`: Helm's order of work, its words, its files.

use super::indexes::HelmIndex;
use super::repositories::{self, Entry, Repositories};
use super::resolve::{content, load_folder, local_path, quoted};
use super::{Refresh, Supply, is_oci, lock, urls};
use crate::chart::{Chart, Compat, Dependency, Lock, Notices, os};
use crate::diagnostic::{Error, ErrorKind, Fault};
use std::collections::BTreeMap;
use std::path::Path;

/// What one run works on. Lines for the user go to `say`, as Helm writes them.
pub struct Downloader<'a> {
    /// The chart's folder as messages name it, clean.
    pub chart: &'a str,
    /// What charts are fetched with.
    pub supply: Supply<'a>,
    /// `repositories.yaml`.
    pub config: &'a Path,
    /// Whether the lines of `--debug` are told.
    pub debug: bool,
}

/// Takes what Helm writes to standard output.
pub type Say<'a> = &'a mut dyn FnMut(&str);

impl Downloader<'_> {
    /// Fills `charts/` as `Chart.lock` says; without a lock it does what [`Downloader::update`] does.
    ///
    /// # Errors
    /// A lock that does not fit `Chart.yaml`, repositories that nobody has added, charts that cannot be fetched.
    pub fn build(&self, notices: &mut Notices, say: Say<'_>) -> Result<(), Error> {
        let chart = self.load_chart(notices)?;
        let Some(lock) = &chart.lock else { return self.update(notices, say) };
        let is_v1 = chart.metadata.api_version == "v1";
        let mut declared = chart.metadata.dependencies.clone();
        let helm2 = lock::helm2_digest(declared.as_deref());
        let repositories = Repositories::read(self.config)?;
        self.repository_names(declared.as_deref_mut().unwrap_or_default(), &repositories, say)?;
        let digest = lock::digest(declared.as_deref(), Some(&lock.dependencies));
        if digest.ok().as_ref() != Some(&lock.digest) {
            if !is_v1 {
                return Err(self.out_of_sync());
            }
            notices.log("warning: a valid Helm v3 hash was not found. Checking against Helm v2 hash...");
            if helm2.ok().as_ref() != Some(&lock.digest) {
                return Err(content(
                    "the lock file (requirements.lock) is out of sync with the dependencies file (requirements.yaml). \
                     Please update the dependencies",
                ));
            }
        }
        check_known(&lock.dependencies, &repositories)?;
        if self.supply.refresh == Refresh::Yes {
            self.refresh_known(&repositories, notices, say)?;
        }
        let mut locked = lock.dependencies.clone();
        self.fetch_all(&mut locked, &repositories, notices, say)
    }

    /// Chooses versions, fills `charts/` with them and writes the lock if it is another one.
    ///
    /// # Errors
    /// Ranges that nothing fits, repositories that are not there, charts that cannot be fetched.
    pub fn update(&self, notices: &mut Notices, say: Say<'_>) -> Result<(), Error> {
        let chart = self.load_chart(notices)?;
        let Some(mut declared) = chart.metadata.dependencies.clone() else { return Ok(()) };
        let repositories = Repositories::read(self.config)?;
        let mut names = self.repository_names(&mut declared, &repositories, say)?;
        self.add_unmanaged(&mut names, &declared, notices, say)?;
        if self.supply.refresh == Refresh::Yes {
            self.refresh_known(&repositories, notices, say)?;
        }
        let mut locked = self.resolve(&declared, &names, notices)?;
        self.fetch_all(&mut locked, &repositories, notices, say)?;
        let digest = lock::digest(Some(&declared), Some(&locked)).map_err(lift)?;
        if chart.lock.as_ref().is_some_and(|old| old.digest == digest) {
            return Ok(());
        }
        let lock = Lock { generated: self.supply.generated.to_owned(), digest, dependencies: locked };
        let file = if chart.metadata.api_version == "v1" { "requirements.lock" } else { "Chart.lock" };
        super::place::write_lock(self.chart, file, &lock)
    }

    fn out_of_sync(&self) -> Error {
        let cure = if self.supply.load.compat == Compat::Helm3 { "" } else { " with 'helm dependency update'" };
        content(format!(
            "the lock file (Chart.lock) is out of sync with the dependencies file (Chart.yaml). Please update the \
             dependencies{cure}"
        ))
    }

    fn load_chart(&self, notices: &mut Notices) -> Result<Chart, Error> {
        let path = Path::new(self.chart);
        match std::fs::metadata(path) {
            Ok(about) if about.is_dir() => load_folder(self.chart, self.supply.load, notices),
            Ok(_) => Err(Error::new(ErrorKind::Usage, "only unpacked charts can be updated")),
            Err(cause) => {
                let cause = os::error("stat", path, cause);
                Err(Error::new(ErrorKind::Io, format!("could not find {}: {cause}", self.chart)))
            }
        }
    }

    /// Where each dependency is looked for, by its name; aliases of repositories become their addresses.
    fn repository_names(
        &self,
        declared: &mut [Dependency],
        repositories: &Repositories,
        say: Say<'_>,
    ) -> Result<BTreeMap<String, String>, Error> {
        let mut names = BTreeMap::new();
        let mut missing = Vec::new();
        for one in declared {
            if one.repository.is_empty() {
                continue;
            }
            if one.repository.starts_with("file://") {
                local_path(&one.repository, self.chart)?;
                if self.debug {
                    say(&format!("Repository from local path: {}\n", one.repository));
                }
                names.insert(one.name.clone(), one.repository.clone());
                continue;
            }
            if is_oci(&one.repository) {
                names.insert(one.name.clone(), one.repository.clone());
                continue;
            }
            let alias = alias_of(&one.repository);
            let known = repositories
                .0
                .iter()
                .find(|entry| alias == Some(entry.name.as_str()) || urls::equal(&entry.url, &one.repository));
            match known {
                Some(entry) => {
                    if alias == Some(entry.name.as_str()) {
                        one.repository.clone_from(&entry.url);
                    }
                    names.insert(one.name.clone(), entry.name.clone());
                }
                None if urls::is_request(&one.repository) => {
                    names.insert(one.repository.clone(), one.repository.clone());
                }
                None => missing.push(one.repository.clone()),
            }
        }
        if missing.is_empty() { Ok(names) } else { Err(no_definition(&missing)) }
    }

    /// Fetches the indexes of repositories that nobody has added, and names them.
    fn add_unmanaged(
        &self,
        names: &mut BTreeMap<String, String>,
        declared: &[Dependency],
        notices: &mut Notices,
        say: Say<'_>,
    ) -> Result<(), Error> {
        let mut unmanaged = Vec::new();
        for one in declared.iter().filter(|one| !one.repository.is_empty()) {
            if names.contains_key(&one.name) {
                continue;
            }
            let name = repositories::unmanaged_name(&one.repository);
            names.insert(one.name.clone(), name.clone());
            unmanaged.push(Entry { name, url: one.repository.clone(), ..Entry::default() });
        }
        if self.supply.refresh == Refresh::No || unmanaged.is_empty() {
            return Ok(());
        }
        say("Getting updates for unmanaged Helm repositories...\n");
        self.refresh_all(&unmanaged, notices, say)
    }

    fn refresh_known(&self, repositories: &Repositories, notices: &mut Notices, say: Say<'_>) -> Result<(), Error> {
        if repositories.0.is_empty() {
            return Ok(());
        }
        say("Hang tight while we grab the latest from your chart repositories...\n");
        self.refresh_all(&repositories.0, notices, say)?;
        say("Update Complete. ⎈Happy Helming!⎈\n");
        Ok(())
    }

    /// Fetches indexes into the cache; one that fails is told and left as it is.
    fn refresh_all(&self, entries: &[Entry], notices: &mut Notices, say: Say<'_>) -> Result<(), Error> {
        let entries = self.without_doubles(entries);
        // Helm asks all servers at once, and ends before the first has answered where one cannot be asked.
        entries.iter().try_for_each(|entry| check_protocol(&entry.url))?;
        for entry in entries {
            let unmanaged = entry.name.starts_with("helm-manager-");
            let shown = if unmanaged { &entry.url } else { &entry.name };
            let shown = quoted(shown);
            match repositories::refresh(entry, self.supply.cache, self.supply.remote, self.supply.load.compat, notices)
            {
                Ok(_) => say(&format!("...Successfully got an update from the {shown} chart repository\n")),
                Err(error) if unmanaged => {
                    say(&format!("...Unable to get an update from the {shown} chart repository:\n\t{error}\n"));
                }
                Err(error) => say(&format!(
                    "...Unable to get an update from the {shown} chart repository ({}):\n\t{error}\n",
                    entry.url
                )),
            }
        }
        Ok(())
    }

    /// Helm 4 fetches an address once, for the last repository that has it.
    fn without_doubles<'e>(&self, entries: &'e [Entry]) -> Vec<&'e Entry> {
        if self.supply.load.compat == Compat::Helm3 {
            return entries.iter().collect();
        }
        let address = |entry: &Entry| entry.url.strip_suffix('/').unwrap_or(&entry.url).to_owned();
        let is_last = |at: usize, entry: &Entry| {
            entries.get(at + 1..).is_none_or(|rest| rest.iter().all(|other| address(other) != address(entry)))
        };
        entries.iter().enumerate().filter(|(at, entry)| is_last(*at, entry)).map(|(_, entry)| entry).collect()
    }

    /// The cached indexes of all known repositories.
    pub(super) fn indexes<'r>(
        &self,
        repositories: &'r Repositories,
        notices: &mut Notices,
    ) -> Result<Vec<(&'r Entry, HelmIndex)>, Error> {
        let mut indexes = Vec::new();
        for entry in &repositories.0 {
            let path = repositories::cached_index(self.supply.cache, &entry.name);
            indexes.push((entry, HelmIndex::load(&path, self.supply.load.compat, notices)?));
        }
        Ok(indexes)
    }
}

/// The name behind `@` or `alias:`.
pub(super) fn alias_of(repository: &str) -> Option<&str> {
    repository.strip_prefix('@').or_else(|| repository.strip_prefix("alias:"))
}

fn lift(fault: Fault) -> Error {
    content(fault.message())
}

/// Refuses schemes that nobody here speaks.
pub(super) fn check_protocol(url: &str) -> Result<(), Error> {
    match urls::scheme(url) {
        None => Err(Error::new(ErrorKind::Usage, format!("invalid chart URL format: {url}"))),
        Some(scheme) if matches!(scheme.as_str(), "http" | "https" | "oci") => Ok(()),
        Some(scheme) => Err(Error::new(ErrorKind::Usage, format!("could not find protocol handler for: {scheme}"))),
    }
}

fn no_definition(missing: &[String]) -> Error {
    let mut text = format!("no repository definition for {}. Please add them via 'helm repo add'", missing.join(", "));
    if missing.iter().any(|one| !one.contains("//") && alias_of(one).is_none()) {
        text.push_str(
            "\nNote that repositories must be URLs or aliases. For example, to refer to the \"example\"\n\
             repository, use \"https://charts.example.com/\" or \"@example\" instead of\n\
             \"example\". Don't forget to add the repo, too ('helm repo add').",
        );
    }
    Error::new(ErrorKind::Content, text)
}

/// Refuses locked dependencies from repositories that nobody has added.
fn check_known(locked: &[Dependency], repositories: &Repositories) -> Result<(), Error> {
    let is_known = |one: &&Dependency| {
        let address = one.repository.strip_suffix('/').unwrap_or(&one.repository);
        one.repository.is_empty()
            || one.repository.starts_with("file://")
            || is_oci(&one.repository)
            || repositories.at(address).is_some()
    };
    let missing: Vec<&str> = locked.iter().filter(|one| !is_known(one)).map(|one| one.repository.as_str()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let missing = missing.join(", ");
    Err(content(format!("no repository definition for {missing}. Please add the missing repos via 'helm repo add'")))
}
