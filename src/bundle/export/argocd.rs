//! Argo CD: one Application for each release, ordered by sync waves.

use super::{Export, Repository, documents, fields, map, repository_of, texts, unique_name};
use crate::bundle::{Bundle, Release};
use crate::diagnostic::Fault;
use crate::value::Value;

pub(super) fn export(bundle: &Bundle, repository: Repository<'_>) -> Result<Export, Fault> {
    let mut files = Vec::with_capacity(bundle.releases.len());
    for release in &bundle.releases {
        let path = format!("{}/{}/{}.yaml", release.cluster, release.namespace, release.name);
        files.push((path, documents(&[application(release, repository_of(release, repository))])?));
    }
    Ok(Export { files, notes: notes(bundle, repository) })
}

fn application(release: &Release, repository: Repository<'_>) -> Value {
    let metadata = map([
        ("annotations", map([("argocd.argoproj.io/sync-wave", Value::from(release.wave.to_string()))])),
        ("name", Value::from(unique_name(release))),
        ("namespace", Value::str("argocd")),
    ]);
    // A registry is named without its scheme; the chart's name follows in `chart`.
    let url = repository.url.strip_prefix("oci://").unwrap_or(repository.url);
    let helm = map([("releaseName", Value::str(&release.name)), ("values", Value::str(&release.values))]);
    let source = map([
        ("chart", Value::str(&release.chart)),
        ("helm", helm),
        ("repoURL", Value::str(url)),
        ("targetRevision", Value::str(&release.version)),
    ]);
    let mut policy = vec![
        ("automated", map([("prune", Value::Bool(false)), ("selfHeal", Value::Bool(true))])),
        ("syncOptions", Value::strings(["CreateNamespace=true", "ServerSideApply=true"])),
    ];
    if !release.labels.is_empty() {
        policy.push(("managedNamespaceMetadata", map([("labels", texts(&release.labels))])));
    }
    let spec = map([
        ("destination", map([("name", Value::str(&release.cluster)), ("namespace", Value::str(&release.namespace))])),
        ("project", Value::str("default")),
        ("source", source),
        ("syncPolicy", fields(policy)),
    ]);
    map([
        ("apiVersion", Value::str("argoproj.io/v1alpha1")),
        ("kind", Value::str("Application")),
        ("metadata", metadata),
        ("spec", spec),
    ])
}

fn notes(bundle: &Bundle, repository: Repository<'_>) -> Vec<String> {
    let mut notes = vec![
        "Sync waves order these Applications only below a parent Application whose source is this folder, and only where Argo CD judges the health of Applications (`resource.customizations` of `argocd-cm`)."
            .to_owned(),
        format!("Argo CD has to know the clusters by these names: {}.", bundle.clusters().join(", ")),
        "Argo CD renders charts with `helm template`: `lookup` finds nothing, and hooks become its own.".to_owned(),
    ];
    if repository.is_registry() {
        let url = repository.url.trim_start_matches("oci://");
        let plain = if repository.plain_http { " and `insecureOCIForceHttp`" } else { "" };
        notes.push(format!("Register `{url}` with Argo CD as a repository of type `helm` with `enableOCI`{plain}."));
    }
    notes
}
