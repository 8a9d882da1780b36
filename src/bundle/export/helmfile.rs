//! helmfile: one file, with needs between the releases.

use super::needs::Needs;
use super::{Export, TIMEOUT, map, seconds};
use crate::bundle::{Bundle, Origin, Release};
use crate::diagnostic::Fault;
use crate::value::Value;
use crate::yaml;
use std::collections::BTreeMap;

pub(super) fn export(bundle: &Bundle) -> Result<Export, Fault> {
    let defaults = map([
        ("createNamespace", Value::Bool(true)),
        ("timeout", Value::Int(TIMEOUT)),
        ("wait", Value::Bool(true)),
        ("waitForJobs", Value::Bool(true)),
    ]);
    let needs = Needs::new(bundle);
    let repositories = repositories(bundle);
    let releases = bundle.releases.iter().map(|one| release(one, &needs, &repositories));
    let releases = releases.collect::<Result<_, _>>()?;
    let listed = repositories.iter().map(|(url, name)| map([("name", Value::str(name)), ("url", Value::str(url))]));
    let root = map([
        ("helmDefaults", defaults),
        ("releases", Value::list(releases)),
        ("repositories", Value::list(listed.collect())),
    ]);
    let mut text = b"# Contexts of kubectl's configuration have to be called as the clusters are.\n".to_vec();
    text.extend_from_slice(&yaml::to_yaml(&root)?);
    let mut files = vec![("helmfile.yaml".to_owned(), text)];
    files.extend(bundle.carried());
    let mut labelled: Vec<String> = bundle.releases.iter().filter(|one| !one.labels.is_empty()).map(labels).collect();
    labelled.sort();
    labelled.dedup();
    Ok(Export { files, notes: labelled })
}

/// helmfile makes namespaces, but gives them no labels.
fn labels(release: &Release) -> String {
    let labels: String = release.labels.iter().map(|(name, label)| format!(" {name}={label}")).collect();
    let Release { cluster, namespace, .. } = release;
    format!(
        "helmfile labels no namespaces: `kubectl --context {cluster} label --overwrite namespace {namespace}{labels}`."
    )
}

/// The repositories of charts that were not fetched, with a name for each.
fn repositories(bundle: &Bundle) -> BTreeMap<&str, String> {
    let mut found = BTreeMap::new();
    for release in &bundle.releases {
        if let Origin::Reference(reference) = &release.origin {
            let number = found.len();
            // helmfile takes a registry as a chart's own place.
            if !reference.repository.starts_with("oci://") {
                found.entry(reference.repository.as_str()).or_insert_with(|| format!("repository-{number}"));
            }
        }
    }
    found
}

fn release(release: &Release, needs: &Needs<'_>, repositories: &BTreeMap<&str, String>) -> Result<Value, Fault> {
    let chart = match &release.origin {
        Origin::Archive(file) => format!("./charts/{file}"),
        Origin::Reference(reference) => match repositories.get(reference.repository.as_str()) {
            Some(name) => format!("{name}/{}", release.chart),
            None => format!("{}/{}", reference.repository.trim_end_matches('/'), release.chart),
        },
    };
    let entry = crate::value::Map::new();
    let fields = [
        ("chart", Value::from(chart)),
        ("kubeContext", Value::str(&release.cluster)),
        ("name", Value::str(&release.name)),
        ("namespace", Value::str(&release.namespace)),
        ("needs", Value::strings(needs.of(release).into_iter().map(Release::id))),
        ("values", Value::strings([release.values_path()])),
    ];
    for (name, value) in fields {
        entry.insert(name, value);
    }
    if matches!(release.origin, Origin::Reference(_)) {
        entry.insert("version", Value::str(&release.version));
    }
    if !release.secret_values.is_empty() {
        let set = release.secret_values.iter().filter_map(|value| {
            Some(map([("file", Value::str(value.file.as_deref()?)), ("name", Value::str(&value.path))]))
        });
        entry.insert("set", Value::list(set.collect()));
    }
    if release.timeout.is_some() {
        entry.insert("timeout", Value::Int(seconds(release)?));
    }
    if !release.wait {
        entry.insert("wait", Value::Bool(false));
        entry.insert("waitForJobs", Value::Bool(false));
    }
    Ok(Value::Map(entry))
}
