//! Tables for the terminal, as the library `uitable` that Helm uses lays them out.

/// Columns of a width each, with tabs between them. A cell that is wider than `most` characters is cut, unless that is 0.
pub(super) fn table(rows: &[Vec<String>], most: usize) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let widest = |column: usize| {
        let widths = rows.iter().filter_map(|row| row.get(column)).map(|cell| {
            let width = text_width(cell);
            if most == 0 { width } else { width.min(most) }
        });
        widths.max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns).map(widest).collect();
    let lines = rows.iter().map(|row| {
        let cells: Vec<_> = row.iter().zip(&widths).map(|(cell, width)| fit(cell, *width)).collect();
        cells.join("\t")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A text of exactly `width` characters: padded, or cut with three dots behind it.
fn fit(text: &str, width: usize) -> String {
    let len = text_width(text);
    if width == 0 || len <= width {
        return format!("{text}{}", " ".repeat(width.saturating_sub(len)));
    }
    let mut cut = String::new();
    let mut used = 0;
    for letter in text.chars() {
        cut.push(letter);
        // The first letter stays, however narrow the column is.
        if used + letter_width(letter) + 3 >= width {
            break;
        }
        used += letter_width(letter);
    }
    cut.push_str("...");
    cut
}

fn text_width(text: &str) -> usize {
    text.chars().map(letter_width).sum()
}

/// How many places of a terminal a letter takes.
fn letter_width(letter: char) -> usize {
    match u32::from(letter) {
        0..0x20 | 0x7f..0xa0 | 0x300..0x370 | 0x200b..0x2010 | 0xfe00..0xfe10 => 0,
        0x1100..0x1160
        | 0x2e80..0x303f
        | 0x3041..0xa4d0
        | 0xac00..0xd7a4
        | 0xf900..0xfb00
        | 0xfe30..0xfe70
        | 0xff00..0xff61
        | 0xffe0..0xffe7
        | 0x1f300..0x1f650
        | 0x1f900..0x1fa00
        | 0x20000..0x3fffe => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Recorded from uitable 0.0.4.
    #[test]
    fn columns_are_padded_and_cut() {
        let rows = [vec!["NAME".to_owned(), "X".to_owned()], vec!["a".to_owned(), "longer text".to_owned()]];
        assert_eq!(table(&rows, 0), "NAME\tX          \na   \tlonger text");
        assert_eq!(table(&rows, 6), "NAME\tX     \na   \tlon...");
        assert_eq!(table(&rows, 2), "N...\tX \na \tl...");
    }
}
