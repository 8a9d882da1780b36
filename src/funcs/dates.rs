//! Sprig's dates and Helm's durations, over a `time.Time` and a `time.Duration` with Go's methods.
//!
//! The reference is Go 1.26's package `time`: layouts, parsing, durations, overflow. The clock and the local time zone
//! come from [`World`].

mod calendar;
mod duration;
mod durations;
mod format;
mod layout;
mod objects;
mod parse;
mod time;
mod zone;

pub use duration::Duration;
pub use durations::DURATION_FUNCS;
pub use time::Time;

use crate::diagnostic::Fault;
use crate::funcs::numbers::parse::parse_int;
use crate::template::func::{Args, Func, Outcome, Param};
use crate::value::Value;
use crate::world::World;
use zone::Zone;

/// Sprig's date functions.
pub const FUNCS: &[Func] = &[
    Func::world("ago", &[Param::Any], ago),
    Func::world("date", &[Param::Str, Param::Any], date),
    Func::world("dateInZone", &[Param::Str, Param::Any, Param::Str], date_in_zone),
    Func::new("dateModify", MODIFY, date_modify),
    Func::world("date_in_zone", &[Param::Str, Param::Any, Param::Str], date_in_zone),
    Func::new("date_modify", MODIFY, date_modify),
    Func::new("duration", &[Param::Any], duration_text),
    Func::world("durationRound", &[Param::Any], duration_round),
    Func::world("htmlDate", &[Param::Any], html_date),
    Func::world("htmlDateInZone", &[Param::Any, Param::Str], html_date_in_zone),
    Func::new("mustDateModify", MODIFY, must_date_modify),
    Func::world("mustToDate", &[Param::Str, Param::Str], must_to_date),
    Func::new("must_date_modify", MODIFY, must_date_modify),
    Func::world("now", &[], now),
    Func::world("toDate", &[Param::Str, Param::Str], to_date),
    Func::new("unixEpoch", &[Param::Struct("time.Time")], unix_epoch),
];

const MODIFY: &[Param] = &[Param::Str, Param::Struct("time.Time")];

const HTML_DATE: &[u8] = b"2006-01-02";

/// The nanoseconds of a second.
const SECOND: i64 = 1_000_000_000;

/// `time.Now()`.
fn clock(world: &dyn World) -> Time {
    Time::now(world.now(), Zone::local(world))
}

/// A date argument: a time, or whole seconds since 1970; anything else is now.
fn moment(world: &dyn World, value: &Value) -> Time {
    match value {
        Value::Int(seconds) | Value::Int64(seconds) => Time::unix(*seconds, 0, Zone::local(world)),
        _ => time_of(value).unwrap_or_else(|| clock(world)),
    }
}

/// A `time.Time` value; those that a TOML text held are of another Rust type, but write JSON alike.
fn time_of(value: &Value) -> Option<Time> {
    let Value::Object(object) = value else { return None };
    if let Some(time) = value.as_object::<Time>() {
        return Some(time.clone());
    }
    if object.go_type() != "time.Time" {
        return None;
    }
    let text = object.to_plain()?;
    Time::parse(objects::RFC3339_NANO, text.as_str()?, &Zone::Utc).ok()
}

fn time_argument(args: Args<'_>, at: usize) -> Result<Time, Fault> {
    time_of(args.value(at)).ok_or_else(|| Fault::new("expected a time.Time"))
}

fn now(world: &dyn World, _: Args<'_>) -> Outcome {
    Ok(clock(world).into())
}

fn formatted(world: &dyn World, layout: &[u8], value: &Value, zone: &[u8]) -> Outcome {
    let zone = Zone::load(world, zone).unwrap_or(Zone::Utc);
    Ok(Value::from(moment(world, value).within(zone).format(layout)))
}

fn date(world: &dyn World, args: Args<'_>) -> Outcome {
    formatted(world, args.text(0)?, args.value(1), zone::LOCAL)
}

fn date_in_zone(world: &dyn World, args: Args<'_>) -> Outcome {
    formatted(world, args.text(0)?, args.value(1), args.text(2)?)
}

fn html_date(world: &dyn World, args: Args<'_>) -> Outcome {
    formatted(world, HTML_DATE, args.value(0), zone::LOCAL)
}

fn html_date_in_zone(world: &dyn World, args: Args<'_>) -> Outcome {
    formatted(world, HTML_DATE, args.value(0), args.text(1)?)
}

fn must_date_modify(args: Args<'_>) -> Outcome {
    let change = Duration::parse(args.text(0)?)?;
    Ok(time_argument(args, 1)?.add(change).into())
}

fn date_modify(args: Args<'_>) -> Outcome {
    let change = Duration::parse(args.text(0)?).unwrap_or_default();
    Ok(time_argument(args, 1)?.add(change).into())
}

fn must_to_date(world: &dyn World, args: Args<'_>) -> Outcome {
    Ok(Time::parse(args.text(0)?, args.text(1)?, &Zone::local(world))?.into())
}

fn to_date(world: &dyn World, args: Args<'_>) -> Outcome {
    Ok(Time::parse(args.text(0)?, args.text(1)?, &Zone::local(world)).unwrap_or_default().into())
}

fn unix_epoch(args: Args<'_>) -> Outcome {
    Ok(Value::from(time_argument(args, 0)?.unix_seconds().to_string()))
}

fn ago(world: &dyn World, args: Args<'_>) -> Outcome {
    let since = clock(world).since(&moment(world, args.value(0)));
    Ok(Value::from(since.round(Duration(SECOND)).to_string()))
}

/// Whole seconds as a duration text; only strings and `int64` count.
fn duration_text(args: Args<'_>) -> Outcome {
    let seconds = match args.value(0) {
        Value::Str(text) => parse_int(text, 10).unwrap_or_else(|error| error.nearest()),
        Value::Int64(seconds) => *seconds,
        _ => 0,
    };
    Ok(Value::from(Duration(seconds.wrapping_mul(SECOND)).to_string()))
}

/// The largest unit of a duration text, of nanoseconds as `int64`, or of the time since a date.
fn duration_round(world: &dyn World, args: Args<'_>) -> Outcome {
    let duration = match args.value(0) {
        Value::Str(text) => Duration::parse(text).unwrap_or_default(),
        Value::Int64(nanoseconds) => Duration(*nanoseconds),
        value => time_of(value).map(|time| clock(world).since(&time)).unwrap_or_default(),
    };
    const HOUR: u64 = 3600 * SECOND as u64;
    const UNITS: [(u64, &str); 6] = [
        (365 * 24 * HOUR, "y"),
        (30 * 24 * HOUR, "mo"),
        (24 * HOUR, "d"),
        (HOUR, "h"),
        (HOUR / 60, "m"),
        (SECOND as u64, "s"),
    ];
    let size = duration.0.unsigned_abs();
    let unit = UNITS.iter().find(|(unit, _)| size > *unit);
    Ok(Value::from(unit.map_or_else(|| "0s".to_owned(), |(unit, name)| format!("{}{name}", size / unit))))
}
