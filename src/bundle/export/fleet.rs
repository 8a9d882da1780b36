//! Rancher Fleet: one HelmOp for each release, in the workspace of the downstream clusters.

use super::needs::Needs;
use super::{Export, Repository, documents, fields, map, repository_of, seconds, secrets, texts, unique_name};
use crate::bundle::{Bundle, Release};
use crate::diagnostic::Fault;
use crate::value::Value;
use crate::yaml;

pub(super) fn export(bundle: &Bundle, repository: Repository<'_>) -> Result<Export, Fault> {
    let mut files = Vec::with_capacity(bundle.releases.len());
    let needs = Needs::new(bundle);
    for release in &bundle.releases {
        let path = format!("{}/{}/{}.yaml", release.cluster, release.namespace, release.name);
        files.push((path, documents(&[helm_op(&needs, release, repository_of(release, repository))?])?));
    }
    if repository.plain_http {
        files.push(("registry.yaml".to_owned(), documents(&[plain_http()])?));
    }
    let notes = vec![
        format!("Fleet has to know the clusters by these names: {}.", bundle.clusters().join(", ")),
        "Fleet's `dependsOn` waits until the other release is ready; it cannot stop for steps that people do."
            .to_owned(),
    ];
    Ok(Export { files, notes })
}

/// The name of the Secret that tells Fleet to speak HTTP without TLS.
const PLAIN_HTTP: &str = "chartwright-registry";

/// Fleet learns how to speak to a registry from a Secret alone. Credentials may join it.
fn plain_http() -> Value {
    map([
        ("apiVersion", Value::str("v1")),
        ("kind", Value::str("Secret")),
        ("metadata", map([("name", Value::str(PLAIN_HTTP)), ("namespace", Value::str(WORKSPACE))])),
        ("stringData", map([("basicHTTP", Value::str("true"))])),
    ])
}

/// The workspace of the downstream clusters.
const WORKSPACE: &str = "fleet-default";

fn helm_op(needs: &Needs<'_>, release: &Release, repository: Repository<'_>) -> Result<Value, Fault> {
    let values = yaml::from_yaml_map(&release.values).map_err(|error| Fault::new(error.to_string()))?;
    // In a registry the chart's name belongs to the URL.
    let plain_http = repository.plain_http;
    let (chart, repository) = if repository.is_registry() {
        (Value::str(""), Value::from(format!("{}/{}", repository.url, release.chart)))
    } else {
        (Value::str(&release.chart), Value::str(repository.url))
    };
    let mut helm = vec![
        ("chart", chart),
        ("releaseName", Value::str(&release.name)),
        ("repo", repository),
        ("timeoutSeconds", Value::Int(seconds(release)?)),
        ("values", Value::Map(values)),
        ("version", Value::str(&release.version)),
        ("waitForJobs", Value::Bool(release.wait)),
    ];
    if !release.secret_values.is_empty() {
        let key = map([
            ("key", Value::str(secrets::VALUES_KEY)),
            ("name", Value::from(secrets::composed_name(release))),
            ("namespace", Value::str(&release.namespace)),
        ]);
        helm.push(("valuesFrom", Value::list(vec![map([("secretKeyRef", key)])])));
    }
    let needed = needs.of(release).into_iter().map(|needed| Value::from(unique_name(needed)));
    let needs = needed.map(|name| map([("name", name)])).collect();
    let target = map([("clusterName", Value::str(&release.cluster))]);
    let mut spec = vec![
        ("defaultNamespace", Value::str(&release.namespace)),
        ("dependsOn", Value::list(needs)),
        ("helm", fields(helm)),
    ];
    if plain_http {
        spec.push(("helmSecretName", Value::str(PLAIN_HTTP)));
    }
    if !release.labels.is_empty() {
        spec.push(("namespaceLabels", texts(&release.labels)));
    }
    spec.push(("targets", Value::list(vec![target])));
    let metadata = map([("name", Value::from(unique_name(release))), ("namespace", Value::str(WORKSPACE))]);
    Ok(map([
        ("apiVersion", Value::str("fleet.cattle.io/v1alpha1")),
        ("kind", Value::str("HelmOp")),
        ("metadata", metadata),
        ("spec", fields(spec)),
    ]))
}
