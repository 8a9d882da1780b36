//! `time.Time`.

use super::SECOND;
use super::calendar::{Civil, Date, carry, unix_of};
use super::duration::Duration;
use super::zone::{Period, Zone};
use crate::value::print::decode_rune;
use crate::world::Timestamp;
use std::cmp::Ordering;
use std::fmt::Write;

/// Seconds from the zero time, 1 January of year 1, to 1970.
const ZERO_TO_UNIX: i64 = 62_135_596_800;

/// A moment with a zone in which to show it, as Go's `time.Time`; the default is Go's zero time.
#[derive(Clone, Debug, Default)]
pub struct Time {
    /// Seconds since 1 January of year 1; it wraps around as Go's does.
    seconds: i64,
    /// Below a second.
    nanosecond: i64,
    zone: Zone,
    /// The reading of the monotonic clock, which only `now` has.
    monotonic: Option<i64>,
}

impl Time {
    /// The current time of a clock; its monotonic reading starts at zero.
    pub(super) fn now(timestamp: Timestamp, zone: Zone) -> Time {
        let second = i128::from(SECOND);
        let seconds = timestamp.div_euclid(second).clamp(i64::MIN.into(), i64::MAX.into()) as i64;
        let time = Time::unix(seconds, timestamp.rem_euclid(second) as i64, zone);
        Time { monotonic: Some(0), ..time }
    }

    /// The time at a number of seconds since 1970.
    pub(super) fn unix(seconds: i64, nanosecond: i64, zone: Zone) -> Time {
        Time { seconds: seconds.wrapping_add(ZERO_TO_UNIX), nanosecond, zone, monotonic: None }
    }

    /// `time.Date`: fields may lie outside their ranges and are carried over. `clock` is hour, minute, second, nanosecond.
    pub(super) fn date(date: Date, clock: [i64; 4], zone: &Zone) -> Time {
        let (year, month) = carry(date.year, date.month.wrapping_sub(1), 12);
        let [hour, minute, second, nanosecond] = clock;
        let (second, nanosecond) = carry(second, nanosecond, SECOND);
        let (minute, second) = carry(minute, second, 60);
        let (hour, minute) = carry(hour, minute, 60);
        let (day, hour) = carry(date.day, hour, 24);
        let start = unix_of(Date { year, month: month + 1, day });
        let mut unix = start.wrapping_add(hour * 3600 + minute * 60 + second);
        // The offset is looked up for UTC, so a first guess may lie on the wrong side of a change.
        let guess = zone.offset_at(unix);
        if guess != 0 {
            unix = unix.wrapping_sub(zone.offset_at(unix.wrapping_sub(guess)));
        }
        Time::unix(unix, nanosecond, zone.clone())
    }

    /// Seconds since 1970.
    pub fn unix_seconds(&self) -> i64 {
        self.seconds.wrapping_sub(ZERO_TO_UNIX)
    }

    pub(super) fn nanosecond(&self) -> i64 {
        self.nanosecond
    }

    /// Units of a fraction of a second since 1970; wraps around.
    pub(super) fn unix_units(&self, per_second: i64) -> i64 {
        let fraction = self.nanosecond / (SECOND / per_second);
        self.unix_seconds().wrapping_mul(per_second).wrapping_add(fraction)
    }

    pub(super) fn zone(&self) -> &Zone {
        &self.zone
    }

    pub(super) fn monotonic(&self) -> Option<i64> {
        self.monotonic
    }

    /// The two numbers of Go's struct before its zone.
    pub(super) fn raw(&self) -> (u64, i64) {
        (self.nanosecond as u64, self.seconds)
    }

    /// The same moment in another zone.
    pub(super) fn within(&self, zone: Zone) -> Time {
        Time { zone, monotonic: None, ..self.clone() }
    }

    pub(super) fn period(&self) -> Period {
        self.zone.at(self.unix_seconds())
    }

    /// Date and time of day in its zone.
    pub(super) fn civil(&self) -> Civil {
        let unix = self.unix_seconds();
        Civil::of(unix.wrapping_add(self.zone.offset_at(unix)))
    }

    /// Whether this is the first moment of year 1 in UTC.
    pub fn is_zero(&self) -> bool {
        self.seconds == 0 && self.nanosecond == 0
    }

    /// Which of two moments is earlier.
    pub(super) fn compare(&self, other: &Time) -> Ordering {
        (self.seconds, self.nanosecond).cmp(&(other.seconds, other.nanosecond))
    }

    /// The time a while later; at the ends of time it stays there.
    pub fn add(&self, duration: Duration) -> Time {
        let (seconds, nanosecond) = carry(duration.0 / SECOND, self.nanosecond + duration.0 % SECOND, SECOND);
        let monotonic = self.monotonic.and_then(|reading| reading.checked_add(duration.0));
        // Go's earliest second is not the smallest integer.
        let seconds = match self.seconds.checked_add(seconds) {
            Some(sum) => sum,
            None if seconds > 0 => i64::MAX,
            None => -i64::MAX,
        };
        Time { seconds, nanosecond, monotonic, zone: self.zone.clone() }
    }

    /// The time between two moments, at most the largest duration.
    pub fn since(&self, earlier: &Time) -> Duration {
        let seconds = i128::from(self.seconds) - i128::from(earlier.seconds);
        let nanoseconds = seconds * i128::from(SECOND) + i128::from(self.nanosecond - earlier.nanosecond);
        Duration(nanoseconds.clamp(i64::MIN.into(), i64::MAX.into()) as i64)
    }

    /// The same time of day some years, months and days later, carried over as in [`Time::date`].
    pub(super) fn add_date(&self, years: i64, months: i64, days: i64) -> Time {
        let civil = self.civil();
        let date = civil.date();
        let date = Date {
            year: date.year.wrapping_add(years),
            month: date.month.wrapping_add(months),
            day: date.day.wrapping_add(days),
        };
        Time::date(date, [civil.hour(), civil.minute(), civil.second(), self.nanosecond], &self.zone)
    }

    /// What is left over after whole multiples since the zero time.
    fn rest(&self, multiple: Duration) -> Duration {
        let nanoseconds = i128::from(self.seconds) * i128::from(SECOND) + i128::from(self.nanosecond);
        Duration(nanoseconds.rem_euclid(i128::from(multiple.0)) as i64)
    }

    /// The time rounded down to a multiple since the zero time, without the monotonic clock.
    pub(super) fn truncate(&self, multiple: Duration) -> Time {
        let wall = Time { monotonic: None, ..self.clone() };
        if multiple.0 <= 0 {
            return wall;
        }
        wall.add(Duration(-self.rest(multiple).0))
    }

    /// The time rounded half up to a multiple since the zero time, without the monotonic clock.
    pub(super) fn round(&self, multiple: Duration) -> Time {
        let wall = Time { monotonic: None, ..self.clone() };
        if multiple.0 <= 0 {
            return wall;
        }
        let rest = self.rest(multiple).0;
        let down = i128::from(rest) * 2 < i128::from(multiple.0);
        wall.add(Duration(if down { -rest } else { multiple.0 - rest }))
    }
}

/// A text in quotes as the messages of Go's package `time` show it: bytes of all that is no plain ASCII are escaped.
pub(super) fn quoted(text: &[u8]) -> String {
    let mut out = String::from("\"");
    let mut rest = text;
    while let Some(first) = rest.first() {
        let (rune, len) = decode_rune(rest);
        match rune {
            '"' | '\\' => out.extend(['\\', rune]),
            ' '..='\x7f' => out.push(rune),
            _ if len == 1 => {
                let _ = write!(out, "\\x{first:02x}");
            }
            _ => {
                for byte in &rest[..len] {
                    let _ = write!(out, "\\x{byte:02x}");
                }
            }
        }
        rest = &rest[len..];
    }
    out.push('"');
    out
}
