//! Which value an image comes from.

use super::Reference;
use crate::value::{Map, Value};

/// Values that nest deeper are not searched.
const DEEPEST: usize = 40;

/// The key of the value that gives an image its name: a text that is the image, or a table with its `repository`.
///
/// Of several the one whose tag is the image's wins, then the first in the order of keys.
pub fn value_key(image: &Reference, values: &Map) -> Option<String> {
    let mut found = Vec::new();
    search(image, values, "", 0, &mut found);
    found.sort();
    found.into_iter().next().map(|(_, key)| key)
}

fn search(image: &Reference, table: &Map, path: &str, depth: usize, found: &mut Vec<(u8, String)>) {
    if depth > DEEPEST {
        return;
    }
    if let Some(rank) = rank(image, table) {
        found.push((rank, path.to_owned()));
    }
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    for (key, value) in table.snapshot() {
        match value {
            Value::Str(text) if text.to_str_lossy() == image.to_string() => found.push((0, below(&key.to_str_lossy()))),
            Value::Map(inner) => search(image, &inner, &below(&key.to_str_lossy()), depth + 1, found),
            _ => {}
        }
    }
}

/// How well a table with a `repository` fits an image: 0 with its tag, 1 without a tag; `None` for another image.
fn rank(image: &Reference, table: &Map) -> Option<u8> {
    let text = |key: &str| Some(table.get(key)?.as_str()?.to_str_lossy().into_owned());
    let named = text("repository").or_else(|| text("image")).filter(|name| !name.is_empty())?;
    let whole = image.registry().map_or_else(String::new, |host| format!("{host}/")) + image.repository();
    let fits = named == whole || named == image.repository();
    match (fits, text("tag").filter(|tag| !tag.is_empty())) {
        (true, Some(tag)) => Some(if image.tag() == Some(&tag) { 0 } else { 2 }),
        (true, None) => Some(1),
        (false, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    #[test]
    fn the_table_with_the_tag_wins() {
        let text = b"a: {image: {registry: quay.io, repository: x/y, tag: '2'}}\nb: {image: {repository: x/y, tag: '1'}}\nc: x/z:1\n";
        let values = yaml::from_yaml_map(text).expect("YAML");
        let key = |text: &str| value_key(&Reference::parse(text).expect("a reference"), &values);
        assert_eq!(key("quay.io/x/y:1").as_deref(), Some("b.image"));
        assert_eq!(key("quay.io/x/y:2").as_deref(), Some("a.image"));
        assert_eq!(key("x/z:1").as_deref(), Some("c"));
        assert_eq!(key("x/w:1"), None);
    }
}
