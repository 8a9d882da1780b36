//! The organisation: what holds for all of its environments.

use super::access::{CaBundle, Certificates, Channel, Group, LoadBalancer, Proxy};
use super::check;
use super::clusters::{Cluster, Host, Images, Storage, Versions};
use super::fields::{Findings, Located};
use super::file;
use super::forms::{ADDRESS, DOMAIN, EMAIL, INTERFACE, LABEL, SUBNET, TEXT, ZONE};
use super::part::{Named, Read, part};
use super::services::{Backup, Keycloak, Logging, Monitoring};
use super::settings::Settings;
use super::shape::{self, Shape, Strictness};
use super::values::variable;
use crate::diagnostic::{Diagnostic, Severity, Valid};
use crate::source::{Source, SourceId, Sources};
use crate::yaml::Node;
use std::sync::OnceLock;

part! {
    /// What holds for all environments of an organisation.
    pub Estate = "organisation" {
        /// The name that people read.
        name "name" (required): Option<Located> = Shape::Text(TEXT);
        /// The domain under which everything lies.
        domain "domain" (required): Option<Located> = Shape::Text(DOMAIN);
        /// The e-mail address of the administrators; `admin@DOMAIN` unless stated.
        admin_email "adminEmail": Option<Located> = Shape::Text(EMAIL);
        /// The time zone of all programs.
        time_zone "timeZone": Option<Located> = Shape::Text(ZONE);
        /// Clusters by name; environments may name no others.
        clusters "clusters": Named<Cluster> = Shape::Map(LABEL, &Shape::PartOrNothing(&Cluster::PART));
        /// Machines outside of the clusters.
        hosts "hosts": Named<Host> = Shape::Map(LABEL, &Shape::Part(&Host::PART));
        /// From where administrators reach machines by SSH; everywhere unless stated.
        admin_networks "adminNetworks": Vec<Located> = Shape::Some(&Shape::Text(SUBNET));
        /// DNS servers that machines ask.
        dns_servers "dnsServers": Vec<Located> = Shape::List(&Shape::Text(ADDRESS));
        /// Access channels by name, which is also the name of the network interface.
        channels "channels": Named<Channel> = Shape::Map(INTERFACE, &Shape::Part(&Channel::PART));
        /// Groups of people by name.
        groups "groups": Named<Group> = Shape::Map(LABEL, &Shape::Part(&Group::PART));
        /// Storage classes of all clusters.
        storage "storage": Storage = Shape::Part(&Storage::PART);
        /// What stands before the clusters.
        load_balancer "loadBalancer": LoadBalancer = Shape::Part(&LoadBalancer::PART);
        /// Certificates of all hosts.
        certificates "certificates": Certificates = Shape::Part(&Certificates::PART);
        /// The identity provider that environments share.
        keycloak "keycloak": Keycloak = Shape::Part(&Keycloak::PART);
        /// Where images come from.
        images "images": Images = Shape::Part(&Images::PART);
        /// The way out of the clusters.
        proxy "proxy": Proxy = Shape::Part(&Proxy::PART);
        /// Certificates that pods trust beside the public ones.
        ca_bundle "caBundle": CaBundle = Shape::Part(&CaBundle::PART);
        /// Metrics and alerts.
        monitoring "monitoring": Monitoring = Shape::Part(&Monitoring::PART);
        /// Logs.
        logging "logging": Logging = Shape::Part(&Logging::PART);
        /// Backups.
        backup "backup": Backup = Shape::Part(&Backup::PART);
        /// Versions of base components.
        versions "versions": Versions = Shape::Part(&Versions::PART);
        /// Choices of all environments, over those of their profiles.
        defaults "defaults": Settings = Shape::Part(&Settings::PART);
        /// Choices of all environments of a kind, over `defaults`.
        kinds "kinds": Named<Settings> = Shape::Map(LABEL, &Shape::Part(&Settings::PART));
    }
}

/// The fields that environments take over from the organisation as they stand there.
pub(super) const INHERITED: &[&str] =
    &["adminEmail", "timeZone", "keycloak", "images", "proxy", "caBundle", "monitoring", "logging"];

/// What holds for all environments of an organisation.
#[derive(Clone, Debug)]
pub struct Organisation {
    /// The file that states it.
    pub source: SourceId,
    /// The name that people read.
    pub name: Located,
    /// The domain under which everything lies.
    pub domain: Located,
    /// Everything that it states.
    pub estate: Estate,
    /// The file as it was read, for values templates.
    pub node: Node,
    /// What was found that does not hinder.
    pub warnings: Vec<Diagnostic>,
    /// What values templates see of it.
    variable: OnceLock<tera::Value>,
}

impl Organisation {
    /// The file as values templates see it.
    pub(super) fn variable(&self) -> &tera::Value {
        self.variable.get_or_init(|| variable(&self.node))
    }

    /// Reads `organisation.yaml`.
    ///
    /// # Errors
    /// Everything that is wrong with the file, each with its place; warnings among it.
    pub fn load(source: Source, sources: &mut Sources) -> Valid<Organisation> {
        let (id, node) = file::parse(source, sources)?;
        let mut found = Findings::new();
        shape::check_part(&Estate::PART, &node, Strictness::Whole, &mut found);
        let node = shape::as_meant(&Estate::PART, &node);
        let estate = Estate::read(Some(&node));
        let (around, wrong) = (shape::troubled(&node, &found), found.len());
        check::secrets::plain(&node, &mut found);
        let (name, domain) = (estate.name.clone(), estate.domain.clone());
        if let (Some(name), Some(domain)) = (name, domain) {
            check::organisation::check(&estate, &domain, &mut found);
            check::networks::check(&estate, &mut found);
            check::access::check(&estate, &mut found);
            check::versions::check(&estate, &mut found);
            shape::drop_consequences(&mut found, wrong, &around);
            let errors = found.iter().any(|one| one.severity == Severity::Error);
            if !errors {
                let (warnings, variable) = (found, OnceLock::new());
                return Ok(Organisation { source: id, name, domain, estate, node, warnings, variable });
            }
        }
        file::arrange(&mut found);
        Err(found)
    }
}
