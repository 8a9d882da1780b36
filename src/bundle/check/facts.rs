//! What the checks of a bundle need of one rendered release: names, references, ports, selectors, each with its place.
//!
//! A render is read once and then dropped; of thousands of releases only this is kept.

use super::text::Target;
use crate::bundle::Thing;

/// A place in what a release renders: the number of the file and the byte in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct At {
    pub(crate) file: u32,
    pub(crate) offset: u32,
}

/// When an object is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Of the folder `crds/`, before everything.
    Crd,
    /// A hook before the installation, with its weight.
    Before(i64),
    /// With the release.
    Main,
    /// A hook after the installation.
    After,
    /// A hook that an installation does not run.
    Never,
}

/// A rendered object.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    /// None of objects that belong to no namespace.
    pub(crate) namespace: Option<String>,
    pub(crate) phase: Phase,
    /// The keys of a Secret or ConfigMap.
    pub(crate) keys: Vec<String>,
    pub(crate) at: At,
    /// Where its namespace stands, if it is stated.
    pub(crate) namespace_at: Option<At>,
    /// What is wrong with its name.
    pub(crate) name_fault: Option<String>,
}

/// A name of another object.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    /// The number of the object that names it.
    pub(crate) by: usize,
    pub(crate) kind: &'static str,
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) key: Option<String>,
    pub(crate) optional: bool,
    pub(crate) at: At,
}

/// Pods of one workload.
#[derive(Clone, Debug)]
pub(crate) struct Pods {
    /// The number of the workload.
    pub(crate) by: usize,
    pub(crate) namespace: String,
    pub(crate) labels: Vec<(String, String)>,
    /// Ports of containers: name and number.
    pub(crate) ports: Vec<(String, u16)>,
    pub(crate) replicas: u64,
    /// Whether each node gets one.
    pub(crate) is_daemon: bool,
    /// Whether they stay.
    pub(crate) is_lasting: bool,
    /// Thousandths of a processor, and bytes, that one of them asks for.
    pub(crate) cpu: u64,
    pub(crate) memory: u64,
    /// The ConfigMaps that they read.
    pub(crate) maps: Vec<String>,
}

/// A Service.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(crate) by: usize,
    pub(crate) selector: Vec<(String, String)>,
    /// Name, number, and port of the pods.
    pub(crate) ports: Vec<(String, u16, PodPort)>,
    pub(crate) node_ports: Vec<(u64, At)>,
    /// Ports of the pods that are named.
    pub(crate) named_ports: Vec<(String, At)>,
    pub(crate) is_external: bool,
}

/// A port of pods, by number or by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PodPort {
    Number(u16),
    Name(String),
}

/// A selector of labels.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selector {
    pub(crate) labels: Vec<(String, String)>,
    /// Key, operator, values.
    pub(crate) expressions: Vec<(String, String, Vec<String>)>,
}

/// Whom a rule of a policy lets through.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    pub(crate) pods: Option<Selector>,
    pub(crate) namespaces: Option<Selector>,
    pub(crate) is_block: bool,
}

/// A rule of a policy; no peers stand for everybody, no ports for all.
#[derive(Clone, Debug)]
pub(crate) struct Allowance {
    pub(crate) peers: Option<Vec<Peer>>,
    pub(crate) ports: Option<Vec<(PodPort, Option<u16>)>>,
}

/// A NetworkPolicy.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) by: usize,
    pub(crate) namespace: String,
    pub(crate) selector: Selector,
    /// None where it says nothing about this way.
    pub(crate) ingress: Option<Vec<Allowance>>,
    pub(crate) egress: Option<Vec<Allowance>>,
}

/// Something in the cluster that a program is told to call.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    /// The number of the object in which it stands.
    pub(crate) by: usize,
    pub(crate) target: Target,
    pub(crate) at: At,
}

/// A server of a Gateway.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) port: u64,
    pub(crate) protocol: String,
    pub(crate) hosts: Vec<(String, At)>,
    pub(crate) at: At,
}

/// A Gateway of Istio.
#[derive(Clone, Debug)]
pub(crate) struct Gateway {
    pub(crate) by: usize,
    pub(crate) selector: Vec<(String, String)>,
    pub(crate) selector_at: At,
    pub(crate) servers: Vec<Server>,
}

/// A host of a route.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    pub(crate) host: String,
    /// Its paths, for two routes of one host that divide it.
    pub(crate) paths: Vec<String>,
    pub(crate) at: At,
}

/// Everything of one release.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) objects: Vec<Object>,
    pub(crate) references: Vec<Reference>,
    pub(crate) pods: Vec<Pods>,
    pub(crate) services: Vec<Service>,
    pub(crate) policies: Vec<Policy>,
    pub(crate) connections: Vec<Connection>,
    pub(crate) gateways: Vec<Gateway>,
    pub(crate) hosts: Vec<Host>,
    /// Definitions of custom kinds: `plural.group`, the group, the kind, the versions that are served.
    pub(crate) definitions: Vec<(String, String, String, Vec<String>)>,
    /// Webhooks: groups that they are asked about.
    pub(crate) webhooks: Vec<(usize, Vec<String>)>,
    /// URLs that are told as issuers.
    pub(crate) issuers: Vec<(String, At)>,
    /// Images of pods.
    pub(crate) images: Vec<(String, At)>,
    /// What the chart says that it needs and provides; the places are those of the rendered notes.
    pub(crate) needs: Vec<(Thing, At)>,
    pub(crate) provides: Vec<(Thing, At)>,
    /// Why its notes on needs cannot be read.
    pub(crate) notes_fault: Option<(String, At)>,
    /// Clients of Keycloak that pods or values name.
    pub(crate) clients: Vec<(String, At)>,
    /// Names that its Jobs and objects of other controllers seem to make.
    pub(crate) made: Vec<String>,
    /// How many bytes Helm would store, if they are many.
    pub(crate) stored: usize,
}
