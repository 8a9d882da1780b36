//! `bundle.lock`: which charts a bundle was built with, so that the next one is built with the same bytes.

use super::{Bundle, Origin};
use crate::diagnostic::Fault;
use crate::value::{Map, Value};
use crate::yaml;
use std::collections::BTreeMap;

/// The version of the format of `bundle.lock`.
const LOCK_VERSION: &str = "chartwright.io/v1alpha1";

impl Bundle {
    /// The text of `bundle.lock`: each chart once, with its digest, or with its repository where it was not fetched.
    pub(super) fn lock(&self) -> Result<Vec<u8>, Fault> {
        let mut charts: BTreeMap<(&str, &str), (&str, &str)> = BTreeMap::new();
        for release in &self.releases {
            let place = match &release.origin {
                Origin::Archive(file) => {
                    ("sha256", self.archives.get(file).map_or("", |archive| archive.digest.as_str()))
                }
                Origin::Reference(reference) => ("repository", reference.repository.as_str()),
            };
            charts.insert((&release.chart, &release.version), place);
        }
        let charts = charts.into_iter().map(|((chart, version), (key, place))| {
            let entry = Map::new();
            for (key, text) in [("name", chart), ("version", version), (key, place)] {
                entry.insert(key, Value::str(text));
            }
            Value::Map(entry)
        });
        let root = Map::new();
        root.insert("apiVersion", Value::str(LOCK_VERSION));
        root.insert("charts", Value::list(charts.collect()));
        root.insert("kind", Value::str("BundleLock"));
        yaml::to_yaml(&Value::Map(root))
    }
}
