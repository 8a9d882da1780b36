//! Compares versions and constraints as Helm does: `cargo run --example version -- '^1.2' 1.2.3 1.3.0-rc.1`.
#![allow(clippy::print_stdout)]

use chartwright::version::{Constraint, Version};

fn main() -> Result<(), chartwright::diagnostic::Fault> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (constraint, versions) = match words.split_first() {
        Some((first, rest)) => (first.clone(), rest.to_vec()),
        None => ("^1.2".to_owned(), ["1.2.3", "v1.4", "2.0.0"].map(str::to_owned).to_vec()),
    };
    let constraint = Constraint::parse(&constraint)?;
    for text in versions {
        let version = Version::parse(&text)?;
        println!("{text} {}", if constraint.check(&version) { "fits" } else { "does not fit" });
    }
    Ok(())
}
