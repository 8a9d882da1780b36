//! Reads an environment file: `cargo run --example environment -- values/examples/environments/sandbox.yaml`.
#![allow(clippy::print_stdout)]

use chartwright::bundle::waves;
use chartwright::diagnostic::Diagnostic;
use chartwright::environment::Environment;
use chartwright::source::{Source, Sources};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "values/examples/environments/sandbox.yaml".to_owned());
    let text = std::fs::read(&path)?;
    let mut sources = Sources::new();
    let read = Environment::load(Source::new(path, text), None, &mut sources);
    let environment = read.map_err(|problems| told(&problems))?;
    let waves = waves(&environment).map_err(|problems| told(&problems))?;
    println!("{} in namespace {}", environment.kind.name(), environment.namespace.text);
    for (module, wave) in environment.modules.iter().zip(waves) {
        println!("  wave {wave}: {} ({} {})", module.release.text, module.chart.text, module.version.text);
    }
    Ok(())
}

fn told(problems: &[Diagnostic]) -> String {
    problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("\n")
}
