//! JSON against Go's `encoding/json`: `tests/json/record.go` tells how the rows were made.

use super::print::rows;
use chartwright::json::{Decoded, decode, decode_list, decode_map, to_json, to_pretty_json};
use serde_json::Value as Row;

/// A column that rows may lack.
pub(crate) fn column<'a>(row: &'a Row, name: &str) -> &'a str {
    row.get(name).and_then(Row::as_str).unwrap_or_default()
}

/// The bytes of a column in hexadecimal digits.
pub(crate) fn bytes(row: &Row, name: &str) -> Vec<u8> {
    super::print::bytes(&serde_json::json!({ "hex": column(row, name) }))
}

fn message(decoded: &Decoded) -> &str {
    decoded.fault.as_ref().map_or("", |fault| fault.message())
}

#[test]
fn texts_are_read_and_written_as_go_does() {
    for row in rows("json", "reads") {
        let text = bytes(&row, "text");
        let shown = String::from_utf8_lossy(&text);
        let decoded = decode(&text);
        assert_eq!(message(&decoded), column(&row, "error"), "{shown}");
        assert_eq!(message(&decode_map(&text)), column(&row, "map_error"), "{shown} as a map");
        assert_eq!(message(&decode_list(&text)), column(&row, "list_error"), "{shown} as a list");
        let compact = to_json(&decoded.value).unwrap_or_default();
        assert_eq!(String::from_utf8_lossy(&compact), column(&row, "compact"), "{shown}");
        let pretty = to_pretty_json(&decoded.value).unwrap_or_default();
        assert_eq!(String::from_utf8_lossy(&pretty), column(&row, "pretty"), "{shown}");
    }
}
