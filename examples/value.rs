//! Go's data: maps are references, numbers have types, and printing follows Go's `fmt`.
#![allow(clippy::print_stdout)]

use chartwright::value::{Map, Value, print};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let labels: Map = [("tier", Value::from("web")), ("replicas", Value::Float(1e6))].into_iter().collect();
    let same = labels.clone();
    same.insert("owner", Value::Nil);
    // Both names hold one map, as in Go.
    println!("{}", print::to_text(&Value::Map(labels))?.to_str_lossy());
    println!(
        "{}",
        String::from_utf8_lossy(&print::sprintf(b"%05.1f %q %v", &[2.5.into(), "a".into(), Value::Int(7)])?)
    );
    Ok(())
}
