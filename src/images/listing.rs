//! All images of a chart, and the forms in which they are written down.

use super::{ImagesLock, LockedDigest, LockedImage, Reference, Rule};
use crate::chart::Metadata;
use std::collections::BTreeMap;

/// One place that names an image.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    /// The chart whose template wrote it: `shop/charts/redis`.
    pub chart: String,
    /// The template's path, and its line where it is known.
    pub template: String,
    /// The line of the template that wrote it, from 1.
    pub line: Option<usize>,
    /// The object: `Deployment shop`.
    pub resource: String,
    /// The field.
    pub path: String,
    /// What kind of place it is.
    pub kind: &'static str,
    /// Why it is an image.
    pub rule: Rule,
    /// The events that run it, if it is a hook: `pre-install, test`.
    pub hook: String,
    /// The key of the value that it comes from, in the values of the whole chart.
    pub key: Option<String>,
}

/// The images of one chart, each with the places that name it and the first case that shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    images: BTreeMap<Reference, BTreeMap<Use, String>>,
}

impl Listing {
    /// Adds a place; the case counts if the place is new.
    pub fn add(&mut self, image: Reference, place: Use, case: &str) {
        self.images.entry(image).or_default().entry(place).or_insert_with(|| case.to_owned());
    }

    /// The images in byte order.
    pub fn images(&self) -> impl Iterator<Item = &Reference> {
        self.images.keys()
    }

    /// The places that name an image, each with the case that showed it first.
    pub fn uses(&self, image: &Reference) -> impl Iterator<Item = (&Use, &str)> {
        self.images.get(image).into_iter().flatten().map(|(place, case)| (place, case.as_str()))
    }

    /// An `Images.lock` of this list, with the digests that references themselves have; `at` is the time in RFC 3339.
    pub fn lock(&self, metadata: &Metadata, at: &str) -> ImagesLock {
        let images = self.images.iter().map(|(image, uses)| {
            let chart = uses.keys().next().map_or("", |first| first.chart.rsplit('/').next().unwrap_or_default());
            let own = image.digest().map(|digest| LockedDigest { digest: digest.to_owned(), platform: None });
            LockedImage { image: image.clone(), chart: chart.to_owned(), digests: own.into_iter().collect() }
        });
        ImagesLock {
            generated_at: at.to_owned(),
            name: metadata.name.clone(),
            version: metadata.version.clone(),
            app_version: metadata.app_version.clone(),
            images: images.collect(),
        }
    }

    /// The annotations for `Chart.yaml` that catalogues and mirrors read.
    pub fn annotations(&self) -> String {
        let list: String = self
            .images
            .keys()
            .map(|image| format!("    - name: {}\n      image: {}\n", quoted(image.name()), quoted(&image.to_string())))
            .collect();
        match list.is_empty() {
            true => "annotations: {}\n".to_owned(),
            false => format!("annotations:\n  artifacthub.io/images: |\n{list}  helm.sh/images: |\n{list}"),
        }
    }
}

/// A text as a YAML scalar that cannot be read as anything else.
pub(super) fn quoted(text: &str) -> String {
    let mut out = Vec::new();
    crate::json::write_json_string(&mut out, text.as_bytes());
    String::from_utf8_lossy(&out).into_owned()
}
