//! Names, certificates and registries as they are seen from the machine that installs.

use super::{Level, LiveFinding};
use crate::bundle::again::hosts;
use crate::bundle::{Bundle, Release, Work};
use crate::chart::LoadOptions;
use crate::diagnostic::Error;
use crate::images::Reference;
use crate::repository::http::{Call, Http, Method};
use crate::repository::oci::Registry;
use crate::world::World;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, ToSocketAddrs};

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
    let resolve = |host: &str| {
        let addresses = (host, 443).to_socket_addrs();
        addresses.map(|all| all.map(|one| one.ip().to_string()).collect()).unwrap_or_default()
    };
    let ask = |host: &str| http.send(&Call::new(Method::Head, &format!("https://{host}/"))).map(|_| ());
    let records = records(bundle);
    found.extend(names.iter().map(|host| named(host, &records, &resolve, &ask)));
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

/// The records that steps of the bundle ask for: what each name leads to.
fn records(bundle: &Bundle) -> BTreeMap<String, BTreeSet<String>> {
    let mut records: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let dns = bundle.steps.iter().filter(|step| step.id.starts_with("dns/") || step.id == "organisation/dns");
    for step in dns {
        let Work::Manual { values, .. } = &step.work else { continue };
        for (record, value) in values {
            let name = record.split(' ').next().unwrap_or_default();
            records.entry(name.to_owned()).or_default().insert(value.clone());
        }
    }
    records
}

/// The addresses to which a name is to lead, by the records; none where they do not say.
fn expected(host: &str, records: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<String> {
    let wildcard = host.split_once('.').map(|(_, domain)| format!("*.{domain}"));
    let stated = records.get(host).or_else(|| records.get(&wildcard?));
    let is_address = |text: &String| text.parse::<IpAddr>().is_ok();
    let mut found = BTreeSet::new();
    for value in stated.into_iter().flatten() {
        match is_address(value) {
            true => drop(found.insert(value.clone())),
            false => found.extend(records.get(value).into_iter().flatten().filter(|one| is_address(one)).cloned()),
        }
    }
    found
}

/// What is to be said of a name: whether it has an address, the one that the records say, and a good certificate.
fn named(
    host: &str,
    records: &BTreeMap<String, BTreeSet<String>>,
    resolve: &dyn Fn(&str) -> BTreeSet<String>,
    ask: &dyn Fn(&str) -> Result<(), Error>,
) -> LiveFinding {
    let subject = format!("host {host}");
    let (addresses, expected) = (resolve(host), expected(host, records));
    let list = |all: &BTreeSet<String>| all.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    if addresses.is_empty() {
        let to = if expected.is_empty() { String::new() } else { format!("; it leads to {}", list(&expected)) };
        return LiveFinding::new(Level::Error, subject, format!("has no address: the DNS record is missing{to}"));
    }
    let shown = list(&addresses);
    if !expected.is_empty() && addresses.is_disjoint(&expected) {
        let message = format!("leads to {shown} here, and by the organisation's files to {}", list(&expected));
        return LiveFinding::new(Level::Warning, subject, message);
    }
    let (level, message) = match ask(host) {
        Ok(()) => (Level::Good, format!("{shown}, and its certificate is good")),
        Err(error) if is_certificate(&error) => (Level::Error, format!("{shown}: {}", error.message())),
        Err(error) => (Level::Warning, format!("{shown}, nothing answers yet: {}", error.message())),
    };
    LiveFinding::new(level, subject, message)
}

fn is_certificate(error: &Error) -> bool {
    let text = error.message().to_lowercase();
    text.contains("certificate") || text.contains("unknownissuer") || text.contains("notvalidforname")
}

#[cfg(test)]
mod tests {
    use super::{expected, named};
    use crate::bundle::live::Level;
    use crate::diagnostic::{Error, ErrorKind};
    use std::collections::{BTreeMap, BTreeSet};

    fn set(words: &[&str]) -> BTreeSet<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    fn records() -> BTreeMap<String, BTreeSet<String>> {
        let records = [
            ("qa.example.org", "192.0.2.10"),
            ("*.qa.example.org", "qa.example.org"),
            ("rancher.example.org", "the load balancer"),
        ];
        records.map(|(name, value)| (name.to_owned(), set(&[value]))).into()
    }

    #[test]
    fn names_lead_where_the_records_say() {
        let cases = [
            ("qa.example.org", &["192.0.2.10"][..]),
            ("spar.qa.example.org", &["192.0.2.10"]),
            ("a.b.qa.example.org", &[]),
            ("rancher.example.org", &[]),
        ];
        for (host, wanted) in cases {
            assert_eq!(expected(host, &records()), set(wanted), "{host}");
        }
    }

    #[test]
    fn a_name_is_judged_by_address_and_certificate() {
        let good = || Ok(());
        let fails = |what: &str| Err(Error::new(ErrorKind::Network, what.to_owned()));
        let cases = [
            (&[][..], good(), Level::Error, "the DNS record is missing; it leads to 192.0.2.10"),
            (&["192.0.2.99"], good(), Level::Warning, "leads to 192.0.2.99 here, and by the organisation's files to"),
            (&["192.0.2.10", "192.0.2.99"], good(), Level::Good, "its certificate is good"),
            (&["192.0.2.10"], fails("certificate has expired"), Level::Error, "certificate has expired"),
            (&["192.0.2.10"], fails("connection refused"), Level::Warning, "nothing answers yet"),
        ];
        for (addresses, answer, level, message) in cases {
            let answer = std::cell::RefCell::new(Some(answer));
            let ask = |_: &str| answer.borrow_mut().take().unwrap_or(Ok(()));
            let found = named("spar.qa.example.org", &records(), &|_| set(addresses), &ask);
            assert!(found.level == level && found.message.contains(message), "{found:?}");
        }
    }
}
