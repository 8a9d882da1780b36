//! Tables of Markdown.

use super::values::Entry;

/// The cells of a row, ready to be written.
pub(super) type Row = Vec<String>;

/// A table; a row that has too few cells ends with empty ones.
pub(super) fn table(headings: &[&str], rows: &[Row]) -> String {
    let mut out = format!("| {} |\n|{}\n", headings.join(" | "), "---|".repeat(headings.len()));
    for row in rows {
        let cells = (0..headings.len()).map(|at| row.get(at).map_or("", String::as_str));
        out.push('|');
        for cell in cells {
            out.push_str(if cell.is_empty() { " |" } else { " " });
            if !cell.is_empty() {
                out.push_str(cell);
                out.push_str(" |");
            }
        }
        out.push('\n');
    }
    out
}

/// The rows of values.
pub(super) fn rows(entries: &[Entry]) -> Vec<Row> {
    let row = |entry: &Entry| {
        let default = entry.shown.as_deref().map_or_else(|| code(&entry.default), cell);
        vec![code(&entry.key), cell(&entry.kind), default, cell(&entry.description)]
    };
    entries.iter().map(row).collect()
}

/// A text as a cell: one line, its bars escaped.
pub(super) fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

/// A text as code, in as many backticks as it needs; nothing for nothing.
pub(super) fn code(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let text = text.replace(['\n', '\r'], " ").replace('|', "\\|");
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let edge = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{edge}{text}{edge}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_cannot_break_a_table() {
        assert_eq!(cell("a |\n b"), "a \\| b");
        assert_eq!(code("a|`b`"), "`` a\\|`b` ``");
        assert_eq!(code(""), "");
        assert_eq!(table(&["A", "B"], &[vec!["x".into()]]), "| A | B |\n|---|---|\n| x | |\n");
    }
}
