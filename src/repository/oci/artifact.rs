//! A chart as an artifact: its config and annotations as Helm 4.3.1 writes them, byte for byte.

use super::{CHART_CONFIG, CHART_LAYER, Descriptor, Digest, Manifest, PROVENANCE_LAYER};
use crate::chart::{Dependency, Maintainer, Metadata};
use crate::diagnostic::Fault;
use crate::json::{to_json, write_json_string};
use crate::value::Value;
use bytes::Bytes;
use std::collections::BTreeMap;

/// The annotations that `annotations` of Chart.yaml do not change.
const FIXED: [&str; 2] = ["org.opencontainers.image.version", "org.opencontainers.image.title"];

/// What is pushed for a chart.
#[derive(Clone, Debug)]
pub struct ChartArtifact {
    /// The chart's name.
    pub name: String,
    /// The chart's version.
    pub version: String,
    /// The manifest.
    pub manifest: Manifest,
    /// The metadata as JSON.
    pub config: Bytes,
    /// The archive.
    pub chart: Bytes,
    /// The `.prov` file.
    pub provenance: Option<Bytes>,
}

impl ChartArtifact {
    /// The artifact of an archive. `created` is the time of the archive in RFC 3339; Helm takes the file's.
    ///
    /// # Errors
    /// Metadata that JSON cannot hold.
    pub fn new(
        metadata: &Metadata,
        chart: Bytes,
        provenance: Option<Bytes>,
        created: &str,
    ) -> Result<ChartArtifact, Fault> {
        let config = Bytes::from(config(metadata)?);
        let mut layers = vec![Descriptor::of(CHART_LAYER, &chart)];
        layers.extend(provenance.as_ref().map(|provenance| Descriptor::of(PROVENANCE_LAYER, provenance)));
        layers.sort_by(|one, other| one.digest.cmp(&other.digest));
        let manifest = Manifest {
            config: Descriptor::of(CHART_CONFIG, &config),
            layers,
            annotations: annotations(metadata, created),
        };
        let (name, version) = (metadata.name.clone(), metadata.version.clone());
        Ok(ChartArtifact { name, version, manifest, config, chart, provenance })
    }

    /// The artifact of an archive that names no time: the same archive has the same digest wherever it is pushed.
    ///
    /// # Errors
    /// Metadata that JSON cannot hold.
    pub fn undated(metadata: &Metadata, chart: Bytes, provenance: Option<Bytes>) -> Result<ChartArtifact, Fault> {
        ChartArtifact::new(metadata, chart, provenance, "")
    }

    /// The digest of the manifest.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.manifest.to_json())
    }
}

fn annotations(metadata: &Metadata, created: &str) -> BTreeMap<String, String> {
    let authors = authors(&metadata.maintainers);
    let source = metadata.sources.first().map_or("", String::as_str);
    let own = [
        ("description", metadata.description.as_str()),
        ("title", &metadata.name),
        ("version", &metadata.version),
        ("url", &metadata.home),
        ("created", created),
        ("source", source),
        ("authors", &authors),
    ];
    let filled = own.into_iter().filter(|(_, text)| !text.trim().is_empty());
    let named = filled.map(|(key, text)| (format!("org.opencontainers.image.{key}"), text.to_owned()));
    let mut annotations: BTreeMap<String, String> = named.collect();
    for (key, value) in metadata.annotations.iter().flatten() {
        if !FIXED.contains(&key.as_str()) {
            annotations.insert(key.clone(), value.clone());
        }
    }
    annotations
}

fn authors(maintainers: &[Maintainer]) -> String {
    let one = |one: &Maintainer| match one.email.as_str() {
        "" => one.name.clone(),
        email => format!("{} ({email})", one.name),
    };
    maintainers.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The metadata as Go writes the struct: its fields in their order, empty ones left out.
fn config(metadata: &Metadata) -> Result<Vec<u8>, Fault> {
    let mut object = Writer::open();
    object.text("name", &metadata.name);
    object.text("home", &metadata.home);
    object.texts("sources", &metadata.sources);
    object.text("version", &metadata.version);
    object.text("description", &metadata.description);
    object.texts("keywords", &metadata.keywords);
    object.array("maintainers", metadata.maintainers.iter().map(maintainer).collect());
    object.text("icon", &metadata.icon);
    object.text("apiVersion", &metadata.api_version);
    object.text("condition", &metadata.condition);
    object.text("tags", &metadata.tags);
    object.text("appVersion", &metadata.app_version);
    object.flag("deprecated", metadata.deprecated);
    if let Some(annotations) = metadata.annotations.as_ref().filter(|annotations| !annotations.is_empty()) {
        let mut inner = Writer::open();
        annotations.iter().for_each(|(key, value)| inner.always(key, value));
        object.raw("annotations", &inner.close());
    }
    object.text("kubeVersion", &metadata.kube_version);
    let dependencies = metadata.dependencies().iter().map(dependency).collect::<Result<_, _>>()?;
    object.array("dependencies", dependencies);
    object.text("type", &metadata.kind);
    Ok(object.close())
}

fn maintainer(one: &Maintainer) -> Vec<u8> {
    let mut object = Writer::open();
    object.text("name", &one.name);
    object.text("email", &one.email);
    object.text("url", &one.url);
    object.close()
}

fn dependency(one: &Dependency) -> Result<Vec<u8>, Fault> {
    let mut object = Writer::open();
    object.always("name", &one.name);
    object.text("version", &one.version);
    object.always("repository", &one.repository);
    object.text("condition", &one.condition);
    object.texts("tags", &one.tags);
    object.flag("enabled", one.enabled);
    if !one.import_values.is_empty() {
        object.raw("import-values", &to_json(&Value::list(one.import_values.clone()))?);
    }
    object.text("alias", &one.alias);
    Ok(object.close())
}

/// A JSON object whose members stay in the order in which they come.
struct Writer(Vec<u8>);

impl Writer {
    fn open() -> Writer {
        Writer(vec![b'{'])
    }

    fn raw(&mut self, key: &str, value: &[u8]) {
        if self.0.len() > 1 {
            self.0.push(b',');
        }
        write_json_string(&mut self.0, key.as_bytes());
        self.0.push(b':');
        self.0.extend_from_slice(value);
    }

    fn always(&mut self, key: &str, text: &str) {
        let mut value = Vec::new();
        write_json_string(&mut value, text.as_bytes());
        self.raw(key, &value);
    }

    fn text(&mut self, key: &str, text: &str) {
        if !text.is_empty() {
            self.always(key, text);
        }
    }

    fn flag(&mut self, key: &str, on: bool) {
        if on {
            self.raw(key, b"true");
        }
    }

    fn texts(&mut self, key: &str, texts: &[String]) {
        let written = |text: &String| {
            let mut value = Vec::new();
            write_json_string(&mut value, text.as_bytes());
            value
        };
        self.array(key, texts.iter().map(written).collect());
    }

    /// A list of written values; an empty one is left out.
    fn array(&mut self, key: &str, items: Vec<Vec<u8>>) {
        if !items.is_empty() {
            let value = [b"[", items.join(&b","[..]).as_slice(), b"]"].concat();
            self.raw(key, &value);
        }
    }

    fn close(mut self) -> Vec<u8> {
        self.0.push(b'}');
        self.0
    }
}
