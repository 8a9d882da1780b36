//! `Time.Format`, `Time.String` and `Time.GoString`.

use super::SECOND;
use super::calendar::{DAYS, MONTHS};
use super::layout::{Element, Fraction, Offset, Until, next_chunk};
use super::time::{Time, quoted};
use super::zone::Zone;
use std::io::Write;

/// The layout of `%v`.
const STRING: &[u8] = b"2006-01-02 15:04:05.999999999 -0700 MST";

impl Time {
    /// `Time.Format`.
    pub fn format(&self, layout: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(layout.len() + 10);
        let mut rest = layout;
        while let Some(chunk) = next_chunk(rest) {
            out.extend_from_slice(&rest[..chunk.start]);
            self.element(&mut out, chunk.element);
            rest = &rest[chunk.end..];
        }
        out.extend_from_slice(rest);
        out
    }

    fn element(&self, out: &mut Vec<u8>, element: Element) {
        let civil = self.civil();
        let hour12 = (civil.hour() + 11) % 12 + 1;
        let afternoon = civil.hour() >= 12;
        match element {
            Element::LongMonth => out.extend_from_slice(month_name(civil.date().month).as_bytes()),
            Element::ShortMonth => out.extend_from_slice(&month_name(civil.date().month).as_bytes()[..3]),
            Element::Month => push(out, civil.date().month, 0),
            Element::ZeroMonth => push(out, civil.date().month, 2),
            Element::LongWeekday => out.extend_from_slice(DAYS[civil.weekday()].as_bytes()),
            Element::ShortWeekday => out.extend_from_slice(&DAYS[civil.weekday()].as_bytes()[..3]),
            Element::Day => push(out, civil.date().day, 0),
            Element::SpaceDay => push_spaced(out, civil.date().day, 2),
            Element::ZeroDay => push(out, civil.date().day, 2),
            Element::SpaceYearDay => push_spaced(out, civil.year_day(), 3),
            Element::ZeroYearDay => push(out, civil.year_day(), 3),
            Element::Hour => push(out, civil.hour(), 2),
            Element::Hour12 => push(out, hour12, 0),
            Element::ZeroHour12 => push(out, hour12, 2),
            Element::Minute => push(out, civil.minute(), 0),
            Element::ZeroMinute => push(out, civil.minute(), 2),
            Element::Second => push(out, civil.second(), 0),
            Element::ZeroSecond => push(out, civil.second(), 2),
            Element::LongYear => push(out, civil.date().year, 4),
            Element::Year => push(out, civil.date().year.abs() % 100, 2),
            Element::UpperHalf => out.extend_from_slice(if afternoon { b"PM" } else { b"AM" }),
            Element::LowerHalf => out.extend_from_slice(if afternoon { b"pm" } else { b"am" }),
            Element::ZoneName => self.zone_name(out),
            Element::Offset(offset) => self.offset(out, offset),
            Element::Fraction(fraction) => push_fraction(out, self.nanosecond(), fraction),
        }
    }

    fn zone_name(&self, out: &mut Vec<u8>) {
        let period = self.period();
        if !period.name.is_empty() {
            return out.extend_from_slice(period.name.as_bytes());
        }
        push_offset(out, period.offset, Offset { z: false, colon: false, until: Until::Minutes });
    }

    fn offset(&self, out: &mut Vec<u8>, form: Offset) {
        let offset = self.period().offset;
        if offset == 0 && form.z {
            return out.push(b'Z');
        }
        push_offset(out, offset, form);
    }

    /// `Time.String`, with the reading of the monotonic clock if there is one.
    pub(super) fn text(&self) -> Vec<u8> {
        let mut out = self.format(STRING);
        if let Some(reading) = self.monotonic() {
            let sign = if reading < 0 { '-' } else { '+' };
            let (seconds, rest) = (reading.unsigned_abs() / SECOND as u64, reading.unsigned_abs() % SECOND as u64);
            // Writing to a vector cannot fail.
            let _ = write!(out, " m={sign}{seconds}.{rest:09}");
        }
        out
    }

    /// `Time.GoString`.
    pub(super) fn syntax(&self) -> String {
        let civil = self.civil();
        let date = civil.date();
        let zone = match self.zone() {
            Zone::Utc => "time.UTC".to_owned(),
            zone if zone.name() == "Local" => "time.Local".to_owned(),
            zone => format!("time.Location({})", quoted(zone.name().as_bytes())),
        };
        format!(
            "time.Date({}, time.{}, {}, {}, {}, {}, {}, {zone})",
            date.year,
            month_name(date.month),
            date.day,
            civil.hour(),
            civil.minute(),
            civil.second(),
            self.nanosecond()
        )
    }
}

fn month_name(month: i64) -> &'static str {
    usize::try_from(month - 1).ok().and_then(|at| MONTHS.get(at)).copied().unwrap_or("   ")
}

/// A number with zeros up to a width that does not count the sign.
fn push(out: &mut Vec<u8>, number: i64, width: usize) {
    let sign = if number < 0 { "-" } else { "" };
    // Writing to a vector cannot fail.
    let _ = write!(out, "{sign}{:0width$}", number.unsigned_abs());
}

fn push_spaced(out: &mut Vec<u8>, number: i64, width: usize) {
    // Writing to a vector cannot fail.
    let _ = write!(out, "{number:width$}");
}

fn push_offset(out: &mut Vec<u8>, offset: i64, form: Offset) {
    // The sign is that of whole minutes: an offset of less than one is positive, and so are its seconds.
    let minutes = offset / 60;
    let seconds = if minutes < 0 { -offset % 60 } else { offset % 60 };
    out.push(if minutes < 0 { b'-' } else { b'+' });
    push(out, minutes.abs() / 60, 2);
    for (until, number) in [(Until::Minutes, minutes.abs() % 60), (Until::Seconds, seconds)] {
        if form.until == Until::Hours || until == Until::Seconds && form.until != Until::Seconds {
            break;
        }
        if form.colon {
            out.push(b':');
        }
        push(out, number, 2);
    }
}

fn push_fraction(out: &mut Vec<u8>, nanosecond: i64, fraction: Fraction) {
    if fraction.trim && (fraction.digits == 0 || nanosecond == 0) {
        return;
    }
    let digits = format!("{nanosecond:09}");
    let kept = &digits[..fraction.digits.min(9)];
    let kept = if fraction.trim { kept.trim_end_matches('0') } else { kept };
    if fraction.trim && kept.is_empty() {
        return;
    }
    out.push(fraction.separator);
    out.extend_from_slice(kept.as_bytes());
}
