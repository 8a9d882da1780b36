//! A bundle as files: `bundle.yaml`, `bundle.lock`, `values/`, `charts/`, `images.yaml` and `SHA256SUMS`.

use super::{API_VERSION, AnyStep, Bundle, KIND, Origin, Release, Step, Work, checksums, images};
use crate::diagnostic::Fault;
use crate::repository::sha256;
use crate::value::{Map, Value};
use crate::yaml;

impl Bundle {
    /// The files of the bundle: paths with `/` and bytes, in a fixed order.
    ///
    /// # Errors
    /// A value that cannot be written as YAML.
    pub fn files(&self) -> Result<Vec<(String, Vec<u8>)>, Fault> {
        let mut files = vec![("bundle.yaml".to_owned(), self.manifest()?), ("bundle.lock".to_owned(), self.lock()?)];
        for release in &self.releases {
            files.push((release.values_path(), release.values.clone()));
        }
        for (name, archive) in &self.archives {
            files.push((format!("charts/{name}"), archive.bytes.clone()));
        }
        files.push((images::IMAGES.to_owned(), self.images.to_yaml()?));
        files.push((checksums::CHECKSUMS.to_owned(), checksums::of_files(&files)));
        Ok(files)
    }

    fn manifest(&self) -> Result<Vec<u8>, Fault> {
        let mut waves: Vec<Vec<Value>> = Vec::new();
        for step in self.all_steps() {
            waves.resize_with(waves.len().max(step.wave() + 1), Vec::new);
            waves[step.wave()].push(match step {
                AnyStep::Release(release) => self.release(release),
                AnyStep::Other(step) => other(step),
            });
        }
        let waves = waves.into_iter().enumerate().map(|(wave, steps)| {
            let entry = Map::new();
            entry.insert("steps", Value::list(steps));
            entry.insert("wave", Value::Int(wave as i64));
            Value::Map(entry)
        });
        let root = Map::new();
        root.insert("apiVersion", Value::str(API_VERSION));
        root.insert("clusters", self.surroundings.clusters_value());
        root.insert("environments", self.surroundings.environments_value());
        root.insert("kind", Value::str(KIND));
        root.insert("waves", Value::list(waves.collect()));
        yaml::to_yaml(&Value::Map(root))
    }

    fn release(&self, release: &Release) -> Value {
        let entry = Map::new();
        let texts = [
            ("kind", "release"),
            ("chart", &release.chart),
            ("cluster", &release.cluster),
            ("environment", &release.environment),
            ("name", &release.name),
            ("namespace", &release.namespace),
            ("version", &release.version),
        ];
        for (key, text) in texts {
            entry.insert(key, Value::str(text));
        }
        match &release.origin {
            Origin::Archive(file) => {
                entry.insert("archive", Value::from(format!("charts/{file}")));
                let digest = self.archives.get(file).map(|archive| archive.digest.as_str());
                entry.insert("sha256", Value::str(digest.unwrap_or_default()));
            }
            Origin::Reference(reference) => {
                entry.insert("repository", Value::str(&reference.repository));
                let provides = reference.provides.iter().map(super::Thing::to_value);
                entry.insert("provides", Value::list(provides.collect()));
            }
        }
        entry.insert("manifests", Value::Int(release.manifests as i64));
        entry.insert("needs", Value::strings(&release.needs));
        entry.insert("values", Value::from(release.values_path()));
        entry.insert("valuesSha256", Value::from(sha256(&release.values)));
        entry.insert("wait", Value::Bool(release.wait));
        if let Some(timeout) = &release.timeout {
            entry.insert("timeout", Value::str(timeout));
        }
        entry.insert("readiness", Value::strings(&release.readiness));
        if !release.secret_values.is_empty() {
            let secrets = release.secret_values.iter().map(super::SecretValue::to_value);
            entry.insert("secretValues", Value::list(secrets.collect()));
        }
        if !release.labels.is_empty() {
            let labels = Map::new();
            for (name, label) in &release.labels {
                labels.insert(name.as_str(), Value::str(label));
            }
            entry.insert("labels", Value::Map(labels));
        }
        Value::Map(entry)
    }
}

fn other(step: &Step) -> Value {
    let entry = Map::new();
    for (key, text) in [("id", step.id.as_str()), ("kind", step.work.kind()), ("title", &step.title)] {
        entry.insert(key, Value::str(text));
    }
    for (key, text) in [("cluster", &step.cluster), ("environment", &step.environment)] {
        if let Some(text) = text {
            entry.insert(key, Value::str(text));
        }
    }
    entry.insert("needs", Value::strings(&step.needs));
    match &step.work {
        Work::Hosts { machines, .. } => {
            entry.insert("machines", Value::strings(machines));
        }
        Work::Manual { instruction, values, .. } => {
            entry.insert("instruction", Value::str(instruction));
            let values = values.iter().map(|(name, value)| {
                let entry = Map::new();
                entry.insert("name", Value::str(name));
                entry.insert("value", Value::str(value));
                Value::Map(entry)
            });
            entry.insert("values", Value::list(values.collect()));
        }
        Work::Check { .. } => {}
    }
    if let Some(verify) = step.work.verify() {
        entry.insert("verify", Value::str(verify));
    }
    Value::Map(entry)
}
