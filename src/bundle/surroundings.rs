//! What a bundle is installed into, as far as it was stated: clusters and namespaces, as `bundle.yaml` keeps them for
//! the checks of a bundle that was built elsewhere.

use crate::environment::Thing;
use crate::environment::{
    Cluster, Environment, Fields, Findings, Located, Organisation, SecretRef, SecretSource, is_label,
};
use crate::source::Span;
use crate::value::{Map, Value};
use crate::yaml::{Node, NodeKind};

/// Clusters and environments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// The clusters of the organisation.
    pub clusters: Vec<ClusterState>,
    /// The environments with the namespaces of base infrastructure.
    pub environments: Vec<Space>,
}

/// A cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterState {
    /// Its name.
    pub name: String,
    /// The version of RKE2 or Kubernetes, if it was stated.
    pub kubernetes: Option<String>,
    /// The version of its Rancher, if it was stated.
    pub rancher: Option<String>,
    /// The storage classes that were stated.
    pub storage_classes: Vec<String>,
    /// The node ports that the load balancer expects of the ingress gateway.
    pub node_ports: Vec<u64>,
    /// The nodes: name, processors, memory as a quantity; none of what was not stated.
    pub nodes: Vec<(String, Option<u64>, Option<String>)>,
    /// Where it was stated.
    pub span: Span,
}

/// One namespace with what its releases may take for granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Space {
    /// The name of the environment.
    pub name: String,
    /// The cluster.
    pub cluster: String,
    /// The namespace.
    pub namespace: String,
    /// `sandbox`, `pilot` or `production`.
    pub kind: String,
    /// The domain.
    pub domain: String,
    /// The Gateway that routes name.
    pub gateway: String,
    /// The public URL of Keycloak.
    pub keycloak: String,
    /// The realm.
    pub realm: String,
    /// Whether other environments may have the same realm.
    pub shares_realm: bool,
    /// What is there without the bundle.
    pub external: Vec<Thing>,
    /// The type of Keymanager's keystore, if it was stated.
    pub keystore: Option<String>,
    /// Where the kind was stated.
    pub span: Span,
    /// Where the keystore was stated.
    pub keystore_span: Span,
}

impl Surroundings {
    /// What an organisation and environments state.
    pub fn of(
        organisation: Option<&Organisation>,
        environments: &[&Environment],
        found: &mut Findings,
    ) -> Surroundings {
        let clusters = organisation.iter().flat_map(|one| one.estate.clusters.iter().map(move |pair| (one, pair)));
        let clusters = clusters.map(|(one, (name, cluster))| of_cluster(one, name, cluster)).collect();
        let environments = environments.iter().map(|one| of_environment(organisation, one, found)).collect();
        Surroundings { clusters, environments }
    }

    /// The cluster of a name.
    pub fn cluster(&self, name: &str) -> Option<&ClusterState> {
        self.clusters.iter().find(|cluster| cluster.name == name)
    }
}

fn of_cluster(organisation: &Organisation, name: &Located, cluster: &Cluster) -> ClusterState {
    let common = &organisation.estate;
    let version = |own: &Option<Located>, common: &Option<Located>| {
        own.as_ref().or(common.as_ref()).map(|version| version.text.clone())
    };
    let mut classes: Vec<String> = Vec::new();
    for storage in [&cluster.storage, &common.storage] {
        let named = storage.classes.iter().map(|(name, _)| &name.text);
        classes.extend(named.chain(storage.class.iter().map(|class| &class.text)).cloned());
    }
    classes.sort();
    classes.dedup();
    let ingress = &cluster.ingress;
    let ports = [(ingress.http_node_port, 30080), (ingress.status_node_port, 30521)];
    let node = |(name, node): &(Located, crate::environment::Machine)| {
        let memory = node.memory.as_ref().map(|memory| memory.text.clone());
        (name.text.clone(), node.cpu.map(|cpu| cpu.value), memory)
    };
    ClusterState {
        name: name.text.clone(),
        kubernetes: version(&cluster.versions.rke2, &common.versions.rke2),
        rancher: version(&cluster.versions.rancher, &common.versions.rancher),
        storage_classes: classes,
        node_ports: ports.iter().map(|(port, default)| port.map_or(*default, |port| port.value)).collect(),
        nodes: cluster.nodes.iter().map(node).collect(),
        span: name.span,
    }
}

fn of_environment(organisation: Option<&Organisation>, environment: &Environment, found: &mut Findings) -> Space {
    let settings = &environment.settings;
    let mode = settings.keycloak.mode.as_ref().map_or("organisation", |mode| mode.text.as_str());
    let own = mode == "environment";
    let outer = organisation.map_or(&environment.domain, |organisation| &organisation.domain);
    let domain = if own { &environment.domain } else { outer };
    let keycloak = settings.keycloak.url.as_ref().map(|url| url.text.trim_end_matches('/').to_owned());
    let realm = settings.keycloak.realm.as_ref().map(|realm| realm.text.clone());
    Space {
        name: environment.name.text.clone(),
        cluster: environment.cluster.text.clone(),
        namespace: environment.namespace.text.clone(),
        kind: environment.kind.name().to_owned(),
        domain: environment.domain.text.clone(),
        gateway: settings.routes.gateway.as_ref().map_or("internal", |gateway| gateway.text.as_str()).to_owned(),
        keycloak: keycloak.unwrap_or_else(|| format!("https://keycloak.{}", domain.text)),
        realm: realm.unwrap_or_else(|| if own { "staff" } else { "master" }.to_owned()),
        shares_realm: !own,
        external: external(environment, found),
        keystore: settings.keystore.kind.as_ref().map(|kind| kind.text.clone()),
        span: environment.node.get("kind").map_or(environment.namespace.span, Node::span),
        keystore_span: settings.keystore.kind.as_ref().map_or(environment.namespace.span, |kind| kind.span),
    }
}

/// What an environment says is there: `external`, the Secrets of its references, certificates and pull secrets.
fn external(environment: &Environment, found: &mut Findings) -> Vec<Thing> {
    let settings = &environment.settings;
    let mut things = match &settings.external {
        Some(node) => Thing::list(node.items(), found),
        None => Vec::new(),
    };
    let references = [
        &settings.keycloak.admin_secret,
        &settings.database.admin_secret,
        &settings.object_storage.secret,
        &settings.redis.secret,
        &settings.mail.secret,
    ];
    let of_modules = environment.modules.iter().flat_map(|module| module.secret_values.iter().map(|(_, one)| one));
    things.extend(references.into_iter().chain(of_modules).filter_map(secret));
    let pull = settings.images.pull_secrets.iter();
    things.extend(pull.map(|name| {
        let keys = vec![PULL_SECRET_KEY.to_owned()];
        Thing { keys, ..Thing::named(super::ThingKind::Secret, name) }
    }));
    if let Some(map) = &settings.ca_bundle.config_map {
        things.push(Thing::named(super::ThingKind::ConfigMap, map));
    }
    things
}

/// The key of a Secret with credentials of a registry.
pub(super) const PULL_SECRET_KEY: &str = ".dockerconfigjson";

/// The Secret of a reference: its keys where it has to be there before, and that it may be absent where it is made.
fn secret(reference: &SecretRef) -> Option<Thing> {
    let mut thing = Thing::named(super::ThingKind::Secret, reference.secret.as_ref()?);
    if reference.source() == SecretSource::Existing {
        let keys = [&reference.username_key, &reference.key].into_iter().flatten();
        thing.keys = keys.map(|key| key.text.clone()).collect();
    } else {
        thing.optional = true;
    }
    Some(thing)
}

/// What people bring into the cluster before an environment's releases: Secrets and ConfigMaps that it says are there.
/// Those that an installation makes out of a file, a variable or a store are not among them.
pub(super) fn brought(environment: &Environment) -> Vec<Thing> {
    let mut things: Vec<Thing> = Vec::new();
    for thing in external(environment, &mut Findings::new()) {
        let brought = matches!(thing.kind, super::ThingKind::Secret | super::ThingKind::ConfigMap) && !thing.optional;
        let known = things
            .iter_mut()
            .find(|known| known.kind == thing.kind && known.name == thing.name && known.namespace == thing.namespace);
        match known {
            Some(known) if known.keys.is_empty() => known.keys = thing.keys,
            Some(_) => {}
            None if brought => things.push(thing),
            None => {}
        }
    }
    things
}

/// The fields of a cluster in `bundle.yaml`.
pub(super) const CLUSTER: &[&str] = &["name", "kubernetes", "rancher", "storageClasses", "nodePorts", "nodes"];
/// The fields of a node of one.
pub(super) const NODE: &[&str] = &["name", "cpu", "memory"];
/// The fields of an environment in `bundle.yaml`.
pub(super) const SPACE: &[&str] = &[
    "name",
    "cluster",
    "namespace",
    "kind",
    "domain",
    "gateway",
    "keycloak",
    "realm",
    "sharesRealm",
    "external",
    "keystore",
];

impl Surroundings {
    pub(super) fn clusters_value(&self) -> Value {
        let clusters = self.clusters.iter().map(|cluster| {
            let entry = Map::new();
            entry.insert("name", Value::str(&cluster.name));
            for (key, text) in [("kubernetes", &cluster.kubernetes), ("rancher", &cluster.rancher)] {
                if let Some(text) = text {
                    entry.insert(key, Value::str(text));
                }
            }
            entry.insert("storageClasses", Value::strings(&cluster.storage_classes));
            let ports = cluster.node_ports.iter().map(|port| Value::Int(i64::try_from(*port).unwrap_or(0)));
            entry.insert("nodePorts", Value::list(ports.collect()));
            let nodes = cluster.nodes.iter().map(|(name, cpu, memory)| {
                let node = Map::new();
                node.insert("name", Value::str(name));
                if let Some(cpu) = cpu {
                    node.insert("cpu", Value::Int(i64::try_from(*cpu).unwrap_or(0)));
                }
                if let Some(memory) = memory {
                    node.insert("memory", Value::str(memory));
                }
                Value::Map(node)
            });
            entry.insert("nodes", Value::list(nodes.collect()));
            Value::Map(entry)
        });
        Value::list(clusters.collect())
    }

    pub(super) fn environments_value(&self) -> Value {
        let spaces = self.environments.iter().map(|space| {
            let entry = Map::new();
            let texts = [
                ("name", &space.name),
                ("cluster", &space.cluster),
                ("namespace", &space.namespace),
                ("kind", &space.kind),
                ("domain", &space.domain),
                ("gateway", &space.gateway),
                ("keycloak", &space.keycloak),
                ("realm", &space.realm),
            ];
            for (key, text) in texts {
                entry.insert(key, Value::str(text));
            }
            if let Some(keystore) = &space.keystore {
                entry.insert("keystore", Value::str(keystore));
            }
            entry.insert("sharesRealm", Value::Bool(space.shares_realm));
            entry.insert("external", Value::list(space.external.iter().map(Thing::to_value).collect()));
            Value::Map(entry)
        });
        Value::list(spaces.collect())
    }

    pub(super) fn read(clusters: &[Node], environments: &[Node], found: &mut Findings) -> Surroundings {
        Surroundings {
            clusters: clusters.iter().filter_map(|node| read_cluster(node, found)).collect(),
            environments: environments.iter().filter_map(|node| read_space(node, found)).collect(),
        }
    }
}

fn optional(fields: &Fields<'_>, name: &'static str, found: &mut Findings) -> Option<String> {
    fields.optional(name)?;
    fields.text(name, found).map(|text| text.text)
}

fn read_cluster(node: &Node, found: &mut Findings) -> Option<ClusterState> {
    let fields = Fields::new(node, "cluster", CLUSTER, found)?;
    let name = fields.text("name", found)?;
    let mut nodes = Vec::new();
    for node in fields.items("nodes", found) {
        let Some(fields) = Fields::new(node, "node", NODE, found) else { continue };
        let name = fields.text("name", found).map(|name| name.text);
        let cpu = fields.optional("cpu").and_then(|_| fields.count("cpu", found)).map(|cpu| cpu as u64);
        let memory = optional(&fields, "memory", found);
        nodes.extend(name.map(|name| (name, cpu, memory)));
    }
    let ports = fields.items("nodePorts", found).iter().filter_map(|node| match node.kind() {
        NodeKind::Int(port) => u64::try_from(*port).ok(),
        _ => None,
    });
    let node_ports = ports.collect();
    let classes = fields.texts("storageClasses", found).into_iter().map(|class| class.text).collect();
    Some(ClusterState {
        name: name.text,
        kubernetes: optional(&fields, "kubernetes", found),
        rancher: optional(&fields, "rancher", found),
        storage_classes: classes,
        node_ports,
        nodes,
        span: name.span,
    })
}

fn read_space(node: &Node, found: &mut Findings) -> Option<Space> {
    let fields = Fields::new(node, "environment", SPACE, found)?;
    let mut text = |name| fields.text(name, found);
    let (name, cluster, namespace, kind) = (text("name"), text("cluster"), text("namespace"), text("kind"));
    let (domain, gateway, keycloak, realm) = (text("domain"), text("gateway"), text("keycloak"), text("realm"));
    let (cluster, namespace, kind) = (cluster?, namespace?, kind?);
    for part in [&cluster, &namespace].into_iter().filter(|part| !is_label(&part.text)) {
        let message =
            format!("expected a name of lower-case letters, digits and hyphens, found `{}`", part.text.escape_debug());
        found.push(crate::diagnostic::Diagnostic::error(message).at(part.span));
    }
    Some(Space {
        name: name?.text,
        cluster: cluster.text,
        namespace: namespace.text,
        kind: kind.text,
        domain: domain?.text,
        gateway: gateway?.text,
        keycloak: keycloak?.text,
        realm: realm?.text,
        shares_realm: matches!(fields.optional("sharesRealm").map(Node::kind), Some(NodeKind::Bool(true))),
        external: Thing::list(fields.items("external", found), found),
        keystore: optional(&fields, "keystore", found),
        span: kind.span,
        keystore_span: fields.optional("keystore").map_or(kind.span, Node::span),
    })
}
