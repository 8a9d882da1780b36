//! Dates and durations against outputs recorded from Go (`tests/dates/record.go` says how).

use super::print::{bytes, rows};
use chartwright::diagnostic::Fault;
use chartwright::funcs::dates::{Duration, FUNCS};
use chartwright::template::func::{Args, Body};
use chartwright::value::Value;
use chartwright::value::print::{sprint, sprintf, to_text};
use chartwright::world::{FixedWorld, Lookup, Timestamp, World};
use serde_json::Value as Json;

/// A world in a time zone.
struct Zoned(String, FixedWorld);

impl Zoned {
    fn of(row: &Json) -> Zoned {
        Zoned(row["local"].as_str().unwrap().to_owned(), FixedWorld::new(1_700_000_000_123_456_789, 1))
    }
}

impl World for Zoned {
    fn now(&self) -> Timestamp {
        self.1.now()
    }

    fn random(&self, out: &mut [u8]) {
        self.1.random(out);
    }

    fn lookup(&self, wanted: &Lookup) -> Option<Value> {
        self.1.lookup(wanted)
    }

    fn lookup_host(&self, name: &str) -> Option<String> {
        self.1.lookup_host(name)
    }

    fn time_zone(&self) -> Option<String> {
        Some(self.0.clone())
    }
}

fn run(world: &dyn World, name: &str, args: &[Value]) -> Result<Value, Fault> {
    match FUNCS.iter().find(|func| func.name == name).unwrap().body {
        Body::World(body) => body(world, Args(args)),
        Body::Pure(body) => body(Args(args)),
        _ => panic!("{name}"),
    }
}

/// The rows of a file that need no more time zones than this machine has; tells how many it left out.
fn rows_here(name: &str) -> Vec<Json> {
    let layout = [Value::from("MST"), Value::Int(0), Value::from("Europe/Paris")];
    let has_zones = run(&FixedWorld::default(), "dateInZone", &layout).unwrap().as_str().unwrap().as_bytes() == b"CET";
    let (mut kept, all) = (rows("dates", name), rows("dates", name).len());
    kept.retain(|row| has_zones || [&row["zone"], &row["local"]].iter().all(|zone| zone.is_null() || *zone == "UTC"));
    if kept.len() < all {
        println!("{} rows left out: this machine has no time zone database", all - kept.len());
    }
    kept
}

fn integer(json: &Json) -> i64 {
    json.as_str().unwrap().parse().unwrap()
}

fn method(value: &Value, name: &str, args: &[Value]) -> Value {
    let Value::Object(object) = value else { panic!("{value:?} has no methods") };
    assert!(object.field(name).is_some(), "{name}");
    object.call(name, args).unwrap()
}

fn show(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn report(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "{} rows differ\n{}", wrong.len(), wrong[..wrong.len().min(10)].join("\n"));
}

#[test]
fn layouts_print_as_in_go() {
    let mut wrong = Vec::new();
    for row in rows_here("format") {
        let seconds = Value::Int64(integer(&row["seconds"]));
        let args = [Value::from(bytes(&row["layout"])), seconds, Value::from(row["zone"].as_str().unwrap())];
        let got = run(&Zoned::of(&row), "dateInZone", &args).unwrap();
        if got.as_str().unwrap().as_bytes() != bytes(&row["out"]) {
            wrong.push(format!("{row}\n  {got:?}"));
        }
    }
    report(wrong);
}

#[test]
fn texts_are_parsed_as_in_go() {
    let mut wrong = Vec::new();
    for row in rows_here("parse") {
        let args = [Value::from(bytes(&row["layout"])), Value::from(bytes(&row["value"]))];
        let got = match run(&Zoned::of(&row), "mustToDate", &args) {
            Ok(time) => (show(&to_text(&time).unwrap()), to_text(&method(&time, "UnixNano", &[])).unwrap().to_string()),
            Err(fault) => (fault.message().to_owned(), String::new()),
        };
        let expected = match row["error"].as_str() {
            Some(error) => (error.to_owned(), String::new()),
            None => (show(&bytes(&row["out"])), row["unix"].as_str().unwrap().to_owned()),
        };
        if got != expected {
            wrong.push(format!("{row}\n  {got:?}"));
        }
    }
    report(wrong);
}

#[test]
fn methods_of_times_do_what_go_does() {
    let mut wrong = Vec::new();
    for row in rows_here("methods") {
        let world = Zoned::of(&row);
        let unix = |seconds: &Json| {
            let epoch = run(&world, "toDate", &[Value::from("2006-01-02Z07"), Value::from("1970-01-01Z")]).unwrap();
            let location = run(&world, "toDate", &[Value::from("2006-01-02"), Value::from("1970-01-01")]).unwrap();
            let mut time = method(&epoch, "In", &[method(&location, "Location", &[])]);
            // One duration is too short for all seconds.
            let mut left = integer(seconds);
            while left != 0 {
                let step = left.clamp(-9_000_000_000, 9_000_000_000);
                time = method(&time, "Add", &[Duration(step * 1_000_000_000).into()]);
                left -= step;
            }
            time
        };
        if [&row["seconds"], &row["other"]].iter().any(|seconds| integer(seconds).unsigned_abs() > 1 << 41) {
            continue;
        }
        let (time, other) = (unix(&row["seconds"]), unix(&row["other"]));
        let duration: Value = Duration(integer(&row["duration"])).into();
        let date: Vec<Value> =
            row["date"].as_array().unwrap().iter().map(|n| Value::Int(n.as_i64().unwrap())).collect();
        let text = |value: &Value| to_text(value).unwrap().to_string();
        for (name, args) in [
            ("Add", std::slice::from_ref(&duration)),
            ("AddDate", &date),
            ("Sub", std::slice::from_ref(&other)),
            ("Round", std::slice::from_ref(&duration)),
            ("Truncate", std::slice::from_ref(&duration)),
            ("GoString", &[]),
        ] {
            let got = text(&method(&time, name, args));
            if row[name].as_str() != Some(&got) {
                wrong.push(format!("{row}\n  {name}: {got}"));
            }
        }
        let order = method(&time, "Compare", std::slice::from_ref(&other));
        assert_eq!(text(&order), row["Compare"].to_string());
        let names = [
            "Year",
            "Month",
            "Day",
            "Hour",
            "Minute",
            "Second",
            "Weekday",
            "YearDay",
            "IsDST",
            "IsZero",
            "Unix",
            "UnixMilli",
            "UnixNano",
            "UTC",
        ];
        let mut parts: Vec<Value> = names.iter().map(|name| method(&time, name, &[])).collect();
        parts.push(Value::Bool(true));
        let got = show(&sprint(&parts).unwrap());
        if row["parts"].as_str() != Some(&got) {
            wrong.push(format!("{row}\n  parts: {got}"));
        }
        let (month, weekday) = (method(&time, "Month", &[]), method(&time, "Weekday", &[]));
        let both = Value::list(vec![month.clone(), time.clone()]);
        let args = [&month, &weekday, &weekday, &month, &both, &month, &weekday].map(Clone::clone);
        let got = show(&sprintf(b"%d %q %5d|%x|%+v|%#v|%t", &args).unwrap());
        if row["plain"].as_str() != Some(&got) {
            wrong.push(format!("{row}\n  plain: {got}"));
        }
    }
    report(wrong);
}

#[test]
fn durations_are_those_of_go() {
    let mut wrong = Vec::new();
    for row in rows("dates", "durations") {
        let got = match Duration::parse(&bytes(&row["text"])) {
            Ok(duration) => (Some(duration.0.to_string()), None),
            Err(fault) => (None, Some(fault.message().to_owned())),
        };
        if (got.0.as_deref(), got.1.as_deref()) != (row["parsed"].as_str(), row["error"].as_str()) {
            wrong.push(format!("{row}\n  {got:?}"));
        }
        let duration: Value = Duration(integer(&row["nanoseconds"])).into();
        let multiple: Value = Duration(integer(&row["multiple"])).into();
        let mut shown = vec![duration.clone()];
        for name in ["Hours", "Minutes", "Seconds", "Milliseconds", "Microseconds", "Abs"] {
            shown.push(method(&duration, name, &[]));
        }
        for name in ["Round", "Truncate"] {
            shown.push(method(&duration, name, std::slice::from_ref(&multiple)));
        }
        let got = show(&sprint(&shown).unwrap());
        if row["shown"].as_str() != Some(&got) {
            wrong.push(format!("{row}\n  shown: {got}"));
        }
        let mut args = vec![duration.clone(); 9];
        args[6] = Value::list(vec![duration.clone()]);
        let got = show(&sprintf(b"%d %x %q|%20v|%-12s|%T %v %#v %t", &args).unwrap());
        if row["plain"].as_str() != Some(&got) {
            wrong.push(format!("{row}\n  plain: {got}"));
        }
    }
    report(wrong);
}

#[test]
fn the_ends_of_time_are_no_panic() {
    let ends = [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX];
    let world = FixedWorld::new(0, 1);
    let zero = run(&world, "toDate", &[Value::from("2006"), Value::from("none")]).unwrap();
    for first in ends {
        let early = method(&zero, "AddDate", &[Value::Int(first), Value::Int(first), Value::Int(first)]);
        for second in ends {
            let time = method(&early, "AddDate", &[Value::Int(0), Value::Int(0), Value::Int(second)]);
            let time = method(&time, "Add", &[Value::Int64(second)]);
            for name in ["Round", "Truncate"] {
                let rounded = method(&time, name, &[Value::Int64(first)]);
                method(&rounded, "Sub", std::slice::from_ref(&zero));
                to_text(&rounded).unwrap();
            }
            method(&Duration(first).into(), "Round", &[Value::Int64(second)]);
            let seconds = [Value::from("2006-002 15:04"), Value::Int64(second), Value::from("Europe/Paris")];
            run(&world, "dateInZone", &seconds).unwrap();
            run(&world, "ago", &[time]).unwrap();
        }
    }
}
