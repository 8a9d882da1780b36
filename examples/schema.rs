//! Checks values against a JSON schema, with the findings that Helm would print.
#![allow(clippy::print_stdout)]

use chartwright::schema::{Offline, validate};
use chartwright::yaml;

const SCHEMA: &str = r#"{"type": "object", "properties": {"replicas": {"type": "integer", "minimum": 1}}}"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for text in ["replicas: 2\n", "replicas: none\n"] {
        let outcome = validate(SCHEMA.as_bytes(), &yaml::from_yaml(text.as_bytes())?, &Offline);
        println!("{}: {}", text.trim(), outcome.error().unwrap_or_else(|| "good".to_owned()));
    }
    Ok(())
}
