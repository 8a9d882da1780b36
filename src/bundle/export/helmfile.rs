//! helmfile: one file, with needs between the releases.

use super::{Export, map};
use crate::bundle::{Bundle, Release};
use crate::diagnostic::Fault;
use crate::value::Value;
use crate::yaml;

pub(super) fn export(bundle: &Bundle) -> Result<Export, Fault> {
    let defaults = map([
        ("createNamespace", Value::Bool(true)),
        ("timeout", Value::Int(1200)),
        ("wait", Value::Bool(true)),
        ("waitForJobs", Value::Bool(true)),
    ]);
    let releases = bundle.releases.iter().map(release).collect();
    let root = map([("helmDefaults", defaults), ("releases", Value::list(releases))]);
    let mut text = b"# Contexts of kubectl's configuration have to be called as the clusters are.\n".to_vec();
    text.extend_from_slice(&yaml::to_yaml(&root)?);
    let mut files = vec![("helmfile.yaml".to_owned(), text)];
    files.extend(bundle.carried());
    Ok(Export { files, notes: Vec::new() })
}

fn release(release: &Release) -> Value {
    let place = |name: &str| format!("{}/{}/{name}", release.cluster, release.namespace);
    map([
        ("chart", Value::from(format!("./charts/{}", release.archive))),
        ("kubeContext", Value::str(&release.cluster)),
        ("name", Value::str(&release.name)),
        ("namespace", Value::str(&release.namespace)),
        ("needs", Value::strings(release.needs.iter().map(|need| place(need)))),
        ("values", Value::strings([release.values_path()])),
    ])
}
