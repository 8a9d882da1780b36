//! What an environment may state, and what profiles and the organisation may state for many of them.

use super::access::{CaBundle, Front, Proxy, Requires, Routes, Tls};
use super::clusters::Images;
use super::fields::Located;
use super::forms::{EMAIL, LABEL, TEXT, ZONE};
use super::modules::{ModuleFields, Override};
use super::part::Named;
use super::part::{Flag, Number, part};
use super::services::{
    Claims, Database, Kafka, Keycloak, Keystore, Logging, Mail, Monitoring, NetworkPolicy, ObjectStorage, Redis,
};
use super::shape::{Part, Shape};
use crate::yaml::Node;

part! {
    /// Choices of an environment. Each has a value from the profile of its kind, which the organisation and the environment may override.
    pub Settings = "settings" {
        /// The e-mail address of the administrators; `admin@DOMAIN` of the organisation unless stated.
        admin_email "adminEmail": Option<Located> = Shape::Text(EMAIL);
        /// The time zone of all programs.
        time_zone "timeZone": Option<Located> = Shape::Text(ZONE);
        /// How many pods a service has.
        replicas "replicas": Option<Number> = Shape::Whole(1, 100);
        /// Whether modules may bring sample data.
        sample_data "sampleData": Option<Flag> = Shape::Bool;
        /// Whether the internet reaches ports 80 and 443.
        public_access "publicAccess": Option<Flag> = Shape::Bool;
        /// The country whose master data is loaded.
        country_pack "countryPack": Option<Located> = Shape::Text(TEXT);
        /// What it asks of the organisation around it.
        requires "requires": Requires = Shape::Part(&Requires::PART);
        /// Where TLS ends.
        tls "tls": Tls = Shape::Part(&Tls::PART);
        /// What stands before its Gateway.
        load_balancer "loadBalancer": Front = Shape::Part(&Front::PART);
        /// The way of requests into the namespace.
        routes "routes": Routes = Shape::Part(&Routes::PART);
        /// Where people and services sign in.
        keycloak "keycloak": Keycloak = Shape::Part(&Keycloak::PART);
        /// PostgreSQL.
        database "database": Database = Shape::Part(&Database::PART);
        /// Kafka.
        kafka "kafka": Kafka = Shape::Part(&Kafka::PART);
        /// S3 storage.
        object_storage "objectStorage": ObjectStorage = Shape::Part(&ObjectStorage::PART);
        /// Redis.
        redis "redis": Redis = Shape::Part(&Redis::PART);
        /// Outgoing mail.
        mail "mail": Mail = Shape::Part(&Mail::PART);
        /// Claims.
        storage "storage": Claims = Shape::Part(&Claims::PART);
        /// Where Keymanager keeps its keys.
        keystore "keystore": Keystore = Shape::Part(&Keystore::PART);
        /// Where images come from.
        images "images": Images = Shape::Part(&Images::PART);
        /// The way out of the cluster.
        proxy "proxy": Proxy = Shape::Part(&Proxy::PART);
        /// Certificates that pods trust beside the public ones.
        ca_bundle "caBundle": CaBundle = Shape::Part(&CaBundle::PART);
        /// Metrics and alerts.
        monitoring "monitoring": Monitoring = Shape::Part(&Monitoring::PART);
        /// Logs.
        logging "logging": Logging = Shape::Part(&Logging::PART);
        /// What is there without the bundle, in the notation of `chartwright.io/needs`: Secrets that the site makes, definitions, services.
        external "external": Option<Node> = Shape::List(&Shape::Any);
        /// Network policies.
        network_policy "networkPolicy": NetworkPolicy = Shape::Part(&NetworkPolicy::PART);
        /// Labels of the namespace: which pod security it enforces, for example.
        namespace_labels "namespaceLabels": Named<Option<Located>> = Shape::Map(super::forms::LABEL_KEY, &Shape::Text(super::forms::LABEL_VALUE));
        /// What is changed about releases that follow from other choices, by name.
        releases "releases": Named<Override> = Shape::Map(super::forms::RELEASE, &Shape::Part(&Override::PART));
    }
}

part! {
    /// One namespace of a cluster with the modules that run in it.
    pub(super) Identity = "environment" {
        /// Short name; the namespace unless stated.
        name "name": Option<Located> = Shape::Text(LABEL);
        /// What it is for, in words.
        description "description": Option<Located> = Shape::Text(TEXT);
        /// `sandbox` for trying things out, `pilot` with real people, `production` for the programme itself. It chooses the profile of defaults.
        kind "kind" (required): Option<Located> = Shape::OneOf(&["sandbox", "pilot", "production"]);
        /// The cluster that holds the namespace.
        cluster "cluster" (required): Option<Located> = Shape::Text(LABEL);
        /// The namespace.
        namespace "namespace" (required): Option<Located> = Shape::Text(LABEL);
        /// The domain under which its hosts lie.
        domain "domain" (required): Option<Located> = Shape::Text(super::forms::DOMAIN);
        /// The groups of the organisation that enter it; all unless stated.
        groups "groups": Vec<Located> = Shape::Some(&Shape::Text(LABEL));
        /// Hosts that are not `SERVICE.DOMAIN`, by service.
        hosts "hosts": Named<Option<Located>> = Shape::Map(TEXT, &Shape::Text(super::forms::DOMAIN));
        /// Releases by name.
        modules "modules" (required): Named<ModuleFields> = Shape::Map(super::forms::RELEASE, &Shape::Part(&ModuleFields::PART));
    }
}

/// The fields of an environment's file.
pub(super) const ENVIRONMENT: Part = Part { base: Some(&Settings::PART), ..Identity::PART };
