//! Rancher Fleet: one HelmOp for each release, in the workspace of the downstream clusters.

use super::{Export, Repository, documents, map, unique_name};
use crate::bundle::{Bundle, Release};
use crate::diagnostic::Fault;
use crate::value::Value;
use crate::yaml;

pub(super) fn export(bundle: &Bundle, repository: Repository<'_>) -> Result<Export, Fault> {
    let mut files = Vec::with_capacity(bundle.releases.len());
    for release in &bundle.releases {
        let path = format!("{}/{}/{}.yaml", release.cluster, release.namespace, release.name);
        files.push((path, documents(&[helm_op(bundle, release, repository)?])?));
    }
    let notes = vec![
        format!("Fleet has to know the clusters by these names: {}.", bundle.clusters().join(", ")),
        "Fleet's `dependsOn` waits until the other release is ready; it cannot stop for steps that people do."
            .to_owned(),
    ];
    Ok(Export { files, notes })
}

fn helm_op(bundle: &Bundle, release: &Release, repository: Repository<'_>) -> Result<Value, Fault> {
    let values = yaml::from_yaml_map(&release.values).map_err(|error| Fault::new(error.to_string()))?;
    let mut helm = vec![
        ("releaseName", Value::str(&release.name)),
        ("timeoutSeconds", Value::Int(1200)),
        ("values", Value::Map(values)),
        ("version", Value::str(&release.version)),
        ("waitForJobs", Value::Bool(true)),
    ];
    if repository.is_registry() {
        helm.push(("repo", Value::from(format!("{}/{}", repository.url, release.chart))));
    } else {
        helm.push(("chart", Value::str(&release.chart)));
        helm.push(("repo", Value::str(repository.url)));
    }
    let needs = release.needs.iter().filter_map(|need| {
        let same = |other: &&Release| {
            other.name == *need && other.namespace == release.namespace && other.cluster == release.cluster
        };
        let needed = bundle.releases.iter().find(same)?;
        Some(map([("name", Value::from(unique_name(needed)))]))
    });
    let needs = needs.collect();
    let target = map([("clusterName", Value::str(&release.cluster))]);
    let helm_map = crate::value::Map::new();
    for (key, value) in helm {
        helm_map.insert(key, value);
    }
    let spec = map([
        ("defaultNamespace", Value::str(&release.namespace)),
        ("dependsOn", Value::list(needs)),
        ("helm", Value::Map(helm_map)),
        ("targets", Value::list(vec![target])),
    ]);
    let metadata = map([("name", Value::from(unique_name(release))), ("namespace", Value::str("fleet-default"))]);
    Ok(map([
        ("apiVersion", Value::str("fleet.cattle.io/v1alpha1")),
        ("kind", Value::str("HelmOp")),
        ("metadata", metadata),
        ("spec", spec),
    ]))
}
