//! Flux: a source, the values and a HelmRelease for each release.

use super::needs::Needs;
use super::{Export, Repository, documents, fields, map, repository_of, secrets, texts, unique_name};
use crate::bundle::{Bundle, Origin, Release};
use crate::diagnostic::Fault;
use crate::repository::oci::Digest;
use crate::repository::sha256;
use crate::value::Value;
use std::collections::BTreeMap;

/// The digests of the charts in the registry, by the names of their archives.
type Digests = BTreeMap<String, Digest>;

pub(super) fn export(bundle: &Bundle, repository: Repository<'_>, digests: &Digests) -> Result<Export, Fault> {
    let mut files = Vec::new();
    let all = Needs::new(bundle);
    for cluster in bundle.clusters() {
        let releases = || bundle.releases.iter().filter(|release| release.cluster == cluster);
        let mut namespaces = BTreeMap::<&str, BTreeMap<String, String>>::new();
        for release in releases() {
            namespaces.entry(&release.namespace).or_default().extend(release.labels.clone());
        }
        let namespaces: Vec<Value> = namespaces.iter().map(|(name, labels)| namespace(name, labels)).collect();
        files.push((format!("{cluster}/namespaces.yaml"), documents(&namespaces)?));
        for release in releases() {
            let repository = repository_of(release, repository);
            let needs: Vec<&Release> = all.of(release).into_iter().filter(|one| one.cluster == cluster).collect();
            let mut objects = vec![source(release, repository, digests), values(release)];
            objects.extend(secrets::external_secrets(release));
            objects.push(helm_release(release, &needs, repository));
            files.push((format!("{cluster}/{}/{}.yaml", release.namespace, release.name), documents(&objects)?));
        }
    }
    let mut notes = vec![
        "Each cluster runs its own Flux, which reads the folder of that cluster. `dependsOn` cannot wait for a release in another cluster: install the clusters in the order of bundle.yaml."
            .to_owned(),
        "A HelmRelease counts as ready when its workloads are; Jobs are waited for as long as `timeout` allows.".to_owned(),
    ];
    match repository.is_registry() {
        true => {
            notes.push(
                "Charts are pinned by the digests that `chartwright bundle push` gives them in a registry.".to_owned(),
            );
            notes.push("Flux adds the digest to the version of such a chart (`1.0.0` becomes `1.0.0+0123456789ab`), which shows in labels such as `helm.sh/chart`; helm-controller's `DisableChartDigestTracking` stops it.".to_owned());
        }
        false => notes.push(
            "A HelmRepository is not pinned by digest: Flux takes what the index has for the version.".to_owned(),
        ),
    }
    notes.push("Flux labels each object with `helm.toolkit.fluxcd.io/name` and `/namespace`, and a text at the end of an object may lose its last line break. With the charts of the example nothing else differs from what Helm renders.".to_owned());
    if releases_by_key(bundle) {
        notes.push("Secrets are handed over with `literal`, which helm-controller knows from 1.6.0 on.".to_owned());
    }
    Ok(Export { files, notes })
}

/// Whether a release takes a value out of a key of a Secret.
fn releases_by_key(bundle: &Bundle) -> bool {
    bundle.releases.iter().any(|release| release.secret_values.iter().any(secrets::by_key))
}

fn namespace(name: &str, labels: &BTreeMap<String, String>) -> Value {
    let metadata = match labels.is_empty() {
        true => map([("name", Value::str(name))]),
        false => map([("labels", texts(labels)), ("name", Value::str(name))]),
    };
    map([("apiVersion", Value::str("v1")), ("kind", Value::str("Namespace")), ("metadata", metadata)])
}

fn metadata(release: &Release, name: String) -> Value {
    map([("name", Value::from(name)), ("namespace", Value::str(&release.namespace))])
}

/// An `OCIRepository` holds one version of one chart; a `HelmRepository` serves all of them.
fn source(release: &Release, repository: Repository<'_>, digests: &Digests) -> Value {
    let (kind, spec) = if repository.is_registry() {
        let url = Value::from(format!("{}/{}", repository.url, release.chart));
        let layer = map([
            ("mediaType", Value::str("application/vnd.cncf.helm.chart.content.v1.tar+gzip")),
            ("operation", Value::str("copy")),
        ]);
        // A tag cannot hold `+`, which Helm writes as `_`.
        let tag = Value::from(release.version.replace('+', "_"));
        let digest = match &release.origin {
            Origin::Archive(file) => digests.get(file),
            Origin::Reference(_) => None,
        };
        // Where both stand, Flux takes the digest.
        let mut pin: Vec<_> = digest.map(|digest| ("digest", Value::str(digest.as_str()))).into_iter().collect();
        pin.push(("tag", tag));
        let mut spec = Vec::from([("interval", Value::str("1h")), ("layerSelector", layer)]);
        if repository.plain_http {
            spec.insert(0, ("insecure", Value::Bool(true)));
        }
        spec.extend([("ref", fields(pin)), ("url", url)]);
        ("OCIRepository", fields(spec))
    } else {
        ("HelmRepository", map([("interval", Value::str("1h")), ("url", Value::str(repository.url))]))
    };
    map([
        ("apiVersion", Value::str("source.toolkit.fluxcd.io/v1")),
        ("kind", Value::str(kind)),
        ("metadata", metadata(release, release.name.clone())),
        ("spec", spec),
    ])
}

/// Values as text, so that Flux reads the same bytes as Helm; its name changes with them.
fn values_name(release: &Release) -> String {
    format!("{}-values-{}", release.name, &sha256(&release.values)[..8])
}

fn values(release: &Release) -> Value {
    map([
        ("apiVersion", Value::str("v1")),
        ("data", map([("values.yaml", Value::str(&release.values))])),
        ("immutable", Value::Bool(true)),
        ("kind", Value::str("ConfigMap")),
        ("metadata", metadata(release, values_name(release))),
    ])
}

fn helm_release(release: &Release, needs: &[&Release], repository: Repository<'_>) -> Value {
    let named = |need: &&Release| {
        let name = ("name", Value::str(&need.name));
        match need.namespace == release.namespace {
            true => map([name]),
            false => map([name, ("namespace", Value::str(&need.namespace))]),
        }
    };
    let needs = needs.iter().map(named).collect();
    let from = map([("kind", Value::str("ConfigMap")), ("name", Value::from(values_name(release)))]);
    let action = || {
        let remediation = ("remediation", map([("retries", Value::Int(3))]));
        match release.wait {
            true => map([remediation]),
            false => map([("disableWait", Value::Bool(true)), ("disableWaitForJobs", Value::Bool(true)), remediation]),
        }
    };
    let chart = if repository.is_registry() {
        ("chartRef", map([("kind", Value::str("OCIRepository")), ("name", Value::str(&release.name))]))
    } else {
        let source = map([("kind", Value::str("HelmRepository")), ("name", Value::str(&release.name))]);
        let spec = map([
            ("chart", Value::str(&release.chart)),
            ("sourceRef", source),
            ("version", Value::str(&release.version)),
        ]);
        ("chart", map([("spec", spec)]))
    };
    let spec = map([
        chart,
        ("dependsOn", Value::list(needs)),
        ("install", action()),
        ("interval", Value::str("1h")),
        ("releaseName", Value::str(&release.name)),
        ("timeout", Value::str(release.timeout.as_deref().unwrap_or("20m"))),
        ("upgrade", action()),
        ("valuesFrom", Value::list(std::iter::once(from).chain(secrets::flux_sources(release)).collect())),
    ]);
    let labels = map([("app.kubernetes.io/part-of", Value::from(unique_name(release)))]);
    let metadata =
        map([("labels", labels), ("name", Value::str(&release.name)), ("namespace", Value::str(&release.namespace))]);
    map([
        ("apiVersion", Value::str("helm.toolkit.fluxcd.io/v2")),
        ("kind", Value::str("HelmRelease")),
        ("metadata", metadata),
        ("spec", spec),
    ])
}
