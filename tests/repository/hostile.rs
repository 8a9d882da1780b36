//! Indexes that somebody made to do harm, or by accident.

use chartwright::chart::{Compat, Notices};
use chartwright::repository::IndexFile;
use chartwright::repository::index::charts_as_helm;

fn index(entries: &str) -> String {
    format!("apiVersion: v1\nentries:\n{entries}generated: \"2020-01-01T00:00:00Z\"\n")
}

#[test]
fn a_malformed_entry_hurts_no_other() {
    let text = index(
        "  a:\n  - name: a\n    version: 1.1.0\n    urls: [\n  - name: a\n    version: 1.0.0\n  b:\n  - \"\n  c:\n  - null\n  - 7\n  - name: c\n    version: 1.0.0\n",
    );
    // The open bracket is on a line of its own entry only where it is closed there.
    let text = text.replace("urls: [\n", "urls: ]\n").replace("  - \"\n", "  - @\n").replace("@", "name: b: c");
    let index = IndexFile::parse(text.as_bytes()).expect("is an index");
    let a: Vec<_> = index.entries("a").collect();
    assert!(a[0].as_ref().expect_err("is malformed").message().contains("line 6"), "{a:?}");
    assert_eq!(a[1].as_ref().expect("is an entry").version, "1.0.0");
    assert_eq!(index.find("a", "1.0.0").expect("is an entry").expect("is there").version, "1.0.0");
    assert!(index.find("a", "1.1.0").is_err());
    assert!(index.entries("b").all(|entry| entry.is_err()));
    assert_eq!(index.versions("c").len(), 1);
}

#[test]
fn charts_that_stand_twice_are_refused() {
    let text = index("  a:\n  - name: a\n    version: 1.0.0\n  a:\n  - name: a\n    version: 2.0.0\n");
    let fault = IndexFile::parse(text.as_bytes()).expect_err("is ambiguous");
    assert_eq!(fault.message(), "chart `a` stands twice in the index");
}

#[test]
fn a_million_tiny_entries_end_at_a_limit() {
    let mut text = String::from("apiVersion: v1\nentries:\n  a:\n");
    text.push_str(&"  - {}\n".repeat(1_000_000));
    let fault = IndexFile::parse(text.as_bytes()).expect_err("is too much");
    assert!(fault.message().contains("more than 200000 versions"), "{fault}");
    let error = charts_as_helm(text.as_bytes(), "x", Compat::default(), &mut Notices::new()).expect_err("is too much");
    assert!(error.message().contains("more than 200000 versions"), "{error}");
}

#[test]
fn giant_lines_and_flow_indexes_end_at_a_limit() {
    let flow = format!("apiVersion: v1\nentries: {{a: [{}]}}\n", "{},".repeat(4_000_000));
    let fault = IndexFile::parse(flow.as_bytes()).expect_err("is too much");
    assert!(fault.message().contains("larger than 8388608 bytes"), "{fault}");
    let line = index(&format!("  a:\n  - description: {}\n    version: 1.0.0\n", "x".repeat(20_000_000)));
    let line = line.replace("  a:\n", "  a:\n  - version: 1.1.0\n");
    let index = IndexFile::parse(line.as_bytes()).expect("is an index");
    assert_eq!(index.find("a", "1.1.0").expect("is an entry").expect("is there").version, "1.1.0");
    let fault = index.find("a", "1.0.0").expect_err("is too large");
    assert_eq!(fault.message(), "the entry at line 5 of the index cannot be used: it has more than 5242880 bytes");
    let error = charts_as_helm(line.as_bytes(), "x", Compat::default(), &mut Notices::new()).expect_err("is too much");
    assert!(error.message().ends_with("it has more than 5242880 bytes"), "{error}");
    let dense = format!("apiVersion: v1\nentries: {{a: [{}]}}\n", "{},".repeat(1_000_000));
    let fault = IndexFile::parse(dense.as_bytes()).expect_err("is too much");
    assert!(fault.message().ends_with("holds more than 1500000 values"), "{fault}");
}

#[test]
fn aliases_do_not_multiply() {
    let mut bomb = String::from("apiVersion: v1\na: &a [x, x, x, x, x, x, x, x, x]\n");
    for (name, before) in ('b'..='j').zip('a'..) {
        bomb.push_str(&format!("{name}: &{name} [{}]\n", vec![format!("*{before}"); 9].join(", ")));
    }
    bomb.push_str("entries:\n  a:\n  - name: *j\n");
    assert!(IndexFile::parse(bomb.as_bytes()).is_err());
    let inside = index("  a:\n  - a: &a [x, x, x]\n    b: [*a, *a, *a]\n    version: 1.0.0\n");
    assert!(IndexFile::parse(inside.as_bytes()).is_ok());
}

#[test]
fn other_layouts_are_read_as_a_whole() {
    let json = br#"{"apiVersion": "v1", "entries": {"a": [{"name": "a", "version": "1.0.0", "urls": ["a.tgz"]}]}}"#;
    let anchors = b"apiVersion: v1\nentries:\n  a:\n  - &x\n    name: a\n    version: 1.0.0\n    urls: [a.tgz]\n  - <<: *x\n    version: 0.9.0\n";
    for text in [&json[..], anchors] {
        let mut index = IndexFile::parse(text).expect("is an index");
        assert_eq!(index.find("a", "1.0.0").expect("is an entry").expect("is there").urls, ["a.tgz"]);
        index.set_generated("2020-01-01T00:00:00Z");
        let again = IndexFile::parse(&index.to_yaml().expect("can be written")).expect("is an index");
        assert_eq!(again.versions("a"), index.versions("a"));
    }
}
