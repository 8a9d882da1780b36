//! The README of a chart, made from its metadata and the comments of its values.
//!
//! What enters is a loaded chart, and the README that is there; what leaves is Markdown. Pieces stand between the lines
//! `<!-- chartwright: NAME -->` and `<!-- chartwright: end -->`; all else belongs to whoever wrote it.

mod sections;
mod table;
mod values;

use crate::chart::Chart;
use crate::diagnostic::{Error, ErrorKind};
use sections::Piece;

/// What ends a piece.
const END: &str = "<!-- chartwright: end -->";

/// A whole README.
///
/// # Errors
/// A `values.yaml` that cannot be read.
pub fn readme(chart: &Chart) -> Result<String, Error> {
    let pieces = Piece::ALL.iter().map(|piece| {
        let text = piece.text(chart)?;
        Ok(if text.is_empty() { String::new() } else { marked(*piece, &text) })
    });
    let pieces = pieces.collect::<Result<Vec<String>, Error>>()?;
    let filled: Vec<&str> = pieces.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
    Ok(filled.join("\n"))
}

/// A README with its pieces made again and everything else as it was.
///
/// # Errors
/// As [`readme`]; a text without marks, a mark of another name, and a piece that does not end.
pub fn update(chart: &Chart, old: &str) -> Result<String, Error> {
    let mut out = String::with_capacity(old.len());
    let mut open = None;
    let mut count = 0_usize;
    // Examples of marks in code are no marks.
    let mut fenced = false;
    for (number, line) in old.split_inclusive('\n').enumerate() {
        let text = line.trim();
        fenced ^= open.is_none() && text.starts_with("```");
        let mark = if fenced { None } else { name_of_mark(text) };
        match (open, mark) {
            (Some(piece), Some("end")) => {
                out.push_str(&marked(piece, &piece.text(chart)?));
                open = None;
            }
            (Some(_), Some(name)) => return Err(wrong(number, format!("expected `{END}`, found the piece `{name}`"))),
            (Some(_), None) => {}
            (None, Some("end")) => return Err(wrong(number, format!("`{END}` ends no piece"))),
            (None, Some(name)) => {
                let Some(piece) = Piece::named(name) else {
                    let names: Vec<&str> = Piece::ALL.iter().map(|piece| piece.name()).collect();
                    return Err(wrong(number, format!("expected one of {}, found `{name}`", names.join(", "))));
                };
                count += 1;
                open = Some(piece);
            }
            (None, None) => out.push_str(line),
        }
    }
    match (open, count) {
        (Some(piece), _) => {
            let text = format!("README.md: the piece `{}` has no end", piece.name());
            Err(Error::new(ErrorKind::Content, text).hint(format!("write `{END}` where it ends")))
        }
        (None, 0) => {
            let hint =
                format!("put the lines `{}` and `{END}` where the values belong, or use --force", Piece::Values.mark());
            Err(Error::new(ErrorKind::Content, "README.md was written by hand and has no marks").hint(hint))
        }
        _ => Ok(out),
    }
}

fn marked(piece: Piece, text: &str) -> String {
    match text {
        "" => format!("{}\n{END}\n", piece.mark()),
        text => format!("{}\n\n{text}\n{END}\n", piece.mark()),
    }
}

fn name_of_mark(line: &str) -> Option<&str> {
    let inner = line.strip_prefix("<!--")?.strip_suffix("-->")?.trim();
    Some(inner.strip_prefix("chartwright:")?.trim())
}

fn wrong(line: usize, text: String) -> Error {
    Error::new(ErrorKind::Content, format!("README.md:{}: {text}", line + 1))
}
