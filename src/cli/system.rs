//! The world as this machine has it: its clock, its randomness, its names.

use super::options::TemplateOptions;
use super::ui::Stop;
use crate::value::Value;
use crate::world::{Lookup, Timestamp, World};
use std::net::ToSocketAddrs;
use std::time::{SystemTime, UNIX_EPOCH};

/// What templates may see of this machine.
#[derive(Debug, Default)]
pub(crate) struct SystemWorld {
    /// Whether host names may be looked up (`--enable-dns`).
    pub(crate) dns: bool,
}

impl SystemWorld {
    /// The world of one render.
    pub(crate) fn new(options: &TemplateOptions) -> Result<SystemWorld, Stop> {
        Ok(SystemWorld { dns: options.enable_dns })
    }
}

impl World for SystemWorld {
    #[expect(clippy::disallowed_methods, reason = "this is the world that knows the clock")]
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

    fn lookup(&self, _: &Lookup) -> Option<Value> {
        None
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
