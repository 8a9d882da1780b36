//! Helm's flags of `pull`, `push` and `registry`.

use super::Flag;
use super::Kind::{Switch, Text};

/// Flags of `pull` besides those that say where a chart is.
pub(in crate::cli) const PULL: &[Flag] = &[
    Flag::new("destination", Text, "folder that the archive is written to").short('d'),
    Flag::new("prov", Switch, "fetch the provenance file too, without verifying it"),
    Flag::new("untar", Switch, "unpack the chart instead of keeping its archive"),
    Flag::new("untardir", Text, "folder that the chart is unpacked into"),
];

/// Flags of `push`.
pub(in crate::cli) const PUSH: &[Flag] = &[
    Flag::new("ca-file", Text, "certificate authority of the registry"),
    Flag::new("cert-file", Text, "client certificate for the registry"),
    Flag::new("insecure-skip-tls-verify", Switch, "do not check the registry's certificate"),
    Flag::new("key-file", Text, "key of the client certificate"),
    Flag::new("password", Text, "password for the registry"),
    Flag::new("plain-http", Switch, "speak to the registry without TLS"),
    Flag::new("username", Text, "user name for the registry"),
];

/// Flags of `registry login`.
pub(in crate::cli) const LOGIN: &[Flag] = &[
    Flag::new("ca-file", Text, "certificate authority of the registry"),
    Flag::new("cert-file", Text, "client certificate for the registry"),
    Flag::new("insecure", Switch, "do not check the registry's certificate"),
    Flag::new("key-file", Text, "key of the client certificate"),
    Flag::new("password", Text, "password or token; others on this machine can see it").short('p'),
    Flag::new("password-stdin", Switch, "read the password or token from standard input"),
    Flag::new("plain-http", Switch, "speak to the registry without TLS"),
    Flag::new("username", Text, "user name for the registry").short('u'),
];
