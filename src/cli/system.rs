//! The world as this machine has it: its clock, its randomness, its names, and objects from a file for `lookup`.

use super::options::TemplateOptions;
use super::ui::Stop;
use crate::diagnostic::{Error, ErrorKind};
use crate::source::SourceId;
use crate::value::{Map, Value};
use crate::world::{Lookup, Timestamp, World, lookup_in};
use crate::{chart, yaml};
use std::net::ToSocketAddrs;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What templates may see of this machine.
#[derive(Debug, Default)]
pub(crate) struct SystemWorld {
    /// Whether host names may be looked up (`--enable-dns`).
    dns: bool,
    /// The objects of `--lookup`, if there is such a file.
    objects: Option<Vec<Map>>,
}

impl SystemWorld {
    /// The world of one render.
    pub(crate) fn new(options: &TemplateOptions) -> Result<SystemWorld, Stop> {
        let objects = options.lookup.as_deref().map(read_objects).transpose()?;
        Ok(SystemWorld { dns: options.enable_dns, objects })
    }
}

/// Reads the objects of a file: one for each document, and those of a `List`.
fn read_objects(path: &Path) -> Result<Vec<Map>, Error> {
    let text = chart::read_file(path)?;
    let refuse =
        |why: String| Error::new(ErrorKind::Content, format!("cannot read objects from `{}`: {why}", path.display()));
    let documents = yaml::parse_all(&text, SourceId::default()).map_err(|error| refuse(error.to_string()))?;
    let mut objects = Vec::new();
    for document in documents.iter().filter(|document| !document.is_null()) {
        match document.to_value() {
            Value::Map(object) => add_object(object, &mut objects),
            other => return Err(refuse(format!("expected objects, found {}", other.go_type()))),
        }
    }
    Ok(objects)
}

fn add_object(object: Map, objects: &mut Vec<Map>) {
    match object.get("items") {
        Some(Value::List(items)) if text(&object, "kind").ends_with("List") => {
            objects.extend(items.items().iter().filter_map(|item| item.as_map().cloned()));
        }
        _ => objects.push(object),
    }
}

fn text(map: &Map, key: &str) -> String {
    map.get(key).and_then(|value| value.as_str().map(|text| text.to_str_lossy().into_owned())).unwrap_or_default()
}

impl World for SystemWorld {
    #[expect(clippy::disallowed_methods, reason = "this is the world that knows the clock")]
    fn now(&self) -> Timestamp {
        let nanoseconds = |duration: Duration| Timestamp::try_from(duration.as_nanos()).unwrap_or(Timestamp::MAX);
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

    fn lets_noise_stand_in(&self) -> bool {
        true
    }

    fn lookup(&self, wanted: &Lookup) -> Option<Value> {
        lookup_in(self.objects.as_ref()?, wanted)
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

/// A file's time in the local zone as Go writes RFC 3339, to the second.
pub(super) fn local_time(time: SystemTime) -> String {
    let Ok(time) = jiff::Timestamp::try_from(time) else { return String::new() };
    let zoned = time.to_zoned(jiff::tz::TimeZone::system());
    match zoned.offset().seconds() {
        0 => zoned.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        _ => zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
    }
}
