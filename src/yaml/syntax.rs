//! Values in Go's own notation, as `%#v` prints them in error texts.

use super::node::{Node, NodeKind};
use super::number;

/// Deeper than this, a value is not printed.
const MAX_PRINTED_DEPTH: usize = 100;

/// A value as `%#v` prints it.
pub(super) fn go_syntax(node: &Node) -> String {
    let mut out = String::new();
    write(node, 0, &mut out);
    out
}

fn write(node: &Node, depth: usize, out: &mut String) {
    match node.kind() {
        NodeKind::Null if depth > 0 => out.push_str("interface {}(nil)"),
        NodeKind::Null => out.push_str("<nil>"),
        NodeKind::Bool(flag) => out.push_str(&flag.to_string()),
        NodeKind::Int(number) => out.push_str(&number.to_string()),
        NodeKind::Uint(number) => out.push_str(&format!("{number:#x}")),
        NodeKind::Float(number) => out.push_str(&number::format_g(*number)),
        NodeKind::Str(text) => quote(text, out),
        NodeKind::Seq(_) | NodeKind::Map(_) if depth == MAX_PRINTED_DEPTH => {}
        NodeKind::Seq(items) => {
            out.push_str("[]interface {}{");
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                write(item, depth + 1, out);
            }
            out.push('}');
        }
        NodeKind::Map(entries) => {
            let mut entries: Vec<_> = entries.iter().map(|entry| (identity(&entry.key), entry)).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            out.push_str("map[interface {}]interface {}{");
            for (at, (_, entry)) in entries.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                write(&entry.key, depth + 1, out);
                out.push(':');
                write(&entry.value, depth + 1, out);
            }
            out.push('}');
        }
    }
}

/// A string in Go's double quotes.
fn quote(text: &[u8], out: &mut String) {
    out.push('"');
    for chunk in text.utf8_chunks() {
        for found in chunk.valid().chars() {
            quote_char(found, out);
        }
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
    out.push('"');
}

fn quote_char(found: char, out: &mut String) {
    match found {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\x07' => out.push_str("\\a"),
        '\x08' => out.push_str("\\b"),
        '\x0C' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\x0B' => out.push_str("\\v"),
        ' '..='~' => out.push(found),
        '\0'..='\x7F' => out.push_str(&format!("\\x{:02x}", u32::from(found))),
        _ if is_printable(found) => out.push(found),
        '\u{80}'..='\u{FFFF}' => out.push_str(&format!("\\u{:04x}", u32::from(found))),
        _ => out.push_str(&format!("\\U{:08x}", u32::from(found))),
    }
}

fn is_printable(found: char) -> bool {
    // The other characters that `escape_debug` escapes at the start of a text only continue one before them.
    let text: String = ['a', found].iter().collect();
    text.escape_debug().eq(text.chars())
}

/// What makes a key the same key for go-yaml: its type and its value.
pub(super) fn identity(node: &Node) -> (u8, Vec<u8>) {
    match node.kind() {
        NodeKind::Null => (0, Vec::new()),
        NodeKind::Bool(flag) => (1, vec![u8::from(*flag)]),
        NodeKind::Int(number) => (2, (number.wrapping_sub(i64::MIN)).to_be_bytes().to_vec()),
        NodeKind::Uint(number) => (3, number.to_be_bytes().to_vec()),
        NodeKind::Float(number) => (4, number.to_bits().to_be_bytes().to_vec()),
        NodeKind::Str(text) => (5, text.to_vec()),
        NodeKind::Seq(_) | NodeKind::Map(_) => (6, Vec::new()),
    }
}

/// What makes a key the same key in JSON: its text.
pub(super) fn key_identity(node: &Node) -> (u8, Vec<u8>) {
    node.key_text().map_or_else(|| identity(node), |text| (5, text.into_owned()))
}
