//! What an environment builds on: what modes ask for, and where databases keep their data.

use super::super::environments::Environment;
use super::super::fields::{Findings, Located};
use super::super::organisation::Organisation;
use super::super::part::find;
use super::super::thing::Thing;
use super::super::{Cluster, StorageClass};
use super::secrets::{Purpose, reference};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::yaml::{Node, NodeKind};

pub(in super::super) fn check(environment: &Environment, organisation: Option<&Organisation>, found: &mut Findings) {
    external(environment, found);
    if let Some(things) = &environment.settings.external {
        Thing::list(things.items(), found);
    }
    references(environment, found);
    keycloak(environment, organisation, found);
    kafka(environment, found);
    one_server(environment, found);
    if let Some(organisation) = organisation {
        storage(environment, organisation, found);
    }
}

fn is(mode: &Option<Located>, wanted: &str) -> bool {
    mode.as_ref().is_some_and(|mode| mode.text == wanted)
}

fn external(environment: &Environment, found: &mut Findings) {
    let settings = &environment.settings;
    let (database, kafka, redis, s3) = (&settings.database, &settings.kafka, &settings.redis, &settings.object_storage);
    let asked = [
        (&database.mode, "database", "host", database.host.is_some()),
        (&database.mode, "database", "adminSecret", database.admin_secret.is_stated()),
        (&kafka.mode, "kafka", "bootstrapServers", kafka.bootstrap_servers.is_some()),
        (&redis.mode, "redis", "host", redis.host.is_some()),
        (&s3.mode, "objectStorage", "endpoint", s3.endpoint.is_some()),
        (&s3.mode, "objectStorage", "secret", s3.secret.is_stated()),
        (&settings.keycloak.mode, "keycloak", "url", settings.keycloak.url.is_some()),
    ];
    for (mode, part, field, there) in asked {
        // What was written wrongly was told as such.
        let there = there || environment.node.at(&[part, field]).is_some_and(|node| !node.is_null());
        let Some(mode) = mode.as_ref().filter(|mode| mode.text == "external" && !there) else { continue };
        let message = format!("an external {part} has no `{field}`");
        found.push(Diagnostic::error(message).at(mode.span).hint(format!("add `{field}:` to `{part}`")));
    }
    for (mode, part, host) in [(&database.mode, "database", &database.host), (&redis.mode, "redis", &redis.host)] {
        if let Some(host) = host.as_ref().filter(|_| is(mode, "bundled")) {
            let message = format!("each module has its own {part}, so nobody reads its `host`");
            found.push(Diagnostic::warning(message).at(host.span).hint("take the mode `shared` or `external`"));
        }
    }
    if let Some(servers) = kafka.bootstrap_servers.as_ref().filter(|_| is(&kafka.mode, "none")) {
        let message = "there is no Kafka, so nobody reads its `bootstrapServers`";
        found.push(Diagnostic::warning(message).at(servers.span));
    }
    let mail = &settings.mail;
    let relay = mail.enabled.filter(|enabled| enabled.value);
    if let (Some(_), Some(host)) = (relay, &mail.host) {
        let message = "mail goes through a relay in the namespace and through a host elsewhere";
        found.push(Diagnostic::error(message).at(host.span).hint("keep one of them"));
    }
}

fn references(environment: &Environment, found: &mut Findings) {
    let settings = &environment.settings;
    let objects = [
        (&settings.keycloak.admin_secret, "keycloak.adminSecret"),
        (&settings.database.admin_secret, "database.adminSecret"),
        (&settings.object_storage.secret, "objectStorage.secret"),
        (&settings.redis.secret, "redis.secret"),
        (&settings.mail.secret, "mail.secret"),
    ];
    for (secret, what) in objects {
        reference(secret, &format!("`{what}`"), Purpose::Object, found);
    }
    let alerts = &settings.monitoring.alerts;
    for (secret, what) in [(&alerts.slack, "slack"), (&alerts.telegram, "telegram")] {
        reference(secret, &format!("`monitoring.alerts.{what}`"), Purpose::Object, found);
    }
    for module in &environment.modules {
        for (path, secret) in &module.secret_values {
            reference(secret, &format!("`{}`", path.text), Purpose::Value, found);
        }
    }
}

fn keycloak(environment: &Environment, organisation: Option<&Organisation>, found: &mut Findings) {
    let keycloak = &environment.settings.keycloak;
    let Some(url) = &keycloak.url else { return };
    match keycloak.mode.as_ref().map(|mode| mode.text.as_str()) {
        Some("environment") => super::organisation::url_below(url, &environment.domain, found),
        Some("external") => {}
        _ => {
            if let Some(organisation) = organisation.filter(|organisation| organisation.source != url.span.source) {
                super::organisation::url_below(url, &organisation.domain, found);
            }
        }
    }
}

/// A database of which there is no copy.
fn one_server(environment: &Environment, found: &mut Findings) {
    let settings = &environment.settings;
    let wanted = settings.requires.high_availability.is_some_and(|flag| flag.value);
    if !wanted || !is(&settings.database.mode, "shared") || settings.database.host.is_some() {
        return;
    }
    let change = find(&settings.releases, "postgresql");
    let stated = |node: Option<&Node>, path: &[&str]| {
        let node = node?.at(path)?;
        matches!(node.kind(), NodeKind::Int(0) | NodeKind::Uint(0)).then(|| node.span())
    };
    let of_release = change.and_then(|change| {
        stated(change.values.as_ref(), &["read", "replicas"])
            .or_else(|| stated(change.settings.as_ref(), &["readReplicas"]))
    });
    let none = settings.database.read_replicas.filter(|replicas| replicas.value == 0).map(|replicas| replicas.span);
    if let Some(span) = of_release.or(none) {
        let message = format!("a {} has one server of PostgreSQL and no copy of it", environment.kind.name());
        let hint = "set `database: {readReplicas: 1}`, or take an external one";
        found.push(Diagnostic::warning(message).at(span).hint(hint));
    }
}

fn kafka(environment: &Environment, found: &mut Findings) {
    let kafka = &environment.settings.kafka;
    if is(&kafka.mode, "none") || is(&kafka.mode, "external") {
        return;
    }
    let brokers = kafka.brokers.filter(|brokers| brokers.value > 0).or(kafka.controllers);
    if let (Some(replication), Some(brokers)) = (kafka.replication, brokers)
        && replication.value > brokers.value
    {
        let message =
            format!("{} copies of each topic do not fit on {} brokers of Kafka", replication.value, brokers.value);
        found.push(Diagnostic::error(message).at(replication.span).label(brokers.span, "the brokers"));
    }
    if let (Some(least), Some(replication)) = (kafka.min_in_sync, kafka.replication)
        && least.value > replication.value
    {
        let message = format!("{} copies cannot be in step where there are {}", least.value, replication.value);
        found.push(Diagnostic::error(message).at(least.span).label(replication.span, "the copies"));
    }
    if let Some(controllers) = kafka.controllers.filter(|controllers| controllers.value % 2 == 0) {
        let message = format!("{} controllers of Kafka are an even number", controllers.value);
        found.push(Diagnostic::error(message).at(controllers.span).hint("take one, or three for high availability"));
    }
}

/// The storage class by a name, of the cluster or of all.
fn class<'o>(organisation: &'o Organisation, cluster: Option<&'o Cluster>, name: &str) -> Option<&'o StorageClass> {
    let own = cluster.and_then(|cluster| find(&cluster.storage.classes, name));
    own.or_else(|| find(&organisation.estate.storage.classes, name))
}

fn storage(environment: &Environment, organisation: &Organisation, found: &mut Findings) {
    let estate = &organisation.estate;
    let cluster = find(&estate.clusters, &environment.cluster.text);
    let own = cluster.map(|cluster| &cluster.storage).unwrap_or(&estate.storage);
    let settings = &environment.settings;
    let stated = [
        &settings.storage.class,
        &settings.database.storage_class,
        &settings.kafka.storage_class,
        &settings.object_storage.storage_class,
    ];
    for stated in stated.into_iter().flatten() {
        super::access::storage_class(estate, own, stated, found);
    }
    if !settings.requires.block_storage.is_some_and(|flag| flag.value) {
        return;
    }
    let default = settings.storage.class.as_ref().or(own.class.as_ref()).or(estate.storage.class.as_ref());
    let kept = |mode: &Option<Located>| !is(mode, "external") && !is(mode, "none");
    let data = [
        ("PostgreSQL", kept(&settings.database.mode), &settings.database.storage_class),
        ("Kafka", kept(&settings.kafka.mode), &settings.kafka.storage_class),
    ];
    for (what, kept, own) in data {
        let Some(name) = own.as_ref().or(default).filter(|_| kept) else { continue };
        let Some(class) = class(organisation, cluster, &name.text) else { continue };
        if class.kind.as_ref().is_some_and(|kind| kind.text == "nfs") {
            let kind: Option<Span> = class.kind.as_ref().map(|kind| kind.span);
            let message = format!("{what} of a {} lies on NFS (class `{}`)", environment.kind.name(), name.text);
            let mut diagnostic = Diagnostic::error(message).at(name.span);
            if let Some(kind) = kind {
                diagnostic = diagnostic.label(kind, "the class is NFS");
            }
            let field = if what == "Kafka" { "kafka" } else { "database" };
            found.push(
                diagnostic.hint(format!("take an external one, or a class of another kind as `{field}.storageClass`")),
            );
        }
    }
}
