//! What an API server says beyond its schema.

use super::ResourceId;
use super::check::Walk;
use crate::yaml::Node;

/// Checks an object of a known kind.
pub(super) fn check(walk: &mut Walk<'_, '_>, resource: &ResourceId, node: &Node) {
    let _ = (walk, resource, node);
}
