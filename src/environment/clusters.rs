//! Clusters: their nodes and networks, what runs on them, and the machines beside them.

use super::fields::Located;
use super::forms::{ADDRESS, COMPONENT_VERSION, DOMAIN, LABEL, OBJECT_NAME, PATH, QUANTITY, REGISTRY, SUBNET, TEXT};
use super::modules::Override;
use super::part::{Flag, Named, Number, part};
use super::secret::{SECRET, SecretRef};
use super::shape::Shape;

/// The pod network of RKE2 where none is stated.
pub const DEFAULT_PODS: &str = "10.42.0.0/16";
/// The service network of RKE2 where none is stated.
pub const DEFAULT_SERVICES: &str = "10.43.0.0/16";

part! {
    /// A cluster of the organisation.
    pub Cluster = "cluster" {
        /// What it is for.
        description "description": Option<Located> = Shape::Text(TEXT);
        /// `management`: Rancher and the administrators' Keycloak. `workload`: environments. `all`: both, for in-a-box sandboxes.
        role "role": Option<Located> = Shape::OneOf(&["management", "workload", "all"]);
        /// The cluster whose Rancher manages this one.
        managed_by "managedBy": Option<Located> = Shape::Text(LABEL);
        /// Its networks.
        networks "networks": Networks = Shape::Part(&Networks::PART);
        /// Its nodes by name.
        nodes "nodes": Named<Machine> = Shape::Map(LABEL, &Shape::Part(&Machine::PART));
        /// The token with which nodes join it, read on the nodes.
        join_token "joinToken": SecretRef = SECRET;
        /// Its storage classes, beside those of the organisation.
        storage "storage": Storage = Shape::Part(&Storage::PART);
        /// Its ingress gateway.
        ingress "ingress": Ingress = Shape::Part(&Ingress::PART);
        /// Its Rancher.
        rancher "rancher": Entry = Shape::Part(&Entry::PART);
        /// Its Keycloak, for the administrators of Rancher and clusters.
        keycloak "keycloak": Entry = Shape::Part(&Entry::PART);
        /// Versions of its base components, where they are not the organisation's.
        versions "versions": Versions = Shape::Part(&Versions::PART);
        /// What Rancher calls it: `local` where it runs there itself, otherwise such as `c-m-4zq7x9kd`, known once it is imported. Projects of its environments are made with it.
        rancher_id "rancherId": Option<Located> = Shape::Text(LABEL);
        /// What is changed about the releases of its base infrastructure, by name.
        releases "releases": Named<Override> = Shape::Map(super::forms::RELEASE, &Shape::Part(&Override::PART));
    }
}

impl Cluster {
    /// Whether it holds everything: requests enter at ports 80 and 443 of its nodes, with nothing before them.
    pub fn is_a_box(&self) -> bool {
        self.role.as_ref().is_some_and(|role| role.text == "all")
    }

    /// The addresses of the nodes on which the ingress gateway runs.
    pub fn ingress_addresses(&self) -> impl Iterator<Item = &Located> {
        let nodes = self.nodes.iter().filter(|(_, node)| node.ingress.is_none_or(|flag| flag.value));
        nodes.filter_map(|(_, node)| node.address.as_ref())
    }
}

part! {
    /// The networks of a cluster. No two of them may overlap, nor any with the subnet of an access channel.
    pub Networks = "networks" {
        /// The network in which the nodes lie.
        nodes "nodes": Option<Located> = Shape::Text(SUBNET);
        /// The network of the pods; RKE2's own 10.42.0.0/16 unless stated.
        pods "pods": Option<Located> = Shape::Text(SUBNET);
        /// The network of the services; RKE2's own 10.43.0.0/16 unless stated.
        services "services": Option<Located> = Shape::Text(SUBNET);
    }
}

part! {
    /// A node of a cluster.
    pub Machine = "node" {
        /// Its address.
        address "address" (required): Option<Located> = Shape::Text(ADDRESS);
        /// `server` (control plane, also takes pods) or `agent`; `server` unless stated.
        role "role": Option<Located> = Shape::OneOf(&["server", "agent"]);
        /// Its processors.
        cpu "cpu": Option<Number> = Shape::Whole(1, 1024);
        /// Its memory.
        memory "memory": Option<Located> = Shape::Text(QUANTITY);
        /// Its disk.
        disk "disk": Option<Located> = Shape::Text(QUANTITY);
        /// Whether the ingress gateway runs there; `true` unless stated.
        ingress "ingress": Option<Flag> = Shape::Bool;
    }
}

part! {
    /// A machine outside of the clusters.
    pub Host = "host" {
        /// What it is for.
        description "description": Option<Located> = Shape::Text(TEXT);
        /// Its address.
        address "address" (required): Option<Located> = Shape::Text(ADDRESS);
        /// Further addresses, for example one for each server of the load balancer.
        addresses "addresses": Vec<Located> = Shape::List(&Shape::Text(ADDRESS));
        /// Its address in the internet.
        public_address "publicAddress": Option<Located> = Shape::Text(ADDRESS);
        /// What it does.
        roles "roles": Vec<Located> = Shape::List(&Shape::OneOf(&["wireguard", "load-balancer", "nfs", "postgresql", "backup"]));
        /// Its processors.
        cpu "cpu": Option<Number> = Shape::Whole(1, 1024);
        /// Its memory.
        memory "memory": Option<Located> = Shape::Text(QUANTITY);
        /// Its disk.
        disk "disk": Option<Located> = Shape::Text(QUANTITY);
    }
}

part! {
    /// Something that is reached through the load balancer under a host of its own.
    pub Entry = "entry" {
        /// Its host; `rancher.DOMAIN` or `keycloak.DOMAIN` unless stated.
        host "host": Option<Located> = Shape::Text(DOMAIN);
        /// The address on which the load balancer listens for it. Access channels are limited by these addresses.
        listen "listen": Option<Located> = Shape::Text(ADDRESS);
        /// The realm in which people and programs sign in, of a Keycloak: the organisation's `keycloak.realm` unless stated.
        realm "realm": Option<Located> = Shape::Text(super::forms::REALM);
        /// How many pods.
        replicas "replicas": Option<Number> = Shape::Whole(1, 100);
        /// The Secret with its first administrator.
        admin_secret "adminSecret": SecretRef = SECRET;
    }
}

part! {
    /// The ingress gateway of a cluster, which the load balancer reaches on each node.
    pub Ingress = "ingress" {
        /// The node port for HTTP; 30080 unless stated.
        http_node_port "httpNodePort": Option<Number> = Shape::Whole(1, 65535);
        /// The node port for health checks; 30521 unless stated.
        status_node_port "statusNodePort": Option<Number> = Shape::Whole(1, 65535);
        /// The node port for PostgreSQL from outside; 30432 unless stated.
        postgresql_node_port "postgresqlNodePort": Option<Number> = Shape::Whole(1, 65535);
    }
}

part! {
    /// Storage classes and what lies behind them.
    pub Storage = "storage" {
        /// The class that claims take by default.
        class "class": Option<Located> = Shape::Text(OBJECT_NAME);
        /// The classes by name.
        classes "classes": Named<StorageClass> = Shape::Map(OBJECT_NAME, &Shape::Part(&StorageClass::PART));
    }
}

part! {
    /// A storage class.
    pub StorageClass = "storage class" {
        /// What lies behind it.
        kind "kind" (required): Option<Located> = Shape::OneOf(&["nfs", "longhorn", "ceph", "local", "cloud"]);
        /// The host with the NFS server; in a box also one of its nodes.
        host "host": Option<Located> = Shape::Text(LABEL);
        /// The exported folder.
        path "path": Option<Located> = Shape::Text(PATH);
        /// Who may reach the export; the node networks of all clusters that use it unless stated.
        clients "clients": Vec<Located> = Shape::Some(&Shape::Text(SUBNET));
    }
}

part! {
    /// Versions of base components.
    pub Versions = "versions" {
        /// RKE2, and with it Kubernetes.
        rke2 "rke2": Option<Located> = Shape::Text(COMPONENT_VERSION);
        /// Rancher.
        rancher "rancher": Option<Located> = Shape::Text(COMPONENT_VERSION);
        /// Rancher's monitoring chart.
        rancher_monitoring "rancherMonitoring": Option<Located> = Shape::Text(COMPONENT_VERSION);
        /// Rancher's logging chart.
        rancher_logging "rancherLogging": Option<Located> = Shape::Text(COMPONENT_VERSION);
        /// Rancher's backup chart.
        rancher_backup "rancherBackup": Option<Located> = Shape::Text(COMPONENT_VERSION);
        /// Istio.
        istio "istio": Option<Located> = Shape::Text(COMPONENT_VERSION);
        /// The CSI driver for NFS.
        nfs_csi "nfsCsi": Option<Located> = Shape::Text(COMPONENT_VERSION);
        /// cert-manager.
        cert_manager "certManager": Option<Located> = Shape::Text(COMPONENT_VERSION);
        /// Loki's chart.
        loki "loki": Option<Located> = Shape::Text(COMPONENT_VERSION);
        /// The chart of the OpenTelemetry collector.
        opentelemetry_collector "opentelemetryCollector": Option<Located> = Shape::Text(COMPONENT_VERSION);
        /// Helm, with which is installed.
        helm "helm": Option<Located> = Shape::Text(COMPONENT_VERSION);
    }
}

part! {
    /// Where images come from.
    pub Images = "images" {
        /// A registry that takes the place of every image's own.
        registry "registry": Option<Located> = Shape::Text(REGISTRY);
        /// Mirrors by the registry that they stand for.
        mirrors "mirrors": Named<Option<Located>> = Shape::Map(REGISTRY, &Shape::Text(REGISTRY));
        /// Names of Secrets with credentials of the registry.
        pull_secrets "pullSecrets": Vec<Located> = Shape::List(&Shape::Text(OBJECT_NAME));
    }
}
