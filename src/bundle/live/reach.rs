//! Names, certificates and registries as they are seen from the machine that installs.

use super::{Level, LiveFinding};
use crate::bundle::again::hosts;
use crate::bundle::{Bundle, Release};
use crate::chart::LoadOptions;
use crate::diagnostic::Error;
use crate::images::Reference;
use crate::repository::http::{Call, Http, Method};
use crate::repository::oci::Registry;
use crate::world::World;
use std::collections::BTreeSet;
use std::net::ToSocketAddrs;

/// Resolves the hosts of the releases of the cluster `name`, looks at the certificate that answers there, and asks the
/// registries of its images whether they are there.
///
/// # Errors
/// A release that cannot be rendered. What does not answer stands in the result.
pub fn reach(
    bundle: &Bundle,
    name: &str,
    (http, registry): (&Http, &Registry),
    load: &LoadOptions,
    world: &dyn World,
) -> Result<Vec<LiveFinding>, Error> {
    let mut found = Vec::new();
    let releases: Vec<&Release> = bundle.releases.iter().filter(|release| release.cluster == name).collect();
    let mut names = BTreeSet::new();
    for release in &releases {
        let objects = bundle.objects(release, load, world)?;
        names.extend(hosts(&objects).into_iter().map(|(host, _)| host).filter(|host| !host.contains('*')));
    }
    for host in &names {
        let subject = format!("host {host}");
        let addresses = (host.as_str(), 443).to_socket_addrs();
        let addresses: BTreeSet<String> =
            addresses.map(|all| all.map(|one| one.ip().to_string()).collect()).unwrap_or_default();
        if addresses.is_empty() {
            found.push(LiveFinding::new(Level::Error, subject, "has no address: the DNS record is missing"));
            continue;
        }
        let shown = addresses.into_iter().collect::<Vec<_>>().join(", ");
        let url = format!("https://{host}/");
        let (level, message) = match http.send(&Call::new(Method::Head, &url)) {
            Ok(_) => (Level::Good, format!("{shown}, and its certificate is good")),
            Err(error) if is_certificate(&error) => (Level::Error, format!("{shown}: {}", error.message())),
            Err(error) => (Level::Warning, format!("{shown}, nothing answers yet: {}", error.message())),
        };
        found.push(LiveFinding::new(level, subject, message));
    }
    let mut registries = BTreeSet::new();
    for release in &releases {
        for (image, _) in bundle.images.of_release(&release.id()) {
            let registry = Reference::parse(image).and_then(|image| image.registry().map(str::to_owned));
            registries.insert(registry.unwrap_or_else(|| "docker.io".to_owned()));
        }
    }
    for host in registries {
        let (level, message) = match registry.ping(&host) {
            Ok(()) => (Level::Good, "answers".to_owned()),
            // Nodes may reach it where this machine does not.
            Err(error) => (Level::Warning, format!("does not answer here: {}", error.message())),
        };
        found.push(LiveFinding::new(level, format!("registry {host}"), message));
    }
    Ok(found)
}

fn is_certificate(error: &Error) -> bool {
    let text = error.message().to_lowercase();
    text.contains("certificate") || text.contains("unknownissuer") || text.contains("notvalidforname")
}
