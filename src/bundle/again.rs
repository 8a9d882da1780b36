//! A release of a bundle rendered once more: its objects, and the hosts at which it answers.

use super::{Bundle, Release};
use crate::chart::{Chart, LoadOptions, Notices};
use crate::diagnostic::{Error, ErrorKind};
use crate::render::action::{RenderOptions, SchemaCheck, prepare};
use crate::render::manifest::{TextFile, sort_manifests, without_notes};
use crate::render::{Capabilities, Release as RenderRelease, Tracing};
use crate::source::SourceId;
use crate::template::Limits;
use crate::world::World;
use crate::yaml::{self, Node};
use std::collections::BTreeSet;
use std::path::Path;

/// An object that a release is made of.
#[derive(Clone, Debug)]
pub(super) struct Object {
    /// What it says.
    pub(super) node: Node,
    /// The same as it was rendered.
    #[cfg_attr(not(feature = "network"), allow(dead_code))]
    pub(super) text: Vec<u8>,
    /// Whether it is a hook, which Helm may have removed again.
    #[cfg_attr(not(feature = "network"), allow(dead_code))]
    pub(super) is_hook: bool,
}

impl Bundle {
    /// The objects of a release in install order; none for a chart that is not in the bundle.
    ///
    /// # Errors
    /// A chart that cannot be read or rendered.
    pub(super) fn objects(
        &self,
        release: &Release,
        load: &LoadOptions,
        world: &dyn World,
    ) -> Result<Vec<Object>, Error> {
        let Some(archive) = release.archive().and_then(|file| self.archives.get(file)) else { return Ok(Vec::new()) };
        let failed = |text: String| Error::new(ErrorKind::Content, format!("release `{}`: {text}", release.id()));
        let chart = Chart::from_archive(Path::new(&archive.file), &archive.bytes, load, &mut Notices::new())?;
        let values = yaml::from_yaml_map(&release.values).map_err(|error| failed(error.to_string()))?;
        let compat = load.compat;
        let prepared = prepare(chart, &values, SchemaCheck::Skip, compat, &mut Notices::new())?;
        let capabilities = Capabilities::of_helm(compat);
        let options = RenderOptions {
            release: &RenderRelease::install(release.name.clone(), release.namespace.clone()),
            capabilities: &capabilities,
            limits: Limits::default(),
            tracing: Tracing::Off,
        };
        let rendered = prepared.render(&options, world).map_err(|cause| failed(cause.helm_text(compat)))?;
        let files = without_notes(rendered.files().map(|(path, text)| TextFile { path, text }));
        let sorted = sort_manifests(&files, compat).map_err(|fault| failed(fault.text(compat)))?;
        let manifests = sorted.manifests.iter().map(|manifest| (manifest.text, false));
        let hooks = sorted.hooks.iter().map(|hook| (hook.manifest.text, true));
        let read = |(text, is_hook): (&[u8], bool)| {
            let node = yaml::parse(text, SourceId::default()).ok().filter(|node| !node.is_null())?;
            Some(Object { node, text: text.to_vec(), is_hook })
        };
        Ok(manifests.chain(hooks).filter_map(read).collect())
    }
}

/// Where the hosts of an object stand.
const HOST_FIELDS: [(&str, &[&str]); 6] = [
    ("Ingress", &["spec", "rules", "host"]),
    ("VirtualService", &["spec", "hosts"]),
    ("Gateway", &["spec", "servers", "hosts"]),
    ("Gateway", &["spec", "listeners", "hostname"]),
    ("HTTPRoute", &["spec", "hostnames"]),
    ("Route", &["spec", "host"]),
];

/// The hosts at which objects are reached from outside, each with the kind of object.
pub(super) fn hosts(objects: &[Object]) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for object in objects {
        let kind = object.node.get("kind").and_then(Node::as_str).unwrap_or_default();
        for (_, path) in HOST_FIELDS.iter().filter(|(of, _)| of.as_bytes() == kind) {
            let mut nodes = vec![&object.node];
            for field in *path {
                nodes = nodes.into_iter().filter_map(|node| node.get(field)).flat_map(items_or_self).collect();
            }
            let texts = nodes.into_iter().filter_map(Node::as_str).map(String::from_utf8_lossy);
            // Istio's hosts may carry a namespace; names without a dot are Services inside.
            let names = texts.map(|text| text.rsplit('/').next().unwrap_or_default().to_owned());
            let outer = names.filter(|name| name.contains('.') && !name.ends_with(".svc.cluster.local"));
            found.extend(outer.map(|name| (name, String::from_utf8_lossy(kind).into_owned())));
        }
    }
    found
}

fn items_or_self(node: &Node) -> Vec<&Node> {
    if node.items().is_empty() { vec![node] } else { node.items().iter().collect() }
}
