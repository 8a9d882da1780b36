//! Time zones: UTC, the local one, IANA's by name, and fixed offsets that a parsed text asked for.

use crate::world::World;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::rc::Rc;

/// The name of the local zone
pub(super) const LOCAL: &[u8] = b"Local";

/// Go's `*time.Location`.
#[derive(Clone, Debug, Default)]
pub(crate) enum Zone {
    /// UTC.
    #[default]
    Utc,
    /// Rules from the time zone database.
    Rules {
        /// The name that the location prints.
        name: Rc<str>,
        /// The rules.
        rules: TimeZone,
    },
    /// One offset for all times.
    Fixed {
        /// The abbreviation, possibly empty.
        name: Rc<str>,
        /// Seconds east of UTC.
        offset: i64,
    },
}

/// What holds in a zone at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Period {
    /// The abbreviation, possibly empty.
    pub(super) name: Rc<str>,
    /// Seconds east of UTC.
    pub(super) offset: i64,
    /// Whether it is summer time.
    pub(super) summer: bool,
}

impl Zone {
    /// The local zone of the world.
    pub(super) fn local(world: &dyn World) -> Zone {
        let rules = world.time_zone().and_then(|name| rules(&name)).unwrap_or(TimeZone::UTC);
        Zone::Rules { name: "Local".into(), rules }
    }

    /// `time.LoadLocation`: the zone of this name, if there is one. Names are case-sensitive.
    pub(super) fn load(world: &dyn World, name: &[u8]) -> Option<Zone> {
        match name {
            b"" | b"UTC" => Some(Zone::Utc),
            LOCAL => Some(Zone::local(world)),
            _ => {
                let name = std::str::from_utf8(name).ok()?;
                Some(Zone::Rules { name: name.into(), rules: rules(name)? })
            }
        }
    }

    /// The local zone for a time in this zone. Methods have no world to ask: a time that is not local yet gets the
    /// local zone of a machine that has none of its own, UTC.
    pub(super) fn localized(&self) -> Zone {
        match self {
            Zone::Rules { name, .. } if name.as_bytes() == LOCAL => self.clone(),
            _ => Zone::Rules { name: "Local".into(), rules: TimeZone::UTC },
        }
    }

    pub(super) fn name(&self) -> &str {
        match self {
            Zone::Utc => "UTC",
            Zone::Rules { name, .. } | Zone::Fixed { name, .. } => name,
        }
    }

    /// What holds at a number of seconds since 1970.
    pub(super) fn at(&self, seconds: i64) -> Period {
        match self {
            Zone::Utc => Period { name: "UTC".into(), offset: 0, summer: false },
            Zone::Fixed { name, offset } => Period { name: name.clone(), offset: *offset, summer: false },
            Zone::Rules { rules, .. } => period(rules, seconds),
        }
    }

    /// Seconds east of UTC at a number of seconds since 1970.
    pub(super) fn offset_at(&self, seconds: i64) -> i64 {
        match self {
            Zone::Utc => 0,
            Zone::Fixed { offset, .. } => *offset,
            Zone::Rules { rules, .. } => i64::from(rules.to_offset(timestamp(seconds)).seconds()),
        }
    }

    /// The offset that an abbreviation means near a local time, given as the seconds that it would be in UTC.
    pub(super) fn offset_of(&self, abbreviation: &str, local: i64) -> Option<i64> {
        let periods = match self {
            Zone::Utc => return None,
            Zone::Fixed { .. } => vec![self.at(0)],
            Zone::Rules { rules, .. } => periods(rules),
        };
        let mut named = periods.iter().filter(|period| &*period.name == abbreviation);
        let in_force = named.clone().find(|period| {
            let then = self.at(local.saturating_sub(period.offset));
            &*then.name == abbreviation
        });
        match in_force {
            Some(period) => Some(self.offset_at(local.saturating_sub(period.offset))),
            None => named.next().map(|period| period.offset),
        }
    }
}

fn rules(name: &str) -> Option<TimeZone> {
    let rules = TimeZone::get(name).ok()?;
    (rules.iana_name() == Some(name) && !rules.is_unknown()).then_some(rules)
}

/// The seconds of 400 years, after which the calendar and all rules for summer time repeat themselves.
const ERA: i64 = 146_097 * 86_400;

/// The moment, or one of the last 400 years that the database can name with the same rules.
fn timestamp(seconds: i64) -> Timestamp {
    let (least, most) = (Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    let seconds = if seconds > most { most - ERA + (seconds - most) % ERA } else { seconds.max(least) };
    Timestamp::from_second(seconds).unwrap_or_default()
}

fn period(rules: &TimeZone, seconds: i64) -> Period {
    let info = rules.to_offset_info(timestamp(seconds));
    Period { name: info.abbreviation().into(), offset: i64::from(info.offset().seconds()), summer: info.dst().is_dst() }
}

/// Past this moment, in 2037, rules only repeat themselves.
const LAST_TRANSITION: i64 = 2_145_916_800;

/// Every different period of a zone, in order of first use.
fn periods(rules: &TimeZone) -> Vec<Period> {
    let mut periods = vec![period(rules, i64::MIN)];
    for change in rules.following(Timestamp::MIN) {
        let seconds = change.timestamp().as_second();
        if seconds > LAST_TRANSITION {
            break;
        }
        let next = period(rules, seconds);
        if !periods.contains(&next) {
            periods.push(next);
        }
    }
    periods
}
