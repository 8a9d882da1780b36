//! The API types of Kubernetes and of the operators that OpenG2P's charts use, as they lie in the program.

use super::book::Book;
use crate::diagnostic::{Error, ErrorKind};
use std::io::Read;

/// Made by `schemas/kubernetes/make.py`.
const DEFINITIONS: &[u8] = include_bytes!("../../schemas/kubernetes/definitions.txt.gz");

/// Written from the documented fields of each operator's kinds.
const CUSTOM: [&str; 6] = [
    include_str!("../../schemas/custom/gateway.txt"),
    include_str!("../../schemas/custom/istio.txt"),
    include_str!("../../schemas/custom/logging.txt"),
    include_str!("../../schemas/custom/prometheus.txt"),
    include_str!("../../schemas/custom/rancher.txt"),
    include_str!("../../schemas/custom/snapshots.txt"),
];

/// The definition of every object's `metadata`.
pub(super) const METADATA: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/// More than the definitions of a hundred versions would take.
const LARGEST: u64 = 64 << 20;

/// The books of one minor version of Kubernetes 1.
#[derive(Debug)]
pub(super) struct Builtin {
    pub(super) kubernetes: Book,
    pub(super) custom: Book,
}

impl Builtin {
    /// Inflates and indexes the definitions of a minor version.
    ///
    /// # Errors
    /// A version that the program has no definitions of.
    pub(super) fn load(minor: u32) -> Result<Builtin, Error> {
        let text = inflate();
        let known = minors_of(&text);
        if !known.contains(&minor) {
            let (first, last) = (known.first().copied().unwrap_or(0), known.last().copied().unwrap_or(0));
            let message = format!("expected a Kubernetes version from 1.{first} to 1.{last}, found 1.{minor}");
            return Err(Error::new(ErrorKind::Usage, message).hint("name a version with --kube-version"));
        }
        let kubernetes = Book::new(text, minor, 0, None);
        let metadata = kubernetes.named(METADATA);
        let custom = Book::new(CUSTOM.concat(), minor, kubernetes.len(), metadata);
        Ok(Builtin { kubernetes, custom })
    }
}

/// The minor versions of Kubernetes 1 that the program has definitions of, oldest first.
pub fn minors() -> Vec<u32> {
    minors_of(&inflate())
}

fn minors_of(text: &str) -> Vec<u32> {
    let line = text.lines().find_map(|line| line.strip_prefix("versions ")).unwrap_or_default();
    line.split(' ').filter_map(|word| word.parse().ok()).collect()
}

fn inflate() -> String {
    let mut text = String::new();
    // The data are the program's own and a test reads them; without them every kind would be unknown.
    let read = flate2::read::GzDecoder::new(DEFINITIONS).take(LARGEST).read_to_string(&mut text);
    if read.is_err() { String::new() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_definition_of_every_version_is_read() {
        let minors = minors();
        assert!(minors.len() >= 13 && minors.first() == Some(&25));
        for minor in minors {
            let builtin = Builtin::load(minor).expect("a known version");
            let deployment = builtin.kubernetes.kind("apps/v1", "Deployment").expect("a kind");
            assert!(builtin.kubernetes.definition(deployment).is_some());
            for id in 0..builtin.kubernetes.len() {
                let _ = builtin.kubernetes.definition(id);
            }
            assert!(builtin.custom.len() > 4);
            for id in 0..builtin.custom.len() {
                assert!(builtin.custom.definition(builtin.kubernetes.len() + id).is_some(), "{id}");
            }
        }
        assert!(Builtin::load(3).is_err());
    }
}
