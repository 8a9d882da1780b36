//! A stream of YAML documents, each with its place.

/// One document of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Document<'a> {
    /// Its bytes.
    pub text: &'a [u8],
    /// Where they start in the text, in bytes.
    pub offset: usize,
}

/// Splits a text at lines that are `---`, whatever stands behind; what does belongs to the next document.
///
/// Each document can be read, and found broken, on its own.
pub fn documents(text: &[u8]) -> Vec<Document<'_>> {
    let mut found = Vec::new();
    let mut start = 0;
    for at in memchr::memmem::find_iter(text, b"---") {
        let starts_line = at == 0 || text.get(at - 1) == Some(&b'\n');
        let ends = matches!(text.get(at + 3), None | Some(b'\n' | b'\r' | b' ' | b'\t'));
        if starts_line && ends {
            found.push(Document { text: text.get(start..at).unwrap_or_default(), offset: start });
            start = at + 3;
        }
    }
    found.push(Document { text: text.get(start..).unwrap_or_default(), offset: start });
    found.retain(|document| !is_blank(document.text));
    found
}

/// Whether a text has nothing but white space and whole-line comments.
fn is_blank(text: &[u8]) -> bool {
    let mut lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    // What follows `---` on its line may be a comment too.
    lines.all(|line| line.is_empty() || line.starts_with(b"#") || line == b"...")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_have_their_places() {
        let text = b"# c\n---\na: 1\n--- # d\nb: |\n  ---\n---x: 1\n---\n\n--- {c: 1}\n";
        let found: Vec<(usize, &[u8])> = documents(text).iter().map(|one| (one.offset, one.text)).collect();
        let wanted: [(usize, &[u8]); 3] =
            [(7, b"\na: 1\n"), (16, b" # d\nb: |\n  ---\n---x: 1\n"), (48, b" {c: 1}\n")];
        assert_eq!(found, wanted);
    }
}
