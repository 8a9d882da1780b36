//! A bundle as files: `bundle.yaml`, `values/`, `charts/`, `images.yaml` and `SHA256SUMS`.

use super::{API_VERSION, Bundle, KIND, Release, checksums, images};
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
        let mut files = vec![("bundle.yaml".to_owned(), self.manifest()?)];
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

    /// How many waves there are.
    pub fn wave_count(&self) -> usize {
        self.releases.iter().map(|release| release.wave + 1).max().unwrap_or(0)
    }

    fn manifest(&self) -> Result<Vec<u8>, Fault> {
        let waves = (0..self.wave_count()).map(|wave| {
            let releases = self.releases.iter().filter(|release| release.wave == wave);
            let entry = Map::new();
            entry.insert("releases", Value::list(releases.map(|release| self.release(release)).collect()));
            entry.insert("wave", Value::Int(wave as i64));
            Value::Map(entry)
        });
        let root = Map::new();
        root.insert("apiVersion", Value::str(API_VERSION));
        root.insert("kind", Value::str(KIND));
        root.insert("waves", Value::list(waves.collect()));
        yaml::to_yaml(&Value::Map(root))
    }

    fn release(&self, release: &Release) -> Value {
        let entry = Map::new();
        let texts = [
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
        entry.insert("archive", Value::from(format!("charts/{}", release.archive)));
        let digest = self.archives.get(&release.archive).map(|archive| archive.digest.as_str());
        entry.insert("sha256", Value::str(digest.unwrap_or_default()));
        entry.insert("manifests", Value::Int(release.manifests as i64));
        entry.insert("needs", Value::list(release.needs.iter().map(Value::str).collect()));
        entry.insert("values", Value::from(release.values_path()));
        entry.insert("valuesSha256", Value::from(sha256(&release.values)));
        Value::Map(entry)
    }
}
