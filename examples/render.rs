//! Renders a chart without the command line: `cargo run --example render -- charts/hello`.
#![allow(clippy::print_stdout)]

use chartwright::chart::{Chart, Compat, LoadOptions, Notices};
use chartwright::render::action::{RenderOptions, SchemaCheck, prepare};
use chartwright::render::manifest::{TextFile, sort_manifests, without_notes};
use chartwright::render::output::{HookFilter, Stream};
use chartwright::render::{Capabilities, Release, Tracing};
use chartwright::template::Limits;
use chartwright::value::Map;
use chartwright::world::FixedWorld;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let compat = Compat::default();
    let path = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("charts/hello"), PathBuf::from);
    let mut notices = Notices::new();
    let chart = Chart::load(&path, &LoadOptions::default(), &mut notices)?;
    let prepared = prepare(chart, &Map::new(), SchemaCheck::Validate, compat, &mut notices)?;
    let release = Release::install("demo", "default");
    let capabilities = Capabilities::of_helm(compat);
    let options = RenderOptions {
        release: &release,
        capabilities: &capabilities,
        limits: Limits::default(),
        tracing: Tracing::Off,
    };
    let rendered = prepared.render(&options, &FixedWorld::new(0, 1)).map_err(|failure| failure.helm_text(compat))?;
    let files = without_notes(rendered.files().map(|(path, text)| TextFile { path, text }));
    let manifests = sort_manifests(&files, compat).map_err(|fault| fault.text(compat))?;
    print!("{}", String::from_utf8_lossy(&Stream::of_release(&[], &manifests, HookFilter::All).text));
    Ok(())
}
