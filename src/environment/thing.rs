//! What charts need and provide, in the notation of `chartwright.io/needs` and `chartwright.io/provides`.

use super::fields::{Fields, Findings, Located};
use crate::diagnostic::{Diagnostic, nearest};
use crate::source::Span;
use crate::value::{Map, Value};
use crate::yaml::{Node, NodeKind};

/// What kind of thing it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ThingKind {
    /// An entry of the list of charts of others.
    Chart,
    /// A Service with a port.
    Service,
    /// A Secret with keys.
    Secret,
    /// A ConfigMap with keys.
    ConfigMap,
    /// A PersistentVolumeClaim.
    Claim,
    /// A StorageClass.
    StorageClass,
    /// A Namespace.
    Namespace,
    /// A webhook of the API server.
    Webhook,
    /// A ServiceAccount.
    ServiceAccount,
    /// A topic of Kafka.
    Topic,
    /// A bucket of object storage.
    Bucket,
    /// A CustomResourceDefinition.
    Crd,
    /// A realm of Keycloak.
    KeycloakRealm,
    /// A database of a server.
    Database,
    /// A client of a realm.
    KeycloakClient,
    /// A Gateway.
    Gateway,
    /// Something that answers at a URL.
    Url,
}

/// The words of the notation with the fields that each takes beside `namespace`, `optional` and `why`.
const KINDS: &[(ThingKind, &str, &[&str])] = &[
    (ThingKind::Chart, "chart", &["name"]),
    (ThingKind::Service, "service", &["name", "port"]),
    (ThingKind::Secret, "secret", &["name", "keys"]),
    (ThingKind::ConfigMap, "configMap", &["name", "keys"]),
    (ThingKind::Claim, "claim", &["name"]),
    (ThingKind::StorageClass, "storageClass", &["name"]),
    (ThingKind::Namespace, "namespace", &["name"]),
    (ThingKind::Webhook, "webhook", &["name"]),
    (ThingKind::ServiceAccount, "serviceAccount", &["name"]),
    (ThingKind::Topic, "topic", &["name"]),
    (ThingKind::Bucket, "bucket", &["name"]),
    (ThingKind::Crd, "crd", &["name"]),
    (ThingKind::KeycloakRealm, "keycloakRealm", &["name"]),
    (
        ThingKind::Database,
        "database",
        &["host", "name", "owner", "secret", "extensions", "readers", "publications", "isolated"],
    ),
    (
        ThingKind::KeycloakClient,
        "keycloakClient",
        &[
            "realm",
            "id",
            "secret",
            "key",
            "type",
            "redirectUris",
            "webOrigins",
            "roles",
            "serviceAccountRoles",
            "defaultClientScopes",
            "mappers",
        ],
    ),
    (ThingKind::Gateway, "gateway", &["name"]),
    (ThingKind::Url, "url", &["url"]),
];

impl ThingKind {
    /// The word of the notation.
    pub fn name(self) -> &'static str {
        KINDS.iter().find(|(kind, ..)| *kind == self).map_or("", |(_, word, _)| word)
    }

    /// What the API server calls it, where it is an object.
    pub fn object(self) -> Option<&'static str> {
        Some(match self {
            ThingKind::Service => "Service",
            ThingKind::Secret => "Secret",
            ThingKind::ConfigMap => "ConfigMap",
            ThingKind::Claim => "PersistentVolumeClaim",
            ThingKind::StorageClass => "StorageClass",
            ThingKind::Namespace => "Namespace",
            ThingKind::ServiceAccount => "ServiceAccount",
            ThingKind::Crd => "CustomResourceDefinition",
            ThingKind::Gateway => "Gateway",
            _ => return None,
        })
    }
}

/// One thing that is needed or provided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thing {
    /// What it is.
    pub kind: ThingKind,
    /// Its name: of a client its id, of a URL the URL.
    pub name: String,
    /// The namespace, where it is not that of the release.
    pub namespace: Option<String>,
    /// The port of a Service.
    pub port: Option<u16>,
    /// The keys of a Secret or ConfigMap.
    pub keys: Vec<String>,
    /// Further fields: `host` and `owner` of a database, `realm` and `secret` of a client.
    pub more: Vec<(&'static str, String)>,
    /// Whether it may be absent.
    pub optional: bool,
    /// What it is for.
    pub why: Option<String>,
    /// Where it was written.
    pub span: Span,
}

impl Thing {
    /// A thing of which only the name is known.
    pub(crate) fn named(kind: ThingKind, name: &Located) -> Thing {
        let (namespace, port, keys, more) = (None, None, Vec::new(), Vec::new());
        Thing {
            kind,
            name: name.text.clone(),
            namespace,
            port,
            keys,
            more,
            optional: false,
            why: None,
            span: name.span,
        }
    }

    /// A further field.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.more.iter().find(|(known, _)| *known == name).map(|(_, text)| text.as_str())
    }

    /// Reads a list of things: maps with one key each.
    pub(crate) fn list(nodes: &[Node], found: &mut Findings) -> Vec<Thing> {
        nodes.iter().filter_map(|node| Thing::read(node, found)).collect()
    }

    /// Reads one thing.
    pub(super) fn read(node: &Node, found: &mut Findings) -> Option<Thing> {
        let Some((word, place, fields)) = entry(node) else {
            let message = "expected a mapping with the kind of a thing as its key";
            found.push(
                Diagnostic::error(message).at(node.span()).hint("for example `secret: {name: NAME, keys: [KEY]}`"),
            );
            return None;
        };
        let Some((kind, word, own)) = KINDS.iter().find(|(_, known, _)| *known == word) else {
            let message = format!("unknown kind of thing `{}`", word.escape_debug());
            let diagnostic = Diagnostic::error(message).at(place);
            let words: Vec<&str> = KINDS.iter().map(|(_, word, _)| *word).collect();
            found.push(match nearest(&word, words.iter().map(|word| word.as_bytes())) {
                Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
                None => diagnostic.hint(format!("known kinds: {}", words.join(", "))),
            });
            return None;
        };
        let before = found.len();
        let read = Fields::new(fields, word, FIELDS, found)?;
        for entry in fields.entries() {
            let key = String::from_utf8_lossy(&entry.key.key_text().unwrap_or_default()).into_owned();
            if FIELDS.contains(&key.as_str()) && !own.contains(&key.as_str()) && !COMMON.contains(&key.as_str()) {
                let hint = format!("it has {}", own.join(", "));
                found.push(Diagnostic::error(format!("{word} has no `{key}`")).at(entry.key.span()).hint(hint));
            }
        }
        let scalar = |name: &'static str| read.optional(name).and_then(Node::to_text).map(lossy);
        let bearer = match kind {
            ThingKind::KeycloakClient => "id",
            ThingKind::Url => "url",
            _ => "name",
        };
        let Some(name) = scalar(bearer).filter(|name| !name.is_empty()) else {
            // A misspelt field may be the one.
            if found.len() == before {
                found.push(Diagnostic::error(format!("{word} has no `{bearer}`")).at(fields.span()));
            }
            return None;
        };
        let port = match read.optional("port") {
            Some(node) => {
                let port = node.to_text().map(lossy).and_then(|text| text.parse::<u16>().ok()).filter(|port| *port > 0);
                if port.is_none() {
                    found.push(Diagnostic::error("expected `port` as a number up to 65535").at(node.span()));
                }
                port
            }
            None => None,
        };
        let keys = read.items("keys", found).iter().filter_map(|node| node.to_text().map(lossy)).collect();
        let more = ["host", "owner", "realm", "secret"];
        let more = more.into_iter().filter_map(|field| Some((field, scalar(field)?))).collect();
        let is_true = |node: Option<&Node>| matches!(node.map(Node::kind), Some(NodeKind::Bool(true)));
        let optional = is_true(read.optional("optional")) || is_true(node.get("optional"));
        let (namespace, why) = (scalar("namespace"), scalar("why"));
        Some(Thing { kind: *kind, name, namespace, port, keys, more, optional, why, span: place })
    }

    /// The thing in the notation.
    pub(crate) fn to_value(&self) -> Value {
        let fields = Map::new();
        let bearer = match self.kind {
            ThingKind::KeycloakClient => "id",
            ThingKind::Url => "url",
            _ => "name",
        };
        fields.insert(bearer, Value::str(&self.name));
        for (name, text) in [("namespace", &self.namespace), ("why", &self.why)] {
            if let Some(text) = text {
                fields.insert(name, Value::str(text));
            }
        }
        if let Some(port) = self.port {
            fields.insert("port", Value::Int(i64::from(port)));
        }
        if !self.keys.is_empty() {
            fields.insert("keys", Value::strings(&self.keys));
        }
        for (name, text) in &self.more {
            fields.insert(*name, Value::str(text));
        }
        if self.optional {
            fields.insert("optional", Value::Bool(true));
        }
        let thing = Map::new();
        thing.insert(self.kind.name(), Value::Map(fields));
        Value::Map(thing)
    }
}

/// The fields of all kinds. What `postgres-init` and `keycloak-init` alone take of databases and clients is read where
/// their values are derived.
const FIELDS: &[&str] = &[
    "name",
    "port",
    "keys",
    "host",
    "owner",
    "realm",
    "id",
    "secret",
    "url",
    "namespace",
    "optional",
    "why",
    "extensions",
    "readers",
    "publications",
    "isolated",
    "key",
    "type",
    "redirectUris",
    "webOrigins",
    "roles",
    "serviceAccountRoles",
    "defaultClientScopes",
    "mappers",
];

/// The fields that every thing may have.
const COMMON: &[&str] = &["namespace", "optional", "why"];

/// The fields of a thing as they were written: those too that only the values of others are derived from.
pub(super) fn fields(node: &Node) -> Option<&Node> {
    entry(node).map(|(_, _, fields)| fields)
}

/// The one key of a thing with its fields; `why` and the like may stand beside it.
fn entry(node: &Node) -> Option<(String, Span, &Node)> {
    let mut entries =
        node.entries().iter().filter(|entry| matches!(entry.value.kind(), NodeKind::Map(_)) || !is_common(&entry.key));
    let first = entries.next()?;
    let word = lossy(first.key.key_text()?);
    entries.next().is_none().then_some((word, first.key.span(), &first.value))
}

fn is_common(key: &Node) -> bool {
    key.as_str().is_some_and(|key| COMMON.iter().any(|known| known.as_bytes() == key))
}

fn lossy(text: impl AsRef<[u8]>) -> String {
    String::from_utf8_lossy(text.as_ref()).into_owned()
}
