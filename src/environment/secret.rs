//! References to secrets. No secret stands in a file of ours: a reference says where it is or how it is made.

use super::fields::Located;
use super::forms::{FILE, OBJECT_NAME, SECRET_KEY, VARIABLE};
use super::part::{Number, part};
use super::shape::Shape;
use crate::source::Span;

part! {
    /// A reference to a secret: an existing Secret (`secret` alone), or one that is made at installation out of a file, an environment variable, an external store or random characters. Files and variables are read at installation, never when a bundle is built.
    pub SecretRef = "secret" {
        /// The Secret in the namespace: where it is, or what it is made as.
        secret "secret": Option<Located> = Shape::Text(OBJECT_NAME);
        /// The key in it; `password` unless stated.
        key "key": Option<Located> = Shape::Text(SECRET_KEY);
        /// The key of the user's name, where there is one.
        username_key "usernameKey": Option<Located> = Shape::Text(SECRET_KEY);
        /// A file on the machine from which is installed, read then.
        file "file": Option<Located> = Shape::Text(FILE);
        /// An environment variable of the installation, read then.
        env "env": Option<Located> = Shape::Text(VARIABLE);
        /// An entry of a store of the External Secrets operator.
        external "external": External = Shape::Part(&External::PART);
        /// Random characters, made once in the cluster and never overwritten.
        generate "generate": Generate = Shape::Part(&Generate::PART);
    }
}

part! {
    /// An entry of a store of the External Secrets operator.
    pub External = "external" {
        /// The SecretStore or ClusterSecretStore.
        store "store" (required): Option<Located> = Shape::Text(OBJECT_NAME);
        /// Which of the two it is; `ClusterSecretStore` unless stated.
        kind "kind": Option<Located> = Shape::OneOf(&["ClusterSecretStore", "SecretStore"]);
        /// The key in the store.
        key "key" (required): Option<Located> = Shape::Text(FILE);
        /// The property of the key.
        property "property": Option<Located> = Shape::Text(SECRET_KEY);
    }
}

part! {
    /// How random characters are made.
    pub Generate = "generate" {
        /// How many; 32 unless stated.
        length "length": Option<Number> = Shape::Whole(12, 256);
        /// Which; letters and digits unless stated.
        alphabet "alphabet": Option<Located> = Shape::OneOf(&["alnum", "lower", "hex", "digits", "base64"]);
    }
}

/// Where a secret comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretSource<'a> {
    /// A Secret that has to be there before the installation.
    Existing,
    /// A file, read at installation.
    File(&'a Located),
    /// An environment variable, read at installation.
    Env(&'a Located),
    /// An entry of an external store.
    External,
    /// Random characters, made once.
    Generate,
}

impl SecretRef {
    /// All sources that are stated; a good reference has at most one, and a Secret's name where it has none.
    pub fn sources(&self) -> Vec<(SecretSource<'_>, Span)> {
        let mut sources = Vec::new();
        sources.extend(self.file.as_ref().map(|file| (SecretSource::File(file), file.span)));
        sources.extend(self.env.as_ref().map(|env| (SecretSource::Env(env), env.span)));
        sources.extend(self.external.span.map(|span| (SecretSource::External, span)));
        sources.extend(self.generate.span.map(|span| (SecretSource::Generate, span)));
        sources
    }

    /// Where the secret comes from.
    pub fn source(&self) -> SecretSource<'_> {
        self.sources().first().map_or(SecretSource::Existing, |(source, _)| *source)
    }

    /// Whether anything was stated.
    pub fn is_stated(&self) -> bool {
        self.span.is_some()
    }
}

/// The shape of a field that takes a reference.
pub(super) const SECRET: Shape = Shape::Secret(&SecretRef::PART);
