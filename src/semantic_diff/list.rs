//! Which items of two lists belong together.

use crate::yaml::Node;
use std::borrow::Cow;
use std::collections::HashSet;

/// Keys that tell items apart, the best first.
const KEYS: [&str; 9] =
    ["name", "mountPath", "containerPort", "key", "ip", "devicePath", "topologyKey", "port", "host"];

/// The field whose values tell the items of both lists apart.
pub(super) fn key_of(one: &[Node], other: &[Node]) -> Option<&'static str> {
    KEYS.into_iter().find(|key| tells_apart(one, key) && tells_apart(other, key))
}

fn tells_apart(items: &[Node], key: &str) -> bool {
    let mut seen = HashSet::new();
    items.iter().all(|item| identity(item, key).is_some_and(|text| seen.insert(text)))
}

/// What an item is called by a key.
pub(super) fn identity<'n>(item: &'n Node, key: &str) -> Option<Cow<'n, [u8]>> {
    item.get(key)?.to_text()
}
