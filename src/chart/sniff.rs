//! What a file that is no archive seems to be, in the words of Go's `http.DetectContentType`.

const TEXT: &str = "text/plain; charset=utf-8";

const HTML_TAGS: [&str; 17] = [
    "<!DOCTYPE HTML",
    "<HTML",
    "<HEAD",
    "<SCRIPT",
    "<IFRAME",
    "<H1",
    "<DIV",
    "<FONT",
    "<TABLE",
    "<A",
    "<STYLE",
    "<TITLE",
    "<B",
    "<BODY",
    "<BR",
    "<P",
    "<!--",
];

/// Start of the file, what stands at which place behind it, and the type.
type Signature = (&'static [u8], usize, &'static [u8], &'static str);

const SIGNATURES: [Signature; 31] = [
    (b"%PDF-", 0, b"", "application/pdf"),
    (b"%!PS-Adobe-", 0, b"", "application/postscript"),
    (b"\xFE\xFF", 3, b"", "text/plain; charset=utf-16be"),
    (b"\xFF\xFE", 3, b"", "text/plain; charset=utf-16le"),
    (b"\xEF\xBB\xBF", 3, b"", TEXT),
    (b"\x00\x00\x01\x00", 0, b"", "image/x-icon"),
    (b"\x00\x00\x02\x00", 0, b"", "image/x-icon"),
    (b"BM", 0, b"", "image/bmp"),
    (b"GIF87a", 0, b"", "image/gif"),
    (b"GIF89a", 0, b"", "image/gif"),
    (b"RIFF", 8, b"WEBPVP", "image/webp"),
    (b"\x89PNG\x0D\x0A\x1A\x0A", 0, b"", "image/png"),
    (b"\xFF\xD8\xFF", 0, b"", "image/jpeg"),
    (b"FORM", 8, b"AIFF", "audio/aiff"),
    (b"ID3", 0, b"", "audio/mpeg"),
    (b"OggS\x00", 0, b"", "application/ogg"),
    (b"MThd\x00\x00\x00\x06", 0, b"", "audio/midi"),
    (b"RIFF", 8, b"AVI ", "video/avi"),
    (b"RIFF", 8, b"WAVE", "audio/wave"),
    (b"\x1A\x45\xDF\xA3", 0, b"", "video/webm"),
    (b"", 34, b"LP", "application/vnd.ms-fontobject"),
    (b"\x00\x01\x00\x00", 0, b"", "font/ttf"),
    (b"OTTO", 0, b"", "font/otf"),
    (b"ttcf", 0, b"", "font/collection"),
    (b"wOFF", 0, b"", "font/woff"),
    (b"wOF2", 0, b"", "font/woff2"),
    (b"\x1F\x8B\x08", 0, b"", "application/x-gzip"),
    (b"PK\x03\x04", 0, b"", "application/zip"),
    (b"Rar!\x1A\x07\x00", 0, b"", "application/x-rar-compressed"),
    (b"Rar!\x1A\x07\x01\x00", 0, b"", "application/x-rar-compressed"),
    (b"\x00asm", 0, b"", "application/wasm"),
];

/// The media type of a file that starts with `start`, of which at most 512 bytes count.
pub(super) fn content_type(start: &[u8]) -> &'static str {
    let start = &start[..start.len().min(512)];
    let blank = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\x0C' | b'\r' | b' ');
    let text = &start[start.iter().position(|byte| !blank(byte)).unwrap_or(start.len())..];
    if HTML_TAGS.iter().any(|tag| starts_with_tag(text, tag.as_bytes())) {
        return "text/html; charset=utf-8";
    }
    if text.starts_with(b"<?xml") {
        return "text/xml; charset=utf-8";
    }
    // Video in MP4 stands between the signatures in Go's list, but no other signature looks like it.
    if is_mp4(start) {
        return "video/mp4";
    }
    for (head, at, tail, kind) in SIGNATURES {
        let tail_fits =
            if tail.is_empty() { start.len() > at } else { start.get(at..).is_some_and(|rest| rest.starts_with(tail)) };
        if start.starts_with(head) && tail_fits {
            return kind;
        }
    }
    let binary = |byte: &u8| matches!(byte, 0..=8 | 0x0B | 0x0E..=0x1A | 0x1C..=0x1F);
    if text.iter().any(binary) { "application/octet-stream" } else { TEXT }
}

fn starts_with_tag(text: &[u8], tag: &[u8]) -> bool {
    let Some((name, rest)) = text.split_at_checked(tag.len()) else { return false };
    let folds = |(wanted, found): (&u8, &u8)| match wanted {
        b'A'..=b'Z' => found & 0xDF == *wanted,
        _ => found == wanted,
    };
    tag.iter().zip(name).all(folds) && matches!(rest.first(), Some(b' ' | b'>'))
}

fn is_mp4(start: &[u8]) -> bool {
    let Some((size, rest)) = start.split_first_chunk::<4>() else { return false };
    let size = u32::from_be_bytes(*size) as usize;
    if start.len() < size.max(12) || !size.is_multiple_of(4) || !rest.starts_with(b"ftyp") {
        return false;
    }
    (8..size).step_by(4).filter(|at| *at != 12).any(|at| start[at..].starts_with(b"mp4"))
}

#[cfg(test)]
mod tests {
    use super::content_type;

    #[test]
    fn files_are_named_as_go_names_them() {
        for (start, want) in [
            (&b"plain text\n"[..], "text/plain; charset=utf-8"),
            (b"plain text\n\0\0", "application/octet-stream"),
            (b"  <html>", "text/html; charset=utf-8"),
            (b"<htmlx>", "text/plain; charset=utf-8"),
            (b"PK\x03\x04..", "application/zip"),
            (b"\xEF\xBB\xBFa", "text/plain; charset=utf-8"),
            (b"RIFFxxxxWAVE", "audio/wave"),
            (b"\0\0\0\x10ftypmp42aaaa", "video/mp4"),
            (b"", "text/plain; charset=utf-8"),
        ] {
            assert_eq!(content_type(start), want, "{start:?}");
        }
    }
}
