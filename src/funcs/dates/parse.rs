//! `time.ParseInLocation`.

use super::calendar::{DAYS, Date, MONTHS, days_before, days_in, is_leap};
use super::duration::leading_int;
use super::layout::{Element, Fraction, Offset, Until, next_chunk};
use super::time::{Time, quoted};
use super::zone::Zone;
use crate::diagnostic::Fault;

impl Time {
    /// `time.ParseInLocation`: what the value says under the layout; without a zone of its own, in `zone`.
    pub(super) fn parse(layout: &[u8], value: &[u8], zone: &Zone) -> Result<Time, Fault> {
        let whole = Whole { layout, value };
        let mut fields = Fields::default();
        let mut layout = layout;
        let mut value = value;
        loop {
            let chunk = next_chunk(layout);
            let prefix = &layout[..chunk.map_or(layout.len(), |chunk| chunk.start)];
            skip(&mut value, prefix).map_err(|()| whole.unlike(value, prefix))?;
            let Some(chunk) = chunk else { break };
            let text = &layout[chunk.start..chunk.end];
            layout = &layout[chunk.end..];
            let hold = value;
            match fields.read(chunk.element, &mut value, layout) {
                Ok(()) => {}
                Err(Bad::Form) => return Err(whole.unlike(hold, text)),
                Err(Bad::Range(what)) => return Err(whole.because(&format!("{what} out of range"))),
            }
        }
        if !value.is_empty() {
            return Err(whole.because(&format!("extra text: {}", quoted(value))));
        }
        let date = fields.date().map_err(|what| whole.because(what))?;
        Ok(fields.time(date, zone))
    }
}

/// The arguments of one call, for messages.
struct Whole<'t> {
    layout: &'t [u8],
    value: &'t [u8],
}

impl Whole<'_> {
    fn unlike(&self, value: &[u8], element: &[u8]) -> Fault {
        let (whole, layout) = (quoted(self.value), quoted(self.layout));
        let (value, element) = (quoted(value), quoted(element));
        Fault::new(format!("parsing time {whole} as {layout}: cannot parse {value} as {element}"))
    }

    fn because(&self, what: &str) -> Fault {
        Fault::new(format!("parsing time {}: {what}", quoted(self.value)))
    }
}

/// Why an element could not be read.
enum Bad {
    /// The value is not written like it.
    Form,
    /// This part is too large.
    Range(&'static str),
}

type Read<T = ()> = Result<T, Bad>;

/// What a value said.
#[derive(Default)]
struct Fields {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    year_day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanosecond: i64,
    /// Whether `PM` or `AM` was there.
    afternoon: Option<bool>,
    utc: bool,
    offset: Option<i64>,
    zone_name: String,
}

impl Fields {
    /// Reads one element off the value; `layout` is what follows it.
    fn read(&mut self, element: Element, value: &mut &[u8], layout: &[u8]) -> Read {
        match element {
            Element::Year => {
                let year = atoi(take(value, 2)?)?;
                self.year = year + if year >= 69 { 1900 } else { 2000 };
            }
            Element::LongYear => {
                if !value.first().is_some_and(u8::is_ascii_digit) {
                    return Err(Bad::Form);
                }
                self.year = atoi(take(value, 4)?)?;
            }
            Element::ShortMonth => self.month = Some(name(value, &MONTHS, Some(3))? + 1),
            Element::LongMonth => self.month = Some(name(value, &MONTHS, None)? + 1),
            Element::Month | Element::ZeroMonth => {
                let month = number(value, fixed(element))?;
                self.month = Some(month);
                within(month, 1, 12, "month")?;
            }
            Element::ShortWeekday => drop(name(value, &DAYS, Some(3))?),
            Element::LongWeekday => drop(name(value, &DAYS, None)?),
            Element::Day | Element::SpaceDay | Element::ZeroDay => {
                if element == Element::SpaceDay {
                    *value = value.strip_prefix(b" ").unwrap_or(value);
                }
                self.day = Some(number(value, fixed(element))?);
            }
            Element::SpaceYearDay | Element::ZeroYearDay => self.year_day = Some(year_day(value, element)?),
            Element::Hour => {
                self.hour = number(value, false)?;
                within(self.hour, 0, 23, "hour")?;
            }
            Element::Hour12 | Element::ZeroHour12 => {
                self.hour = number(value, fixed(element))?;
                within(self.hour, 0, 12, "hour")?;
            }
            Element::Minute | Element::ZeroMinute => {
                self.minute = number(value, fixed(element))?;
                within(self.minute, 0, 59, "minute")?;
            }
            Element::Second | Element::ZeroSecond => {
                self.second = number(value, fixed(element))?;
                within(self.second, 0, 59, "second")?;
                self.unannounced_fraction(value, layout)?;
            }
            Element::UpperHalf => self.half(value, [b"AM", b"PM"])?,
            Element::LowerHalf => self.half(value, [b"am", b"pm"])?,
            Element::Offset(form) => self.offset(value, form)?,
            Element::ZoneName => self.zone_name(value)?,
            Element::Fraction(form) => self.fraction(value, form)?,
        }
        Ok(())
    }

    /// A fraction after the seconds is read even where the layout has none.
    fn unannounced_fraction(&mut self, value: &mut &[u8], layout: &[u8]) -> Read {
        let [b'.' | b',', b'0'..=b'9', ..] = value else { return Ok(()) };
        if matches!(next_chunk(layout), Some(chunk) if matches!(chunk.element, Element::Fraction(_))) {
            return Ok(());
        }
        let digits = count_digits(&value[1..]);
        self.nanosecond = nanoseconds(take(value, 1 + digits)?)?;
        Ok(())
    }

    fn fraction(&mut self, value: &mut &[u8], form: Fraction) -> Read {
        if !form.trim {
            self.nanosecond = nanoseconds(take(value, 1 + form.digits)?)?;
            return Ok(());
        }
        // It may be left out, and may have more digits than asked for.
        let [b'.' | b',', b'0'..=b'9', ..] = value else { return Ok(()) };
        let digits = count_digits(&value[1..]);
        self.nanosecond = nanoseconds(take(value, 1 + digits)?)?;
        Ok(())
    }

    fn half(&mut self, value: &mut &[u8], [morning, afternoon]: [&[u8]; 2]) -> Read {
        let word = take(value, 2)?;
        if word == afternoon {
            self.afternoon = Some(true);
        } else if word != morning {
            return Err(Bad::Form);
        } else if self.afternoon.is_none() {
            self.afternoon = Some(false);
        }
        Ok(())
    }

    fn offset(&mut self, value: &mut &[u8], form: Offset) -> Read {
        if form.z
            && let Some(rest) = value.strip_prefix(b"Z")
        {
            *value = rest;
            self.utc = true;
            return Ok(());
        }
        // Where colons, minutes and seconds stand; hours follow the sign.
        let (colons, minute_at, second_at, len): (&[usize], _, _, usize) = match (form.until, form.colon) {
            (Until::Hours, _) => (&[], None, None, 3),
            (Until::Minutes, false) => (&[], Some(3), None, 5),
            (Until::Minutes, true) => (&[3], Some(4), None, 6),
            (Until::Seconds, false) => (&[], Some(3), Some(5), 7),
            (Until::Seconds, true) => (&[3, 6], Some(4), Some(7), 9),
        };
        let text = value.get(..len).ok_or(Bad::Form)?;
        if colons.iter().any(|at| text.get(*at) != Some(&b':')) {
            return Err(Bad::Form);
        }
        *value = &value[len..];
        let part = |at: Option<usize>| at.map_or(Ok(0), |at| number(&mut &text[at..at + 2], true));
        let (hours, minutes) = (part(Some(1))?, part(minute_at));
        let seconds = if minutes.is_ok() { part(second_at) } else { Ok(0) };
        // Go looks at the ranges first, also where a later part is no number, and names the last.
        within(*seconds.as_ref().unwrap_or(&0), 0, 60, "time zone offset second")?;
        within(*minutes.as_ref().unwrap_or(&0), 0, 60, "time zone offset minute")?;
        within(hours, 0, 24, "time zone offset hour")?;
        let (minutes, seconds) = (minutes?, seconds?);
        let size = (hours * 60 + minutes) * 60 + seconds;
        // -1 means "none" to Go.
        self.offset = match text.first() {
            Some(b'+') => Some(size),
            Some(b'-') => Some(-size).filter(|offset| *offset != -1),
            _ => return Err(Bad::Form),
        };
        Ok(())
    }

    fn zone_name(&mut self, value: &mut &[u8]) -> Read {
        if let Some(rest) = value.strip_prefix(b"UTC") {
            *value = rest;
            self.utc = true;
            return Ok(());
        }
        let len = zone_name_len(value).ok_or(Bad::Form)?;
        self.zone_name = String::from_utf8_lossy(take(value, len)?).into_owned();
        Ok(())
    }

    /// The date, or what is wrong with it.
    fn date(&mut self) -> Result<Date, &'static str> {
        match self.afternoon {
            Some(true) if self.hour < 12 => self.hour += 12,
            Some(false) if self.hour == 12 => self.hour = 0,
            _ => {}
        }
        let mut date = Date { year: self.year, month: self.month.unwrap_or(1), day: self.day.unwrap_or(1) };
        if let Some(year_day) = self.year_day {
            let (month, day) = month_and_day(self.year, year_day).ok_or("day-of-year out of range")?;
            if self.month.is_some_and(|seen| seen != month) {
                return Err("day-of-year does not match month");
            }
            if self.day.is_some_and(|seen| seen != day) {
                return Err("day-of-year does not match day");
            }
            date = Date { month, day, ..date };
        }
        if date.day < 1 || date.day > days_in(date.month, date.year) {
            return Err("day out of range");
        }
        Ok(date)
    }

    fn time(&self, date: Date, local: &Zone) -> Time {
        let clock = [self.hour, self.minute, self.second, self.nanosecond];
        if self.utc {
            return Time::date(date, clock, &Zone::Utc);
        }
        let wall = || Time::date(date, clock, &Zone::Utc);
        let moved = |offset: i64, zone: Zone| {
            let wall = wall();
            Time::unix(wall.unix_seconds().wrapping_sub(offset), wall.nanosecond(), zone)
        };
        if let Some(offset) = self.offset {
            let then = local.at(moved(offset, Zone::Utc).unix_seconds());
            let known = then.offset == offset && (self.zone_name.is_empty() || *then.name == *self.zone_name);
            let fixed = || Zone::Fixed { name: self.zone_name.as_str().into(), offset };
            return moved(offset, if known { local.clone() } else { fixed() });
        }
        if self.zone_name.is_empty() {
            return Time::date(date, clock, local);
        }
        if let Some(offset) = local.offset_of(&self.zone_name, wall().unix_seconds()) {
            return moved(offset, local.clone());
        }
        // An unknown abbreviation is kept, but only `GMT+n` says an offset, which does not move the clock.
        let hours = self.zone_name.strip_prefix("GMT").and_then(|hours| hours.parse::<i64>().ok());
        let zone = Zone::Fixed { name: self.zone_name.as_str().into(), offset: hours.unwrap_or_default() * 3600 };
        moved(0, zone)
    }
}

fn fixed(element: Element) -> bool {
    matches!(
        element,
        Element::ZeroMonth | Element::ZeroDay | Element::ZeroHour12 | Element::ZeroMinute | Element::ZeroSecond
    )
}

fn within(number: i64, least: i64, most: i64, what: &'static str) -> Read {
    if (least..=most).contains(&number) { Ok(()) } else { Err(Bad::Range(what)) }
}

fn take<'t>(value: &mut &'t [u8], len: usize) -> Read<&'t [u8]> {
    let (taken, rest) = value.split_at_checked(len).ok_or(Bad::Form)?;
    *value = rest;
    Ok(taken)
}

fn count_digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// Removes text of the layout from the value; runs of spaces match runs of any length, also none at the end.
fn skip(value: &mut &[u8], prefix: &[u8]) -> Result<(), ()> {
    let mut prefix = prefix;
    while let Some(first) = prefix.first() {
        if *first == b' ' {
            if value.first().is_some_and(|byte| *byte != b' ') {
                return Err(());
            }
            prefix = cut_space(prefix);
            *value = cut_space(value);
            continue;
        }
        if value.first() != Some(first) {
            return Err(());
        }
        (prefix, *value) = (&prefix[1..], &value[1..]);
    }
    Ok(())
}

fn cut_space(text: &[u8]) -> &[u8] {
    let spaces = text.iter().take_while(|byte| **byte == b' ').count();
    &text[spaces..]
}

/// An integer with an optional sign.
fn atoi(text: &[u8]) -> Read<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if !digits.iter().all(u8::is_ascii_digit) {
        return Err(Bad::Form);
    }
    let size = leading_int(digits).ok_or(Bad::Form)? as i64;
    Ok(if negative { size.wrapping_neg() } else { size })
}

/// One or two digits, or exactly two.
fn number(value: &mut &[u8], fixed: bool) -> Read<i64> {
    match *value {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9', rest @ ..] => {
            *value = rest;
            Ok(i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
        }
        [digit @ b'0'..=b'9', rest @ ..] if !fixed => {
            *value = rest;
            Ok(i64::from(digit - b'0'))
        }
        _ => Err(Bad::Form),
    }
}

fn year_day(value: &mut &[u8], element: Element) -> Read<i64> {
    if element == Element::SpaceYearDay {
        *value = value.strip_prefix(b" ").unwrap_or(value);
        *value = value.strip_prefix(b" ").unwrap_or(value);
    }
    let digits = count_digits(value).min(3);
    if digits == 0 || element == Element::ZeroYearDay && digits != 3 {
        return Err(Bad::Form);
    }
    atoi(take(value, digits)?)
}

/// Month and day of a day of the year.
fn month_and_day(year: i64, year_day: i64) -> Option<(i64, i64)> {
    let leap = i64::from(is_leap(year));
    let before = |month: i64| days_before(month) + if month > 2 { leap } else { 0 };
    // Go counts a common year after the leap day, so that day 366 passes only in leap years.
    if !(1..=365 + leap).contains(&year_day) {
        return None;
    }
    let month = (1..=12).rev().find(|month| before(*month) < year_day)?;
    Some((month, year_day - before(month)))
}

/// The number of a name, of which `len` letters count; case does not matter.
fn name(value: &mut &[u8], names: &[&str], len: Option<usize>) -> Read<i64> {
    for (at, name) in names.iter().enumerate() {
        let name = &name.as_bytes()[..len.unwrap_or(name.len()).min(name.len())];
        if value.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name)) {
            *value = &value[name.len()..];
            return Ok(at as i64);
        }
    }
    Err(Bad::Form)
}

/// The nanoseconds of a separator and digits; digits past the ninth are dropped.
fn nanoseconds(text: &[u8]) -> Read<i64> {
    let [b'.' | b',', digits @ ..] = text else { return Err(Bad::Form) };
    let digits = &digits[..digits.len().min(9)];
    let number = atoi(digits)?;
    if number < 0 {
        return Err(Bad::Range("fractional second"));
    }
    Ok(number * 10i64.pow(9 - digits.len() as u32))
}

/// The length of an abbreviation of a zone at the start of a value.
fn zone_name_len(value: &[u8]) -> Option<usize> {
    if value.len() < 3 {
        return None;
    }
    if value.starts_with(b"ChST") || value.starts_with(b"MeST") {
        return Some(4);
    }
    if let Some(rest) = value.strip_prefix(b"GMT") {
        return Some(3 + signed_offset_len(rest));
    }
    if matches!(value.first(), Some(b'+' | b'-')) {
        return Some(signed_offset_len(value)).filter(|len| *len > 0);
    }
    match value.iter().take(6).take_while(|byte| byte.is_ascii_uppercase()).count() {
        5 if value.get(4) == Some(&b'T') => Some(5),
        4 if value.get(3) == Some(&b'T') || value.starts_with(b"WITA") => Some(4),
        3 => Some(3),
        _ => None,
    }
}

/// The length of `+n` or `-n` with n at most 23; 0 if there is none.
fn signed_offset_len(value: &[u8]) -> usize {
    let [b'+' | b'-', rest @ ..] = value else { return 0 };
    let digits = count_digits(rest);
    match leading_int(&rest[..digits]) {
        Some(0..=23) if digits > 0 => 1 + digits,
        _ => 0,
    }
}
