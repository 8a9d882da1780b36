//! How the commands reach repositories and registries.

use crate::dependency::repositories::Entry;
use crate::dependency::{Pulled, Remote};
use crate::diagnostic::{Error, ErrorKind};
use bytes::Bytes;

/// A machine without a network.
pub(super) struct Offline;

fn refused(what: &str) -> Error {
    Error::new(ErrorKind::Network, format!("cannot fetch `{what}`: there is no network here"))
}

impl Remote for Offline {
    fn get(&self, url: &str, _: &Entry) -> Result<Bytes, Error> {
        Err(refused(url))
    }

    fn tags(&self, reference: &str) -> Result<Vec<String>, Error> {
        Err(refused(reference))
    }

    fn pull(&self, reference: &str, _: &str) -> Result<Pulled, Error> {
        Err(refused(reference))
    }
}

/// What fetches the indexes of repositories.
pub(super) fn for_repositories() -> Box<dyn Remote> {
    Box::new(Offline)
}
