//! `chartwright search`.

use super::args::GlobalArgs;
use super::fetch;
use super::helm::environment::homes_of_environment;
use super::options::{ChartOptions, NetworkOptions};
use super::output::{Format, Row, write_rows};
use super::remote;
use super::report::harmless;
use super::template::NetworkArgs;
use super::ui::{ExitStatus, Outcome, Stop, Ui};
use crate::dependency::Remote;
use crate::dependency::repositories::{self, Entry, Repositories};
use crate::dependency::urls;
use crate::diagnostic::{Diagnostic, Error, ErrorKind};
use crate::repository::IndexFile;
use crate::repository::index::ChartVersion;
use crate::repository::oci::Reference;
use crate::repository::search::{Catalogue, Query};
use crate::repository::transport::Response;
use bytes::Bytes;
use clap::Args;
use std::path::Path;

/// The widest column of the table.
const WIDEST: usize = 50;

/// Look for charts in repositories.
///
/// Without --repo the cached indexes of the repositories on the list are searched.
#[derive(Debug, Args)]
pub(super) struct SearchArgs {
    /// A word in the name, description or keywords; all charts when left out
    keyword: Option<String>,
    /// The repositories: folders, index files or URLs; or charts in registries, whose tags are listed
    #[arg(long, value_name = "DIR|FILE|URL|oci://HOST/PATH/CHART")]
    repo: Vec<String>,
    /// The keyword is a regular expression
    #[arg(short, long)]
    regexp: bool,
    /// Print every version, and not only the newest
    #[arg(short = 'l', long)]
    versions: bool,
    /// Accept development versions, too
    #[arg(long)]
    devel: bool,
    /// Constraint that versions have to fit, such as `^2.0.0`
    #[arg(long, value_name = "CONSTRAINT")]
    version: Option<String>,
    /// How charts are printed
    #[arg(short, long, value_enum, default_value_t, value_name = "FORMAT")]
    output: Format,
    #[command(flatten)]
    network: NetworkArgs,
}

impl SearchArgs {
    /// Prints the charts that fit.
    pub(super) fn run(&self, _: &GlobalArgs, ui: &mut Ui) -> Outcome {
        let mut catalogue = Catalogue::default();
        match self.repo.as_slice() {
            [] => add_known(&mut catalogue, ui)?,
            named => named.iter().try_for_each(|place| add_named(&mut catalogue, place, &self.network, ui))?,
        }
        let constraint = match &self.version {
            Some(version) => version.as_str(),
            None if self.devel => ">0.0.0-0",
            None => ">0.0.0",
        };
        let query = Query {
            keyword: self.keyword.clone(),
            is_expression: self.regexp,
            all_versions: self.versions,
            constraint: constraint.to_owned(),
        };
        let hits = catalogue.search(&query).map_err(|fault| Error::new(ErrorKind::Usage, fault.message()))?;
        if hits.is_empty() && self.output == Format::Table {
            ui.say("nothing was found");
            return Ok(ExitStatus::Success);
        }
        let rows = hits.into_iter().map(|hit| {
            let cells = [hit.name, hit.version.version, hit.version.app_version, hit.version.description];
            cells.into_iter().map(|cell| one_line(&cell)).collect()
        });
        let rows: Vec<Row> = rows.collect();
        let fields =
            [("name", "NAME"), ("version", "VERSION"), ("app_version", "APP VERSION"), ("description", "DESCRIPTION")];
        ui.print(write_rows(&fields, &rows, self.output, WIDEST))?;
        Ok(ExitStatus::Success)
    }
}

/// A foreign text that can neither steer the terminal nor break a table.
fn one_line(text: &str) -> String {
    harmless(&text.replace(['\n', '\t', '\r'], " ")).into_owned()
}

fn add(catalogue: &mut Catalogue, name: &str, index: &IndexFile, ui: &mut Ui) {
    let mut charts = Vec::new();
    for chart in index.names() {
        let mut versions: Vec<ChartVersion> = Vec::new();
        for entry in index.entries(&chart) {
            match entry {
                Ok(version) => versions.push(ChartVersion { name: chart.clone(), ..version }),
                Err(fault) => ui.warn(&Diagnostic::warning(format!("chart `{chart}`: {fault}"))),
            }
        }
        charts.push((chart, versions));
    }
    catalogue.add(name, charts);
}

fn add_known(catalogue: &mut Catalogue, ui: &mut Ui) -> Result<(), Stop> {
    let homes = homes_of_environment();
    let known = Repositories::read(&homes.repository_config)?;
    if known.0.is_empty() {
        let error = Error::new(ErrorKind::Usage, "no repositories are on the list");
        return Err(error.hint("add one with `chartwright repo add NAME URL`, or name one with --repo").into());
    }
    for entry in &known.0 {
        let path = repositories::cached_index(&homes.repository_cache, &entry.name);
        let missing = || format!("the index of repository `{}` is not cached", entry.name);
        match IndexFile::read(&path) {
            Ok(Some(index)) => add(catalogue, &entry.name, &index, ui),
            Ok(None) => ui.warn(&Diagnostic::warning(missing()).hint("fetch it with `chartwright repo update`")),
            Err(error) => ui.warn(&Diagnostic::warning(error.message())),
        }
    }
    Ok(())
}

fn add_named(catalogue: &mut Catalogue, place: &str, network: &NetworkArgs, ui: &mut Ui) -> Result<(), Stop> {
    let index = match place.split_once("://") {
        None => read(Path::new(place))?,
        Some(("file", path)) => read(Path::new(path))?,
        Some(("oci", _)) => return add_tags(catalogue, place, network, ui),
        Some(_) => {
            let NetworkOptions { username, password, ca_file, cert_file, key_file, insecure, pass_credentials, .. } =
                network.options();
            let url = place.to_owned();
            let entry = Entry {
                url,
                username,
                password,
                ca_file,
                cert_file,
                key_file,
                insecure,
                pass_credentials,
                ..Entry::default()
            };
            repositories::check_address(place)?;
            let text = fetch_index(&entry, &*remote::for_repositories())?;
            let told = |fault: crate::diagnostic::Fault| {
                Error::new(ErrorKind::Content, format!("`{place}`: {}", fault.message()))
            };
            IndexFile::from_bytes(text).map_err(told)?
        }
    };
    add(catalogue, "", &index, ui);
    Ok(())
}

/// The versions that a registry has of one chart. Nothing but the tags is asked for, so nothing else is known of them.
fn add_tags(catalogue: &mut Catalogue, place: &str, network: &NetworkArgs, ui: &Ui) -> Result<(), Stop> {
    let reference = Reference::parse(place)?;
    if reference.target().is_some() {
        let message = format!("expected a chart without tag and digest, found `{}`", harmless(place));
        return Err(Error::new(ErrorKind::Usage, message).hint("choose versions with --version").into());
    }
    let options = ChartOptions { network: network.options(), ..ChartOptions::default() };
    let versions = fetch::fetcher(&options, ui.face())?.registry().versions(&reference)?;
    let name = reference.name().to_owned();
    let version = |version| ChartVersion { name: name.clone(), version, ..ChartVersion::default() };
    catalogue.add("", vec![(format!("oci://{reference}"), versions.into_iter().map(version).collect())]);
    Ok(())
}

/// Fetches the index of a repository that is not on the list, and keeps nothing of it.
fn fetch_index(entry: &Entry, remote: &dyn Remote) -> Result<Bytes, Error> {
    let url = urls::resolve(&entry.url, "index.yaml").map_err(|text| Error::new(ErrorKind::Usage, text))?;
    match remote.get(&url, entry, None)? {
        Response::Body { bytes, .. } => Ok(bytes),
        Response::NotModified => Err(Error::new(ErrorKind::Network, format!("`{url}` has no body"))),
    }
}

fn read(path: &Path) -> Result<IndexFile, Stop> {
    let path = if path.is_dir() { path.join("index.yaml") } else { path.to_owned() };
    let missing = || Error::new(ErrorKind::Io, format!("`{}` is not there", path.display()));
    IndexFile::read(&path)?.ok_or_else(|| missing().into())
}
