//! What an implementer states: the organisation once, and one file for each environment.
//!
//! What enters is YAML with known fields only; what leaves is an [`Organisation`] and an [`Environment`], typed, each
//! value with the place where it was written: in the environment's file, in the organisation's, or in the profile of
//! its kind, which are laid over each other. Modules become releases, each with values rendered from a template
//! ([`values`]). Every mistake is a diagnostic on its line. `schemas/` describes the same fields, made from the same
//! tables ([`PARTS`]).

mod access;
pub(crate) mod asked;
mod check;
mod checklist;
mod clusters;
mod compare;
mod entrances;
mod environments;
mod fields;
mod file;
mod forms;
pub mod hosts;
mod json_schema;
mod modules;
mod new;
mod network;
mod organisation;
mod origins;
mod pairs;
mod part;
mod profile;
mod releases;
mod scope;
mod secret;
mod services;
mod settings;
mod shape;
mod shipped;
mod thing;
mod unstated;
pub mod values;

pub use access::{
    CaBundle, Certificates, Channel, Front, Group, LoadBalancer, Proxy, Requires, Routes, Tls, WIREGUARD_PORTS,
};
pub use check::together::{Known, check_together};
pub use checklist::checklist;
pub use clusters::{
    Cluster, DEFAULT_PODS, DEFAULT_SERVICES, Entry, Host, Images, Ingress, Machine, Networks, Storage, StorageClass,
    Versions,
};
pub use compare::{Difference, compare, compare_nodes};
pub use entrances::{
    CertificatePlaces, DnsRecord, EntryHosts, SignedIn, certificate_places, dns_records, entry_hosts, signed_in,
};
pub use environments::{Environment, Kind};
pub use fields::Located;
pub(crate) use fields::{Fields, Findings, is_label, kind};
pub use forms::Form;
pub use json_schema::{PARTS, environment_schema, organisation_schema};
pub use modules::{DEMANDS, Demand, Module, Override};
pub use network::Range;
pub use new::{Answers, new_environment};
pub use organisation::{Estate, Organisation};
pub use origins::{ValueOrigin, ValueOrigins, annotate, place};
pub use pairs::admin_realm;
pub use part::{Flag, Named, Number};
pub use profile::{profile, profiles};
pub(crate) use releases::notes;
pub use releases::{Derived, FindTemplate, Sought, derive};
pub use secret::{External, Generate, SecretRef, SecretSource};
pub use services::{
    Alerts, Backup, Claims, Database, Kafka, Keycloak, Keystore, Logging, Mail, Monitoring, NetworkPolicy,
    ObjectStorage, Redis,
};
pub use settings::Settings;
pub use shape::{Field, Part, Shape, misspelt_field};
pub use shipped::{shipped_template, shipped_templates, template_names};
pub use thing::{Thing, ThingKind};
pub use unstated::{Unstated, unstated};
