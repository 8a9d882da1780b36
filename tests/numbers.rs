//! Sprig's arithmetic against outputs recorded from Sprig (`tests/numbers/record.go` says how).

use super::print::{rows, value};
use chartwright::funcs::numbers::FUNCS;
use chartwright::template::func::{Args, Body, Func};
use chartwright::value::Value;
use chartwright::value::print::to_text;

/// Calls a pure function of a table and shows type and text of what it returns, or its error.
pub(crate) fn call(funcs: &[Func], name: &str, args: &[Value]) -> Result<String, String> {
    let func = funcs.iter().find(|func| func.name == name).unwrap();
    for (at, arg) in args.iter().enumerate() {
        let param = func.params.get(at).or(func.params.last()).unwrap();
        assert!(param.admits(arg), "{name}: {arg:?} is no {}", param.go_type());
    }
    let Body::Pure(body) = func.body else { panic!("{name} is not pure") };
    let value = body(Args(args)).map_err(|fault| fault.message().to_owned())?;
    Ok(format!("{} {}", value.go_type(), to_text(&value).unwrap()))
}

#[test]
fn arithmetic_gives_what_sprig_gives() {
    let mut wrong = Vec::new();
    for row in rows("numbers", "numbers") {
        let args: Vec<Value> = row["args"].as_array().unwrap().iter().map(value).collect();
        let got = call(FUNCS, row["name"].as_str().unwrap(), &args);
        let same = match &got {
            Ok(text) => row["out"].as_str() == Some(text),
            Err(text) => row["error"].as_str() == Some(text),
        };
        if !same {
            wrong.push(format!("{row}\n  {got:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} rows differ\n{}", wrong.len(), wrong[..wrong.len().min(10)].join("\n"));
}

#[test]
fn sequences_are_bounded() {
    let cases: [(&str, &[i64]); 5] = [
        ("until", &[i64::MAX]),
        ("until", &[i64::MIN]),
        ("untilStep", &[0, i64::MAX, i64::MAX - 1]),
        ("seq", &[1_000_001]),
        ("seq", &[0, 1, 1 << 40]),
    ];
    for (name, args) in cases {
        let args: Vec<Value> = args.iter().map(|number| Value::Int(*number)).collect();
        assert_eq!(call(FUNCS, name, &args).unwrap_err(), "a sequence may have at most 1000000 elements", "{name}");
    }
}
