//! The world as this machine has it: its clock, its randomness, its names.

use super::options::TemplateOptions;
use crate::diagnostic::{Error, ErrorKind};
use crate::source::SourceId;
use crate::value::{Map, Value};
use crate::world::{Lookup, Timestamp, World};
use crate::yaml::{self, Node};
use std::net::ToSocketAddrs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// What templates may see of this machine.
#[derive(Debug, Default)]
pub(crate) struct SystemWorld {
    /// Whether host names may be looked up (`--enable-dns`).
    pub(crate) dns: bool,
    /// What `lookup` finds (`--lookup`).
    pub(crate) objects: Vec<Value>,
}

impl SystemWorld {
    /// The world for a run.
    pub(crate) fn new(options: &TemplateOptions) -> Result<SystemWorld, Error> {
        let objects = match &options.lookup {
            None => Vec::new(),
            Some(path) => objects(path)?,
        };
        Ok(SystemWorld { dns: options.enable_dns, objects })
    }
}

/// The objects of a file: one YAML document each, or a `List`.
fn objects(path: &Path) -> Result<Vec<Value>, Error> {
    let text = std::fs::read(path).map_err(|error| Error::io("cannot read", path, error))?;
    let mut found = Vec::new();
    let nodes = yaml::parse_all(&text, SourceId(0))
        .map_err(|error| Error::new(ErrorKind::Content, format!("`{}`: {}", path.display(), error.message())))?;
    for node in nodes {
        match node.get("items") {
            Some(items) => found.extend(items.items().iter().map(Node::to_value)),
            None if node.is_null() => {}
            None => found.push(node.to_value()),
        }
    }
    Ok(found)
}

/// Whether an object is the one that is asked for, or one of those that are.
fn is_wanted(object: &Value, wanted: &Lookup) -> bool {
    let Some(map) = object.as_map() else { return false };
    let is = |map: &Map, key: &str, word: &str| {
        map.get(key).is_some_and(|have| have.as_str().is_some_and(|have| &**have == word.as_bytes()))
    };
    let Some(Value::Map(metadata)) = map.get("metadata") else { return false };
    is(map, "apiVersion", &wanted.api_version)
        && is(map, "kind", &wanted.kind)
        && (wanted.namespace.is_empty() || is(&metadata, "namespace", &wanted.namespace))
        && (wanted.name.is_empty() || is(&metadata, "name", &wanted.name))
}

impl World for SystemWorld {
    fn now(&self) -> Timestamp {
        let nanoseconds =
            |duration: std::time::Duration| Timestamp::try_from(duration.as_nanos()).unwrap_or(Timestamp::MAX);
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => nanoseconds(since),
            Err(before) => -nanoseconds(before.duration()),
        }
    }

    fn random(&self, out: &mut [u8]) {
        // The operating system's source fails only before it is seeded, or where it is forbidden: keys made from
        // anything else would be a lie.
        if let Err(error) = getrandom::fill(out) {
            panic!("the operating system gives no random bytes: {error}");
        }
    }

    fn lookup(&self, wanted: &Lookup) -> Option<Value> {
        let mut found = self.objects.iter().filter(|object| is_wanted(object, wanted));
        if !wanted.name.is_empty() {
            return found.next().cloned();
        }
        let items: Vec<Value> = found.cloned().collect();
        if items.is_empty() {
            return None;
        }
        let list = Map::new();
        list.insert("apiVersion", Value::str(&wanted.api_version));
        list.insert("kind", Value::from(format!("{}List", wanted.kind)));
        list.insert("items", Value::list(items));
        Some(Value::Map(list))
    }

    fn lookup_host(&self, name: &str) -> Option<String> {
        if !self.dns {
            return None;
        }
        let mut found = (name, 0).to_socket_addrs().ok()?;
        found.next().map(|address| address.ip().to_string())
    }

    fn time_zone(&self) -> Option<String> {
        jiff::tz::TimeZone::system().iana_name().map(str::to_owned)
    }
}
