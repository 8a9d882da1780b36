//! Who may enter: access channels, groups, load balancer, certificates.

use super::fields::Located;
use super::forms::{ADDRESS, DURATION, FILE, LABEL, NGINX_SIZE, PATH, SERVER, SUBNET, TEXT, WILDCARD};
use super::part::{Flag, Number, part};
use super::shape::Shape;

/// The lowest port that WireGuard servers take.
pub const WIREGUARD_PORTS: std::ops::RangeInclusive<u64> = 51820..=51830;

part! {
    /// An access channel: a WireGuard server of its own. Who has a peer of it reaches what the channel reaches, and nothing else.
    pub Channel = "channel" {
        /// Who it is for.
        description "description": Option<Located> = Shape::Text(TEXT);
        /// The host on which its server runs.
        host "host": Option<Located> = Shape::Text(LABEL);
        /// The addresses of its peers; no other network may overlap it.
        subnet "subnet" (required): Option<Located> = Shape::Text(SUBNET);
        /// Its UDP port.
        port "port" (required): Option<Number> = Shape::Whole(1, 65535);
        /// How many peers are made ahead; 254 unless stated.
        peers "peers": Option<Number> = Shape::Whole(1, 65534);
        /// The name or address under which peers find the server; the host's public address unless stated.
        endpoint "endpoint": Option<Located> = Shape::Text(SERVER);
        /// The DNS server that peers ask.
        dns "dns": Option<Located> = Shape::Text(ADDRESS);
        /// What it reaches: `rancher`, `keycloak`, `nodes` (all of them, or `CLUSTER/rancher` and so on for those of one cluster), and environments by name.
        reaches "reaches" (required): Vec<Located> = Shape::List(&Shape::Text(TEXT));
    }
}

part! {
    /// A group of people.
    pub Group = "group" {
        /// Who they are.
        description "description": Option<Located> = Shape::Text(TEXT);
        /// The access channel by which they enter, or `public` for people without one.
        channel "channel" (required): Option<Located> = Shape::Text(LABEL);
        /// Further channels.
        channels "channels": Vec<Located> = Shape::List(&Shape::Text(LABEL));
        /// Their role in clusters and namespaces; `none` unless stated.
        kubernetes "kubernetes": Option<Located> = Shape::OneOf(&["cluster-owner", "project-owner", "project-member-no-secrets", "project-readonly-no-secrets", "none"]);
        /// Their roles in Keycloak.
        keycloak_roles "keycloakRoles": Vec<Located> = Shape::List(&Shape::Text(TEXT));
        /// The clusters that they enter, each with the Rancher and Keycloak that belong to it; all unless stated.
        clusters "clusters": Vec<Located> = Shape::Some(&Shape::Text(LABEL));
        /// The environments that they enter; all that list them unless stated.
        environments "environments": Vec<Located> = Shape::Some(&Shape::Text(LABEL));
    }
}

part! {
    /// What stands before the clusters.
    pub LoadBalancer = "load balancer" {
        /// `nginx`, the cloud's (`aws-nlb`), or `none` where TLS ends at the ingress gateway.
        kind "kind": Option<Located> = Shape::OneOf(&["nginx", "aws-nlb", "none"]);
        /// The hosts on which nginx runs; more than one for high availability.
        hosts "hosts": Vec<Located> = Shape::List(&Shape::Text(LABEL));
        /// Addresses that belong to no host: one of the hosts has them, and another one takes them where it fails (VRRP). Things `listen` on them.
        virtual_addresses "virtualAddresses": Vec<Located> = Shape::List(&Shape::Text(ADDRESS));
        /// The number by which the hosts find each other, which nothing else of VRRP in their network has; 51 unless stated.
        router_id "routerId": Option<Number> = Shape::Whole(1, 255);
        /// The largest request; `50m` unless stated.
        body_size "clientMaxBodySize": Option<Located> = Shape::Text(NGINX_SIZE);
        /// How long an answer may take; `300s` unless stated.
        timeout "timeout": Option<Located> = Shape::Text(DURATION);
    }
}

part! {
    /// The load balancer of an environment.
    pub Front = "load balancer of an environment" {
        /// `nginx`, the cloud's (`aws-nlb`), or `none` where TLS ends at the ingress gateway.
        kind "kind": Option<Located> = Shape::OneOf(&["nginx", "aws-nlb", "none"]);
        /// The address on which it listens for this environment. Access channels are limited by these addresses.
        listen "listen": Option<Located> = Shape::Text(ADDRESS);
        /// The largest request, where it is not the organisation's.
        body_size "clientMaxBodySize": Option<Located> = Shape::Text(NGINX_SIZE);
    }
}

part! {
    /// Certificates of all hosts.
    pub Certificates = "certificates" {
        /// `files` that the certificate team hands over, `lets-encrypt` by DNS-01, a `local-ca` of the machine (sandboxes), or the cloud's `acm`.
        source "source": Option<Located> = Shape::OneOf(&["files", "lets-encrypt", "local-ca", "acm"]);
        /// The folder on the load balancer; a folder for each domain lies in it.
        folder "folder": Option<Located> = Shape::Text(PATH);
    }
}

part! {
    /// Where TLS ends, and with which certificate.
    pub Tls = "tls" {
        /// `nginx` or `load-balancer` before the cluster, `istio` in a box.
        ends_at "endsAt": Option<Located> = Shape::OneOf(&["nginx", "load-balancer", "istio"]);
        /// The certificate with its chain; `fullchain.pem` in the domain's folder unless stated.
        certificate "certificate": Option<Located> = Shape::Text(FILE);
        /// Its key; `privkey.pem` in the domain's folder unless stated.
        key "key": Option<Located> = Shape::Text(FILE);
        /// What it covers; the domain and `*.DOMAIN` unless stated.
        covers "covers": Vec<Located> = Shape::Some(&Shape::Text(WILDCARD));
    }
}

part! {
    /// The way of requests into the namespace.
    pub Routes = "routes" {
        /// `istio`, `gateway` (Gateway API), `ingress` or `none`.
        kind "kind": Option<Located> = Shape::OneOf(&["istio", "gateway", "ingress", "none"]);
        /// The Gateway of the namespace; `internal` unless stated.
        gateway "gateway": Option<Located> = Shape::Text(LABEL);
        /// The class of Ingresses.
        ingress_class "ingressClassName": Option<Located> = Shape::Text(LABEL);
        /// The port of the Gateway for HTTP; 8080 unless stated.
        http_port "httpPort": Option<Number> = Shape::Whole(1, 65535);
        /// The port of the Gateway that redirects to HTTPS; 8081 unless stated.
        redirect_port "redirectPort": Option<Number> = Shape::Whole(1, 65535);
        /// The port of the Gateway on which PostgreSQL is reached from outside. One environment of a cluster at most may have each port.
        postgresql_port "postgresqlPort": Option<Number> = Shape::Whole(1, 65535);
    }
}

part! {
    /// The way out of the cluster.
    pub Proxy = "proxy" {
        /// For HTTP.
        http "http": Option<Located> = Shape::Text(super::forms::URL);
        /// For HTTPS.
        https "https": Option<Located> = Shape::Text(super::forms::URL);
        /// What is reached without it.
        none "none": Option<Located> = Shape::Text(super::forms::NO_PROXY);
    }
}

part! {
    /// Certificates that pods trust beside the public ones.
    pub CaBundle = "caBundle" {
        /// The ConfigMap in the namespace.
        config_map "configMap" (required): Option<Located> = Shape::Text(super::forms::OBJECT_NAME);
        /// The key; `ca.crt` unless stated.
        key "key": Option<Located> = Shape::Text(super::forms::SECRET_KEY);
    }
}

part! {
    /// What an environment asks of the organisation around it.
    pub Requires = "requires" {
        /// The fewest access channels.
        channels "channels": Option<Number> = Shape::Whole(0, 100);
        /// The fewest control planes of its cluster.
        control_planes "controlPlanes": Option<Number> = Shape::Whole(0, 99);
        /// The fewest nodes of its cluster.
        nodes "nodes": Option<Number> = Shape::Whole(0, 1000);
        /// Versions of exactly three numbers only.
        frozen_versions "frozenVersions": Option<Flag> = Shape::Bool;
        /// Databases and Kafka on something else than NFS.
        block_storage "blockStorage": Option<Flag> = Shape::Bool;
        /// Backups.
        backups "backups": Option<Flag> = Shape::Bool;
        /// No in-a-box cluster, TLS before the cluster.
        load_balancer "loadBalancer": Option<Flag> = Shape::Bool;
        /// The fewest pods of each service.
        replicas "replicas": Option<Number> = Shape::Whole(0, 100);
        /// No load balancer, PostgreSQL or Keycloak that stands alone.
        high_availability "highAvailability": Option<Flag> = Shape::Bool;
    }
}

/// Peers of a channel where none are stated.
pub(super) const DEFAULT_PEERS: u64 = 254;
