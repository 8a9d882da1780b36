//! Where the entries of an index lie in its text, found without reading them.
//!
//! Helm and its like write an index as block YAML: charts as keys below `entries:`, versions as items below each. One
//! walk over the lines finds where each item starts. It knows just enough YAML not to be fooled: quoted texts over
//! several lines, block texts, continued plain texts. Whatever it does not know makes it give up, and the whole index
//! is read by the YAML reader instead.

use memchr::memmem;
use std::ops::Range;

/// The layout of an index in block style.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Layout {
    /// The lines of `entries:`, its own line included; empty and at the end where there is no such key.
    pub(super) entries: Range<usize>,
    /// The charts in the order of the text.
    pub(super) charts: Vec<ChartLines>,
    /// How many versions there are.
    pub(super) versions: usize,
    /// Whether a quoted text around the entries goes over several lines.
    pub(super) is_head_woven: bool,
}

/// The lines of one chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ChartLines {
    /// The key as it is written, with its quotes.
    pub(super) key: Range<usize>,
    /// Its own line and those of its versions.
    pub(super) lines: Range<usize>,
    /// How far the dashes of its versions are indented.
    pub(super) indent: usize,
    /// The versions.
    pub(super) items: Vec<Item>,
}

/// One version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Item {
    /// Where its first line starts.
    pub(super) start: u32,
    /// Whether a quoted text goes over several of its lines, so that lines alone do not tell what is a key.
    pub(super) is_woven: bool,
}

/// Something that only the YAML reader can tell.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unusual;

impl ChartLines {
    /// The lines of each version.
    pub(super) fn places(&self) -> impl Iterator<Item = (Range<usize>, bool)> {
        let ends = self.items.iter().skip(1).map(|item| item.start as usize).chain([self.lines.end]);
        self.items.iter().zip(ends).map(|(item, end)| (item.start as usize..end, item.is_woven))
    }
}

impl Layout {
    /// Finds the layout of a text; ends behind `most` versions, with one more than that.
    pub(super) fn scan(text: &[u8], most: usize) -> Result<Layout, Unusual> {
        if u32::try_from(text.len()).is_err() || has_other_break(text) || text.starts_with(b"\xEF\xBB\xBF") {
            return Err(Unusual);
        }
        let mut scan = Scan {
            text,
            at: 0,
            layout: Layout::default(),
            section: Section::Head,
            names: 0,
            skip: None,
            is_open: false,
        };
        scan.run(most)?;
        // A break behind such a text would become part of it.
        if scan.skip.is_some() && !text.ends_with(b"\n") {
            return Err(Unusual);
        }
        if scan.layout.entries.is_empty() {
            scan.layout.entries = text.len()..text.len();
        }
        Ok(scan.layout)
    }
}

/// Whether something else than a line feed breaks lines for YAML: a lone carriage return, U+0085, U+2028, U+2029.
fn has_other_break(text: &[u8]) -> bool {
    let follows = |at: usize, wanted: &[u8]| text.get(at).is_some_and(|byte| wanted.contains(byte));
    memchr::memchr_iter(b'\r', text).any(|at| !follows(at + 1, b"\n"))
        || memmem::find(text, b"\xC2\x85").is_some()
        || memmem::find_iter(text, b"\xE2\x80").any(|at| follows(at + 2, b"\xA8\xA9"))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    /// Outside of `entries`.
    Head,
    Entries,
}

struct Scan<'a> {
    text: &'a [u8],
    at: usize,
    layout: Layout,
    section: Section,
    /// How far the names of charts are indented; 0 before the first.
    names: usize,
    /// Deeper lines than this belong to a text.
    skip: Option<usize>,
    /// Whether the last key at the margin has no value on its line, so that deeper lines are its value.
    is_open: bool,
}

/// A line without its break.
struct Line {
    start: usize,
    indent: usize,
    /// Behind the indentation and before the break.
    content: Range<usize>,
}

impl Scan<'_> {
    fn run(&mut self, most: usize) -> Result<(), Unusual> {
        while let Some(line) = self.next_line() {
            let content = &self.text[line.content.clone()];
            if content.is_empty() || content[0] == b'#' || self.skip.is_some_and(|column| line.indent > column) {
                continue;
            }
            self.skip = None;
            if content[0] == b'\t' {
                return Err(Unusual);
            }
            match line.indent {
                0 => self.top(&line)?,
                _ => self.inner(&line)?,
            }
            if self.layout.versions > most {
                break;
            }
        }
        self.close(self.text.len());
        Ok(())
    }

    fn next_line(&mut self) -> Option<Line> {
        let start = self.at;
        let rest = self.text.get(start..).filter(|rest| !rest.is_empty())?;
        let len = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        self.at = start + (len + 1).min(rest.len());
        let indent = rest[..len].iter().take_while(|byte| **byte == b' ').count();
        let mut end = start + len;
        while end > start + indent && matches!(self.text[end - 1], b'\r' | b' ') {
            end -= 1;
        }
        Some(Line { start, indent, content: start + indent..end })
    }

    /// A line that starts at the margin.
    fn top(&mut self, line: &Line) -> Result<(), Unusual> {
        let content = &self.text[line.content.clone()];
        if content == b"---" && line.start == 0 {
            return Ok(());
        }
        if content.starts_with(b"---") || content.starts_with(b"...") || content[0] == b'%' {
            return Err(Unusual);
        }
        if content[0] == b'-' {
            // A list below a key stands at the margin, too; that of charts is none.
            return if self.section == Section::Entries { Err(Unusual) } else { self.node(line.content.clone(), 0) };
        }
        self.close(line.start);
        let Some(colon) = key_end(content) else { return Err(Unusual) };
        let value = trimmed(&content[colon + 1..]);
        self.is_open = value.is_empty();
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if !content[..colon].iter().all(is_plain) {
            return Err(Unusual);
        }
        if &content[..colon] != b"entries" {
            return self.node(line.content.clone(), 0);
        }
        if self.layout.entries != (0..0) || !matches!(value, b"" | b"{}" | b"null" | b"~") {
            return Err(Unusual);
        }
        self.layout.entries = line.start..self.at;
        self.section = if value.is_empty() { Section::Entries } else { Section::Head };
        Ok(())
    }

    /// Ends the chart and the section that are open.
    fn close(&mut self, end: usize) {
        if let Some(chart) = self.layout.charts.last_mut().filter(|_| self.section == Section::Entries) {
            chart.lines.end = end;
        }
        if self.section == Section::Entries {
            self.layout.entries.end = end;
        }
        self.section = Section::Head;
    }

    /// An indented line.
    fn inner(&mut self, line: &Line) -> Result<(), Unusual> {
        if self.section == Section::Head {
            if !self.is_open {
                return Err(Unusual);
            }
            return self.node(line.content.clone(), line.indent);
        }
        if self.names == 0 {
            self.names = line.indent;
        }
        let is_item = starts_item(&self.text[line.content.clone()]);
        if line.indent == self.names && !is_item {
            return self.chart(line);
        }
        let names = self.names;
        let Some(chart) = self.layout.charts.last_mut() else { return Err(Unusual) };
        if chart.items.is_empty() {
            chart.indent = line.indent;
        }
        if line.indent < chart.indent || line.indent < names || (line.indent == chart.indent && !is_item) {
            return Err(Unusual);
        }
        if line.indent == chart.indent {
            chart.items.push(Item { start: u32::try_from(line.start).map_err(|_| Unusual)?, is_woven: false });
            self.layout.versions += 1;
        }
        self.node(line.content.clone(), line.indent)
    }

    fn chart(&mut self, line: &Line) -> Result<(), Unusual> {
        let content = &self.text[line.content.clone()];
        let Some(colon) = key_end(content) else { return Err(Unusual) };
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'"' | b'\'');
        if colon == 0 || !content[..colon].iter().all(plain) || !trimmed(&content[colon + 1..]).is_empty() {
            return Err(Unusual);
        }
        if let Some(before) = self.layout.charts.last_mut() {
            before.lines.end = line.start;
        }
        let key = line.content.start..line.content.start + colon;
        let lines = line.start..self.at;
        self.layout.charts.push(ChartLines { key, lines, indent: self.names, items: Vec::new() });
        Ok(())
    }

    /// Looks at what a line holds, as far as it tells how to read the following lines.
    fn node(&mut self, content: Range<usize>, mut column: usize) -> Result<(), Unusual> {
        let mut at = content.start;
        let end = content.end;
        let mut owner = column;
        while starts_item(&self.text[at..end]) {
            let inner = 1 + self.text[at + 1..end].iter().take_while(|byte| **byte == b' ').count();
            owner = column;
            (at, column) = (at + inner, column + inner);
        }
        if at >= end {
            return Ok(());
        }
        if let Some(colon) = key_end(&self.text[at..end]) {
            owner = column;
            at += colon + 1;
            at += self.text[at..end].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        }
        self.value(at..end, owner)
    }

    /// A value that starts here; `owner` is the column of its key or dash.
    fn value(&mut self, value: Range<usize>, owner: usize) -> Result<(), Unusual> {
        let rest = &self.text[value.clone()];
        match rest.first() {
            None | Some(b'#') => Ok(()),
            Some(quote @ (b'"' | b'\'')) => self.quoted(value.start + 1, *quote),
            Some(b'[' | b'{') => {
                if is_closed_flow(rest) {
                    Ok(())
                } else {
                    Err(Unusual)
                }
            }
            Some(b'&' | b'*' | b'!' | b'%' | b'@' | b'`' | b'?' | b'\t') => Err(Unusual),
            Some(_) => {
                self.skip = Some(owner);
                Ok(())
            }
        }
    }

    /// Steps to the line behind the end of a quoted text.
    fn quoted(&mut self, from: usize, quote: u8) -> Result<(), Unusual> {
        let mut at = from;
        loop {
            let rest = self.text.get(at..).ok_or(Unusual)?;
            at += match quote {
                b'"' => memchr::memchr2(b'"', b'\\', rest),
                _ => memchr::memchr(b'\'', rest),
            }
            .ok_or(Unusual)?;
            match (self.text[at], self.text.get(at + 1)) {
                (b'\\', _) => at += 2,
                (b'\'', Some(b'\'')) => at += 2,
                _ => break,
            }
        }
        if at >= self.at {
            if self.section == Section::Head {
                self.layout.is_head_woven = true;
            } else if let Some(item) = self.layout.charts.last_mut().and_then(|chart| chart.items.last_mut()) {
                item.is_woven = true;
            }
            let rest = &self.text[at..];
            self.at = at + memchr::memchr(b'\n', rest).map_or(rest.len(), |len| len + 1);
        }
        let line = &self.text[at + 1..self.at];
        let behind = trimmed(line);
        if behind.is_empty() { Ok(()) } else { Err(Unusual) }
    }
}

fn starts_item(content: &[u8]) -> bool {
    content == b"-" || content.starts_with(b"- ")
}

/// A value without space and comment around it.
fn trimmed(text: &[u8]) -> &[u8] {
    let text = text.trim_ascii();
    if text.starts_with(b"#") { b"" } else { text }
}

/// Where the colon of a key stands; `None` where the line holds no key.
fn key_end(content: &[u8]) -> Option<usize> {
    if let Some(quote @ (b'"' | b'\'')) = content.first() {
        let end = memchr::memchr(*quote, &content[1..])? + 2;
        return (content.get(end) == Some(&b':') && is_end(content.get(end + 1))).then_some(end);
    }
    if matches!(content.first(), Some(b'[' | b'{' | b'#' | b'|' | b'>')) {
        return None;
    }
    memchr::memchr_iter(b':', content).find(|at| is_end(content.get(at + 1)))
}

fn is_end(byte: Option<&u8>) -> bool {
    matches!(byte, None | Some(b' ' | b'\t'))
}

/// Whether a flow collection ends on the line on which it starts.
fn is_closed_flow(text: &[u8]) -> bool {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(byte) = text.get(at) {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return trimmed(&text[at + 1..]).is_empty();
                }
            }
            b'"' => match flow_text(&text[at + 1..]) {
                Some(len) => at += len,
                None => return false,
            },
            b'\'' => match memchr::memchr(b'\'', &text[at + 1..]) {
                Some(len) => at += len + 1,
                None => return false,
            },
            b'#' if at > 0 && matches!(text[at - 1], b' ' | b'\t') => return false,
            b'&' | b'*' | b'!' if at > 0 && matches!(text[at - 1], b' ' | b'[' | b'{' | b',') => return false,
            _ => {}
        }
        at += 1;
    }
    false
}

/// The length of a double-quoted text behind its first quote, the last one included.
fn flow_text(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(text: &str) -> Result<Vec<(String, Vec<String>)>, Unusual> {
        let layout = Layout::scan(text.as_bytes(), 1000)?;
        let charts = layout.charts.iter().map(|chart| {
            let ends = chart.items.iter().skip(1).map(|item| item.start as usize).chain([chart.lines.end]);
            let items = chart.items.iter().zip(ends).map(|(item, end)| text[item.start as usize..end].to_owned());
            (text[chart.key.clone()].to_owned(), items.collect())
        });
        Ok(charts.collect())
    }

    #[test]
    fn items_are_found_whatever_their_texts_hold() {
        let text = "apiVersion: v1\nentries:\n  a:\n  - name: a\n    description: |\n      - name: no\n\n      x: \"\n    version: 1\n\
            \x20 - description: \"open\n  - name: no\n  b:\n    \"\n    name: a\n  b-c:\n    - description: plain\n        'x: y\n      version: 2\n\
            \x20   - {version: '3', x: [\"]\"]}\n  'd':\ngenerated: now\n";
        let found = scan(text).expect("is usual");
        let names: Vec<_> = found.iter().map(|(name, items)| (name.as_str(), items.len())).collect();
        assert_eq!(names, [("a", 2), ("b-c", 2), ("'d'", 0)]);
        assert_eq!(found[0].1[1], "  - description: \"open\n  - name: no\n  b:\n    \"\n    name: a\n");
        assert_eq!(found[1].1[1], "    - {version: '3', x: [\"]\"]}\n");
    }

    #[test]
    fn other_layouts_are_left_to_the_reader() {
        for text in [
            "{\"apiVersion\": \"v1\"}",
            "entries: {a: []}",
            "entries:\n  a: [{}]\n",
            "entries:\n  a: &x\n",
            "entries:\n  a:\n  - *x\n",
            "entries:\n  a:\n  - x: [1,\n    2]\n",
            "entries:\n  a:\n  - x: &y 1\n",
            "entries:\n\ta:\n",
            "entries:\n  a:\n  - x: 1\n---\n",
            "entries:\n  a:\n  - x: \"1\n",
            "a: 1\rentries: {}\n",
            "entries:\n  a:\n  - \u{2028}name: a\n",
            "entries:\n  a:\n  - \u{85}name: a\n",
            "entries:\n  <<:\n  - x\n",
            "entries:\n- a\n",
            "entries: {}\nentries: {}\n",
            "  {\"entries\": {\"a\": [null]}}",
            "apiVersion:\nentries: {}\n v1\n",
            "entries:\n  a:\n  - x: |\n      text",
        ] {
            assert_eq!(scan(text), Err(Unusual), "{text:?}");
        }
    }
}
