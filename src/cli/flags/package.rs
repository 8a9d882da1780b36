//! Helm's flags of `package`, `verify` and `create`.

use super::Flag;
use super::Kind::{Switch, Text};

/// Flags of `package`.
pub(in crate::cli) const PACKAGE: &[Flag] = &[
    Flag::new("app-version", Text, "write this appVersion into the archive"),
    Flag::new("ca-file", Text, "certificate authority of the repositories; without effect here"),
    Flag::new("cert-file", Text, "client certificate for the repositories; without effect here"),
    Flag::new("dependency-update", Switch, "bring charts/ and the lock up to date first").short('u'),
    Flag::new("destination", Text, "folder that the archive is written to").short('d'),
    Flag::new("insecure-skip-tls-verify", Switch, "do not check the repositories' certificates; without effect here"),
    Flag::new("key", Text, "name of the key that signs, or a part of it"),
    Flag::new("key-file", Text, "key of the client certificate; without effect here"),
    Flag::new("keyring", Text, "file of keys"),
    Flag::new("passphrase-file", Text, "file whose first line is the key's passphrase, `-` for standard input"),
    Flag::new("password", Text, "password for the repositories; without effect here"),
    Flag::new("plain-http", Switch, "fetch charts without TLS; without effect here"),
    Flag::new("sign", Switch, "write a provenance file beside the archive"),
    Flag::new("username", Text, "user name for the repositories; without effect here"),
    Flag::new("version", Text, "write this version into the archive"),
];

/// Flags of `verify`.
pub(in crate::cli) const VERIFY: &[Flag] = &[Flag::new("keyring", Text, "file of public keys")];

/// Flags of `create`.
pub(in crate::cli) const CREATE: &[Flag] = &[
    Flag::new("starter", Text, "chart to start from: a name in Helm's starters, or an absolute path").short('p'),
    // Hidden in Helm, too.
    Flag::new("chart-api-version", Text, ""),
];
