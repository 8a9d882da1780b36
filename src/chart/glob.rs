//! Go's `filepath.Match`: shell patterns over one path, where `*` and `?` stop at `/`.

/// The pattern cannot be read; its text is Go's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadPattern;

impl std::fmt::Display for BadPattern {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("syntax error in pattern")
    }
}

impl std::error::Error for BadPattern {}

/// Whether `name` matches all of `pattern`.
///
/// A pattern that is wrong only after the point where the match is lost counts as a mismatch, as in Go.
pub(crate) fn matches(pattern: &str, name: &str) -> Result<bool, BadPattern> {
    let (mut pattern, mut name) = (pattern.as_bytes(), name.as_bytes());
    while !pattern.is_empty() {
        let (star, chunk, rest) = next_chunk(pattern);
        pattern = rest;
        if star && chunk.is_empty() {
            return Ok(!name.contains(&b'/'));
        }
        if let Some(left) = match_chunk(chunk, name)?
            && (left.is_empty() || !pattern.is_empty())
        {
            name = left;
            continue;
        }
        if star && let Some(left) = skip_to_match(chunk, name, pattern.is_empty())? {
            name = left;
            continue;
        }
        return Ok(false);
    }
    Ok(name.is_empty())
}

/// Go's `filepath.Glob`: the files that match a pattern, those of one folder in the order of their names. What cannot be
/// read is passed over.
pub(crate) fn find(pattern: &str) -> Result<Vec<String>, BadPattern> {
    matches(pattern, "")?;
    let mut fixed = pattern.to_owned();
    let mut wild = Vec::new();
    while fixed.contains(['*', '?', '[', '\\']) {
        let (folder, file) =
            fixed.rsplit_once('/').map_or((None, fixed.as_str()), |(folder, file)| (Some(folder), file));
        wild.push(file.to_owned());
        fixed = match folder {
            None => ".".to_owned(),
            Some("") => "/".to_owned(),
            Some(folder) => folder.to_owned(),
        };
    }
    let mut found = if std::fs::symlink_metadata(&fixed).is_ok() { vec![fixed] } else { Vec::new() };
    for pattern in wild.iter().rev() {
        found = found.iter().map(|folder| in_folder(folder, pattern)).collect::<Result<Vec<_>, _>>()?.concat();
    }
    Ok(found)
}

fn in_folder(folder: &str, pattern: &str) -> Result<Vec<String>, BadPattern> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut names: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    let mut found = Vec::new();
    for name in names {
        if matches(pattern, &name)? {
            found.push(super::os::join(folder, &name));
        }
    }
    Ok(found)
}

/// The rest of `name` after the first place behind a star where `chunk` matches; the last chunk must end the name.
fn skip_to_match<'a>(chunk: &[u8], name: &'a [u8], last: bool) -> Result<Option<&'a [u8]>, BadPattern> {
    if last && is_plain(chunk) {
        // Most patterns are a star and an ending.
        let before = name.len().checked_sub(chunk.len()).map(|len| name.split_at(len));
        let fits = before.is_some_and(|(before, end)| end == chunk && !before.is_empty() && !before.contains(&b'/'));
        return Ok(fits.then(|| &name[name.len()..]));
    }
    for at in 0..name.len() {
        if name[at] == b'/' {
            break;
        }
        match match_chunk(chunk, &name[at + 1..])? {
            Some(left) if last && !left.is_empty() => continue,
            Some(left) => return Ok(Some(left)),
            None => continue,
        }
    }
    Ok(None)
}

/// Whether stars lead, the text up to the next star, and what follows.
fn next_chunk(pattern: &[u8]) -> (bool, &[u8], &[u8]) {
    let stars = pattern.iter().take_while(|byte| **byte == b'*').count();
    let pattern = &pattern[stars..];
    let (mut at, mut in_class) = (0, false);
    while at < pattern.len() {
        match pattern[at] {
            b'\\' if at + 1 < pattern.len() => at += 1,
            b'[' => in_class = true,
            b']' => in_class = false,
            b'*' if !in_class => break,
            _ => {}
        }
        at += 1;
    }
    (stars > 0, &pattern[..at], &pattern[at..])
}

/// Whether a chunk stands for itself.
fn is_plain(chunk: &[u8]) -> bool {
    !chunk.iter().any(|byte| matches!(byte, b'?' | b'[' | b'\\'))
}

/// What `name` has left after the chunk (which has no star), or `None` if it does not match.
fn match_chunk<'a>(mut chunk: &[u8], mut name: &'a [u8]) -> Result<Option<&'a [u8]>, BadPattern> {
    // After a mismatch the rest of the chunk is still read, to find out whether it is well formed.
    let mut failed = false;
    while let Some(first) = chunk.first() {
        failed = failed || name.is_empty();
        match first {
            b'[' => {
                let (letter, size) = if failed { ('\0', 0) } else { first_rune(name) };
                name = &name[size..];
                let (hit, rest) = match_class(&chunk[1..], letter)?;
                chunk = rest;
                failed |= !hit;
            }
            b'?' => {
                if !failed {
                    failed = name[0] == b'/';
                    name = &name[first_rune(name).1..];
                }
                chunk = &chunk[1..];
            }
            first => {
                let mut wanted = *first;
                if wanted == b'\\' {
                    chunk = &chunk[1..];
                    wanted = *chunk.first().ok_or(BadPattern)?;
                }
                if !failed {
                    failed = wanted != name[0];
                    name = &name[1..];
                }
                chunk = &chunk[1..];
            }
        }
    }
    Ok((!failed).then_some(name))
}

/// Whether `letter` is in the class whose text follows `[`, and the text after the class.
fn match_class(mut chunk: &[u8], letter: char) -> Result<(bool, &[u8]), BadPattern> {
    let negated = chunk.first() == Some(&b'^');
    if negated {
        chunk = &chunk[1..];
    }
    let (mut hit, mut ranges) = (false, 0);
    loop {
        if ranges > 0 && chunk.first() == Some(&b']') {
            return Ok((hit != negated, &chunk[1..]));
        }
        let (low, rest) = class_letter(chunk)?;
        let mut high = low;
        chunk = rest;
        if chunk.first() == Some(&b'-') {
            (high, chunk) = class_letter(&chunk[1..])?;
        }
        hit |= low <= letter && letter <= high;
        ranges += 1;
    }
}

fn class_letter(mut chunk: &[u8]) -> Result<(char, &[u8]), BadPattern> {
    match chunk.first() {
        None | Some(b'-' | b']') => return Err(BadPattern),
        Some(b'\\') => chunk = &chunk[1..],
        Some(_) => {}
    }
    if chunk.is_empty() {
        return Err(BadPattern);
    }
    let (letter, size) = first_rune(chunk);
    if letter == char::REPLACEMENT_CHARACTER && size == 1 {
        return Err(BadPattern);
    }
    let rest = &chunk[size..];
    if rest.is_empty() { Err(BadPattern) } else { Ok((letter, rest)) }
}

/// The first character of a text that is not empty, and its bytes; a wrong byte is one replacement character.
fn first_rune(text: &[u8]) -> (char, usize) {
    match text.utf8_chunks().next() {
        Some(chunk) => match chunk.valid().chars().next() {
            Some(letter) => (letter, letter.len_utf8()),
            None => (char::REPLACEMENT_CHARACTER, 1),
        },
        None => (char::REPLACEMENT_CHARACTER, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_go() {
        for (pattern, name, want) in [
            ("abc", "abc", Ok(true)),
            ("*", "abc", Ok(true)),
            ("*c", "abc", Ok(true)),
            ("a*", "ab/c", Ok(false)),
            ("a*/b", "abc/b", Ok(true)),
            ("a*/b", "a/c/b", Ok(false)),
            ("a*b*c*d*e*/f", "axbxcxdxe/f", Ok(true)),
            ("a*b?c*x", "abxbbxdbxebxczzx", Ok(true)),
            ("a*b?c*x", "abxbbxdbxebxczzy", Ok(false)),
            ("ab[c]", "abc", Ok(true)),
            ("ab[^e-g]", "abc", Ok(true)),
            ("ab[^b-d]", "abc", Ok(false)),
            ("a\\*b", "a*b", Ok(true)),
            ("a\\*b", "ab", Ok(false)),
            ("a?b", "a☺b", Ok(true)),
            ("a[^a]b", "a☺b", Ok(true)),
            ("[a-ζ]*", "α", Ok(true)),
            ("*[a-ζ]", "A", Ok(false)),
            ("a?b", "a/b", Ok(false)),
            ("[\\]a]", "]", Ok(true)),
            ("[\\-x]", "-", Ok(true)),
            ("[]a]", "]", Err(BadPattern)),
            ("[-]", "-", Err(BadPattern)),
            ("[x-]", "x", Err(BadPattern)),
            ("\\", "a", Err(BadPattern)),
            ("[a-b-c]", "a", Err(BadPattern)),
            ("[", "a", Err(BadPattern)),
            ("[^", "a", Err(BadPattern)),
            ("a[", "a", Err(BadPattern)),
            ("a[", "ab", Err(BadPattern)),
            ("a[", "x", Err(BadPattern)),
            ("a/b[", "x", Err(BadPattern)),
            ("a*b[", "x", Ok(false)),
            ("*x", "xxx", Ok(true)),
            ("", "", Ok(true)),
            ("a", "", Ok(false)),
        ] {
            assert_eq!(matches(pattern, name), want, "{pattern:?} over {name:?}");
        }
    }
}
