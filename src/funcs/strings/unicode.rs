//! Character classes and case as Go's package `unicode` knows them (Unicode 15.0).

use regex::Regex;
use std::sync::OnceLock;

/// A general category of characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Category {
    Upper,
    Title,
    Lower,
    Letter,
    Number,
    Punctuation,
}

impl Category {
    /// Whether a character is of this category.
    pub(super) fn has(self, rune: char) -> bool {
        if rune.is_ascii() {
            return self.has_ascii(rune);
        }
        self.table().is_some_and(|table| table.is_match(rune.encode_utf8(&mut [0; 4])))
    }

    fn has_ascii(self, rune: char) -> bool {
        match self {
            Category::Upper => rune.is_ascii_uppercase(),
            Category::Title => false,
            Category::Lower => rune.is_ascii_lowercase(),
            Category::Letter => rune.is_ascii_alphabetic(),
            Category::Number => rune.is_ascii_digit(),
            // Unicode counts `$+<=>^`|~` as symbols.
            Category::Punctuation => {
                rune.is_ascii_punctuation() && !matches!(rune, '$' | '+' | '<' | '=' | '>' | '^' | '`' | '|' | '~')
            }
        }
    }

    /// The tables of the regex crate serve for what the standard library has no exact answer to.
    fn table(self) -> Option<&'static Regex> {
        static TABLES: [OnceLock<Option<Regex>>; 6] = [const { OnceLock::new() }; 6];
        let (at, pattern) = match self {
            Category::Upper => (0, r"^\p{Lu}"),
            Category::Title => (1, r"^\p{Lt}"),
            Category::Lower => (2, r"^\p{Ll}"),
            Category::Letter => (3, r"^\p{L}"),
            Category::Number => (4, r"^\p{N}"),
            Category::Punctuation => (5, r"^\p{P}"),
        };
        TABLES[at].get_or_init(|| Regex::new(pattern).ok()).as_ref()
    }
}

/// Whether a character may stand in the name of a capture group that a replacement text refers to: letters, decimal
/// digits and the underscore.
pub(crate) fn is_word(rune: char) -> bool {
    if rune.is_ascii() {
        return rune.is_ascii_alphanumeric() || rune == '_';
    }
    static DIGITS: OnceLock<Option<Regex>> = OnceLock::new();
    let digits = DIGITS.get_or_init(|| Regex::new(r"^\p{Nd}").ok()).as_ref();
    Category::Letter.has(rune) || digits.is_some_and(|digits| digits.is_match(rune.encode_utf8(&mut [0; 4])))
}

/// The simple upper-case form.
pub(super) fn to_upper(rune: char) -> char {
    if rune.is_ascii() {
        return rune.to_ascii_uppercase();
    }
    let mut forms = rune.to_uppercase();
    match rune {
        _ if is_newer(rune) => rune,
        _ if forms.len() == 1 => forms.next().unwrap_or(rune),
        // Greek with iota subscript has a longer full form and these simple ones.
        '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => shifted(rune, 8),
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => shifted(rune, 9),
        _ => rune,
    }
}

/// The simple lower-case form.
pub(super) fn to_lower(rune: char) -> char {
    if rune.is_ascii() {
        return rune.to_ascii_lowercase();
    }
    let mut forms = rune.to_lowercase();
    match rune {
        'İ' => 'i',
        _ if is_newer(rune) || forms.len() != 1 => rune,
        _ => forms.next().unwrap_or(rune),
    }
}

/// The simple title-case form.
pub(super) fn to_title(rune: char) -> char {
    match rune {
        'Ǆ'..='ǆ' => 'ǅ',
        'Ǉ'..='ǉ' => 'ǈ',
        'Ǌ'..='ǌ' => 'ǋ',
        'Ǳ'..='ǳ' => 'ǲ',
        // Georgian has capitals, but writes no titles with them.
        'ა'..='ჺ' | 'ჽ'..='ჿ' => rune,
        _ => to_upper(rune),
    }
}

fn shifted(rune: char, by: u32) -> char {
    char::from_u32(u32::from(rune) + by).unwrap_or(rune)
}

/// Whether the case mapping of a character came to Unicode after version 15.0.
fn is_newer(rune: char) -> bool {
    matches!(rune,
        '\u{19b}' | '\u{264}' | '\u{1c89}'..='\u{1c8a}' | '\u{a7cb}'..='\u{a7cf}' | '\u{a7d2}'..='\u{a7d5}'
        | '\u{a7da}'..='\u{a7dc}' | '\u{10d50}'..='\u{10d85}' | '\u{16ea0}'..='\u{16ed3}')
}
