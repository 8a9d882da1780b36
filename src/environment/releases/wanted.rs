//! What modules want of a database server and of Keycloak, put together as `postgres-init` and `keycloak-init` take it.

use super::super::scope::{Table, leaf};
use super::declared::Declared;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::yaml::{Entry, Node, NodeKind};
use std::collections::BTreeMap;

/// The release whose Secrets roles of databases have, unless charts name others.
const INIT: &str = "postgres-init";
/// What of a database's need goes to its entry as it is.
const DATABASE: &[&str] = &["extensions", "readers", "publications", "isolated"];
/// What of a client's need goes to its entry as it is.
const CLIENT: &[&str] = &[
    "name", "type", "redirectUris", "webOrigins", "defaultClientScopes", "optionalClientScopes",
    "detachedClientScopes", "mappers", "attributes",
];

/// A mapping by name whose entries several releases add to.
type Named = BTreeMap<String, BTreeMap<String, Node>>;

/// What was found for all releases of an environment.
#[derive(Default)]
pub(super) struct Wanted {
    databases: Named,
    roles: Named,
    /// By realm: its clients, roles and client scopes.
    realms: BTreeMap<String, BTreeMap<&'static str, Named>>,
    pub(super) found: Vec<Diagnostic>,
}

impl Wanted {
    /// Adds what a release needs. `host` is the server that databases without a host of their own lie on.
    pub(super) fn add(&mut self, release: (&str, Span), declared: &Declared, host: &str) {
        for (at, thing) in declared.needs.iter().enumerate() {
            match thing.kind.as_str() {
                "database" if thing.field("host").is_none_or(|own| own == host) => {
                    let next = declared.needs.get(at + 1).filter(|next| next.kind == "secret");
                    let secret = thing.field("secret").or_else(|| Some(next?.name.clone()));
                    self.database(release, &thing.name, &thing.fields, secret);
                }
                "keycloakClient" => {
                    let https = declared.provides.iter().filter(|one| one.kind == "url" && one.name.starts_with("https://"));
                    let urls = https.map(|one| format!("{}/*", one.name.trim_end_matches('/'))).collect();
                    self.client(release, &thing.name, &thing.fields, urls);
                }
                "keycloakRealm" => {
                    self.realms.entry(thing.name.clone()).or_default();
                }
                _ => {}
            }
        }
    }

    fn database(&mut self, (release, span): (&str, Span), name: &str, fields: &Node, secret: Option<String>) {
        let owner = fields.get("owner").and_then(Node::as_str).map(String::from_utf8_lossy);
        let owner = owner.map_or_else(|| name.to_owned(), |owner| owner.into_owned());
        let entry = self.databases.entry(name.to_owned()).or_default();
        let known = entry.entry("owner".to_owned()).or_insert_with(|| leaf(&owner, span));
        if known.as_str() != Some(owner.as_bytes()) {
            let first = String::from_utf8_lossy(known.as_str().unwrap_or_default()).into_owned();
            let message = format!("`{release}` wants the database `{name}` with the owner `{owner}`, but another release with `{first}`");
            self.found.push(Diagnostic::error(message).at(span).label(known.span(), "the other release"));
        }
        for field in DATABASE {
            if let Some(node) = fields.get(field) {
                add(entry, field, node);
            }
        }
        let usual = format!("{INIT}-{}", owner.replace('_', "-"));
        if let Some(secret) = secret.filter(|secret| *secret != usual) {
            let role = self.roles.entry(owner).or_default();
            let mut table = Table::new(span);
            table.put("name", leaf(&secret, span));
            for key in ["usernameKey", "passwordKey"] {
                if let Some(node) = fields.get(key) {
                    table.put(key, node.clone());
                }
            }
            role.insert("secret".to_owned(), table.finish());
        }
    }

    fn client(&mut self, (_, span): (&str, Span), id: &str, fields: &Node, urls: Vec<String>) {
        let text = |name: &str| fields.get(name).and_then(Node::as_str).map(|text| String::from_utf8_lossy(text).into_owned());
        let parts = self.realms.entry(text("realm").unwrap_or_else(|| "staff".to_owned())).or_default();
        let scopes = fields.get("clientScopes").map_or(&[][..], Node::entries);
        for scope in scopes {
            let name = super::super::fields::text(&scope.key);
            let known = parts.entry("clientScopes").or_default().entry(name).or_default();
            scope.value.entries().iter().for_each(|one| add(known, &super::super::fields::text(&one.key), &one.value));
        }
        // A list alone names roles of the realm.
        let granted = fields.get("serviceAccountRoles").map(|roles| match roles.kind() {
            NodeKind::Seq(_) => {
                let mut table = Table::new(roles.span());
                table.put("realm", roles.clone());
                table.finish()
            }
            _ => roles.clone(),
        });
        // A role of the realm that a client has needs to be there.
        for role in granted.as_ref().and_then(|roles| roles.get("realm")).map_or(&[][..], Node::items) {
            if let Some(name) = role.as_str() {
                parts.entry("roles").or_default().entry(String::from_utf8_lossy(name).into_owned()).or_default();
            }
        }
        let client = parts.entry("clients").or_default().entry(id.to_owned()).or_default();
        for field in CLIENT {
            if let Some(node) = fields.get(field) {
                add(client, field, node);
            }
        }
        if let Some(granted) = granted {
            add(client, "serviceAccountRoles", &granted);
        }
        let stated = fields.get("redirectUris").is_some();
        if !stated && !urls.is_empty() && !matches!(text("type").as_deref(), Some("service" | "custom")) {
            let items = urls.iter().map(|url| leaf(url, span)).collect();
            add(client, "redirectUris", &Node::new(span, NodeKind::Seq(items)));
        }
        let roles = fields.get("roles").map(|roles| match roles.kind() {
            NodeKind::Seq(names) => {
                let mut table = Table::new(span);
                for name in names.iter().filter_map(Node::as_str) {
                    table.put(&String::from_utf8_lossy(name), Table::new(span).finish());
                }
                table.finish()
            }
            _ => roles.clone(),
        });
        if let Some(roles) = roles {
            add(client, "roles", &roles);
        }
        let key = text("key");
        if let Some(secret) = text("secret").filter(|secret| secret != id || key.is_some()) {
            let mut table = Table::new(span);
            table.put("name", leaf(&secret, span));
            if let Some(key) = key {
                table.put("key", leaf(&key, span));
            }
            client.insert("secret".to_owned(), table.finish());
        }
    }

    /// The variable `wanted`: `databases`, `roles` and `realms`.
    pub(super) fn finish(self, span: Span) -> Node {
        let mut all = Table::new(span);
        all.put("databases", named(self.databases, span));
        all.put("roles", named(self.roles, span));
        let mut realms = Table::new(span);
        for (name, parts) in self.realms {
            let mut realm = Table::new(span);
            for (part, entries) in parts {
                realm.put(part, named(entries, span));
            }
            realms.put(&name, realm.finish());
        }
        all.put("realms", realms.finish());
        all.finish()
    }
}

/// Adds a field: lists and mappings grow, anything else is as first stated.
fn add(fields: &mut BTreeMap<String, Node>, name: &str, node: &Node) {
    let merged = match fields.get(name) {
        None => node.clone(),
        Some(known) => merge(known, node),
    };
    fields.insert(name.to_owned(), merged);
}

fn merge(known: &Node, node: &Node) -> Node {
    match (known.kind(), node.kind()) {
        (NodeKind::Seq(have), NodeKind::Seq(more)) => {
            let mut items = have.clone();
            for item in more {
                if !items.iter().any(|known| crate::value::deep_equal(&known.to_value(), &item.to_value())) {
                    items.push(item.clone());
                }
            }
            Node::new(known.span(), NodeKind::Seq(items))
        }
        (NodeKind::Map(have), NodeKind::Map(more)) => {
            let mut entries = have.clone();
            for entry in more {
                let key = super::super::fields::text(&entry.key);
                match entries.iter_mut().find(|one| super::super::fields::text(&one.key) == key) {
                    Some(one) => one.value = merge(&one.value.clone(), &entry.value),
                    None => entries.push(entry.clone()),
                }
            }
            Node::new(known.span(), NodeKind::Map(entries))
        }
        _ => known.clone(),
    }
}

fn named(named: Named, span: Span) -> Node {
    let field = |(name, node): (String, Node)| Entry { key: leaf(&name, node.span()), value: node };
    let entry = |(name, fields): (String, BTreeMap<String, Node>)| {
        let place = fields.values().next().map_or(span, Node::span);
        let fields = fields.into_iter().map(field).collect();
        Entry { key: leaf(&name, place), value: Node::new(place, NodeKind::Map(fields)) }
    };
    Node::new(span, NodeKind::Map(named.into_iter().map(entry).collect()))
}
