//! References of a bundle rewritten for a registry that stands in for all others.
//!
//! A chart is asked first by `global.imageRegistry`, where it has that value; what then still comes from elsewhere is
//! changed at the value that names it. The release is rendered after each step: what it really runs decides, and an
//! image that no value moves is told of.

use super::images::{self, ImageUse};
use super::{Bundle, ImageList};
use crate::chart::{Chart, LoadOptions, Notices};
use crate::diagnostic::{Error, ErrorKind};
use crate::images::{Kinds, Reference};
use crate::render::action::{Prepared, RenderOptions, SchemaCheck, prepare};
use crate::render::manifest::{TextFile, sort_manifests, without_notes};
use crate::render::{Capabilities, Release as RenderRelease, Tracing};
use crate::template::Limits;
use crate::value::{Map, Value};
use crate::world::World;
use crate::yaml;
use std::collections::BTreeMap;
use std::path::Path;

/// Images with their names on the far side.
pub type Places = BTreeMap<String, String>;

/// A bundle whose releases take their images from another registry.
#[derive(Clone, Debug, Default)]
pub struct Rewritten {
    /// The bundle, with other values.
    pub bundle: Bundle,
    /// Images that still come from elsewhere: no value of the chart moves them.
    pub left: Vec<(String, ImageUse)>,
}

/// The name of an image in another registry: `HOST[/PATH]` and the repository as charts write it.
///
/// # Errors
/// A name that is no image, a registry that is none.
pub fn far_name(image: &str, target: &str) -> Result<String, Error> {
    let wrong = || Error::new(ErrorKind::Content, format!("`{}` is no image", image.escape_debug()));
    let parts = Reference::parse(image).ok_or_else(wrong)?;
    let mut far = format!("{target}/{}", parts.repository());
    if let Some(tag) = parts.tag() {
        far.push_str(&format!(":{tag}"));
    }
    if let Some(digest) = parts.digest() {
        far.push_str(&format!("@{digest}"));
    }
    match Reference::parse(&far) {
        Some(read) if read.registry().is_some() => Ok(far),
        _ => {
            let message = format!("expected a registry such as `registry.example:5000`, found `{target}`");
            Err(Error::new(ErrorKind::Usage, message))
        }
    }
}

/// Changes the values of every release so that its images come from `target`, and renders each to prove it.
///
/// # Errors
/// A release that no longer renders, a target that is no registry.
pub fn rewrite(bundle: &Bundle, target: &str, load: &LoadOptions, world: &dyn World) -> Result<Rewritten, Error> {
    let mut done = Rewritten { bundle: bundle.clone(), left: Vec::new() };
    done.bundle.images = ImageList::default();
    let kinds = images::kinds(bundle.archives.values(), load);
    for at in 0..bundle.releases.len() {
        let Some(release) = bundle.releases.get(at) else { continue };
        let Some(archive) = release.archive().and_then(|file| bundle.archives.get(file)) else { continue };
        let failed = |error: Error| {
            let message = format!("release `{}`: {}", release.id(), error.message());
            error.hints().iter().fold(Error::new(error.kind(), message), |told, hint| told.hint(hint))
        };
        let chart = Chart::from_archive(Path::new(&archive.file), &archive.bytes, load, &mut Notices::new())?;
        let values = yaml::from_yaml_map(&release.values)
            .map_err(|error| failed(Error::new(ErrorKind::Content, error.to_string())))?;
        let (place, namespace) = (release.id(), release.namespace.clone());
        let names = (release.name.as_str(), namespace.as_str(), place.as_str());
        let subject = Subject { chart, names, kinds: &kinds, load, world };
        let (values, images) = subject.moved(values, target).map_err(failed)?;
        for image in images.images().filter(|image| !is_at(image, target)) {
            done.left.extend(images.uses(image).map(|one| (image.to_owned(), one.clone())));
        }
        done.bundle.images.join(images);
        if let Some(own) = done.bundle.releases.get_mut(at) {
            own.values = yaml::to_yaml(&Value::Map(values)).map_err(|fault| {
                Error::new(ErrorKind::Internal, format!("cannot write values: {}", fault.message()))
            })?;
        }
    }
    Ok(done)
}

fn is_at(image: &str, target: &str) -> bool {
    image.strip_prefix(target).is_some_and(|rest| rest.starts_with('/'))
}

/// One release.
struct Subject<'a> {
    chart: Chart,
    /// Its name, its namespace, and `CLUSTER/NAMESPACE/NAME`.
    names: (&'a str, &'a str, &'a str),
    kinds: &'a Kinds,
    load: &'a LoadOptions,
    world: &'a dyn World,
}

impl Subject<'_> {
    fn moved(&self, values: Map, target: &str) -> Result<(Map, ImageList), Error> {
        let (prepared, before) = self.render(&values)?;
        if before.images().all(|image| is_at(image, target)) {
            return Ok((values, before));
        }
        let names: Vec<String> = before.images().map(|image| far_name(image, target)).collect::<Result<_, _>>()?;
        let mut values = values;
        let mut images = before.clone();
        let has_global = prepared
            .values
            .get("global")
            .is_some_and(|global| global.as_map().is_some_and(|global| global.contains("imageRegistry")));
        if has_global {
            let trial = with(&values, &["global", "imageRegistry"], Value::str(target), 0);
            if let Ok((_, after)) = self.render(&trial) {
                // A chart that puts the registry before a whole name would run images that nobody has.
                let good = |image: &str| names.iter().any(|name| name == image) || before.uses(image).next().is_some();
                if after.images().all(good) {
                    (values, images) = (trial, after);
                }
            }
        }
        let (prepared, _) = self.render(&values)?;
        let mut trial = values.clone();
        for image in images.images().filter(|image| !is_at(image, target)) {
            let Some(reference) = Reference::parse(image) else { continue };
            for key in images.uses(image).map(|one| one.value.as_str()).filter(|key| !key.is_empty()) {
                trial = at_value(&trial, &prepared.values, key, (&reference, target))?;
            }
        }
        match self.render(&trial) {
            Ok((_, after)) => Ok((trial, after)),
            Err(_) => Ok((values, images)),
        }
    }

    fn render(&self, values: &Map) -> Result<(Prepared, ImageList), Error> {
        let compat = self.load.compat;
        let (name, namespace, place) = self.names;
        let prepared = prepare(self.chart.clone(), values, SchemaCheck::Validate, compat, &mut Notices::new())?;
        let capabilities = Capabilities::of_helm(compat);
        let options = RenderOptions {
            release: &RenderRelease::install(name.to_owned(), namespace.to_owned()),
            capabilities: &capabilities,
            limits: Limits::default(),
            tracing: Tracing::Off,
        };
        let failed = |text: String| Error::new(ErrorKind::Content, text);
        let rendered = prepared.render(&options, self.world).map_err(|cause| failed(cause.helm_text(compat)))?;
        let files = without_notes(rendered.files().map(|(path, text)| TextFile { path, text }));
        let sorted = sort_manifests(&files, compat).map_err(|fault| failed(fault.text(compat)))?;
        let mut images = ImageList::default();
        images.add(place, &prepared, &sorted, self.kinds);
        Ok((prepared, images))
    }
}

/// Changes the value at a key so that it names the image in another registry.
fn at_value(user: &Map, all: &Map, key: &str, (image, target): (&Reference, &str)) -> Result<Map, Error> {
    let path: Vec<&str> = key.split('.').collect();
    let value = path.iter().try_fold(Value::Map(all.clone()), |value, key| value.as_map()?.get(key));
    let at = |inner: &str, text: String| {
        let path: Vec<&str> = path.iter().copied().chain([inner]).collect();
        with(user, &path, Value::from(text), 0)
    };
    let text_of = |table: &Map, key: &str| {
        table.get(key).and_then(|value| value.as_str().map(|text| text.to_str_lossy().into_owned()))
    };
    Ok(match value {
        Some(Value::Str(_)) => with(user, &path, Value::from(far_name(&image.to_string(), target)?), 0),
        Some(Value::Map(table)) if table.contains("registry") => at("registry", target.to_owned()),
        Some(Value::Map(table)) => {
            let field = if text_of(&table, "repository").is_some() { "repository" } else { "image" };
            match text_of(&table, field) {
                Some(_) => at(field, format!("{target}/{}", image.repository())),
                None => user.clone(),
            }
        }
        _ => user.clone(),
    })
}

/// Paths of keys that are longer are left alone.
const DEEPEST: usize = 40;

/// A map with a value at a path; tables on the way are copies.
fn with(table: &Map, path: &[&str], value: Value, depth: usize) -> Map {
    let copy = table.shallow_copy(table.kind());
    let Some((key, rest)) = path.split_first().filter(|_| depth < DEEPEST) else { return copy };
    let inner = match (rest, table.get(key)) {
        ([], _) => value,
        (_, Some(Value::Map(inner))) => Value::Map(with(&inner, rest, value, depth + 1)),
        _ => Value::Map(with(&Map::new(), rest, value, depth + 1)),
    };
    copy.insert(*key, inner);
    copy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_repository_tag_and_digest() {
        let digest = format!("sha256:{}", "a".repeat(64));
        for (image, wanted) in [
            ("nginx:1".to_owned(), "r.example:5000/p/nginx:1".to_owned()),
            ("docker.io/bitnami/redis:7".to_owned(), "r.example:5000/p/bitnami/redis:7".to_owned()),
            (format!("quay.io/a/b@{digest}"), format!("r.example:5000/p/a/b@{digest}")),
        ] {
            assert_eq!(far_name(&image, "r.example:5000/p").expect("a name"), wanted);
        }
        assert!(far_name("nginx:1", "no registry").is_err());
        assert!(far_name("nginx:1", "bare").is_err(), "a word is a path, not a registry");
    }
}
