//! YAML as Helm reads and writes it, and where each key stands.
#![allow(clippy::print_stdout)]

use chartwright::source::{Source, Sources};
use chartwright::yaml;

const TEXT: &str = "on: yes\nport: 0777\nimage:\n  tag: \"1.10\"\n";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let value = yaml::from_yaml(TEXT.as_bytes())?;
    print!("{}", String::from_utf8(yaml::to_yaml(&value)?)?);
    let mut sources = Sources::new();
    let id = sources.add(Source::new("values.yaml", TEXT.as_bytes().to_vec()));
    let tree = yaml::parse(TEXT.as_bytes(), id)?;
    let place = tree.span_at(&["image", "tag"]).and_then(|span| sources.locate(span));
    let (source, position) = place.ok_or("no such key")?;
    println!("image.tag stands at {}:{}:{}", source.name(), position.line, position.column);
    Ok(())
}
