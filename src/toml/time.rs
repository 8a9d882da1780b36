//! Dates and times, which Go decodes into `time.Time`. Local ones get a zone whose name tells what they are.

use crate::value::{Kind, Object, Value};
use std::any::Any;
use std::borrow::Cow;
use std::rc::Rc;

/// A date, a time or both, as a TOML text holds them. As an [`Object`] it is a `time.Time` without methods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datetime {
    /// Year, month and day; a time alone is on the first day of the year 0.
    pub date: [u32; 3],
    /// Hour, minute and second.
    pub time: [u32; 3],
    /// The fraction of the second.
    pub nanoseconds: u32,
    /// Where.
    pub zone: Zone,
}

/// The zone of a [`Datetime`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// `Z`, or no offset from it.
    Utc,
    /// Minutes east of Greenwich.
    Offset(i32),
    /// No zone in the text. The name, `datetime-local`, `date-local` or `time-local`, is the one that Go's zone gets;
    /// the offset is that of UTC.
    Local(&'static str),
}

impl From<Datetime> for Value {
    fn from(datetime: Datetime) -> Value {
        Value::Object(Rc::new(datetime))
    }
}

/// Reads a date, a time or both; letters are capital and the separator is `T`.
pub(super) fn parse(text: &str) -> Option<Datetime> {
    let mut digits = Digits(text);
    let mut datetime = Datetime { date: [0, 1, 1], time: [0; 3], nanoseconds: 0, zone: Zone::Local("time-local") };
    if text.as_bytes().get(2) == Some(&b':') {
        digits.time(&mut datetime)?;
    } else {
        datetime.date = [digits.number(4)?, digits.after('-')?, digits.after('-')?];
        datetime.zone = Zone::Local("date-local");
        if digits.accept('T') {
            digits.time(&mut datetime)?;
            datetime.zone = digits.zone()?;
        }
    }
    let fits = digits.0.is_empty() && datetime.is_valid();
    fits.then_some(datetime)
}

struct Digits<'a>(&'a str);

impl Digits<'_> {
    fn number(&mut self, length: usize) -> Option<u32> {
        let (number, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        number.bytes().all(|digit| digit.is_ascii_digit()).then(|| number.parse().ok())?
    }

    fn accept(&mut self, wanted: char) -> bool {
        self.0.strip_prefix(wanted).map(|rest| self.0 = rest).is_some()
    }

    fn after(&mut self, separator: char) -> Option<u32> {
        if self.accept(separator) { self.number(2) } else { None }
    }

    /// Hours and minutes, and perhaps seconds with a fraction, of which nine digits count.
    fn time(&mut self, datetime: &mut Datetime) -> Option<()> {
        datetime.time = [self.number(2)?, self.after(':')?, 0];
        if !self.0.starts_with(':') {
            return Some(());
        }
        datetime.time[2] = self.after(':')?;
        if self.accept('.') {
            let length = self.0.bytes().take_while(u8::is_ascii_digit).count();
            let (fraction, rest) = self.0.split_at(length);
            self.0 = rest;
            let nine: String = fraction.chars().chain("000000000".chars()).take(9).collect();
            datetime.nanoseconds = (!fraction.is_empty()).then(|| nine.parse().ok())??;
        }
        Some(())
    }

    fn zone(&mut self) -> Option<Zone> {
        if self.0.is_empty() {
            return Some(Zone::Local("datetime-local"));
        }
        if self.accept('Z') {
            return Some(Zone::Utc);
        }
        let east = self.accept('+');
        if !east && !self.accept('-') {
            return None;
        }
        let (hours, minutes) = (self.number(2)?, self.after(':')?);
        let offset = i32::try_from(hours * 60 + minutes).ok().filter(|_| hours <= 24 && minutes <= 60)?;
        Some(match offset {
            0 => Zone::Utc,
            offset => Zone::Offset(if east { offset } else { -offset }),
        })
    }
}

impl Datetime {
    fn is_valid(&self) -> bool {
        let [year, month, day] = self.date;
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 => 28 + u32::from(leap),
            _ => 0,
        };
        let [hour, minute, second] = self.time;
        (1..=days).contains(&day) && hour < 24 && minute < 60 && second < 60
    }

    fn date(&self) -> String {
        let [year, month, day] = self.date;
        format!("{year:04}-{month:02}-{day:02}")
    }

    fn time(&self) -> String {
        let [hour, minute, second] = self.time;
        let mut time = format!("{hour:02}:{minute:02}:{second:02}");
        if self.nanoseconds > 0 {
            time += format!(".{:09}", self.nanoseconds).trim_end_matches('0');
        }
        time
    }

    fn offset(&self, separator: &str) -> String {
        let Zone::Offset(offset) = self.zone else { return format!("+00{separator}00") };
        let sign = if offset < 0 { '-' } else { '+' };
        let minutes = offset.unsigned_abs();
        format!("{sign}{:02}{separator}{:02}", minutes / 60, minutes % 60)
    }
}

impl Object for Datetime {
    fn go_type(&self) -> Cow<'static, str> {
        "time.Time".into()
    }

    fn kind(&self) -> Kind {
        Kind::Struct
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn display(&self) -> Option<String> {
        let offset = self.offset("");
        let name = match self.zone {
            Zone::Utc => "UTC",
            Zone::Offset(_) => &offset,
            Zone::Local(name) => name,
        };
        Some(format!("{} {} {offset} {name}", self.date(), self.time()))
    }

    fn to_plain(&self) -> Option<Value> {
        let zone = match self.zone {
            Zone::Offset(_) => self.offset(":"),
            Zone::Utc | Zone::Local(_) => "Z".into(),
        };
        Some(format!("{}T{}{zone}", self.date(), self.time()).into())
    }
}
