//! Times, durations, months, days of the week and locations as templates see them.

use super::calendar::{DAYS, MONTHS};
use super::duration::Duration;
use super::time::Time;
use super::zone::Zone;
use crate::diagnostic::Fault;
use crate::template::func::Outcome;
use crate::value::{Field, Kind, List, Object, Value};
use std::any::Any;
use std::borrow::Cow;
use std::rc::Rc;

impl From<Time> for Value {
    fn from(time: Time) -> Value {
        Value::Object(Rc::new(time))
    }
}

impl From<Duration> for Value {
    fn from(duration: Duration) -> Value {
        Value::Object(Rc::new(duration))
    }
}

fn method(params: &'static [&'static str]) -> Option<Field> {
    Some(Field::Method { params, variadic: false })
}

fn no_method(name: &str) -> Fault {
    Fault::new(format!("no method {name}"))
}

/// A named integer argument: the type itself or any integer.
fn integer(args: &[Value], at: usize) -> i64 {
    let value = args.get(at).unwrap_or(&Value::Nil);
    let plain = match value {
        Value::Object(object) => object.underlying(),
        _ => None,
    };
    match plain.as_ref().unwrap_or(value) {
        Value::Int(number) | Value::Int64(number) => *number,
        Value::Uint64(number) => *number as i64,
        Value::Uint8(number) => i64::from(*number),
        _ => 0,
    }
}

fn lossy(text: Vec<u8>) -> String {
    String::from_utf8_lossy(&text).into_owned()
}

/// The layout of `encoding/json`.
pub(super) const RFC3339_NANO: &[u8] = b"2006-01-02T15:04:05.999999999Z07:00";

impl Object for Time {
    fn go_type(&self) -> Cow<'static, str> {
        Cow::Borrowed("time.Time")
    }

    fn kind(&self) -> Kind {
        Kind::Struct
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn field(&self, name: &str) -> Option<Field> {
        match name {
            "Day" | "GoString" | "Hour" | "IsDST" | "IsZero" | "Local" | "Location" | "MarshalJSON" | "MarshalText"
            | "Minute" | "Month" | "Nanosecond" | "Second" | "String" | "UTC" | "Unix" | "UnixMicro" | "UnixMilli"
            | "UnixNano" | "Weekday" | "Year" | "YearDay" | "Clock" | "Date" | "ISOWeek" | "Zone" | "ZoneBounds" => {
                method(&[])
            }
            "Add" | "Round" | "Truncate" => method(&["time.Duration"]),
            "AddDate" => method(&["int", "int", "int"]),
            "After" | "Before" | "Compare" | "Equal" | "Sub" => method(&["time.Time"]),
            "Format" => method(&["string"]),
            "In" => method(&["*time.Location"]),
            _ => None,
        }
    }

    fn call(&self, name: &str, args: &[Value]) -> Outcome {
        match name {
            "After" | "Before" | "Compare" | "Equal" | "Sub" => {
                let other = args.first().and_then(Value::as_object::<Time>).cloned().unwrap_or_default();
                Ok(against(self, name, &other))
            }
            "Add" | "AddDate" | "In" | "Local" | "Round" | "Truncate" | "UTC" => Ok(changed(self, name, args)?.into()),
            "Format" => {
                let layout = args.first().and_then(Value::as_str).ok_or_else(|| no_method(name))?;
                Ok(Value::from(self.format(layout)))
            }
            _ => part(self, name),
        }
    }

    fn display(&self) -> Option<String> {
        Some(lossy(self.text()))
    }

    fn go_syntax(&self) -> Option<String> {
        Some(self.syntax())
    }

    fn fields(&self) -> Vec<(Cow<'static, str>, Value)> {
        let (wall, ext) = self.raw();
        let location = match self.zone() {
            Zone::Utc => Value::Nil,
            zone => Value::Object(Rc::new(Location(zone.clone()))),
        };
        vec![("wall".into(), Value::Uint64(wall)), ("ext".into(), Value::Int64(ext)), ("loc".into(), location)]
    }

    fn to_plain(&self) -> Option<Value> {
        Some(Value::from(self.format(RFC3339_NANO)))
    }
}

fn against(time: &Time, name: &str, other: &Time) -> Value {
    let order = time.compare(other);
    match name {
        "After" => Value::Bool(order.is_gt()),
        "Before" => Value::Bool(order.is_lt()),
        "Compare" => Value::Int(order as i64),
        "Equal" => Value::Bool(order.is_eq()),
        _ => time.since(other).into(),
    }
}

fn changed(time: &Time, name: &str, args: &[Value]) -> Result<Time, Fault> {
    let duration = Duration(integer(args, 0));
    Ok(match name {
        "Add" => time.add(duration),
        "AddDate" => time.add_date(integer(args, 0), integer(args, 1), integer(args, 2)),
        "Round" => time.round(duration),
        "Truncate" => time.truncate(duration),
        "UTC" => time.within(Zone::Utc),
        "Local" => time.within(time.zone().localized()),
        _ => match args.first().and_then(Value::as_object::<Location>) {
            Some(location) => time.within(location.0.clone()),
            None => return Err(Fault::new("time: missing Location in call to Time.In")),
        },
    })
}

fn part(time: &Time, name: &str) -> Outcome {
    let civil = time.civil();
    Ok(match name {
        "Day" => Value::Int(civil.date().day),
        "GoString" => Value::from(time.syntax()),
        "Hour" => Value::Int(civil.hour()),
        "IsDST" => Value::Bool(time.period().summer),
        "IsZero" => Value::Bool(time.is_zero()),
        "Location" => Value::Object(Rc::new(Location(time.zone().clone()))),
        "MarshalJSON" => bytes(format!("\"{}\"", lossy(time.format(RFC3339_NANO)))),
        "MarshalText" => bytes(lossy(time.format(RFC3339_NANO))),
        "Minute" => Value::Int(civil.minute()),
        "Month" => Value::Object(Rc::new(Month(civil.date().month))),
        "Nanosecond" => Value::Int(time.nanosecond()),
        "Second" => Value::Int(civil.second()),
        "String" => Value::from(time.text()),
        "Unix" => Value::Int64(time.unix_seconds()),
        "UnixMicro" => Value::Int64(time.unix_units(1_000_000)),
        "UnixMilli" => Value::Int64(time.unix_units(1_000)),
        "UnixNano" => Value::Int64(time.unix_units(1_000_000_000)),
        "Weekday" => Value::Object(Rc::new(Weekday(civil.weekday() as i64))),
        "Year" => Value::Int(civil.date().year),
        "YearDay" => Value::Int(civil.year_day()),
        "Clock" | "Date" => {
            return Err(Fault::new(format!("function {name} has 3 return values; should be 1 or 2")));
        }
        "ISOWeek" | "Zone" | "ZoneBounds" => {
            let second = if name == "ZoneBounds" { "time.Time" } else { "int" };
            let message =
                format!("invalid function signature for {name}: second return value should be error; is {second}");
            return Err(Fault::new(message));
        }
        _ => return Err(no_method(name)),
    })
}

fn bytes(text: String) -> Value {
    Value::List(List::bytes(text.into_bytes().into()))
}

impl Object for Duration {
    fn go_type(&self) -> Cow<'static, str> {
        Cow::Borrowed("time.Duration")
    }

    fn kind(&self) -> Kind {
        Kind::Int64
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn truth(&self) -> bool {
        self.0 != 0
    }

    fn field(&self, name: &str) -> Option<Field> {
        match name {
            "Abs" | "Hours" | "Microseconds" | "Milliseconds" | "Minutes" | "Nanoseconds" | "Seconds" | "String" => {
                method(&[])
            }
            "Round" | "Truncate" => method(&["time.Duration"]),
            _ => None,
        }
    }

    fn call(&self, name: &str, args: &[Value]) -> Outcome {
        let multiple = Duration(integer(args, 0));
        Ok(match name {
            "Abs" => self.abs().into(),
            "Hours" => Value::Float(self.hours()),
            "Microseconds" => Value::Int64(self.0 / 1_000),
            "Milliseconds" => Value::Int64(self.0 / 1_000_000),
            "Minutes" => Value::Float(self.minutes()),
            "Nanoseconds" => Value::Int64(self.0),
            "Round" => self.round(multiple).into(),
            "Seconds" => Value::Float(self.seconds()),
            "String" => Value::from(self.to_string()),
            "Truncate" => self.truncate(multiple).into(),
            _ => return Err(no_method(name)),
        })
    }

    fn display(&self) -> Option<String> {
        Some(self.to_string())
    }

    fn underlying(&self) -> Option<Value> {
        Some(Value::Int64(self.0))
    }

    fn to_plain(&self) -> Option<Value> {
        self.underlying()
    }
}

/// Go's `time.Month`, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Month(i64);

/// Go's `time.Weekday`, from Sunday, which is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Weekday(i64);

/// Go's `*time.Location`.
#[derive(Clone, Debug)]
struct Location(Zone);

/// A named `int` whose values have names and nothing else.
macro_rules! named_int {
    ($type:ident, $go:literal, $names:expr, $first:literal) => {
        impl Object for $type {
            fn go_type(&self) -> Cow<'static, str> {
                Cow::Borrowed($go)
            }

            fn kind(&self) -> Kind {
                Kind::Int
            }

            fn as_any(&self) -> &dyn Any {
                self
            }

            fn truth(&self) -> bool {
                self.0 != 0
            }

            fn field(&self, name: &str) -> Option<Field> {
                if name == "String" { method(&[]) } else { None }
            }

            fn call(&self, _: &str, _: &[Value]) -> Outcome {
                Ok(Value::from(self.display().unwrap_or_default()))
            }

            fn display(&self) -> Option<String> {
                let at = usize::try_from(self.0 - $first).ok()?;
                $names.get(at).map(|name| (*name).to_owned())
            }

            fn underlying(&self) -> Option<Value> {
                Some(Value::Int(self.0))
            }

            fn to_plain(&self) -> Option<Value> {
                self.underlying()
            }
        }
    };
}

named_int!(Month, "time.Month", MONTHS, 1);
named_int!(Weekday, "time.Weekday", DAYS, 0);

impl Object for Location {
    fn go_type(&self) -> Cow<'static, str> {
        Cow::Borrowed("*time.Location")
    }

    fn kind(&self) -> Kind {
        Kind::Ptr
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn field(&self, name: &str) -> Option<Field> {
        if name == "String" { method(&[]) } else { None }
    }

    fn call(&self, _: &str, _: &[Value]) -> Outcome {
        Ok(Value::from(self.0.name()))
    }

    fn display(&self) -> Option<String> {
        Some(self.0.name().to_owned())
    }
}
