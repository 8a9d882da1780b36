//! The patterns of `.Files.Glob`: shell patterns with alternatives and `**`, `/` separating.
//!
//! The reference is gobwas/glob 0.2.3. A pattern becomes a small program that is run over a name with all its
//! branches at once, so that the time is bounded by the length of the pattern times that of the name.

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Glob {
    steps: Vec<Step>,
}

#[derive(Clone, Debug)]
enum Step {
    /// This character.
    Char(char),
    /// A character that passes the test.
    One(Test),
    /// Any run of characters that pass the test.
    Run(Test),
    /// Goes on in all these places.
    Fork(Vec<usize>),
    /// Goes on there.
    Jump(usize),
}

#[derive(Clone, Debug)]
enum Test {
    /// Any character at all.
    All,
    /// Any but `/`.
    NoSeparator,
    /// Within one of these ranges, or with `false` outside of all of them.
    Ranges(Vec<(char, char)>, bool),
}

impl Test {
    fn passes(&self, letter: char) -> bool {
        match self {
            Test::All => true,
            Test::NoSeparator => letter != '/',
            Test::Ranges(ranges, wanted) => {
                ranges.iter().any(|(low, high)| *low <= letter && letter <= *high) == *wanted
            }
        }
    }
}

/// An open group of alternatives.
struct Group {
    /// The step that forks into the alternatives.
    fork: usize,
    /// The jumps at the ends of all alternatives but the last.
    ends: Vec<usize>,
}

impl Glob {
    /// Compiles a pattern; `None` where it is malformed.
    ///
    /// A missing `}` is as good as one at the end, a `\` before the end means nothing.
    pub fn new(pattern: &[u8]) -> Option<Glob> {
        let pattern = std::str::from_utf8(pattern).ok()?;
        let letters: Vec<char> = pattern.chars().collect();
        if letters.iter().any(|letter| matches!(*letter, '\0' | char::REPLACEMENT_CHARACTER)) {
            return None;
        }
        let mut glob = Glob { steps: Vec::with_capacity(letters.len()) };
        let mut groups = Vec::new();
        let mut at = 0;
        while let Some(&letter) = letters.get(at) {
            at += 1;
            match letter {
                '{' => glob.open(&mut groups),
                ',' if !groups.is_empty() => glob.next_alternative(&mut groups),
                '}' if !groups.is_empty() => glob.close(groups.pop()),
                '[' => {
                    let (test, end) = class(&letters, at)?;
                    glob.steps.push(Step::One(test));
                    at = end;
                }
                '?' => glob.steps.push(Step::One(Test::NoSeparator)),
                '*' if letters.get(at) == Some(&'*') => {
                    glob.steps.push(Step::Run(Test::All));
                    at += 1;
                }
                '*' => glob.steps.push(Step::Run(Test::NoSeparator)),
                '\\' => {
                    glob.steps.extend(letters.get(at).map(|letter| Step::Char(*letter)));
                    at += 1;
                }
                _ => glob.steps.push(Step::Char(letter)),
            }
        }
        while let Some(group) = groups.pop() {
            glob.close(Some(group));
        }
        Some(glob)
    }

    /// The pattern that matches everything, which Helm takes in place of a malformed one.
    pub fn all() -> Glob {
        Glob { steps: vec![Step::Run(Test::All)] }
    }

    fn open(&mut self, groups: &mut Vec<Group>) {
        let fork = self.steps.len();
        self.steps.push(Step::Fork(vec![fork + 1]));
        groups.push(Group { fork, ends: Vec::new() });
    }

    fn next_alternative(&mut self, groups: &mut [Group]) {
        let Some(group) = groups.last_mut() else { return };
        group.ends.push(self.steps.len());
        self.steps.push(Step::Jump(0));
        let next = self.steps.len();
        if let Some(Step::Fork(targets)) = self.steps.get_mut(group.fork) {
            targets.push(next);
        }
    }

    fn close(&mut self, group: Option<Group>) {
        let after = self.steps.len();
        for end in group.into_iter().flat_map(|group| group.ends) {
            if let Some(step) = self.steps.get_mut(end) {
                *step = Step::Jump(after);
            }
        }
    }

    /// Whether a whole name matches; invalid UTF-8 in it counts as U+FFFD.
    pub fn matches(&self, name: &[u8]) -> bool {
        let mut run = Run { live: vec![false; self.steps.len() + 1], now: Vec::new(), pending: Vec::new() };
        run.enter(&self.steps, 0);
        let mut next = Vec::new();
        for letter in String::from_utf8_lossy(name).chars() {
            for at in run.now.drain(..) {
                run.live[at] = false;
                match self.steps.get(at) {
                    Some(Step::Char(wanted)) if *wanted == letter => next.push(at + 1),
                    Some(Step::One(test)) if test.passes(letter) => next.push(at + 1),
                    Some(Step::Run(test)) if test.passes(letter) => next.push(at),
                    _ => {}
                }
            }
            for at in next.drain(..) {
                run.enter(&self.steps, at);
            }
            if run.now.is_empty() {
                return false;
            }
        }
        run.live[self.steps.len()]
    }
}

/// One match in progress.
struct Run {
    /// Which steps are in `now`; the place past the last step is the match.
    live: Vec<bool>,
    /// The steps that wait for the next character.
    now: Vec<usize>,
    pending: Vec<usize>,
}

impl Run {
    /// Enters a step and all that follow it without a character.
    fn enter(&mut self, steps: &[Step], first: usize) {
        self.pending.push(first);
        while let Some(at) = self.pending.pop() {
            if std::mem::replace(&mut self.live[at], true) {
                continue;
            }
            self.now.push(at);
            match steps.get(at) {
                Some(Step::Run(_)) => self.pending.push(at + 1),
                Some(Step::Jump(target)) => self.pending.push(*target),
                Some(Step::Fork(targets)) => self.pending.extend(targets),
                _ => {}
            }
        }
    }
}

/// Reads a class after its `[`; returns it and the place after its `]`.
///
/// A class is either one range or a list: `[a-cx]` is malformed, `[xa-c]` lists four characters.
fn class(letters: &[char], mut at: usize) -> Option<(Test, usize)> {
    let wanted = letters.get(at) != Some(&'!');
    if !wanted {
        at += 1;
    }
    if letters.get(at + 1) == Some(&'-') {
        let (low, high, close) = (*letters.get(at)?, *letters.get(at + 2)?, *letters.get(at + 3)?);
        let sound = close == ']' && low <= high;
        return sound.then(|| (Test::Ranges(vec![(low, high)], wanted), at + 4));
    }
    let mut listed = Vec::new();
    loop {
        match *letters.get(at)? {
            ']' if listed.is_empty() => return None,
            ']' => return Some((Test::Ranges(listed, wanted), at + 1)),
            '\\' => {
                listed.push(single(*letters.get(at + 1)?));
                at += 2;
            }
            letter => {
                listed.push(single(letter));
                at += 1;
            }
        }
    }
}

fn single(letter: char) -> (char, char) {
    (letter, letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_gobwas_glob() {
        for (pattern, good, bad) in [
            ("*", vec!["a", "", "a.b"], vec!["a/b", "/"]),
            ("**", vec!["a", "", "a/b"], vec![]),
            ("conf/*", vec!["conf/a", "conf/"], vec!["conf/a/b", "conf"]),
            ("**.txt", vec!["a.txt", "b/c.txt", ".txt"], vec!["a.txt2"]),
            ("**/*.txt", vec!["b/c.txt", "/c.txt"], vec!["a.txt"]),
            ("*.{json,ini}", vec!["a.json", "a.ini"], vec!["a.jsonx", "b/a.ini"]),
            ("{a,{b,c}d,}x", vec!["ax", "bdx", "cdx", "x"], vec!["bx", "dx"]),
            ("[!b]?", vec!["ab", "/b"], vec!["bb", "a/"]),
            ("[a-c]\\*", vec!["a*", "c*"], vec!["d*", "aa"]),
            ("[ab-d]", vec!["a", "-", "d"], vec!["c"]),
            ("[]-a]", vec!["]", "^", "a"], vec!["b"]),
            ("{a,b", vec!["a", "b"], vec!["{a,b"]),
            ("a}", vec!["a}"], vec!["a"]),
            ("\u{fc}*", vec!["\u{fc}n\u{ef}"], vec!["u"]),
        ] {
            let glob = Glob::new(pattern.as_bytes()).unwrap();
            for name in good {
                assert!(glob.matches(name.as_bytes()), "{pattern} {name}");
            }
            for name in bad {
                assert!(!glob.matches(name.as_bytes()), "{pattern} {name}");
            }
        }
    }

    #[test]
    fn malformed_patterns_are_none() {
        for pattern in ["[", "[]", "[!]", "[a", "[a-cx]", "[c-a]", "[a-", "a[\\"] {
            assert!(Glob::new(pattern.as_bytes()).is_none(), "{pattern}");
        }
        assert!(Glob::new(b"\xff").is_none());
    }

    #[test]
    fn hostile_patterns_end_soon() {
        let pattern = "{".repeat(50_000) + &"*".repeat(51);
        assert!(Glob::new(pattern.as_bytes()).unwrap().matches(&b"a".repeat(500)));
        let pattern = "*a".repeat(500);
        assert!(!Glob::new(pattern.as_bytes()).unwrap().matches(&b"a".repeat(400)));
    }
}
