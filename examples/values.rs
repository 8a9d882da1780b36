//! Merges values as Helm does and asks who set one of them.
#![allow(clippy::print_stdout)]

use chartwright::chart::{self, Chart, Compat, LoadOptions, Notices};
use chartwright::json;
use chartwright::source::Sources;
use chartwright::value::Value;
use chartwright::values::{Layer, Origins, coalesce, merge_layers};
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut notices = Notices::new();
    let chart = Chart::load(Path::new("charts/hello"), &LoadOptions::default(), &mut notices)?;
    let layers = [Layer::File("values/hello.yaml".to_owned()), Layer::Set("image.tag=1.27,replicas=3".to_owned())];
    let mut read = |name: &str| chart::read_file(Path::new(name));
    let user = merge_layers(&layers, Compat::default(), &mut read)?;
    let values = coalesce(&chart, &user, Compat::default(), &mut notices)?;
    println!("{}", String::from_utf8(json::to_pretty_json(&Value::Map(values))?)?);
    let mut sources = Sources::new();
    let origins = Origins::collect(&chart, &layers, Compat::default(), &mut read, &mut sources)?;
    origins.of(&["replicas".to_owned()]).iter().for_each(|origin| println!("replicas was set by {}", origin.setter));
    Ok(())
}
