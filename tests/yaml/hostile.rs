//! Texts made to hurt: nothing may panic, overflow a stack or take memory out of proportion.

use chartwright::value::{Map, Value};
use chartwright::yaml;

const DEPTH: usize = 10_000;

fn error(text: &str) -> String {
    yaml::from_yaml(text.as_bytes()).expect_err(&text[..text.len().min(40)]).to_string()
}

#[test]
fn flow_collections_nest_as_deep_as_in_go() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(yaml::from_yaml(nested(DEPTH).as_bytes()).is_ok());
    assert!(yaml::parse(nested(DEPTH).as_bytes(), Default::default()).is_ok());
    assert_eq!(error(&nested(DEPTH + 1)), "error converting YAML to JSON: yaml: exceeded max depth of 10000");
    assert!(yaml::from_yaml("[".repeat(1_000_000).as_bytes()).is_err());
    assert!(yaml::check("{a: ".repeat(1_000_000).as_bytes()).is_err());
}

#[test]
fn block_collections_nest_as_deep_as_in_go() {
    let nested = |depth: usize| format!("{}x", "- ".repeat(depth));
    assert!(yaml::from_yaml(nested(DEPTH).as_bytes()).is_ok());
    assert!(yaml::check(nested(DEPTH).as_bytes()).is_err(), "no mapping at the top");
    assert_eq!(error(&nested(DEPTH + 1)), "error converting YAML to JSON: yaml: exceeded max depth of 10000");
}

#[test]
fn block_and_flow_together_are_too_deep_for_json() {
    let text = format!("{}{}{}", "- ".repeat(DEPTH), "[".repeat(10), "]".repeat(10));
    assert_eq!(error(&text), "error unmarshaling JSON: while decoding JSON: exceeded max depth");
}

#[test]
fn deep_values_are_written_without_a_deep_stack() {
    let text = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let value = yaml::from_yaml(text.as_bytes()).expect("a deep list");
    let written = yaml::to_yaml(&value).expect("deep YAML");
    assert!(written.starts_with(b"- - - - "));
    assert!(yaml::to_yaml_pretty(&value).is_err());
}

#[test]
fn aliases_expand_only_so_far() {
    let mut laughs = String::from("a: &a [x, x, x, x, x, x, x, x, x]\n");
    for level in b'b'..=b'i' {
        let (name, below) = (char::from(level), char::from(level - 1));
        laughs.push_str(&format!("{name}: &{name} [{}]\n", vec![format!("*{below}"); 9].join(", ")));
    }
    assert_eq!(error(&laughs), "error converting YAML to JSON: yaml: document contains excessive aliasing");
    assert_eq!(error("a: &x [1, *x]"), "error converting YAML to JSON: yaml: anchor 'x' value contains itself");
    let mut chain = String::from("- &a0 [x]\n");
    for link in 1..400 {
        chain.push_str(&format!("- &a{link} {}*a{}{}\n", "[".repeat(90), link - 1, "]".repeat(90)));
    }
    assert!(yaml::from_yaml(chain.as_bytes()).is_err());
}

#[test]
fn maps_that_hold_themselves_are_no_yaml() {
    let map = Map::new();
    map.insert("self", map.clone());
    let value = Value::Map(map.clone());
    let fault = yaml::to_yaml(&value).expect_err("a cycle");
    assert_eq!(
        fault.message(),
        "error marshaling into JSON: json: unsupported value: encountered a cycle via map[string]interface {}"
    );
    assert!(yaml::to_yaml_pretty(&value).is_err());
    map.remove("self");
}

#[test]
fn long_lines_take_linear_time() {
    let mut text = String::from("[é");
    for _ in 0..300_000 {
        text.push_str(", \"é\", é");
    }
    text.push(']');
    assert!(yaml::from_yaml(text.as_bytes()).is_ok());
    let keys: String = (0..100_000).map(|key| format!("k{key}: v\n")).collect();
    let value = yaml::from_yaml(keys.as_bytes()).expect("many keys");
    assert!(yaml::to_yaml(&value).is_ok());
    assert!(yaml::from_yaml_strict(keys.as_bytes()).is_ok());
}

/// A source of numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }
}

const PIECES: [&[u8]; 48] = [
    b"- ",
    b": ",
    b":",
    b"\n",
    b"  ",
    b" ",
    b"\t",
    b"#",
    b"&a ",
    b"*a",
    b"!!str ",
    b"!!int ",
    b"! ",
    b"!<",
    b"|",
    b">",
    b"|2-\n",
    b"'",
    b"\"",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b"? ",
    b"<<: *a\n",
    b"---\n",
    b"...\n",
    b"%YAML 1.1\n",
    b"%TAG ! x:\n",
    b"\r\n",
    b"\xC2\x85",
    b"\xE2\x80\xA8",
    b"\xEF\xBB\xBF",
    b"\xF0\x9F\x98\x80",
    b"\x00",
    b"\xFF",
    b"\xC3",
    b"null",
    b"0x1F",
    b"1e3",
    b".inf",
    b"2001-01-01",
    b"\\u00e9",
    b"\\",
    b"{}",
    b"\n\n",
    b"\xFF\xFE",
];

/// Reads and writes `count` mutations of the recorded snippets and of a manifest, and returns how many were YAML.
fn mutate(seed: u64, count: usize) -> usize {
    let snippets = super::recorded::snippets();
    let mut numbers = Numbers(seed);
    let mut accepted = 0;
    for _ in 0..count {
        let mut text = snippets[numbers.below(snippets.len())].clone();
        for _ in 0..numbers.below(6) {
            let at = numbers.below(text.len() + 1);
            let piece = PIECES[numbers.below(PIECES.len())];
            match numbers.below(4) {
                0 => drop(text.drain(at..(at + numbers.below(4)).min(text.len()))),
                1 if at < text.len() => text[at] = numbers.below(256) as u8,
                _ => drop(text.splice(at..at, piece.iter().copied())),
            }
        }
        accepted += usize::from(exercise(&text));
    }
    accepted
}

/// Runs everything that reads YAML, and writes what was read; false if the text is no YAML.
fn exercise(text: &[u8]) -> bool {
    let read = yaml::from_yaml(text);
    let parsed = yaml::parse(text, Default::default());
    assert_eq!(read.is_ok(), parsed.is_ok(), "{}", text.escape_ascii());
    let _ = (yaml::check(text), yaml::from_yaml_strict(text), yaml::parse_all(text, Default::default()));
    for document in yaml::documents(text).flatten() {
        let _ = yaml::from_yaml_map(&document.text).map_err(|error| document.locate(error).line());
    }
    let (Ok(value), Ok(node)) = (read, parsed) else { return false };
    assert_eq!(format!("{value:?}"), format!("{:?}", node.to_value()), "{}", text.escape_ascii());
    if let Ok(written) = yaml::to_yaml(&value) {
        // Go prints the key `<<` without quotes, so that it comes back as a merge.
        let merges = written.windows(2).any(|pair| pair == b"<<");
        assert!(merges || yaml::from_yaml(&written).is_ok(), "{}", text.escape_ascii());
    }
    let _ = yaml::to_yaml_pretty(&value);
    true
}

#[test]
fn mutations_never_panic() {
    let count = std::env::var("CHARTWRIGHT_MUTATIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(20_000);
    let accepted = mutate(1, count);
    assert!(accepted > count / 10, "{accepted} of {count} accepted");
}
