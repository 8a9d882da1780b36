//! Values that are secrets: where each is taken from at the installation. No secret stands here.

use crate::environment::{Fields, Findings, Located, SecretRef};
use crate::value::{Map, Value};
use crate::yaml::Node;

/// A path of a release's values whose secret is handed over at the installation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecretValue {
    /// The path in the values: `odoo.oidcClientSecret`.
    pub path: String,
    /// The Secret in the namespace: where it is, or what it is made as.
    pub secret: Option<String>,
    /// The key in it.
    pub key: Option<String>,
    /// A file on the machine from which is installed.
    pub file: Option<String>,
    /// An environment variable of the installation.
    pub env: Option<String>,
    /// The store of the External Secrets operator, its kind, the key in it and the property of the key.
    pub external: Option<[String; 4]>,
    /// Random characters, made once: how many, and which.
    pub generate: Option<(u64, String)>,
}

/// The fields of an entry of `secretValues`.
pub(super) const FIELDS: &[&str] = &["path", "secret", "key", "file", "env", "external", "generate"];
/// The fields of `external` of one.
pub(super) const EXTERNAL: &[&str] = &["store", "kind", "key", "property"];
/// The fields of `generate` of one.
pub(super) const GENERATE: &[&str] = &["length", "alphabet"];

impl SecretValue {
    /// The reference that an environment states for a path.
    pub fn new(path: &str, reference: &SecretRef) -> SecretValue {
        let text = |text: &Option<Located>| text.as_ref().map(|text| text.text.clone());
        let or = |stated: &Option<Located>, default: &str| text(stated).unwrap_or_else(|| default.to_owned());
        let (external, generate) = (&reference.external, &reference.generate);
        SecretValue {
            path: path.to_owned(),
            secret: text(&reference.secret),
            key: text(&reference.key),
            file: text(&reference.file),
            env: text(&reference.env),
            external: external.span.map(|_| {
                let kind = or(&external.kind, "ClusterSecretStore");
                [or(&external.store, ""), kind, or(&external.key, ""), or(&external.property, "")]
            }),
            generate: generate.span.map(|_| {
                let length = generate.length.map_or(32, |length| length.value);
                (length, or(&generate.alphabet, "alnum"))
            }),
        }
    }

    pub(super) fn to_value(&self) -> Value {
        let entry = Map::new();
        entry.insert("path", Value::str(&self.path));
        let texts = [("secret", &self.secret), ("key", &self.key), ("file", &self.file), ("env", &self.env)];
        for (name, text) in texts {
            if let Some(text) = text {
                entry.insert(name, Value::str(text));
            }
        }
        if let Some(external) = &self.external {
            let fields = Map::new();
            for (name, text) in EXTERNAL.iter().zip(external).filter(|(_, text)| !text.is_empty()) {
                fields.insert(*name, Value::str(text));
            }
            entry.insert("external", Value::Map(fields));
        }
        if let Some((length, alphabet)) = &self.generate {
            let fields = Map::new();
            fields.insert("alphabet", Value::str(alphabet));
            fields.insert("length", Value::Int(i64::try_from(*length).unwrap_or(i64::MAX)));
            entry.insert("generate", Value::Map(fields));
        }
        Value::Map(entry)
    }

    pub(super) fn read(node: &Node, found: &mut Findings) -> Option<SecretValue> {
        let fields = Fields::new(node, "secret value", FIELDS, found)?;
        let path = fields.text("path", found)?.text;
        let mut optional = |name| fields.optional(name).and_then(|_| fields.text(name, found)).map(|text| text.text);
        let (secret, key, file, env) = (optional("secret"), optional("key"), optional("file"), optional("env"));
        let external = fields.optional("external").and_then(|node| {
            let fields = Fields::new(node, "external", EXTERNAL, found)?;
            let mut text = |name| match fields.optional(name) {
                Some(_) => fields.text(name, found).map(|text| text.text).unwrap_or_default(),
                None => String::new(),
            };
            Some([text("store"), text("kind"), text("key"), text("property")])
        });
        let generate = fields.optional("generate").and_then(|node| {
            let fields = Fields::new(node, "generate", GENERATE, found)?;
            let length = fields.count("length", found)? as u64;
            Some((length, fields.text("alphabet", found)?.text))
        });
        Some(SecretValue { path, secret, key, file, env, external, generate })
    }
}
