//! The images of a bundle with the reasons for each: `images.yaml`, written when releases are rendered.

use super::API_VERSION;
use crate::chart::{Chart, LoadOptions, Notices};
use crate::diagnostic::{Error, ErrorKind, Fault};
use crate::images::{self, Kinds, Reference};
use crate::kubernetes::{self, ResourceId};
use crate::render::action::Prepared;
use crate::render::manifest::{Manifest, Manifests};
use crate::repository::Archive;
use crate::source::SourceId;
use crate::value::{Map, Value};
use crate::yaml;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The file with the images.
pub(super) const IMAGES: &str = "images.yaml";
const KIND: &str = "BundleImages";
/// The most bytes of that file.
const LARGEST: u64 = 64 << 20;

/// The custom kinds whose CRDs lie in charts; a chart that cannot be read has none.
pub(super) fn kinds<'a>(archives: impl Iterator<Item = &'a Archive>, load: &LoadOptions) -> Kinds {
    let mut kinds = Kinds::default();
    let archives: BTreeMap<&str, &Archive> = archives.map(|archive| (archive.digest.as_str(), archive)).collect();
    for archive in archives.values() {
        let chart = Chart::from_archive(Path::new(&archive.file), &archive.bytes, load, &mut Notices::new());
        if let Ok(chart) = chart {
            chart.crds().iter().for_each(|(_, file)| kinds.add_crds(&file.data));
        }
    }
    kinds
}

/// One place of one release that names an image.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImageUse {
    /// The release: `CLUSTER/NAMESPACE/NAME`.
    pub release: String,
    /// The object: `Deployment shop`.
    pub resource: String,
    /// The field: `spec.template.spec.containers[0].image`.
    pub field: String,
    /// What kind of place it is: `container`, `init container`, `argument` and so on.
    pub kind: String,
    /// The events that run it, if it is a hook.
    pub hook: String,
    /// The template that wrote it.
    pub template: String,
    /// The key of the value that it comes from, where that is known.
    pub value: String,
}

impl ImageUse {
    const FIELDS: [&str; 7] = ["field", "hook", "kind", "release", "resource", "template", "value"];

    fn texts(&self) -> [&str; 7] {
        [&self.field, &self.hook, &self.kind, &self.release, &self.resource, &self.template, &self.value]
    }

    /// In words, without the release.
    pub fn describe(&self) -> String {
        let hook = if self.hook.is_empty() { String::new() } else { format!(", hook {}", self.hook) };
        let value = if self.value.is_empty() { String::new() } else { format!(", value {}", self.value) };
        format!("{} of {}{hook}{value} ({})", self.kind, self.resource, self.template)
    }
}

/// Images with their uses, both sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageList {
    images: BTreeMap<String, BTreeSet<ImageUse>>,
}

impl ImageList {
    /// The images.
    pub fn images(&self) -> impl Iterator<Item = &str> {
        self.images.keys().map(String::as_str)
    }

    /// How many images there are.
    pub fn len(&self) -> usize {
        self.images.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.images.is_empty()
    }

    /// The places that name an image.
    pub fn uses(&self, image: &str) -> impl Iterator<Item = &ImageUse> {
        self.images.get(image).into_iter().flatten()
    }

    /// The images of one release (`CLUSTER/NAMESPACE/NAME`) with its uses of each.
    pub fn of_release<'l>(&'l self, release: &'l str) -> impl Iterator<Item = (&'l str, Vec<&'l ImageUse>)> {
        self.images.iter().filter_map(move |(image, uses)| {
            let own: Vec<&ImageUse> = uses.iter().filter(|one| one.release == release).collect();
            (!own.is_empty()).then_some((image.as_str(), own))
        })
    }

    /// Takes over another list.
    pub(super) fn join(&mut self, other: ImageList) {
        for (image, uses) in other.images {
            self.images.entry(image).or_default().extend(uses);
        }
    }

    /// Adds what the manifests of a release and the CRDs of its chart name; `kinds` are those that all charts of the
    /// bundle bring as CRDs.
    pub(super) fn add(&mut self, release: &str, prepared: &Prepared, manifests: &Manifests<'_>, kinds: &Kinds) {
        let hooks = manifests.hooks.iter().map(|hook| &hook.manifest);
        let all: Vec<&Manifest<'_>> = manifests.manifests.iter().chain(hooks).collect();
        let mut own = None;
        for crd in all.iter().filter(|manifest| manifest.head.kind == "CustomResourceDefinition") {
            own.get_or_insert_with(|| kinds.clone()).add_crds(crd.text);
        }
        let kinds = own.as_ref().unwrap_or(kinds);
        for manifest in all {
            self.add_manifest(release, manifest, &prepared.values, kinds);
        }
        for (path, file) in prepared.chart.crds() {
            for document in kubernetes::documents(&file.data) {
                let Ok(node) = yaml::parse(document.text, SourceId::default()) else { continue };
                for place in images::find_among(&node, kinds) {
                    let resource = ResourceId::of(&node).to_string();
                    self.insert(release, place, (&resource, "", &path.to_string()), String::new());
                }
            }
        }
    }

    fn add_manifest(&mut self, release: &str, manifest: &Manifest<'_>, values: &Map, kinds: &Kinds) {
        let Ok(node) = yaml::parse(manifest.text, SourceId::default()) else { return };
        let found = images::find_among(&node, kinds);
        if found.is_empty() {
            return;
        }
        let resource = ResourceId::of(&node).to_string();
        let hook = manifest.head.annotation("helm.sh/hook").unwrap_or_default();
        for place in found {
            let key = images::value_key(&place.image, values).unwrap_or_default();
            self.insert(release, place, (&resource, hook, manifest.path), key);
        }
    }

    fn insert(
        &mut self,
        release: &str,
        place: images::Place,
        (resource, hook, template): (&str, &str, &str),
        value: String,
    ) {
        let uses = self.images.entry(place.image.to_string()).or_default();
        uses.insert(ImageUse {
            release: release.to_owned(),
            resource: resource.to_owned(),
            field: place.path,
            kind: place.kind.to_owned(),
            hook: hook.to_owned(),
            template: template.to_owned(),
            value,
        });
    }

    /// The text of `images.yaml`.
    ///
    /// # Errors
    /// A text that cannot be written as YAML.
    pub(super) fn to_yaml(&self) -> Result<Vec<u8>, Fault> {
        let images = self.images.iter().map(|(image, uses)| {
            let uses = uses.iter().map(|one| {
                let pairs = ImageUse::FIELDS.into_iter().zip(one.texts()).filter(|(_, text)| !text.is_empty());
                Value::Map(pairs.map(|(key, text)| (key, Value::str(text))).collect())
            });
            let entry = Map::new();
            entry.insert("image", Value::str(image));
            entry.insert("uses", Value::list(uses.collect()));
            Value::Map(entry)
        });
        let root = Map::new();
        root.insert("apiVersion", Value::str(API_VERSION));
        root.insert("kind", Value::str(KIND));
        root.insert("images", Value::list(images.collect()));
        yaml::to_yaml(&Value::Map(root))
    }

    /// The list of the bundle in a folder; empty where it has none.
    ///
    /// # Errors
    /// A file that is no such list.
    pub(super) fn read(folder: &Path) -> Result<ImageList, Error> {
        let path = folder.join(IMAGES);
        let about = match fs::metadata(&path) {
            Ok(about) => about,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(ImageList::default()),
            Err(error) => return Err(Error::io("cannot read", &path, error)),
        };
        if about.len() > LARGEST {
            return Err(Error::new(ErrorKind::Limit, format!("`{}` is larger than {LARGEST} bytes", path.display())));
        }
        let text = fs::read(&path).map_err(|error| Error::io("cannot read", &path, error))?;
        ImageList::parse(&text).map_err(|why| {
            let message = format!("`{}` is no list of images: {why}", path.display());
            Error::new(ErrorKind::Content, message).hint("build the bundle again")
        })
    }

    fn parse(text: &[u8]) -> Result<ImageList, String> {
        let root = yaml::from_yaml_map(text).map_err(|error| error.to_string())?;
        let text_of = |map: &Map, key: &str| {
            map.get(key).and_then(|value| value.as_str().map(|text| text.to_str_lossy().into_owned()))
        };
        if text_of(&root, "kind").as_deref() != Some(KIND) {
            return Err(format!("expected `kind` `{KIND}`"));
        }
        let mut list = ImageList::default();
        for entry in items(root.get("images")) {
            let Value::Map(entry) = entry else { return Err("expected a mapping for each image".to_owned()) };
            let image = text_of(&entry, "image").unwrap_or_default();
            if Reference::parse(&image).is_none() {
                return Err(format!("`{}` is no image", image.escape_debug()));
            }
            let mut uses = BTreeSet::new();
            for one in items(entry.get("uses")) {
                let Value::Map(one) = one else { return Err("expected a mapping for each use".to_owned()) };
                let text = |key: &str| text_of(&one, key).unwrap_or_default();
                let (field, hook, kind) = (text("field"), text("hook"), text("kind"));
                let (release, resource) = (text("release"), text("resource"));
                let (template, value) = (text("template"), text("value"));
                uses.insert(ImageUse { release, resource, field, kind, hook, template, value });
            }
            list.images.insert(image, uses);
        }
        Ok(list)
    }
}

fn items(value: Option<Value>) -> Vec<Value> {
    match value {
        Some(Value::List(list)) => list.items().to_vec(),
        _ => Vec::new(),
    }
}
