//! `helm pull`, `helm push` and `helm registry`: their flags as options, and the order in which Helm looks at things.

use super::pflag::Parsed;
use super::{chart_options, environment, go, refuse};
use crate::chart::{Chart, Compat, LoadOptions, Notices, os};
use crate::cli::fetch::{self, Stream};
use crate::cli::options::{self, ChartOptions, LimitOptions, NetworkOptions};
use crate::cli::run_pull::{self, PullOptions};
use crate::cli::ui::{ExitStatus, Outcome, Stop, Ui};
use crate::cli::{registry, system};
use crate::diagnostic::{Error, ErrorKind};
use crate::repository::oci::{ChartArtifact, Overwrite, Reference};
use bytes::Bytes;
use std::fs;
use std::path::Path;

/// `helm pull`.
pub(super) fn pull(parsed: &Parsed, ui: &mut Ui) -> Outcome {
    let folder = |name: &str| if parsed.is_given(name) { parsed.text(name).to_owned() } else { ".".to_owned() };
    let compat = options::compat(parsed.text("helm-compat")).map_err(refuse)?;
    let options = PullOptions {
        references: parsed.arguments.clone(),
        chart: chart_options(parsed, compat),
        limits: LimitOptions::default(),
        compat,
        destination: folder("destination"),
        untar: parsed.is_on("untar"),
        untar_folder: folder("untardir"),
        provenance: parsed.is_on("prov"),
    };
    run_pull::run(&options, ui)
}

/// `helm registry login`.
pub(super) fn login(parsed: &Parsed, ui: &mut Ui) -> Outcome {
    let network = NetworkOptions { insecure: parsed.is_on("insecure"), ..environment::network(parsed) };
    registry::login(first(parsed), network, parsed.is_on("password-stdin"), ui)
}

/// `helm registry logout`.
pub(super) fn logout(parsed: &Parsed, ui: &mut Ui) -> Outcome {
    registry::logout(first(parsed), &environment::network(parsed), ui)
}

fn first(parsed: &Parsed) -> &str {
    parsed.arguments.first().map_or("", String::as_str)
}

/// `helm push`: as Helm does it, a tag that is there is moved.
pub(super) fn push(parsed: &Parsed, ui: &mut Ui) -> Outcome {
    let compat = options::compat(parsed.text("helm-compat")).map_err(refuse)?;
    let (path, remote) = (first(parsed), parsed.arguments.get(1).map_or("", String::as_str));
    let options = ChartOptions { network: environment::network(parsed), ..ChartOptions::default() };
    let fetcher = fetch::fetcher(&options, ui.face())?;
    match remote.split_once("://") {
        None => return Err(refuse("scheme prefix missing from remote (e.g. \"oci://\")")),
        Some(("oci", _)) => {}
        Some((scheme, _)) => return Err(refuse(format!("scheme {} not supported", go::quote(scheme)))),
    }
    let artifact = artifact(path, compat, ui)?;
    let target = Reference::chart(remote, &artifact.name, &artifact.version)?;
    let pushed = fetcher.registry().push(&target, &artifact, Overwrite::Allow);
    let pushed = pushed.map_err(|error| fetcher.registry_words("Exists", "destination", error))?;
    let stream = if compat == Compat::Helm3 { Stream::Err } else { Stream::Out };
    fetch::tell("Pushed", &pushed.reference, &pushed.digest, stream, ui)?;
    Ok(ExitStatus::Success)
}

/// What is pushed for an archive and the provenance beside it.
fn artifact(path: &str, compat: Compat, ui: &mut Ui) -> Result<ChartArtifact, Stop> {
    let about = fs::metadata(path).map_err(|cause| match cause.kind() {
        std::io::ErrorKind::NotFound => Error::new(ErrorKind::Io, format!("{path}: no such file")),
        _ => os::error("stat", Path::new(path), cause),
    })?;
    if about.is_dir() {
        return Err(refuse("cannot push directory, must provide chart archive (.tgz)"));
    }
    let load = LoadOptions { compat, ..LoadOptions::default() };
    let mut notices = Notices::new();
    let chart = Chart::load(Path::new(path), &load, &mut notices);
    ui.log_all(notices);
    let chart = chart?;
    let bytes = Bytes::from(crate::chart::read_file(Path::new(path))?);
    let beside = format!("{path}.prov");
    let provenance = match fs::metadata(&beside) {
        Ok(_) => Some(Bytes::from(crate::chart::read_file(Path::new(&beside))?)),
        Err(_) => None,
    };
    let created = about.modified().map(system::local_time).unwrap_or_default();
    let artifact = ChartArtifact::new(&chart.metadata, bytes, provenance, &created);
    Ok(artifact.map_err(|fault| Error::new(ErrorKind::Content, fault.message()))?)
}
