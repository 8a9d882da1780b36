//! `.helmignore`: which files of a chart folder are left out.
//!
//! The rules look like those of git but are Helm's own: a name without `/` is compared with the last element, a negated
//! rule leaves out everything that it does not match, and `**` is refused.

use super::glob;
use crate::diagnostic::{Error, ErrorKind};

/// The longest line that Go's scanner reads.
const MAX_LINE: usize = 64 * 1024;

/// The rules of one `.helmignore`, with Helm's default.
#[derive(Debug, Default)]
pub(super) struct Rules(Vec<Rule>);

#[derive(Debug)]
struct Rule {
    pattern: String,
    /// How many bytes of the pattern stand for themselves, up to the first that does not.
    plain: usize,
    negated: bool,
    folders_only: bool,
    /// Whether the pattern is compared with the last element of a path instead of the whole.
    base_only: bool,
}

/// What kind of entry a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    Folder,
    Other,
}

impl Rules {
    /// Helm's default alone: hidden files directly in `templates/` are left out.
    pub(super) fn new() -> Rules {
        let pattern = "templates/.?*".to_owned();
        Rules(vec![Rule { plain: plain(&pattern), pattern, negated: false, folders_only: false, base_only: false }])
    }

    /// The rules of a text, then the default.
    pub(super) fn parse(text: &[u8]) -> Result<Rules, Error> {
        let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
        let mut rules = Vec::new();
        for line in text.split(|byte| *byte == b'\n') {
            if line.len() >= MAX_LINE {
                return Err(Error::new(ErrorKind::Limit, "bufio.Scanner: token too long"));
            }
            rules.extend(parse_rule(&String::from_utf8_lossy(line))?);
        }
        rules.append(&mut Rules::new().0);
        Ok(Rules(rules))
    }

    /// Whether the entry at `path` (relative to the chart, with `/`) is left out.
    pub(super) fn ignores(&self, path: &str, entry: Entry) -> bool {
        if matches!(path, "" | "." | "./") {
            return false;
        }
        let base = super::os::base(path);
        self.0.iter().any(|rule| {
            let looks = !rule.folders_only || entry == Entry::Folder;
            let matches = looks && rule.matches(if rule.base_only { base } else { path });
            matches != rule.negated
        })
    }
}

impl Rule {
    fn matches(&self, name: &str) -> bool {
        let (plain, special) = self.pattern.split_at(self.plain);
        match name.strip_prefix(plain) {
            None => false,
            Some(rest) if special.is_empty() => rest.is_empty(),
            Some(_) => glob::matches(&self.pattern, name).unwrap_or(false),
        }
    }
}

/// How many bytes of a pattern stand for themselves, up to the first that does not.
fn plain(pattern: &str) -> usize {
    pattern.find(['*', '?', '[', '\\']).unwrap_or(pattern.len())
}

fn parse_rule(line: &str) -> Result<Option<Rule>, Error> {
    let rule = line.trim();
    if rule.is_empty() || rule.starts_with('#') {
        return Ok(None);
    }
    if rule.contains("**") {
        let error = Error::new(ErrorKind::Content, "double-star (**) syntax is not supported");
        return Err(error.hint("write one rule for each folder in `.helmignore`"));
    }
    if let Err(bad) = glob::matches(rule, "abc") {
        return Err(Error::new(ErrorKind::Content, bad.to_string()).hint(format!("see `{rule}` in `.helmignore`")));
    }
    let (rule, negated) = strip(rule, str::strip_prefix, "!");
    let (rule, folders_only) = strip(rule, str::strip_suffix, "/");
    let (rule, rooted) = strip(rule, str::strip_prefix, "/");
    let base_only = !rooted && !rule.contains('/');
    Ok(Some(Rule { plain: plain(rule), pattern: rule.to_owned(), negated, folders_only, base_only }))
}

fn strip<'a>(text: &'a str, by: fn(&'a str, &'a str) -> Option<&'a str>, part: &'a str) -> (&'a str, bool) {
    by(text, part).map_or((text, false), |rest| (rest, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_ignore_as_helm_does() {
        use Entry::{Folder, Other};
        for (rule, path, entry, want) in [
            ("helm.txt", "helm.txt", Other, true),
            ("*.txt", "cargo/a.txt", Other, true),
            ("cargo/*.txt", "mast/a.txt", Other, false),
            ("ru[c-e]?er.txt", "rudder.txt", Other, true),
            (".*", "./", Folder, false),
            (".*", ".joonix", Other, true),
            ("cargo/", "cargo", Folder, true),
            ("helm.txt/", "helm.txt", Other, false),
            ("!helm.txt", "helm.txt", Other, false),
            ("!helm.txt", "tiller.txt", Other, true),
            ("!cargo/", "mast/a.txt", Other, true),
            ("/a.txt", "a.txt", Other, true),
            ("/a.txt", "cargo/a.txt", Other, false),
            ("\u{feff}a.txt\r\n# b.txt", "a.txt", Other, true),
            ("# b.txt", "b.txt", Other, false),
            ("", "templates/.hidden", Other, true),
            ("", "templates/x/.hidden", Other, false),
        ] {
            let rules = Rules::parse(rule.as_bytes()).expect(rule);
            assert_eq!(rules.ignores(path, entry), want, "{rule:?} over {path:?}");
        }
        assert!(Rules::parse(b"a/**/b").is_err() && Rules::parse(b"[z-").is_err());
    }
}
