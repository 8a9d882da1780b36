//! Where one YAML document ends and the next begins, as Kubernetes' reader splits a values file.

use super::Compat;
use crate::diagnostic::{Error, ErrorKind};
use std::borrow::Cow;

/// The buffer of Go's line reader, which Helm 4.2 falls over.
const LINE_BUFFER: usize = 4096;

/// The documents of a text: it is split at lines that start with `---`; every line ends with a plain line feed, the
/// last one too, which a block scalar at the end of a text shows.
pub(super) fn split(text: &[u8], compat: Compat) -> Result<Vec<Cow<'_, [u8]>>, Error> {
    let text = if compat == Compat::Helm42 { lose_last_line(text) } else { text };
    match plain_lines(text) {
        Cow::Borrowed(text) => Ok(chunks(text)?.into_iter().map(Cow::Borrowed).collect()),
        Cow::Owned(text) => Ok(chunks(&text)?.into_iter().map(|chunk| Cow::Owned(chunk.to_vec())).collect()),
    }
}

fn chunks(text: &[u8]) -> Result<Vec<&[u8]>, Error> {
    let (mut chunks, mut start, mut at) = (Vec::new(), 0, 0);
    while at < text.len() {
        let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |len| at + len + 1);
        if let Some(rest) = text[at..end].strip_prefix(b"---") {
            check_separator(rest)?;
            // A separator without text before it belongs to the document that it starts.
            if start < at {
                chunks.push(&text[start..at]);
                start = end;
            }
        }
        at = end;
    }
    if start < text.len() {
        chunks.push(&text[start..]);
    }
    Ok(chunks)
}

fn check_separator(rest: &[u8]) -> Result<(), Error> {
    let rest = String::from_utf8_lossy(rest);
    let rest = rest.trim();
    if rest.is_empty() || rest.starts_with('#') {
        return Ok(());
    }
    let message = format!("error reading yaml document: invalid Yaml document separator: {rest}");
    Err(Error::new(ErrorKind::Content, message).hint("nothing but a comment may follow `---` on its line"))
}

fn plain_lines(text: &[u8]) -> Cow<'_, [u8]> {
    let complete = matches!(text.last(), None | Some(b'\n'));
    if complete && memchr::memmem::find(text, b"\r\n").is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len() + 1);
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        out.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
        out.push(b'\n');
    }
    Cow::Owned(out)
}

/// Helm 4.2 drops a last line without line feed that fills the reader's buffer exactly.
fn lose_last_line(text: &[u8]) -> &[u8] {
    let start = memchr::memrchr(b'\n', text).map_or(0, |at| at + 1);
    let len = text.len() - start;
    if len > 0 && len % LINE_BUFFER == 0 { &text[..start] } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_split_as_kubernetes_does() {
        for (text, want) in [
            ("", &[][..]),
            ("a: 1", &["a: 1\n"]),
            ("a: 1\r\nb: 2", &["a: 1\nb: 2\n"]),
            ("---\na: 1\n---\nb: 2\n", &["---\na: 1\n", "b: 2\n"]),
            ("---\n---\na: 1\n", &["---\n", "a: 1\n"]),
            ("a: |\n  ---\n--- # x\n", &["a: |\n  ---\n"]),
        ] {
            let chunks = split(text.as_bytes(), Compat::Helm43).expect(text);
            let want: Vec<Cow<'_, [u8]>> = want.iter().map(|chunk| Cow::Borrowed(chunk.as_bytes())).collect();
            assert_eq!(chunks, want, "{text:?}");
        }
        let error = split(b"a: 1\n---b\n", Compat::Helm43).expect_err("text behind the separator");
        assert_eq!(error.to_string(), "error reading yaml document: invalid Yaml document separator: b");
    }

    #[test]
    fn helm_42_loses_a_last_line_of_4096_bytes() {
        let text = format!("a: 1\nb: {}", "x".repeat(4093));
        assert_eq!(split(text.as_bytes(), Compat::Helm42).expect("plain"), [Cow::Borrowed(b"a: 1\n")]);
        let whole = split(text.as_bytes(), Compat::Helm43).expect("plain");
        assert_eq!(whole, [Cow::<[u8]>::Owned(format!("{text}\n").into_bytes())]);
    }
}
